//! Instances: showing, listing, switching and deleting them, and their configuration entry by entry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ligand_engine::catalog::Compiled;
use ligand_engine::catalog::configuration::effective;
use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::instance::Instance;
use ligand_model::secret::is_secret_key;
use ligand_model::secret::{ElementToken, MASK};
use ligand_store::api_keys::Permission;
use ligand_store::farewells::Leaving;
use ligand_store::fault;
use ligand_store::identity::{Caller, Reach};
use ligand_store::instances::{InstanceChange, InstanceFilter, SealedInstance};

use super::pages::List;
use super::{Error, elements, farewells, grant};
use crate::app::App;

/// How long the vendor may take to hear that a connection has ended.
const FAREWELL: Duration = Duration::from_secs(15);

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;

/// Everything an answer shows of an instance.
#[derive(Debug)]
pub struct Shown {
    /// Its plain attributes.
    pub instance: Instance,
    /// Who made it.
    pub owner: Caller,
    /// Its element.
    pub element: Arc<Compiled>,
    /// Its configuration, not yet masked.
    pub document: InstanceDocument,
    /// Its token.
    pub token: ElementToken,
}

/// How an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Its calls go through.
    Connected,
    /// The vendor no longer honours its grant.
    Invalid,
    /// Its calls are refused here.
    Disabled,
}

impl Status {
    /// Reads a word.
    ///
    /// # Errors
    /// 400 naming the words.
    pub fn of(word: &str) -> Result<Self, Error> {
        match word {
            "connected" => Ok(Self::Connected),
            "invalid" => Ok(Self::Invalid),
            "disabled" => Ok(Self::Disabled),
            _ => Err(Error::invalid(
                "`status` must be `connected`, `invalid` or `disabled`.",
            )),
        }
    }

    const fn valid(self) -> Option<bool> {
        match self {
            Self::Connected => Some(true),
            Self::Invalid => Some(false),
            Self::Disabled => None,
        }
    }

    const fn disabled(self) -> bool {
        matches!(self, Self::Disabled)
    }
}

/// Which instances to list.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Of this element, by key or id.
    pub element: Option<String>,
    /// With all of these tags.
    pub tags: Vec<String>,
    /// Name or element key contains this.
    pub search: Option<String>,
    /// What the caller's key covers.
    pub only: Option<Permission>,
    /// That are like this.
    pub status: Option<Status>,
    /// Page size.
    pub limit: usize,
    /// 1-based; a page token overrules it.
    pub page: usize,
    /// Page token.
    pub next: Option<String>,
    /// The query as it arrived: what a page token is bound to.
    pub query: Vec<(String, String)>,
}

/// The instance that a caller reaches by id.
///
/// # Errors
/// 404 when there is none, it is another organization's or account's, or not of the element in the path.
pub async fn find(
    app: &App,
    reach: impl Into<Reach>,
    id: InstanceId,
    of: Option<ElementId>,
) -> Result<SealedInstance, Error> {
    let reach = reach.into();
    app.store
        .instance(reach.organization, id)
        .await?
        .filter(|found| reach.holds(found.instance.account))
        .filter(|found| of.is_none_or(|element| found.instance.element == element))
        .ok_or_else(|| unknown(&id.to_string()))
}

/// 404 for an instance.
pub fn unknown(id: &str) -> Error {
    Error::not_found(format!(
        "No element instance found with ID {}",
        elements::shown(id)
    ))
}

/// Opens what an answer shows.
///
/// # Errors
/// Those of the store.
pub async fn show(app: &App, sealed: SealedInstance) -> Result<Shown, Error> {
    let instance = sealed.instance.clone();
    let element = match elements::running(app, &instance).await? {
        Some(element) => element,
        None => elements::shown_of_instance(app, instance.organization, instance.element).await?,
    };
    let document = sealed.open()?;
    let token = app
        .store
        .reveal_token(instance.organization, instance.id)
        .await?
        .ok_or_else(|| unknown(&instance.id.to_string()))?;
    Ok(Shown {
        instance,
        owner: sealed.owner,
        element,
        document,
        token,
    })
}

