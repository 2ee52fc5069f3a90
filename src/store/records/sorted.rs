//! The first rows in the order of one column, from its lines beside the database, without a look at the records.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::io;

use super::hits::Hits;
use super::scope::Table;
use super::source::SMALL;
use super::{Scope, filter};
use crate::query::{Query, Sort};
use crate::schema::{Comparison, Schema, token_text};
use crate::store::beside::Content;
use crate::store::lines::LinesFile;
use crate::store::search::BLOCK_ROWS;

/// Of more rows than these the first ones are not kept in memory.
const MOST: usize = 20_000;
/// Numbers of more characters are not all different as doubles.
const EXACT: usize = 15;

/// Rows in order: those of a page, and whether there are more.
pub struct First {
    pub rows: Vec<(i64, i32)>,
    pub has_more: bool,
}

/// Whether the order is one that lines can tell: by one column, of many records.
pub fn can_tell(scope: &Scope, query: &Query) -> bool {
    let count = query.offset.saturating_add(query.limit);
    query.sort.len() == 1 && query.area.is_none() && scope.row_count() >= SMALL && count < MOST
}

/// The page of these rows, or of all of the scope; `None` where the lines are not there yet, or do not tell the order.
pub fn first(schema: &Schema, scope: &Scope, query: &Query, hits: Option<&Hits>) -> Option<First> {
    let ([sort], kept) = (query.sort.as_slice(), scope.files()?) else { return None };
    let mut best = Best::of(schema, query, *sort)?;
    for table in scope.tables().iter().filter(|table| table.last_row > 0) {
        // One table after the other, so that few files are open. All that is missing is asked for, not the first alone.
        match kept.lines(table.of(), Content::Field(sort.field), table.last_row) {
            Some(file) if best.is_told => {
                if let Err(error) = best.see(table, &file, hits) {
                    tracing::warn!(%error, table = table.key, "lines could not be read");
                    best.is_told = false;
                }
            }
            Some(_) => {}
            None => best.is_told = false,
        }
    }
    if !best.is_told {
        return None;
    }
    let rows = best.entries.into_sorted_vec();
    let mut rest = rows.into_iter().skip(query.offset).map(|entry| (entry.table, entry.row));
    let rows = rest.by_ref().take(query.limit).collect();
    Some(First { rows, has_more: rest.next().is_some() })
}

/// The first rows of those that were seen.
struct Best {
    comparison: Comparison,
    descending: bool,
    /// The place behind which the page begins.
    behind: Option<Entry>,
    entries: BinaryHeap<Entry>,
    most: usize,
    /// Whether every value so far was there and could be compared exactly.
    is_told: bool,
}

/// A row and its value; the one that comes later is the greater.
struct Entry {
    value: Option<Value>,
    descending: bool,
    table: i64,
    row: i32,
}

enum Value {
    Number(f64),
    /// Compared byte by byte, which is by code point, as the database does.
    Text(Vec<u8>),
}

/// As [`Value`], where it stands.
#[derive(Clone, Copy)]
enum Seen<'v> {
    Number(f64),
    Text(&'v [u8]),
}

impl Best {
    fn of(schema: &Schema, query: &Query, sort: Sort) -> Option<Best> {
        let (comparison, descending) = (filter::comparison(schema, sort.field), sort.descending);
        let behind = match &query.cursor {
            None => None,
            Some(cursor) => {
                let value = match (cursor.keys.first()?, comparison) {
                    (None, _) => None,
                    (Some(value), Comparison::Text) => Some(Value::Text(value.clone().into_bytes())),
                    (Some(value), Comparison::Number) => Some(Value::Number(number(value)?)),
                };
                Some(Entry { value, descending, table: cursor.table, row: cursor.row })
            }
        };
        let most = query.offset + query.limit + 1;
        Some(Best { comparison, descending, behind, entries: BinaryHeap::new(), most, is_told: true })
    }

