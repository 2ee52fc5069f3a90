//! Mixed line ends between rows.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct Newline;

impl Rule for Newline {
    fn id(&self) -> &'static str {
        "newline"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "改行が CRLF と LF など混在しています。そろえて読み取りました。",
            en: "Line ends are mixed (CRLF, LF); they were read alike.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "行の終わりが混在すると、行数を数え違えるソフトがあります。",
            en: "Some software miscounts the rows of a file with mixed line ends.",
        }
    }

    fn conclude(&self, _intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        if let Some((lines, inside)) = counts.lines
            && [lines.crlf, lines.lf, lines.cr].iter().filter(|count| **count > inside).count() > 1
        {
            findings.add(Finding::new(&Newline, Severity::Info));
        }
    }
}