/// Lists instances, oldest first, and the token of the next page.
///
/// # Errors
/// 404 for none at all, 400 for a page token of another list.
pub async fn list(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
) -> Result<(Vec<Shown>, Option<String>), Error> {
    let organization = caller.organization;
    let element = match &wanted.element {
        Some(key) => Some(elements::find(app, Some(organization), key).await?.id),
        None => None,
    };
    let key = app.store.data_key(organization).await?;
    let page = List::new(
        organization,
        &format!("instances:{element:?}"),
        &wanted.query,
    );
    let after = match &wanted.next {
        Some(token) => {
            let id = page.open(&key, token)?.parse().map(InstanceId);
            Some(id.map_err(|_| Error::invalid("`nextPage` is not a page token of this list."))?)
        }
        None => None,
    };
    let search_elements = match &wanted.search {
        Some(text) => with_key_containing(app, organization, text).await?,
        None => Vec::new(),
    };
    let most = i64::try_from(wanted.limit).unwrap_or(i64::MAX);
    let skipped = wanted.page.saturating_sub(1).saturating_mul(wanted.limit);
    let skipped = i64::try_from(skipped).unwrap_or(i64::MAX);
    let only = wanted.only.unwrap_or_default();
    let filter = InstanceFilter {
        account: Reach::from(caller).account,
        among: only.elements,
        any_tag: only.tags,
        element,
        tags: wanted.tags,
        search: wanted.search,
        search_elements,
        valid: wanted.status.map(Status::valid).unwrap_or_default(),
        disabled: wanted.status.map(Status::disabled),
        after,
        skip: if after.is_some() { 0 } else { skipped },
        limit: most.saturating_add(1),
    };
    let mut found = app.store.instances(organization, filter).await?;
    let more = found.len() > wanted.limit;
    found.truncate(wanted.limit);
    let next = match found.last() {
        Some(last) if more => Some(page.seal(&key, &last.instance.id.to_string())?),
        _ => None,
    };
    if found.is_empty() {
        return Err(Error::not_found("No element instances found"));
    }
    let mut shown = Vec::with_capacity(found.len());
    for sealed in found {
        // Deleted between the two reads: not in the list any more.
        match show(app, sealed).await {
            Err(Error::Refused {
                kind: ligand_model::error::ErrorKind::NotFound,
                ..
            }) => {}
            other => shown.push(other?),
        }
    }
    Ok((shown, next))
}

async fn with_key_containing(
    app: &App,
    organization: OrganizationId,
    text: &str,
) -> Result<Vec<ElementId>, Error> {
    let text = text.to_lowercase();
    let all = elements::all(app, Some(organization)).await?;
    Ok(all
        .iter()
        .filter(|element| element.element.key.to_lowercase().contains(&text))
        .map(|element| element.id)
        .collect())
}

/// Instances in all, and by element key; those that `only` covers.
///
/// # Errors
/// Those of the store.
pub async fn count(
    app: &App,
    caller: &Caller,
    only: Option<&Permission>,
) -> Result<(i64, BTreeMap<String, i64>), Error> {
    let none = Permission::default();
    let only = only.unwrap_or(&none);
    let counted = app.store.count_instances(caller.into(), &only.tags);
    let (mut total, mut by_element) = (0, BTreeMap::new());
    for (id, count) in counted.await? {
        if !only.elements.is_empty() && !only.elements.contains(&id) {
            continue;
        }
        let element = elements::by_id(app, Some(caller.organization), id).await?;
        let key = element.map_or_else(|| id.to_string(), |known| known.element.key.clone());
        *by_element.entry(key).or_insert(0) += count;
        total += count;
    }
    Ok((total, by_element))
}

/// Changes plain attributes, whatever else changes meanwhile.
///
/// # Errors
/// 404 when it is gone, 409 when others write without pause.
pub async fn change(
    app: &App,
    reach: impl Into<Reach>,
    id: InstanceId,
    change: InstanceChange,
) -> Result<SealedInstance, Error> {
    let reach = reach.into();
    for _ in 0..ATTEMPTS {
        let sealed = find(app, reach, id, None).await?;
        let version = sealed.instance.version;
        let written = app
            .store
            .update_instance(reach.organization, id, version, change.clone())
            .await?;
        if let Some(written) = written {
            app.memory.instances.publish(written.clone());
            return Ok(written);
        }
    }
    Err(Error::conflict(
        "The instance is being changed by others; try again.",
    ))
}

