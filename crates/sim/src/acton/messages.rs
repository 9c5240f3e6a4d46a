//! Messages: drafts, templates and what was sent, with their reports.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::lists::window;
use super::state::{Fault, State};
use crate::call::{Call, first};
use crate::record_store::Record;

/// The collection.
pub const MESSAGES: &str = "messages";
const KINDS: [&str; 6] = [
    "DRAFT",
    "TEMPLATE",
    "SENT",
    "TRIGGERED",
    "FAILED",
    "SCHEDULED",
];
/// What may be written, as form fields or JSON.
const MEMBERS: &[&str] = &[
    "subject",
    "title",
    "htmlbody",
    "textbody",
    "foldername",
    "sendername",
    "senderemail",
    "headerid",
    "footerid",
    "logoid",
    "isnewcomposer",
];

fn unknown() -> Fault {
    Fault {
        status: 404,
        ..Fault::new(10030, "Message not found")
    }
}

/// Answers `/message…`, whose remaining segments these are; `None` for what there is not.
///
/// # Errors
/// 10012 for a parameter, 10030 for an unknown message, 10004 for an unknown list.
pub fn answer(
    state: &mut State,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Result<Option<Value>, Fault> {
    Ok(Some(match (&call.method, path) {
        (&Method::GET, []) => browse(state, call)?,
        (&Method::POST, []) => {
            let fields = checked(call)?;
            let kind = fields
                .iter()
                .find(|(name, _)| name == "type")
                .map_or("DRAFT", |(_, kind)| kind);
            let kind = kind.to_uppercase();
            if !["DRAFT", "TEMPLATE"].contains(&kind.as_str()) {
                return Err(Fault::new(10012, format!("Invalid type: {kind}")));
            }
            if first(&fields, "subject").is_none_or(|subject| subject.trim().is_empty()) {
                return Err(Fault::new(10012, "Missing parameter: subject"));
            }
            let id = add(state, &kind, &fields, now);
            json!({"status": "success", "message": "Message created", "id": id, "msgId": id})
        }
        (&Method::GET, ["report"]) => {
            let total = state.contacts(MESSAGES).count();
            json!({"result": [{"period": call.query("period").unwrap_or("LAST_30_DAYS"), "messages": total, "sent": 260, "opened": 120}]})
        }
        (&Method::GET, [id]) => get(state, id)?.clone().into(),
        (&Method::PUT, [id]) => {
            let fields = checked(call)?;
            get(state, id)?;
            if let Some(message) = state.records.collection_mut(MESSAGES).get_mut(id) {
                write(message, &fields, now);
            }
            json!({"status": "success", "message": "Message updated", "id": id})
        }
        (&Method::DELETE, [id]) => {
            get(state, id)?;
            state.records.collection_mut(MESSAGES).remove(id);
            json!({"status": "success", "message": "Message deleted"})
        }
        (&Method::POST | &Method::PUT, [id, "send"]) => send(state, id, call, now)?,
        (&Method::GET, [id, contact]) if contact.contains(':') => {
            let mut message = get(state, id)?.clone();
            let list = contact.split(':').next().unwrap_or_default();
            let person = state.records.get(list, contact);
            let person = person.ok_or_else(Fault::no_contact)?;
            message.insert("recId".into(), (*contact).into());
            message.insert("email".into(), super::state::cell(person, "Email").into());
            message.into()
        }
        (&Method::GET, [id, "report"]) => {
            let sent = figure(get(state, id)?);
            json!({
                "msg_id": id, "sent": sent, "delivered": sent, "opened": sent / 2, "clicked": sent / 4, "bounced": 0,
                "opted_out": 0,
            })
        }
        (&Method::GET, [id, "report", drilldown]) => {
            let sent = figure(get(state, id)?);
            let shown = match drilldown.to_uppercase().as_str() {
                "SENT" | "DELIVERED" => sent,
                "OPENED" => sent / 2,
                "CLICKED" => sent / 4,
                "BOUNCED" | "OPTED_OUT" => 0,
                other => return Err(Fault::new(10012, format!("Invalid drilldown: {other}"))),
            };
            people(state, shown, call)?
        }
        _ => return Ok(None),
    }))
}

fn get<'a>(state: &'a State, id: &str) -> Result<&'a Record, Fault> {
    state.records.get(MESSAGES, id).ok_or_else(unknown)
}

fn figure(message: &Record) -> usize {
    let sent = message.get("sent").and_then(Value::as_u64).unwrap_or(0);
    usize::try_from(sent).unwrap_or(0)
}

