//! Organizations, accounts, users and their sessions.

use std::sync::Arc;

use ligand_model::id::{AccountId, OrganizationId, UserId};
use ligand_model::secret::{OrganizationSecret, TokenDigest, UserSecret};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::{Connection, Row};
use crate::error::Error;
use crate::sql::identity as sql;
use crate::vault::Context;
use crate::vault::keyring::Keyring;

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
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent facts of a row"
)]
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
    /// Whether the user administers its account.
    pub account_admin: bool,
    /// False when the user was switched off.
    pub user_active: bool,
    /// False when the account was switched off.
    pub account_active: bool,
}

/// Whose instances a caller sees and changes: all of the organization's, or those of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The tenant.
    pub organization: OrganizationId,
    /// That account alone; none: every one.
    pub account: Option<AccountId>,
}

impl Reach {
    /// Whether what belongs to an account is within it.
    pub fn holds(self, account: AccountId) -> bool {
        self.account.is_none_or(|own| own == account)
    }
}

impl From<OrganizationId> for Reach {
    fn from(organization: OrganizationId) -> Self {
        Self {
            organization,
            account: None,
        }
    }
}

impl From<&Caller> for Reach {
    /// Who administers the organization reaches all of it, everyone else their own account.
    fn from(caller: &Caller) -> Self {
        Self {
            organization: caller.organization,
            account: (!caller.organization_admin).then_some(caller.account),
        }
    }
}

/// Who has a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHolder {
    /// The user.
    pub caller: Caller,
    /// When they signed in.
    pub begun: Timestamp,
    /// Whether they have not chosen a password of their own yet.
    pub must_change_password: bool,
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
        self.fresh_roots().await?;
        let now = self.now();
        let inner = Arc::clone(&self.inner);
        let made = self.write(move |tx| {
            if tx.query_one(&sql::ANY_ORGANIZATION, &[])?.is_some() {
                return Ok(None);
            }
            insert_tenant(tx, &inner.keyring, "System", None, now)?;
            insert_tenant(tx, &inner.keyring, "Default", Some(&first), now).map(Some)
        });
        match made.await {
            // Two nodes started on one empty database: the other was first.
            Err(Error::Conflict { .. }) => Ok(None),
            result => result,
        }
    }

    /// Makes one more customer organization, for tests of isolation.
    #[cfg(any(test, feature = "testing"))]
    pub async fn insert_customer(&self, first: FirstUser) -> Result<Identity, Error> {
        let now = self.now();
        let inner = Arc::clone(&self.inner);
        self.write(move |tx| insert_tenant(tx, &inner.keyring, "Other", Some(&first), now))
            .await
    }

    /// The caller who knows both secrets; `None` when either is unknown or they do not belong together.
    pub async fn caller(
        &self,
        user: TokenDigest,
        organization: TokenDigest,
    ) -> Result<Option<Caller>, Error> {
        let values = [user.into(), organization.into()];
        let mut row = self.look_up(&sql::CALLER, values).await?;
        row.as_mut().map(caller).transpose()
    }

    /// The caller by the user's secret alone, for calls with an Element token.
    pub async fn caller_of_user(&self, user: TokenDigest) -> Result<Option<Caller>, Error> {
        let mut row = self.look_up(&sql::CALLER_OF_USER, [user.into()]).await?;
        row.as_mut().map(caller).transpose()
    }

    /// The user with an address, in any case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRecord>, Error> {
        let values = [email.trim().to_lowercase().into()];
        self.read(move |tx| {
            tx.query_one(&sql::USER_BY_EMAIL, &values)?
                .map(user)
                .transpose()
        })
        .await
    }

    /// The user of an organization by id.
    pub async fn user(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<UserRecord>, Error> {
        let values = [organization.0.into(), id.0.into()];
        self.read(move |tx| tx.query_one(&sql::USER, &values)?.map(user).transpose())
            .await
    }

    /// An organization by id.
    pub async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<Organization>, Error> {
        let values = [organization.0.into()];
        self.read(move |tx| {
            let Some(mut row) = tx.query_one(&sql::ORGANIZATION, &values)? else {
                return Ok(None);
            };
            Ok(Some(Organization {
                id: OrganizationId(row.integer()?),
                name: row.text()?,
                external_id: row.text()?,
                active: row.flag()?,
                created: Timestamp(row.integer()?),
            }))
        })
        .await
    }

    /// Notes a sign-in at the present time; false when there is no such user.
    pub async fn record_login(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), user.0.into(), self.now().0.into()];
        self.write(move |tx| Ok(tx.execute(&sql::RECORD_LOGIN, &values)? > 0))
            .await
    }

    /// Replaces the password's hash and lifts the demand to change it; false when there is no such user.
    /// Sessions stay; see [`Store::delete_sessions`].
    pub async fn set_password(
        &self,
        organization: OrganizationId,
        user: UserId,
        hash: &str,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), user.0.into(), hash.into()];
        self.write(move |tx| Ok(tx.execute(&sql::SET_PASSWORD, &values)? > 0))
            .await
    }

    /// Opens the two secrets for display.
    pub async fn reveal_secrets(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<(UserSecret, OrganizationSecret)>, Error> {
        let values = [organization.0.into(), user.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::SEALED_SECRETS, &values))
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        let (Some(of_user), Some(of_organization)) = (row.optional_blob()?, row.optional_blob()?)
        else {
            return Ok(None);
        };
        let of_user = self
            .open_text(&user_place(organization, user), &of_user)
            .await?;
        let of_organization = self
            .open_text(&organization_place(organization), &of_organization)
            .await?;
        Ok(Some((
            UserSecret::new(of_user),
            OrganizationSecret::new(of_organization),
        )))
    }

    /// Keeps a session until it expires.
    pub async fn insert_session(
        &self,
        digest: TokenDigest,
        organization: OrganizationId,
        user: UserId,
        expires: Timestamp,
    ) -> Result<(), Error> {
        let values = [
            digest.into(),
            organization.0.into(),
            user.0.into(),
            self.now().0.into(),
            expires.0.into(),
        ];
        self.write(move |tx| tx.execute(&sql::INSERT_SESSION, &values))
            .await?;
        Ok(())
    }

    /// The caller of a session that has not expired.
    pub async fn session(&self, digest: TokenDigest) -> Result<Option<SessionHolder>, Error> {
        let values = [digest.into(), self.now().0.into()];
        self.read(move |tx| {
            tx.query_one(&sql::SESSION, &values)?
                .map(|mut row| {
                    Ok(SessionHolder {
                        caller: caller(&mut row)?,
                        begun: Timestamp(row.integer()?),
                        must_change_password: row.flag()?,
                    })
                })
                .transpose()
        })
        .await
    }

    /// Ends one session; false when there was none.
    pub async fn delete_session(
        &self,
        organization: OrganizationId,
        digest: TokenDigest,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), digest.into()];
        self.write(move |tx| Ok(tx.execute(&sql::DELETE_SESSION, &values)? > 0))
            .await
    }

    /// Ends every session of a user; answers how many there were.
    pub async fn delete_sessions(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<u64, Error> {
        let values = [organization.0.into(), user.0.into()];
        self.write(move |tx| tx.execute(&sql::DELETE_SESSIONS, &values))
            .await
    }
}

