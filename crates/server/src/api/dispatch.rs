//! Who calls, and what answers: a resource of the instance's element, or a route of the platform.
//!
//! With an Element token the order is: a resource whose first segment is literal, a platform route, any other resource.
//! Without one only platform routes answer.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::body::Body;
use http::{HeaderMap, Method};
use ligand_engine::catalog::{Compiled, Route};
use ligand_model::error::ErrorKind;
use ligand_store::api_keys::KeyHolder;
use ligand_store::custody::{self, Act};
use ligand_store::fault;
use ligand_store::identity::{Caller, SessionHolder};
use ligand_store::instances::SealedInstance;
use ligand_store::usage::{UsageRow, Why};

use super::answer::Answer;
use super::authorization::{self, Credentials};
use super::call::{Call, VendorNote};
use super::edge::nouns::Vocabulary;
use super::error::ApiError;
use super::routes::{self, Access, Match};
use super::{once, permit, resources};
use crate::app::App;
use crate::listener::peer::Peer;
use crate::service::transformations::mapped;
use crate::service::transformations::passes::Pass;
use crate::service::transformations::run::Through;
use crate::service::{api_keys, callers, elements, explain};
use crate::telemetry::Facts;

/// A request at the inner side of the edge.
#[derive(Debug)]
pub struct Arrived {
    /// Its id.
    pub id: Arc<str>,
    /// When it began.
    pub began: Instant,
    /// Verb.
    pub method: Method,
    /// Path inside the base, still percent-encoded.
    pub path: String,
    /// Query without `?`, still percent-encoded.
    pub raw_query: String,
    /// Headers in the inner spelling.
    pub headers: HeaderMap,
    /// The other end.
    pub peer: Peer,
    /// Whether no usage row is left: the console's own reading is nobody's call.
    pub quiet: bool,
    /// Whether tokens are taken out of the answer, so that none is shown.
    pub veiled: bool,
    /// Whether it is for the token's instance alone, whatever else its credentials would open.
    pub of_instance: bool,
    /// The body, unread.
    pub body: Body,
}

/// What is known of a request while it is answered.
#[derive(Debug, Default)]
struct Known {
    caller: Option<Arc<Caller>>,
    key: Option<Arc<KeyHolder>>,
    session: Option<SessionHolder>,
    instance: Option<Arc<SealedInstance>>,
    element: Option<Arc<Compiled>>,
    /// The transformation of a call in common names.
    entry: Option<Arc<mapped::Entry>>,
    /// What a script calls with.
    pass: Option<Arc<Pass>>,
    path: Option<Arc<str>>,
    vendor: Arc<OnceLock<VendorNote>>,
}

/// Answers a request, and leaves its usage row.
pub async fn answer(
    app: &App,
    vocabulary: &Vocabulary,
    arrived: Arrived,
) -> (Result<Answer, ApiError>, Facts) {
    let (id, began, method) = (
        Arc::clone(&arrived.id),
        arrived.began,
        arrived.method.clone(),
    );
    let (time, peer, quiet) = (app.now(), arrived.peer, arrived.quiet);
    let mut known = Known::default();
    let mut result = decide(app, vocabulary, arrived, &mut known).await;
    let vendor = known.vendor.get().cloned().unwrap_or_default();
    if known.vendor.get().is_some() {
        tell(&mut result, &vendor);
    }
    if let (Some(caller), Some(path)) = (&known.caller, &known.path)
        && !path.starts_with("/usage")
        && !quiet
    {
        let status = match &result {
            Ok(answer) => answer.status,
            Err(error) => error.status().as_u16(),
        };
        app.memory.usage.add(UsageRow {
            id: 0,
            organization: caller.organization,
            account: caller.account,
            user: caller.user,
            instance: known.instance.as_ref().map(|known| known.instance.id),
            element_key: known
                .element
                .as_ref()
                .map(|element| element.element.key.clone())
                .unwrap_or_default(),
            request_id: id.to_string(),
            path_template: path.to_string(),
            method: method.as_str().to_owned(),
            status: i64::from(status),
            vendor_status: vendor.status.map(i64::from),
            attempts: i64::from(vendor.attempts),
            waits_ms: i64::try_from(vendor.waits.as_millis()).unwrap_or(i64::MAX),
            duration_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            time,
            ip: peer.address.to_string(),
            why: result.as_ref().err().map(|error| kept(error, &vendor)),
        });
    }
    let facts = Facts {
        organization: known.caller.as_ref().map(|caller| caller.organization),
        element: known
            .element
            .as_ref()
            .map(|element| Arc::from(element.element.key.as_str())),
        instance: known.instance.as_ref().map(|known| known.instance.id),
        path: known.path,
        vendor_status: vendor.status,
        attempts: vendor.attempts,
        waits: vendor.waits,
        vendor_time: vendor.vendor_time,
        error: result.as_ref().err().map(why),
        trace: None,
    };
    (result, facts)
}

