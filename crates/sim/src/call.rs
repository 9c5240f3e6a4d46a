//! A request as simulators see it, and their answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::multipart::{self, Part};

/// One request with its whole body.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method; `X-HTTP-Method-Override` and `_method` have been applied.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query as sent, without `?`.
    pub raw_query: String,
    /// The decoded query in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without transfer encoding.
    pub body: Bytes,
}

impl Call {
    /// A call from its parts. A `POST` may name its real method in `X-HTTP-Method-Override` or in the query's `_method` or
    /// `_HttpMethod`.
    pub fn new(method: Method, path: &str, query: &str, headers: HeaderMap, body: Bytes) -> Self {
        let mut call = Self {
            method,
            path: path.to_owned(),
            raw_query: query.to_owned(),
            query: decode_form(query),
            headers,
            body,
        };
        if call.method == Method::POST {
            let wanted = call
                .header("x-http-method-override")
                .or_else(|| call.query("_method"))
                .or_else(|| call.query("_HttpMethod"))
                .and_then(|name| name.to_ascii_uppercase().parse::<Method>().ok());
            if let Some(wanted) = wanted {
                call.method = wanted;
            }
        }
        call
    }

    /// The decoded path segments; empty ones and `.` are left out, `..` goes up.
    pub fn segments(&self) -> Vec<String> {
        let mut segments: Vec<String> = Vec::new();
        for raw in self.path.split('/') {
            match raw {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                _ => segments.push(percent_decode_str(raw).decode_utf8_lossy().into_owned()),
            }
        }
        segments
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first query parameter of this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The media type of the body in lower case, without parameters; empty when there is none.
    pub fn content_type(&self) -> String {
        let full = self.header("content-type").unwrap_or_default();
        full.split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// The body as text, faulty UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as form fields, whatever its media type says.
    pub fn form(&self) -> Vec<(String, String)> {
        decode_form(&self.text())
    }

    /// Form fields, then query: where OAuth parameters may stand.
    pub fn parameter(&self, name: &str) -> Option<String> {
        first(&self.form(), name)
            .or_else(|| self.query(name))
            .map(str::to_owned)
    }

    /// The body as JSON; an empty body is an error.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The parts of a multipart body; `None` when it is not one or is malformed.
    pub fn parts(&self) -> Option<Vec<Part>> {
        multipart::parse(self.header("content-type")?, &self.body)
    }

    /// Scheme and host that the caller used: `X-Forwarded-Proto` (else `http`) and `Host`.
    pub fn origin(&self) -> String {
        let scheme = match self.header("x-forwarded-proto").map(str::trim) {
            Some("https") => "https",
            _ => "http",
        };
        format!("{scheme}://{}", self.host())
    }

    /// The host that the caller used, with its port when it is not the default.
    pub fn host(&self) -> String {
        let host = self.header("host").unwrap_or("localhost");
        let fine = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        if !host.is_empty() && host.chars().all(fine) {
            host.to_owned()
        } else {
            "localhost".to_owned()
        }
    }

    /// The credentials of the `Authorization` header when its scheme (case ignored) is `scheme`.
    pub fn authorization(&self, scheme: &str) -> Option<&str> {
        let (found, rest) = self.header("authorization")?.trim().split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    }

    /// The bearer token.
    pub fn bearer(&self) -> Option<&str> {
        self.authorization("bearer")
    }

    /// Name and password of HTTP Basic; both percent-decoded never, as clients send them raw.
    pub fn basic(&self) -> Option<(String, String)> {
        let text = self.authorization("basic")?;
        let bytes = STANDARD
            .decode(text)
            .or_else(|_| STANDARD_NO_PAD.decode(text))
            .ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (name, password) = text.split_once(':')?;
        Some((name.to_owned(), password.to_owned()))
    }
}

/// Decodes `a=1&b=x+y`.
pub fn decode_form(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// Percent-encodes everything but unreserved characters.
pub fn encode(text: &str) -> String {
    const SET: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(text, SET).to_string()
}

/// The first value of this name.
pub fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers, boxed to keep replies small as errors; `Content-Length` is added when sent.
    pub headers: Box<HeaderMap>,
    /// The body.
    pub body: Bytes,
    /// There is nothing to tell yet: the call is answered anew when the vendor has news, at the latest after this.
    pub hold: Option<Duration>,
}

impl Reply {
    /// An answer without body.
    pub fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: Box::default(),
            body: Bytes::new(),
            hold: None,
        }
    }

    /// Bytes of a media type.
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(status).header("content-type", content_type);
        reply.body = body.into();
        reply
    }

    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json;charset=UTF-8", body.to_string())
    }

    /// Plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::bytes(status, "text/plain;charset=UTF-8", body.into())
    }

    /// A page; nothing in it may load anything from anywhere.
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::bytes(status, "text/html;charset=UTF-8", body.into())
            .header(
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
            )
            .header("x-content-type-options", "nosniff")
            .header("referrer-policy", "no-referrer")
            .header("cache-control", "no-store")
    }

    /// 302 to `location`; 400 when that cannot stand in a header.
    pub fn redirect(location: &str) -> Self {
        if HeaderValue::from_str(location).is_err() {
            return Self::text(400, "This redirect address cannot be put into a header.");
        }
        Self::empty(302)
            .header("location", location)
            .header("cache-control", "no-store")
    }

    /// Adds a header, replacing one of that name; a value that cannot be sent is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let pair = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        );
        if let (Ok(name), Ok(value)) = pair {
            self.headers.insert(name, value);
        }
        self
    }

    /// Whether the body says it is a page.
    pub fn is_html(&self) -> bool {
        self.headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("text/html"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(path: &str, query: &str, headers: &[(&'static str, &str)]) -> Call {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        Call::new(
            Method::POST,
            path,
            query,
            map,
            Bytes::from_static(b"a=1&b=x+y%26"),
        )
    }

    #[test]
    fn segments_ignore_empty_and_dotted_ones() {
        let call = call("/rest/../bulk//v1/a%20b/", "", &[]);
        assert_eq!(call.segments(), ["bulk", "v1", "a b"]);
    }

    #[test]
    fn origin_follows_host_and_forwarded_scheme() {
        let plain = call("/", "", &[("host", "127.0.0.1:7091")]);
        assert_eq!(plain.origin(), "http://127.0.0.1:7091");
        let mapped = call(
            "/",
            "",
            &[
                ("host", "login.salesforce.com"),
                ("x-forwarded-proto", "https"),
            ],
        );
        assert_eq!(mapped.origin(), "https://login.salesforce.com");
        let odd = call("/", "", &[("host", "a\"><script>")]);
        assert_eq!(odd.origin(), "http://localhost");
    }

    #[test]
    fn form_query_and_credentials_are_decoded() {
        let call = call(
            "/",
            "q=SELECT+Id&x=%C3%A9",
            &[("authorization", "basic Y28vdXNlcjpwOnc=")],
        );
        assert_eq!(call.query("q"), Some("SELECT Id"));
        assert_eq!(call.query("x"), Some("é"));
        assert_eq!(call.parameter("b").as_deref(), Some("x y&"));
        assert_eq!(call.basic(), Some(("co/user".to_owned(), "p:w".to_owned())));
        assert_eq!(call.bearer(), None);
    }

    #[test]
    fn a_post_may_name_its_real_method() {
        assert_eq!(call("/", "_method=GET", &[]).method, Method::GET);
        assert_eq!(
            call("/", "", &[("x-http-method-override", "PATCH")]).method,
            Method::PATCH
        );
    }
}