    /// Sees the rows of a table, or those of them that are hits.
    fn see(&mut self, table: &Table, file: &LinesFile, hits: Option<&Hits>) -> io::Result<()> {
        let flags = hits.map(|hits| {
            let mut flags = vec![true; usize::try_from(table.last_row).unwrap_or(0)];
            hits.retain(table.key, &mut flags);
            flags
        });
        let block = usize::try_from(BLOCK_ROWS).expect("32");
        let is_wanted = |number: &usize| {
            let flags = flags.as_ref().map(|flags| flags.chunks(block).nth(*number).unwrap_or_default());
            flags.is_none_or(|flags| flags.contains(&true))
        };
        file.read((0..file.blocks()).filter(is_wanted), |first_row, lines| {
            let mut begin = 0;
            for (row, end) in (first_row..).zip(memchr::memchr_iter(b'\n', lines)) {
                let line = &lines[begin..end];
                begin = end + 1;
                let place = usize::try_from(row - 1).expect("rows are numbered from 1");
                // Rows that are missing are empty lines.
                if !line.is_empty() && flags.as_ref().is_none_or(|flags| flags.get(place) == Some(&true)) {
                    self.see_line(line, table.key, row);
                }
            }
        })
    }

    fn see_line(&mut self, token: &[u8], table: i64, row: i32) {
        if token == b"null" {
            return self.enter(None, table, row);
        }
        match self.comparison {
            Comparison::Number => match std::str::from_utf8(token).ok().and_then(number) {
                Some(number) => self.enter(Some(Seen::Number(number)), table, row),
                None => self.is_told = false,
            },
            Comparison::Text => match token {
                [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => {
                    self.enter(Some(Seen::Text(inner)), table, row)
                }
                _ => {
                    let token = String::from_utf8_lossy(token);
                    self.enter(Some(Seen::Text(token_text(&token).as_bytes())), table, row)
                }
            },
        }
    }

    fn enter(&mut self, value: Option<Seen<'_>>, table: i64, row: i32) {
        let descending = self.descending;
        let against = |entry: &Entry| {
            order(value, entry.value.as_ref().map(Value::seen), descending)
                .then((table, row).cmp(&(entry.table, entry.row)))
        };
        if self.behind.as_ref().is_some_and(|behind| against(behind) != Ordering::Greater) {
            return;
        }
        if self.entries.len() == self.most {
            match self.entries.peek() {
                Some(last) if against(last) == Ordering::Less => drop(self.entries.pop()),
                Some(_) | None => return,
            }
        }
        let value = value.map(|value| match value {
            Seen::Number(number) => Value::Number(number),
            Seen::Text(text) => Value::Text(text.to_owned()),
        });
        self.entries.push(Entry { value, descending, table, row });
    }
}

/// A number as a double, where that tells it from every other one that is.
fn number(token: &str) -> Option<f64> {
    token.parse().ok().filter(|_| token.len() <= EXACT)
}

/// Blanks come last in either direction.
fn order(one: Option<Seen<'_>>, other: Option<Seen<'_>>, descending: bool) -> Ordering {
    let (one, other) = match (one, other) {
        (None, None) => return Ordering::Equal,
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(one), Some(other)) => (one, other),
    };
    let ordering = match (one, other) {
        (Seen::Number(one), Seen::Number(other)) => one.partial_cmp(&other).unwrap_or(Ordering::Equal),
        (Seen::Text(one), Seen::Text(other)) => one.cmp(other),
        (Seen::Number(_), Seen::Text(_)) => Ordering::Less,
        (Seen::Text(_), Seen::Number(_)) => Ordering::Greater,
    };
    if descending { ordering.reverse() } else { ordering }
}

impl Value {
    fn seen(&self) -> Seen<'_> {
        match self {
            Value::Number(number) => Seen::Number(*number),
            Value::Text(text) => Seen::Text(text),
        }
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        let values =
            order(self.value.as_ref().map(Value::seen), other.value.as_ref().map(Value::seen), self.descending);
        values.then((self.table, self.row).cmp(&(other.table, other.row)))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
