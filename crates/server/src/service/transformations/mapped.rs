//! What an instance's calls go through: effective transformations, compiled, remembered until one is written.
//!
//! Instances without anything of their own share what their account has; a warm call costs no statement.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use ligand_engine::catalog::{Compiled, Route};
use ligand_engine::docs::bare;
use ligand_engine::objects;
use ligand_engine::transform::{Mapping, Transformation, effective};
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId};
use ligand_model::instance::Instance;
use ligand_model::level::{Level, Owner};
use quick_cache::sync::Cache;

use super::super::Error;
use super::{Generations, read};
use crate::app::App;

/// The names that an element's objects have for some instances.
#[derive(Debug, Default)]
pub struct Mapped {
    entries: HashMap<String, Arc<Entry>>,
}

/// One name.
#[derive(Debug)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// What the levels say together.
    pub whole: Transformation,
    /// Its level that goes first.
    pub level: Level,
    mapping: OnceLock<Mapping>,
    /// The element's own word for the object, as paths have it.
    segment: OnceLock<String>,
    /// The same below a record of another object.
    below: OnceLock<String>,
}

impl Entry {
    fn new(name: &str, levels: &[Transformation]) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            level: levels.iter().map(|one| one.level).max()?,
            whole: effective(levels)?,
            mapping: OnceLock::new(),
            segment: OnceLock::new(),
            below: OnceLock::new(),
        })
    }

    /// An entry of one transformation that is only tried out.
    pub fn of(name: &str, levels: &[Transformation]) -> Option<Self> {
        Self::new(name, levels)
    }

    /// Compiled; the first call of it pays.
    pub fn mapping(&self) -> &Mapping {
        self.mapping.get_or_init(|| Mapping::compile(&self.whole))
    }

    /// Where the element has the object: below its vendor name, the name that ignores case, or its own name for the
    /// vendor's.
    pub fn segment(&self, element: &Compiled) -> &str {
        self.segment.get_or_init(|| {
            let wanted = &self.whole.vendor_name;
            let paths = || element.element.resources.iter().map(|one| bare(&one.path));
            let begins = |path: &str, folded: bool| {
                let path = path.trim_start_matches('/');
                let length = wanted.len();
                let head = path.get(..length).unwrap_or_default();
                let same = if folded {
                    head.eq_ignore_ascii_case(wanted)
                } else {
                    head == wanted
                };
                let ends = path.as_bytes().get(length).is_none_or(|next| *next == b'/');
                (same && ends).then(|| head.to_owned())
            };
            if let Some(found) = paths().find_map(|path| begins(&path, false)) {
                return found;
            }
            let objects = objects::list(&element.element);
            let by_vendor = objects
                .iter()
                .find(|one| one.vendor_name.eq_ignore_ascii_case(wanted));
            by_vendor
                .map(|one| one.name.clone())
                .or_else(|| paths().find_map(|path| begins(&path, true)))
                .unwrap_or_else(|| wanted.clone())
        })
    }
    /// Where the element has the object below records of others: `/contacts/{id}/activities` for the vendor's `Event`.
    fn below(&self, element: &Compiled) -> &str {
        self.below.get_or_init(|| {
            let wanted = &self.whole.vendor_name;
            let found = element.element.resources.iter().find_map(|resource| {
                let path = bare(&resource.path);
                let last = path.split('/').nth(3)?;
                let object = resource.extra.text("objectName")?;
                object.eq_ignore_ascii_case(wanted).then(|| last.to_owned())
            });
            found.unwrap_or_else(|| self.segment(element).to_owned())
        })
    }
}

/// Words that say more of the object before them, and are none of their own: `/file/5/metadata`.
const OF_THE_SAME: [&str; 2] = ["metadata", "contents"];

/// A call in common names, as the element knows it.
#[derive(Debug)]
pub struct Renamed {
    /// The path in the element's words.
    pub path: String,
    /// The transformation of what is answered; none where only a parent's name was ours.
    pub entry: Option<Arc<Entry>>,
}

