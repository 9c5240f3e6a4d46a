//! The driver: performs what an exchange asks for, step by step, until it is done.
//!
//! The driver owns deadlines, hosts, client and hook threads; the exchange owns meaning.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ligand_engine::hosts;
use ligand_engine::step::{
    Failure, HookCall, HookError, HookResult, Input, Outcome, Step, VendorReply, VendorRequest,
};
use ligand_model::error::ErrorKind;

use super::answer::VendorBody;
use super::client::Client;
use super::hook_threads::{HookThreads, Session};
use crate::app::App;
use crate::metrics::Metrics;

/// Something that asks for I/O until it is done: an exchange of the engine.
pub trait Machine: Send {
    /// Takes what came back, says what happens next.
    fn next(&mut self, input: Input) -> Step;
}

impl Machine for ligand_engine::exchange::Exchange {
    fn next(&mut self, input: Input) -> Step {
        Self::next(self, input)
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
    /// Time spent waiting for vendors.
    pub vendor_time: Duration,
    /// Time spent in hooks, waiting for a thread included.
    pub hook_time: Duration,
    /// The requests, when they were to be explained.
    pub sent: Vec<Sent>,
    /// What hooks logged; only ever for the tenant itself.
    pub log: Vec<String>,
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
    /// Hosts that every instance may call, by the operator's leave.
    pub allowed_hosts: &'a [String],
}

impl App {
    /// The driver of this application's calls.
    pub fn driver(&self) -> Driver<'_> {
        Driver {
            client: &self.vendor,
            hooks: &self.hooks,
            metrics: &self.metrics,
            allowed_hosts: &self.config.vendor.allowed_hosts,
        }
    }

    /// When a call that begins now must have ended.
    pub fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.config.vendor.total_timeout.0
    }
}

/// Drives a call to its end. `allowed` are the hosts that its instance may call.
pub async fn drive<M: Machine, R: Refresh>(
    app: &App,
    allowed: &[String],
    exchange: M,
    refresh: &R,
    explain: Explain,
) -> Driven {
    app.driver()
        .drive(allowed, exchange, refresh, explain, app.deadline())
        .await
}

impl Driver<'_> {
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
                    call.driven.sent.push(Sent {
                        request: *request,
                        status: None,
                    });
                    return call.end(unsent());
                }
                Step::Send(request) => call.send(*request, &hosts).await,
                Step::RunHook(hook) => Input::Hook(call.run(*hook).await),
                Step::Refresh => {
                    let fresh = tokio::time::timeout_at(deadline, refresh.refresh()).await;
                    self.metrics.refreshes.count(matches!(fresh, Ok(Ok(_))));
                    match fresh {
                        Ok(Ok(fresh)) => {
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

/// A call under way.
struct Call<'a> {
    driver: Driver<'a>,
    deadline: tokio::time::Instant,
    explain: Explain,
    session: Option<Session>,
    driven: Driven,
}

impl<'a> Call<'a> {
    fn new(driver: Driver<'a>, explain: Explain, deadline: tokio::time::Instant) -> Self {
        let driven = Driven {
            outcome: unsent(),
            stream: None,
            attempts: 0,
            vendor_time: Duration::ZERO,
            hook_time: Duration::ZERO,
            sent: Vec::new(),
            log: Vec::new(),
        };
        Self {
            driver,
            deadline,
            explain,
            session: None,
            driven,
        }
    }

    async fn send(&mut self, request: VendorRequest, allowed: &[String]) -> Input {
        if let Err(message) = self.permit(&request, allowed) {
            return Input::Unreachable(ErrorKind::Forbidden, message);
        }
        let kept = (self.explain == Explain::On).then(|| request.clone());
        self.driven.attempts += 1;
        // A body that was being held belonged to an earlier answer.
        self.driven.stream = None;
        let began = Instant::now();
        let result = self.driver.client.send(request, self.deadline).await;
        let took = began.elapsed();
        self.driven.vendor_time += took;
        let status = result.as_ref().ok().map(|answer| answer.reply.status);
        self.driver.metrics.vendor_calls.count(status.unwrap_or(0));
        self.driver.metrics.vendor_duration.observe(took);
        if let Some(request) = kept {
            self.driven.sent.push(Sent { request, status });
        }
        match result {
            Ok(answer) => {
                self.driven.stream = answer.stream;
                Input::Reply(answer.reply)
            }
            Err(unanswered) => Input::Unreachable(unanswered.kind, unanswered.message),
        }
    }

    /// The hosts were frozen at provisioning; the operator's list never receives an application's secret.
    fn permit(&self, request: &VendorRequest, allowed: &[String]) -> Result<(), String> {
        let widened = !request.carries_application_secret
            && !self.driver.allowed_hosts.is_empty()
            && hosts::permits(self.driver.allowed_hosts, &request.url);
        if widened || hosts::permits(allowed, &request.url) {
            return Ok(());
        }
        let host = url::Url::parse(&request.url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "The vendor's URL".to_owned());
        Err(format!(
            "{host} is not among the hosts that this instance may call"
        ))
    }

    async fn run(&mut self, hook: HookCall) -> Result<HookResult, HookError> {
        let name = hook.name.clone();
        let failed = |message: &str| HookError {
            name: name.clone(),
            message: message.to_owned(),
            line: 0,
            column: 0,
        };
        if self.session.is_none() {
            self.session = self.driver.hooks.session();
        }
        let Some(session) = self.session.as_mut() else {
            return Err(failed("too many scripts are running; try again"));
        };
        let began = Instant::now();
        let result = tokio::time::timeout_at(self.deadline, session.run(hook))
            .await
            .unwrap_or_else(|_| Err(failed("the call's time was over")));
        let took = began.elapsed();
        self.driven.hook_time += took;
        self.driver.metrics.hooks.count(result.is_ok());
        self.driver.metrics.hook_duration.observe(took);
        if let Ok(result) = &result {
            self.driven.log.extend_from_slice(&result.log);
        }
        result
    }

    fn end(self, outcome: Outcome) -> Driven {
        let mut driven = self.driven;
        let streams = matches!(
            &outcome.result,
            Ok(reply) if matches!(reply.body, ligand_engine::step::Body::Stream)
        );
        if !streams {
            driven.stream = None;
        }
        driven.outcome = outcome;
        driven
    }
}

/// What a dry run ends with: nothing was asked, nothing changes.
fn unsent() -> Outcome {
    Outcome {
        result: Err(Failure {
            kind: ErrorKind::Invalid,
            status: None,
            message: "The call was explained, not made".to_owned(),
            provider_message: None,
        }),
        configuration: BTreeMap::new(),
        vendor_status: None,
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
        match call
            .send(
                VendorRequest {
                    stream: false,
                    ..request
                },
                allowed,
            )
            .await
        {
            Input::Reply(reply) => Ok(reply),
            Input::Unreachable(kind, message) => Err(super::client::Unanswered { kind, message }),
            _ => Err(super::client::Unanswered {
                kind: ErrorKind::Internal,
                message: "The vendor was not asked".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests;
