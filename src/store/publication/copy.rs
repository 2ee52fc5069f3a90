//! Rows on their way into the database: one `COPY … WITH (FORMAT binary)`, in which no text needs escaping
//! (<https://www.postgresql.org/docs/current/sql-copy.html>, "Binary Format").

use std::cell::RefCell;
use std::io::Write;

use diesel::pg::{CopyFormat, PgConnection};
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use super::blocks::Blocks;
use super::profile::Profile;
use crate::catalog::{BoundingBox, NewRecord};
use crate::store::StoreError;
use crate::store::tables::records;

/// A number of more characters is refused: PostgreSQL could not compare it.
const LONGEST_NUMBER: usize = 1_000;
/// Bytes that are gathered before they are sent.
const BUFFER: usize = 1 << 16;

/// How binary data begin: the signature, no flags, no more of a header.
pub const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// How they end: with a row of −1 fields.
pub const END: &[u8] = &(-1_i16).to_be_bytes();

/// What the rows came to.
#[derive(Debug, Default)]
pub struct Loaded {
    pub rows: i64,
    pub last_row: i32,
    /// How many rows have coordinates.
    pub located: i64,
    pub bounding_box: Option<BoundingBox>,
    /// For each column, in how many records it holds a value.
    pub filled: Vec<i64>,
    /// The values of each column.
    pub profile: Profile,
}

/// Loads all rows into a stored table, and adds each to the blocks of the search index.
pub fn load<E: From<StoreError>>(
    connection: &mut PgConnection,
    table: i64,
    blocks: &mut Blocks,
    rows: &mut dyn FnMut() -> Result<Option<NewRecord>, E>,
) -> Result<Loaded, E> {
    // Diesel wants a function that changes nothing, and after an error in it answers with the server's complaint that
    // the rows ended early. So the work stands in a cell, and the error that matters is kept aside.
    let work = RefCell::new((rows, blocks, Loaded::default(), None::<E>));
    let target =
        (records::table_id, records::row_number, records::record_id, records::values, records::geometry, records::raw);
    let copied = diesel::copy_from(records::table)
        .from_raw_data(target, |out| {
            let (rows, blocks, loaded, failure) = &mut *work.borrow_mut();
            match write_rows(table, rows, blocks, loaded, out) {
                Ok(()) => Ok(()),
                Err(Stop::Refused(error)) => {
                    *failure = Some(error);
                    Err(DieselError::RollbackTransaction)
                }
                Err(Stop::Write(error)) => Err(DieselError::SerializationError(Box::new(error))),
            }
        })
        .with_format(CopyFormat::Binary)
        .execute(connection);
    let (.., loaded, failure) = work.into_inner();
    match (failure, copied) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(StoreError::from(error).into()),
        (None, Ok(_)) => Ok(loaded),
    }
}

/// Why no more rows are written.
enum Stop<E> {
    Refused(E),
    Write(std::io::Error),
}

impl<E> From<std::io::Error> for Stop<E> {
    fn from(error: std::io::Error) -> Stop<E> {
        Stop::Write(error)
    }
}

