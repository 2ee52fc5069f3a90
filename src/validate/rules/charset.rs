//! Full-width characters in a half-width field.

use crate::schema::{Charset, Field, Kind};
use crate::text::Text;
use crate::validate::correct::{half_width, is_half_width};
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct CharsetRule;

impl Rule for CharsetRule {
    fn id(&self) -> &'static str {
        "charset"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は半角で記載してください（{0}）。",
            en: "Write \"{field}\" in half-width characters ({1}).",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準はこの項目を半角で書くよう求めています。全角の数字や記号は数値や日時として読めません（共通ルール 5）。",
            en: "The standard asks for half-width characters here; full-width digits cannot be read as numbers, dates or times (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        if !is_half_width(field) {
            return None;
        }
        let is_typed =
            !matches!(field.kind, Kind::String | Kind::Code | Kind::Phone | Kind::Url | Kind::Email | Kind::PostalCode);
        let severity = if is_typed { Severity::Error } else { Severity::Warning };
        let allowed: Option<fn(char) -> bool> = match (field.kind, field.charset) {
            (Kind::String | Kind::Code, Some(Charset::Digits)) => {
                Some(|character| character.is_ascii_digit() || character == '-')
            }
            (Kind::String | Kind::Code, Some(_)) => Some(|character| character.is_ascii()),
            _ => None,
        };
        let field = field.clone();
        Some(Box::new(move |cell: Cell<'_>| {
            // Words that no width would make a value are told by the rule of the field's form.
            if !cell.trimmed.is_ascii() && cell.text != cell.trimmed && half_width(&field, cell.trimmed).is_some() {
                let wide = cell.trimmed.chars().zip(cell.text.chars()).find(|(raw, narrow)| raw != narrow)?.0;
                return Some(Fault::with(severity, [format!("全角の「{wide}」"), format!("{wide} is full-width")]));
            }
            let allowed = allowed?;
            let odd = cell.text.chars().find(|character| !allowed(*character))?;
            let odd = if odd == '\n' { '⏎' } else { odd };
            Some(Fault::with(Severity::Warning, [format!("「{odd}」は使えません"), format!("{odd} has no place here")]))
        }))
    }
}
