//! What hooks see, and what becomes of what they say.

use ligand_model::error::ErrorKind;
use serde_json::{Map, Value, json};

use super::{Exchange, HookRef, State};
use crate::exchange::draft::DraftBody;
use crate::exchange::reply::Content;
use crate::json_path;
use crate::query;
use crate::redact;
use crate::step::{Failure, HookCall, HookError, HookResult};
use crate::template;

impl Exchange {
    /// Every variable the format promises.
    pub(super) fn hook_call(&self, at: HookRef) -> Result<HookCall, Failure> {
        let element = &self.compiled.element;
        let resource = self.resource()?;
        let hooks = if at.of_element {
            &element.hooks
        } else {
            &resource.hooks
        };
        let (source, legacy) = hooks.get(at.index).map_or(("", false), |hook| {
            (hook.body.as_deref().unwrap_or(""), hook.is_legacy)
        });
        let mut variables = self.request_variables()?;
        if self.state == State::AfterVendor {
            self.response_variables(&mut variables);
        } else {
            for name in [
                "response_body",
                "response_body_map",
                "response_body_raw",
                "response_body_raw_map",
                "response_headers",
                "response_status_code",
                "response_error",
                "response_error_message",
            ] {
                variables.insert(name.to_owned(), Value::Null);
            }
            variables.insert("response_iserror".to_owned(), json!(false));
        }
        Ok(HookCall {
            name: self.hook_name(at),
            source: source.to_owned(),
            legacy,
            variables,
            batch: None,
        })
    }

    /// Where a hook stands, for people: `GET /hubs/crm/contacts preRequest`.
    fn hook_name(&self, at: HookRef) -> String {
        let Ok(resource) = self.resource() else {
            return String::new();
        };
        let (owner, hooks) = if at.of_element {
            ("element ", &self.compiled.element.hooks)
        } else {
            ("", &resource.hooks)
        };
        let kind = hooks.get(at.index).map_or("", |hook| hook.kind.as_str());
        format!("{owner}{} {} {kind}", resource.method, resource.path)
    }

    fn request_variables(&self) -> Result<Map<String, Value>, Failure> {
        let element = &self.compiled.element;
        let resource = self.resource()?;
        let mut configuration: Map<String, Value> = element
            .configuration
            .iter()
            .filter_map(|entry| {
                let value = template::resolve(element, &self.values, &entry.key)?;
                Some((entry.key.clone(), Value::String(value)))
            })
            .collect();
        for (key, value) in &self.values {
            configuration.insert(key.clone(), Value::String(value.clone()));
        }
        let text_or_null = |text: Option<String>| text.map_or(Value::Null, Value::String);
        let vendor_body = self.draft.body_text();
        let vendor_body_map = vendor_body
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        let body = (!self.call.body.is_empty())
            .then(|| String::from_utf8_lossy(&self.call.body).into_owned());
        let mut parameters: Map<String, Value> = Map::new();
        for (name, value) in &self.call.query {
            parameters.insert(name.clone(), Value::String(value.clone()));
        }
        if parameters.contains_key("nextPage") {
            let shown = self
                .paging
                .as_ref()
                .and_then(super::paging::Paging::shown_to_hooks);
            parameters.insert("nextPage".to_owned(), text_or_null(shown));
        }
        let expression = match self
            .call
            .query("where")
            .filter(|text| !text.trim().is_empty())
        {
            None => Value::Null,
            Some(text) => match query::parse_where(text) {
                Ok(expression) => Value::Array(expression.flatten()),
                Err(error) => {
                    return Err(Failure {
                        kind: ErrorKind::Invalid,
                        status: None,
                        message: ligand_model::error::Classify::public(&error).into_owned(),
                        provider_message: None,
                    });
                }
            },
        };
        let headers: Map<String, Value> = self
            .call
            .headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"))
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect();
        let object = resource.path.trim_start_matches("/hubs/").split('/').nth(1);
        let (previous_body, previous_headers) = self
            .previous
            .as_ref()
            .map_or((Value::Null, Value::Null), |previous| {
                (previous.body.clone(), header_map(&previous.headers))
            });
        let entries = [
            ("configuration", Value::Object(configuration)),
            (
                "request_vendor_headers",
                Value::Object(self.draft.header_map()),
            ),
            (
                "request_vendor_parameters",
                Value::Object(self.draft.query_map()),
            ),
            ("request_vendor_body", text_or_null(vendor_body)),
            (
                "request_vendor_body_map",
                vendor_body_map.unwrap_or(Value::Null),
            ),
            ("request_vendor_path", json!(self.draft.path)),
            ("request_vendor_method", json!(self.draft.method)),
            (
                "request_vendor_url",
                json!(self.vendor_url(&self.draft.path).unwrap_or_default()),
            ),
            ("request_body", text_or_null(body)),
            ("request_body_map", self.call.json().unwrap_or(Value::Null)),
            ("request_parameters", Value::Object(parameters)),
            ("request_path", json!(self.call.path)),
            ("request_path_variables", json!(self.variables)),
            ("request_method", json!(self.call.method)),
            ("request_headers", Value::Object(headers)),
            ("request_expression", expression),
            ("request_previous_response", previous_body),
            ("request_previous_response_headers", previous_headers),
            (
                "request_root_key",
                json!(
                    resource
                        .root_key
                        .as_deref()
                        .and_then(|r| r.split_once('|'))
                        .map(|(q, _)| q)
                ),
            ),
            (
                "response_root_key",
                json!(super::reply::response_root(resource.root_key.as_deref())),
            ),
            ("object_name", json!(object)),
            ("meta_data", Value::Null),
            ("multipart_hook_context_items", Value::Null),
            ("events", Value::Null),
        ];
        Ok(entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect())
    }

