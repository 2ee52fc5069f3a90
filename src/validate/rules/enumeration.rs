//! A value outside the list of the standard.

use crate::schema::{Field, Kind};
use crate::text::Text;
use crate::validate::correct::words::{is_listed, is_qualified_mark, words};
use crate::validate::findings::Severity;
use crate::validate::rule::{Cell, CellCheck, Fault, Level, Rule};

/// See the module.
pub struct Enumeration;

impl Rule for Enumeration {
    fn id(&self) -> &'static str {
        "enumeration"
    }

    fn level(&self) -> Level {
        Level::Cell
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」は決められた値（{0}）から選んで記載してください。「{value}」は使えません。{1}",
            en: "\"{field}\" takes one of {0}; \"{value}\" is none of them. {2}",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "値の書き方がそろっていると、全国のデータをまとめて検索・集計できます（共通ルール 5）。",
            en: "With one spelling, the data of all municipalities can be searched and counted together (common rules, section 5).",
        }
    }

    fn bind_cell(&self, field: &Field) -> Option<Box<dyn CellCheck>> {
        let words = words(field).to_vec();
        if words.is_empty() {
            return None;
        }
        let severity = if field.constraints.enumeration.is_empty() { Severity::Warning } else { Severity::Error };
        let (separator, is_flag) = (field.separator.clone(), field.kind == Kind::Flag);
        let mut shown = words.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("・");
        if words.len() > SHOWN {
            shown.push('…');
        }
        Some(Box::new(move |cell: Cell<'_>| {
            if is_listed(&words, separator.as_deref(), cell.text) {
                return None;
            }
            let hint = match (words.as_slice(), separator.as_deref()) {
                _ if is_flag && is_qualified_mark(cell.text) => QUALIFIED,
                ([_], _) if is_flag => BLANK_IS_NO,
                (_, Some(";")) => SEPARATED,
                _ => NOTHING_MORE,
            };
            Some(Fault::with(severity, [shown.clone(), hint.ja.to_owned(), hint.en.to_owned()]))
        }))
    }
}

/// How many words a message shows.
const SHOWN: usize = 8;

const QUALIFIED: Text = Text {
    ja: "条件付きかどうかは機械では決められません。当てはまるかどうかだけを書き、条件は備考に書いてください。",
    en: "No machine can decide about a condition: say only whether it holds, and put the condition into the remarks.",
};
const BLANK_IS_NO: Text = Text {
    ja: "当てはまらないときは空欄にします。",
    en: "Where it does not hold, the cell stays blank.",
};
const SEPARATED: Text = Text {
    ja: "複数あるときは半角の「;」で区切ります。",
    en: "Several values have a half-width \";\" between them.",
};
const NOTHING_MORE: Text = Text { ja: "", en: "" };
