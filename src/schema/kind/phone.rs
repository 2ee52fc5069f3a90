//! Telephone numbers: with hyphens, with the area code in brackets, or of digits only. All three can be dialled.

use crate::schema::ValueError;

/// One number, or several with ` / ` or `;` between them.
pub(super) fn check(text: &str) -> Result<(), ValueError> {
    let is_fine = match memchr::memchr2(b'/', b';', text.as_bytes()) {
        Some(_) => text.split(['/', ';']).all(|one| is_phone(one.trim())),
        None => is_phone(text.trim()),
    };
    if is_fine { Ok(()) } else { Err(ValueError::Form) }
}

/// `0AA-BBBB-CCCC`, `(0AA)BBBB-CCCC` or `0AABBBBCCCC`.
fn is_phone(text: &str) -> bool {
    let (body, is_bracketed) = text.strip_prefix('(').map_or((text, false), |body| (body, true));
    // The first four digits as they are, the count of all, and the counts at the signs between them.
    let (mut first, mut count, mut ends, mut signs) = ([0; 4], 0, [0; 2], 0);
    for byte in body.bytes() {
        match byte {
            b'0'..=b'9' => {
                if count < first.len() {
                    first[count] = byte;
                }
                count += 1;
            }
            b')' if is_bracketed && signs == 0 => {
                ends[0] = count;
                signs = 1;
            }
            b'-' if signs == 1 || (signs == 0 && !is_bracketed) => {
                ends[signs] = count;
                signs += 1;
            }
            _ => return false,
        }
    }
    let is_parted = match signs {
        0 => !is_bracketed,
        2 => matches!((ends[0], ends[1] - ends[0], count - ends[1]), (2..=5, 1..=4, 3..=4)),
        _ => false,
    };
    is_parted && is_number(first, count)
}

/// Ten digits from 0; eleven for mobile and IP telephones (0A0) and for 0800.
fn is_number(first: [u8; 4], count: usize) -> bool {
    match count {
        10 => first[0] == b'0',
        11 => first == *b"0800" || (first[0] == b'0' && first[2] == b'0'),
        _ => false,
    }
}

/// Other signs between the parts (`(086)-803-1000`, `086(803)1000`, `086.803.1000`, `086-8031000`), blanks, a label before
/// the number, and the country's own code.
pub(super) fn normalise(text: &str) -> Option<String> {
    // Other signs do not change the digits, so where these are no number nothing helps. A country code does.
    if has_wrong_digits(text) {
        return None;
    }
    let numbers = text.split(['/', ';']).map(normalise_one).collect::<Option<Vec<_>>>()?;
    Some(numbers.join(" / "))
}

fn normalise_one(text: &str) -> Option<String> {
    let mut body = text.trim();
    for label in ["TEL", "Tel", "tel", "℡", "電話番号", "電話"] {
        body = body.strip_prefix(label).map_or(body, |rest| rest.trim_start_matches([':', '.', ' ']));
    }
    let parts: Vec<&str> = body.split([' ', '.', '-']).filter(|part| !part.is_empty()).collect();
    let value = parts.join("-").replace(")-", ")").replace("-(", "(");
    let value = match value.strip_prefix("+81") {
        Some(rest) => format!("0{}", rest.trim_start_matches('-').trim_start_matches("(0)")),
        None => value,
    };
    // 086(803)1000 has brackets around the exchange; the accepted form has them around the area code.
    let value = if value.starts_with('(') { value } else { value.replace(['(', ')'], "-") };
    is_phone(&value).then_some(value.clone()).or_else(|| with_hyphen(&value)).filter(|value| is_phone(value))
}

/// Whether a text is a number from 0 in any form, but not of as many digits as one has.
fn has_wrong_digits(text: &str) -> bool {
    let (mut digits, mut has_eleven) = (0, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                has_eleven |= digits == 3 && byte == b'0';
            }
            b' ' | b'.' | b'-' | b'(' | b')' => {}
            _ => return false,
        }
    }
    text.starts_with('0') && digits != 10 && !(digits == 11 && has_eleven)
}

