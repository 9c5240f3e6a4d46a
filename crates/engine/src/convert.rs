//! An element made from a Swagger 2 or OpenAPI 3 document. Nothing outside of the document is read.

mod security;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::catalog::key_of_name;
use crate::docs::schema::{local_name, plain_name};
use crate::error::Error;

/// Most operations that become resources.
const MOST_OPERATIONS: usize = 10_000;
/// Most schemas that stand with one resource.
const MOST_SCHEMAS: usize = 200;
/// Longest chain of references between parameters, bodies and answers.
const LONGEST_CHAIN: usize = 8;
/// The largest element that is made, bytes of models.
const MOST_BYTES: usize = 16 * 1024 * 1024;

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Reads a document and answers the element in export form.
///
/// # Errors
/// [`Error::Invalid`] for what is no JSON, no Swagger 2 or OpenAPI 3, has no title, or is too large.
pub fn swagger(json: &[u8]) -> Result<Value, Error> {
    let document: Value = serde_json::from_slice(json).map_err(|error| {
        Error::Invalid(format!(
            "The document is not valid JSON (YAML is not taken): line {}, column {}.",
            error.line(),
            error.column()
        ))
    })?;
    let text = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let old = text("swagger") == "2.0";
    if !old && !text("openapi").starts_with("3.") {
        return Err(Error::Invalid(
            "The document must be Swagger 2.0 (`\"swagger\": \"2.0\"`) or OpenAPI 3 (`\"openapi\": \"3.x\"`).".into(),
        ));
    }
    let info = document.get("info").cloned().unwrap_or_default();
    let title = info
        .get("title")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let key = key_of_name(title);
    if key.is_empty() {
        return Err(Error::Invalid(
            "`info.title` with letters or digits is missing.".into(),
        ));
    }
    let reader = Reader {
        document: &document,
        old,
    };
    let mut configuration = vec![json!({
        "key": "base.url", "name": "Base URL", "description": "Where the API is.",
        "type": "TEXTFIELD_1000", "defaultValue": reader.base_url(), "required": false,
    })];
    let mut parameters = Vec::new();
    let authentication = security::read(&document, old, &mut configuration, &mut parameters);
    Ok(json!({
        "name": title,
        "key": key,
        "description": info.get("description").and_then(Value::as_str).unwrap_or(title),
        "hub": "general",
        "authentication": {"type": authentication},
        "active": true,
        "configuration": configuration,
        "parameters": parameters,
        "hooks": [],
        "objects": [],
        "resources": reader.resources()?,
    }))
}

struct Reader<'a> {
    document: &'a Value,
    old: bool,
}

impl<'a> Reader<'a> {
    fn base_url(&self) -> String {
        let text = |name: &str| {
            self.document
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if self.old {
            let host = text("host");
            if host.is_empty() {
                return String::new();
            }
            let schemes = self.document.get("schemes").and_then(Value::as_array);
            let plain =
                schemes.is_some_and(|all| !all.is_empty() && !all.contains(&json!("https")));
            let scheme = if plain { "http" } else { "https" };
            return format!(
                "{scheme}://{host}{}",
                text("basePath").trim_end_matches('/')
            );
        }
        let server = self.document.pointer("/servers/0");
        let url = server
            .and_then(|server| server.get("url")?.as_str())
            .unwrap_or_default();
        let mut url = url.to_owned();
        if let Some(Value::Object(variables)) = server.and_then(|server| server.get("variables")) {
            for (name, variable) in variables {
                let default = variable
                    .get("default")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                url = url.replace(&format!("{{{name}}}"), default);
            }
        }
        // A server relative to where the document was is nowhere.
        if url.starts_with("http") {
            url.trim_end_matches('/').to_owned()
        } else {
            String::new()
        }
    }

    fn resources(&self) -> Result<Vec<Value>, Error> {
        let mut resources = Vec::new();
        let mut bytes = 0_usize;
        let none = Map::new();
        let paths = self
            .document
            .get("paths")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        for (path, item) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
            let item = self.follow(item);
            let shared = item.get("parameters");
            for method in METHODS {
                let Some(operation) = item.get(method).filter(|operation| operation.is_object())
                else {
                    continue;
                };
                if resources.len() == MOST_OPERATIONS {
                    return Err(Error::Invalid(format!(
                        "The document has more than {MOST_OPERATIONS} operations."
                    )));
                }
                let resource = self.resource(path, method, operation, shared);
                bytes += resource.to_string().len();
                if bytes > MOST_BYTES {
                    return Err(Error::Invalid(format!(
                        "The element would be larger than {MOST_BYTES} bytes."
                    )));
                }
                resources.push(resource);
            }
        }
        Ok(resources)
    }

