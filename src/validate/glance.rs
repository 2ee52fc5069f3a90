//! What good cells of a column mostly look like. A cell that does is fine by every rule, so none is asked about it. The rules
//! alone say what is wrong: whatever is not seen to be fine here is put before them, and a test holds the two together.

use super::correct::placeholder::LONGEST;
use super::correct::words::words;
use super::correct::{DECIMALS, is_half_width};
use super::marks::{MANY, begins_formula, has_many_digits};
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
    /// So many digits.
    Width(usize),
    /// Digits, or Latin words that are longer than any placeholder.
    HalfWidth,
    /// A value of a kind that begins with a digit.
    Number(Kind),
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
        let pattern = limits.iter().find_map(|limits| limits.pattern.as_ref());
        let digits = pattern.map_or(field.width, |pattern| digits_wanted(pattern.as_str()));
        let form = match field.kind {
            _ if is_bounded || !words(field).is_empty() => Form::Unknown,
            Kind::String | Kind::Code if digits.is_some() && field.width.is_none_or(|width| digits == Some(width)) => {
                Form::Width(digits.unwrap_or_default())
            }
            _ if pattern.is_some() || field.width.is_some() => Form::Unknown,
            Kind::String if field.charset == Some(Charset::Katakana) => Form::Katakana,
            Kind::String if !is_half_width(field) => Form::Words,
            Kind::String | Kind::Code if field.charset == Some(Charset::Digits) => Form::Digits,
            Kind::String | Kind::Code => Form::HalfWidth,
            Kind::Integer
            | Kind::Number
            | Kind::Latitude
            | Kind::Longitude
            | Kind::Date
            | Kind::Time
            | Kind::PostalCode
            | Kind::CorporateNumber => Form::Number(field.kind),
            Kind::Phone => Form::Phone,
            Kind::Url | Kind::Email => Form::Address(field.kind),
            Kind::Flag | Kind::Enum | Kind::MunicipalityCode | Kind::WeekdayList => Form::Unknown,
        };
        // So short, degrees have no more decimals than say anything.
        let longest = if is_degrees { "0.".len() + DECIMALS } else { length::limit(field).0 };
        Glance { form, longest }
    }

    /// Whether a cell of these bytes is seen to be fine. It is not empty, and [plain](crate::tabular::Row::look).
    #[inline]
    pub fn is_fine<'c>(self, bytes: &[u8], cell: impl Fn() -> &'c str) -> bool {
        let Some(first) = bytes.first().filter(|_| bytes.len() <= self.longest) else { return false };
        match self.form {
            Form::Unknown => false,
            // A dash alone says that there is nothing; the long-vowel mark is taken for one.
            Form::Words => {
                let is_number = first.is_ascii_digit() && is_scientific(cell());
                !is_number && !begins_formula(bytes) && !bytes.starts_with(&LONG_VOWEL) && !has_many_digits(bytes)
            }
            Form::Katakana => is_katakana(bytes),
            Form::Digits => are_digits(bytes),
            Form::Width(width) => bytes.len() == width && are_digits(bytes),
            Form::HalfWidth => match first {
                b'0'..=b'9' => are_digits(bytes),
                b'A'..=b'Z' | b'a'..=b'z' => bytes.len() > LONGEST && bytes.is_ascii(),
                _ => false,
            },
            Form::Number(kind) => first.is_ascii_digit() && kind.check(cell()).is_ok(),
            Form::Phone => is_usual_phone(bytes),
            Form::Address(kind) => bytes.is_ascii() && kind.check(cell()).is_ok(),
        }
    }

    /// A number that cells share only if every rule says the same about them, and nothing can be bettered in one but in all of
    /// them. Few fields have such cells: telephone numbers of digits and hyphens, of which those behind the fifth sign say
    /// nothing but how many they are.
    pub fn alike(self, bytes: &[u8]) -> Option<u64> {
        let is_known = matches!(self.form, Form::Phone) && (8..=16).contains(&bytes.len()) && bytes[0].is_ascii_digit();
        if !is_known {
            return None;
        }
        let mut number = u64::try_from(bytes.len()).ok()?;
        for (at, byte) in bytes.iter().enumerate() {
            number = match byte {
                b'0'..=b'9' if at < 5 => number << 4 | u64::from(byte - b'0'),
                b'0'..=b'9' => number << 1,
                b'-' if at < 5 => number << 4 | 0xF,
                b'-' => number << 1 | 1,
                _ => return None,
            };
        }
        Some(number)
    }
}