/// The first contacts of the first list stand for the people behind a figure.
fn people(state: &State, total: usize, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = window(call, 100)?;
    let list = state
        .lists()
        .first()
        .map(|list| list.id.clone())
        .unwrap_or_default();
    let shown: Vec<Value> = state
        .contacts(&list)
        .take(total)
        .skip(offset)
        .take(count)
        .map(|(id, contact)| json!({"recId": id, "email": super::state::cell(contact, "Email")}))
        .collect();
    Ok(json!({"offset": offset, "count": shown.len(), "totalCount": total, "result": shown}))
}

fn browse(state: &State, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = window(call, 100)?;
    let kind = call.query("type").unwrap_or("SENT").to_uppercase();
    if !KINDS.contains(&kind.as_str()) {
        return Err(Fault::new(10012, format!("Invalid type: {kind}")));
    }
    let found: Vec<&Record> = state
        .contacts(MESSAGES)
        .map(|(_, message)| message)
        .filter(|message| message.get("msgType").and_then(Value::as_str) == Some(&kind))
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(count)
        .map(|message| Value::Object((*message).clone()))
        .collect();
    Ok(
        json!({"offset": offset, "count": shown.len(), "totalCount": found.len(), "msgresult": shown}),
    )
}

fn send(state: &mut State, id: &str, call: &Call, now: Timestamp) -> Result<Value, Fault> {
    let fields = fields(call);
    let mut sent = get(state, id)?.clone();
    let lists = first(&fields, "sendtolists")
        .or_else(|| first(&fields, "sendtoids"))
        .unwrap_or_default()
        .to_owned();
    if lists.is_empty() {
        return Err(Fault::new(10012, "Missing parameter: sendtolists"));
    }
    let mut count = 0;
    for list in lists.split(',').map(str::trim) {
        state.list(list.split(':').next().unwrap_or_default())?;
        count += state.contacts(list).count();
    }
    write(&mut sent, &fields, now);
    sent.insert("msgType".into(), "SENT".into());
    sent.insert("sent".into(), count.into());
    let new = insert(state, sent);
    Ok(json!({"status": "success", "message": "Message sent", "id": new, "msgId": new}))
}

/// Adds a message; answers its id.
pub fn add(state: &mut State, kind: &str, fields: &[(String, String)], now: Timestamp) -> String {
    let mut message = Record::new();
    message.insert("msgType".into(), kind.into());
    message.insert(
        "isTextOnly".into(),
        first(fields, "htmlbody").is_none().into(),
    );
    message.insert("senderId".into(), "1".into());
    write(&mut message, fields, now);
    insert(state, message)
}

fn insert(state: &mut State, mut message: Record) -> String {
    let collection = state.records.collection_mut(MESSAGES);
    let number = collection.next_number();
    let kind = message
        .get("msgType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let letter = match kind {
        "TEMPLATE" => 't',
        "DRAFT" => 'd',
        _ => 's',
    };
    let id = format!("{letter}-{number:04}-2409");
    message.insert("msgId".into(), id.clone().into());
    collection.insert(message, |_| id)
}

fn write(message: &mut Record, fields: &[(String, String)], now: Timestamp) {
    for (name, value) in fields {
        if MEMBERS.contains(&name.as_str()) {
            message.insert(name.clone(), value.as_str().into());
        }
    }
    for (shown, given) in [
        ("name", "title"),
        ("senderName", "sendername"),
        ("senderEmail", "senderemail"),
    ] {
        if let Some(value) = message.get(given).cloned() {
            message.insert(shown.into(), value);
        }
    }
    if let Some(subject) = message.get("subject").cloned() {
        message.entry("name").or_insert(subject);
    }
    message.insert("timeStamp".into(), now.0.into());
}

/// The fields of a new message, or of a change of one.
fn checked(call: &Call) -> Result<Vec<(String, String)>, Fault> {
    let fields = fields(call);
    for name in ["subject", "title"] {
        Fault::unless_short(name, first(&fields, name).unwrap_or_default())?;
    }
    Ok(fields)
}

/// The fields of a form, or the members of a JSON object.
fn fields(call: &Call) -> Vec<(String, String)> {
    match call.json() {
        Ok(Value::Object(members)) => members
            .into_iter()
            .map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (name, text)
            })
            .collect(),
        _ => match call.parts() {
            Some(parts) => parts
                .iter()
                .map(|part| (part.name.clone(), part.text()))
                .collect(),
            None => call.form(),
        },
    }
}
