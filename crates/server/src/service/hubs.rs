//! Resource calls: one exchange of an instance with its vendor. A warm call costs no statement.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::{Exchange, ResourceCall};
use ligand_engine::step::{Outcome, Reply};
use ligand_model::error::ErrorKind;
use ligand_store::instances::SealedInstance;
use ligand_store::usage::Why;
use serde_json::Value;
use tokio::time::Instant;

use super::answers::{Found, Writing};
use super::pages::{self, List};
use super::refresh::{self, Changes, Refreshed};
use super::{Error, explain, lifecycle};
use crate::app::App;
use crate::vendor::answer::VendorBody;
use crate::vendor::drive::{self, Explain, NotRefreshed};
use crate::vendor::first_uses::FirstUses;
use crate::vendor::manners::Pace;
use crate::vendor::upload::Upload;

/// The answer header that carries the next page.
const NEXT_PAGE: &str = "elements-next-page-token";
/// The answer header that says whether the vendor was asked.
const CACHE: &str = "elements-cache";

/// How a call went.
#[derive(Debug)]
pub struct Called {
    /// The answer, or what went wrong.
    pub result: Result<Reply, Error>,
    /// The vendor's body, when the answer is its stream.
    pub stream: Option<VendorBody>,
    /// The vendor's last status.
    pub vendor_status: Option<u16>,
    /// Requests sent to the vendor.
    pub attempts: u32,
    /// Time spent waiting for limits and before repetitions.
    pub waits: Duration,
    /// Time spent waiting for the vendor's answers.
    pub vendor_time: Duration,
    /// When the vendor, or what we know of it, wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Whether the answer came out of the instance's cache.
    pub cached: bool,
    /// The explanation, in place of the answer, when one was asked for.
    pub explanation: Option<Value>,
    /// Why it failed, without secrets, for the usage row.
    pub why: Option<Why>,
}

impl From<Error> for Called {
    fn from(error: Error) -> Self {
        Self {
            result: Err(error),
            stream: None,
            vendor_status: None,
            attempts: 0,
            waits: Duration::ZERO,
            vendor_time: Duration::ZERO,
            retry_after: None,
            cached: false,
            explanation: None,
            why: None,
        }
    }
}

/// Whose resource is called.
#[derive(Debug, Clone)]
pub struct Target {
    /// The instance.
    pub instance: Arc<SealedInstance>,
    /// Its element.
    pub element: Arc<Compiled>,
    /// Index of the resource.
    pub resource: usize,
    /// Path variables.
    pub variables: BTreeMap<String, String>,
    /// What the caller uploads, where it is not held.
    pub upload: Option<Arc<Upload>>,
}

/// Calls a resource.
pub async fn call(app: &App, target: Target, mut call: ResourceCall, explain: Explain) -> Called {
    if let Err(error) = usable(&target.instance) {
        return error.into();
    }
    let list = list_of(&target);
    if let Err(error) = open_page_token(&list, &target.instance, &mut call) {
        return error.into();
    }
    let _clearing = writing(app, &target.instance, &call.method, explain);
    let asked = match explain {
        Explain::Off => app.memory.answers.find(&target, &call, app.now()),
        Explain::On | Explain::DryRun => None,
    };
    let ticket = match asked {
        Some(Found::Hit(reply)) => return from_cache(reply),
        Some(Found::Miss(ticket)) => Some(ticket),
        None => None,
    };
    let mut called = exchange(app, &target, call, explain).await;
    if let Ok(reply) = &mut called.result
        && let Err(error) = seal_page_token(&list, &target.instance, reply)
    {
        called.result = Err(error);
    }
    if let (Some(ticket), Ok(reply)) = (ticket, &mut called.result) {
        app.memory.answers.keep(&ticket, &target.instance, reply);
        reply.headers.push((CACHE.to_owned(), "miss".to_owned()));
    }
    called
}

/// What a write does to cached answers: nothing of what was read before it ends is kept.
pub fn writing<'a>(
    app: &'a App,
    sealed: &SealedInstance,
    method: &str,
    explain: Explain,
) -> Option<Writing<'a>> {
    let reads = matches!(
        method.to_ascii_uppercase().as_str(),
        "GET" | "HEAD" | "OPTIONS"
    );
    if !sealed.instance.caching_enabled || reads || explain == Explain::DryRun {
        return None;
    }
    Some(app.memory.answers.writing(&sealed.instance))
}

