//! Japanese text: folding for comparison, and texts in two languages. Knows nothing of tables or fields.

pub mod search;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use unicode_width::UnicodeWidthChar;

/// The language of a message or description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Japanese, the default everywhere.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Reads `ja` or `en` (a language range such as `en-GB` counts as `en`).
    pub fn parse(tag: &str) -> Option<Lang> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "ja" => Some(Lang::Ja),
            "en" => Some(Lang::En),
            _ => None,
        }
    }
}

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Japanese.
    pub ja: &'static str,
    /// English.
    pub en: &'static str,
}

impl Text {
    /// The sentence in one language.
    pub fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Ja => self.ja,
            Lang::En => self.en,
        }
    }
}

/// A text in both languages that is read from data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in one language; Japanese where there is no English.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            Lang::En | Lang::Ja => &self.ja,
        }
    }
}

/// Unicode NFKC: the form in which field names are compared in requests.
///
/// ```
/// assert_eq!(machikura::text::nfkc("建物名等（方書）"), "建物名等(方書)");
/// ```
pub fn nfkc(text: &str) -> String {
    let is_normal = text.chars().all(is_usual) || is_nfkc_quick(text.chars()) == IsNormalized::Yes;
    if is_normal { text.to_owned() } else { text.nfkc().collect() }
}

/// Whether a character is one of those that texts are mostly made of and NFKC changes nowhere: ASCII, kana with their sound
/// marks in them, kanji.
fn is_usual(character: char) -> bool {
    matches!(character, '\0'..='\x7F' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '一'..='\u{9FFF}')
}

/// Folds a column heading so that spellings seen in real files meet: NFKC, lower case, every dash and long-vowel
/// look-alike as `-`, and neither blanks, separators nor brackets.
///
/// ```
/// use machikura::text::fold_label;
/// assert_eq!(fold_label("都道府県コ―ド"), fold_label("都道府県コード"));
/// assert_eq!(fold_label("備　考"), fold_label("備考"));
/// assert_eq!(fold_label("料金（基本）"), fold_label("料金(基本)"));
/// assert_eq!(fold_label("名称カナ"), fold_label("名称_カナ"));
/// ```
pub fn fold_label(label: &str) -> String {
    let folded: String = nfkc(label)
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|character| match character {
            _ if is_dash(character) => Some('-'),
            '~' | '〜' => Some('-'),
            '_' | '・' | '、' | '。' | ',' | '.' | '/' | ':' | ';' | '(' | ')' | '[' | ']' | '【' | '】' | '「'
            | '」' | '〔' | '〕' | '\'' | '"' | '#' | '※' | '*' | '\u{feff}' => None,
            _ if character.is_whitespace() || character.is_control() => None,
            _ => Some(character),
        })
        .collect();
    // Where a blank is gone, a mark that stood behind it belongs to the character before.
    nfkc(&folded)
}

/// Whether a character is a hyphen, a dash, a minus or a long-vowel mark: signs that stand for one another in
/// telephone numbers and addresses of real files.
pub fn is_dash(character: char) -> bool {
    matches!(character, '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '－' | 'ー' | 'ｰ' | '─' | '━' | '﹣')
}

/// Half-width form of a value in a half-width field: full-width digits, Latin letters, signs and blanks narrowed,
/// dash look-alikes as `-`. Kana and kanji stay as they are, and a long-vowel mark behind kana is no dash.
///
/// ```
/// use machikura::text::narrow;
/// assert_eq!(narrow("０８６－８０３‐１０００"), "086-803-1000");
/// assert_eq!(narrow("２ー３ コート"), "2-3 コート");
/// ```
pub fn narrow(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return Cow::Borrowed(value);
    }
    let mut before = ' ';
    let narrowed = value.chars().map(|character| match (character, std::mem::replace(&mut before, character)) {
        ('ー' | 'ｰ', 'ぁ'..='ヿ' | 'ｦ'..='ﾟ') => character,
        (character, _) => narrow_character(character),
    });
    Cow::Owned(narrowed.collect())
}

fn narrow_character(character: char) -> char {
    match character {
        _ if is_dash(character) => '-',
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '\u{3000}' | '\u{a0}' => ' ',
        '〜' => '~',
        _ => character,
    }
}

/// How many columns of a terminal a character takes: two where it is wide.
pub fn character_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// How many columns of a terminal a text takes.
///
/// ```
/// assert_eq!(machikura::text::width("緯度 lat"), 8);
/// ```
pub fn width(text: &str) -> usize {
    text.chars().map(character_width).sum()
}

/// Whether a terminal would obey a character rather than show it, or show the line as what it is not: controls, and the
/// marks that turn the direction of writing.
pub fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line that commands nothing.
///
/// ```
/// assert_eq!(machikura::text::harmless("1行目\n\u{1b}[31m"), "1行目⏎\u{fffd}[31m");
/// ```
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' => '⏎',
            '\t' => ' ',
            _ if is_command(character) => '\u{fffd}',
            _ => character,
        })
        .collect()
}

/// Removes blanks (ASCII, full-width and no-break spaces, tabs, line breaks) and byte-order marks at both ends.
pub fn trim(value: &str) -> &str {
    if is_surely_trimmed(value.as_bytes()) {
        return value;
    }
    value.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}')
}

