//! The rows of a stored table as entries of the search index.

use diesel::pg::{CopyFormat, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};

use super::copy::push_field;
use crate::store::StoreError;
use crate::store::search::{self, BLOCK_ROWS};
use crate::store::tables::{search_blocks, stored_tables};

/// Rows that are read, and blocks of them written, at a time.
const BATCH: i64 = 512 * 32;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    row_number: i32,
    #[diesel(sql_type = Text)]
    values: String,
    #[diesel(sql_type = Nullable<Text>)]
    raw: Option<String>,
}

/// Enters all rows of a stored table.
pub fn enter(connection: &mut PgConnection, table: i64) -> Result<(), StoreError> {
    let mut last = 0;
    let mut entries = Entries { table, ..Entries::default() };
    loop {
        let rows: Vec<Row> = diesel::sql_query(
            "SELECT row_number, \"values\", raw FROM records WHERE table_id = $1 AND row_number > $2 \
             ORDER BY row_number LIMIT $3",
        )
        .bind::<BigInt, _>(table)
        .bind::<Integer, _>(last)
        .bind::<BigInt, _>(BATCH)
        .load(connection)?;
        let Some(end) = rows.last() else { break };
        last = end.row_number;
        rows.iter().for_each(|row| entries.add(row));
        entries.write(connection)?;
    }
    entries.finish_block();
    entries.write(connection)?;
    // What waits outside of the index is read by every search.
    diesel::sql_query("SELECT gin_clean_pending_list('search_blocks_tokens')").execute(connection)?;
    Ok(())
}

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
    for table in missing {
        connection.transaction(|connection| enter(connection, table))?;
    }
    Ok(())
}

/// Blocks that are ready for `COPY`, and the one that is being filled.
#[derive(Default)]
struct Entries {
    table: i64,
    first_row: i32,
    next_row: i32,
    tokens: Vec<i32>,
    lines: String,
    ready: Vec<u8>,
}

impl Entries {
    fn add(&mut self, row: &Row) {
        let first = (row.row_number - 1) / BLOCK_ROWS * BLOCK_ROWS + 1;
        if first != self.first_row {
            self.finish_block();
            (self.first_row, self.next_row) = (first, first);
            self.tokens.push(search::table(self.table));
        }
        // Rows that are missing are empty lines, so that the line tells the row.
        while self.next_row < row.row_number {
            self.lines.push('\n');
            self.next_row += 1;
        }
        let mut line = String::new();
        search::add_record(&row.values, row.raw.as_deref(), &mut line, &mut self.tokens);
        self.lines.push_str(&line);
    }

    fn finish_block(&mut self) {
        if self.tokens.is_empty() {
            return;
        }
        self.tokens.sort_unstable();
        self.tokens.dedup();
        self.ready.extend_from_slice(&4_i16.to_be_bytes());
        push_field(&self.table.to_be_bytes(), &mut self.ready);
        push_field(&self.first_row.to_be_bytes(), &mut self.ready);
        push_field(&array(&self.tokens), &mut self.ready);
        push_field(self.lines.as_bytes(), &mut self.ready);
        self.tokens.clear();
        self.lines.clear();
    }

    fn write(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.ready.is_empty() {
            return Ok(());
        }
        let target = (search_blocks::table_id, search_blocks::first_row, search_blocks::tokens, search_blocks::folded);
        diesel::copy_from(search_blocks::table)
            .from_raw_data(target, |out| {
                let written = out
                    .write_all(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0")
                    .and_then(|()| out.write_all(&self.ready))
                    .and_then(|()| out.write_all(&(-1_i16).to_be_bytes()));
                written.map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
            })
            .with_format(CopyFormat::Binary)
            .execute(connection)?;
        self.ready.clear();
        Ok(())
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
