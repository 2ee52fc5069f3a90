//! Rows of a worksheet as they are kept in a file: sparse, so that cells far away cost nothing, and readable block by block,
//! so that memory stays bounded.
//!
//! A row is its number in Excel, the number of its filled cells, and for each of these its column (from 0), its length in
//! bytes, and its text in UTF-8. Numbers are LEB128. The file may come from a process that read a stranger's workbook, so the
//! reader takes nothing in it for granted.

use std::io::{self, BufRead, BufReader, Read, Write};

use super::ReadError;

/// Writes one row. Blank cells are not to be among its cells; the columns ascend.
///
/// # Errors
/// The writer's.
pub(super) fn write_row(number: u64, cells: &[(u32, String)], out: &mut dyn Write) -> io::Result<()> {
    let mut head = Vec::with_capacity(20);
    push_number(number, &mut head);
    push_number(length(cells.len()), &mut head);
    out.write_all(&head)?;
    for (column, text) in cells {
        head.clear();
        push_number(u64::from(*column), &mut head);
        push_number(length(text.len()), &mut head);
        out.write_all(&head)?;
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn length(count: usize) -> u64 {
    u64::try_from(count).expect("memory has fewer than 2^64 bytes")
}

fn push_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// A filled cell: its column, and where its text stands in the text of its block.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredCell {
    pub column: usize,
    start: usize,
    end: usize,
}

/// A row: its number, and which of the block's cells are its own.
#[derive(Clone, Copy, Debug)]
struct StoredRow {
    number: u64,
    first: usize,
    end: usize,
}

/// Some rows, unpacked.
#[derive(Debug, Default)]
pub(super) struct StoredBlock {
    text: String,
    cells: Vec<StoredCell>,
    rows: Vec<StoredRow>,
    width: Option<usize>,
}

impl StoredBlock {
    /// Number and cells of the row at an index.
    pub fn row(&self, index: usize) -> Option<(u64, StoredCells<'_>)> {
        let StoredRow { number, first, end } = *self.rows.get(index)?;
        Some((number, StoredCells { text: &self.text, cells: &self.cells[first..end], width: self.width }))
    }

    pub fn row_count(&self) -> usize {
        self.rows.len()
    }
}

/// The filled cells of one row.
#[derive(Clone, Copy)]
pub(super) struct StoredCells<'a> {
    text: &'a str,
    cells: &'a [StoredCell],
    width: Option<usize>,
}

impl<'a> StoredCells<'a> {
    /// How many columns the row counts as having: those of its sheet, or up to its last filled cell.
    pub fn len(self) -> usize {
        self.width.unwrap_or_else(|| self.cells.last().map_or(0, |cell| cell.column + 1))
    }

    /// The cell in a column; empty where there is none.
    pub fn cell(self, column: usize) -> &'a str {
        // In a full row each cell stands at the place of its column.
        let place = match self.cells.get(column) {
            Some(cell) if cell.column == column => column,
            _ => match self.cells.binary_search_by_key(&column, |cell| cell.column) {
                Ok(place) => place,
                Err(_) => return "",
            },
        };
        let StoredCell { start, end, .. } = self.cells[place];
        &self.text[start..end]
    }

    /// The columns of filled cells from a column on.
    pub fn filled_from(self, column: usize) -> impl DoubleEndedIterator<Item = usize> + use<'a> {
        let first = self.cells.partition_point(|cell| cell.column < column);
        self.cells[first..].iter().map(|cell| cell.column)
    }
}

/// Reads rows block by block.
pub(super) struct StoredRows {
    input: BufReader<Box<dyn Read + Send>>,
    /// How many columns at the left are left out.
    first_column: usize,
    width: Option<usize>,
}

/// The least that a block holds, unless the rows end: bytes of text, or rows.
const BLOCK_BYTES: usize = 1 << 17;
const BLOCK_ROWS: usize = 512;

