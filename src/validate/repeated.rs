//! Which cells of a row repeat those of the row above. Bodies, hours and kinds mostly do, and then what was found out about
//! them still holds.

/// A set of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Columns(u64);

/// The columns from here on share a bit, so they cannot be told apart.
const LAST: usize = 63;

impl Columns {
    /// No column.
    pub const NONE: Columns = Columns(0);

    /// These columns, from 0.
    pub fn of(columns: impl IntoIterator<Item = usize>) -> Columns {
        Columns(columns.into_iter().fold(0, |bits, column| bits | 1 << column.min(LAST)))
    }

    /// Adds a column, unless it cannot be told apart from others.
    pub fn add(&mut self, column: usize) {
        if column < LAST {
            self.0 |= 1 << column;
        }
    }

    /// Whether each of the others was added.
    pub fn has_all(self, others: Columns) -> bool {
        others.0 & !self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_cannot_be_told_apart_are_never_there() {
        let mut columns = Columns::NONE;
        (0..100).filter(|column| *column != 7).for_each(|column| columns.add(column));
        assert!(columns.has_all(Columns::of([0, 8, 62])) && columns.has_all(Columns::NONE));
        for missing in [7, 63, 64, 99] {
            assert!(!columns.has_all(Columns::of([0, missing])), "{missing}");
        }
    }
}
