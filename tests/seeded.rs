//! Known errors planted in the sample of every data set, column by column: each is found by its rule, in its row and
//! column, and nothing else is found.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use machikura::schema::{Charset, Field, Kind, Role, municipality_check_digit};
use machikura::standard::{Form, Registry, Standard};
use machikura::tabular::Upload;
use machikura::validate::{self, Request};

/// Where something was found: rule, row in Excel, column from 0.
type Place = (&'static str, Option<u64>, Option<usize>);

struct Table<'a> {
    standard: &'a Standard,
    rows: Vec<Vec<String>>,
}

impl Table<'_> {
    fn check(&self) -> BTreeSet<Place> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        self.rows.iter().for_each(|row| writer.write_record(row).expect("a Vec takes everything"));
        let upload = Upload::from_bytes(writer.into_inner().expect("a Vec takes everything"), None);
        let request = Request { standard: Some(self.standard), ..Request::new(Registry::embedded()) };
        let report = validate::check(&upload, &request).expect("a table").report;
        report.issues.iter().map(|finding| (finding.rule.id(), finding.row, finding.column)).collect()
    }
}

/// The errors that can be planted in a cell of a field, with the rule that must find each.
fn plants(field: &Field, value: &str) -> Vec<(&'static str, String)> {
    let mut plants: Vec<(&'static str, String)> = Vec::new();
    let mut plant = |rule: &'static str, values: &[&str]| {
        plants.extend(values.iter().map(|value| (rule, (*value).to_owned())));
    };
    match field.kind {
        Kind::Date => plant("date-format", &["2024/4/1", "R6.4.1", "2023-02-29", "20240401", "4月1日", "11/1/2018"]),
        Kind::Time => plant("time-format", &["9時", "8:30:00", "25:00", "10:99", "夕方ごろ"]),
        Kind::Integer | Kind::Number => plant("number-format", &["1,234", "多数", "12.5.1"]),
        Kind::Latitude => plant("coordinate-range", &["343.208813", "-35.1", "51.5"]),
        Kind::Longitude => plant("coordinate-range", &["1397.8", "-139.7", "100.2"]),
        Kind::Phone => plant("phone-format", &["803-1000", "086-803-1000（代表）", "おかけください"]),
        Kind::PostalCode => plant("postal-code-format", &["700-0001", "〒7000001", "70000"]),
        Kind::Url => plant("url-format", &["www.example.jp", "http//example.jp", "ATTACH/1.JPG"]),
        Kind::Email => plant("email-format", &["info", "a@b"]),
        Kind::WeekdayList => plant("weekday-format", &["月～金", "火・月", "毎日", "営業日"]),
        Kind::CorporateNumber => plant("corporate-number", &["1234567890123", "123"]),
        Kind::MunicipalityCode => plant("municipality-code", &["33100", "331008", "3310070"]),
        Kind::String | Kind::Flag | Kind::Enum | Kind::Code => {}
    }
    if matches!(field.kind, Kind::Integer | Kind::Number | Kind::Latitude | Kind::CorporateNumber) {
        plant("scientific-notation", &["5.22001E+12"]);
    }
    if matches!(field.kind, Kind::Latitude | Kind::Longitude) {
        plant("number-format", &["34度くらい"]);
    }
    if matches!(field.kind, Kind::Date | Kind::Time | Kind::Integer | Kind::Number | Kind::Latitude) {
        plant("placeholder", &["不明", "－"]);
    }
    let has_words = !field.constraints.enumeration.is_empty() || !field.advice.enumeration.is_empty();
    if has_words && matches!(field.kind, Kind::Enum | Kind::Flag) {
        plant("enumeration", &["どちらでもない"]);
    }
    if field.charset == Some(Charset::Katakana) {
        plant("kana", &["漢字", "ひらがな"]);
    }
    let is_required = field.constraints.required || field.advice.required;
    if is_required && field.role != Some(Role::Serial) {
        plant("required", &[""]);
    }
    let is_plain = field.kind == Kind::String && field.charset.is_none() && !has_words;
    if is_plain && field.role.is_none() && field.constraints.pattern.is_none() && field.advice.pattern.is_none() {
        plant("replacement-character", &["街\u{fffd}蔵"]);
        plant("sanitize", &["街[sanitize]蔵"]);
        plant("private-use", &["街\u{e001}蔵"]);
        plant("html", &["街<br>蔵"]);
        plant("formula", &["=HYPERLINK(\"https://example.jp\")", "+1+cmd|'!A0"]);
        plant("lost-character", &["10時?18時"]);
        plant("control-character", &["街\u{7}蔵"]);
        plant("line-break", &["街\n蔵"]);
    }
    if !value.is_empty() {
        plants.push(("whitespace", format!("\u{3000}{value} ")));
        let wide: String = value.chars().map(widened).collect();
        if field.kind.is_half_width() && wide != value {
            plants.push(("charset", wide));
        }
    }
    plants
}

fn widened(character: char) -> char {
    match character {
        '0'..='9' => char::from_u32(u32::from(character) + 0xFEE0).expect("a full-width digit"),
        _ => character,
    }
}

