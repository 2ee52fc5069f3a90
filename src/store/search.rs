//! Tokens: what the index over `search_blocks` knows of a record. A block of rows has a token exactly if one of its rows
//! has; a question names tokens that each record it asks for must have. Hashes may meet, so that what the index finds is
//! always looked at again.
//!
//! The numbers stand in the database: to change what is hashed, make a migration that empties `search_blocks`. It is filled
//! again when the database is brought up to date.

use crate::schema::{Decimal, Kind, json_token, shortest, token_text};
use crate::text::search;

/// How many consecutive rows are one block; the migration that made the table says it too.
pub const BLOCK_ROWS: i32 = 32;

/// What tokens stand for, told apart by their upper bits.
#[derive(Clone, Copy)]
enum Class {
    Text,
    Value,
    Table,
}

impl Class {
    /// Bits of the hash that are kept. Values are mostly different ones, and each different token costs an entry of its
    /// own; four million are enough to tell them apart.
    fn token(self, hash: u64) -> i32 {
        let hash = u32::try_from((hash ^ (hash >> 32)) & 0xFFFF_FFFF).expect("32 bits");
        let token = match self {
            Class::Text => hash >> 1,
            Class::Value => 0x8000_0000 | (hash >> 10),
            Class::Table => 0xC000_0000 | (hash >> 10),
        };
        token.cast_signed()
    }
}

/// FNV-1a, with the high bits mixed in.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The token of a stored table.
pub fn table(key: i64) -> i32 {
    Class::Table.token(hash(&[&key.to_be_bytes()]))
}

/// The token of all stored tables of this name of a standard.
pub fn standard(slug: &str, table: &str) -> i32 {
    Class::Table.token(hash(&[slug.as_bytes(), b"\n", table.as_bytes()]))
}

/// The token of a value, given as its JSON token, in the field with this index. There is one for what stands in few
/// blocks and has no pairs of characters that do: whole numbers, and texts in ASCII such as codes and addresses of web
/// pages. What else is equal has the same characters.
fn value(field: usize, token: &str) -> Option<i32> {
    let token = if token.starts_with('"') { token } else { shortest(token) };
    let is_whole = token.starts_with('"') || !token.contains('.');
    let field = u64::try_from(field).expect("a field's index is small");
    (is_whole && token.is_ascii()).then(|| Class::Value.token(hash(&[&field.to_be_bytes(), token.as_bytes()])))
}

/// The tokens of every record that has this text in the field with this index.
pub fn equal_text(field: usize, text: &str) -> Vec<i32> {
    let mut token = String::new();
    json_token(Kind::String, text, &mut token);
    value(field, &token).map_or_else(|| part(&search::by_character(text)), |token| vec![token])
}

/// The tokens of every record that has this number in the field with this index, however it is written.
pub fn equal_number(field: usize, number: &Decimal) -> Vec<i32> {
    value(field, number.as_str()).into_iter().collect()
}