fn from_cache(mut reply: Reply) -> Called {
    reply.headers.push((CACHE.to_owned(), "hit".to_owned()));
    Called {
        result: Ok(reply),
        stream: None,
        vendor_status: None,
        attempts: 0,
        waits: Duration::ZERO,
        vendor_time: Duration::ZERO,
        retry_after: None,
        cached: true,
        explanation: None,
        why: None,
    }
}

/// Runs the exchange of a target and keeps what it wrote.
pub async fn exchange(app: &App, target: &Target, call: ResourceCall, explain: Explain) -> Called {
    let given = match deadline(&call) {
        Ok(given) => given,
        Err(error) => return error.into(),
    };
    let document = match target.instance.open() {
        Ok(document) => document,
        Err(error) => return Error::from(error).into(),
    };
    let instance = &target.instance.instance;
    app.memory
        .uses
        .note(instance.organization, instance.id, app.now());
    let fresh = Fresh {
        app,
        target,
        used: refresh::credential(&document.values),
        explain,
        renewed: OnceLock::new(),
    };
    let before = (explain != Explain::Off).then(|| document.values.clone());
    let hosts = document.hosts;
    let exchange = Exchange::new(
        Arc::clone(&target.element),
        target.resource,
        target.variables.clone(),
        call,
        document.values,
        lifecycle::setting(app, &target.element.element),
    );
    let mut would_renew = false;
    let exchange = match explain {
        Explain::Off => exchange,
        Explain::On => exchange.explained(),
        Explain::DryRun => {
            would_renew = exchange.would_renew();
            exchange.explained().without_refresh()
        }
    };
    let pace = Pace {
        organization: instance.organization,
        element: target.element.id,
        instance: instance.id,
        limits: target.element.element.rate_limits.as_ref(),
    };
    let mut driver = app.driver();
    driver.pace = Some(pace);
    driver.first_uses = Some(FirstUses {
        store: &app.store,
        known: &app.memory.hosts,
        organization: instance.organization,
        instance: instance.id,
    });
    driver.upload = target.upload.as_deref();
    if let Some(given) = given {
        driver.patience = given;
    }
    // A large file takes its time, whichever way it goes.
    let usual = match target.upload {
        Some(_) => Instant::now() + app.config.vendor.stream_timeout.0,
        None => app.deadline(),
    };
    let deadline = given.map_or(usual, |given| given.min(usual));
    let driven = driver
        .drive(&hosts, exchange, &fresh, explain, deadline)
        .await;
    let explanation = before.map(|before| {
        let facts = explain::Facts {
            element: &target.element,
            resource: target.resource,
            explain,
            would_renew,
            values: fresh.renewed.get().into_iter().chain([&before]).collect(),
        };
        explain::show(&facts, &driven)
    });
    let failure = driven.outcome.result.as_ref().err().map(|failure| {
        // What the call had is gone with its exchange; a failure is worth opening it again.
        let values = target.instance.open().unwrap_or_default().values;
        let values = fresh.renewed.get().into_iter().chain([&values]);
        explain::masked(&target.element, values, &driven, failure)
    });
    let why = failure
        .as_ref()
        .map(|failure| explain::why(&driven, failure));
    let Outcome {
        result,
        configuration,
        vendor_status,
    } = driven.outcome;
    if !configuration.is_empty() {
        keep(app, target, configuration).await;
    }
    Called {
        result: result.map_err(|failed| Error::from(failure.unwrap_or(failed))),
        stream: driven.stream,
        vendor_status,
        attempts: driven.attempts,
        waits: driven.waits,
        vendor_time: driven.vendor_time,
        retry_after: driven.retry_after,
        cached: false,
        explanation,
        why,
    }
}

