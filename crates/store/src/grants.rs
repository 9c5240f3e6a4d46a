//! Grants: the lease under which one is renewed, the note of an exchange, and when it is to be looked at again.
//!
//! The rules are those of `ligand_engine::renewal`; here each of its steps is one statement.

use std::time::Instant;

use ligand_model::configuration::InstanceDocument;
use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::changes::Change;
use crate::custody::{self, Event};
use crate::error::Error;
use crate::instances::SealedInstance;
use crate::instances::row::{document_place, document_text, one};
use crate::sql::{BETWEEN, grants as sql, instances, list};

/// An instance with what is known of its grant's renewal.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// The instance.
    pub instance: SealedInstance,
    /// When the present lease ends; 0 without one.
    pub leased_until: Timestamp,
    /// Whether an exchange was begun of which no outcome is known.
    pub open: bool,
    /// The fence of the lease that wrote the grant.
    pub grant_fence: i64,
}

/// What became of a grant that was to be kept.
#[derive(Debug, Clone)]
pub enum Kept {
    /// It is in the row.
    Written(Box<SealedInstance>),
    /// A younger lease had written, or the instance is gone: it is not needed.
    Fenced,
    /// Something else of the instance changed meanwhile: lay the grant over the newer document.
    Moved,
}

/// A grant that is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueGrant {
    /// The tenant.
    pub organization: OrganizationId,
    /// The instance.
    pub instance: InstanceId,
    /// Its element.
    pub element: ElementId,
    /// When it was last called, to within minutes.
    pub used: Timestamp,
}

