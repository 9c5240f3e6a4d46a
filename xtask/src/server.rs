//! Building the one binary and running a server on a throw-away data folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::json::Json;
use crate::shell::{Result, Running, TemporaryFolder, cargo, command, output, run};

/// Where cargo puts what it builds.
pub fn target_folder() -> Result<PathBuf> {
    let metadata = output(&mut cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
    ]))?;
    Ok(PathBuf::from(
        Json::parse(&metadata)?.text("target_directory"),
    ))
}

/// Builds one package's binary and answers its path.
pub fn build(package: &str, binary: &str, release: bool) -> Result<PathBuf> {
    let mut arguments = vec!["build", "--locked", "--package", package];
    if release {
        arguments.push("--release");
    }
    run(&mut cargo(&arguments))?;
    built(binary, release)
}

/// The path of a binary that has been built.
pub fn built(binary: &str, release: bool) -> Result<PathBuf> {
    Ok(target_folder()?
        .join(if release { "release" } else { "debug" })
        .join(binary))
}

/// A server with its sandbox on free ports and an empty data folder.
pub struct Server {
    running: Running,
    folder: TemporaryFolder,
}

impl Server {
    /// Starts `binary serve --sandbox` and waits for its `runtime.json`.
    pub fn start(binary: &Path, name: &str) -> Result<Self> {
        Self::start_with(binary, name, &[])
    }

    /// The same with settings of its own.
    pub fn start_with(binary: &Path, name: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = TemporaryFolder::new(name)?;
        let data = folder.path().join("data");
        let data_text = data
            .to_str()
            .ok_or("the temporary folder's name is not UTF-8")?;
        let log =
            std::fs::File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let mut serve = command(
            binary,
            &[
                "serve",
                "--sandbox",
                "--listen",
                "127.0.0.1:0",
                "--data",
                data_text,
            ],
        );
        serve.envs(settings.iter().copied());
        let mut running = Running::start(serve.stdout(log).stderr(Stdio::from(errors)))?;
        let runtime = data.join("runtime.json");
        let started = running.wait_until(Duration::from_secs(60), || runtime.is_file());
        let server = Self { running, folder };
        started.map_err(|error| format!("{error}\n{}", server.log()))?;
        Ok(server)
    }

    /// Its data folder, with `runtime.json` and `credentials.json`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends it as an operator would; anything but exit status 0 is an error.
    pub fn stop(self) -> Result {
        let status = self.running.stop()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status} after SIGTERM"))
        }
    }
}
