//! What good cells of a column mostly look like. A cell that does is fine by every rule, so none is asked about it. The rules
//! alone say what is wrong: whatever is not seen to be fine here is put before them, and a test holds the two together.

use super::correct::placeholder::LONGEST;
use super::correct::words::words;
use super::correct::{DECIMALS, is_half_width};
use super::marks::{MANY, has_many_digits};
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
                !is_number && *first != b'-' && !cell.starts_with('ー') && !has_many_digits(bytes)
            }
            Form::Katakana => is_katakana(bytes),
            Form::Digits => bytes.iter().all(u8::is_ascii_digit),
            Form::HalfWidth => match first {
                b'0'..=b'9' => bytes.iter().all(u8::is_ascii_digit),
                b'A'..=b'Z' | b'a'..=b'z' => bytes.len() > LONGEST && cell.is_ascii(),
                _ => false,
            },
            Form::Number(kind) => first.is_ascii_digit() && kind.check(cell).is_ok(),
            Form::Phone => !has_many_digits(bytes) && Kind::Phone.check(cell).is_ok(),
            Form::Address(kind) => cell.is_ascii() && kind.check(cell).is_ok(),
        }
    }
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
    digits < MANY
}
