//! An empty cell of a required field.

use crate::schema::{Field, Role};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Required;

impl Rule for Required {
    fn id(&self) -> &'static str {
        "required"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」が空です。必須の項目なので、値を入れてください。",
            en: "\"{field}\" is empty; it is required, so fill it in.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "必須（◎）の項目です。区分が公式資料で確かめられていない項目は警告にとどめます（共通ルール 6）。",
            en: "The column is marked as required (◎). Marks not seen in an official document give a warning only (common rules, section 6).",
        }
    }

    fn looks_at_blank_cells(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        // An empty cell has every mark.
        Some(Marks::BLANK_END)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        // A missing identifier has a rule of its own: one can be generated.
        if field.role == Some(Role::Serial) {
            return None;
        }
        let severity = match (field.constraints.required, field.advice.required) {
            (true, _) => Severity::Error,
            (false, true) => Severity::Warning,
            (false, false) => return None,
        };
        Some(Box::new(move |cell: Cell<'_>| cell.trimmed.is_empty().then(|| Fault::new(severity))))
    }
}
