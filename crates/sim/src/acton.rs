//! Act-On: an authorize page and a login form, rotating refresh tokens, lists and their contacts.
//!
//! # Source
//! <https://developer.act-on.com/reference/introduction> (2026-11)

mod contacts;
mod grant;
mod lists;
mod messages;
mod more;
mod parts;
mod seed;
mod state;
mod upload;

use std::sync::{Arc, Mutex};

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use crate::acton::state::{Fault, State};
use crate::call::{Call, Reply, first};
use crate::csv::{self, Cut};
use crate::oauth::Kind;
use crate::record_store::Record;
use crate::vendor::{Setting, Vendor, lock};

/// Calls are counted a second.
const RATE_WINDOW: i64 = 1000;

/// The simulated vendor.
pub struct ActOn {
    setting: Arc<Setting>,
    state: Mutex<State>,
}

impl ActOn {
    /// An account with its seeded lists.
    pub fn new(setting: Arc<Setting>) -> Self {
        Self {
            setting,
            state: Mutex::new(seed::state()),
        }
    }

    /// For [`crate::VENDORS`].
    pub fn make(setting: Arc<Setting>) -> Arc<dyn Vendor> {
        Arc::new(Self::new(setting))
    }

    /// A call behind `/api/1`.
    fn api(&self, call: &Call, path: &[&str]) -> Reply {
        let token = call.bearer().unwrap_or_default();
        if self.setting.tokens.read(Kind::Access, token).is_err() {
            return gateway(401, "Unauthorized", "");
        }
        let now = self.setting.now();
        if self.setting.rate.count(now, RATE_WINDOW).exceeded() {
            return gateway(429, "Too Many Requests", "Rate Limit exceeded");
        }
        let mut state = lock(&self.state);
        let state = &mut *state;
        match route(state, call, path, now) {
            Ok(Some(reply)) => reply,
            Ok(None) => gateway(404, "Not Found", "No resources match requested URI"),
            Err(fault) => Reply::json(fault.status, &fault.body()),
        }
    }
}

fn route(
    state: &mut State,
    call: &Call,
    path: &[&str],
    now: Timestamp,
) -> Result<Option<Reply>, Fault> {
    let answer = match (call.method.as_str(), path) {
        ("GET", ["account"]) => Some(json!({
            "account_id": "a-1001", "account_name": "Sandbox", "time_zone": "UTC",
            "user": "sandbox.user@example.com",
        })),
        ("GET", ["account", "senders"]) => Some(json!([
            {"id": "1", "name": "Sandbox", "email": "news@example.com", "default": true},
        ])),
        ("GET", ["list"]) => Some(lists::browse(state, call)?),
        ("POST", ["list"]) => Some(lists::create(state, &parts::of(call), now)?),
        ("GET", ["list", "optout"]) => Some(opt_outs(state, call)?),
        ("PUT", ["list", "optout"]) => Some(opt_out(state, call, now)?),
        ("GET", ["list", kind @ ("hardbounce" | "spamcomplaint")]) => Some(refusals(kind, call)?),
        // No visitor of this account has ever carried a cookie.
        ("GET", ["list", "lookup"]) => return Err(Fault::no_contact()),
        ("GET", ["list", "lookup", list]) => Some(contacts::lookup(state, list, call)?),
        ("GET", ["list", id]) => return lists::read(state, id, call).map(Some),
        ("PUT", ["list", id]) => Some(lists::merge(state, id, &parts::of(call), now)?),
        ("DELETE", ["list", id]) => {
            state.remove_list(id)?;
            Some(json!({}))
        }
        ("GET", ["list", job, "status"]) => Some(lists::job(state, job)?),
        (_, ["list", list, "record"]) => contacts::several(state, list, call, now)?,
        ("GET", ["list", list, "record", id, "facts"]) => Some(contacts::facts(state, list, id)?),
        (_, ["list", list, "record", id]) => contacts::one(state, list, id, call, now)?,
        ("GET", ["subscription", "category"]) => Some(
            seed::CATEGORIES
                .iter()
                .map(|(id, name, text)| {
                    json!({"id": id, "name": name, "description": text, "headername": name})
                })
                .collect(),
        ),
        ("PUT", ["subscription", "optout"]) => Some(subscribe(state, call)?),
        (_, ["message", rest @ ..]) => messages::answer(state, rest, call, now)?,
        (_, path) => more::answer(state, path, call, now)?,
    };
    Ok(answer.map(|body| Reply::json(200, &body)))
}

