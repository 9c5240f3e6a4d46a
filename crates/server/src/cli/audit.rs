//! `ligand audit verify`: whether the records of custody are as they were written.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::Store;
use ligand_store::custody::Page;

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::{start, telemetry};

/// What to do with the records of custody.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Goes through every record and says which was changed, removed or put in; status 1 then.
    Verify {
        /// Prints each instance's last entry: kept elsewhere, it shows later that no record was cut short.
        #[arg(long)]
        heads: bool,
        /// What `--heads` printed at an earlier time: says which of those entries is not there as it was.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
}

impl Audit {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        let Self::Verify {
            heads,
            against,
            common,
        } = self;
        let kept = against.as_deref().map_or_else(|| Ok(vec![]), read_heads)?;
        let config = Flags::common(&common).load(common)?;
        telemetry::start(&config.telemetry);
        let clock = Arc::new(SystemClock);
        let (store, _) = start::open_store(&config, clock, Arc::new(SystemEntropy::new())).await?;
        let mut lines = Vec::new();
        let verified = store
            .verify_custody(|organization, record| {
                if heads {
                    let digest = record.digest_text();
                    let (instance, number) = (record.instance, record.number);
                    lines.push(format!("{organization} {instance} {number} {digest}"));
                }
            })
            .await?;
        let gone = missing(&store, &kept).await?;
        store.close().await;
        let mut out = std::io::stdout();
        for line in lines {
            writeln!(out, "{line}")?;
        }
        for broken in &verified.broken {
            writeln!(
                out,
                "organization {}, instance {}: entry {} was changed, removed or put in",
                broken.organization, broken.instance, broken.number
            )?;
        }
        for head in &gone {
            writeln!(
                out,
                "organization {}, instance {}: entry {}, which was kept, was cut off or replaced",
                head.organization, head.instance, head.number
            )?;
        }
        if against.is_some() {
            let there = kept.len() - gone.len();
            writeln!(out, "{there} of {} kept entries are there.", kept.len())?;
        }
        writeln!(
            out,
            "{} entries, {} instances whose record holds, {} whose record does not.",
            verified.records,
            verified.chains,
            verified.broken.len()
        )?;
        Ok(if verified.broken.is_empty() && gone.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

/// An entry that was a chain's last when `--heads` printed it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    organization: OrganizationId,
    instance: InstanceId,
    number: i64,
    digest: String,
}

impl Head {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut number = || words.next()?.parse().ok();
        let (organization, instance) = (OrganizationId(number()?), InstanceId(number()?));
        let number = number()?;
        let digest = words.next()?.to_owned();
        let whole = digest.len() == 64 && words.next().is_none();
        whole.then_some(Self {
            organization,
            instance,
            number,
            digest,
        })
    }
}

/// The heads in a file that holds the command's whole output; its sentences are passed over.
fn read_heads(path: &Path) -> Result<Vec<Head>, Failed> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let is_head = |line: &&str| !line.ends_with('.') && !line.starts_with("organization ");
    let heads = text.lines().map(str::trim).enumerate();
    heads
        .filter(|(_, line)| !line.is_empty() && is_head(line))
        .map(|(index, line)| {
            let wrong = || {
                format!(
                    "{name}, line {}: not what `--heads` prints: organization, instance, number, digest",
                    index + 1
                )
            };
            Head::parse(line).ok_or_else(|| wrong().into())
        })
        .collect()
}

/// Those that are not there any more, or not as they were.
async fn missing(store: &Store, kept: &[Head]) -> Result<Vec<Head>, Failed> {
    let mut gone = Vec::new();
    for head in kept {
        let before = Page::After(head.number.saturating_sub(1));
        let found = store.custody(head.organization, head.instance, before, None, 1);
        let found = found.await?;
        let is_there = found
            .first()
            .is_some_and(|entry| entry.number == head.number && entry.digest_text() == head.digest);
        if !is_there {
            gone.push(head.clone());
        }
    }
    Ok(gone)
}
