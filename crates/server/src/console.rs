//! The console: its files, and the thin endpoints through which a signed-in browser reaches the platform.
//!
//! A browser holds a session cookie and nothing else that is secret. The endpoints below `/console/api` check it, ask
//! for a token against forged requests, and hand the call to the same edge that answers the API.
//!
//! | part | sentence |
//! |---|---|
//! | [`assets`] | what `console/dist` holds, with the policy that the page runs under |
//! | [`session`] | the cookie, the token beside it, and who is signed in |
//! | [`account`] | signing in and out, the password, and what is shown after asking for it again |
//! | [`bridge`] | platform calls and element calls on the browser's behalf |

pub mod account;
pub mod assets;
pub mod bridge;
pub mod session;

use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{MethodFilter, any, get, on};
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use crate::api::edge::Edge;
use crate::api::error::ApiError;
use crate::app::App;
use crate::telemetry::{Facts, RequestId};
use session::Session;

/// What the endpoints share.
#[derive(Debug)]
pub struct Console {
    /// The application.
    pub app: App,
    /// The API's edge, in the console's own words.
    pub edge: Edge,
}

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone, from a page of ours.
    Open,
    /// Whoever is signed in, even before the first password was changed.
    Session,
    /// Whoever is signed in and has a password of their own.
    SignedIn,
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send + 'a>>;

/// One endpoint.
pub struct Endpoint {
    /// Verb; `*` for any.
    pub method: &'static str,
    /// Path, as the router reads it.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    handler: for<'a> fn(&'a Console, Visit) -> Answering<'a>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A request that was let in.
#[derive(Debug)]
pub struct Visit {
    /// The request.
    pub request: Request,
    /// Who is signed in; nobody at [`Access::Open`].
    pub session: Option<Session>,
}

impl Visit {
    /// Who is signed in.
    ///
    /// # Errors
    /// 401.
    pub fn session(&self) -> Result<&Session, ApiError> {
        self.session.as_ref().ok_or_else(session::over)
    }
}

macro_rules! endpoints {
    ($($method:literal $path:literal $access:ident => $handler:path;)+) => {
        &[$(Endpoint {
            method: $method,
            path: $path,
            access: Access::$access,
            handler: |console, visit| Box::pin($handler(console, visit)),
        }),+]
    };
}

/// Every endpoint, once: the router and the tests read this table.
pub static ENDPOINTS: &[Endpoint] = endpoints! {
    "POST" "/console/api/session" Open => account::sign_in;
    "GET" "/console/api/session" Session => account::show;
    "DELETE" "/console/api/session" Session => account::sign_out;
    "POST" "/console/api/password" Session => account::change_password;
    "POST" "/console/api/secrets" SignedIn => account::secrets;
    "POST" "/console/api/instances/{id}/token" SignedIn => account::token;
    "POST" "/console/api/keys" SignedIn => account::make_key;
    "POST" "/console/api/keys/{id}/secret" SignedIn => account::renew_key;
    "POST" "/console/api/consents" SignedIn => bridge::begin_consent;
    "POST" "/console/api/consents/progress" SignedIn => bridge::consent_progress;
    "*" "/console/api/instances/{id}/call/{*path}" SignedIn => bridge::call;
    "*" "/console/api/platform/{*path}" SignedIn => bridge::platform;
};

/// `/console` and everything below it.
pub fn router(app: App) -> Router {
    let console = Arc::new(Console {
        edge: Edge::plain(app.clone()),
        app,
    });
    let mut router = Router::new()
        .route("/console", get(assets::page))
        .route("/console/", get(assets::page))
        .route("/console/{*path}", get(assets::file))
        .route("/console/monograms/{name}", get(assets::monogram))
        .route("/console/guides/{name}", get(assets::guide))
        .route("/console/api/{*path}", any(nowhere))
        .with_state(Arc::clone(&console));
    for endpoint in ENDPOINTS {
        let console = Arc::clone(&console);
        let handler = move |request: Request| {
            let console = Arc::clone(&console);
            async move { console.answer(endpoint, request).await }
        };
        let method = match endpoint.method {
            "GET" => on(MethodFilter::GET, handler),
            "POST" => on(MethodFilter::POST, handler),
            "DELETE" => on(MethodFilter::DELETE, handler),
            _ => any(handler),
        };
        router = router.route(endpoint.path, method);
    }
    router
}

async fn nowhere() -> Response {
    finished(
        ApiError::not_found("The console has no such endpoint.").into_response(""),
        "",
    )
}

impl Console {
    async fn answer(&self, endpoint: &'static Endpoint, request: Request) -> Response {
        let id = request
            .extensions()
            .get::<RequestId>()
            .map(|id| Arc::clone(&id.0));
        let id = id.unwrap_or_else(|| crate::listener::request_id(&self.app));
        let answered = match self.admit(endpoint, request.headers()).await {
            Ok(session) => (endpoint.handler)(self, Visit { request, session }).await,
            Err(error) => Err(error),
        };
        let mut response = answered.unwrap_or_else(|error| error.into_response(&id));
        if response.extensions().get::<Facts>().is_none() {
            let facts = Facts {
                path: Some(Arc::from(endpoint.path)),
                ..Facts::default()
            };
            response.extensions_mut().insert(facts);
        }
        finished(response, &id)
    }

    /// Lets a request in, or says why not.
    async fn admit(
        &self,
        endpoint: &Endpoint,
        headers: &HeaderMap,
    ) -> Result<Option<Session>, ApiError> {
        session::own_page(headers, &self.app.urls.console)?;
        if endpoint.access == Access::Open {
            session::marked(headers)?;
            return Ok(None);
        }
        let session = Session::of(&self.app, headers).await?;
        // Asking who is signed in is how a page learns the token, so that one question goes without.
        if endpoint.method != "GET" {
            session.check_token(headers)?;
        }
        if endpoint.access == Access::SignedIn && session.user.must_change_password {
            return Err(session::password_first());
        }
        Ok(Some(session))
    }
}

/// What every answer below `/console/api` carries: it is data, never a page, and nobody keeps it.
pub fn finished(mut response: Response, id: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id)
        && !id.is_empty()
    {
        headers.insert("elements-request-id", value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    headers.remove(http::header::ACCESS_CONTROL_ALLOW_ORIGIN);
    headers.remove(http::header::ACCESS_CONTROL_EXPOSE_HEADERS);
    response
}
