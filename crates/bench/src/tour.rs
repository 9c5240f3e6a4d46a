//! The tour: the five guides, request by request, in both vocabularies.

mod common;
mod connect;
mod guides;
mod hosted;
mod manage;
mod marketing;
mod marketing_cloud;
mod platform;
mod records;
mod salesforce;

use serde_json::{Value, json};

use crate::arguments::{Arguments, Result, read_json};
use crate::http::{Reply, Request, query_value, send};
use crate::report::{Output, Report};

/// Walks everything; an error when one check failed.
pub fn run(arguments: &Arguments, output: &mut Output) -> Result {
    let runtime = read_json(arguments.get("runtime").unwrap_or("data/runtime.json"))?;
    let credentials = read_json(
        arguments
            .get("credentials")
            .unwrap_or("data/credentials.json"),
    )?;
    let mut tour = Tour::new(&runtime, &credentials, Report::new(output))?;
    platform::catalog(&mut tour)?;
    platform::login(&mut tour, &credentials)?;
    for noun in ["element", "your_mom"] {
        tour.noun = noun;
        for guide in guides::all() {
            guide_in_one_vocabulary(&mut tour, &guide)?;
        }
    }
    common::compare(&mut tour);
    marketing_cloud::walk(&mut tour)?;
    hosted::walk(&mut tour)?;
    if tour.report.close() {
        Ok(())
    } else {
        Err("the tour met something it did not expect".into())
    }
}

fn guide_in_one_vocabulary(tour: &mut Tour, guide: &guides::Guide) -> Result {
    tour.report
        .chapter(&format!("{} through /{}s/api-v2", guide.title, tour.noun));
    let Some(code) = connect::consent(tour, guide)? else {
        return Ok(());
    };
    connect::refusals(tour, guide)?;
    let Some(instance) = connect::provision(tour, guide, &code)? else {
        return Ok(());
    };
    records::walk(tour, guide, &instance)?;
    common::contact(tour, guide, &instance)?;
    salesforce::more(tour, guide, &instance)?;
    marketing::more(tour, guide, &instance)?;
    platform::passthrough(tour, guide, &instance)?;
    platform::explain(tour, guide, &instance)?;
    platform::usage(tour, guide, &instance)?;
    manage::walk(tour, guide, &instance)?;
    connect::remove(tour, &instance)
}

/// Who we are, where the server is, and what has been seen.
pub struct Tour<'a> {
    /// Origin of the server.
    base: String,
    /// Origins of the simulated vendors.
    sandbox: Value,
    user: String,
    organization: String,
    /// The noun in use.
    noun: &'static str,
    /// Makes records of this walk differ from those of any other.
    nonce: String,
    /// Contacts in the common shape, by who told them.
    contacts: Vec<(&'static str, Value)>,
    report: Report<'a>,
}

/// A connected account.
pub struct Instance {
    id: i64,
    token: String,
}

/// Which credentials a request carries.
#[derive(Clone, Copy)]
pub enum Authority<'a> {
    /// None: the catalog and `oauth/url` need none.
    Nobody,
    /// User and organization.
    Caller,
    /// User, organization and an instance's token.
    Account(&'a Instance),
}

impl<'a> Tour<'a> {
    fn new(runtime: &Value, credentials: &Value, mut report: Report<'a>) -> Result<Self> {
        let text = |from: &Value, name: &str| {
            from.get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or(format!("there is no `{name}`"))
        };
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let (user, organization) = (
            text(credentials, "userSecret")?,
            text(credentials, "organizationSecret")?,
        );
        report.hide(&user);
        report.hide(&organization);
        report.hide(&text(credentials, "password")?);
        Ok(Self {
            base: text(runtime, "baseUrl")?.trim_end_matches('/').to_owned(),
            sandbox: runtime
                .get("sandbox")
                .cloned()
                .ok_or("the server runs without --sandbox")?,
            user,
            organization,
            noun: "element",
            contacts: Vec::new(),
            nonce: format!("{:x}", since.map_or(0, |age| age.as_millis())),
            report,
        })
    }

