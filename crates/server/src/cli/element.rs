//! `ligand element`: definitions brought to a running server and back, looked over and put in order on disk.

mod format;
mod lint;
mod new;
pub(crate) mod remote;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use ligand_engine::catalog::Severity;
use serde_json::{Value, json};

use super::{Common, Failed, Flags, block_on, sentence};
use crate::config::Config;
use remote::Remote;

/// What to do with elements.
#[derive(Debug, Subcommand)]
pub(super) enum Element {
    /// Imports exported definitions, as they are, into a running server.
    Import(Import),
    /// Writes the definition of an element of a running server to standard output.
    Export(Export),
    /// Says what is wrong with element directories and exported definitions. No server is needed.
    Lint(Lint),
    /// Puts element directories and exported definitions into the canonical order of members, two blanks deep.
    Fmt(Fmt),
    /// Makes a definition from a description of the vendor's API and writes it to standard output. No server is needed.
    New(new::New),
    /// Tries an element against a simulated vendor, in a server of its own, or through an instance, and prints what holds.
    Test(Test),
}

/// Which server, and who asks.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server's origin [default: that of runtime.json in the data folder].
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// JSON with `userSecret` and `organizationSecret` [default: credentials.json in the data folder].
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// The data folder of the server [default: ./data].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The configuration file [default: ./ligand.toml, else /etc/ligand/ligand.toml, else none].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Server {
    fn load(&self) -> Result<Config, Failed> {
        let common = Common {
            data: self.data.clone(),
            database: None,
            config: self.config.clone(),
        };
        Ok(Flags::common(&common).load(common)?)
    }

    pub(super) fn connect(&self) -> Result<Remote, Failed> {
        Remote::open(
            &self.load()?,
            self.url.as_deref(),
            self.credentials.as_deref(),
        )
    }
}

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Output {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// Exported definitions, or element directories.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    server: Server,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Key or id of the element.
    key: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Element directories, folders of them, or exported definitions.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Fmt {
    /// Element directories, folders of them, or exported definitions.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Changes nothing; code 1 when something would be changed.
    #[arg(long)]
    check: bool,
    /// How the names of the changed files are written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    /// Key of an element of the catalog, an exported definition, or an element directory.
    #[arg(value_name = "KEY|PATH")]
    element: String,
    /// Tries the element through this instance of a running server, against the vendor itself.
    #[arg(long, value_name = "ID", requires = "read_only")]
    instance: Option<i64>,
    /// Makes, changes and deletes nothing: what is tried on an account that exists.
    #[arg(long, requires = "instance")]
    read_only: bool,
    /// Keeps what was proven in proven.json of this element directory.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// The server of the instance; without one only its `--config` counts.
    #[command(flatten)]
    server: Server,
    /// How the list is written.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Element {
    pub(super) fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Import(import) => block_on(import.run())?,
            Self::Export(export) => block_on(export.run())?,
            Self::Lint(lint) => lint.run(),
            Self::Fmt(fmt) => fmt.run(),
            Self::New(new) => new.run(),
            Self::Test(test) => block_on(test.run())?,
        }
    }
}

impl Import {
    async fn run(self) -> Result<ExitCode, Failed> {
        let remote = self.server.connect()?;
        let mut rows = Vec::new();
        let mut failed = false;
        for file in &self.files {
            let imported = async {
                let definition = definition(file)?;
                remote.send("POST", "/elements", definition).await
            };
            match imported.await {
                Ok(made) => rows.push(row(file, &made)),
                Err(error) => {
                    failed = true;
                    talk(&format!("{}: {}", file.display(), sentence(&*error)));
                }
            }
        }
        let text = |row: &Value| {
            let member = |name: &str| row.get(name).map_or_else(String::new, plain);
            format!("{}\t{}\t{}", member("key"), member("id"), member("file"))
        };
        write_rows(self.output, &rows, text)?;
        Ok(code(failed))
    }
}

