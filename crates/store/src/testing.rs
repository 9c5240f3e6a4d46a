//! A fresh database a test, on each engine.
//!
//! SQLite is a file in a temporary folder. PostgreSQL is a database copied from a migrated template on the server that
//! `TEST_POSTGRES_URL` names (a superuser's URL); without it those tests are skipped and say so.

mod fill;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ligand_model::time::{FixedClock, FixedEntropy, Timestamp};
use ring::digest::{Context, SHA256};
use tempfile::TempDir;

use crate::backend::postgres::Postgres;
use crate::migrate::{Extent, MIGRATIONS, migrate};
use crate::sql::Statement;
use crate::vault::{RootKey, RootKeys};
use crate::{Database, Error, Store, StoreOptions};

/// Told apart by this within a process and by its id across processes.
static MADE: AtomicU64 = AtomicU64::new(1);

static NO_MORE_PAGES: Statement = Statement::new("NO_MORE_PAGES", "PRAGMA max_page_count = 1");
static MORE_PAGES: Statement = Statement::new("MORE_PAGES", "PRAGMA max_page_count = 1000000");

impl Store {
    /// SQLite's file grows no more, as on a full disk; undone with `false`.
    ///
    /// # Errors
    /// `Unavailable` when the writer does not answer.
    pub async fn make_full(&self, full: bool) -> Result<(), Error> {
        let pragma = if full { &NO_MORE_PAGES } else { &MORE_PAGES };
        self.write(move |tx| tx.query(pragma, &[])).await?;
        Ok(())
    }

    /// Each read from SQLite's file takes so much longer, as on a slow disk; undone with no time.
    pub fn make_slow(&self, time: std::time::Duration) {
        crate::fault::slow_disk(&self.inner.statements, time);
    }
}

/// A database of its own, gone when dropped.
pub struct TestDatabase {
    database: Database,
    folder: Option<TempDir>,
}

impl TestDatabase {
    /// A SQLite file that does not exist yet.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn sqlite() -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = Database::Sqlite(folder.path().join("ligand.sqlite"));
        Ok(Self {
            database,
            folder: Some(folder),
        })
    }

    /// A PostgreSQL database with the present tables; `None` when `TEST_POSTGRES_URL` is not set.
    ///
    /// # Errors
    /// When the server is there but refuses.
    pub fn postgres() -> Result<Option<Self>, Error> {
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            eprintln!("SKIPPED: TEST_POSTGRES_URL is not set, nothing was tested on PostgreSQL");
            return Ok(None);
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("ligand_test_{}_{number}", std::process::id());
        let made = name.clone();
        on_a_thread(&server, move |server, url| {
            let template = template_name();
            // Two processes must not make the template at once.
            server.script("SELECT pg_advisory_lock(7081)")?;
            if !exists(server, &template)? {
                server.script(&format!("CREATE DATABASE {template}"))?;
                let target = crate::backend::postgres::Target::of(&within(url, &template))?;
                let mut fresh = Postgres::open(&target, Arc::default())?;
                migrate(&mut fresh, MIGRATIONS, Extent::Contract)?;
            }
            server.script("SELECT pg_advisory_unlock(7081)")?;
            // A process of the same id may have died here before.
            server.script(&format!("DROP DATABASE IF EXISTS {made} WITH (FORCE)"))?;
            server.script(&format!("CREATE DATABASE {made} TEMPLATE {template}"))
        })?;
        Ok(Some(Self {
            database: Database::Postgres(within(&server, &name)),
            folder: None,
        }))
    }

    /// What [`StoreOptions`] takes.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// The folder of the SQLite file.
    pub fn folder(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().to_owned())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Database::Postgres(url) = &self.database else {
            return;
        };
        let Some((server, name)) = url.rsplit_once('/') else {
            return;
        };
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // A database that stays behind disturbs nobody.
        on_a_thread(
            &within(&format!("{server}/"), "postgres"),
            move |server, _| server.script(&drop),
        )
        .ok();
    }
}

