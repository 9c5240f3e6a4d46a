//! What a scoped key may do: the scope that each route takes, and where a key for some instances only may go.
//!
//! Fail closed: a route that nobody thought of takes `admin` for anything but reading, and is shut to a limited key.

use http::Method;
use ligand_model::error::ErrorKind;
use ligand_model::id::InstanceId;
use ligand_store::api_keys::{KeyHolder, Scope};
use ligand_store::identity::Caller;
use ligand_store::instances::SealedInstance;

use super::call::Call;
use super::error::ApiError;
use super::routes::{Access, Endpoint};
use crate::app::App;
use crate::service::input::InstanceInput;
use crate::service::{elements, instances};

/// What a route takes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is open to everyone.
    Nothing,
    /// This scope.
    Scope(Scope),
    /// What the verb of the call takes: it is passed on to the vendor.
    Verb,
    /// The organization's own secrets: no key at all may.
    Secrets,
}

/// Which instances a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The one whose id is the variable at this place.
    Instance(usize),
    /// The one of the token.
    Token,
    /// Those that the handler lets the key see or make.
    Narrowed,
    /// Those to come of the element that is the variable at this place.
    Element(usize),
    /// The whole organization.
    Organization,
}

/// What a route takes.
pub fn takes(route: &Endpoint) -> Takes {
    let path = route.path;
    let provisions = path == "/instances"
        || path.starts_with("/instances/")
        || path.starts_with("/elements/{keyOrId}/instances")
        || path == "/elements/{keyOrId}/oauth/url/default"
        || path == "/connect/sessions";
    match route.method {
        _ if route.access == Access::Public => Takes::Nothing,
        _ if path.starts_with("/authentication") => Takes::Secrets,
        // Whoever makes a user or an administrator can sign in as one, and sees the secrets then.
        "POST" | "PUT" | "PATCH"
            if matches!(path, "/accounts/{accountId}/users" | "/organizations/users")
                || path.starts_with("/users/{userId}/roles") =>
        {
            Takes::Secrets
        }
        "*" => Takes::Verb,
        // A definition may carry secrets as default values; keys are the organization's affair.
        _ if path.ends_with("/export")
            || path.contains("/versions/{version}")
            || path.starts_with("/api-keys") =>
        {
            Takes::Scope(Scope::Admin)
        }
        "GET" if !path.ends_with("/oauth/url/default") => Takes::Scope(Scope::Read),
        _ if provisions => Takes::Scope(Scope::Provision),
        _ => Takes::Scope(Scope::Admin),
    }
}

/// What a route is about.
pub fn about(route: &Endpoint) -> About {
    match route.path {
        _ if route.access == Access::Instance => About::Token,
        "/instances" | "/instances/count" | "/elements/{keyOrId}/instances" => About::Narrowed,
        "/elements/{keyOrId}/oauth/url/default" => About::Element(0),
        path if path.starts_with("/instances/{id}") => About::Instance(0),
        path if path.starts_with("/elements/{keyOrId}/instances/{id}") => About::Instance(1),
        _ => About::Organization,
    }
}

/// A call of a route, located but not yet answered.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The route.
    pub route: &'static Endpoint,
    /// The verb of the call.
    pub method: &'a Method,
    /// The values of the route's variables.
    pub variables: &'a [String],
    /// The instance of the token.
    pub instance: Option<&'a SealedInstance>,
}

/// Whether a key may call a route.
///
/// # Errors
/// 403 without the scope or where a limited key has no business, 404 for an instance that it is not for.
pub async fn platform(
    app: &App,
    key: &KeyHolder,
    caller: &Caller,
    asked: &Asked<'_>,
) -> Result<(), ApiError> {
    let scope = match takes(asked.route) {
        Takes::Nothing => return Ok(()),
        Takes::Scope(scope) => scope,
        Takes::Verb => of_verb(asked.method),
        Takes::Secrets => {
            return Err(forbidden(
                "This call takes the organization's own secrets; an API key is not enough.",
            ));
        }
    };
    scoped(key, scope)?;
    if !key.permission.is_limited() {
        return Ok(());
    }
    let variable = |place: usize| asked.variables.get(place).map_or("", String::as_str);
    match about(asked.route) {
        About::Narrowed => Ok(()),
        About::Token => asked.instance.map_or_else(
            || Err(ApiError::unauthenticated()),
            |instance| covered(key, instance),
        ),
        About::Instance(place) => {
            let text = variable(place);
            let unknown = || instances::unknown(text).into();
            let id = text.parse().map(InstanceId).map_err(|_| unknown())?;
            let found = instances::find(app, caller, id, None).await?;
            covered(key, &found).map_err(|_| unknown())
        }
        About::Element(place) => {
            let element = elements::find(app, Some(caller.organization), variable(place)).await?;
            let wanted = &key.permission.elements;
            if wanted.is_empty() || wanted.contains(&element.id) {
                return Ok(());
            }
            Err(forbidden("This API key is not for that element."))
        }
        About::Organization => Err(forbidden(
            "This API key is for some instances only; this call is about the whole organization.",
        )),
    }
}

