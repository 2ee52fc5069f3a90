//! A time that is not `hh:mm`.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct TimeFormat;

impl Rule for TimeFormat {
    fn id(&self) -> &'static str {
        "time-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "時刻は hh:mm（例 09:00）の 24 時間表記で記載してください。「{value}」は読み取れません。",
            en: "Write times as hh:mm on the 24-hour clock (such as 09:00); \"{value}\" cannot be read.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の時刻は 2 桁ずつの hh:mm です。24 時間利用は 00:00～23:59（または 24:00）と書きます（共通ルール 5）。",
            en: "The standard's times have two digits each; all day is 00:00 to 23:59 or 24:00 (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Time).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Error)))
        })
    }
}
