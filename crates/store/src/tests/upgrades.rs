//! Data of former versions, brought up to date; and two versions side by side.
//!
//! `fixtures/0011.jsonl` is what a program that knew eleven migrations had written, a row a line. Files are added with
//! each release (`LIGAND_FIXTURE=1`) and never changed. Each is tried from every schema since the first: a column that was
//! not there yet is left out.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_model::id::{ElementId, InstanceId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::{FixedClock, FixedEntropy, Timestamp};
use serde_json::{Map, Value as Json, json};

use super::at_rest::fill;
use super::{SECRET, document, new_instance};
use crate::backend::postgres::{Postgres, Target};
use crate::backend::sqlite::Sqlite;
use crate::backend::{Connection, Value};
use crate::identity::Identity;
use crate::migrate::{Extent, MIGRATIONS, Migrate, Migration, migrate, tables};
use crate::sql::Statement;
use crate::testing::{Fixture, TestDatabase};
use crate::{Database, Error, Store, StoreOptions};

const FIXTURES: [(usize, &str); 1] = [(11, include_str!("fixtures/0011.jsonl"))];

/// Every row of a database, a line each.
fn dump(connection: &mut dyn Connection) -> String {
    let mut text = String::new();
    for (table, columns) in tables(MIGRATIONS) {
        let sql = format!("SELECT {} FROM {table} ORDER BY 1, 2", columns.join(", "));
        let statement = Box::leak(Box::new(Statement::new("DUMP", sql.leak())));
        for row in connection.query(statement, &[]).unwrap() {
            let cells = columns.iter().zip(row.into_values()).map(|(name, value)| {
                let cell = match value {
                    Value::Null => Json::Null,
                    Value::Integer(number) => number.into(),
                    Value::Text(text) => text.into(),
                    Value::Blob(bytes) => json!({"base64": STANDARD.encode(bytes)}),
                };
                ((*name).to_owned(), cell)
            });
            let cells: Map<String, Json> = cells.collect();
            text.push_str(&json!([table, cells]).to_string());
            text.push('\n');
        }
    }
    text
}

fn value(cell: &Json) -> Value {
    match cell {
        Json::Null => Value::Null,
        Json::Number(number) => number.as_i64().unwrap().into(),
        Json::String(text) => text.as_str().into(),
        bytes => STANDARD
            .decode(bytes["base64"].as_str().unwrap())
            .unwrap()
            .into(),
    }
}

/// Puts the rows of a fixture into the tables of a former schema.
fn load(connection: &mut dyn Connection, schema: &[Migration], fixture: &str) {
    let tables = tables(schema);
    for line in fixture.lines() {
        let (table, cells): (String, Map<String, Json>) = serde_json::from_str(line).unwrap();
        let Some((_, known)) = tables.iter().find(|(name, _)| *name == table) else {
            continue;
        };
        let cells: Vec<_> = cells
            .iter()
            .filter(|(name, _)| known.contains(&name.as_str()))
            .collect();
        // Each kind of id has its row from the migration that brings it.
        let sql = if table == "sequences" {
            "UPDATE sequences SET value = $2 WHERE name = $1".to_owned()
        } else {
            let names: Vec<&str> = cells.iter().map(|(name, _)| name.as_str()).collect();
            let places: Vec<String> = (1..=names.len()).map(|at| format!("${at}")).collect();
            format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                names.join(", "),
                places.join(", ")
            )
        };
        let statement = Box::leak(Box::new(Statement::new("LOAD", sql.leak())));
        let values: Vec<Value> = cells.iter().map(|(_, cell)| value(cell)).collect();
        connection.execute(statement, &values).unwrap();
    }
}

async fn open(database: Database) -> Result<Store, Error> {
    Store::open(StoreOptions {
        database,
        root_keys: Arc::new(Fixture::root_key()),
        clock: Arc::new(FixedClock::new(Timestamp(1_800_000_000_000))),
        entropy: Arc::new(FixedEntropy::new(99)),
    })
    .await
}

/// What was written by the former version is there, opens, and can be written again.
async fn check(store: &Store, from: usize) {
    let (user, organization) = (
        TokenDigest::of("user-secret"),
        TokenDigest::of("organization-secret"),
    );
    let caller = store.caller(user, organization).await.unwrap().unwrap();
    let organization = caller.organization;
    for number in 1..=2 {
        let token = TokenDigest::of(&format!("t{number}"));
        let found = store.instance_by_token(token).await.unwrap().unwrap();
        let document = found.open().unwrap();
        let secret = format!("{SECRET}-{number}");
        assert_eq!(document.values["oauth.user.token"], secret, "from {from}");
        let shown = store
            .reveal_token(organization, InstanceId(number))
            .await
            .unwrap();
        assert_eq!(shown.unwrap().expose(), format!("t{number}"));
    }
    let application = store
        .application(organization, ElementId(85))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(application.api_key, "key", "from {from}");
    let element = store
        .element_by_key(organization, "one")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(element.version, 1, "from {from}");
    let owner = Identity {
        organization,
        account: caller.account,
        user: caller.user,
    };
    let document = document("new");
    let made = store
        .insert_instance(new_instance(owner, "new", &["a"], "t3", &document))
        .await;
    assert_eq!(made.unwrap().id, InstanceId(3), "from {from}");
    let broken = store.verify_custody(|_, _| {}).await.unwrap().broken;
    assert!(broken.is_empty(), "from {from}");
}