    fn resource(
        &self,
        path: &str,
        method: &str,
        operation: &Value,
        shared: Option<&Value>,
    ) -> Value {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut declared = Vec::new();
        let mut seen = BTreeSet::new();
        for one in [operation.get("parameters"), shared].into_iter().flatten() {
            for parameter in one.as_array().into_iter().flatten() {
                let parameter = self.follow(parameter);
                let name = parameter
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let place = parameter
                    .get("in")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                if !name.is_empty() && seen.insert((place, name)) {
                    declared.push((name, place, parameter));
                }
            }
        }
        let mut body = None;
        let mut parameters = Vec::new();
        for (name, place, parameter) in declared {
            match place {
                "query" | "path" => parameters.push(described(name, place, parameter)),
                // The platform's own; its caller's never reach a vendor.
                "header" if !name.eq_ignore_ascii_case("authorization") => {
                    parameters.push(described(name, place, parameter));
                }
                "formData" => {
                    let file = parameter.get("type").and_then(Value::as_str) == Some("file");
                    let consumes = operation
                        .get("consumes")
                        .or_else(|| self.document.get("consumes"));
                    let multipart =
                        consumes.is_some_and(|all| all.to_string().contains("multipart/form-data"));
                    let kind = if file || multipart {
                        "multipart"
                    } else {
                        "form"
                    };
                    parameters.push(described(name, kind, parameter));
                }
                "body" => {
                    body = parameter.get("schema").cloned();
                    parameters.push(described("body", "body", parameter));
                }
                _ => {}
            }
        }
        if let Some(request) = operation.get("requestBody") {
            body = self.request_body(self.follow(request), &mut parameters);
        }
        let text = |name: &str| operation.get(name).and_then(Value::as_str);
        let mut resource = json!({
            "method": method.to_uppercase(),
            "path": format!("/hubs/general{}", path.trim_end_matches('/')),
            "vendorMethod": method.to_uppercase(),
            "vendorPath": path,
            "type": "api",
            "description": text("description").or_else(|| text("summary")).unwrap_or_default(),
            "parameters": parameters,
            "hooks": [],
        });
        if let Value::Object(members) = &mut resource {
            if let Some(id) = text("operationId") {
                members.insert("operationId".to_owned(), json!(id));
            }
            if let Some(model) = self.model(operation, body.as_ref(), path, method) {
                members.insert("model".to_owned(), model);
            }
        }
        resource
    }

    /// OpenAPI 3: JSON is a body, a form is its fields.
    fn request_body(&self, request: &'a Value, parameters: &mut Vec<Value>) -> Option<Value> {
        let content = request.get("content")?.as_object()?;
        let form = content
            .iter()
            .find_map(|(media, content)| match media.as_str() {
                "multipart/form-data" => Some(("multipart", content)),
                "application/x-www-form-urlencoded" => Some(("form", content)),
                _ => None,
            });
        let json = content.iter().find(|(media, _)| media.contains("json"));
        if json.is_none()
            && let Some((kind, content)) = form
        {
            let schema = self.follow(content.get("schema")?);
            for (name, property) in schema.get("properties")?.as_object()? {
                let binary = property.get("format").and_then(Value::as_str) == Some("binary");
                let of = json!({"type": if binary { "file" } else { "string" }});
                parameters.push(described(name, kind, &of));
            }
            return None;
        }
        parameters.push(described("body", "body", request));
        let (_, content) = json.or_else(|| content.iter().next())?;
        content.get("schema").cloned()
    }

