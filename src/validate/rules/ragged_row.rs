//! A row with more values than the heading has names.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule, TableCheck, TableRow};

/// See the module.
pub struct RaggedRow;

impl Rule for RaggedRow {
    fn id(&self) -> &'static str {
        "ragged-row"
    }

    fn level(&self) -> Level {
        Level::Row
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "この行は見出しより {0} 個多くの値があります。コンマを含む値を引用符で囲み忘れていないか確かめてください。",
            en: "This row has {0} more values than the heading; perhaps a value with a comma lacks its quotation marks.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "値が見出しより多い行は、列がずれて読まれます。",
            en: "A row with more values than headings is read with its columns shifted.",
        }
    }

    fn bind_table(&self, intake: &Intake<'_>) -> Option<Box<dyn TableCheck>> {
        Some(Box::new(RaggedRowCheck { columns: intake.columns().len() }))
    }
}

struct RaggedRowCheck {
    columns: usize,
}

impl TableCheck for RaggedRowCheck {
    fn row(&mut self, row: &TableRow<'_>, findings: &mut Findings) {
        if let Some(last) = row.filled_from(self.columns).next_back() {
            let details = [(last + 1 - self.columns).to_string()];
            findings.add(Finding::new(&RaggedRow, Severity::Error).at_row(row.number).with_details(details));
        }
    }
}
