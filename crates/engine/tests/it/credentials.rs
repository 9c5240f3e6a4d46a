//! Over every element of the catalog and the corpus: whatever a caller gives, credentials reach declared hosts only.
//!
//! Every resource is called with hostile values in every place that a caller fills. What the frozen hosts let through is
//! read again by another parser than the guard's, and must lead to a host that stands in the definition or that the
//! instance was made with. What an instance's own configuration may do is in `properties`.

mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ligand_engine::catalog::{self, Compiled};
use ligand_engine::exchange::{Exchange, ResourceCall, Setting};
use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::hosts;
use ligand_engine::step::{Input, Step, VendorReply};
use ligand_model::id::ElementId;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use crate::corpus::corpus;

/// What leads elsewhere when it is spliced instead of encoded.
const HOSTILE: [&str; 10] = [
    "//evil.example/x",
    "https://evil.example/x",
    "@evil.example",
    ".evil.example",
    ":443@evil.example/",
    "\\\\evil.example\\x",
    "../../../evil.example",
    "?x=https://evil.example#",
    "{base.url}",
    "a\r\nHost: evil.example",
];

/// Values as an honest instance has them.
fn values(compiled: &Compiled) -> BTreeMap<String, String> {
    let open = compiled
        .element
        .configuration
        .iter()
        .filter(|entry| compiled.element.default_of(&entry.key).is_none());
    open.map(|entry| {
        let url = entry.key == "base.url" || entry.key.ends_with("url");
        let value = if url {
            "https://api.honest.example"
        } else {
            "honest"
        };
        (entry.key.clone(), value.to_owned())
    })
    .collect()
}

fn hostile_call(
    compiled: &Compiled,
    index: usize,
    text: &str,
) -> (ResourceCall, BTreeMap<String, String>) {
    let resource = compiled.resource(index).unwrap();
    let mut call = ResourceCall {
        method: resource.method.to_uppercase(),
        path: resource.path.to_string(),
        content_type: Some("application/json".into()),
        ..ResourceCall::default()
    };
    let mut body = serde_json::Map::from_iter([
        ("id".to_owned(), json!(text)),
        ("url".to_owned(), json!(text)),
    ]);
    for parameter in &resource.parameters {
        let name = parameter.name.to_string();
        match parameter.kind.as_str() {
            "query" if matches!(&*name, "page" | "pageSize" | "nextPage") => {}
            "query" if name == "where" => {
                let literal = text.replace(['\'', '\r', '\n'], "");
                call.query.push((name, format!("name = '{literal}'")));
            }
            "query" | "path" => call.query.push((name, text.to_owned())),
            "header" => call
                .headers
                .push((name.to_lowercase(), text.replace(['\r', '\n'], " "))),
            "bodyField" => {
                body.insert(name, json!(text));
            }
            _ => {}
        }
    }
    call.body = Value::Object(body).to_string().into();
    let variables = resource.path.split('{').skip(1);
    let variables = variables
        .map(|part| (part.split('}').next().unwrap().to_owned(), text.to_owned()))
        .collect();
    (call, variables)
}

/// The URLs of a call that the frozen hosts let through.
fn permitted(
    compiled: &Arc<Compiled>,
    index: usize,
    text: &str,
    values: &BTreeMap<String, String>,
    frozen: &[String],
) -> Vec<String> {
    let (call, variables) = hostile_call(compiled, index, text);
    let setting = Setting {
        now: Timestamp(0),
        webhook_callback_url: "https://hook.example".into(),
        nonce: "n0nce".into(),
    };
    let mut exchange = Exchange::new(
        Arc::clone(compiled),
        index,
        variables,
        call,
        values.clone(),
        setting,
    )
    .without_refresh();
    let mut hooks: Option<HookRuntime> = None;
    let mut urls = Vec::new();
    let mut input = Input::Start;
    loop {
        input = match exchange.next(input) {
            Step::RunHook(call) => {
                let runtime =
                    hooks.get_or_insert_with(|| HookRuntime::new(Limits::new(|| false)).unwrap());
                Input::Hook(runtime.run(&call))
            }
            Step::Send(request) => {
                if hosts::permits(frozen, &request.url) {
                    urls.push(request.url.clone());
                }
                // An answer that would lead on, if anything in it were followed.
                Input::Reply(VendorReply {
                    status: 200,
                    headers: vec![
                        ("content-type".into(), "application/json".into()),
                        ("location".into(), "https://evil.example/".into()),
                    ],
                    body: r#"{"next":"https://evil.example/n","id":"https://evil.example","paging":{"next":"https://evil.example"}}"#.into(),
                })
            }
            Step::Refresh => Input::RefreshFailed("not here".into(), None),
            Step::Done(_) => return urls,
        };
    }
}

