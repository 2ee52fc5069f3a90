//! Starts the private PostgreSQL again whenever it ends while the program runs.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Cluster, ClusterError};

/// How long between two looks at the server.
const PULSE: Duration = Duration::from_millis(250);
/// The same where it answers and its process cannot be seen, as from within a container.
const UNSEEN_PULSE: Duration = Duration::from_secs(5);
/// How long to wait after the first attempt that failed; twice as long after each further one, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A cluster whose server is started again whenever it ends, as often as need be.
#[derive(Debug)]
pub struct Supervisor {
    /// Dropped, it ends the thread.
    ending: Sender<()>,
    thread: JoinHandle<Cluster>,
}

impl Supervisor {
    pub(super) fn new(cluster: Cluster) -> Supervisor {
        let (ending, ended) = mpsc::channel();
        let thread = thread::spawn(move || {
            supervise(&cluster, &ended);
            cluster
        });
        Supervisor { ending, thread }
    }

    /// Ends the supervision, and then as [`Cluster::stop`].
    ///
    /// # Errors
    ///
    /// When the server could not be stopped.
    pub fn stop(self) -> Result<(), ClusterError> {
        drop(self.ending);
        match self.thread.join() {
            Ok(cluster) => cluster.stop(),
            // Whatever it was is in the log; the cluster was dropped on the way, and so stopped.
            Err(_) => Ok(()),
        }
    }
}

fn supervise(cluster: &Cluster, ended: &Receiver<()>) {
    let mut pulse = PULSE;
    let mut pause = PAUSE;
    while ended.recv_timeout(pulse) == Err(RecvTimeoutError::Timeout) {
        pulse = if cluster.place.postmaster().is_some() {
            PULSE
        } else if cluster.answers() {
            UNSEEN_PULSE
        } else {
            tracing::error!(
                log = %cluster.place.end_of_log(),
                "the private PostgreSQL has ended, though nobody stopped it; it is started again"
            );
            match cluster.restart() {
                Ok(()) => {
                    tracing::warn!("the private PostgreSQL runs again");
                    pause = PAUSE;
                    PULSE
                }
                Err(error) => {
                    let waiting = pause;
                    tracing::error!(%error, seconds = waiting.as_secs(), "it could not be started; it is tried again");
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    waiting
                }
            }
        };
    }
}
