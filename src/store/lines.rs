//! Lines: of a stored table the values of one column, or what is searched, as a file, a row a line. To find a text in it costs
//! a tenth of what PostgreSQL needs to unpack and hand over the same.
//!
//! A file is the lines of all rows, line n that of row n; then the place of each block of rows, eight bytes each; then how
//! many blocks there are, and [`SEAL`].

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use super::StoreError;
use super::search::BLOCK_ROWS;
use super::tables::search_blocks;

/// Ends a file. To change how files are laid out, change it.
const SEAL: &[u8; 8] = b"MKLINES1";
/// So many bytes of consecutive blocks are read at once, or else one block.
const PIECE: u64 = 256 << 10;
/// Rows that are taken from the database at once while a file is made.
const BATCH: i64 = 16_384;

/// Writes what is searched of each row of a table: see [`super::search`].
///
/// # Errors
/// Where the database or the file fails.
pub fn write_searched(connection: &mut PgConnection, table: i64, out: impl Write) -> Result<(), StoreError> {
    let mut out = Writer::new(out);
    let mut behind = 0;
    loop {
        let blocks: Vec<(i32, String)> = search_blocks::table
            .filter(search_blocks::table_id.eq(table).and(search_blocks::first_row.gt(behind)))
            .order(search_blocks::first_row)
            .limit(BATCH / i64::from(BLOCK_ROWS))
            .select((search_blocks::first_row, search_blocks::folded))
            .load(connection)?;
        let Some((last, _)) = blocks.last() else { return Ok(out.seal()?) };
        behind = *last;
        for (first_row, lines) in blocks {
            (first_row..).zip(lines.split('\n')).try_for_each(|(row, line)| out.line(row, line))?;
        }
    }
}

#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Integer)]
    row_number: i32,
    #[diesel(sql_type = Text)]
    token: String,
}

/// Writes the JSON token of each row of a table in the field with this index.
///
/// # Errors
/// As [`write_searched`].
pub fn write_field(connection: &mut PgConnection, table: i64, field: usize, out: impl Write) -> Result<(), StoreError> {
    let mut out = Writer::new(out);
    let position = i32::try_from(field + 1).expect("a table has at most some thousand fields");
    let mut behind = 0;
    loop {
        let sql = "SELECT row_number, split_part(\"values\", E'\\n', $3) AS token FROM records \
                   WHERE table_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $4";
        let cells: Vec<Cell> = diesel::sql_query(sql)
            .bind::<BigInt, _>(table)
            .bind::<Integer, _>(behind)
            .bind::<Integer, _>(position)
            .bind::<BigInt, _>(BATCH)
            .load(connection)?;
        let Some(last) = cells.last() else { return Ok(out.seal()?) };
        behind = last.row_number;
        for Cell { row_number, token } in cells {
            // What a record from before the field was added has there.
            out.line(row_number, if token.is_empty() { "null" } else { &token })?;
        }
    }
}

/// Writes the lines of a table, in the order of rows.
struct Writer<W> {
    out: W,
    next_row: i32,
    written: u64,
    /// The place of each block so far.
    places: Vec<u8>,
}

impl<W: Write> Writer<W> {
    fn new(out: W) -> Writer<W> {
        Writer { out, next_row: 1, written: 0, places: Vec::new() }
    }

    /// Adds the line of a row. Rows that are missing are empty lines.
    fn line(&mut self, row: i32, line: &str) -> io::Result<()> {
        while self.next_row <= row {
            if (self.next_row - 1) % BLOCK_ROWS == 0 {
                self.places.extend(self.written.to_le_bytes());
            }
            let line = if self.next_row == row { line } else { "" };
            self.out.write_all(line.as_bytes())?;
            self.out.write_all(b"\n")?;
            self.written += u64::try_from(line.len() + 1).expect("a length fits");
            self.next_row += 1;
        }
        Ok(())
    }

    fn seal(mut self) -> io::Result<()> {
        self.out.write_all(&self.places)?;
        let blocks = u64::try_from(self.places.len() / 8).expect("a length fits");
        self.out.write_all(&blocks.to_le_bytes())?;
        self.out.write_all(SEAL)
    }
}

/// The lines of a table, opened.
pub struct LinesFile {
    file: File,
    /// The place of each block, and where the last one ends.
    places: Vec<u8>,
}

