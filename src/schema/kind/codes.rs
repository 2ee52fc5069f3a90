//! Official numbers with check digits.

use crate::schema::ValueError;

pub(super) fn check_municipality(text: &str) -> Result<(), ValueError> {
    let bytes = text.as_bytes();
    if bytes.len() != 6 || !bytes.iter().all(u8::is_ascii_digit) {
        return Err(ValueError::Form);
    }
    if municipality_check_digit(&text[..5]) == text[5..].chars().next() { Ok(()) } else { Err(ValueError::CheckDigit) }
}

/// The check digit of a five-digit 全国地方公共団体コード (JIS X 0401/0402: weights 6 5 4 3 2, modulus 11).
///
/// ```
/// assert_eq!(machikura::schema::municipality_check_digit("33100"), Some('7'));
/// ```
pub fn municipality_check_digit(five_digits: &str) -> Option<char> {
    if five_digits.len() != 5 {
        return None;
    }
    let sum = five_digits
        .chars()
        .zip([6, 5, 4, 3, 2])
        .try_fold(0, |sum, (digit, weight)| digit.to_digit(10).map(|digit| sum + digit * weight))?;
    char::from_digit((11 - sum % 11) % 10, 10)
}

/// 法人番号: the first digit is 9 − (Σ of the others, from the right, times 1 2 1 2 …) mod 9
/// (国税庁, 法人番号の指定等に関する省令 第2条).
pub(super) fn check_corporate(text: &str) -> Result<(), ValueError> {
    if text.len() != 13 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::Form);
    }
    let mut digits = text.bytes().map(|byte| u32::from(byte - b'0'));
    let check_digit = digits.next();
    let sum: u32 = digits.rev().zip([1, 2].iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    if check_digit == Some(9 - sum % 9) { Ok(()) } else { Err(ValueError::CheckDigit) }
}

/// Hyphens and blanks between the digits, and the `.0` of a spreadsheet.
pub(super) fn normalise_corporate(text: &str) -> Option<String> {
    let value = text.strip_suffix(".0").unwrap_or(text).replace(['-', ' '], "");
    check_corporate(&value).is_ok().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn municipality_codes() {
        for code in ["331007", "332020", "011002", "131083"] {
            assert_eq!(check_municipality(code), Ok(()), "{code}");
        }
        assert_eq!(check_municipality("331008"), Err(ValueError::CheckDigit));
        for text in ["33100", "33100７", "", "3310070"] {
            assert_eq!(check_municipality(text), Err(ValueError::Form), "{text}");
        }
    }

    #[test]
    fn corporate_numbers() {
        assert_eq!(check_corporate("1000020352080"), Ok(()));
        assert_eq!(check_corporate("2000020352080"), Err(ValueError::CheckDigit));
        assert_eq!(check_corporate("1.00002E+12"), Err(ValueError::Form));
        for (found, meant) in [
            ("1-0000-2035-2080", Some("1000020352080")),
            ("1000020352080.0", Some("1000020352080")),
            ("000020352080", None),
            ("2-0000-2035-2080", None),
        ] {
            assert_eq!(normalise_corporate(found).as_deref(), meant, "{found}");
        }
    }
}
