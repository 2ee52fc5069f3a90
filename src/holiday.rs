//! Public holidays of Japan, 1955 to 2099, computed from the Act on National Holidays (国民の祝日に関する法律, 1948,
//! with its amendments). Knows no clock and no table.
//!
//! The days of the equinoxes are announced year by year; the usual approximation has given every one of them so far.

use jiff::civil::{Date, Weekday, date};

use crate::text::Text;

/// The first year that is known.
pub const FIRST_YEAR: i16 = 1955;
/// The last year that is known.
pub const LAST_YEAR: i16 = 2099;

/// Years of which a rule holds, both included, and the day.
type Rule = (i16, i16, Day, Text);

enum Day {
    /// Month and day.
    Fixed(i8, i8),
    /// Month and which of its Mondays.
    Monday(i8, i8),
    Spring,
    Autumn,
}

const fn text(ja: &'static str, en: &'static str) -> Text {
    Text { ja, en }
}

const EMPEROR: Text = text("天皇誕生日", "The Emperor's Birthday");
const COMING_OF_AGE: Text = text("成人の日", "Coming of Age Day");
const GREENERY: Text = text("みどりの日", "Greenery Day");
const MARINE: Text = text("海の日", "Marine Day");
const MOUNTAIN: Text = text("山の日", "Mountain Day");
const AGED: Text = text("敬老の日", "Respect for the Aged Day");
const HEALTH: Text = text("体育の日", "Health and Sports Day");
const SPORTS: Text = text("スポーツの日", "Sports Day");
const CEREMONY: Text = text("皇室の儀式の休日", "Imperial ceremony");

/// Article 2, with the amendments that changed it, the Acts for single days, and the special rules of 2020 and 2021
/// (平成三十二年東京オリンピック競技大会・東京パラリンピック競技大会特別措置法).
const RULES: [Rule; 38] = [
    (1955, LAST_YEAR, Day::Fixed(1, 1), text("元日", "New Year's Day")),
    (1955, 1999, Day::Fixed(1, 15), COMING_OF_AGE),
    (2000, LAST_YEAR, Day::Monday(1, 2), COMING_OF_AGE),
    (1967, LAST_YEAR, Day::Fixed(2, 11), text("建国記念の日", "National Foundation Day")),
    (2020, LAST_YEAR, Day::Fixed(2, 23), EMPEROR),
    (1955, LAST_YEAR, Day::Spring, text("春分の日", "Vernal Equinox Day")),
    (1955, 1988, Day::Fixed(4, 29), EMPEROR),
    (1989, 2006, Day::Fixed(4, 29), GREENERY),
    (2007, LAST_YEAR, Day::Fixed(4, 29), text("昭和の日", "Showa Day")),
    (1955, LAST_YEAR, Day::Fixed(5, 3), text("憲法記念日", "Constitution Memorial Day")),
    (2007, LAST_YEAR, Day::Fixed(5, 4), GREENERY),
    (1955, LAST_YEAR, Day::Fixed(5, 5), text("こどもの日", "Children's Day")),
    (1996, 2002, Day::Fixed(7, 20), MARINE),
    (2003, 2019, Day::Monday(7, 3), MARINE),
    (2020, 2020, Day::Fixed(7, 23), MARINE),
    (2021, 2021, Day::Fixed(7, 22), MARINE),
    (2022, LAST_YEAR, Day::Monday(7, 3), MARINE),
    (2016, 2019, Day::Fixed(8, 11), MOUNTAIN),
    (2020, 2020, Day::Fixed(8, 10), MOUNTAIN),
    (2021, 2021, Day::Fixed(8, 8), MOUNTAIN),
    (2022, LAST_YEAR, Day::Fixed(8, 11), MOUNTAIN),
    (1966, 2002, Day::Fixed(9, 15), AGED),
    (2003, LAST_YEAR, Day::Monday(9, 3), AGED),
    (1955, LAST_YEAR, Day::Autumn, text("秋分の日", "Autumnal Equinox Day")),
    (1966, 1999, Day::Fixed(10, 10), HEALTH),
    (2000, 2019, Day::Monday(10, 2), HEALTH),
    (2020, 2020, Day::Fixed(7, 24), SPORTS),
    (2021, 2021, Day::Fixed(7, 23), SPORTS),
    (2022, LAST_YEAR, Day::Monday(10, 2), SPORTS),
    (1955, LAST_YEAR, Day::Fixed(11, 3), text("文化の日", "Culture Day")),
    (1955, LAST_YEAR, Day::Fixed(11, 23), text("勤労感謝の日", "Labour Thanksgiving Day")),
    (1989, 2018, Day::Fixed(12, 23), EMPEROR),
    (1959, 1959, Day::Fixed(4, 10), CEREMONY),
    (1989, 1989, Day::Fixed(2, 24), CEREMONY),
    (1990, 1990, Day::Fixed(11, 12), CEREMONY),
    (1993, 1993, Day::Fixed(6, 9), CEREMONY),
    (2019, 2019, Day::Fixed(5, 1), CEREMONY),
    (2019, 2019, Day::Fixed(10, 22), CEREMONY),
];

const SUBSTITUTE: Text = text("振替休日", "Substitute holiday");
const BETWEEN: Text = text("国民の休日", "Citizens' holiday");

