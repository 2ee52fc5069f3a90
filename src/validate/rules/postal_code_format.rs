//! A postal code that is not seven digits.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PostalCodeFormat;

impl Rule for PostalCodeFormat {
    fn id(&self) -> &'static str {
        "postal-code-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "郵便番号はハイフンなしの半角数字 7 桁（例 7000001）で記載してください。{0}",
            en: "Write the postal code as seven digits without hyphen (such as 7000001). {1}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の記入例はハイフンなし 7 桁です。ハイフン入りも多く見られます（共通ルール 5）。",
            en: "The standard's example has seven digits without hyphen; hyphens are common (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::PostalCode).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| {
                kind.check(cell.text).err()?;
                Some(Fault::saying(Severity::Warning, diagnosis(cell.text, kind.normalise(cell.text).is_some())))
            })
        })
    }
}

fn diagnosis(text: &str, is_another_form: bool) -> Text {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if is_another_form {
        OTHER_FORM
    } else if digits == text.len() && digits < 7 {
        LOST_ZERO
    } else {
        UNREADABLE
    }
}

const OTHER_FORM: Text =
    Text { ja: "「{value}」は別の書き方です。", en: "\"{value}\" is written otherwise." };
const LOST_ZERO: Text = Text {
    ja: "「{value}」は桁が足りません。先頭の 0 が落ちていないか確かめてください。",
    en: "\"{value}\" has too few digits; look whether a leading 0 was lost.",
};
const UNREADABLE: Text = Text {
    ja: "「{value}」は 7 桁の番号ではありません。",
    en: "\"{value}\" is not a number of seven digits.",
};
