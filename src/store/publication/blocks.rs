//! The rows of a stored table as entries of the search index, made on a thread beside the one that loads the rows.

use std::cell::RefCell;
use std::io::{self, Seek, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use diesel::connection::SimpleConnection;
use diesel::pg::{CopyFormat, PgConnection};
use diesel::prelude::*;
use tempfile::SpooledTempFile;

use super::copy::{END, HEADER, push_field};
use crate::store::StoreError;
use crate::store::search::{self, BLOCK_ROWS};
use crate::store::tables::{datasets, records, search_blocks, stored_tables};

/// Rows that are read at a time.
const BATCH: i64 = 512 * 32;
/// So many bytes of blocks are kept in memory until they are entered; more are in a file.
const IN_MEMORY: usize = 4 << 20;

/// How the index takes entries: many at a time, sorted, so that each of its pages is written few times. For the transaction.
const GATHERED: &str = "SET LOCAL gin_pending_list_limit = '64MB'; SET LOCAL work_mem = '64MB'; \
                        SET LOCAL maintenance_work_mem = '64MB'";

/// Enters the tables that were stored before there was an index.
///
/// # Errors
/// Where the database fails.
pub fn enter_missing(connection: &mut PgConnection) -> Result<(), StoreError> {
    let is_entered = diesel::dsl::exists(search_blocks::table.filter(search_blocks::table_id.eq(stored_tables::id)));
    let missing: Vec<i64> = stored_tables::table
        .filter(stored_tables::row_count.gt(0).and(diesel::dsl::not(is_entered)))
        .select(stored_tables::id)
        .order(stored_tables::id)
        .load(connection)?;
    missing.into_iter().try_for_each(|table| connection.transaction(|connection| enter(connection, table)))
}

fn enter(connection: &mut PgConnection, table: i64) -> Result<(), StoreError> {
    let mut blocks = Blocks::of_table(connection, table)?;
    let mut last = 0;
    loop {
        let rows: Vec<(i32, String, Option<String>)> = records::table
            .filter(records::table_id.eq(table).and(records::row_number.gt(last)))
            .order(records::row_number)
            .limit(BATCH)
            .select((records::row_number, records::values, records::raw))
            .load(connection)?;
        let Some((end, ..)) = rows.last() else { return blocks.enter(connection) };
        last = *end;
        rows.into_iter().try_for_each(|(row, values, raw)| blocks.add(row, values, raw))?;
    }
}

/// A row: its number, its values and the texts that are none.
type Row = (i32, String, Option<String>);
/// Rows that are handed over at once, and how often that may be before the first of them are worked off.
const HANDFUL: usize = 256;
const WAITING: usize = 4;

/// The blocks of a table, made from its rows one after the other and entered together.
pub struct Blocks {
    rows: Vec<Row>,
    maker: SyncSender<Vec<Row>>,
    made: JoinHandle<io::Result<SpooledTempFile>>,
}

impl Blocks {
    /// Begins with a stored table.
    pub fn of_table(connection: &mut PgConnection, table: i64) -> Result<Blocks, StoreError> {
        let maker = Maker::of_table(connection, table)?;
        let (sender, rows) = mpsc::sync_channel(WAITING);
        let made = thread::Builder::new().spawn(|| maker.make(rows))?;
        Ok(Blocks { rows: Vec::with_capacity(HANDFUL), maker: sender, made })
    }

    /// Adds a row; their numbers rise.
    pub fn add(&mut self, row: i32, values: String, raw: Option<String>) -> io::Result<()> {
        self.rows.push((row, values, raw));
        if self.rows.len() < HANDFUL {
            return Ok(());
        }
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(HANDFUL));
        // Why the maker has stopped, it says at the end.
        self.maker.send(rows).map_err(|_| io::Error::other("the search index could not be made"))
    }

    /// Enters all of them.
    pub fn enter(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        drop(self.maker.send(self.rows));
        drop(self.maker);
        let ready = self.made.join().map_err(|_| io::Error::other("the maker of the search index panicked"))??;
        connection.batch_execute(GATHERED)?;
        let target = (search_blocks::table_id, search_blocks::first_row, search_blocks::tokens, search_blocks::folded);
        // Diesel wants a function that changes nothing.
        let ready = RefCell::new(ready);
        diesel::copy_from(search_blocks::table)
            .from_raw_data(target, |mut out| match io::copy(&mut *ready.borrow_mut(), &mut out) {
                Ok(_) => Ok(()),
                Err(error) => Err(diesel::result::Error::SerializationError(Box::new(error))),
            })
            .with_format(CopyFormat::Binary)
            .execute(connection)?;
        // What waits outside of the index is read by every search.
        diesel::sql_query("SELECT gin_clean_pending_list('search_blocks_tokens')").execute(connection)?;
        Ok(())
    }
}

