//! The data keys of organizations, opened once and kept in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ligand_model::id::OrganizationId;
use ligand_model::time::{Entropy, Timestamp};
use zeroize::Zeroizing;

use super::envelope::{self, Cipher};
use super::{Context, DataKey, RootKeys};
use crate::Store;
use crate::backend::{Connection, Row};
use crate::error::Error;
use crate::sql::identity as sql;

/// Keys kept at most; beyond that all are forgotten and read again as they are needed.
const KEPT: usize = 20_000;

/// The root key and the data keys it has opened.
pub(crate) struct Keyring {
    source: Arc<dyn RootKeys>,
    roots: Mutex<Vec<Arc<Cipher>>>,
    /// Whether the roots are to be read again before a new data key is sealed.
    stale: AtomicBool,
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
    /// Reads the root keys; blocks as long as their source does.
    pub(crate) fn new(source: Arc<dyn RootKeys>, entropy: Arc<dyn Entropy>) -> Result<Self, Error> {
        let keyring = Self {
            source,
            roots: Mutex::default(),
            stale: AtomicBool::new(false),
            entropy,
            opened: Mutex::default(),
        };
        keyring.reload()?;
        Ok(keyring)
    }

    /// Reads the root keys again.
    pub(crate) fn reload(&self) -> Result<(), Error> {
        self.stale.store(false, Ordering::SeqCst);
        let keys = self.source.keys()?;
        let ciphers = keys.iter().map(|key| Arc::new(key.cipher())).collect();
        *self.roots.lock().unwrap_or_else(PoisonError::into_inner) = ciphers;
        Ok(())
    }

    /// Forgets the opened keys: which one is present may have changed, and so may the root keys.
    pub(crate) fn forget(&self) {
        self.stale.store(true, Ordering::SeqCst);
        self.opened
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn root(&self) -> Result<Arc<Cipher>, Error> {
        let roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        roots.first().cloned().ok_or(Error::WrongRootKey)
    }

    fn root_of(&self, id: u64) -> Option<Arc<Cipher>> {
        let roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        roots.iter().find(|root| root.id() == id).cloned()
    }

    /// The id of the root key that seals.
    pub(crate) fn root_id(&self) -> u64 {
        self.root().map_or(0, |root| root.id())
    }

    /// Whether a root key is known.
    pub(crate) fn knows(&self, id: u64) -> bool {
        self.root_of(id).is_some()
    }

    /// A sealed data key under the present root key; `None` when it is already.
    pub(crate) fn rewrap(
        &self,
        organization: OrganizationId,
        id: i64,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, Error> {
        let (present, former) = (self.root()?, envelope::key_id(sealed));
        if former == Some(present.id()) {
            return Ok(None);
        }
        let former = former
            .and_then(|id| self.root_of(id))
            .ok_or(Error::WrongRootKey)?;
        let place = place(organization, id);
        let bytes = former.open(&place, sealed)?;
        present.seal(&place, &bytes, &*self.entropy).map(Some)
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
        let sealed =
            self.root()?
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

    fn open(
        &self,
        organization: OrganizationId,
        id: i64,
        sealed: &[u8],
    ) -> Result<Arc<DataKey>, Error> {
        let place = place(organization, id);
        let root = envelope::key_id(sealed)
            .and_then(|id| self.root_of(id))
            .ok_or(Error::WrongRootKey)?;
        let bytes = root.open(&place, sealed)?;
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
            .look_up(&sql::PRESENT_DATA_KEY, [organization.0.into()])
            .await?
            .ok_or(Error::NoDataKey {
                organization: organization.0,
            })?;
        let key = self.open_data_key(organization, row).await?;
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
            .look_up(&sql::DATA_KEY, values)
            .await?
            .ok_or_else(|| envelope::refused(context, "its key is unknown"))?;
        let key = self.open_data_key(organization, row).await?;
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

    /// Opens a data key, after a second look at the root keys when none that is known sealed it.
    async fn open_data_key(
        &self,
        organization: OrganizationId,
        mut row: Row,
    ) -> Result<Arc<DataKey>, Error> {
        let (id, sealed) = (row.integer()?, row.blob()?);
        match self.inner.keyring.open(organization, id, &sealed) {
            Err(Error::WrongRootKey) => {
                self.reload_roots().await?;
                self.inner.keyring.open(organization, id, &sealed)
            }
            opened => opened,
        }
    }

    /// Reads the root keys again.
    pub(crate) async fn reload_roots(&self) -> Result<(), Error> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.keyring.reload())
            .await
            .map_err(|_| Error::Panicked)?
    }

    /// The same, when another process may have changed them.
    pub(crate) async fn fresh_roots(&self) -> Result<(), Error> {
        if self.inner.keyring.stale.load(Ordering::SeqCst) {
            self.reload_roots().await?;
        }
        Ok(())
    }

    /// Refuses to start under another root key than the database was sealed with.
    pub(crate) async fn check_root_key(&self) -> Result<(), Error> {
        super::rotate::check(self).await
    }
}
