//! Rotation and destruction of keys, while servers run.
//!
//! An organization at a time: a new data key, the former ones rewrapped under the present root key, every value sealed
//! anew by compare-and-swap. Former data keys stay, so that a page token in a client's hand, a value written in that
//! very second and a restored row still open. What was done is noted, so that an interrupted rotation goes on.

use std::sync::Arc;

use ligand_model::id::OrganizationId;
use ligand_model::time::Timestamp;

use super::sealed::{COLUMNS, Resealing, Turn};
use super::{DataKey, envelope};
use crate::Store;
use crate::backend::Row;
use crate::changes::Change;
use crate::error::Error;
use crate::sql::{identity, keys as sql};

/// How often a column is gone through until nothing of it is left: writers may still seal with a former key.
const PASSES: u32 = 20;

/// A rotation, finished or under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it is under way.
    pub finished: Option<Timestamp>,
    /// The last organization that is done.
    pub position: OrganizationId,
    /// Organizations done.
    pub organizations: i64,
    /// Values sealed anew.
    pub resealed: i64,
    /// Values that did not open and were left as they are: altered, or sealed under a key that is lost.
    pub refused: i64,
}

/// What a store's keys are like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The present root key's id.
    pub root: u64,
    /// Root key ids and how many data keys each sealed.
    pub data_keys: Vec<(u64, i64)>,
    /// The last rotation.
    pub rotation: Option<Rotation>,
}

impl Store {
    /// Rotates every organization's data key and what it sealed; goes on where an unfinished rotation stood. `told`
    /// hears how far it came after each organization.
    ///
    /// # Errors
    /// Those of the database; [`Error::WrongRootKey`] for a data key that no known root key sealed.
    pub async fn rotate_keys(&self, mut told: impl FnMut(&Rotation)) -> Result<Rotation, Error> {
        self.reload_roots().await?;
        let mut rotation = match self.last_rotation().await? {
            Some(known) if known.finished.is_none() => known,
            _ => self.begin_rotation().await?,
        };
        loop {
            let after = [rotation.position.0.into()];
            let found = self
                .read(move |tx| tx.query(&sql::ORGANIZATIONS_AFTER, &after))
                .await?;
            if found.is_empty() {
                break;
            }
            for mut row in found {
                let organization = OrganizationId(row.integer()?);
                self.rotate_organization(organization, &mut rotation)
                    .await?;
                rotation.position = organization;
                rotation.organizations += 1;
                self.note(rotation).await?;
                told(&rotation);
            }
        }
        rotation.finished = Some(self.now());
        self.note(rotation).await?;
        Ok(rotation)
    }