/// Whether a key may call a resource of an instance.
///
/// # Errors
/// 403.
pub fn record(key: &KeyHolder, method: &Method, instance: &SealedInstance) -> Result<(), ApiError> {
    scoped(key, of_verb(method))?;
    covered(key, instance)
}

/// Whether a caller may see the secrets that a definition holds as default values: who may export it may.
pub fn exports(call: &Call) -> bool {
    let may = |key: &KeyHolder| !key.permission.is_limited() && key.permission.allows(Scope::Admin);
    call.key.as_deref().is_none_or(may)
        && (call.caller()).map_or(true, |caller| caller.organization_admin)
}

/// Whether the key of a call may make this instance.
///
/// # Errors
/// 403 that says what would be right.
pub async fn new_instance(
    call: &Call,
    caller: &Caller,
    input: &InstanceInput,
    in_path: Option<&str>,
) -> Result<(), ApiError> {
    let Some(key) = limited(call) else {
        return Ok(());
    };
    let named = input
        .element
        .as_ref()
        .map(crate::service::input::ElementRef::text);
    if let Some(name) = in_path.map(str::to_owned).or(named) {
        of_element(call, caller, key, &name).await?;
    }
    with_tags(key, input.tags.as_deref().unwrap_or_default())
}

/// Whether the key of a call may make this of an instance that it is for.
///
/// # Errors
/// 403: the instance would be out of the key's reach.
pub async fn changed_instance(
    call: &Call,
    caller: &Caller,
    input: &InstanceInput,
) -> Result<(), ApiError> {
    let Some(key) = limited(call) else {
        return Ok(());
    };
    if let Some(element) = &input.element {
        of_element(call, caller, key, &element.text()).await?;
    }
    match &input.tags {
        Some(tags) => with_tags(key, tags),
        None => Ok(()),
    }
}

fn limited(call: &Call) -> Option<&KeyHolder> {
    let key = call.key.as_deref()?;
    key.permission.is_limited().then_some(key)
}

async fn of_element(
    call: &Call,
    caller: &Caller,
    key: &KeyHolder,
    name: &str,
) -> Result<(), ApiError> {
    let element = elements::find(&call.app, Some(caller.organization), name).await?;
    let wanted = &key.permission.elements;
    if wanted.is_empty() || wanted.contains(&element.id) {
        return Ok(());
    }
    Err(forbidden("This API key is not for that element."))
}

fn with_tags(key: &KeyHolder, tags: &[String]) -> Result<(), ApiError> {
    let wanted = &key.permission.tags;
    if wanted.is_empty() || tags.iter().any(|tag| wanted.contains(tag)) {
        return Ok(());
    }
    let list: Vec<&str> = wanted.iter().map(String::as_str).collect();
    Err(forbidden(&format!(
        "This API key is for instances with one of these tags: {}.",
        list.join(", ")
    )))
}

fn of_verb(method: &Method) -> Scope {
    if *method == Method::GET || *method == Method::HEAD {
        Scope::Read
    } else {
        Scope::Write
    }
}

fn scoped(key: &KeyHolder, scope: Scope) -> Result<(), ApiError> {
    if key.permission.allows(scope) {
        return Ok(());
    }
    let word = scope.word();
    Err(forbidden(&format!(
        "This API key lacks the scope `{word}`."
    )))
}

fn covered(key: &KeyHolder, instance: &SealedInstance) -> Result<(), ApiError> {
    let instance = &instance.instance;
    if key.permission.covers(instance.element, &instance.tags) {
        return Ok(());
    }
    Err(forbidden("This API key is not for that instance."))
}

fn forbidden(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Forbidden, message)
}
