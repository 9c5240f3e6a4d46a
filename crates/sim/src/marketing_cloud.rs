//! Salesforce Marketing Cloud, the ExactTarget product: REST and SOAP of one account, tenant hosts, both generations of tokens.
//!
//! Real hosts are `{tenant}.auth|rest|soap.marketingcloudapis.com`; on any other host the three live below `/`, `/rest/` and
//! `/soap/`. REST paths are taken in any case, as a client in the wild lower-cases them.
//!
//! # Source
//! <https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/apis-overview.html> (2026-11)

mod actions;
mod automations;
mod campaigns;
mod contacts;
mod content;
mod entry_events;
mod filter;
mod grant;
mod journeys;
mod objects;
mod page;
mod parts;
mod rest;
mod rows;
mod seed;
mod sends;
mod soap;
mod state;
mod write;
mod wsdl;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::marketing_cloud::state::State;
use crate::oauth::{Kind, Rejected, Token};
use crate::vendor::{Setting, Vendor, lock};

/// Calls are counted a minute.
const RATE_WINDOW: i64 = 60_000;
/// Bodies of REST calls may be 4 MB.
const MOST_BODY: usize = 4 * 1024 * 1024;

/// The simulated vendor.
pub struct MarketingCloud {
    setting: Arc<Setting>,
    state: Mutex<State>,
}

impl MarketingCloud {
    /// An account with its seeded records.
    pub fn new(setting: Arc<Setting>) -> Self {
        let state = Mutex::new(seed::state(setting.now()));
        Self { setting, state }
    }

    /// For [`crate::VENDORS`].
    pub fn make(setting: Arc<Setting>) -> Arc<dyn Vendor> {
        Arc::new(Self::new(setting))
    }

    /// Reads an access token.
    fn read(&self, text: &str) -> Result<Token, Rejected> {
        self.setting.tokens.read(Kind::Access, text)
    }

    fn rest(&self, call: &Call, path: &[String]) -> Reply {
        let given = call
            .bearer()
            .or_else(|| call.query("access_token"))
            .unwrap_or_default();
        if let Err(why) = self.read(given) {
            let challenge = format!(
                "Bearer realm=\"example.com\", error=\"invalid_token\", error_description=\"The access token is {}\"",
                if why == Rejected::Expired {
                    "expired"
                } else {
                    "invalid"
                }
            );
            return problem(401, 0, "Not Authorized").header("www-authenticate", &challenge);
        }
        let usage = self.setting.rate.count(self.setting.now(), RATE_WINDOW);
        if usage.exceeded() {
            let body = json!({"message": "Rate limit exceeded", "errorcode": 50100, "documentation": "", "retryAfter": 5});
            return Reply::json(429, &body).header("retry-after", "5");
        }
        if call.body.len() > MOST_BODY {
            return problem(413, 0, "Request Entity Too Large");
        }
        let lower: Vec<String> = path
            .iter()
            .map(|segment| segment.to_ascii_lowercase())
            .collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let exact: Vec<&str> = path.iter().map(String::as_str).collect();
        let asked = rest::Asked {
            call,
            now: self.setting.now(),
            path: &exact,
        };
        let outcome = rest::answer(&mut lock(&self.state), &asked, &lower);
        match outcome {
            Ok(Value::Null) => Reply::empty(200),
            Ok(body) => Reply::json(200, &body),
            Err(reply) => reply,
        }
    }
}

/// The WSDL, which needs no token.
fn description(call: &Call) -> Reply {
    let text = wsdl::text(&rest::soap_address(call));
    Reply::bytes(200, "text/xml; charset=utf-8", text)
}

/// `{message, errorcode, documentation}`
fn problem(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"message": message, "errorcode": code, "documentation": ""}),
    )
}

impl Vendor for MarketingCloud {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[
            "*.marketingcloudapis.com",
            "*.exacttargetapis.com",
            "*.exacttarget.com",
        ]
    }

    fn answer(&self, call: &Call) -> Reply {
        let mut path = call.segments();
        let ends = |words: [&str; 2]| {
            let tail: Vec<String> = path
                .iter()
                .rev()
                .take(2)
                .rev()
                .map(|s| s.to_ascii_lowercase())
                .collect();
            tail == words
        };
        // A client is pointed here by an address inside the path, so only the end counts.
        match () {
            () if ends(["v2", "token"]) => return self.token(call),
            () if ends(["v2", "authorize"]) => return self.authorize(call),
            () if ends(["v2", "userinfo"]) => return self.user(call),
            () if ends(["v1", "requesttoken"]) => return self.legacy_token(call),
            () => {}
        }
        let last = path.last().map(|last| last.to_ascii_lowercase());
        let reads = matches!(call.method.as_str(), "GET" | "HEAD");
        match last.as_deref() {
            Some("etframework.wsdl") => return description(call),
            Some("service.asmx") if reads => return description(call),
            Some("service.asmx") => return self.soap(call),
            _ => {}
        }
        if path
            .first()
            .is_some_and(|first| first.eq_ignore_ascii_case("rest"))
        {
            path.remove(0);
        }
        self.rest(call, &path)
    }

    fn reset(&self) {
        *lock(&self.state) = seed::state(self.setting.now());
    }
}
