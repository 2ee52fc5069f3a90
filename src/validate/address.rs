//! Addresses for the rules about them: the columns of their parts, and texts folded so that spellings meet.

use std::sync::LazyLock;

use regex::Regex;

use crate::schema::Role;
use crate::text::{is_dash, narrow, nfkc, trim};
use crate::validate::rule::Intake;

/// Where a repair finds the parts of an address and the whole of it; none where the form has no such field.
#[derive(Clone, Copy, Debug)]
pub(super) struct AddressColumns {
    pub prefecture: Option<usize>,
    pub municipality: usize,
    pub town: Option<usize>,
    pub block: usize,
    pub building: Option<usize>,
    pub joined: Option<usize>,
}

impl AddressColumns {
    /// Of a form that has the parts at least from municipality to house number.
    pub fn of(intake: &Intake<'_>) -> Option<AddressColumns> {
        Some(AddressColumns {
            prefecture: intake.place_with(Role::Prefecture),
            municipality: intake.place_with(Role::Municipality)?,
            town: intake.place_with(Role::Town),
            block: intake.place_with(Role::Block)?,
            building: intake.place_with(Role::Building),
            joined: intake.place_with(Role::JoinedAddress),
        })
    }
}

/// An address in which width, blanks, dashes, 大字 and the words 丁目, 番地, 番, 号 make no difference.
pub(super) fn fold_address(text: &str) -> String {
    static NUMBERED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("[一二三四五六七八九十]+丁目").expect("the expression is sound"));
    static BETWEEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("丁目|番地の|番地|番|号|の|-+").expect("the expression is sound"));
    let plain: String = nfkc(text)
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(|character| match character {
            _ if is_dash(character) => '-',
            'ヶ' | 'が' | 'ガ' | 'ｹ' => 'ケ',
            'ッ' => 'ツ',
            _ => character,
        })
        .collect();
    let plain = plain.replace("大字", "").replace('字', "");
    let numbered = NUMBERED.replace_all(&plain, |found: &regex::Captures<'_>| {
        format!("{}丁目", number(found[0].trim_end_matches("丁目")))
    });
    let mut folded = String::with_capacity(numbered.len());
    let joined = BETWEEN.replace_all(&numbered, "-");
    for character in joined.chars() {
        if character != '-' || !folded.ends_with('-') {
            folded.push(character);
        }
    }
    folded.trim_matches('-').to_owned()
}

/// A number below a hundred in kanji.
fn number(kanji: &str) -> u32 {
    kanji.chars().fold(0, |number, character| {
        match "一二三四五六七八九".chars().zip(1..).find(|it| it.0 == character) {
            Some((_, digit)) => number + digit,
            None => number.max(1) * 10,
        }
    })
}

/// Whether a house number has become a day: `1月1日`, `2003/3/1`, `1-Jan`, or the day of a workbook, `2003-03-01`.
pub(super) fn is_day(block: &str) -> bool {
    static DAY: LazyLock<Regex> = LazyLock::new(|| {
        let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
        let day = format!(
            r"^(?:\d{{1,2}}月\d{{1,2}}日|(?:19|20)\d\d/\d{{1,2}}/\d{{1,2}}|(?:19|20)\d\d-[01]\d-[0-3]\d|\d{{1,2}}-{month}|{month}-\d{{1,2}})$"
        );
        Regex::new(&day).expect("the expression is sound")
    });
    let block = trim(block);
    if !(4..=24).contains(&block.len()) {
        return false;
    }
    // Only a day ends so, or holds a slash or a Latin letter, full-width ones among them, or has ten characters.
    let is_sign = |byte: &u8| matches!(byte, b'/' | b'A'..=b'z' | 0xEF);
    let has_sign = block.as_bytes().iter().fold(false, |found, byte| found | is_sign(byte));
    let may_be_day = has_sign || block.ends_with('日') || (block.len() >= 10 && block.chars().count() == 10);
    may_be_day && DAY.is_match(&narrow(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_address_meet() {
        for (one, other) in [
            ("大供一丁目2番3号", "大供１丁目２－３"),
            ("大字山田 十二丁目", "山田12丁目"),
            ("駅前町2番地の5", "駅前町2-5"),
            ("霞ヶ関1-1", "霞ケ関１‐１"),
        ] {
            assert_eq!(fold_address(one), fold_address(other));
        }
        assert_ne!(fold_address("大供1-2"), fold_address("大供1-3"));
    }

    #[test]
    fn days_are_told_from_house_numbers() {
        for day in ["1月1日", "１２月３日", "2003/3/1", "2003-03-01", "1-Jan"] {
            assert!(is_day(day), "{day}");
        }
        for block in ["1番1号", "1-1", "2003-3", "2003-3-1", "1-2-3", "", "44927", "月見1"] {
            assert!(!is_day(block), "{block}");
        }
    }
}
