//! Turns of work on uploads: so many at once, with so much memory in all. Who waits gets one in the order of arrival, the
//! addresses going round, and no address has more than half of them.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// How long a request waits for its turn.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Gives turns.
pub struct Turns {
    state: Arc<Mutex<State>>,
    /// Megabytes of all turns at once.
    memory_mb: u64,
}

/// A turn, which ends when this value goes.
pub struct Turn {
    state: Arc<Mutex<State>>,
    client: Option<IpAddr>,
    memory_mb: u64,
}

struct State {
    free: usize,
    free_mb: u64,
    /// How many turns an address may have at once, and has.
    most_of_one: usize,
    taken: HashMap<IpAddr, usize>,
    /// Who waits, by address; the address whose turn is next comes first.
    waiting: VecDeque<(Option<IpAddr>, VecDeque<Waiting>)>,
}

struct Waiting {
    memory_mb: u64,
    called: oneshot::Sender<()>,
}

impl Turns {
    /// So many turns at once, with so many megabytes in all.
    pub fn new(most: usize, memory_mb: u64) -> Turns {
        let most_of_one = most.div_ceil(2);
        let (taken, waiting) = (HashMap::new(), VecDeque::new());
        let state = State { free: most, free_mb: memory_mb, most_of_one, taken, waiting };
        Turns { state: Arc::new(Mutex::new(state)), memory_mb }
    }

    /// Waits for a turn that needs so many megabytes. `client`: the address to count for, if any. `None` where the wait is
    /// too long.
    pub async fn take(&self, client: Option<IpAddr>, memory_mb: u64) -> Option<Turn> {
        let memory_mb = memory_mb.min(self.memory_mb);
        let (called, call) = oneshot::channel();
        {
            let mut state = lock(&self.state);
            let waiting = Waiting { memory_mb, called };
            match state.waiting.iter_mut().find(|(other, _)| *other == client) {
                Some((_, queue)) => queue.push_back(waiting),
                None => state.waiting.push_back((client, VecDeque::from([waiting]))),
            }
            state.call_next();
        }
        // Who is called and has left meanwhile gives its turn back by being dropped.
        let turn = Call { call, turns: self, client, memory_mb };
        tokio::time::timeout(LONGEST_WAIT, turn.answered()).await.ok()?
    }
}

/// A wait for a turn. If it is given up after the call, the turn goes back.
struct Call<'a> {
    call: oneshot::Receiver<()>,
    turns: &'a Turns,
    client: Option<IpAddr>,
    memory_mb: u64,
}

impl Call<'_> {
    async fn answered(mut self) -> Option<Turn> {
        (&mut self.call).await.ok()?;
        Some(self.turn())
    }

    fn turn(&self) -> Turn {
        Turn { state: Arc::clone(&self.turns.state), client: self.client, memory_mb: self.memory_mb }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.call.close();
        match self.call.try_recv() {
            Ok(()) => drop(self.turn()),
            Err(_) => lock(&self.turns.state).call_next(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.free += 1;
        state.free_mb += self.memory_mb;
        if let Some(client) = self.client
            && let Some(taken) = state.taken.get_mut(&client)
        {
            *taken -= 1;
            if *taken == 0 {
                state.taken.remove(&client);
            }
        }
        state.call_next();
    }
}

impl State {
    /// Calls those whose turn it is.
    fn call_next(&mut self) {
        self.forget_those_who_left();
        while self.free > 0
            && let Some(place) = self.waiting.iter().position(|(client, _)| self.may_have_more(*client))
        {
            let (client, mut queue) = self.waiting.remove(place).expect("the place was found");
            let next = queue.pop_front().expect("no queue is empty");
            if next.memory_mb > self.free_mb {
                // It comes first when memory is given back: others do not overtake it, so that it gets its turn.
                queue.push_front(next);
                self.waiting.push_front((client, queue));
                return;
            }
            if !queue.is_empty() {
                self.waiting.push_back((client, queue));
            }
            if next.called.send(()).is_ok() {
                self.free -= 1;
                self.free_mb -= next.memory_mb;
                if let Some(client) = client {
                    *self.taken.entry(client).or_default() += 1;
                }
            }
        }
    }

    /// Who gave up waiting is not to hold up the others.
    fn forget_those_who_left(&mut self) {
        for (_, queue) in &mut self.waiting {
            queue.retain(|waiting| !waiting.called.is_closed());
        }
        self.waiting.retain(|(_, queue)| !queue.is_empty());
    }

    fn may_have_more(&self, client: Option<IpAddr>) -> bool {
        client.and_then(|client| self.taken.get(&client)).is_none_or(|taken| *taken < self.most_of_one)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn now(turns: &Turns, client: u8, memory_mb: u64) -> Option<Turn> {
        let client = Some(IpAddr::from([192, 0, 2, client]));
        tokio::time::timeout(Duration::from_millis(20), turns.take(client, memory_mb)).await.ok()?
    }

    #[actix_web::test]
    async fn nobody_has_more_than_half_of_the_turns() {
        let turns = Turns::new(4, 100);
        let first = now(&turns, 1, 1).await;
        let second = now(&turns, 1, 1).await;
        assert!(first.is_some() && second.is_some() && now(&turns, 1, 1).await.is_none());
        let others = (now(&turns, 2, 1).await, now(&turns, 3, 1).await);
        assert!(others.0.is_some() && others.1.is_some() && now(&turns, 4, 1).await.is_none());
        drop(first);
        assert!(now(&turns, 1, 1).await.is_some(), "those who gave up waiting take no turn");
    }

    #[actix_web::test]
    async fn memory_is_shared() {
        let turns = Turns::new(8, 100);
        let first = now(&turns, 1, 60).await;
        assert!(first.is_some() && now(&turns, 2, 60).await.is_none());
        assert!(now(&turns, 2, 40).await.is_some());
        drop(first);
        assert!(now(&turns, 2, 1_000).await.is_some(), "what needs more than there is gets all of it");
    }

    #[actix_web::test]
    async fn addresses_go_round() {
        let turns = Arc::new(Turns::new(1, 100));
        let turn = now(&turns, 9, 1).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for client in [1, 1, 1, 2] {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            waiting.push(actix_web::rt::spawn(async move {
                let turn = turns.take(Some(IpAddr::from([192, 0, 2, client])), 1).await;
                order.lock().expect("no panic").push(client);
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        drop(turn);
        for one in waiting {
            one.await.expect("no panic");
        }
        assert_eq!(*order.lock().expect("no panic"), [1, 2, 1, 1]);
    }
}
