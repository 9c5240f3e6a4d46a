//! Notices: an application is told that an account must be reconnected, until it has heard.

use ligand_model::id::{InstanceId, OrganizationId};
use ligand_model::time::Timestamp;

use crate::Store;
use crate::backend::Connection;
use crate::error::Error;
use crate::sql::outcomes as sql;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id: the same at each attempt.
    pub id: i64,
    /// The tenant.
    pub organization: OrganizationId,
    /// The instance it is about.
    pub instance: InstanceId,
    /// Why its grant is over.
    pub reason: String,
    /// Attempts, the present one included.
    pub attempts: i64,
    /// When it happened.
    pub created: Timestamp,
}

/// Writes a notice beside what it tells of, when the organization wants to hear.
pub(crate) fn note(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    instance: InstanceId,
    reason: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let wanted = tx.query_one(&sql::NOTICE_TARGET, &[organization.0.into()])?;
    if wanted.is_none() {
        return Ok(());
    }
    let id = crate::next_id(tx, "notice", 1)?;
    let values = [
        id.into(),
        organization.0.into(),
        instance.0.into(),
        reason.to_owned().into(),
        now.0.into(),
    ];
    tx.execute(&sql::INSERT_NOTICE, &values)?;
    Ok(())
}

impl Store {
    /// Where an organization is told; `None` when it does not want to hear.
    pub async fn notice_target(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<String>, Error> {
        let row = self
            .read(move |tx| tx.query_one(&sql::NOTICE_TARGET, &[organization.0.into()]))
            .await?;
        row.map(|mut row| row.text()).transpose()
    }

    /// Says where an organization is told; `None` for nowhere.
    pub async fn set_notice_target(
        &self,
        organization: OrganizationId,
        url: Option<String>,
    ) -> Result<(), Error> {
        let now = self.now();
        self.write(move |tx| match url {
            Some(url) => {
                let values = [organization.0.into(), url.into(), now.0.into()];
                tx.execute(&sql::PUT_NOTICE_TARGET, &values)
            }
            None => tx.execute(&sql::DELETE_NOTICE_TARGET, &[organization.0.into()]),
        })
        .await?;
        Ok(())
    }

    /// Takes the notices that are due; each is due again at `again`, unless [`Store::set_notice`] says otherwise.
    pub async fn claim_notices(&self, again: Timestamp) -> Result<Vec<Notice>, Error> {
        let values = [self.now().0.into(), again.0.into()];
        self.write(move |tx| {
            tx.query(&sql::CLAIM_NOTICES, &values)?
                .into_iter()
                .map(|mut row| {
                    Ok(Notice {
                        id: row.integer()?,
                        organization: OrganizationId(row.integer()?),
                        instance: InstanceId(row.integer()?),
                        reason: row.text()?,
                        attempts: row.integer()?,
                        created: Timestamp(row.integer()?),
                    })
                })
                .collect()
        })
        .await
    }

    /// Says when a notice is told again; `None` when that is over.
    pub async fn set_notice(
        &self,
        organization: OrganizationId,
        id: i64,
        due: Option<Timestamp>,
    ) -> Result<(), Error> {
        let values = [
            organization.0.into(),
            id.into(),
            due.map(|due| due.0).into(),
        ];
        self.write(move |tx| tx.execute(&sql::SET_NOTICE, &values))
            .await?;
        Ok(())
    }

    /// Forgets notices that are over and older than `before`.
    pub async fn prune_notices(&self, before: Timestamp) -> Result<u64, Error> {
        self.write(move |tx| tx.execute(&sql::DELETE_OLD_NOTICES, &[before.0.into()]))
            .await
    }
}
