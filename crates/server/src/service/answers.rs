//! Cached answers of instances that ask for it: reads only, sealed in memory, bounded an instance and overall.
//!
//! A write through the instance and any change of the instance clear what it has. Other nodes do not hear of a write:
//! there an answer is as old as its time to live allows.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::ResourceCall;
use ligand_engine::step::{Body, Reply};
use ligand_model::element::{Parameter, Resource};
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_model::instance::Instance;
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use ligand_store::instances::SealedInstance;
use ligand_store::vault::Context;

use super::hubs::Target;

/// Seconds that an answer is kept when the instance does not say.
const USUAL_SECONDS: i64 = 300;
/// Seconds that an answer is kept at most: a day.
const MOST_SECONDS: i64 = 86_400;
/// Answers that are kept when the instance does not say.
const USUAL_ENTRIES: i64 = 100;
/// Answers that are kept at most for an instance.
const MOST_ENTRIES: i64 = 10_000;
/// The largest answer that is kept, in bytes.
const LARGEST: usize = 1024 * 1024;
/// What an entry costs besides its bytes.
const OVERHEAD: usize = 256;

/// Headers that say nothing about which data is wanted.
const NEUTRAL: [&str; 10] = [
    "user-agent",
    "content-type",
    "accept-language",
    "cache-control",
    "pragma",
    "elements-explain",
    "traceparent",
    "tracestate",
    "x-request-id",
    "priority",
];

/// Whose answer it is, organization first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Owner {
    organization: OrganizationId,
    instance: InstanceId,
}

impl Owner {
    fn of(instance: &Instance) -> Self {
        Self {
            organization: instance.organization,
            instance: instance.id,
        }
    }
}

/// What was asked: resource, path variables, query and headers that matter, digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Question([u8; 32]);

#[derive(Debug)]
struct Entry {
    sealed: Arc<[u8]>,
    expires: Timestamp,
    sequence: u64,
}

/// The answers of one instance.
#[derive(Debug, Default)]
struct Shelf {
    /// The version of the instance that they belong to.
    version: i64,
    /// Raised when it is cleared: what was asked before is not kept after.
    clears: u64,
    entries: HashMap<Question, Entry>,
    /// Oldest use first.
    order: BTreeMap<u64, Question>,
}

#[derive(Debug, Default)]
struct Inner {
    shelves: HashMap<Owner, Shelf>,
    /// Oldest use first, over all instances.
    order: BTreeMap<u64, Owner>,
    bytes: usize,
    next: u64,
}

/// All cached answers of this process.
#[derive(Debug)]
pub struct Answers {
    inner: Mutex<Inner>,
    /// Most bytes over all instances.
    most: usize,
}

/// A question that the cache had no answer for: puts the vendor's in.
#[derive(Debug)]
pub struct Ticket {
    owner: Owner,
    question: Question,
    version: i64,
    clears: u64,
    expires: Timestamp,
    entries: usize,
}

/// What the cache says.
#[derive(Debug)]
pub enum Found {
    /// The answer as it was given before.
    Hit(Reply),
    /// None; the ticket keeps the one to come.
    Miss(Ticket),
}

/// Clears an instance's answers when a write begins, and when it ends or is given up.
#[derive(Debug)]
pub struct Writing<'a> {
    answers: &'a Answers,
    owner: Owner,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.answers.clear(self.owner);
    }
}

impl Answers {
    /// Keeps at most this many bytes, over all instances.
    pub fn new(most: usize) -> Self {
        Self {
            inner: Mutex::default(),
            most,
        }
    }

    /// Asks for a cached answer; none when this call is not one to be cached.
    pub fn find(&self, target: &Target, call: &ResourceCall, now: Timestamp) -> Option<Found> {
        let sealed = &*target.instance;
        let instance = &sealed.instance;
        if !instance.caching_enabled
            || !call.method.eq_ignore_ascii_case("GET")
            || !call.body.is_empty()
        {
            return None;
        }
        let seconds = bounded(instance.cache_time_to_live, USUAL_SECONDS, MOST_SECONDS);
        let entries = bounded(instance.max_cache_size, USUAL_ENTRIES, MOST_ENTRIES);
        let owner = Owner::of(instance);
        let question = question(target, call)?;
        let (ticket, kept) = {
            let mut inner = self.lock();
            let shelf = inner.shelf(owner, instance.version);
            let ticket = Ticket {
                owner,
                question,
                version: instance.version,
                clears: shelf.clears,
                expires: Timestamp(now.0.saturating_add(seconds.saturating_mul(1000))),
                entries: usize::try_from(entries).unwrap_or(1),
            };
            // A call that still sees the instance as it was is answered by the vendor.
            let usable = shelf.version == instance.version && !refuses_cached(call);
            let kept = usable
                .then(|| inner.take_up(owner, question, now, ticket.expires))
                .flatten();
            (ticket, kept)
        };
        let reply = kept.and_then(|bytes| open(sealed, question, &bytes));
        Some(match reply {
            Some(reply) => Found::Hit(reply),
            None => Found::Miss(ticket),
        })
    }

