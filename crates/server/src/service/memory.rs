//! What the use cases remember between requests. Nothing here is needed by another node or by the next start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ligand_engine::catalog::Compiled;
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use ligand_store::changes::Change;
use ligand_store::identity::Caller;
use ligand_store::instances::SealedInstance;
use quick_cache::sync::Cache;

use super::answers::Answers;
use super::api_keys::Keys;
use super::authentication::Hashing;
use super::once::Running;
use super::refresh::{Flights, worker::Uses};
use super::throttle::Throttle;
use super::transformations::mapped::Kept as Mappings;
use super::transformations::passes::Passes;
use super::usage::Batch;

/// Callers and when they were read, by the digests they presented.
pub type Callers = Cache<(TokenDigest, Option<TokenDigest>), (Timestamp, Arc<Caller>)>;

/// Caches, throttles, and usage rows not yet written; all bounded.
#[derive(Debug)]
pub struct Memory {
    /// Who called lately.
    pub callers: Callers,
    /// Raised whenever it changed, here or on another node, who may call or what accounts added to elements.
    epoch: AtomicU64,
    /// Scoped keys in use.
    pub keys: Keys,
    /// Instances in use.
    pub instances: Instances,
    /// Imported elements in use, compiled, by version.
    pub elements: Cache<(OrganizationId, ElementId, i64), Arc<Compiled>>,
    /// Elements of the catalog as an account extended them; `None` for one that it did not.
    pub extensions: Cache<(OrganizationId, AccountId, ElementId), Option<Arc<Compiled>>>,
    /// What calls in common names go through.
    pub mapped: Mappings,
    /// Who was shown a token today.
    pub custody: super::custody::Noted,
    /// Refresh tokens that are not used up by being used.
    pub lasting: super::refresh::Lasting,
    /// Hosts that stand in the record of custody already.
    pub hosts: crate::vendor::first_uses::Known,
    /// What scripts call us with.
    pub passes: Passes,
    /// Refreshes under way.
    pub flights: Flights,
    /// Requests that are done once, under way here.
    pub once: Running,
    /// Instances called lately.
    pub uses: Uses,
    /// Failed sign-ins.
    pub throttle: Throttle,
    /// Password hashes being computed.
    pub hashing: Hashing,
    /// Usage rows waiting to be written.
    pub usage: Batch,
    /// Answers of instances that cache them.
    pub answers: Answers,
    /// Woken when a Connect session has ended and its application may want to know.
    pub connected: tokio::sync::Notify,
}

impl Memory {
    /// Remembers nothing yet; cached answers will take at most `answer_bytes`.
    pub fn new(answer_bytes: usize) -> Self {
        Self {
            callers: Cache::new(10_000),
            epoch: AtomicU64::new(0),
            keys: Keys::default(),
            instances: Instances::new(10_000),
            elements: Cache::new(200),
            extensions: Cache::new(10_000),
            mapped: Mappings::default(),
            custody: super::custody::Noted::default(),
            lasting: super::refresh::Lasting::default(),
            hosts: crate::vendor::first_uses::Known::default(),
            passes: Passes::default(),
            flights: Flights::default(),
            once: Running::default(),
            uses: Uses::default(),
            throttle: Throttle::default(),
            hashing: Hashing::default(),
            usage: Batch::default(),
            answers: Answers::new(answer_bytes),
            connected: tokio::sync::Notify::new(),
        }
    }
}

impl Memory {
    /// To be taken before something is read that is to be kept.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Whether what was read since `epoch` may be kept: nobody changed the like of it meanwhile. Asked when it has been
    /// put in, so that a change that comes in between takes it out again.
    pub fn is_still(&self, epoch: u64) -> bool {
        self.epoch() == epoch
    }

    /// Users, accounts or keys were changed: what they may, with whatever they call, is asked anew.
    pub fn callers_changed(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.callers.clear();
        self.keys.clear();
    }

    /// Accounts added something to elements, or took it away.
    pub fn extensions_changed(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        self.extensions.clear();
    }

    /// Forgets what another node changed.
    pub fn forget(&self, change: Change) {
        match change {
            Change::Instance(id, version) => self.instances.outdate(id, version),
            Change::Callers(_) => self.callers_changed(),
            Change::Extensions(_) => self.extensions_changed(),
            Change::Transformations(organization) => self.mapped.changed(organization),
            // The store forgets its own.
            Change::Keys(_) | Change::Held(..) => {}
            Change::Everything => {
                self.callers_changed();
                self.extensions_changed();
                self.elements.clear();
                self.instances.clear();
                self.mapped.changed_all();
            }
        }
    }
}

/// Sealed instances by id, and the ids of tokens. The documents stay sealed; each call opens its own.
#[derive(Debug)]
pub struct Instances {
    ids: Cache<TokenDigest, InstanceId>,
    kept: Cache<InstanceId, Kept>,
    /// Held while something is put in, so that an older read never replaces a newer write; and since when reads count.
    publishing: Mutex<Instant>,
}

#[derive(Debug, Clone)]
enum Kept {
    Present(Arc<SealedInstance>),
    /// Another node wrote this version: what was read before must not be kept.
    Since(i64),
    /// Deleted here: a read that began before must not bring it back.
    Gone,
}

impl Instances {
    fn new(capacity: usize) -> Self {
        Self {
            ids: Cache::new(capacity * 2),
            kept: Cache::new(capacity),
            publishing: Mutex::new(Instant::now()),
        }
    }

    /// The instance of a token, when it is known here.
    pub fn by_token(&self, token: &TokenDigest) -> Option<Arc<SealedInstance>> {
        match self.kept.get(&self.ids.get(token)?)? {
            Kept::Present(instance) => Some(instance),
            Kept::Since(_) | Kept::Gone => None,
        }
    }

    /// Remembers whose token this is.
    pub fn learn(&self, token: TokenDigest, id: InstanceId) {
        self.ids.insert(token, id);
    }

    /// Puts in what the store answered, unless something newer is there.
    pub fn publish(&self, instance: SealedInstance) -> Arc<SealedInstance> {
        let held = self
            .publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let id = instance.instance.id;
        let instance = Arc::new(instance);
        match self.kept.get(&id) {
            _ if instance.as_of < *held => {}
            Some(Kept::Gone) => {}
            Some(Kept::Since(version)) if version > instance.instance.version => {}
            Some(Kept::Present(known)) if known.instance.version > instance.instance.version => {
                return known;
            }
            _ => self.kept.insert(id, Kept::Present(Arc::clone(&instance))),
        }
        instance
    }

    /// Another node wrote this version of an instance.
    pub fn outdate(&self, id: InstanceId, version: i64) {
        if version == i64::MAX {
            return self.remove(id);
        }
        let _held = self
            .publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let newer = match self.kept.get(&id) {
            Some(Kept::Present(known)) => known.instance.version < version,
            Some(Kept::Since(known)) => known < version,
            Some(Kept::Gone) => false,
            None => true,
        };
        if newer {
            self.kept.insert(id, Kept::Since(version));
        }
    }

    /// Forgets all; what is being read at this moment is not kept either.
    pub fn clear(&self) {
        let mut held = self
            .publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *held = Instant::now();
        self.ids.clear();
        self.kept.clear();
    }

    /// Forgets a deleted instance for good.
    pub fn remove(&self, id: InstanceId) {
        let _held = self
            .publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.kept.insert(id, Kept::Gone);
    }
}
