//! A heading without rows.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct NoRows;

impl Rule for NoRows {
    fn id(&self) -> &'static str {
        "no-rows"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出しの下にデータの行がありません。", en: "There are no rows of data below the heading."
        }
    }

    fn explanation(&self) -> Text {
        Text { ja: "空の表は公開できません。", en: "An empty table cannot be published." }
    }

    fn conclude(&self, _intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        if counts.rows == 0 {
            findings.add(Finding::new(&NoRows, Severity::Error));
        }
    }
}