/// What other rules rightly say because of the same cell.
fn goes_with(planted: &str, field: &Field) -> &'static [&'static str] {
    match (planted, field.kind) {
        // Half a pair is left.
        ("required" | "placeholder", Kind::Latitude | Kind::Longitude) => &["coordinate-pair"],
        ("placeholder", Kind::Time) => &["half-hours"],
        // What stands elsewhere in the row or table can fill the cell.
        ("required", _) => &["address-joined", "blank-publisher", "half-hours"],
        // Words can be moved to the remarks; a value that is only written in another way is compared with others.
        ("number-format", _) => &["misplaced-text", "sum"],
        ("time-format", _) => &["misplaced-text", "start-after-end", "half-hours"],
        ("date-format", _) => &["misplaced-text", "start-after-end", "us-date"],
        ("phone-format", _) => &["charset"],
        ("municipality-code", _) => &["code-name", "code-prefecture"],
        _ => &[],
    }
}

fn sample(form: &Form) -> Option<Vec<Vec<String>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(form.sample.as_deref()?.as_bytes());
    Some(reader.records().map(|row| row.expect("a sound CSV").iter().map(str::to_owned).collect()).collect())
}

#[test]
fn what_is_planted_is_found_and_nothing_else() {
    assert_eq!(municipality_check_digit("33100"), Some('7'), "331008 has a wrong check digit");
    let forms: Vec<_> = Registry::embedded().forms().collect();
    let next = AtomicUsize::new(0);
    let tried: Vec<Tried> = std::thread::scope(|scope| {
        let work = || {
            let mut tried = Tried::default();
            while let Some((standard, table, form)) = forms.get(next.fetch_add(1, Ordering::Relaxed)) {
                tried.plant(standard, table, form);
            }
            tried
        };
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no table makes it panic")).collect()
    });
    let planted: usize = tried.iter().map(|tried| tried.planted).sum();
    let rules: BTreeSet<_> = tried.iter().flat_map(|tried| &tried.rules).collect();
    println!("{planted} errors planted for {} rules in every data set", rules.len());
    let shown = |list: &[&String]| list.iter().take(60).map(|line| line.as_str()).collect::<Vec<_>>().join("\n");
    let missed: Vec<_> = tried.iter().flat_map(|tried| &tried.missed).collect();
    let alarms: Vec<_> = tried.iter().flat_map(|tried| &tried.alarms).collect();
    assert!(missed.is_empty(), "{} of {planted} missed\n{}", missed.len(), shown(&missed));
    assert!(alarms.is_empty(), "{} false alarms\n{}", alarms.len(), shown(&alarms));
}

/// What came of planting.
#[derive(Default)]
struct Tried {
    planted: usize,
    rules: BTreeSet<&'static str>,
    missed: Vec<String>,
    alarms: Vec<String>,
}

impl Tried {
    /// Plants every error in every column of a form's sample: one in each row at a time, and again until all are planted.
    fn plant(&mut self, standard: &Standard, table: &machikura::standard::Table, form: &Form) {
        let Some(rows) = sample(form) else { return };
        let before = Table { standard, rows: rows.clone() }.check();
        for (column, name) in rows[0].iter().enumerate() {
            let Some(field) = form.schema.field(name) else { continue };
            let kinds = plants(field, "").len().max(plants(field, &rows[1][column]).len());
            for first in (0..kinds).step_by(rows.len() - 1) {
                let mut damaged = Table { standard, rows: rows.clone() };
                let (mut expected, mut also) = (BTreeSet::new(), BTreeSet::<&str>::new());
                let mut what = format!("{}/{} {name}:", standard.slug, table.name);
                for (row, cells) in damaged.rows.iter_mut().enumerate().skip(1) {
                    let Some((rule, value)) = plants(field, &cells[column]).into_iter().nth(first + row - 1) else {
                        continue;
                    };
                    expected.insert((rule, u64::try_from(row + 1).ok(), Some(column)));
                    also.extend(goes_with(rule, field));
                    what += &format!(" {value:?}");
                    self.rules.insert(rule);
                    cells[column] = value;
                }
                self.planted += expected.len();
                let found: BTreeSet<Place> = damaged.check().difference(&before).copied().collect();
                // What was wrong in the sample itself may be the same.
                let missed: Vec<_> = expected.difference(&found).filter(|place| !before.contains(place)).collect();
                if !missed.is_empty() {
                    self.missed.push(format!("{what}: not {missed:?} but {found:?}"));
                }
                let others: Vec<_> = found.difference(&expected).filter(|(rule, _, _)| !also.contains(rule)).collect();
                if !others.is_empty() {
                    self.alarms.push(format!("{what}: also {others:?}"));
                }
            }
        }
    }
}

#[test]
fn the_same_id_and_the_same_row_twice_are_found_once() {
    for standard in Registry::embedded().standards() {
        let form = standard.main_table().current();
        let (Some(rows), Some(id)) = (sample(form), form.schema.record_id()) else { continue };
        let Some(column) = rows[0].iter().position(|name| *name == form.schema.fields()[id].name) else { continue };
        if rows.len() < 3 || rows[1][column].is_empty() || !form.schema.fields()[id].constraints.unique {
            continue;
        }
        let before = Table { standard, rows: rows.clone() }.check();
        let mut damaged = Table { standard, rows: rows.clone() };
        let last = rows.len() - 1;
        damaged.rows[last][column] = rows[1][column].clone();
        let excel = u64::try_from(last + 1).ok();
        let found: Vec<Place> = damaged.check().difference(&before).copied().collect();
        assert_eq!(found, [("duplicate-id", excel, Some(column))], "{}", standard.slug);
        let mut doubled = Table { standard, rows };
        doubled.rows.push(doubled.rows[1].clone());
        let found: Vec<Place> = doubled.check().difference(&before).copied().collect();
        assert_eq!(found, [("duplicate-row", excel.map(|row| row + 1), None)], "{}", standard.slug);
    }
}
