//! Days: `YYYY-MM-DD`, and the other ways in which Japanese offices write them.

use jiff::civil::Date;

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

/// `2024/4/1`, `2024.4.1`, `2024年4月1日`, `20240401`, `R6.4.1`, `令和6年4月1日`, each also with a midnight behind it.
pub(super) fn normalise(text: &str) -> Option<String> {
    let text = strip_midnight(text.trim());
    let (first_year, rest) = era(text).unwrap_or((1, text));
    let is_era = first_year != 1;
    let numbers = split(rest)?;
    let [year, month, day] = numbers;
    if !is_era && year < 1000 {
        return None;
    }
    real_day(year + first_year - 1, month, day).map(|day| day.to_string())
}

fn real_day(year: i32, month: i32, day: i32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The eras of the Japanese calendar, and the Gregorian year that each begins in.
const ERAS: [(&str, &str, i32); 5] =
    [("令和", "R", 2019), ("平成", "H", 1989), ("昭和", "S", 1926), ("大正", "T", 1912), ("明治", "M", 1868)];

/// The first year of the era named at the start, and the text behind the name.
fn era(text: &str) -> Option<(i32, &str)> {
    ERAS.iter().find_map(|(name, letter, first_year)| {
        let short = name.chars().next().expect("era names are not empty");
        let rest = text
            .strip_prefix(name)
            .or_else(|| text.strip_prefix(letter))
            .or_else(|| text.strip_prefix(&letter.to_lowercase()))
            .or_else(|| text.strip_prefix(short))?;
        Some((*first_year, rest.trim_start_matches(['.', ' '])))
    })
}

/// Year, month and day out of a text with separators, or of eight digits. 元年 is year 1.
fn split(text: &str) -> Option<[i32; 3]> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some([text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?]);
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

fn strip_midnight(text: &str) -> &str {
    match text.split_once([' ', 'T']) {
        Some((day, "0:00" | "00:00" | "0:00:00" | "00:00:00")) => day,
        _ => text,
    }
}

fn digits(bytes: &[u8]) -> Option<i32> {
    bytes.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0')))
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
            ("H30.06.05", Some("2018-06-05")),
            ("R6.4.1", Some("2024-04-01")),
            ("令和元年5月1日", Some("2019-05-01")),
            ("昭和9年1月30日", Some("1934-01-30")),
            ("昭32. 7. 1", Some("1957-07-01")),
            ("11/1/2018", None),
            ("6/3", None),
            ("45016", None),
            ("2024/13/1", None),
            ("1985-4-13、2013-9-26", None),
            ("未定", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }
}
