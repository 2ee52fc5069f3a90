//! Numbers and degrees.

use crate::schema::ValueError;

/// A decimal number in JSON's form, digits as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// Reads digits with an optional sign and fraction; `None` for anything else, exponents included.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (sign, unsigned) = match text.as_bytes().first()? {
            b'-' => ("-", &text[1..]),
            b'+' => ("", &text[1..]),
            _ => ("", text),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        if whole.is_empty()
            || !is_digits(whole)
            || !fraction.is_none_or(|digits| !digits.is_empty() && is_digits(digits))
        {
            return None;
        }
        let significant = whole.trim_start_matches('0');
        let whole = if significant.is_empty() { "0" } else { significant };
        Some(Decimal(match fraction {
            Some(fraction) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{whole}"),
        }))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits without those that say nothing: `10`, `10.0` and `10.00` are the same number.
    pub fn shortest(&self) -> &str {
        shortest(&self.0)
    }
}

/// As [`Decimal::shortest`], of a number in JSON's form.
pub fn shortest(digits: &str) -> &str {
    let short = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if short == "-0" { "0" } else { short }
}

pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    // Digits since the sign or the point.
    let (mut digits, mut has_point) = (0, false);
    for byte in unsigned.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' if digits > 0 && !has_point => (digits, has_point) = (0, true),
            _ => return Err(ValueError::Form),
        }
    }
    if digits > 0 { Ok(()) } else { Err(ValueError::Form) }
}

pub(super) fn check_integer(text: &str) -> Result<(), ValueError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.is_empty() && is_digits(unsigned) { Ok(()) } else { Err(ValueError::Form) }
}

/// Removes thousands separators that stand where they belong, a leading plus, and blanks around.
pub(super) fn normalise(text: &str) -> Option<String> {
    let bare = text.trim().strip_prefix('+').unwrap_or(text.trim());
    let (whole, fraction) = match bare.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (bare, None),
    };
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    let mut groups = unsigned.split(',');
    let first = groups.next()?;
    let grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3 && is_digits(group));
    let whole = if unsigned.contains(',') && grouped { whole.replace(',', "") } else { whole.to_owned() };
    let value = match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    };
    check(&value).is_ok().then_some(value)
}

/// As [`normalise`], and a fraction of zeros only (`5.0`, as spreadsheets write it) is dropped.
pub(super) fn normalise_integer(text: &str) -> Option<String> {
    let value = normalise(text)?;
    match value.split_once('.') {
        Some((whole, fraction)) => fraction.bytes().all(|digit| digit == b'0').then(|| whole.to_owned()),
        None => Some(value),
    }
}

/// The units and counters that offices write behind a number. Those that would change its size (千円, 万人, km) are not
/// among them.
const UNITS: [&str; 43] = [
    "人",
    "名",
    "円",
    "台",
    "件",
    "か所",
    "カ所",
    "ヶ所",
    "ケ所",
    "箇所",
    "個所",
    "基",
    "個",
    "本",
    "棟",
    "室",
    "床",
    "席",
    "世帯",
    "戸",
    "回",
    "階",
    "枚",
    "冊",
    "校",
    "園",
    "区画",
    "歳",
    "才",
    "年",
    "日",
    "点",
    "頭",
    "口",
    "店",
    "館",
    "m",
    "メートル",
    "㎡",
    "m2",
    "m²",
    "平方メートル",
    "%",
];

/// The number before a unit, behind a yen sign, or with the triangle that bookkeepers write for a minus.
pub(super) fn propose(text: &str) -> Option<String> {
    let text = text.trim();
    let body = text.strip_prefix(['¥', '￥', '\\']).unwrap_or(text);
    if let Some(positive) = body.strip_prefix(['▲', '△']) {
        return propose_positive(positive).filter(|value| !value.starts_with('-')).map(|value| format!("-{value}"));
    }
    propose_positive(body)
}