/// Makes an organization with its data key, default account and one user; without `first` nobody can sign in there.
fn insert_tenant(
    tx: &mut dyn Connection,
    keyring: &Keyring,
    name: &str,
    first: Option<&FirstUser>,
    now: Timestamp,
) -> Result<Identity, Error> {
    let organization = OrganizationId(crate::next_id(tx, "organization", 1)?);
    let account = AccountId(crate::next_id(tx, "account", 1)?);
    let user = UserId(crate::next_id(tx, "user", 1)?);
    // The data key's row refers to the organization's, which holds a value sealed with it: hence the second look.
    let bare = [
        organization.0.into(),
        name.into(),
        first.map(|first| first.organization_secret.digest()).into(),
        now.0.into(),
    ];
    tx.execute(&sql::INSERT_ORGANIZATION, &bare)?;
    let key = keyring.make(tx, organization, now)?;
    let seal = |place: Context, text: &str| key.seal(&place, text.as_bytes());
    let of_organization = first
        .map(|first| {
            seal(
                organization_place(organization),
                first.organization_secret.expose(),
            )
        })
        .transpose()?;
    tx.execute(
        &sql::SET_ORGANIZATION_SECRET,
        &[organization.0.into(), of_organization.into()],
    )?;
    let of_user = first
        .map(|first| seal(user_place(organization, user), first.user_secret.expose()))
        .transpose()?;
    tx.execute(
        &sql::INSERT_ACCOUNT,
        &[
            account.0.into(),
            organization.0.into(),
            name.into(),
            now.0.into(),
        ],
    )?;
    tx.execute(
        &sql::INSERT_USER,
        &[
            user.0.into(),
            organization.0.into(),
            account.0.into(),
            first
                .map_or_else(
                    || "system".to_owned(),
                    |first| first.email.trim().to_lowercase(),
                )
                .into(),
            (if first.is_some() { "Admin" } else { "System" }).into(),
            "".into(),
            first
                .map_or("", |first| first.password_hash.as_str())
                .into(),
            first.is_some().into(),
            first.is_some().into(),
            first.map(|first| first.user_secret.digest()).into(),
            of_user.into(),
            now.0.into(),
        ],
    )?;
    Ok(Identity {
        organization,
        account,
        user,
    })
}

pub(crate) fn user_place(organization: OrganizationId, user: UserId) -> Context {
    Context::new(organization, "users", "secret_sealed", user)
}

fn organization_place(organization: OrganizationId) -> Context {
    Context::new(organization, "organizations", "secret_sealed", organization)
}

pub(crate) fn caller(row: &mut Row) -> Result<Caller, Error> {
    Ok(Caller {
        organization: OrganizationId(row.integer()?),
        account: AccountId(row.integer()?),
        user: UserId(row.integer()?),
        email: row.text()?,
        first_name: row.text()?,
        last_name: row.text()?,
        organization_admin: row.flag()?,
        account_admin: row.text()?.contains(",admin,"),
        user_active: row.flag()?,
        account_active: row.flag()?,
    })
}

fn user(mut row: Row) -> Result<UserRecord, Error> {
    Ok(UserRecord {
        caller: caller(&mut row)?,
        password_hash: row.text()?,
        must_change_password: row.flag()?,
        organization_name: row.text()?,
        account_name: row.text()?,
        created: Timestamp(row.integer()?),
        last_login: row.optional_integer()?.map(Timestamp),
    })
}
