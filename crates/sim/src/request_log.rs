//! Every request that a simulator received, so that tests can assert on the wire form.

use std::collections::VecDeque;
use std::sync::Mutex;

use http::HeaderMap;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::vendor::lock;

/// The newest requests are kept, this many a vendor.
const MOST_ENTRIES: usize = 1000;
/// Longer bodies are cut to this many bytes.
const MOST_BODY: usize = 64 * 1024;

/// The log of one vendor.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    entries: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    at: Timestamp,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: String,
    body_bytes: usize,
    status: Option<u16>,
}

impl RequestLog {
    /// Adds a request and returns its number.
    pub fn add(&self, at: Timestamp, method: &str, call: &Call) -> u64 {
        let kept = call.body.get(..MOST_BODY).unwrap_or(&call.body);
        let mut state = lock(&self.0);
        let number = state.next;
        state.next = number.wrapping_add(1);
        if state.entries.len() >= MOST_ENTRIES {
            state.entries.pop_front();
        }
        state.entries.push_back(Entry {
            number,
            at,
            method: method.to_owned(),
            path: call.path.clone(),
            query: call.raw_query.clone(),
            headers: call.headers.clone(),
            body: String::from_utf8_lossy(kept).into_owned(),
            body_bytes: call.body.len(),
            status: None,
        });
        number
    }

    /// Notes how a request was answered.
    pub fn answered(&self, number: u64, status: u16) {
        let mut state = lock(&self.0);
        if let Some(entry) = state
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.number == number)
        {
            entry.status = Some(status);
        }
    }

    /// Forgets every request.
    pub fn clear(&self) {
        lock(&self.0).entries.clear();
    }

    /// The requests, oldest first: `{at, method, path, query, headers{}, body, bodyBytes, status}`; `status` is absent while
    /// unanswered or when the connection was dropped.
    pub fn to_json(&self) -> Vec<Value> {
        lock(&self.0).entries.iter().map(Entry::to_json).collect()
    }
}

impl Entry {
    fn to_json(&self) -> Value {
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.insert(name.as_str().to_owned(), Value::String(text));
        }
        let mut entry = json!({
            "at": self.at.to_iso_millis(),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": self.body,
            "bodyBytes": self.body_bytes,
        });
        if let (Some(status), Some(map)) = (self.status, entry.as_object_mut()) {
            map.insert("status".to_owned(), json!(status));
        }
        entry
    }
}
