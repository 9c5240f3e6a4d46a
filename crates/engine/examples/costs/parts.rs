//! What the scripts of one call cost, part by part: the four of Eloqua's create, as the engine hands them over.

use std::path::Path;
use std::time::{Duration, Instant};

use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::HookCall;
use serde_json::{Value, json};

use super::{Error, median, print};

const TIMES: usize = 400;

/// The scripts in their order, and the variables that they mention.
fn calls() -> Result<Vec<HookCall>, Error> {
    let sent = json!({"emailAddress": "ada@example.com"});
    let skipped = json!({"record": {}, "fields": []});
    let made = json!({
        "type": "Contact", "id": "4711", "createdAt": "1417556990", "depth": "complete", "name": "ada@example.com",
        "updatedAt": "1417556990", "emailAddress": "ada@example.com", "isSubscribed": "true", "isBounceback": "false",
        "fieldValues": (0..40).map(|id| json!({"type": "FieldValue", "id": id.to_string(), "value": ""})).collect::<Vec<_>>(),
    });
    let given = [
        ("fields.pre.js", json!({"request_body_map": sent})),
        (
            "fields.post.js",
            json!({"response_iserror": false, "request_previous_response": null, "response_body": {}}),
        ),
        (
            "record.write.pre.js",
            json!({"request_body_map": sent, "request_previous_response": skipped, "request_path_variables": {},
                "request_vendor_body": null}),
        ),
        (
            "record.write.post.js",
            json!({"response_iserror": false, "request_body_map": sent, "response_body": made}),
        ),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements/eloqua/hooks");
    let call = |(name, variables): (&str, Value)| -> Result<HookCall, Error> {
        let Value::Object(variables) = variables else {
            return Err("variables are an object".into());
        };
        Ok(HookCall {
            name: name.to_owned(),
            source: std::fs::read_to_string(folder.join(name))?,
            of_catalog: true,
            variables,
            ..HookCall::default()
        })
    };
    given.into_iter().map(call).collect()
}

/// Prints a line a part.
pub fn run() -> Result<(), Error> {
    let calls = calls()?;
    let (mut made, mut dropped, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let mut ran: Vec<Vec<Duration>> = vec![Vec::new(); calls.len()];
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut runtime = HookRuntime::new(Limits::new(|| false))?;
        made.push(began.elapsed());
        for (call, took) in calls.iter().zip(&mut ran) {
            let began = Instant::now();
            runtime.run(call).map_err(|error| error.to_string())?;
            took.push(began.elapsed());
        }
        let ended = Instant::now();
        drop(runtime);
        dropped.push(ended.elapsed());
        whole.push(began.elapsed());
    }
    print("a context made", median(made));
    for (call, took) in calls.iter().zip(ran) {
        print(&call.name, median(took));
    }
    print("a context dropped", median(dropped));
    print("the four scripts of a create", median(whole));
    Ok(())
}
