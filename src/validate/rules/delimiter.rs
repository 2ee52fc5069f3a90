//! A text whose cells are not separated by commas.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct Delimiter;

impl Rule for Delimiter {
    fn id(&self) -> &'static str {
        "delimiter"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "列の区切りが{0}です。コンマ区切りとして読み替えました。",
            en: "Cells are separated by {0}; they were read as if separated by commas.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準は CSV（コンマ区切り）です。", en: "The standard asks for comma-separated values."
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        let name = match intake.sheet.text_form().map(|form| form.delimiter) {
            Some(b'\t') => "タブ (tab)",
            Some(b';') => "セミコロン (semicolon)",
            Some(_) | None => return,
        };
        findings.add(Finding::new(&Delimiter, Severity::Info).with_details([name.to_owned()]));
    }
}
