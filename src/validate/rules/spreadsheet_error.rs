//! What a spreadsheet shows instead of a value that it could not work out.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct SpreadsheetError;

impl Rule for SpreadsheetError {
    fn id(&self) -> &'static str {
        "spreadsheet-error"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "Excel のエラー表示「{value}」が値になっています。元の表で数式や列の幅を直し、もう一度保存してください。",
            en: "The cell holds Excel's error \"{value}\"; mend the formula or column width in the original and save again.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "#N/A や #REF! は、数式が値を出せなかったことを表します。##### は列の幅が足りないときの表示です。元の値はファイルの中にありません。",
            en: "A formula gave #N/A or #REF!, or a column was too narrow (#####); the value itself is not in the file.",
        }
    }

    fn settles_the_cell(&self) -> bool {
        true
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::HASH)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let severity = if field.kind.is_computed() { Severity::Error } else { Severity::Warning };
        Some(Box::new(move |cell: Cell<'_>| is_spreadsheet_error(cell.trimmed).then(|| Fault::new(severity))))
    }
}

fn is_spreadsheet_error(text: &str) -> bool {
    const ERRORS: [&str; 8] = ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"];
    ERRORS.contains(&text) || (text.len() >= 3 && text.bytes().all(|byte| byte == b'#'))
}
