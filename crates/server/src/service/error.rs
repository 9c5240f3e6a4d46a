//! What a use case refuses, and why.

use std::borrow::Cow;

use ligand_engine::step::Failure;
use ligand_model::error::{Classify, ErrorKind};

/// Every failure of a use case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Our own refusal; the sentence is for the caller.
    #[error("{message}")]
    Refused {
        /// Decides the status.
        kind: ErrorKind,
        /// The sentence.
        message: String,
    },
    /// A vendor could not be asked, or did not answer.
    #[error("{message}")]
    Unanswered {
        /// Decides the status.
        kind: ErrorKind,
        /// The sentence; it names no more than the host.
        message: String,
        /// Whether the vendor may have got the request all the same.
        arrived: bool,
    },
    /// A call to a vendor failed, or the engine refused to make it.
    #[error("{}", .0.message)]
    Vendor(Failure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ligand_store::Error),
    /// The engine refused the input.
    #[error(transparent)]
    Engine(#[from] ligand_engine::error::Error),
}

impl Error {
    /// A refusal of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::Refused {
            kind,
            message: message.into(),
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

    /// 409.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// 500: the text is for our log, the caller learns nothing of it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// A vendor that was not reached, or did not answer.
    pub fn unanswered(kind: ErrorKind, message: impl Into<String>, arrived: bool) -> Self {
        Self::Unanswered {
            kind,
            message: message.into(),
            arrived,
        }
    }

    /// Whether a vendor may have done what it was asked, although we have no answer that says so.
    pub const fn may_have_arrived(&self) -> bool {
        match self {
            Self::Unanswered { arrived, .. } => *arrived,
            Self::Vendor(_) => true,
            Self::Refused { .. } | Self::Store(_) | Self::Engine(_) => false,
        }
    }

    /// A status that an element's rule or hook asked for.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Vendor(failure) => failure.status,
            _ => None,
        }
    }

    /// Whether a vendor, not we, is behind it.
    pub const fn is_vendor(&self) -> bool {
        matches!(self, Self::Vendor(_))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Vendor(failure)
    }
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { kind, .. } | Self::Unanswered { kind, .. } => *kind,
            Self::Vendor(failure) => failure.kind,
            Self::Store(error) => error.kind(),
            Self::Engine(error) => error.kind(),
        }
    }

    fn public(&self) -> Cow<'_, str> {
        match self {
            Self::Refused {
                kind: ErrorKind::Internal,
                ..
            } => Cow::Borrowed("Internal error"),
            Self::Refused { message, .. } | Self::Unanswered { message, .. } => {
                Cow::Borrowed(message)
            }
            Self::Vendor(failure) => Cow::Borrowed(&failure.message),
            Self::Store(error) => error.public(),
            Self::Engine(error) => error.public(),
        }
    }

    fn provider_message(&self) -> Option<&str> {
        match self {
            Self::Vendor(failure) => failure.provider_message.as_deref(),
            _ => None,
        }
    }
}
