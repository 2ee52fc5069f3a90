//! Text as rows of cells, each with the row number that a person sees in Excel.

use std::borrow::Cow;

use multiversion::multiversion;

use super::ReadError;
use super::blocks::{Blocks, ParsedBlock};
use super::signs::{Signs, Word};
use super::stored_rows::StoredCells;
use crate::text::{is_surely_trimmed, trim};

/// One row: its number in Excel (the first row is 1, a record with line breaks inside a cell is one row) and its cells.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Number in Excel.
    pub number: u64,
    cells: Cells<'a>,
}

#[derive(Clone, Copy)]
enum Cells<'a> {
    Spans(Spans<'a>),
    Stored(StoredCells<'a>),
    Strings(&'a [String]),
}

/// Cells that stand in a text.
#[derive(Clone, Copy)]
struct Spans<'a> {
    text: &'a str,
    delimiter: u8,
    spans: &'a [Span],
    /// Whether the cells stand side by side, and none of them has blanks around.
    are_neat: bool,
}

impl<'a> Spans<'a> {
    #[inline]
    fn text_of(self, span: &Span) -> &'a str {
        &self.text[span.start..span.end()]
    }
}

impl<'a> Row<'a> {
    pub(super) fn of_stored(number: u64, cells: StoredCells<'a>) -> Row<'a> {
        Row { number, cells: Cells::Stored(cells) }
    }

    /// A row of cells that stand by themselves.
    pub fn of_strings(number: u64, cells: &'a [String]) -> Row<'a> {
        Row { number, cells: Cells::Strings(cells) }
    }

    /// The cell at an index; empty where the row is shorter.
    #[inline]
    pub fn cell(&self, index: usize) -> &'a str {
        match self.cells {
            Cells::Spans(cells) => cells.spans.get(index).map_or("", |span| cells.text_of(span)),
            Cells::Stored(cells) => cells.cell(index),
            Cells::Strings(strings) => strings.get(index).map_or("", String::as_str),
        }
    }

    /// As [`Row::cell`], without blanks around (see [`trim`]).
    #[inline]
    pub fn trimmed(&self, index: usize) -> &'a str {
        match self.cells {
            Cells::Spans(cells) => match cells.spans.get(index) {
                Some(span) if span.is_plain() => cells.text_of(span),
                Some(span) => trim(cells.text_of(span)),
                None => "",
            },
            Cells::Stored(cells) => trim(cells.cell(index)),
            Cells::Strings(strings) => strings.get(index).map_or("", |cell| trim(cell)),
        }
    }

    /// Whether a cell is known to hold nothing but printable ASCII without `# & < ? [` and characters from U+3000 to U+DFFF,
    /// and no blanks around.
    #[inline]
    pub fn is_plain(&self, index: usize) -> bool {
        match self.cells {
            Cells::Spans(cells) => cells.spans.get(index).is_none_or(|span| span.is_plain()),
            Cells::Stored(_) | Cells::Strings(_) => false,
        }
    }

    /// The bytes of a cell, and whether it is known to be [plain](Row::is_plain). Nobody asks here whether the cell ends where
    /// a character does, so this is the quickest look.
    #[inline]
    pub fn look(&self, index: usize) -> (&'a [u8], bool) {
        match self.cells {
            Cells::Spans(cells) => match cells.spans.get(index) {
                Some(span) => {
                    let bytes = &cells.text.as_bytes()[span.start..span.end()];
                    (bytes, span.is_plain())
                }
                None => (&[], true),
            },
            Cells::Stored(cells) => (cells.cell(index).as_bytes(), false),
            Cells::Strings(strings) => (strings.get(index).map_or(&[], |cell| cell.as_bytes()), false),
        }
    }

