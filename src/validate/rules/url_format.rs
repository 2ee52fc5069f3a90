//! Something other than a web address in a URL field.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct UrlFormat;

impl Rule for UrlFormat {
    fn id(&self) -> &'static str {
        "url-format"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "URL は http:// または https:// から始まる 1 つのアドレスを、空白なしで記載してください。",
            en: "Write one address that begins with http:// or https://, without blanks.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "「http//」や「www.」だけ、庁内のファイル名では、利用者が開けません（共通ルール 5）。",
            en: "Readers cannot open an address without scheme, or a path of the office's own files (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let kind = field.kind;
        matches!(kind, Kind::Url).then(|| -> Box<dyn CellCheck> {
            Box::new(move |cell: Cell<'_>| kind.check(cell.text).is_err().then(|| Fault::new(Severity::Warning)))
        })
    }
}
