//! What is wrong with a definition, and where: directories strictly, exports as an import would read them.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use ligand_engine::catalog::{self, Catalog, Compiled, Diagnostic, Severity};
use ligand_engine::hooks;
use ligand_model::element::{Hook, Resource};
use ligand_model::error::Classify as _;
use ligand_model::id::ElementId;

use super::super::{Failed, sentence};
use crate::catalog_files;

/// Most resources in a chain.
const MOST_LINKS: usize = 5;

/// One finding.
#[derive(Debug)]
pub(super) struct Finding {
    /// The file or folder that was named.
    pub(super) file: String,
    /// Where in it; empty when all of it is meant.
    pub(super) place: String,
    /// How bad.
    pub(super) severity: Severity,
    /// What, as a sentence.
    pub(super) message: String,
}

/// Looks over what a path names.
pub(super) fn path(path: &Path) -> Result<Vec<Finding>, Failed> {
    let file = path.display().to_string();
    let finding = |found: Diagnostic| Finding {
        file: file.clone(),
        place: found.path,
        severity: found.severity,
        message: found.message,
    };
    if path.is_dir() {
        let (elements, found) = directory(path)?;
        let mut findings: Vec<Finding> = found.into_iter().map(finding).collect();
        if elements.is_empty() && findings.is_empty() {
            findings.push(finding(error("", "there is no element in this folder")));
        }
        for element in elements {
            let key = &element.element.key;
            findings.extend(beyond(&element).into_iter().map(|found| {
                finding(Diagnostic {
                    path: format!("{key}: {}", found.path),
                    ..found
                })
            }));
        }
        return Ok(findings);
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {file}: {error}"))?;
    Ok(match catalog::import(&bytes, ElementId(1)) {
        Ok((element, found)) => {
            let found = found.into_iter().chain(beyond(&element));
            found.map(finding).collect()
        }
        Err(refused) => vec![finding(error("", &refused.public()))],
    })
}

/// The element of a directory, or those of a folder of directories, and what the loader found.
pub(super) fn directory(path: &Path) -> Result<(Vec<Arc<Compiled>>, Vec<Diagnostic>), Failed> {
    let mut files =
        catalog_files::files(&path.display().to_string()).map_err(|error| sentence(&error))?;
    if path.join("element.json").is_file() {
        let whole = path.canonicalize()?;
        let folder = whole.file_name().unwrap_or_else(|| OsStr::new("element"));
        for (name, _) in &mut files {
            *name = format!("{}/{name}", folder.to_string_lossy());
        }
    }
    // Files beside the directories (a README) are no elements.
    let (catalog, found) = Catalog::load(&files);
    Ok((catalog.iter().map(Arc::clone).collect(), found))
}

/// The files below a folder, by their names from there.
pub(super) fn listing(path: &Path) -> Result<Vec<String>, Failed> {
    let files =
        catalog_files::files(&path.display().to_string()).map_err(|error| sentence(&error))?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// What only shows when everything is there: chains that lead nowhere, scripts that cannot be read, calls that cannot run.
fn beyond(element: &Compiled) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    scripts(&element.element.hooks, "hooks", &mut found);
    for (index, resource) in element.element.resources.iter().enumerate() {
        let place = format!("resources[{index}] ({} {})", resource.method, resource.path);
        scripts(&resource.hooks, &format!("{place}.hooks"), &mut found);
        if resource.kind.as_deref() == Some("java") {
            found.push(warning(
                &place,
                "it is written in Java, which exports do not carry; calls of it are refused",
            ));
        } else if resource.vendor_path.is_none() && resource.hooks.is_empty() {
            found.push(warning(
                &place,
                "it has no `vendorPath`; the base URL itself is called",
            ));
        }
        chain(element, resource, &place, &mut found);
    }
    found
}

fn scripts(hooks: &[Hook], place: &str, found: &mut Vec<Diagnostic>) {
    for (index, hook) in hooks.iter().enumerate() {
        let Some(body) = &hook.body else { continue };
        let place = format!("{place}[{index}]");
        if let Err(fault) = hooks::check(&place, body) {
            let message = format!(
                "{} (line {}, column {})",
                fault.message, fault.line, fault.column
            );
            found.push(warning(&place, &message));
        }
    }
}

fn chain(element: &Compiled, resource: &Resource, place: &str, found: &mut Vec<Diagnostic>) {
    let mut next = resource
        .next_resource
        .as_deref()
        .filter(|next| !next.is_empty());
    for _ in 1..MOST_LINKS {
        let Some(named) = next else { return };
        let Some(link) = element
            .chained(named)
            .and_then(|index| element.resource(index))
        else {
            found.push(warning(
                place,
                &format!("its next resource `{named}` is not declared"),
            ));
            return;
        };
        next = link
            .next_resource
            .as_deref()
            .filter(|next| !next.is_empty());
    }
    if next.is_some() {
        let message = format!("its chain has more than {MOST_LINKS} links, or never ends");
        found.push(error(place, &message));
    }
}

fn error(place: &str, message: &str) -> Diagnostic {
    Diagnostic {
        path: place.to_owned(),
        severity: Severity::Error,
        message: message.to_owned(),
    }
}

fn warning(place: &str, message: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        ..error(place, message)
    }
}
