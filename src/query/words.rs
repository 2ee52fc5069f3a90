//! The words of `q`.

use crate::text::search;

/// A word to search for: any of its spellings must stand somewhere in the text of a record, which is folded the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Folded, never empty.
    pub spellings: Vec<String>,
}

/// The words of a text, without those of which folding leaves nothing.
///
/// ```
/// use machikura::query::words;
/// let found = words("ＡＥＤ　二十三丁目");
/// assert_eq!(found[0].spellings, ["aed"]);
/// assert_eq!(found[1].spellings, ["2十3丁目", "23丁目"]);
/// assert!(words(" ー ").is_empty());
/// ```
pub fn words(text: &str) -> Vec<Word> {
    let words = text.split_whitespace().map(|word| {
        let mut spellings = vec![search::fold(word)];
        spellings.extend(search::canonical(word));
        spellings.retain(|spelling| !spelling.is_empty());
        Word { spellings }
    });
    let mut found: Vec<Word> = words.filter(|word| !word.spellings.is_empty()).collect();
    found.dedup();
    found
}
