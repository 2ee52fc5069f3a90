//! Other identifiers for what is published already. It takes the published version to see it: `publish::guard` does.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct RenumberedIds;

impl Rule for RenumberedIds {
    fn id(&self) -> &'static str {
        "renumbered-ids"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "「{field}」の値 {0} 件のうち、公開中の版にもあるのは {1} 件だけですが、名称の多くは同じです。番号を振り直していないか確かめてください。",
            en: "Of {0} values in \"{field}\" only {1} are in the published version, while most names are. Were the records numbered anew?",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "ID は 1 件のデータを版が変わっても指し続けるための値です。振り直すと、利用者の持つデータとつながらなくなります（共通ルール 4）。",
            en: "An ID stands for one record in all versions; numbered anew, the data no longer fit what their users hold (common rules, section 4).",
        }
    }
}

/// Of so many identifiers so few are known.
pub fn finding(field: &str, ids: i64, known: i64) -> Finding {
    Finding::new(&RenumberedIds, Severity::Warning).about(field).with_details([ids.to_string(), known.to_string()])
}
