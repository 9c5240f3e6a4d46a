//! The driver: performs what an exchange asks for, step by step, until it is done.
//!
//! The driver owns deadlines, hosts, client and hook threads; the exchange owns meaning.

mod call;

use std::collections::BTreeMap;
use std::time::Duration;

use ligand_engine::exchange::Origin;
use ligand_engine::step::{
    HookCall, HookError, HookResult, Input, Outcome, Step, VendorReply, VendorRequest,
};
use ligand_model::error::ErrorKind;
use ligand_model::id::ElementId;
use ligand_model::time::Clock;
use ligand_store::usage::FailedAttempt;

use super::answer::VendorBody;
use super::client::Client;
use super::first_uses::FirstUses;
use super::hook_threads::HookThreads;
use super::manners::{Manners, Pace, Whose};
use super::own::OwnApi;
use super::upload::Upload;
use crate::app::App;
use crate::metrics::Metrics;
use call::Call;

/// Something that asks for I/O until it is done: an exchange of the engine.
pub trait Machine: Send + Sync {
    /// Takes what came back, says what happens next.
    fn next(&mut self, input: Input) -> Step;

    /// The status that an answer amounts to: some vendors report errors in a 200.
    fn amounts_to(&self, reply: &VendorReply) -> u16 {
        reply.status
    }

    /// What set the parts of the request asked for last; empty unless the machine keeps it.
    fn origins(&mut self) -> Vec<Origin> {
        Vec::new()
    }
}

impl Machine for ligand_engine::exchange::Exchange {
    fn next(&mut self, input: Input) -> Step {
        Self::next(self, input)
    }

    fn origins(&mut self) -> Vec<Origin> {
        Self::origins(self)
    }

    fn amounts_to(&self, reply: &VendorReply) -> u16 {
        Self::amounts_to(self, reply)
    }
}

/// A grant that was refreshed.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// The instance's values now.
    pub values: BTreeMap<String, String>,
    /// The hosts it may call now.
    pub hosts: Vec<String>,
}

/// A grant that could not be refreshed.
#[derive(Debug)]
pub struct NotRefreshed {
    /// The sentence for the caller.
    pub message: String,
    /// The vendor's own words.
    pub provider_message: Option<String>,
    /// Set when it could not even be tried, so that the grant may still be good: the kind of the failure.
    pub unreachable: Option<ErrorKind>,
}

/// How the driver gets a fresh grant; single flight is the implementor's.
pub trait Refresh: Sync {
    /// Refreshes the grant of the call's instance.
    fn refresh(&self) -> impl Future<Output = Result<Refreshed, NotRefreshed>> + Send;
}

/// For calls that never ask for a refresh: provisioning, and refreshes themselves.
#[derive(Debug, Clone, Copy)]
pub struct NoRefresh;

impl Refresh for NoRefresh {
    async fn refresh(&self) -> Result<Refreshed, NotRefreshed> {
        Err(NotRefreshed {
            message: "The vendor refused the credentials".to_owned(),
            provider_message: None,
            unreachable: None,
        })
    }
}

/// Whether the requests of a call are kept, and sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Explain {
    /// They are sent and forgotten.
    #[default]
    Off,
    /// They are sent and kept.
    On,
    /// They are kept; the first one ends the call unsent.
    DryRun,
}

/// One vendor request of a call, for explaining it. It holds secrets: mask it before anyone sees it.
#[derive(Debug)]
pub struct Sent {
    /// The request.
    pub request: VendorRequest,
    /// The vendor's status; none when it was not sent or not answered.
    pub status: Option<u16>,
    /// What set its parts.
    pub origins: Vec<Origin>,
}

/// How a call went.
#[derive(Debug)]
pub struct Driven {
    /// What the exchange made of it.
    pub outcome: Outcome,
    /// The vendor's body, when the outcome's is `Stream`.
    pub stream: Option<VendorBody>,
    /// Vendor requests sent.
    pub attempts: u32,
    /// Time spent waiting for limits and before repetitions.
    pub waits: Duration,
    /// When the vendor wants to be asked again, as it told last.
    pub retry_after: Option<Duration>,
    /// Time spent waiting for vendors.
    pub vendor_time: Duration,
    /// Time spent in hooks, waiting for a thread included.
    pub hook_time: Duration,
    /// The requests, when they were to be explained.
    pub sent: Vec<Sent>,
    /// What hooks logged; only ever for the tenant itself.
    pub log: Vec<String>,
    /// Whether the grant was renewed on the way.
    pub renewed: bool,
    /// The hosts that were asked, each once.
    pub hosts: Vec<String>,
    /// The requests that did not go well, the first few; empty for most calls.
    pub failed: Vec<FailedAttempt>,
}

