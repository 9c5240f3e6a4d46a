//! Whether the vendors' hosts can be reached from here, the way a call would.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use ligand_engine::catalog::Catalog;
use ligand_engine::hosts;
use ligand_engine::step::VendorRequest;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Finding, failed, ok, sentence, warning};
use crate::config::Config;
use crate::vendor::client::Client;
use crate::vendor::connect::ConnectMap;
use crate::vendor::guard::Guard;
use crate::vendor::tls;

/// Hosts named in the report.
const NAMED: usize = 5;

/// Asks every host that stands in the catalog's definitions; any answer is one. No credential is sent.
pub(super) async fn look(config: &Config, catalog: &Catalog) -> Vec<Finding> {
    let tls = match tls::client(&config.vendor.ca_file) {
        Ok(tls) => tls,
        Err(error) => return vec![failed("certificates", sentence(&error))],
    };
    let mut findings = vec![ok("certificates", "Vendors' certificates can be checked.")];
    if config.sandbox.enabled {
        findings.push(ok("reach", "The sandbox stands in for the vendors."));
        return findings;
    }
    let guard = Guard::new(
        ConnectMap::layered(&config.vendor.connect, &[]),
        config.vendor.allow_private.clone(),
    );
    let client = Client::new(&config.vendor, guard, tls, Arc::new(AtomicU64::new(0)));
    let asked: BTreeSet<String> = catalog
        .iter()
        .flat_map(|compiled| hosts::constant(&compiled.element))
        .collect();
    let all = asked.len();
    // A host that accepts a connection has as long again to answer.
    let deadline = Instant::now() + config.vendor.connect_timeout.0 * 2;
    let mut asking = JoinSet::new();
    for host in asked {
        let client = client.clone();
        asking.spawn(async move { client.send(request(&host), deadline).await.err() });
    }
    let mut silent = Vec::new();
    while let Some(asked) = asking.join_next().await {
        silent.extend(asked.ok().flatten().map(|error| error.message));
    }
    silent.sort();
    findings.push(judge(all, &silent));
    findings
}

fn request(host: &str) -> VendorRequest {
    VendorRequest {
        method: "HEAD".to_owned(),
        url: format!("https://{host}/"),
        headers: Vec::new(),
        body: Bytes::new(),
        after_upload: None,
        stream: false,
        carries_application_secret: false,
    }
}

fn judge(all: usize, silent: &[String]) -> Finding {
    if silent.is_empty() {
        return ok("reach", format!("{all} vendor hosts answer."));
    }
    let named = silent.get(..NAMED).unwrap_or(silent).join("; ");
    let text = format!(
        "{} of {all} vendor hosts cannot be reached: {named}.",
        silent.len()
    );
    warning("reach", text)
}