/// A number whose area code is set apart and whose last hyphen is missing: lines have four digits, those of 0120 and 0570
/// three.
fn with_hyphen(text: &str) -> Option<String> {
    let (head, rest) = match text.strip_prefix('(') {
        Some(inner) => inner.split_once(')').map(|(area, rest)| (format!("({area})"), rest))?,
        None => text.split_once('-').map(|(area, rest)| (format!("{area}-"), rest))?,
    };
    let line = if head.contains("0120") || head.contains("0570") { 3 } else { 4 };
    let (exchange, line) = rest.split_at_checked(rest.len().checked_sub(line)?)?;
    Some(format!("{head}{exchange}-{line}"))
}

/// The leading 0 that a spreadsheet took from a number, and several numbers with other signs between them.
pub(super) fn propose(text: &str) -> Option<String> {
    // A zero in front or other signs between several do not help a number from 0 either.
    if has_wrong_digits(text) {
        return None;
    }
    let several: Vec<&str> =
        text.split(['、', ',', '・', '\n', '/', ';']).map(str::trim).filter(|one| !one.is_empty()).collect();
    let one = |text: &str| normalise_one(text).or_else(|| with_zero(text));
    let numbers = several.into_iter().map(one).collect::<Option<Vec<_>>>()?;
    (!numbers.is_empty()).then(|| numbers.join(" / "))
}

/// Only where the digits are one too few: nine, or ten of a mobile or IP telephone.
fn with_zero(text: &str) -> Option<String> {
    if text.trim_start_matches('(').starts_with('0') {
        return None;
    }
    normalise_one(&match text.strip_prefix('(') {
        Some(inner) => format!("(0{inner}"),
        None => format!("0{text}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_be_dialled_pass() {
        for text in [
            "086-803-1000",
            "(086)803-1000",
            "0120-123-456",
            "0800-123-4567",
            "090-1234-5678",
            "0868031000",
            "09012345678",
            "086-803-1000 / 086-803-1001",
            "(0820)76-0007",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "803-1000",
            "868031000",
            "086-803",
            "086-8031-1000",
            "０８６-803-1000",
            "086-803-1000（総務課）",
            "-",
            "",
            "(086 803-1000",
            "086803-1000",
        ] {
            assert_eq!(check(text), Err(ValueError::Form), "{text}");
        }
    }

    #[test]
    fn numbers_in_other_forms() {
        for (found, meant) in [
            ("(083)-934-2873", Some("(083)934-2873")),
            ("086(803)1000", Some("086-803-1000")),
            ("086 803 1000", Some("086-803-1000")),
            ("(086) 803 - 1000", Some("(086)803-1000")),
            ("086-803 1000", Some("086-803-1000")),
            ("(086)8031000", Some("(086)803-1000")),
            ("0120-123456", Some("0120-123-456")),
            ("086.803.1000", Some("086-803-1000")),
            ("TEL:086-803-1000", Some("086-803-1000")),
            ("+81-86-803-1000", Some("086-803-1000")),
            ("086-803-1000/086 803-1001", Some("086-803-1000 / 086-803-1001")),
            ("934-2873", None),
            ("899947800", None),
            ("086-803-1000(総務課)", None),
        ] {
            assert_eq!(normalise(found).as_deref(), meant, "{found}");
        }
    }

    #[test]
    fn a_lost_zero_is_proposed() {
        for (found, meant) in [
            ("899947800", Some("0899947800")),
            ("86-803-1000", Some("086-803-1000")),
            ("(86)803-1000", Some("(086)803-1000")),
            ("9012345678", Some("09012345678")),
            ("086-803-1000、086-803-1001", Some("086-803-1000 / 086-803-1001")),
            ("086-803-1000,1001", None),
            ("803-1000", None),
            ("42-2607", None),
            ("8031000", None),
            ("", None),
        ] {
            assert_eq!(propose(found).as_deref(), meant, "{found}");
        }
    }
}
