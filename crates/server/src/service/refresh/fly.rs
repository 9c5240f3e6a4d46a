//! One renewal, driven: what `ligand_engine::renewal` decides, done with our store and our vendor client.

use std::sync::Arc;
use std::time::Duration;

use ligand_engine::catalog::Compiled;
use ligand_engine::renewal::{Ask, EXCHANGE_MS, Ended, Exchanged, Renewal, Standing, Told, Why};
use ligand_model::configuration::InstanceDocument;
use ligand_model::error::{Classify as _, ErrorKind};
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::fault;
use ligand_store::grants::{GrantRow, Kept};

use super::super::{Error, lifecycle};
use super::exchange::{After, exchange};
use super::{Changes, Refreshed, credential, due, write};
use crate::app::App;

/// The longest pause before the row is read, or a grant is kept, once more.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long after a failure the worker tries again, milliseconds.
const AGAIN_MS: i64 = 60_000;

/// A renewal under way.
pub(super) struct Flight<'a> {
    app: &'a App,
    element: &'a Arc<Compiled>,
    organization: OrganizationId,
    id: InstanceId,
    /// The row as it was read last.
    row: Option<GrantRow>,
    /// What the vendor gave.
    given: Changes,
    after: After,
    /// What went wrong, for the caller.
    error: Option<Error>,
    pause: Duration,
}

impl<'a> Flight<'a> {
    pub(super) fn new(
        app: &'a App,
        element: &'a Arc<Compiled>,
        organization: OrganizationId,
        id: InstanceId,
    ) -> Self {
        Self {
            app,
            element,
            organization,
            id,
            row: None,
            given: Changes::default(),
            after: After::Nothing,
            error: None,
            pause: Duration::from_millis(125),
        }
    }

    /// Flies to the end. `used` names the credential that turned out stale.
    pub(super) async fn fly(mut self, used: String) -> Refreshed {
        let mut renewal = Renewal::new(used);
        let mut ask = Renewal::begin();
        loop {
            let told = match ask {
                Ask::End(ended) => return self.end(ended).await,
                Ask::Exchange => Told::Exchanged(self.exchange().await),
                Ask::Pause => {
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                    tokio::time::sleep(self.pause).await;
                    Told::Done
                }
                stored => self.store(stored).await.unwrap_or_else(|error| {
                    tracing::warn!(instance.id = self.id.0, error = %error, "a renewal waits for the store");
                    self.error = Some(error);
                    Told::StoreFailed
                }),
            };
            ask = renewal.next(told, self.app.now());
        }
    }

    async fn store(&mut self, ask: Ask) -> Result<Told, Error> {
        let store = &self.app.store;
        let told = match ask {
            Ask::Lease(until) => {
                let Some(row) = &self.row else {
                    return Ok(Told::Leased(None));
                };
                Told::Leased(store.lease_grant(&row.instance, until).await?)
            }
            Ask::Keep(fence) => Told::Kept(self.keep(fence).await?),
            Ask::Release { fence, open } => {
                let again = Some(self.app.now().plus_millis(AGAIN_MS));
                store
                    .release_grant(self.organization, self.id, fence, open, again)
                    .await?;
                Told::Done
            }
            Ask::Condemn(fence, why) => Told::Condemned(self.condemn(fence, why).await?),
            Ask::Read | Ask::Exchange | Ask::Pause | Ask::End(_) => {
                Told::Standing(self.read().await?)
            }
        };
        Ok(told)
    }

    async fn read(&mut self) -> Result<Option<Standing>, Error> {
        self.row = self.app.store.grant(self.organization, self.id).await?;
        let Some(row) = &self.row else {
            return Ok(None);
        };
        Ok(Some(Standing {
            credential: credential(&row.instance.open()?.values),
            valid: row.instance.instance.valid,
            leased_until: row.leased_until,
            open: row.open,
        }))
    }

    /// Asks the vendor. A grant that arrived counts, whatever failed after it.
    async fn exchange(&mut self) -> Exchanged {
        let before = match self.document() {
            Ok(before) => before,
            Err(error) => {
                self.error = Some(error);
                return Exchanged::NotAsked;
            }
        };
        let mut after = before.clone();
        fault::point("refresh.leased");
        let patience = Duration::from_millis(EXCHANGE_MS.unsigned_abs());
        let asked =
            tokio::time::timeout(patience, exchange(self.app, self.element, &mut after)).await;
        let granted = credential(&after.values) != credential(&before.values);
        fault::point("refresh.granted");
        self.given = Changes::between(&before, &after);
        match asked {
            Ok(Ok(rest)) => {
                self.after = rest;
                Exchanged::Granted
            }
            Ok(Err(error)) => {
                let ended = if granted {
                    Exchanged::Granted
                } else {
                    judge(&error)
                };
                self.error = Some(error);
                ended
            }
            Err(_) => {
                self.error = Some(Error::new(
                    ErrorKind::Timeout,
                    "The vendor did not renew the access in time.",
                ));
                if granted {
                    Exchanged::Granted
                } else {
                    Exchanged::Lost
                }
            }
        }
    }

    fn document(&self) -> Result<InstanceDocument, Error> {
        let row = self.row.as_ref().ok_or_else(super::unknown)?;
        Ok(row.instance.open()?)
    }

