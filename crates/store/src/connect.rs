//! Connect sessions: one customer, one browser, one account; and how an organization shows itself in them.

use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{InstanceId, OrganizationId, UserId};
use ligand_model::secret::TokenDigest;
use ligand_model::time::Timestamp;
use zeroize::Zeroizing;

use crate::Store;
use crate::backend::{Connection, Row};
use crate::error::Error;
use crate::sql::connect as sql;
use crate::vault::Context;

/// Sessions of an organization that may be open at a time.
pub const MOST: i64 = 10_000;

/// A session to be kept.
pub struct NewConnectSession {
    /// The tenant.
    pub organization: OrganizationId,
    /// The user whose application asked.
    pub user: UserId,
    /// What names the page; no secret.
    pub handle: String,
    /// Digest of the token that opens it.
    pub token: TokenDigest,
    /// Origins that may show the page in a frame.
    pub origins: Vec<String>,
    /// JSON of the server's choice; sealed at rest.
    pub payload: Zeroizing<Vec<u8>>,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectStatus {
    /// Nothing is decided.
    Open,
    /// The last consent was denied; another may follow.
    Denied,
    /// An account is connected: the session is over.
    Connected(InstanceId),
}

/// A session that was found.
pub struct ConnectSession {
    /// Its id.
    pub id: i64,
    /// The tenant.
    pub organization: OrganizationId,
    /// The user whose application asked.
    pub user: UserId,
    /// Whether a browser has it.
    pub bound: bool,
    /// Origins that may show the page in a frame.
    pub origins: Vec<String>,
    /// The payload as it was last kept.
    pub payload: Zeroizing<Vec<u8>>,
    /// How it stands.
    pub status: ConnectStatus,
    /// How often its application was told, the present attempt included.
    pub attempts: i64,
    /// When it was made.
    pub created: Timestamp,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// The end of a session, written with the instance that ends it.
#[derive(Debug, Clone, Copy)]
pub struct ConnectEnd {
    /// The session.
    pub session: i64,
    /// When its application is to be told; `None` when it did not ask.
    pub callback_due: Option<Timestamp>,
}

/// How an organization shows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    /// `#rrggbb`, or empty.
    pub accent: String,
    /// A `data:` URL of a picture, or empty.
    pub logo: String,
}

/// What to change of an organization; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct OrganizationChange {
    /// Its name.
    pub name: Option<String>,
    /// `#rrggbb`, or empty.
    pub accent: Option<String>,
    /// A `data:` URL of a picture, or empty.
    pub logo: Option<String>,
}

impl Store {
    /// Keeps a session and answers its id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the token is taken.
    pub async fn insert_connect_session(&self, new: NewConnectSession) -> Result<i64, Error> {
        let key = self.data_key(new.organization).await?;
        let now = self.now();
        self.write(move |tx| {
            let open = [new.organization.0.into(), now.0.into(), MOST.into()];
            crate::room(
                tx,
                &sql::COUNT_CONNECT_SESSIONS,
                &open,
                "Connect sessions at a time",
                MOST,
            )?;
            let id = crate::next_id(tx, "connect_session", 1)?;
            let values = [
                id.into(),
                new.organization.0.into(),
                new.user.0.into(),
                new.handle.into(),
                new.token.into(),
                new.origins.join("\n").into(),
                key.seal(&place(new.organization, id), &new.payload)?.into(),
                now.0.into(),
                new.expires.0.into(),
            ];
            tx.execute(&sql::INSERT_CONNECT_SESSION, &values)?;
            Ok(id)
        })
        .await
    }