/// Two addresses bounced for good and one complained; they are not on any list.
fn refusals(kind: &str, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = lists::window(call, 100)?;
    let all = if kind == "hardbounce" { 2 } else { 1 };
    let shown: Vec<Value> = (1..=all)
        .map(|number| json!({"email": format!("{kind}{number}@example.com"), "timestamp": 1_488_355_200_000_i64, "origin": "Message"}))
        .skip(offset)
        .take(count)
        .collect();
    Ok(json!({"offset": offset, "count": shown.len(), "totalCount": -1, "result": shown}))
}

fn opt_outs(state: &State, call: &Call) -> Result<Value, Fault> {
    let (count, offset) = lists::window(call, 100)?;
    let bound = |name: &str| match call.query(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text
            .parse::<i64>()
            .map(Some)
            .map_err(|_| Fault::new(10012, format!("Invalid value for {name}: {text}"))),
    };
    let (after, before) = (bound("createdafter")?, bound("createdbefore")?);
    let shown: Vec<Value> = state
        .contacts(seed::OPT_OUTS)
        .filter(|(_, entry)| {
            let at = state::millis(entry, "timestamp").div_euclid(1000);
            after.is_none_or(|after| at >= after) && before.is_none_or(|before| at <= before)
        })
        .skip(offset)
        .take(count)
        .map(|(_, entry)| entry.clone().into())
        .collect();
    Ok(json!({"offset": offset, "count": shown.len(), "totalCount": -1, "result": shown}))
}

/// A file with one address a line.
fn opt_out(state: &mut State, call: &Call, now: Timestamp) -> Result<Value, Fault> {
    let parts = call.parts().unwrap_or_default();
    let file = parts
        .iter()
        .find(|part| part.name == "file" || part.file_name.is_some());
    let file = file.ok_or_else(|| Fault::new(10003, "Input file missing"))?;
    let cut = Cut {
        separator: ',',
        quote: Some('"'),
        headings: false,
    };
    for row in csv::rows(&file.text(), cut) {
        let Some(email) = row
            .first()
            .map(|email| email.trim())
            .filter(|e| e.contains('@'))
        else {
            continue;
        };
        let mut entry = Record::new();
        entry.insert("email".into(), email.into());
        entry.insert("timestamp".into(), now.0.into());
        entry.insert(
            "origin".into(),
            "User: sandbox.user@example.com via Act-On API".into(),
        );
        state
            .records
            .collection_mut(seed::OPT_OUTS)
            .insert(entry, |number| number.to_string());
    }
    Ok(json!({"status": "success", "message": "Opt-out list uploaded"}))
}

/// `PUT /subscription/optout`: `email`, `category` and `action` (`optin` or `optout`).
fn subscribe(state: &mut State, call: &Call) -> Result<Value, Fault> {
    let form = call.form();
    let field = |name: &str| {
        let found = first(&form, name)
            .or_else(|| call.query(name))
            .filter(|text| !text.is_empty());
        found.ok_or_else(|| Fault::new(10012, format!("Missing parameter: {name}")))
    };
    let (email, category, action) = (field("email")?, field("category")?, field("action")?);
    let known = seed::CATEGORIES
        .iter()
        .find(|(id, name, _)| *id == category || *name == category);
    let (_, category, _) =
        known.ok_or_else(|| Fault::new(10013, format!("Invalid category: {category}")))?;
    let refused = state.refused.entry(email.to_lowercase()).or_default();
    refused.retain(|name| name != category);
    match action.to_lowercase().as_str() {
        "optout" => refused.push((*category).to_owned()),
        "optin" => {}
        _ => return Err(Fault::new(10013, format!("Invalid action: {action}"))),
    }
    Ok(json!({"status": "success", "message": "Subscription updated", "optedOutOf": refused}))
}

/// The shape of the gateway in front of the API.
fn gateway(status: u16, message: &str, more: &str) -> Reply {
    let body = json!({
        "httpCode": status.to_string(), "httpMessage": message, "moreInformation": more,
    });
    Reply::json(status, &body)
}

impl Vendor for ActOn {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[
            "restapi.actonsoftware.com",
            "api.actonsoftware.com",
            "api-eu.actonsoftware.com",
        ]
    }

    fn answer(&self, call: &Call) -> Reply {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["authorize"] if [Method::GET, Method::POST].contains(&call.method) => {
                grant::authorize(&self.setting, call)
            }
            ["token"] if call.method == Method::POST => grant::token(&self.setting, call),
            ["api", "1", rest @ ..] => self.api(call, rest),
            _ => gateway(404, "Not Found", "No resources match requested URI"),
        }
    }

    fn reset(&self) {
        *lock(&self.state) = seed::state();
    }
}
