//! What is remembered: organizations, users, instances, usage; in SQLite or PostgreSQL, secrets sealed.
//!
//! | word | sentence | where |
//! |---|---|---|
//! | store | one handle on one database, cheap to clone | [`Store`] |
//! | read, write | a synchronous closure that runs on a store thread, so no transaction is open while anyone awaits | `backend` |
//! | statement | one SQL text with a name; all of them are listed and prepared by a test | `sql` |
//! | vault | root key → data key an organization → sealed value bound to its row | [`vault`] |
//!
//! Every table of tenant data carries `organization_id` and every statement on one names it; the few look-ups that
//! yield the organization are listed in `sql::WITHOUT_ORGANIZATION`.
//! "Not found" is `None`, never an error.
#![warn(missing_docs)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use ligand_model::time::{Clock, Entropy, Timestamp};
use tokio::sync::mpsc;

pub mod accounts;
pub mod api_keys;
pub mod applications;
mod backend;
pub mod backup;
pub mod changes;
pub mod condition;
pub mod connect;
pub mod custody;
pub mod elements;
pub mod error;
pub mod farewells;
pub mod fault;
pub mod grants;
pub mod identity;
pub mod instances;
pub mod migrate;
pub mod notices;
pub mod oauth_states;
pub mod outcomes;
pub mod rates;
mod sql;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod transformations;
pub mod usage;
pub mod vault;

use crate::backend::{Connection, Message, Row, Threads, Value};
use crate::changes::{Change, Pulse};
pub use crate::error::Error;
use crate::migrate::Extent;
use crate::sql::Statement;
use crate::vault::RootKeys;
use crate::vault::keyring::Keyring;

/// How long somebody waits for what they read; as long as PostgreSQL itself gives a statement.
const READ_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Which database, and where.
#[derive(Clone)]
pub enum Database {
    /// A SQLite file; made when missing, readable by its owner only.
    Sqlite(PathBuf),
    /// A `postgres://…` URL of PostgreSQL 15 or later.
    Postgres(String),
}

/// What [`Store::open`] needs.
pub struct StoreOptions {
    /// Which database.
    pub database: Database,
    /// Where the root key is kept that seals every organization's data key.
    pub root_keys: Arc<dyn RootKeys>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where keys and nonces come from.
    pub entropy: Arc<dyn Entropy>,
}

/// One handle on one database; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

struct Inner {
    threads: Mutex<Option<Threads>>,
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    statements: Arc<AtomicU64>,
    /// When other nodes' changes were last heard; none on SQLite.
    pulse: Option<Arc<Pulse>>,
    /// The file's version when it was opened; SQLite only.
    version: OnceLock<i64>,
}

