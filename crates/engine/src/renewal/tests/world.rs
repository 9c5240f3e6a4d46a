//! The world that the simulation runs in. Everything in it is decided by one seed.

use super::super::{Ask, EXCHANGE_MS, Ended, Exchanged, LEASE_MS, Renewal, Standing, Told};
use ligand_model::time::Timestamp;

/// How the vendor treats refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// One lasts for ever.
    Lasting,
    /// Each is good once.
    Rotating,
    /// Each is good once, and a second use ends the whole family.
    DetectsReuse,
}

/// What no client could have prevented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// The customer took the grant back.
    Revoked,
    /// The vendor rotated and its answer never arrived.
    AnswerLost,
    /// The process died between the answer and its commit.
    CrashedWithAnswer,
    /// The node with the answer stood still, or could not reach the store, for longer than a lease lasts.
    CutOffWithAnswer,
    /// A request that was given up reached the vendor after another had been answered.
    Straggler,
}

type Token = (u32, u32);

/// The vendor's no.
#[derive(Debug, Clone, Copy)]
struct Refusal;

struct Row {
    refresh: u32,
    access: u32,
    fence: i64,
    grant_fence: i64,
    until: Timestamp,
    open: bool,
    valid: bool,
}

struct Vendor {
    manner: Manner,
    live: Option<u32>,
    issued: u32,
    /// The first token of the present consent: older ones are of another.
    family: u32,
}

/// A renewal under way on a node.
struct Task {
    renewal: Renewal,
    ask: Ask,
    read: Token,
    /// The exchange it waits for.
    flight: Option<usize>,
    /// When it took the lease.
    leased: i64,
    asked: i64,
    held: Option<Token>,
}

struct Node {
    skew: i64,
    store_up: bool,
    task: Option<Task>,
}

/// A request on its way, and what came of it.
struct Flight {
    token: u32,
    born: i64,
    /// When the lease it was sent under was taken.
    leased: i64,
    /// Given up by whoever asked.
    orphan: bool,
    answer: Option<Result<Token, Refusal>>,
    over: bool,
}

pub(super) struct World {
    seed: u64,
    random: u64,
    now: i64,
    row: Row,
    vendor: Vendor,
    nodes: Vec<Node>,
    flights: Vec<Flight>,
    cause: Option<Cause>,
    /// When a grant was kept last.
    kept: i64,
    calm: bool,
}

impl World {
    pub(super) fn new(seed: u64, manner: Manner) -> Self {
        let mut world = Self {
            seed,
            random: seed ^ 0x5DEE_CE66,
            now: 1_000_000,
            row: Row {
                refresh: 1,
                access: 1,
                fence: 0,
                grant_fence: 0,
                until: Timestamp(0),
                open: false,
                valid: true,
            },
            vendor: Vendor {
                manner,
                live: Some(1),
                issued: 1,
                family: 1,
            },
            nodes: Vec::new(),
            flights: Vec::new(),
            cause: None,
            kept: 0,
            calm: false,
        };
        for _ in 0..2 {
            // Two nodes' clocks differ by less than a lease is longer than an exchange.
            let skew = i64::from(world.below(50_000)) - 25_000;
            world.nodes.push(Node {
                skew,
                store_up: true,
                task: None,
            });
        }
        world
    }

    fn below(&mut self, most: u32) -> u32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((z >> 33) % u64::from(most.max(1))).unwrap()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// So many things happen.
    pub(super) fn run(&mut self, events: u32) {
        for _ in 0..events {
            self.event();
        }
    }

    /// The faults are over: everything under way ends, then one more renewal. What it was lost to, if it was.
    pub(super) fn settle(&mut self) -> Option<Cause> {
        self.calm = true;
        for node in &mut self.nodes {
            node.store_up = true;
        }
        for flight in 0..self.flights.len() {
            self.vendor_answers(flight);
        }
        self.finish_tasks();
        self.now += LEASE_MS * 2;
        self.start(0, false);
        self.finish_tasks();
        let alive = self.vendor.live == Some(self.row.refresh);
        assert_eq!(
            self.row.valid, alive,
            "seed {}: the row does not say what the vendor does",
            self.seed
        );
        assert!(
            alive || self.cause.is_some(),
            "seed {}: a grant was lost that could have been kept",
            self.seed
        );
        self.cause.filter(|_| !alive)
    }

    fn finish_tasks(&mut self) {
        for _ in 0..10_000 {
            if self.nodes.iter().all(|node| node.task.is_none()) {
                return;
            }
            for node in 0..self.nodes.len() {
                self.step(node);
            }
            for flight in 0..self.flights.len() {
                self.vendor_answers(flight);
            }
            self.now += 1_000;
        }
        panic!("seed {}: a renewal does not end", self.seed);
    }