    fn response_variables(&self, variables: &mut Map<String, Value>) {
        let Some(answer) = &self.answer else { return };
        let mut content = answer.content.clone();
        let body = content.value().clone();
        let map = if body.is_object() || body.is_array() {
            body.clone()
        } else {
            Value::Null
        };
        let raw_map = answer.raw.clone().unwrap_or_else(|| body.clone());
        let failure = answer.failure.as_ref();
        let entries = [
            ("response_body", body),
            ("response_body_map", map),
            ("response_body_raw", json!(answer.content.text())),
            ("response_body_raw_map", raw_map),
            ("response_headers", header_map(&answer.headers)),
            ("response_status_code", json!(answer.status)),
            ("response_iserror", json!(failure.is_some())),
            (
                "response_error",
                json!(failure.and_then(|f| f.provider_message.clone())),
            ),
            (
                "response_error_message",
                json!(failure.map(|f| f.message.clone())),
            ),
        ];
        for (name, value) in entries {
            variables.insert(name.to_owned(), value);
        }
    }

    /// Whether the resource changes something at the vendor: a search that travels as a POST does not.
    pub(super) fn writes_records(&self) -> bool {
        self.resource().is_ok_and(|resource| {
            let sent = resource.vendor_method.as_ref().unwrap_or(&resource.method);
            [&resource.method, sent]
                .iter()
                .all(|method| !matches!(&***method, "GET" | "HEAD"))
        })
    }

    /// A hook failed. When the vendor has carried out a write by then, whoever repeats the call repeats the write: the
    /// message says so, and the vendor's answer, which may be all that names the new record, is not lost. It stays a 400,
    /// for clients send again by themselves what a 5xx has failed.
    pub(super) fn hook_failure(&self, error: &HookError) -> Failure {
        let mut failure = Failure {
            kind: ErrorKind::Invalid,
            status: None,
            message: format!("A hook of the element failed: {error}"),
            provider_message: None,
        };
        let Some(status) = self.written else {
            return failure;
        };
        failure.message = written(&self.call.method, status, &failure.message);
        // A lifecycle call's answer may be a grant.
        if self
            .resource()
            .is_ok_and(|resource| resource.kind_of_call.starts_with("api"))
        {
            let said = match (&self.answer, &self.previous) {
                (Some(answer), _) => answer.content.text(),
                (None, Some(previous)) => previous.body.to_string(),
                (None, None) => String::new(),
            };
            let said = redact::provider_message(&said, &self.values);
            failure.provider_message = (!said.is_empty()).then_some(said);
        }
        failure
    }

    /// A hook before the vendor rewrites the request.
    pub(super) fn merge_before(&mut self, result: &HookResult) -> Result<(), Failure> {
        let before = self.draft.before();
        for (name, value) in &result.members {
            match (name.as_str(), value) {
                ("request_vendor_headers", Value::Object(said)) => self.draft.merge_headers(said),
                ("request_vendor_parameters", Value::Object(said)) => self.draft.merge_query(said),
                ("request_vendor_body", Value::Null) => self.draft.body = DraftBody::None,
                ("request_vendor_body", value) => {
                    let mut text = json_path::text(value).unwrap_or_default();
                    if text.contains("{webhookCallbackUrl}") {
                        text = template::with_webhook(&text, &self.setting.webhook_callback_url);
                    }
                    self.draft.body = DraftBody::Text(text.into());
                }
                ("request_vendor_path", Value::String(path)) => self.draft.path.clone_from(path),
                ("request_vendor_method", Value::String(method)) => {
                    self.draft.method = method.to_ascii_uppercase();
                }
                ("response_error_message", value) if !value.is_null() => {
                    return Err(said_failure(&result.members, value));
                }
                _ => {}
            }
        }
        if let Some(before) = before {
            let name = self
                .current_hook
                .map_or_else(String::new, |hook| self.hook_name(hook));
            self.draft.note_hook(&before, &name);
        }
        Ok(())
    }

