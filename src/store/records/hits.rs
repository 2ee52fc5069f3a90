//! Rows that are known without a look at the records.

/// By table, in the order of publication.
pub struct Hits(Vec<(i64, Rows)>);

/// Of one table.
pub enum Rows {
    /// Their numbers, rising.
    Listed(Vec<i32>),
    /// A flag for each row, the first being number 1.
    Flagged(Vec<bool>),
}

impl Hits {
    /// Of these tables, told by their keys, which rise.
    pub fn of(tables: Vec<(i64, Rows)>) -> Hits {
        Hits(tables)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        let count = |rows: &Rows| match rows {
            Rows::Listed(rows) => rows.len(),
            Rows::Flagged(rows) => rows.iter().map(|is_hit| usize::from(*is_hit)).sum(),
        };
        self.0.iter().map(|(_, rows)| u64::try_from(count(rows)).unwrap_or(u64::MAX)).sum()
    }

    /// The table and number of each that comes after a place, or of all.
    pub fn behind(&self, place: Option<(i64, i32)>) -> impl Iterator<Item = (i64, i32)> {
        let tables = self.0.iter().filter(move |(table, _)| place.is_none_or(|(begun, _)| *table >= begun));
        tables.flat_map(move |(table, rows)| {
            let last = place.filter(|(begun, _)| begun == table).map_or(0, |(_, row)| row);
            rows.behind(last).map(|row| (*table, row))
        })
    }

    /// Takes away of the rows of a table, flagged, those that are not among these.
    pub fn retain(&self, table: i64, flags: &mut [bool]) {
        let Ok(index) = self.0.binary_search_by_key(&table, |(table, _)| *table) else { return flags.fill(false) };
        match &self.0[index].1 {
            Rows::Flagged(rows) => flags.iter_mut().zip(rows).for_each(|(flag, is_hit)| *flag &= is_hit),
            Rows::Listed(rows) => {
                let mut begin = 0;
                for row in rows {
                    let place = usize::try_from(row - 1).expect("rows are numbered from 1");
                    flags[begin..place].fill(false);
                    begin = place + 1;
                }
                flags[begin..].fill(false);
            }
        }
    }
}

impl Rows {
    /// Those after a number.
    fn behind(&self, last: i32) -> Box<dyn Iterator<Item = i32> + '_> {
        match self {
            Rows::Listed(rows) => Box::new(rows[rows.partition_point(|row| *row <= last)..].iter().copied()),
            Rows::Flagged(rows) => {
                let begin = usize::try_from(last).unwrap_or(0).min(rows.len());
                let numbered = (last + 1..).zip(&rows[begin..]);
                Box::new(numbered.filter(|(_, is_hit)| **is_hit).map(|(row, _)| row))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn listed_and_flagged_rows_are_the_same(
            flags in prop::collection::vec(any::<bool>(), 1..60),
            kept in prop::collection::vec(any::<bool>(), 60),
            place in prop::option::of((1..4_i64, 0..70_i32)),
        ) {
            let listed: Vec<i32> = (1..).zip(&flags).filter(|(_, is_hit)| **is_hit).map(|(row, _)| row).collect();
            let one = Hits::of(vec![(2, Rows::Flagged(flags.clone())), (3, Rows::Listed(listed.clone()))]);
            let other = Hits::of(vec![(2, Rows::Listed(listed.clone())), (3, Rows::Flagged(flags.clone()))]);
            prop_assert_eq!(one.count(), other.count());
            let expected: Vec<(i64, i32)> = [2, 3].into_iter()
                .flat_map(|table| listed.iter().map(move |row| (table, *row)))
                .filter(|hit| place.is_none_or(|place| *hit > place))
                .collect();
            prop_assert_eq!(one.behind(place).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(other.behind(place).collect::<Vec<_>>(), expected);
            let kept = &kept[..flags.len()];
            for (hits, table) in [(&one, 2), (&one, 3), (&one, 4)] {
                let mut rows = kept.to_vec();
                hits.retain(table, &mut rows);
                let both = kept.iter().zip(&flags).map(|(kept, is_hit)| *kept && *is_hit && table < 4);
                prop_assert_eq!(rows, both.collect::<Vec<bool>>());
            }
        }
    }
}
