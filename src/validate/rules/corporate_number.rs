//! A 法人番号 with the wrong length or check digit.

use crate::schema::{Field, Kind};
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
            ja: "法人番号は半角数字 13 桁です。「{value}」は桁数か検査数字が合いません。国税庁の法人番号公表サイトで確かめてください。",
            en: "A corporate number has 13 digits; \"{value}\" has another length or a wrong check digit. Look it up on the National Tax Agency's site.",
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
                Kind::CorporateNumber.check(cell.text).is_err().then(|| Fault::new(Severity::Error))
            })
        })
    }
}
