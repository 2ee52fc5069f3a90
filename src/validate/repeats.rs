//! Rows that stand twice, in whole or by an identifier.

use super::fingerprints::{self, FirstRows};
use super::rule::{Intake, TableRow, value};
use crate::schema::Field;

/// What a row has in common with earlier ones.
#[derive(Clone, Debug, Default)]
pub struct Repeat {
    /// The first row that is the same.
    pub row: Option<u64>,
    /// The columns whose values each tell one row from all others, with the first row that has the same value but is another.
    pub ids: Vec<(usize, u64)>,
}

/// Finds what is repeated as the rows come.
pub(super) struct Repeats {
    ids: Vec<Ids>,
    /// The fingerprint of every row, by its number.
    fingerprints: Vec<u64>,
    /// Of the rows without a new identifier: one that has one is like no earlier row.
    rows: FirstRows,
}

/// The identifiers in one column.
struct Ids {
    column: usize,
    by_length: [Alike; LENGTHS + 1],
    /// Those of the rows at hand; none where the cell is empty.
    at_hand: Vec<Option<Id>>,
}

/// So many bytes or more have few.
const LENGTHS: usize = 32;

/// Identifiers of one length.
#[derive(Debug, Default)]
struct Alike {
    first_rows: FirstRows,
    /// The greatest so far: one beyond it is new. Mostly identifiers count up.
    greatest: String,
}

/// An identifier.
#[derive(Clone, Copy)]
struct Id {
    /// In bytes, if it is less than [`LENGTHS`].
    length: usize,
    fingerprint: u64,
    is_surely_new: bool,
}

impl Ids {
    fn of(column: usize) -> Ids {
        Ids { column, by_length: std::array::from_fn(|_| Alike::default()), at_hand: Vec::new() }
    }

    fn see(&mut self, rows: &[TableRow<'_>]) {
        self.at_hand.clear();
        for row in rows {
            let id = value(row, Some(self.column));
            let length = id.len().min(LENGTHS);
            let greatest = &mut self.by_length[length].greatest;
            let is_surely_new = length < LENGTHS && id > greatest.as_str();
            if is_surely_new {
                id.clone_into(greatest);
            }
            let known = || Id { length, fingerprint: fingerprints::of_text(id), is_surely_new };
            self.at_hand.push((!id.is_empty()).then(known));
        }
        for id in self.at_hand.iter().flatten().filter(|id| !id.is_surely_new) {
            self.by_length[id.length].first_rows.expect(id.fingerprint);
        }
    }

    /// The first row with an identifier of a row.
    fn first(&mut self, id: Id, row: u64) -> u64 {
        let first_rows = &mut self.by_length[id.length].first_rows;
        if id.is_surely_new {
            first_rows.add(id.fingerprint, row);
            return row;
        }
        first_rows.first(id.fingerprint, row)
    }
}

/// Whether every row is to have, or had better have, a value of its own in a field.
pub(super) fn is_unique(field: &Field) -> bool {
    field.constraints.unique || field.advice.unique
}

impl Repeats {
    pub fn of(intake: &Intake<'_>) -> Repeats {
        let unique = intake.fields().iter().enumerate().filter(|(_, field)| is_unique(field));
        let columns = unique.filter_map(|(index, _)| intake.column_of(index));
        Repeats { ids: columns.map(Ids::of).collect(), fingerprints: Vec::new(), rows: FirstRows::default() }
    }

    /// Sees the next rows and notes in each what it repeats.
    pub fn see(&mut self, rows: &mut [TableRow<'_>]) {
        for ids in &mut self.ids {
            ids.see(rows);
        }
        for (place, row) in rows.iter_mut().enumerate() {
            let repeat = self.repeat(place, row.number, row.facts.fingerprint);
            row.facts.repeat = repeat.map(Box::new);
        }
    }

    fn repeat(&mut self, place: usize, number: u64, fingerprint: u64) -> Option<Repeat> {
        let index = |number: u64| usize::try_from(number).expect("rows are counted in memory");
        self.fingerprints.resize(self.fingerprints.len().max(index(number) + 1), 0);
        self.fingerprints[index(number)] = fingerprint;
        let (mut repeat, mut is_new) = (Repeat::default(), false);
        for ids in &mut self.ids {
            let Some(id) = ids.at_hand[place] else { continue };
            let first = ids.first(id, number);
            if first == number {
                is_new = true;
            } else if self.fingerprints[index(first)] == fingerprint {
                repeat.row = Some(repeat.row.map_or(first, |row| row.min(first)));
            } else {
                repeat.ids.push((ids.column, first));
            }
        }
        if !is_new {
            let first = self.rows.first(fingerprint, number);
            let earlier = Some(first).filter(|first| *first != number);
            repeat.row = repeat.row.into_iter().chain(earlier).min();
        }
        (repeat.row.is_some() || !repeat.ids.is_empty()).then_some(repeat)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tabular::Row;
    use crate::validate::rule::RowFacts;

    /// What the last of these rows repeats, found by looking at every other one.
    fn expected(rows: &[[String; 3]]) -> (Option<usize>, Vec<(usize, usize)>) {
        let (own, earlier) = rows.split_last().expect("a row");
        let same = earlier.iter().position(|row| row == own);
        let ids = [0, 1].into_iter().filter(|id| !own[*id].is_empty());
        let firsts = ids.filter_map(|id| Some((id, earlier.iter().position(|row| row[id] == own[id])?)));
        (same, firsts.filter(|(_, first)| rows[*first] != *own).collect())
    }

    proptest! {
        #[test]
        fn repeats_are_those_that_a_look_at_every_row_finds(rows in prop::collection::vec(prop::array::uniform3("[ab]{0,3}"), 1..30)) {
            let (ids, first_rows) = ([0, 1].map(Ids::of).into(), FirstRows::default());
            let mut repeats = Repeats { ids, fingerprints: Vec::new(), rows: first_rows };
            let numbered: Vec<Row<'_>> = (2..).zip(&rows).map(|(number, cells)| Row::of_strings(number, cells)).collect();
            let facts = |row: &Row<'_>| RowFacts::of(row, 3, None);
            let mut table: Vec<TableRow<'_>> = numbered.iter().map(|row| TableRow::new(*row, facts(row))).collect();
            for batch in table.chunks_mut(7) {
                repeats.see(batch);
            }
            for (index, row) in table.iter().enumerate() {
                let repeat = row.facts.repeat.as_deref().cloned().unwrap_or_default();
                let index_of = |number: u64| usize::try_from(number).expect("few") - 2;
                let ids: Vec<_> = repeat.ids.iter().map(|(column, first)| (*column, index_of(*first))).collect();
                prop_assert_eq!((repeat.row.map(index_of), ids), expected(&rows[..=index]));
            }
        }
    }
}
