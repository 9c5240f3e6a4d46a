//! Custody: an append-only record of what happened to an instance's credential, each entry chained to the one before.
//!
//! An entry that belongs to a write is part of its transaction. At whose call is known from the call's surroundings
//! ([`by`]); without any the platform acted by itself.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use ligand_model::id::{ApiKeyId, InstanceId, OrganizationId, UserId};
use ligand_model::time::Timestamp;
use ring::digest::{Context, SHA256};

use crate::Store;
use crate::backend::{Connection, Row, Value};
use crate::error::Error;
use crate::sql::{custody as sql, keys};

tokio::task_local! {
    static ACT: Act;
}

/// On whose behalf something happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Act {
    /// The user; `None`: the platform itself.
    pub user: Option<UserId>,
    /// The scoped key that was used.
    pub key: Option<ApiKeyId>,
    /// The request; empty without one.
    pub request: Arc<str>,
}

/// Runs a future on somebody's behalf.
pub async fn by<F: Future>(act: Act, future: F) -> F::Output {
    ACT.scope(act, future).await
}

/// On whose behalf the present task acts.
pub fn present() -> Act {
    ACT.try_with(Act::clone).unwrap_or_default()
}

tokio::task_local! {
    static CALLED: Mutex<Vec<String>>;
}

/// Runs a future in which an instance is made: the hosts that are [`called`] on the way are entered with it.
pub async fn while_making<F: Future>(future: F) -> F::Output {
    CALLED.scope(Mutex::default(), future).await
}

/// A host is asked on the way to an instance; elsewhere this is of no account.
pub fn called(host: &str) {
    let add = |hosts: &Mutex<Vec<String>>| {
        let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    };
    // Outside of a scope there is nothing to add to.
    let _ = CALLED.try_with(add);
}

/// The hosts that were called on the way to the instance that is about to be entered.
pub(crate) fn called_so_far() -> Vec<String> {
    let read =
        |hosts: &Mutex<Vec<String>>| hosts.lock().unwrap_or_else(PoisonError::into_inner).clone();
    CALLED.try_with(read).unwrap_or_default()
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The instance was made; the detail names the hosts that it may call.
    Created,
    /// A host received the credential for the first time.
    Host,
    /// The grant was renewed.
    Refreshed,
    /// The vendor refused to renew it.
    Refused,
    /// Configuration was written.
    Changed,
    /// A plain attribute was written.
    Updated,
    /// The instance was deleted.
    Deleted,
    /// The credential or the instance's token was shown.
    Revealed,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Host,
        Self::Refreshed,
        Self::Refused,
        Self::Changed,
        Self::Updated,
        Self::Deleted,
        Self::Revealed,
    ];

    /// The word of the record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Host => "host",
            Self::Refreshed => "refreshed",
            Self::Refused => "refused",
            Self::Changed => "changed",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Revealed => "revealed",
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The instance, which may be gone.
    pub instance: InstanceId,
    /// From 1, without gaps.
    pub number: i64,
    /// When.
    pub time: Timestamp,
    /// What: the word of an [`Event`].
    pub event: String,
    /// More of it; never a value of the configuration.
    pub detail: String,
    /// On whose behalf.
    pub act: Act,
    /// The digest of the entry before; zeros for the first.
    pub former: Vec<u8>,
    /// Its own.
    pub digest: Vec<u8>,
}

/// Which entries of a record, by the number of one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Those after it, oldest first; 0 begins with the first.
    After(i64),
    /// Those before it, newest first; `None` begins with the last.
    Before(Option<i64>),
}

/// A chain that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The tenant.
    pub organization: OrganizationId,
    /// Whose chain.
    pub instance: InstanceId,
    /// The first entry that is wrong, missing or in another's place.
    pub number: i64,
}

/// What a look through all chains found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Chains that hold.
    pub chains: u64,
    /// Entries in them.
    pub records: u64,
    /// Those that do not.
    pub broken: Vec<Broken>,
}

