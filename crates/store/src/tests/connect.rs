use ligand_model::id::InstanceId;
use ligand_model::secret::TokenDigest;
use ligand_model::time::Clock;
use zeroize::Zeroizing;

use super::{SECRET, STRANGER, document, new_instance, tenant};
use crate::connect::{Brand, ConnectEnd, ConnectStatus, NewConnectSession, OrganizationChange};
use crate::identity::Identity;
use crate::sql::Statement;
use crate::testing::Fixture;
use crate::{Error, for_each_backend};

static SPOIL: Statement = Statement::new(
    "SPOIL",
    "UPDATE connect_sessions SET payload = $2 WHERE id = $1",
);

async fn session(fixture: &Fixture, who: Identity) -> i64 {
    named(fixture, who, "").await
}

async fn named(fixture: &Fixture, who: Identity, suffix: &str) -> i64 {
    let new = NewConnectSession {
        organization: who.organization,
        user: who.user,
        handle: format!("handle{suffix}"),
        token: TokenDigest::of(&format!("token{suffix}")),
        origins: vec![
            "https://a.example".to_owned(),
            "https://b.example".to_owned(),
        ],
        payload: Zeroizing::new(SECRET.as_bytes().to_vec()),
        expires: fixture.clock.now().plus_millis(1000),
    };
    fixture.store.insert_connect_session(new).await.unwrap()
}

for_each_backend! {
    async fn a_session_is_the_first_browsers(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        let id = session(&fixture, who).await;
        let origins = store.connect_origins("handle").await.unwrap().unwrap();
        assert_eq!(origins, ["https://a.example", "https://b.example"]);
        assert!(!store.connect_by_token(TokenDigest::of("token")).await.unwrap().unwrap().bound);
        assert!(store.bind_connect_session(who.organization, id, TokenDigest::of("one")).await.unwrap());
        assert!(!store.bind_connect_session(who.organization, id, TokenDigest::of("two")).await.unwrap());
        let found = store.connect_by_browser(TokenDigest::of("one")).await.unwrap().unwrap();
        assert_eq!((found.id, found.bound, found.status), (id, true, ConnectStatus::Open));
        assert_eq!(found.payload.as_slice(), SECRET.as_bytes());
        assert!(store.connect_by_browser(TokenDigest::of("two")).await.unwrap().is_none());
        assert!(store.connect_session(STRANGER.organization, id).await.unwrap().is_none());
    }

    async fn one_request_at_a_time_makes_the_instance_and_only_once(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        let id = session(&fixture, who).await;
        let until = fixture.clock.now().plus_millis(500);
        assert!(store.claim_connect_session(who.organization, id, until).await.unwrap());
        assert!(!store.claim_connect_session(who.organization, id, until).await.unwrap());
        store.release_connect_session(who.organization, id).await.unwrap();
        assert!(store.claim_connect_session(who.organization, id, until).await.unwrap());
        let document = document("s");
        let end = Some(ConnectEnd { session: id, callback_due: Some(fixture.clock.now()) });
        let made = store.insert_instance_ending(new_instance(who, "n", &[], "t", &document), end, None).await.unwrap();
        let found = store.connect_session(who.organization, id).await.unwrap().unwrap();
        assert_eq!(found.status, ConnectStatus::Connected(made.id));
        // A second one does not last, nor does its id.
        let again = store.insert_instance_ending(new_instance(who, "m", &[], "u", &document), end, None).await;
        assert!(matches!(again, Err(Error::Conflict { .. })));
        assert!(store.instance(who.organization, InstanceId(made.id.0 + 1)).await.unwrap().is_none());
        fixture.clock.advance(600);
        assert!(!store.claim_connect_session(who.organization, id, until).await.unwrap());
    }

    async fn a_callback_that_nobody_finished_is_due_again(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        let id = session(&fixture, who).await;
        let now = fixture.clock.now();
        let end = ConnectEnd { session: id, callback_due: Some(now) };
        store.finish_connect_session(who.organization, InstanceId(7), end).await.unwrap();
        let claimed = store.claim_connect_callbacks(now.plus_millis(100)).await.unwrap();
        assert_eq!(claimed.iter().map(|one| (one.id, one.attempts)).collect::<Vec<_>>(), [(id, 1)]);
        assert!(store.claim_connect_callbacks(now.plus_millis(100)).await.unwrap().is_empty());
        fixture.clock.advance(100);
        let again = store.claim_connect_callbacks(now.plus_millis(200)).await.unwrap();
        assert_eq!(again.first().map(|one| one.attempts), Some(2));
        // What waits to be told outlives its expiry; what was told does not.
        fixture.clock.advance(5000);
        assert_eq!(store.prune_connect_sessions(fixture.clock.now()).await.unwrap(), 0);
        store.set_connect_callback(who.organization, id, None).await.unwrap();
        assert_eq!(store.prune_connect_sessions(fixture.clock.now()).await.unwrap(), 1);
    }

    async fn a_session_that_does_not_open_keeps_no_other_from_being_told(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        let (spoilt, sound) = (session(&fixture, who).await, named(&fixture, who, "2").await);
        let now = fixture.clock.now();
        for id in [spoilt, sound] {
            let end = ConnectEnd { session: id, callback_due: Some(now) };
            store.finish_connect_session(who.organization, InstanceId(id), end).await.unwrap();
        }
        store.write(move |tx| tx.execute(&SPOIL, &[spoilt.into(), vec![1_u8; 64].into()])).await.unwrap();
        for attempt in 1..=2 {
            let due = fixture.clock.now().plus_millis(100);
            let claimed = store.claim_connect_callbacks(due).await.unwrap();
            assert_eq!(claimed.iter().map(|one| (one.id, one.attempts)).collect::<Vec<_>>(), [(sound, attempt)]);
            fixture.clock.advance(100);
        }
        // It waits for nobody any more, and goes with its time.
        fixture.clock.advance(5000);
        assert_eq!(store.prune_connect_sessions(fixture.clock.now()).await.unwrap(), 1);
    }

    async fn a_shredded_organization_has_no_sessions(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        session(&fixture, who).await;
        assert!(store.shred_organization(who.organization).await.unwrap());
        assert!(store.connect_origins("handle").await.unwrap().is_none());
        assert!(store.connect_by_token(TokenDigest::of("token")).await.unwrap().is_none());
    }

    async fn a_denial_is_noted_and_another_consent_may_follow(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        let id = session(&fixture, who).await;
        store.deny_connect_session(who.organization, id).await.unwrap();
        store.keep_connect_payload(who.organization, id, b"next").await.unwrap();
        let found = store.connect_session(who.organization, id).await.unwrap().unwrap();
        assert_eq!((found.status, found.payload.as_slice()), (ConnectStatus::Denied, b"next".as_slice()));
        assert!(store.claim_connect_session(who.organization, id, fixture.clock.now().plus_millis(9)).await.unwrap());
    }

    async fn an_organization_shows_itself_as_it_was_told_to(fixture: Fixture) {
        let (store, who) = (&fixture.store, tenant(&fixture.store).await);
        assert_eq!(store.brand(who.organization).await.unwrap(), Brand::default());
        let change = OrganizationChange { name: Some("ACME".to_owned()), accent: Some("#123456".to_owned()), logo: None };
        store.change_organization(who.organization, change).await.unwrap();
        assert_eq!(store.brand(who.organization).await.unwrap().accent, "#123456");
        assert_eq!(store.organization(who.organization).await.unwrap().unwrap().name, "ACME");
        assert_eq!(store.brand(STRANGER.organization).await.unwrap(), Brand::default());
    }
}
