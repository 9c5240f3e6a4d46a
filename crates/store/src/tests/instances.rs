use std::collections::BTreeSet;

use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::secret::{ElementToken, TokenDigest};
use ligand_model::time::Clock;

use super::{STRANGER, document, new_instance, tenant};
use crate::instances::{InstanceChange, InstanceFilter};
use crate::sql::{Statement, instances as sql};
use crate::{Error, Store, for_each_backend};

/// What a program that does not know the column of tags does to an instance's row.
static OLDER_WRITE: Statement = Statement::new(
    "OLDER_WRITE",
    "UPDATE instances SET version = version + 1 WHERE organization_id = $1 AND id = $2",
);

async fn ids(store: &Store, filter: InstanceFilter) -> Vec<i64> {
    let organization = OrganizationId(2);
    let found = store.instances(organization, filter).await.unwrap();
    found.iter().map(|found| found.instance.id.0).collect()
}

async fn count(store: &Store, organization: OrganizationId) -> i64 {
    let none = BTreeSet::new();
    let counted = store
        .count_instances(organization.into(), &none)
        .await
        .unwrap();
    counted.iter().map(|(_, count)| count).sum()
}

fn all() -> InstanceFilter {
    InstanceFilter {
        limit: 100,
        ..InstanceFilter::default()
    }
}

/// Ids 1 (Alpha: Alpha, eu), 2 (Beta 100%: eu, us; element 85) and 3 (ÄRGER, no tags).
async fn three(store: &Store) {
    let made = tenant(store).await;
    let document = document("x");
    let alpha = new_instance(made, "Alpha", &["Alpha", "eu"], "t1", &document);
    store.insert_instance(alpha).await.unwrap();
    let mut beta = new_instance(made, "Beta 100%", &["eu", "us"], "t2", &document);
    beta.element = ElementId(85);
    store.insert_instance(beta).await.unwrap();
    store
        .insert_instance(new_instance(made, "ÄRGER", &[], "t3", &document))
        .await
        .unwrap();
}

