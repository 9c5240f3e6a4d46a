//! What the customer's browser does with a session: open it, give the vendor's consent, finish.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_model::error::ErrorKind;
use ligand_model::id::InstanceId;
use ligand_model::instance::Instance;
use ligand_model::secret::TokenDigest;
use ligand_store::connect::{Brand, ConnectEnd, ConnectSession, ConnectStatus};
use ligand_store::identity::Caller;
use ligand_store::oauth_states::OauthProgress;
use serde_json::{Map, Value, json};

use super::ask::{Ask, UnderWay};
use super::form::{self, Known, Way};
use crate::app::App;
use crate::service::input::{ElementRef, InstanceInput};
use crate::service::oauth::{self, Asked};
use crate::service::{Error, applications, elements, instances, provision, reconfigure, text};

/// How long the vendor's steps of one attempt may take before another may begin, milliseconds.
const ATTEMPT_MS: i64 = 2 * 60 * 1000;

/// A session in the hands of its browser.
pub struct Visit {
    /// The session.
    pub session: ConnectSession,
    /// What it is for.
    pub ask: Ask,
}

/// Opens a session by its token, for the first browser alone, and answers the key that this browser shows from now on.
/// `kept` is the key that the browser has from before: with it a page can be loaded again, and a link followed again.
///
/// # Errors
/// 404 for an unknown token, 409 for one that another browser has opened or that is used up, 403 for one too old.
pub async fn open(
    app: &App,
    token: Option<&str>,
    kept: Option<&str>,
) -> Result<(Visit, String), Error> {
    let Some(token) = token else {
        let key = kept.unwrap_or_default();
        return Ok((visit(app, key).await?, key.to_owned()));
    };
    let found = app.store.connect_by_token(TokenDigest::of(token)).await?;
    let session = found.ok_or_else(|| Error::not_found("This link is not known here."))?;
    let opened = admitted(app, session)?;
    if let Some(kept) = kept
        && let Ok(known) = visit(app, kept).await
        && known.session.id == opened.session.id
    {
        return Ok((known, kept.to_owned()));
    }
    let key = super::random::<32>(&*app.entropy);
    let session = &opened.session;
    let bound = app
        .store
        .bind_connect_session(session.organization, session.id, TokenDigest::of(&key))
        .await?;
    if bound {
        Ok((opened, key))
    } else {
        Err(Error::conflict(
            "This link was opened before. It works once, in the browser that opened it first.",
        ))
    }
}

/// The session of a browser that has opened one.
///
/// # Errors
/// 401 for an unknown key, 409 when the session is over, 403 when it is too old.
pub async fn visit(app: &App, key: &str) -> Result<Visit, Error> {
    let found = app.store.connect_by_browser(TokenDigest::of(key)).await?;
    let session = found.ok_or_else(|| {
        Error::new(
            ErrorKind::Unauthenticated,
            "This page was opened without its link.",
        )
    })?;
    admitted(app, session)
}

fn admitted(app: &App, session: ConnectSession) -> Result<Visit, Error> {
    if matches!(session.status, ConnectStatus::Connected(_)) {
        return Err(Error::conflict(
            "This link was used already: the account is connected.",
        ));
    }
    if session.expires <= app.now() {
        return Err(Error::new(
            ErrorKind::Forbidden,
            "This link has expired; it works for thirty minutes. Go back and begin again.",
        ));
    }
    let ask = Ask::of(&session)?;
    Ok(Visit { session, ask })
}

/// What the page shows.
///
/// # Shape
/// `{"organization": {"name", "accent", "logo"}, "elements": […], "name"?, "instance"?: {"name"}, "expires",
/// "origins", "returnUrl"?, "session"}`
pub async fn shown(app: &App, visit: &Visit) -> Result<Value, Error> {
    let organization = visit.session.organization;
    let name = app.store.organization(organization).await?;
    let Brand { accent, logo } = app.store.brand(organization).await?;
    let mut shown = json!({
        "session": visit.session.id,
        "organization": {
            "name": name.map(|organization| organization.name).unwrap_or_default(),
            "accent": accent,
            "logo": logo,
        },
        "expires": visit.session.expires.to_iso(),
        "origins": visit.session.origins,
        "sandbox": app.config.sandbox.enabled,
    });
    let mut offered = Vec::with_capacity(visit.ask.elements.len());
    for id in &visit.ask.elements {
        if let Some(element) = elements::by_id(app, Some(organization), *id).await? {
            let known = known(app, visit, &element).await?;
            offered.push(element_shown(&element, &known));
        }
    }
    if let Value::Object(members) = &mut shown {
        members.insert("elements".to_owned(), Value::Array(offered));
        if let Some(id) = visit.ask.instance {
            let instance = present(app, visit, id).await?;
            members.insert("instance".to_owned(), json!({"name": instance.name}));
        }
        for (name, value) in [
            ("name", &visit.ask.name),
            ("returnUrl", &visit.ask.return_url),
        ] {
            if let Some(value) = value {
                members.insert(name.to_owned(), json!(value));
            }
        }
    }
    Ok(shown)
}

