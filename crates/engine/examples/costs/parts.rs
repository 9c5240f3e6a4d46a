//! What the scripts of one call cost, part by part: creates of the catalog, driven as the server drives them, the vendor's
//! answers at hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ligand_engine::catalog::{Catalog, Compiled, Route};
use ligand_engine::exchange::{Exchange, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{Input, Step, VendorReply};
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::{Error, elements, median, print};

const TIMES: usize = 400;

/// A call, and what the vendor answers in turn.
struct Play {
    element: Arc<Compiled>,
    name: &'static str,
    call: ResourceCall,
    values: BTreeMap<String, String>,
    answers: Vec<Bytes>,
}

/// How long each part of one call took.
#[derive(Default)]
struct Parts {
    context: Duration,
    scripts: Vec<(String, Duration)>,
    dropped: Duration,
    whole: Duration,
}

/// Prints a line a part.
pub fn run() -> Result<(), Error> {
    let (catalog, _) = Catalog::load(&elements()?);
    let contact = json!({
        "type": "Contact", "id": "4711", "createdAt": "1417556990", "depth": "complete", "name": "ada@example.com",
        "updatedAt": "1417556990", "emailAddress": "ada@example.com", "isSubscribed": "true", "isBounceback": "false",
        "fieldValues": (0..40).map(|id| json!({"type": "FieldValue", "id": id.to_string(), "value": ""})).collect::<Vec<_>>(),
    });
    let written =
        json!({"requestId": "1", "success": true, "result": [{"id": 5, "status": "created"}]});
    let person = json!({"requestId": "2", "success": true, "result": [{"id": 5, "email": "ada@example.com",
        "updatedAt": "2026-11-21T10:00:00Z", "createdAt": "2026-11-21T10:00:00Z", "firstName": null, "lastName": null}]});
    let plays = [
        (
            "eloqua",
            ("base.url", "https://secure.p01.eloqua.com/API/REST/2.0"),
            json!({"emailAddress": "ada@example.com"}),
            vec![contact],
        ),
        (
            "marketo",
            ("marketo.rest.url", "https://1-A-2.mktorest.com/rest"),
            json!({"person": {"email": "ada@example.com"}}),
            vec![written, person],
        ),
    ];
    for (name, (key, value), body, answers) in plays {
        let play = Play {
            element: Arc::clone(catalog.by_key(name).ok_or("an element is missing")?),
            name,
            call: ResourceCall {
                method: "POST".to_owned(),
                path: "/contacts".to_owned(),
                body: Bytes::from(body.to_string()),
                content_type: Some("application/json".to_owned()),
                ..ResourceCall::default()
            },
            values: [("oauth.user.token", "token"), (key, value)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            answers: answers
                .iter()
                .map(Value::to_string)
                .map(Bytes::from)
                .collect(),
        };
        play.measure()?;
    }
    Ok(())
}

impl Play {
    fn measure(&self) -> Result<(), Error> {
        let mut all = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            all.push(self.once()?);
        }
        let say = |what: &str, part: &dyn Fn(&Parts) -> Duration| {
            let took = all.iter().map(part).collect();
            print(&format!("{} create: {what}", self.name), median(took));
        };
        say("a context made", &|parts| parts.context);
        let scripts = all.first().map_or(&[][..], |parts| &parts.scripts);
        for (at, (name, _)) in scripts.iter().enumerate() {
            say(name, &|parts| {
                parts
                    .scripts
                    .get(at)
                    .map_or(Duration::ZERO, |(_, took)| *took)
            });
        }
        say("the context dropped", &|parts| parts.dropped);
        say("all of the engine's work", &|parts| parts.whole);
        Ok(())
    }

    fn once(&self) -> Result<Parts, Error> {
        let mut parts = Parts::default();
        let began = Instant::now();
        let route = self.element.route(&self.call.method, &self.call.path);
        let Route::Found {
            resource,
            variables,
            ..
        } = route
        else {
            return Err("no such resource".into());
        };
        let setting = Setting {
            now: Timestamp(1_700_000_000_000),
            webhook_callback_url: String::new(),
            nonce: String::new(),
        };
        let mut exchange = Exchange::new(
            Arc::clone(&self.element),
            resource,
            variables,
            self.call.clone(),
            self.values.clone(),
            setting,
        );
        let (mut runtime, mut answers) = (None, self.answers.iter());
        let mut input = Input::Start;
        loop {
            input = match exchange.next(input) {
                Step::RunHook(call) => {
                    let began = Instant::now();
                    let mut scripts = match runtime.take() {
                        Some(scripts) => scripts,
                        None => HookRuntime::new(Limits::new(|| false))?,
                    };
                    let made = Instant::now();
                    let result = scripts.run(&call);
                    if parts.scripts.is_empty() {
                        parts.context = made - began;
                    }
                    parts.scripts.push((call.name.clone(), made.elapsed()));
                    runtime = Some(scripts);
                    Input::Hook(result)
                }
                Step::Send(_) => Input::Reply(VendorReply {
                    status: 200,
                    headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                    body: answers.next().cloned().ok_or("too many requests")?,
                }),
                Step::Done(outcome) => {
                    outcome.result.map_err(|failure| failure.message)?;
                    break;
                }
                Step::Refresh => return Err("the grant has not expired".into()),
            };
        }
        let ended = Instant::now();
        drop(runtime);
        parts.dropped = ended.elapsed();
        parts.whole = began.elapsed();
        Ok(parts)
    }
}
