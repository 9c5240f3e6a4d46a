//! The one shape of every error answer, and the only place where a kind becomes a status.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use ligand_model::error::{Classify, ErrorKind};
use serde::Serialize;

use crate::service;

/// An error on its way to the caller.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// Decides the status, unless `status` is given.
    pub kind: ErrorKind,
    /// A status that an element's rule or hook asked for.
    pub status: Option<u16>,
    /// A sentence for the caller.
    pub message: String,
    /// The vendor's own words.
    pub provider_message: Option<String>,
    /// Further answer headers (`Allow`).
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// `{requestId, message, providerMessage?}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shape<'a> {
    request_id: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_message: Option<&'a str>,
}

impl ApiError {
    /// An error of this kind with a sentence for the caller.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            message: message.into(),
            provider_message: None,
            headers: Vec::new(),
        }
    }

    /// 400.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// 401 with the one message that says nothing about which part was wrong.
    pub fn unauthenticated() -> Self {
        Self::new(
            ErrorKind::Unauthenticated,
            service::callers::BAD_CREDENTIALS,
        )
    }

    /// 405 with `Allow`.
    pub fn method_not_allowed(method: &str, path: &str, allowed: &[String]) -> Self {
        let list = allowed.join(", ");
        let mut error = Self::new(
            ErrorKind::MethodNotAllowed,
            format!("{method} is not allowed on {path}; allowed: {list}."),
        );
        if let Ok(value) = HeaderValue::from_str(&list) {
            error.headers.push((http::header::ALLOW, value));
        }
        error
    }

    /// The status it answers with.
    pub fn status(&self) -> StatusCode {
        self.status
            .filter(|status| (400..600).contains(status))
            .and_then(|status| StatusCode::from_u16(status).ok())
            .or_else(|| StatusCode::from_u16(self.kind.status()).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer, in the one shape.
    pub fn into_response(self, request_id: &str) -> Response {
        let shape = Shape {
            request_id,
            message: &self.message,
            provider_message: self.provider_message.as_deref(),
        };
        let body = serde_json::to_vec(&shape).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<service::Error> for ApiError {
    fn from(error: service::Error) -> Self {
        let kind = error.kind();
        match kind {
            ErrorKind::Internal => tracing::error!(error = %error, "the call failed inside"),
            ErrorKind::Unavailable if !error.is_vendor() => {
                tracing::error!(error = %error, "the call cannot be served now");
            }
            _ => {}
        }
        Self {
            kind,
            status: error.status(),
            message: error.public().into_owned(),
            provider_message: error.provider_message().map(str::to_owned),
            headers: Vec::new(),
        }
    }
}

impl From<ligand_store::Error> for ApiError {
    fn from(error: ligand_store::Error) -> Self {
        service::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_outside_the_error_range_is_not_answered() {
        let mut error = ApiError::invalid("x");
        error.status = Some(204);
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        error.status = Some(422);
        assert_eq!(error.status().as_u16(), 422);
    }

    #[tokio::test]
    async fn the_shape_has_nothing_but_its_three_members() {
        let mut error = ApiError::invalid("no");
        error.provider_message = Some("vendor".into());
        let response = error.into_response("abc");
        let bytes = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        assert_eq!(
            std::str::from_utf8(&bytes).unwrap(),
            r#"{"requestId":"abc","message":"no","providerMessage":"vendor"}"#
        );
    }
}
