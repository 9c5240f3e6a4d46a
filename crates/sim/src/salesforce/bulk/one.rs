//! The first Bulk API: `/services/async/{version}/job`, in XML or JSON, with tables of CSV or JSON.

use std::fmt::Write as _;

use bytes::Bytes;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::csv::{Style, Table};
use super::{Operation, Outcome, job_id, printed, record_of, table_of, write};
use crate::call::{Call, Reply};
use crate::page::escape;
use crate::record_store::Record;
use crate::salesforce::describe::Object;
use crate::salesforce::id;
use crate::salesforce::org::{Actor, Org, known};
use crate::salesforce::soap::element;
use crate::salesforce::soql::Query;

const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";
const STYLE: Style = Style {
    delimiter: ',',
    ending: "\n",
};
/// Rows of one batch, as at the vendor.
const MOST_BATCH: usize = 10_000;

/// One job.
pub struct Job {
    /// None: the job is a query.
    operation: Option<Operation>,
    deleted: bool,
    object: &'static Object,
    external: Option<String>,
    content: Content,
    concurrency: &'static str,
    state: &'static str,
    told: Told,
    batches: Vec<Batch>,
}

struct Told {
    by: String,
    at: String,
    version: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Csv,
    Json,
}

struct Batch {
    number: u64,
    state: &'static str,
    message: String,
    work: Work,
    outcomes: Vec<Outcome>,
    result: Table,
    at: String,
    /// What was sent, with its media type.
    sent: (String, Bytes),
}

enum Work {
    Query(Box<Query>),
    Records(Vec<Record>),
    Nothing,
}

