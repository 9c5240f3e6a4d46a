//! Scoped keys: making, changing and rotating them; whose they are; when they were last used.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use ligand_model::id::{ApiKeyId, ElementId, OrganizationId};
use ligand_model::secret::{ApiKeySecret, TokenDigest, new_api_key};
use ligand_model::time::Timestamp;
use ligand_store::api_keys::{ApiKey, KeyForm, KeyHolder, Permission, Scope};
use ligand_store::identity::Caller;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};

use super::{Error, callers, elements, trust};
use crate::app::App;

/// Keys that an organization may have.
const MOST: i64 = 200;
/// Longest name, in characters.
const LONGEST: usize = 100;
/// How long the former secret works after a rotation, unless the caller says otherwise, seconds.
const OVERLAP: i64 = 24 * 60 * 60;
/// The same, at most.
const LONGEST_OVERLAP: i64 = 30 * 24 * 60 * 60;

/// Holders in use, and when their secrets were used, not yet written.
#[derive(Debug)]
pub struct Keys {
    holders: Cache<TokenDigest, Held>,
    used: Mutex<HashMap<TokenDigest, (OrganizationId, Timestamp)>>,
}

#[derive(Debug, Clone)]
struct Held {
    read: Timestamp,
    holder: Arc<KeyHolder>,
    caller: Arc<Caller>,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            holders: Cache::new(10_000),
            used: Mutex::default(),
        }
    }
}

impl Keys {
    /// Forgets who holds what: the next call of each key asks the store.
    pub fn clear(&self) {
        self.holders.clear();
    }

    fn note(&self, digest: TokenDigest, organization: OrganizationId, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert(digest, (organization, now));
    }
}

/// The holder of a key's secret, and the user as whom the key acts. A warm one costs no statement.
///
/// # Errors
/// 401 for an unknown or expired secret, and for a user who was switched off.
pub async fn holder(
    app: &App,
    secret: TokenDigest,
) -> Result<(Arc<KeyHolder>, Arc<Caller>), Error> {
    let (keys, now) = (&app.memory.keys, app.now());
    let lives = |held: &Held| held.holder.expires.is_none_or(|expires| expires > now);
    let known = keys.holders.get(&secret).filter(lives);
    let fresh = known
        .as_ref()
        .filter(|held| trust::believes(app, held.read));
    let held = if let Some(held) = fresh {
        held.clone()
    } else {
        let epoch = app.memory.epoch();
        match trust::ask(known.is_some(), app.store.api_key_holder(secret)).await {
            Ok(found) => {
                let active =
                    |found: &KeyHolder| found.caller.user_active && found.caller.account_active;
                let Some(holder) = found.filter(active) else {
                    keys.holders.remove(&secret);
                    return Err(callers::unauthenticated());
                };
                let held = Held {
                    read: now,
                    caller: Arc::new(holder.caller.clone()),
                    holder: Arc::new(holder),
                };
                keys.holders.insert(secret, held.clone());
                if !app.memory.is_still(epoch) {
                    keys.holders.remove(&secret);
                }
                held
            }
            Err(error) => trust::in_spite_of(app, error, known)?,
        }
    };
    keys.note(secret, held.caller.organization, now);
    Ok((held.holder, held.caller))
}

/// Writes when secrets were last used.
///
/// # Errors
/// Those of the store; what was not written is tried again the next time.
pub async fn flush(app: &App) -> Result<(), Error> {
    let used = &app.memory.keys.used;
    let waiting = std::mem::take(&mut *used.lock().unwrap_or_else(PoisonError::into_inner));
    if waiting.is_empty() {
        return Ok(());
    }
    let rows = waiting
        .iter()
        .map(|(digest, (organization, when))| (*organization, *digest, *when))
        .collect();
    if let Err(error) = app.store.note_api_keys_used(rows).await {
        let mut used = used.lock().unwrap_or_else(PoisonError::into_inner);
        for (digest, noted) in waiting {
            used.entry(digest).or_insert(noted);
        }
        return Err(error.into());
    }
    Ok(())
}

/// Makes a key, and answers the secret, which is not shown again.
///
/// # Errors
/// 400 naming every fault, 409 when there are too many.
pub async fn create(
    app: &App,
    caller: &Caller,
    body: &Value,
) -> Result<(ApiKey, ApiKeySecret), Error> {
    let form = read(app, caller, body, None).await?;
    let secret = new_api_key(&*app.entropy);
    let made = app
        .store
        .insert_api_key(caller.organization, caller.user, form, &secret, MOST);
    let Some(id) = made.await? else {
        return Err(Error::conflict(format!(
            "An organization has at most {MOST} keys; delete one that is not used."
        )));
    };
    Ok((get(app, caller, id).await?, secret))
}

/// A key of the caller's.
///
/// # Errors
/// 404.
pub async fn get(app: &App, caller: &Caller, id: ApiKeyId) -> Result<ApiKey, Error> {
    flush(app).await?;
    let found = app.store.api_key(caller.organization, id).await?;
    found
        .filter(|key| reaches(caller, key))
        .ok_or_else(|| unknown(&id.to_string()))
}

/// The caller's keys, oldest first; every one of the organization for who administers it.
///
/// # Errors
/// Those of the store.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<ApiKey>, Error> {
    flush(app).await?;
    let mut keys = app.store.api_keys(caller.organization).await?;
    keys.retain(|key| reaches(caller, key));
    Ok(keys)
}

/// Whether a key is the caller's to see and change. A key acts as its user: whoever gives it a new secret is that user.
fn reaches(caller: &Caller, key: &ApiKey) -> bool {
    key.user == caller.user || caller.organization_admin
}

