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
            ja: "URL は http:// または https:// から始まる 1 つのアドレスを、空白なしで記載してください。{0}",
            en: "Write one address that begins with http:// or https://, without blanks. {1}",
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
            Box::new(move |cell: Cell<'_>| {
                kind.check(cell.text).err()?;
                Some(Fault::diagnosed(Severity::Warning, diagnosis))
            })
        })
    }
}

fn diagnosis(text: &str) -> Text {
    const FILES: [&str; 8] = [".jpg", ".jpeg", ".png", ".gif", ".pdf", ".xlsx", ".xls", ".docx"];
    let lower = text.to_ascii_lowercase();
    let has_scheme = text.contains("://");
    if text.matches("://").count() > 1 {
        SEVERAL
    } else if has_scheme && !lower.starts_with("http") {
        NOTE
    } else if has_scheme && text.contains(char::is_whitespace) {
        BLANK
    } else if !has_scheme && text.contains('@') {
        MAIL
    } else if text.contains('\\')
        || lower.starts_with("file:")
        || (!lower.starts_with("www.") && !lower.starts_with("http") && FILES.iter().any(|end| lower.ends_with(end)))
    {
        LOCAL
    } else if !has_scheme && (lower.starts_with("http") || lower.starts_with("ttp")) {
        MISSPELT
    } else if !has_scheme && text.contains('.') && text.is_ascii() {
        NO_SCHEME
    } else {
        UNREADABLE
    }
}

const SEVERAL: Text = Text {
    ja: "「{value}」にはアドレスが複数あります。1 つだけを書いてください。",
    en: "\"{value}\" holds several addresses; write one.",
};
const NOTE: Text = Text {
    ja: "「{value}」にはアドレスの前に文字があります。アドレスだけを書いてください。",
    en: "\"{value}\" begins with something else; write the address only.",
};
const BLANK: Text = Text {
    ja: "「{value}」には空白か説明が入っています。アドレスだけを書いてください。",
    en: "\"{value}\" holds a blank or a note; write the address only.",
};
const MAIL: Text = Text {
    ja: "「{value}」はメールアドレスです。メールアドレスの項目に書いてください。",
    en: "\"{value}\" is an e-mail address; it belongs in its own column.",
};
const LOCAL: Text = Text {
    ja: "「{value}」は庁内のファイルの場所のようです。公開している場所のアドレスを書いてください。",
    en: "\"{value}\" looks like a file of the office's own; give the address where it is published.",
};
const MISSPELT: Text = Text {
    ja: "「{value}」は先頭の http:// か https:// のつづりが違います。",
    en: "\"{value}\" misspells its http:// or https://.",
};
const NO_SCHEME: Text = Text {
    ja: "「{value}」には先頭の http:// か https:// がありません。",
    en: "\"{value}\" lacks its http:// or https://.",
};
const UNREADABLE: Text =
    Text { ja: "「{value}」はアドレスではありません。", en: "\"{value}\" is no address." };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_departure_is_called_by_its_name() {
        for (text, said) in [
            ("https://a.jp/ https://b.jp/", SEVERAL),
            ("公式 https://a.jp/", NOTE),
            ("https://a.jp/ 観光", BLANK),
            ("info@a.jp", MAIL),
            ("ATTACH/0123.JPG", LOCAL),
            ("\\\\server\\share\\a.pdf", LOCAL),
            ("http//a.jp", MISSPELT),
            ("www.a.jp", NO_SCHEME),
            ("a.jp/b", NO_SCHEME),
            ("検索してください", UNREADABLE),
        ] {
            Kind::Url.check(text).expect_err(text);
            assert_eq!(diagnosis(text), said, "{text}");
        }
    }
}
