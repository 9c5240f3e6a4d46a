//! Organizations, accounts, users and their sessions.

use ligand_model::id::{AccountId, OrganizationId, UserId};
use ligand_model::secret::{OrganizationSecret, TokenDigest, UserSecret};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::error::Error;

/// The first customer's user, made on an empty database.
#[derive(Debug)]
pub struct FirstUser {
    /// Address to sign in with; kept in lower case.
    pub email: String,
    /// The password's hash as the caller made it; stored as given.
    pub password_hash: String,
    /// The user's secret.
    pub user_secret: UserSecret,
    /// The organization's secret.
    pub organization_secret: OrganizationSecret,
}

/// Who was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The organization.
    pub organization: OrganizationId,
    /// Its default account.
    pub account: AccountId,
    /// The user.
    pub user: UserId,
}

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub organization: OrganizationId,
    /// The user's account.
    pub account: AccountId,
    /// The user.
    pub user: UserId,
    /// Address, in lower case.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user administers the organization.
    pub organization_admin: bool,
    /// False when the user was switched off.
    pub user_active: bool,
    /// False when the account was switched off.
    pub account_active: bool,
}

/// A user with what signing in and showing one takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Who it is.
    pub caller: Caller,
    /// The password's hash as given; empty when the user cannot sign in.
    pub password_hash: String,
    /// Whether the password must be changed at the next sign-in.
    pub must_change_password: bool,
    /// The organization's name.
    pub organization_name: String,
    /// The account's name.
    pub account_name: String,
    /// When the user was made.
    pub created: Timestamp,
    /// The last sign-in; none yet when `None`.
    pub last_login: Option<Timestamp>,
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// The operator's own id for it; may be empty.
    pub external_id: String,
    /// False when it was switched off.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}

impl Store {
    /// Makes the system organization, account and user (ids 1) and the first customer's (ids 2).
    /// `None` when the database is not empty: nothing was made.
    /// The first customer's user administers the organization and must change the password.
    pub async fn bootstrap(&self, first: FirstUser) -> Result<Option<Identity>, Error> {
        let _ = first;
        todo!()
    }

    /// The caller who knows both secrets; `None` when either is unknown or they do not belong together.
    pub async fn caller(
        &self,
        user: TokenDigest,
        organization: TokenDigest,
    ) -> Result<Option<Caller>, Error> {
        let _ = (user, organization);
        todo!()
    }

    /// The caller by the user's secret alone, for calls with an Element token.
    pub async fn caller_of_user(&self, user: TokenDigest) -> Result<Option<Caller>, Error> {
        let _ = user;
        todo!()
    }

    /// The user with an address, in any case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, Error> {
        let _ = email;
        todo!()
    }

    /// The user of an organization by id.
    pub async fn user(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<UserRecord>, Error> {
        let _ = (organization, user);
        todo!()
    }

    /// An organization by id.
    pub async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Organization>, Error> {
        let _ = organization;
        todo!()
    }

    /// Notes a sign-in at the present time; false when there is no such user.
    pub async fn record_login(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<bool, Error> {
        let _ = (organization, user);
        todo!()
    }

    /// Replaces the password's hash and lifts the demand to change it; false when there is no such user.
    /// Sessions stay; see [`Store::delete_sessions`].
    pub async fn set_password(
        &self,
        organization: OrganizationId,
        user: UserId,
        hash: &str,
    ) -> Result<bool, Error> {
        let _ = (organization, user, hash);
        todo!()
    }

    /// Opens the two secrets for display.
    pub async fn reveal_secrets(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<(UserSecret, OrganizationSecret)>, Error> {
        let _ = (organization, user);
        todo!()
    }

    /// Keeps a session until it expires.
    pub async fn insert_session(
        &self,
        digest: TokenDigest,
        organization: OrganizationId,
        user: UserId,
        expires: Timestamp,
    ) -> Result<(), Error> {
        let _ = (digest, organization, user, expires);
        todo!()
    }

    /// The caller of a session that has not expired.
    pub async fn session(&self, digest: TokenDigest) -> Result<Option<Caller>, Error> {
        let _ = digest;
        todo!()
    }

    /// Ends every session of a user; answers how many there were.
    pub async fn delete_sessions(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<u64, Error> {
        let _ = (organization, user);
        todo!()
    }
}
