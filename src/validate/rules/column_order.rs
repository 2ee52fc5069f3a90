//! Columns in another order than the standard's.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct ColumnOrder;

impl Rule for ColumnOrder {
    fn id(&self) -> &'static str {
        "column-order"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "列の順序が標準と違います（「{field}」から）。内容は項目名で読み取りました。",
            en: "The columns are not in the standard's order (from \"{field}\" on); they were read by name.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "列は項目名で対応付けるので、順序の違いで内容は失われません。",
            en: "Columns are matched by name, so nothing is lost.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        let mut last = 0;
        for (index, column) in intake.columns().iter().enumerate() {
            let Some((field, _)) = column.field else { continue };
            if field < last {
                let finding = Finding::new(&ColumnOrder, Severity::Info).at_row(intake.header.row).at_column(index);
                findings.add(finding);
                return;
            }
            last = field;
        }
    }
}
