use ligand_model::id::{ApiKeyId, InstanceId, UserId};

use super::{document, new_instance, tenant};
use crate::custody::{Act, Page, by};
use crate::for_each_backend;
use crate::instances::InstanceChange;
use crate::sql::Statement;

static CHANGE: Statement = Statement::new(
    "CHANGE",
    "UPDATE custody SET detail = 'elsewhere' WHERE instance_id = 1 AND number = 2",
);
static REMOVE: Statement = Statement::new(
    "REMOVE",
    "DELETE FROM custody WHERE instance_id = 1 AND number = 2",
);
static RENUMBER: Statement = Statement::new(
    "RENUMBER",
    "UPDATE custody SET instance_id = 2, number = 9 WHERE instance_id = 1 AND number = 2",
);

/// Two entries of one chain in each other's place.
static REORDER: [Statement; 3] = [
    Statement::new(
        "ASIDE",
        "UPDATE custody SET number = 99 WHERE instance_id = 3 AND number = 2",
    ),
    Statement::new(
        "FORWARD",
        "UPDATE custody SET number = 2 WHERE instance_id = 3 AND number = 3",
    ),
    Statement::new(
        "BACK",
        "UPDATE custody SET number = 3 WHERE instance_id = 3 AND number = 99",
    ),
];

for_each_backend! {
    async fn what_happens_to_an_instance_is_recorded_with_the_write_and_at_whose_call(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let of = made.organization;
        let value = document("x");
        let act = Act { user: Some(made.user), key: Some(ApiKeyId(4)), request: "r1".into() };
        let new = new_instance(made, "n", &[], "t", &value);
        let id = by(act.clone(), store.insert_instance(new)).await.unwrap().id;
        let change = InstanceChange { name: Some("m".into()), document: Some(value.clone()), ..Default::default() };
        store.update_instance(of, id, 1, change).await.unwrap().unwrap();
        // A write that meets another leaves no entry.
        let change = InstanceChange { disabled: Some(true), ..Default::default() };
        assert!(store.update_instance(of, id, 1, change.clone()).await.unwrap().is_none());
        store.update_instance(of, id, 2, change).await.unwrap().unwrap();
        for _ in 0..2 {
            store.note_host(of, id, "api.vendor.example").await.unwrap();
        }
        store.delete_instance(of, id).await.unwrap();
        let records = store.custody(of, id, Page::After(0), None, 100).await.unwrap();
        let told: Vec<(i64, &str, &str, Option<UserId>)> = records
            .iter()
            .map(|record| (record.number, &*record.event, &*record.detail, record.act.user))
            .collect();
        assert_eq!(
            told[1..],
            [
                (2, "changed", "configuration name", None),
                (3, "updated", "disabled", None),
                (4, "host", "api.vendor.example", None),
                (5, "deleted", "", None),
            ]
        );
        assert_eq!(told[0].1, "created");
        assert_eq!(records[0].act, act);
        assert_eq!(store.custody(of, id, Page::After(3), None, 1).await.unwrap()[0].number, 4);
        let newest = store.custody(of, id, Page::Before(None), None, 2).await.unwrap();
        assert_eq!(newest, records.iter().rev().take(2).cloned().collect::<Vec<_>>());
        let before = store.custody(of, id, Page::Before(Some(3)), None, 9).await.unwrap();
        assert_eq!(before.iter().map(|record| record.number).collect::<Vec<_>>(), [2, 1]);
        let hosts = store.custody(of, id, Page::Before(None), Some("host"), 9).await.unwrap();
        assert!(!hosts.is_empty() && hosts.iter().all(|record| record.event == "host"), "{hosts:?}");
        // Nobody else's.
        let other = ligand_model::id::OrganizationId(1);
        assert!(store.custody(other, id, Page::After(0), None, 100).await.unwrap().is_empty());
        let mut heads = 0;
        let verified = store.verify_custody(|_, record| heads += record.number).await.unwrap();
        assert_eq!((verified.chains, verified.records, heads), (1, 5, 5));
        assert!(verified.broken.is_empty());
    }

    async fn a_record_that_was_changed_removed_or_moved_is_found(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let value = document("x");
        for token in ["a", "b", "c"] {
            store.insert_instance(new_instance(made, "n", &[], token, &value)).await.unwrap();
        }
        for id in 1..=3 {
            for host in ["one.example", "two.example"] {
                let id = InstanceId(id);
                store.note_host(made.organization, id, host).await.unwrap();
            }
        }
        assert_eq!(store.verify_custody(|_, _| {}).await.unwrap().chains, 3);
        for (spoil, broken) in [(&CHANGE, vec![(1, 2)]), (&RENUMBER, vec![(1, 2), (2, 4)]), (&REMOVE, vec![(1, 2), (2, 4)])] {
            store.write(move |tx| tx.execute(spoil, &[])).await.unwrap();
            let verified = store.verify_custody(|_, _| {}).await.unwrap();
            let found: Vec<(i64, i64)> =
                verified.broken.iter().map(|broken| (broken.instance.0, broken.number)).collect();
            assert_eq!(found, broken, "{}", spoil.name);
            assert_eq!(verified.chains, 3 - found.len() as u64);
        }
        store.write(|tx| REORDER.iter().try_for_each(|step| tx.execute(step, &[]).map(drop))).await.unwrap();
        let verified = store.verify_custody(|_, _| {}).await.unwrap();
        assert_eq!(verified.broken.last().map(|broken| (broken.instance.0, broken.number)), Some((3, 2)));
        assert_eq!(verified.chains, 0);
    }
}
