//! Which connections are let in: so many in all and from one address, so that strangers can neither use up the descriptors
//! of the process nor shut out everybody else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::problem::{Code, Problem};

/// Connections that are told that they are too many, at once; more are closed without a word.
const MOST_TOLD: usize = 256;

/// The connections that are open.
pub struct Admission {
    most: usize,
    most_of_address: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    count: usize,
    told: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place among the open connections, given back when this value goes.
pub struct Slot {
    admission: Arc<Admission>,
    /// `None`: of one that is told that it is too many.
    address: Option<IpAddr>,
}

impl Admission {
    /// So many connections at most, in all and from one address, and no more than half of the descriptors that the process
    /// may have: most of the others are for files that connections send or receive.
    pub fn new(most: usize, most_of_address: usize) -> Admission {
        let most = most.min(descriptors() / 2).max(1);
        // However few there are, nobody alone has all of them.
        let most_of_address = most_of_address.min((most * 3 / 4).max(1));
        Admission { most, most_of_address, open: Mutex::default() }
    }

    /// Connections that may be open or be told that they are too many.
    pub fn most(&self) -> usize {
        self.most + MOST_TOLD
    }

    /// Lets a connection in, or says why not; `None` where there is not even room to say so.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<(Slot, Result<(), Problem>)> {
        let address = counted(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = open.by_address.get(&address).copied().unwrap_or_default();
        let refusal = if open.count >= self.most {
            Some(too_many(Code::Busy))
        } else if of_address >= self.most_of_address {
            Some(too_many(Code::TooManyRequests))
        } else {
            None
        };
        let slot = |address| Slot { admission: Arc::clone(self), address };
        match refusal {
            None => {
                open.count += 1;
                open.by_address.insert(address, of_address + 1);
                Some((slot(Some(address)), Ok(())))
            }
            Some(problem) if open.told < MOST_TOLD => {
                open.told += 1;
                Some((slot(None), Err(problem)))
            }
            Some(_) => None,
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(address) = self.address else {
            open.told -= 1;
            return;
        };
        open.count -= 1;
        if let Some(count) = open.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

/// What counts as one address: of IPv6 the network, in which everybody has as many addresses as they like.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

fn too_many(code: Code) -> Problem {
    match code {
        Code::TooManyRequests => Problem::new(
            code,
            "同じアドレスからの接続が多すぎます。使い終わった接続を閉じ、少し待ってからお試しください。",
            "There are too many connections from this address; close those that are done with, and wait a little.",
        ),
        _ => Problem::new(
            code,
            "接続が多すぎます。少し待ってからもう一度お試しください。",
            "There are too many connections; try again soon.",
        ),
    }
}

/// The files and connections that the process may have open, after asking for as many as it is allowed to have.
fn descriptors() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn places_are_counted_by_address_and_in_all() {
        let admission = Arc::new(Admission::new(4, 2));
        let admit =
            |text| admission.admit(address(text)).map(|(slot, told)| (slot, told.map_err(|problem| problem.code)));
        let held: Vec<_> = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].map(admit).into_iter().flatten().collect();
        assert!(held.iter().all(|(_, told)| told.is_ok()) && held.len() == 3);
        let refused = |text| admit(text).and_then(|(_, told)| told.err());
        assert_eq!(refused("192.0.2.1"), Some(Code::TooManyRequests));
        let last = admit("2001:db8::2");
        assert!(last.is_some_and(|(_, told)| told.is_ok()), "given back at once");
        let last = admit("2001:db8::ffff:2").expect("a place");
        assert_eq!((last.1, refused("2001:db8:0:1::1")), (Ok(()), Some(Code::Busy)));
        drop(held);
        assert_eq!(refused("192.0.2.1"), None);
    }

    #[test]
    fn who_cannot_be_told_is_not_let_in() {
        let admission = Arc::new(Admission::new(2, 1));
        let _held = admission.admit(address("192.0.2.1"));
        let told: Vec<_> = (0..MOST_TOLD).map(|_| admission.admit(address("192.0.2.1")).expect("told")).collect();
        assert!(admission.admit(address("192.0.2.1")).is_none());
        drop(told);
        assert!(admission.admit(address("192.0.2.1")).is_some());
    }
}
