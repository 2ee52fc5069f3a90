//! Rows without a filled cell.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct BlankRows;

impl Rule for BlankRows {
    fn id(&self) -> &'static str {
        "blank-rows"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "空の行が {0} 行あります。読み飛ばしました。", en: "There are {0} blank rows; they were skipped."
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Excel で消した行が空のまま残ることがあります。", en: "Rows cleared in Excel often stay behind."
        }
    }

    fn conclude(&self, _intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        if counts.blank_rows > 0 {
            findings.add(Finding::new(&BlankRows, Severity::Info).with_details([counts.blank_rows.to_string()]));
        }
    }
}
