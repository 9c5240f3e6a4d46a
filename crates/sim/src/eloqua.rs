//! Eloqua: login with two consent pages, rotating refresh tokens, REST 1.0 and 2.0, Bulk 2.0.
//!
//! Paths compare without case; every scalar is a string; dates are unix seconds.
//!
//! # Source
//! <https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/> (2026-11)

mod assets;
mod bulk;
mod custom;
mod data;
mod entity;
mod fields;
mod forms;
mod grant;
mod listing;
mod search;
mod seed;
mod state;

use std::sync::{Arc, Mutex};

use http::Method;
use ligand_model::time::Timestamp;
use serde_json::json;

use crate::call::{Call, Reply};
use crate::eloqua::entity::{ACCOUNT, CONTACT, Kind};
use crate::eloqua::state::{State, gone};
use crate::oauth::{INVALID_CLIENT, Kind as TokenKind};
use crate::vendor::{Setting, Vendor, lock};

/// Calls are counted a minute when the limit is on; the vendor publishes no window.
const RATE_WINDOW: i64 = 60_000;

/// The simulated vendor.
pub struct Eloqua {
    setting: Arc<Setting>,
    state: Mutex<State>,
}

impl Eloqua {
    /// A site with its seeded records.
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

    /// The `Site\User` that a call is from: by token, or by HTTP Basic.
    fn caller(&self, call: &Call) -> Option<String> {
        if let Some(token) = call.bearer() {
            return Some(
                self.setting
                    .tokens
                    .read(TokenKind::Access, token)
                    .ok()?
                    .claims
                    .user,
            );
        }
        let (user, password) = call.basic()?;
        let fine = user.contains('\\') && !password.is_empty();
        (fine && password != INVALID_CLIENT && !user.contains(INVALID_CLIENT)).then_some(user)
    }

    /// `GET /id`: who the caller is and where the site lives.
    fn identity(&self, call: &Call) -> Reply {
        let Some(caller) = self.caller(call) else {
            return Reply::json(200, &json!("Not authenticated."));
        };
        let (site, user) = caller.split_once('\\').unwrap_or(("Sandbox", &caller));
        let origin = call.origin();
        // The login host only tells where the site is; the site itself is on a pod.
        let base = match origin.strip_prefix("https://login.eloqua.com") {
            Some("") => "https://secure.p01.eloqua.com".to_owned(),
            _ => origin,
        };
        let soap = |name: &str| format!("{base}/API/{{version}}/{name}.svc");
        Reply::json(
            200,
            &json!({
                "site": {"id": 42, "name": site},
                "user": {
                    "id": 314, "username": user, "displayName": user, "firstName": "Sandbox",
                    "lastName": "User", "emailAddress": "sandbox.user@example.com",
                },
                "urls": {
                    "base": base,
                    "apis": {
                        "soap": {
                            "standard": soap("Service"), "dataTransfer": soap("DataTransferService"),
                            "email": soap("EmailService"), "externalAction": soap("ExternalActionService"),
                        },
                        "rest": {
                            "standard": format!("{base}/API/REST/{{version}}/"),
                            "bulk": format!("{base}/API/Bulk/{{version}}/"),
                        },
                    },
                },
            }),
        )
    }

    fn rest(&self, version: &str, path: &[&str], call: &Call, now: Timestamp) -> Reply {
        let mut state = lock(&self.state);
        let state = &mut *state;
        match path {
            ["data", plural @ ("contacts" | "accounts")] => match call.method.as_str() {
                "GET" | "SEARCH" => data::browse(state, kind(plural), call),
                _ => Reply::empty(405),
            },
            ["data", singular @ ("contact" | "account")] => match call.method {
                Method::POST => data::create(state, kind(singular), call, now),
                _ => Reply::empty(405),
            },
            ["data", singular @ ("contact" | "account"), id] => {
                data::single(state, kind(singular), id, call, now)
            }
            ["data", singular @ ("contact" | "account"), id, "membership"] => {
                data::membership(state, kind(singular), id)
            }
            ["data", "contacts", "list", id] => data::of_list(state, &CONTACT, id, call),
            ["data", "contacts", "segment", id] => data::of_segment(state, &CONTACT, id, call),
            // Version 1.0 names rows by their object alone.
            ["data", "customobject", object] if version == "1.0" => {
                let path = match call.method {
                    Method::POST => "instance",
                    _ => "instances",
                };
                custom::answer(state, object, &[path], call, now)
            }
            ["data", "customobject", object, rest @ ..] => {
                custom::answer(state, object, rest, call, now)
            }
            ["data", "activities", "contact", id] if version == "1.0" => {
                data::activities(state, id, call)
            }
            ["data", "form", id] => forms::answer(state, id, call, now),
            ["system", "users"] if call.method == Method::GET => {
                assets::browse(state, "User", call)
            }
            ["system", "user", id] if call.method == Method::GET => {
                assets::read(state, "User", id, call)
            }
            ["assets", object @ ("contact" | "account"), "fields"]
                if call.method == Method::GET =>
            {
                data::fields(kind(object), None, call)
            }
            ["assets", object @ ("contact" | "account"), "field", id]
                if call.method == Method::GET =>
            {
                data::fields(kind(object), Some(id), call)
            }
            ["assets", rest @ ..] => assets::answer(state, version, rest, call, now),
            _ => gone(),
        }
    }

    fn api(&self, path: &[&str], call: &Call) -> Reply {
        if self.caller(call).is_none() {
            return Reply::text(401, "Login required.");
        }
        let now = self.setting.now();
        if self.setting.rate.count(now, RATE_WINDOW).exceeded() {
            return Reply::text(429, "Too many requests.").header("retry-after", "60");
        }
        let reply = match path {
            ["rest", version @ ("1.0" | "2.0"), rest @ ..] => self.rest(version, rest, call, now),
            ["bulk", "2.0", rest @ ..] => bulk::answer(&mut lock(&self.state), rest, call, now),
            _ => gone(),
        };
        match call.header("x-http-status-code-override") {
            Some("200") => Reply {
                status: http::StatusCode::OK,
                ..reply
            },
            _ => reply,
        }
    }
}

fn kind(name: &str) -> &'static Kind {
    if name.starts_with("account") {
        &ACCOUNT
    } else {
        &CONTACT
    }
}

impl Vendor for Eloqua {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &["*.eloqua.com"]
    }

    fn answer(&self, call: &Call) -> Reply {
        let segments: Vec<String> = call
            .segments()
            .iter()
            .map(|segment| segment.to_lowercase())
            .collect();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (call.method.as_str(), path.as_slice()) {
            ("GET" | "POST", ["auth", "oauth2", "authorize"]) => {
                grant::authorize(&self.setting, call)
            }
            ("POST", ["auth", "oauth2", "token"]) => grant::token(&self.setting, call),
            ("GET", ["id"]) => self.identity(call),
            (_, ["auth", "oauth2", "authorize" | "token"] | ["id"]) => Reply::empty(405),
            ("POST", ["e", "f2"]) => forms::post(&mut lock(&self.state), call, self.setting.now()),
            (_, ["api", rest @ ..]) => self.api(rest, call),
            _ => gone(),
        }
    }

    fn reset(&self) {
        *lock(&self.state) = seed::state();
    }
}
