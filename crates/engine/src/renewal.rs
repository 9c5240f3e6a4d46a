//! Renewing a grant so that it is not lost: who may ask the vendor, what is noted before and after, what a refusal means.
//!
//! A vendor that rotates refresh tokens takes each of them once. So one renewal a credential is under way in the whole
//! cluster: it holds a lease in the instance's own row, and the lease's number (the fence) decides whose answer is kept
//! when clocks disagree. The lease is the note before the exchange: as long as no outcome follows it, an exchange is open
//! and its answer may be lost. The grant itself is the note after.
//!
//! [`Renewal`] decides; a driver reads and writes the row and asks the vendor. The simulation in the tests below runs the
//! same machine through thousands of schedules with crashes between any two steps.

use ligand_model::time::Timestamp;

/// How long one exchange with the vendor may take, milliseconds.
pub const EXCHANGE_MS: i64 = 30_000;
/// How long a lease lasts: the exchange, and as long again twice for clocks that disagree.
pub const LEASE_MS: i64 = 3 * EXCHANGE_MS;
/// How often the row is read again before a refusal counts, when somebody else's exchange was left open.
const REREADS: u8 = 5;

/// What the row says of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Names the credential; another name means that it was renewed.
    pub credential: String,
    /// Whether the vendor is believed to honour it.
    pub valid: bool,
    /// When the present lease ends; 0 without one.
    pub leased_until: Timestamp,
    /// Whether an exchange was begun with this credential of which no outcome is known.
    pub open: bool,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Read the row, feed [`Told::Standing`].
    Read,
    /// Take the lease until then, if the row is as it was read; feed [`Told::Leased`].
    Lease(Timestamp),
    /// Ask the vendor with the credential that was read, within [`EXCHANGE_MS`]; feed [`Told::Exchanged`].
    Exchange,
    /// Keep what the vendor gave, unless a younger fence has written; feed [`Told::Kept`].
    Keep(i64),
    /// Give the lease back; `open` says whether an exchange is left without an outcome. Feed [`Told::Done`].
    Release {
        /// The fence of the lease.
        fence: i64,
        /// Whether the vendor may have renewed the grant without our hearing of it.
        open: bool,
    },
    /// Mark the credential as refused if it still is the one that was read; feed [`Told::Condemned`].
    Condemn(i64, Why),
    /// Wait a moment, feed [`Told::Done`].
    Pause,
    /// It is over.
    End(Ended),
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The vendor refused to renew it: revoked, expired, or never good.
    Refused,
    /// The vendor refused it after an exchange whose answer never arrived: it was rotated, and nobody has what came of it.
    AnswerLost,
}

impl Why {
    /// The name that is stored and counted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::AnswerLost => "answer_lost",
        }
    }
}

/// What the driver feeds back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The row, or none when it is gone.
    Standing(Option<Standing>),
    /// The fence, or none when the row was not as it was read.
    Leased(Option<i64>),
    /// How the exchange ended.
    Exchanged(Exchanged),
    /// Whether the grant was kept; false when a younger fence had written.
    Kept(bool),
    /// Whether the row was still as it was read.
    Condemned(bool),
    /// What was asked for is done.
    Done,
    /// The store did not answer.
    StoreFailed,
}

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchanged {
    /// The vendor renewed the grant.
    Granted,
    /// The vendor refused.
    Refused,
    /// The vendor was not reached, or said that it did nothing.
    NotAsked,
    /// The vendor may have renewed the grant; its answer did not arrive.
    Lost,
}

/// How a renewal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// We renewed it.
    Renewed,
    /// Somebody else had; the row holds a newer credential.
    Newer,
    /// The vendor refuses it.
    Condemned(Option<Why>),
    /// It could not be tried, or its outcome is not known; it may still be good.
    Failed,
    /// The instance is gone.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Waiting,
    Leasing,
    Exchanging(i64),
    Keeping(i64),
    /// Waiting to keep again.
    Holding(i64),
    Releasing,
    /// Refused; the row is read again so often before that counts.
    Doubting(i64, u8),
    /// Waiting to read again.
    Hoping(i64, u8),
    Condemning(i64, Why),
    Ended,
}

/// One renewal of one credential.
#[derive(Debug)]
pub struct Renewal {
    used: String,
    state: State,
    /// Whether an earlier exchange was left open.
    open: bool,
}

