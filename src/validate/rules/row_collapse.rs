//! Far fewer rows than in the published version. It takes the published version to see it: `publish::guard` does.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct RowCollapse;

impl Rule for RowCollapse {
    fn id(&self) -> &'static str {
        "row-collapse"
    }

    fn level(&self) -> Level {
        Level::Table
    }

    fn message(&self) -> Text {
        Text {
            ja: "行数が {0} 行から {1} 行に減っています。途中で切れたファイルや、追加分だけのファイルではないか確かめてください。",
            en: "There are {1} rows where {0} are published. Is the file cut short, or does it hold the new rows only?",
        }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "公開すると表全体が置き換わります。半分より少なくなる（10 行以上減る）ときは、公開の前に確認を求めます。",
            en: "Publishing replaces the whole table. Where fewer than half of the rows remain, and at least ten are gone, a confirmation is asked for.",
        }
    }
}

/// Most of the rows are gone.
pub fn finding(before: u64, after: u64) -> Finding {
    Finding::new(&RowCollapse, Severity::Warning).with_details([before.to_string(), after.to_string()])
}
