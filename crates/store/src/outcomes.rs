//! Writes that are done once: what a request with an idempotency key came to, sealed, for a day.

use ligand_model::id::OrganizationId;
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use zeroize::Zeroizing;

use crate::Store;
use crate::error::Error;
use crate::sql::outcomes as sql;
use crate::vault::Context;

/// A request that is to be done once.
#[derive(Debug, Clone)]
pub struct Once {
    /// The tenant.
    pub organization: OrganizationId,
    /// Of the caller and the key.
    pub key: TokenDigest,
    /// Of method, path, query and body.
    pub request: TokenDigest,
    /// The request's id.
    pub request_id: String,
    /// The process that works on it.
    pub process: String,
    /// When it is forgotten.
    pub expires: Timestamp,
    /// Whether a new key may be kept: see [`Store::count_outcomes`].
    pub room: Room,
}

/// What an organization may keep.
#[derive(Debug, Clone, Copy)]
pub enum Room {
    /// One more.
    Free,
    /// Nothing more: it has as many as this.
    Taken(i64),
}

/// What is known of an idempotency key.
pub enum Begun {
    /// It is new: the request may be done.
    New,
    /// It was used.
    Known(Known),
}

/// A key that was used.
pub struct Known {
    /// The digest of the request it was used with.
    pub request: Vec<u8>,
    /// That request's id.
    pub request_id: String,
    /// The process that works, or worked, on it.
    pub process: String,
    /// What it came to; none while that is not known.
    pub outcome: Option<Zeroizing<Vec<u8>>>,
    /// When it began.
    pub created: Timestamp,
}

impl Store {
    /// How many keys of an organization are kept, counted up to `most`.
    pub async fn count_outcomes(
        &self,
        organization: OrganizationId,
        most: i64,
    ) -> Result<i64, Error> {
        let values = [organization.0.into(), most.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::COUNT_OUTCOMES, &values))
            .await?;
        row.map_or(Ok(0), |mut row| row.integer())
    }

    /// Notes that a request begins, unless its key was used already.
    ///
    /// # Errors
    /// [`Error::Full`] for a new key without room.
    pub async fn begin_once(&self, once: Once) -> Result<Begun, Error> {
        let now = self.now();
        let (organization, key) = (once.organization, once.key);
        let found = self
            .write(move |tx| {
                let named = [organization.0.into(), key.into(), now.0.into()];
                if let Some(row) = tx.query_one(&sql::OUTCOME, &named)? {
                    return Ok(Some(row));
                }
                if let Room::Taken(most) = once.room {
                    let what = "requests with an `Idempotency-Key` in a day";
                    return Err(Error::Full { what, most });
                }
                // What was there has expired.
                tx.execute(&sql::FORGET_OUTCOME, &[organization.0.into(), key.into()])?;
                let values = [
                    organization.0.into(),
                    key.into(),
                    once.request.into(),
                    once.request_id.into(),
                    once.process.into(),
                    now.0.into(),
                    once.expires.0.into(),
                ];
                tx.execute(&sql::BEGIN_OUTCOME, &values)?;
                Ok(None)
            })
            .await?;
        let Some(mut row) = found else {
            return Ok(Begun::New);
        };
        let (request, request_id) = (row.blob()?, row.text()?);
        let (process, sealed) = (row.text()?, row.optional_blob()?);
        let created = Timestamp(row.integer()?);
        let outcome = match sealed {
            Some(sealed) => {
                let place = place(organization, key);
                let opener = self.data_key_of(&place, &sealed).await?;
                Some(opener.open(&place, &sealed)?)
            }
            None => None,
        };
        Ok(Begun::Known(Known {
            request,
            request_id,
            process,
            outcome,
            created,
        }))
    }

    /// Keeps what a request came to.
    pub async fn keep_outcome(
        &self,
        organization: OrganizationId,
        key: TokenDigest,
        outcome: &[u8],
    ) -> Result<(), Error> {
        let sealer = self.data_key(organization).await?;
        let sealed = sealer.seal(&place(organization, key), outcome)?;
        let values = [organization.0.into(), key.into(), sealed.into()];
        self.write(move |tx| tx.execute(&sql::KEEP_OUTCOME, &values))
            .await?;
        Ok(())
    }

    /// Forgets a key whose request did nothing: it may be used again.
    pub async fn forget_outcome(
        &self,
        organization: OrganizationId,
        key: TokenDigest,
    ) -> Result<(), Error> {
        let values = [organization.0.into(), key.into()];
        self.write(move |tx| tx.execute(&sql::FORGET_OUTCOME, &values))
            .await?;
        Ok(())
    }

    /// Forgets what has expired; answers how many.
    pub async fn prune_outcomes(&self, now: Timestamp) -> Result<u64, Error> {
        self.write(move |tx| tx.execute(&sql::DELETE_EXPIRED_OUTCOMES, &[now.0.into()]))
            .await
    }
}

fn place(organization: OrganizationId, key: TokenDigest) -> Context {
    use std::fmt::Write as _;
    let row = key.0.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Context::new(organization, "outcomes", "outcome", row)
}
