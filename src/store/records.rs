//! The only file that knows how a record is laid out (with `publication/copy.rs`, which writes it, and the migrations):
//! turns a [`Query`] into SQL and rows into [`Record`]s. The parts of the SQL are in the modules below.
//!
//! Every order ends with the stored table and the row number, so that a walk through pages visits each record once.

mod coded;
pub mod comparison;
mod expression;
mod filter;
pub mod groups;
mod hits;
mod lines;
mod looks;
mod near;
mod open;
mod order;
mod places;
mod scope;
mod sorted;
mod source;
mod statement;

use std::collections::HashMap;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Nullable, Text};

use super::{Cost, StoreError};
use crate::query::{Cursor, Page, Query};
use crate::schema::{Record, Schema};
use hits::Hits;
use order::Order;
pub use scope::Scope;
use sorted::First;
use statement::Statement;

/// How many records [`each_record`] reads at once.
const BATCH: usize = 5_000;

/// One page of the records in `scope` that `query` asks for. The scope must be that of the cursor, where there is one:
/// see [`Scope::across`] and [`super::catalog::Which::Serial`].
///
/// # Errors
/// Where the database fails; [`StoreError::Timeout`] is the one to expect.
pub fn page(connection: &mut PgConnection, schema: &Schema, scope: &Scope, query: &Query) -> Result<Page, StoreError> {
    let scope = &*places::within(scope, query);
    let order = Order::of(schema, query);
    let is_sorted = sorted::can_tell(scope, query);
    let hits = if query.sort.is_empty() || is_sorted { hits(connection, schema, scope, query)? } else { None };
    if let (Some(hits), true) = (&hits, query.sort.is_empty()) {
        return page_of_rows(
            connection,
            schema,
            scope,
            &order,
            first_of(query, hits),
            query.count.then(|| hits.count()),
        );
    }
    if is_sorted
        && (hits.is_some() || query.is_unfiltered())
        && let Some(first) = sorted::first(schema, scope, query, hits.as_ref())
    {
        let total = query.count.then(|| hits.map_or(scope.row_count(), |hits| hits.count()));
        return page_of_rows(connection, schema, scope, &order, first, total);
    }
    let from = source::find(connection, schema, scope, query)?;
    let mut rows = match &order {
        Order::Distance(place) => near::rows(connection, schema, scope, query, *place, from.clone())?,
        Order::Published => rows_as_published(connection, schema, scope, query, from.clone())?,
        Order::Keys(_) => rows_by_keys(connection, schema, scope, query, &order, from.clone())?,
    };
    let has_more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| has_more).map(|last| cursor_at(scope, &order, last));
    let records: Vec<Record> = rows.into_iter().map(|row| scope.record(row, schema)).collect();
    let total = match (query.count, whole_total(query, &records, has_more)) {
        (false, _) => None,
        (true, Some(total)) => Some(total),
        (true, None) => Some(total(connection, schema, scope, query, from)?),
    };
    Ok(Page { records, total, next })
}

/// Every row that is asked for, where they are known without a look at the records.
fn hits(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
) -> Result<Option<Hits>, StoreError> {
    if coded::knows(scope, query) {
        return Ok(Some(coded::rows(connection, schema, scope, query)?));
    }
    lines::hits(connection, schema, scope, query)
}

/// The page of hits in the order of publication.
fn first_of(query: &Query, hits: &Hits) -> First {
    let behind = query.cursor.as_ref().map(|cursor| (cursor.table, cursor.row));
    let mut rest = hits.behind(behind).skip(query.offset);
    let rows = rest.by_ref().take(query.limit).collect();
    First { rows, has_more: rest.next().is_some() }
}