    /// The first so many cells without blanks around, in one text that is the same only for the same cells.
    pub fn joined(&self, columns: usize) -> Cow<'a, str> {
        if let Some(text) = self.side_by_side(columns) {
            return Cow::Borrowed(text);
        }
        let delimiter = match self.cells {
            Cells::Spans(cells) => cells.delimiter,
            Cells::Stored(_) | Cells::Strings(_) => b',',
        };
        let mut joined = String::with_capacity(USUAL_ROW);
        for index in 0..columns {
            let cell = self.trimmed(index);
            if index > 0 {
                joined.push(char::from(delimiter));
            }
            // Only cells in quotation marks hold these signs, and these are not plain.
            if !self.is_plain(index) && memchr::memchr2(delimiter, b'\n', cell.as_bytes()).is_some() {
                joined.push_str(&format!("\n{}\n", cell.len()));
            }
            joined.push_str(cell);
        }
        Cow::Owned(joined)
    }

    /// As [`Row::joined`], as it stands in the text, where no cell is in quotation marks or has blanks around.
    fn side_by_side(&self, columns: usize) -> Option<&'a str> {
        let Cells::Spans(cells) = self.cells else { return None };
        let ([first, ..], true) = (cells.spans.get(..columns)?, cells.are_neat) else { return None };
        Some(&cells.text[first.start..cells.spans[columns - 1].end()])
    }

    /// The row as a line of CSV without its end, where it stands in the text as one of so many cells, none of which is in
    /// quotation marks or has blanks around.
    pub fn unquoted_csv(&self, columns: usize) -> Option<&'a str> {
        let Cells::Spans(Spans { delimiter: b',', spans, .. }) = self.cells else { return None };
        let text = self.side_by_side(columns).filter(|_| spans.len() == columns)?;
        memchr::memchr(b'"', text.as_bytes()).is_none().then_some(text)
    }

    /// Number of cells; cells far behind the table of a worksheet do not count.
    pub fn len(&self) -> usize {
        match self.cells {
            Cells::Spans(cells) => cells.spans.len(),
            Cells::Stored(cells) => cells.len(),
            Cells::Strings(strings) => strings.len(),
        }
    }

    /// Whether every cell is blank.
    pub fn is_empty(&self) -> bool {
        self.filled_from(0).next().is_none()
    }

    /// The indices of the cells from an index on that are not blank, those far behind the table of a worksheet too.
    pub fn filled_from(&self, first: usize) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let (dense, sparse) = match self.cells {
            Cells::Stored(cells) => (0..0, Some(cells.filled_from(first))),
            Cells::Spans(_) | Cells::Strings(_) => (first..self.len(), None),
        };
        dense.chain(sparse.into_iter().flatten()).filter(|index| !self.trimmed(*index).is_empty())
    }

    /// The cells.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + '_ {
        (0..self.len()).map(|index| self.cell(index))
    }
}

/// Bytes that a row mostly takes at most.
const USUAL_ROW: usize = 1 << 10;

/// Rows in file order. Rows of a text that have not even a delimiter are skipped, but counted.
pub struct Rows {
    blocks: Blocks,
    block: Option<ParsedBlock>,
    next: usize,
}

impl Rows {
    pub(super) fn new(blocks: Blocks) -> Rows {
        Rows { blocks, block: None, next: 0 }
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        while self.block.as_ref().is_none_or(|block| block.row(self.next).is_none()) {
            let Some(block) = self.blocks.next_block()? else { return Ok(None) };
            (self.block, self.next) = (Some(block.parse()), 0);
        }
        self.next += 1;
        Ok(self.block.as_ref().and_then(|block| block.row(self.next - 1)))
    }
}

/// Where a cell stands in a text, and whether it is known to be plain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: usize,
    /// The length, and a bit at the end for what may not be plain.
    length: usize,
}

impl Span {
    fn new((start, end): (usize, usize), is_plain: bool) -> Span {
        Span { start, length: (end - start) << 1 | usize::from(!is_plain) }
    }

    fn end(self) -> usize {
        self.start + (self.length >> 1)
    }

    fn is_plain(self) -> bool {
        self.length & 1 == 0
    }
}

/// A row of a text: its number, and which of the cells found so far are its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowSpan {
    number: u64,
    first: usize,
    end: usize,
    are_neat: bool,
}

impl RowSpan {
    pub fn row<'a>(self, text: &'a str, delimiter: u8, spans: &'a [Span]) -> Row<'a> {
        let spans = &spans[self.first..self.end];
        Row { number: self.number, cells: Cells::Spans(Spans { text, delimiter, spans, are_neat: self.are_neat }) }
    }
}

