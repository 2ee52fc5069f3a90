//! Which columns of a table a terminal of some width shows, and how wide.

use super::GAP;
use crate::format::columns::Rank;

/// The least width of a column of texts that is made narrower.
const LEAST: usize = 16;

/// A column as its heading and cells are.
pub(super) struct Seen {
    /// How wide the widest is.
    pub natural: usize,
    /// Whether they are numbers, which are never cut.
    pub is_number: bool,
    /// How much it matters: less is more.
    pub rank: Rank,
    /// Whether no cell holds anything.
    pub is_blank: bool,
    /// Whether all cells hold the same.
    pub is_constant: bool,
}

impl Seen {
    fn least(&self) -> usize {
        if self.is_number { self.natural } else { self.natural.min(LEAST) }
    }
}

/// The columns that are shown, by index, each with its width. No line becomes longer than `limit`, unless all columns must
/// be shown and it cannot be.
pub(super) fn fit(seen: &[Seen], limit: usize, must_show_all: bool) -> Vec<(usize, usize)> {
    let natural = || seen.iter().map(|column| column.natural).enumerate().collect();
    let total: usize = seen.iter().map(|column| column.natural + GAP.len()).sum();
    if total <= limit + GAP.len() {
        return natural();
    }
    let mut order: Vec<usize> = (0..seen.len()).collect();
    order.sort_by_key(|index| (seen[*index].is_blank, seen[*index].rank, seen[*index].is_constant));
    let mut shown: Vec<(usize, usize)> = Vec::new();
    let mut left = limit + GAP.len();
    for index in &order {
        let column = &seen[*index];
        let width = if shown.is_empty() { column.least().min(limit) } else { column.least() };
        if width + GAP.len() <= left && (column.rank <= Rank::Required || must_show_all || shown.is_empty()) {
            left -= width + GAP.len();
            shown.push((*index, width));
        }
    }
    if must_show_all && shown.len() < seen.len() {
        return natural();
    }
    for (index, width) in &mut shown {
        let more = (seen[*index].natural - *width).min(left);
        *width += more;
        left -= more;
    }
    for index in order {
        let needed = seen[index].natural + GAP.len();
        if needed <= left && shown.iter().all(|(known, _)| *known != index) {
            left -= needed;
            shown.push((index, seen[index].natural));
        }
    }
    shown.sort_unstable();
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(natural: usize, rank: Rank) -> Seen {
        Seen { natural, is_number: false, rank, is_blank: false, is_constant: false }
    }

    #[test]
    fn what_matters_is_shown_and_made_narrower_before_it_is_left_out() {
        use Rank::{Beside, Identifier, Optional, Recommended, Required};
        let table = [
            column(22, Recommended),
            column(12, Identifier),
            column(30, Required),
            column(6, Optional),
            column(34, Required),
        ];
        for (limit, expected) in [
            (200, &[(0, 22), (1, 12), (2, 30), (3, 6), (4, 34)][..]),
            (80, &[(1, 12), (2, 30), (4, 34)]),
            (66, &[(2, 30), (4, 34)]),
            (60, &[(2, 30), (4, 28)]),
            (34, &[(2, 16), (4, 16)]),
            (33, &[(2, 30)]),
            (10, &[(2, 10)]),
        ] {
            assert_eq!(fit(&table, limit, false), expected, "{limit}");
        }
        assert_eq!(fit(&table, 74, true).iter().map(|(_, width)| *width).collect::<Vec<_>>(), [16, 12, 16, 6, 16]);
        assert_eq!(fit(&table, 40, true).len(), 5, "too many for the width: as they are");
        let blank = Seen { is_blank: true, ..column(10, Required) };
        let constant = Seen { is_constant: true, ..column(10, Required) };
        let number = Seen { is_number: true, ..column(20, Beside) };
        assert_eq!(fit(&[blank, constant, column(10, Required), number], 44, false), [(1, 10), (2, 10), (3, 20)]);
    }

    proptest! {
        #[test]
        fn no_line_is_longer_than_the_width(
            columns in prop::collection::vec((1..40_usize, any::<bool>(), 0..5_usize, any::<bool>(), any::<bool>()), 1..30),
            limit in 10..300_usize,
        ) {
            let ranks = [Rank::Beside, Rank::Required, Rank::Identifier, Rank::Recommended, Rank::Optional];
            let seen: Vec<Seen> = columns.into_iter().map(|(natural, is_number, rank, is_blank, is_constant)| {
                Seen { natural, is_number, rank: ranks[rank], is_blank, is_constant }
            }).collect();
            let shown = fit(&seen, limit, false);
            let line = shown.iter().map(|(_, width)| width + GAP.len()).sum::<usize>() - GAP.len();
            prop_assert!(!shown.is_empty() && line <= limit);
            prop_assert!(shown.is_sorted_by_key(|(index, _)| *index));
            prop_assert!(shown.iter().all(|(index, width)| *width <= seen[*index].natural));
        }
    }
}
