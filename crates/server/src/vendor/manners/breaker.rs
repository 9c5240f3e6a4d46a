//! A host that fails again and again is not asked for a while, and then by one call first.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures without a success between them.
const FAILURES: u32 = 10;
/// The first pause; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(5);
/// The longest.
const LONGEST: Duration = Duration::from_mins(1);
/// A call that tries whether the host is back may take so long before another may, too.
const TRYING: Duration = Duration::from_secs(30);
/// Repetitions that a host begins with, and has at most.
const BUDGET: f64 = 10.0;
/// What each call adds to them: repetitions are at most a tenth of the calls.
const SHARE: f64 = 0.1;

/// What is known of a host.
#[derive(Debug, Default)]
pub struct Host(Mutex<State>);

#[derive(Debug)]
struct State {
    failures: u32,
    pauses: u32,
    closed_until: Option<Instant>,
    tried: Option<Instant>,
    budget: f64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            failures: 0,
            pauses: 0,
            closed_until: None,
            tried: None,
            budget: BUDGET,
        }
    }
}

/// What a call says about its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It answers.
    Well,
    /// It cannot be reached, or says that it cannot serve.
    Ill,
    /// Nothing either way.
    Nothing,
}

impl Host {
    /// Whether the host may be asked now.
    ///
    /// # Errors
    /// How long not.
    pub fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.lock();
        state.budget = (state.budget + SHARE).min(BUDGET);
        let Some(until) = state.closed_until else {
            return Ok(());
        };
        if now < until {
            return Err(until - now);
        }
        match state.tried {
            Some(at) if now < at + TRYING => Err(Duration::from_secs(1)),
            _ => {
                state.tried = Some(now);
                Ok(())
            }
        }
    }

    /// Notes how a call went. Answers the pause that begins with it, if one does.
    pub fn note(&self, said: Said, now: Instant) -> Option<Duration> {
        let mut state = self.lock();
        match said {
            Said::Nothing => {
                state.tried = None;
                None
            }
            Said::Well => {
                (state.failures, state.pauses) = (0, 0);
                (state.closed_until, state.tried) = (None, None);
                None
            }
            Said::Ill => {
                state.failures += 1;
                let was_trial = state.tried.take().is_some();
                // Calls that were under way when the pause began say nothing new.
                let paused = state.closed_until.is_some() && !was_trial;
                if paused || (!was_trial && state.failures < FAILURES) {
                    return None;
                }
                let pause = (PAUSE * 2_u32.saturating_pow(state.pauses)).min(LONGEST);
                state.pauses = (state.pauses + 1).min(16);
                state.closed_until = Some(now + pause);
                Some(pause)
            }
        }
    }

    /// Whether a repetition is within the host's share; it is used up then.
    pub fn may_repeat(&self) -> bool {
        let mut state = self.lock();
        let may = state.budget >= 1.0;
        if may {
            state.budget -= 1.0;
        }
        may
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_fails_is_left_alone_and_tried_by_one_call() {
        let (host, mut now) = (Host::default(), Instant::now());
        for _ in 1..FAILURES {
            assert_eq!(host.note(Said::Ill, now), None);
        }
        assert_eq!(host.note(Said::Ill, now), Some(PAUSE));
        assert_eq!(host.admit(now), Err(PAUSE));
        assert_eq!(host.note(Said::Ill, now), None, "a call from before");
        now += PAUSE;
        assert_eq!(host.admit(now), Ok(()));
        assert!(host.admit(now).is_err(), "one at a time");
        assert_eq!(host.note(Said::Ill, now), Some(PAUSE * 2));
        now += PAUSE * 2;
        assert_eq!(host.admit(now), Ok(()));
        host.note(Said::Well, now);
        assert_eq!(host.admit(now), Ok(()));
        assert_eq!(host.note(Said::Ill, now), None, "it starts anew");
    }

    #[test]
    fn pauses_do_not_grow_for_ever() {
        let (host, mut now) = (Host::default(), Instant::now());
        let mut longest = Duration::ZERO;
        for _ in 0..60 {
            if host.admit(now).is_ok()
                && let Some(pause) = host.note(Said::Ill, now)
            {
                longest = longest.max(pause);
                now += pause;
            }
        }
        assert_eq!(longest, LONGEST);
    }

    #[test]
    fn a_success_between_failures_closes_nothing() {
        let (host, now) = (Host::default(), Instant::now());
        for _ in 0..100 {
            for _ in 1..FAILURES {
                assert_eq!(host.note(Said::Ill, now), None);
            }
            host.note(Said::Well, now);
        }
    }

    #[test]
    fn repetitions_are_a_tenth_of_the_calls() {
        let (host, now) = (Host::default(), Instant::now());
        while host.may_repeat() {}
        for _ in 0..100 {
            assert_eq!(host.admit(now), Ok(()));
        }
        let mut repeated = 0;
        while host.may_repeat() {
            repeated += 1;
        }
        assert!((9..=10).contains(&repeated), "{repeated}");
    }
}
