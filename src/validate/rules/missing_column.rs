//! A column of the standard that the file lacks.

use crate::schema::{Confidence, Requirement, Role};
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct MissingColumn;

impl Rule for MissingColumn {
    fn id(&self) -> &'static str {
        "missing-column"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn message(&self) -> Text {
        Text { ja: "「{field}」の列がありません。{0}", en: "The column \"{field}\" is missing. {1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "必須（◎）の項目は列ごと省けません。区分が公式資料で確かめられていない項目は警告に、推奨（○）の項目は情報にとどめます（共通ルール 6）。",
            en: "A required column cannot be left out. Marks not seen in an official document give a warning, recommended ones a note (common rules, section 6).",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        for (index, field) in intake.fields().iter().enumerate() {
            // A missing identifier has a rule of its own: one can be generated.
            if intake.column_of(index).is_some() || field.role == Some(Role::Serial) {
                continue;
            }
            let (severity, ja, en) = match (field.requirement, field.confidence) {
                (Requirement::Required, Confidence::High) => {
                    (Severity::Error, "必須の項目です。列を加えてください。", "It is required; add it.")
                }
                (Requirement::Required, _) => {
                    (Severity::Warning, "必須とされる項目です。列を加えてください。", "It counts as required; add it.")
                }
                (Requirement::Recommended, _) => (
                    Severity::Info,
                    "推奨の項目です。分かる場合は加えてください。",
                    "It is recommended; add it if you can.",
                ),
                (Requirement::Optional, _) => continue,
            };
            let finding = Finding::new(&MissingColumn, severity).at_row(intake.header.row).about(&field.name);
            findings.add(finding.with_details([ja.to_owned(), en.to_owned()]));
        }
    }
}
