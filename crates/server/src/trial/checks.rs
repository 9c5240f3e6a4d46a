//! What is asked of an element's collections, through its instance's token.

mod others;
mod reading;
mod telling;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::step::VendorReply;
use ligand_model::element::Resource;
use ligand_sim::generic::Generic;
use ligand_sim::samples::{Sample, Samples};
use serde_json::Value;

use self::telling::expect;
use super::Line;
use super::asking::{Given, Known};
use super::describe::{below_hub, is_list, names_record};
use crate::cli::Failed;
use crate::cli::element::remote::Remote;

/// A connected account to be tried.
pub(super) struct Trial {
    pub(super) remote: Remote,
    /// `User …, Element …`
    pub(super) authorization: String,
    pub(super) element: Arc<Compiled>,
    /// The simulated vendor, when it was made from the declaration.
    pub(super) generic: Option<Arc<Generic>>,
    /// What the vendor's own simulator takes; nothing when there is none.
    pub(super) samples: Samples,
    /// The sandbox's control API and the vendor's name there, when the vendor has a simulator of its own.
    pub(super) control: Option<(String, &'static str)>,
    /// Whether it is somebody's real account, in which nothing may be changed.
    pub(super) live: bool,
}

/// The calls of one collection.
#[derive(Default)]
struct Calls<'a> {
    list: Option<&'a Resource>,
    single: Option<&'a Resource>,
    create: Option<&'a Resource>,
    read: Option<&'a Resource>,
    update: Option<&'a Resource>,
    delete: Option<&'a Resource>,
}

/// Every check of every collection, then the calls that are none of a collection's.
pub(super) async fn all(trial: &Trial) -> Result<Vec<Line>, Failed> {
    let mut collections: Vec<(String, Calls<'_>)> = collections(trial).into_iter().collect();
    // A record is known before what lies below it.
    collections.sort_by_key(|(path, _)| (path.matches('/').count(), path.clone()));
    let mut known = Known::default();
    let mut lines = Vec::new();
    for (path, calls) in &collections {
        let mut one = Collection {
            trial,
            path,
            sample: trial.samples.record(path),
            known: &mut known,
            lines: Vec::new(),
        };
        one.check(calls).await?;
        lines.append(&mut one.lines);
    }
    lines.extend(others::sampled(trial, &mut known).await?);
    lines.extend(others::refusal(trial, &mut known).await?);
    Ok(lines)
}

fn collections(trial: &Trial) -> BTreeMap<String, Calls<'_>> {
    let mut collections: BTreeMap<String, Calls<'_>> = BTreeMap::new();
    for resource in &trial.element.element.resources {
        let answers_files = resource
            .answer
            .as_deref()
            .is_some_and(|answer| answer == "stream");
        // What has no documentation is a link of a chain, not called by itself.
        if resource.kind_of_call != "api" || answers_files || trial.samples.calls(&name(resource)) {
            continue;
        }
        let path = below_hub(&resource.path);
        let record = names_record(path);
        let base = match path.rsplit_once('/') {
            Some((base, _)) if record && !base.is_empty() => base,
            _ => path,
        };
        let calls = collections.entry(base.to_owned()).or_default();
        let place = match (resource.method.to_ascii_uppercase().as_str(), record) {
            ("GET", true) if base != path => &mut calls.read,
            ("GET", _) if is_list(&trial.element, resource) => &mut calls.list,
            ("GET", _) => &mut calls.single,
            ("POST", _) if base == path => &mut calls.create,
            ("PATCH", true) => &mut calls.update,
            ("PUT", true) if calls.update.is_none() => &mut calls.update,
            ("DELETE", true) => &mut calls.delete,
            _ => continue,
        };
        *place = Some(resource);
    }
    collections
}

/// One collection under check.
struct Collection<'a> {
    trial: &'a Trial,
    path: &'a str,
    sample: Option<&'a Sample>,
    known: &'a mut Known,
    lines: Vec<Line>,
}

impl<'a> Collection<'a> {
    async fn check(&mut self, calls: &Calls<'_>) -> Result<(), Failed> {
        if let Some(single) = calls.single {
            let reply = self.ask(single, self.asking()).await?;
            self.say("get", single, reply.and_then(|reply| expect(&reply, 200)));
        }
        let listed = if let Some(list) = calls.list {
            self.lists(list).await?
        } else {
            self.absent("list");
            None
        };
        let made = if let Some(create) = calls.create {
            self.creates(create).await?
        } else {
            self.absent("create");
            None
        };
        if let Some(read) = calls.read {
            self.reads(read, made.as_ref().or(listed.as_ref())).await?;
        } else {
            self.absent("read");
        }
        self.writes(calls, made.as_ref()).await?;
        self.keeps(calls, listed, made).await?;
        self.limits(calls).await
    }

    /// What a list or a single answer is asked with.
    fn asking(&self) -> Given<'a> {
        Given {
            query: self
                .sample
                .map_or_else(Vec::new, |sample| vec![&sample.query, &sample.ask]),
            ..Given::default()
        }
    }

    /// What a record is read, changed or deleted with.
    fn of<'b>(&self, record: &'b Value) -> Given<'b>
    where
        'a: 'b,
    {
        Given {
            record: Some(record),
            query: self
                .sample
                .map_or_else(Vec::new, |sample| vec![&sample.query]),
            ..Given::default()
        }
    }

    async fn ask(
        &self,
        resource: &Resource,
        given: Given<'_>,
    ) -> Result<Result<VendorReply, String>, Failed> {
        self.trial.ask(self.known, resource, given).await
    }
}

/// `GET /contacts/{id}`
fn name(resource: &Resource) -> String {
    format!("{} {}", resource.method, below_hub(&resource.path))
}
