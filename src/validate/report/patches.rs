//! The list of changed cells as CSV: one line a patch, so that every change can be traced.

use crate::validate::repair::Patch;

/// The heading, in UTF-8 with a byte-order mark, which Excel needs.
pub fn heading() -> Vec<u8> {
    let names = ["行", "セル", "項目", "規則", "直す前", "直した後"];
    [b"\xEF\xBB\xBF", &*csv([names])].concat()
}

/// Lines for these patches.
pub fn lines(patches: &[Patch<'_>]) -> Vec<u8> {
    csv(patches.iter().map(|patch| {
        [&*patch.row.to_string(), &*patch.cell, patch.column, &*patch.rules, &*patch.before, &*patch.after]
            .map(str::to_owned)
    }))
}

fn csv<Cell: AsRef<[u8]>>(lines: impl IntoIterator<Item = [Cell; 6]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).expect("a Vec takes everything");
    }
    writer.into_inner().expect("a Vec takes everything")
}
