//! Elements that an organization imported; ids from 10,000. Definitions may carry secrets, so they are sealed.

use ligand_model::id::{AccountId, ElementId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Row;
use crate::error::Error;
use crate::sql::others as sql;
use crate::vault::Context;

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
        let data_key = self.data_key(organization).await?;
        let (element_key, json) = (key.to_owned(), json.to_vec());
        let now = self.now();
        self.write(move |tx| {
            let id = ElementId(crate::next_id(tx, "element", 1)?);
            let values = [
                id.0.into(),
                organization.0.into(),
                account.0.into(),
                element_key.into(),
                data_key
                    .seal(&definition_place(organization, id), &json)?
                    .into(),
                now.0.into(),
            ];
            tx.execute(&sql::INSERT_ELEMENT, &values)?;
            Ok(id)
        })
        .await
    }

    /// An imported element by id.
    pub async fn element(
        &self,
        organization: OrganizationId,
        id: ElementId,
    ) -> Result<Option<ImportedElement>, Error> {
        let values = [organization.0.into(), id.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::ELEMENT, &values))
            .await?;
        Ok(self.open_elements(row).await?.pop())
    }

    /// An imported element by key.
    pub async fn element_by_key(
        &self,
        organization: OrganizationId,
        key: &str,
    ) -> Result<Option<ImportedElement>, Error> {
        let values = [organization.0.into(), key.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::ELEMENT_BY_KEY, &values))
            .await?;
        Ok(self.open_elements(row).await?.pop())
    }

    /// Every imported element of an organization, ascending by id.
    pub async fn elements(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<ImportedElement>, Error> {
        let values = [organization.0.into()];
        let rows = self
            .read(move |tx| tx.query(&sql::ELEMENTS, &values))
            .await?;
        self.open_elements(rows).await
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
        let values = [organization.0.into(), id.0.into()];
        self.write(move |tx| {
            if tx.execute(&sql::DELETE_UNUSED_ELEMENT, &values)? > 0 {
                return Ok(true);
            }
            match tx.query_one(&sql::ELEMENT, &values)? {
                Some(_) => Err(Error::Conflict {
                    statement: sql::DELETE_UNUSED_ELEMENT.name,
                }),
                None => Ok(false),
            }
        })
        .await
    }

    /// Switches an imported element on or off; false when there is none.
    pub async fn set_element_active(
        &self,
        organization: OrganizationId,
        id: ElementId,
        active: bool,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), id.0.into(), active.into()];
        self.write(move |tx| Ok(tx.execute(&sql::SET_ELEMENT_ACTIVE, &values)? > 0))
            .await
    }

    async fn open_elements(
        &self,
        rows: impl IntoIterator<Item = Row>,
    ) -> Result<Vec<ImportedElement>, Error> {
        let mut found = Vec::new();
        for mut row in rows {
            let id = ElementId(row.integer()?);
            let organization = OrganizationId(row.integer()?);
            let account = AccountId(row.integer()?);
            let key = row.text()?;
            let place = definition_place(organization, id);
            let sealed = row.blob()?;
            let json = self
                .data_key_of(&place, &sealed)
                .await?
                .open(&place, &sealed)?
                .to_vec();
            found.push(ImportedElement {
                id,
                organization,
                account,
                key,
                json,
                active: row.flag()?,
                created: Timestamp(row.integer()?),
            });
        }
        Ok(found)
    }
}

fn definition_place(organization: OrganizationId, id: ElementId) -> Context {
    Context::new(organization, "elements", "definition", id)
}