for_each_backend! {
    async fn an_instance_is_found_by_its_token(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "One", &["One", "b", "a"], "token", &document);
        let inserted = store.insert_instance(new).await.unwrap();
        assert_eq!((inserted.id, inserted.version), (InstanceId(1), 1));
        let found = store.instance_by_token(TokenDigest::of("token")).await.unwrap().unwrap();
        assert_eq!(found.instance, inserted);
        assert_eq!(found.instance.tags, ["One", "b", "a"]);
        assert_eq!(found.owner.email, "admin@example.com");
        assert!(found.organization_active);
        assert_eq!(found.open().unwrap(), document);
        assert!(store.instance_by_token(TokenDigest::of("other")).await.unwrap().is_none());
    }

    async fn everything_is_there_after_reopening(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let document = document("x");
        let new = new_instance(made, "One", &["One"], "token", &document);
        let inserted = fixture.store.insert_instance(new).await.unwrap();
        let fixture = fixture.reopen().await.unwrap();
        let found = fixture.store.instance(made.organization, inserted.id).await.unwrap().unwrap();
        assert_eq!(found.instance, inserted);
        assert_eq!(found.open().unwrap(), document);
    }

    async fn a_taken_token_is_a_conflict_and_leaves_nothing(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        store.insert_instance(new_instance(made, "1", &[], "t", &document)).await.unwrap();
        for _ in 0..3 {
            let again = store.insert_instance(new_instance(made, "2", &[], "t", &document)).await;
            assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
        }
        let next = store.insert_instance(new_instance(made, "3", &[], "u", &document)).await;
        // On PostgreSQL ids are taken beside the transaction, so that a refusal costs one.
        let burnt = if fixture.database.folder().is_some() { 0 } else { 3 };
        assert_eq!(next.unwrap().id, InstanceId(2 + burnt));
        assert_eq!(count(store, made.organization).await, 2);
    }

    async fn a_write_at_the_present_version_succeeds(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let new = document("new");
        let old = document("old");
        let instance = store.insert_instance(new_instance(made, "1", &["1"], "t", &old)).await;
        let id = instance.unwrap().id;
        fixture.clock.advance(5);
        let change = InstanceChange {
            name: Some("Two".to_owned()),
            tags: Some(vec!["z".to_owned(), "y".to_owned()]),
            valid: Some(false),
            disabled: Some(true),
            caching_enabled: Some(true),
            cache_time_to_live: Some(60),
            max_cache_size: Some(9),
            element: Some(ElementId(85)),
            element_version: Some(4),
            external_authentication: Some("initial".to_owned()),
            document: Some(new.clone()),
            regrant: None,
        };
        let changed = store.update_instance(made.organization, id, 1, change).await.unwrap();
        let changed = changed.unwrap();
        assert_eq!(changed.open().unwrap(), new);
        let instance = changed.instance;
        assert_eq!((instance.version, instance.updated), (2, fixture.clock.now()));
        assert_eq!((instance.name.as_str(), instance.valid, instance.disabled), ("Two", false, true));
        assert_eq!(instance.tags, ["z", "y"]);
        assert_eq!((instance.cache_time_to_live, instance.max_cache_size), (60, 9));
        assert_eq!((instance.element, instance.caching_enabled), (ElementId(85), true));
        assert_eq!(instance.element_version, 4);
        assert_eq!(instance.external_authentication, "initial");
    }

    async fn tags_that_an_older_program_writes_are_seen(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "1", &["a", "b"], "t", &document);
        let id = store.insert_instance(new).await.unwrap().id;
        let tags = async || store.instance(made.organization, id).await.unwrap().unwrap().instance.tags;
        let of = [made.organization.0.into(), id.0.into()];
        // It knows the table alone, and raises the version.
        let older = of.clone();
        store.write(move |tx| {
            let [organization, id] = older.clone();
            tx.execute(&sql::DELETE_TAGS, &older)?;
            tx.execute(&sql::INSERT_TAG, &[organization, id, 0_i64.into(), "c".into()])?;
            tx.execute(&OLDER_WRITE, &older)
        }).await.unwrap();
        assert_eq!(tags().await, ["c"]);
        let name = InstanceChange { name: Some("2".to_owned()), ..InstanceChange::default() };
        let renamed = store.update_instance(made.organization, id, 2, name).await.unwrap();
        assert_eq!(renamed.unwrap().instance.tags, ["c"]);
        let own = InstanceChange { tags: Some(vec!["d".to_owned()]), ..InstanceChange::default() };
        let tagged = store.update_instance(made.organization, id, 3, own).await.unwrap();
        assert_eq!(tagged.unwrap().instance.tags, ["d"]);
        // From here on the row alone is read, through writes of any kind.
        store.write(move |tx| tx.execute(&sql::DELETE_TAGS, &of)).await.unwrap();
        let valid = InstanceChange { valid: Some(false), ..InstanceChange::default() };
        store.update_instance(made.organization, id, 4, valid).await.unwrap();
        assert_eq!(tags().await, ["d"]);
    }

    async fn a_write_at_a_former_version_changes_nothing(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "1", &["1"], "t", &document);
        let id = store.insert_instance(new).await.unwrap().id;
        let rename = |name: &str| InstanceChange {
            name: Some(name.to_owned()),
            tags: Some(vec![name.to_owned()]),
            ..InstanceChange::default()
        };
        let organization = made.organization;
        let first = store.update_instance(organization, id, 1, rename("first")).await.unwrap();
        assert_eq!(first.unwrap().instance.version, 2);
        let late = store.update_instance(organization, id, 1, rename("late")).await.unwrap();
        assert!(late.is_none());
        let found = store.instance(organization, id).await.unwrap().unwrap();
        assert_eq!((found.instance.name.as_str(), found.instance.version), ("first", 2));
        assert_eq!(found.instance.tags, ["first"]);
        assert_eq!(found.open().unwrap(), document);
    }

    async fn of_writers_at_one_version_one_wins(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let seed = document("x");
        let id = store.insert_instance(new_instance(made, "1", &[], "t", &seed)).await.unwrap().id;
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..16 {
            let store = store.clone();
            writers.spawn(async move {
                let change = InstanceChange {
                    document: Some(document(&number.to_string())),
                    ..InstanceChange::default()
                };
                store.update_instance(made.organization, id, 1, change).await.unwrap()
            });
        }
        let won: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        let found = store.instance(made.organization, id).await.unwrap().unwrap();
        assert_eq!(found.open().unwrap(), won[0].open().unwrap());
    }

    async fn instances_made_at_once_have_consecutive_ids(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let mut makers = tokio::task::JoinSet::new();
        for number in 0..40 {
            let store = store.clone();
            makers.spawn(async move {
                let document = document("x");
                let token = format!("t{number}");
                store.insert_instance(new_instance(made, "n", &["n"], &token, &document)).await
            });
        }
        let made = makers.join_all().await;
        let mut ids: Vec<i64> = made.iter().flatten().map(|instance| instance.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=40).collect::<Vec<_>>());
    }

    async fn another_organization_sees_nothing(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let id = store
            .insert_instance(new_instance(made, "1", &["1"], "t", &document))
            .await
            .unwrap()
            .id;
        let other = STRANGER.organization;
        assert!(store.instance(other, id).await.unwrap().is_none());
        assert!(store.instances(other, all()).await.unwrap().is_empty());
        assert_eq!(count(store, other).await, 0);
        assert!(store.reveal_token(other, id).await.unwrap().is_none());
        let change = InstanceChange { valid: Some(false), ..InstanceChange::default() };
        assert!(store.update_instance(other, id, 1, change).await.unwrap().is_none());
        assert!(!store.delete_instance(other, id).await.unwrap());
        let found = store.instance(made.organization, id).await.unwrap().unwrap();
        assert!(found.instance.valid);
        assert_eq!(found.instance.tags, ["1"]);
    }

    async fn a_deleted_instance_is_gone_with_its_token(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "1", &["1"], "t", &document);
        let id = store.insert_instance(new).await.unwrap().id;
        let revealed = store.reveal_token(made.organization, id).await.unwrap().unwrap();
        assert_eq!(revealed.digest(), ElementToken::new("t").digest());
        assert!(store.delete_instance(made.organization, id).await.unwrap());
        assert!(!store.delete_instance(made.organization, id).await.unwrap());
        assert!(store.instance_by_token(TokenDigest::of("t")).await.unwrap().is_none());
        let next = store.insert_instance(new_instance(made, "2", &[], "t", &document)).await;
        assert_eq!(next.unwrap().id, InstanceId(2));
    }

    async fn a_list_goes_on_after_the_last_id(fixture: Fixture) {
        three(&fixture.store).await;
        let two = InstanceFilter { limit: 2, ..all() };
        assert_eq!(ids(&fixture.store, two.clone()).await, [1, 2]);
        let rest = InstanceFilter { after: Some(InstanceId(2)), ..two };
        assert_eq!(ids(&fixture.store, rest).await, [3]);
        let second = InstanceFilter { limit: 2, skip: 2, ..all() };
        assert_eq!(ids(&fixture.store, second).await, [3]);
    }

    async fn a_list_is_narrowed_by_element_and_every_tag(fixture: Fixture) {
        let store = &fixture.store;
        three(store).await;
        let tagged = |tags: &[&str]| InstanceFilter {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..all()
        };
        assert_eq!(ids(store, tagged(&["eu"])).await, [1, 2]);
        assert_eq!(ids(store, tagged(&["us", "eu", "eu"])).await, [2]);
        assert_eq!(ids(store, tagged(&["eu", "asia"])).await, [0_i64; 0]);
        assert_eq!(ids(store, tagged(&["e"])).await, [0_i64; 0]);
        let element = InstanceFilter { element: Some(ElementId(85)), ..all() };
        assert_eq!(ids(store, element).await, [2]);
    }

    async fn a_list_is_narrowed_by_how_instances_are(fixture: Fixture) {
        let store = &fixture.store;
        three(store).await;
        let organization = OrganizationId(2);
        let off = InstanceChange { disabled: Some(true), ..InstanceChange::default() };
        store.update_instance(organization, InstanceId(2), 1, off).await.unwrap().unwrap();
        let lost = InstanceChange { valid: Some(false), ..InstanceChange::default() };
        store.update_instance(organization, InstanceId(3), 1, lost).await.unwrap().unwrap();
        assert_eq!(ids(store, InstanceFilter { disabled: Some(true), ..all() }).await, [2]);
        assert_eq!(ids(store, InstanceFilter { disabled: Some(false), valid: Some(true), ..all() }).await, [1]);
        assert_eq!(ids(store, InstanceFilter { disabled: Some(false), valid: Some(false), ..all() }).await, [3]);
    }

    async fn a_search_looks_at_names_and_elements(fixture: Fixture) {
        let store = &fixture.store;
        three(store).await;
        let search = |text: &str, elements: &[i64]| InstanceFilter {
            search: Some(text.to_owned()),
            search_elements: elements.iter().copied().map(ElementId).collect(),
            ..all()
        };
        assert_eq!(ids(store, search("PH", &[])).await, [1]);
        assert_eq!(ids(store, search("0%", &[])).await, [2]);
        assert_eq!(ids(store, search("%", &[])).await, [2]);
        assert_eq!(ids(store, search("_", &[])).await, [0_i64; 0]);
        assert_eq!(ids(store, search("ärg", &[])).await, [3]);
        assert_eq!(ids(store, search("alpha", &[85, 2])).await, [1, 2]);
        assert_eq!(ids(store, search("'; DROP TABLE instances; --", &[])).await, [0_i64; 0]);
    }

    async fn control_characters_do_not_reach_names_and_tags(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        let new = new_instance(made, "a\0b\u{1f}c", &["x\u{1f}y", "\n", "z"], "t", &document);
        let id = store.insert_instance(new).await.unwrap().id;
        let found = store.instance(made.organization, id).await.unwrap().unwrap().instance;
        assert_eq!((found.name.as_str(), found.tags), ("abc", vec!["xy".to_owned(), "z".to_owned()]));
    }

    async fn a_warm_key_costs_one_statement_a_look_up(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        store.insert_instance(new_instance(made, "1", &["1"], "t", &document)).await.unwrap();
        store.instance_by_token(TokenDigest::of("t")).await.unwrap();
        let before = store.statements();
        let found = store.instance_by_token(TokenDigest::of("t")).await.unwrap().unwrap();
        assert_eq!(store.statements(), before + 1);
        found.open().unwrap();
        store.data_key(made.organization).await.unwrap();
        assert_eq!(store.statements(), before + 1);
    }
}
