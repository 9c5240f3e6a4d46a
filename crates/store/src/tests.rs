//! The contract that both engines meet, and what is special about each.

use std::collections::BTreeMap;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, OrganizationId, UserId};
use ligand_model::secret::{ElementToken, OrganizationSecret, UserSecret};

use crate::Store;
use crate::identity::{FirstUser, Identity};
use crate::instances::NewInstance;

mod api_keys;
mod at_rest;
mod condition;
mod connect;
mod custody;
mod elements;
mod grants;
mod identity;
mod instances;
mod keys;
mod migrations;
mod others;
mod rates;
mod statements;
mod tls;
mod transactions;
mod transformations;
mod upgrades;
mod usage;

/// What no file and no row may hold in clear.
const SECRET: &str = "s3cret-value-of-a-vendor";

fn first_user() -> FirstUser {
    FirstUser {
        email: "Admin@Example.com".to_owned(),
        password_hash: "$argon2id$fake".to_owned(),
        user_secret: UserSecret::new("user-secret"),
        organization_secret: OrganizationSecret::new("organization-secret"),
    }
}

/// The first customer.
async fn tenant(store: &Store) -> Identity {
    store.bootstrap(first_user()).await.unwrap().unwrap()
}

/// The system organization, which is as foreign to the customer as any.
const STRANGER: Identity = Identity {
    organization: OrganizationId(1),
    account: AccountId(1),
    user: UserId(1),
};

fn document(secret: &str) -> InstanceDocument {
    InstanceDocument {
        values: BTreeMap::from([("oauth.user.token".to_owned(), secret.to_owned())]),
        hosts: vec!["api.example.com".to_owned()],
    }
}

fn new_instance<'a>(
    owner: Identity,
    name: &str,
    tags: &[&str],
    token: &str,
    document: &'a InstanceDocument,
) -> NewInstance<'a> {
    NewInstance {
        organization: owner.organization,
        account: owner.account,
        user: owner.user,
        element: ElementId(23),
        element_version: 1,
        name: name.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        external_authentication: "none".to_owned(),
        document,
        refresh_due: None,
        token: ElementToken::new(token),
    }
}
