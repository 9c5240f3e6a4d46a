//! Registered applications: an organization's own client at a vendor, once an element.

use ligand_model::id::{ElementId, OrganizationId};
use secrecy::{ExposeSecret, SecretString};

use crate::Store;
use crate::backend::Row;
use crate::error::Error;
use crate::sql::others as sql;
use crate::vault::Context;

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
        let key = self.data_key(organization).await?;
        let place = secret_place(organization, application.element);
        let secret = key.seal(&place, application.api_secret.expose_secret().as_bytes())?;
        let values = [
            organization.0.into(),
            application.element.0.into(),
            application.api_key.into(),
            secret.into(),
            application.callback_url.into(),
            application.scope.into(),
            self.now().0.into(),
        ];
        self.write(move |tx| tx.execute(&sql::PUT_APPLICATION, &values))
            .await?;
        Ok(())
    }

    /// The application for an element.
    pub async fn application(
        &self,
        organization: OrganizationId,
        element: ElementId,
    ) -> Result<Option<Application>, Error> {
        let values = [organization.0.into(), element.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::APPLICATION, &values))
            .await?;
        match row {
            Some(row) => self.open_application(organization, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Every application of an organization, ascending by element id.
    pub async fn applications(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<Application>, Error> {
        let values = [organization.0.into()];
        let rows = self
            .read(move |tx| tx.query(&sql::APPLICATIONS, &values))
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.push(self.open_application(organization, row).await?);
        }
        Ok(found)
    }

    /// Deletes an application; false when there is none.
    pub async fn delete_application(
        &self,
        organization: OrganizationId,
        element: ElementId,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), element.0.into()];
        self.write(move |tx| Ok(tx.execute(&sql::DELETE_APPLICATION, &values)? > 0))
            .await
    }

    async fn open_application(
        &self,
        organization: OrganizationId,
        mut row: Row,
    ) -> Result<Application, Error> {
        let element = ElementId(row.integer()?);
        let api_key = row.text()?;
        let secret = self
            .open_text(&secret_place(organization, element), &row.blob()?)
            .await?;
        Ok(Application {
            element,
            api_key,
            api_secret: SecretString::from(secret),
            callback_url: row.text()?,
            scope: row.text()?,
        })
    }
}

fn secret_place(organization: OrganizationId, element: ElementId) -> Context {
    Context::new(organization, "applications", "api_secret_sealed", element)
}
