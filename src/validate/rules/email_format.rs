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
            ja: "メールアドレスは name@example.lg.jp の形で、1 つだけ記載してください。{0}",
            en: "Write one e-mail address such as name@example.lg.jp. {1}",
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
            Box::new(move |cell: Cell<'_>| {
                kind.check(cell.text).err()?;
                Some(Fault::diagnosed(Severity::Warning, diagnosis))
            })
        })
    }
}

fn diagnosis(text: &str) -> Text {
    if text.contains("://") {
        WEB
    } else if text.matches('@').count() > 1 {
        SEVERAL
    } else if text.contains('@') {
        MALFORMED
    } else {
        NO_SIGN
    }
}

const WEB: Text = Text {
    ja: "「{value}」は URL です。URL の項目に書いてください。",
    en: "\"{value}\" is a web address; it belongs in its own column.",
};
const SEVERAL: Text = Text {
    ja: "「{value}」にはアドレスが複数あります。1 つだけを書くか、「;」で区切ってください。",
    en: "\"{value}\" holds several addresses; write one, or put \";\" between them.",
};
const MALFORMED: Text = Text {
    ja: "「{value}」には使えない文字があるか、形が崩れています。",
    en: "\"{value}\" holds characters that no address has, or a part is missing.",
};
const NO_SIGN: Text = Text { ja: "「{value}」には @ がありません。", en: "\"{value}\" has no @." };
