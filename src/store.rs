//! The database: who may use it, when, and in which transaction. What stands in it is the business of the modules below.
//!
//! Only [`Db::read`], [`Db::write`], [`Db::rehearse`] and their blocking siblings open transactions; every function below takes a
//! connection and can be combined with others inside either. Texts with U+0000, which PostgreSQL cannot hold, match
//! nothing when read and are refused when written.

pub mod audit;
pub mod beside;
pub mod catalog;
mod codes;
mod connections;
mod error;
pub mod files;
mod lines;
mod migrations;
mod publication;
pub mod records;
mod replicas;
mod search;
mod tables;
mod timestamp;
pub mod tokens;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use diesel::pg::PgConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use connections::{Connections, End};
use replicas::Replicas;
use watch::Watch;

pub use error::StoreError;
pub use migrations::{SchemaState, migrate, revert_all, schema_state};
pub use watch::SharedInstant;

/// How the database is used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it is, as libpq takes it.
    pub url: String,
    /// Streaming replicas of it, for reading.
    pub read_urls: Vec<String>,
    /// How many connections at most, and so how many requests work in the database at once.
    pub pool_size: u32,
    /// How long one statement of a reader may take.
    pub statement_timeout: Duration,
    /// How long one statement of a writer may take; the rows of a publication are one statement.
    pub write_timeout: Duration,
    /// How long a request waits for its turn.
    pub permit_timeout: Duration,
    /// How long the first connection may take.
    pub connection_timeout: Duration,
}

impl Settings {
    /// Sensible settings for the database at this address.
    pub fn new(url: impl Into<String>) -> Settings {
        Settings {
            url: url.into(),
            read_urls: Vec::new(),
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
    primary: Connections,
    replicas: Arc<Replicas>,
    permits: Arc<Semaphore>,
    long_permits: Arc<Semaphore>,
    watch: Arc<Watch>,
    settings: Arc<Settings>,
}

/// What a question costs: one kind must not keep the other waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// An index finds the answer.
    Short,
    /// Many records are looked at.
    Long,
}

/// How many times a request looks whether a database that went away has come back, before it is given up.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// A reader can ask again.
    Reading = 2,
    /// What a writer has begun may still be done.
    Writing = 100,
}

/// How long between two of these looks.
const TICK: Duration = Duration::from_millis(100);

impl Db {
    /// Makes ready to connect, and tries it once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is no database to connect to.
    pub fn connect(settings: Settings) -> Result<Db, StoreError> {
        let permits = usize::try_from(settings.pool_size).expect("a pool size fits the address space");
        Ok(Db {
            primary: Connections::open(&settings.url, &settings)?,
            replicas: Arc::new(Replicas::new(&settings)),
            permits: Arc::new(Semaphore::new(permits)),
            long_permits: Arc::new(Semaphore::new(permits.div_ceil(4))),
            watch: Watch::new(&settings.url),
            settings: Arc::new(settings),
        })
    }

    /// The state of the catalogue: whoever has the same number again can be sure that nothing has changed in between.
    /// `None` where changes would go unnoticed.
    pub fn state(&self) -> Option<u64> {
        self.watch.state()
    }

    /// The number of the state that was the last one to be known.
    pub fn last_state(&self) -> u64 {
        self.watch.last_state()
    }

    /// For how long nothing has been heard of changes: the age of what was right in the last state.
    pub fn unheard(&self) -> Duration {
        self.watch.unheard()
    }

    /// Whether the database is down, or hangs. Known without asking it.
    pub fn is_away(&self) -> bool {
        self.watch.is_away()
    }

