//! A heading in another spelling than the standard's.

use crate::schema::LabelMatch;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct ColumnName;

impl Rule for ColumnName {
    fn id(&self) -> &'static str {
        "column-name"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出し「{value}」は「{0}」として読み取りました。標準の項目名に直してください。",
            en: "The heading \"{value}\" was read as \"{0}\"; use the standard's name.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "項目名が標準と一致していれば、ほかの自治体のデータとそのまま合わせて使えます。",
            en: "With the standard's names the data can be used beside those of other municipalities as they are.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        for (index, column) in intake.columns().iter().enumerate() {
            let Some((field, how)) = column.field else { continue };
            let severity = match how {
                LabelMatch::Exact => continue,
                LabelMatch::Folded | LabelMatch::Given => Severity::Info,
                LabelMatch::Alias => Severity::Warning,
            };
            let name = &intake.fields()[field].name;
            let finding = Finding::new(&ColumnName, severity).at_row(intake.header.row).at_column(index);
            findings.add(finding.with_value(&column.label).with_suggestion(name).with_details([name.clone()]));
        }
    }
}
