//! What is asked of an element's collections, through its instance's token.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::step::VendorReply;
use ligand_model::element::Resource;
use ligand_sim::generic::Generic;
use ligand_sim::samples::{Sample, Samples};
use serde_json::{Value, json};

use super::asking::{Given, Known, id_of};
use super::describe::{below_hub, is_list, names_record};
use super::{Line, Verdict};
use crate::cli::Failed;
use crate::cli::element::remote::Remote;

/// A page small enough that every simulator has several.
const SMALL: usize = 3;
/// Why nothing is written.
const READ_ONLY: &str = "only reads are tried on an account that exists";
/// Pages that are followed.
const MOST_PAGES: usize = 5;

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
    lines.extend(sampled(trial, &mut known).await?);
    lines.extend(refusal(trial, &mut known).await?);
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

/// The calls that are no reads or writes of a collection, in their order.
async fn sampled(trial: &Trial, known: &mut Known) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    for call in trial.samples.calls.iter().filter(|_| !trial.live) {
        let mut resources = trial.element.element.resources.iter();
        let Some(resource) = resources.find(|resource| name(resource) == call.call) else {
            continue;
        };
        let mut one = Collection {
            trial,
            path: below_hub(&resource.path),
            sample: None,
            known,
            lines: Vec::new(),
        };
        let reply = one.ask(resource, Given::call(call)).await?;
        let answer = reply.as_ref().ok().filter(|reply| reply.status == 200);
        if let Some(answer) = answer.and_then(|reply| serde_json::from_slice(&reply.body).ok()) {
            one.known.remember(one.path, answer);
        }
        one.say(
            "call",
            resource,
            reply.and_then(|reply| expect(&reply, 200)),
        );
        lines.append(&mut one.lines);
    }
    Ok(lines)
}

