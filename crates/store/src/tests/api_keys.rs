use std::collections::BTreeSet;

use ligand_model::id::{ElementId, OrganizationId};
use ligand_model::secret::{ApiKeySecret, TokenDigest};
use ligand_model::time::Clock as _;

use super::tenant;
use crate::api_keys::{KeyForm, Permission, Scope};
use crate::for_each_backend;

fn form() -> KeyForm {
    KeyForm {
        name: "CI".to_owned(),
        permission: Permission {
            scopes: BTreeSet::from([Scope::Read, Scope::Provision]),
            elements: BTreeSet::from([ElementId(23), ElementId(10_001)]),
            tags: BTreeSet::from(["acme inc".to_owned(), "b".to_owned()]),
        },
        expires: None,
    }
}

for_each_backend! {
    async fn a_key_is_found_by_its_secret_and_comes_back_as_it_was_made(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let secret = ApiKeySecret::new("lgk_first");
        let id = store
            .insert_api_key(made.organization, made.user, form(), &secret, 1)
            .await
            .unwrap()
            .unwrap();
        let holder = store.api_key_holder(secret.digest()).await.unwrap().unwrap();
        assert_eq!((holder.id, &holder.permission), (id, &form().permission));
        assert_eq!(holder.caller.user, made.user);
        let listed = store.api_keys(made.organization).await.unwrap();
        assert_eq!(listed[0].permission, form().permission);
        assert_eq!(listed[0].secrets[0].hint, "irst");
        let more = store.insert_api_key(made.organization, made.user, form(), &secret, 1).await;
        assert_eq!(more.unwrap(), None, "one is the most");
        assert!(store.api_keys(OrganizationId(1)).await.unwrap().is_empty());
        assert!(store.api_key_holder(TokenDigest::of("lgk_other")).await.unwrap().is_none());
    }

    async fn at_most_two_secrets_live_and_the_former_ends_in_time(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let secrets = ["lgk_1", "lgk_2", "lgk_3"].map(ApiKeySecret::new);
        let [first, second, third] = &secrets;
        let id = store
            .insert_api_key(made.organization, made.user, form(), first, 9)
            .await
            .unwrap()
            .unwrap();
        let ends = fixture.clock.now().plus_millis(1000);
        assert!(store.rotate_api_key(made.organization, id, second, ends).await.unwrap());
        let lives = async |secret: &ApiKeySecret| {
            store.api_key_holder(secret.digest()).await.unwrap().is_some()
        };
        assert!(lives(first).await && lives(second).await);
        assert!(store.rotate_api_key(made.organization, id, third, ends).await.unwrap());
        assert!(!lives(first).await && lives(second).await && lives(third).await);
        fixture.clock.advance(1000);
        assert!(!lives(second).await && lives(third).await);
        // Nobody rotates, uses or deletes what is another organization's.
        let other = OrganizationId(1);
        assert!(!store.rotate_api_key(other, id, first, ends).await.unwrap());
        assert!(!store.delete_api_key(other, id).await.unwrap());
        assert!(!store.update_api_key(other, id, form()).await.unwrap());
        assert!(store.delete_api_key(made.organization, id).await.unwrap());
        assert!(!lives(third).await);
    }

    async fn the_last_use_only_moves_forward(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        let secret = ApiKeySecret::new("lgk_1");
        let id = store
            .insert_api_key(made.organization, made.user, form(), &secret, 9)
            .await
            .unwrap()
            .unwrap();
        let now = fixture.clock.now();
        for (when, kept) in [(now, now), (now.plus_millis(-5), now)] {
            let used = vec![(made.organization, secret.digest(), when)];
            store.note_api_keys_used(used).await.unwrap();
            let found = store.api_key(made.organization, id).await.unwrap().unwrap();
            assert_eq!(found.secrets[0].last_used, Some(kept));
        }
    }
}
