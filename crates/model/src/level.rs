//! Whose an object definition or transformation is.

use crate::id::{AccountId, InstanceId, OrganizationId};

/// The levels, the most general first: a later one goes before an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Everybody's: made ready by the platform.
    System,
    /// An organization's.
    Organization,
    /// An account's.
    Account,
    /// One instance's.
    Instance,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::System,
        Self::Organization,
        Self::Account,
        Self::Instance,
    ];

    /// As answers spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Organization => "organization",
            Self::Account => "account",
            Self::Instance => "instance",
        }
    }

    /// From the spelling, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// A level and the one whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// The level.
    pub level: Level,
    /// The id of the organization, account or instance; 0 for the system.
    pub id: i64,
}

impl From<OrganizationId> for Owner {
    fn from(id: OrganizationId) -> Self {
        Self {
            level: Level::Organization,
            id: id.0,
        }
    }
}

impl From<AccountId> for Owner {
    fn from(id: AccountId) -> Self {
        Self {
            level: Level::Account,
            id: id.0,
        }
    }
}

impl From<InstanceId> for Owner {
    fn from(id: InstanceId) -> Self {
        Self {
            level: Level::Instance,
            id: id.0,
        }
    }
}
