use ligand_model::id::{AccountId, ElementId};

use super::{STRANGER, document, new_instance, tenant};
use crate::elements::KEPT_VERSIONS;
use crate::for_each_backend;
use crate::instances::InstanceChange;

for_each_backend! {
    async fn a_changed_element_is_a_new_version_and_the_former_stays(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, user) = (made.organization, made.user);
        let id = store.insert_element(own, made.account, "one", b"{\"v\":1}").await.unwrap();
        assert_eq!(store.update_element(own, id, 1, user, b"{\"v\":2}").await.unwrap(), Some(2));
        // Whoever read the former version must read again.
        assert_eq!(store.update_element(own, id, 1, user, b"{}").await.unwrap(), None);
        assert_eq!(store.update_element(own, id, 2, user, b"{\"v\":3}").await.unwrap(), Some(3));
        for version in 1..=3 {
            let at = store.element_at(own, id, version).await.unwrap().unwrap();
            assert_eq!((at.version, at.json), (version, format!("{{\"v\":{version}}}").into_bytes()));
        }
        assert_eq!(store.element_at(own, id, 4).await.unwrap(), None);
        let newest = store.element(own, id).await.unwrap().unwrap();
        assert_eq!((newest.version, newest.json.as_slice()), (3, b"{\"v\":3}".as_slice()));
        let head = store.element_head_by_key(own, "one").await.unwrap().unwrap();
        assert_eq!((head.id, head.version, head.active), (id, 3, true));
        assert_eq!(store.element_heads(own).await.unwrap(), [head]);
        let versions = store.element_versions(own, id).await.unwrap();
        let makers: Vec<_> = versions.iter().map(|one| (one.version, one.created_by)).collect();
        assert_eq!(makers, [(1, None), (2, Some(user)), (3, Some(user))]);
    }

    async fn an_instance_stays_on_its_version_until_it_is_moved(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let id = store.insert_element(own, made.account, "one", b"{}").await.unwrap();
        let document = document("x");
        let mut new = new_instance(made, "1", &[], "t", &document);
        new.element = id;
        let instance = store.insert_instance(new).await.unwrap();
        store.update_element(own, id, 1, made.user, b"{}").await.unwrap();
        let stays = store.instance(own, instance.id).await.unwrap().unwrap().instance;
        assert_eq!((stays.element, stays.element_version), (id, 1));
        let counts = |versions: Vec<crate::elements::ElementVersion>| {
            versions.iter().map(|one| one.instances).collect::<Vec<_>>()
        };
        assert_eq!(counts(store.element_versions(own, id).await.unwrap()), [1, 0]);
        let change = InstanceChange { element_version: Some(2), ..InstanceChange::default() };
        let moved = store.update_instance(own, instance.id, stays.version, change).await.unwrap();
        assert_eq!(moved.unwrap().instance.element_version, 2);
        assert_eq!(counts(store.element_versions(own, id).await.unwrap()), [0, 1]);
    }

    async fn old_versions_go_unless_an_instance_runs_them(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let id = store.insert_element(own, made.account, "one", b"{}").await.unwrap();
        store.update_element(own, id, 1, made.user, b"{}").await.unwrap();
        let document = document("x");
        let mut new = new_instance(made, "1", &[], "t", &document);
        (new.element, new.element_version) = (id, 2);
        store.insert_instance(new).await.unwrap();
        for version in 2..KEPT_VERSIONS + 4 {
            store.update_element(own, id, version, made.user, b"{}").await.unwrap().unwrap();
        }
        let kept: Vec<i64> =
            store.element_versions(own, id).await.unwrap().iter().map(|one| one.version).collect();
        assert_eq!(kept[..2], [2, 4]);
        assert_eq!(kept.last(), Some(&(KEPT_VERSIONS + 4)));
        assert_eq!(store.element_at(own, id, 3).await.unwrap(), None);
        assert!(store.element_at(own, id, 2).await.unwrap().is_some());
    }

    async fn versions_of_another_organization_are_not_there(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, other) = (made.organization, STRANGER.organization);
        let id = store.insert_element(own, made.account, "one", b"{}").await.unwrap();
        store.update_element(own, id, 1, made.user, b"{}").await.unwrap();
        assert_eq!(store.element_at(other, id, 1).await.unwrap(), None);
        assert_eq!(store.element_at(other, id, 2).await.unwrap(), None);
        assert!(store.element_versions(other, id).await.unwrap().is_empty());
        assert_eq!(store.element_head(other, id).await.unwrap(), None);
        assert_eq!(store.element_head_by_key(other, "one").await.unwrap(), None);
        assert!(store.element_heads(other).await.unwrap().is_empty());
        assert_eq!(store.update_element(other, id, 2, made.user, b"{}").await.unwrap(), None);
    }

    async fn versions_go_with_their_element(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let id = store.insert_element(own, made.account, "one", b"{}").await.unwrap();
        store.update_element(own, id, 1, made.user, b"{}").await.unwrap();
        assert!(store.delete_element(own, id).await.unwrap());
        assert!(store.element_versions(own, id).await.unwrap().is_empty());
        assert_eq!(store.element_at(own, id, 1).await.unwrap(), None);
    }

    async fn an_extension_is_one_accounts_own(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, account, sfdc) = (made.organization, made.account, ElementId(23));
        assert_eq!(store.extension(own, account, sfdc).await.unwrap(), None);
        assert!(store.put_extension(own, account, sfdc, 0, b"[1]").await.unwrap());
        // Whoever read that there was none must read again.
        assert!(!store.put_extension(own, account, sfdc, 0, b"[2]").await.unwrap());
        assert!(store.put_extension(own, account, sfdc, 1, b"[3]").await.unwrap());
        assert!(!store.put_extension(own, account, sfdc, 1, b"[4]").await.unwrap());
        let found = store.extension(own, account, sfdc).await.unwrap().unwrap();
        assert_eq!((found.version, found.json.as_slice()), (2, b"[3]".as_slice()));
        let (stranger, theirs) = (STRANGER.organization, STRANGER.account);
        assert_eq!(store.extension(own, AccountId(99), sfdc).await.unwrap(), None);
        assert_eq!(store.extension(stranger, account, sfdc).await.unwrap(), None);
        assert!(!store.put_extension(stranger, theirs, sfdc, 2, b"[5]").await.unwrap());
        assert_eq!(store.extension(own, account, ElementId(27)).await.unwrap(), None);
    }
}
