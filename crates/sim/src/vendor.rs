//! What every simulated vendor has: a name, hosts, answers, and the state that the control API reaches into.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ligand_model::time::{Clock, Timestamp};
use tokio::sync::Notify;

use crate::Consent;
use crate::call::{Call, Reply};
use crate::clock::SandboxClock;
use crate::fault::Faults;
use crate::oauth::Tokens;
use crate::rate::RateLimit;
use crate::request_log::RequestLog;

/// A simulated vendor. Calls are answered synchronously from memory; nothing here may block.
pub trait Vendor: Send + Sync + 'static {
    /// The state shared with the control API, as given to the vendor when it was made.
    fn setting(&self) -> &Arc<Setting>;
    /// Host names that this vendor answers for in the real world; a leading `*.` stands for any labels.
    fn hosts(&self) -> &'static [&'static str];
    /// Answers one call, whose body has been read entirely.
    fn answer(&self, call: &Call) -> Reply;
    /// Back to the seeded records. Tokens, faults, limits and log are reset by the core.
    fn reset(&self);
}

/// The surroundings of one vendor.
pub struct Setting {
    /// The vendor's name, such as `salesforce`.
    pub name: &'static str,
    /// The sandbox's clock.
    pub clock: Arc<SandboxClock>,
    /// What authorize URLs do when they do not say.
    pub consent: Consent,
    /// Codes and tokens of this vendor.
    pub tokens: Tokens,
    /// Faults that the control API asked for.
    pub faults: Faults,
    /// The rate limit, off unless the control API sets one. The vendor counts its own data calls against it.
    pub rate: RateLimit,
    /// Every request that came.
    pub log: RequestLog,
    /// The vendor has news for calls whose answers are held.
    pub news: Notify,
}

impl Setting {
    /// A fresh setting.
    pub fn new(name: &'static str, clock: Arc<SandboxClock>, consent: Consent) -> Self {
        Self {
            name,
            tokens: Tokens::new(name, Arc::clone(&clock)),
            clock,
            consent,
            faults: Faults::default(),
            rate: RateLimit::default(),
            log: RequestLog::default(),
            news: Notify::new(),
        }
    }

    /// Now, by the sandbox's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Forgets everything but the records, which are the vendor's.
    pub fn reset(&self) {
        self.tokens.reset();
        self.faults.clear();
        self.rate.set(None);
        self.log.clear();
    }
}

/// Locks, and goes on after a panic elsewhere: a simulator's state is worth nothing.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
