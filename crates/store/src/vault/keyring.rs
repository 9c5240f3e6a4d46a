//! The data keys of organizations, opened once and kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ligand_model::id::OrganizationId;
use ligand_model::time::{Entropy, Timestamp};
use zeroize::Zeroizing;

use super::envelope::{self, Cipher};
use super::{Context, DataKey, RootKey};
use crate::Store;
use crate::backend::{Connection, Row};
use crate::error::Error;
use crate::sql::identity as sql;

/// Keys kept at most; beyond that all are forgotten and read again as they are needed.
const KEPT: usize = 20_000;

/// The root key and the data keys it has opened.
pub(crate) struct Keyring {
    root: Cipher,
    entropy: Arc<dyn Entropy>,
    opened: Mutex<HashMap<OrganizationId, Opened>>,
}

#[derive(Default)]
struct Opened {
    /// The one that seals.
    present: Option<Arc<DataKey>>,
    /// Those that only open any more, as they were needed.
    former: Vec<Arc<DataKey>>,
}

impl Keyring {
    pub(crate) fn new(root: &RootKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            root: root.cipher(),
            entropy,
            opened: Mutex::default(),
        }
    }

    /// Makes and stores a data key for a new organization, in its transaction.
    pub(crate) fn make(
        &self,
        connection: &mut dyn Connection,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<DataKey, Error> {
        let id = crate::next_id(connection, "data_key", 1)?;
        let mut bytes = Zeroizing::new([0; 32]);
        self.entropy.fill(&mut *bytes);
        let sealed = self
            .root
            .seal(&place(organization, id), bytes.as_slice(), &*self.entropy)?;
        let values = [
            id.into(),
            organization.0.into(),
            sealed.into(),
            now.0.into(),
        ];
        connection.execute(&sql::INSERT_DATA_KEY, &values)?;
        Ok(self.opened_key(organization, id, &bytes))
    }

    fn opened_key(&self, organization: OrganizationId, id: i64, bytes: &[u8; 32]) -> DataKey {
        let cipher = Cipher::new(id.cast_unsigned(), bytes);
        DataKey::new(organization, cipher, Arc::clone(&self.entropy))
    }

    fn open(&self, organization: OrganizationId, mut row: Row) -> Result<Arc<DataKey>, Error> {
        let (id, sealed) = (row.integer()?, row.blob()?);
        let place = place(organization, id);
        if envelope::key_id(&sealed) != Some(self.root.id()) {
            return Err(Error::WrongRootKey);
        }
        let bytes = self.root.open(&place, &sealed)?;
        let bytes: &[u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| envelope::refused(&place, "a data key has 32 bytes"))?;
        Ok(Arc::new(self.opened_key(organization, id, bytes)))
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<OrganizationId, Opened>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() > KEPT {
            opened.clear();
        }
        opened
    }
}

fn place(organization: OrganizationId, id: i64) -> Context {
    Context::new(organization, "data_keys", "key_sealed", id)
}

impl Store {
    /// The organization's present data key, for values sealed outside the database such as page tokens.
    /// Read from the database once, then from memory.
    ///
    /// # Errors
    /// [`Error::NoDataKey`] when there is no such organization.
    pub async fn data_key(&self, organization: OrganizationId) -> Result<Arc<DataKey>, Error> {
        let keyring = &self.inner.keyring;
        let present = keyring
            .kept()
            .get(&organization)
            .and_then(|keys| keys.present.clone());
        if let Some(key) = present {
            return Ok(key);
        }
        let row = self
            .read(move |tx| tx.query_one(&sql::PRESENT_DATA_KEY, &[organization.0.into()]))
            .await?
            .ok_or(Error::NoDataKey {
                organization: organization.0,
            })?;
        let key = keyring.open(organization, row)?;
        keyring.kept().entry(organization).or_default().present = Some(Arc::clone(&key));
        Ok(key)
    }

    /// The key that a value of this organization was sealed under.
    pub(crate) async fn data_key_of(
        &self,
        context: &Context,
        sealed: &[u8],
    ) -> Result<Arc<DataKey>, Error> {
        let id = envelope::key_id(sealed)
            .ok_or_else(|| envelope::refused(context, "its header is unknown"))?;
        let (keyring, organization) = (&self.inner.keyring, context.organization);
        let known = keyring.kept().get(&organization).and_then(|keys| {
            let mut keys = keys.present.iter().chain(&keys.former);
            keys.find(|key| key.id() == id).cloned()
        });
        if let Some(key) = known {
            return Ok(key);
        }
        let values = [organization.0.into(), id.cast_signed().into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::DATA_KEY, &values))
            .await?
            .ok_or_else(|| envelope::refused(context, "its key is unknown"))?;
        let key = keyring.open(organization, row)?;
        keyring
            .kept()
            .entry(organization)
            .or_default()
            .former
            .push(Arc::clone(&key));
        Ok(key)
    }

    /// Opens a sealed text.
    pub(crate) async fn open_text(
        &self,
        context: &Context,
        sealed: &[u8],
    ) -> Result<String, Error> {
        let opened = self
            .data_key_of(context, sealed)
            .await?
            .open(context, sealed)?;
        std::str::from_utf8(&opened)
            .map(str::to_owned)
            .map_err(|_| envelope::refused(context, "it is not text"))
    }

    /// Refuses to start under another root key than the database was sealed with.
    pub(crate) async fn check_root_key(&self) -> Result<(), Error> {
        let row = self
            .read(|tx| tx.query_one(&sql::ANY_DATA_KEY, &[]))
            .await?;
        let Some(mut row) = row else { return Ok(()) };
        if envelope::key_id(&row.blob()?) == Some(self.inner.keyring.root.id()) {
            return Ok(());
        }
        Err(Error::WrongRootKey)
    }
}
