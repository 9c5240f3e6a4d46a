//! One call under way: its requests, its hooks, and what they came to.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ligand_engine::exchange::{Level, Origin};
use ligand_engine::hooks::Progress;
use ligand_engine::hosts;
use ligand_engine::step::{
    Failure, HookCall, HookError, HookResult, Input, Outcome, VendorReply, VendorRequest,
};
use ligand_model::error::ErrorKind;
use ligand_store::usage::FailedAttempt;

use super::super::client::{Answer, ONCE, Unanswered};
use super::super::hook_threads::{Fetched, Session};
use super::super::manners::breaker::{Host, Said};
use super::super::manners::retry::{Came, Waits, is_repeatable, may_repeat, retry_after};
use super::super::manners::{Pace, host_of};
use super::super::upload::Upload;
use super::{Driven, Driver, Explain, Sent};
use crate::telemetry::trace::{self, Outgoing};

/// A vendor that has not answered for so long is slow, whoever waited for it.
const SLOW: Duration = Duration::from_secs(10);

/// Attempts that did not go well, and are remembered.
const MOST_REMEMBERED: usize = 10;

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A hook that ended by our hand.
fn given_up(name: &str, message: &str) -> HookError {
    HookError {
        name: name.to_owned(),
        message: message.to_owned(),
        line: 0,
        column: 0,
    }
}

