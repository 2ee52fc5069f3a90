//! Days: `YYYY-MM-DD`, and the other ways in which Japanese offices write them.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

use crate::schema::ValueError;

pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return Err(ValueError::Form);
    }
    let (Some(year), Some(month), Some(day)) = (digits(&bytes[..4]), digits(&bytes[5..7]), digits(&bytes[8..])) else {
        return Err(ValueError::Form);
    };
    real_day(year, month, day).map(|_| ()).ok_or(ValueError::NotReal)
}

/// `2024/4/1`, `2024.4.1`, `2024年4月1日`, `20240401`, `R6.4.1`, `令和6年4月1日`, `平成三十年四月一日`, each also with its
/// weekday in brackets or a midnight behind it.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = without_kanji_numerals(&without_square_eras(without_midnight(text.trim())));
    let (day, weekday) = without_weekday(&text);
    let day = read(without_midnight(day))?;
    // A weekday that does not fit says that one of the two is wrong.
    weekday.is_none_or(|weekday| weekday == day.weekday()).then(|| day.to_string())
}

/// A serial number of Excel, and a day with a time of day behind it.
pub(super) fn propose(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(day) = serial_day(text.strip_suffix(".0").unwrap_or(text)) {
        return Some(day.to_string());
    }
    let (day, time) = text.rsplit_once([' ', 'T'])?;
    (super::time::check(time).is_ok() || super::time::normalise(time).is_some()).then(|| normalise(day))?
}

fn read(text: &str) -> Option<Date> {
    if let Some((first_year, last_year, rest)) = era(text) {
        let [year, month, day] = split(rest, 2)?;
        return (1..=last_year - first_year + 1)
            .contains(&year)
            .then(|| real_day(year + first_year - 1, month, day))?;
    }
    let [year, month, day] = split(text, 4)?;
    (year >= 1000).then(|| real_day(year, month, day))?
}

fn real_day(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The eras of the Japanese calendar: name, letter, square sign, and the Gregorian years that they begin and end in.
const ERAS: [(&str, &str, char, i32, i32); 5] = [
    ("令和", "R", '㋿', 2019, 2100),
    ("平成", "H", '㍻', 1989, 2019),
    ("昭和", "S", '㍼', 1926, 1989),
    ("大正", "T", '㍽', 1912, 1926),
    ("明治", "M", '㍾', 1868, 1912),
];

/// The first and last year of the era named at the start, and the text behind the name.
fn era(text: &str) -> Option<(i32, i32, &str)> {
    ERAS.iter().find_map(|(name, letter, _, first_year, last_year)| {
        let short = name.chars().next().expect("era names are not empty");
        let rest = text
            .strip_prefix(name)
            .or_else(|| text.strip_prefix(letter))
            .or_else(|| text.strip_prefix(&letter.to_lowercase()))
            .or_else(|| text.strip_prefix(short))?;
        Some((*first_year, *last_year, rest.trim_start_matches(['.', ' '])))
    })
}

fn without_square_eras(text: &str) -> String {
    ERAS.iter().fold(text.to_owned(), |text, (name, _, square, ..)| text.replace(*square, name))
}

/// Year, month and day out of a text with separators, or of digits only with so many for the year. 元年 is year 1.
fn split(text: &str, year_digits: usize) -> Option<[i32; 3]> {
    if text.len() == year_digits + 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let (year, rest) = text.split_at(year_digits);
        return Some([year.parse().ok()?, rest[..2].parse().ok()?, rest[2..].parse().ok()?]);
    }
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['/', '.', '-', '年', '月']).map(str::trim);
    let mut next = || {
        let part = parts.next()?;
        if part == "元" {
            Some(1)
        } else {
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
        }
    };
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

fn without_midnight(text: &str) -> &str {
    const MIDNIGHTS: [&str; 8] =
        [" 0:00", " 00:00", " 0:00:00", " 00:00:00", "T00:00:00Z", "T00:00:00+09:00", "T00:00:00", "T00:00"];
    let text = text.strip_suffix(".000").filter(|rest| rest.ends_with("00:00")).unwrap_or(text);
    MIDNIGHTS.iter().find_map(|midnight| text.strip_suffix(midnight)).unwrap_or(text)
}

/// The text before a weekday at the end (`(月)`, `(月曜日)`, `月曜日`), and that weekday.
fn without_weekday(text: &str) -> (&str, Option<Weekday>) {
    const WEEKDAYS: [(char, Weekday); 7] = [
        ('月', Weekday::Monday),
        ('火', Weekday::Tuesday),
        ('水', Weekday::Wednesday),
        ('木', Weekday::Thursday),
        ('金', Weekday::Friday),
        ('土', Weekday::Saturday),
        ('日', Weekday::Sunday),
    ];
    let (rest, is_bracketed) = match text.strip_suffix([')', '）']) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let named = rest.strip_suffix("曜日").or_else(|| rest.strip_suffix('曜'));
    if !is_bracketed && named.is_none() {
        return (text, None);
    }
    let rest = named.unwrap_or(rest);
    let found = WEEKDAYS.iter().find_map(|(sign, weekday)| Some((rest.strip_suffix(*sign)?, *weekday)));
    match found {
        Some((rest, weekday)) if is_bracketed => match rest.strip_suffix(['(', '（']) {
            Some(day) => (day.trim_end(), Some(weekday)),
            None => (text, None),
        },
        Some((rest, weekday)) => (rest.trim_end(), Some(weekday)),
        None => (text, None),
    }
}

