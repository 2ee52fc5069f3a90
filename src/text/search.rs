//! Folding of text for search: what a word and a record have to have in common for the word to be found.
//!
//! Two foldings meet. [`fold`] goes character by character, so a part of a text folds to a part of the folded text.
//! [`canonical`] looks at neighbours too (`二十三丁目` and `23丁目`, `霞ヶ関` and `霞が関`); where it differs it is looked
//! for, and looked at, beside the other.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::{is_dash, is_kanji};

/// Old and variant forms of kanji: in each group the first stands for the others.
static OLD_KANJI: &str = include_str!("old_kanji.txt");

/// Folds text for search: width, case, katakana and hiragana, long-vowel marks, dashes, old and variant kanji, and the
/// kanji digits 〇 to 九 make no difference.
///
/// ```
/// use machikura::text::search::fold;
/// assert_eq!(fold("ｺﾝﾋﾟｭｰﾀｰ"), fold("コンピュータ"));
/// assert_eq!(fold("齋藤　髙﨑"), fold("斉藤 高崎"));
/// assert_eq!(fold("ＡＥＤ"), fold("aed"));
/// ```
pub fn fold(text: &str) -> String {
    if text.chars().any(is_joining) { by_character(&text.nfkc().collect::<String>()) } else { by_character(text) }
}

/// The folding of every character by itself, without joining marks to the letters before them: what any part of the
/// text folds to stands in this. The same as [`fold`] for all but a few texts.
pub fn by_character(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        push(character, &mut folded);
    }
    folded
}

/// Whether [`by_character`] and [`fold`] can differ.
pub fn is_joining(character: char) -> bool {
    matches!(character, 'ﾞ' | 'ﾟ' | '\u{3099}' | '\u{309a}' | '\u{300}'..='\u{36f}')
}

/// The folded text with kanji numerals as digits, `ヶ` and its kind between kanji as `が`, and a long-vowel mark between
/// digits as a dash; `None` where nothing of this is in it.
///
/// ```
/// use machikura::text::search::canonical;
/// assert_eq!(canonical("二十三丁目").as_deref(), Some("23丁目"));
/// assert_eq!(canonical("霞ヶ関"), canonical("霞ケ関"));
/// assert_eq!(canonical("市役所"), None);
/// ```
pub fn canonical(text: &str) -> Option<String> {
    canonical_beside(text, &fold(text))
}

/// As [`canonical`], beside the folded text.
pub fn canonical_beside(text: &str, literal: &str) -> Option<String> {
    if may_be_canonical(text, literal) { look_at_neighbours(text, literal) } else { None }
}

/// Whether anything stands in a text and its folding that neighbours can make another: few texts have it.
fn may_be_canonical(text: &str, literal: &str) -> bool {
    // A sound between kana is just that; what joins two words stands beside kanji, digits or nothing.
    let is_word =
        |character: Option<char>| character.is_none_or(|character| is_kanji(character) || character.is_ascii_digit());
    let mut before = None;
    let mut characters = literal.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '十' | '百' | '千' => return true,
            'け' | 'か' | 'が' | '箇' | '个' if is_word(before) && is_word(characters.peek().copied()) => {
                return true;
            }
            _ => before = Some(character),
        }
    }
    // Only where there are digits can a bar be a dash between them.
    literal.bytes().any(|byte| byte.is_ascii_digit()) && text.contains(['ー', 'ｰ'])
}

fn look_at_neighbours(text: &str, literal: &str) -> Option<String> {
    let dashed = between(text, |before, character, after| {
        let is_bar = matches!(character, 'ー' | 'ｰ') && is_digit(before) && is_digit(after);
        is_bar.then_some('-')
    });
    let joined = between(&fold(&dashed), |before, character, after| {
        let is_small = matches!(character, 'け' | 'か' | 'が' | '箇' | '个');
        let follows = before.is_none_or(|before| is_kanji(before) || before.is_ascii_digit());
        let precedes = after.is_none_or(is_kanji);
        (is_small && follows && precedes).then_some('が')
    });
    let canonical = numerals(&joined);
    (canonical != literal).then_some(canonical)
}

fn is_digit(character: Option<char>) -> bool {
    character.is_some_and(|character| {
        let folded = by_character(&character.to_string());
        !folded.is_empty() && folded.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Replaces characters by what stands around them.
fn between(text: &str, replace: impl Fn(Option<char>, char, Option<char>) -> Option<char>) -> String {
    let mut before = None;
    let mut characters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        out.push(replace(before, character, characters.peek().copied()).unwrap_or(character));
        before = Some(character);
    }
    out
}

/// Numerals with 十, 百 and 千 among digits as plain digits.
fn numerals(folded: &str) -> String {
    let is_part = |character: char| character.is_ascii_digit() || matches!(character, '十' | '百' | '千');
    let mut out = String::with_capacity(folded.len());
    let mut rest = folded;
    while let Some(start) = rest.find(is_part) {
        out.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|character| !is_part(character)).unwrap_or(run.len());
        match value(&run[..end]) {
            Some(value) => out.push_str(&value.to_string()),
            None => out.push_str(&run[..end]),
        }
        rest = &run[end..];
    }
    out.push_str(rest);
    out
}

/// The value of a numeral such as `2十3`; `None` for plain digits and for what is no numeral.
fn value(run: &str) -> Option<u32> {
    let mut total = 0;
    let mut digit = None;
    let mut below = 10_000;
    for character in run.chars() {
        let unit = match character {
            '十' => 10,
            '百' => 100,
            '千' => 1_000,
            _ if digit.is_some() => return None,
            _ => {
                digit = character.to_digit(10);
                continue;
            }
        };
        if unit >= below {
            return None;
        }
        below = unit;
        total += unit * digit.take().unwrap_or(1);
    }
    (below < 10_000).then(|| total + digit.unwrap_or(0))
}

/// Marks in [`SINGLES`].
const REMOVED: u16 = 0xFFFF;
const SEVERAL: u16 = 0xFFFE;

/// What each character of the Basic Multilingual Plane folds to, where that is one of the same plane.
static SINGLES: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let single = |code: u32| {
        let Some(character) = char::from_u32(code) else { return SEVERAL };
        let folded = slowly(character);
        let mut characters = folded.chars();
        match (characters.next(), characters.next()) {
            (None, _) => REMOVED,
            (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(SEVERAL),
            (Some(_), Some(_)) => SEVERAL,
        }
    };
    (0..=0xFFFF).map(single).collect()
});

