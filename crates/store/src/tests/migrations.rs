use std::sync::Arc;

use crate::backend::Connection;
use crate::backend::postgres::Postgres;
use crate::backend::sqlite::Sqlite;
use crate::migrate::{Extent, MIGRATIONS, Migrate, Migration, Standing, list, migrate, tables};
use crate::sql::identity::NEXT_ID;
use crate::testing::TestDatabase;
use crate::{Database, Error};

const FIRST: Migration = Migration {
    number: 1,
    name: "first",
    text: "CREATE TABLE a (x INTEGER NOT NULL);",
};
const CHANGED: Migration = Migration {
    number: 1,
    name: "first",
    text: "CREATE TABLE a (y INTEGER NOT NULL);",
};
const SECOND: Migration = Migration {
    number: 2,
    name: "second",
    text: "CREATE TABLE b (x BLOB NOT NULL);",
};
const BROKEN: Migration = Migration {
    number: 2,
    name: "broken",
    text: "CREATE TABLE b (x BLOB NOT NULL); CREATE TABLE a (x INTEGER);",
};

const CONTRACTION: Migration = Migration {
    number: 3,
    name: "third",
    text: "-- Contracts for programs that know 2.\nDROP TABLE a;",
};

/// Three migrations, in every order that may happen.
fn check<C: Migrate>(connection: &mut C) {
    let mut up = |migrations: &[Migration], extent| migrate(connection, migrations, extent);
    up(&[FIRST], Extent::Expand).unwrap();
    up(&[FIRST], Extent::Contract).unwrap();
    assert!(matches!(
        up(&[CHANGED], Extent::Expand),
        Err(Error::MigrationChanged { number: 1 })
    ));
    // A migration that fails half way leaves nothing of itself.
    up(&[FIRST, BROKEN], Extent::Expand).unwrap_err();
    up(&[FIRST, SECOND], Extent::Expand).unwrap();
    // The former version starts again beside an expansion, and beside a contraction that waits.
    up(&[FIRST], Extent::Expand).unwrap();
    up(&[FIRST, SECOND, CONTRACTION], Extent::Expand).unwrap();
    up(&[FIRST], Extent::Expand).unwrap();
    // Once it is done, only those start that can live with it.
    up(&[FIRST, SECOND, CONTRACTION], Extent::Contract).unwrap();
    up(&[FIRST, SECOND], Extent::Expand).unwrap();
    let refused = up(&[FIRST], Extent::Expand).unwrap_err();
    assert!(
        matches!(
            refused,
            Error::TooNew {
                number: 3,
                needed: 2,
                known: 1
            }
        ),
        "{refused}"
    );
}

static KNOWN: [Migration; 2] = [FIRST, SECOND];
static ALL: [Migration; 3] = [FIRST, SECOND, CONTRACTION];

#[test]
fn where_each_migration_stands_is_told_and_nothing_changes() {
    let (_database, mut connection) = sqlite();
    let mut told = |migrations: &'static [Migration]| -> Vec<_> {
        let listed = list(&mut connection, migrations).unwrap();
        let told = listed
            .iter()
            .map(|one| (one.number, one.standing, !one.sql.is_empty()));
        let told = told.collect();
        migrate(&mut connection, migrations, Extent::Expand).unwrap();
        told
    };
    let (applied, pending, waiting) = (Standing::Applied, Standing::Pending, Standing::Waiting);
    assert_eq!(told(&KNOWN[..1]), [(1, pending, true)]);
    assert_eq!(told(&KNOWN), [(1, applied, false), (2, pending, true)]);
    assert_eq!(told(&ALL)[2], (3, waiting, true));
    assert_eq!(told(&KNOWN[..1])[1], (2, Standing::Newer, false));
}

#[test]
fn a_migration_only_adds_unless_it_says_that_it_contracts() {
    for migration in MIGRATIONS {
        let lines = migration
            .text
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.starts_with("--"));
        let text: String = lines.collect::<Vec<_>>().join(" ");
        for statement in text.split(';').map(str::trim).filter(|one| !one.is_empty()) {
            let added = statement.starts_with("ALTER TABLE ")
                && statement.contains(" ADD COLUMN ")
                // Whoever does not know the column need not fill it.
                && (!statement.contains("NOT NULL") || statement.contains("DEFAULT"));
            let new = ["CREATE TABLE ", "CREATE INDEX ", "INSERT INTO sequences "];
            let only_adds = added || new.iter().any(|word| statement.starts_with(word));
            assert!(
                only_adds || migration.contracts_for().is_some(),
                "{}: {statement}",
                migration.name
            );
        }
    }
}

#[test]
fn the_tables_that_are_read_from_the_migrations_are_those_of_the_database() {
    let (database, mut connection) = sqlite();
    migrate(&mut connection, MIGRATIONS, Extent::Contract).unwrap();
    let Database::Sqlite(path) = database.database() else {
        panic!("a file")
    };
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut names = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('migrations', 'contractions')")
        .unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut there: Vec<(String, Vec<String>)> = names
        .map(|name| {
            let name = name.unwrap();
            let columns = connection
                .prepare(&format!("SELECT * FROM {name}"))
                .unwrap();
            let columns = columns.column_names().map(str::to_owned).collect();
            (name, columns)
        })
        .collect();
    let mut read: Vec<(String, Vec<String>)> = tables(MIGRATIONS)
        .into_iter()
        .map(|(name, columns)| {
            (
                name.to_owned(),
                columns.into_iter().map(str::to_owned).collect(),
            )
        })
        .collect();
    there.sort();
    read.sort();
    assert_eq!(read, there);
}

pub(super) fn sqlite() -> (TestDatabase, Sqlite) {
    let database = TestDatabase::sqlite().unwrap();
    let Database::Sqlite(path) = database.database() else {
        panic!("a file")
    };
    let connection = Sqlite::open(&path, Arc::default()).unwrap();
    (database, connection)
}

#[test]
fn sqlite_refuses_changed_and_unknown_migrations() {
    check(&mut sqlite().1);
}

#[test]
fn postgres_refuses_changed_and_unknown_migrations() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("a URL")
    };
    let target = crate::backend::postgres::Target::of(&url).unwrap();
    let mut connection = Postgres::open(&target, Arc::default()).unwrap();
    // The template's own tables are out of the way in another schema.
    connection
        .script("CREATE SCHEMA fresh; SET search_path = fresh")
        .unwrap();
    check(&mut connection);
}

#[test]
fn numbers_ascend_without_gaps() {
    for (number, migration) in (1..).zip(MIGRATIONS) {
        assert_eq!(migration.number, number, "{}", migration.name);
    }
}

#[test]
fn a_migrated_database_counts_elements_from_ten_thousand() {
    let (_database, mut connection) = sqlite();
    migrate(&mut connection, MIGRATIONS, Extent::Contract).unwrap();
    let mut row = connection
        .query_one(&NEXT_ID, &["element".into(), 1.into()])
        .unwrap()
        .unwrap();
    assert_eq!(row.integer().unwrap(), 10_000);
}