/// Why a call failed, for its usage row. What a vendor said is kept only where the secrets of its instance are known, and
/// so left out of it.
fn kept(error: &ApiError, vendor: &VendorNote) -> Why {
    vendor.why.clone().unwrap_or_else(|| {
        let told = match error.provider_message {
            Some(_) => "The vendor refused it; what it said was in the answer.",
            None => &error.message,
        };
        Why {
            message: explain::bounded(told),
            ..Why::default()
        }
    })
}

/// What the call cost at the vendor, as headers of the answer; a limit's end as the field's own.
fn tell(result: &mut Result<Answer, ApiError>, vendor: &VendorNote) {
    match result {
        Ok(answer) => answer.headers.extend(vendor.headers()),
        Err(error) => {
            error.headers.extend(vendor.headers());
            let limited = matches!(error.status().as_u16(), 429 | 503);
            if let Some(wait) = vendor.retry_after.filter(|_| limited) {
                let whole = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                let seconds = http::HeaderValue::from(whole);
                error.headers.push((http::header::RETRY_AFTER, seconds));
            }
        }
    }
}

/// Why a request failed, for the log. What is wrong with a caller's input may hold the input, so only its kind is told.
fn why(error: &ApiError) -> (ErrorKind, Option<Box<str>>) {
    let ours = matches!(
        error.kind,
        ErrorKind::VendorUnavailable
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::RateLimited
            | ErrorKind::Internal
    );
    let told = ours.then(|| crate::telemetry::reason(&error.message));
    (error.kind, told)
}

async fn decide(
    app: &App,
    vocabulary: &Vocabulary,
    arrived: Arrived,
    known: &mut Known,
) -> Result<Answer, ApiError> {
    let credentials = authorization::read(&arrived.headers, vocabulary)
        .map_err(|_| ApiError::unauthenticated())?;
    identify(app, &credentials, known).await?;
    let act = Act {
        user: known.caller.as_ref().map(|caller| caller.user),
        key: known.key.as_ref().map(|key| key.id),
        request: Arc::clone(&arrived.id),
    };
    let answered = Box::pin(settled(app, vocabulary, arrived, known, &credentials));
    custody::by(act, answered).await
}

/// Answers a request of a known caller, or what it was answered before under its idempotency key.
async fn settled(
    app: &App,
    vocabulary: &Vocabulary,
    mut arrived: Arrived,
    known: &mut Known,
    credentials: &Credentials,
) -> Result<Answer, ApiError> {
    let instance = known.instance.as_ref().map(|known| known.instance.id);
    let claimed = match known.caller.clone() {
        Some(caller) => {
            let key = known.key.as_ref().map(|key| key.id);
            once::claim(app, &caller, key, instance, &mut arrived).await?
        }
        None => once::Claimed::No,
    };
    match claimed {
        once::Claimed::No => go(app, vocabulary, arrived, known, credentials).await,
        once::Claimed::Before(answer) => {
            known.path = Some(Arc::from("(answered before)"));
            *answer
        }
        once::Claimed::Now(held) => {
            fault::point("once.claimed");
            let result = go(app, vocabulary, arrived, known, credentials).await;
            fault::point("once.done");
            let settled = held.settle(result, known.vendor.get()).await;
            fault::point("once.kept");
            settled
        }
    }
}