/// What the driver performs calls with.
#[derive(Clone, Copy)]
pub struct Driver<'a> {
    /// The client.
    pub client: &'a Client,
    /// Where hooks run.
    pub hooks: &'a HookThreads,
    /// What is counted.
    pub metrics: &'a Metrics,
    /// How vendors are treated.
    pub manners: &'a Manners,
    /// Whose call it is, where a limit may hold for it.
    pub pace: Option<Pace<'a>>,
    /// Where it is noted, before an instance's credential is sent, to whom.
    pub first_uses: Option<FirstUses<'a>>,
    /// The element of calls that have no pace: those by which instances are made and renewed.
    pub element: Option<ElementId>,
    /// Whether what is sent may be sent twice, whatever its verb.
    pub repeatable: bool,
    /// Until when the call waits for limits.
    pub patience: tokio::time::Instant,
    /// Where the time comes from, for dates that vendors name.
    pub clock: &'a dyn Clock,
    /// Hosts that every instance may call, by the operator's leave.
    pub allowed_hosts: &'a [String],
    /// HTTP calls that the scripts of one call may make themselves.
    pub hook_calls: u32,
    /// What the caller uploads, where it is too large to be held.
    pub upload: Option<&'a Upload>,
    /// Our own API, for the scripts of transformations.
    pub own: Option<(&'a OwnApi, &'a str)>,
}

impl App {
    /// The driver of this application's calls.
    pub fn driver(&self) -> Driver<'_> {
        Driver {
            client: &self.vendor,
            hooks: &self.hooks,
            metrics: &self.metrics,
            manners: &self.manners,
            pace: None,
            first_uses: None,
            element: None,
            repeatable: false,
            patience: tokio::time::Instant::now() + self.manners.patience,
            clock: &*self.clock,
            allowed_hosts: &self.config.vendor.allowed_hosts,
            hook_calls: self.config.hooks.calls,
            upload: None,
            own: None,
        }
    }

    /// When a call that begins now must have ended.
    pub fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.config.vendor.total_timeout.0
    }
}

impl Driver<'_> {
    /// Whose calls these are, where a host fails.
    fn whose(&self) -> Whose {
        self.pace.as_ref().map_or(
            Whose {
                organization: None,
                element: self.element,
            },
            |pace| Whose {
                organization: Some(pace.organization),
                element: Some(pace.element),
            },
        )
    }

    /// Drives a call to its end, by `deadline` at the latest.
    pub async fn drive<M: Machine, R: Refresh>(
        self,
        allowed: &[String],
        mut exchange: M,
        refresh: &R,
        explain: Explain,
        deadline: tokio::time::Instant,
    ) -> Driven {
        let mut call = Call::new(self, explain, deadline);
        let mut hosts = std::borrow::Cow::Borrowed(allowed);
        let mut input = Input::Start;
        loop {
            input = match exchange.next(input) {
                Step::Done(outcome) => return call.end(*outcome),
                Step::Send(request) if explain == Explain::DryRun => {
                    let outcome = call.keep_unsent(*request, exchange.origins(), &hosts);
                    return call.end(outcome);
                }
                Step::Send(request) => {
                    let judge = |reply: &VendorReply| exchange.amounts_to(reply);
                    let input = call.send(*request, &hosts, judge).await;
                    call.explain_last(|| exchange.origins());
                    input
                }
                Step::RunHook(hook) => Input::Hook(call.run(*hook, &hosts).await),
                Step::Refresh => {
                    let fresh = tokio::time::timeout_at(deadline, refresh.refresh()).await;
                    self.metrics.refreshes.count(matches!(fresh, Ok(Ok(_))));
                    match fresh {
                        Ok(Ok(fresh)) => {
                            call.driven.renewed = true;
                            hosts = std::borrow::Cow::Owned(fresh.hosts);
                            Input::Refreshed(fresh.values)
                        }
                        Ok(Err(failed)) => match failed.unreachable {
                            Some(kind) => Input::Unreachable(kind, failed.message),
                            None => Input::RefreshFailed(failed.message, failed.provider_message),
                        },
                        Err(_) => Input::Unreachable(
                            ErrorKind::Timeout,
                            "The vendor did not renew the access in time".to_owned(),
                        ),
                    }
                }
            };
        }
    }
}

impl Driver<'_> {
    /// Runs a script that belongs to no exchange; its calls go to `allowed` hosts.
    ///
    /// # Errors
    /// As the script's.
    pub async fn run(
        self,
        allowed: &[String],
        script: HookCall,
        deadline: tokio::time::Instant,
    ) -> Result<HookResult, HookError> {
        Call::new(self, Explain::Off, deadline)
            .run(script, allowed)
            .await
    }
}

impl Driver<'_> {
    /// Sends one request outside an exchange, such as a token exchange: the same hosts, client and counters.
    ///
    /// # Errors
    /// As the client's; `Forbidden` for a host that is not among `allowed`.
    pub async fn send_once(
        self,
        allowed: &[String],
        request: VendorRequest,
        deadline: tokio::time::Instant,
    ) -> Result<VendorReply, super::client::Unanswered> {
        let mut call = Call::new(self, Explain::Off, deadline);
        let request = VendorRequest {
            stream: false,
            ..request
        };
        call.ask(request, allowed, |reply| reply.status).await
    }
}

#[cfg(test)]
mod tests;
