//! The values of each column and how many records have each, counted while the records are copied. Unfiltered questions
//! for groups are answered from it.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use crate::schema::shortest;
use crate::store::StoreError;
use crate::store::tables::column_profiles;

/// A column with more values is not counted on: its groups would be as long as the table.
const MOST_VALUES: usize = 1_000;
/// Nor is one whose values are that long together, in bytes.
const MOST_BYTES: usize = 1 << 18;

/// What has been counted so far.
#[derive(Debug, Default)]
pub struct Profile {
    columns: Vec<Column>,
    rows: i64,
}

/// One column.
#[derive(Debug)]
struct Column {
    /// `None` where there are too many values.
    counts: Option<HashMap<Box<str>, i64>>,
    bytes: usize,
    /// The value of the last record, and in how many records since it was counted last: many columns hardly change
    /// from one record to the next.
    last: String,
    run: i64,
}

impl Profile {
    /// Counts one value of a record.
    pub fn count(&mut self, field: usize, token: &str) {
        if field == 0 {
            self.rows += 1;
        }
        if field == self.columns.len() {
            self.columns.push(Column { counts: Some(HashMap::new()), bytes: 0, last: token.to_owned(), run: 0 });
        }
        self.columns[field].count(token);
    }

    /// Notes what was counted in a stored table.
    pub fn store(self, connection: &mut PgConnection, table: i64) -> Result<(), StoreError> {
        let rows = self.rows;
        let profiles: Vec<_> = (1..)
            .zip(self.columns)
            .map(|(field, column): (i32, Column)| {
                let counts = column.into_counts(rows);
                let distinct = counts.as_ref().and_then(|counts| i64::try_from(counts.len()).ok());
                let (values, counts): (Vec<String>, Vec<i64>) = counts.clone().unwrap_or_default().into_iter().unzip();
                let is_listed = distinct.is_some();
                (
                    column_profiles::table_id.eq(table),
                    column_profiles::field.eq(field),
                    column_profiles::distinct_count.eq(distinct),
                    column_profiles::values.eq(is_listed.then_some(values)),
                    column_profiles::counts.eq(is_listed.then_some(counts)),
                )
            })
            .collect();
        diesel::insert_into(column_profiles::table).values(profiles).execute(connection)?;
        Ok(())
    }
}

impl Column {
    fn count(&mut self, token: &str) {
        if self.counts.is_none() {
            return;
        }
        if self.last != token {
            self.end_run();
            self.last.clear();
            self.last.push_str(token);
        }
        self.run += 1;
    }

    fn end_run(&mut self) {
        let Some(counts) = &mut self.counts else { return };
        match counts.get_mut(self.last.as_str()) {
            Some(count) => *count += self.run,
            None => {
                self.bytes += self.last.len();
                if counts.len() == MOST_VALUES || self.bytes > MOST_BYTES {
                    self.counts = None;
                    return;
                }
                counts.insert(self.last.as_str().into(), self.run);
            }
        }
        self.run = 0;
    }

    /// The values and their counts; `None` where they are not all known.
    fn into_counts(mut self, rows: i64) -> Option<BTreeMap<String, i64>> {
        self.end_run();
        let mut counts = BTreeMap::new();
        for (token, count) in self.counts? {
            let value = if token.starts_with('"') { &*token } else { shortest(&token) };
            *counts.entry(value.to_owned()).or_default() += count;
        }
        (counts.values().sum::<i64>() == rows).then_some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(tokens: impl IntoIterator<Item = String>) -> Option<Vec<(String, i64)>> {
        let mut profile = Profile::default();
        tokens.into_iter().for_each(|token| profile.count(0, &token));
        let rows = profile.rows;
        profile.columns.pop()?.into_counts(rows).map(|counts| counts.into_iter().collect())
    }

    #[test]
    fn equal_values_are_counted_together() {
        let tokens = ["\"a\"", "\"a\"", "null", "\"a\"", "10", "10.0", "null", "-0", "0"].map(str::to_owned);
        let expected = [("\"a\"", 3), ("0", 2), ("10", 2), ("null", 2)];
        assert_eq!(counted(tokens), Some(expected.map(|(value, count)| (value.to_owned(), count)).to_vec()));
    }

    #[test]
    fn columns_with_too_many_values_are_left_out() {
        assert_eq!(counted((0..1_000).map(|number| number.to_string())).map(|counts| counts.len()), Some(1_000));
        assert_eq!(counted((0..1_001).map(|number| number.to_string())), None);
        assert_eq!(counted((0..30).map(|number| format!("\"{number}{}\"", "あ".repeat(5_000)))), None);
    }
}
