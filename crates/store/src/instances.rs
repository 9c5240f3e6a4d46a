//! Instances: plain attributes, tags, and one sealed document, written by compare-and-swap.

use std::collections::BTreeSet;
use std::sync::Arc;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId, UserId};
use ligand_model::instance::Instance;
use ligand_model::secret::{ElementToken, TokenDigest};
use ligand_model::time::Timestamp;
use zeroize::Zeroizing;

use crate::Store;
use crate::backend::{Connection, Row, Value};
use crate::error::Error;
use crate::identity::Caller;
use crate::sql::{BETWEEN, Statement, contains, instances as sql, list};
use crate::vault::{Context, DataKey};

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
    /// With every one of these tags, exactly as written.
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
        let Instance {
            organization, id, ..
        } = self.instance;
        let place = document_place(organization, id, self.document_version);
        let opened = self.key.open(&place, &self.sealed)?;
        serde_json::from_slice(&opened).map_err(|_| Error::Shape {
            what: "instance document",
        })
    }
}

impl Store {
    /// Makes an instance with the next id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the token is taken.
    pub async fn insert_instance(&self, new: NewInstance<'_>) -> Result<Instance, Error> {
        let key = self.data_key(new.organization).await?;
        let document = document_text(new.document)?;
        let now = self.now();
        let instance = Instance {
            id: InstanceId(0),
            organization: new.organization,
            account: new.account,
            user: new.user,
            element: new.element,
            name: clean(&new.name),
            tags: clean_all(&new.tags),
            valid: true,
            disabled: false,
            external_authentication: new.external_authentication,
            caching_enabled: false,
            cache_time_to_live: 0,
            max_cache_size: 0,
            created: now,
            updated: now,
            version: 1,
        };
        let token = new.token;
        self.write(move |tx| insert(tx, &key, instance, &token, &document))
            .await
    }

    /// The instance of a token.
    pub async fn instance_by_token(
        &self,
        digest: TokenDigest,
    ) -> Result<Option<SealedInstance>, Error> {
        let values = [BETWEEN.into(), digest.into()];
        let read = move |tx: &mut dyn Connection| one(tx, &sql::INSTANCE_BY_TOKEN, &values);
        self.with_key(self.read(read).await?).await
    }

    /// The instance of an organization by id.
    pub async fn instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<SealedInstance>, Error> {
        let values = [BETWEEN.into(), organization.0.into(), id.0.into()];
        let read = move |tx: &mut dyn Connection| one(tx, &sql::INSTANCE, &values);
        self.with_key(self.read(read).await?).await
    }

    /// The instances of an organization that the filter lets through, ascending by id.
    pub async fn instances(
        &self,
        organization: OrganizationId,
        filter: InstanceFilter,
    ) -> Result<Vec<SealedInstance>, Error> {
        let tags: BTreeSet<String> = clean_all(&filter.tags).into_iter().collect();
        let elements = filter.search_elements.iter().map(ElementId::to_string);
        let values = [
            BETWEEN.into(),
            organization.0.into(),
            filter.after.map_or(0, |id| id.0).into(),
            filter.element.map(|id| id.0).into(),
            i64::try_from(tags.len()).unwrap_or(i64::MAX).into(),
            list(tags).into(),
            filter
                .search
                .as_deref()
                .map(|text| contains(&text.to_lowercase()))
                .into(),
            list(elements).into(),
            filter.limit.into(),
        ];
        let rows = self
            .read(move |tx| {
                tx.query(&sql::INSTANCES, &values)?
                    .into_iter()
                    .map(read)
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.extend(self.with_key(Some(row)).await?);
        }
        Ok(found)
    }

    /// How many instances an organization has.
    pub async fn count_instances(&self, organization: OrganizationId) -> Result<i64, Error> {
        let values = [organization.0.into()];
        self.read(
            move |tx| match tx.query_one(&sql::COUNT_INSTANCES, &values)? {
                Some(mut row) => row.integer(),
                None => Ok(0),
            },
        )
        .await
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
        let document = match &change.document {
            Some(document) => {
                let place = document_place(organization, id, version.saturating_add(1));
                let key = self.data_key(organization).await?;
                Some(key.seal(&place, &document_text(document)?)?)
            }
            None => None,
        };
        let name = change.name.as_deref().map(clean);
        let values = [
            organization.0.into(),
            id.0.into(),
            version.into(),
            name.clone().into(),
            name.map(|name| name.to_lowercase()).into(),
            change.valid.into(),
            change.disabled.into(),
            change.caching_enabled.into(),
            change.cache_time_to_live.into(),
            change.max_cache_size.into(),
            change.element.map(|element| element.0).into(),
            change.external_authentication.into(),
            document.into(),
            self.now().0.into(),
        ];
        let tags = change.tags.map(|tags| clean_all(&tags));
        let updated = self.write(move |tx| {
            if tx.execute(&sql::UPDATE_INSTANCE, &values)? == 0 {
                return Ok(None);
            }
            if let Some(tags) = tags {
                tx.execute(&sql::DELETE_TAGS, &[organization.0.into(), id.0.into()])?;
                insert_tags(tx, organization, id, &tags)?;
            }
            one(
                tx,
                &sql::INSTANCE,
                &[BETWEEN.into(), organization.0.into(), id.0.into()],
            )
        });
        let updated = updated.await?;
        self.with_key(updated).await
    }

    /// Deletes an instance; its token stops working. False when there is none.
    pub async fn delete_instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), id.0.into()];
        self.write(move |tx| {
            tx.execute(&sql::DELETE_TAGS, &values)?;
            Ok(tx.execute(&sql::DELETE_INSTANCE, &values)? > 0)
        })
        .await
    }

    /// Opens an instance's token for display.
    pub async fn reveal_token(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<ElementToken>, Error> {
        let values = [organization.0.into(), id.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::SEALED_TOKEN, &values))
            .await?;
        let Some(mut row) = row else { return Ok(None) };
        let text = self
            .open_text(&token_place(organization, id), &row.blob()?)
            .await?;
        Ok(Some(ElementToken::new(text)))
    }

    /// Adds the key that the document opens with.
    async fn with_key(&self, read: Option<Read>) -> Result<Option<SealedInstance>, Error> {
        let Some(read) = read else { return Ok(None) };
        let Instance {
            organization, id, ..
        } = read.instance;
        let place = document_place(organization, id, read.document_version);
        let key = self.data_key_of(&place, &read.sealed).await?;
        Ok(Some(SealedInstance {
            instance: read.instance,
            owner: read.owner,
            organization_active: read.organization_active,
            document_version: read.document_version,
            sealed: read.sealed.into(),
            key,
        }))
    }
}

