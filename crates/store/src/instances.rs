//! Instances: plain attributes, tags, and one sealed document, written by compare-and-swap.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, InstanceId, OrganizationId, UserId};
use ligand_model::instance::Instance;
use ligand_model::secret::{ElementToken, TokenDigest};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Value;
use crate::changes::Change;
use crate::connect::{self, ConnectEnd};
use crate::custody::{self, Event};
use crate::error::Error;
use crate::farewells::{self, Leaving};
use crate::fault;
use crate::identity::{Caller, Reach};
use crate::sql::{BETWEEN, Statement, contains, instances as sql, list};
use crate::transformations;
use crate::vault::DataKey;

pub(crate) mod row;

use row::{
    Read, clean, clean_all, document_place, document_text, insert, insert_tags, one, read,
    token_place,
};

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
    /// The version of that element; 1 for elements of the catalog.
    pub element_version: i64,
    /// Plain text.
    pub name: String,
    /// Labels, in order.
    pub tags: Vec<String>,
    /// `none` or `initial`.
    pub external_authentication: String,
    /// What is sealed.
    pub document: &'a InstanceDocument,
    /// When its grant is to be looked at ahead of time.
    pub refresh_due: Option<Timestamp>,
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
    /// Before it was read: what other nodes wrote later is not in it.
    pub as_of: Instant,
}