/// First segments that stay the platform's even for an instance that maps such a name; below `/hubs/…` it is reached.
const PLATFORM: [&str; 12] = [
    "elements",
    "instances",
    "hubs",
    "organizations",
    "vdrs",
    "transformations",
    "common-resources",
    "passthrough",
    "usage",
    "authentication",
    "oauth",
    "objects",
];

impl Mapped {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names, in order.
    pub fn names(&self) -> Vec<&Arc<Entry>> {
        let mut all: Vec<_> = self.entries.values().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// What is known by a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Entry>> {
        self.entries.get(name)
    }

    /// The path of a call with the element's words in place of ours; none when no word of it is ours.
    ///
    /// Words are object names at every other place: `/person/5/note` is the element's `/contacts/5/notes`.
    pub fn rename(&self, element: &Compiled, method: &str, path: &str) -> Option<Renamed> {
        if self.entries.is_empty() {
            return None;
        }
        let (rest, below_hub) = match path
            .strip_prefix("/hubs/")
            .and_then(|rest| rest.split_once('/'))
        {
            Some((_, rest)) => (rest, true),
            None => (path.strip_prefix('/')?, false),
        };
        let rest = rest.trim_end_matches('/');
        rest.split('/')
            .step_by(2)
            .find_map(|segment| self.by_segment(segment))?;
        let segments: Vec<&str> = rest.split('/').collect();
        let first = *segments.first()?;
        if !below_hub && PLATFORM.contains(&first) {
            return None;
        }
        let mut renamed = String::with_capacity(path.len() + 16);
        let mut last = None;
        for (at, segment) in segments.iter().enumerate() {
            renamed.push('/');
            let entry = (at % 2 == 0).then(|| self.by_segment(segment)).flatten();
            if at % 2 == 0 && (entry.is_some() || !OF_THE_SAME.contains(segment)) {
                last = entry;
            }
            renamed.push_str(match entry {
                Some(entry) if at == 0 => entry.segment(element),
                Some(entry) => entry.below(element),
                None => segment,
            });
        }
        // What everybody has gives way to what the element itself calls so.
        let ready = segments.iter().step_by(2).all(|segment| {
            self.by_segment(segment)
                .is_none_or(|one| one.level == Level::System)
        });
        if ready
            && matches!(element.route(method, path), Route::Found { .. })
            && !is_generic(element, method, path)
        {
            return None;
        }
        Some(Renamed {
            path: renamed,
            entry: last.map(Arc::clone),
        })
    }

    fn by_segment(&self, segment: &str) -> Option<&Arc<Entry>> {
        if let Some(found) = self.entries.get(segment) {
            return Some(found);
        }
        if !segment.contains('%') {
            return None;
        }
        let decoded = percent_encoding::percent_decode_str(segment)
            .decode_utf8()
            .ok()?;
        self.entries.get(&*decoded)
    }
}

/// Whether the resource of a path takes any object by name.
fn is_generic(element: &Compiled, method: &str, path: &str) -> bool {
    let Route::Found { resource, .. } = element.route(method, path) else {
        return false;
    };
    element
        .resource(resource)
        .is_some_and(|resource| bare(&resource.path).starts_with("/{"))
}

/// What is remembered.
#[derive(Debug)]
pub struct Kept {
    generations: Generations,
    shared: Cache<(OrganizationId, AccountId, ElementId), (u64, Arc<Mapped>)>,
    instances: Cache<(OrganizationId, InstanceId), (u64, Arc<Mapped>)>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            generations: Generations::default(),
            shared: Cache::new(2_000),
            instances: Cache::new(20_000),
        }
    }
}

impl Kept {
    /// What was compiled for an organization does not count any more.
    pub fn changed(&self, organization: OrganizationId) {
        self.generations.raise(organization);
    }

