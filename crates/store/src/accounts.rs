//! Accounts of an organization and their users. What is deleted stays as a row, for what refers to it.

use std::sync::Arc;

use ligand_model::id::{AccountId, InstanceId, OrganizationId, UserId};
use ligand_model::secret::UserSecret;
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Row;
use crate::changes::Change;
use crate::error::Error;
use crate::identity::user_place;
use crate::sql::accounts as sql;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The application's own id for it.
    pub external_id: String,
    /// Whether it is the organization's own.
    pub default: bool,
    /// False when it was switched off.
    pub active: bool,
    /// Whether it was deleted; it can be switched on again.
    pub deleted: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last written; at the epoch when never.
    pub updated: Timestamp,
}

/// A user of an account, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Its account.
    pub account: AccountId,
    /// Address, in lower case.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The application's own id for it.
    pub external_id: String,
    /// Whether it administers the organization.
    pub organization_admin: bool,
    /// Keys of its roles.
    pub roles: Vec<String>,
    /// False when it was switched off.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The last sign-in; none yet when `None`.
    pub last_login: Option<Timestamp>,
}

/// A user to be made.
#[derive(Debug)]
pub struct NewUser {
    /// Address; kept in lower case.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The application's own id for it.
    pub external_id: String,
    /// The password's hash; empty for one who cannot sign in.
    pub password_hash: String,
    /// Whether it administers the organization.
    pub organization_admin: bool,
    /// Keys of its roles.
    pub roles: Vec<String>,
    /// What it calls with.
    pub secret: UserSecret,
}

impl Store {
    /// Every account of an organization, deleted ones too, by id.
    pub async fn accounts(&self, organization: OrganizationId) -> Result<Vec<Account>, Error> {
        let values = [organization.0.into()];
        self.read(move |tx| {
            tx.query(&sql::ACCOUNTS, &values)?
                .into_iter()
                .map(account)
                .collect()
        })
        .await
    }

    /// An account of an organization, deleted or not.
    pub async fn account(
        &self,
        organization: OrganizationId,
        id: AccountId,
    ) -> Result<Option<Account>, Error> {
        let values = [organization.0.into(), id.0.into()];
        self.read(move |tx| {
            tx.query_one(&sql::ACCOUNT, &values)?
                .map(account)
                .transpose()
        })
        .await
    }

    /// Whether any organization has an account of this id.
    pub async fn account_exists(&self, id: AccountId) -> Result<bool, Error> {
        let values = [id.0.into()];
        self.read(move |tx| Ok(tx.query_one(&sql::ANY_ACCOUNT, &values)?.is_some()))
            .await
    }

    /// Makes an account.
    pub async fn insert_account(
        &self,
        organization: OrganizationId,
        name: &str,
        description: &str,
        external_id: &str,
    ) -> Result<AccountId, Error> {
        let (name, description, external_id) = (
            name.to_owned(),
            description.to_owned(),
            external_id.to_owned(),
        );
        let now = self.now().0;
        self.write(move |tx| {
            let id = crate::next_id(tx, "account", 1)?;
            let values = [
                id.into(),
                organization.0.into(),
                name.into(),
                description.into(),
                external_id.into(),
                now.into(),
            ];
            tx.execute(&sql::NEW_ACCOUNT, &values)?;
            Ok(AccountId(id))
        })
        .await
    }

    /// Writes what can be changed of an account; false when there is none.
    pub async fn update_account(
        &self,
        organization: OrganizationId,
        account: &Account,
    ) -> Result<bool, Error> {
        let values = [
            organization.0.into(),
            account.id.0.into(),
            account.name.as_str().into(),
            account.description.as_str().into(),
            account.external_id.as_str().into(),
            account.active.into(),
            account.deleted.into(),
            self.now().0.into(),
        ];
        self.write(move |tx| {
            tx.announce(Change::Callers(organization))?;
            Ok(tx.execute(&sql::UPDATE_ACCOUNT, &values)? > 0)
        })
        .await
    }

