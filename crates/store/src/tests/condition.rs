use ligand_model::time::{Clock as _, Timestamp};

use super::{document, new_instance, tenant};
use crate::condition::Condition;
use crate::for_each_backend;

for_each_backend! {
    async fn an_operator_sees_who_must_reconnect_and_which_notices_nobody_took(fixture: Fixture) {
        let store = &fixture.store;
        assert_eq!(store.condition(3).await.unwrap(), Condition::default());
        let who = tenant(store).await;
        let organization = who.organization;
        let url = "https://app.example.com/hook".to_owned();
        store.set_notice_target(organization, Some(url)).await.unwrap();
        let document = document("old");
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            let new = new_instance(who, name, &[], name, &document);
            ids.push(store.insert_instance(new).await.unwrap().id);
        }
        let began = fixture.clock.now();
        for id in &ids[..2] {
            let read = store.instance(organization, *id).await.unwrap().unwrap();
            let fence = store.lease_grant(&read, began.plus_millis(9)).await.unwrap().unwrap();
            assert!(store.condemn_grant(&read, fence, "refused").await.unwrap().is_some());
        }
        let now = store.condition(3).await.unwrap();
        assert_eq!((now.instances, now.invalid), (3, 2));
        assert_eq!(now.first_invalid[0], (organization, ids[0], Some(began)));
        assert_eq!(now.last_write, Some(began));
        assert_eq!(now.notices_waiting, 0, "not one was refused yet");
        // Two attempts that nobody takes; then one notice is given up, and the other taken at last.
        let mut notices = Vec::new();
        for _ in 0..2 {
            fixture.clock.advance(10);
            notices = store.claim_notices(fixture.clock.now().plus_millis(10)).await.unwrap();
        }
        let now = store.condition(3).await.unwrap();
        assert_eq!((now.notices_waiting, now.oldest_notice), (2, Some(began)));
        store.set_notice(organization, notices[0].id, None).await.unwrap();
        fixture.clock.advance(10);
        let last = store.claim_notices(Timestamp(i64::MAX / 2)).await.unwrap();
        assert_eq!(last.len(), 1);
        store.set_notice(organization, last[0].id, None).await.unwrap();
        let now = store.condition(3).await.unwrap();
        assert_eq!((now.notices_waiting, now.oldest_notice, now.notices_given_up), (0, None, 1));
    }
}