static VARIANTS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let groups = OLD_KANJI.split_whitespace().filter_map(|group| {
        let mut characters = group.chars();
        characters.next().map(|first| characters.map(move |variant| (variant, first)))
    });
    groups.flatten().collect()
});

fn push(character: char, folded: &mut String) {
    let single = usize::try_from(u32::from(character)).ok().and_then(|code| SINGLES.get(code));
    match single {
        Some(&REMOVED) => {}
        Some(&SEVERAL) | None => folded.push_str(&slowly(character)),
        Some(&code) => folded.push(char::from_u32(u32::from(code)).unwrap_or(character)),
    }
}

fn slowly(character: char) -> String {
    std::iter::once(character).nfkc().flat_map(char::to_lowercase).filter_map(letter).collect()
}

/// What one normalised character folds to.
fn letter(character: char) -> Option<char> {
    Some(match character {
        'ー' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {
            return None;
        }
        _ if is_dash(character) => '-',
        '〜' => '~',
        'ヵ' | 'ゕ' => 'か',
        'ヶ' | 'ゖ' => 'け',
        'ァ'..='ヴ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(character) - 0x60).unwrap_or(character),
        '〇' | '零' => '0',
        '一' => '1',
        '二' => '2',
        '三' => '3',
        '四' => '4',
        '五' => '5',
        '六' => '6',
        '七' => '7',
        '八' => '8',
        '九' => '9',
        _ if character.is_whitespace() || character.is_control() => ' ',
        _ => VARIANTS.get(&character).copied().unwrap_or(character),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_word_meet() {
        for (one, other) in [
            ("ＡＥＤ", "aed"),
            ("ｶﾞﾗｽ", "がらす"),
            ("か\u{3099}", "ガ"),
            ("サーバー", "サーバ"),
            ("とうきょう", "トウキョウ"),
            ("澤邉濵髙﨑", "沢辺浜高崎"),
            ("國學院", "国学院"),
            ("一二三", "１２３"),
            ("１−２－３", "1-2-3"),
            ("葛\u{e0100}飾", "葛飾"),
            ("神", "神"),
            ("𠮷野家", "吉野家"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("かき", "がき"), ("斉藤", "佐藤"), ("12", "21")] {
            assert_ne!(fold(one), fold(other));
        }
    }

    #[test]
    fn neighbours_decide_what_a_canonical_text_is() {
        for (text, expected) in [
            ("二十三丁目", Some("23丁目")),
            ("十五", Some("15")),
            ("三百", Some("300")),
            ("千二百一", Some("1201")),
            ("八千代", Some("8000代")),
            ("十十", None),
            ("23丁目", None),
            ("霞ヶ関", Some("霞が関")),
            ("霞が関", None),
            ("八ヶ岳", Some("8が岳")),
            ("一ヶ月", Some("1が月")),
            ("霞ヶ", Some("霞が")),
            ("1ー2ー3", Some("1-2-3")),
            ("ーーー", None),
            ("1ーー2", None),
            ("サーバ", None),
            ("しけん", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_kanji_stands_for_others_or_is_stood_for() {
        let firsts: Vec<char> = OLD_KANJI.split_whitespace().filter_map(|group| group.chars().next()).collect();
        assert!(firsts.len() > 350);
        assert!(firsts.iter().all(|first| !VARIANTS.contains_key(first)));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = by_character(&text);
            prop_assert_eq!(by_character(&once), once);
        }

        #[test]
        fn what_cannot_be_canonical_is_not(text in "[ァ-ヶｦ-ﾟぁ-んー1１一十百千市个箇ヶがケ－a-c ]{0,8}") {
            let literal = fold(&text);
            prop_assert_eq!(canonical_beside(&text, &literal), look_at_neighbours(&text, &literal));
        }

        #[test]
        fn a_part_folds_to_a_part(before in any::<String>(), part in "[ぁ-んァ-ヶｦ-ﾟ一二十髙﨑ーa-zA-Z0-9 ]{1,8}", after in any::<String>()) {
            let whole = by_character(&format!("{before}{part}{after}"));
            prop_assert!(whole.contains(&by_character(&part)));
        }
    }
}
