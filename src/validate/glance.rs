//! What good cells of a column mostly look like. A cell that does is fine by every rule, so none is asked about it. The rules
//! alone say what is wrong: whatever is not seen to be fine here is put before them, and a test holds the two together.

use wide::u8x16;

use super::correct::is_half_width;
use super::correct::words::words;
use super::rules::length;
use super::rules::scientific_notation::is_scientific;
use crate::schema::{Charset, Field, Kind};

/// What is seen at a glance in the cells of one field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance {
    form: Form,
    /// Bytes of the longest cell that is not too long, however few characters it has.
    longest: usize,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    /// No cell is seen to be fine.
    Unknown,
    /// Any words.
    Words,
    /// A reading.
    Katakana,
    /// Digits.
    Digits,
    /// Digits, or Latin words that are longer than any placeholder.
    HalfWidth,
    /// A value of a kind that begins with a digit.
    Number(Kind),
    /// Degrees with at most seven decimals.
    Degrees,
    /// A telephone number of ten digits.
    Phone,
    /// An address on the web or of mail.
    Address(Kind),
}

impl Glance {
    pub fn of(field: &Field) -> Glance {
        let limits = [&field.constraints, &field.advice];
        let is_degrees = matches!(field.kind, Kind::Latitude | Kind::Longitude);
        let is_bounded =
            !is_degrees && limits.iter().any(|limits| limits.minimum.is_some() || limits.maximum.is_some());
        let has_pattern = field.width.is_some() || limits.iter().any(|limits| limits.pattern.is_some());
        let form = match field.kind {
            _ if is_bounded || has_pattern || !words(field).is_empty() => Form::Unknown,
            Kind::String if field.charset == Some(Charset::Katakana) => Form::Katakana,
            Kind::String if !is_half_width(field) => Form::Words,
            Kind::String | Kind::Code if field.charset == Some(Charset::Digits) => Form::Digits,
            Kind::String | Kind::Code => Form::HalfWidth,
            Kind::Latitude | Kind::Longitude => Form::Degrees,
            Kind::Integer | Kind::Number | Kind::Date | Kind::Time | Kind::PostalCode | Kind::CorporateNumber => {
                Form::Number(field.kind)
            }
            Kind::Phone => Form::Phone,
            Kind::Url | Kind::Email => Form::Address(field.kind),
            Kind::Flag | Kind::Enum | Kind::MunicipalityCode | Kind::WeekdayList => Form::Unknown,
        };
        Glance { form, longest: length::limit(field).0 }
    }

    /// Whether a cell is seen to be fine. It is not empty, and [plain](crate::tabular::Row::look).
    #[inline]
    pub fn is_fine(self, cell: &str) -> bool {
        let bytes = cell.as_bytes();
        let Some(first) = bytes.first().filter(|_| bytes.len() <= self.longest) else { return false };
        match self.form {
            Form::Unknown => false,
            // A dash alone says that there is nothing; the long-vowel mark is taken for one.
            Form::Words => {
                let is_number = first.is_ascii_digit() && is_scientific(cell);
                !is_number && *first != b'-' && !cell.starts_with('ー') && has_few_digits(bytes)
            }
            Form::Katakana => is_katakana(bytes),
            Form::Digits => bytes.iter().all(u8::is_ascii_digit),
            Form::HalfWidth => match first {
                b'0'..=b'9' => bytes.iter().all(u8::is_ascii_digit),
                b'A'..=b'Z' | b'a'..=b'z' => bytes.len() > 15 && cell.is_ascii(),
                _ => false,
            },
            Form::Number(kind) => first.is_ascii_digit() && kind.check(cell).is_ok(),
            Form::Degrees => bytes.len() <= 10 && is_degrees(bytes),
            Form::Phone => bytes.len() <= 12 && Kind::Phone.check(cell).is_ok() && has_few_digits(bytes),
            Form::Address(kind) => cell.is_ascii() && kind.check(cell).is_ok(),
        }
    }
}

/// Digits in front of a point and behind it.
fn is_degrees(bytes: &[u8]) -> bool {
    let ([_, _, b'.', decimals @ ..] | [_, _, _, b'.', decimals @ ..]) = bytes else { return false };
    let whole = &bytes[..bytes.len() - decimals.len() - 1];
    !decimals.is_empty() && decimals.iter().chain(whole).all(u8::is_ascii_digit)
}

/// Katakana and signs that stand in readings, with Latin letters and few digits, but not with a mark that may be a dash in
/// front.
fn is_katakana(bytes: &[u8]) -> bool {
    let (mut rest, mut digits) = (bytes, 0);
    while !rest.is_empty() {
        rest = match rest {
            [0xE3, 0x83, 0xBC, ..] if rest.len() == bytes.len() => return false,
            // U+30A1 to U+30FE.
            [0xE3, 0x82, 0xA1..=0xBF, behind @ ..] | [0xE3, 0x83, 0x80..=0xBE, behind @ ..] => behind,
            [b'A'..=b'Z' | b'a'..=b'z', behind @ ..] => behind,
            [b'0'..=b'9', behind @ ..] => {
                digits += 1;
                behind
            }
            _ => return false,
        };
    }
    digits < MANY_DIGITS
}

/// The number of a person has so many digits or more.
const MANY_DIGITS: usize = 11;

/// Whether there are too few digits for the number of a person.
fn has_few_digits(bytes: &[u8]) -> bool {
    if bytes.len() < MANY_DIGITS {
        return true;
    }
    let digits = |bytes: &[u8; 16]| {
        let from_zero = u8x16::new(*bytes) - u8x16::splat(b'0');
        from_zero.min(u8x16::splat(9)).simd_eq(from_zero).to_bitmask()
    };
    let (chunks, rest) = bytes.as_chunks();
    // Most cells hold no digits, or have them at the end.
    let of_chunk = |chunk| Some(digits(chunk)).filter(|digits| *digits != 0).map_or(0, u32::count_ones);
    let count: u32 = chunks.iter().map(of_chunk).sum();
    let of_rest = match bytes.last_chunk() {
        // The bits of the rest are the upper ones.
        Some(_) if rest.is_empty() => 0,
        Some(last) => (digits(last) >> (16 - rest.len())).count_ones(),
        None => rest.iter().map(|byte| u32::from(byte.is_ascii_digit())).sum(),
    };
    usize::try_from(count + of_rest).is_ok_and(|count| count < MANY_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_wherever_they_stand() {
        for length in 0..70 {
            for digits in 0..=length.min(12) {
                let text = format!("{}{}", "x".repeat(length - digits), "7".repeat(digits));
                let turned: String = text.chars().rev().collect();
                for text in [text, turned] {
                    assert_eq!(has_few_digits(text.as_bytes()), digits < 11, "{text}");
                }
            }
        }
    }

    #[test]
    fn degrees_have_a_point_and_few_decimals() {
        for text in ["34.655100", "133.919501", "35.1"] {
            assert!(is_degrees(text.as_bytes()), "{text}");
        }
        for text in ["", "34", "34.", "3.4", "34.6551a", "3a.5", "-34.5", "34..5", "1234.5"] {
            assert!(!is_degrees(text.as_bytes()), "{text}");
        }
    }
}