fn every_element() -> Vec<(String, Arc<Compiled>)> {
    let catalog = crate::elements::catalog();
    let mut all: Vec<_> = catalog
        .iter()
        .map(|element| (element.element.key.clone(), Arc::clone(element)))
        .collect();
    all.extend(corpus().into_iter().map(|(name, bytes)| {
        let (compiled, _) = catalog::import(&bytes, ElementId(10_000)).unwrap();
        (name, Arc::new(compiled))
    }));
    all
}

/// Every host that is written in a definition, read without the engine's help.
fn written_hosts(compiled: &Compiled) -> BTreeSet<String> {
    let text = compiled.to_json().to_string();
    let mut found = BTreeSet::from(["api.honest.example".to_owned()]);
    for (at, _) in text.match_indices("://") {
        let rest = text.get(at + 3..).unwrap();
        let end = rest
            .find(|c: char| {
                !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '{' | '}'))
            })
            .unwrap_or(rest.len());
        let host = rest.get(..end).unwrap().to_ascii_lowercase();
        // A label that the instance fills.
        let mut filled = String::new();
        let mut open = false;
        for c in host.chars() {
            match c {
                '{' => {
                    open = true;
                    filled.push_str("honest");
                }
                '}' => open = false,
                c if !open => filled.push(c),
                _ => {}
            }
        }
        found.insert(filled);
    }
    found
}

/// By RFC 3986, letter for letter: what stands between `//` and the next `/`, `?` or `#`.
fn authority(url: &str) -> String {
    let rest = url.split_once("://").unwrap().1;
    let authority = rest.split(['/', '?', '#']).next().unwrap();
    authority.to_ascii_lowercase()
}

#[test]
fn credentials_reach_declared_hosts_only() {
    let mut reached = 0;
    for (name, compiled) in every_element() {
        let values = values(&compiled);
        let Ok(frozen) = hosts::freeze(&compiled.element, &values) else {
            continue;
        };
        let written = written_hosts(&compiled);
        for host in &frozen {
            assert!(
                written.contains(host),
                "{name}: {host} stands nowhere in the definition"
            );
        }
        for index in 0..compiled.element.resources.len() {
            // Each resource meets two of the values, every value many resources.
            for text in [
                HOSTILE[index % HOSTILE.len()],
                HOSTILE[(index + 3) % HOSTILE.len()],
            ] {
                for url in permitted(&compiled, index, text, &values, &frozen) {
                    let path = &compiled.resource(index).unwrap().path;
                    let authority = authority(&url);
                    assert!(
                        !authority.contains(['@', '\\', '%', ' ']),
                        "{name} {path} {text:?}: {url}"
                    );
                    assert!(frozen.contains(&authority), "{name} {path} {text:?}: {url}");
                    assert!(!authority.contains("evil"), "{name} {path} {text:?}: {url}");
                    reached += 1;
                }
            }
        }
    }
    eprintln!("{reached} permitted requests were looked at");
    assert!(
        reached > 100,
        "only {reached} requests: the calls do not reach vendors"
    );
}

#[test]
fn an_application_secret_goes_to_constant_or_declared_hosts_only() {
    for (name, compiled) in every_element() {
        let element = &compiled.element;
        for url in [
            "https://evil.example/token",
            "https://a.evil.example/",
            "http://login.evil.example@x/",
        ] {
            assert!(
                !hosts::takes_application_secret(element, url),
                "{name}: {url}"
            );
        }
        for entry in &element.configuration {
            let Some(constant) = entry.default_value.as_deref() else {
                continue;
            };
            let Some((scheme, rest)) = constant.split_once("://") else {
                continue;
            };
            let host = rest.split(['/', '?']).next().unwrap();
            if scheme.starts_with("http")
                && host.contains('.')
                && !host.contains(['{', '<', '[', '$', ' '])
            {
                let evil = format!("{scheme}://{host}.evil.example/");
                assert!(
                    !hosts::takes_application_secret(element, &evil),
                    "{name}: {evil}"
                );
            }
        }
    }
}