/// The tokens of a folded text that any text it stands in has too: its pairs of characters, or its only character. None
/// where it is made of what every block has.
pub fn part(folded: &str) -> Vec<i32> {
    let mut tokens = Vec::new();
    let mut characters = folded.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => tokens.extend(single(one)),
        _ => pairs(folded, |token| tokens.push(token)),
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The tokens of a folded text of a record.
pub fn whole(folded: &str, mut each: impl FnMut(i32)) {
    folded.chars().filter_map(single).for_each(&mut each);
    pairs(folded, each);
}

/// Letters and digits in ASCII stand in every block.
fn single(character: char) -> Option<i32> {
    (!character.is_ascii()).then(|| Class::Text.token(mix(u64::from(u32::from(character)))))
}

/// So do pairs of digits.
fn pairs(folded: &str, mut each: impl FnMut(i32)) {
    let mut characters = folded.chars();
    let Some(mut before) = characters.next() else { return };
    for character in characters {
        if !(before.is_ascii_digit() && character.is_ascii_digit()) {
            each(Class::Text.token(mix(u64::from(u32::from(before)) << 32 | u64::from(u32::from(character)))));
        }
        before = character;
    }
}

/// The finalizer of SplitMix64: short keys need no loop over their bytes.
fn mix(key: u64) -> u64 {
    let key = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

/// Separates, in the line of a record, its folded texts from those in which marks stay apart from their letters: words are
/// looked for in the first ones, what a single field must hold in all.
pub const APART: u8 = 1;

/// Adds what is searched of a record to `line`, its folded texts separated by tabs, and its tokens to `tokens`.
/// Numbers are no text: who searches for 34 does not mean a latitude.
pub fn add_record(values: &str, raw: Option<&str>, line: &mut String, tokens: &mut Vec<i32>) {
    let mut apart = String::new();
    for (field, token) in values.split('\n').enumerate() {
        if token != "null" && !token.is_empty() {
            tokens.extend(value(field, token));
            add_text(token, line, &mut apart, tokens);
        }
    }
    for token in raw.into_iter().flat_map(|raw| raw.split('\n')).filter_map(|line| line.split_once(' ')) {
        add_text(token.1, line, &mut apart, tokens);
    }
    line.push_str(&apart);
}

fn add_text(token: &str, line: &mut String, apart: &mut String, tokens: &mut Vec<i32>) {
    if !token.starts_with('"') {
        return;
    }
    let text = token_text(token);
    let folded = search::fold(&text);
    add_folded(&folded, line, tokens);
    if let Some(canonical) = search::canonical_beside(&text, &folded) {
        add_folded(&canonical, line, tokens);
    }
    if text.chars().any(search::is_joining) {
        let text = search::by_character(&text);
        whole(&text, |token| tokens.push(token));
        apart.push(char::from(APART));
        apart.push_str(&text);
    }
}

fn add_folded(folded: &str, line: &mut String, tokens: &mut Vec<i32>) {
    if !line.is_empty() {
        line.push('\t');
    }
    line.push_str(folded);
    whole(folded, |token| tokens.push(token));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(values: &str) -> Vec<i32> {
        let mut tokens = Vec::new();
        add_record(values, None, &mut String::new(), &mut tokens);
        tokens
    }

    #[test]
    fn numbers_that_are_equal_have_one_token() {
        for (one, other) in [("10", "10.0"), ("1.50", "1.5"), ("-0", "0"), ("0.0", "-0.00"), ("100", "100")] {
            assert_eq!(value(3, one), value(3, other), "{one} {other}");
            assert!(value(3, one).is_some() != one.contains('5'), "{one}");
        }
        assert_ne!(value(3, "10"), value(3, "1"));
        assert_ne!(value(3, "10"), value(4, "10"));
    }

    #[test]
    fn a_line_holds_the_texts_folded_and_no_numbers() {
        let (mut line, mut found) = (String::new(), Vec::new());
        add_record("\"ＡＥＤ\"\nnull\n34.66\n\"二十三丁目\"", Some("2 \"十人\\n位\""), &mut line, &mut found);
        assert_eq!(line, "aed\t2十3丁目\t23丁目\t十人 位\t10人 位");
        for part_of in ["ae", "aed", "23丁", "位"] {
            assert!(!part(part_of).is_empty(), "{part_of}");
            assert!(part(part_of).iter().all(|token| found.contains(token)), "{part_of}");
        }
        assert!(part("23").is_empty() && part("2").is_empty() && part("").is_empty());
        assert!(!part("34.66").iter().all(|token| found.contains(token)));
        assert!(equal_text(0, "ＡＥＤ").iter().all(|token| found.contains(token)));
        assert!(equal_text(3, "二十三丁目").iter().all(|token| found.contains(token)));
    }

    proptest! {
        #[test]
        fn a_record_has_the_tokens_of_all_its_parts(before in any::<String>(), part_of in "\\PC{1,6}", after in any::<String>()) {
            let text = serde_json::to_string(&format!("{before}{part_of}{after}")).unwrap();
            let found = tokens(&text);
            let text: String = serde_json::from_str(&text).unwrap();
            prop_assert!(equal_text(0, &text).iter().all(|token| found.contains(token)));
            for token in part(&search::by_character(&part_of)) {
                prop_assert!(found.contains(&token));
            }
        }

        #[test]
        fn the_line_holds_each_word_of_the_text(text in "[ぁ-んァ-ヶ一-三十髙﨑ーa-zＡ-Ｚ0-9丁目]{1,12}") {
            let mut line = String::new();
            add_record(&serde_json::to_string(&text).unwrap(), None, &mut line, &mut Vec::new());
            prop_assert!(line.contains(&search::fold(&text)));
        }
    }
}