/// Cuts text into rows, and these into the spans of their cells. Quotation marks count as in the csv crate: a cell is
/// quoted where it begins with one, two of them in such a cell stand for one, and elsewhere they are letters. Quoted cells
/// that do not stand in the text as they are meant are added behind it.
///
/// The program runs on any machine; those with more instructions for bits and bytes have a form of their own here.
#[multiversion(targets("x86_64+avx+avx2+bmi1+bmi2+popcnt"))]
pub(super) fn split(text: &mut String, delimiter: u8, lines_before: u64, spans: &mut Vec<Span>) -> Vec<RowSpan> {
    let bytes = text.as_bytes();
    let (mut rows, mut meant) = (Vec::new(), String::new());
    let (mut line, mut row_start, mut start, mut are_neat) = (lines_before, 0, 0, true);
    let (mut signs, mut word) = (Signs::new(bytes, [delimiter, b'\n', b'"']), Word::default());
    while let Some(mut at) = signs.next(&mut word) {
        let sign = bytes[at];
        if sign == b'"' {
            if at != start {
                continue;
            }
            // The loop keeps its word in registers, so this one gets another.
            let mut inside = word;
            let span = quoted_cell(text, &mut at, delimiter, (&mut signs, &mut inside), &mut meant);
            word = inside;
            word.end_cell();
            spans.push(Span::new(span, false));
            are_neat = false;
        } else {
            let is_empty_line = sign == b'\n' && at == start && spans.len() == row_start;
            let marks = word.end_cell();
            if !is_empty_line {
                let is_trimmed = !(marks.is_odd | marks.has_blank) || is_surely_trimmed(&bytes[start..at]);
                are_neat &= is_trimmed;
                spans.push(Span::new((start, at), is_trimmed & !marks.is_odd));
            }
        }
        start = at + 1;
        if sign == delimiter {
            continue;
        }
        // Only a quoted cell that was never closed ends where there is no sign.
        let is_line_end = bytes.get(at) == Some(&b'\n');
        line += u64::from(is_line_end);
        if (is_line_end || at >= bytes.len()) && spans.len() > row_start {
            rows.push(RowSpan { number: line.max(1), first: row_start, end: spans.len(), are_neat });
            (row_start, are_neat) = (spans.len(), true);
        }
    }
    text.push_str(&meant);
    rows
}

