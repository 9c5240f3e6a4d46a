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

pub mod applications;
pub mod elements;
pub mod error;
pub mod identity;
pub mod instances;
pub mod oauth_states;
pub mod usage;
pub mod vault;

use std::path::PathBuf;
use std::sync::Arc;

use ligand_model::id::OrganizationId;
use ligand_model::time::{Clock, Entropy};

pub use crate::error::Error;
use crate::vault::{DataKey, RootKey};

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
    /// The key that seals every organization's data key.
    pub root_key: RootKey,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids' tokens and nonces come from.
    pub entropy: Arc<dyn Entropy>,
}

/// One handle on one database; clones share it.
#[derive(Clone)]
pub struct Store {
    _inner: Arc<()>,
}

impl Store {
    /// Opens the database, checks the root key against it and applies the migrations that are missing.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be reached; `Internal` when a migration was changed, the database is newer than
    /// this program, or the root key is not the one it was sealed with.
    pub async fn open(options: StoreOptions) -> Result<Self, Error> {
        let _ = options;
        todo!()
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), Error> {
        todo!()
    }

    /// Statements executed so far by this handle and its clones; a warm call must not raise it.
    pub fn statements(&self) -> u64 {
        0
    }

    /// Finishes the work that was accepted and ends the store's threads; later calls answer [`Error::Closed`].
    pub async fn close(self) {
        todo!()
    }

    /// The organization's present data key, for values sealed outside the database such as page tokens.
    ///
    /// # Errors
    /// [`Error::NoDataKey`] when there is no such organization.
    pub async fn data_key(&self, organization: OrganizationId) -> Result<Arc<DataKey>, Error> {
        let _ = organization;
        todo!()
    }
}
