//! Columns with neither heading nor value.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct BlankColumns;

impl Rule for BlankColumns {
    fn id(&self) -> &'static str {
        "blank-columns"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出しも値もない列が {0} 列あります。取り除きました。",
            en: "There are {0} columns with neither heading nor value; they were left out.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Excel で消した列が空のまま残ることがあります。", en: "Columns cleared in Excel often stay behind."
        }
    }

    fn conclude(&self, intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        let blank = intake
            .columns()
            .iter()
            .zip(&counts.filled)
            .filter(|(column, filled)| column.label.is_empty() && **filled == 0)
            .count();
        if blank > 0 {
            findings.add(Finding::new(&BlankColumns, Severity::Info).with_details([blank.to_string()]));
        }
    }
}
