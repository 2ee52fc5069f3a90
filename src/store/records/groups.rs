//! Groups of records. They are put together in the layout of records, so that everything that orders, pages and reads
//! records does the same with groups: the table behind the inner statement is called `records` too.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::hits::Hits;
use super::order::Order;
use super::statement::Statement;
use super::{Scope, coded, filter, lines, places, source};
use crate::query::grouping::{Aggregate, Function, Grouping, Key};
use crate::query::{Cursor, Page, Query};
use crate::schema::{Comparison, Record, Schema};
use crate::store::StoreError;

/// Where groups can be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Every record of the scope is looked at.
    Scan,
    /// The values of the field with this index were counted when the tables were published.
    Profile(usize),
    /// The records of each table were counted when it was published.
    Counts,
    /// The codes of the columns are looked at.
    Codes,
}

/// One page of the groups that a query asks for.
///
/// # Errors
/// Where the database fails; [`StoreError::Timeout`] is the one to expect.
pub fn page(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    grouping: &Grouping,
) -> Result<Page, StoreError> {
    let scope = &*places::within(scope, query);
    let answered = grouping.schema(schema);
    let order = Order::of(&answered, query);
    let groups = match source_of(scope, query, grouping) {
        Source::Profile(field) => of_profile(scope, field),
        Source::Counts => of_counts(scope),
        Source::Codes => of_lines(coded::groups(connection, schema, scope, &query.conditions, None, grouping)?),
        Source::Scan => match hits(connection, schema, scope, query, grouping)? {
            Some(hits) => of_lines(coded::groups(connection, schema, scope, &[], Some(&hits), grouping)?),
            None => of_rows(schema, scope, query, grouping, source::find(connection, schema, scope, query)?),
        },
    };
    let mut statement = Statement::new("SELECT table_id, row_number, \"values\", raw, NULL::double precision FROM (");
    statement.append(groups.clone()).push(") AS records WHERE true");
    if let Some(cursor) = &query.cursor {
        statement.push(" AND ").append(order.behind(cursor));
    }
    statement.append(order.by()).page(query);
    let mut rows = statement.rows(connection)?;
    let has_more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| has_more).map(|last| Cursor {
        serial: scope.serial(),
        keys: order.keys_of(&last.values.0),
        distance: None,
        table: last.table,
        row: last.row,
    });
    let records: Vec<Record> =
        rows.into_iter().map(|row| Record { values: row.values.0, ..Record::default() }).collect();
    let total = match (query.count, super::whole_total(query, &records, has_more)) {
        (false, _) => None,
        (true, Some(total)) => Some(total),
        (true, None) => Some(count(connection, groups)?),
    };
    Ok(Page { records, total, next })
}

/// The most frequent values of one key, blank as `null`, with how many records have each: JSON tokens and counts.
///
/// # Errors
/// As [`page`].
pub fn facet(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    key: Key,
    most: usize,
) -> Result<Vec<(String, u64)>, StoreError> {
    let grouping = Grouping::counts_of(key);
    let question =
        Query { sort: grouping.usual_order(), limit: most, offset: 0, cursor: None, count: false, ..query.clone() };
    let page = page(connection, schema, scope, &question, &grouping)?;
    let values = page.records.iter().map(|record| {
        let count = record.token(1).parse().expect("a count is a whole number");
        (record.token(0).to_owned(), count)
    });
    Ok(values.collect())
}

/// Where the groups of a query can be read from without looking at more than is needed.
pub fn source_of(scope: &Scope, query: &Query, grouping: &Grouping) -> Source {
    match grouping.keys[..] {
        _ if grouping.aggregates != [Aggregate::Count] => Source::Scan,
        [Key::Dataset] if query.is_unfiltered() => Source::Counts,
        [Key::Field(field)] if query.is_unfiltered() && scope.is_coded(field) => Source::Profile(field),
        _ if coded::knows_groups(scope, query, grouping) => Source::Codes,
        _ => Source::Scan,
    }
}

/// The records that a query asks for, where they are known without a look at them and the codes tell the keys of groups.
fn hits(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    grouping: &Grouping,
) -> Result<Option<Hits>, StoreError> {
    if grouping.aggregates != [Aggregate::Count] || !coded::knows_keys(scope, grouping) {
        return Ok(None);
    }
    lines::hits(connection, schema, scope, query)
}

/// Groups that are known already, each as the columns of `records`.
fn of_lines(lines: Vec<String>) -> Statement {
    let mut statement = Statement::new(
        "SELECT 0::bigint AS table_id, 0 AS row_number, NULL::text AS raw, line COLLATE \"C\" AS \"values\" FROM unnest(",
    );
    statement.texts(lines).push(") AS lines (line)");
    statement
}

