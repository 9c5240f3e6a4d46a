use std::sync::{Arc, Mutex};

use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId};
use ligand_model::secret::{ElementToken, OrganizationSecret, TokenDigest, UserSecret};
use secrecy::{ExposeSecret as _, SecretString};

use super::{SECRET, document, new_instance, tenant};
use crate::applications::Application;
use crate::identity::{FirstUser, Identity};
use crate::sql::keys::ROOTS_IN_USE;
use crate::testing::{Fixture, open, open_with};
use crate::vault::sealed::{COLUMNS, Turn};
use crate::vault::{RootKey, RootKeys};
use crate::{Error, Store, for_each_backend};

/// Root keys that an operator changes while servers run.
#[derive(Default)]
struct Keeper(Mutex<Vec<RootKey>>);

impl RootKeys for Keeper {
    fn keys(&self) -> Result<Vec<RootKey>, Error> {
        Ok(self.0.lock().unwrap().clone())
    }
}

impl Keeper {
    fn holds(keys: &[u8]) -> Arc<Self> {
        let keeper = Self::default();
        keeper.set(keys);
        Arc::new(keeper)
    }

    fn set(&self, keys: &[u8]) {
        *self.0.lock().unwrap() = keys.iter().map(|byte| RootKey::new([*byte; 32])).collect();
    }
}

fn customer(name: &str) -> FirstUser {
    FirstUser {
        email: format!("{name}@example.com"),
        password_hash: String::new(),
        user_secret: UserSecret::new(format!("user-{name}")),
        organization_secret: OrganizationSecret::new(format!("organization-{name}")),
    }
}

/// One of everything that a rotation seals anew.
async fn fill(store: &Store, made: Identity, name: &str) {
    let organization = made.organization;
    for number in 0..3 {
        let document = document(&format!("{SECRET}-{name}-{number}"));
        let mut new = new_instance(made, "n", &[], "", &document);
        new.token = ElementToken::new(format!("{name}-{number}"));
        store.insert_instance(new).await.unwrap();
    }
    let application = Application {
        element: ElementId(85),
        api_key: "key".to_owned(),
        api_secret: SecretString::from(SECRET.to_owned()),
        callback_url: String::new(),
        scope: String::new(),
    };
    store
        .put_application(organization, application)
        .await
        .unwrap();
    let first = br#"{"version":1}"#;
    let element = store
        .insert_element(organization, made.account, "one", first)
        .await
        .unwrap();
    for version in [1, 2] {
        let json = format!("{{\"version\":{}}}", version + 1);
        store
            .update_element(organization, element, version, made.user, json.as_bytes())
            .await
            .unwrap()
            .unwrap();
    }
    let extension = store.put_extension(organization, made.account, ElementId(23), 0, b"[1]");
    assert!(extension.await.unwrap());
    let mut change = crate::transformations::Change::new("person");
    change.transformations = vec![crate::transformations::TransformationChange::Insert(
        ElementId(23),
        organization.into(),
        serde_json::json!({"script": SECRET}),
    )];
    store
        .change_vdrs(organization, vec![change])
        .await
        .unwrap()
        .unwrap();
}

/// Everything that `fill` made opens and says what it said.
async fn check(store: &Store, made: Identity, name: &str) {
    let organization = made.organization;
    for number in 0..3 {
        let token = format!("{name}-{number}");
        let found = store
            .instance_by_token(TokenDigest::of(&token))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            found.open().unwrap(),
            document(&format!("{SECRET}-{name}-{number}"))
        );
        let revealed = store
            .reveal_token(organization, found.instance.id)
            .await
            .unwrap();
        assert_eq!(revealed.unwrap().expose(), token);
    }
    let application = store
        .application(organization, ElementId(85))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(application.api_secret.expose_secret(), SECRET);
    let (user, of_organization) = store
        .reveal_secrets(organization, made.user)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.expose(), format!("user-{name}"));
    assert_eq!(of_organization.expose(), format!("organization-{name}"));
    let element = store
        .element_by_key(organization, "one")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(element.json, br#"{"version":3}"#);
    for version in [1, 2] {
        let former = store
            .element_at(organization, element.id, version)
            .await
            .unwrap();
        assert_eq!(
            former.unwrap().json,
            format!("{{\"version\":{version}}}").as_bytes()
        );
    }
    let extension = store
        .extension(organization, made.account, ElementId(23))
        .await
        .unwrap();
    assert_eq!(extension.unwrap().json, b"[1]");
    let vdr = store
        .vdr_by_name(organization, "person")
        .await
        .unwrap()
        .unwrap();
    let mapped = store
        .transformations(organization, AccountId(0), Some(vdr.id))
        .await
        .unwrap();
    assert!(format!("{mapped:?}").contains(SECRET));
}

