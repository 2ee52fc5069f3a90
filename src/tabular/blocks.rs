//! A sheet cut into blocks of whole rows, so that blocks can be parsed and checked apart from one another.

use memchr::{memchr2_iter, memrchr};

use super::ReadError;
use super::decode::{Added, LineFacts, TextReader};
use super::parse::{self, Row, RowSpan, Span};

/// The least that a block of text holds, in bytes, unless the text ends.
const BLOCK: usize = 1 << 17;
/// What a block is given room for: it, and the next piece of the text.
const ROOM: usize = 4 * BLOCK;
/// Bytes that a cell and its delimiter mostly take at least.
const USUAL_CELL: usize = 8;
/// Rows in a block of a workbook.
const BLOCK_ROWS: usize = 512;

/// Whole rows, not yet parsed.
#[derive(Debug)]
pub struct Block<'a>(Content<'a>);

#[derive(Debug)]
enum Content<'a> {
    Text { text: String, delimiter: u8, lines_before: u64 },
    Cells { cells: &'a [Vec<String>], rows_before: usize },
}

impl<'a> Block<'a> {
    /// Finds the rows and cells.
    pub fn parse(self) -> ParsedBlock<'a> {
        ParsedBlock(match self.0 {
            Content::Cells { cells, rows_before } => Parsed::Cells { cells, rows_before },
            Content::Text { mut text, delimiter, lines_before } => {
                let mut spans = Vec::with_capacity(text.len() / USUAL_CELL);
                let rows = parse::split(&mut text, delimiter, lines_before, &mut spans);
                Parsed::Text { text, delimiter, spans, rows }
            }
        })
    }
}

/// The rows of a block.
#[derive(Debug)]
pub struct ParsedBlock<'a>(Parsed<'a>);

#[derive(Debug)]
enum Parsed<'a> {
    Text { text: String, delimiter: u8, spans: Vec<Span>, rows: Vec<RowSpan> },
    Cells { cells: &'a [Vec<String>], rows_before: usize },
}

impl ParsedBlock<'_> {
    /// The row at an index.
    pub fn row(&self, index: usize) -> Option<Row<'_>> {
        match &self.0 {
            Parsed::Text { text, delimiter, spans, rows } => Some(rows.get(index)?.row(text, *delimiter, spans)),
            Parsed::Cells { cells, rows_before } => {
                let number = u64::try_from(rows_before + index + 1).expect("a workbook has fewer than 2^64 rows");
                Some(Row::of_strings(number, cells.get(index)?))
            }
        }
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        match &self.0 {
            Parsed::Text { rows, .. } => rows.len(),
            Parsed::Cells { cells, .. } => cells.len(),
        }
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..).map_while(|index| self.row(index))
    }
}

/// The blocks of a sheet, in order.
pub struct Blocks<'a>(Source<'a>);

enum Source<'a> {
    Text(Box<Cutter>),
    Cells { cells: &'a [Vec<String>], next: usize },
}

impl<'a> Blocks<'a> {
    pub(super) fn text(text: TextReader, delimiter: u8) -> Blocks<'a> {
        Blocks(Source::Text(Box::new(Cutter::new(text, delimiter))))
    }

    pub(super) fn cells(cells: &'a [Vec<String>]) -> Blocks<'a> {
        Blocks(Source::Cells { cells, next: 0 })
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn next_block(&mut self) -> Result<Option<Block<'a>>, ReadError> {
        match &mut self.0 {
            Source::Text(cutter) => cutter.next_block(),
            Source::Cells { cells, next } => {
                let rest = &cells[*next..];
                let block = &rest[..rest.len().min(BLOCK_ROWS)];
                let rows_before = *next;
                *next += block.len();
                Ok((!block.is_empty()).then_some(Block(Content::Cells { cells: block, rows_before })))
            }
        }
    }

    /// Line ends and quotes counted so far, and how many of the line ends stand inside cells. `None` for a workbook.
    pub fn line_facts(&self) -> Option<(LineFacts, u64)> {
        match &self.0 {
            Source::Text(cutter) => Some((cutter.text.facts(), cutter.line_ends - cutter.lines)),
            Source::Cells { .. } => None,
        }
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
}

impl Cutter {
    fn new(text: TextReader, delimiter: u8) -> Cutter {
        Cutter {
            text,
            delimiter,
            pending: String::new(),
            scanned: 0,
            is_quoted: false,
            closed_at: None,
            is_first: true,
            lines: 0,
            line_ends: 0,
        }
    }

    fn next_block<'a>(&mut self) -> Result<Option<Block<'a>>, ReadError> {
        let lines_before = self.lines;
        let mut end = None;
        while end.is_none() || self.pending.len() < BLOCK {
            let Some(added) = self.text.read_text(&mut self.pending)? else { break };
            // A second byte-order mark belongs to no cell either.
            if std::mem::take(&mut self.is_first) && self.pending.starts_with('\u{feff}') {
                self.pending.drain(..'\u{feff}'.len_utf8());
            }
            end = self.scan(added).or(end);
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
        Ok(Some(Block(Content::Text { text, delimiter: self.delimiter, lines_before })))
    }

    /// Looks at what is new and gives the place behind the last line end in it that ends a row.
    fn scan(&mut self, added: Added) -> Option<usize> {
        let bytes = self.pending.as_bytes();
        let new = &bytes[self.scanned..];
        self.line_ends += added.line_ends;
        let mut end = None;
        if !self.is_quoted && added.quotes == 0 {
            self.lines += added.line_ends;
            end = memrchr(b'\n', new).map(|at| self.scanned + at + 1);
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
                } else {
                    let begins_cell = at == 0 || bytes[at - 1] == b'\n' || bytes[at - 1] == self.delimiter;
                    self.is_quoted = begins_cell || self.closed_at.is_some_and(|closed| closed + 1 == at);
                }
            }
        }
        self.scanned = self.pending.len();
        end
    }
}