/// An instance as a row gives it, before its key is looked up.
struct Read {
    instance: Instance,
    owner: Caller,
    organization_active: bool,
    document_version: i64,
    sealed: Vec<u8>,
}

fn insert(
    tx: &mut dyn Connection,
    key: &DataKey,
    mut instance: Instance,
    token: &ElementToken,
    document: &[u8],
) -> Result<Instance, Error> {
    let id = InstanceId(crate::next_id(tx, "instance", 1)?);
    let organization = instance.organization;
    instance.id = id;
    let values = [
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
    ];
    tx.execute(&sql::INSERT_INSTANCE, &values)?;
    insert_tags(tx, organization, id, &instance.tags)?;
    Ok(instance)
}

fn insert_tags(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    id: InstanceId,
    tags: &[String],
) -> Result<(), Error> {
    for (position, tag) in (0_i64..).zip(tags) {
        let values = [
            organization.0.into(),
            id.0.into(),
            position.into(),
            tag.clone().into(),
        ];
        tx.execute(&sql::INSERT_TAG, &values)?;
    }
    Ok(())
}

fn one(
    tx: &mut dyn Connection,
    statement: &'static Statement,
    values: &[Value],
) -> Result<Option<Read>, Error> {
    tx.query_one(statement, values)?.map(read).transpose()
}

fn read(mut row: Row) -> Result<Read, Error> {
    let instance = Instance {
        id: InstanceId(row.integer()?),
        organization: OrganizationId(row.integer()?),
        account: AccountId(row.integer()?),
        user: UserId(row.integer()?),
        element: ElementId(row.integer()?),
        name: row.text()?,
        tags: row
            .optional_text()?
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

fn document_text(document: &InstanceDocument) -> Result<Zeroizing<Vec<u8>>, Error> {
    serde_json::to_vec(document)
        .map(Zeroizing::new)
        .map_err(|_| Error::Shape {
            what: "instance document",
        })
}

/// The version keeps an earlier document from being put back.
fn document_place(organization: OrganizationId, id: InstanceId, version: i64) -> Context {
    Context::new(
        organization,
        "instances",
        "document",
        format_args!("{id}:{version}"),
    )
}

fn token_place(organization: OrganizationId, id: InstanceId) -> Context {
    Context::new(organization, "instances", "token_sealed", id)
}

/// Names and tags hold no control characters; one of them stands between tags on their way to and from the database.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .collect()
}

fn clean_all(texts: &[String]) -> Vec<String> {
    texts
        .iter()
        .map(|text| clean(text))
        .filter(|text| !text.is_empty())
        .collect()
}
