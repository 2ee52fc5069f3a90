//! Work on several threads with the results in order, so that they are the same for any number of threads.

use std::sync::mpsc::sync_channel;
use std::thread;

/// Takes items from `source`, works on them, and hands over the results in the order of the items. Every thread has a
/// `worker` of its own. Only a few items are under way at a time, so memory stays bounded.
///
/// # Errors
/// The first of `source`, when the results before it were handed over.
pub(super) fn in_order<Item: Send, Outcome: Send, Worker: FnMut(Item) -> Outcome, Fault: Send>(
    threads: usize,
    mut source: impl FnMut() -> Result<Option<Item>, Fault> + Send,
    worker: impl Fn() -> Worker + Sync,
    mut take: impl FnMut(Outcome),
) -> Result<(), Fault> {
    if threads <= 1 {
        let mut work = worker();
        while let Some(item) = source()? {
            take(work(item));
        }
        return Ok(());
    }
    thread::scope(|scope| {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (input, items) = sync_channel(1);
            let (results, output) = sync_channel(1);
            let worker = &worker;
            scope.spawn(move || {
                let mut work = worker();
                // Nobody receives any more where the other side has failed.
                for item in items {
                    if results.send(work(item)).is_err() {
                        break;
                    }
                }
            });
            inputs.push(input);
            outputs.push(output);
        }
        // Items go round, so the results are in order if they are taken in the same round.
        let reader = scope.spawn(move || {
            for input in inputs.iter().cycle() {
                let Some(item) = source()? else { break };
                if input.send(item).is_err() {
                    break;
                }
            }
            Ok(())
        });
        for output in outputs.iter().cycle() {
            match output.recv() {
                Ok(result) => take(result),
                Err(_) => break,
            }
        }
        drop(outputs);
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
    #[should_panic(expected = "scoped thread panicked")]
    fn a_failure_on_a_thread_is_not_lost() {
        let mut items = 0..100_u64;
        let work = || |number: u64| assert!(number < 50, "too much");
        let _ = in_order(2, || Ok::<_, ()>(items.next()), work, |()| {});
    }
}
