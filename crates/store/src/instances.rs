//! Instances: plain attributes, tags, and one sealed document, written by compare-and-swap.

use std::sync::Arc;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId, UserId};
use ligand_model::instance::Instance;
use ligand_model::secret::{ElementToken, TokenDigest};

use crate::Store;
use crate::error::Error;
use crate::identity::Caller;
use crate::vault::DataKey;

/// What a new instance is made of.
#[derive(Debug)]
pub struct NewInstance<'a> {
    /// The tenant.
    pub organization: OrganizationId,
    /// The account that owns it.
    pub account: AccountId,
    /// The user who makes it.
    pub user: UserId,
    /// The element it connects to.
    pub element: ElementId,
    /// Plain text.
    pub name: String,
    /// Labels, in order.
    pub tags: Vec<String>,
    /// `none` or `initial`.
    pub external_authentication: String,
    /// What is sealed.
    pub document: &'a InstanceDocument,
    /// Its token; the store keeps the digest and a sealed copy.
    pub token: ElementToken,
}

/// An instance as the server may keep it: the document stays sealed until it is used.
#[derive(Debug, Clone)]
pub struct SealedInstance {
    /// Its plain attributes.
    pub instance: Instance,
    /// The user who made it.
    pub owner: Caller,
    /// Whether its organization is switched on.
    pub organization_active: bool,
    /// The version the document was sealed at: part of the place it is bound to.
    pub document_version: i64,
    /// The document's envelope.
    pub sealed: Arc<[u8]>,
    /// The key it opens with.
    pub key: Arc<DataKey>,
}

/// Which instances to list, oldest first.
#[derive(Debug, Clone, Default)]
pub struct InstanceFilter {
    /// Of this element.
    pub element: Option<ElementId>,
    /// With every one of these tags.
    pub tags: Vec<String>,
    /// Whose name contains this, in any case; or whose element is one of `search_elements`.
    pub search: Option<String>,
    /// The elements whose key contains the search text; only used with `search`.
    pub search_elements: Vec<ElementId>,
    /// Only those after this one.
    pub after: Option<InstanceId>,
    /// At most so many.
    pub limit: i64,
}

/// What to change; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct InstanceChange {
    /// Its name.
    pub name: Option<String>,
    /// Its tags, replacing all.
    pub tags: Option<Vec<String>>,
    /// Whether the vendor still honours the grant.
    pub valid: Option<bool>,
    /// Whether calls are refused.
    pub disabled: Option<bool>,
    /// Whether answers are cached.
    pub caching_enabled: Option<bool>,
    /// Seconds an answer is kept.
    pub cache_time_to_live: Option<i64>,
    /// Most answers kept.
    pub max_cache_size: Option<i64>,
    /// The element it connects to.
    pub element: Option<ElementId>,
    /// `none` or `initial`.
    pub external_authentication: Option<String>,
    /// The whole document.
    pub document: Option<InstanceDocument>,
}

impl SealedInstance {
    /// Decrypts the document; nothing is kept.
    ///
    /// # Errors
    /// [`Error::Sealed`] when it was altered or moved.
    pub fn open(&self) -> Result<InstanceDocument, Error> {
        todo!()
    }
}

impl Store {
    /// Makes an instance with the next id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the token is taken.
    pub async fn insert_instance(&self, new: NewInstance<'_>) -> Result<Instance, Error> {
        let _ = new;
        todo!()
    }

    /// The instance of a token.
    pub async fn instance_by_token(
        &self,
        digest: TokenDigest,
    ) -> Result<Option<SealedInstance>, Error> {
        let _ = digest;
        todo!()
    }

    /// The instance of an organization by id.
    pub async fn instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<SealedInstance>, Error> {
        let _ = (organization, id);
        todo!()
    }

    /// The instances of an organization that the filter lets through, ascending by id.
    pub async fn instances(
        &self,
        organization: OrganizationId,
        filter: InstanceFilter,
    ) -> Result<Vec<SealedInstance>, Error> {
        let _ = (organization, filter);
        todo!()
    }

    /// How many instances an organization has.
    pub async fn count_instances(&self, organization: OrganizationId) -> Result<i64, Error> {
        let _ = organization;
        todo!()
    }

    /// Changes an instance whose version still is `version` and raises it by one.
    /// `None` when the version has moved or the instance is gone: read again.
    pub async fn update_instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
        version: i64,
        change: InstanceChange,
    ) -> Result<Option<SealedInstance>, Error> {
        let _ = (organization, id, version, change);
        todo!()
    }

    /// Deletes an instance; its token stops working. False when there is none.
    pub async fn delete_instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<bool, Error> {
        let _ = (organization, id);
        todo!()
    }

    /// Opens an instance's token for display.
    pub async fn reveal_token(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<ElementToken>, Error> {
        let _ = (organization, id);
        todo!()
    }
}
