//! A character that only one computer knows.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PrivateUse;

impl Rule for PrivateUse {
    fn id(&self) -> &'static str {
        "private-use"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "外字など、ほかのパソコンでは表示できない文字（{0}）があります。標準の文字に置き換えてください。",
            en: "There is a private character ({0}) that other computers cannot show; replace it by a standard one.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Unicode の私用領域の文字は、作った人のパソコンでしか決まった形に見えません。戸籍などの外字が元のことが多く、どの字かは機械には分かりません。",
            en: "Characters of the private use areas have a shape only where somebody made one; most come from 外字 fonts, and no machine can tell which they are.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::PRIVATE)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| {
            let private = cell.trimmed.chars().find(|character| is_private(*character))?;
            Some(Fault::with(Severity::Warning, [format!("U+{:04X}", u32::from(private))]))
        }))
    }
}

/// The three private use areas of Unicode.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}
