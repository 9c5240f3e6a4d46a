//! Where the built-in elements and common resources come from: inside the binary, or a folder.

use std::io;
use std::path::{Path, PathBuf};

use ligand_engine::catalog::{Catalog, Severity};

use crate::service::transformations::ready::ReadyMade;

/// What a release build carries; empty in a debug build.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The common resources that a release build carries.
static EMBEDDED_COMMON: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/common.rs"));

/// Files with their paths relative to the catalog's root, `/` between.
pub type Files = Vec<(String, Vec<u8>)>;

/// Why there is no catalog.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be read.
    #[error("cannot read the elements in {}", path.display())]
    Read {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No element in it is fit to be served.
    #[error("there is no usable element in the catalog")]
    Empty,
}

/// The files of the catalog: of `dir` when it is not empty, else those inside the binary, else (in a debug build)
/// those of the source tree.
///
/// # Errors
/// [`Error::Read`].
pub fn files(dir: &str) -> Result<Files, Error> {
    files_of(dir, EMBEDDED, "elements")
}

fn files_of(dir: &str, embedded: &[(&str, &[u8])], folder: &str) -> Result<Files, Error> {
    if dir.is_empty() && !embedded.is_empty() {
        return Ok(embedded
            .iter()
            .map(|(name, bytes)| ((*name).into(), bytes.to_vec()))
            .collect());
    }
    let root = root(dir, folder);
    let mut files = Files::new();
    walk(&root, "", &mut files).map_err(|source| Error::Read { path: root, source })?;
    files.sort();
    Ok(files)
}

/// Loads the common resources that are there without set-up, and reports what is wrong with them.
///
/// # Errors
/// [`Error::Read`].
pub fn load_common(dir: &str, catalog: &Catalog) -> Result<ReadyMade, Error> {
    let files = files_of(dir, EMBEDDED_COMMON, "common-resources")?;
    let (ready, wrong) = ReadyMade::read(&files, catalog);
    for why in wrong {
        tracing::error!("common resource {why}");
    }
    Ok(ready)
}

/// A file that lies beside a built-in element's definition: its monogram, its page for people.
pub fn beside(dir: &str, key: &str, name: &str) -> Option<Vec<u8>> {
    if key.is_empty()
        || !key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    {
        return None;
    }
    let name = format!("{key}/{name}");
    if dir.is_empty() && !EMBEDDED.is_empty() {
        let (_, bytes) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        return Some(bytes.to_vec());
    }
    std::fs::read(root(dir, "elements").join(name)).ok()
}

/// Loads the catalog and reports what is wrong with it; an element with errors is not served.
///
/// # Errors
/// [`Error`].
pub fn load(dir: &str) -> Result<Catalog, Error> {
    let (catalog, diagnostics) = Catalog::load(&files(dir)?);
    for found in diagnostics {
        match found.severity {
            Severity::Error => tracing::error!("element {}: {}", found.path, found.message),
            Severity::Warning => tracing::warn!("element {}: {}", found.path, found.message),
        }
    }
    if catalog.iter().next().is_none() {
        Err(Error::Empty)
    } else {
        Ok(catalog)
    }
}

fn root(dir: &str, folder: &str) -> PathBuf {
    if dir.is_empty() {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(folder)
    } else {
        PathBuf::from(dir)
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push((name, std::fs::read(entry.path())?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_root_of_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("acme/resources")).unwrap();
        std::fs::write(folder.path().join("acme/element.json"), "{}").unwrap();
        std::fs::write(folder.path().join("acme/resources/a.json"), "[]").unwrap();
        let found = files(&folder.path().display().to_string()).unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["acme/element.json", "acme/resources/a.json"]);
        assert!(matches!(files("/nowhere/at/all"), Err(Error::Read { .. })));
    }
}