/// The long-vowel mark.
const LONG_VOWEL: [u8; 3] = *b"\xE3\x83\xBC";

/// The number of digits that a pattern wants, where it wants any digits but perhaps hyphens between them: `^[0-9]{4}-?[0-9]{3}$`.
fn digits_wanted(pattern: &str) -> Option<usize> {
    let parts = pattern.strip_prefix('^')?.strip_suffix('$')?.split("-?");
    parts.map(|part| part.strip_prefix("[0-9]{")?.strip_suffix('}')?.parse::<usize>().ok()).sum()
}

/// Whether all bytes are digits, eight at a time: the last eight may be among those before.
fn are_digits(bytes: &[u8]) -> bool {
    let are = |word: &[u8; 8]| {
        const UPPER: u64 = 0xF0F0_F0F0_F0F0_F0F0;
        const THREES: u64 = 0x3030_3030_3030_3030;
        let word = u64::from_le_bytes(*word);
        // From 0x3A on, six more reach 0x40.
        word & UPPER == THREES && (word + 0x0606_0606_0606_0606) & UPPER == THREES
    };
    match bytes.last_chunk() {
        Some(last) => bytes.as_chunks().0.iter().all(are) && are(last),
        None => bytes.iter().all(u8::is_ascii_digit),
    }
}

/// `0AA-BBB-CCCC`, ten digits.
fn is_usual_phone(bytes: &[u8]) -> bool {
    let &[b'0', first, .., before, b'-', one, two, three, four] = bytes else { return false };
    let count = |is: fn(&u8) -> bool| bytes[2..7].iter().filter(|byte| is(byte)).count();
    bytes.len() == 12
        && [first, before, one, two, three, four].iter().all(u8::is_ascii_digit)
        && (count(u8::is_ascii_digit), count(|byte| *byte == b'-')) == (4, 1)
}

/// Katakana, with Latin letters and few digits, but not with a mark that may be a dash in front.
fn is_katakana(bytes: &[u8]) -> bool {
    let (mut rest, mut digits) = (bytes, 0);
    while let Some(first) = rest.first() {
        let length = match first {
            // U+30A1 to U+30FE.
            0xE3 if (0x82A1..=0x83BE).contains(&u16::from_be_bytes([rest[1], rest[2]])) => 3,
            b'A'..=b'Z' | b'a'..=b'z' => 1,
            b'0'..=b'9' => {
                digits += 1;
                1
            }
            _ => return false,
        };
        rest = &rest[length..];
    }
    digits < MANY && !bytes.starts_with(&LONG_VOWEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_digits_are_known() {
        for (pattern, digits) in [
            ("^[0-9]{4}-?[0-9]{3}$", Some(7)),
            ("^[0-9]{10}$", Some(10)),
            ("^[0-9]{4,5}$", None),
            ("^[0-9A-Z]{10}$", None),
            ("[0-9]{4}", None),
        ] {
            assert_eq!(digits_wanted(pattern), digits, "{pattern}");
        }
    }

    #[test]
    fn digits_are_looked_at_eight_at_a_time() {
        for length in 0..20 {
            let digits = "0123456789".repeat(2)[..length].to_owned();
            assert!(are_digits(digits.as_bytes()), "{digits}");
            for (at, other) in (0..length).flat_map(|at| "/:A\u{7f}".chars().map(move |other| (at, other))) {
                let mut spoilt = digits.clone();
                spoilt.replace_range(at..=at, &other.to_string());
                assert!(!are_digits(spoilt.as_bytes()), "{spoilt}");
            }
        }
    }

    #[test]
    fn usual_numbers_and_readings_are_known() {
        for (phone, is_usual) in [
            ("086-803-1000", true),
            ("03-1234-5678", true),
            ("0869-12-3456", true),
            ("0-12345-6789", false),
            ("090-1234-5678", false),
            ("086-8031000-", false),
        ] {
            assert_eq!(is_usual_phone(phone.as_bytes()), is_usual, "{phone}");
        }
        for (reading, is_usual) in [
            ("ミドリチョウダイ12ショウガッコウ", true),
            ("ーセンター", false),
            ("せんたー", false),
            ("センター 1", false),
        ] {
            assert_eq!(is_katakana(reading.as_bytes()), is_usual, "{reading}");
        }
    }
}
