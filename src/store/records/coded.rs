//! Answers from the codes of columns: which rows fulfil conditions, how many do, and what groups they make, without a look
//! at the records. See [`codes`](crate::store::codes).

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use foldhash::fast::RandomState;

use super::hits::{Hits, Rows};
use super::scope::Table;
use super::statement::Statement;
use super::{Scope, filter};
use crate::query::grouping::{Grouping, Key};
use crate::query::{Condition, Query};
use crate::schema::Schema;
use crate::store::StoreError;
use crate::store::codes::{Codes, MOST_VALUES};

/// Whether the codes tell which rows of the scope fulfil everything that a question demands, and something is demanded.
pub fn knows(scope: &Scope, query: &Query) -> bool {
    let has_others = !query.words.is_empty() || query.filter.is_some() || query.area.is_some() || query.open.is_some();
    !has_others
        && !query.conditions.is_empty()
        && query.conditions.iter().all(|condition| scope.is_coded(condition.field))
}

/// Every row that fulfils the conditions of a question which the codes know.
///
/// # Errors
/// Where the database fails.
pub fn rows(connection: &mut PgConnection, schema: &Schema, scope: &Scope, query: &Query) -> Result<Hits, StoreError> {
    let mut columns = load(connection, schema, scope, &query.conditions, &[])?;
    let tables = scope.tables().iter().map(|table| (table.key, Rows::Flagged(columns.rows_of(table))));
    Ok(Hits::of(tables.collect()))
}

/// The groups of the records that fulfil these conditions, all on fields that have codes, and are among the hits, where
/// there are any, by fields that have codes: of each the tokens of its keys and the number of its records, a line each.
///
/// # Errors
/// Where the database fails.
pub fn groups(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    conditions: &[Condition],
    hits: Option<&Hits>,
    grouping: &Grouping,
) -> Result<Vec<String>, StoreError> {
    let fields: Vec<usize> = grouping.keys.iter().filter_map(|key| field_of(*key)).collect();
    let mut columns = load(connection, schema, scope, conditions, &fields)?;
    let mut counts: HashMap<String, u64, RandomState> = HashMap::default();
    for table in scope.tables() {
        let mut rows = columns.rows_of(table);
        if let Some(hits) = hits {
            hits.retain(table.key, &mut rows);
        }
        let keys = columns.keys_of(table, fields.len());
        // Without conditions nothing has left out the rows that are not there.
        keys.iter().for_each(|(codes, values)| codes.retain(&vec![true; values.len()], &mut rows));
        for (number, count) in count(&rows, &keys) {
            let mut line = String::new();
            let mut rest = number;
            let mut fields = keys.iter();
            for key in &grouping.keys {
                match key {
                    Key::Dataset => line.push_str(&table.dataset_token()),
                    Key::Field(_) => {
                        let values = fields.next().map_or(&[][..], |(_, values)| values);
                        line.push_str(&values[rest % values.len()]);
                        rest /= values.len();
                    }
                }
                line.push('\n');
            }
            *counts.entry(line).or_default() += count;
        }
    }
    if grouping.keys.is_empty() && counts.is_empty() {
        // All records together are one group, be they none.
        counts.insert(String::new(), 0);
    }
    Ok(counts.into_iter().map(|(keys, count)| format!("{keys}{count}")).collect())
}

/// By so many keys at most: each combination of their values has a number of its own.
const MOST_KEYS: u32 = 6;
const _: () = assert!(MOST_VALUES.checked_pow(MOST_KEYS).is_some(), "the combinations can be numbered");

/// Whether groups can be made from the codes.
pub fn knows_groups(scope: &Scope, query: &Query, grouping: &Grouping) -> bool {
    let has_fields = grouping.keys.iter().any(|key| field_of(*key).is_some());
    knows_keys(scope, grouping) && (knows(scope, query) || query.is_unfiltered() && has_fields)
}

/// Whether the codes tell the keys of groups.
pub fn knows_keys(scope: &Scope, grouping: &Grouping) -> bool {
    let mut fields = grouping.keys.iter().filter_map(|key| field_of(*key));
    u32::try_from(grouping.keys.len()).is_ok_and(|keys| keys <= MOST_KEYS) && fields.all(|field| scope.is_coded(field))
}

fn field_of(key: Key) -> Option<usize> {
    match key {
        Key::Field(field) => Some(field),
        Key::Dataset => None,
    }
}

/// How many rows have each combination of codes: the number of a combination is each code times the lengths of the lists
/// before it.
fn count(rows: &[bool], keys: &[(Codes, Vec<String>)]) -> Vec<(usize, u64)> {
    /// So many combinations have a place each.
    const FEW: usize = 1 << 16;
    /// So many rows at a time: their numbers stay near the processor.
    const PIECE: usize = 4_096;
    let combinations: usize = keys.iter().map(|(_, values)| values.len()).product();
    let mut few = vec![0; if combinations <= FEW { combinations } else { 0 }];
    let mut many: HashMap<usize, u64, RandomState> = HashMap::default();
    for (rows, begin) in rows.chunks(PIECE).zip((0..).step_by(PIECE)) {
        let mut numbers = [0; PIECE];
        let mut radix = 1;
        for (codes, values) in keys {
            codes.add_to(radix, begin, &mut numbers);
            radix *= values.len();
        }
        let numbers = numbers.into_iter().zip(rows).filter(|(_, is_hit)| **is_hit).map(|(number, _)| number);
        if few.is_empty() {
            numbers.for_each(|number| *many.entry(number).or_default() += 1);
        } else {
            numbers.for_each(|number| few[number] += 1);
        }
    }
    many.into_iter().chain(few.into_iter().enumerate().filter(|(_, count)| *count > 0)).collect()
}

