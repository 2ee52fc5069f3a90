//! Whether a place is open at an instant: yes, no, or not said.
//!
//! # The rules
//!
//! The fields are those that the schema names in `opening`. Times are Japan time. Each part of the answer is yes, no or
//! unknown, and "and" and "or" are those of three-valued logic: *closed and unknown* is closed, *open and unknown* is
//! unknown. Unknown is counted neither as open nor as closed.
//!
//! 1. **Day.** The text of the days is read after folding (曜日 and 曜 are left out, 毎日・全日・年中無休 are one word, so
//!    are separators and dashes). It is a list of days (月 or 月～金), 祝, 毎日 and 平日, and behind it there may be in
//!    brackets what is excepted: （祝日を除く）, （祝日・年末年始は休み）. Any other text, and a blank, is unknown.
//!    - On a public holiday ([`crate::holiday`]): excepted is closed; 祝 in the list, 毎日, and a list of all seven days is
//!      open; where nothing is said of holidays it is unknown, whichever days are listed.
//!    - From 29 December to 3 January: closed where 年末年始 are excepted.
//!    - On other days: open where the list holds the day, closed where it does not. 平日 is Monday to Friday.
//!    - A table without a field for days means every day.
//! 2. **Time.** Open from the first time on, until before the second one. 23:59 means the end of the day, as 24:00 does.
//!    A second time before the first one lies in the next day: at 01:00 it is the day before that must be open. Where one
//!    of the times is blank, where both are the same, and in tables without times, it is unknown.
//! 3. **Remarks.** Free text is not understood, only looked at: where it speaks of something that concerns the instant,
//!    the answer is unknown. That is: 不定休, always; 年末, 年始, 正月 or dates in December and January, from 29 December to
//!    3 January; 祝 or 休日, on public holidays; 翌, on the day after one; this day of the week (水曜, 第2・第4水, 土日);
//!    盆, 夏季 or 8月, from 13 to 16 August; 昼休, 昼食 or 休憩, from 11:00 to 16:00.
//!
//! The same plan is carried out here, for tests and single records, and in SQL: [`FOLDS`] and the patterns are written
//! so that both read them alike.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use regex::Regex;

use crate::holiday;

/// Which places are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OpenStatus {
    /// Those that are open.
    #[default]
    Open,
    /// Those that are closed.
    Closed,
    /// Those of which it is not said.
    Unknown,
}

impl OpenStatus {
    /// Every status.
    pub const ALL: [OpenStatus; 3] = [OpenStatus::Open, OpenStatus::Closed, OpenStatus::Unknown];

    /// The word in `open_status=`.
    pub fn name(self) -> &'static str {
        match self {
            OpenStatus::Open => "open",
            OpenStatus::Closed => "closed",
            OpenStatus::Unknown => "unknown",
        }
    }
}

/// A question for places that are open, or closed, at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAt {
    /// Date and time in Japan, to the minute.
    pub at: DateTime,
    /// What is asked for.
    pub status: OpenStatus,
}

/// What is replaced in the text of the days, in this order, before it is compared with a pattern.
pub const FOLDS: [(&str, &str); 36] = [
    ("全曜日", "全"),
    ("毎日曜", "日曜"),
    ("曜日", ""),
    ("曜", ""),
    ("祝祭日", "祝"),
    ("祝日", "祝"),
    ("毎日", "全"),
    ("全日", "全"),
    ("年中無休", "全"),
    ("無休", "全"),
    ("平日", "平"),
    ("年末年始", "年"),
    ("から", "～"),
    ("〜", "～"),
    ("~", "～"),
    ("－", "～"),
    ("-", "～"),
    ("ー", "～"),
    ("–", "～"),
    ("—", "～"),
    ("−", "～"),
    ("（", "("),
    ("）", ")"),
    ("、", "・"),
    (",", "・"),
    ("，", "・"),
    ("､", "・"),
    (";", "・"),
    ("；", "・"),
    (" ", "・"),
    ("　", "・"),
    ("/", "・"),
    ("／", "・"),
    ("･", "・"),
    ("\n", "・"),
    ("\t", "・"),
];

/// Days from one to a later one, or a single word.
macro_rules! days {
    () => {
        "月～[火水木金土日]|火～[水木金土日]|水～[木金土日]|木～[金土日]|金～[土日]|土～日|[月火水木金土日祝全平]"
    };
}

/// Folded texts that are understood.
pub const UNDERSTOOD: &str = concat!(
    "^(",
    days!(),
    ")(・*(",
    days!(),
    "))*(・*[(][祝年](・*[祝年])*[をは]?(除|除く|休|休み|休館|休業|閉館|定休)[)])?$"
);
const HOLIDAYS_EXCEPTED: &str = "[(].*祝";
const NEW_YEAR_EXCEPTED: &str = "[(].*年";
const HOLIDAYS_LISTED: &str = "全|月～日|月・*火・*水・*木・*金・*土・*日|^[^(]*祝";
/// For each day, what lists it. No weekday stands in what is excepted.
const LISTED: [&str; 7] = [
    "[月全平]",
    "[火全平]|月～[水木金土日]",
    "[水全平]|[月火]～[木金土日]",
    "[木全平]|[月火水]～[金土日]",
    "[金全平]|[月火水木]～[土日]",
    "[土全]|[月火水木金]～日",
    "[日全]",
];

