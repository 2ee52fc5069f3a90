//! A value outside the list of the standard.

use crate::schema::Field;
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Enumeration;

impl Rule for Enumeration {
    fn id(&self) -> &'static str {
        "enumeration"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は決められた値（{0}）から選んで記載してください。「{value}」は使えません。",
            en: "\"{field}\" takes one of {0}; \"{value}\" is none of them.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "値の書き方がそろっていると、全国のデータをまとめて検索・集計できます（共通ルール 5）。",
            en: "With one spelling, the data of all municipalities can be searched and counted together (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let (words, severity) = match (&field.constraints.enumeration, &field.advice.enumeration) {
            (words, _) if !words.is_empty() => (words.clone(), Severity::Error),
            (_, words) if !words.is_empty() => (words.clone(), Severity::Warning),
            _ => return None,
        };
        let separator = field.separator.clone();
        let shown =
            words.iter().take(8).cloned().collect::<Vec<_>>().join("・") + if words.len() > 8 { "…" } else { "" };
        Some(Box::new(move |cell: Cell<'_>| {
            let is_listed = |value: &str| words.iter().any(|word| word == value.trim());
            let fits = match separator.as_deref() {
                Some(separator) => cell.text.split(separator).all(is_listed),
                None => is_listed(cell.text),
            };
            (!fits).then(|| Fault::with(severity, [shown.clone()]))
        }))
    }
}
