//! Connections to one database server, and transactions on them.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, NopErrorHandler, Pool, PooledConnection};
use diesel::result::Error as DieselError;

use super::{Settings, StoreError};

/// How long a request waits for a connection to be made.
const PATIENCE: Duration = Duration::from_millis(900);

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
        let pool = builder(settings).min_idle(Some(1)).build_unchecked(manager(url));
        pool.get_timeout(settings.connection_timeout).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Connections { pool })
    }

    /// Makes ready to connect when it is needed.
    pub fn open_later(url: &str, settings: &Settings) -> Connections {
        Connections { pool: builder(settings).min_idle(Some(0)).build_unchecked(manager(url)) }
    }

    fn get(&self) -> Result<PooledConnection<ConnectionManager<PgConnection>>, StoreError> {
        self.pool.get().map_err(|error| {
            tracing::warn!(%error, "no connection to the database could be made in time");
            StoreError::Unavailable(error.to_string())
        })
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
    let mut connection = establish(&settings.url)?;
    let session = Session { statement_timeout: settings.write_timeout };
    session.on_acquire(&mut connection).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    connection.build_transaction().read_only().repeatable_read().run(work)
}

/// A connection beside the pool, as it comes.
pub fn establish(url: &str) -> Result<PgConnection, StoreError> {
    PgConnection::establish(&impatient(url)).map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn manager(url: &str) -> ConnectionManager<PgConnection> {
    ConnectionManager::new(impatient(url))
}

/// The address with parameters of libpq by which a server that says nothing any more is given up within seconds. What the
/// address itself says of them stands behind and so holds.
fn impatient(url: &str) -> String {
    const PARAMETERS: [&str; 5] = [
        "connect_timeout=2",
        "tcp_user_timeout=5000",
        "keepalives_idle=5",
        "keepalives_interval=2",
        "keepalives_count=3",
    ];
    if !url.starts_with("postgresql://") && !url.starts_with("postgres://") {
        return format!("{} {url}", PARAMETERS.join(" "));
    }
    let (address, own) = url.split_once('?').unwrap_or((url, ""));
    format!("{address}?{}&{own}", PARAMETERS.join("&")).trim_end_matches('&').to_owned()
}

fn builder(settings: &Settings) -> diesel::r2d2::Builder<ConnectionManager<PgConnection>> {
    Pool::builder()
        .max_size(settings.pool_size)
        .connection_timeout(PATIENCE)
        // Whoever waits for a connection is told; the others need not know.
        .error_handler(Box::new(NopErrorHandler))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_is_given_up_in_every_form_of_address_unless_it_says_otherwise() {
        for (url, begin, end) in [
            ("postgresql://u@h/db", "postgresql://u@h/db?connect_timeout=2&", "keepalives_count=3"),
            ("postgres://h/db?connect_timeout=9", "postgres://h/db?connect_timeout=2&", "&connect_timeout=9"),
            ("host=h dbname=db connect_timeout=9", "connect_timeout=2 ", " host=h dbname=db connect_timeout=9"),
        ] {
            let address = impatient(url);
            assert!(address.starts_with(begin) && address.ends_with(end), "{address}");
        }
    }
}
