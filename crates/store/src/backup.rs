//! Backups of a database while it is in use, and what a restored one needs.
//!
//! A backup is a SQLite file, whichever engine it was made of, and goes back into either. It holds neither root key nor
//! `credentials.json`; what is sealed stays sealed, since a sealed value is bound to its place and not to an engine.

use std::path::Path;
use std::sync::Arc;

use ligand_model::id::{InstanceId, OrganizationId};

use crate::backend::Connection as _;
use crate::backend::postgres::{Postgres, Target};
use crate::backend::sqlite::{self, Sqlite};
use crate::error::{Cause, Error};
use crate::migrate::{Extent, MIGRATIONS, Standing, migrate, standings, tables};
use crate::sql::{identity, keys as sql};
use crate::{Database, Store};

/// Copies the database, as it is at one moment, into a file that does not exist yet; readable by its owner only.
/// Blocks; servers go on.
///
/// # Errors
/// `Unavailable` when either cannot be used, the target exists, or the database is not of this version.
pub fn copy(database: &Database, target: &Path) -> Result<(), Error> {
    let url = match database {
        Database::Sqlite(path) => return sqlite::copy(path, target),
        Database::Postgres(url) => url,
    };
    if target.exists() {
        return Err(unusable("the target is there already"));
    }
    if standings(database)?
        .iter()
        .any(|known| known.standing != Standing::Applied)
    {
        return Err(unusable(
            "the database is of another version than this program; a backup would leave out what it does not know",
        ));
    }
    let copied = read_out(url, target);
    if copied.is_err() {
        // Half a copy is of no use to anyone.
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut path = target.as_os_str().to_owned();
            path.push(end);
            std::fs::remove_file(path).ok();
        }
    }
    copied
}

/// Everything in PostgreSQL, at one moment, into a new file.
fn read_out(url: &str, target: &Path) -> Result<(), Error> {
    let mut source = Postgres::open(&Target::of(url)?, Arc::default())?;
    source.script(
        "SET statement_timeout = 0; BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    )?;
    let mut file = Sqlite::open(target, Arc::default())?;
    migrate(&mut file, MIGRATIONS, Extent::Contract)?;
    file.script("BEGIN; DELETE FROM sequences")?;
    for (table, columns) in tables(MIGRATIONS) {
        source.each_row(table, &columns, |row| file.put_row(table, &columns, &row))?;
    }
    // One file without a log beside it.
    file.script("COMMIT; PRAGMA journal_mode = DELETE")
}

/// Puts what a file holds, which is of this version, into a PostgreSQL database that holds nothing. Blocks.
///
/// # Errors
/// `Unavailable` when either cannot be used or the database is in use; then nothing was changed.
pub fn pour(file: &Path, url: &str) -> Result<(), Error> {
    let source = Sqlite::open(file, Arc::default())?;
    let mut target = Postgres::open(&Target::of(url)?, Arc::default())?;
    migrate(&mut target, MIGRATIONS, Extent::Contract)?;
    target.script(
        "SET statement_timeout = 0; BEGIN; LOCK TABLE organizations; DELETE FROM sequences",
    )?;
    if target
        .query_one(&identity::ANY_ORGANIZATION, &[])?
        .is_some()
    {
        return Err(unusable(
            "the database holds organizations already; restore into an empty one",
        ));
    }
    for (table, columns) in tables(MIGRATIONS) {
        target.put_rows(table, &columns, |put| source.each_row(table, &columns, put))?;
    }
    target.script("COMMIT; ANALYZE")
}

fn unusable(why: &str) -> Error {
    Error::Unavailable(Cause {
        engine: "backup",
        code: "copy".to_owned(),
        message: why.to_owned(),
    })
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
