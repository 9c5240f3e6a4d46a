//! SOAP requests that act on objects: Perform, Schedule, Configure, Execute, VersionInfo.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::automations::{self, Status};
use super::rows;
use super::soap;
use super::state::{State, plain, record, stamp};
use super::write::{Refusal, locate};
use crate::call::Reply;
use crate::page::escape;
use crate::record_store::Collection;
use crate::xml::Node;

/// The collection of profile attributes, by name in lower case.
pub const ATTRIBUTES: &str = "PropertyDefinition";

/// `PerformRequestMsg`: an action on each definition.
pub fn perform(state: &mut State, request: &Node, now: Timestamp) -> Reply {
    let action = request
        .text_of("Action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    each(
        state,
        request,
        ("Definitions", "Definition", "Perform"),
        |state, kind, node| {
            let key = locate(state, kind, node)?;
            let guid = state.guid();
            match (kind, action.as_str()) {
                ("Automation" | "Program", "start") => automations::run(state, &key, now),
                ("QueryDefinition" | "ImportDefinition", "start") => {
                    automations::run_activity(state, kind, &key, now);
                }
                ("EmailSendDefinition", "send" | "start") => send_now(state, &key, now),
                ("DataExtension", "cleardata") => {
                    let extension = state.records.get("DataExtension", &key);
                    let place =
                        rows::collection(&plain(extension.and_then(|e| e.get("CustomerKey"))));
                    *state.of(&place) = Collection::default();
                }
                _ => {
                    let why = format!("The action '{action}' cannot be performed on {kind}.");
                    return Err(Refusal(180_010, why));
                }
            }
            Ok(format!(
                "<Task><StatusCode>OK</StatusCode><StatusMessage>OK</StatusMessage><ID>{}</ID><InteractionObjectID>{guid}</InteractionObjectID></Task>",
                state
                    .of("tasks")
                    .insert(record(json!({"of": key})), |number| number.to_string())
            ))
        },
    )
}

/// A send of a definition to whom it names: recorded as done.
fn send_now(state: &mut State, key: &str, now: Timestamp) {
    let definition = state.records.get("EmailSendDefinition", key).cloned();
    let definition = definition.unwrap_or_default();
    let (at, to) = (stamp(now), state.all("Subscriber").count());
    let number = 510_000 + state.of("Send").next_number();
    let send = json!({
        "ID": number, "EmailName": definition.get("Name"), "Subject": definition.get("EmailSubject"), "FromName": definition.get("FromName"),
        "FromAddress": definition.get("FromAddress"), "Status": "Complete", "SentDate": at, "CreatedDate": at, "ModifiedDate": at,
        "NumberSent": to, "UniqueOpens": 0, "UniqueClicks": 0, "HardBounces": 0, "Unsubscribes": 0,
    });
    state
        .of("Send")
        .insert(record(send), |_| number.to_string());
}

