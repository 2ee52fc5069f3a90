//! A line break inside a value.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct LineBreak;

impl Rule for LineBreak {
    fn id(&self) -> &'static str {
        "line-break"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "セルの中に改行があります。引用符で囲まれていれば読めますが、改行のない 1 行の文にすると確実です。",
            en: "There is a line break in the cell; it can be read, but one line is safer.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "セル内の改行は CSV として正しいものの、行数を数え違えるソフトがあります（RFC 4180 2.6）。",
            en: "A line break in a cell is legal CSV, but some software miscounts the rows (RFC 4180 2.6).",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::LINE_BREAK)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| cell.trimmed.contains('\n').then(|| Fault::new(Severity::Info))))
    }
}