    /// The origins that may frame the page of a handle; `None` when there is no such session.
    pub async fn connect_origins(&self, handle: &str) -> Result<Option<Vec<String>>, Error> {
        let values = [handle.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::CONNECT_ORIGINS, &values))
            .await?;
        row.map(|mut row| Ok(lines(&row.text()?))).transpose()
    }

    /// The session of an organization by id.
    pub async fn connect_session(
        &self,
        organization: OrganizationId,
        id: i64,
    ) -> Result<Option<ConnectSession>, Error> {
        let values = [organization.0.into(), id.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::CONNECT_SESSION, &values))
            .await?;
        self.opened(row).await
    }

    /// The session that a token opens.
    pub async fn connect_by_token(
        &self,
        token: TokenDigest,
    ) -> Result<Option<ConnectSession>, Error> {
        let values = [token.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::CONNECT_BY_TOKEN, &values))
            .await?;
        self.opened(row).await
    }

    /// The session that a browser has.
    pub async fn connect_by_browser(
        &self,
        key: TokenDigest,
    ) -> Result<Option<ConnectSession>, Error> {
        let values = [key.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::CONNECT_BY_BROWSER, &values))
            .await?;
        self.opened(row).await
    }

    /// Gives a session to a browser; false when another has it.
    pub async fn bind_connect_session(
        &self,
        organization: OrganizationId,
        id: i64,
        key: TokenDigest,
    ) -> Result<bool, Error> {
        let values = [organization.0.into(), id.into(), key.into()];
        self.write(move |tx| Ok(tx.execute(&sql::BIND_CONNECT_SESSION, &values)? > 0))
            .await
    }

    /// Keeps another payload of a session that is not over.
    pub async fn keep_connect_payload(
        &self,
        organization: OrganizationId,
        id: i64,
        payload: &[u8],
    ) -> Result<(), Error> {
        let key = self.data_key(organization).await?;
        let sealed = key.seal(&place(organization, id), payload)?;
        let values = [organization.0.into(), id.into(), sealed.into()];
        self.write(move |tx| tx.execute(&sql::KEEP_CONNECT_PAYLOAD, &values))
            .await?;
        Ok(())
    }

    /// Notes that a consent was denied.
    pub async fn deny_connect_session(
        &self,
        organization: OrganizationId,
        id: i64,
    ) -> Result<(), Error> {
        let values = [organization.0.into(), id.into()];
        self.write(move |tx| tx.execute(&sql::DENY_CONNECT_SESSION, &values))
            .await?;
        Ok(())
    }

    /// Lets one request make the instance; false when the session is over, too old, or another request is at it.
    pub async fn claim_connect_session(
        &self,
        organization: OrganizationId,
        id: i64,
        until: Timestamp,
    ) -> Result<bool, Error> {
        let now = self.now();
        let values = [
            organization.0.into(),
            id.into(),
            now.0.into(),
            until.0.into(),
        ];
        self.write(move |tx| Ok(tx.execute(&sql::CLAIM_CONNECT_SESSION, &values)? > 0))
            .await
    }

    /// Gives a claim back: the instance was not made.
    pub async fn release_connect_session(
        &self,
        organization: OrganizationId,
        id: i64,
    ) -> Result<(), Error> {
        let values = [organization.0.into(), id.into()];
        self.write(move |tx| tx.execute(&sql::RELEASE_CONNECT_SESSION, &values))
            .await?;
        Ok(())
    }

    /// Ends a session with an instance that was there before.
    pub async fn finish_connect_session(
        &self,
        organization: OrganizationId,
        instance: InstanceId,
        end: ConnectEnd,
    ) -> Result<(), Error> {
        self.write(move |tx| finish(tx, organization, instance, end))
            .await
    }

    /// Sessions whose applications are to be told now. They are due again at `again`, unless told so before.
    pub async fn claim_connect_callbacks(
        &self,
        again: Timestamp,
    ) -> Result<Vec<ConnectSession>, Error> {
        let values = [self.now().0.into(), again.0.into()];
        let rows = self
            .write(move |tx| tx.query(&sql::CLAIM_CONNECT_CALLBACKS, &values))
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let mut named = row.clone();
            let (id, organization) = (named.integer()?, OrganizationId(named.integer()?));
            match self.opened(Some(row)).await {
                Ok(session) => found.extend(session),
                Err(error) if error.kind() == ErrorKind::Unavailable => return Err(error),
                // What does not open will not open later; the others are told all the same.
                Err(error) => {
                    tracing::warn!(
                        organization.id = organization.0,
                        session.id = id,
                        error = %error,
                        "a Connect session does not open; its application is not told"
                    );
                    self.set_connect_callback(organization, id, None).await?;
                }
            }
        }
        Ok(found)
    }

    /// When a session's application is to be told (again); `None` when that is done.
    pub async fn set_connect_callback(
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
        self.write(move |tx| tx.execute(&sql::SET_CONNECT_CALLBACK, &values))
            .await?;
        Ok(())
    }

    /// Forgets sessions that expired before, except those whose application waits to be told; answers how many.
    pub async fn prune_connect_sessions(&self, before: Timestamp) -> Result<u64, Error> {
        let values = [before.0.into()];
        self.write(move |tx| tx.execute(&sql::DELETE_OLD_CONNECT_SESSIONS, &values))
            .await
    }

    /// How an organization shows itself.
    pub async fn brand(&self, organization: OrganizationId) -> Result<Brand, Error> {
        let values = [organization.0.into()];
        let row = self
            .read(move |tx| tx.query_one(&sql::BRAND, &values))
            .await?;
        row.map_or_else(
            || Ok(Brand::default()),
            |mut row| {
                Ok(Brand {
                    accent: row.text()?,
                    logo: row.text()?,
                })
            },
        )
    }

    /// Changes an organization's name and looks.
    pub async fn change_organization(
        &self,
        organization: OrganizationId,
        change: OrganizationChange,
    ) -> Result<(), Error> {
        let values = [
            organization.0.into(),
            change.name.into(),
            change.accent.into(),
            change.logo.into(),
        ];
        self.write(move |tx| tx.execute(&sql::SET_BRAND, &values))
            .await?;
        Ok(())
    }

    async fn opened(&self, row: Option<Row>) -> Result<Option<ConnectSession>, Error> {
        let Some(mut row) = row else { return Ok(None) };
        let id = row.integer()?;
        let organization = OrganizationId(row.integer()?);
        let user = UserId(row.integer()?);
        let bound = row.optional_blob()?.is_some();
        let origins = lines(&row.text()?);
        let (place, sealed) = (place(organization, id), row.blob()?);
        let key = self.data_key_of(&place, &sealed).await?;
        let payload = key.open(&place, &sealed)?;
        let (status, instance) = (row.text()?, row.optional_integer()?);
        let status = match (status.as_str(), instance) {
            ("connected", Some(instance)) => ConnectStatus::Connected(InstanceId(instance)),
            ("denied", _) => ConnectStatus::Denied,
            ("open", _) => ConnectStatus::Open,
            _ => {
                return Err(Error::Shape {
                    what: "connect session",
                });
            }
        };
        Ok(Some(ConnectSession {
            id,
            organization,
            user,
            bound,
            origins,
            payload,
            status,
            attempts: row.integer()?,
            created: Timestamp(row.integer()?),
            expires: Timestamp(row.integer()?),
        }))
    }
}

/// Ends a session in the transaction that made its instance.
///
/// # Errors
/// [`Error::Conflict`] when it was over already: then nothing of the transaction lasts.
pub(crate) fn finish(
    tx: &mut dyn Connection,
    organization: OrganizationId,
    instance: InstanceId,
    end: ConnectEnd,
) -> Result<(), Error> {
    let values = [
        organization.0.into(),
        end.session.into(),
        instance.0.into(),
        end.callback_due.map(|due| due.0).into(),
    ];
    if tx.execute(&sql::FINISH_CONNECT_SESSION, &values)? == 0 {
        return Err(Error::Conflict {
            statement: sql::FINISH_CONNECT_SESSION.name,
        });
    }
    Ok(())
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn place(organization: OrganizationId, id: i64) -> Context {
    Context::new(organization, "connect_sessions", "payload", id)
}
