//! Packages: deployed and retrieved in the background, by SOAP and, deployments, by REST.
//!
//! Of a deployed archive the names of its files count; a file in a directory that no type has fails. A job is pending when it
//! is first asked for, in progress at the second time, done at the third.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{KINDS, Kind, definition, file_name, full_names, keep, known, zip};
use crate::call::Reply;
use crate::record_store::put;
use crate::salesforce::error::{Answer, ApiError};
use crate::salesforce::id;
use crate::salesforce::org::{Actor, Org};
use crate::salesforce::rest::Request;
use crate::salesforce::soap::METADATA;
use crate::salesforce::value::print_datetime;
use crate::xml::{self, Node};

/// Jobs beyond this push the oldest out.
const MOST_JOBS: usize = 50;

/// Packages on their way, the oldest first.
#[derive(Default)]
pub struct Jobs {
    made: u64,
    all: Vec<Job>,
}

struct Job {
    id: String,
    asked: usize,
    status: &'static str,
    /// What it ends with: members of `DeployResult` or `RetrieveResult`.
    result: Value,
    details: Value,
    options: Value,
}

/// Answers a call about packages; `None` when it is another.
pub fn answer(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Option<Answer<Value>> {
    let given = |name: &str| operation.text_of(name).unwrap_or_default().to_owned();
    let yes = |name: &str| given(name) == "true";
    Some(match operation.name.as_str() {
        "deploy" => {
            let bytes = STANDARD.decode(given("ZipFile").split_whitespace().collect::<String>());
            let options = operation
                .child("DeployOptions")
                .map_or(json!({}), Node::to_json);
            let id = deploy(org, actor, &bytes.unwrap_or_default(), options);
            Ok(json!({ "done": false, "id": id, "state": "Queued" }))
        }
        "retrieve" => {
            let id = retrieve(org, actor, operation);
            Ok(json!({ "done": false, "id": id, "state": "Queued" }))
        }
        "checkDeployStatus" => {
            step(org, &given("asyncProcessId")).map(|job| job.deployed(yes("includeDetails")))
        }
        "checkRetrieveStatus" => {
            step(org, &given("asyncProcessId")).map(|job| job.retrieved(!yes("excludeZip")))
        }
        "cancelDeploy" => job(org, &given("String")).map(|job| {
            job.cancel();
            json!({ "done": true, "id": job.id })
        }),
        _ => return None,
    })
}

/// Answers what follows `/metadata/deployRequest`.
pub fn rest(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let call = request.call;
    match (call.method.as_str(), path) {
        ("POST", []) => {
            let parts = call.parts().unwrap_or_default();
            let json = parts.iter().find(|part| part.file_name.is_none());
            let body = json.and_then(|part| serde_json::from_slice::<Value>(&part.data).ok());
            let options = body.and_then(|body| body.get("deployOptions").cloned());
            let archive = parts.iter().find(|part| part.file_name.is_some());
            let (Some(options), Some(archive)) = (options, archive) else {
                let message = "A multipart form with deployOptions and a file is required";
                return Err(ApiError::new(400, "INVALID_MULTIPART_REQUEST", message));
            };
            let id = deploy(org, request.actor, &archive.data, options);
            let job = job(org, &id)?;
            Ok(Reply::json(
                201,
                &json!({ "deployOptions": job.options, "deployResult": null, "id": id, "validatedDeployRequestId": null }),
            ))
        }
        ("GET" | "HEAD", [id]) => {
            let job = step(org, id)?;
            let result = job.deployed(call.query("includeDetails") == Some("true"));
            Ok(Reply::json(
                200,
                &json!({ "deployOptions": job.options, "deployResult": result, "id": job.id }),
            ))
        }
        ("PATCH", [id]) => {
            let job = job(org, id)?;
            job.cancel();
            Ok(Reply::json(
                202,
                &json!({ "deployResult": job.deployed(false), "id": job.id }),
            ))
        }
        (method, [] | [_]) => Err(ApiError::method(method, "GET,HEAD,PATCH,POST")),
        _ => Err(ApiError::not_found()),
    }
}

fn job<'a>(org: &'a mut Org, given: &str) -> Answer<&'a mut Job> {
    let wanted = id::normalize(given);
    let mut all = org.definitions.jobs.all.iter_mut();
    let found = all.find(|job| wanted.as_ref() == Some(&job.id));
    found.ok_or_else(|| {
        let message = format!("invalid cross reference id: {given}");
        ApiError::new(404, "INVALID_CROSS_REFERENCE_KEY", message)
    })
}

