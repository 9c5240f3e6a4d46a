//! Resource calls as HTTP: the request as the engine takes it, the engine's answer as HTTP.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequest as _, Multipart};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};
use ligand_engine::exchange::{Part, ResourceCall};
use ligand_engine::step::Body as EngineBody;
use ligand_model::error::ErrorKind;
use percent_encoding::percent_decode_str;

use super::answer::{Answer, Content};
use super::body;
use super::call::VendorNote;
use super::dispatch::Arrived;
use super::error::ApiError;
use super::upload::{self, Begun, MOST_PARTS, Taker};
use crate::app::App;
use crate::service::hubs::{self, Called, Target};
use crate::service::transformations::run::{self, Through};
use crate::vendor::drive::Explain;
use crate::vendor::upload::Upload;

/// Calls a resource and answers with what it answers; through a transformation when it was called in common names.
///
/// # Errors
/// Everything a call can fail with, in the one shape.
pub async fn call(
    app: &App,
    target: Target,
    through: Option<Through>,
    arrived: Arrived,
    vendor: &OnceLock<VendorNote>,
) -> Result<Answer, ApiError> {
    hubs::usable(&target.instance)?;
    let explain = explain(&arrived.headers)?;
    let (head, body) = split(arrived);
    // A transformation looks into every body.
    let taker = through.is_none().then_some(Taker {
        element: &target.element,
        resource: target.resource,
        verbatim: false,
    });
    let (call, upload) = match taker {
        Some(taker) => take(app, head, body, taker).await?,
        None => (read(app, head, body, true).await?, None),
    };
    let target = Target { upload, ..target };
    let called = match through {
        Some(through) => run::call(app, target, &through, call, explain).await,
        None => hubs::call(app, target, call, explain).await,
    };
    answer(called, vendor)
}

/// What a request says before its body.
#[derive(Debug)]
pub struct Head {
    /// Verb.
    pub method: String,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded.
    pub raw_query: String,
    /// Headers.
    pub headers: HeaderMap,
}

fn split(arrived: Arrived) -> (Head, axum::body::Body) {
    let head = Head {
        method: arrived.method.as_str().to_owned(),
        path: arrived.path,
        raw_query: arrived.raw_query,
        headers: arrived.headers,
    };
    (head, arrived.body)
}

/// The request as the engine takes it, and what of its body is passed on while it comes in.
///
/// # Errors
/// As [`read`].
pub async fn take(
    app: &App,
    head: Head,
    body: axum::body::Body,
    taker: Taker<'_>,
) -> Result<(ResourceCall, Option<Arc<Upload>>), ApiError> {
    let (parts, upload) = match upload::begin(app, &head.headers, body, taker).await? {
        Begun::Small(body) => return Ok((read(app, head, body, !taker.verbatim).await?, None)),
        Begun::Held(parts) => (parts, None),
        Begun::Form(parts, upload) => (parts, Some(upload)),
        Begun::Raw(upload) => (Vec::new(), Some(upload)),
    };
    let uploaded = upload.is_some() && parts.is_empty();
    let call = ResourceCall {
        uploaded,
        ..of(head, Bytes::new(), parts)
    };
    Ok((call, upload))
}

/// The request as the engine takes it. Multipart bodies are taken apart where `parts` says so.
///
/// # Errors
/// 413 over the limit, 400 for a broken multipart body.
pub async fn read(
    app: &App,
    head: Head,
    body: axum::body::Body,
    parts: bool,
) -> Result<ResourceCall, ApiError> {
    let content_type = content_type(&head.headers);
    let bytes = body::read(&head.headers, body, app.config.http.max_body.0).await?;
    let multipart = content_type.as_deref().is_some_and(|kind| {
        kind.trim_start()
            .to_ascii_lowercase()
            .starts_with("multipart/form-data")
    });
    let (bytes, parts) = match &content_type {
        Some(kind) if multipart && parts => (Bytes::new(), take_apart(kind, bytes).await?),
        _ => (bytes, Vec::new()),
    };
    Ok(of(head, bytes, parts))
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}

fn of(head: Head, bytes: Bytes, parts: Vec<Part>) -> ResourceCall {
    ResourceCall {
        method: head.method,
        path: head.path,
        query: query_pairs(&head.raw_query),
        headers: passed_on(&head.headers),
        body: if bytes.trim_ascii() == b"null" {
            Bytes::new()
        } else {
            bytes
        },
        content_type: content_type(&head.headers),
        parts,
        uploaded: false,
    }
}

