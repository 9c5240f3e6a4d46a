//! What scripts call us with: a secret of one call, for the resources of its instance, gone when the call is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ligand_model::secret::{ElementToken, TokenDigest};
use ligand_store::api_keys::KeyHolder;
use ligand_store::identity::Caller;
use ligand_store::instances::SealedInstance;

use crate::app::App;

/// Scripts may call transformations whose scripts call, this deep.
pub const DEEPEST: u32 = 3;

/// As whom a script calls.
#[derive(Debug)]
pub struct Pass {
    /// The caller of the call that the script belongs to.
    pub caller: Arc<Caller>,
    /// The caller's key: what it may not do, its scripts may not either.
    pub key: Option<Arc<KeyHolder>>,
    /// The instance that was called.
    pub instance: Arc<SealedInstance>,
    /// How many scripts are above.
    pub depth: u32,
}

/// The passes of calls under way.
#[derive(Debug, Default)]
pub struct Passes(Mutex<HashMap<TokenDigest, Arc<Pass>>>);

impl Passes {
    /// The pass of a secret.
    pub fn find(&self, digest: &TokenDigest) -> Option<Arc<Pass>> {
        let passes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        passes.get(digest).cloned()
    }
}

/// A pass while its call lasts.
pub struct Issued<'a> {
    app: &'a App,
    digest: TokenDigest,
    /// What the script is given.
    pub secret: ElementToken,
}

/// Issues a pass for a call's scripts.
pub fn issue(app: &App, pass: Pass) -> Issued<'_> {
    let secret = ElementToken::generate(&*app.entropy);
    let digest = secret.digest();
    let passes = &app.memory.passes.0;
    let mut passes = passes.lock().unwrap_or_else(PoisonError::into_inner);
    passes.insert(digest, Arc::new(pass));
    Issued {
        app,
        digest,
        secret,
    }
}

impl Drop for Issued<'_> {
    fn drop(&mut self) {
        let passes = &self.app.memory.passes.0;
        let mut passes = passes.lock().unwrap_or_else(PoisonError::into_inner);
        passes.remove(&self.digest);
    }
}
