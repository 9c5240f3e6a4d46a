//! The console's files: inside a release binary, in the source tree for a debug build.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path as PathOf, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use super::Console;
use crate::app::App;
use crate::catalog_files;

/// What a release build carries; empty in a debug build, and where there was no `console/dist`.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// A file that somebody opens by itself does nothing.
const FILE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// Stands in the page for the word that lets its own styles in.
const NONCE: &str = "__NONCE__";

const NO_CONSOLE: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Ligand</title></head>\
    <body><main><h1>This build has no console</h1><p>It was built without <code>console/dist</code>. \
    <code>cargo xtask serve</code> builds the console and a server with it; the binaries of <code>cargo xtask dist</code> \
    hold it too. The API is there all the same.</p></main></body></html>\n";

/// `GET /console`: the page, whatever the path below it.
pub async fn page(State(console): State<Arc<Console>>) -> Response {
    let Some((html, policy)) = with_policy(&console.app, "index.html", "'none'") else {
        return none();
    };
    dressed(
        Response::new(Body::from(html)),
        "text/html; charset=utf-8",
        &policy,
        "no-store",
    )
}

/// `GET /connect`: the page of Connect, which these origins may show in a frame.
pub fn connect_page(app: &App, origins: &[String]) -> Response {
    let ancestors = if origins.is_empty() {
        "'none'".to_owned()
    } else {
        origins.join(" ")
    };
    let Some((html, policy)) = with_policy(app, "connect.html", &ancestors) else {
        return none();
    };
    let mut response = dressed(
        Response::new(Body::from(html)),
        "text/html; charset=utf-8",
        &policy,
        "no-store",
    );
    let headers = response.headers_mut();
    // Its form goes to us alone, and is believed by the origin that browsers leave out where no referrer is sent.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if !origins.is_empty() {
        headers.remove(X_FRAME_OPTIONS);
    }
    response
}

/// A page of ours with its own random word, and the policy that lets this word in.
fn with_policy(app: &App, name: &str, ancestors: &str) -> Option<(String, String)> {
    let bytes = find(name)?;
    let mut random = [0; 16];
    app.entropy.fill(&mut random);
    let nonce = URL_SAFE_NO_PAD.encode(random);
    let html = String::from_utf8_lossy(&bytes).replace(NONCE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    );
    Some((html, policy))
}

fn none() -> Response {
    let mut response = Response::new(Body::from(NO_CONSOLE));
    *response.status_mut() = StatusCode::NOT_FOUND;
    dressed(
        response,
        "text/html; charset=utf-8",
        "default-src 'none'",
        "no-store",
    )
}

/// `GET /console/{path}`: a file, else the page, whose router knows the path.
pub async fn file(
    state: State<Arc<Console>>,
    PathOf(path): PathOf<String>,
    headers: HeaderMap,
) -> Response {
    let kind = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => return page(state).await,
    };
    let zipped = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("gzip"))
        .then(|| find(&format!("{path}.gz")))
        .flatten();
    let is_zipped = zipped.is_some();
    let Some(bytes) = zipped.or_else(|| find(&path)) else {
        let mut response = Response::new(Body::from("There is no such file.\n"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return dressed(
            response,
            "text/plain; charset=utf-8",
            "default-src 'none'",
            "no-store",
        );
    };
    // Names of files below `assets` change with their contents.
    let kept = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = dressed(
        Response::new(Body::from(bytes.into_owned())),
        kind,
        FILE_POLICY,
        kept,
    );
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if is_zipped {
        response
            .headers_mut()
            .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// `GET /console/monograms/{key}.svg`
pub async fn monogram(
    State(console): State<Arc<Console>>,
    PathOf(name): PathOf<String>,
) -> Response {
    let key = name.strip_suffix(".svg").unwrap_or_default();
    beside(&console, key, "monogram.svg", "image/svg+xml")
}

/// `GET /console/guides/{key}.md`: what the element's own page says about registering and configuring.
pub async fn guide(State(console): State<Arc<Console>>, PathOf(name): PathOf<String>) -> Response {
    let key = name.strip_suffix(".md").unwrap_or_default();
    beside(&console, key, "README.md", "text/plain; charset=utf-8")
}

fn beside(console: &Console, key: &str, name: &str, kind: &str) -> Response {
    let mut response = Response::new(Body::empty());
    match catalog_files::beside(&console.app.config.catalog.dir, key, name) {
        Some(bytes) => *response.body_mut() = Body::from(bytes),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    dressed(response, kind, FILE_POLICY, "max-age=3600")
}

fn dressed(mut response: Response, kind: &str, policy: &str, kept: &'static str) -> Response {
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &str); 8] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, kept),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin-allow-popups",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    for (name, value) in fixed {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// A file of the console by its name below `console/dist`.
fn find(name: &str) -> Option<Cow<'static, [u8]>> {
    if !EMBEDDED.is_empty() {
        let (_, bytes) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        return Some(Cow::Borrowed(bytes));
    }
    // A debug build reads the source tree's; a release build was made without.
    if !cfg!(debug_assertions)
        || name
            .split('/')
            .any(|part| part.is_empty() || part.starts_with('.'))
    {
        return None;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/dist");
    std::fs::read(root.join(name)).ok().map(Cow::Owned)
}
