//! Versions of an organization's element: what was, what changed, and the way back.

use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_store::elements::{ElementVersion, ImportedElement};
use ligand_store::identity::Caller;
use serde_json::Value;

use super::{Draft, diff, edit_own, parse};
use crate::app::App;
use crate::service::{Error, elements};

/// The versions of an element, oldest first; none for an element of the catalog.
///
/// # Errors
/// 404 for an unknown element.
pub async fn list(app: &App, caller: &Caller, element: &str) -> Result<Vec<ElementVersion>, Error> {
    if elements::built_in(app, element).is_some() {
        return Ok(Vec::new());
    }
    let head = elements::own(app, caller, element).await?;
    Ok(app
        .store
        .element_versions(caller.organization, head.id)
        .await?)
}

/// An element as it was at a version.
///
/// # Errors
/// 404 for an unknown element or version, 403 for one of the catalog.
pub async fn get(
    app: &App,
    caller: &Caller,
    element: &str,
    version: &str,
) -> Result<Arc<Compiled>, Error> {
    let row = row(app, caller, element, version).await?;
    elements::compiled(app, &row)
}

/// What changed from one version to another.
///
/// # Errors
/// As [`get`].
pub async fn compare(
    app: &App,
    caller: &Caller,
    element: &str,
    from: &str,
    to: &str,
) -> Result<Vec<Value>, Error> {
    let mut sides = Vec::new();
    for version in [from, to] {
        let row = row(app, caller, element, version).await?;
        let draft = Draft::new(parse(&row.json)?, false, String::new());
        sides.push(Value::Object(draft.root));
    }
    let [before, after] = sides.as_slice() else {
        return Ok(Vec::new());
    };
    Ok(diff::between(before, after))
}

/// Makes the content of a former version the newest one, as a version of its own.
///
/// # Errors
/// As [`get`].
pub async fn roll_back(
    app: &App,
    caller: &Caller,
    element: &str,
    version: &str,
) -> Result<elements::Found, Error> {
    let row = row(app, caller, element, version).await?;
    let Value::Object(definition) = parse(&row.json)? else {
        return Err(Error::internal("a stored definition is no object"));
    };
    edit_own(app, caller, element, |draft| {
        draft.root.clone_from(&definition);
        Ok(())
    })
    .await?;
    elements::seen(app, Some(caller), element).await
}

async fn row(
    app: &App,
    caller: &Caller,
    element: &str,
    version: &str,
) -> Result<ImportedElement, Error> {
    let head = elements::own(app, caller, element).await?;
    let number: i64 = version.parse().unwrap_or(0);
    let row = app
        .store
        .element_at(caller.organization, head.id, number)
        .await?;
    row.ok_or_else(|| {
        Error::not_found(format!(
            "No version {} found of the element {}",
            elements::shown(version),
            head.key
        ))
    })
}
