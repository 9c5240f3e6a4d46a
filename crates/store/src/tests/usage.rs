use ligand_model::id::{AccountId, InstanceId};
use ligand_model::time::Timestamp;

use super::{STRANGER, tenant};
use crate::for_each_backend;
use crate::identity::{Identity, Reach};
use crate::sql::usage as sql;
use crate::usage::{Counted, FailedAttempt, UsageFilter, UsageRow, UsageStatus, Why};

fn row(who: Identity, number: i64) -> UsageRow {
    UsageRow {
        id: 0,
        organization: who.organization,
        account: AccountId(who.account.0 + number % 2),
        user: who.user,
        instance: (number != 2).then_some(InstanceId(number)),
        element_key: if number == 3 {
            "acton".to_owned()
        } else {
            "sfdc".to_owned()
        },
        request_id: format!("request-{number}"),
        path_template: if number == 1 {
            "/Contacts/{id}"
        } else {
            "/accounts"
        }
        .to_owned(),
        method: "GET".to_owned(),
        status: if number == 2 { 502 } else { 200 },
        vendor_status: (number != 2).then_some(200),
        attempts: 1,
        waits_ms: 0,
        duration_ms: 12,
        time: Timestamp(number * 1000),
        ip: "127.0.0.1".to_owned(),
        why: None,
    }
}

for_each_backend! {
    async fn rows_come_newest_first_and_filtered(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        store.insert_usage((1..=4).map(|number| row(made, number)).collect()).await.unwrap();
        let all = || UsageFilter { limit: 10, ..UsageFilter::default() };
        let time = |ms| Some(Timestamp(ms));
        let cases = [
            (all(), vec![4, 3, 2, 1]),
            (UsageFilter { limit: 2, ..all() }, vec![4, 3]),
            (UsageFilter { before: Some(3), ..all() }, vec![2, 1]),
            (UsageFilter { from: time(2000), to: time(4000), ..all() }, vec![3, 2]),
            (UsageFilter { element_keys: vec!["acton".to_owned(), "x".to_owned()], ..all() }, vec![3]),
            (UsageFilter { accounts: vec![AccountId(3)], ..all() }, vec![3, 1]),
            (UsageFilter { instance: Some(InstanceId(77)), ..all() }, vec![]),
            (UsageFilter { status: Some(UsageStatus::Failed), ..all() }, vec![2]),
            (UsageFilter { status: Some(UsageStatus::Success), ..all() }, vec![4, 3, 1]),
            (UsageFilter { search: Some("CONTACT".to_owned()), ..all() }, vec![1]),
            (UsageFilter { search: Some("request-4".to_owned()), ..all() }, vec![4]),
            (UsageFilter { search: Some("c_on".to_owned()), ..all() }, vec![]),
        ];
        for (filter, expected) in cases {
            let found = store.usage(made.organization, filter.clone()).await.unwrap();
            let found: Vec<i64> = found.iter().map(|row| row.id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
    }

    async fn a_row_is_found_by_request_and_by_id(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        store.insert_usage(vec![row(made, 1), row(made, 2)]).await.unwrap();
        let found = store.usage_row(made.organization, "request-2").await.unwrap();
        assert_eq!(found, Some(UsageRow { id: 2, ..row(made, 2) }));
        assert_eq!(store.usage_row(made.organization, "2").await.unwrap(), found);
        assert_eq!(store.usage_row(made.organization, "request-9").await.unwrap(), None);
        assert_eq!(store.usage_row(STRANGER.organization, "request-2").await.unwrap(), None);
        assert_eq!(store.usage_row(STRANGER.organization, "2").await.unwrap(), None);
        let all = UsageFilter { limit: 10, ..UsageFilter::default() };
        assert!(store.usage(STRANGER.organization, all).await.unwrap().is_empty());
    }

    async fn why_a_call_failed_is_sealed_and_read_with_its_row(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let attempts = vec![FailedAttempt { status: Some(503), took_ms: 7, waited_ms: Some(250) }];
        let why = Why { message: "no".to_owned(), provider_message: Some("said the vendor".to_owned()), attempts };
        let failed = UsageRow { why: Some(why), ..row(made, 2) };
        store.insert_usage(vec![row(made, 1), failed.clone()]).await.unwrap();
        let found = store.usage_row(made.organization, "request-2").await.unwrap().unwrap();
        assert_eq!(found, UsageRow { id: 2, ..failed });
        let kept = store.read(move |tx| tx.query_one(&sql::USAGE_WHY, &[made.organization.0.into(), 2.into()])).await.unwrap();
        let kept = kept.unwrap().optional_blob().unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("said"), "it lies there in clear");
        let listed = store.usage(made.organization, UsageFilter { limit: 10, ..UsageFilter::default() }).await.unwrap();
        assert!(listed.iter().all(|row| row.why.is_none()));
    }

    async fn calls_are_counted_by_spans_of_time(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let mut rows: Vec<UsageRow> = (1..=4).map(|number| row(made, number)).collect();
        rows[3].duration_ms = 20;
        store.insert_usage(rows).await.unwrap();
        let counted = store.usage_counted(made.organization.into(), Timestamp(1000), Timestamp(4001), 2000).await.unwrap();
        let expected = [
            Counted { number: 0, count: 2, failed: 1, shortest_ms: 12, longest_ms: 12, mean_ms: 12 },
            Counted { number: 1, count: 2, failed: 0, shortest_ms: 12, longest_ms: 20, mean_ms: 16 },
        ];
        assert_eq!(counted, expected);
        let account = Reach { organization: made.organization, account: Some(AccountId(made.account.0 + 1)) };
        let of_account = store.usage_counted(account, Timestamp(1000), Timestamp(4001), 2000).await.unwrap();
        assert_eq!(of_account.iter().map(|counted| counted.count).collect::<Vec<_>>(), [1, 1]);
        assert!(store.usage_counted(STRANGER.organization.into(), Timestamp(0), Timestamp(9000), 1000).await.unwrap().is_empty());
    }

    async fn old_rows_are_pruned(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        store.insert_usage((1..=4).map(|number| row(made, number)).collect()).await.unwrap();
        store.insert_usage(Vec::new()).await.unwrap();
        assert_eq!(store.prune_usage(Timestamp(3000)).await.unwrap(), 2);
        let all = UsageFilter { limit: 10, ..UsageFilter::default() };
        assert_eq!(store.usage(made.organization, all).await.unwrap().len(), 2);
        store.insert_usage(vec![row(made, 5)]).await.unwrap();
        let newest = store.usage_row(made.organization, "5").await.unwrap();
        assert_eq!(newest.unwrap().request_id, "request-5");
    }
}
