//! Rows that hold words or texts: the index names blocks, and the line of each row in them is looked at here, ten times as
//! quickly as PostgreSQL splits and searches texts. Lines come from files beside the database, which tell it to the end; where
//! those are not there yet, the lines of what is searched come out of the database with the blocks.

use std::collections::{BTreeMap, HashMap};

use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use memchr::{memchr, memchr_iter};

use super::Scope;
use super::hits::{Hits, Rows};
use super::looks::{Look, Needle};
use super::source::{Needed, SMALL, Sought};
use super::statement::Statement;
use crate::query::{Condition, Operand, Query};
use crate::schema::Schema;
use crate::store::StoreError;
use crate::store::lines::LinesFile;
use crate::store::search::{APART, BLOCK_ROWS};
use crate::text::search::by_character;

/// Whether the lines tell which rows may fulfil a question, better than looking at each record does.
pub fn help(scope: &Scope, query: &Query) -> bool {
    !query.words.is_empty() || scope.row_count() >= SMALL && query.conditions.iter().any(|one| !texts(one).is_empty())
}

/// Every row that a question asks for; `None` where the lines do not tell it, or are not there yet.
///
/// # Errors
/// Where the database fails.
pub fn hits(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
) -> Result<Option<Hits>, StoreError> {
    if !help(scope, query) {
        return Ok(None);
    }
    let (looks, tells_all) = Look::of(schema, query);
    if tells_all && let Some(rows) = in_files(connection, scope, query, &looks)? {
        return Ok(Some(rows));
    }
    Ok(if query.is_words_only() { Some(in_database(connection, scope, query)?) } else { None })
}

/// Every row that has all words of a question, and the texts that its conditions ask for, somewhere if not in their field.
/// Whether it fulfils all that is asked is still to be seen.
///
/// # Errors
/// Where the database fails.
pub fn rows(connection: &mut PgConnection, schema: &Schema, scope: &Scope, query: &Query) -> Result<Hits, StoreError> {
    let (looks, _) = Look::of(schema, query);
    match in_files(connection, scope, query, &looks)? {
        Some(rows) => Ok(rows),
        None => in_database(connection, scope, query),
    }
}

/// The rows whose lines are like that, where all files are at hand.
fn in_files(
    connection: &mut PgConnection,
    scope: &Scope,
    query: &Query,
    looks: &[Look],
) -> Result<Option<Hits>, StoreError> {
    let Some(kept) = scope.files().filter(|_| !looks.is_empty()) else { return Ok(None) };
    let blocks = blocks(connection, scope, query)?;
    let tables = scope.tables().iter().filter(|table| table.last_row > 0);
    let mut hits = Some(Vec::new());
    for table in tables {
        let named = blocks.as_ref().map(|blocks| blocks.get(&table.key).map_or(&[][..], Vec::as_slice));
        if named.is_some_and(<[usize]>::is_empty) {
            continue;
        }
        // One table after the other, so that few files are open. All that is missing is asked for, not the first alone.
        let files = looks.iter().map(|look| kept.lines(table.of(), look.content, table.last_row)).collect::<Vec<_>>();
        let (Some(files), Some(found)) = (files.into_iter().collect::<Option<Vec<_>>>(), &mut hits) else {
            hits = None;
            continue;
        };
        match in_table(&files, looks, named) {
            Ok(rows) => found.push((table.key, Rows::Listed(rows))),
            Err(error) => {
                tracing::warn!(%error, table = table.key, "lines could not be read");
                hits = None;
            }
        }
    }
    Ok(hits.map(Hits::of))
}

/// Of each table the numbers of the blocks that the index names for a question; `None`: all blocks of all tables.
fn blocks(
    connection: &mut PgConnection,
    scope: &Scope,
    query: &Query,
) -> Result<Option<HashMap<i64, Vec<usize>>>, StoreError> {
    let needed = Needed::in_scope(scope, query);
    if needed.is_nothing() {
        return Ok(None);
    }
    let mut statement = Statement::new("SELECT table_id, first_row FROM search_blocks WHERE ");
    statement.append(needed.condition(scope));
    let found = statement.lasting_if(super::is_common(query)).select::<(BigInt, Integer)>();
    let mut blocks: HashMap<i64, Vec<usize>> = HashMap::new();
    for (table, first_row) in found.load::<(i64, i32)>(connection)? {
        blocks.entry(table).or_default().push(block_of(first_row));
    }
    blocks.values_mut().for_each(|blocks| blocks.sort_unstable());
    Ok(Some(blocks))
}