/// The page with these rows, in this order.
fn page_of_rows(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    order: &Order,
    first: First,
    total: Option<u64>,
) -> Result<Page, StoreError> {
    if first.rows.is_empty() {
        return Ok(Page { records: Vec::new(), total, next: None });
    }
    let mut statement = select_rows();
    statement.append(source::of_rows(first.rows.iter().copied()));
    let mut rows = statement.lasting().rows(connection)?;
    let places: HashMap<(i64, i32), usize> = first.rows.iter().copied().zip(0..).collect();
    rows.sort_unstable_by_key(|row| places.get(&(row.table, row.row)).copied());
    let next = rows.last().filter(|_| first.has_more).map(|last| cursor_at(scope, order, last));
    let records = rows.into_iter().map(|row| scope.record(row, schema)).collect();
    Ok(Page { records, total, next })
}

/// Where a page with this last row ends.
fn cursor_at(scope: &Scope, order: &Order, last: &Row) -> Cursor {
    Cursor {
        serial: scope.serial(),
        keys: order.keys_of(&last.values.0),
        distance: if matches!(order, Order::Distance(_)) { last.distance } else { None },
        table: last.table,
        row: last.row,
    }
}

/// The total where a page shows it by itself: it is the last one, and how many came before it is known.
fn whole_total(query: &Query, records: &[Record], has_more: bool) -> Option<u64> {
    let is_told = !has_more && query.cursor.is_none() && (query.offset == 0 || !records.is_empty());
    if is_told { u64::try_from(query.offset.saturating_add(records.len())).ok() } else { None }
}

/// How many records in `scope` fulfil the conditions of `query`. Without conditions nothing is scanned.
///
/// # Errors
/// As [`page`].
pub fn count(connection: &mut PgConnection, schema: &Schema, scope: &Scope, query: &Query) -> Result<u64, StoreError> {
    let scope = &*places::within(scope, query);
    if let Some(hits) = hits(connection, schema, scope, query)? {
        return Ok(hits.count());
    }
    let from = source::find(connection, schema, scope, query)?;
    total(connection, schema, scope, query, from)
}

/// As [`count`], of rows from this source.
fn total(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    from: Statement,
) -> Result<u64, StoreError> {
    if is_unfiltered(query) {
        return Ok(scope.row_count());
    }
    if query.is_anywhere() {
        return Ok(scope.located());
    }
    let mut statement = Statement::new("SELECT count(*) FROM ");
    statement.append(from).push(" WHERE ").append(scope.filter()).append(filter::of_query(schema, query));
    let count: i64 = statement.lasting_if(is_common(query)).select::<BigInt>().get_result(connection)?;
    Ok(u64::try_from(count).expect("a count is not negative"))
}

/// The record with this id; of several the first.
///
/// # Errors
/// Where the database fails.
pub fn record(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    id: &str,
) -> Result<Option<Record>, StoreError> {
    if id.contains('\0') {
        return Ok(None);
    }
    let mut statement = select_rows();
    statement.push("records WHERE ").append(scope.filter());
    statement.push(" AND record_id = ").text(id).push(" ORDER BY table_id, row_number LIMIT 1");
    let row = statement.lasting().rows(connection)?.pop();
    Ok(row.map(|row| scope.record(row, schema)))
}

