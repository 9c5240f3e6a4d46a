//! Object definitions and transformations: whose they are, how they are written, what they come to.
//!
//! One name of an organization (a VDR, a common resource) has fields by level and, by element and level,
//! transformations. Every list that the field's API has of them is a view on that; every write is a change of names
//! that is made whole, on what was read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use ligand_engine::transform::Transformation;
use ligand_model::id::{AccountId, ElementId, OrganizationId};
use ligand_model::level::{Level, Owner};
use ligand_store::identity::Caller;
use ligand_store::transformations::{Change, Vdr};
use serde_json::{Map, Value, json};

use super::{Error, elements};
use crate::app::App;

pub mod common;
pub mod definitions;
pub mod execute;
pub mod files;
pub mod mapped;
pub mod mappings;
pub mod passes;
pub mod ready;
pub mod run;
pub mod vdr_mappings;
pub mod vdrs;

/// How often a write that met another is tried again.
const ATTEMPTS: usize = 8;
/// Longest name of a common resource, characters.
const LONGEST_NAME: usize = 255;

/// Whose definitions and transformations a call is about.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The tenant.
    pub organization: OrganizationId,
    /// The account whose view counts: that of the owner, else the caller's.
    pub account: AccountId,
    /// The level and its owner.
    pub owner: Owner,
    /// The element of the instance, when it is one's.
    pub element: Option<ElementId>,
}

impl Place {
    /// The owners that count for something of this place: its own and those above.
    fn owners(&self) -> Vec<Owner> {
        let organization = Owner::from(self.organization);
        let account = Owner::from(self.account);
        match self.owner.level {
            Level::System | Level::Organization => vec![organization],
            Level::Account => vec![organization, account],
            Level::Instance => vec![organization, account, self.owner],
        }
    }
}

/// Reads what is needed, and makes the changes that follow from it; again when somebody else wrote meanwhile.
///
/// # Errors
/// What `plan` refuses; 409 when others write all the time.
pub async fn change<T, F>(
    app: &App,
    organization: OrganizationId,
    plan: impl Fn() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<(Vec<Change>, T), Error>>,
{
    for _ in 0..ATTEMPTS {
        let (mut changes, made) = plan().await?;
        changes.retain_mut(|change| {
            // What is ready-made is not written: what is meant for it becomes the caller's own of that name.
            let ready = change.was.take_if(|was| ready::is_ready(was.id)).is_some();
            !ready || !change.parts.is_empty() || !change.transformations.is_empty()
        });
        if changes.is_empty() {
            return Ok(made);
        }
        match app.store.change_vdrs(organization, changes).await {
            Ok(Some(_)) => {
                app.memory.mapped.changed(organization);
                return Ok(made);
            }
            // Somebody took the name between reading and writing.
            Ok(None) | Err(ligand_store::Error::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::conflict(
        "The object is being changed by others; try again.",
    ))
}

/// The change that begins at a name as it is, or makes it.
fn begin(vdr: Option<Vdr>, name: &str) -> Change {
    vdr.map_or_else(|| Change::new(name), Change::of)
}

/// A name that paths can carry.
///
/// # Errors
/// 400 that says what is wrong with it.
pub fn checked_name(name: &str) -> Result<String, Error> {
    let name = super::text::plain(name);
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("The object needs a name."));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid(format!(
            "The name of an object has at most {LONGEST_NAME} characters."
        )));
    }
    if name.contains(['/', '?', '#', '%', '\\']) || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "The name of an object cannot hold any of `/ ? # % \\` or control characters: paths carry it.",
        ));
    }
    Ok(name.to_owned())
}

/// 404 for a definition.
fn no_definition(name: &str) -> Error {
    Error::not_found(format!(
        "No object definition found for '{}'",
        elements::shown(name)
    ))
}

/// 404 for a transformation.
pub fn no_transformation(name: &str) -> Error {
    Error::not_found(format!(
        "No transformation found for '{}'",
        elements::shown(name)
    ))
}

/// Puts whose something is into its JSON, as answers say it.
fn mark(members: &mut Map<String, Value>, owner: Owner) {
    members.insert("level".to_owned(), json!(owner.level.as_str()));
    members.insert("associatedLevel".to_owned(), json!(owner.level.as_str()));
    if owner.level != Level::System {
        members.insert("associatedId".to_owned(), json!(owner.id));
    }
}

/// Whether a caller may write at a level.
pub fn may_write(caller: &Caller, level: Level) -> bool {
    match level {
        Level::System => false,
        Level::Organization => caller.organization_admin,
        Level::Account => caller.organization_admin || caller.account_admin,
        Level::Instance => true,
    }
}

/// A stored transformation as the engine reads it.
fn read(row: &ligand_store::transformations::TransformationRow) -> Result<Transformation, Error> {
    Transformation::read(&row.body, row.owner.level).map_err(|error| {
        Error::internal(format!(
            "the stored transformation {} cannot be read: {error}",
            row.id
        ))
    })
}

/// How often each organization's names were written: what was compiled before does not count any more.
#[derive(Debug, Default)]
pub struct Generations {
    of: RwLock<std::collections::HashMap<OrganizationId, u64>>,
    all: AtomicU64,
}

impl Generations {
    fn of(&self, organization: OrganizationId) -> u64 {
        let known = self.of.read().unwrap_or_else(PoisonError::into_inner);
        let own = known.get(&organization).copied().unwrap_or_default();
        own + self.all.load(Ordering::SeqCst)
    }

    fn raise(&self, organization: OrganizationId) {
        let mut known = self.of.write().unwrap_or_else(PoisonError::into_inner);
        *known.entry(organization).or_default() += 1;
    }

    fn raise_all(&self) {
        self.all.fetch_add(1, Ordering::SeqCst);
    }
}
