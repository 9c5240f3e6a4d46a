//! A gate that calls pass no faster than a limit allows. Those who wait stand in one line an instance, and the lines take
//! turns: who sends a thousand calls does not keep a neighbour waiting for a thousand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ligand_model::element::RateLimit;
use ligand_model::id::InstanceId;
use ligand_model::time::Timestamp;
use ligand_store::Store;
use ligand_store::rates::{LimitOf, Slice, Wanted};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Passages remembered at most; larger limits are kept in smaller pieces.
const REMEMBERED: u32 = 1_000;

/// Longest span; what lies beyond makes no sense, and times do not reach everywhere.
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// So many calls in any span of so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    calls: u32,
    span: Duration,
}

impl Rate {
    /// The rate of a declared limit; none for one that makes no sense.
    pub fn of(limit: &RateLimit) -> Option<Self> {
        if limit.requests == 0 || limit.seconds == 0 {
            return None;
        }
        let span = Duration::from_secs(limit.seconds).min(LONGEST);
        Some(if limit.requests <= REMEMBERED {
            Self {
                calls: limit.requests,
                span,
            }
        } else {
            Self {
                calls: REMEMBERED,
                span: span.mul_f64(f64::from(REMEMBERED) / f64::from(limit.requests)),
            }
        })
    }
}

/// Calls taken from a shared limit.
#[derive(Debug, Clone, Copy)]
struct Loan {
    left: u32,
    until: Instant,
    /// Its end by the store's clock, which names it; none for calls that are made without having been taken.
    end: Option<Timestamp>,
}

/// A limit that all nodes keep together.
pub struct Share<'a> {
    store: &'a Store,
    of: LimitOf,
    rate: Rate,
}

impl<'a> Share<'a> {
    /// The shared side of a limit.
    pub const fn new(store: &'a Store, of: LimitOf, rate: Rate) -> Self {
        Self { store, of, rate }
    }

    /// Takes calls: a tenth of the limit, or as many as wait.
    async fn take(&self, waiting: usize, back: Option<(Timestamp, u32)>) -> Result<Loan, Instant> {
        let calls = u32::try_from(waiting).unwrap_or(u32::MAX);
        let within = (self.rate.span / 10).clamp(SHORTEST, SLICE);
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let wanted = Wanted {
            limit: self.rate.calls,
            span_ms: millis(self.rate.span),
            calls: calls.max(self.rate.calls / 10),
            within_ms: millis(within),
            back,
        };
        let (now, present) = (Instant::now(), self.store.present());
        let at = |then: Timestamp| {
            let wait = u64::try_from(then.0.saturating_sub(present.0)).unwrap_or(0);
            now + Duration::from_millis(wait).min(LONGEST)
        };
        match self.store.take_slice(self.of, wanted).await {
            Ok(Slice::Calls(left, end)) => Ok(Loan {
                left,
                until: at(end),
                end: Some(end),
            }),
            Ok(Slice::NotBefore(then)) => Err(at(then).max(now + SHORTEST)),
            Err(error) => {
                // Calls go on; the vendor says if they are too many.
                tracing::warn!(error = %error, "a vendor's limit is kept by this node alone for a second");
                Ok(Loan {
                    left: self.rate.calls,
                    until: now + SLICE,
                    end: None,
                })
            }
        }
    }
}

/// How long a slice lasts at most, and at least.
const SLICE: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(20);

/// One gate.
#[derive(Debug, Default)]
pub struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the last calls passed, oldest first.
    passed: VecDeque<Instant>,
    /// Nobody passes before.
    held: Option<Instant>,
    /// What this node took of a limit that all nodes keep together.
    loan: Option<Loan>,
    /// There is nothing to take before.
    none_before: Option<Instant>,
    lines: VecDeque<(InstanceId, VecDeque<Arc<Notify>>)>,
}

impl State {
    /// When the next call may pass.
    fn ready(&self, rate: Option<Rate>, now: Instant) -> Instant {
        let held = self.held.filter(|until| *until > now).unwrap_or(now);
        let Some(rate) = rate else { return held };
        let calls = usize::try_from(rate.calls).unwrap_or(usize::MAX);
        let full = self.passed.len().checked_sub(calls);
        match full.and_then(|index| self.passed.get(index)) {
            Some(oldest) => held.max(*oldest + rate.span),
            None => held,
        }
    }

    /// Whether there are calls at hand, where nodes share the limit.
    fn has_loan(&self, now: Instant) -> bool {
        self.loan
            .is_some_and(|loan| loan.left > 0 && now < loan.until)
    }

    fn waiting(&self) -> usize {
        self.lines.iter().map(|(_, line)| line.len()).sum()
    }