/// Hands every record in `scope` to `each`, as published, a batch at a time, so that any number needs little memory.
///
/// # Errors
/// What `each` answers, and where the database fails.
pub fn each_record<E: From<StoreError>>(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    each: &mut dyn FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    let mut behind = None;
    loop {
        let rows = rows_behind(connection, scope, behind, BATCH)?;
        let is_last = rows.len() < BATCH;
        behind = rows.last().map(|row| (row.table, row.row));
        for row in rows {
            each(scope.record(row, schema))?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A row as it comes from the database.
#[derive(Queryable)]
struct Row {
    table: i64,
    row: i32,
    values: Utf8,
    raw: Option<String>,
    distance: Option<f64>,
}

/// A text that is seen to be UTF-8 many bytes at a time: a page has 100 KB of it.
#[derive(FromSqlRow)]
struct Utf8(String);

impl FromSql<Text, Pg> for Utf8 {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Utf8> {
        Ok(Utf8(simdutf8::basic::from_utf8(value.as_bytes())?.to_owned()))
    }
}

/// The columns of [`Row`].
type RowColumns = (BigInt, Integer, Text, Nullable<Text>, Nullable<Double>);

impl Statement {
    fn rows(self, connection: &mut PgConnection) -> Result<Vec<Row>, StoreError> {
        Ok(self.select::<RowColumns>().load(connection)?)
    }
}

/// A statement for rows that need no distance, up to where they come from.
fn select_rows() -> Statement {
    Statement::new("SELECT table_id, row_number, \"values\", raw, NULL::double precision FROM ")
}

/// Whether the codes of columns tell which records a page holds.
pub fn is_coded(scope: &Scope, query: &Query) -> bool {
    query.sort.is_empty() && coded::knows(scope, query)
}

/// What a question costs: whether many records are to be looked at.
pub fn cost(scope: &Scope, query: &Query) -> Cost {
    const MANY: u64 = 20_000;
    // For facets, and for groups that nobody has counted, every record is looked at that fulfils the conditions.
    let is_found = match &query.grouping {
        _ if !query.facets.is_empty() => false,
        Some(grouping) => groups::source_of(scope, query, grouping) != groups::Source::Scan,
        None => is_unfiltered(query) && query.sort.is_empty() || source::is_indexed(query) || is_coded(scope, query),
    };
    if is_found || scope.row_count() < MANY { Cost::Short } else { Cost::Long }
}

/// Whether a question is of a form of which there are few, so that its statement is worth keeping prepared.
fn is_common(query: &Query) -> bool {
    let words: usize = query.words.iter().map(|word| word.spellings.len()).sum();
    query.conditions.len() + words + query.sort.len() <= 2 && query.open.is_none()
}

/// Whether all records are asked for. Nearest first leaves out those without coordinates.
fn is_unfiltered(query: &Query) -> bool {
    query.is_unfiltered()
}

fn rows_as_published(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    from: Statement,
) -> Result<Vec<Row>, StoreError> {
    let behind = query.cursor.as_ref().map(|cursor| (cursor.table, cursor.row));
    if is_unfiltered(query) {
        // An offset into what nothing is filtered from is a place that can be gone to.
        let (scope, behind, offset) = match behind {
            Some(_) => (scope.clone(), behind, 0),
            None => scope.skip(query.offset),
        };
        return rows_with_offset(connection, &scope, behind, offset, query.limit + 1);
    }
    let mut statement = Order::select(query);
    statement.append(from).push(" WHERE ");
    statement.append(scope.filter_behind(behind));
    statement.append(filter::of_query(schema, query));
    statement.push(" ORDER BY table_id, row_number").page(query);
    statement.lasting_if(is_common(query)).rows(connection)
}

fn rows_by_keys(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    order: &Order,
    from: Statement,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = Order::select(query);
    statement.append(from).push(" WHERE ");
    statement.append(scope.filter());
    statement.append(filter::of_query(schema, query));
    if let Some(cursor) = &query.cursor {
        statement.push(" AND ");
        statement.append(order.behind(cursor));
    }
    statement.append(order.by()).page(query);
    statement.lasting_if(is_common(query)).rows(connection)
}

/// The rows that follow a place, as published.
fn rows_behind(
    connection: &mut PgConnection,
    scope: &Scope,
    behind: Option<(i64, i32)>,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    rows_with_offset(connection, scope, behind, 0, limit)
}

fn rows_with_offset(
    connection: &mut PgConnection,
    scope: &Scope,
    behind: Option<(i64, i32)>,
    offset: usize,
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = select_rows();
    statement.push("records WHERE ");
    // Of a thousand tables only those that fill the page are named.
    statement.append(scope.first(behind, offset.saturating_add(limit)).filter_behind(behind));
    statement.push(" ORDER BY table_id, row_number LIMIT ").big(limit).push(" OFFSET ").big(offset);
    statement.lasting().rows(connection)
}
