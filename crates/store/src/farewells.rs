//! Farewells: a vendor is told that a grant is not needed any more, whatever happens to the process meanwhile.
//!
//! A deletion writes its farewell in its own transaction. A grant that has just arrived for an instance that is not there
//! yet writes one ahead of time, which the instance's own transaction takes away.

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{AccountId, ElementId, OrganizationId};
use ligand_model::instance::Instance;
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Connection;
use crate::error::Error;
use crate::instances::row::document_text;
use crate::sql::farewells as sql;
use crate::vault::{Context, DataKey};

/// Whose grant it is, and of which element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaving {
    /// The tenant.
    pub organization: OrganizationId,
    /// Its account, which may have additions to the element.
    pub account: AccountId,
    /// The element.
    pub element: ElementId,
    /// And its version.
    pub element_version: i64,
}

impl Leaving {
    /// That of an instance.
    pub fn of(instance: &Instance) -> Self {
        Self {
            organization: instance.organization,
            account: instance.account,
            element: instance.element,
            element_version: instance.element_version,
        }
    }
}

/// Something to tell a vendor.
#[derive(Debug)]
pub struct Farewell {
    /// Its id.
    pub id: i64,
    /// Whose grant it is.
    pub of: Leaving,
    /// What the instance was; none when it cannot be opened any more.
    pub document: Option<InstanceDocument>,
    /// Attempts, the present one included.
    pub attempts: i64,
}

pub(crate) fn place(organization: OrganizationId, id: i64) -> Context {
    Context::new(organization, "farewells", "document", id)
}

/// Writes a farewell in the transaction of its cause; answers its id.
pub(crate) fn insert(
    tx: &mut dyn Connection,
    key: &DataKey,
    of: Leaving,
    document: &[u8],
    due: Timestamp,
    now: Timestamp,
) -> Result<i64, Error> {
    let id = tx.reserve_id("farewell")?;
    let values = vec![
        id.into(),
        of.organization.0.into(),
        of.account.0.into(),
        of.element.0.into(),
        of.element_version.into(),
        key.seal(&place(of.organization, id), document)?.into(),
        due.0.into(),
        now.0.into(),
    ];
    tx.put_down(&sql::INSERT_FAREWELL, values)?;
    Ok(id)
}

/// Takes away the farewell of a grant whose instance is now there.
///
/// # Errors
/// [`Error::Stale`] when that took so long that the vendor is being told already.
pub(crate) fn redeem(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    id: i64,
) -> Result<(), Error> {
    let of = [organization.0.into(), id.into()];
    match tx.execute(&sql::REDEEM_FAREWELL, &of)? {
        0 => Err(Error::Stale),
        _ => Ok(()),
    }
}

impl Store {
    /// Notes ahead of time what a vendor is told at `due`, unless somebody comes back before; answers the note's id.
    /// It outlives this process; a database server that dies in the same moment may lose it.
    pub async fn insert_farewell(
        &self,
        of: Leaving,
        document: &InstanceDocument,
        due: Timestamp,
    ) -> Result<i64, Error> {
        let key = self.data_key(of.organization).await?;
        let (document, now) = (document_text(document)?, self.now());
        self.write(move |tx| {
            tx.commit_lazily()?;
            insert(tx, &key, of, &document, due, now)
        })
        .await
    }

    /// Takes the farewells that are due; each is due again at `again`, unless it is ended.
    pub async fn claim_farewells(&self, again: Timestamp) -> Result<Vec<Farewell>, Error> {
        let values = [self.now().0.into(), again.0.into()];
        let rows = self
            .write(move |tx| tx.query(&sql::CLAIM_FAREWELLS, &values))
            .await?;
        let mut claimed = Vec::new();
        for mut row in rows {
            let id = row.integer()?;
            let of = Leaving {
                organization: OrganizationId(row.integer()?),
                account: AccountId(row.integer()?),
                element: ElementId(row.integer()?),
                element_version: row.integer()?,
            };
            let sealed = row.blob()?;
            // One that does not open (its organization's keys were destroyed) holds up nobody.
            let opened = async {
                let key = self.data_key(of.organization).await?;
                let text = key.open(&place(of.organization, id), &sealed)?;
                let shape = Error::Shape {
                    what: "instance document",
                };
                serde_json::from_slice(&text).map_err(|_| shape)
            };
            let document: Result<_, Error> = opened.await;
            claimed.push(Farewell {
                id,
                of,
                document: document.ok(),
                attempts: row.integer()?,
            });
        }
        Ok(claimed)
    }

    /// Ends a farewell: the vendor was told, or never will be.
    pub async fn end_farewell(&self, organization: OrganizationId, id: i64) -> Result<(), Error> {
        let of = [organization.0.into(), id.into()];
        self.write(move |tx| tx.execute(&sql::DELETE_FAREWELL, &of))
            .await?;
        Ok(())
    }

    /// Says when the vendor is told again.
    pub async fn postpone_farewell(
        &self,
        organization: OrganizationId,
        id: i64,
        due: Timestamp,
    ) -> Result<(), Error> {
        let values = [organization.0.into(), id.into(), due.0.into()];
        self.write(move |tx| tx.execute(&sql::POSTPONE_FAREWELL, &values))
            .await?;
        Ok(())
    }
}
