use ligand_model::id::{AccountId, OrganizationId, UserId};
use ligand_model::secret::{OrganizationSecret, SessionToken, TokenDigest, UserSecret};
use ligand_model::time::{Clock, Timestamp};

use super::{STRANGER, first_user, tenant};
use crate::for_each_backend;
use crate::identity::Identity;

for_each_backend! {
    async fn the_first_customer_has_ids_two(fixture: Fixture) {
        let made = fixture.store.bootstrap(first_user()).await.unwrap();
        let two = Identity {
            organization: OrganizationId(2),
            account: AccountId(2),
            user: UserId(2),
        };
        assert_eq!(made, Some(two));
    }

    async fn a_database_is_bootstrapped_once(fixture: Fixture) {
        tenant(&fixture.store).await;
        assert_eq!(fixture.store.bootstrap(first_user()).await.unwrap(), None);
        let fixture = fixture.reopen().await.unwrap();
        assert_eq!(fixture.store.bootstrap(first_user()).await.unwrap(), None);
    }

    async fn both_secrets_name_the_caller(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let first = first_user();
        let (user, organization) = (first.user_secret.digest(), first.organization_secret.digest());
        let caller = store.caller(user, organization).await.unwrap().unwrap();
        assert_eq!(caller.user, made.user);
        assert_eq!(caller.email, "admin@example.com");
        assert!(caller.organization_admin && caller.user_active && caller.account_active);
        assert_eq!(store.caller_of_user(user).await.unwrap(), Some(caller));
        assert_eq!(store.caller(user, TokenDigest::of("other")).await.unwrap(), None);
        assert_eq!(store.caller(organization, user).await.unwrap(), None);
        assert_eq!(store.caller_of_user(TokenDigest::of("")).await.unwrap(), None);
    }

    async fn a_user_is_found_by_address_in_any_case(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let user = fixture.store.user_by_email("ADMIN@example.COM ").await.unwrap().unwrap();
        assert_eq!(user.caller.user, made.user);
        assert_eq!(user.password_hash, "$argon2id$fake");
        assert!(user.must_change_password);
        assert_eq!(user.last_login, None);
        assert_eq!(user.created, fixture.clock.now());
        assert_eq!(fixture.store.user_by_email("nobody@example.com\0").await.unwrap(), None);
    }

    async fn the_system_user_cannot_sign_in(fixture: Fixture) {
        tenant(&fixture.store).await;
        let user = fixture.store.user_by_email("system").await.unwrap().unwrap();
        assert_eq!(user.password_hash, "");
        let secrets = fixture.store.reveal_secrets(STRANGER.organization, STRANGER.user).await;
        assert!(secrets.unwrap().is_none());
    }

    async fn a_changed_password_lifts_the_demand(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let store = &fixture.store;
        assert!(store.set_password(made.organization, made.user, "new").await.unwrap());
        assert!(store.record_login(made.organization, made.user).await.unwrap());
        let user = store.user(made.organization, made.user).await.unwrap().unwrap();
        assert_eq!(user.password_hash, "new");
        assert!(!user.must_change_password);
        assert_eq!(user.last_login, Some(fixture.clock.now()));
        assert_eq!(user.organization_name, "Default");
    }

    async fn a_user_of_another_organization_is_not_there(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let (store, other) = (&fixture.store, STRANGER.organization);
        assert_eq!(store.user(other, made.user).await.unwrap(), None);
        assert!(!store.set_password(other, made.user, "new").await.unwrap());
        assert!(!store.record_login(other, made.user).await.unwrap());
        assert!(store.reveal_secrets(other, made.user).await.unwrap().is_none());
    }

    async fn secrets_are_revealed_after_reopening(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let fixture = fixture.reopen().await.unwrap();
        let (user, organization) =
            fixture.store.reveal_secrets(made.organization, made.user).await.unwrap().unwrap();
        assert_eq!(user.digest(), UserSecret::new("user-secret").digest());
        let expected = OrganizationSecret::new("organization-secret").digest();
        assert_eq!(organization.digest(), expected);
    }

    async fn a_session_ends_at_its_time(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let store = &fixture.store;
        let digest = SessionToken::new("session").digest();
        let expires = fixture.clock.now().plus_millis(1000);
        store.insert_session(digest, made.organization, made.user, expires).await.unwrap();
        let held = store.session(digest).await.unwrap().unwrap();
        assert_eq!(held.caller.user, made.user);
        assert_eq!(held.begun, fixture.clock.now());
        fixture.clock.advance(1000);
        assert_eq!(store.session(digest).await.unwrap(), None);
        assert_eq!(store.prune_expired(fixture.clock.now()).await.unwrap(), 1);
    }

    async fn sessions_of_a_user_end_together(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let (store, never) = (&fixture.store, Timestamp(i64::MAX));
        let digest = TokenDigest::of("session");
        store.insert_session(digest, made.organization, made.user, never).await.unwrap();
        let foreign = store.delete_sessions(STRANGER.organization, made.user).await.unwrap();
        assert_eq!(foreign, 0);
        assert_eq!(store.delete_sessions(made.organization, made.user).await.unwrap(), 1);
        assert_eq!(store.session(digest).await.unwrap(), None);
    }

    async fn an_organization_has_a_name(fixture: Fixture) {
        let made = tenant(&fixture.store).await;
        let found = fixture.store.organization(made.organization).await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (made.organization, "Default"));
        assert_eq!(fixture.store.organization(OrganizationId(9)).await.unwrap(), None);
    }
}
