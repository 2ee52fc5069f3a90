//! The database: who may use it, when, and in which transaction. What stands in it is the business of the modules below.
//!
//! Only [`Db::read`], [`Db::write`], [`Db::rehearse`] and their blocking siblings open transactions; every function below takes a
//! connection and can be combined with others inside either. Texts with U+0000, which PostgreSQL cannot hold, match
//! nothing when read and are refused when written.

pub mod audit;
pub mod catalog;
mod error;
pub mod files;
mod migrations;
mod publication;
pub mod records;
mod search;
mod tables;
mod timestamp;
pub mod tokens;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::result::Error as DieselError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use error::StoreError;
pub use migrations::{SchemaState, migrate, revert_all, schema_state};

/// How the database is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is, as libpq takes it.
    pub url: String,
    /// How many connections at most, and so how many requests work in the database at once.
    pub pool_size: u32,
    /// How long one statement of a reader may take.
    pub statement_timeout: Duration,
    /// How long one statement of a writer may take; the rows of a publication are one statement.
    pub write_timeout: Duration,
    /// How long a request waits for its turn.
    pub permit_timeout: Duration,
    /// How long a new connection may take.
    pub connection_timeout: Duration,
}

impl Settings {
    /// Sensible settings for the database at this address.
    pub fn new(url: impl Into<String>) -> Settings {
        Settings {
            url: url.into(),
            pool_size: 16,
            statement_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(600),
            permit_timeout: Duration::from_secs(5),
            connection_timeout: Duration::from_secs(5),
        }
    }
}

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Db {
    pool: Pool<ConnectionManager<PgConnection>>,
    permits: Arc<Semaphore>,
    settings: Arc<Settings>,
}

impl Db {
    /// Makes ready to connect, and tries it once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no database to connect to.
    pub fn connect(settings: Settings) -> Result<Db, StoreError> {
        let pool = Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(settings.connection_timeout)
            // A connection that died is noticed when the transaction begins, which costs no further round trip.
            .test_on_check_out(false)
            .connection_customizer(Box::new(Session { statement_timeout: settings.statement_timeout }))
            .build(ConnectionManager::new(&settings.url))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let permits = usize::try_from(settings.pool_size).expect("a pool size fits the address space");
        Ok(Db { pool, permits: Arc::new(Semaphore::new(permits)), settings: Arc::new(settings) })
    }

    /// Reads: one snapshot of the database, in which nothing can be changed.
    ///
    /// # Errors
    /// What `work` answers; [`StoreError::Busy`] if its turn does not come in time, and [`StoreError::Unavailable`],
    /// [`StoreError::Timeout`] or [`StoreError::Database`] where the database fails.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.permit().await?;
        self.spawn(permit, |db| db.read_blocking(work)).await
    }

    /// Writes: all of `work` or, if it answers an error, nothing of it.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.permit().await?;
        self.spawn(permit, |db| db.write_blocking(work)).await
    }

    /// Does what [`Db::write`] does and takes all of it back, so that it can be told what would come of it.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn rehearse<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.permit().await?;
        self.spawn(permit, |db| db.transaction(&db.begin_write(), End::Rollback, work)).await
    }

    /// [`Db::read`] on the thread of the caller, without waiting for a turn: for the command line.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
    {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.transaction(BEGIN, End::Commit, work)
    }

    /// [`Db::write`] on the thread of the caller, without waiting for a turn: for the command line.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
    {
        self.transaction(&self.begin_write(), End::Commit, work)
    }

    fn begin_write(&self) -> String {
        format!("BEGIN; SET LOCAL statement_timeout = {}", self.settings.write_timeout.as_millis())
    }

    /// How many requests could start to work in the database now, and how many at most: for the metrics.
    pub fn permits(&self) -> (usize, u32) {
        (self.permits.available_permits(), self.settings.pool_size)
    }

    /// Waits for a turn. No thread is held meanwhile.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let turn = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(self.settings.permit_timeout, turn).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }

    /// Runs blocking work. The permit goes with it: a client that hangs up does not free it before the work is done.
    async fn spawn<T, E, F>(&self, permit: OwnedSemaphorePermit, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Db) -> Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        let done = web::block(move || {
            let answer = work(&db);
            drop(permit);
            answer
        });
        done.await.unwrap_or_else(|_| Err(StoreError::Interrupted.into()))
    }

    /// One transaction around `work`. A connection that turns out to be dead before anything was done is thrown away
    /// and another one taken, so that a restart of the database costs no request.
    fn transaction<T, E, F>(&self, begin: &str, end: End, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
    {
        let mut spares = self.settings.pool_size;
        let mut connection = loop {
            let mut connection = self.pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            match AnsiTransactionManager::begin_transaction_sql(&mut *connection, begin) {
                Ok(()) => break connection,
                Err(error) => {
                    // The pool discards a connection whose transactions are out of order.
                    AnsiTransactionManager::transaction_manager_status_mut(&mut *connection).set_in_error();
                    match StoreError::from(error) {
                        StoreError::Unavailable(_) if spares > 0 => spares -= 1,
                        error => return Err(error.into()),
                    }
                }
            }
        };
        let transaction = Transaction { connection: &mut connection };
        let answer = work(transaction.connection)?;
        match end {
            End::Commit => transaction.commit().map_err(StoreError::from)?,
            End::Rollback => drop(transaction),
        }
        Ok(answer)
    }
}

/// How a transaction ends whose work succeeded.
#[derive(Clone, Copy)]
enum End {
    Commit,
    Rollback,
}

/// An open transaction, rolled back unless it is committed, whatever happens to the work in it.
struct Transaction<'a> {
    connection: &'a mut PgConnection,
}

impl Transaction<'_> {
    fn commit(self) -> Result<(), DieselError> {
        AnsiTransactionManager::commit_transaction(self.connection)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        let status = AnsiTransactionManager::transaction_manager_status_mut(self.connection);
        let is_open = status.transaction_depth().is_ok_and(|depth| depth.is_some());
        if is_open && AnsiTransactionManager::rollback_transaction(self.connection).is_err() {
            AnsiTransactionManager::transaction_manager_status_mut(self.connection).set_in_error();
        }
    }
}

/// What every new connection is told.
#[derive(Debug)]
struct Session {
    statement_timeout: Duration,
}

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for Session {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        // Compiling a query to machine code takes longer than nearly all of ours do.
        let settings = format!(
            "SET application_name = 'machikura'; SET timezone = 'Asia/Tokyo'; SET jit = off; \
             SET client_min_messages = warning; SET statement_timeout = {}",
            self.statement_timeout.as_millis()
        );
        connection.batch_execute(&settings).map_err(diesel::r2d2::Error::QueryError)
    }
}
