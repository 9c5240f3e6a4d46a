//! The one client for vendors: no redirects, deadlines, size caps, the guard; connections are kept and reused.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap,
    HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{Method, Request, Uri, Version};
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ligand_model::error::ErrorKind;
use tokio::time::Instant;
use tokio_rustls::rustls::ClientConfig;

use super::address::{ConnectError, Connector};
use super::answer::{Unreadable, VendorBody, read_beginning, read_whole};
use super::guard::{Guard, Refusal};
use super::upload::{Outgoing, Upload};
use crate::config;
use ligand_engine::step::{VendorReply, VendorRequest};

const AGENT: HeaderValue = HeaderValue::from_static(concat!("Ligand/", env!("CARGO_PKG_VERSION")));
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HTTPS: HeaderValue = HeaderValue::from_static("https");

/// An answer of JSON up to this many bytes may be an error although its status is a success.
const LONGEST_ERROR: usize = 64 * 1024;

/// What a caller is told whose upload would have to be sent again.
pub(super) const ONCE: &str =
    "The vendor wanted the upload a second time, and a large one is sent once; make the call again";

/// Sends requests to vendors; clones share connections.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<Connector, Outgoing>,
    guard: Guard,
    limits: Limits,
}

#[derive(Clone, Copy)]
struct Limits {
    response: u64,
    stream: u64,
    stream_timeout: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status, headers and, unless it is streamed, the body.
    pub reply: VendorReply,
    /// The body, when it is streamed.
    pub stream: Option<VendorBody>,
}

/// A call that brought no answer: the kind, and a sentence that is safe for the caller and names no more than the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unanswered {
    /// Timeout, VendorUnavailable, Forbidden or Invalid.
    pub kind: ErrorKind,
    /// The sentence.
    pub message: String,
    /// Whether the vendor may have got the request all the same.
    pub arrived: bool,
}

impl Unanswered {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            arrived: true,
        }
    }

    /// Certainly nothing of it arrived.
    pub fn unsent(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            arrived: false,
            ..Self::new(kind, message)
        }
    }
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Malformed | Refusal::Credentials(_) => ErrorKind::Invalid,
            Refusal::NotHttps(_) | Refusal::Private(_) => ErrorKind::Forbidden,
        };
        Self::unsent(kind, refusal.to_string())
    }
}

impl Client {
    /// Makes the client; `opened` counts the connections it opens.
    pub fn new(
        vendor: &config::Vendor,
        guard: Guard,
        tls: Arc<ClientConfig>,
        opened: Arc<AtomicU64>,
    ) -> Self {
        let connector = Connector::new(guard.clone(), tls, vendor.connect_timeout.0, opened);
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(vendor.idle_timeout.0)
            .pool_max_idle_per_host(usize::try_from(vendor.idle_connections).unwrap_or(usize::MAX))
            // Also the read buffer: an answer's head must fit.
            .http1_max_buf_size(vendor.max_headers.bytes().max(8192))
            .build(connector);
        let limits = Limits {
            response: vendor.max_response.0,
            stream: vendor.max_stream.0,
            stream_timeout: vendor.stream_timeout.0,
        };
        Self {
            http,
            guard,
            limits,
        }
    }

    /// Whether a URL may be called, as far as that can be told without resolving its host.
    ///
    /// # Errors
    /// [`Refusal`], safe for the caller.
    pub fn admits(&self, url: &str) -> Result<(), Refusal> {
        self.guard.admit(url.to_owned()).map(drop)
    }

    /// Whether the sandbox stands in the place of a host.
    pub fn is_simulated(&self, host: &str) -> bool {
        let target = self.guard.target(host);
        target.is_some_and(|target| target.simulated)
    }

