//! Text as rows of cells, each with the row number that a person sees in Excel.

use super::ReadError;
use super::decode::{LineFacts, TextReader};

/// One row: its number in Excel (the first row is 1, a record with line breaks inside a cell is one row) and its cells.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Number in Excel.
    pub number: u64,
    cells: Cells<'a>,
}

#[derive(Clone, Copy)]
enum Cells<'a> {
    Record(&'a csv::StringRecord),
    Strings(&'a [String]),
}

impl<'a> Row<'a> {
    /// The cell at an index; empty where the row is shorter.
    pub fn cell(&self, index: usize) -> &'a str {
        match self.cells {
            Cells::Record(record) => record.get(index).unwrap_or_default(),
            Cells::Strings(strings) => strings.get(index).map_or("", String::as_str),
        }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        match self.cells {
            Cells::Record(record) => record.len(),
            Cells::Strings(strings) => strings.len(),
        }
    }

    /// Whether every cell is blank.
    pub fn is_empty(&self) -> bool {
        (0..self.len()).all(|index| crate::text::trim(self.cell(index)).is_empty())
    }

    /// The cells.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + '_ {
        (0..self.len()).map(|index| self.cell(index))
    }
}

/// Rows in file order. Rows of a text that have not even a delimiter are skipped, but counted.
pub struct Rows<'a>(Inner<'a>);

enum Inner<'a> {
    Text { reader: Box<csv::Reader<TextReader>>, record: csv::StringRecord, embedded_line_ends: u64 },
    Cells { cells: &'a [Vec<String>], next: usize },
}

impl<'a> Rows<'a> {
    pub(super) fn text(text: TextReader, delimiter: u8) -> Rows<'a> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(text);
        Rows(Inner::Text { reader: Box::new(reader), record: csv::StringRecord::new(), embedded_line_ends: 0 })
    }

    pub(super) fn cells(cells: &'a [Vec<String>]) -> Rows<'a> {
        Rows(Inner::Cells { cells, next: 0 })
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError::Io`].
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        match &mut self.0 {
            Inner::Text { reader, record, embedded_line_ends } => {
                if !reader.read_record(record).map_err(|error| ReadError::Io(error.into()))? {
                    return Ok(None);
                }
                // The text ends every line with LF, so lines read so far less those inside cells are Excel's rows.
                let inside = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
                *embedded_line_ends += u64::try_from(inside).unwrap_or(u64::MAX);
                let number = (reader.position().line() - 1).saturating_sub(*embedded_line_ends).max(1);
                Ok(Some(Row { number, cells: Cells::Record(record) }))
            }
            Inner::Cells { cells, next } => {
                let Some(row) = cells.get(*next) else { return Ok(None) };
                *next += 1;
                Ok(Some(Row {
                    number: u64::try_from(*next).expect("a workbook has fewer than 2^64 rows"),
                    cells: Cells::Strings(row),
                }))
            }
        }
    }

    /// Line ends and quotes counted so far, and how many of the line ends stand inside cells. `None` for a workbook.
    pub fn line_facts(&self) -> Option<(LineFacts, u64)> {
        match &self.0 {
            Inner::Text { reader, embedded_line_ends, .. } => Some((reader.get_ref().facts(), *embedded_line_ends)),
            Inner::Cells { .. } => None,
        }
    }
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
    use crate::tabular::TextForm;
    use crate::tabular::decode::Encoding;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let form = TextForm { encoding: Encoding::Utf8, bom: false, delimiter: b',' };
        let mut rows =
            Rows::text(TextReader::new(Box::new(std::io::Cursor::new(text.as_bytes().to_vec())), form), b',');
        let mut found = Vec::new();
        while let Some(row) = rows.next_row().expect("in memory") {
            found.push((row.number, row.cells().map(str::to_owned).collect()));
        }
        found
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
