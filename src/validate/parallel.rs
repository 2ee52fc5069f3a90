//! Work on several threads with the results in order, so that they are the same for any number of threads.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results that wait for an earlier one, for each thread; with more of them a thread takes no further item.
const WAITING: usize = 2;

/// Takes items from `source`, works on them, and hands over the results in the order of the items. Every thread has a
/// `worker` of its own, and takes, works on and hands over an item itself where it can, so that the item's memory stays near
/// one core. Only a few items are under way at a time, so memory stays bounded.
///
/// # Errors
/// The first of `source`, when the results before it were handed over.
pub(super) fn in_order<Item, Outcome: Send, Worker: FnMut(Item) -> Outcome, Fault: Send>(
    threads: usize,
    mut source: impl FnMut() -> Result<Option<Item>, Fault> + Send,
    worker: impl Fn() -> Worker + Sync,
    mut take: impl FnMut(Outcome) + Send,
) -> Result<(), Fault> {
    if threads <= 1 {
        let mut work = worker();
        while let Some(item) = source()? {
            take(work(item));
        }
        return Ok(());
    }
    let items = Mutex::new(Items { source, given: 0, end: None });
    let line = Line { state: Mutex::default(), moved: Condvar::new(), take: Mutex::new(take), most: WAITING * threads };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _alarm = Alarm(&line);
                let mut work = worker();
                // In a closure, so that the lock is let go before the work begins.
                let next = || lock(&items).next();
                while line.has_room()
                    && let Some((place, item)) = next()
                {
                    line.hand_over(place, work(item));
                }
            });
        }
    });
    lock(&items).end.take().unwrap_or(Ok(()))
}

/// The lock; a thread that panicked with it has its panic told when all threads have ended.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where items come from, each with its place in the order.
struct Items<Source, Fault> {
    source: Source,
    given: u64,
    end: Option<Result<(), Fault>>,
}

impl<Item, Fault, Source: FnMut() -> Result<Option<Item>, Fault>> Items<Source, Fault> {
    fn next(&mut self) -> Option<(u64, Item)> {
        if self.end.is_some() {
            return None;
        }
        match (self.source)() {
            Ok(Some(item)) => {
                self.given += 1;
                Some((self.given - 1, item))
            }
            Ok(None) => {
                self.end = Some(Ok(()));
                None
            }
            Err(fault) => {
                self.end = Some(Err(fault));
                None
            }
        }
    }
}

/// Where results are handed over, one after the other.
struct Line<Outcome, Take> {
    state: Mutex<State<Outcome>>,
    /// Told whenever a result was handed over.
    moved: Condvar,
    take: Mutex<Take>,
    most: usize,
}

struct State<Outcome> {
    /// The place of the result that is handed over next.
    turn: u64,
    waiting: BTreeMap<u64, Outcome>,
    /// Whether a thread has failed, so that its result will never come.
    is_broken: bool,
}

impl<Outcome> Default for State<Outcome> {
    fn default() -> State<Outcome> {
        State { turn: 0, waiting: BTreeMap::new(), is_broken: false }
    }
}

impl<Outcome, Take: FnMut(Outcome)> Line<Outcome, Take> {
    /// Waits until few results wait; `false` where that will never be.
    fn has_room(&self) -> bool {
        let state = lock(&self.state);
        let is_full = |state: &mut State<Outcome>| state.waiting.len() >= self.most && !state.is_broken;
        let state = self.moved.wait_while(state, is_full).unwrap_or_else(PoisonError::into_inner);
        !state.is_broken
    }

    fn hand_over(&self, place: u64, outcome: Outcome) {
        lock(&self.state).waiting.insert(place, outcome);
        // Who is taking already takes this one as well. It looks once more when it has let go, so that none is forgotten.
        while self.is_next_waiting()
            && let Ok(mut take) = self.take.try_lock()
        {
            self.take_waiting(&mut take);
        }
    }

    fn take_waiting(&self, take: &mut Take) {
        while let Some(outcome) = self.next_waiting() {
            take(outcome);
            self.moved.notify_all();
        }
    }

    fn is_next_waiting(&self) -> bool {
        let state = lock(&self.state);
        state.waiting.contains_key(&state.turn)
    }

    fn next_waiting(&self) -> Option<Outcome> {
        let mut state = lock(&self.state);
        let turn = state.turn;
        let outcome = state.waiting.remove(&turn)?;
        state.turn += 1;
        Some(outcome)
    }
}

/// Tells the other threads when its own one fails.
struct Alarm<'a, Outcome, Take>(&'a Line<Outcome, Take>);

impl<Outcome, Take> Drop for Alarm<'_, Outcome, Take> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.state).is_broken = true;
            self.0.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The squares of what stands before an item that is none, by so many threads.
    fn squares(threads: usize, items: &[Option<u64>]) -> (Vec<u64>, Result<(), &'static str>) {
        let mut items = items.iter();
        let mut found = Vec::new();
        let source = || match items.next() {
            Some(Some(number)) => Ok(Some(*number)),
            Some(None) => Err("no number"),
            None => Ok(None),
        };
        let result = in_order(threads, source, || |number| number * number, |square| found.push(square));
        (found, result)
    }

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let many: Vec<Option<u64>> = (0..1000).map(Some).collect();
        for items in [&many[..], &many[..1], &[], &[Some(1), Some(2), None, Some(3)]] {
            let alone = squares(1, items);
            for threads in [2, 3, 7] {
                assert_eq!(squares(threads, items), alone, "{threads} threads");
            }
        }
        assert_eq!(squares(2, &[Some(3), None]), (vec![9], Err("no number")));
    }

    #[test]
    fn threads_work_at_the_same_time() {
        let meeting = std::sync::Barrier::new(2);
        let mut items = 0..2;
        // Alone, the first would wait for ever.
        let work = || {
            |_: u64| {
                meeting.wait();
            }
        };
        assert_eq!(in_order(2, || Ok::<_, ()>(items.next()), work, |()| {}), Ok(()));
    }

    #[test]
    #[should_panic(expected = "scoped thread panicked")]
    fn a_failure_on_a_thread_is_not_lost() {
        let mut items = 0..100_u64;
        let work = || |number: u64| assert!(number < 50, "too much");
        let _ = in_order(2, || Ok::<_, ()>(items.next()), work, |()| {});
    }
}
