//! A value longer than its limit.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Length;

impl Rule for Length {
    fn id(&self) -> &'static str {
        "length"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "値が長すぎます（{0} 文字、上限 {1} 文字）。",
            en: "The value is too long ({0} characters, at most {1}).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Excel の 1 セルは 32,767 文字までです。長い文は備考や別のページに置いてください。",
            en: "An Excel cell holds at most 32,767 characters; long texts belong elsewhere.",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let (limit, severity) = limit(field);
        Some(Box::new(move |cell: Cell<'_>| {
            // No text has more characters than bytes, so short ones need no counting.
            if cell.trimmed.len() <= limit {
                return None;
            }
            let length = cell.trimmed.chars().count();
            (length > limit).then(|| Fault::with(severity, [length.to_string(), limit.to_string()]))
        }))
    }
}

/// The most characters that a cell of Excel holds.
const EXCEL_LIMIT: usize = 32_767;

/// How many characters a cell may have, and how grave it is when it has more.
pub(in crate::validate) fn limit(field: &Field) -> (usize, Severity) {
    match (field.constraints.max_length, field.advice.max_length) {
        (Some(limit), _) => (limit, Severity::Error),
        (None, Some(limit)) => (limit, Severity::Warning),
        (None, None) => (EXCEL_LIMIT, Severity::Warning),
    }
}
