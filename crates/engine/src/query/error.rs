//! What can be wrong with a `where`, an `orderBy` or a list of fields.

use std::borrow::Cow;

use ligand_model::error::{Classify, ErrorKind};

/// Why a query could not be read, or not be said in the vendor's language. All of it is the caller's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something else stood where the grammar wants `expected`.
    #[error("Error parsing query: at character {at}, expected {expected} but found {found}")]
    Syntax {
        /// Position from 1, in characters.
        at: usize,
        /// What would have been right.
        expected: &'static str,
        /// What was there, shortened.
        found: String,
    },
    /// Larger or deeper than the limits.
    #[error("Error parsing query: {what}")]
    TooMuch {
        /// Which limit, and its value.
        what: String,
    },
    /// The vendor's language has no such filter.
    #[error(
        "Error parsing query: the field '{field}' cannot be filtered with {operator} here: {reason}"
    )]
    Unsupported {
        /// The field.
        field: String,
        /// The operator as the caller's language writes it.
        operator: String,
        /// What is possible instead.
        reason: &'static str,
    },
    /// A name that is no identifier of the vendor's language.
    #[error("Error parsing query: '{name}' is not a field name")]
    Name {
        /// The name, shortened.
        name: String,
    },
}

impl Error {
    pub(super) fn unsupported(field: &str, operator: &str, reason: &'static str) -> Self {
        Self::Unsupported {
            field: shorten(field),
            operator: operator.to_owned(),
            reason,
        }
    }

    pub(super) fn name(name: &str) -> Self {
        Self::Name {
            name: shorten(name),
        }
    }
}

/// At most forty characters, without control characters: what is quoted back in a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
    if text.chars().count() > 40 {
        short.push('…');
    }
    short
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }

    fn public(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_string())
    }
}
