//! Cells of a column and what was found in them: many columns hold the same few values over and over.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::cells::CellFault;

/// How many cells are remembered at most.
const SLOTS: usize = 256;
/// How many numbers of cells that are alike are remembered at most.
const MOST_ALIKE: usize = 4_096;
/// Longer ones rarely come again, in bytes.
const LONGEST: usize = 48;
/// After so many questions it shows whether a column repeats itself:
const TRIED: usize = 4_096;
/// less than one hit in so many does not pay.
const WORTH: usize = 4;

/// Each cell has one slot, which it shares with others; the last one of them is remembered.
pub(super) struct Remembered {
    slots: Vec<Option<Seen>>,
    found: Yield,
    above: Yield,
    /// What is found in cells that are alike, where it is only counted.
    alike: HashMap<u64, Vec<CellFault>, RandomState>,
}

/// Whether it pays to ask.
#[derive(Default)]
struct Yield {
    asked: usize,
    hits: usize,
    is_poor: bool,
}

impl Yield {
    /// Counts questions and those of them that hit.
    fn count(&mut self, asked: usize, hits: usize) {
        self.asked += asked;
        self.hits += hits;
        if self.asked >= TRIED {
            *self = Yield { is_poor: self.is_poor || self.hits * WORTH < self.asked, ..Yield::default() };
        }
    }
}

/// A cell, and what was found in it.
#[derive(Clone)]
struct Seen {
    cell: String,
    faults: Vec<CellFault>,
}

impl Remembered {
    pub fn new() -> Remembered {
        Remembered {
            slots: vec![None; SLOTS],
            found: Yield::default(),
            above: Yield::default(),
            alike: HashMap::default(),
        }
    }

    /// What was found in such a cell not long ago.
    pub fn find(&mut self, cell: &str) -> Option<&[CellFault]> {
        if self.slots.is_empty() || cell.len() > LONGEST {
            return None;
        }
        let slot = slot(cell);
        let is_hit = self.slots[slot].as_ref().is_some_and(|seen| seen.cell == cell);
        self.found.count(1, usize::from(is_hit));
        if self.found.is_poor {
            self.slots = Vec::new();
        }
        self.slots.get(slot)?.as_ref().filter(|_| is_hit).map(|seen| &*seen.faults)
    }

    /// What was found in a cell that shares this number (see [`Glance::alike`](super::glance::Glance::alike)) and is to be
    /// counted.
    pub fn find_alike(&self, number: u64) -> Option<&[CellFault]> {
        self.alike.get(&number).map(Vec::as_slice)
    }

    /// Remembers what was found in cells of this number, once all of it is only counted: it will stay so.
    pub fn keep_alike(&mut self, number: u64, faults: &[CellFault]) {
        if self.alike.len() < MOST_ALIKE && faults.iter().all(|fault| fault.finding.is_none()) {
            self.alike.insert(number, faults.to_vec());
        }
    }

    /// Whether it pays to compare a cell with the one above.
    pub fn looks_above(&self) -> bool {
        !self.above.is_poor
    }

    /// Counts cells that were compared with those above, and those that were the same.
    pub fn looked_above(&mut self, cells: usize, same: usize) {
        self.above.count(cells, same);
    }

    /// Remembers a cell.
    pub fn keep(&mut self, cell: &str, faults: Vec<CellFault>) {
        if self.slots.is_empty() || cell.len() > LONGEST {
            return;
        }
        match &mut self.slots[slot(cell)] {
            Some(seen) => {
                seen.cell.clear();
                seen.cell.push_str(cell);
                seen.faults = faults;
            }
            slot => *slot = Some(Seen { cell: cell.to_owned(), faults }),
        }
    }
}

/// A number below [`SLOTS`] made of the ends of a cell.
fn slot(cell: &str) -> usize {
    let bytes = cell.as_bytes();
    let ends = if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else {
        bytes.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte))
    };
    let mixed = ends.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    usize::try_from(mixed).expect("eight bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::cells::Sort;
    use crate::validate::findings::Severity;

    #[test]
    fn what_was_kept_is_found_and_nothing_else() {
        let fault = |column| CellFault {
            sort: Sort { rule: 0, severity: Severity::Error, column, class: None },
            finding: None,
        };
        let mut seen = Remembered::new();
        for (cell, findings) in [("東京都", 0), ("", 1), ("a", 2), ("一二三四五六七八九十", 0)] {
            assert!(seen.find(cell).is_none(), "{cell}");
            seen.keep(cell, (0..findings).map(fault).collect());
            assert_eq!(seen.find(cell).map(<[CellFault]>::len), Some(findings), "{cell}");
        }
        assert!(seen.find("東京").is_none() && seen.find("一二三四五六七八九").is_none());
    }

    #[test]
    fn a_column_that_never_repeats_itself_is_not_remembered() {
        let mut seen = Remembered::new();
        for number in 0..TRIED {
            let cell = number.to_string();
            assert!(seen.find(&cell).is_none());
            seen.keep(&cell, Vec::new());
        }
        assert!(seen.slots.is_empty());
    }
}
