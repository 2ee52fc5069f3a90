//! More lost characters than in the published version. It takes the published version to see it: `publish::guard` does.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct NewMojibake;

impl Rule for NewMojibake {
    fn id(&self) -> &'static str {
        "new-mojibake"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "文字化けしたセルが、公開中の版の {0} 個から {1} 個に増えています。元のファイルから作り直してください。",
            en: "There are {1} cells with lost characters, {0} in the published version. Export the table again from its original.",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "文字コードの変換を繰り返すと、読めていた文字が失われることがあります。公開中の版のほうが正しい可能性があります。",
            en: "Each conversion can lose characters that were there before; the published version may be the better one.",
        }
    }
}

/// So many cells had lost characters, so many have.
pub fn finding(before: u64, after: u64) -> Finding {
    Finding::new(&NewMojibake, Severity::Warning).with_details([before.to_string(), after.to_string()])
}
