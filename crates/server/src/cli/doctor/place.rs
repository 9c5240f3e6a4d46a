//! What lies where on this machine, and how much it gives us.

use std::path::{Path, PathBuf};

use ligand_store::Database;

use super::{Finding, ok, warning};
use crate::config::Config;
use crate::first_start::{CREDENTIALS, KeySource};

/// Whether the key lies with the data, and who may read it.
pub(super) fn key(config: &Config, database: &Database, source: &KeySource) -> Finding {
    let file = match source {
        KeySource::File(path) | KeySource::Made(path) => Some(path.clone()),
        KeySource::Configured if config.vault.key_command.is_empty() => {
            Some(PathBuf::from(&config.vault.key_file))
        }
        KeySource::Configured => None,
    };
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else {
        return ok("key", "It is configured and opens the database.");
    };
    let mut folders = vec![config.data_dir().to_owned()];
    if let Database::Sqlite(path) = database {
        folders.extend(path.parent().map(Path::to_owned));
    }
    if folders.iter().any(|folder| lies_in(&file, folder)) {
        let text = format!(
            "{} lies beside the data it protects: whoever copies the folder has both. \
             Set vault.key or vault.key_file to a place elsewhere.",
            file.display()
        );
        return warning("key", text);
    }
    if readable_by_others(&file) {
        let text = format!(
            "{} may be read by other users of this machine: chmod 600.",
            file.display()
        );
        return warning("key", text);
    }
    ok("key", "It is configured and opens the database.")
}

/// Whether a file is in a folder, or below it, wherever links lead.
fn lies_in(file: &Path, folder: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    match (file.canonicalize(), folder.canonicalize()) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        // Not there yet: as written.
        _ => file.starts_with(folder),
    }
}

fn readable_by_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

/// The first customer's secrets, which are of use to whoever copies the folder.
pub(super) fn credentials(config: &Config) -> Option<Finding> {
    let path = config.data_dir().join(CREDENTIALS);
    let text = format!(
        "{} holds the first customer's secrets in clear: keep them elsewhere and remove it.",
        path.display()
    );
    path.exists().then(|| warning("credentials", text))
}

/// Limits that contradict each other, or what this machine gives.
pub(super) fn limits(config: &Config) -> Vec<Finding> {
    let (vendor, http) = (&config.vendor, &config.http);
    let mut findings = Vec::new();
    let mut warn = |wrong: bool, text: String| {
        if wrong {
            findings.push(warning("limits", text));
        }
    };
    warn(
        vendor.patience.0 >= vendor.total_timeout.0,
        format!(
            "vendor.patience ({}) is no shorter than vendor.total_timeout ({}): a call that waits for a vendor's limit \
             is answered 504 in place of 429.",
            vendor.patience, vendor.total_timeout
        ),
    );
    warn(
        vendor.connect_timeout.0 >= vendor.total_timeout.0,
        format!(
            "vendor.connect_timeout ({}) leaves vendor.total_timeout ({}) nothing.",
            vendor.connect_timeout, vendor.total_timeout
        ),
    );
    let open = open_files();
    // A call holds its caller's connection and its vendor's.
    let needed = u64::from(http.max_connections) * 2;
    if let Some(open) = open.filter(|open| *open < needed) {
        warn(
            true,
            format!(
                "This process may open {open} files; http.max_connections ({}) takes up to {needed}. Raise it \
                 (ulimit -n, LimitNOFILE=) or lower the setting.",
                http.max_connections
            ),
        );
    }
    if findings.is_empty() {
        let text = format!(
            "A call has {}, {} repetitions, and {} for a vendor's limit; {} connections.",
            vendor.total_timeout, vendor.retries, vendor.patience, http.max_connections
        );
        findings.push(ok("limits", text));
    }
    findings
}

/// How many files this process may open, where the system says so.
fn open_files() -> Option<u64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;
    use crate::config::units::Span;

    #[test]
    fn a_key_file_below_the_data_is_beside_it_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let (data, apart) = (folder.path().join("data"), folder.path().join("apart"));
        for path in [&data, &apart] {
            std::fs::create_dir(path).unwrap();
        }
        std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
        let mut config = Config::defaults().unwrap();
        config.data.dir = data.display().to_string();
        let database = Database::Sqlite(data.join("ligand.db"));
        let mut verdict = |file: PathBuf, mode: u32| {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::write(&file, "key").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            config.vault.key_file = file.display().to_string();
            key(&config, &database, &KeySource::Configured)
        };
        assert_eq!(verdict(apart.join("key"), 0o600).0, Verdict::Ok);
        for beside in [data.join("key"), folder.path().join("link/key")] {
            let (found, _, text) = verdict(beside, 0o600);
            assert!(
                found == Verdict::Warning && text.contains("lies beside"),
                "{text}"
            );
        }
        let (found, _, text) = verdict(apart.join("open"), 0o644);
        assert!(
            found == Verdict::Warning && text.contains("chmod 600"),
            "{text}"
        );
    }

    #[test]
    fn limits_that_contradict_each_other_are_told() {
        let mut config = Config::defaults().unwrap();
        config.http.max_connections = 1;
        let fine = limits(&config);
        assert!(fine.len() == 1 && fine[0].0 == Verdict::Ok, "{fine:?}");
        config.vendor.patience = Span(config.vendor.total_timeout.0);
        config.http.max_connections = u32::MAX;
        let found = limits(&config);
        assert!(found[0].2.starts_with("vendor.patience"), "{found:?}");
        assert!(found[1].2.contains("http.max_connections"), "{found:?}");
    }
}
