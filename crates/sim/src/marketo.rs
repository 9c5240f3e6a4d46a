//! Marketo: client credentials, the lead database, assets, bulk extract and import.
//!
//! Every answer of the API is HTTP 200; faults are in the envelope.
//!
//! # Source
//! <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/rest-api> (2026-11)

mod account_lists;
mod activities;
mod assets;
mod custom_activities;
mod envelope;
mod export;
mod fields;
mod import;
mod leads;
mod lists;
mod objects;
mod programs;
mod routes;
mod rows;
mod seed;
mod state;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::marketo::envelope::{Fault, Page};
use crate::marketo::routes::Request;
use crate::marketo::state::{Parameters, State};
use crate::oauth::{Claims, INVALID_CLIENT, Kind, Rejected};
use crate::vendor::{Setting, Vendor, lock};

/// Tokens live an hour; the vendor prints the seconds that are left, at most 3599.
const TOKEN_LIFE: i64 = 3_600_000;
/// Calls are counted over 20 seconds.
const RATE_WINDOW: i64 = 20_000;
/// Longer addresses are refused with 414.
const MOST_ADDRESS: usize = 8192;
/// Larger bodies are refused with 413.
const MOST_BODY: usize = 1024 * 1024;
/// What the vendor ends its access tokens with.
const TOKEN_END: &str = ":int";

/// The simulated vendor.
pub struct Marketo {
    setting: Arc<Setting>,
    state: Mutex<State>,
    /// The living token of each client: asking again answers the same one.
    tokens: Mutex<BTreeMap<String, String>>,
    calls: AtomicU64,
}

impl Marketo {
    /// A subscription with its seeded records.
    pub fn new(setting: Arc<Setting>) -> Self {
        Self {
            setting,
            state: Mutex::new(seed::state()),
            tokens: Mutex::default(),
            calls: AtomicU64::new(0),
        }
    }

    /// For [`crate::VENDORS`].
    pub fn make(setting: Arc<Setting>) -> Arc<dyn Vendor> {
        Arc::new(Self::new(setting))
    }

    /// `/identity/oauth/token`.
    fn token(&self, call: &Call) -> Reply {
        let refuse = |status: u16, error: &str, text: &str| {
            Reply::json(status, &json!({"error": error, "error_description": text}))
        };
        let parameters = Parameters::of(call);
        let client = parameters.get("client_id").unwrap_or_default();
        match parameters.get("grant_type") {
            Some("client_credentials") => {}
            Some(other) => {
                let text = format!("Unsupported grant type: {other}");
                return refuse(400, "unsupported_grant_type", &text);
            }
            None => return refuse(400, "invalid_request", "Missing grant type"),
        }
        if client.is_empty() || client == INVALID_CLIENT {
            let text = format!("No client with requested id: {client}");
            return refuse(401, "unauthorized", &text);
        }
        let secret = parameters.get("client_secret").unwrap_or_default();
        if secret.is_empty() || secret == INVALID_CLIENT || self.setting.faults.refuses_grant() {
            return refuse(401, "invalid_client", "Bad client credentials");
        }
        let mut living = lock(&self.tokens);
        let known = living.get(client).and_then(|text| {
            let token = self.setting.tokens.read(Kind::Access, text).ok()?;
            Some((token, text.clone()))
        });
        let (token, text) = known.unwrap_or_else(|| {
            let claims = Claims {
                client: client.to_owned(),
                user: "api.user@example.com".to_owned(),
                ..Claims::default()
            };
            self.setting
                .tokens
                .make(Kind::Access, claims, Some(TOKEN_LIFE))
        });
        living.insert(client.to_owned(), text.clone());
        let left = token
            .expires
            .unwrap_or_default()
            .saturating_sub(self.setting.now().0)
            / 1000;
        Reply::json(
            200,
            &json!({
                "access_token": format!("{text}{TOKEN_END}"), "token_type": "bearer",
                "expires_in": left.min(3599), "scope": "api.user@example.com",
            }),
        )
    }

