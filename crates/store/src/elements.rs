//! Elements that an organization imported; ids from 10,000. Definitions may carry secrets, so they are sealed.

use ligand_model::id::{AccountId, ElementId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::error::Error;

/// An imported element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedElement {
    /// Its id.
    pub id: ElementId,
    /// The tenant.
    pub organization: OrganizationId,
    /// The account that imported it.
    pub account: AccountId,
    /// Its key, unique in the organization.
    pub key: String,
    /// The export as it was imported.
    pub json: Vec<u8>,
    /// Whether it is served.
    pub active: bool,
    /// When it was imported.
    pub created: Timestamp,
}

impl Store {
    /// Keeps an imported element with the next id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the organization has that key.
    pub async fn insert_element(
        &self,
        organization: OrganizationId,
        account: AccountId,
        key: &str,
        json: &[u8],
    ) -> Result<ElementId, Error> {
        let _ = (organization, account, key, json);
        todo!()
    }

    /// An imported element by id.
    pub async fn element(
        &self,
        organization: OrganizationId,
        id: ElementId,
    ) -> Result<Option<ImportedElement>, Error> {
        let _ = (organization, id);
        todo!()
    }

    /// An imported element by key.
    pub async fn element_by_key(
        &self,
        organization: OrganizationId,
        key: &str,
    ) -> Result<Option<ImportedElement>, Error> {
        let _ = (organization, key);
        todo!()
    }

    /// Every imported element of an organization, ascending by id.
    pub async fn elements(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<ImportedElement>, Error> {
        let _ = organization;
        todo!()
    }

    /// Deletes an imported element; false when there is none.
    ///
    /// # Errors
    /// [`Error::Conflict`] when instances of it exist.
    pub async fn delete_element(
        &self,
        organization: OrganizationId,
        id: ElementId,
    ) -> Result<bool, Error> {
        let _ = (organization, id);
        todo!()
    }

    /// Switches an imported element on or off; false when there is none.
    pub async fn set_element_active(
        &self,
        organization: OrganizationId,
        id: ElementId,
        active: bool,
    ) -> Result<bool, Error> {
        let _ = (organization, id, active);
        todo!()
    }
}
