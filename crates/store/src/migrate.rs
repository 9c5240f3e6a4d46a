//! Migrations: applied in order, once, and never changed afterwards.
//!
//! Files only add or expand; a contraction is a later release, so that two versions can run side by side.

use ring::digest::{SHA256, digest};

use crate::backend::postgres::Postgres;
use crate::backend::sqlite::Sqlite;
use crate::backend::{Connection, Row, Value};
use crate::error::Error;
use crate::sql::statements;

/// One file of the folder `migrations`.
pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// Every migration, ascending without gaps.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "first",
        text: include_str!("../../../migrations/0001_first.sql"),
    },
    Migration {
        number: 2,
        name: "element_versions",
        text: include_str!("../../../migrations/0002_element_versions.sql"),
    },
    Migration {
        number: 3,
        name: "api_keys",
        text: include_str!("../../../migrations/0003_api_keys.sql"),
    },
    Migration {
        number: 4,
        name: "transformations",
        text: include_str!("../../../migrations/0004_transformations.sql"),
    },
    Migration {
        number: 5,
        name: "connect",
        text: include_str!("../../../migrations/0005_connect.sql"),
    },
    Migration {
        number: 6,
        name: "grants",
        text: include_str!("../../../migrations/0006_grants.sql"),
    },
    Migration {
        number: 7,
        name: "accounts",
        text: include_str!("../../../migrations/0007_accounts.sql"),
    },
    Migration {
        number: 8,
        name: "key_rotations",
        text: include_str!("../../../migrations/0008_key_rotations.sql"),
    },
    Migration {
        number: 9,
        name: "instances_listed",
        text: include_str!("../../../migrations/0009_instances_listed.sql"),
    },
    Migration {
        number: 10,
        name: "outcomes_and_notices",
        text: include_str!("../../../migrations/0010_outcomes_and_notices.sql"),
    },
    Migration {
        number: 11,
        name: "custody",
        text: include_str!("../../../migrations/0011_custody.sql"),
    },
];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER NOT NULL PRIMARY KEY, \
                    name TEXT NOT NULL, checksum BLOB NOT NULL);";

statements! {
    APPLIED = "SELECT number, checksum FROM migrations ORDER BY number";
    NOTE = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";
}

/// A connection that also runs whole scripts.
pub(crate) trait Migrate: Connection {
    /// Begins a transaction in which no other node migrates.
    const BEGIN: &'static str;

    /// The text in the engine's own type names.
    fn dialect(text: &str) -> String;

    fn run_script(&mut self, sql: &str) -> Result<(), Error>;
}

impl Migrate for Sqlite {
    const BEGIN: &'static str = "BEGIN IMMEDIATE";

    fn dialect(text: &str) -> String {
        text.to_owned()
    }

    fn run_script(&mut self, sql: &str) -> Result<(), Error> {
        self.script(sql)
    }
}

impl Migrate for Postgres {
    // The number is arbitrary; nodes that start together wait here for each other.
    const BEGIN: &'static str = "BEGIN; SELECT pg_advisory_xact_lock(7080)";

    fn dialect(text: &str) -> String {
        text.replace("INTEGER", "BIGINT").replace("BLOB", "BYTEA")
    }

    fn run_script(&mut self, sql: &str) -> Result<(), Error> {
        self.script(sql)
    }
}

/// Brings the database to the newest of `migrations` in one transaction.
///
/// # Errors
/// [`Error::MigrationChanged`], [`Error::TooNew`], or what the database says; then nothing was changed.
pub(crate) fn migrate<C: Migrate>(
    connection: &mut C,
    migrations: &[Migration],
) -> Result<(), Error> {
    connection.run_script(C::BEGIN)?;
    let result = apply(connection, migrations);
    connection.run_script(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result
}

fn apply<C: Migrate>(connection: &mut C, migrations: &[Migration]) -> Result<(), Error> {
    connection.run_script(&C::dialect(BOOK))?;
    let applied = connection
        .query(&APPLIED, &[])?
        .into_iter()
        .map(|mut row: Row| Ok((row.integer()?, row.blob()?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let known = migrations.last().map_or(0, |migration| migration.number);
    if let Some((number, _)) = applied.last().filter(|(number, _)| *number > known) {
        return Err(Error::TooNew {
            number: *number,
            known,
        });
    }
    for migration in migrations {
        let checksum = digest(&SHA256, migration.text.as_bytes());
        match applied
            .iter()
            .find(|(number, _)| *number == migration.number)
        {
            Some((_, noted)) if noted.as_slice() == checksum.as_ref() => {}
            Some(_) => {
                return Err(Error::MigrationChanged {
                    number: migration.number,
                });
            }
            None => {
                connection.run_script(&C::dialect(migration.text))?;
                let note: [Value; 3] = [
                    migration.number.into(),
                    migration.name.into(),
                    checksum.as_ref().to_vec().into(),
                ];
                connection.execute(&NOTE, &note)?;
            }
        }
    }
    Ok(())
}
