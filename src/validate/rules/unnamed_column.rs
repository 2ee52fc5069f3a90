//! A column with values but no heading.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct UnnamedColumn;

impl Rule for UnnamedColumn {
    fn id(&self) -> &'static str {
        "unnamed-column"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "{0} 列目に見出しがありません。値が {1} 個あるので、見出しを付けてください。",
            en: "Column {0} has no heading but {1} values; give it a heading.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "見出しのない列は、何の値か利用者に分かりません。",
            en: "Nobody can tell what the values of an unnamed column are.",
        }
    }

    fn conclude(&self, intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        for (index, column) in intake.columns().iter().enumerate() {
            let filled = counts.filled[index];
            if column.label.is_empty() && filled > 0 {
                let finding =
                    Finding::new(&UnnamedColumn, Severity::Warning).at_row(intake.header.row).at_column(index);
                findings.add(finding.with_details([(index + 1).to_string(), filled.to_string()]));
            }
        }
    }
}
