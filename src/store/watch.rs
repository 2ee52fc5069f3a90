//! Whether anything in the catalogue has changed, known without asking the database.
//!
//! Every transaction that changes the catalogue sends a notification when it is committed (see the migration "changes"). A
//! connection that listens gets it at once, and what has come in is looked at whenever [`Watch::state`] is asked for: one
//! look at a socket, no round trip, nothing to do while nobody asks. What is kept aside is kept for a state; as soon as
//! the state is another one it is of no use.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

/// How long to wait before another attempt to listen.
const PAUSE: Duration = Duration::from_secs(1);

/// A number that changes with the catalogue.
pub struct Watch {
    url: String,
    /// Never 0, so that 0 can stand for none.
    state: AtomicU64,
    ear: Mutex<Ear>,
}

enum Ear {
    Listening(Box<PgConnection>),
    Deaf {
        since: Instant,
    },
    /// Somebody is at it.
    Connecting,
}

impl Watch {
    /// Begins to listen to the database at this address. Where it cannot be reached, that is tried again later.
    pub fn new(url: &str) -> Arc<Watch> {
        let ear = listen(url).unwrap_or(Ear::Deaf { since: Instant::now() });
        Arc::new(Watch { url: url.to_owned(), state: AtomicU64::new(1), ear: Mutex::new(ear) })
    }

    /// The state of the catalogue: whoever has the same number again can be sure that nothing has changed in between.
    /// `None` where changes would go unnoticed.
    pub fn state(self: &Arc<Watch>) -> Option<u64> {
        self.hear(&mut *self.ear.lock().ok()?)
    }

    /// Notes a change that was made here, so that it is known before its notification comes round.
    pub fn note_change(&self) {
        self.state.fetch_add(1, Ordering::AcqRel);
    }

    fn hear(self: &Arc<Watch>, ear: &mut Ear) -> Option<u64> {
        match ear {
            Ear::Listening(connection) => {
                let heard =
                    connection.notifications_iter().try_fold(false, |_, notification| notification.map(|_| true));
                match heard {
                    Ok(true) => self.note_change(),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the connection that listens for changes broke");
                        *ear = Ear::Deaf { since: Instant::now() };
                        return None;
                    }
                }
                Some(self.state.load(Ordering::Acquire))
            }
            Ear::Deaf { since } if since.elapsed() >= PAUSE => {
                *ear = Ear::Connecting;
                let watch = Arc::clone(self);
                // Connecting may take seconds; requests go on without what is kept aside.
                std::thread::spawn(move || {
                    let ear = listen(&watch.url).unwrap_or(Ear::Deaf { since: Instant::now() });
                    // Nobody knows what happened meanwhile.
                    watch.note_change();
                    if let Ok(mut old) = watch.ear.lock() {
                        *old = ear;
                    }
                });
                None
            }
            Ear::Deaf { .. } | Ear::Connecting => None,
        }
    }
}

fn listen(url: &str) -> Option<Ear> {
    let mut connection = PgConnection::establish(url).ok()?;
    connection.batch_execute("SET application_name = 'machikura watch'; LISTEN machikura").ok()?;
    Some(Ear::Listening(Box::new(connection)))
}
