//! Whether we live, and whether we can serve.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};

use crate::app::App;
use crate::telemetry::Facts;

/// `GET /health/live` and `GET /health/ready`.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(app)
}

/// `GET /metrics`, for the listener of its own.
pub fn metrics(app: App) -> Router {
    Router::new()
        .route("/metrics", get(numbers))
        .with_state(app)
}

async fn live() -> Response {
    json(
        "/health/live",
        StatusCode::OK,
        r#"{"status":"live"}"#.to_owned(),
    )
}

/// Database, key and catalog. The key was proved against the database when it was opened.
async fn ready(State(app): State<App>) -> Response {
    let pinged = tokio::time::timeout(Duration::from_secs(2), app.store.ping()).await;
    let database = matches!(pinged, Ok(Ok(())));
    let catalog = app.catalog.iter().next().is_some();
    let stopping = app.tasks.stopping().is_stopping();
    let word = |good| if good { "ok" } else { "failed" };
    let good = database && catalog && !stopping;
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let summary = match (good, stopping) {
        (true, _) => "ready",
        (false, true) => "stopping",
        (false, false) => "not ready",
    };
    json(
        "/health/ready",
        status,
        format!(
            r#"{{"status":"{summary}","database":"{}","key":"{}","catalog":"{}"}}"#,
            word(database),
            word(true),
            word(catalog)
        ),
    )
}

async fn numbers(State(app): State<App>) -> Response {
    let text = app.metrics.render(app.store.statements());
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}

fn json(path: &'static str, status: StatusCode, body: String) -> Response {
    let facts = Facts {
        path: Some(path.into()),
        ..Facts::default()
    };
    (
        status,
        Extension(facts),
        [(CONTENT_TYPE, "application/json")],
        body,
    )
        .into_response()
}
