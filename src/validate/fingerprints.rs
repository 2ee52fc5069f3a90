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
#[derive(Default)]
pub(super) struct FirstRows {
    /// By row: the fingerprint that was first in it.
    fingerprints: Vec<u64>,
    /// An open-addressed table: a part of the fingerprint, and the row; 0 is free.
    slots: Vec<u64>,
    filled: usize,
}

/// The bits of a slot that are the fingerprint's. Its place in the table is made of them too.
const PART: u64 = !0 << 32;

impl FirstRows {
    /// The first row with this fingerprint: `row` itself, where no earlier one has it.
    pub fn first(&mut self, fingerprint: u64, row: u64) -> u64 {
        // A text of so many rows would not fit into memory either.
        let Ok(own) = u32::try_from(row) else { return row };
        if 4 * self.filled >= 3 * self.slots.len() {
            self.grow();
        }
        let place = self.place(fingerprint);
        if self.slots[place] != 0 {
            return self.slots[place] & !PART;
        }
        self.slots[place] = (fingerprint & PART) | row;
        self.filled += 1;
        let own = index(own);
        if self.fingerprints.len() <= own {
            self.fingerprints.resize(own + 1, 0);
        }
        self.fingerprints[own] = fingerprint;
        row
    }

    /// Looks where fingerprints belong that will be asked for next. All at a time they are at hand much sooner than one after
    /// the other.
    pub fn expect(&self, fingerprints: impl Iterator<Item = u64>) {
        if !self.slots.is_empty() {
            let seen = fingerprints.fold(0, |seen, fingerprint| seen ^ self.slots[self.start(fingerprint)]);
            std::hint::black_box(seen);
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
        let slot = self.slots[place];
        let row = usize::try_from(slot & !PART).expect("rows are counted in memory");
        slot & PART == fingerprint & PART && self.fingerprints[row] == fingerprint
    }

    fn grow(&mut self) {
        let slots = (2 * self.slots.len()).max(1 << 10);
        let old = std::mem::replace(&mut self.slots, vec![0; slots]);
        for slot in old.into_iter().filter(|slot| *slot != 0) {
            let mut place = self.start(slot);
            while self.slots[place] != 0 {
                place = self.next(place);
            }
            self.slots[place] = slot;
        }
    }
}

fn index(row: u32) -> usize {
    usize::try_from(row).expect("rows are counted in memory")
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