/// A fault: code and words.
struct Fault(&'static str, String);

type Answer = Result<Shown, Fault>;

/// What is answered.
enum Shown {
    /// An element with members, in XML or JSON.
    Info(u16, &'static str, Value),
    /// A list of those.
    List(&'static str, &'static str, Vec<Value>),
    /// Names of results.
    Names(Vec<String>),
    Csv(String),
    Json(Value),
    /// A body as it was sent, with its media type.
    Sent(String, Bytes),
}

/// Answers what follows `/services/async/{version}`, for a session that is good.
pub fn answer(
    org: &mut Org,
    call: &Call,
    version: &str,
    user: &str,
    now: Timestamp,
    path: &[&str],
) -> Reply {
    let json = call.content_type().contains("json")
        || call
            .header("accept")
            .is_some_and(|accept| accept.contains("json"));
    let actor = Actor { user, now };
    match answer_any(org, call, version, actor, path) {
        Ok(shown) => shown.reply(json),
        Err(Fault(code, message)) => fault(json, 400, code, &message),
    }
}

/// The answer to a session that is none.
pub fn no_session(call: &Call) -> Reply {
    let json = call.content_type().contains("json");
    fault(json, 401, "InvalidSessionId", "Invalid session id")
}

fn fault(json: bool, status: u16, code: &str, message: &str) -> Reply {
    if json {
        let body = json!({ "exceptionCode": code, "exceptionMessage": message });
        return Reply::json(status, &body);
    }
    let (code, message) = (escape(code), escape(message));
    xml(
        status,
        &format!(
            "<error xmlns=\"{NAMESPACE}\"><exceptionCode>{code}</exceptionCode><exceptionMessage>{message}</exceptionMessage></error>"
        ),
    )
}

fn xml(status: u16, body: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}");
    Reply::bytes(status, "application/xml", text)
}

fn missing(what: &str) -> Fault {
    Fault("InvalidJob", format!("Unable to find {what}"))
}

fn answer_any(
    org: &mut Org,
    call: &Call,
    version: &str,
    actor: Actor<'_>,
    path: &[&str],
) -> Answer {
    let method = call.method.as_str();
    let Some(("job", rest)) = path.split_first().map(|(first, rest)| (*first, rest)) else {
        return Err(Fault(
            "InvalidUrl",
            "Destination URL not reset. The URL returned from login must be set".to_owned(),
        ));
    };
    let Some((given, rest)) = rest.split_first() else {
        return create(org, call, version, actor);
    };
    let number = org
        .jobs
        .one
        .keys()
        .copied()
        .find(|number| id::normalize(given).as_deref() == Some(job_id("750", *number).as_str()))
        .ok_or_else(|| missing("job"))?;
    let mut job = org.jobs.one.remove(&number).ok_or_else(|| missing("job"))?;
    let answer = match (method, rest) {
        ("GET", []) => Ok(job.info(number)),
        ("POST", []) => job.set_state(number, &member(call, "state")),
        ("POST", ["batch"]) => job.add(org, call, number, actor.now),
        ("GET", ["batch"]) => {
            for batch in &mut job.batches {
                batch.step(
                    org,
                    actor,
                    &job.told,
                    job.operation,
                    job.object,
                    job.external.as_deref(),
                    job.deleted,
                );
            }
            let list = job.batches.iter().map(|batch| batch.info(number)).collect();
            Ok(Shown::List("batchInfoList", "batchInfo", list))
        }
        ("GET", ["batch", batch, rest @ ..]) => job.batch(org, actor, number, batch, rest),
        _ => Err(Fault("InvalidUrl", "No such resource".to_owned())),
    };
    org.jobs.one.insert(number, job);
    answer
}

/// A member of a body in XML or JSON.
fn member(call: &Call, name: &str) -> String {
    if call.content_type().contains("json") {
        let body = call.json().unwrap_or_default();
        return body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
    }
    element(&call.text(), name)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn create(org: &mut Org, call: &Call, version: &str, actor: Actor<'_>) -> Answer {
    let operation = member(call, "operation");
    let deleted = operation == "queryAll";
    let query = deleted || operation == "query";
    let invalid = |message: String| Fault("InvalidJob", message);
    let work = Operation::read(&operation);
    if work.is_none() && !query {
        return Err(invalid(format!("Invalid operation: {operation}")));
    }
    let object = member(call, "object");
    let object = known(&object)
        .map_err(|_| Fault("InvalidEntity", format!("Unable to find object: {object}")))?;
    let content = match member(call, "contentType").as_str() {
        "CSV" => Content::Csv,
        "JSON" => Content::Json,
        other => {
            return Err(invalid(format!(
                "The sandbox takes the content types CSV and JSON, not {other}"
            )));
        }
    };
    let external = Some(member(call, "externalIdFieldName")).filter(|name| !name.is_empty());
    if work == Some(Operation::Upsert) && external.is_none() {
        return Err(invalid(
            "External ID was blank for UPSERT operation".to_owned(),
        ));
    }
    let number = org.jobs.next();
    let job = Job {
        operation: work,
        deleted,
        object,
        external,
        content,
        concurrency: if member(call, "concurrencyMode") == "Serial" {
            "Serial"
        } else {
            "Parallel"
        },
        state: "Open",
        told: Told {
            by: actor.user.to_owned(),
            at: printed(actor.now),
            version: version.to_owned(),
        },
        batches: Vec::new(),
    };
    let Shown::Info(_, name, info) = job.info(number) else {
        return Err(missing("job"));
    };
    org.jobs.one.insert(number, job);
    Ok(Shown::Info(201, name, info))
}

impl Job {
    fn info(&self, number: u64) -> Shown {
        let count = |states: &[&str]| {
            self.batches
                .iter()
                .filter(|batch| states.contains(&batch.state))
                .count()
        };
        let processed: usize = self.batches.iter().map(Batch::processed).sum();
        let failed: usize = self.batches.iter().map(Batch::failed).sum();
        let operation = self.operation.map_or(
            if self.deleted { "queryAll" } else { "query" },
            Operation::as_str,
        );
        let mut info = json!({
            "id": job_id("750", number), "operation": operation, "object": self.object.name, "createdById": self.told.by,
            "createdDate": self.told.at, "systemModstamp": self.told.at, "state": self.state,
            "concurrencyMode": self.concurrency, "contentType": if self.content == Content::Csv { "CSV" } else { "JSON" },
            "numberBatchesQueued": count(&["Queued"]), "numberBatchesInProgress": count(&["InProgress"]),
            "numberBatchesCompleted": count(&["Completed"]), "numberBatchesFailed": count(&["Failed"]),
            "numberBatchesTotal": self.batches.len(), "numberRecordsProcessed": processed, "numberRetries": 0,
            "apiVersion": self.told.version, "numberRecordsFailed": failed, "totalProcessingTime": 0,
            "apiActiveProcessingTime": 0, "apexProcessingTime": 0,
        });
        if let (Some(info), Some(external)) = (info.as_object_mut(), &self.external) {
            info.insert("externalIdFieldName".to_owned(), json!(external));
        }
        Shown::Info(200, "jobInfo", info)
    }

    fn set_state(&mut self, number: u64, wanted: &str) -> Answer {
        self.state = match wanted {
            "Closed" if self.state == "Open" => "Closed",
            "Aborted" if self.state != "Aborted" => "Aborted",
            _ => {
                let message = format!(
                    "Unable to set the state {wanted} of a job that is {}",
                    self.state
                );
                return Err(Fault("InvalidJobState", message));
            }
        };
        Ok(self.info(number))
    }

    fn add(&mut self, org: &mut Org, call: &Call, number: u64, now: Timestamp) -> Answer {
        if self.state != "Open" {
            let message = "Unable to add a batch to a job that is not open".to_owned();
            return Err(Fault("InvalidJobState", message));
        }
        let mut batch = Batch {
            number: org.jobs.next(),
            state: "Queued",
            message: String::new(),
            work: Work::Nothing,
            outcomes: Vec::new(),
            result: Table::default(),
            at: printed(now),
            sent: (call.content_type(), call.body.clone()),
        };
        match self.read(call, now) {
            Ok(work) => batch.work = work,
            Err(message) => {
                batch.state = "Failed";
                batch.message = message;
            }
        }
        let info = batch.info(number);
        self.batches.push(batch);
        Ok(Shown::Info(201, "batchInfo", info))
    }

    fn read(&self, call: &Call, now: Timestamp) -> Result<Work, String> {
        if self.operation.is_none() {
            let query = super::bulk_query(&call.text(), now);
            let query = query.map_err(|error| {
                format!(
                    "InvalidBatch : Failed to process query: {}: {}",
                    error.code, error.message
                )
            })?;
            return Ok(Work::Query(Box::new(query)));
        }
        let records = match self.content {
            Content::Csv => {
                let table = Table::read(&call.text(), STYLE);
                let table = table.ok_or("InvalidBatch : Failed to parse CSV")?;
                table
                    .rows
                    .iter()
                    .map(|row| record_of(&table.head, row))
                    .collect()
            }
            Content::Json => match call.json() {
                Ok(Value::Array(items)) => items
                    .into_iter()
                    .filter_map(|item| match item {
                        Value::Object(record) => Some(record),
                        _ => None,
                    })
                    .collect(),
                _ => return Err("InvalidBatch : Failed to parse JSON".to_owned()),
            },
        };
        let records: Vec<Record> = records;
        if records.len() > MOST_BATCH {
            return Err(format!("InvalidBatch : Records exceed {MOST_BATCH}"));
        }
        Ok(Work::Records(records))
    }

    fn batch(
        &mut self,
        org: &mut Org,
        actor: Actor<'_>,
        number: u64,
        given: &str,
        rest: &[&str],
    ) -> Answer {
        let wanted = id::normalize(given);
        let (operation, object, deleted, content) =
            (self.operation, self.object, self.deleted, self.content);
        let batch = self
            .batches
            .iter_mut()
            .find(|batch| wanted.as_deref() == Some(batch.id().as_str()))
            .ok_or_else(|| Fault("InvalidBatch", "Unable to find batch".to_owned()))?;
        match rest {
            [] => {
                let info = batch.info(number);
                batch.step(
                    org,
                    actor,
                    &self.told,
                    operation,
                    object,
                    self.external.as_deref(),
                    deleted,
                );
                Ok(Shown::Info(200, "batchInfo", info))
            }
            ["request"] => Ok(Shown::Sent(batch.sent.0.clone(), batch.sent.1.clone())),
            ["result"] if batch.state != "Completed" => {
                let message = format!("Batch not completed: it is {}", batch.state);
                Err(Fault("InvalidBatch", message))
            }
            ["result"] if operation.is_none() => {
                Ok(Shown::Names(vec![job_id("752", batch.number)]))
            }
            ["result"] => Ok(batch.outcome(content)),
            ["result", _] if operation.is_none() => Ok(match content {
                Content::Csv => Shown::Csv(batch.result.print(STYLE, 0, usize::MAX)),
                Content::Json => Shown::Json(batch.records(object)),
            }),
            _ => Err(Fault("InvalidUrl", "No such resource".to_owned())),
        }
    }
}

impl Batch {
    fn id(&self) -> String {
        job_id("751", self.number)
    }

    fn processed(&self) -> usize {
        self.outcomes.len() + self.result.rows.len()
    }

    fn failed(&self) -> usize {
        self.outcomes.iter().filter(|one| one.is_err()).count()
    }

    fn info(&self, job: u64) -> Value {
        let mut info = json!({
            "id": self.id(), "jobId": job_id("750", job), "state": self.state, "createdDate": self.at,
            "systemModstamp": self.at, "numberRecordsProcessed": self.processed(), "numberRecordsFailed": self.failed(),
            "totalProcessingTime": 0, "apiActiveProcessingTime": 0, "apexProcessingTime": 0,
        });
        if let Some(info) = info.as_object_mut().filter(|_| !self.message.is_empty()) {
            info.insert("stateMessage".to_owned(), json!(self.message));
        }
        info
    }

    /// Goes on by one state at a poll.
    #[expect(
        clippy::too_many_arguments,
        reason = "the job's own members, borrowed apart from its batches"
    )]
    fn step(
        &mut self,
        org: &mut Org,
        actor: Actor<'_>,
        told: &Told,
        operation: Option<Operation>,
        object: &'static Object,
        external: Option<&str>,
        deleted: bool,
    ) {
        match self.state {
            "Queued" => self.state = "InProgress",
            "InProgress" => {
                self.state = "Completed";
                let actor = Actor {
                    user: &told.by,
                    now: actor.now,
                };
                match std::mem::replace(&mut self.work, Work::Nothing) {
                    Work::Query(query) => self.result = table_of(org, &query, deleted),
                    Work::Records(records) => {
                        for record in records {
                            if let Some(operation) = operation {
                                self.outcomes
                                    .push(write(org, actor, object, operation, external, &record));
                            }
                        }
                    }
                    Work::Nothing => {}
                }
            }
            _ => {}
        }
    }

    /// What became of each record.
    fn outcome(&self, content: Content) -> Shown {
        if content == Content::Json {
            let list = self.outcomes.iter().map(|outcome| match outcome {
                Ok((id, created)) => json!({ "success": true, "created": created, "id": id, "errors": [] }),
                Err(error) => json!({ "success": false, "created": false, "id": null, "errors": [error.of_record()] }),
            });
            return Shown::Json(list.collect());
        }
        let rows = self.outcomes.iter().map(|outcome| match outcome {
            Ok((id, created)) => vec![
                id.clone(),
                "true".to_owned(),
                created.to_string(),
                String::new(),
            ],
            Err(error) => vec![
                String::new(),
                "false".to_owned(),
                "false".to_owned(),
                super::complaint(error),
            ],
        });
        let table = Table {
            head: ["Id", "Success", "Created", "Error"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.collect(),
        };
        Shown::Csv(table.print(STYLE, 0, usize::MAX))
    }

    fn records(&self, object: &Object) -> Value {
        let rows = self.result.rows.iter().map(|row| {
            let mut record = Record::new();
            record.insert("attributes".to_owned(), json!({ "type": object.name }));
            for (name, cell) in self.result.head.iter().zip(row) {
                let value = if cell.is_empty() {
                    Value::Null
                } else {
                    json!(cell)
                };
                record.insert(name.clone(), value);
            }
            Value::Object(record)
        });
        rows.collect()
    }
}

impl Shown {
    fn reply(self, json: bool) -> Reply {
        match self {
            Self::Csv(text) => Reply::bytes(200, "text/csv", text),
            Self::Sent(kind, body) => Reply::bytes(200, &kind, body),
            Self::Json(value) => Reply::json(200, &value),
            Self::Info(status, _, info) if json => Reply::json(status, &info),
            Self::Info(status, name, info) => xml(status, &tagged(name, &info, true)),
            Self::List(_, name, list) if json => Reply::json(200, &json!({ name: list })),
            Self::List(list_name, name, list) => {
                let inner: String = list.iter().map(|info| tagged(name, info, false)).collect();
                xml(
                    200,
                    &format!("<{list_name} xmlns=\"{NAMESPACE}\">{inner}</{list_name}>"),
                )
            }
            Self::Names(names) if json => Reply::json(200, &json!(names)),
            Self::Names(names) => {
                let mut inner = String::new();
                for name in &names {
                    let _ = write!(inner, "<result>{name}</result>");
                }
                xml(
                    200,
                    &format!("<result-list xmlns=\"{NAMESPACE}\">{inner}</result-list>"),
                )
            }
        }
    }
}

fn tagged(name: &str, info: &Value, outermost: bool) -> String {
    let mut members = String::new();
    for (name, value) in info.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), escape);
        let _ = write!(members, "<{name}>{text}</{name}>");
    }
    let namespace = if outermost {
        format!(" xmlns=\"{NAMESPACE}\"")
    } else {
        String::new()
    };
    format!("<{name}{namespace}>{members}</{name}>")
}
