//! The values of each column, how many records have each, and which record has which, counted while the records are
//! copied. Questions about columns with few values are answered from it: see [`crate::store::codes`].

use std::collections::HashMap;

use diesel::prelude::*;
use foldhash::fast::RandomState;

use crate::schema::shortest;
use crate::store::StoreError;
use crate::store::codes::{Codes, MOST_VALUES};
use crate::store::tables::column_profiles;

/// A column of more values than [`MOST_VALUES`] is not counted on: its groups would be as long as the table. Nor is one
/// whose values are that long together, in bytes.
const MOST_BYTES: usize = 1 << 18;
/// Nor, beyond so many values, one whose values mostly stand in one record only: the list would be a copy of the column.
const FEW_VALUES: usize = 256;

/// What has been counted so far.
#[derive(Debug, Default)]
pub struct Profile {
    columns: Vec<Column>,
    rows: usize,
    last_row: usize,
    /// Rows between the last record and the one before.
    missing: usize,
}

/// One column.
#[derive(Debug, Default)]
struct Column {
    /// `None` where there are too many values.
    values: Option<Values>,
}

#[derive(Debug, Default)]
struct Values {
    by_token: HashMap<Box<str>, u16, RandomState>,
    counts: Vec<i64>,
    codes: Codes,
    bytes: usize,
    /// The value of the last record, and in how many records since it was counted last: many columns hardly change
    /// from one record to the next.
    last: String,
    run: usize,
}

impl Profile {
    /// Begins with a record; the numbers rise.
    pub fn begin_row(&mut self, number: i32) {
        let number = usize::try_from(number).expect("rows are numbered from 1");
        self.missing = number - self.last_row - 1;
        self.last_row = number;
        self.rows += 1;
    }

    /// Counts one value of the record.
    pub fn count(&mut self, field: usize, token: &str) {
        if field == self.columns.len() {
            let mut values = Values::default();
            // Tables that gained a column on the way are none of ours, but a code belongs to its row all the same.
            values.codes.skip(self.last_row - 1 - self.missing);
            self.columns.push(Column { values: Some(values) });
        }
        let column = &mut self.columns[field];
        if let Some(values) = &mut column.values
            && values.count(token, self.missing).is_none()
        {
            column.values = None;
        }
    }

    /// Notes what was counted in a stored table: the fields (the first is 1) whose columns have codes.
    pub fn store(self, connection: &mut PgConnection, table: i64) -> Result<Vec<i32>, StoreError> {
        let rows = self.rows;
        let mut coded = Vec::new();
        let mut profiles = Vec::new();
        for (field, column) in (1..).zip(self.columns) {
            let column = column.finish(rows);
            coded.extend(column.as_ref().map(|_| field));
            let (values, counts, codes) = match column {
                Some((values, counts, codes)) => (Some(values), Some(counts), Some(codes.into_bytes())),
                None => (None, None, None),
            };
            let distinct = values.as_ref().and_then(|values: &Vec<String>| i64::try_from(values.len()).ok());
            profiles.push((
                column_profiles::table_id.eq(table),
                column_profiles::field.eq(field),
                column_profiles::distinct_count.eq(distinct),
                column_profiles::values.eq(values),
                column_profiles::counts.eq(counts),
                column_profiles::codes.eq(codes),
            ));
        }
        diesel::insert_into(column_profiles::table).values(profiles).execute(connection)?;
        Ok(coded)
    }
}

impl Column {
    /// The values in the order of their codes, their counts, and the codes; `None` where they are not all known, or not
    /// worth it.
    fn finish(self, rows: usize) -> Option<(Vec<String>, Vec<i64>, Codes)> {
        let mut values = self.values?;
        values.end_run()?;
        let count = values.counts.len();
        let is_worth_it = count <= FEW_VALUES || 2 * count <= rows;
        let is_whole = values.counts.iter().sum::<i64>() == i64::try_from(rows).ok()?;
        if !is_worth_it || !is_whole {
            return None;
        }
        let mut list = vec![String::new(); count];
        for (token, code) in values.by_token {
            list[usize::from(code)] = token.into_string();
        }
        Some((list, values.counts, values.codes))
    }
}

impl Values {
    /// `None` where there are too many values.
    fn count(&mut self, token: &str, missing: usize) -> Option<()> {
        if missing > 0 || self.last != token || self.run == 0 {
            self.end_run()?;
            self.codes.skip(missing);
            self.last.clear();
            self.last.push_str(token);
        }
        self.run += 1;
        Some(())
    }

    fn end_run(&mut self) -> Option<()> {
        if self.run == 0 {
            return Some(());
        }
        // Equal numbers are one value, however they are written.
        let token = if self.last.starts_with('"') { &self.last } else { shortest(&self.last) };
        let code = match self.by_token.get(token) {
            Some(code) => *code,
            None => {
                self.bytes += token.len();
                if self.counts.len() == MOST_VALUES || self.bytes > MOST_BYTES {
                    return None;
                }
                let code = u16::try_from(self.counts.len()).ok()?;
                self.by_token.insert(token.into(), code);
                self.counts.push(0);
                code
            }
        };
        self.counts[usize::from(code)] += i64::try_from(self.run).ok()?;
        self.codes.push(code, self.run);
        self.run = 0;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(tokens: impl IntoIterator<Item = String>) -> Option<Vec<(String, i64)>> {
        let mut profile = Profile::default();
        for (number, token) in (1..).zip(tokens) {
            profile.begin_row(number);
            profile.count(0, &token);
        }
        let rows = profile.rows;
        let (values, counts, _) = profile.columns.pop()?.finish(rows)?;
        Some(values.into_iter().zip(counts).collect())
    }

    #[test]
    fn equal_values_are_counted_together() {
        let tokens = ["\"a\"", "\"a\"", "null", "\"a\"", "10", "10.0", "null", "-0", "0"].map(str::to_owned);
        let expected = [("\"a\"", 3), ("null", 2), ("10", 2), ("0", 2)];
        assert_eq!(counted(tokens), Some(expected.map(|(value, count)| (value.to_owned(), count)).to_vec()));
    }

    #[test]
    fn rows_have_the_codes_of_their_values() {
        let mut profile = Profile::default();
        for (number, token) in [(2, "\"b\""), (3, "\"b\""), (5, "\"b\""), (6, "null"), (9, "\"b\"")] {
            profile.begin_row(number);
            profile.count(0, token);
        }
        let (_, _, codes) = profile.columns.pop().and_then(|column| column.finish(5)).expect("few values");
        assert_eq!(codes.into_bytes(), [255, 0, 0, 255, 0, 1, 255, 255, 0]);
    }

    #[test]
    fn columns_with_too_many_values_are_left_out() {
        let numbers = |count: u32, each: u32| (0..count * each).map(move |number| (number % count).to_string());
        assert_eq!(counted(numbers(1_000, 2)).map(|counts| counts.len()), Some(1_000));
        assert_eq!(counted(numbers(1_001, 2)), None);
        assert_eq!(counted(numbers(256, 1)).map(|counts| counts.len()), Some(256));
        assert_eq!(counted(numbers(257, 1)), None);
        assert_eq!(counted((0..30).map(|number| format!("\"{number}{}\"", "あ".repeat(5_000)))), None);
    }
}
