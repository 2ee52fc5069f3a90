//! A sheet cut into blocks of whole rows, so that blocks can be parsed and checked apart from one another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use memchr::{memchr, memchr_iter, memchr2_iter, memrchr};

use super::ReadError;
use super::decode::{Added, LineFacts, TextReader};
use super::limits::{Limit, Limits};
use super::long_rows;
use super::parse::{self, Row, RowSpan, Span};
use super::stored_rows::{StoredBlock, StoredRows};

/// The least that a block of text holds, in bytes, unless the text ends.
const BLOCK: usize = 1 << 17;
/// What a block is given room for: it, and the next piece of the text.
const ROOM: usize = 4 * BLOCK;
/// Bytes that a cell and its delimiter mostly take at least.
const USUAL_CELL: usize = 8;

/// Whole rows, not yet parsed.
#[derive(Debug)]
pub struct Block(Content);

#[derive(Debug)]
enum Content {
    Text { text: String, delimiter: u8, lines_before: u64, cells: CellCounter },
    Stored(StoredBlock),
}

impl Block {
    /// Finds the rows and cells.
    pub fn parse(self) -> ParsedBlock {
        ParsedBlock(match self.0 {
            Content::Stored(block) => Parsed::Stored(block),
            Content::Text { mut text, delimiter, lines_before, cells } => {
                let mut spans = Vec::with_capacity(text.len() / USUAL_CELL);
                let rows = parse::split(&mut text, delimiter, lines_before, &mut spans);
                cells.add(spans.len());
                Parsed::Text { text, delimiter, spans, rows }
            }
        })
    }
}

/// The rows of a block.
#[derive(Debug)]
pub struct ParsedBlock(Parsed);

#[derive(Debug)]
enum Parsed {
    Text { text: String, delimiter: u8, spans: Vec<Span>, rows: Vec<RowSpan> },
    Stored(StoredBlock),
}

impl ParsedBlock {
    /// The row at an index.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        match &self.0 {
            Parsed::Text { text, delimiter, spans, rows } => Some(rows.get(index)?.row(text, *delimiter, spans)),
            Parsed::Stored(block) => block.row(index).map(|(number, cells)| Row::of_stored(number, cells)),
        }
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        match &self.0 {
            Parsed::Text { rows, .. } => rows.len(),
            Parsed::Stored(block) => block.row_count(),
        }
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..).map_while(|index| self.row(index))
    }
}

/// The blocks of a sheet, in order.
pub struct Blocks(Source);

enum Source {
    Text(Box<Cutter>),
    /// Held to the limits when they were unpacked.
    Stored(StoredRows),
}

impl Blocks {
    pub(super) fn text(text: TextReader, delimiter: u8, limits: Limits) -> Blocks {
        Blocks(Source::Text(Box::new(Cutter::new(text, delimiter, limits))))
    }

