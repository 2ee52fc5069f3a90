//! The short cut of a correction: a row that nothing changes, and that stands in the file as it is to be written, is copied
//! as it stands.

use super::lifting::Lifting;
use crate::tabular::Row;

/// A table whose columns are those of the corrected one.
#[derive(Clone, Copy)]
pub(super) struct Verbatim {
    columns: usize,
}

impl Verbatim {
    /// Of a table with so many places for cells; `None` where cells go elsewhere.
    pub fn of(lifting: Option<&Lifting>, places: usize) -> Option<Verbatim> {
        let stays = |lifting: &Lifting| {
            let sources = &lifting.sources;
            sources.len() == places && sources.iter().enumerate().all(|(field, source)| source[..] == [field])
        };
        lifting.is_none_or(stays).then_some(Verbatim { columns: places })
    }

    /// Adds a row as a line of CSV, unless it must be written anew.
    pub fn write(self, row: &Row<'_>, table: &mut Vec<u8>) -> bool {
        let text = row.unquoted_csv(self.columns);
        if let Some(text) = text {
            table.extend_from_slice(text.as_bytes());
            table.extend_from_slice(b"\r\n");
        }
        text.is_some()
    }
}
