//! A zip of tables that lacks a required one. It has no place of its own in the passes: the engine adds it.

use crate::text::Text;
use crate::validate::findings::{Finding, Severity};
use crate::validate::rule::{Level, Rule};

/// See the module.
pub struct MissingTable;

impl Rule for MissingTable {
    fn id(&self) -> &'static str {
        "missing-table"
    }

    fn level(&self) -> Level {
        Level::File
    }

    fn message(&self) -> Text {
        Text { ja: "必要なファイル「{0}」がありません。", en: "The required file \"{0}\" is missing." }
    }

    fn explanation(&self) -> Text {
        Text {
            ja: "GTFS-JP のように複数の表からなるデータは、必須の表がそろって初めて使えます。",
            en: "Data made of several tables, such as GTFS-JP, are of use only with all required tables.",
        }
    }
}

/// The finding that a table is not there.
pub(in crate::validate) fn finding(table: &str) -> Finding {
    Finding::new(&MissingTable, Severity::Error).about(table).with_details([table.to_owned()])
}
