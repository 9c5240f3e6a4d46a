//! `runtime.json`: where the running server is found, written at every start, whole or not at all.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What other programs on this machine need to know.
///
/// # Shape
/// `{"baseUrl":"http://127.0.0.1:7080","metricsUrl":"http://127.0.0.1:7081","pid":1,"sandbox":{"salesforce":"http://127.0.0.1:7091"}}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Runtime {
    /// Our origin.
    pub base_url: String,
    /// The origin of `/metrics`; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_url: Option<String>,
    /// Our process.
    pub pid: u32,
    /// The origins of the simulated vendors; empty without `--sandbox`.
    pub sandbox: BTreeMap<String, String>,
}

/// The name of the file in the data folder.
pub const FILE: &str = "runtime.json";

impl Runtime {
    /// Writes `DIR/runtime.json`: readers see the old file or the new one, never a part.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        replace(&dir.join(FILE), &text, false)
    }
}

/// Makes the data folder, readable by its owner only.
///
/// # Errors
/// The file system's.
pub fn make_folder(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Replaces a file at once; `secret` files are readable by their owner only from the first byte on.
///
/// # Errors
/// The file system's.
pub fn replace(path: &Path, bytes: &[u8], secret: bool) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let _ = std::fs::remove_file(&beside);
    let written = write_new(&beside, bytes, secret).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// The file system's; `AlreadyExists`.
pub fn write_new(path: &Path, bytes: &[u8], secret: bool) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_json_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut runtime = Runtime {
            base_url: "http://127.0.0.1:7080".into(),
            metrics_url: None,
            pid: 1,
            sandbox: BTreeMap::new(),
        };
        runtime.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(
            text.contains("\"sandbox\": {}") && !text.contains("metricsUrl"),
            "{text}"
        );
        runtime
            .sandbox
            .insert("salesforce".into(), "http://127.0.0.1:7091".into());
        runtime.metrics_url = Some("http://127.0.0.1:7081".into());
        runtime.write(folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(serde_json::from_str::<Runtime>(&text).unwrap(), runtime);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        replace(&path, b"x", true).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(write_new(&path, b"y", true).is_err());
    }
}
