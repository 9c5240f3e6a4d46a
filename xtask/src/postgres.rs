//! A private PostgreSQL for the tests: own folder, own port, gone afterwards.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::shell::{Result, Running, TemporaryFolder, command, free_port, is_root, run};

/// `cargo xtask postgres COMMAND…`: runs a command with `TEST_POSTGRES_URL` set, then removes the server.
pub fn with(arguments: &[String]) -> Result {
    let Some((program, rest)) = arguments.split_first() else {
        return Err(
            "which command? `cargo xtask postgres cargo nextest run -p ligand-store`".into(),
        );
    };
    crate::install::ensure(&[("postgres", "postgresql")])?;
    let server = Postgres::start()?;
    run(command(program, &[])
        .args(rest)
        .env("TEST_POSTGRES_URL", &server.url))
}

/// A running server; stopped and removed when dropped, in this order.
pub struct Postgres {
    _running: Running,
    _folder: TemporaryFolder,
    /// For `TEST_POSTGRES_URL`: a superuser who may create databases.
    pub url: String,
}

impl Postgres {
    /// Starts a server that trusts loopback, speaks TLS with the tests' certificate and does not wait for the disk.
    pub fn start() -> Result<Self> {
        Self::start_with(&[
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
        ])
    }

    /// The same as PostgreSQL comes: a commit is on the disk before it is answered. It counts statements.
    pub fn start_durable() -> Result<Self> {
        Self::start_with(&["shared_preload_libraries=pg_stat_statements"])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        let binaries = binaries().ok_or("PostgreSQL is not installed")?;
        let folder = TemporaryFolder::new("postgres")?;
        // PostgreSQL refuses to run as root; Debian's package brings a user for it.
        let user = if is_root() {
            Some(postgres_user()?)
        } else {
            None
        };
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let as_user = |mut command: Command| {
            if let Some((user, group)) = user {
                command.uid(user).gid(group);
            }
            command.current_dir("/").stdout(Stdio::null());
            command
        };
        let data = folder.path().join("data");
        let data = data
            .to_str()
            .ok_or("the temporary folder's name is not UTF-8")?;
        let initdb = binaries.join("initdb");
        run(&mut as_user(command(
            &initdb,
            &[
                "-D",
                data,
                "-U",
                "ligand",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
        )))?;
        let [certificate, key] = [
            ("ssl_cert_file", "certificate.pem"),
            ("ssl_key_file", "key.pem"),
        ]
        .map(|(setting, file)| {
            let copy = folder.path().join(file);
            lend(
                &format!("crates/server/src/listener/fixtures/{file}"),
                &copy,
                user,
            )?;
            Ok::<_, String>(format!("{setting}={}", copy.display()))
        });
        let (certificate, key) = (certificate?, key?);
        let port = free_port()?.to_string();
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let log =
            std::fs::File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut server = as_user(command(
            binaries.join("postgres"),
            &[
                "-D",
                data,
                "-p",
                &port,
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                &sockets,
                "-c",
                "ssl=on",
                "-c",
                &certificate,
                "-c",
                &key,
                "-c",
                "max_connections=300",
            ],
        ));
        for setting in settings {
            server.args(["-c", setting]);
        }
        server.stderr(log);
        let mut running = Running::start(&mut server)?;
        let ready = binaries.join("pg_isready");
        running.wait_until(Duration::from_secs(30), || {
            let mut probe = command(&ready, &["-q", "-h", "127.0.0.1", "-p", &port]);
            probe.status().is_ok_and(|status| status.success())
        })?;
        let url = format!("postgres://ligand@127.0.0.1:{port}/postgres");
        Ok(Self {
            _running: running,
            _folder: folder,
            url,
        })
    }
}

/// Copies a file for the server's user alone, which is what PostgreSQL demands of a key.
fn lend(from: &str, to: &std::path::Path, user: Option<(u32, u32)>) -> Result {
    let text = std::fs::read(from).map_err(|error| format!("{from}: {error}"))?;
    std::fs::write(to, text).map_err(|error| error.to_string())?;
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(to, private).map_err(|error| error.to_string())?;
    if let Some((user, group)) = user {
        chown(to, Some(user), Some(group)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The newest installed server's folder of programs; Debian keeps them off `PATH`.
pub fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok();
    let mut found: Vec<(u32, PathBuf)> = versions
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, folder)| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .collect();
    found.sort();
    let on_path = || Some(crate::shell::find("initdb")?.parent()?.to_path_buf());
    found.pop().map(|(_, folder)| folder).or_else(on_path)
}

/// User and group id of `postgres`.
fn postgres_user() -> Result<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut ids = line
        .into_iter()
        .flat_map(|line| line.split(':').skip(2))
        .filter_map(|id| id.parse().ok());
    match (ids.next(), ids.next()) {
        (Some(user), Some(group)) => Ok((user, group)),
        // The folder's owner is root then, and initdb will say what it thinks of that.
        _ => std::fs::metadata("/var/lib/postgresql")
            .map(|data| (data.uid(), data.gid()))
            .map_err(|_| "there is no user `postgres`".to_owned()),
    }
}
