//! A simulated Salesforce org: login host and data host in one.
//!
//! OAuth 2 (code, refresh, password), SOAP login, the REST data API with describe, records, SOQL, SOSL, blobs and composite
//! calls, Bulk API 1 and 2, Connect files and folders, Chatter posts, knowledge, reports, layouts, list views, the User
//! Interface API, the calls of the SOAP partner API that REST lacks, definitions and packages by the Metadata API, Apex by the
//! Tooling API, streaming; JSON or XML. Left out: the rest of the Tooling API, dashboards, approvals, platform events.

mod as_xml;
mod bulk;
mod chatter;
mod composite;
mod content;
mod describe;
mod error;
mod files;
mod id;
mod identity;
mod knowledge;
mod layouts;
mod login;
mod metadata;
mod org;
mod partner;
mod passwords;
mod query;
mod recycle;
mod reports;
mod rest;
mod rules;
mod search;
mod seed;
mod soap;
mod soql;
mod streaming;
mod tooling;
mod ui_api;
mod value;
mod views;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use http::Method;
use serde_json::{Value, json};

use self::error::{Answer, ApiError};
use self::org::{Actor, Org};
use crate::call::{Call, Reply};
use crate::oauth::Kind;
use crate::rate::Usage;
use crate::vendor::{Setting, Vendor, lock};

/// The organization's id.
pub const ORGANIZATION: &str = "00D5i000000LGNDEA4";
/// The user that every unknown user name signs in as.
pub const ADMINISTRATOR: &str = "005i0000001VNdeAAG";
/// Codes live a quarter of an hour.
const CODE_LIFE_MS: i64 = 15 * 60_000;
/// Sessions end after two hours without use, the vendor's default.
const SESSION_LIFE_MS: i64 = 2 * 3_600_000;
/// Calls a day that an organization has to begin with, unless the control API sets another limit.
const DAILY_CALLS: u64 = 15_000;
const DAY_MS: i64 = 86_400_000;
/// The versions answered for.
const VERSIONS: std::ops::RangeInclusive<u32> = 20..=62;

/// The simulated Salesforce.
pub struct Salesforce {
    setting: Arc<Setting>,
    org: OnceLock<Mutex<Org>>,
}

impl Salesforce {
    /// An org that is seeded when it is first asked for something.
    pub fn new(setting: Arc<Setting>) -> Self {
        Self {
            setting,
            org: OnceLock::new(),
        }
    }

    /// The org, locked.
    fn org(&self) -> MutexGuard<'_, Org> {
        lock(self.org.get_or_init(|| Mutex::new(seed::org())))
    }

    /// `/services/data/…`
    fn data(&self, call: &Call, path: &[&str]) -> Reply {
        let (path, xml) = as_xml::asked(call, path);
        let Some((version, rest)) = path.split_first() else {
            let versions = Reply::json(200, &versions());
            return if xml {
                as_xml::reply(&path, versions)
            } else {
                versions
            };
        };
        let usage = self.setting.rate.count(self.setting.now(), DAY_MS);
        let info = format!("api-usage={}/{}", usage.used, daily_calls(usage));
        let reply = || -> Answer<Reply> {
            let session = session_token(call).and_then(|text| self.read(Kind::Access, text).ok());
            let session = session.ok_or_else(ApiError::session)?;
            self.setting.tokens.prolong(&session, SESSION_LIFE_MS);
            if usage.exceeded() {
                return Err(ApiError::new(
                    403,
                    "REQUEST_LIMIT_EXCEEDED",
                    "TotalRequests Limit exceeded.",
                ));
            }
            let number = version_number(version).ok_or_else(ApiError::not_found)?;
            let base = format!("/services/data/v{number}.0");
            let actor = Actor {
                user: &session.claims.user,
                now: self.setting.now(),
            };
            let request = rest::Request {
                call,
                base: &base,
                version: number,
                actor,
                usage,
            };
            rest::answer(&mut self.org(), &request, rest)
        };
        let answer = reply().unwrap_or_else(|error| error.reply());
        let answer = if xml {
            as_xml::reply(rest, answer)
        } else {
            answer
        };
        answer.header("sforce-limit-info", &info)
    }
}

