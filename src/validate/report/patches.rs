//! The list of changed cells as CSV: one line a patch, so that every change can be traced.

use std::io::{self, Write};

use crate::validate::repair::Patch;

/// Writes patches as they are told.
pub struct Log<W: Write>(csv::Writer<W>);

impl<W: Write> Log<W> {
    /// Begins with the heading. UTF-8 with a byte-order mark, which Excel needs.
    ///
    /// # Errors
    /// The writer's.
    pub fn new(mut out: W) -> io::Result<Log<W>> {
        out.write_all(b"\xEF\xBB\xBF")?;
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        writer.write_record(["行", "セル", "項目", "規則", "直す前", "直した後"])?;
        Ok(Log(writer))
    }

    /// Adds one.
    ///
    /// # Errors
    /// The writer's.
    pub fn add(&mut self, patch: &Patch<'_>) -> io::Result<()> {
        let row = patch.row.to_string();
        let cells = [row.as_str(), patch.cell.as_str(), patch.column, patch.rules.as_str(), patch.before, patch.after];
        Ok(self.0.write_record(cells)?)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}