/// The rows that pass every look, in these blocks; `None`: in all of them.
fn in_table(files: &[LinesFile], looks: &[Look], blocks: Option<&[usize]>) -> std::io::Result<Vec<i32>> {
    let mut rows: Option<Vec<i32>> = None;
    for (look, file) in looks.iter().zip(files) {
        let mut found = Vec::new();
        let each = |first_row, lines: &[u8]| look.search(first_row, lines, &mut found);
        match (&rows, blocks) {
            (None, None) => file.read(0..file.blocks(), each)?,
            (None, Some(blocks)) => file.read(blocks.iter().copied(), each)?,
            (Some(rows), _) => {
                let mut blocks: Vec<usize> = rows.iter().map(|row| block_of(*row)).collect();
                blocks.dedup();
                file.read(blocks, each)?;
            }
        }
        if let Some(rows) = &rows {
            found.retain(|row| rows.binary_search(row).is_ok());
        }
        rows = Some(found);
    }
    Ok(rows.unwrap_or_default())
}

fn block_of(row: i32) -> usize {
    usize::try_from((row - 1) / BLOCK_ROWS).expect("rows are numbered from 1")
}

/// As [`rows`], out of the database.
fn in_database(connection: &mut PgConnection, scope: &Scope, query: &Query) -> Result<Hits, StoreError> {
    let words: Vec<Needle> = query.words.iter().map(|word| Needle::of(&word.spellings)).collect();
    let texts = query.conditions.iter().map(texts).filter(|texts| !texts.is_empty());
    let texts: Vec<Needle> = texts.map(|texts| Needle::of(&texts)).collect();
    let mut statement = Statement::new("SELECT table_id, first_row, folded FROM search_blocks WHERE ");
    statement.append(Needed::in_scope(scope, query).condition(scope));
    // As bytes, which need no look at whether they are UTF-8.
    let statement = statement.select::<(BigInt, Integer, Binary)>();
    let mut hits: BTreeMap<i64, Vec<i32>> = BTreeMap::new();
    // Row by row, so that any number of blocks needs little memory.
    for block in statement.load_iter::<(i64, i32, Vec<u8>), PgRowByRowLoadingMode>(connection)? {
        let (table, first_row, folded) = block?;
        // Most blocks that hash like a word do not hold it.
        if !words.iter().chain(&texts).all(|needle| needle.is_in(&folded)) {
            continue;
        }
        let mut begin = 0;
        let ends = memchr_iter(b'\n', &folded).chain([folded.len()]);
        for (row, end) in (first_row..).zip(ends) {
            let line = &folded[begin..end];
            let joined = memchr(APART, line).map_or(line, |end| &line[..end]);
            begin = end + 1;
            if words.iter().all(|needle| needle.is_in(joined)) && texts.iter().all(|needle| needle.is_in(line)) {
                hits.entry(table).or_default().push(row);
            }
        }
    }
    hits.values_mut().for_each(|rows| rows.sort_unstable());
    Ok(Hits::of(hits.into_iter().map(|(table, rows)| (table, Rows::Listed(rows))).collect()))
}

/// The folded texts of which the line of every record that fulfils a condition holds one; none where it may hold anything.
fn texts(condition: &Condition) -> Vec<String> {
    let texts = match Sought::by(&condition.test) {
        Some(Sought::OneOf(values)) => values.iter().map(text_of).collect(),
        Some(Sought::Part(part)) => vec![by_character(part)],
        None => Vec::new(),
    };
    if texts.iter().any(String::is_empty) { Vec::new() } else { texts }
}

/// Numbers are not in the lines.
fn text_of(operand: &Operand) -> String {
    match operand {
        Operand::Number(_) => String::new(),
        Operand::Text(text) => by_character(text),
    }
}