    fn event(&mut self) {
        let node = usize::from(self.chance(50));
        match self.below(100) {
            0..=9 => self.start(node, true),
            10..=54 => self.step(node),
            55..=74 => {
                let count = u32::try_from(self.flights.len()).unwrap();
                if count > 0 {
                    // Mostly the youngest.
                    let back = self.below(3).min(count - 1);
                    self.vendor_answers(usize::try_from(count - 1 - back).unwrap());
                }
            }
            75..=88 => self.now += i64::from(self.below(15_000)),
            89..=91 => self.crash(node),
            92..=94 => self.nodes[node].store_up = !self.nodes[node].store_up,
            95 if self.chance(5) => {
                self.vendor.live = None;
                self.cause = Some(Cause::Revoked);
            }
            96 if self.chance(20) => self.reconnect(),
            _ => {}
        }
    }

    /// A call finds its credential stale; one renewal a node.
    fn start(&mut self, node: usize, stale: bool) {
        if self.nodes[node].task.is_some() {
            return;
        }
        let used = if stale && self.chance(20) {
            (0, 0)
        } else {
            (self.row.refresh, self.row.access)
        };
        self.nodes[node].task = Some(Task {
            renewal: Renewal::new(name(used)),
            ask: Renewal::begin(),
            read: (0, 0),
            flight: None,
            leased: 0,
            asked: 0,
            held: None,
        });
    }

    /// The customer consents again.
    fn reconnect(&mut self) {
        self.vendor.issued += 1;
        let new = self.vendor.issued;
        (self.vendor.live, self.vendor.family) = (Some(new), new);
        self.row.fence += 1;
        self.row.grant_fence = self.row.fence;
        (self.row.refresh, self.row.access) = (new, new);
        (self.row.until, self.row.open, self.row.valid) = (Timestamp(0), false, true);
        self.cause = None;
    }

    fn crash(&mut self, node: usize) {
        let Some(task) = self.nodes[node].task.take() else {
            return;
        };
        if let Some(flight) = task.flight {
            self.flights[flight].orphan = true;
            if let Some(Ok(token)) = self.flights[flight].answer {
                self.gone(token, Cause::AnswerLost);
            }
            self.flights[flight].over |= self.flights[flight].answer.is_some();
        }
        if let Some(token) = task.held {
            self.gone(token, Cause::CrashedWithAnswer);
        }
    }

    /// Nobody has this token any more.
    fn gone(&mut self, token: Token, cause: Cause) {
        if self.vendor.live == Some(token.0) && self.row.refresh != token.0 {
            self.cause = Some(cause);
        }
    }

    /// The vendor gets a request and answers it.
    fn vendor_answers(&mut self, flight: usize) {
        let Flight {
            token,
            orphan,
            answer,
            over,
            born,
            leased,
        } = self.flights[flight];
        if answer.is_some() || over {
            return;
        }
        // Nothing wanders about in the network for ever.
        if orphan && self.now - born > EXCHANGE_MS + 5_000 {
            self.flights[flight].over = true;
            return;
        }
        let given = self.exchange(token, orphan, leased);
        self.flights[flight].answer = Some(given);
        if orphan {
            self.flights[flight].over = true;
            if let Ok(token) = given {
                self.gone(token, Cause::AnswerLost);
            }
        }
    }

    fn exchange(&mut self, token: u32, orphan: bool, leased: i64) -> Result<Token, Refusal> {
        if self.vendor.live != Some(token) {
            let same_family = token >= self.vendor.family;
            if self.vendor.manner == Manner::DetectsReuse && same_family {
                self.reused(orphan, leased);
            }
            return Err(Refusal);
        }
        self.vendor.issued += 1;
        let new = self.vendor.issued;
        if self.vendor.manner == Manner::Lasting {
            return Ok((token, new));
        }
        self.vendor.live = Some(new);
        Ok((new, new))
    }

    /// A token came a second time: the family ends. Whose fault it is when the grant was alive.
    fn reused(&mut self, orphan: bool, leased: i64) {
        let Some(live) = self.vendor.live.take() else {
            return;
        };
        let held = self.nodes.iter().any(|node| {
            let held = node.task.as_ref().and_then(|task| task.held);
            held.is_some_and(|held| held.0 == live)
        }) || self.flights.iter().any(|flight| {
            // Arrived at a node that stands still.
            let answer = flight.answer.and_then(Result::ok);
            !flight.over && answer.is_some_and(|answer| answer.0 == live)
        });
        // Leased while another still held the answer: its own lease had passed before it could keep it.
        let cut_off = if self.row.refresh == live {
            leased <= self.kept
        } else {
            held
        };
        if cut_off && !orphan {
            self.cause = Some(Cause::CutOffWithAnswer);
        } else if orphan {
            self.cause = Some(Cause::Straggler);
        }
    }