/// When the caller wants an answer at the latest: `Elements-Deadline-Ms`.
///
/// # Errors
/// 400 for anything but a number of milliseconds above zero.
fn deadline(call: &ResourceCall) -> Result<Option<Instant>, Error> {
    let given = call
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("elements-deadline-ms"));
    let Some((_, text)) = given else {
        return Ok(None);
    };
    match text.trim().parse::<u64>() {
        Ok(millis) if millis > 0 => {
            let within = Duration::from_millis(millis.min(86_400_000));
            Ok(Some(Instant::now() + within))
        }
        _ => Err(Error::invalid(
            "`Elements-Deadline-Ms` is a number of milliseconds above 0.",
        )),
    }
}

/// Whether calls of this instance are let through.
///
/// # Errors
/// 403 when it is disabled, 401 when its vendor has refused its grant.
pub fn usable(sealed: &SealedInstance) -> Result<(), Error> {
    if sealed.instance.disabled {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "The element instance is disabled.",
        ));
    }
    if !sealed.instance.valid {
        return Err(Error::new(
            ErrorKind::Unauthenticated,
            refresh::reconnect_it(sealed.instance.id),
        ));
    }
    Ok(())
}

/// Writes what hooks and response parameters changed; the call itself has succeeded either way.
async fn keep(app: &App, target: &Target, written: BTreeMap<String, Option<String>>) {
    let sealed = &*target.instance;
    let kept = async {
        let before = sealed.open()?;
        let mut after = before.clone();
        lifecycle::absorb(&target.element, &mut after, written)?;
        let changes = Changes::between(&before, &after);
        if !changes.is_empty() {
            refresh::write(app, &target.element, sealed.clone(), changes).await?;
        }
        Ok::<(), Error>(())
    };
    if let Err(error) = kept.await {
        tracing::warn!(instance.id = sealed.instance.id.0, error = %error, "a call's writes were not kept");
    }
}

fn list_of(target: &Target) -> List {
    let instance = &target.instance.instance;
    // The engine's own token carries the query it belongs to; here it is bound to instance and resource.
    List::new(
        instance.organization,
        &format!("{}:{}", instance.id, target.resource),
        &[],
    )
}

fn open_page_token(
    list: &List,
    sealed: &SealedInstance,
    call: &mut ResourceCall,
) -> Result<(), Error> {
    let inner = match pages::asked(&call.query) {
        Some(token) => Some(list.open(&sealed.key, token)?),
        None => None,
    };
    call.query.retain(|(name, _)| name != "nextPage");
    if let Some(inner) = inner {
        call.query.push(("nextPage".to_owned(), inner));
    }
    Ok(())
}

fn seal_page_token(list: &List, sealed: &SealedInstance, reply: &mut Reply) -> Result<(), Error> {
    for (name, value) in &mut reply.headers {
        if name.eq_ignore_ascii_case(NEXT_PAGE) && !value.is_empty() {
            *value = list.seal(&sealed.key, value)?;
        }
    }
    reply
        .headers
        .retain(|(name, value)| !(value.is_empty() && name.eq_ignore_ascii_case(NEXT_PAGE)));
    Ok(())
}

/// How the driver gets a fresh grant for a call.
struct Fresh<'a> {
    app: &'a App,
    target: &'a Target,
    used: String,
    explain: Explain,
    /// The values after a renewal, when the call is explained: their secrets have to be masked, too.
    renewed: OnceLock<BTreeMap<String, String>>,
}

impl drive::Refresh for Fresh<'_> {
    async fn refresh(&self) -> Result<drive::Refreshed, NotRefreshed> {
        let instance = &self.target.instance.instance;
        let refreshed = refresh::refresh(
            self.app,
            &self.target.element,
            instance.organization,
            instance.id,
            self.used.clone(),
        )
        .await;
        match refreshed {
            Refreshed::Fresh(document) => {
                if self.explain != Explain::Off {
                    // A call is renewed at most once.
                    let _ = self.renewed.set(document.values.clone());
                }
                Ok(drive::Refreshed {
                    values: document.values,
                    hosts: document.hosts,
                })
            }
            Refreshed::Refused(message, provider_message) => Err(NotRefreshed {
                message,
                provider_message,
                unreachable: None,
            }),
            Refreshed::Failed(kind, message) => Err(NotRefreshed {
                message,
                provider_message: None,
                unreachable: Some(kind),
            }),
        }
    }
}
