//! Instances as rows: how they are written, read and bound to their place.

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId, UserId};
use ligand_model::instance::Instance;
use ligand_model::secret::ElementToken;
use ligand_model::time::Timestamp;
use zeroize::Zeroizing;

use crate::backend::{Connection, Row, Value};
use crate::error::Error;
use crate::identity::Caller;
use crate::sql::{BETWEEN, Statement, instances as sql};
use crate::vault::{Context, DataKey};

/// An instance as a row gives it, before its key is looked up.
pub(crate) struct Read {
    pub(crate) instance: Instance,
    pub(crate) owner: Caller,
    pub(crate) organization_active: bool,
    pub(crate) document_version: i64,
    pub(crate) sealed: Vec<u8>,
}

pub(crate) fn insert(
    tx: &mut dyn Connection,
    key: &DataKey,
    mut instance: Instance,
    token: &ElementToken,
    document: &[u8],
    refresh_due: Option<Timestamp>,
) -> Result<Instance, Error> {
    let id = InstanceId(tx.reserve_id("instance")?);
    let organization = instance.organization;
    instance.id = id;
    let values = vec![
        id.0.into(),
        organization.0.into(),
        instance.account.0.into(),
        instance.user.0.into(),
        instance.element.0.into(),
        instance.name.clone().into(),
        instance.name.to_lowercase().into(),
        instance.external_authentication.clone().into(),
        token.digest().into(),
        key.seal(&token_place(organization, id), token.expose().as_bytes())?
            .into(),
        key.seal(
            &document_place(organization, id, instance.version),
            document,
        )?
        .into(),
        instance.created.0.into(),
        instance.element_version.into(),
        refresh_due.map(|due| due.0).into(),
        instance.tags.join(BETWEEN).into(),
    ];
    tx.put_down(&sql::INSERT_INSTANCE, values)?;
    insert_tags(tx, organization, id, &instance.tags)?;
    Ok(instance)
}

pub(crate) fn insert_tags(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    id: InstanceId,
    tags: &[String],
) -> Result<(), Error> {
    for (position, tag) in (0_i64..).zip(tags) {
        let values = vec![
            organization.0.into(),
            id.0.into(),
            position.into(),
            tag.clone().into(),
        ];
        tx.put_down(&sql::INSERT_TAG, values)?;
    }
    Ok(())
}

pub(crate) fn one(
    tx: &mut dyn Connection,
    statement: &'static Statement,
    values: &[Value],
) -> Result<Option<Read>, Error> {
    tx.query_one(statement, values)?.map(read).transpose()
}

pub(crate) fn read(mut row: Row) -> Result<Read, Error> {
    let instance = Instance {
        id: InstanceId(row.integer()?),
        organization: OrganizationId(row.integer()?),
        account: AccountId(row.integer()?),
        user: UserId(row.integer()?),
        element: ElementId(row.integer()?),
        element_version: row.integer()?,
        name: row.text()?,
        tags: row
            .optional_text()?
            .filter(|tags| !tags.is_empty())
            .map(|tags| tags.split(BETWEEN).map(str::to_owned).collect())
            .unwrap_or_default(),
        valid: row.flag()?,
        disabled: row.flag()?,
        external_authentication: row.text()?,
        caching_enabled: row.flag()?,
        cache_time_to_live: row.integer()?,
        max_cache_size: row.integer()?,
        created: Timestamp(row.integer()?),
        updated: Timestamp(row.integer()?),
        invalid_reason: row.optional_text()?,
        invalid_since: row.optional_integer()?.map(Timestamp),
        version: row.integer()?,
    };
    let document_version = row.integer()?;
    let sealed = row.blob()?;
    let owner = Caller {
        organization: instance.organization,
        account: instance.account,
        user: instance.user,
        email: row.text()?,
        first_name: row.text()?,
        last_name: row.text()?,
        organization_admin: row.flag()?,
        // Whose instance it is does not depend on it.
        account_admin: false,
        user_active: row.flag()?,
        account_active: row.flag()?,
    };
    Ok(Read {
        instance,
        owner,
        organization_active: row.flag()?,
        document_version,
        sealed,
    })
}

pub(crate) fn document_text(document: &InstanceDocument) -> Result<Zeroizing<Vec<u8>>, Error> {
    serde_json::to_vec(document)
        .map(Zeroizing::new)
        .map_err(|_| Error::Shape {
            what: "instance document",
        })
}

/// The version keeps an earlier document from being put back.
pub(crate) fn document_place(
    organization: OrganizationId,
    id: InstanceId,
    version: i64,
) -> Context {
    Context::new(
        organization,
        "instances",
        "document",
        format_args!("{id}:{version}"),
    )
}

pub(crate) fn token_place(organization: OrganizationId, id: InstanceId) -> Context {
    Context::new(organization, "instances", "token_sealed", id)
}

/// Names and tags hold no control characters; one of them stands between tags on their way to and from the database.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .collect()
}

pub(crate) fn clean_all(texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .map(|text| clean(text))
        .filter(|text| !text.is_empty())
        .collect()
}
