//! Cells of a column and what was found in them: many columns hold the same few values over and over.

use super::cells::CellFault;

/// How many cells are remembered at most.
const SLOTS: usize = 256;
/// Longer ones rarely come again, in bytes.
const LONGEST: usize = 48;
/// After so many questions it shows whether a column repeats itself:
const TRIED: u32 = 4_096;
/// less than one hit in so many does not pay.
const WORTH: u32 = 4;

/// Each cell has one slot, which it shares with others; the last one of them is remembered.
pub(super) struct Remembered {
    slots: Vec<Option<Seen>>,
    asked: u32,
    hits: u32,
}

/// A cell, and what was found in it.
#[derive(Clone)]
struct Seen {
    cell: String,
    faults: Vec<CellFault>,
}

impl Remembered {
    pub fn new() -> Remembered {
        Remembered { slots: vec![None; SLOTS], asked: 0, hits: 0 }
    }

    /// What was found in such a cell not long ago.
    pub fn find(&mut self, cell: &str) -> Option<&[CellFault]> {
        if self.slots.is_empty() || cell.len() > LONGEST {
            return None;
        }
        self.asked += 1;
        if self.asked == TRIED {
            if self.hits * WORTH < self.asked {
                self.slots = Vec::new();
                return None;
            }
            (self.asked, self.hits) = (0, 0);
        }
        let seen = self.slots[slot(cell)].as_ref().filter(|seen| seen.cell == cell)?;
        self.hits += 1;
        Some(&seen.faults)
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
