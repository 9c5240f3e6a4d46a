//! Migrations: applied in order, once, and never changed afterwards.
//!
//! A migration expands: what it adds, a program that does not know it need not name. So two versions run side by side,
//! and a node of the former one may even be started again. What takes something away is a contraction: its file begins
//! with `-- Contracts for programs that know N.`, N being the oldest that goes on. On PostgreSQL it waits until the
//! operator says that every node is new enough; an empty database knows no older program.

use std::sync::Arc;

use ring::digest::{SHA256, digest};

use crate::Database;
use crate::backend::postgres::{Postgres, Target};
use crate::backend::sqlite::Sqlite;
use crate::backend::{Connection, Value};
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
    Migration {
        number: 12,
        name: "usage_explained",
        text: include_str!("../../../migrations/0012_usage_explained.sql"),
    },
    Migration {
        number: 13,
        name: "instances_listed_by_account",
        text: include_str!("../../../migrations/0013_instances_listed_by_account.sql"),
    },
    Migration {
        number: 14,
        name: "farewells",
        text: include_str!("../../../migrations/0014_farewells.sql"),
    },
    Migration {
        number: 15,
        name: "rate_slices",
        text: include_str!("../../../migrations/0015_rate_slices.sql"),
    },
    Migration {
        number: 16,
        name: "tags_beside",
        text: include_str!("../../../migrations/0016_tags_beside.sql"),
    },
    Migration {
        number: 17,
        name: "fewer_indexes",
        text: include_str!("../../../migrations/0017_fewer_indexes.sql"),
    },
    Migration {
        number: 18,
        name: "room_of_an_organization",
        text: include_str!("../../../migrations/0018_room_of_an_organization.sql"),
    },
];

impl Migration {
    /// The oldest program, by the newest migration it knows, that goes on after this contraction; none for an expansion.
    pub(crate) fn contracts_for(&self) -> Option<i64> {
        let rest = self
            .text
            .strip_prefix("-- Contracts for programs that know ")?;
        // A file that cannot be read so is for its own program alone.
        let number = rest
            .split_once('.')
            .and_then(|(number, _)| number.parse().ok());
        Some(number.unwrap_or(self.number))
    }
}

/// The second table says which programs may still work on the database.
const BOOK: &str = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER NOT NULL PRIMARY KEY, \
                    name TEXT NOT NULL, checksum BLOB NOT NULL); \
                    CREATE TABLE IF NOT EXISTS contractions (number INTEGER NOT NULL PRIMARY KEY, \
                    programs_that_know INTEGER NOT NULL);";

statements! {
    APPLIED = "SELECT number, name, checksum FROM migrations ORDER BY number";
    NOTE = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";
    OLDEST_PROGRAM = "SELECT COALESCE(MAX(programs_that_know), 0) FROM contractions";
    NOTE_CONTRACTION = "INSERT INTO contractions (number, programs_that_know) VALUES ($1, $2)";
}

/// A table and its columns.
pub(crate) type Table = (&'static str, Vec<&'static str>);

/// The tables that `migrations` make, in the order in which they are made: what is referred to comes first.
pub(crate) fn tables(migrations: &[Migration]) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for migration in migrations {
        let mut within = false;
        for line in migration.text.lines() {
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                tables.push((name.trim_end_matches(" ("), Vec::new()));
                within = true;
            } else if let Some(added) = line.strip_prefix("ALTER TABLE ") {
                let mut words = added.split(' ');
                let (name, column) = (words.next(), words.nth(2));
                let table = tables.iter_mut().find(|(known, _)| Some(*known) == name);
                if let (Some((_, columns)), Some(column)) = (table, column) {
                    columns.push(column);
                }
            } else if line == ");" {
                within = false;
            } else if within
                && let Some((_, columns)) = tables.last_mut()
                && let Some(column) = line.trim_start().split(' ').next()
                // Constraints and comments begin otherwise.
                && column.starts_with(|c: char| c.is_ascii_lowercase())
            {
                columns.push(column);
            }
        }
    }
    tables
}

/// How far a migration goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What older programs can live with.
    Expand,
    /// Contractions, too: every program on the database is as new as this one.
    Contract,
}

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is applied.
    Applied,
    /// The next start applies it.
    Pending,
    /// It contracts, and waits for [`Extent::Contract`].
    Waiting,
    /// A newer program applied it; this one can live with it.
    Newer,
}

/// A migration and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// What it would run; empty unless it is pending or waits.
    pub sql: &'static str,
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

/// Brings a database up to date. Blocks.
///
/// # Errors
/// [`Error::MigrationChanged`], [`Error::TooNew`], or what the database says; then nothing was changed.
pub fn bring_up(database: &Database, extent: Extent) -> Result<(), Error> {
    match database {
        Database::Sqlite(path) => {
            migrate(&mut Sqlite::open(path, Arc::default())?, MIGRATIONS, extent)
        }
        Database::Postgres(url) => {
            let mut connection = Postgres::open(&Target::of(url)?, Arc::default())?;
            migrate(&mut connection, MIGRATIONS, extent)
        }
    }
}

