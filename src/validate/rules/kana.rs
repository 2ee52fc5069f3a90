//! A reading that is not in full-width katakana.

use crate::schema::{Charset, Field};
use crate::text::{Text, is_half_width_kana, is_hiragana, is_kanji, is_katakana_character};
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Kana;

impl Rule for Kana {
    fn id(&self) -> &'static str {
        "kana"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は全角カタカナで記載してください（{0}）。",
            en: "Write \"{field}\" in full-width katakana ({1}).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "読みは全角カタカナで書きます。半角カナ、ひらがな、漢字は並べ替えや検索で別の値になります（共通ルール 5）。",
            en: "Readings are written in full-width katakana; other scripts sort and match as other values (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        (field.charset == Some(Charset::Katakana)).then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| {
                let odd = cell
                    .trimmed
                    .chars()
                    .find(|character| !is_katakana_character(*character) && !is_sign(*character))?;
                let (ja, en) = match odd {
                    _ if is_half_width_kana(odd) => ("半角カナの", "half-width katakana"),
                    _ if is_hiragana(odd) => ("ひらがなの", "hiragana"),
                    _ if is_kanji(odd) => ("漢字の", "kanji"),
                    _ => ("", "the sign"),
                };
                Some(Fault::with(
                    Severity::Warning,
                    [format!("{ja}「{odd}」があります"), format!("there is {en} {odd}")],
                ))
            })
        })
    }
}

/// Whether a text can be a reading as it is.
pub(in crate::validate) fn is_reading(text: &str) -> bool {
    text.chars().all(|character| is_katakana_character(character) || is_sign(character))
}

/// Digits, Latin letters and signs that readings of real facilities hold (第１, ＪＡ, －).
fn is_sign(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '、' | '，' | ',' | '．' | '.' | '－' | '-' | '「' | '」' | '～' | '〜' | '&' | '＆' | '/' | '／' | '\n')
}