    fn admit(&self, call: &Call) -> Result<(), Fault> {
        let given = call
            .bearer()
            .or_else(|| call.query("access_token"))
            .unwrap_or_default();
        if given.is_empty() {
            return Err(Fault::new("600", "Access token is empty"));
        }
        let text = given.strip_suffix(TOKEN_END).unwrap_or(given);
        match self.setting.tokens.read(Kind::Access, text) {
            Ok(_) => {}
            Err(Rejected::Expired) => return Err(Fault::new("602", "Access token expired")),
            Err(_) => return Err(Fault::new("601", "Access token invalid")),
        }
        let usage = self.setting.rate.count(self.setting.now(), RATE_WINDOW);
        if let (true, Some(limit)) = (usage.exceeded(), usage.limit) {
            let text = format!("Max rate limit '{limit}' exceeded with in '20' secs");
            return Err(Fault::new("606", text));
        }
        Ok(())
    }

    /// A call of the API behind `/rest` or `/bulk`.
    fn api(&self, call: &Call, path: &[&str], now: Timestamp) -> Result<Page, Fault> {
        let parameters = Parameters::of(call);
        // A long read travels as a form whose `_method` says GET; the core has applied a query's.
        let method = match parameters.get("_method") {
            Some(name) if name.eq_ignore_ascii_case("get") => Method::GET,
            _ => call.method.clone(),
        };
        let body = || -> Result<Value, Fault> {
            let kind = call.content_type();
            let form =
                kind == "application/x-www-form-urlencoded" || kind.starts_with("multipart/");
            if call.body.is_empty() || form {
                return Ok(Value::Null);
            }
            if !call.content_type().is_empty() && !call.content_type().ends_with("json") {
                return Err(Fault::new("612", "Invalid Content Type"));
            }
            call.json().map_err(|_| Fault::new("609", "Invalid JSON"))
        };
        let request = Request {
            method: method.as_str(),
            path,
            parameters: &parameters,
            body: body()?,
            call,
            now,
            calls: self.calls.load(Ordering::Relaxed),
        };
        request.answer(&mut lock(&self.state))
    }
}

impl Vendor for Marketo {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &["*.mktorest.com"]
    }

    fn answer(&self, call: &Call) -> Reply {
        let segments = call.segments();
        let path: Vec<&str> = segments
            .iter()
            .enumerate()
            .map(|(position, segment)| {
                // Every data path ends in `.json`; what comes before is the name.
                let last = position + 1 == segments.len();
                if last {
                    segment.strip_suffix(".json").unwrap_or(segment)
                } else {
                    segment
                }
            })
            .collect();
        let api: Vec<&str> = match path.as_slice() {
            ["identity", "oauth", "token"] => return self.token(call),
            ["rest", rest @ ..] => rest.to_vec(),
            ["bulk", ..] => path.clone(),
            _ => return Reply::empty(404),
        };
        if call.path.len() + call.raw_query.len() > MOST_ADDRESS {
            return Reply::empty(414);
        }
        let most = if api.first() == Some(&"bulk") {
            import::MOST
        } else {
            MOST_BODY
        };
        if call.body.len() > most {
            return Reply::empty(413);
        }
        let now = self.setting.now();
        let count = self.calls.fetch_add(1, Ordering::Relaxed);
        let request_id = envelope::request_id(count, now);
        let outcome = self.admit(call).and_then(|()| {
            if call.method == Method::GET
                && let Some(file) = routes::file(&lock(&self.state), &api, call)
            {
                return Ok(Err(file));
            }
            self.api(call, &api, now).map(Ok)
        });
        match outcome {
            Ok(Ok(page)) => Reply::json(200, &envelope::success(&request_id, page)),
            Ok(Err(file)) => file,
            Err(fault) => Reply::json(200, &envelope::failure(&request_id, &fault)),
        }
    }

    fn reset(&self) {
        *lock(&self.state) = seed::state();
        lock(&self.tokens).clear();
    }
}
