//! Something other than an e-mail address.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct EmailFormat;

impl Rule for EmailFormat {
    fn id(&self) -> &'static str {
        "email-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "メールアドレスは name@example.lg.jp の形で記載してください。",
            en: "Write e-mail addresses as name@example.lg.jp.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "形の崩れたアドレスには送れません。", en: "Nobody can write to a malformed address."
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Email).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Warning)))
        })
    }
}
