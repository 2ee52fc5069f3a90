//! Marks of HTML in a cell.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::correct::html;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Html;

impl Rule for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "ウェブページの記号「{0}」が混じっています。ふつうの文字だけにしてください。",
            en: "The cell holds \"{0}\", a mark of HTML; write plain text only.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ウェブサイトから取り出した表に残る記号です。表計算ソフトや地図では、記号のまま表示されます。",
            en: "Such marks stay behind when tables are taken from web sites; spreadsheets and maps show them as they are.",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::MARKUP)
    }

    fn bind_cell(&self, _field: &Field) -> Option<Box<dyn CellCheck>> {
        Some(Box::new(|cell: Cell<'_>| {
            html::find(cell.trimmed).map(|mark| Fault::with(Severity::Warning, [mark.chars().take(20).collect()]))
        }))
    }
}