fn element_shown(element: &Compiled, known: &Known) -> Value {
    let fields: Vec<Value> = form::asked(element, known)
        .map(|entry| {
            let mut field = json!({
                "key": entry.key,
                "name": entry.name,
                "description": entry.description,
                "type": entry.kind,
                "required": entry.required,
                "secret": entry.is_secret(),
            });
            if let (Value::Object(members), Some(value)) = (
                &mut field,
                entry.default_value.as_ref().filter(|_| !entry.is_secret()),
            ) {
                members.insert("defaultValue".to_owned(), json!(value));
            }
            field
        })
        .collect();
    let (reads, changes) = form::access(element);
    json!({
        "key": element.element.key,
        "name": element.element.name,
        "description": element.element.description,
        "way": form::way(element).word(),
        "fields": fields,
        "reads": reads,
        "changes": changes,
    })
}

/// The instance that is connected again.
async fn present(app: &App, visit: &Visit, id: InstanceId) -> Result<Instance, Error> {
    instances::find(app, visit.session.organization, id, None)
        .await
        .map(|found| found.instance)
}

async fn known(app: &App, visit: &Visit, element: &Compiled) -> Result<Known, Error> {
    let organization = visit.session.organization;
    let before = match visit.ask.instance {
        Some(id) => {
            let found = instances::find(app, organization, id, None).await?;
            found.open()?.values
        }
        None => BTreeMap::new(),
    };
    let registered = elements::is_oauth(element)
        && app
            .store
            .application(organization, element.id)
            .await?
            .is_some();
    Ok(Known {
        given: visit
            .ask
            .configuration
            .get(&element.id)
            .cloned()
            .unwrap_or_default(),
        before,
        registered,
    })
}

/// The element that the customer chose, with what is known of it.
async fn chosen(app: &App, visit: &Visit, key: &str) -> Result<(Arc<Compiled>, Known), Error> {
    let element = elements::find(app, Some(visit.session.organization), key).await?;
    if !visit.ask.elements.contains(&element.id) {
        return Err(Error::invalid(format!(
            "{} is not on offer here.",
            elements::shown(key)
        )));
    }
    let known = known(app, visit, &element).await?;
    Ok((element, known))
}

/// What the customer typed, as far as it was asked for, and over it what the application has fixed.
fn answers(
    element: &Compiled,
    known: &Known,
    typed: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut values = BTreeMap::new();
    for (key, value) in typed {
        if !form::asked(element, known).any(|entry| entry.key == key) {
            return Err(Error::invalid(format!(
                "`{}` is not asked for here.",
                elements::shown(&key)
            )));
        }
        values.insert(key, value.trim().to_owned());
    }
    values.extend(known.given.clone());
    Ok(values)
}

/// Begins the vendor's consent; where the browser goes is kept with the session.
///
/// # Errors
/// 400 for an element that is not on offer or takes no consent, and for values the vendor's address cannot be made of.
pub async fn begin_consent(
    app: &App,
    mut visit: Visit,
    key: &str,
    typed: BTreeMap<String, String>,
) -> Result<(), Error> {
    let (element, known) = chosen(app, &visit, key).await?;
    if form::way(&element) != Way::Consent {
        return Err(Error::invalid(format!(
            "{} has no page for consents.",
            element.element.name
        )));
    }
    let values = answers(&element, &known, typed)?;
    let caller = super::caller(app, &visit.session).await?;
    // Where vendors reach us by another name, the browser's cookie does not come along.
    let browser = (app.urls.events == app.urls.console).then(|| super::random::<32>(&*app.entropy));
    let mut parameters = known.before.clone();
    parameters.retain(|key, _| {
        !form::OF_APPLICATION.contains(&key.as_str())
            && element
                .element
                .entry(key)
                .is_some_and(|entry| !entry.is_secret())
    });
    parameters.extend(values.clone());
    let begun = oauth::begin(
        app,
        &caller,
        &element.element.key,
        Asked::from_configuration(parameters),
        browser.clone(),
    )
    .await?;
    visit.ask.consent = Some(UnderWay {
        element: element.id,
        secret: begun.secret,
        url: begun.url,
        browser,
        configuration: values,
    });
    let session = &visit.session;
    app.store
        .keep_connect_payload(session.organization, session.id, &visit.ask.to_json()?)
        .await?;
    Ok(())
}