/// What was loaded, by table.
struct Columns {
    /// Codes, and which of them fulfil a condition.
    conditions: HashMap<i64, Vec<(Codes, Vec<bool>)>>,
    /// Codes and values, in the order of the keys.
    keys: HashMap<(i64, usize), (Codes, Vec<String>)>,
}

impl Columns {
    /// A flag for each row of a table, numbered from 1: whether it is there and fulfils all conditions.
    fn rows_of(&mut self, table: &Table) -> Vec<bool> {
        let mut rows = vec![true; usize::try_from(table.last_row).unwrap_or(0)];
        for (codes, passes) in self.conditions.remove(&table.key).into_iter().flatten() {
            codes.retain(&passes, &mut rows);
        }
        rows
    }

    fn keys_of(&mut self, table: &Table, count: usize) -> Vec<(Codes, Vec<String>)> {
        (0..count).filter_map(|place| self.keys.remove(&(table.key, place))).collect()
    }
}

/// A column as it comes from the database: table, which part of the question, codes, number of values, the places of the
/// values that fulfil the condition, and the values.
type ColumnTypes = (BigInt, Integer, Nullable<Binary>, Integer, Nullable<Array<Integer>>, Nullable<Array<Text>>);
type Column = (i64, i32, Option<Vec<u8>>, i32, Option<Vec<i32>>, Option<Vec<String>>);

fn load(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    conditions: &[Condition],
    fields: &[usize],
) -> Result<Columns, StoreError> {
    let mut statement = Statement::default();
    let parts = conditions.iter().map(|condition| (condition.field, Some(condition)));
    let parts: Vec<_> = parts.chain(fields.iter().map(|field| (*field, None))).collect();
    let mut columns = Columns { conditions: HashMap::new(), keys: HashMap::new() };
    // Groups by data set of what words find need no column.
    if parts.is_empty() {
        return Ok(columns);
    }
    let mut kept = kept(scope, parts.iter().map(|(field, _)| *field));
    for (number, (field, condition)) in parts.into_iter().enumerate() {
        statement.push(if number > 0 { " UNION ALL SELECT table_id, " } else { "SELECT table_id, " });
        statement.number(number).push(if kept.is_some() { ", NULL::bytea" } else { ", codes" });
        statement.push(", cardinality(\"values\"), ");
        match condition {
            Some(condition) => {
                let comparison = filter::comparison(schema, field);
                statement
                    .push("ARRAY(SELECT place::integer - 1 FROM unnest(\"values\") WITH ORDINALITY AS one (\"values\", place) WHERE ")
                    .append(filter::of_test(&condition.test, comparison, 0))
                    .push("), NULL::text[]");
            }
            None => {
                statement.push("NULL::integer[], \"values\"");
            }
        }
        statement.push(" FROM column_profiles WHERE field = ").integer(filter::number(field)).push(" AND ");
        statement.append(scope.filter());
    }
    let is_common = conditions.len() + fields.len() <= 2;
    let rows: Vec<Column> = statement.lasting_if(is_common).select::<ColumnTypes>().load(connection)?;
    for (table, part, codes, count, passing, values) in rows {
        let size = |number: i32| usize::try_from(number).unwrap_or(0);
        let codes = codes.or_else(|| kept.as_mut()?.remove(&(table, size(part)))).unwrap_or_default();
        let codes = Codes::stored(codes, size(count));
        if let Some(values) = values {
            columns.keys.insert((table, size(part) - conditions.len()), (codes, values));
        } else {
            let mut passes = vec![false; size(count)];
            passing.into_iter().flatten().for_each(|place| passes[size(place)] = true);
            columns.conditions.entry(table).or_default().push((codes, passes));
        }
    }
    Ok(columns)
}

/// The codes of fields that are kept beside the database, by table and place among the fields; `None` where some are not
/// there, or are handed over by the database as quickly: those of short tables.
fn kept(scope: &Scope, fields: impl Iterator<Item = usize>) -> Option<HashMap<(i64, usize), Vec<u8>>> {
    const MANY: u64 = 10_000;
    let is_long = scope.row_count() / u64::try_from(scope.table_count()).unwrap_or(u64::MAX).max(1) >= MANY;
    let files = scope.files().filter(|_| is_long)?;
    let tables = scope.tables().iter().filter(|table| table.last_row > 0);
    let mut kept = HashMap::new();
    let mut is_whole = true;
    for (part, field) in fields.enumerate() {
        for table in tables.clone() {
            let rows = usize::try_from(table.last_row).ok()?;
            match files.codes(table.of(), field, rows) {
                Some(codes) => drop(kept.insert((table.key, part), codes)),
                // All that is missing is asked for, not the first alone.
                None => is_whole = false,
            }
        }
    }
    is_whole.then_some(kept)
}
