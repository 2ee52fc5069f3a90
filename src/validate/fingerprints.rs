//! Numbers that stand for texts and rows, and where each stood first: a million rows take little room.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::quality::RandomState;

use crate::tabular::Row;

/// Another one each time the program runs, so that nobody can prepare texts that share a number.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// The number of a text. That two texts share one is less likely than a fault of the machine.
pub(super) fn of_text(text: &str) -> u64 {
    SEED.hash_one(text)
}

/// The number of a row: the same for rows of which the first so many cells are the same but for blanks around them.
pub(super) fn of_row(row: &Row<'_>, columns: usize) -> u64 {
    of_text(&row.joined(columns))
}

/// In which row each fingerprint stood first.
#[derive(Debug, Default)]
pub(super) struct FirstRows {
    /// The fingerprints in the order of their rows, and the rows.
    fingerprints: Vec<u64>,
    rows: Vec<u32>,
    /// An open-addressed table: a part of the fingerprint, and its number in the list from 1; 0 is free.
    slots: Vec<u64>,
    /// How many of the list are in the table: those added lately are not.
    filled: usize,
}

/// The bits of a slot that are the fingerprint's. Its place in the table is made of them too.
const PART: u64 = !0 << 32;

impl FirstRows {
    /// The first row with this fingerprint: `row` itself, where no earlier one has it.
    pub fn first(&mut self, fingerprint: u64, row: u64) -> u64 {
        self.catch_up();
        if !self.slots.is_empty()
            && let Some(number) = self.number_in(self.place(fingerprint))
        {
            return u64::from(self.rows[number]);
        }
        self.add(fingerprint, row);
        row
    }

    /// Adds a row with a fingerprint that surely no earlier one has.
    pub fn add(&mut self, fingerprint: u64, row: u64) {
        // A text of so many rows would not fit into memory either.
        let Ok(row) = u32::try_from(row) else { return };
        self.fingerprints.push(fingerprint);
        self.rows.push(row);
    }

    /// Brings those into the table that were only added.
    fn catch_up(&mut self) {
        if 4 * self.fingerprints.len() > 3 * self.slots.len() {
            self.slots = vec![0; (2 * self.fingerprints.len()).next_power_of_two().max(1 << 10)];
            self.filled = 0;
        }
        for number in self.filled..self.fingerprints.len() {
            let fingerprint = self.fingerprints[number];
            let place = self.place(fingerprint);
            self.slots[place] = (fingerprint & PART) | (u64::try_from(number).expect("numbers are those of rows") + 1);
        }
        self.filled = self.fingerprints.len();
    }

    /// Looks where a fingerprint belongs that will be asked for soon. Many at a time are at hand much sooner than one after the
    /// other.
    pub fn expect(&self, fingerprint: u64) {
        if !self.slots.is_empty() {
            std::hint::black_box(self.slots[self.start(fingerprint)]);
        }
    }

    /// The slot that holds a fingerprint, or the free one where it belongs.
    fn place(&self, fingerprint: u64) -> usize {
        let mut place = self.start(fingerprint);
        while self.slots[place] != 0 && !self.is_in(place, fingerprint) {
            place = self.next(place);
        }
        place
    }

    /// Where the search for a fingerprint starts: slots are in the order of their parts of fingerprints, but for what others
    /// have pushed on.
    fn start(&self, fingerprint: u64) -> usize {
        let slots = u64::try_from(self.slots.len()).expect("slots are counted in memory");
        usize::try_from(((fingerprint >> 32) * slots) >> 32).expect("below the number of slots")
    }

    fn next(&self, place: usize) -> usize {
        if place + 1 == self.slots.len() { 0 } else { place + 1 }
    }

    fn is_in(&self, place: usize, fingerprint: u64) -> bool {
        let is_part_there = self.slots[place] & PART == fingerprint & PART;
        is_part_there && self.number_in(place).is_some_and(|number| self.fingerprints[number] == fingerprint)
    }

    /// The number of the fingerprint in a slot, from 0.
    fn number_in(&self, place: usize) -> Option<usize> {
        let number = usize::try_from(self.slots[place] & !PART).expect("rows are counted in memory");
        number.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_first_row_is_found_however_many_there_are() {
        let (mut rows, mut known) = (FirstRows::default(), HashMap::new());
        for row in 2..100_000_u64 {
            let text = (row * 7919 % 60_000).to_string();
            let first = *known.entry(text.clone()).or_insert(row);
            assert_eq!(rows.first(of_text(&text), row), first, "{text}");
        }
        assert_eq!(rows.first(7, 1 << 40), 1 << 40);
    }
}
