//! Elements that an organization imported; ids from 10,000. Definitions may carry secrets, so they are sealed.
//!
//! Every change of a definition is a version of its own; what it replaced is kept while it is among the newest or an
//! instance runs it.

use ligand_model::id::{AccountId, ElementId, OrganizationId, UserId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Row;
use crate::error::Error;
use crate::sql::elements as sql;
use crate::vault::Context;

mod extensions;

pub use extensions::Extension;

/// Former versions that are kept even though no instance runs them.
pub const KEPT_VERSIONS: i64 = 100;

/// Elements that an organization may have imported.
pub const MOST: i64 = 1_000;

/// An imported element without its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementHead {
    /// Its id.
    pub id: ElementId,
    /// The account that imported it.
    pub account: AccountId,
    /// Its key, unique in the organization.
    pub key: String,
    /// Its newest version.
    pub version: i64,
    /// Whether it is served.
    pub active: bool,
    /// When it was imported.
    pub created: Timestamp,
}

/// One version of an imported element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementVersion {
    /// From 1.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it; nobody is named for a first version.
    pub created_by: Option<UserId>,
    /// How many instances run it.
    pub instances: i64,
}

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
    /// The version that `json` is.
    pub version: i64,
    /// The definition: in its first version the export as it was imported.
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
    /// [`Error::Conflict`] when the organization has that key, [`Error::Full`] beyond [`MOST`].
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
            let known = [organization.0.into(), MOST.into()];
            crate::room(
                tx,
                &sql::COUNT_ELEMENTS,
                &known,
                "elements of its own",
                MOST,
            )?;
            let id = ElementId(crate::next_id(tx, "element", 1)?);
            let values = [
                id.0.into(),
                organization.0.into(),
                account.0.into(),
                element_key.into(),
                data_key
                    .seal(&definition_place(organization, id, 1), &json)?
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

    /// An imported element by id, without its definition.
    pub async fn element_head(
        &self,
        organization: OrganizationId,
        id: ElementId,
    ) -> Result<Option<ElementHead>, Error> {
        let values = [organization.0.into(), id.0.into()];
        let row = self.look_up(&sql::ELEMENT_HEAD, values).await?;
        row.map(head).transpose()
    }

    /// An imported element by key, without its definition.
    pub async fn element_head_by_key(
        &self,
        organization: OrganizationId,
        key: &str,
    ) -> Result<Option<ElementHead>, Error> {
        let values = [organization.0.into(), key.into()];
        let row = self.look_up(&sql::ELEMENT_HEAD_BY_KEY, values).await?;
        row.map(head).transpose()
    }

    /// Every imported element of an organization without definitions, ascending by id.
    pub async fn element_heads(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<ElementHead>, Error> {
        let values = [organization.0.into()];
        self.read(move |tx| {
            tx.query(&sql::ELEMENT_HEADS, &values)?
                .into_iter()
                .map(head)
                .collect()
        })
        .await
    }

    /// Replaces the definition of an element whose newest version still is `version`, and answers the new version.
    /// `None` when the version has moved or the element is gone: read again.
    pub async fn update_element(
        &self,
        organization: OrganizationId,
        id: ElementId,
        version: i64,
        user: UserId,
        json: &[u8],
    ) -> Result<Option<i64>, Error> {
        let made = version.saturating_add(1);
        let place = definition_place(organization, id, made);
        let sealed = self.data_key(organization).await?.seal(&place, json)?;
        let now = self.now();
        self.write(move |tx| {
            let (organization, element) = (organization.0, id.0);
            let Some(row) = tx.query_one(&sql::ELEMENT, &[organization.into(), element.into()])?
            else {
                return Ok(None);
            };
            let former = Former::read(row)?;
            let values = [
                organization.into(),
                element.into(),
                version.into(),
                sealed.into(),
                now.0.into(),
                user.0.into(),
            ];
            if former.version != version || tx.execute(&sql::UPDATE_ELEMENT, &values)? == 0 {
                return Ok(None);
            }
            let values = [
                organization.into(),
                element.into(),
                version.into(),
                former.definition.into(),
                former.made.into(),
                former.made_by.into(),
            ];
            tx.execute(&sql::INSERT_ELEMENT_VERSION, &values)?;
            let old = made.saturating_sub(KEPT_VERSIONS).saturating_sub(1);
            let values = [organization.into(), element.into(), old.into()];
            tx.execute(&sql::DELETE_OLD_ELEMENT_VERSIONS, &values)?;
            Ok(Some(made))
        })
        .await
    }

    /// An imported element as it was at a version.
    pub async fn element_at(
        &self,
        organization: OrganizationId,
        id: ElementId,
        version: i64,
    ) -> Result<Option<ImportedElement>, Error> {
        let values = [organization.0.into(), id.0.into()];
        let wanted = [organization.0.into(), id.0.into(), version.into()];
        let found = self
            .read(move |tx| {
                let Some(newest) = tx.query_one(&sql::ELEMENT, &values)? else {
                    return Ok(None);
                };
                let former = tx.query_one(&sql::ELEMENT_VERSION, &wanted)?;
                Ok(Some((newest, former)))
            })
            .await?;
        let Some((newest, former)) = found else {
            return Ok(None);
        };
        let Some(mut element) = self.open_elements([newest]).await?.pop() else {
            return Ok(None);
        };
        if element.version == version {
            return Ok(Some(element));
        }
        let Some(mut former) = former else {
            return Ok(None);
        };
        let place = definition_place(organization, id, version);
        let sealed = former.blob()?;
        let key = self.data_key_of(&place, &sealed).await?;
        element.json = key.open(&place, &sealed)?.to_vec();
        element.version = version;
        Ok(Some(element))
    }

    /// The versions of an imported element, ascending; none for an unknown element.
    pub async fn element_versions(
        &self,
        organization: OrganizationId,
        id: ElementId,
    ) -> Result<Vec<ElementVersion>, Error> {
        self.read(move |tx| {
            let values = [organization.0.into(), id.0.into()];
            let Some(row) = tx.query_one(&sql::ELEMENT, &values)? else {
                return Ok(Vec::new());
            };
            let newest = Former::read(row)?;
            let mut versions = tx
                .query(&sql::ELEMENT_VERSIONS, &values)?
                .into_iter()
                .map(|mut row| {
                    Ok(ElementVersion {
                        version: row.integer()?,
                        created: Timestamp(row.integer()?),
                        created_by: row.optional_integer()?.map(UserId),
                        instances: row.integer()?,
                    })
                })
                .collect::<Result<Vec<_>, Error>>()?;
            let values = [organization.0.into(), id.0.into(), newest.version.into()];
            let instances = tx.query_one(&sql::COUNT_INSTANCES_OF_VERSION, &values)?;
            versions.push(ElementVersion {
                version: newest.version,
                created: Timestamp(newest.made),
                created_by: newest.made_by.map(UserId),
                instances: instances.map_or(Ok(0), |mut row| row.integer())?,
            });
            Ok(versions)
        })
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
            let version = row.integer()?;
            let place = definition_place(organization, id, version);
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
                version,
                json,
                active: row.flag()?,
                created: Timestamp(row.integer()?),
            });
        }
        Ok(found)
    }
}

