//! The vendor's side of a link: the request that goes out, the reply that comes in.

use std::sync::Arc;

use ligand_model::configuration::lookup;
use ligand_model::element::Xml;

use super::content::Content;
use super::reply;
use super::{Answer, Exchange, Level, State, Streaming, invalid, obtains_grant};
use crate::error::Error;
use crate::oauth::{self, GrantKind};
use crate::redact;
use crate::step::{Body, Failure, Reply, Step, VendorReply};
use crate::template;

impl Exchange {
    pub(super) fn send(&mut self) -> Result<Step, Failure> {
        let watched = !self.hooks_of("postRequest").is_empty();
        // Hooks after the vendor see what it was asked.
        let mut draft = if watched {
            self.draft.clone()
        } else {
            std::mem::take(&mut self.draft)
        };
        let url = self.vendor_url(&draft.path)?;
        let asked = draft
            .header("elements-stream")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        draft.remove_header("elements-stream");
        self.streaming = match self.resource()?.answer.as_deref() {
            Some("stream" | "verbatim") => Streaming::Passed,
            _ if !asked => Streaming::No,
            _ if !watched => Streaming::Passed,
            _ => Streaming::Watched,
        };
        let stream = self.streaming == Streaming::Passed;
        self.state = State::AtVendor;
        let signed = oauth::grant_kind(&self.compiled.element, &self.values) == GrantKind::Oauth1;
        if signed {
            draft.note("header", "Authorization", Level::Authentication, "");
        }
        if draft
            .request_root
            .as_deref()
            .is_some_and(|root| !root.is_empty())
        {
            draft.note("body", "", Level::Resource, "its root key");
        }
        self.origins = draft.trail.take().unwrap_or_default();
        let mut request = draft.into_request(url, stream);
        request.carries_application_secret = obtains_grant(self.resource()?);
        let element = &self.compiled.element;
        if signed {
            let nonce = format!("{}{}", self.setting.nonce, self.sent);
            oauth::sign_call(
                element,
                &self.values,
                &mut request,
                &nonce,
                self.setting.now,
            );
        }
        self.sent += 1;
        Ok(Step::Send(Box::new(request)))
    }

    /// Base and path put together; a token still open cannot be sent.
    pub(super) fn vendor_url(&self, path: &str) -> Result<String, Failure> {
        let element = &self.compiled.element;
        let absolute = path.starts_with("http://") || path.starts_with("https://");
        let url = if absolute {
            path.to_owned()
        } else {
            // Its tokens are filled here, where it is known which stand in the host, the path and the query.
            let base = lookup(&self.values, element, "base.url").unwrap_or_default();
            let base = template::fill_url(base, |name| {
                let key = element
                    .parameters
                    .iter()
                    .find(|p| {
                        p.vendor_type == "path"
                            && p.vendor_name == name
                            && p.kind == "configuration"
                    })
                    .map_or(name, |parameter| parameter.name.as_str());
                template::resolve(element, &self.values, key)
                    .filter(|value| !value.is_empty())
                    .or_else(|| self.variables.get(name).cloned())
            })
            .map_err(invalid)?;
            join(&base, path)
        };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(invalid(Error::Invalid(
                "The instance has no `base.url`; set it in its configuration.".to_owned(),
            )));
        }
        let (address, query) = url
            .split_once('?')
            .map_or((url.as_str(), None), |(a, q)| (a, Some(q)));
        if let Some(open) = address.find('{') {
            let token = address.get(open..).unwrap_or_default();
            let token = token.split_inclusive('}').next().unwrap_or(token);
            return Err(invalid(Error::Invalid(format!(
                "The path value {token} is missing."
            ))));
        }
        let query = query
            .map(|query| format!("?{}", template::encode_rest(query)))
            .unwrap_or_default();
        Ok(format!("{}{query}", template::encode_rest(address)))
    }

    /// The status that an answer amounts to by the element's error rules: some vendors report errors in a 200.
    ///
    /// Only short answers are looked into; records are long.
    pub fn amounts_to(&self, reply: &VendorReply) -> u16 {
        const SHORT: usize = 4096;
        let element = &self.compiled.element;
        let ruled = element
            .errors
            .iter()
            .any(|rule| rule.status.contains(&reply.status));
        let hidden = (200..300).contains(&reply.status) && ruled;
        if (!hidden && reply.status < 400) || reply.body.len() > SHORT {
            return reply.status;
        }
        let mut content = Content::of(reply, self.reads_xml());
        let verdict = reply::judge(element, reply.status, &mut content);
        verdict.map_or(reply.status, |verdict| verdict.status)
    }

    /// What the resource says of answers in XML.
    fn reads_xml(&self) -> Option<&Xml> {
        self.compiled.resource(self.resource)?.xml.as_deref()
    }

    pub(super) fn replied(&mut self, reply: VendorReply) -> Result<Step, Failure> {
        self.vendor_status = Some(reply.status);
        let compiled = Arc::clone(&self.compiled);
        let whole = (200..300).contains(&reply.status);
        let mut content = match self.streaming {
            Streaming::Watched if whole => Content::text_of(&reply),
            _ => Content::of(&reply, self.reads_xml()),
        };
        let mut verdict = reply::judge(&compiled.element, reply.status, &mut content);
        if self.streaming == Streaming::Passed && whole {
            // Only a short answer of JSON is here to be judged; what is no error is passed on by the driver.
            let verbatim = self.resource()?.answer.as_deref() == Some("verbatim");
            verdict = verdict.filter(|verdict| verdict.status == 401 || !verbatim);
            if verdict.is_none() {
                let reply = stream_reply(&reply.headers, Body::Stream);
                return Ok(self.done(Ok(reply)));
            }
        }
        if let Some(verdict) = &verdict
            && verdict.status == 401
            && !self.refreshed
            && (self.renews_grant() || self.renews_session())
        {
            self.state = State::Refreshing;
            return Ok(Step::Refresh);
        }
        let failure = verdict.map(|verdict| {
            let said = redact::provider_message(&content.text(), &self.values);
            let mut failure = reply::failure(&verdict, said);
            failure.message = redact::line(&failure.message, &self.values);
            failure
        });
        if failure.is_none() && self.writes_records() {
            self.written = Some(reply.status);
        }
        self.answer = Some(Answer {
            status: reply.status,
            headers: reply.headers,
            content,
            raw: None,
            rooted: false,
            failure,
        });
        self.state = State::AfterVendor;
        self.hooks = self.hooks_of("postRequest");
        self.next_hook_or(Self::finish_link)
    }
}

/// Base URL and vendor path with exactly one slash between them, none before `?` or `&`.
fn join(base: &str, path: &str) -> String {
    if path.is_empty() || path.starts_with(['?', '&']) {
        return format!("{base}{path}");
    }
    format!(
        "{}/{}",
        base.trim_end_matches('/'),
        path.trim_start_matches('/')
    )
}

/// A file: the vendor's bytes with what describes them.
pub(super) fn stream_reply(headers: &[(String, String)], body: Body) -> Reply {
    const DESCRIBING: [&str; 5] = [
        "content-type",
        "content-length",
        "content-disposition",
        "etag",
        "last-modified",
    ];
    let headers = headers
        .iter()
        .filter(|(name, _)| DESCRIBING.contains(&name.as_str()))
        // Bytes at hand state their own length; the vendor's may have been that of a compressed body.
        .filter(|(name, _)| name != "content-length" || matches!(body, Body::Stream))
        .cloned()
        .collect();
    Reply {
        status: 200,
        headers,
        body,
    }
}
