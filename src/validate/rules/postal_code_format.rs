//! A postal code that is not seven digits.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PostalCodeFormat;

impl Rule for PostalCodeFormat {
    fn id(&self) -> &'static str {
        "postal-code-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "郵便番号はハイフンなしの半角数字 7 桁（例 7000001）で記載してください。",
            en: "Write the postal code as seven digits without hyphen (such as 7000001).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の記入例はハイフンなし 7 桁です。ハイフン入りも多く見られます（共通ルール 5）。",
            en: "The standard's example has seven digits without hyphen; hyphens are common (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::PostalCode).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Warning)))
        })
    }
}
