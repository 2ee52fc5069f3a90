//! A heading that fits no data set.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct UnknownDataSet;

impl Rule for UnknownDataSet {
    fn id(&self) -> &'static str {
        "unknown-data-set"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出しから、標準のどのデータセットか判断できませんでした。データセットを選び直すか、見出しを標準の項目名に直してください。",
            en: "The heading does not show which data set of the standard this is. Name the data set, or use the standard's column names.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "データセットが決まらないと、列の内容を検査できません。",
            en: "Without a data set no column can be checked.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        if intake.header.subject.is_none() {
            findings.add(Finding::new(&UnknownDataSet, Severity::Error).at_row(intake.header.row));
        }
    }
}
