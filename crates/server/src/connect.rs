//! The page on which an application's customers connect their accounts, and its few endpoints.
//!
//! The page knows who it serves by a key that its browser got when it opened the link. The key travels in a header of
//! our own, so no other site can send it; a cookie repeats it where the browser allows one, so that a full page can be
//! loaded again. Nothing here takes the console's session.

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::Response;
use axum::routing::{any, get, post};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use ligand_store::oauth_states::OauthProgress;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::body;
use crate::api::error::ApiError;
use crate::app::App;
use crate::console::account::{answer, text};
use crate::console::{assets, finished, session};
use crate::service::connect::page::{self, Visit};
use crate::service::connect::{PAGE_PATH, SESSION_MS, ask};
use crate::telemetry::{Facts, RequestId};

/// The browser's key.
pub const KEY_HEADER: &str = "x-connect-key";
/// The same, where the browser keeps cookies for us.
pub const COOKIE_NAME: &str = "ligand_connect";
/// Most bytes of a body here.
const MOST: u64 = 256 * 1024;

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send + 'a>>;
type Handler = for<'a> fn(&'a App, HeaderMap, Body) -> Answering<'a>;

/// Every endpoint below `/connect/api`; all are POST, all answer JSON.
pub static ENDPOINTS: &[(&str, Handler)] = &[
    ("/connect/api/open", |app, headers, body| {
        Box::pin(open(app, headers, body))
    }),
    ("/connect/api/consents", |app, headers, body| {
        Box::pin(consent(app, headers, body))
    }),
    ("/connect/api/progress", |app, headers, body| {
        Box::pin(progress(app, headers, body))
    }),
    ("/connect/api/finish", |app, headers, body| {
        Box::pin(finish(app, headers, body))
    }),
];

/// `/connect` and everything below it.
pub fn router(app: App) -> Router {
    let mut router = Router::new()
        .route(PAGE_PATH, get(shell))
        .route("/connect/vendor", post(vendor))
        .with_state(app.clone());
    for (path, handler) in ENDPOINTS {
        let app = app.clone();
        let handling = move |request: Request| {
            let app = app.clone();
            async move { handled(&app, path, *handler, request).await }
        };
        router = router.route(path, post(handling));
    }
    router.route("/connect/api/{*path}", any(nowhere))
}

async fn nowhere() -> Response {
    finished(
        ApiError::not_found("The page has no such endpoint.").into_response(""),
        "",
    )
}

async fn handled(app: &App, path: &'static str, handler: Handler, request: Request) -> Response {
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| Arc::clone(&id.0));
    let id = id.unwrap_or_else(|| crate::listener::request_id(app));
    let (parts, body) = request.into_parts();
    let answered = match session::own_page(&parts.headers, &app.urls.console) {
        Ok(()) => handler(app, parts.headers, body).await,
        Err(error) => Err(error),
    };
    let mut response = answered.unwrap_or_else(|error| error.into_response(&id));
    let facts = Facts {
        path: Some(Arc::from(path)),
        ..Facts::default()
    };
    response.extensions_mut().insert(facts);
    finished(response, &id)
}

/// What names the page.
#[derive(Debug, Deserialize)]
struct Named {
    session: Option<String>,
}

/// `GET /connect?session=…`: the page; frames are for the session's origins alone.
async fn shell(State(app): State<App>, Query(named): Query<Named>) -> Response {
    let origins = match named.session.filter(|handle| handle.len() <= 64) {
        Some(handle) => app.store.connect_origins(&handle).await.ok().flatten(),
        None => None,
    };
    assets::connect_page(&app, &origins.unwrap_or_default())
}

/// `POST /connect/api/open`: with the link's token, once; without one, again in the browser that has the cookie.
///
/// # Shape
/// `{"token": "…"}` → `{"key": "…", …}` as [`page::shown`]
async fn open(app: &App, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let given = body::json(&headers, body, MOST).await?;
    let token = given.get("token").and_then(Value::as_str);
    let kept = session::cookie(&headers, COOKIE_NAME);
    let (visit, key) = page::open(app, token, kept).await?;
    let mut shown = page::shown(app, &visit).await?;
    if let Value::Object(members) = &mut shown {
        members.insert("key".to_owned(), json!(key));
    }
    let mut response = answer(&shown);
    let seconds = SESSION_MS / 1000;
    if let Some(cookie) = session::set(app, COOKIE_NAME, &key, PAGE_PATH, "Strict", seconds) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The session of the key in the header.
async fn visit(app: &App, headers: &HeaderMap) -> Result<Visit, ApiError> {
    let key = headers
        .get(KEY_HEADER)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| ApiError::invalid("This page was opened without its link."))?;
    Ok(page::visit(app, key).await?)
}