/// `ScheduleRequestMsg`: when interactions run.
pub fn schedule(state: &mut State, request: &Node, now: Timestamp) -> Reply {
    let action = request
        .text_of("Action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let plan = request.child("Schedule").map(Node::to_json);
    each(
        state,
        request,
        ("Interactions", "Interaction", "Schedule"),
        |state, kind, node| {
            let key = locate(state, kind, node)?;
            let status = match action.as_str() {
                "start" if plan.is_none() => {
                    let why = "The Schedule is required.".to_owned();
                    return Err(Refusal(180_001, why));
                }
                "start" => Status::Scheduled,
                "pause" => Status::Paused,
                "stop" => Status::Stopped,
                other => {
                    let why = format!("The schedule action '{other}' is not valid.");
                    return Err(Refusal(180_010, why));
                }
            };
            if matches!(kind, "Automation" | "Program") {
                automations::set(state, &key, status, now);
            }
            Ok(String::new())
        },
    )
}

/// `ConfigureRequestMsg`: profile attributes of subscribers; what else is assigned is acknowledged.
pub fn configure(state: &mut State, request: &Node, now: Timestamp) -> Reply {
    let action = request
        .text_of("Action")
        .unwrap_or_default()
        .to_ascii_lowercase();
    each(
        state,
        request,
        ("Configurations", "Configuration", "Configure"),
        |state, kind, node| {
            if kind != ATTRIBUTES {
                return Ok(String::new());
            }
            let name = node.text_of("Name").unwrap_or_default().to_owned();
            if name.is_empty() {
                let why = "The property 'Name' is required.".to_owned();
                return Err(Refusal(180_001, why));
            }
            let place = name.to_lowercase();
            let known = state.records.get(ATTRIBUTES, &place).is_some();
            match action.as_str() {
                "create" if known => {
                    let why = format!("The profile attribute '{name}' exists already.");
                    return Err(Refusal(13004, why));
                }
                "update" | "delete" if !known => {
                    let why = format!("Unable to find the profile attribute '{name}'.");
                    return Err(Refusal(2, why));
                }
                "create" | "update" | "assign" => {
                    let mut kept = state
                        .records
                        .get(ATTRIBUTES, &place)
                        .cloned()
                        .unwrap_or_default();
                    if let Value::Object(given) = node.to_json() {
                        kept.extend(given);
                    }
                    kept.insert("ModifiedDate".into(), stamp(now).into());
                    state.of(ATTRIBUTES).insert(kept, |_| place);
                }
                "delete" => {
                    state.of(ATTRIBUTES).remove(&place);
                }
                other => {
                    let why = format!("The configure action '{other}' is not valid.");
                    return Err(Refusal(180_010, why));
                }
            }
            Ok(String::new())
        },
    )
}

/// One result an object, in the envelope that Perform, Schedule and Configure share.
fn each(
    state: &mut State,
    request: &Node,
    (outer, inner, verb): (&str, &str, &str),
    mut act: impl FnMut(&mut State, &str, &Node) -> Result<String, Refusal>,
) -> Reply {
    let nodes = request.all(outer).flat_map(|holder| holder.all(inner));
    let (mut results, mut good, mut bad) = (String::new(), 0, 0);
    for (ordinal, node) in nodes.enumerate() {
        let kind = node.kind.clone().unwrap_or_default();
        let (code, why, number, more) = match act(state, &kind, node) {
            Ok(more) => {
                good += 1;
                let told = format!("{kind} {} called successfully", verb.to_lowercase());
                ("OK", told, 0, more)
            }
            Err(Refusal(number, why)) => {
                bad += 1;
                ("Error", why, number, String::new())
            }
        };
        let _ = write!(
            results,
            "<Result xsi:type=\"{verb}Result\"><StatusCode>{code}</StatusCode><StatusMessage>{}</StatusMessage><OrdinalID>{ordinal}</OrdinalID>\
             <ErrorCode>{number}</ErrorCode>{more}</Result>",
            escape(&why)
        );
    }
    let overall = match (good, bad) {
        (0, 0) => "Error: No objects were given.",
        (_, 0) => "OK",
        (0, _) => "Error",
        _ => "Has Errors",
    };
    let id = state.guid();
    let word = format!("{verb}ResponseMsg");
    soap::answer(
        &word,
        200,
        &format!(
            "<{word} xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><Results>{results}</Results><OverallStatus>{overall}</OverallStatus>\
             <OverallStatusMessage /><RequestID>{id}</RequestID></{word}>"
        ),
    )
}

/// `ExecuteRequestMsg`: requests by name, of which `LogUnsubEvent` is known.
pub fn execute(state: &mut State, message: &Node, now: Timestamp) -> Reply {
    let (mut results, mut bad) = (String::new(), false);
    for (ordinal, request) in message.all("Requests").enumerate() {
        let name = request.text_of("Name").unwrap_or_default();
        let outcome = match name {
            "LogUnsubEvent" => unsubscribe(state, request, now),
            other => Err(Refusal(
                180_010,
                format!("The request name '{other}' is not valid."),
            )),
        };
        let (code, why, number) = match outcome {
            Ok(()) => ("OK", "Event posted".to_owned(), 0),
            Err(Refusal(number, why)) => {
                bad = true;
                ("Error", why, number)
            }
        };
        let _ = write!(
            results,
            "<Results><StatusCode>{code}</StatusCode><StatusMessage>{}</StatusMessage><OrdinalID>{ordinal}</OrdinalID><ErrorCode>{number}</ErrorCode></Results>",
            escape(&why)
        );
    }
    let overall = if bad { "Error" } else { "OK" };
    let id = state.guid();
    let body = format!(
        "<ExecuteResponseMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><OverallStatus>{overall}</OverallStatus>\
         <RequestID>{id}</RequestID>{results}</ExecuteResponseMsg>"
    );
    soap::answer("Execute", 200, &body)
}

/// `LogUnsubEvent`: the subscriber leaves, and an event tells of it.
fn unsubscribe(state: &mut State, request: &Node, now: Timestamp) -> Result<(), Refusal> {
    let parameter = |name: &str| {
        let pair = request
            .all("Parameters")
            .find(|pair| pair.text_of("Name") == Some(name));
        let value = pair.and_then(|pair| pair.text_of("Value"));
        value.unwrap_or_default().to_owned()
    };
    let found = [
        ("SubscriberID", "ID"),
        ("SubscriberKey", "SubscriberKey"),
        ("EmailAddress", "EmailAddress"),
    ]
    .into_iter()
    .map(|(given, member)| (member, parameter(given)))
    .find(|(_, value)| !value.is_empty())
    .and_then(|(member, value)| state.find("Subscriber", member, &value).cloned());
    let Some(mut subscriber) = found else {
        return Err(Refusal(12_001, "Unable to find the subscriber.".to_owned()));
    };
    subscriber.insert("Status".into(), "Unsubscribed".into());
    subscriber.insert("UnsubscribedDate".into(), stamp(now).into());
    let key = subscriber.get("SubscriberKey").cloned();
    let place = plain(subscriber.get("ID"));
    state.of("Subscriber").insert(subscriber, |_| place);
    let number = |name: &str| parameter(name).parse::<i64>().ok();
    let id = 900_000 + state.of("UnsubEvent").next_number();
    let event = json!({"ID": id, "SubscriberKey": key, "SendID": number("JobID"), "EventDate": stamp(now), "EventType": "Unsub",
        "BatchID": number("BatchID"), "CreatedDate": stamp(now), "IsMasterUnsubscribed": true});
    state
        .of("UnsubEvent")
        .insert(record(event), |_| id.to_string());
    Ok(())
}

/// `VersionInfoRequestMsg`
pub fn version(state: &mut State) -> Reply {
    let id = state.guid();
    let body = format!(
        "<VersionInfoResponseMsg xmlns=\"http://exacttarget.com/wsdl/partnerAPI\"><VersionInfo><Version>1.0.0</Version>\
         <VersionDate>2016-01-01T00:00:00</VersionDate><Notes>The sandbox</Notes></VersionInfo><RequestID>{id}</RequestID></VersionInfoResponseMsg>"
    );
    soap::answer("VersionInfoResponse", 200, &body)
}
