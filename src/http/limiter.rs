//! How many checks an address may ask for in a minute.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use quick_cache::unsync::Cache;

use super::problem::{Code, Problem};

/// How many addresses are counted at a time: of more, those seen least are forgotten.
const MOST_ADDRESSES: usize = 100_000;

/// The checks of each address in the present minute.
pub struct Limiter {
    minute: Option<Instant>,
    checks: Cache<IpAddr, u32>,
}

impl Default for Limiter {
    fn default() -> Limiter {
        Limiter { minute: None, checks: Cache::new(MOST_ADDRESSES) }
    }
}

impl Limiter {
    /// Counts one more check.
    ///
    /// # Errors
    /// 429 where the address has used up its minute.
    pub fn admit(&mut self, address: IpAddr, most: u32, now: Instant) -> Result<(), Problem> {
        if self.minute.is_none_or(|begin| now.duration_since(begin) >= Duration::from_secs(60)) {
            self.minute = Some(now);
            self.checks.clear();
        }
        let network = network(address);
        let count = self.checks.get(&network).copied().unwrap_or_default().saturating_add(1);
        self.checks.insert(network, count);
        if count <= most {
            return Ok(());
        }
        Err(Problem::new(
            Code::TooManyRequests,
            format!("検査は 1 分間に {most} 回までです。少し待ってからお試しください。"),
            format!("There are {most} checks a minute; wait a little."),
        ))
    }
}

/// What one client has of addresses: of IPv6 as a rule a /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let mut limiter = Limiter::default();
        let now = Instant::now();
        let mut is_admitted = |text| limiter.admit(address(text), 2, now).is_ok();
        assert!(is_admitted("2001:db8:0:1::1") && is_admitted("2001:db8:0:1:ffff::2"));
        assert!(!is_admitted("2001:db8:0:1:2:3:4:5"));
        assert!(is_admitted("2001:db8:0:2::1") && is_admitted("192.0.2.1") && is_admitted("192.0.2.2"));
        let next = now + Duration::from_secs(61);
        assert!(limiter.admit(address("2001:db8:0:1::1"), 2, next).is_ok(), "the next minute");
    }

    #[test]
    fn many_addresses_take_no_more_room() {
        let mut limiter = Limiter::default();
        let now = Instant::now();
        let busy = address("192.0.2.1");
        for number in 0..300_000_u32 {
            let _ = limiter.admit(IpAddr::from(number.to_be_bytes()), 10, now);
            if number % 100 == 0 {
                let _ = limiter.admit(busy, 10, now);
            }
        }
        assert!(limiter.checks.len() <= MOST_ADDRESSES, "{}", limiter.checks.len());
        assert!(limiter.admit(busy, 10, now).is_err(), "who asks again and again stays counted");
    }
}
