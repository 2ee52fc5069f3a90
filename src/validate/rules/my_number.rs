//! A number that may be a person's My Number (個人番号).

use crate::schema::{Field, Kind};
use crate::text::{Text, is_dash};
use crate::validate::correct::is_half_width;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct MyNumber;

impl Rule for MyNumber {
    fn id(&self) -> &'static str {
        "my-number"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "マイナンバー（個人番号）かもしれない 12 桁の番号があります。公開してはいけません。違う番号であることを必ず確かめてください。",
            en: "There is a number of twelve digits that may be a My Number (個人番号), which must never be published; make sure that it is another one.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "12 桁で検査用数字が合う番号です。個人番号の提供や公開は法律で制限されています（番号法 第19条。検査用数字は総務省令 第85号 第5条）。この番号は報告に表示しません。",
            en: "Its twelve digits have the check digit of a My Number, which the law forbids to hand on (My Number Act, article 19; the check digit is that of MIC ordinance 85 of 2014, article 5). Reports do not repeat the number.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::MANY_DIGITS)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let is_asked = field.kind == Kind::String && !is_half_width(field);
        is_asked.then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| masked(cell.raw).map(|shown| Fault::masked(Severity::Warning, shown)))
        })
    }
}

/// The text with asterisks for the digits of every number that may be one; none where there is no such number.
fn masked(text: &str) -> Option<String> {
    if text.chars().filter(|character| digit(*character).is_some()).take(12).count() < 12 {
        return None;
    }
    let mut shown: Vec<char> = text.chars().collect();
    let mut is_masked = false;
    for run in shown.chunk_by_mut(|one, next| belongs(*one) == belongs(*next)) {
        // Blanks part numbers, unless they part the three groups of one.
        let is_one = mask_number(run);
        is_masked |= is_one || run.split_mut(|character| *character == ' ').any(mask_number);
    }
    is_masked.then(|| shown.into_iter().collect())
}

/// Masks a run that is one number, of twelve digits or of three groups, and tells whether it was.
fn mask_number(run: &mut [char]) -> bool {
    let groups: Vec<usize> = run.split(|character| digit(*character).is_none()).map(<[char]>::len).collect();
    let digits: Vec<u32> = run.iter().filter_map(|character| digit(*character)).collect();
    let is_number = groups == [12] || groups == [4, 4, 4];
    let is_found = is_number && has_check_digit(&digits) && !is_moment(&digits);
    if is_found {
        run.iter_mut().filter(|character| digit(**character).is_some()).for_each(|character| *character = '*');
    }
    is_found
}

/// Digits, and what joins them or other letters to one number, word or address.
fn belongs(character: char) -> bool {
    digit(character).is_some()
        || character.is_ascii_alphabetic()
        || is_dash(character)
        || matches!(character, '.' | '/' | '_' | '=' | ',' | '&' | ' ')
}

fn digit(character: char) -> Option<u32> {
    match character {
        '０'..='９' => Some(u32::from(character) - u32::from('０')),
        _ => character.to_digit(10),
    }
}

/// 11 − (Σ Pₙ·Qₙ mod 11), where n counts from the digit before the last and Qₙ is n + 1 up to the sixth, then n − 5; 0
/// where the remainder is 0 or 1.
fn has_check_digit(digits: &[u32]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let sum: u32 = rest.iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]).map(|(digit, weight)| digit * weight).sum();
    *check == if sum % 11 <= 1 { 0 } else { 11 - sum % 11 }
}

/// Whether the digits are a day and a time of day (202404011230) as well.
fn is_moment(digits: &[u32]) -> bool {
    let number = |range: std::ops::Range<usize>| digits[range].iter().fold(0, |number, digit| number * 10 + digit);
    (1900..2100).contains(&number(0..4))
        && (1..=12).contains(&number(4..6))
        && (1..=31).contains(&number(6..8))
        && number(8..10) < 24
        && number(10..12) < 60
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn numbers_with_the_check_digit_are_masked() {
        for (text, shown) in [
            ("123456789018", Some("************")),
            ("番号は１２３４５６７８９０１８です", Some("番号は************です")),
            ("1234-5678-9018", Some("****-****-****")),
            ("1234 5678 9018", Some("**** **** ****")),
            ("123456789018 本人", Some("************ 本人")),
            ("2024 123456789018", Some("2024 ************")),
            ("123456789017", None),
            ("202404011234", None),
            ("1234567890188", None),
            ("AB123456789018", None),
            ("https://a.jp/123456789018", None),
            ("12345678901.8", None),
            ("令和6年", None),
            ("", None),
        ] {
            assert_eq!(masked(text).as_deref(), shown, "{text}");
        }
    }
}