    /// Keeps an answer, when nothing happened to its instance since it was asked for.
    pub fn keep(&self, ticket: &Ticket, sealed: &SealedInstance, reply: &Reply) {
        let Some(bytes) = seal(sealed, ticket.question, reply) else {
            return;
        };
        if bytes.len() > self.most {
            return;
        }
        let mut inner = self.lock();
        let shelf = inner.shelf(ticket.owner, ticket.version);
        if shelf.version == ticket.version && shelf.clears == ticket.clears {
            inner.put(ticket, bytes);
            inner.shrink(self.most);
        }
    }

    /// Clears an instance's answers now and when the returned guard goes.
    pub fn writing(&self, instance: &Instance) -> Writing<'_> {
        let owner = Owner::of(instance);
        self.clear(owner);
        Writing {
            answers: self,
            owner,
        }
    }

    /// Forgets an instance that is gone.
    pub fn forget(&self, organization: OrganizationId, instance: InstanceId) {
        let owner = Owner {
            organization,
            instance,
        };
        let mut inner = self.lock();
        inner.empty(owner);
        inner.shelves.remove(&owner);
    }

    /// Empties every instance of an organization: what its calls mean has changed.
    pub fn empty_all(&self, organization: OrganizationId) {
        let mut inner = self.lock();
        let owners: Vec<Owner> = inner
            .shelves
            .keys()
            .filter(|owner| owner.organization == organization)
            .copied()
            .collect();
        for owner in owners {
            inner.empty(owner);
            let shelf = inner.shelves.entry(owner).or_default();
            shelf.clears = shelf.clears.wrapping_add(1);
        }
    }

    /// Bytes in use, over all instances.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn clear(&self, owner: Owner) {
        let mut inner = self.lock();
        inner.empty(owner);
        let shelf = inner.shelves.entry(owner).or_default();
        shelf.clears = shelf.clears.wrapping_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The shelf of an instance; what it holds of an older version is thrown away.
    fn shelf(&mut self, owner: Owner, version: i64) -> &mut Shelf {
        if self
            .shelves
            .get(&owner)
            .is_some_and(|shelf| shelf.version < version)
        {
            self.empty(owner);
        }
        let shelf = self.shelves.entry(owner).or_default();
        shelf.version = shelf.version.max(version);
        shelf
    }

    /// `latest` is when an answer of this moment expires: one that claims to last longer is from before the clock was set
    /// back, or from before the instance's time to live was made shorter.
    fn take_up(
        &mut self,
        owner: Owner,
        question: Question,
        now: Timestamp,
        latest: Timestamp,
    ) -> Option<Arc<[u8]>> {
        let entry = self.shelves.get(&owner)?.entries.get(&question)?;
        if entry.expires <= now || entry.expires > latest {
            self.remove(owner, question);
            return None;
        }
        self.next += 1;
        let next = self.next;
        let shelf = self.shelves.get_mut(&owner)?;
        let entry = shelf.entries.get_mut(&question)?;
        shelf.order.remove(&entry.sequence);
        self.order.remove(&entry.sequence);
        entry.sequence = next;
        shelf.order.insert(next, question);
        self.order.insert(next, owner);
        Some(Arc::clone(&entry.sealed))
    }

    fn put(&mut self, ticket: &Ticket, sealed: Vec<u8>) {
        self.remove(ticket.owner, ticket.question);
        self.next += 1;
        let sequence = self.next;
        self.bytes += sealed.len() + OVERHEAD;
        self.order.insert(sequence, ticket.owner);
        let shelf = self.shelves.entry(ticket.owner).or_default();
        shelf.order.insert(sequence, ticket.question);
        shelf.entries.insert(
            ticket.question,
            Entry {
                sealed: sealed.into(),
                expires: ticket.expires,
                sequence,
            },
        );
        while let Some(oldest) = self.too_many(ticket) {
            self.remove(ticket.owner, oldest);
        }
    }

    fn too_many(&self, ticket: &Ticket) -> Option<Question> {
        let shelf = self.shelves.get(&ticket.owner)?;
        (shelf.entries.len() > ticket.entries)
            .then(|| shelf.order.values().next().copied())
            .flatten()
    }

    fn shrink(&mut self, most: usize) {
        while self.bytes > most {
            let Some((&sequence, &owner)) = self.order.first_key_value() else {
                return;
            };
            let question = self
                .shelves
                .get(&owner)
                .and_then(|shelf| shelf.order.get(&sequence))
                .copied();
            match question {
                Some(question) => self.remove(owner, question),
                None => {
                    self.order.remove(&sequence);
                }
            }
        }
    }

    fn remove(&mut self, owner: Owner, question: Question) {
        let Some(shelf) = self.shelves.get_mut(&owner) else {
            return;
        };
        if let Some(entry) = shelf.entries.remove(&question) {
            shelf.order.remove(&entry.sequence);
            self.order.remove(&entry.sequence);
            self.bytes = self.bytes.saturating_sub(entry.sealed.len() + OVERHEAD);
        }
    }

    fn empty(&mut self, owner: Owner) {
        let Some(shelf) = self.shelves.get_mut(&owner) else {
            return;
        };
        for (_, entry) in shelf.entries.drain() {
            self.order.remove(&entry.sequence);
            self.bytes = self.bytes.saturating_sub(entry.sealed.len() + OVERHEAD);
        }
        shelf.order.clear();
    }
}