/// A job that is asked for once more.
fn step<'a>(org: &'a mut Org, given: &str) -> Answer<&'a Job> {
    let job = job(org, given)?;
    job.asked += 1;
    Ok(job)
}

fn add(
    org: &mut Org,
    prefix: &str,
    status: &'static str,
    result: Value,
    details: Value,
    options: Value,
) -> String {
    let jobs = &mut org.definitions.jobs;
    jobs.made += 1;
    if jobs.all.len() >= MOST_JOBS {
        jobs.all.remove(0);
    }
    let id = id::make(prefix, 4_000_000_000 + jobs.made * 7);
    let id_of_job = id.clone();
    let asked = 0;
    jobs.all.push(Job {
        id,
        asked,
        status,
        result,
        details,
        options,
    });
    id_of_job
}

fn deploy(org: &mut Org, actor: Actor<'_>, bytes: &[u8], options: Value) -> String {
    let is = |name: &str| {
        let value = options.get(name);
        value.is_some_and(|value| *value == json!(true) || *value == json!("true"))
    };
    let (check_only, rollback) = (is("checkOnly"), is("rollbackOnError"));
    let names = zip::names(bytes).unwrap_or_default();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    let mut keepers: Vec<(&Kind, String)> = Vec::new();
    let root = names
        .iter()
        .find_map(|name| name.strip_suffix("package.xml"));
    if root.is_none() {
        failed.push(failure("package.xml", "", "No package.xml found"));
    }
    let beside = |name: &&String| {
        let about =
            name.ends_with("-meta.xml") || name.ends_with('/') || name.ends_with("package.xml");
        !about && !name.contains("destructiveChanges")
    };
    for name in names.iter().filter(beside) {
        let own = name.strip_prefix(root.unwrap_or_default()).unwrap_or(name);
        let kind = KINDS
            .iter()
            .find(|kind| !kind.1.is_empty() && own.split('/').next() == Some(kind.1));
        let full = own.rsplit('/').next().unwrap_or_default();
        match kind.and_then(|kind| Some((kind, full.strip_suffix(kind.2)?.strip_suffix('.')?))) {
            Some((kind, full)) => {
                let created = !known(org, kind, full);
                keepers.push((kind, full.to_owned()));
                done.push(json!({
                    "changed": true, "componentType": kind.0, "created": created, "createdDate": print_datetime(actor.now),
                    "deleted": false, "fileName": name, "fullName": full, "success": true,
                }));
            }
            None => failed.push(failure(
                name,
                full,
                "An object of this name or directory is not known here",
            )),
        }
    }
    let status = match (failed.is_empty(), done.is_empty() || rollback) {
        (true, _) => "Succeeded",
        (false, true) => "Failed",
        (false, false) => "SucceededPartial",
    };
    if !check_only && status != "Failed" {
        for (kind, full) in keepers {
            if let Err(error) = keep(org, actor, kind, &full, json!({ "fullName": full })) {
                failed.push(failure(&file_name(kind, &full), &full, &error.message));
            }
        }
    }
    let at = print_datetime(actor.now);
    let result = json!({
        "checkOnly": check_only, "completedDate": at, "createdBy": actor.user, "createdByName": "Sandbox", "createdDate": at,
        "ignoreWarnings": is("ignoreWarnings"), "lastModifiedDate": at, "numberComponentErrors": failed.len(),
        "numberComponentsDeployed": done.len(), "numberComponentsTotal": done.len() + failed.len(), "numberTestErrors": 0,
        "numberTestsCompleted": 0, "numberTestsTotal": 0, "rollbackOnError": rollback, "runTestsEnabled": false,
        "startDate": at,
    });
    let details = json!({ "componentFailures": failed, "componentSuccesses": done });
    add(org, "0Af", status, result, details, options)
}

