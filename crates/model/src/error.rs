//! One kind of failure is one status, in one table (`server::api::error`).

use std::borrow::Cow;

/// What went wrong, as far as the caller's next step is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// 400: malformed, missing or rejected input.
    Invalid,
    /// 401: credentials or token unknown.
    Unauthenticated,
    /// 403: known, but not permitted.
    Forbidden,
    /// 404: unknown id or key, or another organization's.
    NotFound,
    /// 405: the path is known, the verb is not.
    MethodNotAllowed,
    /// 406: the wanted answer type cannot be made.
    NotAcceptable,
    /// 409: in conflict with what is there.
    Conflict,
    /// 413: larger than the limit.
    TooLarge,
    /// 415: the body's media type is not taken.
    UnsupportedMediaType,
    /// 422: an idempotency key came back with another body.
    Unprocessable,
    /// 429: the vendor's limit or ours.
    RateLimited,
    /// 500: our fault; the message says nothing about the inside.
    Internal,
    /// 502: the vendor failed or answered something unintelligible.
    VendorUnavailable,
    /// 503: we cannot serve this now.
    Unavailable,
    /// 504: the deadline passed.
    Timeout,
}

impl ErrorKind {
    /// The HTTP status of this kind: the only such table.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Unprocessable => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::VendorUnavailable => 502,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }

    /// The kind whose status is `status`; a vendor's 4xx passes through this way.
    pub const fn from_vendor_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            408 | 504 => Self::Timeout,
            503 => Self::Unavailable,
            // A redirect is not followed: whoever answers with one has not answered.
            s if s >= 500 || s < 400 => Self::VendorUnavailable,
            _ => Self::Invalid,
        }
    }
}

/// Every error of every crate says what kind it is and what its caller may read.
pub trait Classify: std::error::Error {
    /// The kind, which decides the status.
    fn kind(&self) -> ErrorKind;
    /// A sentence that is safe for the caller; `Display` is for our own log.
    fn public(&self) -> Cow<'_, str>;
    /// The vendor's own words, when a vendor answered.
    fn provider_message(&self) -> Option<&str> {
        None
    }
}
