//! A question mark where another character was lost.

use crate::schema::{Field, Kind};
use crate::text::{Text, is_hiragana};
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct LostCharacter;

impl Rule for LostCharacter {
    fn id(&self) -> &'static str {
        "lost-character"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{0}」の「?」は、文字コードの変換で失われた文字（～ や － など）のようです。元のファイルで確かめてください。",
            en: "The \"?\" in \"{0}\" seems to stand for a character lost in a conversion (such as ～ or －); look at the original.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "変換できない文字は「?」に置き換えられます。元の文字は決められないので、修正案は出しません。",
            en: "Characters that a conversion cannot handle become \"?\". Which one it was cannot be told, so nothing is suggested.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::QUESTION)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        if matches!(field.kind, Kind::Url | Kind::Email) {
            return None;
        }
        Some(Box::new(|cell: Cell<'_>| {
            find(cell.trimmed).map(|around| Fault::with(Severity::Warning, [around.to_owned()]))
        }))
    }
}

/// The first such mark with the characters beside it. A question mark after hiragana ends a sentence, unless a digit
/// follows; between Latin letters and in addresses it may be anything.
fn find(text: &str) -> Option<&str> {
    if !text.contains('?') || text.contains("://") || text.contains("www.") {
        return None;
    }
    text.match_indices('?').find_map(|(at, _)| {
        let before = text[..at].chars().next_back().filter(|character| is_word(*character))?;
        let after = text[at + 1..].chars().next().filter(|character| is_word(*character))?;
        let ends_a_sentence = is_hiragana(before) && !is_digit(after);
        let is_latin = before.is_ascii_alphabetic() && after.is_ascii_alphabetic();
        (!ends_a_sentence && !is_latin).then(|| &text[at - before.len_utf8()..at + 1 + after.len_utf8()])
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '々'
}

fn is_digit(character: char) -> bool {
    matches!(character, '0'..='9' | '０'..='９')
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn lost_characters_are_told_from_questions() {
        for (text, found) in [
            ("12月29日?1月3日", Some("日?1")),
            ("1812?3", Some("2?3")),
            ("11:00?13:30", Some("0?1")),
            ("火曜?木曜", Some("曜?木")),
            ("闘?神社", Some("闘?神")),
            ("1泊朝食付き?4,900円", Some("き?4")),
            ("利用できますか?", None),
            ("利用できますか?はい", None),
            ("ご存じ？12月29日", None),
            ("https://a.jp/?id=1", None),
            ("https://a.jp/表?番号=1", None),
            ("Cafe? maar", None),
            ("What?Why", None),
            ("?", None),
            ("", None),
        ] {
            assert_eq!(find(text), found, "{text}");
        }
    }
}