    /// The users of an account, by id.
    pub async fn users_of(
        &self,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Vec<User>, Error> {
        let values = [organization.0.into(), account.0.into()];
        self.read(move |tx| {
            tx.query(&sql::USERS_OF_ACCOUNT, &values)?
                .into_iter()
                .map(user)
                .collect()
        })
        .await
    }

    /// A user of an organization by id or address.
    pub async fn user_of(
        &self,
        organization: OrganizationId,
        id_or_email: &str,
    ) -> Result<Option<User>, Error> {
        let id: i64 = id_or_email.parse().unwrap_or(-1);
        let values = [
            organization.0.into(),
            id.into(),
            id_or_email.trim().to_lowercase().into(),
        ];
        self.read(move |tx| {
            tx.query_one(&sql::USER_OF_ORGANIZATION, &values)?
                .map(user)
                .transpose()
        })
        .await
    }

    /// Whether a user of another organization has this id.
    pub async fn is_others_user(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<bool, Error> {
        let values = [id.0.into(), organization.0.into()];
        self.read(move |tx| Ok(tx.query_one(&sql::ANY_OTHERS_USER, &values)?.is_some()))
            .await
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Conflict`] for an address that is taken.
    pub async fn insert_user(
        &self,
        organization: OrganizationId,
        account: AccountId,
        new: NewUser,
    ) -> Result<UserId, Error> {
        let key = Arc::new(self.data_key(organization).await?);
        let now = self.now().0;
        self.write(move |tx| {
            let id = UserId(crate::next_id(tx, "user", 1)?);
            let sealed = key.seal(
                &user_place(organization, id),
                new.secret.expose().as_bytes(),
            )?;
            let values = [
                id.0.into(),
                organization.0.into(),
                account.0.into(),
                new.email.trim().to_lowercase().into(),
                new.first_name.into(),
                new.last_name.into(),
                new.external_id.into(),
                new.password_hash.into(),
                new.organization_admin.into(),
                joined(&new.roles).into(),
                new.secret.digest().into(),
                sealed.into(),
                now.into(),
            ];
            tx.execute(&sql::NEW_USER, &values)?;
            Ok(id)
        })
        .await
    }

    /// Writes what can be changed of a user; false when there is none.
    pub async fn update_user(
        &self,
        organization: OrganizationId,
        user: &User,
    ) -> Result<bool, Error> {
        let values = [
            organization.0.into(),
            user.id.0.into(),
            user.first_name.as_str().into(),
            user.last_name.as_str().into(),
            user.external_id.as_str().into(),
            user.active.into(),
            joined(&user.roles).into(),
            user.organization_admin.into(),
        ];
        self.write(move |tx| {
            tx.announce(Change::Callers(organization))?;
            Ok(tx.execute(&sql::UPDATE_USER, &values)? > 0)
        })
        .await
    }

    /// Deletes a user: secret, password, address and sessions are gone. False when there is none.
    pub async fn delete_user(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<bool, Error> {
        // No address has a blank.
        let values = [
            organization.0.into(),
            id.0.into(),
            format!("deleted {id}").into(),
        ];
        self.write(move |tx| {
            let gone = tx.execute(&sql::DELETE_USER, &values)? > 0;
            tx.announce(Change::Callers(organization))?;
            let [organization, user, _] = values;
            tx.execute(&sql::DELETE_SESSIONS_OF_USER, &[organization, user])?;
            Ok(gone)
        })
        .await
    }

    /// The instances of an account, by id.
    pub async fn instances_of_account(
        &self,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Vec<InstanceId>, Error> {
        let values = [organization.0.into(), account.0.into()];
        self.read(move |tx| {
            let rows = tx.query(&sql::INSTANCES_OF_ACCOUNT, &values)?;
            rows.into_iter()
                .map(|mut row| Ok(InstanceId(row.integer()?)))
                .collect()
        })
        .await
    }

    /// The instances that a user made, by id.
    pub async fn instances_of_user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<InstanceId>, Error> {
        let values = [organization.0.into(), user.0.into()];
        self.read(move |tx| {
            let rows = tx.query(&sql::INSTANCES_OF_USER, &values)?;
            rows.into_iter()
                .map(|mut row| Ok(InstanceId(row.integer()?)))
                .collect()
        })
        .await
    }
}

fn joined(roles: &[String]) -> String {
    let mut text = String::from(",");
    for role in roles {
        text.push_str(role);
        text.push(',');
    }
    text
}

fn account(mut row: Row) -> Result<Account, Error> {
    Ok(Account {
        id: AccountId(row.integer()?),
        name: row.text()?,
        description: row.text()?,
        external_id: row.text()?,
        default: row.flag()?,
        active: row.flag()?,
        deleted: row.flag()?,
        created: Timestamp(row.integer()?),
        updated: Timestamp(row.integer()?),
    })
}

fn user(mut row: Row) -> Result<User, Error> {
    Ok(User {
        id: UserId(row.integer()?),
        account: AccountId(row.integer()?),
        email: row.text()?,
        first_name: row.text()?,
        last_name: row.text()?,
        external_id: row.text()?,
        organization_admin: row.flag()?,
        roles: row
            .text()?
            .split(',')
            .filter(|role| !role.is_empty())
            .map(str::to_owned)
            .collect(),
        active: row.flag()?,
        created: Timestamp(row.integer()?),
        last_login: row.optional_integer()?.map(Timestamp),
    })
}
