use ligand_model::id::{AccountId, ElementId, InstanceId, VdrId};
use ligand_model::level::{Level, Owner};
use serde_json::{Value, json};

use super::{SECRET, STRANGER, document, new_instance, tenant};
use crate::for_each_backend;
use crate::transformations::{Change, TransformationChange};

const SFDC: ElementId = ElementId(23);

fn fields(paths: &[&str]) -> Vec<Value> {
    paths.iter().map(|path| json!({"path": path})).collect()
}

fn new(name: &str, parts: Vec<(Owner, Option<Vec<Value>>)>, mapped: Vec<(Owner, Value)>) -> Change {
    Change {
        parts,
        transformations: mapped
            .into_iter()
            .map(|(owner, body)| TransformationChange::Insert(SFDC, owner, body))
            .collect(),
        ..Change::new(name)
    }
}

for_each_backend! {
    async fn a_name_has_fields_and_transformations_by_level(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, account) = (made.organization, made.account);
        let document = document("x");
        let instance = store.insert_instance(new_instance(made, "1", &[], "t", &document)).await.unwrap();
        let other_account = Owner { level: Level::Account, id: 99 };
        let change = new(
            "person",
            vec![
                (own.into(), Some(fields(&["id", "mail"]))),
                (account.into(), Some(fields(&["name"]))),
                (instance.id.into(), Some(fields(&[]))),
                (other_account, Some(fields(&["hidden"]))),
            ],
            vec![
                (own.into(), json!({"script": SECRET})),
                (account.into(), json!({"a": 2})),
                (instance.id.into(), json!({"a": 3})),
                (other_account, json!({"a": 4})),
            ],
        );
        let ids = store.change_vdrs(own, vec![change]).await.unwrap().unwrap();
        assert_eq!(ids, [VdrId(1)]);
        let vdr = store.vdr_by_name(own, "person").await.unwrap().unwrap();
        assert_eq!((vdr.id, vdr.version), (VdrId(1), 1));
        assert_eq!(store.vdr(own, vdr.id).await.unwrap().as_ref(), Some(&vdr));
        assert_eq!(store.vdrs(own).await.unwrap().len(), 1);
        let seen = store.vdr_parts(own, account, Some(vdr.id)).await.unwrap();
        let ids: Vec<_> = seen.iter().flat_map(|part| &part.fields).map(|field| field["id"].clone()).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(seen.len(), 3);
        assert_eq!(store.vdr_parts(own, account, None).await.unwrap(), seen);
        assert_eq!(store.vdr_parts_of(own, account.into()).await.unwrap(), seen[1..2]);
        let mapped = store.transformations(own, account, Some(vdr.id)).await.unwrap();
        let bodies: Vec<_> = mapped.iter().map(|row| (row.owner.level, row.body.clone())).collect();
        assert_eq!(bodies, [
            (Level::Organization, json!({"script": SECRET})),
            (Level::Account, json!({"a": 2})),
            (Level::Instance, json!({"a": 3})),
        ]);
        assert_eq!(store.transformations_shared(own, account, SFDC).await.unwrap(), mapped[..2]);
        assert_eq!(store.transformations_shared(own, account, ElementId(1)).await.unwrap(), []);
        assert_eq!(store.transformations_of(own, instance.id.into()).await.unwrap(), mapped[2..]);
    }

    async fn what_an_instance_has_of_its_own_goes_with_it(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let document = document("x");
        let instance = store.insert_instance(new_instance(made, "1", &[], "t", &document)).await.unwrap();
        let of: Owner = instance.id.into();
        let parts = |owner: Owner| (owner, Some(fields(&["id"])));
        let shared = new("shared", vec![parts(own.into()), parts(of)], vec![(own.into(), json!({})), (of, json!({}))]);
        let alone = new("alone", vec![parts(of)], vec![(of, json!({}))]);
        store.change_vdrs(own, vec![shared, alone]).await.unwrap();
        let read = store.vdr_by_name(own, "shared").await.unwrap().unwrap();
        // A stranger's call deletes nothing.
        assert!(!store.delete_instance(STRANGER.organization, instance.id).await.unwrap());
        assert_eq!(store.transformations_of(own, of).await.unwrap().len(), 2);
        assert!(store.delete_instance(own, instance.id).await.unwrap());
        assert_eq!(store.transformations_of(own, of).await.unwrap(), []);
        assert_eq!(store.vdr_parts_of(own, of).await.unwrap(), []);
        // What others have stays; a name that only the instance had is free again.
        assert_eq!(store.transformations_of(own, own.into()).await.unwrap().len(), 1);
        assert_eq!(store.vdr_parts_of(own, own.into()).await.unwrap().len(), 1);
        assert_eq!(store.vdr_by_name(own, "alone").await.unwrap(), None);
        // A writer that read the name before must read it again.
        assert_eq!(store.change_vdrs(own, vec![Change::of(read)]).await.unwrap(), None);
    }

    async fn another_organization_sees_and_changes_nothing(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, other) = (made.organization, STRANGER.organization);
        let change = new("person", vec![(own.into(), Some(fields(&["id"])))], vec![(own.into(), json!({}))]);
        store.change_vdrs(own, vec![change]).await.unwrap();
        let vdr = store.vdr_by_name(own, "person").await.unwrap().unwrap();
        assert_eq!(store.vdrs(other).await.unwrap(), []);
        assert_eq!(store.vdr(other, vdr.id).await.unwrap(), None);
        assert_eq!(store.vdr_by_name(other, "person").await.unwrap(), None);
        assert_eq!(store.vdr_parts(other, made.account, Some(vdr.id)).await.unwrap(), []);
        assert_eq!(store.vdr_parts_of(other, own.into()).await.unwrap(), []);
        assert_eq!(store.transformations(other, made.account, None).await.unwrap(), []);
        assert_eq!(store.transformations_of(other, own.into()).await.unwrap(), []);
        assert_eq!(store.transformations_shared(other, made.account, SFDC).await.unwrap(), []);
        assert_eq!(store.change_vdrs(other, vec![Change::of(vdr)]).await.unwrap(), None);
    }

    async fn changes_are_made_whole_on_what_was_read(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let person = || new("person", vec![(own.into(), Some(fields(&["id"])))], vec![(own.into(), json!({}))]);
        store.change_vdrs(own, vec![person()]).await.unwrap();
        // The name is taken: nothing of the second change stays either.
        assert!(store.change_vdrs(own, vec![new("pet", vec![(own.into(), Some(fields(&["id"])))], vec![]), person()]).await.is_err());
        assert_eq!(store.vdr_by_name(own, "pet").await.unwrap(), None);
        let vdr = store.vdr_by_name(own, "person").await.unwrap().unwrap();
        let renamed = Change { name: "human".to_owned(), ..Change::of(vdr.clone()) };
        assert!(store.change_vdrs(own, vec![renamed.clone()]).await.unwrap().is_some());
        assert!(store.change_vdrs(own, vec![renamed]).await.unwrap().is_none());
        // A transformation moves to another name with its id; a name with nothing behind it is gone.
        let row = store.transformations_of(own, own.into()).await.unwrap().remove(0);
        let vdr = store.vdr(own, vdr.id).await.unwrap().unwrap();
        let leave = Change { parts: vec![(own.into(), None)], ..Change::of(vdr.clone()) };
        let arrive = Change {
            parts: vec![(own.into(), Some(fields(&["id"])))],
            transformations: vec![TransformationChange::Replace(row.id, json!({"moved": true}))],
            ..Change::new("animal")
        };
        store.change_vdrs(own, vec![arrive, leave]).await.unwrap().unwrap();
        let moved = store.transformations_of(own, own.into()).await.unwrap().remove(0);
        assert_eq!((moved.id, moved.name.as_str(), moved.body), (row.id, "animal", json!({"moved": true})));
        assert_eq!(store.vdr(own, vdr.id).await.unwrap(), None);
        let animal = store.vdr_by_name(own, "animal").await.unwrap().unwrap();
        let gone = Change {
            parts: vec![(own.into(), None)],
            transformations: vec![TransformationChange::Delete(row.id)],
            ..Change::of(animal)
        };
        store.change_vdrs(own, vec![gone]).await.unwrap().unwrap();
        assert_eq!(store.vdrs(own).await.unwrap(), []);
    }

    async fn an_accounts_instances_are_its_own(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let own = made.organization;
        let foreign = Owner::from(InstanceId(77));
        let change = new("person", vec![(foreign, Some(fields(&["id"])))], vec![(foreign, json!({}))]);
        store.change_vdrs(own, vec![change]).await.unwrap();
        assert_eq!(store.vdr_parts(own, made.account, None).await.unwrap(), []);
        assert_eq!(store.transformations(own, AccountId(5), None).await.unwrap(), []);
    }

    async fn snippets_are_kept_changed_and_deleted(fixture: Fixture) {
        let (store, made) = (&fixture.store, tenant(&fixture.store).await);
        let (own, other) = (made.organization, STRANGER.organization);
        let id = store.put_snippet(own, None, &json!({"name": "x"})).await.unwrap();
        assert_eq!(id, Some(1));
        assert_eq!(store.put_snippet(own, id, &json!({"name": "y"})).await.unwrap(), id);
        assert_eq!(store.put_snippet(other, id, &json!({})).await.unwrap(), None);
        let found = store.snippets(own, id).await.unwrap();
        assert_eq!(found[0].body, json!({"name": "y"}));
        assert_eq!(store.snippets(other, None).await.unwrap(), []);
        assert!(!store.delete_snippet(other, 1).await.unwrap());
        assert!(store.delete_snippet(own, 1).await.unwrap());
        assert!(!store.delete_snippet(own, 1).await.unwrap());
        assert_eq!(store.vdr_version(own).await.unwrap(), 2);
        store.set_vdr_version(own, 1).await.unwrap();
        assert_eq!((store.vdr_version(own).await.unwrap(), store.vdr_version(other).await.unwrap()), (1, 2));
    }
}
