//! Rows that hold words or texts: the index names blocks, and the folded line of each row in them is looked at here, ten
//! times as quickly as PostgreSQL splits and searches texts.

use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};

use super::Scope;
use super::source::{Needed, SMALL, Sought};
use super::statement::Statement;
use crate::query::{Condition, Operand, Query};
use crate::store::StoreError;
use crate::store::search::APART;
use crate::text::search::by_character;

/// Whether the lines tell which rows may fulfil a question, better than looking at each record does.
pub fn help(scope: &Scope, query: &Query) -> bool {
    !query.words.is_empty() || scope.row_count() >= SMALL && query.conditions.iter().any(|one| !texts(one).is_empty())
}

/// The table and number of every row that has all words of a question, and somewhere the texts that its conditions ask for:
/// in the order of publication. Whether a text stands in its field is still to be seen.
///
/// # Errors
/// Where the database fails.
pub fn rows(connection: &mut PgConnection, scope: &Scope, query: &Query) -> Result<Vec<(i64, i32)>, StoreError> {
    let words: Vec<Needle> = query.words.iter().map(|word| Needle::of(&word.spellings)).collect();
    let conditions = query.conditions.iter().map(texts).filter(|texts| !texts.is_empty());
    let texts: Vec<Vec<String>> = conditions.collect();
    let texts: Vec<Needle> = texts.iter().map(|texts| Needle::of(texts)).collect();
    let mut statement = Statement::new("SELECT table_id, first_row, folded FROM search_blocks WHERE ");
    statement.append(Needed::in_scope(scope, query).condition(scope));
    // As bytes, which need no look at whether they are UTF-8.
    let statement = statement.select::<(BigInt, Integer, Binary)>();
    let mut rows = Vec::new();
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
                rows.push((table, row));
            }
        }
    }
    rows.sort_unstable();
    Ok(rows)
}

/// Texts of which a line must hold one.
struct Needle<'t>(Vec<Finder<'t>>);

impl<'t> Needle<'t> {
    fn of(texts: &'t [String]) -> Needle<'t> {
        Needle(texts.iter().map(Finder::new).collect())
    }

    fn is_in(&self, line: &[u8]) -> bool {
        self.0.iter().any(|finder| finder.find(line).is_some())
    }
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
        Operand::Text(text) => by_character(text),
        Operand::Number(_) => String::new(),
    }
}