    /// The model: what a successful call answers, and what it is sent.
    fn model(
        &self,
        operation: &Value,
        body: Option<&Value>,
        path: &str,
        method: &str,
    ) -> Option<Value> {
        let responses = operation.get("responses")?.as_object()?;
        let success = ["200", "201", "202", "2XX", "default"]
            .into_iter()
            .find_map(|status| responses.get(status))
            .map(|response| self.follow(response));
        let answered = success.and_then(|response| {
            let new = || {
                let content = response.get("content")?.as_object()?;
                let json = content.iter().find(|(media, _)| media.contains("json"));
                json.or_else(|| content.iter().next())?.1.get("schema")
            };
            response.get("schema").or_else(new)
        });
        if answered.is_none() && body.is_none() {
            return None;
        }
        let fallback = plain_name(&format!("{method}{}", path.replace('/', "_")));
        let (name, swagger) = self.schemas(answered, &fallback);
        let mut model = json!({"name": name, "swagger": swagger, "transform": false});
        if let (Value::Object(model), Some(body)) = (&mut model, body) {
            let (name, schemas) = self.schemas(Some(body), &format!("{fallback}_request"));
            model.insert("requestName".to_owned(), json!(name));
            model.insert("requestSwagger".to_owned(), Value::Object(schemas));
        }
        Some(model)
    }

    /// A schema and every schema of the document that it leads to, by name.
    fn schemas(&self, schema: Option<&Value>, fallback: &str) -> (String, Map<String, Value>) {
        let mut found = Map::new();
        let Some(schema) = schema else {
            return (fallback.to_owned(), found);
        };
        // The model of a list is that of its items.
        let schema = schema
            .get("items")
            .filter(|_| schema.get("type") == Some(&json!("array")))
            .unwrap_or(schema);
        let mut waiting = Vec::new();
        let own = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(local_name);
        let name = own.unwrap_or(fallback).to_owned();
        if own.is_some() {
            waiting.push(name.clone());
        } else {
            names_in(schema, 0, &mut waiting);
            found.insert(name.clone(), schema.clone());
        }
        while let Some(next) = waiting.pop() {
            if found.contains_key(&next) || found.len() == MOST_SCHEMAS {
                continue;
            }
            let place = if self.old {
                "/definitions"
            } else {
                "/components/schemas"
            };
            if let Some(target) = self.document.pointer(place).and_then(|all| all.get(&next)) {
                names_in(target, 0, &mut waiting);
                found.insert(next, target.clone());
            }
        }
        (name, found)
    }

    /// Where a local reference leads; anything else is nothing, and nothing is fetched.
    fn follow(&self, mut value: &'a Value) -> &'a Value {
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return value;
            };
            let target = reference
                .strip_prefix('#')
                .and_then(|pointer| self.document.pointer(pointer));
            value = target.unwrap_or(&Value::Null);
        }
        &Value::Null
    }
}

fn names_in(schema: &Value, depth: usize, found: &mut Vec<String>) {
    if depth > 60 {
        return;
    }
    match schema {
        Value::Object(members) => {
            if let Some(name) = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(local_name)
            {
                found.push(name.to_owned());
            }
            members
                .values()
                .for_each(|member| names_in(member, depth + 1, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| names_in(item, depth + 1, found)),
        _ => {}
    }
}

fn described(name: &str, kind: &str, parameter: &Value) -> Value {
    let stated = parameter
        .get("type")
        .or_else(|| parameter.pointer("/schema/type"));
    let stated = match kind {
        "body" => "body",
        _ => stated.and_then(Value::as_str).unwrap_or("string"),
    };
    json!({
        "name": name,
        "vendorName": name,
        "type": kind,
        "vendorType": kind,
        "dataType": stated,
        "vendorDataType": if matches!(stated, "integer" | "number" | "boolean") { stated } else { "string" },
        "description": parameter.get("description").and_then(Value::as_str).unwrap_or_default(),
        "required": parameter.get("required").and_then(Value::as_bool).unwrap_or(false),
        "source": "request",
    })
}

#[cfg(test)]
mod tests;
