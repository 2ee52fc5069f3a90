//! Two columns with one meaning.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct DuplicateColumn;

impl Rule for DuplicateColumn {
    fn id(&self) -> &'static str {
        "duplicate-column"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の列が 2 つ以上あります。最初の列を使い、ほかは追加の列として扱います。",
            en: "\"{field}\" stands in more than one column; the first is used, the others are kept as extra columns.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "同じ意味の列が複数あると、どちらが正しいか利用者に分かりません。",
            en: "With two columns of one meaning nobody can tell which is right.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        for (index, column) in intake.columns().iter().enumerate() {
            let is_repeated_label = column.field.is_none()
                && !column.label.is_empty()
                && intake.columns()[..index].iter().any(|earlier| earlier.label == column.label);
            if column.repeats.is_some() || is_repeated_label {
                let finding = Finding::new(&DuplicateColumn, Severity::Warning).at_row(intake.header.row);
                findings.add(finding.at_column(index).with_value(&column.label));
            }
        }
    }
}