impl Export {
    async fn run(self) -> Result<ExitCode, Failed> {
        let remote = self.server.connect()?;
        let key =
            percent_encoding::utf8_percent_encode(&self.key, percent_encoding::NON_ALPHANUMERIC);
        let path = format!("/elements/{key}/export");
        let exported = remote.send("GET", &path, Vec::new()).await?;
        std::io::stdout().write_all(format::element(exported).as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Lint {
    fn run(self) -> Result<ExitCode, Failed> {
        let mut findings = Vec::new();
        for path in &self.paths {
            findings.extend(lint::path(path)?);
        }
        let word = |severity| match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let failed = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        let rows: Vec<Value> = findings
            .iter()
            .map(|finding| {
                json!({"file": finding.file, "place": finding.place, "severity": word(finding.severity), "message": finding.message})
            })
            .collect();
        let text = |row: &Value| {
            let member = |name: &str| row.get(name).map_or_else(String::new, plain);
            let place = member("place");
            let between = if place.is_empty() { "" } else { ": " };
            format!(
                "{}: {place}{between}{}: {}",
                member("file"),
                member("severity"),
                member("message")
            )
        };
        write_rows(self.output, &rows, text)?;
        let (files, faults) = (self.paths.len(), rows.len());
        talk(&format!("{files} looked over, {faults} findings"));
        Ok(code(failed))
    }
}

impl Fmt {
    fn run(self) -> Result<ExitCode, Failed> {
        let mut rows = Vec::new();
        for path in &self.paths {
            for file in definitions(path)? {
                let before = std::fs::read_to_string(&file)
                    .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
                let after = format::file(&before)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
                if after == before {
                    continue;
                }
                if !self.check {
                    crate::runtime::replace(&file, after.as_bytes(), false)
                        .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
                }
                rows.push(Value::String(file.display().to_string()));
            }
        }
        write_rows(self.output, &rows, plain)?;
        Ok(code(self.check && !rows.is_empty()))
    }
}

#[cfg(not(feature = "sandbox"))]
impl Test {
    async fn run(self) -> Result<ExitCode, Failed> {
        Err("this binary was built without the sandbox (feature `sandbox`)".into())
    }
}

#[cfg(feature = "sandbox")]
impl Test {
    async fn run(self) -> Result<ExitCode, Failed> {
        use crate::trial::{self, Line, Verdict, proof};
        use ligand_model::element::Proven;
        use ligand_model::time::Clock as _;
        let (lines, how) = match self.instance {
            Some(instance) => {
                let remote = self.server.connect()?;
                let lines = trial::run_live(remote, &self.element, instance).await?;
                (lines, Proven::LiveVerified)
            }
            None => (self.simulated().await?, Proven::Simulated),
        };
        let rows: Vec<Value> = lines.iter().map(Line::to_json).collect();
        let text = |row: &Value| {
            let member = |name: &str| row.get(name).map_or_else(String::new, plain);
            let line = format!(
                "{:<5}{:<8}{}  {}",
                member("verdict"),
                member("check"),
                member("resource"),
                member("note")
            );
            line.trim_end().to_owned()
        };
        write_rows(self.output, &rows, text)?;
        let count = |verdict: Verdict| lines.iter().filter(|line| line.verdict == verdict).count();
        let failed = count(Verdict::Fail);
        talk(&format!(
            "{} passed, {failed} failed, {} not applicable",
            count(Verdict::Pass),
            count(Verdict::NotApplicable)
        ));
        if let Some(folder) = &self.record {
            let today = crate::app::system::SystemClock.now().to_date();
            let proven = proof::record(folder, &lines, how, &today)?;
            talk(&format!(
                "{proven} calls are proven in {}",
                folder.display()
            ));
        }
        Ok(code(failed > 0))
    }

    /// Against a simulated vendor, in a server of its own.
    async fn simulated(&self) -> Result<Vec<crate::trial::Line>, Failed> {
        let config = self.server.load()?;
        let path = Path::new(&self.element);
        let catalog = crate::catalog_files::load(&config.catalog.dir)?;
        let (element, imported) = match catalog.by_key(&self.element) {
            Some(known) => (std::sync::Arc::clone(known), false),
            None if path.exists() => {
                let definition = definition(path)?;
                let id = ligand_model::id::ElementId(1);
                let (element, _) = ligand_engine::catalog::import(&definition, id)?;
                (std::sync::Arc::new(element), true)
            }
            None => {
                return Err(format!(
                    "{} is neither an element of the catalog nor a file; \
                     `ligand element export` writes the definition of an imported one",
                    self.element
                )
                .into());
            }
        };
        crate::trial::run(config, element, imported).await
    }
}

/// The definition in a file, or that of an element directory put together.
fn definition(path: &Path) -> Result<Vec<u8>, Failed> {
    if !path.is_dir() {
        return std::fs::read(path).map_err(|error| format!("cannot be read: {error}").into());
    }
    let (mut elements, faults) = lint::directory(path)?;
    match elements.pop() {
        Some(element) => Ok(serde_json::to_vec(&element.to_json())?),
        None => Err(faults
            .first()
            .map_or("is no element directory".to_owned(), |fault| {
                format!("{}: {}", fault.path, fault.message)
            })
            .into()),
    }
}

/// The JSON files of a definition: the file itself, or `element.json` and `resources/*.json` at or below a folder.
fn definitions(path: &Path) -> Result<Vec<PathBuf>, Failed> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for name in lint::listing(path)? {
        let place = Path::new(&name);
        let inside = place.parent().and_then(Path::file_name);
        let is_resources = inside.is_some_and(|folder| folder == "resources")
            && place.extension().is_some_and(|kind| kind == "json");
        if is_resources || place.file_name().is_some_and(|file| file == "element.json") {
            found.push(path.join(place));
        }
    }
    Ok(found)
}

fn row(file: &Path, made: &Value) -> Value {
    let member = |name: &str| made.get(name).cloned().unwrap_or_default();
    json!({"key": member("key"), "id": member("id"), "file": file.display().to_string()})
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn code(failed: bool) -> ExitCode {
    ExitCode::from(u8::from(failed))
}

/// Data goes to standard output.
fn write_rows(
    output: Output,
    rows: &[Value],
    text: impl Fn(&Value) -> String,
) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    match output {
        Output::Json => writeln!(out, "{}", serde_json::to_string_pretty(rows)?)?,
        Output::Text => {
            for row in rows {
                writeln!(out, "{}", text(row))?;
            }
        }
    }
    Ok(())
}

/// Talk goes to standard error.
fn talk(line: &str) {
    // Nobody may be listening; the exit code says it, too.
    let _ = writeln!(std::io::stderr(), "{line}");
}
