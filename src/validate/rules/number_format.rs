//! Something other than a number in a numeric field.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct NumberFormat;

impl Rule for NumberFormat {
    fn id(&self) -> &'static str {
        "number-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は数字だけで記載してください（単位、コンマ、範囲、文字は付けません）。「{value}」は数値として読み取れません。",
            en: "Write \"{field}\" in digits only, without unit, separators, ranges or words; \"{value}\" is no number.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "数値の列に文字が混じると、集計も地図表示もできません（共通ルール 5）。",
            en: "A number column that holds words can be neither added up nor put on a map (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Integer | Kind::Number | Kind::Latitude | Kind::Longitude).then(
            || -> Box<dyn CellCheck> {
                Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Error)))
            },
        )
    }
}
