//! Tokens: what the index over `search_blocks` knows of a record. A block of rows has a token exactly if one of its rows
//! has; a question names tokens that each record it asks for must have. Hashes may meet, so that what the index finds is
//! always looked at again.
//!
//! The numbers stand in the database: to change what is hashed, make a migration that empties `search_blocks`.

use crate::schema::{Decimal, token_text};
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

/// The token of a value, given as its JSON token, in the field with this index.
pub fn value(field: usize, token: &str) -> i32 {
    let field = u64::try_from(field).expect("a field's index is small");
    let token = if token.starts_with('"') { token } else { number(token) };
    Class::Value.token(hash(&[&field.to_be_bytes(), token.as_bytes()]))
}

/// A number without the zeros that do not change it.
fn number(digits: &str) -> &str {
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    if digits == "-0" { "0" } else { digits }
}

/// The token of a number in the field with this index, however it is written.
pub fn number_value(field: usize, digits: &str) -> i32 {
    let parsed = Decimal::parse(digits);
    value(field, parsed.as_ref().map_or(digits, Decimal::as_str))
}

/// The tokens of a folded text that any text it stands in has too: its pairs of characters, or its only character.
pub fn part(folded: &str) -> Vec<i32> {
    let mut tokens = Vec::new();
    pairs(folded, |token| tokens.push(token));
    if tokens.is_empty() {
        tokens.extend(folded.chars().map(single));
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// The tokens of a folded text of a record.
pub fn whole(folded: &str, mut each: impl FnMut(i32)) {
    folded.chars().map(single).for_each(&mut each);
    pairs(folded, each);
}

fn single(character: char) -> i32 {
    Class::Text.token(mix(u64::from(u32::from(character))))
}

fn pairs(folded: &str, mut each: impl FnMut(i32)) {
    let mut characters = folded.chars();
    let Some(mut before) = characters.next() else { return };
    for character in characters {
        each(Class::Text.token(mix(u64::from(u32::from(before)) << 32 | u64::from(u32::from(character)))));
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

/// Adds what is searched of a record to `line`, its folded texts separated by tabs, and its tokens to `tokens`.
/// Numbers are no text: who searches for 34 does not mean a latitude.
pub fn add_record(values: &str, raw: Option<&str>, line: &mut String, tokens: &mut Vec<i32>) {
    for (field, token) in values.split('\n').enumerate() {
        if token != "null" && !token.is_empty() {
            tokens.push(value(field, token));
            add_text(token, line, tokens);
        }
    }
    for token in raw.into_iter().flat_map(|raw| raw.split('\n')).filter_map(|line| line.split_once(' ')) {
        add_text(token.1, line, tokens);
    }
}

fn add_text(token: &str, line: &mut String, tokens: &mut Vec<i32>) {
    if !token.starts_with('"') {
        return;
    }
    let text = token_text(token);
    add_folded(&search::fold(&text), line, tokens);
    if let Some(canonical) = search::canonical(&text) {
        add_folded(&canonical, line, tokens);
    }
    if text.chars().any(search::is_joining) {
        whole(&search::by_character(&text), |token| tokens.push(token));
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
            assert_eq!(number_value(3, one), number_value(3, other), "{one} {other}");
        }
        assert_ne!(number_value(3, "10"), number_value(3, "1"));
        assert_ne!(number_value(3, "10"), number_value(4, "10"));
    }

    #[test]
    fn a_line_holds_the_texts_folded_and_no_numbers() {
        let (mut line, mut found) = (String::new(), Vec::new());
        add_record("\"ＡＥＤ\"\nnull\n34.66\n\"二十三丁目\"", Some("2 \"十人\\n位\""), &mut line, &mut found);
        assert_eq!(line, "aed\t2十3丁目\t23丁目\t十人 位\t10人 位");
        for part_of in ["ae", "aed", "23丁", "位"] {
            assert!(part(part_of).iter().all(|token| found.contains(token)), "{part_of}");
        }
        assert!(!part("34.66").iter().all(|token| found.contains(token)));
    }

    proptest! {
        #[test]
        fn a_record_has_the_tokens_of_all_its_parts(before in any::<String>(), part_of in "\\PC{1,6}", after in any::<String>()) {
            let text = serde_json::to_string(&format!("{before}{part_of}{after}")).unwrap();
            let found = tokens(&text);
            prop_assert!(found.contains(&value(0, &text)));
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