impl Store {
    /// Opens the database, applies the migrations that are missing and checks the root key against it.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be reached; `Internal` when a migration was changed, the database is newer than
    /// this program, or the root key is not the one it was sealed with.
    pub async fn open(options: StoreOptions) -> Result<Self, Error> {
        let StoreOptions {
            database,
            root_keys,
            clock,
            entropy,
        } = options;
        let statements = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&statements);
        let opening = move || {
            let keyring = Keyring::new(root_keys, entropy)?;
            Ok::<_, Error>((start(&database, &counter)?, keyring))
        };
        let (threads, keyring) = tokio::task::spawn_blocking(opening)
            .await
            .map_err(|_| Error::Panicked)??;
        let store = Self {
            inner: Arc::new(Inner {
                pulse: threads.ear.as_ref().map(|ear| Arc::clone(&ear.pulse)),
                version: OnceLock::new(),
                threads: Mutex::new(Some(threads)),
                keyring,
                clock,
                statements,
            }),
        };
        store.check_root_key().await?;
        if let Some(version) = store.write(|tx| tx.foreign_version()).await? {
            let _first = store.inner.version.set(version);
        }
        Ok(store)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// `Unavailable` when it gives none.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|tx| tx.query_one(&sql::identity::PING, &[]))
            .await?;
        Ok(())
    }

    /// Whether other processes may work on the database, too.
    pub fn is_shared(&self) -> bool {
        self.inner.pulse.is_some()
    }

    /// Statements executed so far by this handle and its clones; a warm call must not raise it.
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Finishes the work that was accepted and ends the store's threads; later calls answer [`Error::Closed`].
    pub async fn close(self) {
        let threads = self
            .inner
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(Threads {
            crews, ear, near, ..
        }) = threads
        else {
            return;
        };
        drop(near);
        if let Some(ear) = &ear {
            ear.pulse.stop();
        }
        for (queue, handles) in crews {
            for _ in &handles {
                queue.stop().await;
            }
            join(handles).await;
        }
        join(ear.into_iter().map(|ear| ear.handle).collect()).await;
    }

    /// Runs a closure that reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when a database that stands still does not answer in [`READ_PATIENCE`]. A write is waited for
    /// as long as its connection lives: whoever was told that it failed must be able to believe that nothing of it comes.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Connection) -> Result<T, Error> + Send + 'static,
    {
        self.read_within(READ_PATIENCE, work).await
    }

    async fn read_within<T, F>(&self, patience: std::time::Duration, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Connection) -> Result<T, Error> + Send + 'static,
    {
        let queue = self.threads(|threads| threads.read.clone())?;
        tokio::time::timeout(patience, queue.run(Message::Read, work))
            .await
            .unwrap_or_else(|_| Err(Error::late()))
    }

    /// The first row that a statement finds by an index: where the engine allows it without the way to a store thread.
    pub(crate) async fn look_up(
        &self,
        statement: &'static Statement,
        values: impl Into<Vec<Value>>,
    ) -> Result<Option<Row>, Error> {
        let values = values.into();
        if let Some(near) = self.threads(|threads| threads.near.clone())?
            && let Ok(found) = near.look_up(statement, &values)
        {
            return Ok(found);
        }
        self.read(move |tx| tx.query_one(statement, &values)).await
    }

    /// Runs a closure that writes; when it fails, nothing it wrote lasts, and when it succeeds, everything was committed
    /// before this returns.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Connection) -> Result<T, Error> + Send + 'static,
    {
        let queue = self.threads(|threads| threads.write.clone())?;
        queue.run(Message::Write, work).await
    }

    fn threads<T>(&self, pick: impl FnOnce(&Threads) -> T) -> Result<T, Error> {
        let threads = self
            .inner
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        threads.as_ref().map(pick).ok_or(Error::Closed)
    }

    fn take_heard(&self) -> Option<mpsc::UnboundedReceiver<Change>> {
        let mut threads = self
            .inner
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        threads.as_mut()?.ear.as_mut()?.heard.take()
    }

    /// Now, by the store's clock.
    pub fn present(&self) -> Timestamp {
        self.now()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }
}

/// Waits for threads that were asked to end.
async fn join(handles: Vec<JoinHandle<()>>) {
    let joined = tokio::task::spawn_blocking(move || {
        for handle in handles {
            if handle.join().is_err() {
                tracing::error!("a store thread ended in a panic");
            }
        }
    });
    // Nothing is left to do when the runtime itself is ending.
    joined.await.ok();
}

/// Migrates, then starts the threads.
fn start(database: &Database, statements: &Arc<AtomicU64>) -> Result<Threads, Error> {
    match database {
        Database::Sqlite(path) => {
            // One server at a time: none is older.
            migrate::bring_up(database, Extent::Contract)?;
            backend::sqlite::start(path, statements)
        }
        Database::Postgres(url) => {
            migrate::bring_up(database, Extent::Expand)?;
            backend::postgres::start(&backend::postgres::Target::of(url)?, statements)
        }
    }
}

/// That an organization has less than `most` of something, by a statement that counts up to that.
pub(crate) fn room(
    connection: &mut dyn Connection,
    count: &'static Statement,
    values: &[Value],
    what: &'static str,
    most: i64,
) -> Result<(), Error> {
    let row = connection.query_one(count, values)?;
    if row.map_or(Ok(0), |mut row| row.integer())? < most {
        return Ok(());
    }
    Err(Error::Full { what, most })
}

/// The last of the next `count` ids of a kind, in the transaction that uses them: a failure burns none.
pub(crate) fn next_id(
    connection: &mut dyn Connection,
    kind: &'static str,
    count: i64,
) -> Result<i64, Error> {
    connection
        .query_one(&sql::identity::NEXT_ID, &[kind.into(), count.into()])?
        .ok_or(Error::Shape { what: "sequence" })?
        .integer()
}