fn propose_positive(text: &str) -> Option<String> {
    let bare = UNITS.iter().filter_map(|unit| text.strip_suffix(unit)).min_by_key(|rest| rest.len()).unwrap_or(text);
    normalise(bare.trim_end())
}

/// As [`propose`], whole numbers only.
pub(super) fn propose_integer(text: &str) -> Option<String> {
    normalise_integer(&propose(text)?)
}

/// Degrees, minutes and seconds (`34°03'07.7"N`) as decimal degrees to six places, and decimal degrees with a sign or word
/// around them (`北緯34.668度`).
pub(super) fn normalise_degrees(text: &str) -> Option<String> {
    if let Some(value) = normalise(text) {
        return Some(value);
    }
    let body = text.trim().trim_end_matches(['N', 'E', 'n', 'e']).trim();
    let body = body.trim_start_matches(['N', 'E', '北', '東', '緯', '経']);
    let mut parts = [String::new(), String::new(), String::new()];
    let mut part = 0;
    for character in body.chars() {
        match character {
            '0'..='9' | '.' => parts.get_mut(part)?.push(character),
            '°' | '度' | '\'' | '′' | '’' | '分' | '"' | '″' | '”' | '秒' => part += 1,
            ' ' => {}
            _ => return None,
        }
    }
    if parts[0].contains('.') && parts[1].is_empty() && parts[2].is_empty() {
        return normalise(&parts[0]);
    }
    if parts[0].is_empty() || parts[1].is_empty() || part < 2 {
        return None;
    }
    let degrees: f64 = parts[0].parse().ok()?;
    let minutes: f64 = parts[1].parse().ok()?;
    let seconds: f64 = if parts[2].is_empty() { 0.0 } else { parts[2].parse().ok()? };
    (minutes < 60.0 && seconds < 60.0).then(|| format!("{:.6}", degrees + minutes / 60.0 + seconds / 3600.0))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_other_forms() {
        for (found, meant) in
            [("1,234", Some("1234")), ("50,700", Some("50700")), ("+3", Some("3")), ("1,23", None), ("282人", None)]
        {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
        assert_eq!(normalise_integer("5.0").as_deref(), Some("5"));
        assert_eq!(normalise_integer("5.5"), None);
    }

    #[test]
    fn units_are_taken_off() {
        for (found, meant) in [
            ("282人", Some("282")),
            ("81,000円", Some("81000")),
            ("¥500", Some("500")),
            ("3.1m", Some("3.1")),
            ("12 か所", Some("12")),
            ("▲5", Some("-5")),
            ("120平方メートル", Some("120")),
            ("約50", None),
            ("50人以上", None),
            ("5千円", None),
            ("3km", None),
            ("40/12", None),
            ("10~20", None),
            ("800(2㎡あたり1人)", None),
            ("1.01321E+12", None),
            ("無料", None),
        ] {
            assert_eq!(propose(found).as_deref(), meant, "{found}");
        }
        assert_eq!(propose_integer("3.0人").as_deref(), Some("3"));
        assert_eq!(propose_integer("3.5人"), None);
    }

    #[test]
    fn degrees_minutes_seconds_become_decimal() {
        for (found, meant) in [
            ("34°03'07.7\"N", Some("34.052139")),
            ("34°25’28”", Some("34.424444")),
            ("34.5", Some("34.5")),
            ("北緯34.668", Some("34.668")),
            ("34.668°N", Some("34.668")),
            ("34.017 , 34.018", None),
            ("34°99'00\"", None),
            ("不明", None),
        ] {
            assert_eq!(normalise_degrees(found).as_deref(), meant, "{found}");
        }
    }

    #[test]
    fn exponents_and_words_are_no_numbers() {
        for text in ["1E+12", "", "-", "1.", ".5", "１", "1 "] {
            assert_eq!(check(text), Err(ValueError::Form), "{text}");
        }
        assert_eq!(check("-12.50"), Ok(()));
    }
}
