//! `ligand doctor`: looks at what a server needs and says what is wrong. It opens the database as a start does.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use ligand_engine::catalog::{Catalog, Severity};
use ligand_model::time::{Clock as _, Timestamp};
use ligand_store::Database;

use super::{Failed, sentence};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::first_start::{KEY_FILE, KeySource};
use crate::vendor::tls;
use crate::{catalog_files, start};

/// Before this there was no Ligand: a clock that shows less is wrong.
const FOUNDED: Timestamp = Timestamp(1_735_689_600_000);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    Warning,
    Failed,
}

/// One line of the report.
type Finding = (Verdict, &'static str, String);

/// Prints the report; code 1 when something failed.
pub(super) async fn run(config: Config) -> Result<ExitCode, Failed> {
    let mut findings = vec![(Verdict::Ok, "configuration", "It can be read.".to_owned())];
    findings.extend(database_and_key(&config).await);
    findings.push(catalog(&config));
    findings.push(clock());
    findings.push(match tls::client(&config.vendor.ca_file) {
        Ok(_) => (
            Verdict::Ok,
            "certificates",
            "Vendors' certificates can be checked.".into(),
        ),
        Err(error) => (Verdict::Failed, "certificates", sentence(&error)),
    });
    let mut out = std::io::stdout().lock();
    for (verdict, what, text) in &findings {
        let word = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
        };
        writeln!(out, "{word:<8}{what:<14}{text}")?;
    }
    let failed = findings
        .iter()
        .any(|(verdict, ..)| *verdict == Verdict::Failed);
    Ok(if failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

async fn database_and_key(config: &Config) -> Vec<Finding> {
    let place = match start::database(config) {
        Ok(Database::Postgres(_)) => "PostgreSQL".to_owned(),
        Ok(Database::Sqlite(path)) if !path.exists() => {
            let text = format!(
                "{} is not there yet; the first start makes it.",
                path.display()
            );
            return vec![
                (Verdict::Ok, "database", text),
                key_before_the_first_start(config),
            ];
        }
        Ok(Database::Sqlite(path)) => format!("SQLite in {}", path.display()),
        Err(error) => return vec![(Verdict::Failed, "database", sentence(&error))],
    };
    let clock = Arc::new(SystemClock);
    match start::open_store(config, clock, Arc::new(SystemEntropy::new())).await {
        Ok((store, source)) => {
            let pinged = store.ping().await;
            store.close().await;
            let database = match pinged {
                Ok(()) => (Verdict::Ok, "database", format!("{place} answers.")),
                Err(error) => (Verdict::Failed, "database", sentence(&error)),
            };
            vec![database, key(&source)]
        }
        Err(error) => vec![(
            Verdict::Failed,
            "database",
            format!("{place}: {}", sentence(&error)),
        )],
    }
}

fn key(source: &KeySource) -> Finding {
    match source {
        KeySource::Configured => (
            Verdict::Ok,
            "key",
            "It is configured and opens the database.".into(),
        ),
        KeySource::File(path) | KeySource::Made(path) => {
            let text = format!(
                "{} lies beside the data it protects: whoever copies the folder has both. \
                 Set vault.key or vault.key_file to a place elsewhere.",
                path.display()
            );
            (Verdict::Warning, "key", text)
        }
    }
}

fn key_before_the_first_start(config: &Config) -> Finding {
    if config.vault.is_configured() {
        return (Verdict::Ok, "key", "It is configured.".into());
    }
    key(&KeySource::File(config.data_dir().join(KEY_FILE)))
}

fn catalog(config: &Config) -> Finding {
    let files = match catalog_files::files(&config.catalog.dir) {
        Ok(files) => files,
        Err(error) => return (Verdict::Failed, "catalog", sentence(&error)),
    };
    let (catalog, diagnostics) = Catalog::load(&files);
    let served = catalog.iter().count();
    let wrong = diagnostics
        .iter()
        .find(|found| found.severity == Severity::Error);
    match wrong {
        Some(found) => (
            Verdict::Failed,
            "catalog",
            format!(
                "{served} elements are served; {}: {}",
                found.path, found.message
            ),
        ),
        None if served == 0 => (
            Verdict::Failed,
            "catalog",
            "There is no element in it.".into(),
        ),
        None => (
            Verdict::Ok,
            "catalog",
            format!("{served} elements are served."),
        ),
    }
}

fn clock() -> Finding {
    let now = SystemClock.now();
    if now < FOUNDED {
        let text = format!(
            "It shows {}: grants would seem to last for years.",
            now.to_iso()
        );
        return (Verdict::Failed, "clock", text);
    }
    (Verdict::Ok, "clock", format!("It shows {}.", now.to_iso()))
}