/// Answers a request of a known caller.
async fn go(
    app: &App,
    vocabulary: &Vocabulary,
    mut arrived: Arrived,
    known: &mut Known,
    credentials: &Credentials,
) -> Result<Answer, ApiError> {
    if known
        .session
        .as_ref()
        .is_some_and(|held| held.must_change_password)
    {
        before_the_password(&arrived, known)?;
    }
    let mut route = None;
    if let (Some(instance), Some(_)) = (&known.instance, &known.caller) {
        let element = elements::of_instance(app, &instance.instance).await?;
        let mapped = mapped::of_instance(app, &instance.instance, &element).await?;
        let renamed = mapped.rename(&element, arrived.method.as_str(), &arrived.path);
        let found = match renamed {
            None => found(&element, &arrived.method, &arrived.path),
            Some(renamed) => {
                let found = found(&element, &arrived.method, &renamed.path);
                let ours = routes::find(&arrived.method, &arrived.path);
                if matches!(found, Route::Found { .. }) || !matches!(ours, Match::Found { .. }) {
                    arrived.path = renamed.path;
                    known.element = Some(element);
                    known.entry = renamed.entry;
                    return resource(app, arrived, known, found).await;
                }
                found
            }
        };
        let named = begins_literally(&element, &found);
        known.element = Some(element);
        if named {
            return resource(app, arrived, known, found).await;
        }
        route = Some(found);
    }
    match routes::find(&arrived.method, &arrived.path) {
        Match::Found { .. } if known.pass.is_some() => Err(ApiError::new(
            ErrorKind::Forbidden,
            "A script may call the resources of its instance, nothing else.",
        )),
        Match::Found { route, .. } if arrived.of_instance && route.access != Access::Instance => {
            known.path = Some(Arc::from(route.path));
            Err(ApiError::invalid(
                "This is a path of the platform, not of the element.",
            ))
        }
        Match::Found { route, variables } => {
            known.path = Some(Arc::from(route.path));
            admit(route, credentials, known)?;
            if let (Some(key), Some(caller)) = (&known.key, &known.caller) {
                let asked = permit::Asked {
                    route,
                    method: &arrived.method,
                    variables: &variables,
                    instance: known.instance.as_deref(),
                };
                permit::platform(app, key, caller, &asked).await?;
            }
            accepts_json(route, &arrived.headers)?;
            let call = call(app, arrived, known, variables);
            (route.handler)(call, vocabulary).await
        }
        Match::MethodNotAllowed(allowed) if !matches!(route, Some(Route::Found { .. })) => Err(
            ApiError::method_not_allowed(arrived.method.as_str(), &arrived.path, &allowed),
        ),
        Match::MethodNotAllowed(_) | Match::NotFound => match route {
            Some(route) => resource(app, arrived, known, route).await,
            None => Err(nowhere(app, &arrived)),
        },
    }
}

/// The resource a request is for; HEAD is answered as GET is, without the body.
fn found(element: &Compiled, method: &Method, path: &str) -> Route {
    let found = element.route(method.as_str(), path);
    if *method != Method::HEAD || matches!(found, Route::Found { .. }) {
        return found;
    }
    match element.route("GET", path) {
        as_get @ Route::Found { .. } => as_get,
        _ => found,
    }
}

