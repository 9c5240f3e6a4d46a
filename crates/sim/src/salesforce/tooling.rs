//! The Tooling API, as far as Apex and definitions of objects go.

use serde_json::{Value, json};

use super::describe::{objects, tooling_object};
use super::error::{Answer, ApiError};
use super::org::Org;
use super::rest::Request;
use super::{query, rest};
use crate::call::Reply;

/// Answers what follows `/tooling`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    let base = format!("{}/tooling", request.base);
    match (method, path) {
        ("GET" | "HEAD", ["query"]) => {
            let page = query::tooling_page(org, request.call, request.base, request.actor.now)?;
            Ok(Reply::json(200, &page))
        }
        (_, ["query"]) => Err(ApiError::method(method, "GET,HEAD")),
        ("GET" | "HEAD", ["sobjects"]) => {
            let own = objects()
                .iter()
                .filter(|one| tooling_object(&one.name).is_some());
            let own: Vec<Value> = own.map(|one| one.basic(&base)).collect();
            let body = json!({ "encoding": "UTF-8", "maxBatchSize": 200, "sobjects": own });
            Ok(Reply::json(200, &body))
        }
        (_, ["sobjects", name, rest @ ..]) => {
            let object = tooling_object(name).ok_or_else(ApiError::not_found)?;
            let request = Request {
                base: &base,
                ..*request
            };
            rest::sobjects(org, &request, object, rest)
        }
        // Nothing is run; what has balanced braces compiles.
        ("GET" | "HEAD", ["executeAnonymous"]) => {
            let code = request.call.query("anonymousBody").unwrap_or_default();
            let compiled =
                !code.trim().is_empty() && code.matches('{').count() == code.matches('}').count();
            let problem = (!compiled).then_some("Unexpected token '<EOF>'.");
            let at = if compiled { -1 } else { 1 };
            let body = json!({
                "line": at, "column": at, "compiled": compiled, "success": compiled, "compileProblem": problem,
                "exceptionStackTrace": null, "exceptionMessage": null,
            });
            Ok(Reply::json(200, &body))
        }
        ("GET" | "HEAD", ["completions"]) => match request.call.query("type") {
            Some("apex") => Ok(Reply::json(
                200,
                &json!({ "publicDeclarations": { "System": {} } }),
            )),
            Some("visualforce") => Ok(Reply::json(200, &json!({ "tags": {} }))),
            _ => Err(ApiError::new(
                400,
                "INVALID_TYPE",
                "type must be apex or visualforce",
            )),
        },
        _ => Err(ApiError::not_found()),
    }
}