/// Whether [`trim`] surely finds nothing to remove from a text, by the bytes at its ends. It spares most cells the look at
/// characters. Beyond ASCII the blanks are U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000 and
/// U+FEFF.
pub(crate) fn is_surely_trimmed(text: &[u8]) -> bool {
    let is_plain = |byte: u8| byte > b' ' && byte < 0x7F;
    // Three bytes from U+3001 on.
    let is_wide = |character: &[u8; 3]| match character {
        [0xE3, ..] => character[1..] != [0x80, 0x80],
        [0xEF, ..] => character[1..] != [0xBB, 0xBF],
        [0xE4..0xEF, ..] => true,
        _ => false,
    };
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return true };
    (is_plain(*first) || text.first_chunk().is_some_and(is_wide))
        && (is_plain(*last) || text.last_chunk().is_some_and(is_wide))
}

/// Whether every character is full-width katakana, or a sign that belongs in a reading (long vowel, middle dot, blank).
pub fn is_katakana(value: &str) -> bool {
    value.chars().all(is_katakana_character)
}

/// Whether a character is full-width katakana or goes with it.
pub fn is_katakana_character(character: char) -> bool {
    matches!(character, 'ァ'..='ヺ' | 'ー' | '・' | 'ヽ' | 'ヾ' | '　' | ' ' | '（' | '）' | '(' | ')' | '＝' | '=')
}

/// Whether a character is half-width katakana (JIS X 0201).
pub fn is_half_width_kana(character: char) -> bool {
    matches!(character, '｡'..='ﾟ')
}

/// Half-width katakana as full-width, sound marks joined; everything else unchanged.
///
/// ```
/// assert_eq!(machikura::text::widen_kana("ｹﾝﾘﾂｺｸﾌﾞﾝ"), "ケンリツコクブン");
/// assert_eq!(machikura::text::widen_kana("カﾞ"), "ガ");
/// ```
pub fn widen_kana(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut run = String::new();
    for character in value.chars() {
        if is_half_width_kana(character) {
            // A sound mark behind a full-width letter belongs to it.
            if run.is_empty() && matches!(character, 'ﾞ' | 'ﾟ') && out.ends_with(|last| matches!(last, 'ァ'..='ヺ'))
            {
                run.extend(out.pop());
            }
            run.push(character);
        } else {
            widen_run(&mut run, &mut out);
            out.push(character);
        }
    }
    widen_run(&mut run, &mut out);
    out
}

/// Moves a run over. A sound mark that joins nothing becomes the full-width sign instead of a combining one.
fn widen_run(run: &mut String, out: &mut String) {
    out.extend(run.nfkc().map(|character| match character {
        '\u{3099}' => '゛',
        '\u{309a}' => '゜',
        _ => character,
    }));
    run.clear();
}

/// Hiragana as katakana; everything else unchanged.
///
/// ```
/// assert_eq!(machikura::text::to_katakana("けんりつ図書館"), "ケンリツ図書館");
/// ```
pub fn to_katakana(value: &str) -> String {
    value
        .chars()
        .map(|character| match character {
            'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(character) + 0x60).unwrap_or(character),
            _ => character,
        })
        .collect()
}

/// Whether a character is hiragana.
pub fn is_hiragana(character: char) -> bool {
    matches!(character, 'ぁ'..='ゟ')
}

/// Whether a character is a kanji, or the repetition mark that stands for one.
pub fn is_kanji(character: char) -> bool {
    matches!(character, '々' | '〆' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_mean_the_same_fold_to_the_same() {
        for (one, other) in [
            ("ＮＯ", "no"),
            ("災害種別_崖崩れ、土石流及び地滑り", "災害種別_崖崩れ_土石流及び地滑り"),
            ("ＵＲＬ", "URL"),
            ("コ－ド", "コード"),
            ("連絡先備考(その他、SNSなど)", "連絡先備考（その他、SNSなど）"),
        ] {
            assert_eq!(fold_label(one), fold_label(other));
        }
        assert_ne!(fold_label("緯度"), fold_label("経度"));
    }

    #[test]
    fn trimming_takes_blanks_of_both_widths() {
        assert_eq!(trim("　3502-1　"), "3502-1");
        assert_eq!(trim(" \t\u{a0}　"), "");
        assert_eq!(trim("a　b"), "a　b");
    }

    #[test]
    fn trimming_at_a_glance_takes_the_same_blanks() {
        for character in '\0'..=char::MAX {
            let is_blank = character.is_whitespace() || character == '\u{feff}';
            assert_eq!(trim(&format!("{character}山")).starts_with(character), !is_blank, "{character:?} in front");
            assert_eq!(trim(&format!("a{character}")).ends_with(character), !is_blank, "{character:?} behind");
        }
    }

    #[test]
    fn folding_is_idempotent() {
        for label in ["名称（カナ）", "ＵＲＬ", "コ―ド", "0～4歳の男性", "e¨"] {
            assert_eq!(fold_label(&fold_label(label)), fold_label(label));
        }
    }

    #[test]
    fn usual_characters_are_nowhere_changed() {
        for character in ('\0'..=char::MAX).filter(|character| is_usual(*character)) {
            assert_eq!(is_nfkc_quick(std::iter::once(character)), IsNormalized::Yes, "{character}");
        }
    }
}
