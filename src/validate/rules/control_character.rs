//! Controls and zero-width marks in a cell.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::correct::is_stray;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct ControlCharacter;

impl Rule for ControlCharacter {
    fn id(&self) -> &'static str {
        "control-character"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "目に見えない制御文字（{0}）が入っています。取り除いてください。",
            en: "The value holds an invisible character ({0}); take it out.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "制御文字は見えないまま検索や表示を壊します。NUL はデータベースに保存できません。",
            en: "Invisible characters break searches and displays; NUL cannot be stored at all.",
        }
    }

    fn looks_at_blank_cells(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::CONTROL)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| {
            let stray = cell.raw.chars().find(|character| is_stray(*character))?;
            let severity = if cell.raw.contains('\0') { Severity::Error } else { Severity::Warning };
            Some(Fault::with(severity, [format!("U+{:04X}", u32::from(stray))]))
        }))
    }
}
