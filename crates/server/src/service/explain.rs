//! Explaining a call: the vendor requests that were or would be made, every secret masked, and what set their parts.

mod mask;

use std::collections::BTreeMap;

use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::Origin;
use ligand_engine::step::{Failure, Outcome, VendorRequest};
use ligand_model::error::ErrorKind;
use ligand_store::usage::Why;
use serde_json::{Map, Value, json};

use crate::vendor::drive::{Driven, Explain, Sent};
use mask::Mask;

/// Longest body that is shown whole, in bytes.
const MOST_BODY: usize = 64 * 1024;

/// What the explanation of a call is made of.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The element.
    pub element: &'a Compiled,
    /// The resource that was called.
    pub resource: usize,
    /// Whether the requests were made.
    pub explain: Explain,
    /// Whether a dry run would begin by renewing the access.
    pub would_renew: bool,
    /// Every value that the instance had: before the call, after a renewal, after its writes.
    pub values: Vec<&'a BTreeMap<String, String>>,
}

/// The explanation.
///
/// # Shape
/// `{explain: "true"|"dry-run", resource, accessRenewed?|accessWouldBeRenewed?,
/// requests: [{method, url, headers, body?, status?, setBy: [{part, name?, level, by?}]}], log: […], answer?: {status, message?, providerMessage?}}`
pub fn show(facts: &Facts<'_>, driven: &Driven) -> Value {
    let mask = mask(facts.element, facts.values.iter().copied(), driven);
    let mut shown = Map::new();
    let dry = facts.explain == Explain::DryRun;
    shown.insert(
        "explain".to_owned(),
        json!(if dry { "dry-run" } else { "true" }),
    );
    if let Some(resource) = facts.element.resource(facts.resource) {
        let name = format!("{} {}", resource.method, resource.path);
        shown.insert("resource".to_owned(), Value::String(name));
    }
    if driven.renewed {
        shown.insert("accessRenewed".to_owned(), Value::Bool(true));
    }
    if facts.would_renew {
        shown.insert("accessWouldBeRenewed".to_owned(), Value::Bool(true));
    }
    let requests = driven.sent.iter().map(|sent| request(&mask, sent));
    shown.insert("requests".to_owned(), requests.collect());
    let log = driven.log.iter().map(|line| mask.text(line));
    shown.insert("log".to_owned(), log.map(Value::String).collect());
    let unsent = dry && !driven.sent.is_empty();
    if let Some(answer) = answer(&mask, &driven.outcome, unsent) {
        shown.insert("answer".to_owned(), answer);
    }
    Value::Object(shown)
}

/// Longest text of a usage row, characters.
const MOST_WORDS: usize = 2000;

/// A failure with every secret masked: vendors repeat in their words what they were sent.
pub fn masked<'a>(
    element: &'a Compiled,
    values: impl Iterator<Item = &'a BTreeMap<String, String>>,
    driven: &'a Driven,
    failure: &Failure,
) -> Failure {
    let mask = mask(element, values, driven);
    Failure {
        kind: failure.kind,
        status: failure.status,
        message: mask.text(&failure.message),
        provider_message: failure
            .provider_message
            .as_deref()
            .map(|said| mask.text(said)),
    }
}

/// Why a call failed, as its usage row keeps it: no longer than one reads. The failure is a [`masked`] one.
pub fn why(driven: &Driven, failure: &Failure) -> Why {
    Why {
        message: bounded(&failure.message),
        provider_message: failure.provider_message.as_deref().map(bounded),
        attempts: driven.failed.clone(),
    }
}

/// A text as a usage row keeps it.
pub fn bounded(text: &str) -> String {
    match text.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What hides the secrets of an instance, whatever it was called with.
fn mask<'a>(
    element: &'a Compiled,
    values: impl Iterator<Item = &'a BTreeMap<String, String>>,
    driven: &'a Driven,
) -> Mask {
    let had = values.flatten();
    let had = had.filter_map(|(key, value)| is_secret(element, key).then_some(&**value));
    let written = driven.outcome.configuration.iter();
    let written = written.filter(|(key, _)| is_secret(element, key));
    let written = written.filter_map(|(_, value)| value.as_deref());
    let entries = element.element.configuration.iter();
    let defaults = entries.filter(|entry| entry.is_secret());
    let defaults = defaults.filter_map(|entry| entry.default_value.as_deref());
    Mask::new(had.chain(written).chain(defaults))
}

fn is_secret(element: &Compiled, key: &str) -> bool {
    match element.element.entry(key) {
        Some(entry) => entry.is_secret(),
        None => ligand_model::secret::is_secret_key(key),
    }
}

fn request(mask: &Mask, sent: &Sent) -> Value {
    let request = &sent.request;
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        let shown = mask.header(name, value);
        match headers.get_mut(name) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&shown);
            }
            _ => {
                headers.insert(name.clone(), Value::String(shown));
            }
        }
    }
    let mut value = json!({
        "method": request.method,
        "url": mask.url(&request.url),
        "headers": headers,
    });
    if let Value::Object(members) = &mut value {
        if !request.body.is_empty() {
            members.insert("body".to_owned(), body(mask, request));
        }
        if let Some(status) = sent.status {
            members.insert("status".to_owned(), json!(status));
        }
        let origins = sent.origins.iter().map(|found| origin(mask, found));
        members.insert("setBy".to_owned(), origins.collect());
    }
    value
}

/// JSON as JSON, forms and other text as text; anything else is only measured.
fn body(mask: &Mask, request: &VendorRequest) -> Value {
    let kind = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or("", |(_, value)| value.as_str());
    let bytes = &request.body;
    if bytes.len() > MOST_BODY {
        return json!({"bytes": bytes.len()});
    }
    if let Ok(mut value) = serde_json::from_slice::<Value>(bytes) {
        mask.json(&mut value);
        return value;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if kind.starts_with("application/x-www-form-urlencoded") => {
            Value::String(mask.form(text))
        }
        Ok(text) => Value::String(mask.text(text)),
        Err(_) => json!({"bytes": bytes.len()}),
    }
}

fn origin(mask: &Mask, origin: &Origin) -> Value {
    let mut value = Map::new();
    value.insert("part".to_owned(), Value::String(origin.part.clone()));
    let mut text = |name: &str, text: &str| {
        if !text.is_empty() {
            value.insert(name.to_owned(), Value::String(mask.text(text)));
        }
    };
    text("name", &origin.name);
    text("level", origin.level.text());
    text("by", &origin.by);
    Value::Object(value)
}

/// How the call ended; nothing for a dry run that ended where it should.
fn answer(mask: &Mask, outcome: &Outcome, unsent: bool) -> Option<Value> {
    match &outcome.result {
        Ok(reply) => Some(json!({"status": reply.status})),
        Err(failure) if unsent && failure.kind != ErrorKind::Forbidden => None,
        Err(failure) => Some(refused(mask, failure)),
    }
}

fn refused(mask: &Mask, failure: &Failure) -> Value {
    let status = failure.status.unwrap_or_else(|| failure.kind.status());
    let mut value = json!({"status": status, "message": mask.text(&failure.message)});
    if let (Value::Object(members), Some(said)) = (&mut value, &failure.provider_message) {
        members.insert("providerMessage".to_owned(), Value::String(mask.text(said)));
    }
    value
}
