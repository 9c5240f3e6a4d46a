//! Bulk API 2.0: `/jobs/ingest` and `/jobs/query`.

use serde_json::{Value, json};

use super::csv::{Style, Table};
use super::{Operation, Outcome, complaint, job_id, printed, record_of, table_of, write};
use crate::call::Reply;
use crate::salesforce::describe::Object;
use crate::salesforce::error::{Answer, ApiError};
use crate::salesforce::org::{Org, known};
use crate::salesforce::rest::Request;
use crate::salesforce::soql::Query;

/// What a job is for.
enum Task {
    Ingest(Ingest),
    Query(Box<Query>, bool),
}

struct Ingest {
    object: &'static Object,
    operation: Operation,
    external: Option<String>,
    data: Option<String>,
    table: Table,
    outcomes: Vec<Outcome>,
}

/// One job.
pub struct Job {
    task: Task,
    state: &'static str,
    told: Value,
    style: Style,
    result: Table,
    error: String,
}

/// Answers what follows `/jobs`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    let (kind, rest) = path.split_first().ok_or_else(ApiError::not_found)?;
    let ingest = match *kind {
        "ingest" => true,
        "query" => false,
        _ => return Err(ApiError::not_found()),
    };
    match (method, rest) {
        ("POST", []) => create(org, request, ingest),
        ("GET" | "HEAD", []) => {
            let jobs = org.jobs.two.values();
            let records: Vec<Value> = jobs
                .filter(|job| matches!(job.task, Task::Ingest(_)) == ingest)
                .map(|job| job.print(request))
                .collect();
            Ok(Reply::json(
                200,
                &json!({ "done": true, "records": records, "nextRecordsUrl": null }),
            ))
        }
        (_, []) => Err(ApiError::method(method, "GET,HEAD,POST")),
        (_, [id, rest @ ..]) => {
            let number = org
                .jobs
                .two
                .iter()
                .find(|(number, job)| {
                    matches!(job.task, Task::Ingest(_)) == ingest
                        && crate::salesforce::id::normalize(id).as_deref()
                            == Some(job_id("750", **number).as_str())
                })
                .map(|(number, _)| *number)
                .ok_or_else(ApiError::not_found)?;
            one(org, request, number, rest)
        }
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "INVALIDJOB", message)
}