/// A setting of the instance within its bounds; nothing, or what is no number of anything, is the usual one.
fn bounded(given: i64, usual: i64, most: i64) -> i64 {
    if given <= 0 { usual } else { given.min(most) }
}

/// Whether the caller wants the vendor's answer, whatever is here.
fn refuses_cached(call: &ResourceCall) -> bool {
    call.headers.iter().any(|(name, value)| {
        let value = value.to_ascii_lowercase();
        name.eq_ignore_ascii_case("cache-control")
            && (value.contains("no-cache") || value.contains("no-store"))
    })
}

/// Lengths keep the parts apart.
fn question(target: &Target, call: &ResourceCall) -> Option<Question> {
    let resource = target.element.resource(target.resource)?;
    // The resource by what it is, too: an element that was changed has other resources under the same numbers.
    let vendor_path = resource.vendor_path.as_deref().unwrap_or_default();
    let mut text = format!("{}\n{}\n{vendor_path}\n", target.resource, resource.path);
    let mut part = |kind: char, name: &str, value: &str| {
        let (names, values) = (name.len(), value.len());
        // Writing to a text does not fail.
        let _ = write!(text, "{kind}{names}:{name}{values}:{value}");
    };
    for (name, value) in &target.variables {
        part('p', name, value);
    }
    for (name, value) in &call.query {
        part('q', name, value);
    }
    for (name, value) in &call.headers {
        if matters(&target.element, resource, name) {
            part('h', name, value);
        }
    }
    Some(Question(TokenDigest::of(&text).0))
}

/// Whether a header can change an answer: one that is declared, one of the platform's, or any that a hook can see.
fn matters(element: &Compiled, resource: &Resource, name: &str) -> bool {
    if NEUTRAL.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return is_declared(element, resource, name);
    }
    let hooks = !element.element.hooks.is_empty()
        || !resource.hooks.is_empty()
        || resource
            .next_resource
            .as_deref()
            .is_some_and(|next| !next.is_empty());
    hooks
        || name.to_ascii_lowercase().starts_with("elements-")
        || is_declared(element, resource, name)
}

fn is_declared(element: &Compiled, resource: &Resource, name: &str) -> bool {
    let declares = |parameters: &[Arc<Parameter>]| {
        parameters.iter().any(|parameter| {
            parameter.kind == "header" && parameter.name.eq_ignore_ascii_case(name)
        })
    };
    declares(&element.element.parameters) || declares(&resource.parameters)
}

fn place(instance: &Instance, question: Question) -> Context {
    let digest = question.0.iter().map(|byte| format!("{byte:02x}"));
    let row = format!(
        "{}:{}:{}",
        instance.id,
        instance.version,
        digest.collect::<String>()
    );
    Context::new(instance.organization, "answer_cache", "answer", row)
}

/// Status and headers as JSON, a line break, the body. Only whole JSON answers are kept.
fn seal(sealed: &SealedInstance, question: Question, reply: &Reply) -> Option<Vec<u8>> {
    let Body::Json(body) = &reply.body else {
        return None;
    };
    if reply.status != 200 || body.len() > LARGEST {
        return None;
    }
    let mut plain = serde_json::to_vec(&(reply.status, &reply.headers)).ok()?;
    plain.push(b'\n');
    plain.extend_from_slice(body);
    sealed
        .key
        .seal(&place(&sealed.instance, question), &plain)
        .ok()
}

fn open(sealed: &SealedInstance, question: Question, bytes: &[u8]) -> Option<Reply> {
    let plain = sealed
        .key
        .open(&place(&sealed.instance, question), bytes)
        .ok()?;
    let end = plain.iter().position(|byte| *byte == b'\n')?;
    let (head, body) = plain.split_at_checked(end)?;
    let (status, headers) = serde_json::from_slice(head).ok()?;
    Some(Reply {
        status,
        headers,
        body: Body::Json(Bytes::copy_from_slice(body.get(1..)?)),
    })
}
