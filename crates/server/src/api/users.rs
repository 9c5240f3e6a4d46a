//! Users of the whole organization, whatever their account, and the organization's accounts by its id.

use ligand_engine::query;
use ligand_model::error::Classify as _;
use serde_json::{Value, json};

use super::accounts::{self, shown_user};
use super::answer::Answer;
use super::call::Call;
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::page::Page;
use crate::service::accounts as service;

/// `GET /users` and `GET /organizations/users`: those of the accounts that the caller sees, by id.
///
/// `where` filters by any member (`firstName = 'Ann'`); `includeInactive=true` shows those that are switched off.
pub async fn list(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let inactive = call.flag("includeInactive").unwrap_or(false);
    let store = &call.app.store;
    let mut found = Vec::new();
    for account in store.accounts(caller.organization).await? {
        if !account.deleted && (caller.organization_admin || account.id == caller.account) {
            found.extend(store.users_of(caller.organization, account.id).await?);
        }
    }
    found.sort_by_key(|user| user.id);
    let mut rows: Vec<Value> = found
        .iter()
        .filter(|user| user.active || inactive)
        .map(shown_user)
        .collect();
    if let Some(text) = call.parameter("where") {
        let wanted = query::parse_where(text)
            .map_err(|error| ApiError::invalid(error.public().into_owned()))?;
        rows.retain(|row| wanted.holds(row));
    }
    let page = Page::of(&call)?;
    let (rows, next) = page.cut(rows)?;
    let count = rows.len();
    Ok(page.headers(Answer::platform(Value::Array(rows)), count, next.as_deref()))
}

/// `POST /organizations/users`: a user of the default account; the answer has the user's `secret`.
pub async fn create(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let accounts = call.app.store.accounts(caller.organization).await?;
    let default = accounts.iter().find(|account| account.default);
    let account = default.map_or(caller.account, |account| account.id);
    let made = service::create_user(&call.app, &caller, &account.to_string(), &body).await?;
    Ok(accounts::with_secret(&made))
}

/// `GET /users/{userId}` and `GET /organizations/users/{userId}`, by id or address
pub async fn get(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    let found = service::user(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::platform(shown_user(&found)))
}

/// `PUT` and `PATCH` of a user; `permanent=true` with `{"active": false}` deletes its instances.
pub async fn update(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    let caller = call.caller()?;
    let permanent = call.flag("permanent").unwrap_or(false);
    let id = call.variable(0);
    let changed = service::update_user(&call.app, &caller, id, &body, permanent).await?;
    Ok(Answer::platform(shown_user(&changed)))
}

/// `DELETE` of a user, by id or address
pub async fn delete(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    let caller = call.caller()?;
    service::delete_user(&call.app, &caller, call.variable(0)).await?;
    Ok(Answer::empty())
}

/// `GET /organizations/{organizationId}/accounts`
pub async fn accounts(call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    of_organization(&call)?;
    accounts::list(call, vocabulary).await
}

/// `POST /organizations/{organizationId}/accounts`
pub async fn create_account(mut call: Call, vocabulary: &Vocabulary) -> Result<Answer, ApiError> {
    let body = call.json(vocabulary).await?;
    of_organization(&call)?;
    let caller = call.caller()?;
    let made = service::create(&call.app, &caller, &body).await?;
    Ok(Answer::platform(accounts::shown(&caller, &made)))
}

/// `GET /organizations/{organizationId}/accounts/{accountId}`
pub async fn account(call: Call, _: &Vocabulary) -> Result<Answer, ApiError> {
    of_organization(&call)?;
    let caller = call.caller()?;
    let found = service::reached(&call.app, &caller, call.variable(1)).await?;
    Ok(Answer::platform(accounts::shown(&caller, &found)))
}

/// The organization of a path is the caller's; there is no other for it.
fn of_organization(call: &Call) -> Result<(), ApiError> {
    let id = call.variable(0);
    if id == call.caller()?.organization.to_string() {
        return Ok(());
    }
    let shown = json!(id);
    Err(ApiError::not_found(format!(
        "No organization found with ID {shown}"
    )))
}
