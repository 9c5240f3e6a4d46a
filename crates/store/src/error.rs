//! What can go wrong in the store.

use std::borrow::Cow;

use ligand_model::error::{Classify, ErrorKind};

/// What the database said, without values: an engine's own text may quote rows, so only code and message are kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{engine} {code}: {message}")]
pub struct Cause {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// The engine's own code: `SQLSTATE` or SQLite's extended code.
    pub code: String,
    /// The engine's message without its detail.
    pub message: String,
}

/// Every failure of the store. What is not there is `None`, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A unique value is taken (`Conflict`).
    #[error("{statement}: the value is taken")]
    Conflict {
        /// The statement that met it.
        statement: &'static str,
    },
    /// The database cannot be reached or cannot write: gone, locked, disk full (`Unavailable`).
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// The store was closed (`Unavailable`).
    #[error("the store is closed")]
    Closed,
    /// The database refused a statement of ours (`Internal`).
    #[error("the database failed at {statement}")]
    Database {
        /// The statement that failed.
        statement: &'static str,
        /// What the database said.
        #[source]
        cause: Cause,
    },
    /// A stored value does not have the shape that it must have (`Internal`).
    #[error("stored {what} has the wrong shape")]
    Shape {
        /// Which value.
        what: &'static str,
    },
    /// A sealed value was refused: altered, moved, truncated, or sealed under another key (`Internal`).
    #[error("the sealed {table}.{column} was refused: {reason}")]
    Sealed {
        /// The table it was read from.
        table: &'static str,
        /// The column it was read from.
        column: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// The root key is not the one that this database was sealed with (`Internal`).
    #[error("the root key is not the one this database was sealed with")]
    WrongRootKey,
    /// A root key is not the base64 of 32 bytes (`Invalid`).
    #[error("a root key is the base64 of 32 bytes")]
    MalformedRootKey,
    /// The root key cannot be had from where it is kept (`Unavailable`).
    #[error("the root key cannot be read: {reason}")]
    RootKeyUnavailable {
        /// Why, without anything of a key.
        reason: String,
    },
    /// The organization has no data key: it does not exist (`Internal`).
    #[error("organization {organization} has no data key")]
    NoDataKey {
        /// Which one.
        organization: i64,
    },
    /// A migration was changed after it had been applied (`Internal`).
    #[error("migration {number} was changed after it had been applied")]
    MigrationChanged {
        /// Its number.
        number: i64,
    },
    /// A newer program took something away that this one needs (`Internal`).
    #[error(
        "the database has migration {number} and is for programs that know {needed}; this one knows {known}: run a newer \
         version"
    )]
    TooNew {
        /// The newest in the database.
        number: i64,
        /// The newest that a program must know.
        needed: i64,
        /// The newest known here.
        known: i64,
    },
    /// An organization has as many of something as it may (`RateLimited`).
    #[error("an organization has at most {most} {what}")]
    Full {
        /// Of what, as its user would say.
        what: &'static str,
        /// How many.
        most: i64,
    },
    /// What was read has been written since: read again (`Conflict`).
    #[error("it was changed meanwhile")]
    Stale,
    /// A closure of the store panicked; its writes were rolled back (`Internal`).
    #[error("a store operation panicked")]
    Panicked,
}

impl Error {
    /// The database was asked and has not answered in the time that somebody had.
    pub fn late() -> Self {
        Self::Unavailable(Cause {
            engine: "store",
            code: "late".to_owned(),
            message: "no answer in time".to_owned(),
        })
    }
}

impl Classify for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } | Self::Stale => ErrorKind::Conflict,
            Self::Unavailable(_) | Self::Closed | Self::RootKeyUnavailable { .. } => {
                ErrorKind::Unavailable
            }
            Self::MalformedRootKey => ErrorKind::Invalid,
            Self::Full { .. } => ErrorKind::RateLimited,
            _ => ErrorKind::Internal,
        }
    }

    fn public(&self) -> Cow<'_, str> {
        if let Self::Full { what, most } = self {
            return Cow::Owned(format!("An organization has at most {most} {what}."));
        }
        Cow::Borrowed(match self.kind() {
            ErrorKind::Conflict => "It exists already",
            ErrorKind::Unavailable => "The database is not available, try again",
            ErrorKind::Invalid => "A root key is the base64 of 32 bytes",
            _ => "Internal error",
        })
    }
}