fn create(org: &mut Org, request: &Request<'_>, ingest: bool) -> Answer<Reply> {
    let call = request.call;
    let unreadable = || ApiError::new(400, "JSON_PARSER_ERROR", "The job must be a JSON object");
    let (body, data) = match call.parts() {
        Some(parts) => {
            let part = |name: &str| parts.iter().find(|part| part.name == name);
            let job = part("job").ok_or_else(unreadable)?;
            let job: Value = serde_json::from_slice(&job.data).map_err(|_| unreadable())?;
            (job, part("content").map(crate::multipart::Part::text))
        }
        None => (call.json().map_err(|_| unreadable())?, None),
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let style = Style::named(text("columnDelimiter"), text("lineEnding"))
        .ok_or_else(|| invalid("columnDelimiter or lineEnding is not one of the known values"))?;
    if !matches!(text("contentType"), "" | "CSV") {
        return Err(invalid("Only CSV is supported as contentType"));
    }
    let operation = text("operation");
    let task = if ingest {
        let object = known(text("object"))
            .map_err(|_| invalid(format!("Unable to find object: {}", text("object"))))?;
        let operation = Operation::read(operation)
            .ok_or_else(|| invalid(format!("Invalid operation: {operation}")))?;
        let external = Some(text("externalIdFieldName").to_owned()).filter(|name| !name.is_empty());
        if operation == Operation::Upsert && external.is_none() {
            return Err(invalid("External ID was blank for upsert operation"));
        }
        Task::Ingest(Ingest {
            object,
            operation,
            external,
            data,
            table: Table::default(),
            outcomes: Vec::new(),
        })
    } else {
        let deleted = operation == "queryAll";
        if !deleted && operation != "query" {
            return Err(invalid(format!("Invalid operation: {operation}")));
        }
        let query = super::bulk_query(text("query"), request.actor.now)?;
        Task::Query(Box::new(query), deleted)
    };
    let number = org.jobs.next();
    let id = job_id("750", number);
    let (object, given) = match &task {
        Task::Ingest(ingest) => (&ingest.object.name, ingest.data.is_some()),
        Task::Query(query, _) => (&query.object.name, true),
    };
    let now = printed(request.actor.now);
    let mut told = json!({
        "id": id, "operation": operation, "object": object, "createdById": request.actor.user, "createdDate": now,
        "systemModstamp": now, "concurrencyMode": "Parallel", "contentType": "CSV",
        "apiVersion": f64::from(request.version), "lineEnding": if style.ending == "\n" { "LF" } else { "CRLF" },
        "columnDelimiter": if text("columnDelimiter").is_empty() { "COMMA" } else { text("columnDelimiter") },
    });
    if let (Some(told), Task::Ingest(ingest)) = (told.as_object_mut(), &task) {
        let version = format!("{}.0", request.version);
        told.insert(
            "contentUrl".to_owned(),
            json!(format!("services/data/v{version}/jobs/ingest/{id}/batches")),
        );
        if let Some(external) = &ingest.external {
            told.insert("externalIdFieldName".to_owned(), json!(external));
        }
    }
    let job = Job {
        state: if given { "UploadComplete" } else { "Open" },
        task,
        told,
        style,
        result: Table::default(),
        error: String::new(),
    };
    let reply = Reply::json(200, &job.print(request));
    org.jobs.two.insert(number, job);
    Ok(reply)
}

fn one(org: &mut Org, request: &Request<'_>, number: u64, rest: &[&str]) -> Answer<Reply> {
    let mut job = org
        .jobs
        .two
        .remove(&number)
        .ok_or_else(ApiError::not_found)?;
    let answer = job.call(org, request, rest);
    let gone = request.call.method == http::Method::DELETE && answer.is_ok();
    if !gone {
        org.jobs.two.insert(number, job);
    }
    answer
}

impl Job {
    fn call(&mut self, org: &mut Org, request: &Request<'_>, rest: &[&str]) -> Answer<Reply> {
        let call = request.call;
        match (call.method.as_str(), rest) {
            ("GET" | "HEAD", []) => {
                let reply = Reply::json(200, &self.print(request));
                self.step(org, request);
                Ok(reply)
            }
            ("PATCH", []) => {
                let body = call.json().unwrap_or_default();
                match (self.state, body.get("state").and_then(Value::as_str)) {
                    ("Open", Some("UploadComplete")) => self.state = "UploadComplete",
                    ("Open" | "UploadComplete" | "InProgress", Some("Aborted")) => {
                        self.state = "Aborted";
                    }
                    (state, wanted) => {
                        let wanted = wanted.unwrap_or("nothing");
                        let message = format!("Job cannot be set to {wanted} while it is {state}");
                        return Err(ApiError::new(400, "INVALIDJOBSTATE", message));
                    }
                }
                Ok(Reply::json(200, &self.print(request)))
            }
            ("DELETE", []) if matches!(self.state, "Open" | "InProgress" | "UploadComplete") => {
                let message = format!("Job cannot be deleted while it is {}", self.state);
                Err(ApiError::new(400, "INVALIDJOBSTATE", message))
            }
            ("DELETE", []) => Ok(Reply::empty(204)),
            ("PUT", ["batches"]) => match &mut self.task {
                Task::Ingest(ingest) if self.state == "Open" && ingest.data.is_none() => {
                    ingest.data = Some(call.text());
                    Ok(Reply::empty(201))
                }
                Task::Ingest(_) => {
                    let message = "Found multiple contents for job, or the job is not open";
                    Err(ApiError::new(400, "INVALIDJOBSTATE", message))
                }
                Task::Query(..) => Err(ApiError::not_found()),
            },
            ("GET" | "HEAD", ["results"]) if matches!(self.task, Task::Query(..)) => {
                self.results(request)
            }
            ("GET" | "HEAD", [which]) => {
                let table = self.rows(which)?;
                let text = table.print(self.style, 0, usize::MAX);
                Ok(Reply::bytes(200, "text/csv", text))
            }
            (method, [] | ["batches" | "results"]) => {
                Err(ApiError::method(method, "DELETE,GET,HEAD,PATCH,PUT"))
            }
            _ => Err(ApiError::not_found()),
        }
    }

    /// Goes on by one state at a poll, so that every client sees a job under way.
    fn step(&mut self, org: &mut Org, request: &Request<'_>) {
        match self.state {
            "UploadComplete" => self.state = "InProgress",
            "InProgress" => {
                self.state = "JobComplete";
                self.work(org, request);
            }
            _ => {}
        }
    }

    fn work(&mut self, org: &mut Org, request: &Request<'_>) {
        match &mut self.task {
            Task::Query(query, deleted) => self.result = table_of(org, query, *deleted),
            Task::Ingest(ingest) => {
                let text = ingest.data.take().unwrap_or_default();
                let Some(table) = Table::read(&text, self.style)
                    .filter(|table| !table.head.is_empty() && table.rows.len() <= super::MOST_ROWS)
                else {
                    self.state = "Failed";
                    "InvalidBatch : Failed to parse CSV".clone_into(&mut self.error);
                    return;
                };
                for row in &table.rows {
                    let record = record_of(&table.head, row);
                    ingest.outcomes.push(write(
                        org,
                        request.actor,
                        ingest.object,
                        ingest.operation,
                        ingest.external.as_deref(),
                        &record,
                    ));
                }
                ingest.table = table;
            }
        }
    }

    fn results(&self, request: &Request<'_>) -> Answer<Reply> {
        if self.state != "JobComplete" {
            let message = format!(
                "The job is {}; results come when it is complete",
                self.state
            );
            return Err(ApiError::new(400, "INVALIDJOBSTATE", message));
        }
        let number = |name: &str| request.call.query(name).and_then(|text| text.parse().ok());
        let from: usize = number("locator").unwrap_or(0);
        let count: usize = number("maxRecords").unwrap_or(50_000).max(1);
        let total = self.result.rows.len();
        let next = from.saturating_add(count);
        let locator = if next < total {
            next.to_string()
        } else {
            "null".to_owned()
        };
        let rows = total.saturating_sub(from).min(count);
        let text = self.result.print(self.style, from, count);
        Ok(Reply::bytes(200, "text/csv", text)
            .header("sforce-locator", &locator)
            .header("sforce-numberofrecords", &rows.to_string()))
    }

    /// The rows that went well, that failed, or that were never looked at.
    fn rows(&self, which: &str) -> Answer<Table> {
        let Task::Ingest(ingest) = &self.task else {
            return Err(ApiError::not_found());
        };
        let columns: &[&str] = match which {
            "successfulResults" => &["sf__Id", "sf__Created"],
            "failedResults" => &["sf__Id", "sf__Error"],
            "unprocessedrecords" | "unprocessedRecords" => &[],
            _ => return Err(ApiError::not_found()),
        };
        let head = columns.iter().map(|name| (*name).to_owned());
        let head = head.chain(ingest.table.head.iter().cloned()).collect();
        let pairs = ingest.table.rows.iter().zip(&ingest.outcomes);
        let rows = pairs.filter_map(|(row, outcome)| {
            let told = match (outcome, which) {
                (Ok((id, created)), "successfulResults") => [id.clone(), created.to_string()],
                (Err(error), "failedResults") => [String::new(), complaint(error)],
                _ => return None,
            };
            Some(told.into_iter().chain(row.iter().cloned()).collect())
        });
        Ok(Table {
            head,
            rows: rows.collect(),
        })
    }

    fn print(&self, request: &Request<'_>) -> Value {
        let mut told = self.told.clone();
        let (processed, failed, kind) = match &self.task {
            Task::Ingest(ingest) => {
                let failed = ingest.outcomes.iter().filter(|one| one.is_err()).count();
                (ingest.outcomes.len(), failed, "V2Ingest")
            }
            Task::Query(..) => (self.result.rows.len(), 0, "V2Query"),
        };
        if let Some(told) = told.as_object_mut() {
            let mut put = |name: &str, value: Value| {
                told.insert(name.to_owned(), value);
            };
            put("state", json!(self.state));
            put("jobType", json!(kind));
            if !matches!(self.state, "Open" | "UploadComplete") {
                put("numberRecordsProcessed", json!(processed));
                put("retries", json!(0));
                put("totalProcessingTime", json!(processed / 10));
                put("systemModstamp", json!(printed(request.actor.now)));
            }
            if kind == "V2Ingest" && !matches!(self.state, "Open" | "UploadComplete") {
                put("numberRecordsFailed", json!(failed));
                put("apiActiveProcessingTime", json!(processed / 20));
                put("apexProcessingTime", json!(0));
            }
            if !self.error.is_empty() {
                put("errorMessage", json!(self.error));
            }
        }
        told
    }
}
