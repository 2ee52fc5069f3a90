//! A text that is not UTF-8.

use crate::tabular::decode::Encoding;
use crate::text::Text;
use crate::validate::findings::{Finding, Findings, Severity};
use crate::validate::rule::{Intake, Level, Rule};

/// See the module.
pub struct Encoded;

impl Rule for Encoded {
    fn id(&self) -> &'static str {
        "encoding"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn vanishes_when_rewritten(&self) -> bool {
        true
    }

    fn message(&self) -> Text {
        Text {
            ja: "文字コードは {0} です。UTF-8 に変換して読み取りました。次からは「CSV UTF-8（コンマ区切り）」で保存すると確実です。",
            en: "The encoding is {0}; it was read as such and converted to UTF-8. Saving as \"CSV UTF-8\" is safest.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "標準は UTF-8 を求めています。Excel の「CSV」は Shift_JIS（CP932）で保存されるため、最も多い違いですが、内容は失われません（共通ルール 3）。",
            en: "The standard asks for UTF-8. Excel's plain CSV is CP932; nothing is lost by converting (common rules, section 3).",
        }
    }

    fn examine(&self, intake: &Intake<'_>, findings: &mut Findings) {
        if let Some(form) = intake.sheet.text_form()
            && form.encoding != Encoding::Utf8
        {
            findings.add(Finding::new(&Encoded, Severity::Info).with_details([form.encoding.as_str().to_owned()]));
        }
    }
}
