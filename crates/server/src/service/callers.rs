//! Who is calling: the credentials of a request as a caller and, with an Element token, an instance.

use std::sync::Arc;

use ligand_model::error::ErrorKind;
use ligand_model::secret::TokenDigest;
use ligand_store::identity::{Caller, SessionHolder};
use ligand_store::instances::SealedInstance;

use super::{Error, trust};
use crate::app::App;

/// That a caller administers its organization: what is everybody's there is changed by nobody else.
///
/// # Errors
/// 403 that says so.
pub fn administers(caller: &Caller) -> Result<(), Error> {
    if caller.organization_admin {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        "Only an administrator of the organization may do this.",
    ))
}

/// The caller of a pair of secrets, or of a user's secret beside an Element token.
///
/// # Errors
/// 401 for unknown secrets and for users that were switched off.
pub async fn by_secrets(
    app: &App,
    user: TokenDigest,
    organization: Option<TokenDigest>,
) -> Result<Arc<Caller>, Error> {
    let key = (user, organization);
    let known = app.memory.callers.get(&key);
    if let Some((read, caller)) = &known
        && trust::believes(app, *read)
    {
        return Ok(Arc::clone(caller));
    }
    let (epoch, read) = (app.memory.epoch(), app.now());
    let asking = async {
        match organization {
            Some(organization) => app.store.caller(user, organization).await,
            None => app.store.caller_of_user(user).await,
        }
    };
    let found = match trust::ask(known.is_some(), asking).await {
        Ok(found) => found,
        Err(error) => return trust::in_spite_of(app, error, known.map(|(_, caller)| caller)),
    };
    let Some(caller) = found.filter(active) else {
        app.memory.callers.remove(&key);
        return Err(unauthenticated());
    };
    let caller = Arc::new(caller);
    app.memory.callers.insert(key, (read, Arc::clone(&caller)));
    if !app.memory.is_still(epoch) {
        app.memory.callers.remove(&key);
    }
    Ok(caller)
}

/// Who has a session.
///
/// # Errors
/// 401 for an unknown or expired session.
pub async fn by_session(app: &App, session: TokenDigest) -> Result<SessionHolder, Error> {
    let found = app.store.session(session).await?;
    found
        .filter(|session| active(&session.caller))
        .ok_or_else(unauthenticated)
}

/// The instance of an Element token. A warm one costs no statement.
///
/// # Errors
/// 401 for an unknown token and for a switched-off organization.
pub async fn instance(app: &App, token: TokenDigest) -> Result<Arc<SealedInstance>, Error> {
    let known = app.memory.instances.by_token(&token);
    if let Some(known) = &known
        && trust::is_in_touch(app)
    {
        return Ok(Arc::clone(known));
    }
    let asking = app.store.instance_by_token(token);
    let found = match trust::ask(known.is_some(), asking).await {
        Ok(found) => found.ok_or_else(unauthenticated)?,
        Err(error) => return trust::in_spite_of(app, error, known),
    };
    if !found.organization_active {
        return Err(unauthenticated());
    }
    app.memory.instances.learn(token, found.instance.id);
    Ok(app.memory.instances.publish(found))
}

fn active(caller: &Caller) -> bool {
    caller.user_active && caller.account_active
}

/// 401, in the words of the field.
pub fn unauthenticated() -> Error {
    Error::new(ErrorKind::Unauthenticated, BAD_CREDENTIALS)
}

/// What the field says when any credential is wrong, whichever it is.
pub const BAD_CREDENTIALS: &str =
    "Invalid Organization or User secret, or invalid Element token provided.";
