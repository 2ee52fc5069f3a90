//! A column that has lost all its values. It takes the published version to see it: `publish::guard` does.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct EmptiedColumn;

impl Rule for EmptiedColumn {
    fn id(&self) -> &'static str {
        "emptied-column"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は公開中の版では {0} 件に値がありますが、この表ではすべて空欄か、読み取れない値です。列を消していないか確かめてください。",
            en: "\"{field}\" holds a value in {0} published records, and in none of this table. Was the column lost?",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "半分以上の行に値のある列がすべて空になるのは、列の削除や見出しの変更の誤りであることがほとんどです。",
            en: "Where a column that is filled in half of the rows or more loses every value, it was mostly deleted or renamed by mistake.",
        }
    }
}

/// This column held so many values.
pub fn finding(field: &str, filled: u64) -> Finding {
    Finding::new(&EmptiedColumn, Severity::Warning).about(field).with_details([filled.to_string()])
}
