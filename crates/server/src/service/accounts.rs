//! Accounts of an organization and their users.

use ligand_model::error::ErrorKind;
use ligand_model::id::{AccountId, UserId};
use ligand_model::secret::UserSecret;
use ligand_store::accounts::{Account, NewUser, User};
use ligand_store::identity::Caller;
use serde_json::Value;

use super::callers::administers;
use super::{Error, elements, passwords};
use crate::app::App;

/// 404 for an account.
pub fn unknown(id: &str) -> Error {
    Error::not_found(format!("No account found with ID {}", elements::shown(id)))
}

/// An account of the caller's organization, deleted or not.
///
/// # Errors
/// 404 for an id that nobody has, 403 for another organization's.
pub async fn any(app: &App, caller: &Caller, id: &str) -> Result<Account, Error> {
    let number: i64 = id.parse().map_err(|_| unknown(id))?;
    let found = app
        .store
        .account(caller.organization, AccountId(number))
        .await?;
    match found {
        Some(account) => Ok(account),
        None if app.store.account_exists(AccountId(number)).await? => Err(Error::new(
            ErrorKind::Forbidden,
            "This account is another organization's.",
        )),
        None => Err(unknown(id)),
    }
}

/// An account that a caller may act for: its own, or any of the organization for who administers that.
///
/// # Errors
/// 404 for one that is not there or deleted, 403 for one that is not the caller's.
pub async fn reached(app: &App, caller: &Caller, id: &str) -> Result<Account, Error> {
    let account = any(app, caller, id).await?;
    if account.deleted {
        return Err(unknown(id));
    }
    if account.id != caller.account && !caller.organization_admin {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "This account is not yours.",
        ));
    }
    Ok(account)
}

fn text(body: &Value, name: &str) -> Result<Option<String>, Error> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(super::text::plain(text))),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(Error::invalid(format!("`{name}` must be text."))),
    }
}

/// Makes an account.
///
/// # Errors
/// 400 without an `externalId`, 403 for who may not.
pub async fn create(app: &App, caller: &Caller, body: &Value) -> Result<Account, Error> {
    administers(caller)?;
    let external = text(body, "externalId")?.filter(|text| !text.is_empty());
    let external =
        external.ok_or_else(|| Error::invalid("`externalId` is missing; it must be text."))?;
    let name = text(body, "name")?.unwrap_or_else(|| external.clone());
    let description = text(body, "description")?.unwrap_or_else(|| external.clone());
    let id = app
        .store
        .insert_account(caller.organization, &name, &description, &external)
        .await?;
    any(app, caller, &id.to_string()).await
}

/// Changes an account. Switched off with `permanent` it loses its users and instances.
///
/// # Errors
/// 400 for a wrong member, 403 for who may not, 404 for one that is not there.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: &str,
    body: &Value,
    permanent: bool,
) -> Result<Account, Error> {
    let mut account = any(app, caller, id).await?;
    administers(caller)?;
    let active = body.get("active").and_then(Value::as_bool);
    if account.deleted && active != Some(true) {
        return Err(unknown(id));
    }
    for (name, slot) in [
        ("name", &mut account.name),
        ("description", &mut account.description),
        ("externalId", &mut account.external_id),
    ] {
        if let Some(given) = text(body, name)? {
            *slot = given;
        }
    }
    if let Some(active) = active {
        if account.default && !active {
            return Err(Error::conflict(
                "The default account cannot be switched off.",
            ));
        }
        account.active = active;
        account.deleted &= !active;
    }
    app.store
        .update_account(caller.organization, &account)
        .await?;
    if active == Some(false) && permanent {
        empty(app, caller, &account).await?;
    }
    app.memory.callers_changed();
    any(app, caller, id).await
}