/// Which instances to list, oldest first.
#[derive(Debug, Clone, Default)]
pub struct InstanceFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// Of this element.
    pub element: Option<ElementId>,
    /// With every one of these tags, exactly as written.
    pub tags: Vec<String>,
    /// Whose name contains this, in any case; or whose element is one of `search_elements`.
    pub search: Option<String>,
    /// The elements whose key contains the search text; only used with `search`.
    pub search_elements: Vec<ElementId>,
    /// Of one of these elements; empty: of any.
    pub among: BTreeSet<ElementId>,
    /// With at least one of these tags; empty: any.
    pub any_tag: BTreeSet<String>,
    /// Whose grant the vendor still honours, or does not.
    pub valid: Option<bool>,
    /// That are switched off, or on.
    pub disabled: Option<bool>,
    /// Only those after this one.
    pub after: Option<InstanceId>,
    /// Leaving out so many first.
    pub skip: i64,
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
    /// The version of that element.
    pub element_version: Option<i64>,
    /// `none` or `initial`.
    pub external_authentication: Option<String>,
    /// The whole document.
    pub document: Option<InstanceDocument>,
    /// Set when the document holds a grant of its own making, such as a new consent's: renewals under way lose against
    /// it. The value says when the grant is to be looked at.
    pub regrant: Option<Option<Timestamp>>,
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
        self.insert_instance_ending(new, None, None).await
    }

    /// The same; with it ends the Connect session in which it was made, and the farewell that was noted for its grant.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the token is taken, or the session is over already.
    pub async fn insert_instance_ending(
        &self,
        new: NewInstance<'_>,
        end: Option<ConnectEnd>,
        noted: Option<i64>,
    ) -> Result<Instance, Error> {
        let key = self.data_key(new.organization).await?;
        let document = document_text(new.document)?;
        let now = self.now();
        let instance = Instance {
            id: InstanceId(0),
            organization: new.organization,
            account: new.account,
            user: new.user,
            element: new.element,
            element_version: new.element_version,
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
            invalid_reason: None,
            invalid_since: None,
            version: 1,
        };
        let (token, due) = (new.token, new.refresh_due);
        let (act, hosts) = (custody::present(), new.document.hosts.join(" "));
        let called = custody::called_so_far();
        self.write(move |tx| {
            let made = insert(tx, &key, instance, &token, &document, due)?;
            let (organization, id) = (made.organization, made.id);
            custody::begin(tx, (organization, id), &hosts, &called, &act, now)?;
            if let Some(end) = end {
                connect::finish(tx, made.organization, made.id, end)?;
            }
            if let Some(noted) = noted {
                farewells::redeem(tx, organization, noted)?;
            }
            fault::point("provision.writing");
            Ok(made)
        })
        .await
    }

    /// The instance of a token.
    pub async fn instance_by_token(
        &self,
        digest: TokenDigest,
    ) -> Result<Option<SealedInstance>, Error> {
        self.looked_up(&sql::INSTANCE_BY_TOKEN, [BETWEEN.into(), digest.into()])
            .await
    }

    /// The instance of an organization by id.
    pub async fn instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<SealedInstance>, Error> {
        let values = [BETWEEN.into(), organization.0.into(), id.0.into()];
        self.looked_up(&sql::INSTANCE, values).await
    }

    async fn looked_up<const N: usize>(
        &self,
        statement: &'static Statement,
        values: [Value; N],
    ) -> Result<Option<SealedInstance>, Error> {
        let as_of = Instant::now();
        let row = self.look_up(statement, values).await?;
        self.with_key(as_of, row.map(read).transpose()?).await
    }

    /// The instances of an organization that the filter lets through, ascending by id.
    pub async fn instances(
        &self,
        organization: OrganizationId,
        filter: InstanceFilter,
    ) -> Result<Vec<SealedInstance>, Error> {
        let tags: BTreeSet<String> = clean_all(&filter.tags).into_iter().collect();
        let first_tag = tags.first().cloned();
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
            filter.skip.into(),
            list(filter.among.iter().map(ElementId::to_string)).into(),
            list(&filter.any_tag).into(),
            first_tag.into(),
            filter.valid.into(),
            filter.disabled.into(),
            filter.account.map(|id| id.0).into(),
        ];
        let as_of = Instant::now();
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
            found.extend(self.with_key(as_of, Some(row)).await?);
        }
        Ok(found)
    }

    /// How many instances an organization or one account has, by element; with `tags`, those that have any of them.
    pub async fn count_instances(
        &self,
        reach: Reach,
        tags: &BTreeSet<String>,
    ) -> Result<Vec<(ElementId, i64)>, Error> {
        let organization = reach.organization.0.into();
        let tags = list(tags);
        self.read(move |tx| {
            let rows = if tags.is_empty() && reach.account.is_none() {
                tx.query(&sql::COUNT_INSTANCES, &[organization])?
            } else {
                let account = reach.account.map(|id| id.0).into();
                let values = [organization, tags.into(), BETWEEN.into(), account];
                tx.query(&sql::COUNT_SOME_INSTANCES, &values)?
            };
            rows.into_iter()
                .map(|mut row| Ok((ElementId(row.integer()?), row.integer()?)))
                .collect()
        })
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
        let change_words = words(&change);
        let document = match &change.document {
            Some(document) => {
                let place = document_place(organization, id, version.saturating_add(1));
                let key = self.data_key(organization).await?;
                Some(key.seal(&place, &document_text(document)?)?)
            }
            None => None,
        };
        let name = change.name.as_deref().map(clean);
        let tags = change.tags.map(|tags| clean_all(&tags));
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
            change.element_version.into(),
            i64::from(change.regrant.is_some()).into(),
            change.regrant.flatten().map(|due| due.0).into(),
            tags.as_ref().map(|tags| tags.join(BETWEEN)).into(),
        ];
        let (event, detail) = told(&change_words);
        let (act, now) = (custody::present(), self.now());
        let as_of = Instant::now();
        let updated = self.write(move |tx| {
            if tx.execute(&sql::UPDATE_INSTANCE, &values)? == 0 {
                return Ok(None);
            }
            tx.announce(Change::Instance(id, version.saturating_add(1)))?;
            custody::append(tx, organization, id, event, &detail, &act, now)?;
            if let Some(tags) = tags {
                tx.execute(&sql::DELETE_TAGS, &[organization.0.into(), id.0.into()])?;
                insert_tags(tx, organization, id, &tags)?;
            }
            fault::point("update.writing");
            one(
                tx,
                &sql::INSTANCE,
                &[BETWEEN.into(), organization.0.into(), id.0.into()],
            )
        });
        let updated = updated.await?;
        self.with_key(as_of, updated).await
    }

    /// Deletes an instance with its own transformations and definitions; its token stops working. False when there is
    /// none.
    pub async fn delete_instance(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<bool, Error> {
        let deleted = self.delete_instance_telling(organization, id, None).await?;
        Ok(deleted.is_some())
    }

    /// The same, and notes with it that the vendor must be told by `due` at the latest, if whoever asked has not done so
    /// before. Answers the note's id, 0 without one; `None` when there is no such instance.
    pub async fn delete_instance_telling(
        &self,
        organization: OrganizationId,
        id: InstanceId,
        farewell: Option<(Leaving, &InstanceDocument, Timestamp)>,
    ) -> Result<Option<i64>, Error> {
        let farewell = match farewell {
            Some((of, document, due)) => {
                let key = self.data_key(of.organization).await?;
                Some((key, of, document_text(document)?, due))
            }
            None => None,
        };
        let values = [organization.0.into(), id.0.into()];
        // The tags go with it. Like an update it locks the instance first, so the two cannot wait for each other.
        let (act, now) = (custody::present(), self.now());
        self.write(move |tx| {
            if tx.execute(&sql::DELETE_INSTANCE, &values)? == 0 {
                return Ok(None);
            }
            tx.announce(Change::Instance(id, i64::MAX))?;
            custody::append(tx, organization, id, Event::Deleted, "", &act, now)?;
            transformations::forget(tx, organization, id, now)?;
            let noted = match farewell {
                Some((key, of, document, due)) => {
                    farewells::insert(tx, &key, of, &document, due, now)?
                }
                None => 0,
            };
            fault::point("delete.writing");
            Ok(Some(noted))
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
        let row = self.look_up(&sql::SEALED_TOKEN, values).await?;
        let Some(mut row) = row else { return Ok(None) };
        let text = self
            .open_text(&token_place(organization, id), &row.blob()?)
            .await?;
        Ok(Some(ElementToken::new(text)))
    }

    /// Adds the key that the document opens with.
    pub(crate) async fn with_key(
        &self,
        as_of: Instant,
        read: Option<Read>,
    ) -> Result<Option<SealedInstance>, Error> {
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
            as_of,
        }))
    }
}

/// What a change is about, in the API's words.
fn words(change: &InstanceChange) -> Vec<&'static str> {
    [
        ("configuration", change.document.is_some()),
        ("name", change.name.is_some()),
        ("tags", change.tags.is_some()),
        ("valid", change.valid.is_some()),
        ("disabled", change.disabled == Some(true)),
        ("enabled", change.disabled == Some(false)),
        (
            "caching",
            change.caching_enabled.is_some()
                || change.cache_time_to_live.is_some()
                || change.max_cache_size.is_some(),
        ),
        (
            "element",
            change.element.is_some() || change.element_version.is_some(),
        ),
        (
            "externalAuthentication",
            change.external_authentication.is_some(),
        ),
    ]
    .into_iter()
    .filter_map(|(word, there)| there.then_some(word))
    .collect()
}

/// How a change stands in the record of custody.
fn told(words: &[&'static str]) -> (Event, String) {
    let event = if words.contains(&"configuration") {
        Event::Changed
    } else {
        Event::Updated
    };
    (event, words.join(" "))
}
