//! Accounts of an organization.

use ligand_model::error::ErrorKind;
use ligand_model::id::AccountId;
use ligand_store::accounts::Account;
use ligand_store::identity::Caller;

use super::{Error, elements};
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
