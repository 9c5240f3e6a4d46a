//! What the engine refuses, and why.

use std::borrow::Cow;

use ligand_model::error::{Classify, ErrorKind};

/// A refusal of the engine; its text is safe for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Input that is malformed or missing: the sentence says what, where, and what would be right.
    #[error("{0}")]
    Invalid(String),
    /// A record that cannot exist.
    #[error("{0}")]
    NotFound(String),
    /// Configuration keys that an instance cannot exist without.
    #[error("Missing required configuration: {}", .0.join(", "))]
    MissingConfiguration(Vec<String>),
    /// A URL or host that the element does not declare.
    #[error("{0}")]
    Host(String),
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            _ => ErrorKind::Invalid,
        }
    }

    fn public(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}