    pub(super) fn stored(rows: StoredRows) -> Blocks {
        Blocks(Source::Stored(rows))
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError::Io`], and [`ReadError::Limit`] where the text meets one.
    pub fn next_block(&mut self) -> Result<Option<Block>, ReadError> {
        Ok(match &mut self.0 {
            Source::Text(cutter) => cutter.next_block()?,
            Source::Stored(rows) => rows.next_block()?.map(|block| Block(Content::Stored(block))),
        })
    }

    /// Holds the cells of all blocks that were parsed to their limit. [`Blocks::next_block`] does so too, but cannot know of
    /// blocks that are parsed later.
    ///
    /// # Errors
    /// [`ReadError::Limit`].
    pub fn check_cells(&self) -> Result<(), ReadError> {
        match &self.0 {
            Source::Text(cutter) => cutter.check_cells(),
            Source::Stored(_) => Ok(()),
        }
    }

    /// Line ends and quotes counted so far, and how many of the line ends stand inside cells. `None` for a workbook.
    pub fn line_facts(&self) -> Option<(LineFacts, u64)> {
        match &self.0 {
            Source::Text(cutter) => Some((cutter.text.facts(), cutter.line_ends - cutter.lines)),
            Source::Stored(_) => None,
        }
    }
}

/// Cells of all blocks of a text, counted by the threads that parse them.
#[derive(Clone, Debug, Default)]
struct CellCounter(Arc<AtomicU64>);

impl CellCounter {
    fn add(&self, cells: usize) {
        self.0.fetch_add(u64::try_from(cells).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Cuts a text behind line ends that end a row: those outside of quotation marks.
struct Cutter {
    text: TextReader,
    delimiter: u8,
    /// What was read and not yet given away; up to `scanned` it was looked at.
    pending: String,
    scanned: usize,
    /// Whether what was looked at ends inside quotation marks.
    is_quoted: bool,
    /// The last quotation mark that closed a cell: one more right behind it stands for itself.
    closed_at: Option<usize>,
    is_first: bool,
    /// Line ends that ended a row (or an empty line) so far, and all of them.
    lines: u64,
    line_ends: u64,
    limits: Limits,
    /// Where in `pending` the present row begins, and at which length it is measured next.
    row_start: usize,
    measured_at: usize,
    /// Bytes of a row that surely meets no limit.
    surely_short: usize,
    cells: CellCounter,
}

impl Cutter {
    fn new(text: TextReader, delimiter: u8, limits: Limits) -> Cutter {
        Cutter {
            text,
            delimiter,
            limits,
            row_start: 0,
            measured_at: long_rows::surely_short(&limits),
            surely_short: long_rows::surely_short(&limits),
            cells: CellCounter::default(),
            pending: String::new(),
            scanned: 0,
            is_quoted: false,
            closed_at: None,
            is_first: true,
            lines: 0,
            line_ends: 0,
        }
    }

    fn next_block(&mut self) -> Result<Option<Block>, ReadError> {
        self.check_cells()?;
        let lines_before = self.lines;
        let mut end = None;
        while end.is_none() || self.pending.len() < BLOCK {
            let Some(added) = self.text.read_text(&mut self.pending)? else { break };
            // A second byte-order mark belongs to no cell either.
            if std::mem::take(&mut self.is_first) && self.pending.starts_with('\u{feff}') {
                self.pending.drain(..'\u{feff}'.len_utf8());
            }
            end = self.scan(added)?.or(end);
            self.measure_open_row()?;
            if self.lines > self.limits.rows {
                return Err(self.limits.exceeded(Limit::Rows, Some(self.limits.rows + 1)).into());
            }
        }
        // What is left without a line end is a row that was never closed.
        let end = end.unwrap_or(self.pending.len());
        if end == 0 {
            return Ok(None);
        }
        let mut rest = String::with_capacity(ROOM);
        rest.push_str(&self.pending[end..]);
        self.pending.truncate(end);
        let text = std::mem::replace(&mut self.pending, rest);
        self.scanned = self.pending.len();
        self.closed_at = self.closed_at.and_then(|at| at.checked_sub(end));
        self.row_start = 0;
        Ok(Some(Block(Content::Text { text, delimiter: self.delimiter, lines_before, cells: self.cells.clone() })))
    }

    fn check_cells(&self) -> Result<(), ReadError> {
        let is_within = self.cells.0.load(Ordering::Relaxed) <= self.limits.cells;
        if is_within { Ok(()) } else { Err(self.limits.exceeded(Limit::Cells, None).into()) }
    }

    /// Looks at what is new and gives the place behind the last line end in it that ends a row.
    fn scan(&mut self, added: Added) -> Result<Option<usize>, ReadError> {
        let bytes = self.pending.as_bytes();
        let new = &bytes[self.scanned..];
        self.line_ends += added.line_ends;
        let mut end = None;
        if !self.is_quoted && added.quotes == 0 {
            self.lines += added.line_ends;
            end = memrchr(b'\n', new).map(|at| self.scanned + at + 1);
            if let Some(end) = end {
                self.measure_lines(end)?;
                self.begin_row(end);
            }
        } else {
            for at in memchr2_iter(b'"', b'\n', new).map(|at| self.scanned + at) {
                let is_line_end = bytes[at] == b'\n';
                if self.is_quoted {
                    if !is_line_end {
                        self.is_quoted = false;
                        self.closed_at = Some(at);
                    }
                } else if is_line_end {
                    self.lines += 1;
                    end = Some(at + 1);
                    if at - self.row_start >= self.surely_short {
                        self.measure(self.row_start, at)?;
                    }
                    self.row_start = at + 1;
                } else {
                    let begins_cell = at == 0 || bytes[at - 1] == b'\n' || bytes[at - 1] == self.delimiter;
                    self.is_quoted = begins_cell || self.closed_at.is_some_and(|closed| closed + 1 == at);
                }
            }
            if end.is_some() {
                self.measured_at = self.surely_short;
            }
        }
        self.scanned = self.pending.len();
        Ok(end)
    }

    /// Measures the long ones of the rows from the present one to `end`, of which each is a line.
    fn measure_lines(&self, end: usize) -> Result<(), ReadError> {
        let bytes = self.pending.as_bytes();
        let mut start = self.row_start;
        // The last line end within reach: all rows before it are short.
        while end - start > self.surely_short {
            start = match memrchr(b'\n', &bytes[start..start + self.surely_short]) {
                Some(at) => start + at + 1,
                None => {
                    let length = memchr(b'\n', &bytes[start..end]).unwrap_or(end - start);
                    self.measure(start, start + length)?;
                    start + length + 1
                }
            };
        }
        Ok(())
    }

    /// Measures the present row, which goes on, where it has become so long that it could meet a limit.
    fn measure_open_row(&mut self) -> Result<(), ReadError> {
        let length = self.pending.len() - self.row_start;
        if length > self.measured_at {
            self.measure(self.row_start, self.pending.len())?;
            // Twice as long, so that a growing row is not measured again and again.
            self.measured_at = length.saturating_mul(2);
        }
        Ok(())
    }

    fn measure(&self, start: usize, end: usize) -> Result<(), ReadError> {
        let row = &self.pending[start..end];
        let Err(too_long) = long_rows::measure(row, self.delimiter, &self.limits) else { return Ok(()) };
        let behind = memchr_iter(b'\n', &self.pending.as_bytes()[start..]).count();
        let line = self.line_ends.saturating_sub(u64::try_from(behind).unwrap_or(u64::MAX)) + 1;
        Err(too_long.in_line(line, row, &self.limits).into())
    }

    fn begin_row(&mut self, start: usize) {
        self.row_start = start;
        self.measured_at = self.surely_short;
    }
}