/// Kanji numerals as digits: 三十 is 30, 二〇二四 is 2024.
fn without_kanji_numerals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<char> = Vec::new();
    for character in text.chars() {
        if kanji_digit(character).is_some() || character == '十' {
            run.push(character);
        } else {
            push_kanji_number(&mut run, &mut out);
            out.push(character);
        }
    }
    push_kanji_number(&mut run, &mut out);
    out
}

fn push_kanji_number(run: &mut Vec<char>, out: &mut String) {
    let digit = |character: Option<&char>| character.and_then(|character| kanji_digit(*character));
    match run.iter().position(|character| *character == '十') {
        // 十, 三十, 十五, 三十五: years of an era, months and days have no more than two digits.
        Some(place) => {
            let tens = digit(place.checked_sub(1).and_then(|before| run.get(before))).unwrap_or(1);
            let ones = digit(run.get(place + 1)).unwrap_or(0);
            out.push_str(&(tens * 10 + ones).to_string());
        }
        None => out.extend(run.iter().filter_map(|character| char::from_digit(kanji_digit(*character)?, 10))),
    }
    run.clear();
}

fn kanji_digit(character: char) -> Option<u32> {
    let digit = "〇一二三四五六七八九".chars().position(|digit| digit == character);
    if character == '零' { Some(0) } else { digit.and_then(|digit| u32::try_from(digit).ok()) }
}

/// The day of a serial number of Excel in the 1900 system, which takes 1900 for a leap year: from 61 on it is a day ahead,
/// and 60 is no day at all. Years (1868 to 2100) and a year with a month (`202404`) can also be numbers of that size.
fn serial_day(text: &str) -> Option<Date> {
    let serial: u32 = digits(text.as_bytes()).filter(|_| (1..=6).contains(&text.len()))?.try_into().ok()?;
    let is_year_and_month =
        text.len() == 6 && (1868..=2100).contains(&(serial / 100)) && (1..=12).contains(&(serial % 100));
    if text.starts_with('0') || (1868..=2100).contains(&serial) || is_year_and_month {
        return None;
    }
    let before_the_first = match serial {
        1..=59 => date(1899, 12, 31),
        61..=401_769 => date(1899, 12, 30),
        _ => return None,
    };
    before_the_first.checked_add(i64::from(serial).days()).ok()
}

fn digits(bytes: &[u8]) -> Option<i32> {
    bytes.iter().try_fold(0_i32, |number, byte| {
        byte.is_ascii_digit().then(|| number.checked_mul(10)?.checked_add(i32::from(byte - b'0')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_iso_days_that_exist_pass() {
        assert_eq!(check("2024-02-29"), Ok(()));
        assert_eq!(check("2023-02-29"), Err(ValueError::NotReal));
        for text in ["2024/02/29", "2024-2-29", "20240229", "R6.2.29", "二〇二四年"] {
            assert_eq!(check(text), Err(ValueError::Form), "{text}");
        }
    }

    #[test]
    fn days_in_other_forms() {
        for (found, meant) in [
            ("2024/4/1", Some("2024-04-01")),
            ("2024.4.1", Some("2024-04-01")),
            ("2024-4-1", Some("2024-04-01")),
            ("2024年4月1日", Some("2024-04-01")),
            ("20240401", Some("2024-04-01")),
            ("2024/4/1 0:00:00", Some("2024-04-01")),
            ("2024-04-01T00:00:00", Some("2024-04-01")),
            ("2024-04-01 00:00:00.000", Some("2024-04-01")),
            ("2024/4/1(月)", Some("2024-04-01")),
            ("令和6年4月1日(月曜日)", Some("2024-04-01")),
            ("2024年4月1日 月曜日", Some("2024-04-01")),
            ("2024/4/1(火)", None),
            ("H30.06.05", Some("2018-06-05")),
            ("H300605", Some("2018-06-05")),
            ("R6.4.1", Some("2024-04-01")),
            ("T5.1.1 0:00:00", Some("1916-01-01")),
            ("㍻30年6月5日", Some("2018-06-05")),
            ("令和元年5月1日", Some("2019-05-01")),
            ("R1.1.1", Some("2019-01-01")),
            ("H1.1.1", Some("1989-01-01")),
            ("H32.4.1", None),
            ("S65.1.1", None),
            ("R0.4.1", None),
            ("昭和9年1月30日", Some("1934-01-30")),
            ("昭32. 7. 1", Some("1957-07-01")),
            ("平成三十年四月一日", Some("2018-04-01")),
            ("昭和五十三年十月二十五日", Some("1978-10-25")),
            ("二〇二四年四月十日", Some("2024-04-10")),
            ("11/1/2018", None),
            ("6/3", None),
            ("24/4/1", None),
            ("45016", None),
            ("2024/13/1", None),
            ("2024/4/1 10:30", None),
            ("1985-4-13、2013-9-26", None),
            ("未定", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }

    #[test]
    fn serials_of_excel_are_proposed() {
        for (found, meant) in [
            ("1", Some("1900-01-01")),
            ("59", Some("1900-02-28")),
            ("60", None),
            ("61", Some("1900-03-01")),
            ("1510", Some("1904-02-18")),
            ("1867", Some("1905-02-09")),
            ("1868", None),
            ("2024", None),
            ("2100", None),
            ("2101", Some("1905-10-01")),
            ("5989", Some("1916-05-24")),
            ("45016", Some("2023-03-31")),
            ("45016.0", Some("2023-03-31")),
            ("202404", None),
            ("401769", Some("3000-01-01")),
            ("401770", None),
            ("0", None),
            ("045016", None),
            ("45016.5", None),
            ("2024/4/1 10:30", Some("2024-04-01")),
            ("6/3", None),
            ("11/1/2018", None),
            ("99999999999", None),
        ] {
            assert_eq!(propose(found).as_deref(), meant, "{found}");
        }
    }
}
