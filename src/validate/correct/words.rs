//! Words of a list: the marks that stand for yes and no, and other spellings of what is listed.

use crate::schema::{Field, Kind};
use crate::text::fold_label;

/// The words that the standard allows or advises in a field; none where it leaves them open.
pub(in crate::validate) fn words(field: &Field) -> &[String] {
    if field.constraints.enumeration.is_empty() { &field.advice.enumeration } else { &field.constraints.enumeration }
}

/// Whether a value, or each of several, is one of the words.
pub(in crate::validate) fn is_listed(words: &[String], separator: Option<&str>, value: &str) -> bool {
    let is_word = |one: &str| words.iter().any(|word| word == one.trim());
    match separator {
        Some(separator) => value.split(separator).all(is_word),
        None => is_word(value),
    }
}

/// The words that a value spells otherwise beyond doubt: by an alias, a mark, another width or bracket, another separator.
pub(super) fn spelt_otherwise(field: &Field, value: &str) -> Option<String> {
    if let Some(meant) = field.value_aliases.get(value) {
        return Some(meant.clone());
    }
    let words = words(field);
    let separator = field.separator.as_deref();
    if words.is_empty() || value.is_empty() || is_listed(words, separator, value) {
        return None;
    }
    let own = if words == ["有", "無"] { OWN } else { SURE };
    if let Some(answer) = Answer::of(value, SURE).or_else(|| Answer::of(value, own)) {
        // Blank can also mean that nobody has said, so a plain no in its place is only probably the same.
        return answer.word(field).filter(|word| !word.is_empty()).map(str::to_owned);
    }
    folded(words, value).or_else(|| {
        // Some words hold a middle dot or a comma themselves, so a separator counts only if every part is a word.
        ["、", ",", "・", "/", " ", "　", "\n", ";", "；"].iter().find_map(|other| {
            let parts = value.split(other).map(|part| folded(words, part)).collect::<Option<Vec<_>>>()?;
            Some(parts.join(separator?))
        })
    })
}

/// The yes or no that a word probably stands for.
pub(super) fn probable_answer(field: &Field, value: &str) -> Option<String> {
    if value.is_empty() || is_listed(words(field), field.separator.as_deref(), value) {
        return None;
    }
    Answer::of(value, SURE).or_else(|| Answer::of(value, PROBABLE))?.word(field).map(str::to_owned)
}

/// Whether a value is a mark of something between yes and no (△), or a mark that goes on: ○(2階).
pub(in crate::validate) fn is_qualified_mark(value: &str) -> bool {
    let goes_on = value.chars().nth(1).is_some();
    value.starts_with(['△', '▲', '◎']) || (goes_on && value.starts_with(['○', '〇', '◯', '●', '×']))
}

/// The one word that is the same but for width, case, blanks, brackets and separators.
fn folded(words: &[String], value: &str) -> Option<String> {
    let fold = fold_label(value);
    let mut same = words.iter().filter(|word| !fold.is_empty() && fold_label(word) == fold);
    let word = same.next()?;
    same.next().is_none().then(|| word.clone())
}

#[derive(Clone, Copy)]
enum Answer {
    Yes,
    No,
}

/// Marks that leave no doubt.
const SURE: [&[&str]; 2] = [&["○", "〇", "◯", "●", "1", "１", "有"], &["×", "✕", "✖", "╳", "0", "０", "無"]];

/// Other spellings of 有 and 無, beyond doubt in a field that asks for just these.
const OWN: [&[&str]; 2] = [&["あり", "有り"], &["なし", "無し"]];

/// Words that answer, but perhaps another question than the field's.
const PROBABLE: [&[&str]; 2] = [
    &["あり", "有り", "可", "可能", "有る", "はい", "yes", "y", "true", "✓", "✔", "☑", "レ", "該当", "対応"],
    &["なし", "無し", "否", "不可", "無い", "いいえ", "no", "n", "false", "x", "ｘ", "非該当", "未対応"],
];

impl Answer {
    fn of(value: &str, [yes, no]: [&[&str]; 2]) -> Option<Answer> {
        let value = value.to_lowercase();
        match (yes.contains(&value.as_str()), no.contains(&value.as_str())) {
            (true, _) => Some(Answer::Yes),
            (_, true) => Some(Answer::No),
            _ => None,
        }
    }

    /// In the field's own words; in a field that knows only 1, no is blank.
    fn word(self, field: &Field) -> Option<&'static str> {
        if field.kind != Kind::Flag {
            return None;
        }
        let words: Vec<&str> = words(field).iter().map(String::as_str).collect();
        match (words.as_slice(), self) {
            (["有", "無"], Answer::Yes) => Some("有"),
            (["有", "無"], Answer::No) => Some("無"),
            (["1"] | ["1", "0"] | ["0", "1"], Answer::Yes) => Some("1"),
            (["1"], Answer::No) => Some(""),
            (["1", "0"] | ["0", "1"], Answer::No) => Some("0"),
            _ => None,
        }
    }
}