/// Turns credentials into a caller and an instance; any part that is wrong refuses the whole.
async fn identify(app: &App, credentials: &Credentials, known: &mut Known) -> Result<(), ApiError> {
    if credentials.is_empty() {
        return Ok(());
    }
    if let Some(pass) = pass(app, credentials) {
        known.instance = Some(pass.instance.clone());
        known.caller = Some(Arc::clone(&pass.caller));
        known.key.clone_from(&pass.key);
        known.pass = Some(pass);
        return Ok(());
    }
    let caller = match (credentials.session, credentials.user, credentials.key) {
        (Some(session), None, None) if credentials.organization.is_none() => {
            let held = callers::by_session(app, session).await?;
            let caller = Arc::new(held.caller.clone());
            known.session = Some(held);
            caller
        }
        (None, None, Some(key)) if credentials.organization.is_none() => {
            let (holder, caller) = api_keys::holder(app, key).await?;
            known.key = Some(holder);
            caller
        }
        (None, Some(user), None)
            if credentials.organization.is_some() || credentials.element.is_some() =>
        {
            callers::by_secrets(app, user, credentials.organization).await?
        }
        _ => return Err(ApiError::unauthenticated()),
    };
    if let Some(token) = credentials.element {
        let instance = callers::instance(app, token).await?;
        if instance.instance.organization != caller.organization {
            return Err(ApiError::unauthenticated());
        }
        known.instance = Some(instance);
    }
    known.caller = Some(caller);
    Ok(())
}

/// The pass of a script: one secret in the place of all three.
fn pass(app: &App, credentials: &Credentials) -> Option<Arc<Pass>> {
    let digest = credentials.user?;
    let everywhere =
        credentials.organization == Some(digest) && credentials.element == Some(digest);
    everywhere.then(|| app.memory.passes.find(&digest))?
}

/// What a session may whose user still has the password that somebody else knows: choose another one, and do what the
/// programs of the field begin with, which is to turn a password into the two secrets.
///
/// # Errors
/// 403 for everything else.
fn before_the_password(arrived: &Arrived, known: &Known) -> Result<(), ApiError> {
    if let Match::Found { route, .. } = routes::find(&arrived.method, &arrived.path)
        && known.instance.is_none()
        && (route.access == Access::Public || route.path.starts_with("/authentication/"))
    {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::Forbidden,
        "Choose a password of your own first: POST /authentication/passwords.",
    ))
}

/// Whether a caller may use a platform route.
fn admit(
    route: &routes::Endpoint,
    credentials: &Credentials,
    known: &Known,
) -> Result<(), ApiError> {
    let whole = credentials.organization.is_some()
        || credentials.session.is_some()
        || credentials.key.is_some();
    let admitted = match route.access {
        Access::Public => true,
        Access::Organization => known.caller.is_some() && whole,
        Access::Instance => known.caller.is_some() && known.instance.is_some(),
    };
    if admitted {
        Ok(())
    } else {
        Err(ApiError::unauthenticated())
    }
}

/// Platform answers are JSON: a caller who takes nothing of the kind learns it before anything is done.
fn accepts_json(route: &routes::Endpoint, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut accepted = headers.get_all(http::header::ACCEPT).iter().peekable();
    if !route.json || accepted.peek().is_none() {
        return Ok(());
    }
    let takes = |range: &str| {
        let range = range
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        matches!(
            range.as_str(),
            "*/*" | "*" | "application/*" | "application/json" | ""
        ) || range.ends_with("+json")
            || range.ends_with("/json")
    };
    if accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(takes)
    {
        return Ok(());
    }
    Err(ApiError::new(
        ErrorKind::NotAcceptable,
        "This call answers application/json.",
    ))
}

fn call(app: &App, arrived: Arrived, known: &Known, variables: Vec<String>) -> Call {
    Call {
        app: app.clone(),
        method: arrived.method,
        path: arrived.path,
        query: resources::query_pairs(&arrived.raw_query),
        raw_query: arrived.raw_query,
        variables,
        headers: arrived.headers,
        caller: known.caller.clone(),
        key: known.key.clone(),
        session_begun: known.session.as_ref().map(|held| held.begun),
        instance: known.instance.clone(),
        peer: arrived.peer,
        body: std::sync::Mutex::new(arrived.body),
        veiled: arrived.veiled,
        vendor: Arc::clone(&known.vendor),
    }
}

