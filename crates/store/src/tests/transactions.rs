use std::sync::mpsc;
use std::time::Duration;

use ligand_model::error::{Classify, ErrorKind};

use super::{document, new_instance, tenant};
use crate::backend::Connection;
use crate::error::Cause;
use crate::sql::Statement;
use crate::sql::identity::{ANY_ORGANIZATION, NEXT_ID};
use crate::sql::instances::{DELETE_TAGS, INSERT_TAG};
use crate::testing::{Fixture, TestDatabase};
use crate::{Error, Store, for_each_backend, next_id};

async fn value(store: &Store, kind: &'static str) -> i64 {
    store.write(move |tx| next_id(tx, kind, 0)).await.unwrap()
}

fn fail(tx: &mut dyn Connection) -> Result<i64, Error> {
    next_id(tx, "element", 1000)?;
    Err(Error::Shape { what: "test" })
}

for_each_backend! {
    async fn a_failing_closure_leaves_nothing(fixture: Fixture) {
        let store = &fixture.store;
        let before = value(store, "element").await;
        let failed = store.write(fail).await;
        assert!(matches!(failed, Err(Error::Shape { what: "test" })));
        assert_eq!(value(store, "element").await, before);
    }

    async fn a_failing_closure_does_not_undo_its_neighbours(fixture: Fixture) {
        let store = &fixture.store;
        // The first closure holds the writer until all others wait, so that SQLite commits them as one group.
        let (release, held) = mpsc::channel::<()>();
        let mut writers = tokio::task::JoinSet::new();
        let first = store.clone();
        let (entered, inside) = tokio::sync::oneshot::channel();
        writers.spawn(async move {
            first.write(move |tx| {
                entered.send(()).ok();
                held.recv().ok();
                next_id(tx, "usage", 1)
            }).await
        });
        inside.await.unwrap();
        for number in 0..30 {
            let store = store.clone();
            writers.spawn(async move {
                store.write(move |tx| {
                    next_id(tx, "usage", 1)?;
                    if number % 3 == 0 { fail(tx) } else { Ok(0) }
                }).await
            });
        }
        tokio::task::yield_now().await;
        release.send(()).unwrap();
        let results = writers.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 21);
        assert_eq!(value(store, "usage").await, 21);
        assert_eq!(value(store, "element").await, 9_999);
    }

    async fn a_panicking_closure_is_an_error_and_the_store_goes_on(fixture: Fixture) {
        let store = &fixture.store;
        let panicked = store.write(|tx| -> Result<i64, Error> {
            next_id(tx, "usage", 1)?;
            panic!("on purpose")
        }).await;
        assert!(matches!(panicked, Err(Error::Panicked)));
        assert_eq!(value(store, "usage").await, 0);
        store.ping().await.unwrap();
    }

    async fn who_reads_does_not_wait_for_ever_and_the_store_goes_on(fixture: Fixture) {
        let store = &fixture.store;
        let (release, held) = mpsc::channel::<()>();
        // A statement that is not answered: its thread stands still until this test lets it go.
        let late = store.read_within(Duration::from_millis(20), move |_| {
            held.recv_timeout(Duration::from_secs(10)).ok();
            Ok(())
        });
        let error = late.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert_eq!(error.public(), "The database is not available, try again");
        release.send(()).expect("the read was still under way");
        store.ping().await.unwrap();
        assert_eq!(value(store, "usage").await, 0);
    }

    async fn a_refused_statement_is_an_error_and_the_store_goes_on(fixture: Fixture) {
        let store = &fixture.store;
        // Too few values: both engines refuse before they run anything.
        let refused = store.write(|tx| tx.execute(&NEXT_ID, &[])).await;
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
        assert_eq!(error.public(), "Internal error");
        assert_eq!(value(store, "usage").await, 0);
    }

    async fn what_waits_for_the_commit_is_seen_by_what_follows_and_fails_as_itself(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "1", &[], "t", &document);
        let id = store.insert_instance(new).await.unwrap().id;
        let tag = move |position: i64| {
            vec![made.organization.0.into(), id.0.into(), position.into(), "a".into()]
        };
        let of = [made.organization.0.into(), id.0.into()];
        let seen = store.write(move |tx| {
            tx.put_down(&INSERT_TAG, tag(0))?;
            tx.put_down(&INSERT_TAG, tag(1))?;
            tx.execute(&DELETE_TAGS, &of)
        }).await;
        assert_eq!(seen.unwrap(), 2);
        let twice = store.write(move |tx| {
            tx.put_down(&INSERT_TAG, tag(0))?;
            tx.put_down(&INSERT_TAG, tag(0))
        }).await;
        assert!(matches!(twice, Err(Error::Conflict { statement: "INSERT_TAG" })), "{twice:?}");
        let left = store.write(move |tx| tx.execute(&DELETE_TAGS, &[made.organization.0.into(), id.0.into()]));
        assert_eq!(left.await.unwrap(), 0);
    }

    async fn a_reader_sees_what_was_acknowledged(fixture: Fixture) {
        let store = &fixture.store;
        for _ in 0..20 {
            tenant_or_nothing(store).await;
            let found = store.read(|tx| tx.query_one(&ANY_ORGANIZATION, &[])).await.unwrap();
            assert!(found.is_some());
        }
    }

    async fn a_closed_store_answers_so(fixture: Fixture) {
        let store = fixture.store.clone();
        fixture.store.close().await;
        let error = store.ping().await.unwrap_err();
        assert!(matches!(error, Error::Closed));
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        store.close().await;
    }

    async fn work_accepted_before_closing_is_finished(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let writer = fixture.store.clone();
        let writing = tokio::spawn(async move {
            let document = document("x");
            writer.insert_instance(new_instance(made, "1", &[], "t", &document)).await
        });
        tokio::task::yield_now().await;
        let fixture = fixture.reopen().await.unwrap();
        let written = writing.await.unwrap();
        let all = crate::instances::InstanceFilter { limit: 10, ..Default::default() };
        let count = fixture.store.instances(made.organization, all).await.unwrap();
        assert_eq!(count.len(), usize::from(written.is_ok()));
    }

    async fn an_organization_that_does_not_exist_has_no_key(fixture: Fixture) {
        let missing = fixture.store.data_key(ligand_model::id::OrganizationId(9)).await;
        assert!(matches!(missing, Err(Error::NoDataKey { organization: 9 })));
    }
}

