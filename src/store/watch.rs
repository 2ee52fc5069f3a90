//! Whether anything in the catalogue has changed, and whether the database answers at all, known without asking it.
//!
//! Every transaction that changes the catalogue sends a notification when it is committed (see the migration "changes"). A
//! connection that listens gets it at once, and what has come in is looked at whenever [`Watch::state`] is asked for: one
//! look at a socket, no round trip. What is kept aside is kept for a state; when the state is another one it is out of date.
//!
//! A thread asks the same connection for a sign of life four times a second, and connects again where it broke. So nobody
//! else waits for a database that is down, or one that hangs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, TryLockError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;

use super::StoreError;
use super::connections::establish;

/// How long between two signs of life.
const PULSE: Duration = Duration::from_millis(250);
/// How long between two attempts to connect again.
const PAUSE: Duration = Duration::from_millis(100);
/// A database that has not answered for so long hangs.
const SILENCE: Duration = Duration::from_millis(850);
/// How long a request waits for the connection, on a thread that has others to answer.
const MOMENT: Duration = Duration::from_millis(5);

/// A number that changes with the catalogue, and whether the database answers.
pub struct Watch {
    url: String,
    state: AtomicU64,
    /// The connection that listens; `None` where it broke.
    listening: Mutex<Option<PgConnection>>,
    /// When the connection that listens last gave a sign of life.
    heard: SharedInstant,
    /// When the database last answered anything.
    answered: SharedInstant,
    /// Whether it cannot be connected to.
    is_down: AtomicBool,
}

impl Watch {
    /// Begins to listen to the database at this address, until the value is dropped.
    pub fn new(url: &str) -> Arc<Watch> {
        let watch = Arc::new(Watch {
            url: url.to_owned(),
            state: AtomicU64::new(1),
            listening: Mutex::new(None),
            heard: SharedInstant::now(),
            answered: SharedInstant::now(),
            is_down: AtomicBool::new(false),
        });
        watch.look();
        let watched = Arc::downgrade(&watch);
        thread::spawn(move || keep_looking(&watched));
        watch
    }

    /// The state of the catalogue: whoever has the same number again can be sure that nothing has changed in between.
    /// `None` where changes would go unnoticed.
    pub fn state(&self) -> Option<u64> {
        if self.heard.elapsed() > SILENCE {
            return None;
        }
        let begun = Instant::now();
        let mut listening = loop {
            match self.listening.try_lock() {
                Ok(listening) => break listening,
                // The thread that asks for a sign of life has it, mostly for some microseconds.
                Err(TryLockError::WouldBlock) if begun.elapsed() < MOMENT => thread::yield_now(),
                Err(_) => return None,
            }
        };
        self.read_notifications(&mut listening).then(|| self.last_state())
    }

    /// The number of the state that was the last one to be known.
    pub fn last_state(&self) -> u64 {
        self.state.load(Ordering::Acquire)
    }

    /// Notes a change that was made here, so that it is known before its notification comes round.
    pub fn note_change(&self) {
        self.state.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes that the database has answered something.
    pub fn note_answer(&self) {
        self.answered.set_now();
    }

    /// Whether the database is down, or hangs.
    pub fn is_away(&self) -> bool {
        self.is_down.load(Ordering::Acquire) || (self.heard.elapsed() > SILENCE && self.answered.elapsed() > SILENCE)
    }

    /// For how long nothing has been heard of changes.
    pub fn unheard(&self) -> Duration {
        self.heard.elapsed()
    }

    /// Reads what has come in; false where the connection broke.
    fn read_notifications(&self, listening: &mut Option<PgConnection>) -> bool {
        let Some(connection) = listening else { return false };
        let read = connection.notifications_iter().try_fold(false, |_, notification| notification.map(|_| true));
        match read {
            Ok(has_changed) => {
                if has_changed {
                    self.note_change();
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the connection that listens for changes broke");
                *listening = None;
                false
            }
        }
    }

    /// Asks for a sign of life, and connects again where there is none.
    fn look(&self) {
        let asked = Instant::now();
        if self.is_alive() {
            self.heard.set(asked);
            return;
        }
        match listen(&self.url) {
            Ok(connection) => {
                // Nobody knows what happened meanwhile.
                self.note_change();
                *self.lock() = Some(connection);
                self.heard.set(asked);
                if self.is_down.swap(false, Ordering::AcqRel) {
                    tracing::warn!("the database answers again");
                }
            }
            Err(error) => {
                if !self.is_down.swap(true, Ordering::AcqRel) {
                    tracing::error!(%error, "the database cannot be reached; it is tried again until it can");
                }
            }
        }
    }

    /// Whether the connection that listens answers. What was announced before the answer has come in with it.
    fn is_alive(&self) -> bool {
        let mut listening = self.lock();
        let Some(connection) = &mut *listening else { return false };
        if let Err(error) = connection.batch_execute("SELECT 1") {
            tracing::warn!(%error, "the connection that listens for changes broke");
            *listening = None;
            return false;
        }
        self.read_notifications(&mut listening)
    }

    fn lock(&self) -> MutexGuard<'_, Option<PgConnection>> {
        self.listening.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn keep_looking(watched: &Weak<Watch>) {
    loop {
        let Some(watch) = watched.upgrade() else { return };
        watch.look();
        let pause = if watch.is_down.load(Ordering::Acquire) { PAUSE } else { PULSE };
        drop(watch);
        thread::sleep(pause);
    }
}

fn listen(url: &str) -> Result<PgConnection, StoreError> {
    let mut connection = establish(url)?;
    connection.batch_execute("SET application_name = 'machikura watch'; LISTEN machikura")?;
    Ok(connection)
}

/// An instant that threads share, to the millisecond.
pub struct SharedInstant(AtomicU64);

impl SharedInstant {
    /// The present one.
    pub fn now() -> SharedInstant {
        SharedInstant(AtomicU64::new(millis(Instant::now())))
    }

    /// Makes it the present one.
    pub fn set_now(&self) {
        self.set(Instant::now());
    }

    fn set(&self, instant: Instant) {
        let millis = millis(instant);
        // Mostly it is set many times in a millisecond, and threads need not contend for it.
        if self.0.load(Ordering::Relaxed) < millis {
            self.0.fetch_max(millis, Ordering::AcqRel);
        }
    }

    /// How long ago it was.
    pub fn elapsed(&self) -> Duration {
        Duration::from_millis(millis(Instant::now()).saturating_sub(self.0.load(Ordering::Acquire)))
    }
}

/// Milliseconds since this was first asked for.
fn millis(instant: Instant) -> u64 {
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(instant.saturating_duration_since(*BEGINNING).as_millis()).unwrap_or(u64::MAX)
}
