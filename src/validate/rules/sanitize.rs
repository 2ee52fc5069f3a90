//! What a file-cleaning gateway left where a hyphen stood.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::correct::SANITIZED;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Sanitize;

impl Rule for Sanitize {
    fn id(&self) -> &'static str {
        "sanitize"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "ファイルの無害化で入った「[sanitize]」があります。元はハイフンだったようです。",
            en: "There is \"[sanitize]\" from a file-cleaning gateway, probably in place of a hyphen.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "無害化の装置が記号を置き換えた跡です。実際のファイルでは、どれも元はハイフンでした。元のファイルで確かめてください。",
            en: "A file-cleaning gateway has put it in place of a sign, a hyphen in every case seen in real files. Look at the original.",
        }
    }

    fn settles_the_cell(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::BRACKET)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let severity = if field.kind.is_computed() { Severity::Error } else { Severity::Warning };
        Some(Box::new(move |cell: Cell<'_>| cell.trimmed.contains(SANITIZED).then(|| Fault::new(severity))))
    }
}
