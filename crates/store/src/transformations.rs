//! Object definitions and transformations: one name of an organization, its fields by level, its mappings by element
//! and level. Scripts may carry secrets, so transformations are sealed.
//!
//! Reads are plain; every write is a list of [`Change`]s that is made whole or not at all, each on the version of the
//! name that was read.

use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId, TransformationId, VdrId};
use ligand_model::level::{Level, Owner};
use ligand_model::time::Timestamp;
use serde_json::Value as Json;

use crate::Store;
use crate::backend::{Connection, Row, Value};
use crate::changes::Change as News;
use crate::error::Error;
use crate::sql::Statement;
use crate::sql::transformations as sql;
use crate::vault::{Context, DataKey};

mod snippets;

pub use snippets::Snippet;

/// A name without what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vdr {
    /// Its id.
    pub id: VdrId,
    /// The name that calls use.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Raised by every write.
    pub version: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last written.
    pub updated: Timestamp,
}

/// The fields that one level gives a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Whose name.
    pub vdr: VdrId,
    /// Whose fields.
    pub owner: Owner,
    /// Objects with `id`, `path`, `type` and what else was given.
    pub fields: Vec<Json>,
}

/// A mapping of a name onto an element's object, by one level.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformationRow {
    /// Its id.
    pub id: TransformationId,
    /// Whose name.
    pub vdr: VdrId,
    /// The name.
    pub name: String,
    /// The element.
    pub element: ElementId,
    /// Whose it is.
    pub owner: Owner,
    /// What it says.
    pub body: Json,
}

/// What becomes of one name.
#[derive(Debug, Clone)]
pub struct Change {
    /// The name as it was read; none for a new one.
    pub was: Option<Vdr>,
    /// Its name from now on.
    pub name: String,
    /// Its description from now on.
    pub description: String,
    /// Fields of levels: replaced, or gone. Fields without an id get one.
    pub parts: Vec<(Owner, Option<Vec<Json>>)>,
    /// Transformations that are made, replaced or gone.
    pub transformations: Vec<TransformationChange>,
}

/// What becomes of one transformation.
#[derive(Debug, Clone)]
pub enum TransformationChange {
    /// A new one.
    Insert(ElementId, Owner, Json),
    /// Another body; moves to this name when it was another's.
    Replace(TransformationId, Json),
    /// Gone.
    Delete(TransformationId),
}

impl Change {
    /// A change of a name that changes nothing yet.
    pub fn of(vdr: Vdr) -> Self {
        Self {
            name: vdr.name.clone(),
            description: vdr.description.clone(),
            was: Some(vdr),
            parts: Vec::new(),
            transformations: Vec::new(),
        }
    }

    /// A new name.
    pub fn new(name: &str) -> Self {
        Self {
            was: None,
            name: name.to_owned(),
            description: String::new(),
            parts: Vec::new(),
            transformations: Vec::new(),
        }
    }
}

impl Store {
    /// Every name of an organization, by id.
    pub async fn vdrs(&self, organization: OrganizationId) -> Result<Vec<Vdr>, Error> {
        let values = [organization.0.into()];
        self.read(move |tx| {
            tx.query(&sql::VDRS, &values)?
                .into_iter()
                .map(head)
                .collect()
        })
        .await
    }

    /// A name by id.
    pub async fn vdr(&self, organization: OrganizationId, id: VdrId) -> Result<Option<Vdr>, Error> {
        let values = [organization.0.into(), id.0.into()];
        self.read(move |tx| tx.query_one(&sql::VDR, &values)?.map(head).transpose())
            .await
    }

    /// A name.
    pub async fn vdr_by_name(
        &self,
        organization: OrganizationId,
        name: &str,
    ) -> Result<Option<Vdr>, Error> {
        let values = [organization.0.into(), name.into()];
        self.read(move |tx| {
            tx.query_one(&sql::VDR_BY_NAME, &values)?
                .map(head)
                .transpose()
        })
        .await
    }