/// Deletes an instance: its token stops at once, then the vendor is told.
///
/// # Errors
/// 404 when there is none.
pub async fn delete(
    app: &App,
    reach: impl Into<Reach>,
    id: InstanceId,
    of: Option<ElementId>,
) -> Result<(), Error> {
    let reach = reach.into();
    let organization = reach.organization;
    let sealed = find(app, reach, id, of).await?;
    // What cannot be opened or has no element any more cannot be told to the vendor, but it is deleted.
    let element = elements::of_instance(app, &sealed.instance).await;
    let leaving = match (element, sealed.open()) {
        (Ok(element), Ok(document)) if grant::must_tell(&element, &document) => {
            Some((element, document))
        }
        _ => None,
    };
    let of = Leaving::of(&sealed.instance);
    let due = farewells::due(app);
    let farewell = leaving.as_ref().map(|(_, document)| (of, document, due));
    let deleted = app
        .store
        .delete_instance_telling(organization, id, farewell)
        .await?;
    app.memory.instances.remove(id);
    app.memory.answers.forget(organization, id);
    let noted = deleted.ok_or_else(|| unknown(&id.to_string()))?;
    fault::point("delete.written");
    if let Some((element, document)) = leaving {
        let (told, heard) = tokio::sync::oneshot::channel();
        let background = app.clone();
        app.spawn("disconnect", async move {
            farewells::tell_now(&background, of.organization, noted, &element, document).await;
            // Nobody is waiting any more when the caller has gone.
            let _ = told.send(());
        });
        if tokio::time::timeout(FAREWELL, heard).await.is_err() {
            tracing::warn!(
                instance.id = id.0,
                "the vendor has not yet heard of the deletion"
            );
        }
    }
    Ok(())
}

/// One entry of an instance's configuration, as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number within the element.
    pub id: i64,
    /// Its key.
    pub key: String,
    /// Label.
    pub name: String,
    /// Help text.
    pub description: String,
    /// The instance's value, or the element's default; masked.
    pub value: Option<String>,
    /// As declared.
    pub kind: String,
    /// Whether an instance cannot exist without it.
    pub required: bool,
    /// Hidden in user interfaces.
    pub hide_from_console: bool,
}

/// Every entry: the element's in declared order, then what else the instance holds.
pub fn entries(element: &Compiled, document: &InstanceDocument) -> Vec<Entry> {
    let declared = &element.element.configuration;
    let mut entries: Vec<Entry> = declared
        .iter()
        .zip(1..)
        .map(|(entry, position)| {
            let value = effective(&element.element, &document.values, &entry.key);
            let id = entry.extra.get("id").and_then(|id| id.as_i64());
            Entry {
                id: id.unwrap_or(position),
                key: entry.key.clone(),
                name: entry.name.clone(),
                description: entry.description.clone(),
                value: masked(entry.is_secret(), value.as_deref()),
                kind: entry.kind.clone(),
                required: entry.required,
                hide_from_console: entry.hide_from_console || entry.internal,
            }
        })
        .collect();
    let mut next = entries.iter().map(|entry| entry.id).max().unwrap_or(0);
    for (key, value) in &document.values {
        if element.element.entry(key).is_none() {
            next += 1;
            entries.push(Entry {
                id: next,
                key: key.clone(),
                name: key.clone(),
                description: String::new(),
                value: masked(is_secret_key(key), Some(value)),
                kind: if is_secret_key(key) {
                    "PASSWORD"
                } else {
                    "TEXTFIELD_1000"
                }
                .to_owned(),
                required: false,
                hide_from_console: false,
            });
        }
    }
    entries
}

fn masked(secret: bool, value: Option<&str>) -> Option<String> {
    let value = value.filter(|value| !value.is_empty())?;
    Some(if secret { MASK } else { value }.to_owned())
}

#[cfg(test)]
mod tests {
    use ligand_model::id::ElementId;

    use super::*;

    #[test]
    fn entries_show_defaults_and_mask_secrets_declared_or_not() {
        let json = br#"{"name":"X","configuration":[{"key":"base.url","defaultValue":"https://x"},
            {"key":"pin","type":"PASSWORD"},{"key":"oauth.api.key"},{"key":"empty"}]}"#;
        let (element, _) = ligand_engine::catalog::import(json, ElementId(1)).unwrap();
        let values = [
            ("pin", "1"),
            ("oauth.api.key", "k"),
            ("oauth.user.token", "t"),
            ("own", "v"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
        let document = InstanceDocument {
            values: values.into(),
            hosts: vec![],
        };
        let shown: Vec<_> = entries(&element, &document)
            .into_iter()
            .map(|entry| (entry.id, entry.key, entry.value.unwrap_or_default()))
            .collect();
        let expected = [
            (1, "base.url", "https://x"),
            (2, "pin", MASK),
            (3, "oauth.api.key", MASK),
            (4, "empty", ""),
            (5, "oauth.user.token", MASK),
            (6, "own", "v"),
        ]
        .map(|(id, key, value)| (id, key.to_owned(), value.to_owned()));
        assert_eq!(shown, expected);
    }
}