    /// Nothing that was compiled counts any more.
    pub fn changed_all(&self) {
        self.generations.raise_all();
    }
}

/// The names that an instance's calls know. Warm, it costs no statement.
///
/// # Errors
/// Those of the store.
pub async fn of_instance(
    app: &App,
    instance: &Instance,
    element: &Compiled,
) -> Result<Arc<Mapped>, Error> {
    let kept = &app.memory.mapped;
    let generation = kept.generations.of(instance.organization);
    let key = (instance.organization, instance.id);
    if let Some((known, mapped)) = kept.instances.get(&key)
        && known == generation
    {
        return Ok(mapped);
    }
    let own = app
        .store
        .transformations_of(instance.organization, Owner::from(instance.id))
        .await?;
    let own: Vec<_> = own
        .into_iter()
        .filter(|row| row.element == instance.element)
        .collect();
    let mapped = if own.is_empty() {
        of_account(app, instance.organization, instance.account, element).await?
    } else {
        let mut rows = shared(app, instance.organization, instance.account, element).await?;
        let owner = Owner::from(instance.id);
        let defined = app.store.vdr_parts_of(instance.organization, owner).await?;
        rows.retain(|row| {
            let mine =
                |one: &Row| one.name == row.name && defined.iter().any(|part| part.vdr == one.vdr);
            row.owner.level != Level::System || !own.iter().any(mine)
        });
        rows.extend(own);
        Arc::new(compiled(&rows)?)
    };
    kept.instances
        .insert(key, (generation, Arc::clone(&mapped)));
    Ok(mapped)
}

/// The names that an account's calls to an element know, but for what single instances have of their own.
///
/// # Errors
/// Those of the store.
pub async fn of_account(
    app: &App,
    organization: OrganizationId,
    account: AccountId,
    element: &Compiled,
) -> Result<Arc<Mapped>, Error> {
    let key = (organization, account, element.id);
    let kept = &app.memory.mapped;
    let generation = kept.generations.of(organization);
    if let Some((known, mapped)) = kept.shared.get(&key)
        && known == generation
    {
        return Ok(mapped);
    }
    let rows = shared(app, organization, account, element).await?;
    let mapped = Arc::new(compiled(&rows)?);
    kept.shared.insert(key, (generation, Arc::clone(&mapped)));
    Ok(mapped)
}

type Row = ligand_store::transformations::TransformationRow;
type Rows = Vec<Row>;

/// What organization and account have for an element, and what is ready-made under names that neither defines; what was
/// imported before the element was there counts, too.
async fn shared(
    app: &App,
    organization: OrganizationId,
    account: AccountId,
    element: &Compiled,
) -> Result<Rows, Error> {
    let waiting = super::files::waiting(&element.element.key);
    let mut rows = app
        .store
        .transformations_shared(organization, account, waiting)
        .await?;
    let of = app
        .store
        .transformations_shared(organization, account, element.id)
        .await?;
    rows.retain(|row| {
        !of.iter()
            .any(|own| own.vdr == row.vdr && own.owner == row.owner)
    });
    rows.extend(of);
    let mut ready = app.ready.of_element(element.id).peekable();
    if ready.peek().is_some() {
        let own = app.store.vdr_names(organization, account).await?;
        rows.extend(ready.filter(|row| !own.contains(&row.name)).cloned());
    }
    Ok(rows)
}

fn compiled(rows: &Rows) -> Result<Mapped, Error> {
    let mut by_name: HashMap<&str, Vec<Transformation>> = HashMap::new();
    for row in rows {
        by_name.entry(&row.name).or_default().push(read(row)?);
    }
    let entries = by_name
        .into_iter()
        .filter_map(|(name, levels)| Some((name.to_owned(), Arc::new(Entry::new(name, &levels)?))));
    Ok(Mapped {
        entries: entries.collect(),
    })
}