/// A store on a fresh database, with a clock that the test moves.
pub struct Fixture {
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its database.
    pub database: TestDatabase,
}

impl Fixture {
    /// Opens a store on a database.
    ///
    /// # Errors
    /// What [`Store::open`] says.
    pub async fn open(database: TestDatabase) -> Result<Self, Error> {
        let clock = Arc::new(FixedClock::new(Timestamp(1_700_000_000_000)));
        let store = open(&database, &clock, Self::root_key()).await?;
        Ok(Self {
            store,
            clock,
            database,
        })
    }

    /// The root key of every fixture.
    pub fn root_key() -> RootKey {
        RootKey::new([7; 32])
    }

    /// Closes the store and opens it again, so that nothing comes from memory.
    ///
    /// # Errors
    /// What [`Store::open`] says.
    pub async fn reopen(self) -> Result<Self, Error> {
        self.store.close().await;
        let store = open(&self.database, &self.clock, Self::root_key()).await?;
        Ok(Self {
            store,
            clock: self.clock,
            database: self.database,
        })
    }
}

/// Opens a store with entropy that no other store of this process has.
///
/// # Errors
/// What [`Store::open`] says.
pub async fn open(
    database: &TestDatabase,
    clock: &Arc<FixedClock>,
    root_key: RootKey,
) -> Result<Store, Error> {
    open_with(database, clock, Arc::new(root_key)).await
}

/// The same, with root keys that a test changes.
///
/// # Errors
/// What [`Store::open`] says.
pub async fn open_with(
    database: &TestDatabase,
    clock: &Arc<FixedClock>,
    root_keys: Arc<dyn RootKeys>,
) -> Result<Store, Error> {
    let seed = MADE.fetch_add(1, Ordering::Relaxed) << 32;
    Store::open(StoreOptions {
        database: database.database(),
        root_keys,
        clock: Arc::<FixedClock>::clone(clock),
        entropy: Arc::new(FixedEntropy::new(seed)),
    })
    .await
}

/// The blocking client must not be driven from a runtime's own thread.
fn on_a_thread(
    server: &str,
    work: impl FnOnce(&mut Postgres, &str) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let run = || {
        let target = crate::backend::postgres::Target::of(server)?;
        work(&mut Postgres::open(&target, Arc::default())?, server)
    };
    std::thread::scope(|scope| scope.spawn(run).join().unwrap_or(Err(Error::Panicked)))
}

fn exists(server: &mut Postgres, name: &str) -> Result<bool, Error> {
    let found = server.script(&format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = '{name}') \
         THEN RAISE EXCEPTION 'missing' USING ERRCODE = 'P0002'; END IF; END $$"
    ));
    match found {
        Err(Error::Database { cause, .. }) if cause.code == "P0002" => Ok(false),
        result => result.map(|()| true),
    }
}

/// Another migration is another template.
fn template_name() -> String {
    let mut digest = Context::new(&SHA256);
    for migration in MIGRATIONS {
        digest.update(migration.text.as_bytes());
    }
    let digest = digest.finish();
    let hex = digest
        .as_ref()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"));
    format!("ligand_template_{}", hex.collect::<String>())
}

/// The URL of another database on the same server.
fn within(url: &str, name: &str) -> String {
    match url.rsplit_once('/') {
        Some((server, _)) => format!("{server}/{name}"),
        None => url.to_owned(),
    }
}

/// Expands each test to one for SQLite and one for PostgreSQL.
#[macro_export]
macro_rules! for_each_backend {
    ($($(#[$doc:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block)+) => {$(
        $(#[$doc])*
        async fn $name($fixture: $crate::testing::Fixture) $body

        mod $name {
            #[tokio::test]
            async fn sqlite() {
                let database = $crate::testing::TestDatabase::sqlite().unwrap();
                super::$name($crate::testing::Fixture::open(database).await.unwrap()).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(database) = $crate::testing::TestDatabase::postgres().unwrap() {
                    super::$name($crate::testing::Fixture::open(database).await.unwrap()).await;
                }
            }
        }
    )+};
}