    /// Origin of a simulated vendor.
    fn vendor(&self, name: &str) -> Result<String> {
        let origin = self.sandbox.get(name).and_then(Value::as_str);
        origin
            .map(|origin| origin.trim_end_matches('/').to_owned())
            .ok_or(format!("no sandbox of `{name}`"))
    }

    /// The base path of the noun in use.
    fn api(&self, path: &str) -> String {
        format!("/{}s/api-v2{path}", self.noun)
    }

    /// `name` for elements, or the same word for the noun in use: the guides' `element` and `your_mom`.
    fn word<'w>(&'w self, value: &'w Value) -> &'w Value {
        value.get(self.noun).unwrap_or(&Value::Null)
    }

    /// Calls the server and shows both sides.
    fn call(
        &mut self,
        authority: Authority,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply> {
        let body = body.map(|body| ("application/json".to_owned(), body.to_string().into_bytes()));
        self.call_with(authority, method, path, body)
    }

    /// The same with any body: media type and bytes.
    fn call_with(
        &mut self,
        authority: Authority,
        method: &str,
        path: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> Result<Reply> {
        let mut headers = Vec::new();
        let caller = format!("User {}, Organization {}", self.user, self.organization);
        match authority {
            Authority::Nobody => {}
            Authority::Caller => headers.push(("Authorization".to_owned(), caller)),
            Authority::Account(instance) => {
                // The scheme may be written in either vocabulary.
                let mut scheme = self.noun.to_owned();
                if let Some(first) = scheme.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                headers.push((
                    "Authorization".to_owned(),
                    format!("{caller}, {scheme} {}", instance.token),
                ));
            }
        }
        let body = body.map(|(media, bytes)| {
            headers.push(("Content-Type".to_owned(), media));
            bytes
        });
        let url = format!("{}{path}", self.base);
        self.exchange(Request {
            method: method.to_owned(),
            url,
            headers,
            body: body.unwrap_or_default(),
        })
    }

    /// Sends any request and shows both sides; what is secret in the answer is hidden before it is shown.
    fn exchange(&mut self, request: Request) -> Result<Reply> {
        self.report.request(&request);
        let reply = send(&request)?;
        let body = reply.json();
        let url = body
            .get("oauthUrl")
            .and_then(Value::as_str)
            .unwrap_or_default();
        for place in [reply.header("location").unwrap_or_default(), url] {
            if let Some(code) = query_value(place, "code") {
                self.report.hide(&code);
            }
        }
        for secret in [
            "token",
            "userSecret",
            "organizationSecret",
            "configuration.secret",
        ] {
            self.report
                .hide(at(&body, secret).as_str().unwrap_or_default());
        }
        self.report.reply(&reply);
        Ok(reply)
    }

    /// Checks a status; shows what else came.
    fn expect(&mut self, what: &str, reply: &Reply, status: u16) -> bool {
        self.report
            .equal(what, &reply.status.to_string(), &status.to_string())
    }

    /// Checks an error: its status, the one shape, and a word of its message.
    fn expect_error(&mut self, what: &str, reply: &Reply, status: u16, word: &str) {
        self.expect(what, reply, status);
        let body = reply.json();
        let only = ["requestId", "message", "providerMessage"];
        let shaped = body.as_object().is_some_and(|members| {
            members.contains_key("requestId")
                && members.keys().all(|name| only.contains(&name.as_str()))
        });
        self.report.check("the error has the one shape", shaped);
        let message = body
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.report.check(
            &format!("its message says `{word}`"),
            message.contains(word),
        );
    }
}

/// The value at a dotted path; digits index lists.
fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    let pointer = format!("/{}", path.replace('.', "/"));
    value.pointer(&pointer).unwrap_or(&Value::Null)
}

/// A value as configuration and ids are compared: text without quotes.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// An empty JSON object, for bodies that are built up.
fn object() -> Value {
    json!({})
}
