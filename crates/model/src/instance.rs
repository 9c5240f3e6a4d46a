//! The instance: one customer's connection to one element.

use crate::id::{AccountId, ElementId, InstanceId, OrganizationId, UserId};
use crate::time::Timestamp;

/// Everything about an instance but its sealed document and token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// The tenant.
    pub organization: OrganizationId,
    /// The account that owns it.
    pub account: AccountId,
    /// The user who made it.
    pub user: UserId,
    /// The element it connects to.
    pub element: ElementId,
    /// The version of that element it runs; 1 for elements of the catalog, which have no versions.
    pub element_version: i64,
    /// Plain text, HTML stripped.
    pub name: String,
    /// Labels; the name is the first.
    pub tags: Vec<String>,
    /// False when the vendor refused the grant and the customer must reconnect.
    pub valid: bool,
    /// True when calls are refused with 403.
    pub disabled: bool,
    /// `none` or `initial`.
    pub external_authentication: String,
    /// Answers are cached.
    pub caching_enabled: bool,
    /// Seconds an answer is kept.
    pub cache_time_to_live: i64,
    /// Most answers kept.
    pub max_cache_size: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Why it is not valid, in a word: `refused`, `answer_lost`. None while it is.
    pub invalid_reason: Option<String>,
    /// Since when it is not valid.
    pub invalid_since: Option<Timestamp>,
    /// Raised by every write; writers compare and swap on it.
    pub version: i64,
}