/// How the consent of a session stands; `None` when none is under way. A refusal is noted with the session.
///
/// # Errors
/// Those of the store.
pub async fn progress(app: &App, visit: &Visit) -> Result<Option<OauthProgress>, Error> {
    let Some(consent) = &visit.ask.consent else {
        return Ok(None);
    };
    let caller = super::caller(app, &visit.session).await?;
    let progress = oauth::progress(app, &caller, &consent.secret).await?;
    if matches!(progress, Some(OauthProgress::Refused(_)))
        && visit.session.status == ConnectStatus::Open
    {
        app.store
            .deny_connect_session(visit.session.organization, visit.session.id)
            .await?;
    }
    Ok(progress)
}

/// Makes the instance, or connects the present one again, and ends the session.
///
/// # Errors
/// Those of provisioning; 409 while another request is at it.
pub async fn finish(
    app: &App,
    visit: Visit,
    key: &str,
    typed: BTreeMap<String, String>,
) -> Result<Instance, Error> {
    let (organization, id) = (visit.session.organization, visit.session.id);
    let until = app.now().plus_millis(ATTEMPT_MS);
    if !app
        .store
        .claim_connect_session(organization, id, until)
        .await?
    {
        return Err(Error::conflict(
            "This account is being connected already; give it a moment.",
        ));
    }
    let made = make(app, &visit, key, typed).await;
    match &made {
        Ok(_) => app.memory.connected.notify_one(),
        Err(_) => app.store.release_connect_session(organization, id).await?,
    }
    made
}

async fn make(
    app: &App,
    visit: &Visit,
    key: &str,
    typed: BTreeMap<String, String>,
) -> Result<Instance, Error> {
    let caller = super::caller(app, &visit.session).await?;
    let (element, known) = chosen(app, visit, key).await?;
    let mut input = input(app, visit, &element, &known, typed)?;
    if visit.ask.instance.is_some() && form::way(&element) == Way::Consent {
        lend_again(app, &caller, &element, &mut input).await?;
    }
    let end = ConnectEnd {
        session: visit.session.id,
        callback_due: visit.ask.callback_url.as_ref().map(|_| app.now()),
    };
    let Some(instance) = visit.ask.instance else {
        let shown = provision::provision_ending(app, &caller, input, None, Some(end)).await?;
        return Ok(shown.instance);
    };
    let sealed = reconfigure::reconfigure(app, &caller, instance, Some(element.id), input).await?;
    app.store
        .finish_connect_session(visit.session.organization, instance, end)
        .await?;
    Ok(sealed.instance)
}

/// The consent was given to the application as it is registered now, which may not be what the instance remembers.
async fn lend_again(
    app: &App,
    caller: &Caller,
    element: &Compiled,
    input: &mut InstanceInput,
) -> Result<(), Error> {
    let mut values = BTreeMap::new();
    applications::lend(app, caller.organization, element, &mut values).await?;
    for (key, value) in values {
        input.configuration.entry(key).or_insert(Some(value));
    }
    Ok(())
}

fn input(
    app: &App,
    visit: &Visit,
    element: &Compiled,
    known: &Known,
    typed: BTreeMap<String, String>,
) -> Result<InstanceInput, Error> {
    let mut provider_data = Map::new();
    let mut values = match (form::way(element), &visit.ask.consent) {
        (Way::Consent, Some(consent)) if consent.element == element.id => {
            provider_data.insert("secret".to_owned(), json!(consent.secret));
            consent.configuration.clone()
        }
        (Way::Consent, _) => {
            return Err(Error::invalid(
                "The vendor has not been asked yet; begin with its consent.",
            ));
        }
        _ => answers(element, known, typed)?,
    };
    if form::way(element) == Way::Form && elements::is_oauth(element) {
        // Where there is no consent page the code means nothing, but the element wants one.
        let code = super::random::<16>(&*app.entropy);
        provider_data.insert("code".to_owned(), json!(code));
        if element.element.entry("oauth.callback.url").is_some() {
            values
                .entry("oauth.callback.url".to_owned())
                .or_insert_with(|| format!("{}{}", app.urls.events, oauth::CALLBACK_PATH));
        }
    }
    let new = visit.ask.instance.is_none();
    Ok(InstanceInput {
        element: new.then(|| ElementRef::Key(element.element.key.clone())),
        name: visit.ask.name.as_deref().map(text::plain).filter(|_| new),
        tags: new.then(|| visit.ask.tags.clone()),
        configuration: values
            .into_iter()
            .map(|(key, value)| (key, Some(value)))
            .collect(),
        provider_data,
        ..InstanceInput::default()
    })
}

impl Visit {
    /// The consent under way.
    pub fn consent(&self) -> Option<&UnderWay> {
        self.ask.consent.as_ref()
    }
}