async fn tenant_or_nothing(store: &Store) {
    store.bootstrap(super::first_user()).await.unwrap();
}

static ROLLBACK: Statement = Statement::new("ROLLBACK", "ROLLBACK");
static END_CLIENTS: Statement = Statement::new(
    "END_CLIENTS",
    "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()",
);

#[tokio::test]
async fn a_group_that_sqlite_gives_up_is_told_so_and_the_next_goes_on() {
    let fixture = Fixture::open(TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    let store = fixture.store.clone();
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let neighbour = tokio::spawn(async move {
        let work = move |tx: &mut dyn Connection| {
            entered.send(()).ok();
            held.recv().ok();
            next_id(tx, "usage", 1)
        };
        store.write(work).await
    });
    inside.await.unwrap();
    let store = fixture.store.clone();
    let culprit = tokio::spawn(async move { store.write(|tx| tx.execute(&ROLLBACK, &[])).await });
    tokio::task::yield_now().await;
    release.send(()).unwrap();
    assert!(matches!(
        neighbour.await.unwrap(),
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(culprit.await.unwrap(), Err(Error::Unavailable(_))));
    assert_eq!(value(&fixture.store, "usage").await, 0);
}

#[tokio::test]
async fn on_sqlite_ids_of_a_group_have_no_gaps_whoever_fails_and_go_on_afterwards() {
    let database = TestDatabase::sqlite().unwrap();
    let fixture = Fixture::open(database).await.unwrap();
    let store = &fixture.store;
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let mut writers = tokio::task::JoinSet::new();
    let first = store.clone();
    writers.spawn(async move {
        let work = move |tx: &mut dyn Connection| {
            entered.send(()).ok();
            held.recv().ok();
            tx.reserve_id("instance")
        };
        first.write(work).await
    });
    inside.await.unwrap();
    for number in 0..30 {
        let store = store.clone();
        writers.spawn(async move {
            let work = move |tx: &mut dyn Connection| {
                let id = tx.reserve_id("instance")?;
                if number % 3 == 0 { fail(tx) } else { Ok(id) }
            };
            store.write(work).await
        });
    }
    tokio::task::yield_now().await;
    release.send(()).unwrap();
    let mut ids: Vec<i64> = writers.join_all().await.into_iter().flatten().collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=21).collect::<Vec<_>>());
    assert_eq!(value(store, "instance").await, 21);
    let fixture = fixture.reopen().await.unwrap();
    let next = fixture.store.write(|tx| tx.reserve_id("instance")).await;
    assert_eq!(next.unwrap(), 22);
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    let fixture = Fixture::open(TestDatabase::sqlite().unwrap())
        .await
        .unwrap();
    let made = tenant(&fixture.store).await;
    let store = &fixture.store;
    store.make_full(true).await.unwrap();
    let large = vec![b' '; 100_000];
    let full = store
        .insert_element(made.organization, made.account, "a", &large)
        .await;
    assert_eq!(full.unwrap_err().kind(), ErrorKind::Unavailable);
    store.ping().await.unwrap();
    store.make_full(false).await.unwrap();
    let kept = store
        .insert_element(made.organization, made.account, "a", &large)
        .await
        .unwrap();
    assert_eq!(kept.0, 10_000);
}

