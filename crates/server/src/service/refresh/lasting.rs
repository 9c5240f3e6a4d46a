//! Which token calls may be sent twice: those that use nothing up.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use ligand_engine::oauth::TokenCall;
use ligand_model::id::ElementId;
use quick_cache::sync::Cache;

const REFRESH_TOKEN: &str = "oauth.user.refresh_token";

/// Refresh tokens that were used and stayed what they were: their vendor does not take each only once.
///
/// What a vendor does with them is set where the application is registered (Salesforce rotates them or not), so it is
/// learned from its answers and not declared. Kept are numbers that nobody can make a token of, and for as long as the
/// process lives: who does not know is careful.
#[derive(Debug)]
pub struct Lasting {
    used: Cache<(ElementId, u64), ()>,
    hash: RandomState,
}

impl Default for Lasting {
    fn default() -> Self {
        Self {
            used: Cache::new(50_000),
            hash: RandomState::new(),
        }
    }
}

impl Lasting {
    /// Whether a call whose answer was lost can be made again with the same values.
    pub fn may_repeat(
        &self,
        element: ElementId,
        values: &BTreeMap<String, String>,
        call: &TokenCall<'_>,
    ) -> bool {
        match call {
            TokenCall::Password | TokenCall::ClientCredentials => true,
            TokenCall::Refresh => self
                .key(element, values)
                .is_some_and(|key| self.used.get(&key).is_some()),
            TokenCall::Exchange { .. } | TokenCall::JwtBearer { .. } => false,
        }
    }

    /// Notes a renewal that succeeded: by these values, with what the vendor answered.
    pub fn note(
        &self,
        element: ElementId,
        values: &BTreeMap<String, String>,
        answered: &BTreeMap<String, String>,
    ) {
        let stayed = answered
            .get(REFRESH_TOKEN)
            .is_none_or(|token| Some(token) == values.get(REFRESH_TOKEN));
        if stayed && let Some(key) = self.key(element, values) {
            self.used.insert(key, ());
        }
    }

    fn key(
        &self,
        element: ElementId,
        values: &BTreeMap<String, String>,
    ) -> Option<(ElementId, u64)> {
        let token = values
            .get(REFRESH_TOKEN)
            .filter(|token| !token.is_empty())?;
        Some((element, self.hash.hash_one(token)))
    }
}
