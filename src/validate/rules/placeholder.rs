//! A word or sign that says "nothing here".

use crate::schema::Field;
use crate::text::Text;
use crate::validate::correct::placeholder::is_placeholder;
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Placeholder;

impl Rule for Placeholder {
    fn id(&self) -> &'static str {
        "placeholder"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text { ja: "「{value}」は値として扱えません。{0}", en: "\"{value}\" is no value. {1}" }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準では、値がないときや分からないときは空欄にします。「-」や「なし」は、数や番号や日付の項目では読めない値になります（共通ルール 5）。0 の意味で書いたものなら 0 としてください。",
            en: "Where there is no value or none is known, the standard leaves the cell blank; \"-\" or なし cannot be read as a number, code or date (common rules, section 5). Write 0 where 0 is meant.",
        }
    }

    fn settles_the_cell(&self) -> bool {
        true
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let field = field.clone();
        let severity = if field.kind.is_computed() { Severity::Error } else { Severity::Warning };
        // A required cell that is left blank would be the next fault.
        let remedy = if field.constraints.required || field.advice.required { FILL_IN } else { LEAVE_BLANK };
        Some(Box::new(move |cell: Cell<'_>| {
            is_placeholder(&field, cell.trimmed).then(|| Fault::saying(severity, remedy))
        }))
    }
}

const LEAVE_BLANK: Text = Text {
    ja: "値がないときは空欄にしてください。",
    en: "Leave the cell blank where there is no value.",
};
const FILL_IN: Text = Text {
    ja: "必須の項目なので、調べて値を入れてください（電話番号なら問い合わせ先のもの）。",
    en: "The column is required: find the value out and fill it in (of a telephone, that of the office in charge).",
};
