use std::collections::BTreeSet;

use postgres::types::Type;

use crate::migrate::MIGRATIONS;
use crate::sql::{Statement, WITHOUT_ORGANIZATION, all, usage};
use crate::testing::TestDatabase;
use crate::{Database, Store, backend};

/// The tables that carry `organization_id`.
fn tenant_tables() -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for migration in MIGRATIONS {
        for part in migration.text.split("CREATE TABLE ").skip(1) {
            let (name, rest) = part.split_once(" (").unwrap();
            let columns = rest.split_once("\n);").unwrap().0;
            if columns.contains("organization_id INTEGER NOT NULL") {
                tables.insert(name.to_owned());
            }
        }
    }
    tables
}

fn touches(statement: &Statement, tables: &BTreeSet<String>) -> bool {
    let text = statement.postgres();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: BTreeSet<&str> = words.collect();
    tables.iter().any(|table| words.contains(table.as_str()))
}

/// Bound to the organization by a parameter, or inserting it.
fn names_organization(statement: &Statement) -> bool {
    let text = statement.postgres();
    let inserted = text.starts_with("INSERT INTO")
        && text
            .split_once(" VALUES ")
            .unwrap()
            .0
            .contains("organization_id");
    inserted || text.contains("organization_id = $")
}

#[test]
fn usage_rows_are_copied_into_the_columns_that_a_single_one_names() {
    let columns = usage::USAGE_COLUMNS.join(", ");
    assert!(
        usage::INSERT_USAGE
            .postgres()
            .contains(&format!("({columns})"))
    );
}

#[test]
fn every_statement_on_tenant_data_names_the_organization() {
    let tables = tenant_tables();
    assert!(
        tables.contains("instances") && tables.contains("usage"),
        "{tables:?}"
    );
    for statement in all() {
        let excepted = WITHOUT_ORGANIZATION
            .iter()
            .any(|(name, _)| *name == statement.name);
        let bound = !touches(statement, &tables) || names_organization(statement);
        assert!(
            bound != excepted,
            "{}: bound {bound}, excepted {excepted}",
            statement.name
        );
    }
}

#[test]
fn every_exception_is_a_statement_and_has_a_reason() {
    for (name, reason) in WITHOUT_ORGANIZATION {
        assert!(all().any(|statement| statement.name == *name), "{name}");
        assert!(reason.len() > 20, "{name}");
    }
}

#[test]
fn names_of_statements_are_unique() {
    let names: BTreeSet<&str> = all().map(|statement| statement.name).collect();
    assert_eq!(names.len(), all().count());
}

#[tokio::test]
async fn sqlite_prepares_every_statement() {
    let database = TestDatabase::sqlite().unwrap();
    let clock = std::sync::Arc::new(ligand_model::time::FixedClock::new(
        ligand_model::time::Timestamp(0),
    ));
    let store: Store = crate::testing::open(&database, &clock, crate::testing::Fixture::root_key())
        .await
        .unwrap();
    let Database::Sqlite(path) = database.database() else {
        panic!("a file")
    };
    let connection = rusqlite::Connection::open(path).unwrap();
    for statement in all() {
        connection
            .prepare(statement.sqlite())
            .map_err(|e| (statement.name, e))
            .unwrap();
    }
    store.close().await;
}

#[test]
fn postgres_prepares_every_statement() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("a URL")
    };
    let mut client = backend::postgres::Target::of(&url)
        .unwrap()
        .connect()
        .unwrap();
    for statement in all() {
        let prepared = client.prepare(statement.postgres());
        let prepared = prepared.map_err(|e| (statement.name, e)).unwrap();
        // What the engine infers must be what a value can be.
        for kind in prepared.params() {
            let known = [Type::INT8, Type::TEXT, Type::BYTEA];
            assert!(known.contains(kind), "{}: {kind}", statement.name);
        }
    }
}
