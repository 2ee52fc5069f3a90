//! The value that a cell means beyond doubt, in the standard's form.

use crate::schema::{Charset, Constraints, Field};
use crate::text::{narrow, trim, widen_kana};

/// The corrected cell, where it differs from the raw one and fits everything the field asks for. `None` where nothing
/// needs correction, or where it is not certain what was meant.
pub(super) fn correct(field: &Field, raw: &str) -> Option<String> {
    let clean: String = raw.chars().filter_map(plain).collect();
    let trimmed = trim(&clean);
    let mut value = if is_half_width(field) { narrow(trimmed).trim().to_owned() } else { trimmed.to_owned() };
    if field.charset == Some(Charset::Katakana) {
        value = widen_kana(&value);
    }
    if let Some(meant) = field.value_aliases.get(&value) {
        value.clone_from(meant);
    }
    if !value.is_empty() {
        if field.kind.check(&value).is_err() {
            value = field.kind.normalise(&value)?;
        }
        if !fits(&field.constraints, &value) || field.kind.check(&value).is_err() {
            return None;
        }
    }
    (value != raw).then_some(value)
}

/// Whether the cells of a field are narrowed before their form is checked.
pub(super) fn is_half_width(field: &Field) -> bool {
    field.kind.is_half_width()
        || matches!(field.charset, Some(Charset::Digits | Charset::Alphanumeric | Charset::HalfWidth))
}

/// Whether a filled value keeps within limits, `unique` apart.
pub(super) fn fits(limits: &Constraints, value: &str) -> bool {
    let number = || value.parse::<f64>().ok();
    (limits.enumeration.is_empty() || limits.enumeration.iter().any(|word| word == value))
        && limits.pattern.as_ref().is_none_or(|pattern| pattern.matches(value))
        && limits.minimum.is_none_or(|minimum| number().is_some_and(|number| number >= minimum))
        && limits.maximum.is_none_or(|maximum| number().is_some_and(|number| number <= maximum))
        && limits.max_length.is_none_or(|length| value.chars().count() <= length)
}

/// A character as it may stand in a cell: tabs as blanks, other controls and invisible marks left out.
fn plain(character: char) -> Option<char> {
    match character {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        _ if is_stray(character) => None,
        _ => Some(character),
    }
}

/// Controls (tabs and line breaks apart), zero-width marks and the byte-order mark.
pub(super) fn is_stray(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}