    fn pass(&mut self, rate: Option<Rate>, now: Instant) {
        let Some(rate) = rate else { return };
        if let Some(loan) = &mut self.loan {
            loan.left = loan.left.saturating_sub(1);
        }
        self.passed.push_back(now);
        while u32::try_from(self.passed.len()).is_ok_and(|length| length > rate.calls) {
            self.passed.pop_front();
        }
    }

    fn is_first(&self, mine: &Arc<Notify>) -> bool {
        let first = self.lines.front().and_then(|(_, line)| line.front());
        first.is_some_and(|first| Arc::ptr_eq(first, mine))
    }

    /// How many pass before somebody who joins now.
    fn ahead(&self, who: InstanceId) -> usize {
        let own = self.lines.iter().find(|(instance, _)| *instance == who);
        let own = own.map_or(0, |(_, line)| line.len());
        let others = self.lines.iter().filter(|(instance, _)| *instance != who);
        own + others
            .map(|(_, line)| line.len().min(own + 1))
            .sum::<usize>()
    }

    fn join(&mut self, who: InstanceId) -> Arc<Notify> {
        let mine = Arc::new(Notify::new());
        let own = self.lines.iter_mut().find(|(instance, _)| *instance == who);
        match own {
            Some((_, line)) => line.push_back(Arc::clone(&mine)),
            None => self
                .lines
                .push_back((who, VecDeque::from([Arc::clone(&mine)]))),
        }
        mine
    }

    /// Takes somebody out of the lines; when it was the first, the next line's first is woken.
    fn leave(&mut self, who: InstanceId, mine: &Arc<Notify>) {
        let was_first = self.is_first(mine);
        let Some(at) = self.lines.iter().position(|(instance, _)| *instance == who) else {
            return;
        };
        let Some((_, mut line)) = self.lines.remove(at) else {
            return;
        };
        line.retain(|other| !Arc::ptr_eq(other, mine));
        if !line.is_empty() {
            if was_first {
                self.lines.push_back((who, line));
            } else {
                self.lines.insert(at, (who, line));
            }
        }
        if let Some(first) = self.lines.front().and_then(|(_, line)| line.front()) {
            first.notify_one();
        }
    }
}

/// What somebody in the line does.
enum Turn {
    Pass(Instant),
    Wait(Instant),
    /// Takes calls of the shared limit for so many who wait, and gives back what is left of the last.
    Take(usize, Option<(Timestamp, u32)>),
    Refused(Duration),
}

/// A place in the line: left however the wait ends.
struct Place<'a> {
    gate: &'a Gate,
    who: InstanceId,
    mine: Arc<Notify>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.gate.lock().leave(self.who, &self.mine);
    }
}

impl Gate {
    /// Passes, after waiting for one's turn; answers how long that took. Without a rate only what [`Gate::hold`] said holds.
    ///
    /// # Errors
    /// How long it would take, when that is after `deadline`; then nobody waits.
    pub async fn pass(
        &self,
        rate: Option<Rate>,
        share: Option<&Share<'_>>,
        who: InstanceId,
        deadline: Instant,
    ) -> Result<Duration, Duration> {
        let began = Instant::now();
        let place = {
            let mut state = self.lock();
            let mut ready = state.ready(rate, began);
            if share.is_some() && !state.has_loan(began) {
                ready = state.none_before.map_or(ready, |then| ready.max(then));
            }
            let ahead = state.ahead(who);
            if ahead == 0 && ready <= began && (share.is_none() || state.has_loan(began)) {
                state.pass(rate, began);
                return Ok(Duration::ZERO);
            }
            // Where calls are taken from what nodes share, a line alone says nothing yet.
            let flows = share.is_some() && state.none_before.is_none_or(|then| then <= began);
            let queue = rate.filter(|_| !flows).map_or(Duration::ZERO, |rate| {
                let turns = u32::try_from(ahead).unwrap_or(u32::MAX);
                (rate.span / rate.calls).saturating_mul(turns).min(LONGEST)
            });
            let expected = ready + queue;
            if expected > deadline {
                return Err(expected - began);
            }
            Place {
                gate: self,
                who,
                mine: state.join(who),
            }
        };
        loop {
            match self.turn(rate, share.is_some(), &place.mine, deadline) {
                Turn::Pass(now) => return Ok(now - began),
                Turn::Refused(wait) => return Err(wait),
                Turn::Wait(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = place.mine.notified() => {}
                },
                Turn::Take(waiting, back) => {
                    let Some(share) = share else { continue };
                    let taken = share.take(waiting, back).await;
                    let mut state = self.lock();
                    match taken {
                        Ok(loan) => (state.loan, state.none_before) = (Some(loan), None),
                        Err(then) => (state.loan, state.none_before) = (None, Some(then)),
                    }
                }
            }
        }
    }

