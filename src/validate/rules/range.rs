//! A number outside its limits.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Range;

impl Rule for Range {
    fn id(&self) -> &'static str {
        "range"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の値「{value}」が範囲（{0}～{1}）の外です。",
            en: "The value \"{value}\" of \"{field}\" lies outside {0} to {1}.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ありえない大きさの数は、桁の誤りや列のずれのしるしです。",
            en: "A number of impossible size betrays a slipped digit or a shifted column.",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        if matches!(field.kind, Kind::Latitude | Kind::Longitude) {
            return None;
        }
        let (limits, severity) = match (&field.constraints, &field.advice) {
            (limits, _) if limits.minimum.is_some() || limits.maximum.is_some() => (limits, Severity::Error),
            (_, limits) if limits.minimum.is_some() || limits.maximum.is_some() => (limits, Severity::Warning),
            _ => return None,
        };
        let (minimum, maximum) = (limits.minimum, limits.maximum);
        let shown = |bound: Option<f64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        Some(Box::new(move |cell: Cell<'_>| {
            let number: f64 = cell.text.parse().ok()?;
            let is_outside = minimum.is_some_and(|least| number < least) || maximum.is_some_and(|most| number > most);
            is_outside.then(|| Fault::with(severity, [shown(minimum), shown(maximum)]))
        }))
    }
}
