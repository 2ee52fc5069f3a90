//! A value that does not fit the pattern of its field.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Pattern;

impl Rule for Pattern {
    fn id(&self) -> &'static str {
        "pattern"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の形が標準と違います（記入例: {0}）。「{value}」を確かめてください。",
            en: "\"{field}\" is not in the standard's form (example: {0}); look at \"{value}\".",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "桁数や形の決まった番号です。先頭の 0 が落ちていないか確かめてください（共通ルール 4）。",
            en: "Numbers of a fixed form; look whether a leading zero was lost (common rules, section 4).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let (pattern, severity) = match (&field.constraints.pattern, &field.advice.pattern) {
            (Some(pattern), _) => (pattern.clone(), Severity::Error),
            (None, Some(pattern)) => (pattern.clone(), Severity::Warning),
            (None, None) => return None,
        };
        let example = field.example.clone().unwrap_or_default();
        Some(Box::new(move |cell: Cell<'_>| {
            (!pattern.matches(cell.text)).then(|| Fault::with(severity, [example.clone()]))
        }))
    }
}
