//! Words and signs that say "nothing here", where the standard leaves the cell empty.

use super::is_half_width;
use super::words::words;
use crate::schema::{Field, Kind};
use crate::text::is_dash;

const WORDS: [&str; 21] = [
    "なし",
    "無し",
    "ナシ",
    "無",
    "なし。",
    "不明",
    "未定",
    "未設定",
    "未記入",
    "未入力",
    "該当なし",
    "該当無し",
    "記載なし",
    "情報なし",
    "非公開",
    "空欄",
    "*",
    "/",
    "n/a",
    "null",
    "none",
];

/// Bytes of the longest: five letters.
pub(in crate::validate) const LONGEST: usize = 15;

/// Whether a trimmed cell holds a placeholder. A dash alone is one anywhere; words are text in a field of text, and
/// answers in one that knows them.
pub(in crate::validate) fn is_placeholder(field: &Field, value: &str) -> bool {
    // None begins with a digit.
    if value.is_empty() || value.len() > LONGEST || value.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let takes_words = field.kind == Kind::String && !is_half_width(field) || field.kind == Kind::Flag;
    let says_nothing = value.chars().all(|character| is_dash(character) || character == '…')
        || !takes_words && WORDS.iter().any(|word| word.eq_ignore_ascii_case(value));
    says_nothing && !words(field).iter().any(|word| word == value) && !field.value_aliases.contains_key(value)
}

/// The empty cell; none where the field must not be empty.
pub(super) fn emptied(field: &Field, value: &str) -> Option<String> {
    (!field.constraints.required && is_placeholder(field, value)).then(String::new)
}
