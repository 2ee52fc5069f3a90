//! Blanks around a value, or nothing but blanks.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Whitespace;

impl Rule for Whitespace {
    fn id(&self) -> &'static str {
        "whitespace"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text { ja: "{0}", en: "{1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "前後の空白（全角を含む）は見た目で分からず、検索や集計で別の値になります。",
            en: "Blanks around a value are invisible and make it another value in searches and counts.",
        }
    }

    fn looks_at_blank_cells(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::BLANK_END)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| {
            let sentence = if cell.trimmed.is_empty() { ONLY } else { AROUND };
            (cell.raw.len() != cell.trimmed.len()).then(|| Fault::saying(Severity::Info, sentence))
        }))
    }
}

const AROUND: Text = Text {
    ja: "値の前後に空白があります。空白を除いて扱います。",
    en: "There are blanks around the value; they are left out.",
};
const ONLY: Text = Text {
    ja: "空白だけの値です。空欄として扱います。",
    en: "The cell holds nothing but blanks; it counts as empty.",
};