/// Puts a fixture into the former schema of an empty database.
fn enter<C: Migrate>(connection: &mut C, from: usize, fixture: &str) {
    let former = &MIGRATIONS[..from];
    migrate(connection, former, Extent::Contract).unwrap();
    load(connection, former, fixture);
}

#[tokio::test]
async fn data_of_every_former_schema_is_brought_up_to_date_on_sqlite() {
    if std::env::var_os("LIGAND_FIXTURE").is_some() {
        make_fixture().await;
    }
    for (newest, fixture) in FIXTURES {
        for from in 1..=newest {
            let (database, mut connection) = super::migrations::sqlite();
            enter(&mut connection, from, fixture);
            let store = open(database.database()).await.unwrap();
            check(&store, from).await;
            store.close().await;
        }
    }
}

#[tokio::test]
async fn data_of_every_former_schema_is_brought_up_to_date_on_postgres() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("a URL")
    };
    for (newest, fixture) in FIXTURES {
        // The first, the last, and one between: the rest is the same text.
        for from in [1, 5, newest] {
            // The template's own tables are out of the way.
            let url = format!("{url}?options=-csearch_path%3Dfrom{newest}_{from}");
            let empty = url.clone();
            let loaded = std::thread::spawn(move || {
                let mut connection = Postgres::open(&Target::of(&empty)?, Arc::default())?;
                connection.script(&format!("CREATE SCHEMA from{newest}_{from}"))?;
                enter(&mut connection, from, fixture);
                Ok::<_, Error>(())
            });
            loaded.join().unwrap().unwrap();
            let store = open(Database::Postgres(url)).await.unwrap();
            check(&store, from).await;
            store.close().await;
        }
    }
}

/// Writes the fixture of the newest schema, once a release.
async fn make_fixture() {
    let fixture = Fixture::open(TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    fill(&fixture).await;
    fixture.store.clone().close().await;
    let Database::Sqlite(path) = fixture.database.database() else {
        panic!("a file")
    };
    let text = dump(&mut Sqlite::open(&path, Arc::default()).unwrap());
    let name = format!("src/tests/fixtures/{:04}.jsonl", MIGRATIONS.len());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    assert!(!path.exists(), "{} was released", path.display());
    std::fs::write(path, text).unwrap();
}

/// What a next version may add: a column, and a table that refers to one of ours.
fn next_version() -> Vec<Migration> {
    let own = MIGRATIONS.iter().map(|known| Migration {
        number: known.number,
        name: known.name,
        text: known.text,
    });
    let next = Migration {
        number: after(MIGRATIONS),
        name: "next",
        text: "ALTER TABLE instances ADD COLUMN novelty INTEGER NOT NULL DEFAULT 7;\n\
               CREATE TABLE novelties (\n    id INTEGER NOT NULL PRIMARY KEY,\n    \
               instance_id INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE\n);",
    };
    own.chain([next]).collect()
}

fn after(migrations: &[Migration]) -> i64 {
    migrations.last().unwrap().number + 1
}

static CONTRACT: &str =
    "-- Contracts for programs that know 10000.\nALTER TABLE instances DROP COLUMN novelty;";

/// A node of this version goes on while, and starts after, a node of the next one has expanded the database; it is
/// refused, and told why, once that one contracted it.
async fn side_by_side(fixture: Fixture, mut other: impl FnMut(&[Migration], Extent)) {
    let owner = super::tenant(&fixture.store).await;
    let document = document(SECRET);
    let make = |name: &'static str| new_instance(owner, name, &["a"], name, &document);
    fixture.store.insert_instance(make("before")).await.unwrap();
    let mut next = next_version();
    other(&next, Extent::Expand);
    // The node that runs.
    let made = fixture.store.insert_instance(make("beside")).await.unwrap();
    let found = fixture
        .store
        .instance_by_token(TokenDigest::of("before"))
        .await
        .unwrap();
    assert!(found.is_some());
    fixture
        .store
        .delete_instance(owner.organization, made.id)
        .await
        .unwrap();
    // The node that is started again: a version that is rolled back.
    let fixture = fixture.reopen().await.unwrap();
    fixture.store.insert_instance(make("again")).await.unwrap();
    next.push(Migration {
        number: after(&next),
        name: "contraction",
        text: CONTRACT,
    });
    other(&next, Extent::Contract);
    let refused = fixture.reopen().await.err().unwrap();
    let told = refused.to_string();
    assert!(
        matches!(refused, Error::TooNew { needed: 10_000, .. })
            && told.contains("run a newer version"),
        "{told}"
    );
}

#[tokio::test]
async fn two_versions_run_side_by_side_on_sqlite() {
    let fixture = Fixture::open(TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    let Database::Sqlite(path) = fixture.database.database() else {
        panic!("a file")
    };
    side_by_side(fixture, |migrations, extent| {
        let mut connection = Sqlite::open(&path, Arc::default()).unwrap();
        migrate(&mut connection, migrations, extent).unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_versions_run_side_by_side_on_postgres() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("a URL")
    };
    let fixture = Fixture::open(database).await.unwrap();
    side_by_side(fixture, |migrations, extent| {
        let run = || {
            let mut connection = Postgres::open(&Target::of(&url)?, Arc::default())?;
            migrate(&mut connection, migrations, extent)
        };
        std::thread::scope(|scope| scope.spawn(run).join().unwrap().unwrap());
    })
    .await;
}