impl StoredRows {
    /// Rows as [`write_row`] wrote them. `width`: how many columns each counts as having.
    pub fn new(input: Box<dyn Read + Send>, first_column: usize, width: Option<usize>) -> StoredRows {
        StoredRows { input: BufReader::with_capacity(1 << 16, input), first_column, width }
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError::Io`], and [`ReadError::Damaged`] for what [`write_row`] did not write.
    pub fn next_block(&mut self) -> Result<Option<StoredBlock>, ReadError> {
        let mut block = StoredBlock { width: self.width, ..StoredBlock::default() };
        while block.rows.len() < BLOCK_ROWS && block.text.len() < BLOCK_BYTES && !self.input.fill_buf()?.is_empty() {
            self.read_row(&mut block)?;
        }
        Ok((!block.rows.is_empty()).then_some(block))
    }

    fn read_row(&mut self, block: &mut StoredBlock) -> Result<(), ReadError> {
        let number = self.read_number()?;
        let count = self.read_number()?;
        let first = block.cells.len();
        let mut before = None;
        for _ in 0..count {
            let column = usize::try_from(self.read_number()?).map_err(|_| unsound())?;
            if before.is_some_and(|before| column <= before) {
                return Err(unsound());
            }
            before = Some(column);
            let length = self.read_number()?;
            let start = block.text.len();
            let read = (&mut self.input).take(length).read_to_string(&mut block.text).map_err(|_| unsound())?;
            if u64::try_from(read) != Ok(length) {
                return Err(unsound());
            }
            match column.checked_sub(self.first_column) {
                Some(column) => block.cells.push(StoredCell { column, start, end: block.text.len() }),
                None => block.text.truncate(start),
            }
        }
        block.rows.push(StoredRow { number, first, end: block.cells.len() });
        Ok(())
    }

    fn read_number(&mut self) -> Result<u64, ReadError> {
        let mut number = 0_u64;
        for shift in (0..63).step_by(7) {
            let mut byte = [0];
            self.input.read_exact(&mut byte).map_err(|_| unsound())?;
            number |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(number);
            }
        }
        Err(unsound())
    }
}

fn unsound() -> ReadError {
    ReadError::Damaged("rows that were not written as rows are written".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Cells = Vec<(u32, String)>;

    fn read(bytes: &[u8], first_column: usize) -> Result<Vec<(u64, Cells)>, ReadError> {
        let mut rows = StoredRows::new(Box::new(io::Cursor::new(bytes.to_vec())), first_column, None);
        let mut found = Vec::new();
        while let Some(block) = rows.next_block()? {
            for (number, cells) in (0..).map_while(|index| block.row(index)) {
                let cell = |column: usize| (u32::try_from(column).expect("small"), cells.cell(column).to_owned());
                found.push((number, cells.filled_from(0).map(cell).collect()));
            }
        }
        Ok(found)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]
        #[test]
        fn rows_come_back_as_they_were_written(
            rows in prop::collection::vec((1_u64..2_000_000, prop::collection::btree_map(0_u32..20_000, "[a市\n]{1,150}", 0..5)), 0..40)
        ) {
            let rows: Vec<(u64, Cells)> = rows.into_iter().map(|(number, cells)| (number, cells.into_iter().collect())).collect();
            let mut bytes = Vec::new();
            for (number, cells) in &rows {
                write_row(*number, cells, &mut bytes).expect("in memory");
            }
            prop_assert_eq!(read(&bytes, 0).expect("sound"), rows.clone());
            let shifted = |cells: &Cells| cells.iter().filter(|(column, _)| *column >= 3).map(|(column, text)| (column - 3, text.clone())).collect();
            let shifted: Vec<(u64, Cells)> = rows.iter().map(|(number, cells)| (*number, shifted(cells))).collect();
            prop_assert_eq!(read(&bytes, 3).expect("sound"), shifted);
        }

        #[test]
        fn any_bytes_are_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, 0);
        }
    }
}