    /// The fields that an account sees: the organization's, its own, its instances'; of one name or of all.
    pub async fn vdr_parts(
        &self,
        organization: OrganizationId,
        account: AccountId,
        vdr: Option<VdrId>,
    ) -> Result<Vec<Part>, Error> {
        let vdr = vdr.map_or(0, |vdr| vdr.0);
        let values = [organization.0.into(), account.0.into(), vdr.into()];
        self.read(move |tx| parts(tx, &sql::VDR_PARTS_SEEN, &values))
            .await
    }

    /// Everybody who has something of a name, also what no account of the caller's sees.
    pub async fn vdr_owners(
        &self,
        organization: OrganizationId,
        vdr: VdrId,
    ) -> Result<Vec<Owner>, Error> {
        let values = [organization.0.into(), vdr.0.into()];
        self.read(move |tx| {
            let rows = tx.query(&sql::VDR_OWNERS, &values)?;
            rows.into_iter().map(|mut row| owner(&mut row)).collect()
        })
        .await
    }

    /// The names that an organization or an account has fields for.
    pub async fn vdr_names(
        &self,
        organization: OrganizationId,
        account: AccountId,
    ) -> Result<Vec<String>, Error> {
        let values = [organization.0.into(), account.0.into()];
        self.read(move |tx| {
            tx.query(&sql::VDR_NAMES, &values)?
                .into_iter()
                .map(|mut row| row.text())
                .collect()
        })
        .await
    }

    /// The fields of one level alone.
    pub async fn vdr_parts_of(
        &self,
        organization: OrganizationId,
        owner: Owner,
    ) -> Result<Vec<Part>, Error> {
        let values = [
            organization.0.into(),
            code(owner.level).into(),
            owner.id.into(),
        ];
        self.read(move |tx| parts(tx, &sql::VDR_PARTS_OF_OWNER, &values))
            .await
    }

    /// The transformations that an account sees, as [`Store::vdr_parts`].
    pub async fn transformations(
        &self,
        organization: OrganizationId,
        account: AccountId,
        vdr: Option<VdrId>,
    ) -> Result<Vec<TransformationRow>, Error> {
        let vdr = vdr.map_or(0, |vdr| vdr.0);
        let values = [organization.0.into(), account.0.into(), vdr.into()];
        self.open_transformations(organization, &sql::TRANSFORMATIONS_SEEN, values)
            .await
    }

    /// The transformations of one level alone.
    pub async fn transformations_of(
        &self,
        organization: OrganizationId,
        owner: Owner,
    ) -> Result<Vec<TransformationRow>, Error> {
        let values = [
            organization.0.into(),
            code(owner.level).into(),
            owner.id.into(),
        ];
        self.open_transformations(organization, &sql::TRANSFORMATIONS_OF_OWNER, values)
            .await
    }

    /// The transformations of organization and account for an element: what all the account's instances share.
    pub async fn transformations_shared(
        &self,
        organization: OrganizationId,
        account: AccountId,
        element: ElementId,
    ) -> Result<Vec<TransformationRow>, Error> {
        let values = [organization.0.into(), account.0.into(), element.0.into()];
        self.open_transformations(organization, &sql::TRANSFORMATIONS_SHARED, values)
            .await
    }