impl Renewal {
    /// Renews the credential that turned out stale, unless the row holds another.
    pub fn new(used: String) -> Self {
        Self {
            used,
            state: State::Reading,
            open: false,
        }
    }

    /// What is done first.
    pub const fn begin() -> Ask {
        Ask::Read
    }

    /// Takes what happened and says what happens next.
    pub fn next(&mut self, told: Told, now: Timestamp) -> Ask {
        match (self.state, told) {
            (State::Reading, Told::Standing(standing)) => self.stand(standing, now),
            (State::Waiting, Told::Done) | (State::Leasing, Told::Leased(None)) => {
                self.go(State::Reading, Ask::Read)
            }
            (State::Leasing, Told::Leased(Some(fence))) => {
                self.go(State::Exchanging(fence), Ask::Exchange)
            }
            (State::Exchanging(fence), Told::Exchanged(exchanged)) => match exchanged {
                Exchanged::Granted => self.go(State::Keeping(fence), Ask::Keep(fence)),
                Exchanged::Refused => {
                    let rereads = if self.open { REREADS } else { 0 };
                    self.go(State::Doubting(fence, rereads), Ask::Read)
                }
                Exchanged::NotAsked => self.release(fence, self.open),
                Exchanged::Lost => self.release(fence, true),
            },
            (State::Keeping(_), Told::Kept(true)) => self.end(Ended::Renewed),
            (State::Keeping(_), Told::Kept(false)) => self.end(Ended::Newer),
            // What the vendor gave exists nowhere else: it is held until it can be kept.
            (State::Keeping(fence), Told::StoreFailed) => {
                self.go(State::Holding(fence), Ask::Pause)
            }
            (State::Holding(fence), Told::Done) => self.go(State::Keeping(fence), Ask::Keep(fence)),
            (State::Doubting(fence, left), Told::Standing(standing)) => {
                self.doubt(fence, left, standing)
            }
            (State::Hoping(fence, left), Told::Done) => {
                self.go(State::Doubting(fence, left), Ask::Read)
            }
            (State::Condemning(_, why), Told::Condemned(true)) => {
                self.end(Ended::Condemned(Some(why)))
            }
            (State::Condemning(fence, _), Told::Condemned(false)) => {
                self.go(State::Doubting(fence, 0), Ask::Read)
            }
            // The rest needs no care: a lease ends by itself, and what was not done is not half done.
            _ => self.end(Ended::Failed),
        }
    }

    fn stand(&mut self, standing: Option<Standing>, now: Timestamp) -> Ask {
        let Some(standing) = standing else {
            return self.end(Ended::Gone);
        };
        if standing.credential != self.used {
            return self.end(Ended::Newer);
        }
        if !standing.valid {
            return self.end(Ended::Condemned(None));
        }
        // A lease that ends much later than any does was taken before the clock was set back.
        let taken = standing.leased_until <= now.plus_millis(2 * LEASE_MS);
        if standing.leased_until > now && taken {
            return self.go(State::Waiting, Ask::Pause);
        }
        self.open = standing.open;
        self.go(State::Leasing, Ask::Lease(now.plus_millis(LEASE_MS)))
    }

    /// A refusal counts only for the credential that the row still holds.
    fn doubt(&mut self, fence: i64, left: u8, standing: Option<Standing>) -> Ask {
        match standing {
            None => self.end(Ended::Gone),
            Some(standing) if standing.credential != self.used => self.end(Ended::Newer),
            Some(standing) if !standing.valid => self.end(Ended::Condemned(None)),
            Some(_) if left > 0 => self.go(State::Hoping(fence, left - 1), Ask::Pause),
            Some(_) => {
                let why = if self.open {
                    Why::AnswerLost
                } else {
                    Why::Refused
                };
                self.go(State::Condemning(fence, why), Ask::Condemn(fence, why))
            }
        }
    }

    fn release(&mut self, fence: i64, open: bool) -> Ask {
        self.go(State::Releasing, Ask::Release { fence, open })
    }

    fn end(&mut self, ended: Ended) -> Ask {
        self.go(State::Ended, Ask::End(ended))
    }

    fn go(&mut self, state: State, ask: Ask) -> Ask {
        self.state = state;
        ask
    }
}

#[cfg(test)]
mod tests;