/// A call of the element's own, or the reason why there is none.
async fn resource(
    app: &App,
    mut arrived: Arrived,
    known: &mut Known,
    route: Route,
) -> Result<Answer, ApiError> {
    let (Some(instance), Some(element)) = (known.instance.clone(), known.element.clone()) else {
        return Err(ApiError::unauthenticated());
    };
    let (method, path) = (arrived.method.as_str(), arrived.path.as_str());
    match route {
        Route::Found {
            resource,
            variables,
            ..
        } => {
            let declared = element.resource(resource);
            let template = declared.map(|resource| resource.path.as_str());
            known.path = Some(Arc::from(template.unwrap_or_default()));
            if let Some(key) = &known.key {
                permit::record(key, &arrived.method, &instance)?;
            }
            if declared.is_some_and(|known| known.method.eq_ignore_ascii_case("GET")) {
                arrived.method = Method::GET;
            }
            let target = crate::service::hubs::Target {
                instance,
                element,
                resource,
                variables,
                upload: None,
            };
            let through = match (&known.entry, &known.caller) {
                (Some(entry), Some(caller)) => Some(Through {
                    entry: Arc::clone(entry),
                    caller: Arc::clone(caller),
                    key: known.key.clone(),
                    depth: known.pass.as_ref().map_or(0, |pass| pass.depth + 1),
                }),
                _ => None,
            };
            let meant = target.element.meant(path, resource);
            let answer = resources::call(app, target, through, arrived, &known.vendor).await;
            answer.map_err(|error| hinted(error, meant))
        }
        Route::MethodNotAllowed { allowed } => {
            Err(ApiError::method_not_allowed(method, path, &allowed))
        }
        Route::NotFound { nearest } => {
            let hint = nearest
                .map(|path| format!(" The nearest is {path}."))
                .unwrap_or_default();
            let path = elements::shown(path);
            let key = &element.element.key;
            Err(ApiError::invalid(format!(
                "The element {key} has no resource {path}.{hint}"
            )))
        }
    }
}

/// A vendor that has no such object is told of by what the element has under a similar name.
fn hinted(mut error: ApiError, meant: Option<String>) -> ApiError {
    if let (400 | 404, Some(meant)) = (error.status().as_u16(), meant) {
        let end = if error.message.ends_with('.') {
            ""
        } else {
            "."
        };
        let said = error.message;
        error.message = format!("{said}{end} The nearest resource of the element is {meant}.");
    }
    error
}

/// Whether a found resource names its first segment: `/accounts/{id}`, not `/{objectName}`.
fn begins_literally(element: &Compiled, route: &Route) -> bool {
    let Route::Found { resource, .. } = route else {
        return false;
    };
    element.resource(*resource).is_some_and(|resource| {
        let path = resource.path.as_str();
        let path = path
            .strip_prefix("/hubs/")
            .and_then(|rest| rest.split_once('/').map(|(_, below)| below))
            .unwrap_or(path.trim_start_matches('/'));
        !path.starts_with('{')
    })
}

/// Nothing answers here: a resource that only a token opens is a 401, anything else a 404.
fn nowhere(app: &App, arrived: &Arrived) -> ApiError {
    let method = arrived.method.as_str();
    let first = arrived.path.trim_start_matches('/').split('/').next();
    let of_elements = arrived.path.starts_with("/hubs/")
        || first.is_some_and(|name| app.ready.get(name).is_some())
        || app.catalog.iter().any(|element| {
            let route = element.route(method, &arrived.path);
            begins_literally(element, &route)
        });
    if of_elements {
        return ApiError::unauthenticated();
    }
    let path = elements::shown(&arrived.path);
    let hint = routes::nearest(&arrived.path)
        .map(|nearest| format!(" The nearest is {nearest}."))
        .unwrap_or_default();
    ApiError::not_found(format!("No route found for {method} {path}.{hint}"))
}
