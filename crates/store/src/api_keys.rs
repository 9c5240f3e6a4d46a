//! Scoped keys of an organization: what they may do, their secrets, and when those were last used.

use std::collections::BTreeSet;

use ligand_model::id::{ApiKeyId, ElementId, OrganizationId, UserId};
use ligand_model::secret::{ApiKeySecret, TokenDigest};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::{Connection, Row, Value};
use crate::changes::Change;
use crate::error::Error;
use crate::identity::{self, Caller};
use crate::sql::{BETWEEN, api_keys as sql, list};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reads: records, instances, usage.
    Read,
    /// Writes records at vendors.
    Write,
    /// Makes, changes and deletes instances.
    Provision,
    /// Everything that an organization's own secrets may, but to show those.
    Admin,
}

impl Scope {
    /// Every scope, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Provision, Self::Admin];

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Provision => "provision",
            Self::Admin => "admin",
        }
    }

    /// The scope of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// What a key may do, and with which instances.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permission {
    /// At least one.
    pub scopes: BTreeSet<Scope>,
    /// Instances of these elements only; empty: of any.
    pub elements: BTreeSet<ElementId>,
    /// Instances with at least one of these tags only; empty: any.
    pub tags: BTreeSet<String>,
}

impl Permission {
    /// Whether it may do what takes this scope.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&Scope::Admin) || self.scopes.contains(&scope)
    }

    /// Whether it is for some instances only.
    pub fn is_limited(&self) -> bool {
        !self.elements.is_empty() || !self.tags.is_empty()
    }

    /// Whether an instance of this element with these tags is among those it is for.
    pub fn covers(&self, element: ElementId, tags: &[String]) -> bool {
        (self.elements.is_empty() || self.elements.contains(&element))
            && (self.tags.is_empty() || tags.iter().any(|tag| self.tags.contains(tag)))
    }
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The tenant.
    pub organization: OrganizationId,
    /// As whom it acts.
    pub user: UserId,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub permission: Permission,
    /// When it ends; `None`: never by itself.
    pub expires: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// The secrets that live, newest first; at most two.
    pub secrets: Vec<SecretRecord>,
}

/// What is known of a secret after it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its last four characters.
    pub hint: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends, once it has a successor.
    pub expires: Option<Timestamp>,
    /// When it was last used, some seconds late.
    pub last_used: Option<Timestamp>,
}

/// Who a key's secret stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key.
    pub id: ApiKeyId,
    /// The user as whom it acts.
    pub caller: Caller,
    /// What it may do.
    pub permission: Permission,
    /// When key or secret ends, whichever is first.
    pub expires: Option<Timestamp>,
}

/// What a key is made of, or becomes.
#[derive(Debug, Clone)]
pub struct KeyForm {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub permission: Permission,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl Store {
    /// Makes a key with one secret; `None` when the organization has `most` already.
    pub async fn insert_api_key(
        &self,
        organization: OrganizationId,
        user: UserId,
        form: KeyForm,
        secret: &ApiKeySecret,
        most: i64,
    ) -> Result<Option<ApiKeyId>, Error> {
        let now = self.now();
        let secret = (secret.digest(), hint(secret));
        self.write(move |tx| {
            let count = tx.query_one(&sql::COUNT_API_KEYS, &[organization.0.into()])?;
            if count.map_or(Ok(0), |mut row| row.integer())? >= most {
                return Ok(None);
            }
            let id = ApiKeyId(crate::next_id(tx, "api_key", 1)?);
            let [name, scopes, elements, tags, expires] = columns(form);
            let values = [
                id.0.into(),
                organization.0.into(),
                user.0.into(),
                name,
                scopes,
                elements,
                tags,
                expires,
                now.0.into(),
            ];
            tx.execute(&sql::INSERT_API_KEY, &values)?;
            insert_secret(tx, organization, id, secret, now)?;
            Ok(Some(id))
        })
        .await
    }

    /// The holder of a key's secret, while both live.
    pub async fn api_key_holder(&self, digest: TokenDigest) -> Result<Option<KeyHolder>, Error> {
        let values = [digest.into(), self.now().0.into()];
        self.read(move |tx| {
            tx.query_one(&sql::API_KEY_BY_DIGEST, &values)?
                .map(holder)
                .transpose()
        })
        .await
    }

    /// The keys of an organization, oldest first.
    pub async fn api_keys(&self, organization: OrganizationId) -> Result<Vec<ApiKey>, Error> {
        let now = self.now();
        self.read(move |tx| {
            let mut keys = tx
                .query(&sql::API_KEYS, &[organization.0.into()])?
                .into_iter()
                .map(api_key)
                .collect::<Result<Vec<_>, _>>()?;
            give_secrets(tx, organization, now, &mut keys)?;
            Ok(keys)
        })
        .await
    }

    /// A key by id.
    pub async fn api_key(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
    ) -> Result<Option<ApiKey>, Error> {
        let now = self.now();
        self.read(move |tx| {
            let row = tx.query_one(&sql::API_KEY, &[organization.0.into(), id.0.into()])?;
            let mut found = row.map(api_key).transpose()?;
            give_secrets(tx, organization, now, found.as_mut_slice())?;
            Ok(found)
        })
        .await
    }