/// A vendor that has had enough, where it has a simulator that can be told so.
async fn refusal(trial: &Trial, known: &mut Known) -> Result<Option<Line>, Failed> {
    let Some((control, vendor)) = &trial.control else {
        return Ok(None);
    };
    let ping = |resource: &&Resource| resource.answer.as_deref() == Some("ping");
    let Some(resource) = trial.element.element.resources.iter().find(ping) else {
        return Ok(None);
    };
    let order = |limit: Value| {
        let body = json!({"vendor": vendor, "limit": limit}).to_string();
        let url = format!("{control}/rate-limit");
        async move { trial.remote.ask("POST", &url, "", body.into_bytes()).await }
    };
    order(json!(0)).await?;
    let reply = trial.ask(known, resource, Given::default()).await?;
    order(Value::Null).await?;
    let held = reply.and_then(|reply| expect(&reply, 429));
    let verdict = held.is_ok();
    Ok(Some(Line {
        resource: "*".to_owned(),
        check: "limit",
        call: None,
        verdict: if verdict {
            Verdict::Pass
        } else {
            Verdict::Fail
        },
        note: held.err().unwrap_or_default(),
    }))
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

    async fn lists(&mut self, list: &Resource) -> Result<Option<Value>, Failed> {
        let reply = match self.ask(list, self.asking()).await? {
            Ok(reply) => reply,
            Err(unknown) => {
                self.say("list", list, Err(unknown));
                return Ok(None);
            }
        };
        let rows = rows(&reply);
        let held = match &rows {
            Some(_) => Ok(()),
            None if reply.status == 200 => Err("the answer is no list".to_owned()),
            None => Err(told(&reply)),
        };
        self.say("list", list, held);
        let Some(rows) = rows else { return Ok(None) };
        let takes = |wanted: fn(&str) -> bool| {
            let mut queries = list.parameters.iter().filter(|p| p.kind == "query");
            queries.any(|p| wanted(&p.name))
        };
        if takes(|name| matches!(name, "page" | "nextPage")) && takes(|name| name == "pageSize") {
            let law = self.pages(list, &rows).await?;
            self.say("page", list, law);
        } else {
            self.skip("page", "no size of a page is declared");
        }
        Ok(rows.into_iter().next())
    }

    /// Small pages, one after the other, are the beginning of the whole list.
    async fn pages(&self, list: &Resource, whole: &[Value]) -> Result<Result<(), String>, Failed> {
        let mut together: Vec<Value> = Vec::new();
        let mut next = String::new();
        for _ in 0..MOST_PAGES {
            let more = if next.is_empty() {
                String::new()
            } else {
                format!("&nextPage={next}")
            };
            let mut given = self.asking();
            given.pairs = format!("pageSize={SMALL}{more}");
            let reply = match self.ask(list, given).await? {
                Ok(reply) => reply,
                Err(unknown) => return Ok(Err(unknown)),
            };
            let Some(rows) = rows(&reply) else {
                return Ok(Err(told(&reply)));
            };
            if rows.len() > SMALL {
                return Ok(Err(format!("a page of {SMALL} has {} records", rows.len())));
            }
            together.extend(rows);
            match reply.header("elements-next-page-token") {
                Some(token) if !token.is_empty() => token.clone_into(&mut next),
                _ => {
                    next.clear();
                    break;
                }
            }
        }
        let ids = |rows: &[Value]| rows.iter().map(id_of).collect::<Vec<_>>();
        let (together, whole) = (ids(&together), ids(whole));
        Ok(
            if !whole.starts_with(&together) && !together.starts_with(&whole) {
                Err("small pages and the whole list hold other records".to_owned())
            } else if next.is_empty() && together.len() < whole.len() {
                Err(format!(
                    "the pages end after {} of {} records",
                    together.len(),
                    whole.len()
                ))
            } else {
                Ok(())
            },
        )
    }

    async fn creates(&mut self, create: &Resource) -> Result<Option<Value>, Failed> {
        if self.trial.live {
            self.skip("create", READ_ONLY);
            return Ok(None);
        }
        let Some(given) = self.creation(create) else {
            self.skip("create", "no sample of a record is known");
            return Ok(None);
        };
        let reply = self.ask(create, given).await?;
        let made = reply.as_ref().ok().filter(|reply| reply.status == 200);
        let made = made.and_then(|reply| serde_json::from_slice(&reply.body).ok());
        self.say(
            "create",
            create,
            reply.and_then(|reply| expect(&reply, 200)),
        );
        Ok(made)
    }

    /// A new record: the sample, or for a simulator made from the declaration what it requires.
    fn creation(&self, create: &Resource) -> Option<Given<'a>> {
        if self.trial.generic.is_none() {
            let sample = self.sample?;
            let any = sample.create.is_some() || !sample.parts.is_empty();
            return any.then(|| Given::creation(sample));
        }
        let mut body = serde_json::Map::new();
        body.insert("name".to_owned(), json!("made by a trial"));
        for parameter in &create.parameters {
            if parameter.kind == "bodyField" && parameter.required {
                body.insert(parameter.name.to_string(), json!("generic"));
            }
        }
        Some(Given {
            body: Some(Value::Object(body)),
            ..Given::default()
        })
    }

    async fn reads(&mut self, read: &Resource, record: Option<&Value>) -> Result<(), Failed> {
        let nobody = json!({"id": unknown(record.and_then(id_of).as_deref())});
        let nothing = Value::Null;
        let named = self.trial.samples.names.contains_key(below_hub(&read.path));
        if let Some(record) = record.or_else(|| named.then_some(&nothing)) {
            let reply = self.ask(read, self.of(record)).await?;
            self.say("read", read, reply.and_then(|reply| expect(&reply, 200)));
        } else {
            self.skip("read", "there is no record whose id is known");
        }
        let mut given = self.of(&nobody);
        given.nobody = true;
        if let Ok(reply) = self.ask(read, given).await? {
            let refused = matches!(reply.status, 400 | 404);
            let told = if refused { Ok(()) } else { Err(told(&reply)) };
            self.say("error", read, told);
        }
        Ok(())
    }

    async fn writes(&mut self, calls: &Calls<'_>, made: Option<&Value>) -> Result<(), Failed> {
        for (check, call) in [("update", calls.update), ("delete", calls.delete)] {
            let Some(call) = call else {
                self.absent(check);
                continue;
            };
            if self.trial.live {
                self.skip(check, READ_ONLY);
                continue;
            }
            let Some(made) = made else {
                self.skip(check, "no record was made that could be changed");
                continue;
            };
            let mut given = self.of(made);
            if check == "update" {
                given.body = match (&self.trial.generic, self.sample) {
                    (Some(_), _) => Some(json!({"name": "changed by a trial"})),
                    (None, sample) => sample.and_then(|sample| sample.change.clone()),
                };
            }
            let reply = self.ask(call, given).await?;
            let mut held = reply.and_then(|reply| expect(&reply, 200));
            let goes = check == "delete" && !self.sample.is_some_and(|sample| sample.stays);
            if let (Some(read), true) = (calls.read, held.is_ok() && goes) {
                let gone = self.ask(read, self.of(made)).await?;
                if gone.is_ok_and(|gone| gone.status == 200) {
                    held = Err("the record can still be read".to_owned());
                }
            }
            self.say(check, call, held);
        }
        Ok(())
    }

    /// Keeps a record that is there for what lies below: one that was found, or one that is made for that.
    async fn keeps(
        &mut self,
        calls: &Calls<'_>,
        listed: Option<Value>,
        made: Option<Value>,
    ) -> Result<(), Failed> {
        let fresh = self.sample.is_some_and(|sample| sample.fresh) && !self.trial.live;
        let listed = listed.filter(|_| !fresh);
        let again = listed.is_none() && calls.delete.is_some() && !self.trial.live;
        let kept = match (listed, calls.create) {
            (Some(listed), _) => Some(listed),
            (None, Some(create)) if again && made.is_some() => match self.creation(create) {
                Some(given) => {
                    let reply = self.ask(create, given).await?.ok();
                    reply.and_then(|reply| serde_json::from_slice(&reply.body).ok())
                }
                None => None,
            },
            (None, _) => made,
        };
        if let Some(kept) = kept.filter(|kept| id_of(kept).is_some()) {
            self.known.remember(self.path, kept);
        }
        Ok(())
    }

    /// A simulator made from the declaration that has had enough.
    async fn limits(&mut self, calls: &Calls<'_>) -> Result<(), Failed> {
        let (Some(generic), Some(call)) = (&self.trial.generic, calls.list.or(calls.single)) else {
            return Ok(());
        };
        let generic = Arc::clone(generic);
        generic.limit(true);
        let reply = self.ask(call, Given::default()).await;
        generic.limit(false);
        self.say("limit", call, reply?.and_then(|reply| expect(&reply, 429)));
        Ok(())
    }

    async fn ask(
        &self,
        resource: &Resource,
        given: Given<'_>,
    ) -> Result<Result<VendorReply, String>, Failed> {
        self.trial.ask(self.known, resource, given).await
    }

    /// What a simulator made from the declaration cannot know is what hooks do; it is not held against the element.
    fn say(&mut self, check: &'static str, resource: &Resource, held: Result<(), String>) {
        let hooked = !resource.hooks.is_empty()
            || !self.trial.element.element.hooks.is_empty()
            || resource
                .next_resource
                .as_deref()
                .is_some_and(|next| !next.is_empty())
            || resource.kind.as_deref() == Some("java");
        let (verdict, note) = match held {
            Ok(()) => (Verdict::Pass, String::new()),
            Err(note) if note.starts_with("no record of ") => (Verdict::NotApplicable, note),
            Err(note) if self.lacks_argument(resource, &note) => (
                Verdict::NotApplicable,
                format!("it has to be told what to look for: {note}"),
            ),
            Err(note) if hooked && self.trial.generic.is_some() => (
                Verdict::NotApplicable,
                format!("scripts or chains decide what it sends: {note}"),
            ),
            Err(note) => (Verdict::Fail, note),
        };
        self.push(check, Some(name(resource)), verdict, note);
    }

    /// Whether a read failed because nobody knows here what it should look for. Of a vendor with a simulator all is known.
    fn lacks_argument(&self, resource: &Resource, note: &str) -> bool {
        let vague = note.starts_with("answered 400") || note.starts_with("answered 404");
        let queries = resource.parameters.iter().filter(|p| p.kind == "query");
        let told = |name: &str, required: bool| name == "where" || required;
        let wants = queries.clone().any(|p| told(&p.name, p.required));
        vague
            && wants
            && resource.method.eq_ignore_ascii_case("GET")
            && (self.trial.live || self.trial.generic.is_some())
    }

    fn absent(&mut self, check: &'static str) {
        self.skip(check, "not declared");
    }

    fn skip(&mut self, check: &'static str, note: &str) {
        self.push(check, None, Verdict::NotApplicable, note.to_owned());
    }

    fn push(&mut self, check: &'static str, call: Option<String>, verdict: Verdict, note: String) {
        self.lines.push(Line {
            resource: self.path.to_owned(),
            check,
            call,
            verdict,
            note,
        });
    }
}

/// `GET /contacts/{id}`
fn name(resource: &Resource) -> String {
    format!("{} {}", resource.method, below_hub(&resource.path))
}

fn expect(reply: &VendorReply, status: u16) -> Result<(), String> {
    if reply.status == status {
        Ok(())
    } else {
        Err(told(reply))
    }
}

/// An answer in one line.
fn told(reply: &VendorReply) -> String {
    let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let said = value
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    format!("answered {} {said}", reply.status)
        .trim()
        .to_owned()
}

fn rows(reply: &VendorReply) -> Option<Vec<Value>> {
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Array(rows)) if reply.status == 200 => Some(rows),
        _ => None,
    }
}

/// An id of the same form that nobody has.
fn unknown(known: Option<&str>) -> String {
    match known {
        Some(id) if !id.bytes().all(|byte| byte.is_ascii_digit()) => {
            let digit = |c: char| if c.is_ascii_digit() { '9' } else { c };
            id.chars().map(digit).collect()
        }
        _ => "987654321".to_owned(),
    }
}