/// Deletes an account, its users and its instances; it can be switched on again, empty.
///
/// # Errors
/// 403 for who may not, 404 for one that is not there, 409 for the default account.
pub async fn delete(app: &App, caller: &Caller, id: &str) -> Result<(), Error> {
    let mut account = any(app, caller, id).await?;
    administers(caller)?;
    if account.deleted {
        return Err(unknown(id));
    }
    if account.default {
        return Err(Error::conflict("The default account cannot be deleted."));
    }
    account.active = false;
    account.deleted = true;
    // First the account: nobody makes anything in it any more.
    app.store
        .update_account(caller.organization, &account)
        .await?;
    app.memory.callers_changed();
    empty(app, caller, &account).await?;
    app.memory.callers_changed();
    Ok(())
}

async fn empty(app: &App, caller: &Caller, account: &Account) -> Result<(), Error> {
    let organization = caller.organization;
    for id in app
        .store
        .instances_of_account(organization, account.id)
        .await?
    {
        super::instances::delete(app, organization, id, None).await?;
    }
    for user in app.store.users_of(organization, account.id).await? {
        app.store.delete_user(organization, user.id).await?;
    }
    Ok(())
}

/// Roles that there are.
pub const ROLES: [(&str, &str); 5] = [
    ("org-admin", "Organization administrator"),
    ("admin", "Account administrator"),
    ("org", "Organization user"),
    ("default-user", "Account"),
    (SYSTEM_ROLE, "System administrator"),
];

/// The role that nobody of an organization can give.
const SYSTEM_ROLE: &str = "sys-admin";

fn grantable(key: &str) -> Result<(), Error> {
    if key == SYSTEM_ROLE {
        return Err(Error::new(
            ErrorKind::Forbidden,
            format!("The role {key} cannot be given."),
        ));
    }
    Ok(())
}

fn roles(body: &Value) -> Result<Option<Vec<String>>, Error> {
    let given = match body.get("roles") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(given)) => given,
        Some(_) => return Err(Error::invalid("`roles` must be an array.")),
    };
    let keys = given.iter().map(|role| {
        let key = role
            .get("key")
            .and_then(Value::as_str)
            .or_else(|| role.as_str());
        let key = known_role(key.unwrap_or_default())?;
        grantable(key)?;
        Ok(key.to_owned())
    });
    keys.collect::<Result<Vec<_>, _>>().map(Some)
}

/// A role's key, when there is such a role.
///
/// # Errors
/// 400.
pub fn known_role(key: &str) -> Result<&'static str, Error> {
    ROLES
        .iter()
        .map(|(known, _)| *known)
        .find(|known| *known == key)
        .ok_or_else(|| {
            Error::invalid(format!(
                "There is no role with the key {}.",
                elements::shown(key)
            ))
        })
}

/// 404 for a user.
pub fn unknown_user(id: &str) -> Error {
    Error::not_found(format!("No user found with ID {}", elements::shown(id)))
}

/// Makes a user of an account; answers it with the secret that it calls with.
///
/// # Errors
/// 400 for a missing member, 403 for who may not, 404 for an account that is not there, 409 for an address that is taken.
pub async fn create_user(
    app: &App,
    caller: &Caller,
    account: &str,
    body: &Value,
) -> Result<(User, UserSecret), Error> {
    let account = reached(app, caller, account).await?;
    administers(caller)?;
    let required = |name: &str| {
        let given = text(body, name)?.filter(|text| !text.is_empty());
        given.ok_or_else(|| Error::invalid(format!("`{name}` is missing; it must be text.")))
    };
    let email = required("email")?;
    if !email.contains('@') || email.contains(char::is_whitespace) {
        return Err(Error::invalid(
            "`email` must be an address such as `ann@example.com`.",
        ));
    }
    let password = body
        .get("password")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let (first_name, last_name) = (required("firstName")?, required("lastName")?);
    if !password.is_empty() {
        passwords::check(password, &email, &first_name, &last_name)?;
    }
    let password_hash = if password.is_empty() {
        String::new()
    } else {
        super::authentication::hashed(app, password).await?
    };
    let roles = roles(body)?.unwrap_or_else(|| {
        if account.default {
            vec!["org".to_owned()]
        } else {
            Vec::new()
        }
    });
    let secret = UserSecret::generate(&*app.entropy);
    let new = NewUser {
        email,
        first_name,
        last_name,
        external_id: text(body, "externalId")?.unwrap_or_default(),
        password_hash,
        organization_admin: roles.iter().any(|role| role == "org-admin"),
        roles,
        secret: UserSecret::new(secret.expose()),
    };
    let made = app
        .store
        .insert_user(caller.organization, account.id, new)
        .await;
    let id = match made {
        Err(ligand_store::Error::Conflict { .. }) => {
            return Err(Error::conflict("A user with this address exists already."));
        }
        other => other?,
    };
    Ok((user(app, caller, &id.to_string()).await?, secret))
}

