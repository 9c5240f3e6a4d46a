//! The control API, on a listener of its own so that it never mixes with vendor routes.
//!
//! | call | body | effect |
//! |---|---|---|
//! | `POST /reset` | `{vendor?}` | seeded records; tokens, faults, limits, log and clock as at the start |
//! | `POST /clock/advance` | `{seconds}` | moves the clock that tokens expire under |
//! | `POST /tokens/expire` | `{vendor?}` | access tokens issued so far are expired |
//! | `POST /tokens/revoke` | `{vendor?}` | codes, access and refresh tokens issued so far are revoked |
//! | `POST /fail` | [`Fault`] | the next `times` calls fail so |
//! | `POST /rate-limit` | `{vendor, limit}` | takes `limit` calls a window; `null` lifts it |
//! | `GET /requests?vendor=` | | the request log |
//! | `DELETE /requests?vendor=` | | forgets it |
//! | `GET /` | | time and vendors |
//!
//! Without a vendor a call is for all of them. Answers are JSON; faults of the caller are 400 with `{error}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::fault::Fault;
use crate::vendor::{Setting, Vendor};

/// The control API.
pub struct Control {
    setting: Arc<Setting>,
    vendors: BTreeMap<&'static str, Arc<dyn Vendor>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Which {
    vendor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    vendor: String,
    limit: Option<u64>,
}

impl Control {
    /// Controls these vendors.
    pub fn new(setting: Arc<Setting>, vendors: BTreeMap<&'static str, Arc<dyn Vendor>>) -> Self {
        Self { setting, vendors }
    }

    fn route(&self, call: &Call) -> Result<Value, Reply> {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (call.method.as_str(), path.as_slice()) {
            ("GET", []) => Ok(json!({
                "now": self.setting.now().to_iso_millis(),
                "vendors": self.vendors.keys().collect::<Vec<_>>(),
            })),
            ("POST", ["reset"]) => {
                let which: Which = body(call)?;
                for vendor in self.pick(which.vendor.as_deref())? {
                    vendor.reset();
                    vendor.setting().reset();
                }
                if which.vendor.is_none() {
                    self.setting.clock.reset();
                }
                Ok(done())
            }
            ("POST", ["clock", "advance"]) => {
                let advance: Advance = body(call)?;
                self.setting.clock.advance(advance.seconds);
                Ok(json!({ "now": self.setting.now().to_iso_millis() }))
            }
            ("POST", ["tokens", "expire"]) => {
                self.each(call, |setting| setting.tokens.expire_all())
            }
            ("POST", ["tokens", "revoke"]) => {
                self.each(call, |setting| setting.tokens.revoke_all())
            }
            ("POST", ["fail"]) => {
                let fault: Fault = body(call)?;
                if let Some(vendor) = self.pick(Some(&fault.vendor))?.first() {
                    vendor.setting().faults.add(fault);
                }
                Ok(done())
            }
            ("POST", ["rate-limit"]) => {
                let limit: Limit = body(call)?;
                for vendor in self.pick(Some(&limit.vendor))? {
                    vendor.setting().rate.set(limit.limit);
                }
                Ok(done())
            }
            ("GET", ["requests"]) => {
                let mut requests = Vec::new();
                for vendor in self.pick(call.query("vendor"))? {
                    let name = vendor.setting().name;
                    requests.extend(vendor.setting().log.to_json().into_iter().map(|mut entry| {
                        if let Some(map) = entry.as_object_mut() {
                            map.insert("vendor".to_owned(), name.into());
                        }
                        entry
                    }));
                }
                Ok(json!({ "requests": requests }))
            }
            ("DELETE", ["requests"]) => {
                for vendor in self.pick(call.query("vendor"))? {
                    vendor.setting().log.clear();
                }
                Ok(done())
            }
            _ => Err(error(404, "the control API has no such call")),
        }
    }

    fn each(&self, call: &Call, act: impl Fn(&Setting)) -> Result<Value, Reply> {
        let which: Which = body(call)?;
        for vendor in self.pick(which.vendor.as_deref())? {
            act(vendor.setting());
        }
        Ok(done())
    }

    /// The vendor named, or all.
    fn pick(&self, name: Option<&str>) -> Result<Vec<&Arc<dyn Vendor>>, Reply> {
        let Some(name) = name else {
            return Ok(self.vendors.values().collect());
        };
        let known = || self.vendors.keys().copied().collect::<Vec<_>>().join(", ");
        match self.vendors.get(name) {
            Some(vendor) => Ok(vec![vendor]),
            None => Err(error(
                400,
                &format!("unknown vendor {name:?}; there are {}", known()),
            )),
        }
    }
}

impl Vendor for Control {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[]
    }

    fn answer(&self, call: &Call) -> Reply {
        // A page on the network must not be able to steer the sandbox through the browser of its operator.
        if call.method != Method::GET && call.header("origin").is_some() {
            return error(403, "the control API does not answer web pages");
        }
        match self.route(call) {
            Ok(value) => Reply::json(200, &value),
            Err(reply) => reply,
        }
    }

    fn reset(&self) {}
}

fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Reply> {
    let bytes: &[u8] = if call.body.is_empty() {
        b"{}"
    } else {
        &call.body
    };
    serde_json::from_slice(bytes).map_err(|fault| error(400, &fault.to_string()))
}

fn done() -> Value {
    json!({ "ok": true })
}

fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": message }))
}
