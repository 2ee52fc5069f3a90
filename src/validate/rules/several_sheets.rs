//! A workbook with more than one sheet.

use crate::tabular::Container;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct SeveralSheets;

impl Rule for SeveralSheets {
    fn id(&self) -> &'static str {
        "several-sheets"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn message(&self) -> Text {
        Text {
            ja: "シートが {0} 枚あります。「{1}」だけを読み取りました。",
            en: "The workbook has {0} sheets; only \"{1}\" was read.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "1 つのファイルには 1 つの表を置いてください。", en: "One file holds one table."
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        let count = intake.document.sheets.len();
        if count > 1 && intake.document.container != Container::Zip {
            let details = [count.to_string(), intake.sheet.name.clone().unwrap_or_default()];
            findings.add(Finding::new(&SeveralSheets, Severity::Info).with_details(details));
        }
    }
}
