//! `ligand doctor`: looks at what a server needs and says what is wrong. It opens the database as a start does, and asks
//! the vendors' hosts for a sign of life; it sends nobody's credential and changes nothing else.

mod place;
mod reach;
mod stored;

use std::io::Write as _;
use std::process::ExitCode;

use ligand_engine::catalog::{Catalog, Severity};
use ligand_model::time::{Clock as _, Timestamp};

use super::{Failed, sentence};
use crate::app::system::SystemClock;
use crate::catalog_files;
use crate::config::Config;

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

fn ok(what: &'static str, text: impl Into<String>) -> Finding {
    (Verdict::Ok, what, text.into())
}

fn warning(what: &'static str, text: impl Into<String>) -> Finding {
    (Verdict::Warning, what, text.into())
}

fn failed(what: &'static str, text: impl Into<String>) -> Finding {
    (Verdict::Failed, what, text.into())
}

/// Prints the report; code 1 when something failed.
pub(super) async fn run(config: Config) -> Result<ExitCode, Failed> {
    let mut findings = vec![ok("configuration", "It can be read.")];
    findings.extend(stored::look(&config).await);
    findings.extend(place::credentials(&config));
    findings.push(clock());
    match catalog(&config) {
        Ok((catalog, finding)) => {
            findings.push(finding);
            findings.extend(reach::look(&config, &catalog).await);
        }
        Err(finding) => findings.push(finding),
    }
    findings.extend(place::limits(&config));
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

fn catalog(config: &Config) -> Result<(Catalog, Finding), Finding> {
    let files = catalog_files::files(&config.catalog.dir)
        .map_err(|error| failed("catalog", sentence(&error)))?;
    let (catalog, diagnostics) = Catalog::load(&files);
    let served = catalog.iter().count();
    let wrong = diagnostics
        .iter()
        .find(|found| found.severity == Severity::Error);
    let finding = match wrong {
        Some(found) => {
            let text = format!(
                "{served} elements are served; {}: {}",
                found.path, found.message
            );
            failed("catalog", text)
        }
        None if served == 0 => failed("catalog", "There is no element in it."),
        None => ok("catalog", format!("{served} elements are served.")),
    };
    Ok((catalog, finding))
}

fn clock() -> Finding {
    let now = SystemClock.now();
    let shown = now.to_iso();
    if now < FOUNDED {
        let text = format!("It shows {shown}: grants would seem to last for years.");
        return failed("clock", text);
    }
    ok("clock", format!("It shows {shown}."))
}
