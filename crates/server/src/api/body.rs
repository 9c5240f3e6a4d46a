//! Reading bodies: bounded in size and time, every fault in the one error shape.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use ligand_model::error::ErrorKind;
use serde_json::Value;

use super::error::ApiError;

/// The largest body of a platform call that is no import, bytes.
pub const PLATFORM: u64 = 8 * 1024 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long, and how many bytes, a body that is refused for its size is read on before the answer.
pub(super) const LINGER: Duration = Duration::from_secs(5);
const LINGER_BYTES: usize = 256 * 1024 * 1024;

/// Reads a body whole.
///
/// # Errors
/// 413 over the limit, 400 for one that breaks off.
pub async fn read(headers: &HeaderMap, mut body: Body, limit: u64) -> Result<Bytes, ApiError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || {
        ApiError::new(
            ErrorKind::TooLarge,
            format!("The body is larger than {limit} bytes."),
        )
    };
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limit) {
        let _ = tokio::time::timeout(LINGER, drain(body)).await;
        return Err(too_large());
    }
    let limited = Limited::new(&mut body, usize::try_from(limit).unwrap_or(usize::MAX));
    match tokio::time::timeout(PATIENCE, limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            let _ = tokio::time::timeout(LINGER, drain(body)).await;
            Err(too_large())
        }
        Ok(Err(_)) => Err(ApiError::invalid("The body broke off before its end.")),
        Err(_) => Err(ApiError::invalid("The body took too long to arrive.")),
    }
}

/// Reads on without keeping anything, up to [`LINGER_BYTES`]: a client that still sends when the connection closes
/// never sees the answer.
pub(super) async fn drain(mut body: Body) {
    let mut read = 0_usize;
    while let Some(Ok(frame)) = body.frame().await {
        read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
        if read > LINGER_BYTES {
            return;
        }
    }
}

/// Reads a JSON body; none at all and `null` are [`Value::Null`].
///
/// # Errors
/// 415 for another media type, 400 for what is no JSON, 413 over the limit.
pub async fn json(headers: &HeaderMap, body: Body, limit: u64) -> Result<Value, ApiError> {
    let bytes = read(headers, body, limit).await?;
    // What some editors put before the text of a file that is then sent as it is.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if bytes.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    if !is_json(headers) {
        return Err(ApiError::new(
            ErrorKind::UnsupportedMediaType,
            "The body must be JSON: send `Content-Type: application/json`.",
        ));
    }
    parse(bytes)
}

/// Reads a JSON body and keeps its bytes: what it holds is nobody's business but the vendor's.
///
/// # Errors
/// As [`json`].
pub async fn read_json(headers: &HeaderMap, body: Body, limit: u64) -> Result<Bytes, ApiError> {
    let bytes = read(headers, body, limit).await?;
    if !is_json(headers) {
        return Err(ApiError::new(
            ErrorKind::UnsupportedMediaType,
            "The body must be JSON: send `Content-Type: application/json`.",
        ));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|error| {
        ApiError::invalid(format!(
            "The body is not valid JSON: line {}, column {}.",
            error.line(),
            error.column()
        ))
    })?;
    Ok(bytes)
}

/// Parses JSON; the fault says where, never what.
///
/// # Errors
/// 400.
pub fn parse(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::invalid(format!(
            "The body is not valid JSON: line {}, column {}.",
            error.line(),
            error.column()
        ))
    })
}

/// Whether a body claims to be JSON, or claims nothing.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence.is_empty() || essence.ends_with("/json") || essence.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_type(kind: &str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())])
    }

    #[tokio::test]
    async fn every_fault_has_its_status() {
        let none = HeaderMap::new();
        let status = |result: Result<Value, ApiError>| result.unwrap_err().status().as_u16();
        assert_eq!(status(json(&none, Body::from("{"), 100).await), 400);
        assert_eq!(
            status(json(&none, Body::from("{\"a\":\"\u{1}\"}"), 100).await),
            400
        );
        assert_eq!(status(json(&none, Body::from("[1,2,3,4,5]"), 5).await), 413);
        assert_eq!(
            status(json(&with_type("text/xml"), Body::from("{}"), 100).await),
            415
        );
        let deep = "[".repeat(10_000);
        assert_eq!(status(json(&none, Body::from(deep), 100_000).await), 400);
    }

    #[tokio::test]
    async fn an_empty_body_is_null_whatever_it_claims_to_be() {
        assert_eq!(
            json(&with_type("text/plain"), Body::empty(), 9)
                .await
                .unwrap(),
            Value::Null
        );
        assert_eq!(
            json(&with_type("text/plain"), Body::from(" "), 9)
                .await
                .unwrap(),
            Value::Null
        );
        assert!(
            json(&with_type("application/problem+json"), Body::from("{}"), 9)
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_byte_order_mark_before_the_text_is_no_part_of_it() {
        let none = HeaderMap::new();
        let read = json(&none, Body::from("\u{feff}{\"a\":1}\n"), 100).await;
        assert_eq!(read.unwrap(), serde_json::json!({"a": 1}));
    }

    #[test]
    fn a_fault_never_quotes_the_body() {
        let error = parse(br#"{"password": "hunter2" x}"#).unwrap_err();
        assert!(!error.message.contains("hunter2"));
    }
}