/// How many values of an organization other keys than the present one sealed, column by column.
async fn elsewhere(store: &Store, organization: OrganizationId) -> Vec<String> {
    let key = store.data_key(organization).await.unwrap();
    let mut found = Vec::new();
    for sealed in COLUMNS {
        if let Turn::Reseal(how) = &sealed.turn {
            let present = key.id().to_be_bytes().to_vec();
            let values = [organization.0.into(), present.into(), 0.into()];
            let met = how.met;
            let rows = store.read(move |tx| tx.query(met, &values)).await.unwrap();
            found.extend(
                rows.iter()
                    .map(|_| format!("{}.{}", sealed.table, sealed.column)),
            );
        }
    }
    found.sort();
    found.dedup();
    found
}

async fn roots(store: &Store) -> usize {
    store
        .read(|tx| tx.query(&ROOTS_IN_USE, &[]))
        .await
        .unwrap()
        .len()
}

static SPOIL: crate::sql::Statement = crate::sql::Statement::new(
    "SPOIL",
    "UPDATE instances SET document = (SELECT o.document FROM instances o WHERE o.id = 1) WHERE id = 2",
);

for_each_backend! {
    async fn a_rotation_seals_everything_anew_under_new_keys_and_all_of_it_opens(fixture: Fixture) {
        let Fixture { store, clock, database } = fixture;
        let made = tenant(&store).await;
        store.close().await;
        let keeper = Keeper::holds(&[7]);
        let server = open_with(&database, &clock, keeper.clone()).await.unwrap();
        let other = server.insert_customer(customer("b")).await.unwrap();
        fill(&server, other, "b").await;
        let before = server.data_key(other.organization).await.unwrap().id();

        keeper.set(&[8, 7]);
        clock.advance(1000);
        let operator = open_with(&database, &clock, keeper.clone()).await.unwrap();
        let mut told = 0;
        let rotation = operator.rotate_keys(|_| told += 1).await.unwrap();
        assert_eq!((rotation.organizations, told, rotation.refused), (3, 3, 0));
        assert!(rotation.finished.is_some() && rotation.resealed >= 15, "{rotation:?}");
        assert_ne!(operator.data_key(other.organization).await.unwrap().id(), before);
        assert_eq!(elsewhere(&operator, other.organization).await, Vec::<String>::new());
        assert_eq!(elsewhere(&operator, made.organization).await, Vec::<String>::new());
        assert_eq!(roots(&operator).await, 1);

        // A server that was running all the time opens what was sealed anew, and the operator what it writes.
        check(&server, other, "b").await;
        let late = new_instance(other, "late", &[], "late", &document("late")).token;
        let value = document("late");
        let mut new = new_instance(other, "late", &[], "late", &value);
        new.token = late.clone();
        server.insert_instance(new).await.unwrap();
        assert!(operator.instance_by_token(late.digest()).await.unwrap().unwrap().open().is_ok());
        server.close().await;
        operator.close().await;

        // The former root key is of no use any more.
        let former = open(&database, &clock, RootKey::new([7; 32])).await;
        assert!(matches!(former.err(), Some(Error::WrongRootKey)));
        let reopened = open(&database, &clock, RootKey::new([8; 32])).await.unwrap();
        check(&reopened, other, "b").await;
        reopened.close().await;
    }

    async fn an_interrupted_rotation_goes_on_where_it_stood(fixture: Fixture) {
        let store = &fixture.store;
        tenant(store).await;
        let mut made = Vec::new();
        for name in ["a", "b", "c"] {
            let identity = store.insert_customer(customer(name)).await.unwrap();
            fill(store, identity, name).await;
            made.push((identity, name));
        }
        fixture.clock.advance(1000);
        // Given up after the third of five organizations, as by a process that is killed.
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let rotating = store.clone();
        let task = tokio::spawn(async move {
            rotating.rotate_keys(|rotation| {
                if rotation.organizations == 3 {
                    tell.send(*rotation).unwrap();
                    panic!("killed");
                }
            }).await
        });
        let stood = told.recv().await.unwrap();
        assert!(task.await.unwrap_err().is_panic());
        let status = store.key_status().await.unwrap().rotation.unwrap();
        assert_eq!((status.finished, status.position), (None, stood.position));
        let done = store.data_key(made[0].0.organization).await.unwrap().id();

        let rotation = store.rotate_keys(|_| {}).await.unwrap();
        assert_eq!((rotation.id, rotation.organizations), (stood.id, 5));
        assert_eq!(store.data_key(made[0].0.organization).await.unwrap().id(), done, "rotated twice");
        for (identity, name) in made {
            check(store, identity, name).await;
            assert_eq!(elsewhere(store, identity.organization).await, Vec::<String>::new());
        }
        fixture.clock.advance(1000);
        assert_eq!(store.rotate_keys(|_| {}).await.unwrap().id, stood.id + 1);
    }

    async fn what_does_not_open_is_left_and_counted(fixture: Fixture) {
        let store = &fixture.store;
        let made = tenant(store).await;
        for number in 0..3 {
            let value = document("x");
            let token = format!("t{number}");
            store.insert_instance(new_instance(made, "n", &[], &token, &value)).await.unwrap();
        }
        store.write(|tx| tx.execute(&SPOIL, &[])).await.unwrap();
        fixture.clock.advance(1000);
        let rotation = store.rotate_keys(|_| {}).await.unwrap();
        assert_eq!(rotation.refused, 1);
        assert_eq!(elsewhere(store, made.organization).await, ["instances.document"]);
        let third = store.instance(made.organization, InstanceId(3)).await.unwrap().unwrap();
        assert!(third.open().is_ok());
    }

    async fn a_shredded_organization_is_shut_and_nothing_of_it_opens(fixture: Fixture) {
        let store = &fixture.store;
        let kept = tenant(store).await;
        let gone = store.insert_customer(customer("b")).await.unwrap();
        fill(store, gone, "b").await;
        let value = document("kept");
        store.insert_instance(new_instance(kept, "n", &[], "kept", &value)).await.unwrap();
        let sealed = store.instance_by_token(TokenDigest::of("b-0")).await.unwrap().unwrap();

        assert!(store.shred_organization(gone.organization).await.unwrap());
        let found = store.instance_by_token(TokenDigest::of("b-0")).await;
        assert!(matches!(found, Err(Error::Sealed { .. })), "its key is gone");
        let caller = store.caller_of_user(UserSecret::new("user-b").digest()).await.unwrap();
        assert!(caller.is_none());
        let place = sealed.sealed.to_vec();
        let fixture = fixture.reopen().await.unwrap();
        let store = &fixture.store;
        assert!(matches!(store.data_key(gone.organization).await, Err(Error::NoDataKey { .. })));
        assert!(!place.is_empty());
        let other = store.instance_by_token(TokenDigest::of("kept")).await.unwrap().unwrap();
        assert_eq!(other.open().unwrap(), value);
        // Neither the system's own nor one that is not there.
        assert!(!store.shred_organization(OrganizationId(1)).await.unwrap());
        assert!(!store.shred_organization(OrganizationId(99)).await.unwrap());
        // A rotation passes it by.
        fixture.clock.advance(1000);
        assert_eq!(store.rotate_keys(|_| {}).await.unwrap().refused, 0);
    }
}
