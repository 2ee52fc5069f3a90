//! A time limit that begins anew all the time: most of them are cleared long before they end, so that clearing costs nothing.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A time limit on waiting.
#[derive(Default)]
pub struct Timer {
    since: Option<Instant>,
    /// Wakes the task, at times too early.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Ends the waiting: the next [`Timer::poll_expired`] begins another one.
    pub fn clear(&mut self) {
        self.since = None;
    }

    /// Whether it has been waited for so long.
    pub fn poll_expired(&mut self, context: &mut Context<'_>, limit: Duration) -> Poll<()> {
        let now = Instant::now();
        let end = *self.since.get_or_insert(now) + limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if sleep.deadline() > end {
            sleep.as_mut().reset(end);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if Instant::now() >= end {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(end);
        }
    }
}
