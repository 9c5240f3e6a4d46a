//! What is asked of an element's collections, through its instance's token.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::step::VendorReply;
use ligand_model::element::Resource;
use ligand_sim::generic::Generic;
use ligand_sim::samples;
use serde_json::{Value, json};

use super::describe::{below_hub, collection, is_list, names_record};
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

/// Every check of every collection.
pub(super) async fn all(trial: &Trial) -> Result<Vec<Line>, Failed> {
    let mut collections: BTreeMap<String, Calls<'_>> = BTreeMap::new();
    for resource in &trial.element.element.resources {
        let answers_files = resource
            .answer
            .as_deref()
            .is_some_and(|answer| answer == "stream");
        // What has no documentation is a link of a chain, not called by itself.
        if resource.kind_of_call != "api" || answers_files {
            continue;
        }
        let path = below_hub(&resource.path);
        let record = names_record(path);
        let base = match path.rsplit_once('/') {
            Some((base, _)) if record => base,
            _ => path,
        };
        let calls = collections.entry(base.to_owned()).or_default();
        let place = match (resource.method.to_ascii_uppercase().as_str(), record) {
            ("GET", true) => &mut calls.read,
            ("GET", false) if is_list(&trial.element, resource) => &mut calls.list,
            ("GET", false) => &mut calls.single,
            ("POST", false) => &mut calls.create,
            ("PATCH", true) => &mut calls.update,
            ("PUT", true) if calls.update.is_none() => &mut calls.update,
            ("DELETE", true) => &mut calls.delete,
            _ => continue,
        };
        *place = Some(resource);
    }
    let mut lines = Vec::new();
    for (path, calls) in &collections {
        let mut one = Collection {
            trial,
            path,
            lines: Vec::new(),
        };
        one.check(calls).await?;
        lines.append(&mut one.lines);
    }
    Ok(lines)
}

/// One collection under check.
struct Collection<'a> {
    trial: &'a Trial,
    path: &'a str,
    lines: Vec<Line>,
}