/// The engine's answer as ours.
///
/// # Errors
/// What the call failed with.
pub fn answer(called: Called, vendor: &OnceLock<VendorNote>) -> Result<Answer, ApiError> {
    let note = VendorNote {
        status: called.vendor_status,
        attempts: called.attempts,
        waits: called.waits,
        vendor_time: called.vendor_time,
        retry_after: called.retry_after,
        cached: called.cached,
        why: called.why,
    };
    // One call, one note: there is no other writer.
    let _ = vendor.set(note);
    if let Some(explanation) = called.explanation {
        // Not the platform's own JSON: what a vendor is sent keeps its words in every noun.
        let bytes = Bytes::from(explanation.to_string());
        return Ok(Answer::new(Content::Json(bytes)));
    }
    let reply = called.result?;
    let content = match (reply.body, called.stream) {
        (EngineBody::Json(bytes), _) if bytes.is_empty() => Content::Empty,
        (EngineBody::Json(bytes), _) => Content::Json(bytes),
        (EngineBody::Raw(bytes), _) => Content::File(axum::body::Body::from(bytes)),
        (EngineBody::Stream, Some(stream)) => Content::File(axum::body::Body::new(stream)),
        (EngineBody::Stream, None) => Content::File(axum::body::Body::empty()),
    };
    let mut answer = Answer::new(content);
    answer.status = reply.status;
    for (name, value) in &reply.headers {
        answer = answer.header(name, value);
    }
    Ok(answer)
}

/// What `Elements-Explain` asks for.
///
/// # Errors
/// 400 for anything but `true`, `false` and `dry-run`.
pub fn explain(headers: &HeaderMap) -> Result<Explain, ApiError> {
    let Some(value) = headers.get("elements-explain") else {
        return Ok(Explain::Off);
    };
    match value
        .as_bytes()
        .trim_ascii()
        .to_ascii_lowercase()
        .as_slice()
    {
        b"" | b"false" => Ok(Explain::Off),
        b"true" => Ok(Explain::On),
        b"dry-run" => Ok(Explain::DryRun),
        _ => Err(ApiError::invalid(
            "`Elements-Explain` is `true`, `dry-run` or `false`.",
        )),
    }
}

/// Headers that are ours or the connection's, not the call's.
fn passed_on(headers: &HeaderMap) -> Vec<(String, String)> {
    const KEPT_BACK: [HeaderName; 12] = [
        http::header::AUTHORIZATION,
        http::header::PROXY_AUTHORIZATION,
        http::header::COOKIE,
        http::header::HOST,
        http::header::CONNECTION,
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
        http::header::TE,
        http::header::UPGRADE,
        http::header::EXPECT,
        http::header::ACCEPT_ENCODING,
        http::header::ORIGIN,
    ];
    headers
        .iter()
        .filter(|(name, _)| !KEPT_BACK.contains(name) && !name.as_str().starts_with("x-forwarded-"))
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

async fn take_apart(content_type: &str, bytes: Bytes) -> Result<Vec<Part>, ApiError> {
    let broken = || ApiError::invalid("The multipart body is malformed.");
    let mut request = http::Request::builder()
        .header(CONTENT_TYPE, content_type)
        .body(axum::body::Body::from(bytes))
        .map_err(|_| broken())?;
    // The body has been read within its limit already.
    axum::extract::DefaultBodyLimit::disable().apply(&mut request);
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| broken())?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|_| broken())? {
        if parts.len() == MOST_PARTS {
            return Err(ApiError::new(
                ErrorKind::TooLarge,
                format!("The multipart body has more than {MOST_PARTS} parts."),
            ));
        }
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(str::to_owned),
            data: field.bytes().await.map_err(|_| broken())?,
            uploaded: false,
        });
    }
    Ok(parts)
}

/// The pairs of a query, decoded; `+` is a blank.
pub fn query_pairs(raw: &str) -> Vec<(String, String)> {
    if raw.is_empty() {
        return Vec::new();
    }
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_once() {
        assert_eq!(
            query_pairs("where=a%3D'b+c'&tags%5B%5D=x&flag&&e="),
            [
                ("where", "a='b c'"),
                ("tags[]", "x"),
                ("flag", ""),
                ("e", "")
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }

    #[test]
    fn credentials_and_the_connections_headers_stay_here() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("authorization", "User x"),
            ("cookie", "a=b"),
            ("host", "h"),
            ("x-forwarded-for", "1.2.3.4"),
            ("elements-version", "Helium"),
            ("subsite", "s"),
        ] {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let names: Vec<_> = passed_on(&headers)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["elements-version", "subsite"]);
    }

    #[tokio::test]
    async fn a_multipart_body_is_taken_apart() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
            Content-Type: text/plain\r\n\r\nhello\r\n--b--\r\n";
        let parts = take_apart("multipart/form-data; boundary=b", Bytes::from(body))
            .await
            .unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].file_name.as_deref(), Some("a.txt"));
        assert_eq!(parts[0].data, "hello");
        let cut = Bytes::from("--b\r\nContent-Disp");
        assert!(
            take_apart("multipart/form-data; boundary=b", cut)
                .await
                .is_err()
        );
    }
}
