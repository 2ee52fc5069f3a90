//! A 法人番号 with the wrong length or check digit.

use crate::schema::{Field, Kind, ValueError};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct CorporateNumber;

impl Rule for CorporateNumber {
    fn id(&self) -> &'static str {
        "corporate-number"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "法人番号は半角数字 13 桁です。{0}国税庁の法人番号公表サイトで確かめてください。",
            en: "A corporate number has 13 digits. {1} Look it up on the National Tax Agency's site.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "Excel が 1.01E+12 のように変えてしまうと、元の番号は復元できません（共通ルール 4）。",
            en: "Once Excel has turned it into 1.01E+12 the number cannot be restored (common rules, section 4).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        (field.kind == Kind::CorporateNumber).then(|| -> Box<dyn CellCheck> {
            Box::new(|cell: Cell<'_>| {
                let sentence = match Kind::CorporateNumber.check(cell.text) {
                    Ok(()) => return None,
                    Err(ValueError::CheckDigit) => CHECK_DIGIT,
                    Err(_) if Kind::CorporateNumber.normalise(cell.text).is_some() => OTHER_FORM,
                    Err(_) => FORM,
                };
                Some(Fault::saying(Severity::Error, sentence))
            })
        })
    }
}

const CHECK_DIGIT: Text = Text {
    ja: "「{value}」は検査数字（1 桁目）が合いません。",
    en: "The check digit (the first) of \"{value}\" is wrong.",
};
const OTHER_FORM: Text = Text {
    ja: "「{value}」からハイフンなどの記号を除いてください。",
    en: "Take the signs out of \"{value}\".",
};
const FORM: Text = Text {
    ja: "「{value}」は 13 桁の数字ではありません。",
    en: "\"{value}\" is not a number of 13 digits.",
};