    /// Root keys in use, and the last rotation.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn key_status(&self) -> Result<KeyStatus, Error> {
        let rows = self.read(|tx| tx.query(&sql::ROOTS_IN_USE, &[])).await?;
        let mut data_keys = Vec::new();
        for mut row in rows {
            let id = row.blob()?;
            let id = id
                .first_chunk::<8>()
                .map_or(0, |bytes| u64::from_be_bytes(*bytes));
            data_keys.push((id, row.integer()?));
        }
        Ok(KeyStatus {
            root: self.inner.keyring.root_id(),
            data_keys,
            rotation: self.last_rotation().await?,
        })
    }

    /// Destroys the keys of an organization and shuts it: nothing that it sealed opens again. False when there is no
    /// such organization, or none that may be shut.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn shred_organization(&self, organization: OrganizationId) -> Result<bool, Error> {
        if organization.0 <= 1 {
            return Ok(false);
        }
        let shredded = self.write(move |tx| {
            tx.overwrite_deleted()?;
            let of = [organization.0.into()];
            if tx.execute(&sql::CLOSE_ORGANIZATION, &of)? == 0 {
                return Ok(false);
            }
            for statement in [
                &sql::CLOSE_USERS,
                &sql::CLOSE_INSTANCES,
                &sql::CLOSE_SESSIONS,
                &sql::CLOSE_API_KEYS,
                &sql::CLOSE_CONNECT_SESSIONS,
                &sql::CLOSE_FAREWELLS,
                &sql::DELETE_DATA_KEYS,
            ] {
                tx.execute(statement, &of)?;
            }
            tx.announce(Change::Everything)?;
            Ok(true)
        });
        let shredded = shredded.await?;
        self.inner.keyring.forget();
        Ok(shredded)
    }

    async fn last_rotation(&self) -> Result<Option<Rotation>, Error> {
        let row = self
            .read(|tx| tx.query_one(&sql::LAST_ROTATION, &[]))
            .await?;
        row.map(rotation).transpose()
    }

    async fn begin_rotation(&self) -> Result<Rotation, Error> {
        let started = self.now();
        self.write(move |tx| {
            let id = crate::next_id(tx, "key_rotation", 1)?;
            tx.execute(&sql::INSERT_ROTATION, &[id.into(), started.0.into()])?;
            Ok(Rotation {
                id,
                started,
                finished: None,
                position: OrganizationId(0),
                organizations: 0,
                resealed: 0,
                refused: 0,
            })
        })
        .await
    }

    async fn note(&self, rotation: Rotation) -> Result<(), Error> {
        let values = [
            rotation.id.into(),
            rotation.position.0.into(),
            rotation.organizations.into(),
            rotation.resealed.into(),
            rotation.refused.into(),
            rotation.finished.map(|time| time.0).into(),
        ];
        self.write(move |tx| tx.execute(&sql::UPDATE_ROTATION, &values))
            .await?;
        Ok(())
    }

    async fn rotate_organization(
        &self,
        organization: OrganizationId,
        rotation: &mut Rotation,
    ) -> Result<(), Error> {
        let Some(key) = self.renew_data_key(organization, rotation.started).await? else {
            // Shredded: there is nothing to seal, and nothing opens.
            return Ok(());
        };
        for sealed in COLUMNS {
            if let Turn::Reseal(how) = &sealed.turn {
                self.reseal(organization, &key, *how, rotation).await?;
            }
        }
        Ok(())
    }

    /// A data key made since `started`, and the former ones under the present root key. `None` without any.
    async fn renew_data_key(
        &self,
        organization: OrganizationId,
        started: Timestamp,
    ) -> Result<Option<Arc<DataKey>>, Error> {
        let now = self.now();
        let inner = Arc::clone(&self.inner);
        let renewed = self.write(move |tx| {
            let of = [organization.0.into()];
            let rows = tx.query(&sql::DATA_KEYS, &of)?;
            let mut newest = None;
            let any = !rows.is_empty();
            for mut row in rows {
                let (id, sealed, created) = (row.integer()?, row.blob()?, row.integer()?);
                newest = newest.max(Some(created));
                if let Some(rewrapped) = inner.keyring.rewrap(organization, id, &sealed)? {
                    let values = [
                        organization.0.into(),
                        id.into(),
                        sealed.into(),
                        rewrapped.into(),
                    ];
                    tx.execute(&sql::REWRAP_DATA_KEY, &values)?;
                }
            }
            if any && newest.is_none_or(|created| created < started.0) {
                inner.keyring.make(tx, organization, now)?;
            }
            tx.announce(Change::Keys(organization))?;
            Ok(any)
        });
        if !renewed.await? {
            return Ok(None);
        }
        self.inner.keyring.forget();
        self.data_key(organization).await.map(Some)
    }

    async fn reseal(
        &self,
        organization: OrganizationId,
        key: &Arc<DataKey>,
        how: Resealing,
        rotation: &mut Rotation,
    ) -> Result<(), Error> {
        let (mut left_out, mut pass) = (0_i64, 0);
        loop {
            let present = key.id().to_be_bytes().to_vec();
            let values = [organization.0.into(), present.into(), left_out.into()];
            let rows = self.read(move |tx| tx.query(how.met, &values)).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut renewed = Vec::with_capacity(rows.len());
            for mut row in rows {
                let row_keys = [row.integer()?, row.integer()?, row.integer()?];
                let former = row.blob()?;
                let place = (how.place)(organization, row_keys);
                let opened = match self.data_key_of(&place, &former).await {
                    Ok(known) => known.open(&place, &former),
                    Err(error) => Err(error),
                };
                match opened {
                    Ok(text) => renewed.push((row_keys, former, key.seal(&place, &text)?)),
                    Err(Error::Sealed { .. }) => {
                        left_out += 1;
                        rotation.refused += 1;
                    }
                    Err(other) => return Err(other),
                }
            }
            let count = i64::try_from(renewed.len()).unwrap_or(i64::MAX);
            let written = self.write(move |tx| {
                let mut written = 0_u64;
                for ([first, second, third], former, sealed) in renewed {
                    let values = [
                        organization.0.into(),
                        first.into(),
                        second.into(),
                        third.into(),
                        former.into(),
                        sealed.into(),
                    ];
                    written += tx.execute(how.replaced, &values)?;
                }
                Ok(written)
            });
            let written = i64::try_from(written.await?).unwrap_or(i64::MAX);
            rotation.resealed = rotation.resealed.saturating_add(written);
            // Rows that others wrote meanwhile are met again, but not for ever.
            if written < count {
                pass += 1;
                if pass > PASSES {
                    return Ok(());
                }
            }
        }
    }
}

fn rotation(mut row: Row) -> Result<Rotation, Error> {
    Ok(Rotation {
        id: row.integer()?,
        started: Timestamp(row.integer()?),
        finished: row.optional_integer()?.map(Timestamp),
        position: OrganizationId(row.integer()?),
        organizations: row.integer()?,
        resealed: row.integer()?,
        refused: row.integer()?,
    })
}

/// Refuses to start when neither the oldest nor the newest data key is under a known root key.
pub(crate) async fn check(store: &Store) -> Result<(), Error> {
    for statement in [&sql::OLDEST_DATA_KEY, &identity::ANY_DATA_KEY] {
        let row = store.read(move |tx| tx.query_one(statement, &[])).await?;
        let Some(mut row) = row else { return Ok(()) };
        let id = envelope::key_id(&row.blob()?);
        if !id.is_some_and(|id| store.inner.keyring.knows(id)) {
            return Err(Error::WrongRootKey);
        }
    }
    Ok(())
}