/// Makes the blocks.
struct Maker {
    table: i64,
    /// Tokens that every block has.
    of_all: Vec<i32>,
    /// The block that is being filled: its first row, the row of the next line, tokens and lines.
    first_row: i32,
    next_row: i32,
    tokens: Vec<i32>,
    lines: String,
    line: String,
    /// What `COPY` is given.
    ready: SpooledTempFile,
}

impl Maker {
    fn of_table(connection: &mut PgConnection, table: i64) -> Result<Maker, StoreError> {
        let (name, standard): (String, Option<String>) = stored_tables::table
            .inner_join(datasets::table)
            .filter(stored_tables::id.eq(table))
            .select((stored_tables::name, datasets::standard))
            .first(connection)?;
        let mut ready = SpooledTempFile::new(IN_MEMORY);
        ready.write_all(HEADER)?;
        Ok(Maker {
            table,
            of_all: standard
                .map(|slug| search::standard(&slug, &name))
                .into_iter()
                .chain([search::table(table)])
                .collect(),
            first_row: 0,
            next_row: 0,
            tokens: Vec::new(),
            lines: String::new(),
            line: String::new(),
            ready,
        })
    }

    /// What `COPY` is to be given for all rows.
    fn make(mut self, rows: Receiver<Vec<Row>>) -> io::Result<SpooledTempFile> {
        for (row, values, raw) in rows.into_iter().flatten() {
            self.add(row, &values, raw.as_deref())?;
        }
        self.finish_block()?;
        self.ready.write_all(END)?;
        self.ready.rewind()?;
        Ok(self.ready)
    }

    fn add(&mut self, row: i32, values: &str, raw: Option<&str>) -> io::Result<()> {
        let first = (row - 1) / BLOCK_ROWS * BLOCK_ROWS + 1;
        if first != self.first_row {
            self.finish_block()?;
            (self.first_row, self.next_row) = (first, first);
            self.tokens.extend(&self.of_all);
        }
        // Rows that are missing are empty lines, so that the line tells the row.
        while self.next_row < row {
            self.lines.push('\n');
            self.next_row += 1;
        }
        self.line.clear();
        search::add_record(values, raw, &mut self.line, &mut self.tokens);
        self.lines.push_str(&self.line);
        Ok(())
    }

    fn finish_block(&mut self) -> io::Result<()> {
        if self.tokens.is_empty() {
            return Ok(());
        }
        self.tokens.sort_unstable();
        self.tokens.dedup();
        let mut bytes = Vec::with_capacity(self.lines.len() + 8 * self.tokens.len() + 64);
        bytes.extend_from_slice(&4_i16.to_be_bytes());
        push_field(&self.table.to_be_bytes(), &mut bytes);
        push_field(&self.first_row.to_be_bytes(), &mut bytes);
        push_field(&array(&self.tokens), &mut bytes);
        push_field(self.lines.as_bytes(), &mut bytes);
        self.tokens.clear();
        self.lines.clear();
        self.ready.write_all(&bytes)
    }
}

/// An `integer[]` as `COPY` takes it: dimensions, whether there are nulls, the type, the length and the lower bound, then
/// each element with its length.
fn array(elements: &[i32]) -> Vec<u8> {
    const INTEGER: i32 = 23;
    let length = i32::try_from(elements.len()).expect("a block has some thousands of tokens");
    let mut bytes = Vec::with_capacity(20 + 8 * elements.len());
    for number in [1, 0, INTEGER, length, 1] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    for element in elements {
        bytes.extend_from_slice(&4_i32.to_be_bytes());
        bytes.extend_from_slice(&element.to_be_bytes());
    }
    bytes
}
