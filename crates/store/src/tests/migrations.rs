use std::sync::Arc;

use crate::backend::Connection;
use crate::backend::postgres::Postgres;
use crate::backend::sqlite::Sqlite;
use crate::migrate::{MIGRATIONS, Migrate, Migration, migrate};
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

/// Two migrations, in every order that may happen.
fn check<C: Migrate>(connection: &mut C) {
    migrate(connection, &[FIRST]).unwrap();
    migrate(connection, &[FIRST]).unwrap();
    assert!(matches!(
        migrate(connection, &[CHANGED]),
        Err(Error::MigrationChanged { number: 1 })
    ));
    // A migration that fails half way leaves nothing of itself.
    migrate(connection, &[FIRST, BROKEN]).unwrap_err();
    migrate(connection, &[FIRST, SECOND]).unwrap();
    assert!(matches!(
        migrate(connection, &[FIRST]),
        Err(Error::TooNew {
            number: 2,
            known: 1
        })
    ));
}

fn sqlite() -> (TestDatabase, Sqlite) {
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
    migrate(&mut connection, MIGRATIONS).unwrap();
    let mut row = connection
        .query_one(&NEXT_ID, &["element".into(), 1.into()])
        .unwrap()
        .unwrap();
    assert_eq!(row.integer().unwrap(), 10_000);
}