impl Collection<'_> {
    async fn check(&mut self, calls: &Calls<'_>) -> Result<(), Failed> {
        if let Some(single) = calls.single {
            let reply = self.ask(single, "", None).await?;
            self.say("get", single, expect(&reply, 200));
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
        let id = made.clone().or(listed);
        if let Some(read) = calls.read {
            if let Some(id) = &id {
                let reply = self.ask(read, id, None).await?;
                self.say("read", read, expect(&reply, 200));
            } else {
                self.skip("read", "there is no record whose id is known");
            }
            let reply = self.ask(read, &unknown(id.as_deref()), None).await?;
            let refused = matches!(reply.status, 400 | 404);
            let told = if refused { Ok(()) } else { Err(told(&reply)) };
            self.say("error", read, told);
        } else {
            self.absent("read");
        }
        self.writes(calls, made.as_deref()).await?;
        self.limits(calls).await
    }

    async fn lists(&mut self, list: &Resource) -> Result<Option<String>, Failed> {
        let reply = self.ask(list, "", None).await?;
        let rows = rows(&reply);
        let held = match &rows {
            Some(_) => Ok(()),
            None if reply.status == 200 => Err("the answer is no list".to_owned()),
            None => Err(told(&reply)),
        };
        self.say("list", list, held);
        let Some(rows) = rows else { return Ok(None) };
        let pages = |name: &str| matches!(name, "page" | "nextPage");
        if list
            .parameters
            .iter()
            .any(|p| p.kind == "query" && pages(&p.name))
        {
            let law = self.pages(list, &rows).await?;
            self.say("page", list, law);
        } else {
            self.skip("page", "no page is declared");
        }
        Ok(rows.first().and_then(id_of))
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
            let reply = self
                .ask_with(list, "", &format!("pageSize={SMALL}{more}"), None)
                .await?;
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

    async fn creates(&mut self, create: &Resource) -> Result<Option<String>, Failed> {
        if self.trial.live {
            self.skip("create", READ_ONLY);
            return Ok(None);
        }
        let Some((body, _)) = self.sample(create) else {
            self.skip("create", "no sample of a record is known");
            return Ok(None);
        };
        let reply = self.ask(create, "", Some(&body)).await?;
        self.say("create", create, expect(&reply, 200));
        let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        Ok(id_of(&value).filter(|_| reply.status == 200))
    }

    async fn writes(&mut self, calls: &Calls<'_>, made: Option<&str>) -> Result<(), Failed> {
        for (check, call) in [("update", calls.update), ("delete", calls.delete)] {
            let Some(call) = call else {
                self.absent(check);
                continue;
            };
            if self.trial.live {
                self.skip(check, READ_ONLY);
                continue;
            }
            let Some(id) = made else {
                self.skip(check, "no record was made that could be changed");
                continue;
            };
            let change = self
                .sample(calls.create.unwrap_or(call))
                .map(|(_, change)| change);
            let body = change.filter(|_| check == "update");
            let reply = self.ask(call, id, body.as_ref()).await?;
            let mut held = expect(&reply, 200);
            if let (Some(read), true) = (calls.read, held.is_ok() && check == "delete") {
                let gone = self.ask(read, id, None).await?;
                if gone.status == 200 {
                    held = Err("the record can still be read".to_owned());
                }
            }
            self.say(check, call, held);
        }
        Ok(())
    }

    /// A vendor that has had enough, and one that refuses the credentials.
    async fn limits(&mut self, calls: &Calls<'_>) -> Result<(), Failed> {
        let (Some(generic), Some(call)) = (&self.trial.generic, calls.list.or(calls.single)) else {
            self.skip(
                "limit",
                "only a simulator made from the declaration is told to refuse",
            );
            return Ok(());
        };
        let generic = Arc::clone(generic);
        generic.limit(true);
        let reply = self.ask(call, "", None).await;
        generic.limit(false);
        self.say("limit", call, expect(&reply?, 429));
        Ok(())
    }

    fn sample(&self, create: &Resource) -> Option<(Value, Value)> {
        let key = &self.trial.element.element.key;
        if self.trial.generic.is_none() {
            return samples::record(key, &collection(&create.path));
        }
        let mut body = json!({"name": "made by a trial"});
        if let Value::Object(members) = &mut body {
            let wanted = create
                .parameters
                .iter()
                .filter(|p| p.kind == "bodyField" && p.required);
            for parameter in wanted {
                members.insert(parameter.name.to_string(), json!("generic"));
            }
        }
        Some((body, json!({"name": "changed by a trial"})))
    }

    async fn ask(
        &self,
        resource: &Resource,
        id: &str,
        body: Option<&Value>,
    ) -> Result<VendorReply, Failed> {
        self.ask_with(resource, id, "", body).await
    }

    async fn ask_with(
        &self,
        resource: &Resource,
        id: &str,
        query: &str,
        body: Option<&Value>,
    ) -> Result<VendorReply, Failed> {
        let path = below_hub(&resource.path);
        let last = path.rsplit('/').next().unwrap_or_default();
        let segments: Vec<String> = path
            .split('/')
            .map(|segment| match segment.contains('{') {
                true if segment == last && !id.is_empty() => encoded(id),
                true => "1".to_owned(),
                false => segment.to_owned(),
            })
            .collect();
        let mut pairs = vec![query.to_owned()];
        let known = |name: &str| matches!(name, "page" | "pageSize" | "nextPage" | "where");
        for parameter in &resource.parameters {
            if parameter.kind == "query" && parameter.required && !known(&parameter.name) {
                pairs.push(format!("{}=generic", encoded(&parameter.name)));
            }
        }
        pairs.retain(|pair| !pair.is_empty());
        let url = format!(
            "/hubs/{}{}?{}",
            self.trial.element.element.hub,
            segments.join("/"),
            pairs.join("&")
        );
        let body = body
            .map(serde_json::to_vec)
            .transpose()?
            .unwrap_or_default();
        self.trial
            .remote
            .ask(&resource.method, &url, &self.trial.authorization, body)
            .await
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
        let call = format!("{} {}", resource.method, below_hub(&resource.path));
        self.push(check, Some(call), verdict, note);
    }

    /// Whether a read failed because nobody knows here what it should look for.
    fn lacks_argument(&self, resource: &Resource, note: &str) -> bool {
        let declares = |name: &str| {
            let mut queries = resource.parameters.iter().filter(|p| p.kind == "query");
            queries.any(|p| p.name == name && (name == "page" || p.required))
        };
        let vague = note.starts_with("answered 400") || note.starts_with("answered 404");
        let simulated = self.trial.generic.is_none();
        let below = below_hub(&resource.path);
        let parents = below
            .rsplit_once('/')
            .is_some_and(|(base, _)| base.contains('{'));
        let unaddressed = parents || (!declares("page") && !names_record(below));
        vague
            && resource.method.eq_ignore_ascii_case("GET")
            && (declares("where") || (simulated && unaddressed))
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

fn id_of(record: &Value) -> Option<String> {
    let id = record.get("id").or_else(|| record.get("Id"))?;
    id.as_str()
        .map(str::to_owned)
        .or_else(|| id.as_i64().map(|id| id.to_string()))
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

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