impl Store {
    /// The instance and its lease, as they are now.
    pub async fn grant(
        &self,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Result<Option<GrantRow>, Error> {
        let as_of = Instant::now();
        let found = self
            .read(move |tx| {
                let values = [BETWEEN.into(), organization.0.into(), id.0.into()];
                let instance = one(tx, &instances::INSTANCE, &values)?;
                let lease = tx.query_one(&sql::GRANT, &[organization.0.into(), id.0.into()])?;
                Ok(instance.zip(lease))
            })
            .await?;
        let Some((instance, mut lease)) = found else {
            return Ok(None);
        };
        let (leased_until, open) = (Timestamp(lease.integer()?), lease.flag()?);
        let grant_fence = lease.integer()?;
        Ok(self
            .with_key(as_of, Some(instance))
            .await?
            .map(|instance| GrantRow {
                instance,
                leased_until,
                open,
                grant_fence,
            }))
    }

    /// Takes the lease and notes that an exchange begins. `None` when the document has changed since it was read,
    /// somebody else holds the lease, or the grant was refused meanwhile.
    pub async fn lease_grant(
        &self,
        read: &SealedInstance,
        until: Timestamp,
    ) -> Result<Option<i64>, Error> {
        let now = self.now();
        let lasts = until.0.saturating_sub(now.0);
        let values = [
            read.instance.organization.0.into(),
            read.instance.id.0.into(),
            read.document_version.into(),
            now.0.into(),
            until.0.into(),
            until.plus_millis(lasts).0.into(),
        ];
        let row = self
            .write(move |tx| tx.query_one(&sql::LEASE_GRANT, &values))
            .await?;
        row.map(|mut row| row.integer()).transpose()
    }

    /// Keeps what the vendor gave under the lease `fence`, and ends the lease.
    pub async fn keep_grant(
        &self,
        read: &SealedInstance,
        fence: i64,
        document: &InstanceDocument,
        due: Option<Timestamp>,
    ) -> Result<Kept, Error> {
        let (organization, id) = (read.instance.organization, read.instance.id);
        let version = read.instance.version;
        let place = document_place(organization, id, version.saturating_add(1));
        let key = self.data_key(organization).await?;
        let values = [
            organization.0.into(),
            id.0.into(),
            version.into(),
            key.seal(&place, &document_text(document)?)?.into(),
            self.now().0.into(),
            fence.into(),
            due.map(|due| due.0).into(),
        ];
        let (act, now) = (custody::present(), self.now());
        let as_of = Instant::now();
        let kept = self
            .write(move |tx| {
                if tx.execute(&sql::KEEP_GRANT, &values)? > 0 {
                    custody::append(tx, organization, id, Event::Refreshed, "", &act, now)?;
                    tx.announce(Change::Instance(id, version.saturating_add(1)))?;
                    let values = [BETWEEN.into(), organization.0.into(), id.0.into()];
                    return Ok(Ok(one(tx, &instances::INSTANCE, &values)?));
                }
                let row = tx.query_one(&sql::GRANT, &[organization.0.into(), id.0.into()])?;
                let Some(mut row) = row else {
                    return Ok(Err(Kept::Fenced));
                };
                let (_, _, grant_fence) = (row.integer()?, row.flag()?, row.integer()?);
                Ok(Err(if grant_fence < fence {
                    Kept::Moved
                } else {
                    Kept::Fenced
                }))
            })
            .await?;
        match kept {
            Err(other) => Ok(other),
            Ok(row) => Ok(self
                .with_key(as_of, row)
                .await?
                .map_or(Kept::Fenced, |row| Kept::Written(Box::new(row)))),
        }
    }

    /// Gives a lease back without a grant. `open`: the vendor may have renewed it all the same.
    pub async fn release_grant(
        &self,
        organization: OrganizationId,
        id: InstanceId,
        fence: i64,
        open: bool,
        due: Option<Timestamp>,
    ) -> Result<(), Error> {
        let values = [
            organization.0.into(),
            id.0.into(),
            fence.into(),
            i64::from(open).into(),
            due.map(|due| due.0).into(),
        ];
        self.write(move |tx| tx.execute(&sql::RELEASE_GRANT, &values))
            .await?;
        Ok(())
    }

    /// Marks a grant as refused, with the reason, and notes that the organization is to be told if it wants to hear. `None` when the row holds another document or a younger grant.
    pub async fn condemn_grant(
        &self,
        read: &SealedInstance,
        fence: i64,
        reason: &str,
    ) -> Result<Option<SealedInstance>, Error> {
        let (organization, id) = (read.instance.organization, read.instance.id);
        let (reason, now) = (reason.to_owned(), self.now());
        let values = [
            organization.0.into(),
            id.0.into(),
            read.document_version.into(),
            fence.into(),
            reason.clone().into(),
            now.0.into(),
        ];
        let (act, now) = (custody::present(), self.now());
        let as_of = Instant::now();
        let condemned = self
            .write(move |tx| {
                if tx.execute(&sql::CONDEMN_GRANT, &values)? == 0 {
                    return Ok(None);
                }
                crate::notices::note(tx, organization, id, &reason, now)?;
                let values = [BETWEEN.into(), organization.0.into(), id.0.into()];
                let condemned = one(tx, &instances::INSTANCE, &values)?;
                if let Some(read) = &condemned {
                    tx.announce(Change::Instance(id, read.instance.version))?;
                    custody::append(tx, organization, id, Event::Refused, "", &act, now)?;
                }
                Ok(condemned)
            })
            .await?;
        self.with_key(as_of, condemned).await
    }

    /// Grants that are to be looked at by now, earliest first, but for those of some elements.
    pub async fn due_grants(
        &self,
        now: Timestamp,
        except: &[ElementId],
        limit: i64,
    ) -> Result<Vec<DueGrant>, Error> {
        let except = list(except.iter().map(ElementId::to_string));
        let values = [now.0.into(), BETWEEN.into(), except.into(), limit.into()];
        self.read(move |tx| {
            tx.query(&sql::DUE_GRANTS, &values)?
                .into_iter()
                .map(|mut row| {
                    Ok(DueGrant {
                        organization: OrganizationId(row.integer()?),
                        instance: InstanceId(row.integer()?),
                        element: ElementId(row.integer()?),
                        used: Timestamp(row.integer()?),
                    })
                })
                .collect()
        })
        .await
    }

    /// Says when a grant is to be looked at next; `None` for never.
    pub async fn postpone_grant(
        &self,
        organization: OrganizationId,
        id: InstanceId,
        due: Option<Timestamp>,
    ) -> Result<(), Error> {
        let values = [
            organization.0.into(),
            id.0.into(),
            due.map(|due| due.0).into(),
        ];
        self.write(move |tx| tx.execute(&sql::POSTPONE_GRANT, &values))
            .await?;
        Ok(())
    }

    /// Notes that instances were called, in one transaction.
    pub async fn note_use(
        &self,
        instances: Vec<(OrganizationId, InstanceId)>,
        at: Timestamp,
    ) -> Result<(), Error> {
        self.write(move |tx| {
            for (organization, id) in instances {
                let values = [organization.0.into(), id.0.into(), at.0.into()];
                tx.execute(&sql::NOTE_USE, &values)?;
            }
            Ok(())
        })
        .await
    }

    /// Ends every lease: for a process that owns its database alone, at its start. Exchanges stay open.
    pub async fn forget_leases(&self) -> Result<u64, Error> {
        self.write(|tx| tx.execute(&sql::FORGET_LEASES, &[])).await
    }
}
