//! Hosted OAuth: a single-use `state` that waits for the vendor's answer, and a single-use secret that redeems it.

use ligand_model::id::{ElementId, OrganizationId, UserId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Store;
use crate::error::Error;

/// A consent that was asked for.
pub struct OauthState {
    /// Digest of the `state` given to the vendor.
    pub digest: TokenDigest,
    /// Digest of the secret given to the caller, who redeems with it.
    pub secret_digest: TokenDigest,
    /// The tenant.
    pub organization: OrganizationId,
    /// The user who asked.
    pub user: UserId,
    /// The element.
    pub element: ElementId,
    /// JSON of the server's choice (callback, code verifier, browser session, configuration); sealed at rest.
    pub payload: Zeroizing<Vec<u8>>,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// What the vendor answered at our callback; sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OauthOutcome {
    /// The authorization code, with whatever else came in the query that provisioning needs.
    Code(String),
    /// The vendor's refusal, in its own words.
    Refused(String),
}

impl std::fmt::Debug for OauthOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code(…)",
            Self::Refused(_) => "Refused(…)",
        })
    }
}

/// A state that was found.
pub struct OauthPending {
    /// The tenant.
    pub organization: OrganizationId,
    /// The user who asked.
    pub user: UserId,
    /// The element.
    pub element: ElementId,
    /// The payload as given.
    pub payload: Zeroizing<Vec<u8>>,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// What redeeming found.
pub enum OauthRedemption {
    /// The vendor has not answered yet; the state stays.
    Pending,
    /// The answer, handed out this once.
    Redeemed {
        /// The state as it was made.
        state: OauthPending,
        /// What the vendor answered.
        outcome: OauthOutcome,
    },
}

/// How long an answer waits to be redeemed, milliseconds.
pub const REDEEM_WITHIN_MS: i64 = 10 * 60 * 1000;

impl Store {
    /// Keeps a state until it expires.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a digest is taken.
    pub async fn insert_oauth_state(&self, state: OauthState) -> Result<(), Error> {
        let _ = state;
        todo!()
    }

    /// Looks at a state that is neither expired nor completed, without using it up: to check the browser session first.
    pub async fn oauth_state(
        &self,
        state: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<OauthPending>, Error> {
        let _ = (state, now);
        todo!()
    }

    /// Uses a state up and keeps the vendor's answer for [`REDEEM_WITHIN_MS`].
    /// `None` when it is unknown, expired or was used before.
    pub async fn complete_oauth_state(
        &self,
        state: TokenDigest,
        outcome: OauthOutcome,
        now: Timestamp,
    ) -> Result<Option<OauthPending>, Error> {
        let _ = (state, outcome, now);
        todo!()
    }

    /// Hands the vendor's answer out, once. `None` when the secret is unknown, expired or was used before.
    pub async fn redeem_oauth_state(
        &self,
        organization: OrganizationId,
        secret: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<OauthRedemption>, Error> {
        let _ = (organization, secret, now);
        todo!()
    }

    /// Deletes expired states and sessions; answers how many.
    pub async fn prune_expired(&self, now: Timestamp) -> Result<u64, Error> {
        let _ = now;
        todo!()
    }
}