    /// Makes changes, all or none; answers the names' ids in order.
    /// `None` when one was written since it was read: read again.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a name that is taken, or a transformation that is there already.
    pub async fn change_vdrs(
        &self,
        organization: OrganizationId,
        changes: Vec<Change>,
    ) -> Result<Option<Vec<VdrId>>, Error> {
        let key = self.data_key(organization).await?;
        let now = self.now().0;
        let made = self.write(move |tx| {
            let ids = changes
                .into_iter()
                .map(|change| make(tx, organization, &key, change, now));
            let ids = ids.collect::<Result<Vec<_>, Error>>()?;
            tx.announce(News::Transformations(organization))?;
            Ok(ids)
        });
        match made.await {
            Ok(ids) => Ok(Some(ids)),
            Err(Error::Stale) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// 1 or 2, as the organization set it.
    pub async fn vdr_version(&self, organization: OrganizationId) -> Result<i64, Error> {
        let values = [organization.0.into()];
        self.read(move |tx| {
            tx.query_one(&sql::VDR_VERSION, &values)?
                .map_or(Ok(2), |mut row| row.integer())
        })
        .await
    }

    /// Sets what [`Store::vdr_version`] answers.
    pub async fn set_vdr_version(
        &self,
        organization: OrganizationId,
        version: i64,
    ) -> Result<(), Error> {
        let values = [organization.0.into(), version.into()];
        self.write(move |tx| tx.execute(&sql::SET_VDR_VERSION, &values))
            .await?;
        Ok(())
    }

    async fn open_transformations(
        &self,
        organization: OrganizationId,
        statement: &'static Statement,
        values: [Value; 3],
    ) -> Result<Vec<TransformationRow>, Error> {
        let rows = self.read(move |tx| tx.query(statement, &values)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for mut row in rows {
            let id = TransformationId(row.integer()?);
            let vdr = VdrId(row.integer()?);
            let name = row.text()?;
            let element = ElementId(row.integer()?);
            let owner = owner(&mut row)?;
            let sealed = row.blob()?;
            let place = place(organization, id);
            let key = self.data_key_of(&place, &sealed).await?;
            let body =
                serde_json::from_slice(&key.open(&place, &sealed)?).map_err(|_| Error::Shape {
                    what: "transformation",
                })?;
            found.push(TransformationRow {
                id,
                vdr,
                name,
                element,
                owner,
                body,
            });
        }
        Ok(found)
    }
}

/// Forgets what an instance that is being deleted has of its own, and names that nothing else stands behind.
pub(crate) fn forget(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    instance: InstanceId,
    now: Timestamp,
) -> Result<(), Error> {
    let owner = Owner::from(instance);
    let own: Value = organization.0.into();
    let of = [own.clone(), code(owner.level).into(), owner.id.into()];
    let [a, b, c] = of.clone();
    let names = tx.query(&sql::TOUCH_VDRS_OF_OWNER, &[a, b, c, now.0.into()])?;
    if names.is_empty() {
        return Ok(());
    }
    tx.execute(&sql::DELETE_TRANSFORMATIONS_OF_OWNER, &of)?;
    tx.execute(&sql::DELETE_VDR_PARTS_OF_OWNER, &of)?;
    for mut name in names {
        tx.execute(
            &sql::DELETE_EMPTY_VDR,
            &[own.clone(), name.integer()?.into()],
        )?;
    }
    tx.announce(News::Transformations(organization))
}

fn make(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    key: &DataKey,
    change: Change,
    now: i64,
) -> Result<VdrId, Error> {
    let own: Value = organization.0.into();
    let id = if let Some(was) = &change.was {
        let values = [
            own.clone(),
            was.id.0.into(),
            was.version.into(),
            change.name.as_str().into(),
            change.description.as_str().into(),
            now.into(),
        ];
        if tx.execute(&sql::UPDATE_VDR, &values)? == 0 {
            return Err(Error::Stale);
        }
        was.id
    } else {
        let id = VdrId(crate::next_id(tx, "vdr", 1)?);
        let values = [
            id.0.into(),
            own.clone(),
            change.name.as_str().into(),
            change.description.as_str().into(),
            now.into(),
        ];
        tx.execute(&sql::INSERT_VDR, &values)?;
        id
    };
    for (owner, fields) in change.parts {
        let at = [
            own.clone(),
            id.0.into(),
            code(owner.level).into(),
            owner.id.into(),
        ];
        let Some(mut fields) = fields else {
            tx.execute(&sql::DELETE_VDR_PART, &at)?;
            continue;
        };
        number(tx, &mut fields)?;
        let [own, vdr, level, owner] = at;
        let values = [
            own,
            vdr,
            level,
            owner,
            Json::Array(fields).to_string().into(),
        ];
        tx.execute(&sql::PUT_VDR_PART, &values)?;
    }
    for one in change.transformations {
        let seal = |id: TransformationId, body: &Json| {
            key.seal(&place(organization, id), body.to_string().as_bytes())
        };
        match one {
            TransformationChange::Delete(gone) => {
                tx.execute(&sql::DELETE_TRANSFORMATION, &[own.clone(), gone.0.into()])?;
            }
            TransformationChange::Replace(known, body) => {
                let body = seal(known, &body)?;
                let values = [
                    own.clone(),
                    known.0.into(),
                    id.0.into(),
                    body.into(),
                    now.into(),
                ];
                tx.execute(&sql::UPDATE_TRANSFORMATION, &values)?;
            }
            TransformationChange::Insert(element, owner, body) => {
                let fresh = TransformationId(crate::next_id(tx, "transformation", 1)?);
                let values = [
                    fresh.0.into(),
                    own.clone(),
                    id.0.into(),
                    element.0.into(),
                    code(owner.level).into(),
                    owner.id.into(),
                    seal(fresh, &body)?.into(),
                    now.into(),
                ];
                tx.execute(&sql::INSERT_TRANSFORMATION, &values)?;
            }
        }
    }
    tx.execute(&sql::DELETE_EMPTY_VDR, &[own, id.0.into()])?;
    Ok(id)
}

/// Gives ids to fields that have none.
fn number(tx: &mut dyn Connection, fields: &mut [Json]) -> Result<(), Error> {
    let bare = |field: &Json| field.get("id").is_none_or(|id| !id.is_i64());
    let count = i64::try_from(fields.iter().filter(|field| bare(field)).count()).unwrap_or(0);
    if count == 0 {
        return Ok(());
    }
    let mut next = crate::next_id(tx, "vdr_field", count)? - count;
    for field in fields.iter_mut().filter(|field| bare(field)) {
        next += 1;
        if let Some(members) = field.as_object_mut() {
            members.insert("id".to_owned(), next.into());
        }
    }
    Ok(())
}

const fn code(level: Level) -> i64 {
    match level {
        Level::System => 0,
        Level::Organization => 1,
        Level::Account => 2,
        Level::Instance => 3,
    }
}

fn owner(row: &mut Row) -> Result<Owner, Error> {
    let level = match row.integer()? {
        1 => Level::Organization,
        2 => Level::Account,
        3 => Level::Instance,
        _ => return Err(Error::Shape { what: "level" }),
    };
    Ok(Owner {
        level,
        id: row.integer()?,
    })
}

fn head(mut row: Row) -> Result<Vdr, Error> {
    Ok(Vdr {
        id: VdrId(row.integer()?),
        name: row.text()?,
        description: row.text()?,
        version: row.integer()?,
        created: Timestamp(row.integer()?),
        updated: Timestamp(row.integer()?),
    })
}

fn parts(
    tx: &mut dyn Connection,
    statement: &'static Statement,
    values: &[Value],
) -> Result<Vec<Part>, Error> {
    let rows = tx.query(statement, values)?;
    let mut found = Vec::with_capacity(rows.len());
    for mut row in rows {
        found.push(Part {
            vdr: VdrId(row.integer()?),
            owner: owner(&mut row)?,
            fields: serde_json::from_str(&row.text()?)
                .map_err(|_| Error::Shape { what: "vdr_parts" })?,
        });
    }
    Ok(found)
}

fn place(organization: OrganizationId, id: TransformationId) -> Context {
    Context::new(organization, "transformations", "body", id)
}
