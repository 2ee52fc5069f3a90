//! The folding that looks at neighbours: numerals, ヶ between kanji, foreign sounds, signs beside letters.

use super::{by_character, fold};
use crate::text::is_kanji;

/// The folded text with kanji numerals as digits, `ヶ` and its kind between kanji as `が`, a long-vowel mark between
/// digits as a dash, ヴァ and its kind as バ, and without the signs beside letters; `None` where nothing of this is in it.
///
/// ```
/// use machikura::text::search::canonical;
/// assert_eq!(canonical("二十三丁目").as_deref(), Some("23丁目"));
/// assert_eq!(canonical("霞ヶ関"), canonical("霞ケ関"));
/// assert_eq!(canonical("駅前（北口）").as_deref(), Some("駅前北口"));
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
    let mut has_signs = false;
    let mut characters = literal.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '十' | '百' | '千' => return true,
            'ぁ' | 'ぃ' | 'ぇ' | 'ぉ' | 'ゅ' if before == Some('ぶ') => return true,
            _ if is_sign(character) => {
                has_signs |= ![before, characters.peek().copied()].into_iter().flatten().all(is_of_number);
                before = Some(character);
            }
            'け' | 'か' | 'が' | '箇' | '个' if is_word(before) && is_word(characters.peek().copied()) => {
                return true;
            }
            _ => before = Some(character),
        }
    }
    if has_signs && !is_address(literal) {
        return true;
    }
    // Only where there are digits can a bar be a dash between them.
    literal.bytes().any(|byte| byte.is_ascii_digit()) && text.contains(['ー', 'ｰ'])
}

fn look_at_neighbours(text: &str, literal: &str) -> Option<String> {
    let dashed = between(text, |before, character, after| {
        let is_bar = matches!(character, 'ー' | 'ｰ') && is_digit(before) && is_digit(after);
        is_bar.then_some('-')
    });
    let mut folded = fold(&dashed);
    if !is_address(&folded) {
        folded = without_signs(&folded);
    }
    for (two, one) in VOICED {
        if folded.contains(two) {
            folded = folded.replace(two, one);
        }
    }
    let joined = between(&folded, |before, character, after| {
        let is_small = matches!(character, 'け' | 'か' | 'が' | '箇' | '个');
        let follows = before.is_none_or(|before| is_kanji(before) || before.is_ascii_digit());
        let precedes = after.is_none_or(is_kanji);
        (is_small && follows && precedes).then_some('が')
    });
    let canonical = numerals(&joined);
    (canonical != literal).then_some(canonical)
}

/// Spellings of foreign sounds: ヴァ and バ, ヴィ and ビ …
const VOICED: [(&str, &str); 5] = [("ぶぁ", "ば"), ("ぶぃ", "び"), ("ぶぇ", "べ"), ("ぶぉ", "ぼ"), ("ぶゅ", "びゅ")];

/// Whether a folded character is a sign that names are written with and without: a bracket, a middle dot, a dash. What
/// parts sentences is none.
fn is_sign(character: char) -> bool {
    matches!(
        character,
        '!'..='+' | '-'..='/' | ':'..='@' | '['..='`' | '{'..='~' | '·' | '‐'..='‧' | '←'..='⯿' | '〈'..='〟' | '・'
    )
}

/// Whether signs belong to a folded text: to the address of a page or a mailbox.
fn is_address(folded: &str) -> bool {
    folded.contains("://") || folded.contains('@')
}

/// Whether a folded character may be of a number: signs between two of them part the numbers.
fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, '十' | '百' | '千')
}

/// A folded text without the signs, and blanks beside them, that have a letter on one side at least.
fn without_signs(folded: &str) -> String {
    let is_gap = |character: char| character == ' ' || is_sign(character);
    let mut out = String::with_capacity(folded.len());
    let mut rest = folded;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(is_gap).unwrap_or(rest.len()));
        let (gap, next) = behind.split_at(behind.find(|character| !is_gap(character)).unwrap_or(behind.len()));
        let around = [word.chars().next_back(), next.chars().next()];
        let is_beside_letter = around.into_iter().flatten().any(|character| !is_of_number(character));
        out.push_str(word);
        if !(is_beside_letter && gap.contains(is_sign)) {
            out.push_str(gap);
        }
        rest = next;
    }
    out
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
    let mut out = String::with_capacity(folded.len());
    let mut rest = folded;
    while let Some(start) = rest.find(is_of_number) {
        out.push_str(&rest[..start]);
        let run = &rest[start..];
        let end = run.find(|character| !is_of_number(character)).unwrap_or(run.len());
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            ("ヴィラ・ヴェルデ", Some("びらべるで")),
            ("ヴァイオリン", Some("ばいおりん")),
            ("レヴュー", Some("れびゅ")),
            ("クラヴ", None),
            ("駅前（北口）", Some("駅前北口")),
            ("駅前 （北口） ", Some("駅前北口")),
            ("本館（２階）", Some("本館2階")),
            ("Ｗｉ－Ｆｉ", Some("wifi")),
            ("第1・第2", Some("第1第2")),
            ("2・3", None),
            ("AED1（2）", None),
            ("1-2-3", None),
            ("「", None),
            ("駅前 北口", None),
            ("雨天、中止。", None),
            ("https://example.jp/a-b", None),
            ("a-b@example.jp", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_cannot_be_canonical_is_not(text in "[ァ-ヶｦ-ﾟぁ-んー1１一十百千市个箇ヶがケ－a-c ヴぁ（・)@]{0,8}") {
            let literal = fold(&text);
            prop_assert_eq!(canonical_beside(&text, &literal), look_at_neighbours(&text, &literal));
        }
    }
}
