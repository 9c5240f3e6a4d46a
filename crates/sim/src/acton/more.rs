//! What is mostly read: forms, pages, programs, media, headers and footers; custom events and users.

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::lists::window;
use super::state::{Fault, State};
use crate::call::Call;
use crate::record_store::Record;

/// Path, collection and letter of the ids of what is only read.
const READ: &[(&str, &str)] = &[
    ("form", "f"),
    ("page", "p"),
    ("program", "a"),
    ("media", "m"),
    ("header", "h"),
    ("footer", "o"),
    ("logo", "g"),
    ("image", "i"),
];
const EVENTS: &str = "custom events";
const USERS: &str = "users";

/// Answers `/form`, `/page`, …, `/customevents` and `/user`; `None` for what there is not.
///
/// # Errors
/// 10012 for a parameter or an id.
pub fn answer(
    state: &mut State,
    path: &[&str],
    call: &Call,
    now: Timestamp,
) -> Result<Option<Value>, Fault> {
    Ok(Some(match (&call.method, path) {
        (&Method::POST, ["customevents"]) => {
            let body = call.json().unwrap_or_default();
            for name in ["email", "event"] {
                if body
                    .get(name)
                    .and_then(Value::as_str)
                    .is_none_or(str::is_empty)
                {
                    return Err(Fault::new(10012, format!("Missing parameter: {name}")));
                }
            }
            let event = body.as_object().cloned().unwrap_or_default();
            let id = keep(state, EVENTS, event, "e", now);
            json!({"status": "success", "message": "Event accepted", "id": id})
        }
        (&Method::GET, ["customevents", id, "status"]) => match state.records.get(EVENTS, id) {
            Some(_) => json!({"status": "success", "id": id, "message": "Event processed"}),
            None => return Err(missing(id)),
        },
        (&Method::POST, ["user"]) => {
            let user = call
                .json()
                .unwrap_or_default()
                .as_object()
                .cloned()
                .unwrap_or_default();
            let email = user
                .get("email")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if !email.contains('@') {
                return Err(Fault::new(10012, "Missing parameter: email"));
            }
            if state.records.get(USERS, &email).is_some() {
                return Err(Fault::new(10054, "User exists already"));
            }
            state
                .records
                .collection_mut(USERS)
                .insert(user, |_| email.clone());
            json!({"status": "success", "message": "User created", "id": email})
        }
        (&Method::DELETE, ["user", email]) => {
            match state.records.collection_mut(USERS).remove(email) {
                Some(_) => json!({"status": "success", "message": "User deleted"}),
                None => return Err(missing(email)),
            }
        }
        (&Method::GET, [kind, rest @ ..]) => {
            let Some((_, letter)) = READ.iter().find(|(name, _)| name == kind) else {
                return Ok(None);
            };
            match rest {
                [] => browse(kind, letter, call)?,
                [id] => asset(kind, letter, id).ok_or_else(|| missing(id))?,
                [id, "report"] if ["form", "media", "page"].contains(kind) => {
                    let asset = asset(kind, letter, id).ok_or_else(|| missing(id))?;
                    let submissions = if *kind == "form" { 40 } else { 0 };
                    json!({"id": id, "title": asset.get("title"), "views": 120, "uniqueViews": 90, "submissions": submissions})
                }
                [id, "urls"] if *kind == "form" => {
                    asset(kind, letter, id).ok_or_else(|| missing(id))?;
                    json!({"id": id, "urls": [format!("https://info.example.com/acton/form/1/{id}")]})
                }
                _ => return Ok(None),
            }
        }
        _ => return Ok(None),
    }))
}

fn missing(id: &str) -> Fault {
    Fault {
        status: 404,
        ..Fault::new(10030, format!("Not found: {id}"))
    }
}

/// There are three of each.
fn asset(kind: &str, letter: &str, id: &str) -> Option<Value> {
    let number: u8 = id.strip_prefix(letter)?.strip_prefix('-')?.parse().ok()?;
    (1..=3).contains(&number).then(|| {
        json!({
            "id": id, "title": format!("Simulated {kind} {number}"), "folder": "Simulated", "state": "active",
            "url": format!("https://info.example.com/acton/{kind}/{id}"),
        })
    })
}

fn browse(kind: &str, letter: &str, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = window(call, 100)?;
    let all: Vec<Value> = (1..=3)
        .filter_map(|number| asset(kind, letter, &format!("{letter}-{number:04}")))
        .collect();
    let shown: Vec<Value> = all.iter().skip(offset).take(count).cloned().collect();
    Ok(json!({"offset": offset, "count": shown.len(), "totalCount": all.len(), "result": shown}))
}

fn keep(
    state: &mut State,
    collection: &str,
    mut record: Record,
    letter: &str,
    now: Timestamp,
) -> String {
    record.insert("created".into(), now.0.into());
    state
        .records
        .collection_mut(collection)
        .insert(record, |number| format!("{letter}-{number:06}"))
}
