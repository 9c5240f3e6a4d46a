//! Accounts and their users.

use ligand_engine::query;
use ligand_model::error::Classify as _;
use ligand_model::secret::UserSecret;
use ligand_model::time::Timestamp;
use ligand_store::accounts::{Account, User};
use ligand_store::identity::Caller;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use crate::service::accounts as service;

/// `GET /accounts`
///
/// # Shape
/// `[{"id": 2, "name": "Default", "externalId": "", "defaultAccount": true, "type": "Default", "active": true, "companyId": 2}]`
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let inactive = call.flag("includeInactive").unwrap_or(false);
    let mut rows: Vec<Value> = Vec::new();
    for account in call.app.store.accounts(caller.organization).await? {
        let mine = caller.organization_admin || account.id == caller.account;
        if mine && !account.deleted && (account.active || inactive) {
            rows.push(shown(&caller, &account));
        }
    }
    if let Some(text) = call.parameter("where") {
        let wanted = query::parse_where(text)
            .map_err(|error| ApiError::invalid(error.public().into_owned()))?;
        rows.retain(|row| wanted.holds(row));
    }
    let page = Page::of(&call)?;
    let offset = call.parameter("offset").and_then(|text| text.parse().ok());
    let (rows, next) = page.cut(rows.into_iter().skip(offset.unwrap_or(0)).collect())?;
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `POST /accounts`
///
/// # Shape
/// `{"externalId": "acme", "name": "Acme", "description": "…"}`
pub async fn create(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let made = service::create(&call.app, &caller, &body).await?;
    Ok(Answer::platform(shown(&caller, &made)))
}

/// `GET /accounts/{accountId}`
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = service::reached(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(shown(&caller, &found)))
}

/// `PUT` and `PATCH /accounts/{accountId}`; `permanent=true` with `{"active": false}` deletes users and instances.
pub async fn update(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let permanent = call.flag("permanent").unwrap_or(false);
    let found = service::update(&call.app, &caller, call.variable(0), &body, permanent).await?;
    Ok(Answer::platform(shown(&caller, &found)))
}

/// `DELETE /accounts/{accountId}`
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::empty())
}

/// `GET /accounts/{accountId}/users`
pub async fn users(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let account = service::reached(&call.app, &caller, call.variable(0)).await?;
    let inactive = call.flag("includeInactive").unwrap_or(false);
    let found = call
        .app
        .store
        .users_of(caller.organization, account.id)
        .await?;
    let rows: Vec<Value> = found
        .iter()
        .filter(|user| user.active || inactive)
        .map(shown_user)
        .collect();
    if rows.is_empty() {
        return Err(ApiError::not_found("No users found"));
    }
    Ok(Answer::platform(Value::Array(rows)))
}

/// `POST /accounts/{accountId}/users`; the answer has the user's `secret`.
///
/// # Shape
/// `{"firstName", "lastName", "email", "password", "roles": [{"key": "admin"}], "externalId"}`
pub async fn create_user(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let made = service::create_user(&call.app, &caller, call.variable(0), &body).await?;
    Ok(with_secret(&made))
}

/// A new user with the secret that it calls with.
pub(super) fn with_secret((made, secret): &(User, UserSecret)) -> Answer {
    let mut value = shown_user(made);
    if let Value::Object(members) = &mut value {
        members.insert("secret".to_owned(), json!(secret.expose()));
    }
    Answer::platform(value)
}

/// `GET /accounts/{accountId}/users/{userId}`, by id or address
pub async fn user(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let found = of_account(&call).await?;
    Ok(Answer::platform(shown_user(&found)))
}

/// `PUT` and `PATCH /accounts/{accountId}/users/{userId}`
pub async fn update_user(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let (caller, found) = (call.caller()?, of_account(&call).await?);
    let permanent = call.flag("permanent").unwrap_or(false);
    let id = found.id.to_string();
    let changed = service::update_user(&call.app, &caller, &id, &body, permanent).await?;
    Ok(Answer::platform(shown_user(&changed)))
}

/// `DELETE /accounts/{accountId}/users/{userId}`
pub async fn delete_user(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let (caller, found) = (call.caller()?, of_account(&call).await?);
    service::delete_user(&call.app, &caller, &found.id.to_string()).await?;
    Ok(Answer::empty())
}

/// `GET /users/{userId}/roles`
pub async fn roles(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = service::user(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(
        found.roles.iter().map(|role| role_of(role)).collect(),
    ))
}

/// `PUT /users/{userId}/roles/{roleKey}`
pub async fn grant(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    set_role(&call, true).await
}

/// `DELETE /users/{userId}/roles/{roleKey}`
pub async fn revoke(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    set_role(&call, false).await
}

async fn set_role(call: &Call, given: bool) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let (id, key) = (call.variable(0), call.variable(1));
    let key = service::set_role(&call.app, &caller, id, key, given).await?;
    Ok(Answer::platform(role_of(key)))
}

async fn of_account(call: &Call) -> Result<User, ApiError> {
    let caller = call.caller()?;
    let account = service::reached(&call.app, &caller, call.variable(0)).await?;
    let found = service::user(&call.app, &caller, call.variable(1)).await?;
    if found.account == account.id {
        return Ok(found);
    }
    Err(service::unknown_user(call.variable(1)).into())
}

fn role_of(key: &str) -> Value {
    let at = service::ROLES.iter().position(|(known, _)| *known == key);
    let name = at
        .and_then(|at| service::ROLES.get(at))
        .map_or(key, |(_, name)| *name);
    json!({"id": at.map_or(0, |at| at + 1), "key": key, "name": name, "description": name, "active": true})
}

pub(super) fn shown(caller: &Caller, account: &Account) -> Value {
    let mut members = Map::new();
    for (name, value) in [
        ("id", json!(account.id)),
        ("name", json!(account.name)),
        ("description", json!(account.description)),
        ("externalId", json!(account.external_id)),
        ("active", json!(account.active)),
        ("companyId", json!(caller.organization)),
        ("defaultAccount", json!(account.default)),
        (
            "type",
            json!(if account.default {
                "Default"
            } else {
                "CompanyAccount"
            }),
        ),
        ("createdDate", json!(account.created.to_iso())),
    ] {
        members.insert(name.to_owned(), value);
    }
    if account.updated != Timestamp(0) {
        members.insert("updatedDate".to_owned(), json!(account.updated.to_iso()));
    }
    Value::Object(members)
}

pub(super) fn shown_user(user: &User) -> Value {
    let day = user
        .last_login
        .map_or_else(|| Timestamp(0).to_iso(), Timestamp::to_iso);
    json!({
        "id": user.id, "accountId": user.account, "email": user.email, "firstName": user.first_name,
        "lastName": user.last_name, "fullName": format!("{} {}", user.first_name, user.last_name),
        "externalId": user.external_id, "password": "secured", "active": user.active, "enabled": user.active,
        "accountExpired": false, "accountLocked": false, "credentialsExpired": false, "emailValid": true,
        "accountNonExpired": true, "accountNonLocked": true, "credentialsNonExpired": true,
        "roles": user.roles.iter().map(|role| role_of(role)).collect::<Vec<_>>(),
        "createdDate": user.created.to_iso(), "lastLoginDate": day.get(..10),
    })
}