fn failure(file: &str, full: &str, problem: &str) -> Value {
    json!({
        "changed": false, "componentType": "", "created": false, "deleted": false, "fileName": file, "fullName": full,
        "problem": problem, "problemType": "Error", "success": false,
    })
}

fn retrieve(org: &mut Org, actor: Actor<'_>, operation: &Node) -> String {
    let request = operation
        .child("retrieveRequest")
        .or_else(|| operation.child("request"));
    let package = request.and_then(|request| request.child("unpackaged"));
    let mut manifest = Vec::new();
    let (mut files, mut told, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for types in package.into_iter().flat_map(|package| package.all("types")) {
        let name = types.text_of("name").unwrap_or_default();
        let Some(kind) = KINDS.iter().find(|kind| kind.0 == name) else {
            messages.push(json!({ "fileName": "unpackaged/package.xml", "problem": format!("Unknown type name '{name}' specified in package.xml") }));
            continue;
        };
        let mut members = Vec::new();
        for member in types.all("members") {
            match member.text.trim() {
                "*" => members.extend(full_names(org, kind)),
                one => members.push(one.to_owned()),
            }
        }
        for member in &members {
            let Some(value) = definition(org, kind, member) else {
                messages.push(json!({
                    "fileName": "unpackaged/package.xml", "problem": format!("Entity of type '{name}' named '{member}' cannot be found"),
                }));
                continue;
            };
            let mut about = crate::salesforce::metadata::properties(kind, member, actor);
            let path = format!("unpackaged/{}", file_name(kind, member));
            put(&mut about, "fileName", json!(path));
            told.push(about);
            files.push((path, document(kind.0, &value)));
        }
        manifest.push(json!({ "members": members, "name": name }));
    }
    let manifest = json!({ "types": manifest, "version": "59.0" });
    files.push((
        "unpackaged/package.xml".to_owned(),
        document("Package", &manifest),
    ));
    let result = json!({
        "fileProperties": told, "messages": messages, "zipFile": STANDARD.encode(zip::archive(&files)),
    });
    add(org, "09S", "Succeeded", result, Value::Null, json!({}))
}

fn document(name: &str, value: &Value) -> String {
    let mut text = String::new();
    xml::print(name, value, &mut text);
    let text = text.replacen(
        &format!("<{name}>"),
        &format!("<{name} xmlns=\"{METADATA}\">"),
        1,
    );
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
}

impl Job {
    fn cancel(&mut self) {
        if self.asked < 3 {
            self.status = "Canceled";
            self.asked = 3;
        }
    }

    /// The status as of the last time it was asked for.
    fn status(&self) -> &'static str {
        match self.asked {
            0 | 1 => "Pending",
            2 => "InProgress",
            _ => self.status,
        }
    }

    fn shown(&self) -> Value {
        let done = self.asked > 2;
        json!({
            "done": done, "id": self.id, "status": self.status(), "success": done && self.status.starts_with("Succeeded"),
        })
    }

    fn deployed(&self, details: bool) -> Value {
        let mut shown = self.shown();
        if let (Value::Object(shown), Value::Object(result)) = (&mut shown, &self.result) {
            shown.extend(result.clone());
            if self.asked < 3 {
                shown.remove("completedDate");
            }
        }
        if details && self.asked > 2 {
            put(&mut shown, "details", self.details.clone());
        }
        shown
    }

    fn retrieved(&self, with_zip: bool) -> Value {
        let mut shown = self.shown();
        if let (Value::Object(shown), Value::Object(result), true) =
            (&mut shown, &self.result, self.asked > 2)
        {
            shown.extend(result.clone());
            if !with_zip {
                shown.remove("zipFile");
            }
        }
        shown
    }
}
