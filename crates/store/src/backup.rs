//! Backups of a SQLite database while it is in use, and what a restored one needs.
//!
//! A backup holds neither root key nor `credentials.json`; what is sealed stays sealed.

use std::path::Path;

use ligand_model::id::{InstanceId, OrganizationId};

use crate::Store;
use crate::backend::sqlite;
use crate::error::Error;
use crate::sql::keys as sql;

/// Copies the database, as it is at one moment, into a file that does not exist yet; readable by its owner only.
/// Blocks; servers go on.
///
/// # Errors
/// `Unavailable` when either file cannot be used, or the target exists.
pub fn copy(database: &Path, target: &Path) -> Result<(), Error> {
    sqlite::copy(database, target)
}

/// An instance whose grant may have been renewed after the backup was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The tenant.
    pub organization: OrganizationId,
    /// The instance.
    pub instance: InstanceId,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Marks every grant that is renewed as due now, and lists them: a server tries each as its vendor's pace allows,
    /// and what the vendor refuses is marked invalid, with the reason.
    pub async fn mark_restored(&self) -> Result<Vec<Stale>, Error> {
        let now = self.now();
        self.write(move |tx| {
            tx.query(&sql::MARK_RESTORED, &[now.0.into()])?
                .into_iter()
                .map(|mut row| {
                    Ok(Stale {
                        organization: OrganizationId(row.integer()?),
                        instance: InstanceId(row.integer()?),
                        name: row.text()?,
                    })
                })
                .collect()
        })
        .await
    }
}
