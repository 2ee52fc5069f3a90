//! Characters lost in an earlier conversion, or bytes that mean nothing in the file's encoding.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct ReplacementCharacter;

impl Rule for ReplacementCharacter {
    fn id(&self) -> &'static str {
        "replacement-character"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "文字化けして元に戻せない文字（�）があります。元のファイルから作り直してください。",
            en: "The value holds a character that was lost in a conversion (U+FFFD); export it again from the original.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "U+FFFD は、文字コードの変換に失敗した跡です。元の文字は失われています。",
            en: "U+FFFD is what a failed conversion leaves behind; the character itself is gone.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::REPLACEMENT)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| cell.raw.contains('\u{fffd}').then(|| Fault::new(Severity::Error))))
    }
}
