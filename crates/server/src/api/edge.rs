//! The edge: what every request passes on its way in and every answer on its way out. Nothing behind it knows.

pub mod nouns;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode};

use super::answer::{Answer, Content};
use super::dispatch::{self, Arrived};
use super::error::ApiError;
use super::once;
use crate::app::App;
use crate::listener::peer::Peer;
use crate::telemetry::trace::{self, Trace};
use crate::telemetry::{Facts, RequestId};
use nouns::Vocabulary;

/// On every answer; the key of `GET /usage/{id}` too.
const REQUEST_ID: HeaderName = HeaderName::from_static("elements-request-id");

/// What a browser's script may read, exactly as the field says it.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, \
     Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition",
);

const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");
const SANDBOX: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
);
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// On a request that leaves no usage row.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;

/// Marks a request as one of an instance: the organization's routes do not answer it.
#[derive(Debug, Clone, Copy)]
pub struct OfInstance;

/// The edge of one application.
#[derive(Debug)]
pub struct Edge {
    app: App,
    vocabulary: Vocabulary,
    /// Whether tokens are taken out of the answers.
    veiled: bool,
}

impl Edge {
    /// The edge with the configured nouns.
    pub fn new(app: App) -> Self {
        let vocabulary = Vocabulary::new(&app.config.api.nouns);
        Self {
            app,
            vocabulary,
            veiled: false,
        }
    }

    /// An edge of our own, with one noun whatever is configured, for the console, which takes tokens out of answers.
    pub fn plain(app: App) -> Self {
        let vocabulary = Vocabulary::new(&[]);
        Self {
            app,
            vocabulary,
            veiled: true,
        }
    }

    /// Answers one request.
    pub async fn answer(&self, request: Request) -> Response {
        let began = Instant::now();
        let id = request.extensions().get::<RequestId>().cloned();
        let id = id.unwrap_or_else(|| RequestId(crate::listener::request_id(&self.app)));
        let foreign = request.headers().contains_key(ORIGIN);
        let mut response = if is_preflight(&request) {
            preflight(request.headers())
        } else {
            self.inside(request, &id, began).await
        };
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            headers.insert(REQUEST_ID, value);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(SANDBOX);
        headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
        if foreign {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        response
    }

    async fn inside(&self, request: Request, id: &RequestId, began: Instant) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        let Some(located) = self.vocabulary.locate(path) else {
            let bases: Vec<_> = self
                .vocabulary
                .iter()
                .map(|noun| format!("/{}/api-v2", noun.plural))
                .collect();
            let hint = format!("No route found; the API is below {}.", bases.join(" and "));
            return ApiError::not_found(hint).into_response(&id.0);
        };
        let mut headers = parts.headers;
        self.spell_headers(&mut headers);
        let told_on = self.app.config.telemetry.trace_vendors;
        let trace = Trace::of(&headers, &self.app.trace_ids, told_on, &self.app.spans);
        let method = parts.method.clone();
        let peer = parts.extensions.get::<Peer>().copied();
        let noun = located.noun;
        let arrived = Arrived {
            id: Arc::clone(&id.0),
            began,
            method: parts.method,
            path: located.path.into_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            headers,
            peer: peer.unwrap_or(Peer {
                address: std::net::Ipv4Addr::UNSPECIFIED.into(),
            }),
            quiet: parts.extensions.get::<Quiet>().is_some(),
            veiled: self.veiled,
            of_instance: parts.extensions.get::<OfInstance>().is_some(),
            body,
        };
        // The future of a whole call is large: boxed, it is not copied from hand to hand.
        let dispatched = if once::is_asked(&arrived.method, &arrived.headers) {
            self.beside(trace.clone(), arrived).await
        } else {
            let answering = dispatch::answer(&self.app, &self.vocabulary, arrived);
            let answering = trace::CURRENT.scope(trace.clone(), answering);
            crate::listener::caught(Box::pin(answering)).await
        };
        let Some((result, mut facts)) = dispatched else {
            tracing::error!(
                request.id = &*id.0,
                "a request met a fault of ours and was given up"
            );
            let error = ApiError::new(
                ligand_model::error::ErrorKind::Internal,
                "An unexpected error occurred",
            );
            return error.into_response(&id.0);
        };
        let mut response = match result {
            Ok(answer) => self.render(noun, answer),
            Err(error) => error.into_response(&id.0),
        };
        if let Some(instance) = facts.instance
            && let Ok(value) = HeaderValue::from_str(&instance.0.to_string())
        {
            let name = HeaderName::from_static("elements-element-instance-id");
            response.headers_mut().insert(name, value);
        }
        if let Ok(value) = HeaderValue::from_str(&trace.id) {
            let name = HeaderName::from_static("elements-trace-id");
            response.headers_mut().insert(name, value);
        }
        trace.end(
            method.as_str(),
            response.status().as_u16(),
            began.elapsed(),
            &facts,
        );
        facts.trace = Some(trace.id);
        response.extensions_mut().insert(facts);
        response
    }

