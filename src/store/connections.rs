//! Connections to one database server, and transactions on them.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PooledConnection};
use diesel::result::Error as DieselError;

use super::{Settings, StoreError};

/// Connections to one server. Clones share them.
#[derive(Clone)]
pub struct Connections {
    pool: Pool<ConnectionManager<PgConnection>>,
}

impl Connections {
    /// Makes ready to connect, and tries it once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no database to connect to.
    pub fn open(url: &str, settings: &Settings) -> Result<Connections, StoreError> {
        let builder = builder(settings).connection_timeout(settings.connection_timeout).min_idle(Some(1));
        let pool = builder.build(ConnectionManager::new(url));
        Ok(Connections { pool: pool.map_err(|error| StoreError::Unavailable(error.to_string()))? })
    }

    /// Makes ready to connect when it is needed, with little patience.
    pub fn open_later(url: &str, settings: &Settings) -> Connections {
        let builder = builder(settings).connection_timeout(Duration::from_secs(1)).min_idle(Some(0));
        Connections { pool: builder.build_unchecked(ConnectionManager::new(url)) }
    }

    fn get(&self) -> Result<PooledConnection<ConnectionManager<PgConnection>>, StoreError> {
        self.pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// Does `work` without a transaction, and again on another connection where one turns out to be dead.
    pub fn ask<T>(&self, work: impl Fn(&mut PgConnection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut spares = self.pool.max_size();
        loop {
            let mut connection = self.get()?;
            match work(&mut connection) {
                Err(StoreError::Unavailable(_)) if spares > 0 => {
                    AnsiTransactionManager::transaction_manager_status_mut(&mut *connection).set_in_error();
                    spares -= 1;
                }
                answer => return answer,
            }
        }
    }

    /// One transaction around `work`. A connection that turns out to be dead before anything was done is thrown away
    /// and another one taken, so that a restart of the database costs no request.
    pub fn transaction<T, E, F>(&self, begin: &str, end: End, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut PgConnection) -> Result<T, E>,
    {
        let mut spares = self.pool.max_size();
        let mut connection = loop {
            let mut connection = self.get()?;
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

/// One transaction that reads, on a connection beside the pool that is closed behind it. A statement may take as long as a
/// writer's.
pub fn read_aside<T>(
    settings: &Settings,
    work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let unavailable = |error: &dyn std::error::Error| StoreError::Unavailable(error.to_string());
    let mut connection = PgConnection::establish(&settings.url).map_err(|error| unavailable(&error))?;
    let session = Session { statement_timeout: settings.write_timeout };
    session.on_acquire(&mut connection).map_err(|error| unavailable(&error))?;
    connection.build_transaction().read_only().repeatable_read().run(work)
}

fn builder(settings: &Settings) -> diesel::r2d2::Builder<ConnectionManager<PgConnection>> {
    Pool::builder()
        .max_size(settings.pool_size)
        // A connection that died is noticed when it is used, which costs no further round trip.
        .test_on_check_out(false)
        .connection_customizer(Box::new(Session { statement_timeout: settings.statement_timeout }))
}

/// How a transaction ends whose work succeeded.
#[derive(Clone, Copy)]
pub enum End {
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