impl Salesforce {
    /// `/services/async/…`
    fn bulk(&self, call: &Call, version: &str, path: &[&str]) -> Reply {
        let given = call
            .header("x-sfdc-session")
            .or_else(|| session_token(call));
        let session = given.and_then(|text| self.read(Kind::Access, text.trim()).ok());
        let Some(session) = session else {
            return bulk::one::no_session(call);
        };
        self.setting.tokens.prolong(&session, SESSION_LIFE_MS);
        let user = &session.claims.user;
        let now = self.setting.now();
        bulk::one::answer(&mut self.org(), call, version, user, now, path)
    }
}

impl Vendor for Salesforce {
    fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[
            "login.salesforce.com",
            "test.salesforce.com",
            "*.my.salesforce.com",
            "*.salesforce.com",
            "*.force.com",
        ]
    }

    fn answer(&self, call: &Call) -> Reply {
        let reply = self.reply(call);
        if !matches!(call.method, Method::GET | Method::HEAD)
            && self.org.get().is_some()
            && streaming::publish(&mut self.org(), self.setting.now())
        {
            self.setting.news.notify_waiters();
        }
        reply
    }

    fn reset(&self) {
        if let Some(org) = self.org.get() {
            *lock(org) = seed::org();
        }
    }
}

impl Salesforce {
    fn reply(&self, call: &Call) -> Reply {
        let segments = call.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["services", "oauth2", "authorize"] => self.authorize(call),
            ["services", "oauth2", "token"] => self.token(call),
            ["services", "oauth2", "revoke"] => self.revoke(call),
            ["services", "oauth2", "introspect"] => self.introspect(call),
            ["services", "oauth2", "userinfo"] => self.userinfo(call),
            ["services", "oauth2", "success"] => Reply::html(
                200,
                crate::page::page("Salesforce", "Done", "<p>You may close this window.</p>"),
            ),
            ["services", "Soap", "u" | "c" | "m", ..] => self.soap(call),
            [".well-known", "openid-configuration"] => Self::openid_configuration(call),
            ["id", organization, user] => self.identity(call, organization, user),
            ["services", "data", rest @ ..] => self.data(call, rest),
            ["services", "async", version, rest @ ..] => self.bulk(call, version, rest),
            ["cometd", ..] => {
                let session =
                    session_token(call).and_then(|text| self.read(Kind::Access, text).ok());
                streaming::answer(&mut self.org(), call, session.is_some())
            }
            [] => Reply::html(
                200,
                crate::page::page(
                    "Salesforce",
                    "A simulated Salesforce org",
                    "<p>Start at an authorize URL or at <code>/services/data</code>.</p>",
                ),
            ),
            _ => ApiError::not_found().reply(),
        }
    }
}

/// The calls a day that are told. Nobody is refused until the control API sets a limit, so there are always some left: whoever
/// heeds what is told would wait in vain.
fn daily_calls(usage: Usage) -> u64 {
    let bought = (usage.used / DAILY_CALLS + 1).saturating_mul(DAILY_CALLS);
    usage.limit.unwrap_or(bought)
}

/// The session's token: `Bearer` or `OAuth`.
fn session_token(call: &Call) -> Option<&str> {
    call.bearer().or_else(|| call.authorization("oauth"))
}

/// 59 of `v59.0`.
fn version_number(segment: &str) -> Option<u32> {
    let digits = segment.strip_prefix(['v', 'V'])?;
    let number = digits
        .split_once('.')
        .map_or(digits, |(number, _)| number)
        .parse()
        .ok()?;
    VERSIONS.contains(&number).then_some(number)
}

fn versions() -> Value {
    let seasons = ["Winter", "Spring", "Summer"];
    VERSIONS
        .map(|number| {
            // Winter '11 was 20.0, and three follow each other a year.
            let since = usize::try_from(number.saturating_sub(20)).unwrap_or(0);
            let season = seasons.get(since % 3).copied().unwrap_or_default();
            json!({
                "label": format!("{season} '{}", 11 + since / 3), "url": format!("/services/data/v{number}.0"),
                "version": format!("{number}.0"),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_left_until_a_limit_is_set() {
        for used in [1, 14_999, 15_000, 15_001, 400_000] {
            assert!(daily_calls(Usage { used, limit: None }) > used, "{used}");
        }
        let limit = Some(3);
        assert_eq!(daily_calls(Usage { used: 4, limit }), 3);
    }
}
