//! A file of the older edition.

use crate::standard::Edition;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct OlderEdition;

impl Rule for OlderEdition {
    fn id(&self) -> &'static str {
        "older-edition"
    }

    fn level(&self) -> Level {
        Level::Header
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "旧版（推奨データセット）の様式です。公開するときに現行の自治体標準オープンデータセットの項目へ移します。",
            en: "This is the older edition (推奨データセット); its columns are carried over to the current edition when it is published.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "推奨データセットは 2017～2022 年の様式で、現行版とは項目名が違います。",
            en: "The older edition was in use from 2017 to 2022; its column names differ.",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        if intake.header.subject.is_some_and(|subject| subject.form.edition == Edition::Recommended) {
            findings.add(Finding::new(&OlderEdition, Severity::Info).at_row(intake.header.row));
        }
    }
}