    /// A node's renewal goes one step on; it may die before or after.
    fn step(&mut self, node: usize) {
        if !self.calm && self.chance(3) {
            return self.crash(node);
        }
        let Some(mut task) = self.nodes[node].task.take() else {
            return;
        };
        let now = Timestamp(self.now + self.nodes[node].skew);
        let up = self.nodes[node].store_up;
        let told = match task.ask {
            Ask::End(ended) => {
                assert!(
                    ended != Ended::Gone,
                    "seed {}: the row is always there",
                    self.seed
                );
                return;
            }
            Ask::Exchange => {
                let Some(exchanged) = self.wait_for_exchange(&mut task) else {
                    self.nodes[node].task = Some(task);
                    return;
                };
                Told::Exchanged(exchanged)
            }
            Ask::Pause => Told::Done,
            _ if !up => Told::StoreFailed,
            Ask::Read => {
                task.read = (self.row.refresh, self.row.access);
                Told::Standing(Some(Standing {
                    credential: name(task.read),
                    valid: self.row.valid,
                    leased_until: self.row.until,
                    open: self.row.open,
                }))
            }
            Ask::Lease(until) => {
                task.leased = self.now;
                Told::Leased(self.lease(task.read, until, now))
            }
            Ask::Keep(fence) => Told::Kept(self.keep(fence, &mut task)),
            Ask::Release { fence, open } => {
                if self.row.fence == fence {
                    (self.row.until, self.row.open) = (Timestamp(0), open);
                }
                Told::Done
            }
            Ask::Condemn(fence, _) => {
                let same = task.read == (self.row.refresh, self.row.access);
                let ours = same && self.row.grant_fence < fence && self.row.valid;
                if ours {
                    assert!(
                        self.vendor.live != Some(self.row.refresh),
                        "seed {}: a good grant was condemned",
                        self.seed
                    );
                    self.row.valid = false;
                    self.row.until = Timestamp(0);
                }
                Told::Condemned(ours)
            }
        };
        // The store did it, and its answer was lost; or the process dies before it is told.
        let storing = matches!(
            task.ask,
            Ask::Lease(_) | Ask::Keep(_) | Ask::Release { .. } | Ask::Condemn(..)
        );
        let told = if storing && !self.calm && self.chance(3) {
            Told::StoreFailed
        } else {
            told
        };
        task.ask = task.renewal.next(told, now);
        self.nodes[node].task = Some(task);
        if !self.calm && self.chance(2) {
            self.crash(node);
        }
    }

    fn lease(&mut self, read: Token, until: Timestamp, now: Timestamp) -> Option<i64> {
        let free = self.row.until <= now && self.row.valid;
        if !free || read != (self.row.refresh, self.row.access) {
            return None;
        }
        self.row.fence += 1;
        self.row.until = until;
        self.row.open = true;
        Some(self.row.fence)
    }

    fn keep(&mut self, fence: i64, task: &mut Task) -> bool {
        let held = task.held.take().unwrap();
        if self.row.grant_fence >= fence {
            // Kept before, its answer lost; or a younger grant is there.
            if self.row.refresh != held.0 {
                self.gone(held, Cause::AnswerLost);
            }
            // It may be asked again.
            task.held = Some(held);
            return false;
        }
        (self.row.refresh, self.row.access) = held;
        (self.row.grant_fence, self.row.valid) = (fence, true);
        self.kept = self.now;
        if self.row.fence == fence {
            (self.row.until, self.row.open) = (Timestamp(0), false);
        }
        // Should the answer get lost, it is kept once more, which the fence refuses.
        task.held = Some(held);
        true
    }

    /// The vendor's answer, when it is there or cannot come any more.
    fn wait_for_exchange(&mut self, task: &mut Task) -> Option<Exchanged> {
        let Some(flight) = task.flight else {
            if !self.calm && self.chance(8) {
                return Some(Exchanged::NotAsked);
            }
            task.asked = self.now;
            task.flight = Some(self.flights.len());
            self.flights.push(Flight {
                token: task.read.0,
                born: self.now,
                leased: task.leased,
                orphan: false,
                answer: None,
                over: false,
            });
            return None;
        };
        let late = self.now - task.asked > EXCHANGE_MS;
        let answer = self.flights[flight].answer;
        let lost = late || (answer.is_some() && !self.calm && self.chance(6));
        if lost {
            task.flight = None;
            self.flights[flight].orphan = true;
            if let Some(given) = answer {
                self.flights[flight].over = true;
                if let Ok(token) = given {
                    self.gone(token, Cause::AnswerLost);
                }
            }
            return Some(Exchanged::Lost);
        }
        let given = answer?;
        task.flight = None;
        self.flights[flight].over = true;
        task.held = given.ok();
        Some(given.map_or(Exchanged::Refused, |_| Exchanged::Granted))
    }
}

fn name(token: Token) -> String {
    format!("{}.{}", token.0, token.1)
}