    /// Sends one request. Redirects are answers like any other; the frozen hosts are the driver's to check.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn send(
        &self,
        request: VendorRequest,
        deadline: Instant,
    ) -> Result<Answer, Unanswered> {
        self.send_with(request, None, deadline).await
    }

    /// As [`Client::send`]; where the request says so, `upload` stands in its body.
    ///
    /// # Errors
    /// [`Unanswered`]; an upload that has been sent before is not sent again.
    pub async fn send_with(
        &self,
        request: VendorRequest,
        upload: Option<&Upload>,
        deadline: Instant,
    ) -> Result<Answer, Unanswered> {
        let stream = request.stream;
        let body = match request.after_upload {
            None => Outgoing::Whole(Full::new(request.body)),
            Some(after) => upload
                .and_then(|upload| upload.take(request.body, after))
                .ok_or_else(|| Unanswered::unsent(ErrorKind::Unavailable, ONCE))?,
        };
        let admitted = self.guard.admit(request.url)?;
        let host = admitted.uri.host().unwrap_or_default().to_owned();
        let late = || Unanswered::new(ErrorKind::Timeout, format!("{host} did not answer in time"));
        let message = compose(
            &request.method,
            admitted.uri,
            request.headers,
            body,
            admitted.mapped,
            stream,
        )?;
        let exchange = async {
            let response = self
                .http
                .request(message)
                .await
                .map_err(|error| explain(&error, &host))?;
            self.take(response, stream, &host).await
        };
        tokio::time::timeout_at(deadline, exchange)
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn take(
        &self,
        response: http::Response<Incoming>,
        stream: bool,
        host: &str,
    ) -> Result<Answer, Unanswered> {
        let (parts, body) = response.into_parts();
        let status = parts.status.as_u16();
        // A refusal is read, so that the engine can say what the vendor said.
        let stream = stream && parts.status.is_success();
        if !stream && is_encoded(&parts.headers) {
            return Err(Unanswered::new(
                ErrorKind::VendorUnavailable,
                format!("{host} answered in an encoding that was not asked for"),
            ));
        }
        let headers = collect(&parts.headers);
        let unreadable = |fault: Unreadable| {
            let message = match fault {
                Unreadable::TooLarge => format!(
                    "The answer of {host} is larger than the {} bytes that are read",
                    self.limits.response
                ),
                Unreadable::Cut => format!("{host} cut its answer short"),
                Unreadable::Late => format!("{host} did not answer in time"),
            };
            Unanswered::new(ErrorKind::VendorUnavailable, message)
        };
        if stream {
            let mut body = body;
            let (begun, whole) = if may_be_an_error(&parts.headers) {
                read_beginning(&mut body, LONGEST_ERROR)
                    .await
                    .map_err(unreadable)?
            } else {
                (bytes::Bytes::new(), false)
            };
            let shown = if whole {
                begun.clone()
            } else {
                bytes::Bytes::new()
            };
            let (most, patience) = (self.limits.stream, self.limits.stream_timeout);
            return Ok(Answer {
                reply: VendorReply {
                    status,
                    headers,
                    body: shown,
                },
                stream: Some(VendorBody::new(begun, body, most, patience)),
            });
        }
        let body = read_whole(body, self.limits.response)
            .await
            .map_err(unreadable)?;
        Ok(Answer {
            reply: VendorReply {
                status,
                headers,
                body,
            },
            stream: None,
        })
    }
}

/// Some vendors say what went wrong in a success of JSON; one that is short is read whole, so that the engine can tell.
fn may_be_an_error(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    !is_encoded(headers) && kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        let value = value.as_bytes();
        !value.is_empty() && !value.eq_ignore_ascii_case(b"identity")
    })
}

fn collect(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

/// Makes the message. Headers that belong to the connection are ours to set.
fn compose(
    method: &str,
    uri: Uri,
    headers: Vec<(String, String)>,
    body: Outgoing,
    mapped: bool,
    stream: bool,
) -> Result<Request<Outgoing>, Unanswered> {
    let invalid = |what: String| Unanswered::unsent(ErrorKind::Invalid, what);
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| invalid(format!("`{method}` is not an HTTP method")))?;
    let mut map = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            invalid("A header of the vendor request has a name that cannot be sent".into())
        })?;
        let ours = known == HOST
            || known == CONTENT_LENGTH
            || known == TRANSFER_ENCODING
            || known == CONNECTION
            || known == UPGRADE
            || known == FORWARDED_PROTO
            // An answer that is read must not be compressed; one that is passed through may be.
            || (known == ACCEPT_ENCODING && !stream);
        if ours {
            continue;
        }
        let value = HeaderValue::try_from(value).map_err(|_| {
            invalid(format!(
                "The header `{known}` of the vendor request has a value that cannot be sent"
            ))
        })?;
        map.append(known, value);
    }
    if !map.contains_key(USER_AGENT) {
        map.insert(USER_AGENT, AGENT);
    }
    if !map.contains_key(ACCEPT_ENCODING) {
        map.insert(ACCEPT_ENCODING, IDENTITY);
    }
    if mapped {
        let https = uri.scheme_str() == Some("https");
        let scheme = if https {
            HTTPS
        } else {
            HeaderValue::from_static("http")
        };
        map.insert(FORWARDED_PROTO, scheme);
    }
    // A body-less POST says so; hyper would otherwise leave the length out.
    if body.is_end_stream()
        && (method == Method::POST || method == Method::PUT || method == Method::PATCH)
    {
        map.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = map;
    Ok(request)
}

/// What a failed call means, in a sentence that names the host only.
fn explain(error: &legacy::Error, host: &str) -> Unanswered {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(failed) = inner.downcast_ref::<ConnectError>() {
            tracing::debug!(host, error = %Chain(failed), "no connection to {host}");
            return match failed {
                ConnectError::Refused(refusal) => refusal.clone().into(),
                ConnectError::Timeout(_) => {
                    Unanswered::unsent(ErrorKind::Timeout, failed.to_string())
                }
                other => Unanswered::unsent(ErrorKind::VendorUnavailable, other.to_string()),
            };
        }
        if let Some(failed) = inner.downcast_ref::<hyper::Error>() {
            let message = if failed.is_parse() {
                format!("{host} answered something that is not HTTP")
            } else {
                format!("{host} closed the connection without an answer")
            };
            return Unanswered::new(ErrorKind::VendorUnavailable, message);
        }
        cause = inner.source();
    }
    Unanswered::new(
        ErrorKind::VendorUnavailable,
        format!("{host} could not be called"),
    )
}

/// An error with its causes, for our log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
