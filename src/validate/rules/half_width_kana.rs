//! Half-width katakana in a text.

use crate::schema::{Charset, Field};
use crate::text::{Text, is_half_width_kana};
use crate::validate::correct::is_half_width;
use crate::validate::findings::Severity;
use crate::validate::marks::Marks;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct HalfWidthKana;

impl Rule for HalfWidthKana {
    fn id(&self) -> &'static str {
        "half-width-kana"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "半角カナ「{0}」は全角で記載してください。",
            en: "Write half-width katakana (\"{0}\") in full width.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "半角カナは全角のカナと別の文字なので、検索で見つからず、文字化けのもとにもなります（共通ルール 5）。",
            en: "Half-width katakana are other characters than full-width ones: searches miss them, and old software garbles them (common rules, section 5).",
        }
    }

    fn looks_for(&self) -> Option<Marks> {
        Some(Marks::HALF_KANA)
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        // A reading has a rule of its own.
        if is_half_width(field) || field.charset == Some(Charset::Katakana) {
            return None;
        }
        Some(Box::new(|cell: Cell<'_>| {
            let narrow = cell.trimmed.chars().find(|character| is_half_width_kana(*character))?;
            Some(Fault::with(Severity::Info, [narrow.to_string()]))
        }))
    }
}
