//! A mobile telephone number that may be a person's own.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::correct::is_half_width;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PersonalMobile;

impl Rule for PersonalMobile {
    fn id(&self) -> &'static str {
        "personal-mobile"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "携帯電話の番号（{0}…）があります。個人の番号でないか、公開してよいかを確かめてください。",
            en: "There is a mobile telephone number ({0}…); make sure that it is not a person's own and may be published.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "070、080、090 で始まる番号は、職員や代表者など個人の電話のことがあります。公用の携帯電話や、本人が公開に同意した番号なら、そのままで構いません。",
            en: "Numbers from 070, 080 and 090 may belong to a member of staff or a volunteer. An official mobile telephone, or one whose owner agrees, may stay.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::MANY_DIGITS)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let is_asked = field.kind == Kind::Phone || (field.kind == Kind::String && !is_half_width(field));
        is_asked.then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| find(cell.text).map(|start| Fault::with(Severity::Warning, [start.to_owned()])))
        })
    }
}

/// The first three digits of a mobile number: eleven digits, with hyphens, brackets or blanks behind the third and seventh
/// or none at all, and no digit beside them.
fn find(text: &str) -> Option<&str> {
    if !text.as_bytes().windows(3).any(|start| matches!(start, [b'0', b'7'..=b'9', b'0'])) {
        return None;
    }
    ["070", "080", "090"].iter().flat_map(|start| text.match_indices(start)).find_map(|(at, start)| {
        let is_part = text[..at].ends_with(|before: char| before.is_ascii_digit() || matches!(before, '.' | '-' | '/'));
        let rest = parts(&text[at + 3..])?;
        let goes_on = rest.starts_with(|after: char| after.is_ascii_digit() || after == '.');
        (!is_part && !goes_on).then_some(start)
    })
}

/// What follows two groups of four digits.
fn parts(text: &str) -> Option<&str> {
    let mut rest = text;
    for _ in 0..2 {
        rest = rest.strip_prefix(['-', '(', ')', ' ', '－', '‐', '−', '―', 'ー']).unwrap_or(rest);
        let (digits, behind) = rest.split_at_checked(4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        rest = behind;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn mobile_numbers_are_found_in_texts() {
        for (text, found) in [
            ("090-0000-0000", Some("090")),
            ("08000000000", Some("080")),
            ("担当 070(0000)0000 まで", Some("070")),
            ("086-803-1000、090-0000-0000", Some("090")),
            ("086-803-1000", None),
            ("34.090000000000", None),
            ("1090-0000-0000", None),
            ("090-0000-00000", None),
            ("0900-000-000", None),
            ("https://a.jp/09000000000", None),
            ("", None),
        ] {
            assert_eq!(find(text), found, "{text}");
        }
    }
}
