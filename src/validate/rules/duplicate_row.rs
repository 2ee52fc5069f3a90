//! The same row twice.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow};

/// See the module.
pub struct DuplicateRow;

impl Rule for DuplicateRow {
    fn id(&self) -> &'static str {
        "duplicate-row"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text { ja: "{0} 行目とまったく同じ内容の行です。", en: "This row is the same as row {0}." }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "同じ行が 2 回あると、件数や合計が実際より多くなります。",
            en: "A row that stands twice makes counts and sums too large.",
        }
    }

    fn bind_table(&self, _intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        Some(Box::new(DuplicateRowCheck))
    }
}

struct DuplicateRowCheck;

impl TableCheck for DuplicateRowCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if let Some(first) = row.facts.repeat.as_ref().and_then(|repeat| repeat.row) {
            findings.add(
                Finding::new(&DuplicateRow, Severity::Warning).at_row(row.number).with_details([first.to_string()]),
            );
        }
    }
}
