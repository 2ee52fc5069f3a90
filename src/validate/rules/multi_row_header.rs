//! A heading that takes two rows.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct MultiRowHeader;

impl Rule for MultiRowHeader {
    fn id(&self) -> &'static str {
        "multi-row-header"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出しが 2 行に分かれています。上下をつないで 1 行の見出しとして読み取りました。見出しは 1 行にしてください。",
            en: "The heading takes two rows; they were joined. A heading takes one row.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "見出しが 2 行あると、多くのソフトは 2 行目をデータとして読みます。",
            en: "Most software takes the second heading row for data.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        if intake.header.has_two_rows {
            findings.add(Finding::new(&MultiRowHeader, Severity::Warning).at_row(intake.header.row));
        }
    }
}
