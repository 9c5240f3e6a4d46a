//! Reads the record in a request's body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use crate::call::Call;
use crate::record_store::Record;
use crate::salesforce::content::MOST_FILE;
use crate::salesforce::error::{Answer, ApiError};
use crate::xml;

/// The record in a body: JSON, or JSON and bytes in a multipart form.
pub fn record_body(call: &Call) -> Answer<Record> {
    if let Some(parts) = call.parts() {
        let mut body = Record::new();
        for part in parts {
            let json = part
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.starts_with("application/json"));
            if part.name.starts_with("entity_") || (json && part.file_name.is_none()) {
                body.extend(parse_record(&part.data)?);
            } else {
                if part.data.len() > MOST_FILE {
                    return Err(ApiError::new(
                        413,
                        "REQUEST_ENTITY_TOO_LARGE",
                        "File too large",
                    ));
                }
                if let Some(name) = part.file_name.filter(|_| part.name == "VersionData") {
                    body.entry("PathOnClient".to_owned()).or_insert(json!(name));
                }
                body.insert(part.name, json!(STANDARD.encode(&part.data)));
            }
        }
        return Ok(body);
    }
    let kind = call.content_type();
    if matches!(kind.as_str(), "application/xml" | "text/xml") {
        return xml_record(&call.text());
    }
    if !(kind.is_empty() || kind == "application/json" || kind.ends_with("+json")) {
        let message = format!("Content-Type of request is not supported: {kind}");
        return Err(ApiError::new(415, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    parse_record(&call.body)
}

/// The record of a body such as `<Account><Name>…</Name></Account>`; an empty element empties its field.
fn xml_record(text: &str) -> Answer<Record> {
    let node = xml::read(text).map_err(|fault| ApiError::new(400, "XML_PARSER_ERROR", fault))?;
    let members = node.children.iter().map(|child| match child.to_json() {
        Value::String(text) if text.is_empty() => (child.name.clone(), Value::Null),
        value => (child.name.clone(), value),
    });
    Ok(members.collect())
}

fn parse_record(bytes: &Bytes) -> Answer<Record> {
    let fault = |message: String| ApiError::new(400, "JSON_PARSER_ERROR", message);
    if bytes.is_empty() {
        return Err(fault(
            "The HTTP entity body is required, but this request has no entity body.".to_owned(),
        ));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(record)) => Ok(record),
        Ok(_) => Err(fault(
            "The HTTP entity body must be a JSON object at [line:1, column:1]".to_owned(),
        )),
        Err(error) => Err(fault(format!(
            "Unexpected character at [line:{}, column:{}]",
            error.line(),
            error.column()
        ))),
    }
}
