use std::time::Duration;

use ligand_model::id::{AccountId, ElementId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::Clock;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{STRANGER, document, new_instance, tenant};
use crate::applications::Application;
use crate::changes::Change;
use crate::identity::Identity;
use crate::oauth_states::{OauthOutcome, OauthRedemption, OauthState, REDEEM_WITHIN_MS};
use crate::testing::{Fixture, TestDatabase, open};
use crate::{Error, for_each_backend};

fn application(element: i64, secret: &str) -> Application {
    Application {
        element: ElementId(element),
        api_key: "key".to_owned(),
        api_secret: SecretString::from(secret.to_owned()),
        callback_url: "https://example.com/callback".to_owned(),
        scope: "full".to_owned(),
    }
}

async fn begin(fixture: &Fixture, who: Identity) {
    let state = OauthState {
        digest: TokenDigest::of("state"),
        secret_digest: TokenDigest::of("secret"),
        organization: who.organization,
        user: who.user,
        element: ElementId(23),
        payload: Zeroizing::new(b"{}".to_vec()),
        expires: fixture.clock.now().plus_millis(1000),
    };
    fixture.store.insert_oauth_state(state).await.unwrap();
}

fn code() -> OauthOutcome {
    OauthOutcome::Code("code".to_owned())
}

for_each_backend! {
    async fn an_application_is_kept_once_an_element(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let organization = made.organization;
        store.put_application(organization, application(85, "a")).await.unwrap();
        store.put_application(organization, application(23, "b")).await.unwrap();
        store.put_application(organization, application(85, "c")).await.unwrap();
        let found = store.application(organization, ElementId(85)).await.unwrap().unwrap();
        assert_eq!(found.api_secret.expose_secret(), "c");
        assert_eq!(found.callback_url, "https://example.com/callback");
        let all = store.applications(organization).await.unwrap();
        assert_eq!(all.iter().map(|one| one.element.0).collect::<Vec<_>>(), [23, 85]);
    }

    async fn an_application_of_another_organization_is_not_there(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        store.put_application(made.organization, application(85, "a")).await.unwrap();
        let (other, element) = (STRANGER.organization, ElementId(85));
        assert!(store.application(other, element).await.unwrap().is_none());
        assert!(store.applications(other).await.unwrap().is_empty());
        assert!(!store.delete_application(other, element).await.unwrap());
        assert!(store.delete_application(made.organization, element).await.unwrap());
        assert!(!store.delete_application(made.organization, element).await.unwrap());
    }

    async fn imported_elements_count_from_ten_thousand(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (organization, account) = (made.organization, made.account);
        let first = store.insert_element(organization, account, "one", b"{\"a\":1}").await.unwrap();
        assert_eq!(first, ElementId(10_000));
        let again = store.insert_element(organization, account, "one", b"{}").await;
        assert!(matches!(again, Err(Error::Conflict { .. })));
        let second = store.insert_element(organization, account, "two", b"{}").await.unwrap();
        assert_eq!(second, ElementId(10_001));
        let found = store.element(organization, first).await.unwrap().unwrap();
        assert_eq!((found.key.as_str(), found.json.as_slice()), ("one", b"{\"a\":1}".as_slice()));
        assert!(found.active);
        assert_eq!(store.element_by_key(organization, "one").await.unwrap(), Some(found));
        assert_eq!(store.elements(organization).await.unwrap().len(), 2);
    }

    async fn an_element_is_switched_off_and_deleted(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let organization = made.organization;
        let id = store.insert_element(organization, made.account, "one", b"{}").await.unwrap();
        assert!(store.set_element_active(organization, id, false).await.unwrap());
        assert!(!store.element(organization, id).await.unwrap().unwrap().active);
        let document = document("x");
        let mut new = new_instance(made, "1", &[], "t", &document);
        new.element = id;
        let instance = store.insert_instance(new).await.unwrap();
        let refused = store.delete_element(organization, id).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })));
        store.delete_instance(organization, instance.id).await.unwrap();
        assert!(store.delete_element(organization, id).await.unwrap());
        assert!(!store.delete_element(organization, id).await.unwrap());
    }

    async fn an_element_of_another_organization_is_not_there(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (other, own) = (STRANGER.organization, made.organization);
        let id = store.insert_element(own, made.account, "one", b"{}").await.unwrap();
        assert_eq!(store.element(other, id).await.unwrap(), None);
        assert_eq!(store.element_by_key(other, "one").await.unwrap(), None);
        assert!(store.elements(other).await.unwrap().is_empty());
        assert!(!store.set_element_active(other, id, false).await.unwrap());
        assert!(!store.delete_element(other, id).await.unwrap());
        // The key is free there.
        store.insert_element(other, AccountId(1), "one", b"{}").await.unwrap();
    }

    async fn a_state_is_used_once_and_redeemed_once(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        begin(&fixture, made).await;
        let (state, secret) = (TokenDigest::of("state"), TokenDigest::of("secret"));
        let (own, now) = (made.organization, fixture.clock.now());
        let waiting = store.redeem_oauth_state(own, secret, now).await.unwrap();
        assert!(matches!(waiting, Some(OauthRedemption::Pending)));
        let seen = store.oauth_state(state, now).await.unwrap().unwrap();
        assert_eq!((seen.organization, seen.payload.as_slice()), (own, b"{}".as_slice()));
        assert!(store.complete_oauth_state(state, code(), now).await.unwrap().is_some());
        assert!(store.complete_oauth_state(state, code(), now).await.unwrap().is_none());
        assert!(store.oauth_state(state, now).await.unwrap().is_none());
        let redeemed = store.redeem_oauth_state(own, secret, now).await.unwrap();
        let Some(OauthRedemption::Redeemed { state, outcome }) = redeemed else {
            panic!("not redeemed")
        };
        assert_eq!((state.user, outcome), (made.user, code()));
        assert!(store.redeem_oauth_state(own, secret, now).await.unwrap().is_none());
    }

    async fn a_state_of_another_organization_is_not_redeemed(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        begin(&fixture, made).await;
        let now = fixture.clock.now();
        store.complete_oauth_state(TokenDigest::of("state"), code(), now).await.unwrap();
        let (other, secret) = (STRANGER.organization, TokenDigest::of("secret"));
        assert!(store.redeem_oauth_state(other, secret, now).await.unwrap().is_none());
    }

    async fn a_state_expires_before_and_after_the_answer(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        begin(&fixture, made).await;
        let (state, secret) = (TokenDigest::of("state"), TokenDigest::of("secret"));
        let start = fixture.clock.now();
        let late = start.plus_millis(1000);
        assert!(store.complete_oauth_state(state, code(), late).await.unwrap().is_none());
        assert!(store.complete_oauth_state(state, code(), start).await.unwrap().is_some());
        let late = start.plus_millis(REDEEM_WITHIN_MS);
        assert!(store.redeem_oauth_state(made.organization, secret, late).await.unwrap().is_none());
        assert_eq!(store.prune_expired(late).await.unwrap(), 1);
    }

    async fn of_callbacks_at_once_one_uses_the_state(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        begin(&fixture, made).await;
        let now = fixture.clock.now();
        let mut callbacks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = fixture.store.clone();
            callbacks.spawn(async move {
                store.complete_oauth_state(TokenDigest::of("state"), code(), now).await.unwrap()
            });
        }
        assert_eq!(callbacks.join_all().await.into_iter().flatten().count(), 1);
    }
}

/// `ligand keys shred` runs beside a server that has just started.
#[tokio::test]
async fn what_another_process_wrote_before_the_feed_was_first_read_is_heard() {
    let database = TestDatabase::sqlite().unwrap();
    let fixture = Fixture::open(database).await.unwrap();
    let mut changes = fixture.store.changes();
    let other = open(&fixture.database, &fixture.clock, Fixture::root_key())
        .await
        .unwrap();
    tenant(&other).await;
    let heard = tokio::time::timeout(Duration::from_secs(10), changes.next()).await;
    assert_eq!(heard.unwrap(), Some(Change::Everything));
}