    /// Changes a key; false when there is none.
    pub async fn update_api_key(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
        form: KeyForm,
    ) -> Result<bool, Error> {
        let [name, scopes, elements, tags, expires] = columns(form);
        let values = [
            organization.0.into(),
            id.0.into(),
            name,
            scopes,
            elements,
            tags,
            expires,
        ];
        self.write(move |tx| {
            tx.announce(Change::Callers(organization))?;
            Ok(tx.execute(&sql::UPDATE_API_KEY, &values)? > 0)
        })
        .await
    }

    /// Gives a key a new secret. The present one ends at `former_ends`, an earlier one at once; false when there is no
    /// such key.
    pub async fn rotate_api_key(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
        secret: &ApiKeySecret,
        former_ends: Timestamp,
    ) -> Result<bool, Error> {
        let now = self.now();
        let secret = (secret.digest(), hint(secret));
        self.write(move |tx| {
            let of_key = [organization.0.into(), id.0.into()];
            if tx.query_one(&sql::API_KEY, &of_key)?.is_none() {
                return Ok(false);
            }
            tx.execute(&sql::DELETE_FORMER_SECRETS, &of_key)?;
            let end = [organization.0.into(), id.0.into(), former_ends.0.into()];
            tx.execute(&sql::END_API_KEY_SECRET, &end)?;
            insert_secret(tx, organization, id, secret, now)?;
            tx.announce(Change::Callers(organization))?;
            Ok(true)
        })
        .await
    }

    /// Deletes a key; its secrets stop working. False when there is none.
    pub async fn delete_api_key(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), id.0.into()];
        self.write(move |tx| {
            tx.announce(Change::Callers(organization))?;
            Ok(tx.execute(&sql::DELETE_API_KEY, &values)? > 0)
        })
        .await
    }

    /// Notes when secrets were last used.
    pub async fn note_api_keys_used(
        &self,
        used: Vec<(OrganizationId, TokenDigest, Timestamp)>,
    ) -> Result<(), Error> {
        self.write(move |tx| {
            for (organization, digest, when) in used {
                let values = [organization.0.into(), digest.into(), when.0.into()];
                tx.execute(&sql::USED_API_KEY_SECRET, &values)?;
            }
            Ok(())
        })
        .await
    }
}

fn hint(secret: &ApiKeySecret) -> String {
    let text = secret.expose();
    text.chars()
        .skip(text.chars().count().saturating_sub(4))
        .collect()
}

fn insert_secret(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    id: ApiKeyId,
    (digest, hint): (TokenDigest, String),
    now: Timestamp,
) -> Result<(), Error> {
    let values = [
        digest.into(),
        organization.0.into(),
        id.0.into(),
        hint.into(),
        now.0.into(),
    ];
    tx.execute(&sql::INSERT_API_KEY_SECRET, &values)?;
    Ok(())
}

/// Name, scopes, elements, tags and expiry as columns.
fn columns(form: KeyForm) -> [Value; 5] {
    let Permission {
        scopes,
        elements,
        tags,
    } = form.permission;
    let scopes: Vec<&str> = scopes.into_iter().map(Scope::word).collect();
    let elements: Vec<String> = elements.iter().map(ElementId::to_string).collect();
    [
        form.name.into(),
        scopes.join(" ").into(),
        elements.join(" ").into(),
        list(tags).into(),
        form.expires.map(|time| time.0).into(),
    ]
}

fn permission(row: &mut Row) -> Result<Permission, Error> {
    Ok(Permission {
        scopes: row.text()?.split(' ').filter_map(Scope::of).collect(),
        elements: row
            .text()?
            .split(' ')
            .filter_map(|id| id.parse().ok().map(ElementId))
            .collect(),
        tags: row
            .text()?
            .split(BETWEEN)
            .filter(|tag| !tag.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

fn api_key(mut row: Row) -> Result<ApiKey, Error> {
    Ok(ApiKey {
        id: ApiKeyId(row.integer()?),
        organization: OrganizationId(row.integer()?),
        user: UserId(row.integer()?),
        name: row.text()?,
        permission: permission(&mut row)?,
        expires: row.optional_integer()?.map(Timestamp),
        created: Timestamp(row.integer()?),
        secrets: Vec::new(),
    })
}

fn holder(mut row: Row) -> Result<KeyHolder, Error> {
    let id = ApiKeyId(row.integer()?);
    let permission = permission(&mut row)?;
    let (of_key, of_secret) = (row.optional_integer()?, row.optional_integer()?);
    Ok(KeyHolder {
        id,
        permission,
        expires: of_key.into_iter().chain(of_secret).min().map(Timestamp),
        caller: identity::caller(&mut row)?,
    })
}

fn give_secrets(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    now: Timestamp,
    keys: &mut [ApiKey],
) -> Result<(), Error> {
    for mut row in tx.query(
        &sql::API_KEY_SECRETS,
        &[organization.0.into(), now.0.into()],
    )? {
        let id = row.integer()?;
        let secret = SecretRecord {
            hint: row.text()?,
            created: Timestamp(row.integer()?),
            expires: row.optional_integer()?.map(Timestamp),
            last_used: row.optional_integer()?.map(Timestamp),
        };
        if let Some(key) = keys.iter_mut().find(|key| key.id.0 == id) {
            key.secrets.push(secret);
        }
    }
    Ok(())
}
