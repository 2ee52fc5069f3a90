//! Folding of text for search: what a word and a record have to have in common for the word to be found.
//!
//! Two foldings meet. [`fold`] goes character by character, so a part of a text folds to a part of the folded text.
//! [`canonical`] looks at neighbours too (`二十三丁目` and `23丁目`, `霞ヶ関` and `霞が関`, `駅前（北口）` and `駅前北口`,
//! `ヴィラ` and `ビラ`); where it differs it is looked for, and looked at, beside the other.
//!
//! Folded texts are stored. Whoever changes a folding raises [`VERSION`] and makes a migration that empties
//! `search_blocks`.

mod canonical;

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::is_dash;
pub use canonical::{canonical, canonical_beside};

/// The number of the foldings. Files of folded texts carry it in their names.
pub const VERSION: u32 = 2;

/// Old and variant forms of kanji: in each group the first stands for the others.
static OLD_KANJI: &str = include_str!("old_kanji.txt");

/// Folds text for search: width, case, katakana and hiragana, long-vowel marks, small ッ and ツ, ヴ and ブ, の and 之,
/// dashes, old and variant kanji, and the kanji digits 〇 to 九 make no difference.
///
/// ```
/// use machikura::text::search::fold;
/// assert_eq!(fold("ｺﾝﾋﾟｭｰﾀｰ"), fold("コンピュータ"));
/// assert_eq!(fold("齋藤　髙﨑"), fold("斉藤 高崎"));
/// assert_eq!(fold("ＡＥＤ"), fold("aed"));
/// assert_eq!(fold("四ッ谷"), fold("四ツ谷"));
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
        'ッ' | 'っ' => 'つ',
        'ヴ' | 'ゔ' => 'ぶ',
        '之' => 'の',
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
            ("四ッ谷", "四ツ谷"),
            ("一之宮", "一ノ宮"),
            ("クラヴ", "くらぶ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("かき", "がき"), ("斉藤", "佐藤"), ("12", "21"), ("ヴァ", "バ"), ("前（北", "前北")]
        {
            assert_ne!(fold(one), fold(other));
        }
    }

    /// What is stored in databases is folded like this. Where this test has to change, so has [`VERSION`].
    #[test]
    fn this_version_folds_like_this() {
        let text = "㈱ヴィラ四ッ谷（髙﨑店）・一之宮ＡＥＤ1ー2、サーバー二十三丁目";
        let literal = "(株)ぶぃら4つ谷(高崎店)・1の宮aed12、さば2十3丁目";
        let canonical_text = "株びら4つ谷高崎店1の宮aed1-2、さば23丁目";
        assert_eq!((VERSION, fold(text), canonical(text)), (2, literal.to_owned(), Some(canonical_text.to_owned())));
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
        fn a_part_folds_to_a_part(before in any::<String>(), part in "[ぁ-んァ-ヶｦ-ﾟ一二十髙﨑ーa-zA-Z0-9 ]{1,8}", after in any::<String>()) {
            let whole = by_character(&format!("{before}{part}{after}"));
            prop_assert!(whole.contains(&by_character(&part)));
        }
    }
}