    /// A hook after the vendor rewrites the answer.
    pub(super) fn merge_after(&mut self, result: &HookResult) {
        let members = &result.members;
        if let Some(Value::Object(said)) = members.get("configuration") {
            let changed: Vec<(String, Option<String>)> = said
                .iter()
                .map(|(key, value)| (key.clone(), json_path::text(value)))
                .filter(|(key, value)| {
                    let now = template::resolve(&self.compiled.element, &self.values, key);
                    now.as_ref() != value.as_ref()
                })
                .collect();
            for (key, value) in changed {
                match &value {
                    Some(value) => self.values.insert(key.clone(), value.clone()),
                    None => self.values.remove(&key),
                };
                self.writes.insert(key, value);
            }
        }
        let Some(answer) = &mut self.answer else {
            return;
        };
        if let Some(body) = members.get("response_body") {
            answer.content = Content::made(body.clone());
        } else if let Some(Value::String(raw)) = members.get("response_body_raw") {
            let body = serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.clone()));
            answer.content = Content::made(body);
        }
        if let Some(Value::Object(said)) = members.get("response_headers") {
            for (name, value) in said {
                answer
                    .headers
                    .retain(|(n, _)| !n.eq_ignore_ascii_case(name));
                if let Some(value) = json_path::text(value) {
                    answer.headers.push((name.to_ascii_lowercase(), value));
                }
            }
        }
        let status = members
            .get("response_status_code")
            .and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| (200..600).contains(status));
        if let Some(status) = status {
            answer.status = status;
            if (200..=207).contains(&status) {
                answer.failure = None;
            } else if answer
                .failure
                .as_ref()
                .is_none_or(|f| f.status != Some(status))
            {
                let said = answer.content.value().clone();
                let message = json_path::get(&said, "message")
                    .and_then(Value::as_str)
                    .map_or_else(
                        || format!("The element answered with status {status}"),
                        str::to_owned,
                    );
                let before = answer.failure.take();
                answer.failure = Some(Failure {
                    kind: ErrorKind::from_vendor_status(status),
                    status: Some(status),
                    message: before.as_ref().map_or(message, |f| f.message.clone()),
                    provider_message: before
                        .and_then(|f| f.provider_message)
                        .or_else(|| json_path::text(&said)),
                });
            }
        }
        match members.get("response_error_message") {
            Some(message) if !message.is_null() => {
                let before = answer.failure.take();
                let unchanged = before
                    .as_ref()
                    .is_some_and(|f| Some(f.message.as_str()) == message.as_str());
                let mut failure = said_failure(members, message);
                if let Some(before) = before {
                    failure.provider_message = before.provider_message;
                    if unchanged || !members.contains_key("response_status_code") {
                        failure.kind = before.kind;
                        failure.status = before.status;
                    }
                }
                answer.failure = Some(failure);
            }
            _ => {}
        }
    }
}

/// Why a call failed whose write the vendor has carried out.
pub fn written(method: &str, status: u16, why: &str) -> String {
    format!(
        "{}. The vendor had carried out this {method} by then (it answered {status}): do not send it again.",
        why.trim_end_matches('.')
    )
}

/// `response_error_message` makes an error, 400 unless the hook gives a status.
fn said_failure(members: &Map<String, Value>, message: &Value) -> Failure {
    let status = members
        .get("response_status_code")
        .and_then(Value::as_u64)
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (400..600).contains(status))
        .unwrap_or(400);
    Failure {
        kind: ErrorKind::from_vendor_status(status),
        status: Some(status),
        message: json_path::text(message).unwrap_or_default(),
        provider_message: None,
    }
}

fn header_map(headers: &[(String, String)]) -> Value {
    let mut map = Map::new();
    for (name, value) in headers {
        let value = Value::String(value.clone());
        match map.get_mut(name) {
            None => {
                map.insert(name.clone(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(map)
}

/// The headers of an answer that reach the caller: only the platform's own, as hooks set them.
pub(super) fn shown_headers(headers: &[(String, String)]) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| name.starts_with("elements-") || name == "content-disposition")
        .map(|(name, value)| (name.to_ascii_lowercase(), value.replace(['\r', '\n'], " ")))
        .collect()
}
