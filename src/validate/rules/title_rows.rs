//! Titles or comments above the heading.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct TitleRows;

impl Rule for TitleRows {
    fn id(&self) -> &'static str {
        "title-rows"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "見出しのほかに、表題や注記の行が {0} 行あります。見出しは 1 行目に、データは 2 行目から置いてください。",
            en: "Besides the heading there are {0} rows of titles or remarks; the heading belongs in row 1, the data right below.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の CSV は 1 行目が見出しです。表題や注記は備考か別の資料に書いてください（共通ルール 3）。",
            en: "In the standard's CSV row 1 is the heading; titles and notes belong elsewhere (common rules, section 3).",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        if intake.header.title_rows > 0 {
            let finding = Finding::new(&TitleRows, Severity::Warning).at_row(1);
            findings.add(finding.with_details([intake.header.title_rows.to_string()]));
        }
    }
}
