//! The API: one table of routes behind one edge.
//!
//! | part | sentence |
//! |---|---|
//! | [`edge`] | vocabularies, request ids, CORS, security headers: nothing behind it knows of them |
//! | [`dispatch`] | who calls, and whether an element's resource or a platform route answers |
//! | [`routes`] | every platform route, once |
//! | [`error`] | the one error shape and the only table of statuses |

pub mod accounts;
pub mod answer;
pub mod api_keys;
pub mod applications;
pub mod authentication;
pub mod authorization;
pub mod body;
pub mod builder;
pub mod call;
pub mod check;
pub mod common_resources;
pub mod connect;
pub mod custody;
pub mod dispatch;
pub mod docs;
pub mod edge;
pub mod elements;
pub mod error;
pub mod hubs;
pub mod instances;
pub mod notices;
pub mod oauth;
pub mod objects;
pub mod once;
pub mod openapi;
pub mod organizations;
pub mod page;
pub mod passthrough;
pub mod permit;
pub mod resources;
pub mod routes;
pub mod transformations;
pub mod upload;
pub mod usage;
pub mod users;
pub mod vdrs;
pub mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;

use crate::app::App;
use crate::{connect as connect_page, console};
use edge::Edge;

/// The API as a router; everything that nobody else claims comes here.
pub fn router(app: App) -> Router {
    let edge = Arc::new(Edge::new(app.clone()));
    let own = Arc::clone(&edge);
    app.own.serve(Box::new(move |request| {
        let edge = Arc::clone(&own);
        Box::pin(async move { edge.answer(request).await })
    }));
    Router::new()
        .fallback(enter)
        .with_state(edge)
        .merge(console::router(app.clone()))
        .merge(connect_page::router(app))
}

async fn enter(State(edge): State<Arc<Edge>>, request: Request) -> Response {
    edge.answer(request).await
}
