//! Registered applications: an organization's own client at a vendor, once an element.

use ligand_model::id::{ElementId, OrganizationId};
use secrecy::SecretString;

use crate::Store;
use crate::error::Error;

/// A registered application.
#[derive(Debug, Clone)]
pub struct Application {
    /// The element it is for.
    pub element: ElementId,
    /// The client id.
    pub api_key: String,
    /// The client secret; sealed at rest.
    pub api_secret: SecretString,
    /// The callback registered with the vendor.
    pub callback_url: String,
    /// Scopes, separated by spaces; may be empty.
    pub scope: String,
}

impl Store {
    /// Keeps an application, replacing the one of the same element.
    pub async fn put_application(
        &self,
        organization: OrganizationId,
        application: Application,
    ) -> Result<(), Error> {
        let _ = (organization, application);
        todo!()
    }

    /// The application for an element.
    pub async fn application(
        &self,
        organization: OrganizationId,
        element: ElementId,
    ) -> Result<Option<Application>, Error> {
        let _ = (organization, element);
        todo!()
    }

    /// Every application of an organization, ascending by element id.
    pub async fn applications(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<Application>, Error> {
        let _ = organization;
        todo!()
    }

    /// Deletes an application; false when there is none.
    pub async fn delete_application(
        &self,
        organization: OrganizationId,
        element: ElementId,
    ) -> Result<bool, Error> {
        let _ = (organization, element);
        todo!()
    }
}