    /// Waits for something that needs the database, unless that is away or goes away. What was begun goes on to its end.
    ///
    /// # Errors
    /// What `work` answers, and [`StoreError::Unavailable`].
    pub async fn while_present<T, E: From<StoreError>>(
        &self,
        patience: Patience,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let away = || Err(StoreError::Unavailable("it does not answer".to_owned()).into());
        if self.is_away() {
            return away();
        }
        let mut work = std::pin::pin!(work);
        // Counted, not measured: where the whole machine stood still, the database gets the chance to answer.
        let mut silent = 0;
        while silent < patience as u32 {
            match tokio::time::timeout(TICK, &mut work).await {
                Ok(done) => return done,
                Err(_) if self.is_away() => silent += 1,
                Err(_) => silent = 0,
            }
        }
        away()
    }

    /// Asks a question that is one statement, or several about what never changes: without a transaction, which would cost
    /// two round trips. `work` may be done anew, on another connection.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn ask<T, E, F>(&self, cost: Cost, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let answer = self.while_present(Patience::Reading, async {
            // Questions that take long have a quarter of the connections among them, whoever asks them.
            let long = match cost {
                Cost::Long => Some(self.turn(&self.long_permits).await?),
                Cost::Short => None,
            };
            let permit = self.turn(&self.permits).await?;
            let answer = self.spawn((permit, long), move |db| {
                if let Some(replica) = db.replicas.current(&db.watch, &db.primary) {
                    match replica.connections.ask(&work) {
                        Err(StoreError::Unavailable(error)) => replica.fail(&StoreError::Unavailable(error)),
                        answer => return answer,
                    }
                }
                db.primary.ask(work)
            });
            answer.await
        });
        Ok(answer.await?)
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
        self.work(Patience::Reading, |db| db.read_blocking(work)).await
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
        self.work(Patience::Writing, |db| db.write_blocking(work)).await
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
        self.work(Patience::Writing, |db| db.primary.transaction(&db.begin_write(), End::Rollback, work)).await
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
        let replica = self.replicas.current(&self.watch, &self.primary);
        let connections = replica.map_or(&self.primary, |replica| &replica.connections);
        connections.transaction(BEGIN_READ, End::Commit, work)
    }

    /// [`Db::read`] for what takes long and nobody waits for, on the thread of the caller and a connection that no request would
    /// have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn read_aside<T>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        connections::read_aside(&self.settings, work)
    }

    /// [`Db::read`] where nothing that was ever committed may be missed, announced or not: never from a replica.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_newest<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    {
        self.work(Patience::Reading, |db| db.primary.transaction(BEGIN_READ, End::Commit, work)).await
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
        let done = self.primary.transaction(&self.begin_write(), End::Commit, work);
        self.watch.note_change();
        done
    }

    fn begin_write(&self) -> String {
        format!("BEGIN; SET LOCAL statement_timeout = {}", self.settings.write_timeout.as_millis())
    }

    /// How many requests could start to work in the database now, and how many at most: for the metrics.
    pub fn permits(&self) -> (usize, u32) {
        (self.permits.available_permits(), self.settings.pool_size)
    }

    /// Waits for a turn. No thread is held meanwhile.
    async fn turn(&self, permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
        let turn = Arc::clone(permits).acquire_owned();
        match tokio::time::timeout(self.settings.permit_timeout, turn).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }

    /// Does blocking work when its turn comes, unless the database is away.
    async fn work<T, E, F>(&self, patience: Patience, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Db) -> Result<T, E> + Send + 'static,
    {
        let done = async {
            let permit = self.turn(&self.permits).await?;
            self.spawn(permit, work).await
        };
        self.while_present(patience, done).await
    }

    /// Runs blocking work. The permit goes with it: a client that hangs up does not free it before the work is done.
    async fn spawn<T, E, F>(&self, permit: impl Send + 'static, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Db) -> Result<T, E> + Send + 'static,
    {
        let db = self.clone();
        let done = web::block(move || {
            let answer = work(&db);
            if answer.is_ok() {
                db.watch.note_answer();
            }
            drop(permit);
            answer
        });
        done.await.unwrap_or_else(|_| Err(StoreError::Interrupted.into()))
    }
}

/// How readers begin.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
