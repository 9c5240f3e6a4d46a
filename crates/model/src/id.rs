//! Ids are integers from one sequence a kind; the field's clients expect numbers.
//! What must be unguessable is a token (see [`crate::secret`]), never an id.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// An organization: the tenant. Every row of tenant data carries it.
    OrganizationId,
    /// An account within an organization.
    AccountId,
    /// A user within an account.
    UserId,
    /// An element of the catalog or one imported by an organization (from 10,000).
    ElementId,
    /// An instance of an element.
    InstanceId,
    /// A scoped key of an organization.
    ApiKeyId,
    /// A common resource: an object definition with the transformations onto it.
    VdrId,
    /// A transformation.
    TransformationId,
}
