//! A date that is not `YYYY-MM-DD`, or no day of the calendar.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct DateFormat;

impl Rule for DateFormat {
    fn id(&self) -> &'static str {
        "date-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "日付は YYYY-MM-DD（例 2024-04-01）で、実在する日を記載してください。「{value}」は読み取れません。",
            en: "Write dates as YYYY-MM-DD (such as 2024-04-01), days that exist; \"{value}\" cannot be read.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準の日付は西暦の YYYY-MM-DD です。和暦や 2024/4/1 は機械で並べ替えや比較ができません（共通ルール 5）。",
            en: "The standard's dates are Gregorian YYYY-MM-DD; other forms cannot be sorted or compared by machine (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Date).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Error)))
        })
    }
}
