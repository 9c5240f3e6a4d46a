//! How the calls of a trial are filled: path variables from records that were seen, queries and bodies from samples.

use std::collections::BTreeMap;

use ligand_engine::step::VendorReply;
use ligand_model::element::Resource;
use ligand_sim::samples::{Sample, SampleCall};
use serde_json::Value;

use super::checks::Trial;
use super::describe::below_hub;
use crate::cli::Failed;

const BOUNDARY: &str = "trial-5f1e2a";

/// The records that are known of each collection, by its path on the platform.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, Value>);

impl Known {
    pub(super) fn remember(&mut self, collection: &str, record: Value) {
        self.0.entry(collection.to_owned()).or_insert(record);
    }

    /// `{/path}` is the id of what is known of a collection, `{/path#member}` another member; any other text is itself.
    fn refer(&self, text: &str) -> Result<String, String> {
        let Some(path) = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .filter(|path| path.starts_with('/'))
        else {
            return Ok(text.to_owned());
        };
        let (path, wanted) = path.split_once('#').unwrap_or((path, "id"));
        let record = self.0.get(path).and_then(|record| member(record, wanted));
        record.ok_or_else(|| format!("no record of {path} is known"))
    }

    fn fill(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => *text = self.refer(text)?,
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.fill(item))?,
            Value::Object(members) => members.values_mut().try_for_each(|item| self.fill(item))?,
            _ => {}
        }
        Ok(())
    }
}

/// What a call is made with.
#[derive(Default)]
pub(super) struct Given<'a> {
    /// The record whose id ends the path.
    pub(super) record: Option<&'a Value>,
    /// Whether nobody has that id.
    pub(super) nobody: bool,
    /// Queries, the later ones over the earlier.
    pub(super) query: Vec<&'a BTreeMap<String, String>>,
    /// Further pairs, encoded.
    pub(super) pairs: String,
    pub(super) body: Option<Value>,
    pub(super) parts: Option<&'a BTreeMap<String, Value>>,
    /// Path variables of this call alone.
    pub(super) names: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Given<'a> {
    /// A new record, as a sample has it.
    pub(super) fn creation(sample: &'a Sample) -> Self {
        Self {
            query: vec![&sample.query],
            body: sample.create.clone(),
            parts: (!sample.parts.is_empty()).then_some(&sample.parts),
            ..Self::default()
        }
    }

    pub(super) fn call(sample: &'a SampleCall) -> Self {
        Self {
            query: vec![&sample.query],
            body: sample.body.clone(),
            parts: (!sample.parts.is_empty()).then_some(&sample.parts),
            names: Some(&sample.names),
            ..Self::default()
        }
    }
}

impl Trial {
    /// Makes a call; the inner error says what is not known that it would need.
    pub(super) async fn ask(
        &self,
        known: &Known,
        resource: &Resource,
        given: Given<'_>,
    ) -> Result<Result<VendorReply, String>, Failed> {
        let path = match self.place(known, below_hub(&resource.path), &given) {
            Ok(path) => path,
            Err(unknown) => return Ok(Err(unknown)),
        };
        let mut query = BTreeMap::new();
        for (name, value) in given.query.iter().copied().flatten() {
            match known.refer(value) {
                Ok(value) => query.insert(name.clone(), value),
                Err(unknown) => return Ok(Err(unknown)),
            };
        }
        let paging = |name: &str| matches!(name, "page" | "pageSize" | "nextPage" | "where");
        for parameter in &resource.parameters {
            if parameter.kind == "query" && parameter.required && !paging(&parameter.name) {
                let generic = || "generic".to_owned();
                query
                    .entry(parameter.name.to_string())
                    .or_insert_with(generic);
            }
        }
        let mut pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        pairs.push(given.pairs);
        pairs.retain(|pair| !pair.is_empty());
        let hub = &self.element.element.hub;
        let url = format!("/hubs/{hub}{path}?{}", pairs.join("&"));
        let (body, kind) = match (given.parts, given.body) {
            (Some(parts), _) => {
                let mut parts = parts.clone();
                if let Err(unknown) = parts.values_mut().try_for_each(|part| known.fill(part)) {
                    return Ok(Err(unknown));
                }
                let kind = format!("multipart/form-data; boundary={BOUNDARY}");
                (multipart(&parts)?, kind)
            }
            (None, Some(mut body)) => {
                if let Err(unknown) = known.fill(&mut body) {
                    return Ok(Err(unknown));
                }
                (serde_json::to_vec(&body)?, "application/json".to_owned())
            }
            (None, None) => (Vec::new(), String::new()),
        };
        let authorization = &self.authorization;
        let remote = &self.remote;
        let reply = remote.ask_with(&resource.method, &url, authorization, (body, &kind));
        Ok(Ok(reply.await?))
    }

