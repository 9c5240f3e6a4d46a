//! Hosted OAuth: a single-use `state` that waits for the vendor's answer, and a single-use secret that redeems it.

use ligand_model::id::{ElementId, OrganizationId, UserId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Store;
use crate::backend::Row;
use crate::error::Error;
use crate::sql::{identity, others as sql};
use crate::vault::Context;

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

/// How a consent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OauthProgress {
    /// The vendor has not answered yet.
    Waiting,
    /// The vendor said yes; its code waits to be redeemed.
    Answered,
    /// The vendor or the customer said no, in the vendor's words.
    Refused(String),
}

/// Consents of an organization that may be under way at a time.
pub const MOST: i64 = 10_000;

/// How long an answer waits to be redeemed, milliseconds.
pub const REDEEM_WITHIN_MS: i64 = 10 * 60 * 1000;

impl Store {
    /// Keeps a state until it expires.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a digest is taken, [`Error::Full`] beyond [`MOST`] of an organization.
    pub async fn insert_oauth_state(&self, state: OauthState) -> Result<(), Error> {
        let key = self.data_key(state.organization).await?;
        let now = self.now();
        self.write(move |tx| {
            let under_way = [state.organization.0.into(), now.0.into(), MOST.into()];
            crate::room(
                tx,
                &sql::COUNT_OAUTH_STATES,
                &under_way,
                "consents under way",
                MOST,
            )?;
            let id = crate::next_id(tx, "oauth_state", 1)?;
            let values = [
                id.into(),
                state.organization.0.into(),
                state.user.0.into(),
                state.element.0.into(),
                state.digest.into(),
                state.secret_digest.into(),
                key.seal(&place(state.organization, "payload", id), &state.payload)?
                    .into(),
                now.0.into(),
                state.expires.0.into(),
            ];
            tx.execute(&sql::INSERT_OAUTH_STATE, &values)?;
            Ok(())
        })
        .await
    }

    /// Looks at a state that is neither expired nor completed, without using it up: to check the browser session first.
    pub async fn oauth_state(
        &self,
        state: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<OauthPending>, Error> {
        let found = self.waiting(state, now).await?;
        Ok(found.map(|found| found.pending))
    }

    /// Uses a state up and keeps the vendor's answer for [`REDEEM_WITHIN_MS`].
    /// `None` when it is unknown, expired or was used before.
    pub async fn complete_oauth_state(
        &self,
        state: TokenDigest,
        outcome: OauthOutcome,
        now: Timestamp,
    ) -> Result<Option<OauthPending>, Error> {
        let Some(found) = self.waiting(state, now).await? else {
            return Ok(None);
        };
        let organization = found.pending.organization;
        let text = serde_json::to_vec(&outcome)
            .map(Zeroizing::new)
            .map_err(|_| Error::Shape {
                what: "OAuth outcome",
            })?;
        let key = self.data_key(organization).await?;
        let sealed = key.seal(&place(organization, "outcome", found.id), &text)?;
        let expires = now.plus_millis(REDEEM_WITHIN_MS);
        let values = [
            organization.0.into(),
            found.id.into(),
            sealed.into(),
            expires.0.into(),
        ];
        // Two callbacks may have found the state; the row changes for one of them.
        let used = self
            .write(move |tx| tx.execute(&sql::COMPLETE_OAUTH_STATE, &values))
            .await?;
        Ok((used > 0).then_some(OauthPending {
            expires,
            ..found.pending
        }))
    }

    /// Hands the vendor's answer out, once. `None` when the secret is unknown, expired or was used before.
    pub async fn redeem_oauth_state(
        &self,
        organization: OrganizationId,
        secret: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<OauthRedemption>, Error> {
        let values = [organization.0.into(), secret.into(), now.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::OAUTH_STATE_BY_SECRET, &values))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let found = self.open_state(row).await?;
        let Some(outcome) = self.outcome(organization, &found).await? else {
            return Ok(Some(OauthRedemption::Pending));
        };
        let values = [organization.0.into(), found.id.into()];
        let redeemed = self
            .write(move |tx| tx.execute(&sql::REDEEM_OAUTH_STATE, &values))
            .await?;
        Ok((redeemed > 0).then_some(OauthRedemption::Redeemed {
            state: found.pending,
            outcome,
        }))
    }

    /// How a consent stands, without using it up. `None` when the secret is unknown, expired or was used before.
    pub async fn oauth_progress(
        &self,
        organization: OrganizationId,
        secret: TokenDigest,
        now: Timestamp,
    ) -> Result<Option<OauthProgress>, Error> {
        let values = [organization.0.into(), secret.into(), now.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::OAUTH_STATE_BY_SECRET, &values))
            .await?;
        let Some(row) = row else { return Ok(None) };
        let found = self.open_state(row).await?;
        Ok(Some(match self.outcome(organization, &found).await? {
            None => OauthProgress::Waiting,
            Some(OauthOutcome::Code(_)) => OauthProgress::Answered,
            Some(OauthOutcome::Refused(why)) => OauthProgress::Refused(why),
        }))
    }

    /// What the vendor answered, opened.
    async fn outcome(
        &self,
        organization: OrganizationId,
        found: &Found,
    ) -> Result<Option<OauthOutcome>, Error> {
        let Some(sealed) = &found.outcome else {
            return Ok(None);
        };
        let place = place(organization, "outcome", found.id);
        let text = self
            .data_key_of(&place, sealed)
            .await?
            .open(&place, sealed)?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|_| Error::Shape {
                what: "OAuth outcome",
            })
    }

    /// Deletes expired states and sessions; answers how many.
    pub async fn prune_expired(&self, now: Timestamp) -> Result<u64, Error> {
        let values = [now.0.into()];
        self.write(move |tx| {
            let states = tx.execute(&sql::DELETE_EXPIRED_OAUTH_STATES, &values)?;
            Ok(states + tx.execute(&identity::DELETE_EXPIRED_SESSIONS, &values)?)
        })
        .await
    }

    async fn waiting(&self, state: TokenDigest, now: Timestamp) -> Result<Option<Found>, Error> {
        let values = [state.into(), now.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::OAUTH_STATE_BY_DIGEST, &values))
            .await?;
        match row {
            Some(row) => self.open_state(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn open_state(&self, mut row: Row) -> Result<Found, Error> {
        let id = row.integer()?;
        let organization = OrganizationId(row.integer()?);
        let (user, element) = (UserId(row.integer()?), ElementId(row.integer()?));
        let (place, sealed) = (place(organization, "payload", id), row.blob()?);
        let payload = self
            .data_key_of(&place, &sealed)
            .await?
            .open(&place, &sealed)?;
        let outcome = row.optional_blob()?;
        let expires = Timestamp(row.integer()?);
        let pending = OauthPending {
            organization,
            user,
            element,
            payload,
            expires,
        };
        Ok(Found {
            id,
            outcome,
            pending,
        })
    }
}

/// A row of `oauth_states`, its outcome still sealed.
struct Found {
    id: i64,
    outcome: Option<Vec<u8>>,
    pending: OauthPending,
}

fn place(organization: OrganizationId, column: &'static str, id: i64) -> Context {
    Context::new(organization, "oauth_states", column, id)
}