impl LinesFile {
    /// Reads the places of the blocks of so many rows.
    ///
    /// # Errors
    /// Where the file cannot be read, or is none of this kind, or of other rows.
    pub fn open(file: File, length: u64, rows: i32) -> io::Result<LinesFile> {
        let mut end = [0; 16];
        let places_end = length.checked_sub(16).ok_or(io::ErrorKind::InvalidData)?;
        file.read_exact_at(&mut end, places_end)?;
        let (blocks, seal) = end.split_at(8);
        let places_length = number(blocks).checked_mul(8).filter(|_| seal == SEAL).ok_or(io::ErrorKind::InvalidData)?;
        let expected = u64::try_from((i64::from(rows) + i64::from(BLOCK_ROWS) - 1) / i64::from(BLOCK_ROWS));
        if expected != Ok(number(blocks)) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let lines_end = places_end.checked_sub(places_length).ok_or(io::ErrorKind::InvalidData)?;
        let mut places = vec![0; usize::try_from(places_length).map_err(io::Error::other)?];
        file.read_exact_at(&mut places, lines_end)?;
        places.extend(lines_end.to_le_bytes());
        Ok(LinesFile { file, places })
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> usize {
        self.places.len() / 8 - 1
    }

    fn place(&self, block: usize) -> u64 {
        self.places.get(8 * block..8 * block + 8).map_or(0, number)
    }

    /// Hands the lines of these blocks to `each`, some blocks at a time that follow one another: the row of the first line,
    /// and the lines, each with a line break behind it. The blocks are told by number, the first being 0, and rise; such as
    /// are not there are left out.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(&self, blocks: impl IntoIterator<Item = usize>, mut each: impl FnMut(i32, &[u8])) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut blocks = blocks.into_iter().filter(|block| *block < self.blocks()).peekable();
        while let Some(first) = blocks.next() {
            let (begin, mut behind) = (self.place(first), first + 1);
            while let Some(next) = blocks.next_if(|next| *next == behind && self.place(next + 1) - begin <= PIECE) {
                behind = next + 1;
            }
            let length = self.place(behind).checked_sub(begin).ok_or(io::ErrorKind::InvalidData)?;
            bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
            self.file.read_exact_at(&mut bytes, begin)?;
            each(i32::try_from(first).map_err(io::Error::other)? * BLOCK_ROWS + 1, &bytes);
        }
        Ok(())
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opened(bytes: &[u8], rows: i32) -> io::Result<LinesFile> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        LinesFile::open(file, u64::try_from(bytes.len()).expect("a length fits"), rows)
    }

    proptest! {
        #[test]
        fn every_line_comes_back_with_its_row(
            lines in prop::collection::btree_map(1..3_000_i32, "[a-zあ-ん\"]{0,300}", 0..200),
            wanted in prop::collection::btree_set(0..100_usize, 0..100),
        ) {
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&mut bytes);
            lines.iter().for_each(|(row, line)| writer.line(*row, line).unwrap());
            writer.seal().unwrap();
            let last = lines.last_key_value().map_or(0, |(row, _)| *row);
            let file = opened(&bytes, last).unwrap();
            prop_assert!(opened(&bytes, last + BLOCK_ROWS).is_err());
            prop_assert_eq!(i32::try_from(file.blocks()), Ok((last + BLOCK_ROWS - 1) / BLOCK_ROWS));
            let mut found = Vec::new();
            file.read(wanted.iter().copied(), |first, bytes| {
                let text = std::str::from_utf8(bytes).unwrap().strip_suffix('\n').unwrap();
                found.extend((first..).zip(text.split('\n').map(str::to_owned)));
            }).unwrap();
            let is_wanted = |row: i32| wanted.contains(&usize::try_from((row - 1) / BLOCK_ROWS).unwrap());
            let expected = (1..=last).filter(|row| is_wanted(*row));
            let expected: Vec<(i32, String)> =
                expected.map(|row| (row, lines.get(&row).cloned().unwrap_or_default())).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let mut whole = Vec::new();
        let mut writer = Writer::new(&mut whole);
        (1..100).for_each(|row| writer.line(row, "一行").unwrap());
        writer.seal().unwrap();
        assert!(opened(&whole, 99).is_ok());
        for length in 0..whole.len() {
            assert!(opened(&whole[..length], 99).is_err(), "{length} bytes");
        }
    }
}
