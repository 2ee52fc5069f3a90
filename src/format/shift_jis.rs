//! Text as Shift_JIS the way Windows has it (Windows-31J), and how many characters that lacks.

use std::borrow::Cow;

use encoding_rs::SHIFT_JIS;
use unicode_normalization::char::compose;

/// What stands for a character that is missing: the geta mark of Japanese typesetting.
const GETA: char = '〓';

/// Characters of JIS X 0208 that Windows knows under another code point than the rest of the world. They are the same
/// characters, so nothing is lost. (Left alone, the yen sign would become a backslash.)
const SAME: [(char, char); 9] = [
    ('¥', '￥'),
    ('‾', '￣'),
    ('〜', '～'),
    ('‖', '∥'),
    ('¢', '￠'),
    ('£', '￡'),
    ('¬', '￢'),
    ('—', '―'),
    ('¦', '￤'),
];

/// Appends a text, and answers how many of its characters were replaced.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) -> u64 {
    let text = with_voicing(text);
    let text = as_windows_knows_it(&text);
    let (bytes, _, is_lacking) = SHIFT_JIS.encode(&text);
    if !is_lacking {
        out.extend_from_slice(&bytes);
        return 0;
    }
    let mut replaced = 0;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let (bytes, _, is_lacking) = SHIFT_JIS.encode(character.encode_utf8(&mut buffer));
        if !is_lacking {
            out.extend_from_slice(&bytes);
            continue;
        }
        replaced += 1;
        // Which form of a kanji is meant gets lost, but the kanji before it stands.
        if !is_variation_selector(character) {
            out.extend_from_slice(&SHIFT_JIS.encode(GETA.encode_utf8(&mut buffer)).0);
        }
    }
    replaced
}

fn as_windows_knows_it(text: &str) -> Cow<'_, str> {
    let same = |character: char| SAME.iter().find(|(other, _)| *other == character).map(|(_, known)| *known);
    if text.is_ascii() || !text.chars().any(|character| same(character).is_some()) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|character| same(character).unwrap_or(character)).collect()
}

/// か and a voiced sound mark, as macOS writes file names and what is copied from them, are が. Nothing else is composed:
/// among kanji that would exchange forms that Windows tells apart.
fn with_voicing(text: &str) -> Cow<'_, str> {
    const MARKS: [char; 2] = ['\u{3099}', '\u{309a}'];
    if !text.contains(MARKS) {
        return Cow::Borrowed(text);
    }
    let mut composed = String::with_capacity(text.len());
    for character in text.chars() {
        let voiced = if MARKS.contains(&character) {
            composed.chars().next_back().and_then(|before| compose(before, character))
        } else {
            None
        };
        if voiced.is_some() {
            composed.pop();
        }
        composed.push(voiced.unwrap_or(character));
    }
    composed.into()
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_replaced_and_counted() {
        for (text, back, replaced) in [
            ("岡山市,AED 1\r\n", "岡山市,AED 1\r\n", 0),
            ("①㈱髙﨑Ⅲ№", "①㈱髙﨑Ⅲ№", 0),
            ("9:00〜17:00 −1 ¥100", "9:00～17:00 －1 ￥100", 0),
            ("𠮷野家", "〓野家", 1),
            ("鷗外と👍🏻", "〓外と〓〓", 3),
            ("葛\u{e0100}城", "葛城", 1),
            ("か\u{3099}っこう、ハ\u{309a}ン", "がっこう、パン", 0),
            ("あ\u{3099}\u{3099}", "あ〓〓", 2),
            ("ｶﾞ\"\\~", "ｶﾞ\"\\~", 0),
        ] {
            let mut out = Vec::new();
            assert_eq!(encode(text, &mut out), replaced, "{text}");
            assert_eq!(SHIFT_JIS.decode_without_bom_handling(&out).0, back);
        }
    }
}
