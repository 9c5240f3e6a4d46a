//! What hooks see, and what becomes of what they say.

use bytes::Bytes;
use ligand_model::error::ErrorKind;
use serde_json::{Map, Value, json};

use super::{Answer, Exchange, HookRef, State};
use crate::exchange::content::Content;
use crate::exchange::draft::DraftBody;
use crate::exchange::paging::Paging;

use crate::hooks::Mentioned;
use crate::json_path;
use crate::query;
use crate::redact;
use crate::step::{Failure, HookCall, HookError, HookResult};
use crate::template;

/// The context of a hook. A variable is reached by its name alone: one that the text does not mention is not made.
struct Variables {
    mentioned: Mentioned,
    made: Map<String, Value>,
    texts: Vec<(&'static str, Bytes)>,
}

impl Variables {
    fn add(&mut self, name: &str, value: impl FnOnce() -> Value) {
        if self.mentioned.has(name) {
            self.made.insert(name.to_owned(), value());
        }
    }

    /// A body: as it stands where it is JSON that nobody has parsed yet.
    fn add_body(&mut self, name: &'static str, content: &Content) {
        if !self.mentioned.has(name) {
            return;
        }
        let mut content = content.clone();
        match content.whole_json() {
            Some(text) => self.texts.push((name, text)),
            None => _ = self.made.insert(name.to_owned(), content.value().take()),
        }
    }
}

impl Exchange {
    /// Every variable the format promises and the hook mentions.
    pub(super) fn hook_call(&self, at: HookRef) -> Result<HookCall, Failure> {
        let element = &self.compiled.element;
        let resource = self.resource()?;
        let hooks = if at.of_element {
            &element.hooks
        } else {
            &resource.hooks
        };
        let hook = hooks.get(at.index);
        let source = hook.and_then(|hook| hook.body.as_deref()).unwrap_or("");
        let mut variables = Variables {
            mentioned: Mentioned::by(source),
            made: Map::new(),
            texts: Vec::new(),
        };
        self.request_variables(&mut variables)?;
        if !at.of_element
            && resource.of_account
            && let Some(Value::Object(configuration)) = variables.made.get_mut("configuration")
        {
            configuration.remove("oauth.api.secret");
        }
        match &self.answer {
            Some(answer) if self.state == State::AfterVendor => {
                response_variables(answer, &mut variables);
            }
            _ => variables.add("response_iserror", || json!(false)),
        }
        Ok(HookCall {
            name: self.hook_name(at),
            source: source.to_owned(),
            legacy: hook.is_some_and(|hook| hook.is_legacy),
            of_catalog: hook.is_some_and(|hook| hook.of_catalog),
            variables: variables.made,
            texts: variables.texts,
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

    fn request_variables(&self, variables: &mut Variables) -> Result<(), Failure> {
        let resource = self.resource()?;
        let (call, draft) = (&self.call, &self.draft);
        variables.add("configuration", || self.configuration());
        variables.add("request_vendor_headers", || draft.header_map().into());
        variables.add("request_vendor_parameters", || draft.query_map().into());
        variables.add("request_vendor_body", || draft.body_text().into());
        variables.add("request_vendor_body_map", || {
            let text = draft.body_text();
            let map = text.and_then(|text| serde_json::from_str(&text).ok());
            map.unwrap_or_default()
        });
        variables.add("request_vendor_path", || json!(draft.path));
        variables.add("request_vendor_method", || json!(draft.method));
        variables.add("request_vendor_url", || {
            json!(self.vendor_url(&draft.path).unwrap_or_default())
        });
        variables.add("request_body", || {
            let text = (!call.body.is_empty()).then(|| String::from_utf8_lossy(&call.body));
            text.map(std::borrow::Cow::into_owned).into()
        });
        variables.add("request_body_map", || call.json().unwrap_or_default());
        variables.add("request_parameters", || self.parameters());
        variables.add("request_path", || json!(call.path));
        variables.add("request_path_variables", || json!(self.variables));
        variables.add("request_method", || json!(call.method));
        variables.add("request_headers", || {
            let shown = call
                .headers
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            let shown = shown.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
            shown.collect::<Map<_, _>>().into()
        });
        // A caller's `where` that is none is refused, whether the hook reads it or not.
        let expression = self.expression()?;
        variables.add("request_expression", || expression);
        if let Some(previous) = &self.previous {
            variables.add("request_previous_response", || previous.body.clone());
            variables.add("request_previous_response_headers", || {
                header_map(&previous.headers)
            });
        }
        variables.add("request_root_key", || {
            let root = resource.root_key.as_deref();
            json!(root.and_then(|root| root.split_once('|')).map(|(q, _)| q))
        });
        variables.add("response_root_key", || {
            json!(super::reply::response_root(resource.root_key.as_deref()))
        });
        variables.add("object_name", || {
            json!(resource.path.trim_start_matches("/hubs/").split('/').nth(1))
        });
        Ok(())
    }

    fn configuration(&self) -> Value {
        let element = &self.compiled.element;
        let declared = element.configuration.iter().filter_map(|entry| {
            let value = template::resolve(element, &self.values, &entry.key)?;
            Some((entry.key.clone(), Value::String(value)))
        });
        let given = self.values.iter();
        let given = given.map(|(key, value)| (key.clone(), Value::from(value.as_str())));
        declared.chain(given).collect::<Map<_, _>>().into()
    }

    fn parameters(&self) -> Value {
        let given = self.call.query.iter();
        let given = given.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let mut parameters: Map<String, Value> = given.collect();
        if let Some(token) = parameters.get_mut("nextPage") {
            let shown = self.paging.as_ref().and_then(Paging::shown_to_hooks);
            *token = shown.into();
        }
        parameters.into()
    }

    fn expression(&self) -> Result<Value, Failure> {
        let text = self.call.query("where");
        let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
            return Ok(Value::Null);
        };
        match query::parse_where(text) {
            Ok(expression) => Ok(Value::Array(expression.flatten())),
            Err(error) => Err(Failure {
                kind: ErrorKind::Invalid,
                status: None,
                message: ligand_model::error::Classify::public(&error).into_owned(),
                provider_message: None,
            }),
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
                (Some(answer), _) => answer.whole().text(),
                (None, Some(previous)) => previous.body.to_string(),
                (None, None) => String::new(),
            };
            let said = redact::provider_message(&said, &self.values);
            failure.provider_message = (!said.is_empty()).then_some(said);
        }
        failure
    }

    /// A body that a hook made, with the place of the vendor's webhooks in it.
    fn with_webhook(&self, body: &Bytes) -> Bytes {
        match std::str::from_utf8(body) {
            Ok(text) if text.contains("{webhookCallbackUrl}") => {
                template::with_webhook(text, &self.setting.webhook_callback_url).into()
            }
            _ => body.clone(),
        }
    }

    /// A hook before the vendor rewrites the request.
    pub(super) fn merge_before(&mut self, result: &HookResult) -> Result<(), Failure> {
        let before = self.draft.before();
        if let Some(body) = result.text("request_vendor_body") {
            self.draft.body = DraftBody::Text(self.with_webhook(body));
        }
        for (name, value) in &result.members {
            match (name.as_str(), value) {
                ("request_vendor_headers", Value::Object(said)) => self.draft.merge_headers(said),
                ("request_vendor_parameters", Value::Object(said)) => self.draft.merge_query(said),
                ("request_vendor_body", Value::Null) => self.draft.body = DraftBody::None,
                ("request_vendor_body", value) => {
                    let text = json_path::text(value).unwrap_or_default();
                    self.draft.body = DraftBody::Text(self.with_webhook(&text.into()));
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
    pub(super) fn merge_after(&mut self, result: HookResult) {
        let body = result.text("response_body").cloned();
        let mut members = result.members;
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
        if let Some(body) = body {
            answer.content = Content::whole(body);
        } else if let Some(body) = members.get_mut("response_body") {
            answer.content = Content::made(body.take());
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
                let mut failure = said_failure(&members, message);
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

fn response_variables(answer: &Answer, variables: &mut Variables) {
    let (body, whole) = (&answer.content, answer.whole());
    let failure = answer.failure.as_ref();
    variables.add_body("response_body", body);
    if body.is_object() || body.is_list() {
        variables.add_body("response_body_map", body);
    }
    variables.add("response_body_raw", || json!(whole.text()));
    variables.add_body("response_body_raw_map", whole);
    variables.add("response_headers", || header_map(&answer.headers));
    variables.add("response_status_code", || json!(answer.status));
    variables.add("response_iserror", || json!(failure.is_some()));
    variables.add("response_error", || {
        json!(failure.and_then(|f| f.provider_message.clone()))
    });
    variables.add("response_error_message", || {
        json!(failure.map(|f| f.message.clone()))
    });
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
