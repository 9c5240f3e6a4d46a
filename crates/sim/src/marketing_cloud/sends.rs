//! SOAP Create of what is sent: `TriggeredSend` to subscribers by a definition, `Send` of an e-mail to a list.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::state::{State, plain, record, stamp};
use super::write::{Done, Refusal, address_is_fine};
use crate::record_store::Record;
use crate::xml::Node;

/// `TriggeredSend`: `TriggeredSendDefinition{CustomerKey}` and `Subscribers`, each told of by itself when it is refused.
///
/// # Errors
/// Nobody was left to send to, or the definition cannot send.
pub fn trigger(state: &mut State, node: &Node, now: Timestamp) -> Result<Done, Refusal> {
    let named = node
        .child("TriggeredSendDefinition")
        .map(Node::to_json)
        .unwrap_or_default();
    let found = ["CustomerKey", "ObjectID"].iter().find_map(|name| {
        let wanted = plain(named.get(*name));
        let known = state.find("TriggeredSendDefinition", name, &wanted);
        known.filter(|_| !wanted.is_empty()).cloned()
    });
    let Some(definition) = found else {
        let why = "Unable to find the TriggeredSendDefinition.".to_owned();
        return Err(Refusal(2, why));
    };
    if plain(definition.get("TriggeredSendStatus")) != "Active" {
        let why = "Unable to queue Triggered Send request. The definition is not active.";
        return Err(Refusal(180_008, why.to_owned()));
    }
    let mut failures = Vec::new();
    let mut sent = 0;
    for one in node.all("Subscribers") {
        let address = one.text_of("EmailAddress").unwrap_or_default().to_owned();
        let key = one.text_of("SubscriberKey").unwrap_or(&address).to_owned();
        let refused = if address_is_fine(&address) {
            let known = state.find("Subscriber", "SubscriberKey", &key);
            let left = known.is_some_and(|known| plain(known.get("Status")) == "Unsubscribed");
            left.then_some((24, "The subscriber has unsubscribed."))
        } else {
            Some((12002, "Invalid email address."))
        };
        if let Some((code, why)) = refused {
            failures.push(json!({"ErrorCode": code, "ErrorDescription": why,
                "Subscriber": {"EmailAddress": address, "SubscriberKey": key}}));
        } else {
            remember(state, &address, &key, now);
            told(state, &definition, &key, now);
            sent += 1;
        }
    }
    if sent == 0 {
        let why = "Unable to queue Triggered Send request. There are no valid subscribers.";
        return Err(Refusal(180_008, why.to_owned()));
    }
    let kept = json!({"CustomerKey": definition.get("CustomerKey")});
    let mut more = Map::new();
    if !failures.is_empty() {
        more.insert("SubscriberFailures".into(), failures.into());
    }
    Ok(Done {
        object: record(json!({"TriggeredSendDefinition": kept})),
        more,
        ..Done::default()
    })
}

/// Who was not known becomes a subscriber.
fn remember(state: &mut State, address: &str, key: &str, now: Timestamp) {
    if state.find("Subscriber", "SubscriberKey", key).is_some() {
        return;
    }
    let id = 95_000_000 + state.of("Subscriber").next_number();
    let subscriber = record(
        json!({"ID": id, "EmailAddress": address, "SubscriberKey": key, "Status": "Active",
        "EmailTypePreference": "HTML", "CreatedDate": stamp(now)}),
    );
    state
        .of("Subscriber")
        .insert(subscriber.clone(), |_| id.to_string());
    state.join(1, &subscriber, "Active", now);
}

/// The event that a send leaves.
fn told(state: &mut State, definition: &Record, key: &str, now: Timestamp) {
    let id = 910_000 + state.of("SentEvent").next_number();
    let event = json!({"ID": id, "SubscriberKey": key, "SendID": 500_001, "EventDate": stamp(now), "EventType": "Sent", "BatchID": 1,
        "TriggeredSendDefinitionObjectID": definition.get("ObjectID"), "CreatedDate": stamp(now)});
    state
        .of("SentEvent")
        .insert(record(event), |_| id.to_string());
}

/// `Send`: an `Email{ID}` to a `List{ID}`, done at once.
///
/// # Errors
/// One of the two is not known.
pub fn send(state: &mut State, node: &Node, now: Timestamp) -> Result<Done, Refusal> {
    let of = |state: &State, part: &str, kind: &str| {
        let id = node.child(part).and_then(|part| part.text_of("ID"));
        let found = id.and_then(|id| state.find(kind, "ID", id).cloned());
        found.ok_or_else(|| Refusal(2, format!("Unable to find the {kind} to send.")))
    };
    let email = of(state, "Email", "Email")?;
    let list = of(state, "List", "List")?;
    let members = state.all("ListSubscriber").filter(|member| {
        member.get("ListID") == list.get("ID") && plain(member.get("Status")) == "Active"
    });
    let to = members.count();
    let id = 520_000 + state.of("Send").next_number();
    let at = stamp(now);
    let made = record(
        json!({"ID": id, "EmailName": email.get("Name"), "Subject": email.get("Subject"), "FromName": "Sandbox",
        "FromAddress": "news@example.com", "Status": "Complete", "SentDate": at, "CreatedDate": at, "ModifiedDate": at, "NumberSent": to,
        "UniqueOpens": 0, "UniqueClicks": 0, "HardBounces": 0, "Unsubscribes": 0}),
    );
    state.of("Send").insert(made.clone(), |_| id.to_string());
    let link = json!({"ID": id, "SendID": id, "List.ID": list.get("ID"), "NumberSent": to, "CreatedDate": at, "ModifiedDate": at});
    state
        .of("ListSend")
        .insert(record(link), |_| id.to_string());
    Ok(Done {
        id: id.to_string(),
        object: made,
        ..Done::default()
    })
}

/// Attributes laid over those that are kept, name by name.
pub fn merge_attributes(kept: Option<&Value>, given: &Value) -> Value {
    let listed = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let mut all = kept.map(listed).unwrap_or_default();
    for one in listed(given) {
        let name = plain(one.get("Name"));
        all.retain(|kept| !plain(kept.get("Name")).eq_ignore_ascii_case(&name));
        all.push(one);
    }
    all.into()
}
