//! What an account adds to an element of the catalog: resources of its own, which no other account sees.

use ligand_model::id::{AccountId, ElementId, OrganizationId};

use crate::Store;
use crate::changes::Change;
use crate::error::Error;
use crate::sql::elements as sql;
use crate::vault::Context;

/// The resources that an account added to an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Raised by every write.
    pub version: i64,
    /// A JSON array of resources.
    pub json: Vec<u8>,
}

impl Store {
    /// What an account added to an element of the catalog.
    pub async fn extension(
        &self,
        organization: OrganizationId,
        account: AccountId,
        element: ElementId,
    ) -> Result<Option<Extension>, Error> {
        let values = [organization.0.into(), account.0.into(), element.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::EXTENSION, &values))
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        let version = row.integer()?;
        let sealed = row.blob()?;
        let place = place(organization, account, element, version);
        let key = self.data_key_of(&place, &sealed).await?;
        Ok(Some(Extension {
            version,
            json: key.open(&place, &sealed)?.to_vec(),
        }))
    }

    /// Keeps what an account adds to an element, when its version still is `version` (0: there is none yet).
    /// False when the version has moved: read again.
    pub async fn put_extension(
        &self,
        organization: OrganizationId,
        account: AccountId,
        element: ElementId,
        version: i64,
        json: &[u8],
    ) -> Result<bool, Error> {
        let place = place(organization, account, element, version.saturating_add(1));
        let sealed = self.data_key(organization).await?.seal(&place, json)?;
        let now = self.now().0;
        self.write(move |tx| {
            let (organization, account, element) = (organization.0, account.0, element.0);
            let written = if version == 0 {
                let values = [
                    organization.into(),
                    account.into(),
                    element.into(),
                    sealed.into(),
                    now.into(),
                ];
                tx.execute(&sql::INSERT_EXTENSION, &values)?
            } else {
                let values = [
                    organization.into(),
                    account.into(),
                    element.into(),
                    version.into(),
                    sealed.into(),
                    now.into(),
                ];
                tx.execute(&sql::UPDATE_EXTENSION, &values)?
            };
            if written > 0 {
                tx.announce(Change::Extensions(OrganizationId(organization)))?;
            }
            Ok(written > 0)
        })
        .await
    }
}

fn place(
    organization: OrganizationId,
    account: AccountId,
    element: ElementId,
    version: i64,
) -> Context {
    Context::new(
        organization,
        "element_extensions",
        "resources",
        format_args!("{account}:{element}:{version}"),
    )
}