    /// A path with its variables filled.
    fn place(&self, known: &Known, path: &str, given: &Given<'_>) -> Result<String, String> {
        let mut filled = String::new();
        let mut passed = String::new();
        let last = path.matches('/').count();
        for (index, segment) in path.split('/').skip(1).enumerate() {
            let whole = format!("{passed}/{segment}");
            filled.push('/');
            let name = segment
                .split_once('{')
                .and_then(|(_, rest)| rest.split_once('}'))
                .map(|(name, _)| name);
            match name {
                None => filled.push_str(segment),
                Some(name) => {
                    let own = given.record.filter(|_| index + 1 == last);
                    let named = given.names.and_then(|names| names.get(&whole));
                    let named = named
                        .or_else(|| self.samples.names.get(&whole))
                        .filter(|_| !(own.is_some() && given.nobody));
                    let value = match (named, own.or_else(|| known.0.get(&passed))) {
                        (Some(text), _) => known.refer(text)?,
                        (None, Some(record)) => member(record, name)
                            .ok_or_else(|| format!("the records of {passed} have no id"))?,
                        // A simulator made from the declaration takes any.
                        (None, None) if self.generic.is_some() => "1".to_owned(),
                        (None, None) => return Err(format!("no record of {passed} is known")),
                    };
                    filled.push_str(&encoded(&value));
                }
            }
            passed = whole;
        }
        Ok(filled)
    }
}

/// The member that a path variable names, or the id.
fn member(record: &Value, name: &str) -> Option<String> {
    let members = inner(record).as_object()?;
    let named = members
        .iter()
        .find(|(member, _)| member.eq_ignore_ascii_case(name))
        .and_then(|(_, value)| text(value));
    named.or_else(|| id_of(record))
}

/// The id of a record, as vendors spell it.
pub(super) fn id_of(record: &Value) -> Option<String> {
    let record = inner(record);
    let names = ["id", "Id", "ID", "msgId", "requestId", "definitionKey"];
    names.iter().find_map(|name| text(record.get(name)?))
}

/// The record itself: some come in a list of one, or as the only member of an object.
fn inner(record: &Value) -> &Value {
    match record {
        Value::Array(rows) => rows.first().map_or(record, inner),
        Value::Object(members) if members.len() == 1 => {
            let only = members.values().next().filter(|only| only.is_object());
            only.unwrap_or(record)
        }
        _ => record,
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::to_owned);
    text.or_else(|| value.as_i64().map(|number| number.to_string()))
}

fn multipart(parts: &BTreeMap<String, Value>) -> Result<Vec<u8>, Failed> {
    let mut body = String::new();
    for (name, value) in parts {
        let file = name == "file";
        let (more, kind) = match (file, value.is_string()) {
            (true, _) => ("; filename=\"trial.txt\"", "text/plain"),
            (false, true) => ("", "text/plain"),
            (false, false) => ("", "application/json"),
        };
        let value = match value {
            Value::String(text) => text.clone(),
            other => serde_json::to_string(other)?,
        };
        let part = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\nContent-Type: {kind}\r\n\r\n{value}\r\n"
        );
        body.push_str(&part);
    }
    Ok(format!("{body}--{BOUNDARY}--\r\n").into_bytes())
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
