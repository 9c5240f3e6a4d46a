use ligand_model::id::ElementId;
use ligand_model::time::{Clock, Timestamp};

use super::{STRANGER, document, new_instance, tenant};
use crate::grants::Kept;
use crate::instances::InstanceChange;
use crate::{Store, for_each_backend};

const LATER: Timestamp = Timestamp(i64::MAX / 2);

/// An instance whose grant is `old`.
async fn one(store: &Store) -> crate::instances::SealedInstance {
    let made = tenant(store).await;
    let document = document("old");
    let new = new_instance(made, "One", &["One"], "token", &document);
    let id = store.insert_instance(new).await.unwrap().id;
    store
        .instance(made.organization, id)
        .await
        .unwrap()
        .unwrap()
}

fn written(kept: Kept) -> crate::instances::SealedInstance {
    match kept {
        Kept::Written(instance) => *instance,
        other => panic!("{other:?}"),
    }
}

for_each_backend! {
    async fn only_one_holds_the_lease_of_a_grant(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let until = fixture.clock.now().plus_millis(90_000);
        assert_eq!(store.lease_grant(&read, until).await.unwrap(), Some(1));
        assert_eq!(store.lease_grant(&read, until).await.unwrap(), None);
        let (organization, id) = (read.instance.organization, read.instance.id);
        let row = store.grant(organization, id).await.unwrap().unwrap();
        assert_eq!((row.leased_until, row.open), (until, true));
        fixture.clock.advance(90_000);
        assert_eq!(store.lease_grant(&read, LATER).await.unwrap(), Some(2), "a lease ends");
        assert!(store.grant(STRANGER.organization, id).await.unwrap().is_none());
    }

    async fn a_grant_is_kept_by_the_youngest_lease_only(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let (organization, id) = (read.instance.organization, read.instance.id);
        let old = store.lease_grant(&read, Timestamp(0)).await.unwrap().unwrap();
        let young = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        let kept = store.keep_grant(&read, young, &document("young"), Some(Timestamp(9))).await;
        let now = written(kept.unwrap());
        assert_eq!(now.open().unwrap(), document("young"));
        let late = store.keep_grant(&now, old, &document("late"), None).await.unwrap();
        assert!(matches!(late, Kept::Fenced), "{late:?}");
        let row = store.grant(organization, id).await.unwrap().unwrap();
        assert_eq!((row.leased_until, row.open), (Timestamp(0), false));
        assert_eq!(row.instance.open().unwrap(), document("young"));
    }

    async fn a_late_answer_is_kept_while_nobody_has_written(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let old = store.lease_grant(&read, Timestamp(0)).await.unwrap().unwrap();
        let young = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        let now = written(store.keep_grant(&read, old, &document("late"), None).await.unwrap());
        let row = store.grant(now.instance.organization, now.instance.id).await.unwrap().unwrap();
        assert_eq!((row.leased_until, row.open), (LATER, true), "the other lease goes on");
        let condemned = store.condemn_grant(&read, young, "refused").await.unwrap();
        assert!(condemned.is_none(), "the row holds a newer grant");
    }

    async fn a_grant_is_laid_over_what_others_wrote(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let (organization, id) = (read.instance.organization, read.instance.id);
        let fence = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        let change = InstanceChange { name: Some("Two".to_owned()), ..InstanceChange::default() };
        store.update_instance(organization, id, read.instance.version, change).await.unwrap().unwrap();
        let moved = store.keep_grant(&read, fence, &document("new"), None).await.unwrap();
        assert!(matches!(moved, Kept::Moved), "{moved:?}");
        let row = store.grant(organization, id).await.unwrap().unwrap();
        let now = written(store.keep_grant(&row.instance, fence, &document("new"), None).await.unwrap());
        assert_eq!(now.instance.name, "Two");
    }

    async fn a_new_consent_wins_against_renewals_under_way(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let (organization, id) = (read.instance.organization, read.instance.id);
        let fence = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        let change = InstanceChange {
            document: Some(document("consent")),
            regrant: Some(None),
            ..InstanceChange::default()
        };
        let version = read.instance.version;
        let now = store.update_instance(organization, id, version, change).await.unwrap().unwrap();
        let late = store.keep_grant(&now, fence, &document("renewed"), None).await.unwrap();
        assert!(matches!(late, Kept::Fenced), "{late:?}");
        assert!(store.condemn_grant(&now, fence, "refused").await.unwrap().is_none());
        let again = store.lease_grant(&now, LATER).await.unwrap();
        assert_eq!(again, Some(fence + 2), "and a renewal of its own can begin at once");
    }

    async fn a_refusal_is_stored_with_its_reason_until_the_next_grant(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let (organization, id) = (read.instance.organization, read.instance.id);
        let fence = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        let condemned = store.condemn_grant(&read, fence, "answer_lost").await.unwrap().unwrap();
        assert!(!condemned.instance.valid);
        assert_eq!(condemned.instance.invalid_reason.as_deref(), Some("answer_lost"));
        assert_eq!(condemned.instance.invalid_since, Some(fixture.clock.now()));
        assert_eq!(store.lease_grant(&condemned, LATER).await.unwrap(), None);
        let change = InstanceChange { valid: Some(true), ..InstanceChange::default() };
        let version = condemned.instance.version;
        let mended = store.update_instance(organization, id, version, change).await.unwrap().unwrap();
        assert_eq!((mended.instance.invalid_reason, mended.instance.invalid_since), (None, None));
    }

    async fn a_released_lease_says_whether_the_exchange_is_open(fixture: Fixture) {
        let store = &fixture.store;
        let read = one(store).await;
        let (organization, id) = (read.instance.organization, read.instance.id);
        for open in [true, false] {
            let fence = store.lease_grant(&read, LATER).await.unwrap().unwrap();
            store.release_grant(organization, id, fence, open, Some(Timestamp(7))).await.unwrap();
            let row = store.grant(organization, id).await.unwrap().unwrap();
            assert_eq!((row.leased_until, row.open), (Timestamp(0), open));
        }
        let fence = store.lease_grant(&read, LATER).await.unwrap().unwrap();
        store.release_grant(organization, id, fence - 1, false, None).await.unwrap();
        assert!(store.grant(organization, id).await.unwrap().unwrap().open, "not ours to release");
        assert_eq!(store.forget_leases().await.unwrap(), 1);
        let row = store.grant(organization, id).await.unwrap().unwrap();
        assert_eq!((row.leased_until, row.open), (Timestamp(0), true));
    }

    async fn due_grants_come_earliest_first(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let document = document("x");
        for (token, due, element) in [("a", Some(30), 1), ("b", Some(10), 2), ("c", None, 1), ("d", Some(99), 1)] {
            let mut new = new_instance(made, token, &[], token, &document);
            new.refresh_due = due.map(Timestamp);
            new.element = ElementId(element);
            store.insert_instance(new).await.unwrap();
        }
        let ids = async |except: &[ElementId], limit| -> Vec<i64> {
            let due = store.due_grants(Timestamp(40), except, limit).await.unwrap();
            due.iter().map(|due| due.instance.0).collect()
        };
        assert_eq!(ids(&[], 9).await, [2, 1]);
        assert_eq!(ids(&[], 1).await, [2]);
        assert_eq!(ids(&[ElementId(2)], 9).await, [1]);
        store.postpone_grant(made.organization, ligand_model::id::InstanceId(2), Some(Timestamp(50))).await.unwrap();
        assert_eq!(ids(&[], 9).await, [1]);
        let used = vec![(made.organization, ligand_model::id::InstanceId(1))];
        store.note_use(used, Timestamp(33)).await.unwrap();
        let due = store.due_grants(Timestamp(40), &[], 9).await.unwrap();
        assert_eq!(due[0].used, Timestamp(33));
    }
}