    /// Lays what the vendor gave over the document as it is, until nobody else writes in between.
    async fn keep(&mut self, fence: i64) -> Result<bool, Error> {
        loop {
            let Some(row) = &self.row else {
                return Ok(false);
            };
            let mut document = row.instance.open()?;
            self.given.apply(&mut document);
            let due = due(self.app, self.element, &document.values);
            let kept = self
                .app
                .store
                .keep_grant(&row.instance, fence, &document, due)
                .await?;
            let row = self.app.store.grant(self.organization, self.id).await?;
            if let Some(row) = &row {
                self.app.memory.instances.publish(row.instance.clone());
            }
            self.row = row;
            match kept {
                Kept::Written(_) => {
                    fault::point("refresh.kept");
                    return Ok(true);
                }
                Kept::Fenced => return Ok(false),
                Kept::Moved => {}
            }
        }
    }

    async fn condemn(&mut self, fence: i64, why: Why) -> Result<bool, Error> {
        let Some(row) = &self.row else {
            return Ok(false);
        };
        let condemned = self
            .app
            .store
            .condemn_grant(&row.instance, fence, why.name())
            .await?;
        let Some(condemned) = condemned else {
            return Ok(false);
        };
        self.app.memory.instances.publish(condemned);
        self.app.metrics.condemned.count(why == Why::Refused);
        tracing::warn!(
            instance.id = self.id.0,
            organization.id = self.organization.0,
            reason = why.name(),
            "the vendor refused to renew the grant of instance {}: {}",
            self.id,
            match why {
                Why::Refused => "its customer must reconnect",
                Why::AnswerLost =>
                    "an earlier answer of the vendor's, with the next grant in it, never arrived; its customer must reconnect",
            }
        );
        Ok(true)
    }

    async fn end(mut self, ended: Ended) -> Refreshed {
        match ended {
            Ended::Renewed => self.complete().await,
            Ended::Newer => match self.document() {
                Ok(document) => {
                    if let Some(row) = self.row {
                        self.app.memory.instances.publish(row.instance);
                    }
                    Refreshed::Fresh(document)
                }
                Err(error) => failed(&error),
            },
            Ended::Condemned(_) => {
                if let Some(error) = &self.error {
                    let said = error.provider_message().map(str::to_owned);
                    return Refreshed::Refused(error.public().into_owned(), said);
                }
                if let Some(row) = &self.row {
                    self.app.memory.instances.publish(row.instance.clone());
                }
                Refreshed::Refused(super::reconnect_it(self.id), None)
            }
            Ended::Gone => failed(&super::unknown()),
            Ended::Failed => {
                let error = self.error.take().unwrap_or_else(|| {
                    Error::internal("a renewal ended without a word of its reason")
                });
                tracing::warn!(instance.id = self.id.0, error = %error.public(), "a refresh could not be made");
                failed(&error)
            }
        }
    }

    /// The grant is kept; what the element does after a renewal comes now.
    async fn complete(mut self) -> Refreshed {
        let kept = match self.document() {
            Ok(kept) => kept,
            Err(error) => return failed(&error),
        };
        let mut document = kept.clone();
        let rest = match (self.error.take(), self.after) {
            (Some(error), _) => Err(error),
            (None, After::Nothing) => Ok(0),
            (None, After::OnRefresh) => {
                lifecycle::run(self.app, self.element, "onRefresh", &[], &mut document).await
            }
        };
        if rest.is_err() {
            // The next call renews again, and then does what was left undone.
            document
                .values
                .entry("oauth.user.refresh_time".to_owned())
                .and_modify(|time| "0".clone_into(time));
        }
        let changes = Changes::between(&kept, &document);
        let written = match (changes.is_empty(), self.row) {
            (false, Some(row)) => write(self.app, self.element, row.instance, changes).await,
            _ => Ok(document),
        };
        match rest.and(written) {
            Ok(document) => Refreshed::Fresh(document),
            Err(error) => failed(&error),
        }
    }
}

fn failed(error: &Error) -> Refreshed {
    Refreshed::Failed(error.kind(), error.public().into_owned())
}

/// What a failure says of the grant.
fn judge(error: &Error) -> Exchanged {
    let status = error.status().unwrap_or_else(|| error.kind().status());
    match error.kind() {
        // The vendor said that it did nothing, or that the application, not the grant, is at fault.
        ErrorKind::RateLimited | ErrorKind::Forbidden => Exchanged::NotAsked,
        ErrorKind::Timeout if error.may_have_arrived() => Exchanged::Lost,
        _ if error.is_vendor() && (400..500).contains(&status) => Exchanged::Refused,
        _ if error.may_have_arrived() => Exchanged::Lost,
        _ => Exchanged::NotAsked,
    }
}

#[cfg(test)]
mod tests {
    use ligand_engine::step::Failure;

    use super::*;

    #[test]
    fn only_a_refusal_of_the_grant_counts_against_it() {
        let vendor = |kind| {
            Error::from(Failure {
                kind,
                status: None,
                message: String::new(),
                provider_message: None,
            })
        };
        for (error, expected) in [
            (vendor(ErrorKind::Invalid), Exchanged::Refused),
            (vendor(ErrorKind::Unauthenticated), Exchanged::Refused),
            (vendor(ErrorKind::RateLimited), Exchanged::NotAsked),
            (vendor(ErrorKind::Forbidden), Exchanged::NotAsked),
            (vendor(ErrorKind::VendorUnavailable), Exchanged::Lost),
            (vendor(ErrorKind::Timeout), Exchanged::Lost),
            (Error::invalid("no token URL"), Exchanged::NotAsked),
            (
                Error::unanswered(ErrorKind::VendorUnavailable, "refused", false),
                Exchanged::NotAsked,
            ),
            (
                Error::unanswered(ErrorKind::VendorUnavailable, "cut", true),
                Exchanged::Lost,
            ),
            (
                Error::unanswered(ErrorKind::Timeout, "no connection", false),
                Exchanged::NotAsked,
            ),
        ] {
            assert_eq!(judge(&error), expected, "{error:?}");
        }
    }
}
