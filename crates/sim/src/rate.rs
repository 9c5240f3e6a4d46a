//! A rate limit that the control API switches on.

use std::sync::Mutex;

use ligand_model::time::Timestamp;

use crate::vendor::lock;

/// How many calls are taken in a window.
#[derive(Debug, Default)]
pub struct RateLimit(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    limit: Option<u64>,
    used: u64,
    window_start: i64,
}

/// The count after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls in this window, this one included.
    pub used: u64,
    /// The limit, when one is set.
    pub limit: Option<u64>,
}

impl Usage {
    /// Whether this call is over the limit.
    pub fn exceeded(self) -> bool {
        self.limit.is_some_and(|limit| self.used > limit)
    }
}

impl RateLimit {
    /// Sets or lifts the limit and starts counting anew.
    pub fn set(&self, limit: Option<u64>) {
        *lock(&self.0) = State {
            limit,
            used: 0,
            window_start: i64::MIN,
        };
    }

    /// Counts one call; the count restarts when `window_ms` have passed since the window's first call.
    pub fn count(&self, now: Timestamp, window_ms: i64) -> Usage {
        let mut state = lock(&self.0);
        if now.0.saturating_sub(state.window_start) >= window_ms {
            state.used = 0;
            state.window_start = now.0;
        }
        state.used = state.used.saturating_add(1);
        Usage {
            used: state.used,
            limit: state.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_beyond_the_limit_are_refused_until_the_window_ends() {
        let rate = RateLimit::default();
        rate.set(Some(2));
        let over: Vec<bool> = (0..3)
            .map(|_| rate.count(Timestamp(0), 1000).exceeded())
            .collect();
        assert_eq!(over, [false, false, true]);
        assert!(!rate.count(Timestamp(1000), 1000).exceeded());
        rate.set(None);
        assert!((0..9).all(|_| !rate.count(Timestamp(0), 1000).exceeded()));
    }
}
