//! Streaming replicas for reading. A replica lags behind; it is read only where it has replayed the write-ahead log up to
//! a place behind the last change that this process knows of, so whoever has seen a version sees it again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::connections::Connections;
use super::watch::Watch;
use super::{Settings, StoreError};

/// How long a replica that could not be reached is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// All replicas of the database.
pub struct Replicas {
    replicas: Vec<Replica>,
    turn: AtomicUsize,
    /// A state of the catalogue, and a place in the log by which it was reached.
    place: Mutex<(u64, String)>,
}

/// One replica.
pub struct Replica {
    /// Connections to it.
    pub connections: Connections,
    /// The state of the catalogue that it is known to have.
    state: AtomicU64,
    /// When it could not be reached.
    failed: Mutex<Option<Instant>>,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = Text)]
    place: String,
}

#[derive(QueryableByName)]
struct Reached {
    #[diesel(sql_type = Bool)]
    reached: bool,
}

impl Replicas {
    /// Those that the settings name. None is connected to yet.
    pub fn new(settings: &Settings) -> Replicas {
        let replica = |url: &String| Replica {
            connections: Connections::open_later(url, settings),
            state: AtomicU64::new(0),
            failed: Mutex::new(None),
        };
        Replicas {
            replicas: settings.read_urls.iter().map(replica).collect(),
            turn: AtomicUsize::new(0),
            place: Mutex::new((0, String::new())),
        }
    }

    /// A replica that has everything that this process knows of; they take turns.
    pub fn current(&self, watch: &std::sync::Arc<Watch>, primary: &Connections) -> Option<&Replica> {
        if self.replicas.is_empty() {
            return None;
        }
        let state = watch.state()?;
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let mut candidates =
            (0..self.replicas.len()).map(|index| &self.replicas[(first + index) % self.replicas.len()]);
        candidates.find(|replica| replica.has(state, || self.place(state, primary)))
    }

    /// A place in the log behind everything that belongs to this state.
    fn place(&self, state: u64, primary: &Connections) -> Option<String> {
        let mut known = self.place.lock().ok()?;
        if known.0 != state {
            let asked = primary.ask(|connection| {
                let query = diesel::sql_query("SELECT pg_current_wal_insert_lsn()::text AS place");
                Ok(query.get_result::<Place>(connection)?.place)
            });
            *known = (state, asked.ok()?);
        }
        Some(known.1.clone())
    }
}

impl Replica {
    fn has(&self, state: u64, place: impl FnOnce() -> Option<String>) -> bool {
        if self.state.load(Ordering::Acquire) == state {
            return true;
        }
        let has_failed = |failed: &mut Option<Instant>| failed.is_some_and(|since| since.elapsed() < PAUSE);
        if self.failed.lock().is_ok_and(|mut failed| has_failed(&mut failed)) {
            return false;
        }
        let Some(place) = place() else { return false };
        let reached = self.connections.ask(|connection| {
            let query = diesel::sql_query("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS reached");
            Ok::<_, StoreError>(query.bind::<Text, _>(&place).get_result::<Reached>(connection)?.reached)
        });
        match reached {
            Ok(true) => self.state.store(state, Ordering::Release),
            Ok(false) => return false,
            Err(error) => {
                self.fail(&error);
                return false;
            }
        }
        true
    }

    /// Leaves it alone for a while.
    pub fn fail(&self, error: &StoreError) {
        tracing::warn!(%error, "a replica cannot be read; the primary answers in its place");
        self.state.store(0, Ordering::Release);
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(Instant::now());
        }
    }
}
