//! The generic vendor: a stateful API made from a description of paths, for elements that nobody wrote a simulator for.
//!
//! It knows nothing but what it is told: which calls list, read, create, change and delete the records of which
//! collection, where bodies have their roots, how pages are asked for, what a call must carry, what an error looks like.

mod answer;

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::call::{Call, Reply};
use crate::record_store::{Record, RecordStore};
use crate::vendor::{Setting, Vendor, lock};

/// Records that a collection has when it is first asked for.
pub const SEEDED: u64 = 7;

/// What a call does to its collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Answers a page of records.
    List,
    /// Answers one record.
    Read,
    /// Adds a record and answers it.
    Create,
    /// Merges into a record and answers it.
    Update,
    /// Takes a record out.
    Delete,
    /// Answers one object that is no record of a collection.
    Single,
}

/// Where a call names its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdPlace {
    /// The variable of the path with this name.
    Path(String),
    /// A query parameter.
    Query(String),
    /// A member of the body.
    Body(String),
}

/// How pages are asked for, by the vendor's own names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paging {
    /// The parameter of the size.
    pub size: Option<String>,
    /// The parameter of the page number, or of the rows to skip.
    pub page: Option<String>,
    /// The parameter of the cursor.
    pub cursor: Option<String>,
    /// Whether `page` counts rows.
    pub by_offset: bool,
    /// The number of the first page, or row.
    pub first: u64,
    /// Where the next cursor is put: `body.path`, `header.name`, each with `?parameter` when it is a URL.
    pub next: Option<String>,
}

/// One call of the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Upper-case verb.
    pub method: String,
    /// The path from the host's root; segments may hold `{variables}`.
    pub path: String,
    /// Query parameters that tell this call from another of the same path.
    pub query: Vec<(String, String)>,
    /// What it does.
    pub role: Role,
    /// Its collection.
    pub collection: String,
    /// Where it names its record; none for lists and new records.
    pub id: Option<IdPlace>,
    /// The dotted path of the record in a request's body.
    pub request_root: Option<String>,
    /// The dotted path of the records in an answer.
    pub response_root: Option<String>,
    /// How pages are asked for.
    pub paging: Paging,
    /// Members of the answer of a call that logs in: dotted path and value.
    pub grants: Vec<(String, Value)>,
}

/// What every call but those that log in must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A header of this name, not empty.
    Header(String),
    /// A query parameter of this name, not empty.
    Query(String),
}

/// The vendor, described.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Its calls.
    pub operations: Vec<Operation>,
    /// What a call must carry.
    pub credentials: Vec<Credential>,
    /// Where tokens are given out: paths that answer as OAuth 2 has it.
    pub token_paths: Vec<String>,
    /// Where an error says its sentence and its code; `message` and none when empty.
    pub error_message: Option<String>,
    /// See `error_message`.
    pub error_code: Option<String>,
}

/// The running vendor's state.
pub struct Generic {
    setting: Arc<Setting>,
    description: Description,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: RecordStore,
    refusing: bool,
    limited: bool,
    unknown: Vec<String>,
}

impl Generic {
    /// A vendor of this description.
    pub fn new(setting: Arc<Setting>, description: Description) -> Self {
        Self {
            setting,
            description,
            state: Mutex::default(),
        }
    }

    /// Refuses every credential (401), or takes them again.
    pub fn refuse(&self, refusing: bool) {
        lock(&self.state).refusing = refusing;
    }

    /// Answers 429, or answers again.
    pub fn limit(&self, limited: bool) {
        lock(&self.state).limited = limited;
    }

    /// The calls that no operation describes, since the last look: `GET /path`.
    pub fn unknown(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.state).unknown)
    }
}

impl Vendor for Generic {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[]
    }

    fn answer(&self, call: &Call) -> Reply {
        let path = call.path.trim_end_matches('/');
        if self
            .description
            .token_paths
            .iter()
            .any(|known| known.trim_end_matches('/') == path)
        {
            return answer::token();
        }
        let mut state = lock(&self.state);
        let Some((operation, variables)) = answer::find(&self.description.operations, call) else {
            state.unknown.push(format!("{} {}", call.method, call.path));
            return self.error(404, "unknown_path", "There is no such path.");
        };
        if !operation.grants.is_empty() {
            return answer::granted(operation);
        }
        if state.limited {
            return self
                .error(429, "rate_limit", "Too many requests.")
                .header("retry-after", "1");
        }
        if state.refusing || !self.carries_credentials(call) {
            return self.error(401, "unauthorized", "The credentials are missing or wrong.");
        }
        self.perform(&mut state.records, operation, &variables, call)
    }

    fn reset(&self) {
        *lock(&self.state) = State::default();
    }
}

impl Generic {
    fn carries_credentials(&self, call: &Call) -> bool {
        self.description.credentials.iter().all(|credential| {
            let value = match credential {
                Credential::Header(name) => call.header(name),
                Credential::Query(name) => call.query(name),
            };
            value.is_some_and(|value| !value.trim().is_empty())
        })
    }

    fn error(&self, status: u16, code: &str, message: &str) -> Reply {
        let mut body = Value::Null;
        let place = self.description.error_message.as_deref();
        answer::set(&mut body, place.unwrap_or("message"), message.into());
        if let Some(place) = &self.description.error_code {
            answer::set(&mut body, place, code.into());
        }
        Reply::json(status, &body)
    }

    fn perform(
        &self,
        records: &mut RecordStore,
        operation: &Operation,
        variables: &[(String, String)],
        call: &Call,
    ) -> Reply {
        answer::seed(records, &operation.collection);
        let collection = records.collection_mut(&operation.collection);
        let id = answer::id_of(operation, variables, call);
        let missing = || self.error(404, "not_found", "There is no such record.");
        match operation.role {
            Role::List => {
                let all: Vec<&Record> = collection.iter().map(|(_, record)| record).collect();
                answer::page(operation, &all, call)
            }
            Role::Single => answer::one(operation, &answer::record("1", &operation.collection)),
            Role::Read => match id.and_then(|id| collection.get(&id)) {
                Some(record) => answer::one(operation, record),
                None => missing(),
            },
            Role::Create => {
                let Some(mut record) = answer::body(operation, call) else {
                    return self.error(400, "malformed", "The body cannot be read.");
                };
                let id = collection.next_number().to_string();
                record.insert("id".to_owned(), Value::String(id.clone()));
                let reply = answer::one(operation, &record);
                collection.insert(record, |_| id);
                reply
            }
            Role::Update => {
                let Some(change) = answer::body(operation, call) else {
                    return self.error(400, "malformed", "The body cannot be read.");
                };
                match id.and_then(|id| collection.get_mut(&id)) {
                    Some(record) => {
                        let own = record.get("id").cloned();
                        record.extend(change);
                        record.insert("id".to_owned(), own.unwrap_or_default());
                        answer::one(operation, record)
                    }
                    None => missing(),
                }
            }
            Role::Delete => match id.and_then(|id| collection.remove(&id)) {
                Some(_) => Reply::json(200, &Value::Object(Record::new())),
                None => missing(),
            },
        }
    }
}