/// The name of the public holiday on a day; `None` on other days and in years that are not known.
///
/// ```
/// use jiff::civil::date;
/// use machikura::holiday;
/// assert_eq!(holiday::name(date(2026, 9, 22)).unwrap().ja, "国民の休日");
/// assert!(holiday::name(date(2026, 9, 24)).is_none());
/// ```
pub fn name(day: Date) -> Option<Text> {
    if !(FIRST_YEAR..=LAST_YEAR).contains(&day.year()) {
        return None;
    }
    national(day).or_else(|| is_substitute(day).then_some(SUBSTITUTE)).or_else(|| is_between(day).then_some(BETWEEN))
}

/// The 国民の祝日 on a day, without the days off that follow from them.
fn national(day: Date) -> Option<Text> {
    let year = day.year();
    RULES.iter().find(|(first, last, rule, _)| (*first..=*last).contains(&year) && falls(rule, day)).map(|rule| rule.3)
}

fn falls(rule: &Day, day: Date) -> bool {
    match rule {
        Day::Fixed(month, number) => (day.month(), day.day()) == (*month, *number),
        Day::Monday(month, nth) => {
            day.month() == *month && day.weekday() == Weekday::Monday && (day.day() - 1) / 7 + 1 == *nth
        }
        Day::Spring => day.month() == 3 && i64::from(day.day()) == equinox(day.year(), 20_835_700, 20_843_100),
        Day::Autumn => day.month() == 9 && i64::from(day.day()) == equinox(day.year(), 23_258_800, 23_248_800),
    }
}

/// The day of the month, from the millionths of days that hold until 1979 and from 1980 on.
fn equinox(year: i16, until_1979: i64, from_1980: i64) -> i64 {
    let year = i64::from(year);
    let (begin, leap_years) =
        if year < 1980 { (until_1979, (year - 1983) / 4) } else { (from_1980, (year - 1980) / 4) };
    (begin + 242_194 * (year - 1980)) / 1_000_000 - leap_years
}

/// Article 3, paragraph 2: since 12 April 1973 the day after a holiday on a Sunday is off, since 2007 the next day that
/// is no holiday itself.
fn is_substitute(day: Date) -> bool {
    if day < date(1973, 4, 12) {
        return false;
    }
    let mut before = day;
    while let Ok(yesterday) = before.yesterday() {
        before = yesterday;
        if national(before).is_none() {
            return false;
        }
        if before.weekday() == Weekday::Sunday {
            return true;
        }
        if day.year() < 2007 {
            return false;
        }
    }
    false
}

/// Article 3, paragraph 3: since 27 December 1985 a day between two holidays is off; until 2006 no Sunday.
fn is_between(day: Date) -> bool {
    let is_holiday = |neighbour: Result<Date, jiff::Error>| neighbour.is_ok_and(|day| national(day).is_some());
    day >= date(1985, 12, 27)
        && (day.year() >= 2007 || day.weekday() != Weekday::Sunday)
        && is_holiday(day.yesterday())
        && is_holiday(day.tomorrow())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the Cabinet Office announced them (国民の祝日について, <https://www8.cao.go.jp/chosei/shukujitsu/gaiyou.html>).
    const ANNOUNCED: [(i16, &str); 12] = [
        (2016, "1/1 1/11 2/11 3/20 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/22 10/10 11/3 11/23 12/23"),
        (2017, "1/1 1/2 1/9 2/11 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23 12/23"),
        (2018, "1/1 1/8 2/11 2/12 3/21 4/29 4/30 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24 10/8 11/3 11/23 12/23 12/24"),
        (
            2019,
            "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 10/14 10/22 11/3 11/4 11/23",
        ),
        (2020, "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 11/3 11/23"),
        (2021, "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 11/23"),
        (2022, "1/1 1/10 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/23 10/10 11/3 11/23"),
        (2023, "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23"),
        (2024, "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23"),
        (2025, "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24"),
        (2026, "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23"),
        (2027, "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23"),
    ];

    #[test]
    fn the_years_that_were_announced() {
        for (year, expected) in ANNOUNCED {
            let days = date(year, 1, 1).series(jiff::Span::new().days(1)).take_while(|day| day.year() == year);
            let found = days.filter(|day| name(*day).is_some()).map(|day| format!("{}/{}", day.month(), day.day()));
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{year}");
        }
    }

    #[test]
    fn days_on_which_the_act_changed() {
        for (day, expected) in [
            (date(1959, 4, 10), Some(CEREMONY)),
            (date(1966, 2, 11), None),
            (date(1966, 9, 15), Some(AGED)),
            (date(1973, 2, 12), None),
            (date(1973, 4, 30), Some(SUBSTITUTE)),
            (date(1976, 3, 20), Some(text("春分の日", "Vernal Equinox Day"))),
            (date(1979, 9, 23), None),
            (date(1979, 9, 24), Some(text("秋分の日", "Autumnal Equinox Day"))),
            (date(1985, 5, 4), None),
            (date(1986, 5, 4), None),
            (date(1987, 5, 4), Some(SUBSTITUTE)),
            (date(1988, 5, 4), Some(BETWEEN)),
            (date(1989, 2, 24), Some(CEREMONY)),
            (date(1999, 1, 15), Some(COMING_OF_AGE)),
            (date(2000, 1, 15), None),
            (date(2000, 1, 10), Some(COMING_OF_AGE)),
            (date(2003, 5, 6), None),
            (date(2008, 5, 6), Some(SUBSTITUTE)),
            (date(2009, 9, 22), Some(BETWEEN)),
            (date(2019, 2, 23), None),
            (date(2019, 12, 23), None),
            (date(1954, 1, 1), None),
            (date(2100, 1, 1), None),
        ] {
            assert_eq!(name(day), expected, "{day}");
        }
    }
}
