//! Weekdays in another form than a run from Monday.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct WeekdayFormat;

impl Rule for WeekdayFormat {
    fn id(&self) -> &'static str {
        "weekday-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "曜日は月曜から順に「月火水木金」のように続けて記載してください（区切り、「～」、「毎日」、説明は書きません）。",
            en: "Write weekdays from Monday in one run, such as 月火水木金, without separators, ranges or words.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準は利用できる曜日の字を月から順に並べます。説明は特記事項に書きます（共通ルール 5）。",
            en: "The standard strings the open days together from Monday; remarks go to the remarks column (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::WeekdayList).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Warning)))
        })
    }
}
