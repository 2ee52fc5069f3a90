//! A value that does not fit the pattern of its field.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::correct::codes::at_full_width;
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
            ja: "「{field}」の形が標準と違います（記入例: {0}）。{1}",
            en: "\"{field}\" is not in the standard's form (example: {0}). {2}",
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
            (Some(pattern), _) => (Some(pattern.clone()), Severity::Error),
            (None, Some(pattern)) => (Some(pattern.clone()), Severity::Warning),
            (None, None) if field.width.is_some() => (None, Severity::Warning),
            (None, None) => return None,
        };
        let example = field.example.clone().unwrap_or_default();
        let field = field.clone();
        Some(Box::new(move |cell: Cell<'_>| {
            let fits = pattern.as_ref().is_none_or(|pattern| pattern.matches(cell.text));
            let (severity, hint) = match at_full_width(&field, cell.text) {
                // The digits are all there, in a form that is official in places.
                Some(_) if fits && cell.text.contains('-') => (Severity::Info, HYPHEN),
                Some(_) if !fits || pattern.is_none() => (severity, LOST_ZEROS),
                _ if fits => return None,
                _ => (severity, LOOK),
            };
            Some(Fault::with(severity, [example.clone(), hint.ja.to_owned(), hint.en.to_owned()]))
        }))
    }
}

const HYPHEN: Text = Text {
    ja: "「{value}」のハイフンを除き、数字だけにそろえてください。",
    en: "Take the hyphen out of \"{value}\", so that all are digits.",
};
const LOST_ZEROS: Text = Text {
    ja: "「{value}」は先頭の 0 が落ちているようです。",
    en: "\"{value}\" seems to have lost its leading zeros.",
};
const LOOK: Text = Text { ja: "「{value}」を確かめてください。", en: "Look at \"{value}\"." };
