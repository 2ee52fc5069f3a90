//! Which stored tables are asked.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text};

use super::Row;
use super::statement::Statement;
use crate::catalog::{BoundingBox, StoredTable};
use crate::schema::{Record, Schema};
use crate::store::beside::{Beside, Of};
use crate::store::catalog::newest_serial;
use crate::store::{StoreError, codes, search};

/// The stored tables that a question is asked of. What is in a scope never changes, so it can be kept for its serial.
#[derive(Clone)]
pub struct Scope {
    serial: i64,
    /// By key, which is the order of records as published.
    tables: Vec<Table>,
    /// The token of the search index that all blocks of these tables have.
    token: i32,
    /// The indexes of the fields that have codes in every table.
    coded: Vec<usize>,
    /// What of the tables is kept beside the database.
    beside: Option<Arc<Beside>>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub key: i64,
    /// When it was stored, in microseconds since 1970.
    stored: i64,
    row_count: u64,
    pub last_row: i32,
    pub located: u64,
    /// Around every record with coordinates.
    pub bounds: Option<BoundingBox>,
    /// Only where records of several data sets stand side by side.
    dataset: Option<String>,
}

impl Table {
    /// How its files are named.
    pub fn of(&self) -> Of {
        Of { table: self.key, stored: self.stored }
    }

    /// The id of the data set as a JSON token.
    pub fn dataset_token(&self) -> String {
        format!("\"{}\"", self.dataset.as_deref().unwrap_or_default())
    }
}

/// What is known of each table across organizations, and the SQL types of it.
type TableRow = (i64, i64, i64, i32, i64, Vec<i32>, Option<f64>, Option<f64>, Option<f64>, Option<f64>, String);
type TableColumns = (
    BigInt,
    BigInt,
    BigInt,
    Integer,
    BigInt,
    Array<Integer>,
    Nullable<Double>,
    Nullable<Double>,
    Nullable<Double>,
    Nullable<Double>,
    Text,
);

impl Scope {
    /// One stored table, of a version with this serial.
    pub fn of_table(stored: &StoredTable, serial: i64) -> Scope {
        let table = Table {
            key: stored.key,
            stored: stored.created_at.as_microsecond(),
            row_count: stored.row_count,
            last_row: stored.last_row,
            located: stored.located,
            bounds: stored.bounding_box,
            dataset: None,
        };
        let (token, coded) = (search::table(stored.key), stored.coded.clone());
        Scope { serial, tables: vec![table], token, coded, beside: None }
    }

    /// The same, where files of its tables are kept beside the database.
    pub fn beside(self, files: &Arc<Beside>) -> Scope {
        Scope { beside: Some(Arc::clone(files)), ..self }
    }

