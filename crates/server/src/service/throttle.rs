//! Failed sign-ins are counted by e-mail and by address; too many are answered 429 for a while.

use std::net::IpAddr;

use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use quick_cache::sync::Cache;

/// Failures are forgotten this long after the first of them.
const WINDOW_MS: i64 = 15 * 60 * 1000;
/// Failures for one e-mail in a window.
const PER_EMAIL: u32 = 10;
/// Failures from one address in a window; many people may share one.
const PER_ADDRESS: u32 = 100;

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Timestamp,
    count: u32,
}

/// The counts, bounded: the least used are forgotten first.
#[derive(Debug)]
pub struct Throttle {
    emails: Cache<TokenDigest, Failures>,
    addresses: Cache<IpAddr, Failures>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            emails: Cache::new(10_000),
            addresses: Cache::new(10_000),
        }
    }
}

impl Throttle {
    /// Whether this e-mail and address may try now.
    pub fn admits(&self, email: &str, address: IpAddr, now: Timestamp) -> bool {
        let below = |failures: Option<Failures>, most| {
            failures.is_none_or(|seen| expired(seen, now) || seen.count < most)
        };
        below(self.emails.get(&key(email)), PER_EMAIL)
            && below(self.addresses.get(&address), PER_ADDRESS)
    }

    /// Counts a failure.
    pub fn failed(&self, email: &str, address: IpAddr, now: Timestamp) {
        let key = key(email);
        self.emails.insert(key, next(self.emails.get(&key), now));
        self.addresses
            .insert(address, next(self.addresses.get(&address), now));
    }

    /// Forgets the failures of an e-mail that has signed in.
    pub fn succeeded(&self, email: &str) {
        self.emails.remove(&key(email));
    }
}

// The digest bounds the memory an attacker's long names take.
fn key(email: &str) -> TokenDigest {
    TokenDigest::of(&email.trim().to_lowercase())
}

/// What lies ahead was noted before the clock was set back: nobody is shut out for as long as it was wrong.
const fn expired(failures: Failures, now: Timestamp) -> bool {
    now.0 < failures.since.0 || now.0 >= failures.since.0.saturating_add(WINDOW_MS)
}

fn next(seen: Option<Failures>, now: Timestamp) -> Failures {
    match seen.filter(|seen| !expired(*seen, now)) {
        Some(seen) => Failures {
            count: seen.count.saturating_add(1),
            ..seen
        },
        None => Failures {
            since: now,
            count: 1,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn an_email_is_refused_after_ten_failures_and_admitted_after_the_window() {
        let throttle = Throttle::default();
        let now = Timestamp(1_000);
        for _ in 0..10 {
            assert!(throttle.admits("a@b.c", HERE, now));
            throttle.failed("A@b.c ", HERE, now);
        }
        assert!(!throttle.admits("a@b.c", HERE, now));
        assert!(throttle.admits("other@b.c", HERE, now));
        assert!(throttle.admits("a@b.c", HERE, now.plus_millis(WINDOW_MS)));
        assert!(throttle.admits("a@b.c", HERE, Timestamp(0)), "set back");
    }

    #[test]
    fn an_address_is_refused_after_a_hundred_failures() {
        let throttle = Throttle::default();
        let now = Timestamp(0);
        for n in 0..100 {
            throttle.failed(&format!("{n}@b.c"), HERE, now);
        }
        assert!(!throttle.admits("new@b.c", HERE, now));
    }

    #[test]
    fn a_success_forgets_the_failures() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            throttle.failed("a@b.c", HERE, Timestamp(0));
        }
        throttle.succeeded("a@b.c");
        assert!(throttle.admits("a@b.c", HERE, Timestamp(0)));
    }
}