/// For each day, remarks that speak of it.
const NAMED: [&str; 7] = [
    "月曜|毎週月|第[0-9０-９一二三四五・、,第]*月",
    "火曜|毎週火|第[0-9０-９一二三四五・、,第]*火",
    "水曜|毎週水|第[0-9０-９一二三四五・、,第]*水",
    "木曜|毎週木|第[0-9０-９一二三四五・、,第]*木",
    "金曜|毎週金|第[0-9０-９一二三四五・、,第]*金",
    "土曜|土[・、,]?日|土[・、,]?祝|毎週土|第[0-9０-９一二三四五・、,第]*土",
    "日曜|土[・、,]?日|日[・、,]?祝|毎週日|第[0-9０-９一二三四五・、,第]*日",
];
const ALWAYS: &str = "不定休";
const NEW_YEAR: &str = "年末|年始|正月|元日|元旦|[1１][2２]月|[1１]月|12/|1/";
const HOLIDAY: &str = "祝|休日";
const AFTER_HOLIDAY: &str = "翌";
const SUMMER: &str = "盆|夏季|夏期|[8８]月|8/";
const NOON: &str = "昼休|昼食|休憩";

/// What must be looked up in the fields of a record, for one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The day of the instant.
    pub today: Day,
    /// The day before, whose hours may reach past midnight.
    pub yesterday: Day,
    /// The time, `hh:mm`.
    pub time: String,
    /// Remarks that fit this pattern make the answer unknown.
    pub doubts: String,
}

/// Whether a place is open on a day: the first pattern that fits the folded text decides. Only for [`UNDERSTOOD`] texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Patterns and what they mean.
    pub rules: Vec<(&'static str, bool)>,
    /// Where none fits.
    pub otherwise: Option<bool>,
}

/// The texts of a record; `None` where one is blank.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cells<'a> {
    /// The days; outer `None`: the table has no such field.
    pub days: Option<Option<&'a str>>,
    /// The first and the last time; outer `None`: the table has no such fields.
    pub hours: Option<(Option<&'a str>, Option<&'a str>)>,
    /// Exceptions in words.
    pub remarks: Option<&'a str>,
}

impl OpenAt {
    /// What must be looked up.
    pub fn plan(&self) -> Plan {
        let today = self.at.date();
        let yesterday = today.yesterday().unwrap_or(today);
        let day = weekday(today);
        let mut doubts = vec![ALWAYS, NAMED[day]];
        if is_new_year(today) {
            doubts.push(NEW_YEAR);
        }
        if holiday::name(today).is_some() {
            doubts.push(HOLIDAY);
        }
        if holiday::name(yesterday).is_some() {
            doubts.push(AFTER_HOLIDAY);
        }
        if today.month() == 8 && (13..=16).contains(&today.day()) {
            doubts.push(SUMMER);
        }
        if (11..16).contains(&self.at.hour()) {
            doubts.push(NOON);
        }
        Plan {
            today: Day::of(today),
            yesterday: Day::of(yesterday),
            time: format!("{:02}:{:02}", self.at.hour(), self.at.minute()),
            doubts: doubts.join("|"),
        }
    }
}

impl Day {
    fn of(date: Date) -> Day {
        let mut rules = Vec::new();
        if is_new_year(date) {
            rules.push((NEW_YEAR_EXCEPTED, false));
        }
        if holiday::name(date).is_some() {
            rules.extend([(HOLIDAYS_EXCEPTED, false), (HOLIDAYS_LISTED, true)]);
            return Day { rules, otherwise: None };
        }
        rules.push((LISTED[weekday(date)], true));
        Day { rules, otherwise: Some(false) }
    }

    fn is_open(&self, days: Option<Option<&str>>) -> Option<bool> {
        let Some(text) = days else { return Some(true) };
        let folded = fold(text?);
        if !understood().is_match(&folded) {
            return None;
        }
        self.rules.iter().find(|(pattern, _)| fits(pattern, &folded)).map_or(self.otherwise, |(_, open)| Some(*open))
    }
}

impl Plan {
    /// Whether a record says that it is open: yes, no, or neither. For single records: a pattern is made ready each time.
    pub fn is_open(&self, cells: Cells) -> Option<bool> {
        if cells.remarks.is_some_and(|text| fits(&self.doubts, text)) {
            return None;
        }
        let today = || self.today.is_open(cells.days);
        let (opens, closes) = match cells.hours {
            Some((Some(opens), Some(closes))) if opens != end(closes) => (opens, end(closes)),
            Some(_) | None => return and(None, today()),
        };
        let time = self.time.as_str();
        if opens < closes {
            return and(Some(opens <= time && time < closes), today());
        }
        or(and(Some(opens <= time), today()), and(Some(time < closes), self.yesterday.is_open(cells.days)))
    }
}

/// 23:59 is how many offices write the end of the day.
fn end(closes: &str) -> &str {
    if closes == "23:59" { "24:00" } else { closes }
}

fn fold(text: &str) -> String {
    let folded = FOLDS.iter().fold(Cow::Borrowed(text), |text, (from, to)| {
        if text.contains(from) { Cow::Owned(text.replace(from, to)) } else { text }
    });
    folded.into_owned()
}

fn fits(pattern: &str, text: &str) -> bool {
    compiled(pattern).is_match(text)
}

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("our patterns are regular expressions")
}

/// The longest of the patterns is made ready only once.
fn understood() -> &'static Regex {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| compiled(UNDERSTOOD));
    &PATTERN
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    and(one.map(|yes| !yes), other.map(|yes| !yes)).map(|no| !no)
}

/// Monday is 0.
fn weekday(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).expect("a day of the week is not negative")
}

/// The days on which offices are closed by law (行政機関の休日に関する法律, article 1) besides 1 January.
fn is_new_year(date: Date) -> bool {
    matches!((date.month(), date.day()), (12, 29..=31) | (1, 1..=3))
}

#[cfg(test)]
mod tests;