fn write_rows<E: From<StoreError>>(
    table: i64,
    rows: &mut dyn FnMut() -> Result<Option<NewRecord>, E>,
    blocks: &mut Blocks,
    loaded: &mut Loaded,
    out: &mut dyn Write,
) -> Result<(), Stop<E>> {
    let mut buffer = Vec::with_capacity(BUFFER + (BUFFER >> 2));
    buffer.extend_from_slice(HEADER);
    while let Some(record) = rows().map_err(Stop::Refused)? {
        check(&record, loaded.last_row)
            .map_err(|reason| StoreError::InvalidRecord { row: record.row_number, reason })
            .map_err(|error| Stop::Refused(error.into()))?;
        push_record(table, &record, &mut buffer);
        loaded.rows += 1;
        loaded.last_row = record.row_number;
        loaded.profile.begin_row(record.row_number);
        count_filled(&record.values, loaded);
        if let Some((longitude, latitude)) = record.point {
            loaded.located += 1;
            let point = BoundingBox::of_point(longitude, latitude);
            loaded.bounding_box = Some(loaded.bounding_box.map_or(point, |bounds| bounds.with(point)));
        }
        blocks.add(record.row_number, record.values, record.raw)?;
        if buffer.len() >= BUFFER {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(END);
    out.write_all(&buffer)?;
    Ok(())
}

fn count_filled(values: &str, loaded: &mut Loaded) {
    let Loaded { filled, profile, .. } = loaded;
    for (field, token) in values.split('\n').enumerate() {
        if field == filled.len() {
            filled.push(0);
        }
        filled[field] += i64::from(token != "null");
        profile.count(field, token);
    }
}

/// Whatever is let in here, every query can read.
fn check(record: &NewRecord, last_row: i32) -> Result<(), &'static str> {
    if record.row_number <= last_row {
        return Err("row numbers must rise from 1");
    }
    let texts = [record.record_id.as_str(), &record.values, record.raw.as_deref().unwrap_or_default()];
    if texts.iter().any(|text| text.contains('\0') || holds_escaped_nul(text)) {
        return Err("it holds the character U+0000");
    }
    if record.point.is_some_and(|(longitude, latitude)| !(longitude.abs() <= 180.0 && latitude.abs() <= 90.0)) {
        return Err("its coordinates are out of range");
    }
    if record.record_id.len() > 1_000 {
        return Err("its id is longer than 1,000 bytes");
    }
    let is_long_number = |token: &str| token.len() > LONGEST_NUMBER && !token.starts_with('"');
    if record.values.len() > LONGEST_NUMBER && record.values.split('\n').any(is_long_number) {
        return Err("a number is longer than 1,000 characters");
    }
    Ok(())
}

/// Whether a token holds `\u0000`, and not an escaped backslash before `u0000`.
fn holds_escaped_nul(values: &str) -> bool {
    values.match_indices("\\u0000").any(|(start, _)| {
        let backslashes = values[..start].bytes().rev().take_while(|byte| *byte == b'\\').count();
        backslashes.is_multiple_of(2)
    })
}

fn push_record(table: i64, record: &NewRecord, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&6_i16.to_be_bytes());
    push_field(&table.to_be_bytes(), buffer);
    push_field(&record.row_number.to_be_bytes(), buffer);
    push_field(record.record_id.as_bytes(), buffer);
    push_field(record.values.as_bytes(), buffer);
    match record.point {
        Some((longitude, latitude)) => push_field(&ewkb(longitude, latitude), buffer),
        None => push_null(buffer),
    }
    match &record.raw {
        Some(raw) => push_field(raw.as_bytes(), buffer),
        None => push_null(buffer),
    }
}

fn push_null(buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(&(-1_i32).to_be_bytes());
}

pub fn push_field(bytes: &[u8], buffer: &mut Vec<u8>) {
    let length = i32::try_from(bytes.len()).expect("a row is far smaller than 2 GiB");
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(bytes);
}

/// A point as PostGIS reads it: little-endian, type point with an SRID, SRID 4326, x, y.
fn ewkb(longitude: f64, latitude: f64) -> [u8; 25] {
    let mut bytes = [0; 25];
    bytes[0] = 1;
    bytes[1..5].copy_from_slice(&0x2000_0001_u32.to_le_bytes());
    bytes[5..9].copy_from_slice(&4326_u32.to_le_bytes());
    bytes[9..17].copy_from_slice(&longitude.to_le_bytes());
    bytes[17..25].copy_from_slice(&latitude.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_backslash_before_u0000_is_no_nul() {
        assert!(holds_escaped_nul(r#""a\u0000""#));
        assert!(holds_escaped_nul(r#""a\\\u0000""#));
        assert!(!holds_escaped_nul(r#""a\\u0000""#));
        assert!(!holds_escaped_nul(r#""u0000""#));
    }

    #[test]
    fn columns_are_counted_where_they_hold_something() {
        let mut loaded = Loaded::default();
        for (row, values) in (1..).zip(["\"a\"\nnull\n1", "\"null\"\nnull\nnull", "null\n\"\"\n0"]) {
            loaded.profile.begin_row(row);
            count_filled(values, &mut loaded);
        }
        assert_eq!(loaded.filled, [2, 1, 2]);
    }

    #[test]
    fn what_no_query_could_read_is_refused() {
        let good =
            NewRecord { row_number: 2, record_id: "a".into(), values: "\"a\"\n1".into(), raw: None, point: None };
        assert_eq!(check(&good, 1), Ok(()));
        assert!(check(&good, 2).is_err());
        let raw = |text: &str| NewRecord { raw: Some(text.to_owned()), ..good.clone() };
        assert_eq!(check(&raw("2 \"十人\""), 1), Ok(()));
        assert!(check(&raw("2 \"\\u0000\""), 1).is_err());
        assert!(check(&NewRecord { point: Some((f64::NAN, 0.0)), ..good.clone() }, 1).is_err());
        assert!(check(&NewRecord { values: format!("\"a\"\n{}", "9".repeat(1_001)), ..good.clone() }, 1).is_err());
        assert_eq!(check(&NewRecord { values: format!("\"{}\"\n9", "あ".repeat(1_001)), ..good }, 1), Ok(()));
    }
}