/// The beginning of groups as the columns of `records`.
const BEGIN: &str = "SELECT 0::bigint AS table_id, 0 AS row_number, NULL::text AS raw, concat_ws(E'\\n'";

/// The groups by a field whose values were counted.
fn of_profile(scope: &Scope, field: usize) -> Statement {
    let mut statement = Statement::new(BEGIN);
    statement.push(", one.value, sum(one.count)) COLLATE \"C\" AS \"values\" FROM column_profiles");
    statement.push(" CROSS JOIN LATERAL unnest(\"values\", counts) AS one(value, count) WHERE field = ");
    statement.number(field + 1).push(" AND ").append(scope.filter()).push(" GROUP BY one.value");
    statement
}

/// The groups by data set.
fn of_counts(scope: &Scope) -> Statement {
    let mut statement = Statement::new(BEGIN);
    statement.push(", ").append(dataset(Statement::new("table_id")));
    statement.push(", sum(row_count)) COLLATE \"C\" AS \"values\" FROM (SELECT id AS table_id, row_count FROM ");
    statement.push("stored_tables WHERE row_count > 0) AS records WHERE ");
    statement.append(scope.filter()).push(" GROUP BY table_id");
    statement
}

/// The groups of rows from this source.
fn of_rows(schema: &Schema, scope: &Scope, query: &Query, grouping: &Grouping, from: Statement) -> Statement {
    let mut statement = Statement::new(BEGIN);
    // Grouped by number, since binds make two texts of the same expression different ones.
    let mut inner = Statement::new(") COLLATE \"C\" AS \"values\" FROM (SELECT ");
    for (number, key) in grouping.keys.iter().enumerate() {
        inner.append(match key {
            Key::Field(field) => value(schema, *field),
            Key::Dataset => Statement::new("table_id"),
        });
        inner.push(" AS key_").number(number).push(", ");
        statement.push(", ").append(match key {
            Key::Field(_) => column("key_", number),
            Key::Dataset => dataset(column("key_", number)),
        });
    }
    for (number, aggregate) in grouping.aggregates.iter().enumerate() {
        inner.push(if number > 0 { ", " } else { "" });
        inner.append(of_aggregate(schema, *aggregate)).push(" AS aggregate_").number(number);
        statement.push(", ").append(column("aggregate_", number));
    }
    inner.push(" FROM ").append(from).push(" WHERE ").append(scope.filter());
    inner.append(filter::of_query(schema, query));
    for number in 1..=grouping.keys.len() {
        inner.push(if number == 1 { " GROUP BY " } else { ", " }).number(number);
    }
    statement.append(inner).push(") AS groups");
    statement
}

/// The field's JSON token, the same one for equal numbers.
fn value(schema: &Schema, field: usize) -> Statement {
    let mut statement = Statement::new("coalesce(");
    match filter::comparison(schema, field) {
        Comparison::Text => {
            statement.push("nullif(split_part(\"values\", E'\\n', ").number(field + 1).push("), '')");
        }
        Comparison::Number => {
            statement.push("trim_scale(").append(filter::cell(schema, field)).push(")::text");
        }
    }
    statement.push(", 'null')");
    statement
}

fn column(name: &'static str, number: usize) -> Statement {
    let mut statement = Statement::new(name);
    statement.number(number);
    statement
}

/// The id of the data set that a table is of, as a JSON token. In a scope each data set has one table.
fn dataset(table: Statement) -> Statement {
    let mut statement = Statement::new(
        "(SELECT to_json(datasets.organization_code || '_' || datasets.slug)::text FROM stored_tables \
         JOIN datasets ON datasets.id = stored_tables.dataset_id WHERE stored_tables.id = ",
    );
    statement.append(table).push(")");
    statement
}

fn of_aggregate(schema: &Schema, aggregate: Aggregate) -> Statement {
    let Aggregate::Of(function, field) = aggregate else { return Statement::new("count(*)") };
    let name = match function {
        Function::Sum => "sum(",
        Function::Avg => "avg(",
        Function::Min => "min(",
        Function::Max => "max(",
    };
    let mut statement = Statement::new(match filter::comparison(schema, field) {
        Comparison::Number => "coalesce(trim_scale(",
        Comparison::Text => "coalesce(to_json(",
    });
    statement.push(name).append(filter::cell(schema, field)).push("))::text, 'null')");
    statement
}

fn count(connection: &mut PgConnection, groups: Statement) -> Result<u64, StoreError> {
    let mut statement = Statement::new("SELECT count(*) FROM (");
    statement.append(groups).push(") AS records");
    let count: i64 = statement.select::<BigInt>().get_result(connection)?;
    Ok(u64::try_from(count).expect("a count is not negative"))
}