    /// Answers beside the connection: a caller who goes away loses the answer, not the deed's outcome.
    async fn beside(
        &self,
        trace: Trace,
        arrived: Arrived,
    ) -> Option<(Result<Answer, ApiError>, Facts)> {
        let (app, vocabulary) = (self.app.clone(), self.vocabulary.clone());
        let (done, told) = tokio::sync::oneshot::channel();
        self.app.spawn("once", async move {
            let answering = dispatch::answer(&app, &vocabulary, arrived);
            let answering = trace::CURRENT.scope(trace, answering);
            // Nobody may be waiting any more.
            let _ = done.send(crate::listener::caught(Box::pin(answering)).await);
        });
        told.await.ok().flatten()
    }

    /// `Your_moms-X` arrives inside as `Elements-X`.
    fn spell_headers(&self, headers: &mut HeaderMap) {
        let foreign: Vec<(HeaderName, String)> = headers
            .keys()
            .filter_map(|name| Some((name.clone(), self.vocabulary.inner_header(name.as_str())?)))
            .collect();
        for (name, inner) in foreign {
            if let (Some(value), Ok(inner)) =
                (headers.remove(&name), HeaderName::try_from(inner.as_str()))
            {
                headers.entry(inner).or_insert(value);
            }
        }
    }

    fn render(&self, noun: usize, answer: Answer) -> Response {
        let (body, content_type) = match answer.content {
            Content::Empty => (Body::empty(), None),
            Content::Platform(mut value) => {
                self.vocabulary.outer_answer(noun, &mut value);
                (
                    Body::from(serde_json::to_vec(&value).unwrap_or_default()),
                    Some(JSON),
                )
            }
            Content::Json(bytes) => (Body::from(bytes), Some(JSON)),
            Content::File(body) => (body, None),
            Content::Page(html) => (
                Body::from(html),
                Some(HeaderValue::from_static("text/html; charset=utf-8")),
            ),
        };
        let is_page = content_type
            .as_ref()
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text"));
        let is_file = content_type.is_none();
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
        let headers = response.headers_mut();
        for (name, value) in answer.headers {
            headers.insert(name, value);
        }
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
        }
        if is_page {
            headers.insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
        }
        if is_file {
            attach(headers);
        }
        response
    }
}

/// A vendor's bytes never open in a browser as a page of ours.
fn attach(headers: &mut HeaderMap) {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if kind.is_none_or(|kind| kind.starts_with("application/json")) {
        return;
    }
    let said = headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| value.to_str().ok());
    let attached: Cow<'static, str> = match said {
        Some(said)
            if said
                .trim_start()
                .to_ascii_lowercase()
                .starts_with("attachment") =>
        {
            return;
        }
        Some(said) => match said.split_once(';') {
            Some((_, parameters)) => Cow::Owned(format!("attachment;{parameters}")),
            None => Cow::Borrowed("attachment"),
        },
        None => Cow::Borrowed("attachment"),
    };
    let value =
        HeaderValue::from_str(&attached).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    headers.insert(CONTENT_DISPOSITION, value);
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Any page may ask: without the secrets in `Authorization`, which browsers do not add by themselves, nothing is given.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
    );
    let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let wanted = wanted.unwrap_or(HeaderValue::from_static("Authorization, Content-Type"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attached(kind: &str, said: Option<&str>) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        if let Some(said) = said {
            headers.insert(CONTENT_DISPOSITION, said.parse().unwrap());
        }
        attach(&mut headers);
        headers
            .get(CONTENT_DISPOSITION)
            .map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_file_is_always_an_attachment() {
        assert_eq!(attached("text/html", None).as_deref(), Some("attachment"));
        assert_eq!(
            attached("text/html", Some("inline; filename=\"a.html\"")).as_deref(),
            Some("attachment; filename=\"a.html\"")
        );
        let kept = "attachment; filename=\"a\"";
        assert_eq!(attached("image/png", Some(kept)).as_deref(), Some(kept));
        assert_eq!(attached("application/json; charset=utf-8", None), None);
    }
}