impl Record {
    /// Its digest as hexadecimal digits.
    pub fn digest_text(&self) -> String {
        let mut text = String::with_capacity(64);
        for byte in &self.digest {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// SHA-256 over every member, each after its length, and the digest before.
    fn computed(&self, organization: OrganizationId) -> Vec<u8> {
        let number = |id: Option<i64>| id.map_or_else(String::new, |id| id.to_string());
        let parts = [
            organization.to_string(),
            self.instance.to_string(),
            self.number.to_string(),
            self.time.0.to_string(),
            self.event.clone(),
            self.detail.clone(),
            number(self.act.user.map(|id| id.0)),
            number(self.act.key.map(|id| id.0)),
            self.act.request.to_string(),
        ];
        let mut digest = Context::new(&SHA256);
        digest.update(&self.former);
        for part in parts {
            digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest.finish().as_ref().to_vec()
    }
}

/// The end of a chain: the number and digest that the next entry goes on from.
type End = (i64, Vec<u8>);

/// Adds an entry in the transaction that it belongs to, which holds the instance's row.
pub(crate) fn append(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    instance: InstanceId,
    event: Event,
    detail: &str,
    act: &Act,
    time: Timestamp,
) -> Result<(), Error> {
    let of = [organization.0.into(), instance.0.into()];
    let end = match tx.query_one(&sql::LAST_CUSTODY, &of)? {
        Some(mut row) => (row.integer()?, row.blob()?),
        None => (0, vec![0; 32]),
    };
    let of = (organization, instance);
    extend(tx, of, event, detail, act, time, end).map(drop)
}

/// Begins the chain of an instance that is being made: who made it, and which hosts have its credential already.
pub(crate) fn begin(
    tx: &mut dyn Connection,
    of: (OrganizationId, InstanceId),
    declared: &str,
    called: &[String],
    act: &Act,
    time: Timestamp,
) -> Result<(), Error> {
    let mut end = (0, vec![0; 32]);
    end = extend(tx, of, Event::Created, declared, act, time, end)?;
    for host in called {
        end = extend(tx, of, Event::Host, host, act, time, end)?;
    }
    Ok(())
}

/// Waits for those who write the instance, and keeps others from it; false when it is gone.
fn hold(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    instance: InstanceId,
) -> Result<bool, Error> {
    let of = [organization.0.into(), instance.0.into()];
    Ok(tx.query_one(&sql::HOLD_INSTANCE, &of)?.is_some())
}

/// Adds an entry after the one that the chain ends with.
fn extend(
    tx: &mut dyn Connection,
    (organization, instance): (OrganizationId, InstanceId),
    event: Event,
    detail: &str,
    act: &Act,
    time: Timestamp,
    (last, former): End,
) -> Result<End, Error> {
    let mut record = Record {
        instance,
        number: last.saturating_add(1),
        time,
        event: event.word().to_owned(),
        detail: detail
            .chars()
            .filter(|letter| *letter != '\0')
            .take(2000)
            .collect(),
        act: act.clone(),
        former,
        digest: Vec::new(),
    };
    record.digest = record.computed(organization);
    let end = (record.number, record.digest.clone());
    let values = vec![
        organization.0.into(),
        instance.0.into(),
        record.number.into(),
        record.time.0.into(),
        record.event.into(),
        record.detail.into(),
        record.act.user.map(|id| id.0).into(),
        record.act.key.map(|id| id.0).into(),
        record.act.request.to_string().into(),
        record.former.into(),
        record.digest.into(),
    ];
    tx.put_down(&sql::INSERT_CUSTODY, values)?;
    Ok(end)
}

impl Store {
    /// Notes that an instance's credential is about to be sent to a host, if it never was before.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note_host(
        &self,
        organization: OrganizationId,
        instance: InstanceId,
        host: &str,
    ) -> Result<(), Error> {
        let known: [Value; 3] = [organization.0.into(), instance.0.into(), host.into()];
        // Entries are never taken away: what is found need not be asked of the one who writes.
        let found = self.look_up(&sql::CUSTODY_OF_HOST, known.clone()).await?;
        if found.is_some() {
            return Ok(());
        }
        let (act, now, host) = (present(), self.now(), host.to_owned());
        self.write(move |tx| {
            hold(tx, organization, instance)?;
            if tx.query_one(&sql::CUSTODY_OF_HOST, &known)?.is_some() {
                return Ok(());
            }
            append(tx, organization, instance, Event::Host, &host, &act, now)
        })
        .await
    }

    /// Notes that tokens were shown, before they are; an instance that is gone meanwhile keeps its record as it is.
    pub async fn note_revealed(
        &self,
        organization: OrganizationId,
        mut instances: Vec<InstanceId>,
    ) -> Result<(), Error> {
        // In one order, so that two who note do not wait for each other.
        instances.sort_unstable();
        let (act, now) = (present(), self.now());
        self.write(move |tx| {
            for instance in instances {
                if hold(tx, organization, instance)? {
                    append(
                        tx,
                        organization,
                        instance,
                        Event::Revealed,
                        "token",
                        &act,
                        now,
                    )?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Entries of an instance, at most `limit`; of one kind alone where `event` is its word.
    pub async fn custody(
        &self,
        organization: OrganizationId,
        instance: InstanceId,
        page: Page,
        event: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Record>, Error> {
        let (statement, number) = match page {
            Page::After(number) => (&sql::CUSTODY, number),
            Page::Before(number) => (&sql::CUSTODY_NEWEST, number.unwrap_or(i64::MAX)),
        };
        let values = [
            organization.0.into(),
            instance.0.into(),
            number.into(),
            limit.into(),
            event.map(str::to_owned).into(),
        ];
        self.read(move |tx| {
            tx.query(statement, &values)?
                .into_iter()
                .map(read)
                .collect()
        })
        .await
    }

    /// Goes through every chain of every organization. `head` hears the last entry of each chain that holds: kept
    /// elsewhere, it shows later that none was cut short.
    pub async fn verify_custody(
        &self,
        mut head: impl FnMut(OrganizationId, &Record),
    ) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        let mut after = OrganizationId(0);
        loop {
            let values = [after.0.into()];
            let page = self
                .read(move |tx| tx.query(&keys::ORGANIZATIONS_AFTER, &values))
                .await?;
            if page.is_empty() {
                return Ok(verified);
            }
            for mut row in page {
                after = OrganizationId(row.integer()?);
                self.verify_organization(after, &mut verified, &mut head)
                    .await?;
            }
        }
    }

    async fn verify_organization(
        &self,
        organization: OrganizationId,
        verified: &mut Verified,
        head: &mut impl FnMut(OrganizationId, &Record),
    ) -> Result<(), Error> {
        let mut last: Option<Record> = None;
        let mut holds = true;
        loop {
            let (instance, number) = last.as_ref().map_or((0, 0), |r| (r.instance.0, r.number));
            let values = [organization.0.into(), instance.into(), number.into()];
            let page = self
                .read(move |tx| tx.query(&sql::CUSTODY_CHAINS, &values))
                .await?;
            if page.is_empty() {
                if let Some(record) = last.filter(|_| holds) {
                    verified.chains += 1;
                    head(organization, &record);
                }
                return Ok(());
            }
            for row in page {
                let record = read(row)?;
                if last
                    .as_ref()
                    .is_some_and(|known| known.instance != record.instance)
                    && let Some(done) = last.take()
                    && std::mem::replace(&mut holds, true)
                {
                    verified.chains += 1;
                    head(organization, &done);
                }
                let (number, digest) = match &last {
                    Some(known) => (known.number.saturating_add(1), known.digest.clone()),
                    None => (1, vec![0; 32]),
                };
                verified.records += 1;
                let fits = record.number == number
                    && record.former == digest
                    && record.digest == record.computed(organization);
                if holds && !fits {
                    holds = false;
                    verified.broken.push(Broken {
                        organization,
                        instance: record.instance,
                        number,
                    });
                }
                last = Some(record);
            }
        }
    }
}

fn read(mut row: Row) -> Result<Record, Error> {
    Ok(Record {
        instance: InstanceId(row.integer()?),
        number: row.integer()?,
        time: Timestamp(row.integer()?),
        event: row.text()?,
        detail: row.text()?,
        act: Act {
            user: row.optional_integer()?.map(UserId),
            key: row.optional_integer()?.map(ApiKeyId),
            request: row.text()?.into(),
        },
        former: row.blob()?,
        digest: row.blob()?,
    })
}