/// The newest version of an element, still sealed.
struct Former {
    version: i64,
    definition: Vec<u8>,
    made: i64,
    made_by: Option<i64>,
}

impl Former {
    fn read(mut row: Row) -> Result<Self, Error> {
        // Id, organization and account, then the key.
        for _ in 0..3 {
            row.integer()?;
        }
        row.text()?;
        let version = row.integer()?;
        let definition = row.blob()?;
        row.flag()?;
        let created = row.integer()?;
        Ok(Self {
            version,
            definition,
            made: row.optional_integer()?.unwrap_or(created),
            made_by: row.optional_integer()?,
        })
    }
}

fn head(mut row: Row) -> Result<ElementHead, Error> {
    Ok(ElementHead {
        id: ElementId(row.integer()?),
        account: AccountId(row.integer()?),
        key: row.text()?,
        version: row.integer()?,
        active: row.flag()?,
        created: Timestamp(row.integer()?),
    })
}

/// The version keeps a former definition from being put back. A first one was sealed before there were versions.
pub(crate) fn definition_place(
    organization: OrganizationId,
    id: ElementId,
    version: i64,
) -> Context {
    if version == 1 {
        return Context::new(organization, "elements", "definition", id);
    }
    Context::new(
        organization,
        "elements",
        "definition",
        format_args!("{id}:{version}"),
    )
}
