//! Brings the tables of the database up to date, one process at a time.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{StoreError, publication};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Whether this program and the tables of the database fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// They fit.
    Current,
    /// So many migrations are to be run first.
    Behind(usize),
    /// A newer program ran migrations that this one does not know; the first of them.
    Unknown(String),
}

/// Runs the migrations that are pending in the database at this address, and answers their names; enters what the search
/// index lacks, also where an earlier run was cut short. Several programs may do it at once: one works, the others wait
/// for it.
///
/// # Errors
/// [`StoreError::Migration`], also where the tables are newer than this program; and where the database fails.
pub fn migrate(url: &str) -> Result<Vec<String>, StoreError> {
    let mut connection = establish(url)?;
    match schema_state(&mut connection)? {
        SchemaState::Current => locked(&mut connection, |connection| {
            publication::enter_missing(connection)?;
            Ok(Vec::new())
        }),
        SchemaState::Behind(_) => locked(&mut connection, |connection| {
            let applied = connection.run_pending_migrations(MIGRATIONS).map_err(failed)?;
            let applied = applied.iter().map(ToString::to_string).collect();
            publication::enter_missing(connection)?;
            Ok(applied)
        }),
        SchemaState::Unknown(version) => Err(StoreError::Migration(format!(
            "the database has migration {version}, which this program does not know"
        ))),
    }
}

/// Undoes every migration, newest first; all data is lost. For tests.
///
/// # Errors
/// [`StoreError::Migration`].
pub fn revert_all(url: &str) -> Result<(), StoreError> {
    locked(&mut establish(url)?, |connection| connection.revert_all_migrations(MIGRATIONS).map(drop).map_err(failed))
}

/// Compares the tables of the database with what this program knows. It changes nothing.
///
/// # Errors
/// Where the database fails.
pub fn schema_state(connection: &mut PgConnection) -> Result<SchemaState, StoreError> {
    let known: Vec<String> = MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .map_err(failed)?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = applied(connection)?;
    if let Some(stranger) = applied.iter().find(|version| !known.contains(version)) {
        return Ok(SchemaState::Unknown(stranger.clone()));
    }
    Ok(match known.iter().filter(|version| !applied.contains(version)).count() {
        0 => SchemaState::Current,
        pending => SchemaState::Behind(pending),
    })
}

/// A connection of its own: migrations wait for locks as long as they must, and begin their own transactions.
fn establish(url: &str) -> Result<PgConnection, StoreError> {
    let mut connection = PgConnection::establish(url).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    connection.batch_execute("SET client_min_messages = warning; SET statement_timeout = 0")?;
    Ok(connection)
}

fn applied(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    #[derive(QueryableByName)]
    struct Exists {
        #[diesel(sql_type = Bool)]
        found: bool,
    }
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    // The migrations of another schema on the search path (public) are not ours.
    const EXISTS: &str = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() \
                          AND tablename = '__diesel_schema_migrations') AS found";
    if !diesel::sql_query(EXISTS).get_result::<Exists>(connection)?.found {
        return Ok(Vec::new());
    }
    let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
        .load::<Applied>(connection)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Runs `work` while no other process does, in this schema of this database.
fn locked<T>(
    connection: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    // 街蔵 in ASCII: "MACH". The second number tells the schemas of tests apart.
    connection.batch_execute("SELECT pg_advisory_lock(1296122696, hashtext(current_schema()))")?;
    let done = work(connection);
    connection.batch_execute("SELECT pg_advisory_unlock(1296122696, hashtext(current_schema()))")?;
    done
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migration(error.to_string())
}
