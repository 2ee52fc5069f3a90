//! An odd number of quotation marks.

use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Counts, Intake, Level, Rule};

/// See the module.
pub struct UnclosedQuote;

impl Rule for UnclosedQuote {
    fn id(&self) -> &'static str {
        "unclosed-quote"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn message(&self) -> Text {
        Text {
            ja: "引用符（\"）の数が奇数です。閉じ忘れた引用符があり、そこから後ろの行が1つのセルになっている可能性があります。",
            en: "The number of quotation marks is odd: one was never closed, and the rows behind it may have been read as one cell.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "引用符を閉じ忘れると、以降の行が失われたように読まれます（RFC 4180 2.5）。",
            en: "An unclosed quotation mark swallows the rows behind it (RFC 4180 2.5).",
        }
    }

    fn conclude(&self, _intake: &Intake<'_>, counts: &Counts, findings: &mut Findings) {
        if counts.lines.is_some_and(|(lines, _)| lines.quotes % 2 == 1) {
            findings.add(Finding::new(&UnclosedQuote, Severity::Error));
        }
    }
}
