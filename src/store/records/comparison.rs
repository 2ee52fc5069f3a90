//! What two stored tables have in common. Each question is one pass over both tables that groups their rows: never a
//! join, which the planner, who knows nothing yet of rows stored a moment ago, might do row by row.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer};

use crate::catalog::StoredTable;
use crate::store::StoreError;

/// How the records of a table appear in an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Known {
    /// Records that have a value in the field asked for.
    #[diesel(sql_type = BigInt)]
    pub records: i64,
    /// Those of them whose value stands in the earlier table too.
    #[diesel(sql_type = BigInt)]
    pub known: i64,
}

/// Where the records went that both tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct Moves {
    /// Records with coordinates in both tables.
    #[diesel(sql_type = BigInt)]
    pub placed: i64,
    /// Those of them that lie farther than so many metres from where they lay.
    #[diesel(sql_type = BigInt)]
    pub moved: i64,
}

/// How many records of `after` have a value in the field with this index that stands there in `before` too.
///
/// # Errors
/// Where the database fails.
pub fn known_values(
    connection: &mut PgConnection,
    before: &StoredTable,
    after: &StoredTable,
    field: usize,
) -> Result<Known, StoreError> {
    let number = i32::try_from(field + 1).unwrap_or(i32::MAX);
    let known = diesel::sql_query(include_str!("known_values.sql"))
        .bind::<BigInt, _>(before.key)
        .bind::<BigInt, _>(after.key)
        .bind::<Integer, _>(number)
        .get_result(connection)?;
    Ok(known)
}

/// How many records with one and the same id lie elsewhere than before, by more than so many metres. Ids that stand in
/// several records of a table say nothing.
///
/// # Errors
/// Where the database fails.
pub fn moves(
    connection: &mut PgConnection,
    before: &StoredTable,
    after: &StoredTable,
    metres: f64,
) -> Result<Moves, StoreError> {
    let moves = diesel::sql_query(include_str!("moves.sql"))
        .bind::<BigInt, _>(before.key)
        .bind::<BigInt, _>(after.key)
        .bind::<Double, _>(metres)
        .get_result(connection)?;
    Ok(moves)
}
