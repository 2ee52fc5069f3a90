//! A telephone number in neither of the two accepted forms.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct PhoneFormat;

impl Rule for PhoneFormat {
    fn id(&self) -> &'static str {
        "phone-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "電話番号は市外局番から 086-803-1000 または (086)803-1000 の形で、番号だけを記載してください。",
            en: "Write the telephone number with its area code as 086-803-1000 or (086)803-1000, and nothing else.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "どちらのハイフンの形も使われています。市外局番がない番号や注記つきの番号は、そのまま電話をかけられません（共通ルール 5）。",
            en: "Both forms are in use. A number without area code or with a note cannot be dialled as it is (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Phone).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Warning)))
        })
    }
}