#[tokio::test]
async fn clients_that_postgres_ended_are_replaced() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let fixture = Fixture::open(database).await.unwrap();
    let store = &fixture.store;
    store.read(|tx| tx.query(&END_CLIENTS, &[])).await.unwrap();
    // Each of the ended clients may fail one call before it is replaced, whichever call it is.
    let mut failures = 0;
    let value = loop {
        match store.write(|tx| next_id(tx, "usage", 0)).await {
            Ok(value) => break value,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
                failures += 1;
                assert!(failures < 20);
            }
        }
    };
    assert_eq!(value, 0);
}

#[tokio::test]
async fn on_postgres_nobody_waits_for_an_id_until_anothers_commit() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let fixture = Fixture::open(database).await.unwrap();
    let store = &fixture.store;
    let (release, held) = mpsc::channel::<()>();
    let (entered, inside) = tokio::sync::oneshot::channel();
    let slow = store.clone();
    let slow = tokio::spawn(async move {
        let work = move |tx: &mut dyn Connection| {
            let id = tx.reserve_id("instance")?;
            entered.send(()).ok();
            held.recv().ok();
            Ok(id)
        };
        slow.write(work).await
    });
    inside.await.unwrap();
    // The first transaction is open until this one is committed.
    let second = store.write(|tx| tx.reserve_id("instance")).await;
    release.send(()).unwrap();
    let first = slow.await.unwrap().unwrap();
    assert_eq!(second.unwrap(), first + 1);
    // Ids go on where they were, whoever asked for them, and so they do on a connection that replaced a lost one.
    store.read(|tx| tx.query(&END_CLIENTS, &[])).await.ok();
    let mut third = store.write(|tx| tx.reserve_id("instance")).await;
    for _ in 0..20 {
        if third.is_ok() {
            break;
        }
        third = store.write(|tx| tx.reserve_id("instance")).await;
    }
    assert!(third.unwrap() > first + 1);
}

#[tokio::test]
async fn on_postgres_who_waits_for_an_id_gets_it_with_the_others() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let fixture = Fixture::open(database).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let store = fixture.store.clone();
        asking.spawn(async move { store.write(|tx| tx.reserve_id("instance")).await });
    }
    let mut ids: Vec<i64> = Vec::new();
    while let Some(asked) = asking.join_next().await {
        ids.push(asked.unwrap().unwrap());
    }
    ids.sort_unstable();
    // Each once, and none burnt: the counter stands where the last one is.
    assert_eq!(ids, (1..=100).collect::<Vec<_>>());
    assert_eq!(value(&fixture.store, "instance").await, 100);
}

static NOTE_LOGIN: Statement = Statement::new(
    "NOTE_LOGIN",
    "UPDATE users SET last_login = $2 WHERE organization_id = $1",
);

#[tokio::test]
async fn on_postgres_what_cannot_be_sent_keeps_its_transaction_from_being_committed() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let fixture = Fixture::open(database).await.unwrap();
    let (store, made) = (&fixture.store, tenant(&fixture.store).await);
    let organization = made.organization.0;
    let logins = async || {
        let read = store.read(move |tx| tx.query(&LOGINS, &[organization.into()]));
        read.await.unwrap().len()
    };
    // The client itself refuses the text in a number's place: the server never hears of it.
    let refused = store.write(move |tx| {
        tx.put_down(&NOTE_LOGIN, vec![organization.into(), 7_i64.into()])?;
        tx.put_down(&NOTE_LOGIN, vec![organization.into(), "seven".into()])
    });
    assert!(matches!(refused.await, Err(Error::Database { .. })));
    assert_eq!(logins().await, 0);
    // The same connections go on.
    for _ in 0..20 {
        let kept = store
            .write(move |tx| tx.put_down(&NOTE_LOGIN, vec![organization.into(), 7_i64.into()]));
        kept.await.unwrap();
        assert_eq!(logins().await, 1);
    }
}

static LOGINS: Statement = Statement::new(
    "LOGINS",
    "SELECT id FROM users WHERE organization_id = $1 AND last_login = 7",
);

#[test]
fn a_failure_says_nothing_of_its_values() {
    let unavailable = Error::Unavailable(Cause {
        engine: "sqlite",
        code: "13".to_owned(),
        message: "database or disk is full".to_owned(),
    });
    assert_eq!(
        unavailable.public(),
        "The database is not available, try again"
    );
    assert_eq!(unavailable.to_string(), "the database is unavailable");
}