    /// What whoever stands in line does now.
    fn turn(
        &self,
        rate: Option<Rate>,
        shared: bool,
        mine: &Arc<Notify>,
        deadline: Instant,
    ) -> Turn {
        let mut state = self.lock();
        let (now, first) = (Instant::now(), state.is_first(mine));
        let mut ready = state.ready(rate, now);
        let takes = shared && !state.has_loan(now);
        if takes {
            ready = state.none_before.map_or(ready, |then| ready.max(then));
        }
        if first && ready <= now {
            if takes {
                let back = state.loan.and_then(|loan| Some((loan.end?, loan.left)));
                return Turn::Take(state.waiting(), back);
            }
            state.pass(rate, now);
            return Turn::Pass(now);
        }
        // Who is told that nothing comes in time does not wait for it.
        if now >= deadline || (first && ready > deadline) {
            return Turn::Refused((ready - now).max(Duration::from_secs(1)));
        }
        Turn::Wait(if first { ready } else { deadline })
    }

    /// Lets nobody through before; answers by how much that is longer than what was known.
    pub fn hold(&self, until: Instant) -> Duration {
        let mut state = self.lock();
        let known = state
            .held
            .map_or_else(Instant::now, |held| held.max(Instant::now()));
        state.held = Some(known.max(until));
        until.saturating_duration_since(known)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn rate(calls: u32, millis: u64) -> Rate {
        Rate {
            calls,
            span: Duration::from_millis(millis),
        }
    }

    fn later(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn no_more_pass_in_any_span_than_the_limit_allows() {
        let gate = Gate::default();
        let mut passed = Vec::new();
        for _ in 0..7 {
            gate.pass(Some(rate(3, 60)), None, InstanceId(1), later(5))
                .await
                .unwrap();
            passed.push(Instant::now());
        }
        for four in passed.windows(4) {
            assert!(four[3] - four[0] >= Duration::from_millis(59), "{four:?}");
        }
    }

    #[tokio::test]
    async fn who_would_wait_too_long_is_told_at_once() {
        let gate = Gate::default();
        gate.pass(Some(rate(1, 60_000)), None, InstanceId(1), later(5))
            .await
            .unwrap();
        let began = Instant::now();
        let refused = gate
            .pass(Some(rate(1, 60_000)), None, InstanceId(1), later(5))
            .await;
        assert!(refused.unwrap_err() > Duration::from_secs(50));
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn a_neighbour_does_not_wait_for_everybody_elses_calls() {
        let gate = Arc::new(Gate::default());
        let limit = Some(rate(1, 10));
        gate.hold(later(60));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = tokio::task::JoinSet::new();
        for (turn, who) in [1, 1, 1, 1, 1, 1, 2].into_iter().enumerate() {
            let (mine, passed) = (Arc::clone(&gate), Arc::clone(&order));
            waiting.spawn(async move {
                mine.pass(limit, None, InstanceId(who), later(90))
                    .await
                    .unwrap();
                passed.lock().unwrap().push(who);
            });
            let known = || {
                let waiting: usize = gate.lock().lines.iter().map(|(_, line)| line.len()).sum();
                waiting + order.lock().unwrap().len()
            };
            // Each is in line before the next comes.
            while known() <= turn {
                tokio::task::yield_now().await;
            }
        }
        {
            let mut state = gate.lock();
            state.held = None;
            state.lines[0].1[0].notify_one();
        }
        while waiting.join_next().await.is_some() {}
        let order = order.lock().unwrap();
        let second = order.iter().position(|who| *who == 2).unwrap();
        assert!(second <= 3, "{order:?}");
    }

    #[tokio::test]
    async fn who_gives_up_makes_room() {
        let gate = Gate::default();
        gate.hold(later(60));
        let waiting = gate.pass(Some(rate(1, 10)), None, InstanceId(1), later(100));
        assert!(
            tokio::time::timeout(Duration::from_millis(20), waiting)
                .await
                .is_err()
        );
        assert!(gate.lock().lines.is_empty());
    }

    #[test]
    fn a_large_limit_is_kept_in_pieces() {
        let limit = |requests, seconds| RateLimit {
            requests,
            seconds,
            ..RateLimit::default()
        };
        let day = Rate::of(&limit(100_000, 86_400)).unwrap();
        assert_eq!((day.calls, day.span), (1_000, Duration::from_secs(864)));
        assert_eq!(Rate::of(&limit(0, 1)), None);
        assert_eq!(Rate::of(&limit(1, u64::MAX)).unwrap().span, LONGEST);
    }
}
