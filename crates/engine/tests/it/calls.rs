//! What each built-in element sends for a call and answers to the caller, against scripted vendor answers.

mod acton;
mod documents;
mod eloqua;
mod marketo;
mod salesforce;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::catalog::{Compiled, Route};
use ligand_engine::exchange::{Exchange, Part, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Body, Failure, Input, Outcome, Step, VendorReply, VendorRequest};
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use crate::elements::catalog;

/// A call under way: the element, the caller's request, and the vendor's answers in order.
pub struct Play {
    element: Arc<Compiled>,
    values: BTreeMap<String, String>,
    call: ResourceCall,
    expected: Vec<(String, Value, u16, Value)>,
}

/// How a call ended.
pub struct Ended {
    pub body: Value,
    pub headers: BTreeMap<String, String>,
    pub written: BTreeMap<String, Option<String>>,
}

impl Play {
    /// A call such as `GET /contacts` of an element with an access token.
    pub fn of(key: &str, line: &str) -> Self {
        let (method, path) = line.split_once(' ').unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let base = match key {
            "eloqua" => Some(("base.url", "https://secure.p01.eloqua.com/API/REST/2.0")),
            "marketo" => Some(("marketo.rest.url", "https://1-A-2.mktorest.com/rest")),
            "acton" => None,
            _ => Some(("base.url", "https://na1.salesforce.com")),
        };
        let mut values = BTreeMap::from([("oauth.user.token".to_owned(), "T0".to_owned())]);
        values.extend(base.map(|(key, value)| (key.to_owned(), value.to_owned())));
        Self {
            element: Arc::clone(catalog().by_key(key).unwrap()),
            values,
            call: ResourceCall {
                method: method.into(),
                path: path.into(),
                query,
                ..ResourceCall::default()
            },
            expected: Vec::new(),
        }
    }

    pub fn value(mut self, key: &str, value: &str) -> Self {
        self.values.insert(key.into(), value.into());
        self
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.call.body = Bytes::from(body.to_string());
        self.call.content_type = Some("application/json".into());
        self
    }

    pub fn part(mut self, name: &str, file: Option<&str>, data: &str) -> Self {
        self.call.content_type = Some("multipart/form-data".into());
        self.call.parts.push(Part {
            name: name.into(),
            file_name: file.map(str::to_owned),
            content_type: None,
            data: Bytes::from(data.to_owned()),
            uploaded: false,
        });
        self
    }

    /// The next request the vendor gets (`GET https://…`, JSON body or null) and what it answers.
    pub fn vendor(mut self, line: &str, body: Value, status: u16, answer: Value) -> Self {
        self.expected.push((line.into(), body, status, answer));
        self
    }

    fn exchange(&self) -> Exchange {
        let route = self.element.route(&self.call.method, &self.call.path);
        let Route::Found {
            resource,
            variables,
            ..
        } = route
        else {
            panic!("{route:?}")
        };
        self.exchange_of(resource, variables)
    }

    fn exchange_of(&self, resource: usize, variables: BTreeMap<String, String>) -> Exchange {
        Exchange::new(
            Arc::clone(&self.element),
            resource,
            variables,
            self.call.clone(),
            self.values.clone(),
            Setting {
                now: Timestamp(1_700_000_000_000),
                webhook_callback_url: String::new(),
                nonce: "n0nce".into(),
            },
        )
    }

    pub fn run(self) -> Result<Ended, Failure> {
        let exchange = self.exchange();
        self.drive(exchange)
    }

    /// Runs the first lifecycle resource of a type.
    pub fn lifecycle(self, kind: &str) -> Result<Ended, Failure> {
        let (index, _) = self.element.element.lifecycle(kind).next().unwrap();
        let exchange = self.exchange_of(index, BTreeMap::new()).without_refresh();
        self.drive(exchange)
    }

    fn drive(self, mut exchange: Exchange) -> Result<Ended, Failure> {
        let mut hooks = HookRuntime::new(Limits::unlimited_time()).unwrap();
        let mut script = self.expected.into_iter();
        let mut input = Input::Start;
        loop {
            input = match exchange.next(input) {
                Step::RunHook(call) => Input::Hook(hooks.run(&call)),
                Step::Send(request) => {
                    let (line, body, status, answer) = script
                        .next()
                        .unwrap_or_else(|| panic!("unexpected {} {}", request.method, request.url));
                    assert_eq!(format!("{} {}", request.method, request.url), line);
                    assert_eq!(sent(&request), body, "{line}");
                    Input::Reply(reply(status, &answer))
                }
                Step::Refresh => panic!("a refresh was not expected"),
                Step::Done(outcome) => {
                    assert_eq!(
                        script.next(),
                        None,
                        "the vendor was called less often than expected"
                    );
                    return ended(*outcome);
                }
            };
        }
    }
}

fn sent(request: &VendorRequest) -> Value {
    if request.body.is_empty() {
        return Value::Null;
    }
    let text = String::from_utf8(request.body.to_vec()).unwrap();
    if text.starts_with("--ligand-") {
        let kind = request
            .headers
            .iter()
            .find(|(name, _)| name == "Content-Type");
        let boundary =
            kind.and_then(|(_, kind)| kind.strip_prefix("multipart/form-data; boundary="));
        return parts_of(&text, boundary.unwrap());
    }
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

/// The parts of a form as `[name, file name, type, data]`. Between the boundaries stands nothing but them.
fn parts_of(text: &str, boundary: &str) -> Value {
    let digest = boundary.strip_prefix("ligand-").unwrap();
    assert!(digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let mut again = String::new();
    let mut part = |part: &str| {
        let (head, data) = part.split_once("\r\n\r\n").unwrap();
        let of = |name: &str| {
            let (_, rest) = head.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let (name, file) = (of(" name").unwrap(), of("filename"));
        let kind = head.split_once("Content-Type: ").map(|(_, kind)| kind);
        let file_written = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let kind_written =
            kind.map_or_else(String::new, |kind| format!("Content-Type: {kind}\r\n"));
        let written = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file_written}\r\n{kind_written}\r\n{data}\r\n"
        );
        again.push_str(&written);
        let data = serde_json::from_str(data).unwrap_or(json!(data));
        json!([name, file, kind, data])
    };
    let inner = text.strip_prefix(&format!("--{boundary}\r\n")).unwrap();
    let inner = inner
        .strip_suffix(&format!("\r\n--{boundary}--\r\n"))
        .unwrap();
    let parts: Value = inner
        .split(&format!("\r\n--{boundary}\r\n"))
        .map(&mut part)
        .collect();
    assert_eq!(format!("{again}--{boundary}--\r\n"), text);
    parts
}

fn reply(status: u16, answer: &Value) -> VendorReply {
    let body = if answer.is_null() {
        Bytes::new()
    } else {
        Bytes::from(answer.to_string())
    };
    VendorReply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body,
    }
}

fn ended(outcome: Outcome) -> Result<Ended, Failure> {
    let reply = outcome.result?;
    assert_eq!(reply.status, 200);
    let body = match &reply.body {
        Body::Json(bytes) if bytes.is_empty() => Value::Null,
        Body::Json(bytes) => serde_json::from_slice(bytes).unwrap(),
        Body::Raw(_) => json!("raw"),
        Body::Stream => json!("stream"),
    };
    Ok(Ended {
        body,
        headers: reply.headers.into_iter().collect(),
        written: outcome.configuration,
    })
}