/// Says where each migration of a database stands, and changes nothing: a SQLite file that is missing is not made. Blocks.
///
/// # Errors
/// As [`bring_up`].
pub fn standings(database: &Database) -> Result<Vec<Listed>, Error> {
    match database {
        Database::Sqlite(path) if !path.exists() => Ok(MIGRATIONS
            .iter()
            .map(|missing| missing.listed(&[]))
            .collect()),
        Database::Sqlite(path) => list(&mut Sqlite::open(path, Arc::default())?, MIGRATIONS),
        Database::Postgres(url) => list(
            &mut Postgres::open(&Target::of(url)?, Arc::default())?,
            MIGRATIONS,
        ),
    }
}

/// Applies what is missing of `migrations` in one transaction.
///
/// # Errors
/// [`Error::MigrationChanged`], [`Error::TooNew`], or what the database says; then nothing was changed.
pub(crate) fn migrate<C: Migrate>(
    connection: &mut C,
    migrations: &[Migration],
    extent: Extent,
) -> Result<(), Error> {
    connection.run_script(C::BEGIN)?;
    let result = apply(connection, migrations, extent);
    connection.run_script(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result
}

/// Says where each migration stands, and changes nothing.
///
/// # Errors
/// As [`migrate`].
pub(crate) fn list<C: Migrate>(
    connection: &mut C,
    migrations: &'static [Migration],
) -> Result<Vec<Listed>, Error> {
    connection.run_script(C::BEGIN)?;
    let result = standing(connection, migrations);
    connection.run_script("ROLLBACK")?;
    let standing = result?;
    let known = migrations
        .iter()
        .map(|migration| migration.listed(&standing.applied));
    let newer = standing.newer.into_iter().map(|(number, name)| Listed {
        number,
        name,
        standing: Standing::Newer,
        sql: "",
    });
    Ok(known.chain(newer).collect())
}

/// What a database has.
struct Book {
    /// Numbers that this program knows.
    applied: Vec<i64>,
    /// What it does not know.
    newer: Vec<(i64, String)>,
}

impl Migration {
    fn standing(&self, applied: &[i64]) -> Standing {
        if applied.contains(&self.number) {
            Standing::Applied
        } else if self.contracts_for().is_some() {
            Standing::Waiting
        } else {
            Standing::Pending
        }
    }

    fn listed(&self, applied: &[i64]) -> Listed {
        let standing = self.standing(applied);
        Listed {
            number: self.number,
            name: self.name.to_owned(),
            standing,
            sql: if standing == Standing::Applied {
                ""
            } else {
                self.text
            },
        }
    }
}

/// Reads the book and compares it with what this program knows.
fn standing<C: Migrate>(connection: &mut C, migrations: &[Migration]) -> Result<Book, Error> {
    connection.run_script(&C::dialect(BOOK))?;
    let known = migrations.last().map_or(0, |migration| migration.number);
    let (mut applied, mut newer) = (Vec::new(), Vec::new());
    for mut row in connection.query(&APPLIED, &[])? {
        let (number, name, noted) = (row.integer()?, row.text()?, row.blob()?);
        let Some(migration) = migrations.iter().find(|known| known.number == number) else {
            newer.push((number, name));
            continue;
        };
        if noted.as_slice() != digest(&SHA256, migration.text.as_bytes()).as_ref() {
            return Err(Error::MigrationChanged { number });
        }
        applied.push(number);
    }
    let mut oldest = connection
        .query_one(&OLDEST_PROGRAM, &[])?
        .ok_or(Error::Shape { what: "book" })?;
    let needed = oldest.integer()?;
    if needed > known {
        let number = newer.last().map_or(needed, |(number, _)| *number);
        return Err(Error::TooNew {
            number,
            needed,
            known,
        });
    }
    Ok(Book { applied, newer })
}

fn apply<C: Migrate>(
    connection: &mut C,
    migrations: &[Migration],
    extent: Extent,
) -> Result<(), Error> {
    let book = standing(connection, migrations)?;
    // No older program has an empty database.
    let empty = book.applied.is_empty() && book.newer.is_empty();
    let contracts = empty || extent == Extent::Contract;
    for migration in migrations {
        match migration.standing(&book.applied) {
            Standing::Pending => {}
            Standing::Waiting if contracts => {}
            _ => continue,
        }
        connection.run_script(&C::dialect(migration.text))?;
        let note: [Value; 3] = [
            migration.number.into(),
            migration.name.into(),
            digest(&SHA256, migration.text.as_bytes())
                .as_ref()
                .to_vec()
                .into(),
        ];
        connection.execute(&NOTE, &note)?;
        if let Some(oldest) = migration.contracts_for() {
            connection.execute(&NOTE_CONTRACTION, &[migration.number.into(), oldest.into()])?;
        }
    }
    Ok(())
}
