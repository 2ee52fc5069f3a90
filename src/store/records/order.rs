//! The order of records, and where a page of it begins.

use super::filter::{cell, comparison, digits};
use super::near::{self, Place};
use super::statement::Statement;
use crate::query::{Area, Cursor, Query};
use crate::schema::{Comparison, Decimal, Schema, token_text};

/// In which order records come.
pub enum Order {
    /// By stored table and row number.
    Published,
    /// By fields, then as published.
    Keys(Vec<Key>),
    /// Nearest first, then as published.
    Distance(Place),
}

/// A field to order by.
pub struct Key {
    field: usize,
    comparison: Comparison,
    descending: bool,
    cell: Statement,
}

impl Order {
    /// The order that a query asks for: the fields it names; else nearest first, where it names a place.
    pub fn of(schema: &Schema, query: &Query) -> Order {
        match (query.sort.as_slice(), query.area) {
            ([], Some(Area::Near { latitude, longitude, radius_m })) => {
                Order::Distance(Place { latitude, longitude, radius_m })
            }
            ([], Some(Area::Box { .. }) | None) => Order::Published,
            (sort, _) => {
                let keys = sort.iter().map(|sort| Key {
                    field: sort.field,
                    comparison: comparison(schema, sort.field),
                    descending: sort.descending,
                    cell: cell(schema, sort.field),
                });
                Order::Keys(keys.collect())
            }
        }
    }

    /// A statement for rows, with their distance where the query names a place, up to where they come
    /// from.
    pub fn select(query: &Query) -> Statement {
        match query.area {
            Some(Area::Near { latitude, longitude, radius_m }) => near::select(Place { latitude, longitude, radius_m }),
            Some(Area::Box { .. }) | None => super::select_rows(),
        }
    }

    /// The `ORDER BY`.
    pub fn by(&self) -> Statement {
        let mut statement = Statement::new(" ORDER BY ");
        for key in self.keys() {
            statement.append(key.cell.clone());
            statement.push(if key.descending { " DESC NULLS LAST, " } else { " ASC NULLS LAST, " });
        }
        statement.push("table_id, row_number");
        statement
    }

    /// The condition that a row comes after the one where the page before ended.
    pub fn behind(&self, cursor: &Cursor) -> Statement {
        let mut statement = Statement::default();
        let mut depth = 0;
        for (key, value) in self.keys().iter().zip(&cursor.keys) {
            // Behind by this key, or equal by it and behind by the next ones.
            statement.push("(");
            match value {
                Some(value) => {
                    statement.append(key.cell.clone()).push(if key.descending { " < " } else { " > " });
                    key.bind(value, &mut statement).push(" OR ");
                    statement.append(key.cell.clone()).push(" IS NULL OR (");
                    statement.append(key.cell.clone()).push(" = ");
                    key.bind(value, &mut statement);
                }
                None => {
                    statement.push("(").append(key.cell.clone()).push(" IS NULL");
                }
            }
            statement.push(" AND ");
            depth += 1;
        }
        statement.push("(table_id, row_number) > (").key(cursor.table).push(", ").integer(cursor.row).push(")");
        for _ in 0..depth {
            statement.push("))");
        }
        statement
    }

    /// The values of the keys in a record, for the cursor.
    pub fn keys_of(&self, values: &str) -> Vec<Option<String>> {
        let value = |key: &Key| {
            let token = values.split('\n').nth(key.field).unwrap_or_default();
            match key.comparison {
                Comparison::Number => Decimal::parse(token).map(|number| number.as_str().to_owned()),
                Comparison::Text if token.is_empty() || token == "null" => None,
                Comparison::Text => Some(token_text(token).into_owned()),
            }
        };
        self.keys().iter().map(value).collect()
    }

    fn keys(&self) -> &[Key] {
        match self {
            Order::Keys(keys) => keys,
            Order::Published | Order::Distance(_) => &[],
        }
    }
}

impl Key {
    /// Cursors are not signed: whoever forges one gets a strange page, not an error of the database.
    fn bind<'a>(&self, value: &str, statement: &'a mut Statement) -> &'a mut Statement {
        match self.comparison {
            Comparison::Text => statement.text(value.replace('\0', "")),
            Comparison::Number => {
                let number = Decimal::parse(value).map_or_else(|| "0".to_owned(), |number| digits(number.as_str()));
                statement.text(number).push("::numeric")
            }
        }
    }
}