/// A user of the caller's organization by id or address.
///
/// # Errors
/// 403 for one of another account or organization, 404 for one that is not there.
pub async fn user(app: &App, caller: &Caller, id: &str) -> Result<User, Error> {
    let Some(found) = app.store.user_of(caller.organization, id).await? else {
        let others = match id.parse().map(UserId) {
            Ok(id) => app.store.is_others_user(caller.organization, id).await?,
            Err(_) => false,
        };
        return Err(if others {
            Error::new(ErrorKind::Forbidden, "This user is another organization's.")
        } else {
            unknown_user(id)
        });
    };
    if found.account != caller.account && !caller.organization_admin {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "This user is not of your account.",
        ));
    }
    Ok(found)
}

/// Changes a user. Switched off with `permanent` it loses its instances.
///
/// # Errors
/// 400 for a wrong member, 403 for who may not, 404 for one that is not there.
pub async fn update_user(
    app: &App,
    caller: &Caller,
    id: &str,
    body: &Value,
    permanent: bool,
) -> Result<User, Error> {
    let mut found = user(app, caller, id).await?;
    administers(caller)?;
    for (name, slot) in [
        ("firstName", &mut found.first_name),
        ("lastName", &mut found.last_name),
        ("externalId", &mut found.external_id),
    ] {
        if let Some(given) = text(body, name)? {
            *slot = given;
        }
    }
    let active = body.get("active").and_then(Value::as_bool);
    if found.id == caller.user && active == Some(false) {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "You cannot switch yourself off.",
        ));
    }
    found.active = active.unwrap_or(found.active);
    app.store.update_user(caller.organization, &found).await?;
    if active == Some(false) && permanent {
        instances_of(app, caller, found.id).await?;
    }
    app.memory.callers_changed();
    user(app, caller, id).await
}

/// Deletes a user and its instances.
///
/// # Errors
/// 403 for who may not and for oneself, 404 for one that is not there.
pub async fn delete_user(app: &App, caller: &Caller, id: &str) -> Result<(), Error> {
    let found = user(app, caller, id).await?;
    administers(caller)?;
    if found.id == caller.user {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "You cannot delete yourself.",
        ));
    }
    instances_of(app, caller, found.id).await?;
    app.store.delete_user(caller.organization, found.id).await?;
    app.memory.callers_changed();
    Ok(())
}

async fn instances_of(app: &App, caller: &Caller, user: UserId) -> Result<(), Error> {
    for id in app
        .store
        .instances_of_user(caller.organization, user)
        .await?
    {
        super::instances::delete(app, caller.organization, id, None).await?;
    }
    Ok(())
}

/// Gives a user a role, or takes it.
///
/// # Errors
/// 400 for an unknown role, 403 for who may not and for oneself, 404 for one that is not there, 409 for a role that it has.
pub async fn set_role(
    app: &App,
    caller: &Caller,
    id: &str,
    key: &str,
    given: bool,
) -> Result<&'static str, Error> {
    let key = known_role(key)?;
    let mut found = user(app, caller, id).await?;
    administers(caller)?;
    if found.id == caller.user {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "You cannot change your own roles.",
        ));
    }
    grantable(key)?;
    let has = found.roles.iter().any(|role| role == key);
    if given && has {
        return Err(Error::conflict("The user has this role already."));
    }
    found.roles.retain(|role| role != key);
    if given {
        found.roles.push(key.to_owned());
    }
    if key == "org-admin" {
        found.organization_admin = given;
    }
    app.store.update_user(caller.organization, &found).await?;
    app.memory.callers_changed();
    Ok(key)
}
