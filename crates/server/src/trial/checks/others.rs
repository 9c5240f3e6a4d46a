//! Calls that are none of a collection's, and a vendor that refuses for its limit.

use ligand_model::element::Resource;
use serde_json::{Value, json};

use super::telling::expect;
use super::{Collection, Trial, name};
use crate::cli::Failed;
use crate::trial::asking::{Given, Known};
use crate::trial::describe::below_hub;
use crate::trial::{Line, Verdict};

/// The calls that are no reads or writes of a collection, in their order.
pub(super) async fn sampled(trial: &Trial, known: &mut Known) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    for call in trial.samples.calls.iter().filter(|_| !trial.live) {
        let mut resources = trial.element.element.resources.iter();
        let Some(resource) = resources.find(|resource| name(resource) == call.call) else {
            continue;
        };
        let mut one = Collection {
            trial,
            path: below_hub(&resource.path),
            sample: None,
            known,
            lines: Vec::new(),
        };
        let reply = one.ask(resource, Given::call(call)).await?;
        let answer = reply.as_ref().ok().filter(|reply| reply.status == 200);
        if let Some(answer) = answer.and_then(|reply| serde_json::from_slice(&reply.body).ok()) {
            one.known.remember(one.path, answer);
        }
        one.say(
            "call",
            resource,
            reply.and_then(|reply| expect(&reply, 200)),
        );
        lines.append(&mut one.lines);
    }
    Ok(lines)
}

/// A vendor that has had enough, where it has a simulator that can be told so.
pub(super) async fn refusal(trial: &Trial, known: &mut Known) -> Result<Option<Line>, Failed> {
    let Some((control, vendor)) = &trial.control else {
        return Ok(None);
    };
    let ping = |resource: &&Resource| resource.answer.as_deref() == Some("ping");
    let Some(resource) = trial.element.element.resources.iter().find(ping) else {
        return Ok(None);
    };
    let order = |limit: Value| {
        let body = json!({"vendor": vendor, "limit": limit}).to_string();
        let url = format!("{control}/rate-limit");
        async move { trial.remote.ask("POST", &url, "", body.into_bytes()).await }
    };
    order(json!(0)).await?;
    let reply = trial.ask(known, resource, Given::default()).await?;
    order(Value::Null).await?;
    let held = reply.and_then(|reply| expect(&reply, 429));
    let verdict = held.is_ok();
    Ok(Some(Line {
        resource: "*".to_owned(),
        check: "limit",
        call: None,
        verdict: if verdict {
            Verdict::Pass
        } else {
            Verdict::Fail
        },
        note: held.err().unwrap_or_default(),
    }))
}