/// The span of the quoted cell that begins at `at`, which is moved to the sign that ends it.
fn quoted_cell(
    text: &str,
    at: &mut usize,
    delimiter: u8,
    (signs, word): (&mut Signs<'_>, &mut Word),
    meant: &mut String,
) -> (usize, usize) {
    let bytes = text.as_bytes();
    let begin = *at + 1;
    let added = meant.len();
    let (mut from, mut is_open) = (begin, true);
    let mut closed = None;
    *at = bytes.len();
    while let Some(sign) = signs.next(word) {
        match (is_open, bytes[sign] == b'"') {
            (true, true) => {
                is_open = false;
                closed = Some(sign);
            }
            (false, true) if closed.is_some_and(|closed| closed + 1 == sign) => {
                // Two of them stand for one.
                meant.push_str(&text[from..sign]);
                from = sign + 1;
                is_open = true;
            }
            (false, false) => {
                debug_assert!(bytes[sign] == delimiter || bytes[sign] == b'\n', "one of the signs");
                *at = sign;
                break;
            }
            _ => {}
        }
    }
    let end = match closed {
        Some(closed) if !is_open => closed,
        _ => *at,
    };
    let is_as_meant = from == begin && (is_open || end + 1 == *at);
    if is_as_meant {
        return (begin, end);
    }
    meant.push_str(&text[from..end]);
    // What stands behind the closing mark belongs to the cell.
    if !is_open {
        meant.push_str(&text[end + 1..*at]);
    }
    (text.len() + added, text.len() + meant.len())
}

/// The letters by which Excel names a column, from 0.
pub fn column_letters(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).expect("below 26");
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The delimiter that cuts the first lines most evenly, and of those the one that cuts into the most cells: comma, tab
/// or semicolon. Tabs inside the cells of a comma-separated file cut its lines unevenly.
pub(super) fn detect_delimiter(head: &[u8]) -> u8 {
    let mut best = (b',', 0, 1);
    for delimiter in [b',', b'\t', b';'] {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(head);
        let counts: Vec<usize> = reader.byte_records().flatten().take(20).map(|record| record.len()).collect();
        let alike = |count: usize| counts.iter().filter(|other| **other == count).count();
        let Some(cells) = counts.iter().copied().max_by_key(|count| (alike(*count), *count)) else { continue };
        if cells > 1 && (alike(cells), cells) > (best.1, best.2) {
            best = (delimiter, alike(cells), cells);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabular::decode::{Encoding, TextReader};
    use crate::tabular::{Limits, TextForm};
    use proptest::prelude::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let form = TextForm { encoding: Encoding::Utf8, bom: false, delimiter: b',' };
        let text = TextReader::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())), form);
        let mut rows = Rows::new(Blocks::text(text, b',', Limits::SERVER));
        let mut found = Vec::new();
        while let Some(row) = rows.next_row().expect("in memory") {
            found.push((row.number, row.cells().map(str::to_owned).collect()));
        }
        found
    }

    /// The rows as the csv crate reads them.
    fn rows_of_the_csv_crate(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut equal = text.replace("\r\n", "\n").replace('\r', "\n");
        if !text.is_empty() && !text.ends_with('\n') {
            equal.push('\n');
        }
        let equal = equal.strip_prefix('\u{feff}').unwrap_or(&equal);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(equal.as_bytes());
        let (mut record, mut inside, mut found) = (csv::StringRecord::new(), 0, Vec::new());
        while reader.read_record(&mut record).expect("UTF-8") {
            inside += record.as_slice().matches('\n').count();
            let lines = reader.position().line() - 1;
            let number = lines.saturating_sub(u64::try_from(inside).expect("few")).max(1);
            found.push((number, record.iter().map(str::to_owned).collect()));
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn rows_are_those_of_the_csv_crate(text in "[a,\"\n\ré]{0,40}") {
            prop_assert_eq!(rows(&text), rows_of_the_csv_crate(&text));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn rows_are_joined_alike_if_their_cells_are(text in "[a,\"\n ]{0,40}") {
            let form = TextForm { encoding: Encoding::Utf8, bom: false, delimiter: b',' };
            let source = TextReader::new(Box::new(std::io::Cursor::new(text.into_bytes())), form);
            let block = Blocks::text(source, b',', Limits::SERVER).next_block().expect("in memory").map(super::super::Block::parse);
            let rows: Vec<Row<'_>> = block.iter().flat_map(ParsedBlock::rows).collect();
            for (one, other) in rows.iter().flat_map(|one| rows.iter().map(move |other| (one, other))) {
                let cells = |row: &Row<'_>| (0..3).map(|index| trim(row.cell(index)).to_owned()).collect::<Vec<_>>();
                prop_assert_eq!(one.joined(3) == other.joined(3), cells(one) == cells(other));
            }
        }
    }

    #[test]
    fn rows_are_those_of_the_csv_crate_across_blocks() {
        for cell in ["a", "\"a\nb\"", "a\"b", "\"a\"\"b\"c", "\"a,b\"", "", "\"\""] {
            let text = format!("{cell},あ\n").repeat(40_000) + "x,\"y\n";
            assert!(rows(&text) == rows_of_the_csv_crate(&text), "{cell}");
        }
    }

    #[test]
    fn rows_have_the_numbers_that_excel_shows() {
        let numbers = |text: &str| rows(text).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers("a,b\nc,d\n"), [1, 2]);
        assert_eq!(numbers("a,b\r\n\r\n\r\nc,d\r\ne,f"), [1, 4, 5]);
        assert_eq!(numbers("a,\"b\nb\nb\"\nc,d\n\n\"e\r\ne\",f\ng,h\n"), [1, 2, 4, 5]);
        assert_eq!(numbers("\n\na,b\rc,d\r"), [3, 4]);
    }

    #[test]
    fn cells_keep_their_line_breaks() {
        assert_eq!(rows("x,\"1\r\n2\"\n"), [(1, vec!["x".to_owned(), "1\n2".to_owned()])]);
    }

    #[test]
    fn columns_have_the_letters_of_excel() {
        let letters = [0, 25, 26, 51, 52, 701, 702].map(column_letters);
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn the_delimiter_is_what_cuts_most() {
        assert_eq!(detect_delimiter("名称,住所\nA,\"1;2;3\"\n".as_bytes()), b',');
        assert_eq!(detect_delimiter("名称\t住所\nA,B\t1,2\n".as_bytes()), b'\t');
        assert_eq!(detect_delimiter("名称;住所\nA;B\n".as_bytes()), b';');
        assert_eq!(detect_delimiter("名称\n".as_bytes()), b',');
        assert_eq!(detect_delimiter("名称,緯度,経度\n\"\tA\t\",1,2\nB,\t3\t,4\n".as_bytes()), b',');
    }
}