    /// The table of this name of every organization that publishes this standard, as it was when the publication
    /// `serial` had become visible; `None`: as it is now. Data sets that are withdrawn now are out in either case.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn across(
        connection: &mut PgConnection,
        standard: &str,
        table: &str,
        serial: Option<i64>,
    ) -> Result<Scope, StoreError> {
        let serial = match serial {
            Some(serial) => serial,
            None => newest_serial(connection)?,
        };
        let mut statement = Statement::new(include_str!("across.sql"));
        statement.push(" AND datasets.standard = ").text(standard);
        statement.push(" AND stored_tables.name = ").text(table);
        statement.push(" AND versions.serial <= ").key(serial);
        statement.push(" ORDER BY datasets.id, versions.serial DESC");
        let rows: Vec<TableRow> = statement.lasting().select::<TableColumns>().load(connection)?;
        let mut coded: Option<Vec<usize>> = None;
        let mut tables = Vec::with_capacity(rows.len());
        for (key, stored, rows, last_row, located, fields, west, south, east, north, dataset) in rows {
            let count = |count: i64| u64::try_from(count).expect("a count is not negative");
            tables.push(Table {
                key,
                stored,
                row_count: count(rows),
                last_row,
                located: count(located),
                bounds: BoundingBox::of_sides(west, south, east, north),
                dataset: Some(dataset),
            });
            if rows > 0 {
                let fields = codes::indexes(&fields);
                coded = Some(match coded {
                    Some(coded) => coded.into_iter().filter(|field| fields.contains(field)).collect(),
                    None => fields,
                });
            }
        }
        tables.sort_by_key(|table| table.key);
        let token = search::standard(standard, table);
        Ok(Scope { serial, tables, token, coded: coded.unwrap_or_default(), beside: None })
    }

    /// The tables, by key.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// What of the tables is kept beside the database.
    pub(super) fn files(&self) -> Option<&Beside> {
        self.beside.as_deref()
    }

    /// Whether the field with this index has codes in every table.
    pub fn is_coded(&self, field: usize) -> bool {
        self.coded.contains(&field)
    }

    /// Everything up to this publication is in the scope.
    pub fn serial(&self) -> i64 {
        self.serial
    }

    /// How many records there are.
    pub fn row_count(&self) -> u64 {
        self.tables.iter().map(|table| table.row_count).sum()
    }

    /// How many records have coordinates.
    pub fn located(&self) -> u64 {
        self.tables.iter().map(|table| table.located).sum()
    }

    /// How many tables there are.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }

    /// The token of the search index that all blocks of the scope have.
    pub(super) fn token(&self) -> i32 {
        self.token
    }

    /// The condition that a row is in the scope.
    pub(super) fn filter(&self) -> Statement {
        self.filter_behind(None)
    }

    /// The condition that a row is in the scope and comes after a place.
    pub(super) fn filter_behind(&self, behind: Option<(i64, i32)>) -> Statement {
        let mut statement = Statement::default();
        match (self.tables.as_slice(), behind) {
            ([], _) => {
                statement.push("false");
            }
            ([table], None) => {
                statement.push("table_id = ").key(table.key);
            }
            ([table], Some((key, row))) if table.key == key => {
                statement.push("table_id = ").key(key).push(" AND row_number > ").integer(row);
            }
            (tables, None) => {
                let keys = tables.iter().map(|table| table.key).collect();
                statement.push("table_id = ANY(").keys(keys).push(")");
            }
            (tables, Some((key, row))) => {
                let keys = tables.iter().map(|table| table.key).filter(|table| *table >= key).collect();
                statement.push("table_id = ANY(").keys(keys).push(")");
                statement.push(" AND (table_id, row_number) > (").key(key).push(", ").integer(row).push(")");
            }
        }
        statement
    }

    /// The tables that hold the first `count` records after a place, at least.
    pub(super) fn first(&self, behind: Option<(i64, i32)>, count: usize) -> Scope {
        let wanted = u64::try_from(count).unwrap_or(u64::MAX);
        let mut found = 0_u64;
        let mut tables = Vec::new();
        for table in &self.tables {
            let is_begun = behind.is_some_and(|(key, _)| table.key == key);
            if behind.is_some_and(|(key, _)| table.key < key) {
                continue;
            }
            tables.push(table.clone());
            // Of the table in which the place is, some records are behind us.
            found = found.saturating_add(if is_begun { 0 } else { table.row_count });
            if found >= wanted {
                break;
            }
        }
        self.with(tables)
    }

    /// Leaves out the first `offset` records: the tables that remain, the place from where on, and what is left of the
    /// offset to be counted off there.
    pub(super) fn skip(&self, offset: usize) -> (Scope, Option<(i64, i32)>, usize) {
        let mut rest = u64::try_from(offset).unwrap_or(u64::MAX);
        let mut tables = self.tables.as_slice();
        while let [first, others @ ..] = tables
            && first.row_count <= rest
        {
            rest -= first.row_count;
            tables = others;
        }
        let scope = self.with(tables.to_vec());
        match (tables.first(), i32::try_from(rest)) {
            // Rows that are numbered without gaps need no counting.
            (Some(first), Ok(row)) if rest > 0 && u64::try_from(first.last_row) == Ok(first.row_count) => {
                (scope, Some((first.key, row)), 0)
            }
            (Some(_), _) => (scope, None, usize::try_from(rest).unwrap_or(usize::MAX)),
            (None, _) => (scope, None, 0),
        }
    }

    /// Only these tables of it, by key.
    pub(super) fn with(&self, tables: Vec<Table>) -> Scope {
        Scope { tables, coded: self.coded.clone(), beside: self.beside.clone(), ..*self }
    }

    /// A row as the record that it is.
    pub(super) fn record(&self, row: Row, schema: &Schema) -> Record {
        let dataset = match self.tables.binary_search_by_key(&row.table, |table| table.key) {
            Ok(index) => self.tables[index].dataset.clone(),
            Err(_) => None,
        };
        let mut values = row.values.0;
        if dataset.is_some() {
            // Columns that single organizations added mean nothing beside those of others.
            truncate(&mut values, schema.fields().len());
        }
        Record { dataset, values, raw: row.raw, distance_m: row.distance }
    }
}

/// Keeps the first `count` tokens.
fn truncate(values: &mut String, count: usize) {
    if let Some((end, _)) = count.checked_sub(1).and_then(|last| values.match_indices('\n').nth(last)) {
        values.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(tables: &[(i64, u64, i32)]) -> Scope {
        let tables = tables.iter().map(|(key, row_count, last_row)| Table {
            key: *key,
            stored: 0,
            row_count: *row_count,
            last_row: *last_row,
            located: 0,
            bounds: None,
            dataset: Some(format!("33000{key}_aed")),
        });
        Scope { serial: 9, tables: tables.collect(), token: 0, coded: Vec::new(), beside: None }
    }

    #[test]
    fn an_offset_passes_over_whole_tables() {
        let scope = scope(&[(1, 10, 10), (2, 5, 7), (3, 4, 4)]);
        let keys = |scope: &Scope| scope.tables.iter().map(|table| table.key).collect::<Vec<_>>();
        for (offset, tables, behind, rest) in [
            (0, vec![1, 2, 3], None, 0),
            (3, vec![1, 2, 3], Some((1, 3)), 0),
            (10, vec![2, 3], None, 0),
            (12, vec![2, 3], None, 2),
            (17, vec![3], Some((3, 2)), 0),
            (19, vec![], None, 0),
            (usize::MAX, vec![], None, 0),
        ] {
            let (left, place, count) = scope.skip(offset);
            assert_eq!((keys(&left), place, count), (tables, behind, rest), "offset {offset}");
        }
    }

    #[test]
    fn a_page_names_no_more_tables_than_it_needs() {
        let scope = scope(&[(1, 10, 10), (2, 5, 7), (3, 4, 4), (4, 4, 4)]);
        let keys = |scope: Scope| scope.tables.into_iter().map(|table| table.key).collect::<Vec<_>>();
        assert_eq!(keys(scope.first(None, 10)), [1]);
        assert_eq!(keys(scope.first(None, 11)), [1, 2]);
        assert_eq!(keys(scope.first(Some((2, 3)), 4)), [2, 3]);
        assert_eq!(keys(scope.first(Some((2, 3)), 400)), [2, 3, 4]);
    }

    #[test]
    fn added_columns_are_cut_off() {
        for (count, expected) in [(1, "1"), (2, "1\n2"), (3, "1\n2\n3"), (4, "1\n2\n3")] {
            let mut values = "1\n2\n3".to_owned();
            truncate(&mut values, count);
            assert_eq!(values, expected);
        }
    }
}
