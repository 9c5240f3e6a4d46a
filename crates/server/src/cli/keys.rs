//! `ligand keys`: rotating them while servers run, destroying an organization's, and how they are.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use ligand_model::id::OrganizationId;
use ligand_store::Store;
use ligand_store::vault::RootKey;
use ligand_store::vault::rotate::Rotation;
use zeroize::Zeroizing;

use super::{Common, Failed, Flags};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::first_start::{KEY_FILE, KeySource};
use crate::{runtime, start, telemetry};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Gives every organization a new data key and seals everything anew, under the first root key; servers go on.
    ///
    /// A key file of the data folder gets a new root key first. A configured root key is replaced by whoever
    /// configured it: put the new one before the old, restart the nodes, rotate, take the old one away.
    Rotate {
        #[command(flatten)]
        common: Common,
        /// Leave the data folder's root key as it is.
        #[arg(long)]
        keep_root: bool,
    },
    /// Says which root keys are in use and how far the last rotation came.
    Status(Common),
    /// Destroys an organization's keys and shuts it: nothing that it sealed opens again.
    Shred {
        /// The organization's id.
        organization: i64,
        /// Says that you mean it.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        common: Common,
    },
}

impl Keys {
    pub(super) async fn run(self) -> Result<ExitCode, Failed> {
        match self {
            Self::Rotate { common, keep_root } => rotate(load(common)?, keep_root).await,
            Self::Status(common) => status(load(common)?).await,
            Self::Shred {
                organization,
                yes,
                common,
            } => shred(load(common)?, OrganizationId(organization), yes).await,
        }
    }
}

fn load(common: Common) -> Result<Config, Failed> {
    Ok(Flags::common(&common).load(common)?)
}

async fn open(config: &Config) -> Result<(Store, KeySource), Failed> {
    telemetry::start(&config.telemetry);
    let clock = Arc::new(SystemClock);
    Ok(start::open_store(config, clock, Arc::new(SystemEntropy::new())).await?)
}

async fn rotate(config: Config, keep_root: bool) -> Result<ExitCode, Failed> {
    let (store, source) = open(&config).await?;
    let mut out = std::io::stdout();
    let unfinished = store
        .key_status()
        .await?
        .rotation
        .is_some_and(|last| last.finished.is_none());
    let file = match &source {
        KeySource::File(path) | KeySource::Made(path) => Some(path.clone()),
        KeySource::Configured => None,
    };
    match &file {
        Some(path) if !keep_root && !unfinished => {
            add_root(path)?;
            writeln!(out, "A new root key stands first in {}.", path.display())?;
        }
        None if !keep_root => writeln!(
            out,
            "The root key is the configured one; only what it seals is rotated."
        )?,
        _ => {}
    }
    let mut shown = 0;
    let rotated = store
        .rotate_keys(|rotation| {
            // Ten thousand lines help nobody.
            if rotation.organizations >= shown {
                shown = rotation.organizations + rotation.organizations / 10 + 1;
                let _ = writeln!(std::io::stdout(), "{}", sentence(rotation));
            }
        })
        .await?;
    let status = store.key_status().await?;
    store.close().await;
    writeln!(out, "Done. {}", sentence(&rotated))?;
    let done = status
        .data_keys
        .iter()
        .all(|(root, _)| *root == status.root);
    if let Some(path) = file.filter(|_| done) {
        forget_former_roots(&path)?;
        writeln!(
            out,
            "{KEY_FILE} holds the new root key alone; keep a copy elsewhere."
        )?;
    } else if !done {
        writeln!(
            out,
            "Some data keys are still under another root key; rotate again."
        )?;
        return Ok(ExitCode::from(1));
    } else {
        writeln!(
            out,
            "Former root keys may be taken out of the configuration."
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(rotation: &Rotation) -> String {
    let (organizations, resealed) = (rotation.organizations, rotation.resealed);
    let refused = match rotation.refused {
        0 => String::new(),
        count => format!(", {count} that did not open and were left as they are"),
    };
    format!("{organizations} organizations, {resealed} values sealed anew{refused}.")
}

/// Puts a new key before those of a key file.
fn add_root(path: &Path) -> Result<(), Failed> {
    let former = Zeroizing::new(std::fs::read_to_string(path)?);
    let new = RootKey::generate(&SystemEntropy::new()).to_base64();
    let text = Zeroizing::new(format!("{}\n{}\n", *new, former.trim()));
    Ok(runtime::replace(path, text.as_bytes(), true)?)
}

/// Leaves the first key of a key file alone.
fn forget_former_roots(path: &Path) -> Result<(), Failed> {
    let text = Zeroizing::new(std::fs::read_to_string(path)?);
    let first = text.split_whitespace().next().unwrap_or_default();
    let text = Zeroizing::new(format!("{first}\n"));
    Ok(runtime::replace(path, text.as_bytes(), true)?)
}

async fn status(config: Config) -> Result<ExitCode, Failed> {
    let (store, _) = open(&config).await?;
    let status = store.key_status().await?;
    store.close().await;
    let mut out = std::io::stdout();
    for (root, count) in &status.data_keys {
        let present = if *root == status.root {
            " (present)"
        } else {
            ""
        };
        writeln!(out, "root key {root:016x}{present}: {count} data keys")?;
    }
    match &status.rotation {
        None => writeln!(out, "Keys were never rotated.")?,
        Some(last) => {
            let when = match last.finished {
                Some(time) => format!("finished {}", time.to_iso()),
                None => "is under way or was interrupted; `ligand keys rotate` goes on".to_owned(),
            };
            let (began, text) = (last.started.to_iso(), sentence(last));
            writeln!(out, "The last rotation began {began} and {when}: {text}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn shred(
    config: Config,
    organization: OrganizationId,
    yes: bool,
) -> Result<ExitCode, Failed> {
    let (store, _) = open(&config).await?;
    let found = store.organization(organization).await?;
    let outcome = match found.filter(|known| known.id.0 > 1) {
        None => Err(format!("there is no customer organization {organization}")),
        Some(known) if !yes => Err(format!(
            "this destroys every credential of organization {organization}, `{}`, for good; say --yes to mean it",
            known.name
        )),
        Some(_) => Ok(store.shred_organization(organization).await?),
    };
    store.close().await;
    outcome?;
    writeln!(
        std::io::stdout(),
        "Organization {organization} is shut and its keys are destroyed. Backups and archived logs of the database still \
         hold them, sealed under the root key: let them expire, or rotate the root key and destroy the former one."
    )?;
    Ok(ExitCode::SUCCESS)
}
