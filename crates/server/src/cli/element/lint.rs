//! What is wrong with a definition, and where: directories strictly, exports as an import would read them.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use ligand_engine::catalog::{self, Catalog, Compiled, Diagnostic, Severity};
use ligand_model::error::Classify as _;
use ligand_model::id::ElementId;

use super::super::{Failed, sentence};
use crate::catalog_files;

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
            findings.extend(catalog::review(&element).into_iter().map(|found| {
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
            let found = found.into_iter().chain(catalog::review(&element));
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

fn error(place: &str, message: &str) -> Diagnostic {
    Diagnostic {
        path: place.to_owned(),
        severity: Severity::Error,
        message: message.to_owned(),
    }
}