/// The element and the values that were typed.
async fn filled(
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, std::collections::BTreeMap<String, String>), ApiError> {
    let given = body::json(headers, body, MOST).await?;
    let typed = match given.get("configuration") {
        None | Some(Value::Null) => Some(std::collections::BTreeMap::new()),
        Some(value) => ask::texts_of(value),
    };
    let typed = typed.ok_or_else(|| ApiError::invalid("`configuration` must hold texts."))?;
    Ok((text(&given, "element")?, typed))
}

/// `POST /connect/api/consents`: begins the vendor's consent; `POST /connect/vendor` then goes there.
///
/// # Shape
/// `{"element": "sfdc", "configuration": {…}}` → `{}`
async fn consent(app: &App, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let visit = visit(app, &headers).await?;
    let (element, typed) = filled(&headers, body).await?;
    page::begin_consent(app, visit, &element, typed).await?;
    Ok(answer(&json!({})))
}

/// `POST /connect/api/progress`
///
/// # Shape
/// `{}` → `{"state": "waiting" | "answered" | "refused" | "unknown", "message": "…"}`
async fn progress(app: &App, headers: HeaderMap, _: Body) -> Result<Response, ApiError> {
    let visit = visit(app, &headers).await?;
    Ok(answer(&match page::progress(app, &visit).await? {
        Some(OauthProgress::Waiting) => json!({"state": "waiting"}),
        Some(OauthProgress::Answered) => json!({"state": "answered"}),
        Some(OauthProgress::Refused(why)) => json!({"state": "refused", "message": why}),
        None => json!({"state": "unknown"}),
    }))
}

/// `POST /connect/api/finish`
///
/// # Shape
/// `{"element": "sfdc", "configuration": {…}}` → `{"instance": {"id": 7, "name": "…"}}`
async fn finish(app: &App, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let visit = visit(app, &headers).await?;
    let (element, typed) = filled(&headers, body).await?;
    let made = page::finish(app, visit, &element, typed).await?;
    Ok(answer(
        &json!({"instance": {"id": made.id, "name": made.name}}),
    ))
}

/// `POST /connect/vendor`: a page in a window of its own that goes on to the vendor. It comes from our page by a form,
/// so that the key stays out of addresses, and it sets the cookie that our callback asks for where a frame could not.
async fn vendor(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match leave(&app, &parts.headers, body).await {
        Ok((url, cookie)) => {
            let mut response = small_page(
                "One moment",
                "Going on to the page where you sign in…",
                Some(&url),
            );
            let headers = response.headers_mut();
            if let Ok(value) = HeaderValue::from_str(&format!("0; url={url}")) {
                headers.insert(HeaderName::from_static("refresh"), value);
            }
            if let Some(cookie) = cookie {
                headers.insert(SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => {
            let mut response = small_page("This did not work", &error.message, None);
            *response.status_mut() = error.status();
            response
        }
    }
}

async fn leave(
    app: &App,
    headers: &HeaderMap,
    body: Body,
) -> Result<(String, Option<HeaderValue>), ApiError> {
    session::own_page(headers, &app.urls.console)?;
    let bytes = body::read(headers, body, 1024).await?;
    let mut fields = url::form_urlencoded::parse(&bytes);
    let (_, key) = fields
        .find(|(name, _)| name == "key")
        .ok_or_else(|| ApiError::invalid("This page was opened without its link."))?;
    let visit = page::visit(app, &key).await?;
    let consent = visit.consent().ok_or_else(|| {
        ApiError::invalid("Nothing is being asked for. Close this window and begin again.")
    })?;
    // An imported element may say anything.
    if !consent.url.starts_with("https://") && !consent.url.starts_with("http://") {
        return Err(ApiError::invalid("The vendor's page has no web address."));
    }
    let cookie = consent
        .browser
        .as_ref()
        .and_then(|value| session::consent_cookie(app, value));
    Ok((consent.url.clone(), cookie))
}

fn small_page(title: &str, sentence: &str, link: Option<&str>) -> Response {
    let page = crate::api::oauth::page(title, sentence, link);
    let mut response = Response::new(Body::from(page));
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