/// A call under way.
pub(super) struct Call<'a> {
    driver: Driver<'a>,
    deadline: tokio::time::Instant,
    explain: Explain,
    session: Option<Session>,
    // HTTP calls that its scripts made.
    fetches: u32,
    pub(super) driven: Driven,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        driver: Driver<'a>,
        explain: Explain,
        deadline: tokio::time::Instant,
    ) -> Self {
        let driven = Driven {
            outcome: unsent(),
            stream: None,
            attempts: 0,
            waits: Duration::ZERO,
            retry_after: None,
            vendor_time: Duration::ZERO,
            hook_time: Duration::ZERO,
            sent: Vec::new(),
            log: Vec::new(),
            renewed: false,
            hosts: Vec::new(),
            failed: Vec::new(),
        };
        Self {
            driver,
            deadline,
            explain,
            session: None,
            fetches: 0,
            driven,
        }
    }

    pub(super) async fn send(
        &mut self,
        request: VendorRequest,
        allowed: &[String],
        judge: impl Fn(&VendorReply) -> u16,
    ) -> Input {
        match self.ask(request, allowed, judge).await {
            Ok(reply) => Input::Reply(reply),
            Err(unanswered) => Input::Unreachable(unanswered.kind, unanswered.message),
        }
    }

    /// Sends a request, and again where that can do no harm. `judge` says what an answer amounts to.
    pub(super) async fn ask(
        &mut self,
        mut request: VendorRequest,
        allowed: &[String],
        judge: impl Fn(&VendorReply) -> u16,
    ) -> Result<VendorReply, Unanswered> {
        if let Err(message) = self.permit(&request, allowed) {
            self.keep((self.explain == Explain::On).then_some(request), None);
            return Err(Unanswered::unsent(ErrorKind::Forbidden, message));
        }
        let name = host_of(&request.url).to_owned();
        let host = self.driver.manners.host(self.driver.whose(), &name);
        let mut waits = Waits::default();
        let mut left = self.driver.manners.retries;
        // A signature is good once, and so is an upload.
        if signed_once(&request) || request.after_upload.is_some() {
            left = 0;
        }
        loop {
            if request.after_upload.is_some() && self.driver.upload.is_none_or(Upload::is_gone) {
                // It is our word, not the vendor's: the next call finds a fresh grant.
                self.driven.retry_after = Some(Duration::from_secs(1));
                return Err(Unanswered::unsent(ErrorKind::Unavailable, ONCE));
            }
            self.wait_for_turn(&name, &host).await?;
            self.note_first_use(&name, &host).await?;
            let again = (left > 0).then(|| request.clone());
            let (result, wait) = self.attempt(request, &host, &judge).await;
            let (Some(again), Some(told)) = (again, wait) else {
                return self.answered(result);
            };
            let chance = self.driver.manners.chance();
            let pause = told.unwrap_or_else(|| waits.next(chance));
            let until = tokio::time::Instant::now() + pause;
            let patience = if told.is_some() {
                self.driver.patience.min(self.deadline)
            } else {
                self.deadline
            };
            if until >= patience || !host.may_repeat() {
                return self.answered(result);
            }
            tokio::time::sleep_until(until).await;
            self.driven.waits += pause;
            if let Some(last) = self.driven.failed.last_mut() {
                last.waited_ms = Some(millis(pause));
            }
            self.driver
                .metrics
                .vendor_retries
                .fetch_add(1, Ordering::Relaxed);
            left -= 1;
            request = again;
        }
    }

    /// A host is about to receive the credential: what cannot be recorded is not sent.
    async fn note_first_use(&self, name: &str, host: &Host) -> Result<(), Unanswered> {
        let Some(first_uses) = &self.driver.first_uses else {
            return Ok(());
        };
        let noted = first_uses.note(&name.to_ascii_lowercase()).await;
        noted.map_err(|error| {
            // Was it to try whether the host is back, another may.
            host.note(Said::Nothing, tokio::time::Instant::now());
            tracing::warn!(instance.id = first_uses.instance.0, error = %error, "a host's first use could not be noted");
            let message = format!("{name} is not asked: its first use could not be recorded; try again");
            Unanswered::unsent(ErrorKind::Unavailable, message)
        })
    }

    /// The breaker first, then every limit that holds for the call.
    async fn wait_for_turn(&mut self, name: &str, host: &Host) -> Result<(), Unanswered> {
        // Configurations write hosts in any letters; it is one host all the same.
        let known = |host: &String| host.eq_ignore_ascii_case(name);
        if !self.driven.hosts.iter().any(known) {
            let name = name.to_ascii_lowercase();
            ligand_store::custody::called(&name);
            self.driven.hosts.push(name);
        }
        if let Err(wait) = host.admit(tokio::time::Instant::now()) {
            self.driven.retry_after = Some(wait);
            return Err(Unanswered::unsent(
                ErrorKind::Unavailable,
                format!(
                    "{name} has failed again and again and is not asked for {} s more",
                    wait.as_secs().max(1)
                ),
            ));
        }
        let Some(pace) = &self.driver.pace else {
            return Ok(());
        };
        // The sandbox takes as many calls as come: what a vendor declares does not hold for it, what it tells does.
        let simulated = self.driver.client.is_simulated(name);
        let limits = pace.limits.filter(|_| !simulated);
        let until = self.driver.patience.min(self.deadline);
        let pace = Pace { limits, ..*pace };
        match self.driver.manners.pass(&pace, until).await {
            Ok(waited) => {
                self.driven.waits += waited;
                Ok(())
            }
            Err(wait) => {
                // Was it to try whether the host is back, another may.
                host.note(Said::Nothing, tokio::time::Instant::now());
                self.driven.retry_after = Some(wait);
                Err(Unanswered::unsent(
                    ErrorKind::RateLimited,
                    format!(
                        "{name} takes no more calls of this account for {} s",
                        wait.as_secs().max(1)
                    ),
                ))
            }
        }
    }

    /// One attempt. The second part is none when it is not to be repeated, else the wait that the vendor named, if it did.
    async fn attempt(
        &mut self,
        mut request: VendorRequest,
        host: &Host,
        judge: &impl Fn(&VendorReply) -> u16,
    ) -> (Result<Answer, Unanswered>, Option<Option<Duration>>) {
        let kept = (self.explain == Explain::On).then(|| request.clone());
        let method = request.method.clone();
        let traced = Outgoing::begin(self.driver.manners.entropy());
        if let Some(parent) = traced.as_ref().and_then(Outgoing::header) {
            request.headers.push((trace::HEADER.to_owned(), parent));
        }
        self.driven.attempts += 1;
        // A body that was being held belonged to an earlier answer.
        self.driven.stream = None;
        let began = Instant::now();
        let upload = self.driver.upload;
        let result = self
            .driver
            .client
            .send_with(request, upload, self.deadline)
            .await;
        // What the caller broke off is no failure of the vendor.
        let result = match upload.and_then(Upload::broken) {
            Some(broken) if result.is_err() => Err(Unanswered {
                kind: broken.kind(),
                message: broken.to_string(),
                arrived: true,
            }),
            _ => result,
        };
        let took = began.elapsed();
        self.driven.vendor_time += took;
        let status = result.as_ref().ok().map(|answer| answer.reply.status);
        self.driver.metrics.vendor_calls.count(status.unwrap_or(0));
        self.driver.metrics.vendor_duration.observe(took);
        if let Some(traced) = traced {
            let host = self.driven.hosts.last().map_or("", String::as_str);
            traced.end(&method, host, status, took);
        }
        self.keep(kept, status);
        let told = result.as_ref().ok().and_then(|answer| {
            let value = answer.reply.header("retry-after")?;
            retry_after(value, self.driver.clock.now())
        });
        let came = match &result {
            Ok(answer) => Came::Status(judge(&answer.reply)),
            Err(unanswered) if unanswered.arrived => Came::Silence,
            Err(_) => Came::Unsent,
        };
        self.listen(host, &result, came, told, took);
        self.remember(came, status, took);
        let passing = match &result {
            // What we refuse to send is refused again.
            Err(unanswered) => matches!(
                unanswered.kind,
                ErrorKind::Timeout | ErrorKind::VendorUnavailable
            ),
            Ok(_) => true,
        };
        let repeatable = self.driver.repeatable || is_repeatable(&method);
        let again = passing && may_repeat(repeatable, came, told.is_some());
        (result, again.then_some(told))
    }

    /// Notes what an attempt tells about its host and the limits that hold there.
    fn listen(
        &mut self,
        host: &Host,
        result: &Result<Answer, Unanswered>,
        came: Came,
        told: Option<Duration>,
        took: Duration,
    ) {
        let said = match (came, result) {
            (Came::Status(502 | 504), _) => Said::Ill,
            (Came::Status(503), _) if told.is_none() => Said::Ill,
            (Came::Status(_), _) => Said::Well,
            // A caller in a hurry says nothing about the vendor.
            (_, Err(unanswered)) => match unanswered.kind {
                ErrorKind::Timeout if unanswered.arrived && took < SLOW => Said::Nothing,
                ErrorKind::Timeout | ErrorKind::VendorUnavailable => Said::Ill,
                _ => Said::Nothing,
            },
            (_, Ok(_)) => Said::Nothing,
        };
        if let Some(pause) = host.note(said, tokio::time::Instant::now()) {
            self.driver
                .metrics
                .breaker_pauses
                .fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                seconds = pause.as_secs(),
                "a vendor host fails again and again and is not asked for {} s",
                pause.as_secs()
            );
        }
        self.driven.retry_after = None;
        let limited = matches!(came, Came::Status(429 | 503));
        if limited {
            self.driven.retry_after = told;
        }
        let Some(pace) = &self.driver.pace else {
            return;
        };
        if came == Came::Status(429)
            && let Some(told) = told
        {
            self.driver.manners.hold(pace, told);
        }
        if let Ok(answer) = result {
            let now = self.driver.clock.now().seconds();
            self.driver.manners.listen(pace, &answer.reply.headers, now);
        }
    }

    /// Keeps what an attempt came to that did not go well, for whoever asks later.
    fn remember(&mut self, came: Came, status: Option<u16>, took: Duration) {
        let well = matches!(came, Came::Status(status) if status < 400);
        if !well && self.driven.failed.len() < MOST_REMEMBERED {
            self.driven.failed.push(FailedAttempt {
                status,
                took_ms: millis(took),
                waited_ms: None,
            });
        }
    }

    fn answered(&mut self, result: Result<Answer, Unanswered>) -> Result<VendorReply, Unanswered> {
        let answer = result?;
        self.driven.stream = answer.stream;
        Ok(answer.reply)
    }

    fn keep(&mut self, request: Option<VendorRequest>, status: Option<u16>) {
        if let Some(request) = request {
            self.driven.sent.push(Sent {
                request,
                status,
                origins: Vec::new(),
            });
        }
    }

    /// Says what set the parts of the request that was kept last.
    pub(super) fn explain_last(&mut self, origins: impl FnOnce() -> Vec<Origin>) {
        if self.explain == Explain::On
            && let Some(sent) = self.driven.sent.last_mut()
        {
            sent.origins = origins();
        }
    }

    /// Keeps a request in place of sending it, and says what a dry run ends with.
    pub(super) fn keep_unsent(
        &mut self,
        request: VendorRequest,
        origins: Vec<Origin>,
        allowed: &[String],
    ) -> Outcome {
        let permitted = self.permit(&request, allowed);
        self.driven.sent.push(Sent {
            request,
            status: None,
            origins,
        });
        let mut outcome = unsent();
        if let (Err(message), Err(failure)) = (permitted, &mut outcome.result) {
            failure.kind = ErrorKind::Forbidden;
            failure.message = message;
        }
        outcome
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

    /// Runs a hook, and the HTTP calls that it makes itself.
    pub(super) async fn run(
        &mut self,
        hook: HookCall,
        allowed: &[String],
    ) -> Result<HookResult, HookError> {
        let name = hook.name.clone();
        if self.session.is_none() {
            self.session = self.driver.hooks.session();
        }
        // Taken out while it runs, so that its calls can be sent by this call's own means.
        let Some(mut session) = self.session.take() else {
            return Err(given_up(&name, "too many scripts are running; try again"));
        };
        let (began, waited) = (Instant::now(), self.driven.vendor_time);
        let deadline = self.deadline;
        let running = self.run_in(&mut session, &name, hook, allowed);
        let result = tokio::time::timeout_at(deadline, running)
            .await
            .unwrap_or_else(|_| Err(given_up(&name, "the call's time was over")));
        self.session = Some(session);
        // Time spent on the script's own calls is the vendor's.
        let fetching = self.driven.vendor_time.saturating_sub(waited);
        let took = began.elapsed().saturating_sub(fetching);
        self.driven.hook_time += took;
        self.driver.metrics.hooks.count(result.is_ok());
        self.driver.metrics.hook_duration.observe(took);
        if let Ok(result) = &result {
            self.driven.log.extend_from_slice(&result.log);
        }
        result
    }

    async fn run_in(
        &mut self,
        session: &mut Session,
        name: &str,
        hook: HookCall,
        allowed: &[String],
    ) -> Result<HookResult, HookError> {
        let mut progress = session.begin(hook).await;
        loop {
            let request = match progress {
                Progress::Ended(result) => return result,
                Progress::Fetch(request) => *request,
            };
            let began = Instant::now();
            let fetching = self.fetch(name, request, allowed);
            let answer = tokio::time::timeout(session.wall_left(), fetching)
                .await
                .unwrap_or_else(|_| Err("the script took longer than it may".to_owned()));
            progress = session.resume(answer, began.elapsed()).await;
        }
    }

    /// A script's own call: the same hosts, client and counters, and no more of them than allowed.
    async fn fetch(&mut self, hook: &str, request: VendorRequest, allowed: &[String]) -> Fetched {
        if self.fetches >= self.driver.hook_calls {
            return Err(format!(
                "a script may make {} HTTP calls, no more",
                self.driver.hook_calls
            ));
        }
        self.fetches += 1;
        let request = VendorRequest {
            stream: false,
            ..request
        };
        if self.explain == Explain::DryRun {
            self.keep_unsent(request, by_hook(hook), allowed);
            return Err("the call is explained, not made".to_owned());
        }
        if let Some((own, origin)) = self.driver.own
            && let Some(path) = request.url.strip_prefix(origin)
            && path.starts_with('/')
        {
            return own.call(path, &request).await;
        }
        // A body that is being held belongs to the call's own answer, not to this one.
        let held = self.driven.stream.take();
        let sent = self.send(request, allowed, |reply| reply.status).await;
        self.driven.stream = held;
        self.explain_last(|| by_hook(hook));
        match sent {
            Input::Reply(reply) => Ok(reply),
            Input::Unreachable(_, message) => Err(message),
            _ => Err("the vendor was not asked".to_owned()),
        }
    }

    pub(super) fn end(self, outcome: Outcome) -> Driven {
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

/// Whether a request carries a signature that its vendor takes once (OAuth 1).
fn signed_once(request: &VendorRequest) -> bool {
    request.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("authorization") && value.starts_with("OAuth ")
    })
}

/// A request that a hook made by itself.
fn by_hook(hook: &str) -> Vec<Origin> {
    vec![Origin::new("request", "", Level::Hook, hook)]
}

/// What a dry run ends with: nothing was asked, nothing changes.
pub(super) fn unsent() -> Outcome {
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