/// Changes what a body names of a key.
///
/// # Errors
/// 400 naming every fault, 404.
pub async fn update(
    app: &App,
    caller: &Caller,
    id: ApiKeyId,
    body: &Value,
) -> Result<ApiKey, Error> {
    let known = get(app, caller, id).await?;
    let form = read(app, caller, body, Some(known)).await?;
    let changed = app.store.update_api_key(caller.organization, id, form);
    if !changed.await? {
        return Err(unknown(&id.to_string()));
    }
    app.memory.callers_changed();
    get(app, caller, id).await
}

/// Gives a key a new secret, which is not shown again. The former works for `overlapSeconds` more.
///
/// # Errors
/// 400 for an overlap that is none, 404.
pub async fn rotate(
    app: &App,
    caller: &Caller,
    id: ApiKeyId,
    body: &Value,
) -> Result<(ApiKey, ApiKeySecret), Error> {
    let overlap = match body.get("overlapSeconds") {
        None | Some(Value::Null) => OVERLAP,
        Some(value) => value
            .as_i64()
            .filter(|seconds| (0..=LONGEST_OVERLAP).contains(seconds))
            .ok_or_else(|| {
                Error::invalid(format!(
                    "`overlapSeconds` must be a number from 0 to {LONGEST_OVERLAP}."
                ))
            })?,
    };
    get(app, caller, id).await?;
    let secret = new_api_key(&*app.entropy);
    let ends = app.now().plus_millis(overlap.saturating_mul(1000));
    let rotated = app
        .store
        .rotate_api_key(caller.organization, id, &secret, ends);
    if !rotated.await? {
        return Err(unknown(&id.to_string()));
    }
    app.memory.callers_changed();
    Ok((get(app, caller, id).await?, secret))
}

/// Deletes a key.
///
/// # Errors
/// 404.
pub async fn delete(app: &App, caller: &Caller, id: ApiKeyId) -> Result<(), Error> {
    get(app, caller, id).await?;
    if !app.store.delete_api_key(caller.organization, id).await? {
        return Err(unknown(&id.to_string()));
    }
    app.memory.callers_changed();
    Ok(())
}

/// 404 for a key.
pub fn unknown(id: &str) -> Error {
    Error::not_found(format!("No API key found with ID {}", elements::shown(id)))
}

/// A body as a key's form, over what is known of it.
async fn read(
    app: &App,
    caller: &Caller,
    body: &Value,
    known: Option<ApiKey>,
) -> Result<KeyForm, Error> {
    let empty = Map::new();
    let members = match body {
        Value::Null => &empty,
        Value::Object(members) => members,
        _ => return Err(Error::invalid("The body must be a JSON object.")),
    };
    let (name, permission, expires) = match known {
        Some(key) => (key.name, key.permission, key.expires),
        None => (String::new(), Permission::default(), None),
    };
    let mut form = KeyForm {
        name,
        permission,
        expires,
    };
    let mut faults = Vec::new();
    if let Some(name) = members.get("name") {
        form.name = plain(name.as_str().unwrap_or_default());
    }
    if form.name.is_empty() || form.name.chars().count() > LONGEST {
        faults.push(format!("`name` must be text of 1 to {LONGEST} characters"));
    }
    if let Some(scopes) = members.get("scopes") {
        match texts(scopes).and_then(|words| words.iter().map(|word| Scope::of(word)).collect()) {
            Some(scopes) => form.permission.scopes = scopes,
            None => form.permission.scopes.clear(),
        }
    }
    if form.permission.scopes.is_empty() {
        let words: Vec<&str> = Scope::ALL.into_iter().map(Scope::word).collect();
        faults.push(format!(
            "`scopes` must be a list of at least one of {}",
            words.join(", ")
        ));
    }
    if let Some(given) = members.get("elements").filter(|given| !given.is_null()) {
        match texts(given) {
            Some(keys) => form.permission.elements = ids(app, caller, &keys, &mut faults).await?,
            None => faults.push("`elements` must be a list of element keys".to_owned()),
        }
    }
    if let Some(given) = members.get("tags").filter(|given| !given.is_null()) {
        match texts(given).map(|tags| tags.iter().map(|tag| plain(tag)).collect()) {
            Some(tags) if !BTreeSet::contains(&tags, "") => form.permission.tags = tags,
            _ => faults.push("`tags` must be a list of tags".to_owned()),
        }
    }
    if let Some(given) = members.get("expiresDate") {
        let now = app.now();
        match given.as_str().and_then(Timestamp::parse) {
            Some(time) if time > now => form.expires = Some(time),
            None if given.is_null() => form.expires = None,
            _ => faults.push(
                "`expiresDate` must be a date to come, such as 2030-01-31T12:00:00Z".to_owned(),
            ),
        }
    }
    if faults.is_empty() {
        Ok(form)
    } else {
        Err(Error::invalid(format!("{}.", faults.join("; "))))
    }
}

/// The ids of elements that the organization sees.
async fn ids(
    app: &App,
    caller: &Caller,
    keys: &[String],
    faults: &mut Vec<String>,
) -> Result<BTreeSet<ElementId>, Error> {
    let mut found = BTreeSet::new();
    for key in keys {
        match elements::find(app, Some(caller.organization), key).await {
            Ok(element) => {
                found.insert(element.id);
            }
            Err(Error::Refused { .. }) => faults.push(format!(
                "`elements` names {}, which there is not",
                elements::shown(key)
            )),
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    items
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// Without control characters, one of which stands between tags in the store.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| !letter.is_control()).collect();
    kept.trim().to_owned()
}
