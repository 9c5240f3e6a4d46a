//! What an application asks for when it begins a session.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_model::id::{ElementId, InstanceId};
use ligand_model::secret::MASK;
use ligand_store::identity::Caller;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Host, Url};

use super::form::{self, Way};
use crate::app::App;
use crate::service::{Error, elements, instances, text};

/// Most elements, origins or tags of a session.
const MOST: usize = 50;
/// Longest text of a session, in characters.
const LONGEST: usize = 2000;

/// The body of `POST /connect/sessions`.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Keys or ids of the elements the customer may choose from.
    pub elements: Vec<String>,
    /// Configuration by element key: what the customer is not asked.
    pub configuration: BTreeMap<String, BTreeMap<String, String>>,
    /// The instance's name; else the customer is asked for none and the element's stands.
    pub name: Option<String>,
    /// The instance's tags.
    pub tags: Vec<String>,
    /// The application's own word for its customer, handed back as it came.
    pub reference: Option<String>,
    /// Where the application's server is told.
    pub callback_url: Option<String>,
    /// Where a full page leads when it is done.
    pub return_url: Option<String>,
    /// Origins that may show the page in a frame.
    pub origins: Vec<String>,
    /// The instance to connect again, in place of a new one.
    pub instance: Option<InstanceId>,
}

/// What a session keeps, sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The elements on offer.
    pub elements: Vec<ElementId>,
    /// Configuration by element, which the customer is not asked.
    pub configuration: BTreeMap<ElementId, BTreeMap<String, String>>,
    /// The instance's name.
    pub name: Option<String>,
    /// The instance's tags.
    pub tags: Vec<String>,
    /// The application's own word.
    pub reference: Option<String>,
    /// Where the application's server is told.
    pub callback_url: Option<String>,
    /// Where a full page leads when it is done.
    pub return_url: Option<String>,
    /// The instance to connect again.
    pub instance: Option<InstanceId>,
    /// The consent under way.
    pub consent: Option<UnderWay>,
}

/// A consent that was begun in a session.
#[derive(Serialize, Deserialize)]
pub struct UnderWay {
    /// Of which element.
    pub element: ElementId,
    /// What redeems it.
    pub secret: String,
    /// Where the browser goes.
    pub url: String,
    /// What the browser shows at our callback; `None` where the callback has a host of its own.
    pub browser: Option<String>,
    /// What the customer typed before.
    pub configuration: BTreeMap<String, String>,
}

impl Wanted {
    /// Reads a body; every fault is named at once.
    ///
    /// # Errors
    /// 400.
    pub fn read(body: &Value) -> Result<Self, Error> {
        let Value::Object(members) = body else {
            return Err(Error::invalid("The body must be a JSON object."));
        };
        let mut reader = Reader {
            members,
            faults: Vec::new(),
        };
        let wanted = Self {
            elements: reader.texts("elements"),
            configuration: reader.configuration(),
            name: reader.text("name").map(|name| text::plain(&name)),
            tags: reader.texts("tags"),
            reference: reader.text("reference"),
            callback_url: reader.text("callbackUrl"),
            return_url: reader.text("returnUrl"),
            origins: reader.texts("origins"),
            instance: reader.instance(),
        };
        if reader.faults.is_empty() {
            Ok(wanted)
        } else {
            Err(Error::invalid(format!("{}.", reader.faults.join("; "))))
        }
    }
}

/// What can be asked for, and the origins that may frame the page.
pub async fn checked(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
) -> Result<(Ask, Vec<String>), Error> {
    let mut origins = Vec::with_capacity(wanted.origins.len());
    for given in &wanted.origins {
        origins.push(origin(given)?);
    }
    if let Some(url) = &wanted.callback_url {
        let admitted = app.vendor.admits(url);
        admitted.map_err(|refused| Error::invalid(format!("`callbackUrl`: {refused}.")))?;
    }
    if let Some(url) = &wanted.return_url {
        web_url(url).ok_or_else(|| {
            Error::invalid("`returnUrl` must be an https:// address (http:// on this machine).")
        })?;
    }
    let offered = offered(app, caller, &wanted).await?;
    let mut configuration = BTreeMap::new();
    for (key, values) in wanted.configuration {
        let element = offered
            .iter()
            .find(|element| element.element.key == key || element.id.to_string() == key)
            .ok_or_else(|| {
                Error::invalid(format!(
                    "`configuration` has `{}`, which is not among `elements`.",
                    elements::shown(&key)
                ))
            })?;
        known(element, &values)?;
        configuration.insert(element.id, values);
    }
    let ask = Ask {
        elements: offered.iter().map(|element| element.id).collect(),
        configuration,
        name: wanted.name.filter(|name| !name.is_empty()),
        tags: wanted.tags,
        reference: wanted.reference,
        callback_url: wanted.callback_url,
        return_url: wanted.return_url,
        instance: wanted.instance,
        consent: None,
    };
    Ok((ask, origins))
}

async fn offered(app: &App, caller: &Caller, wanted: &Wanted) -> Result<Vec<Arc<Compiled>>, Error> {
    let mut keys = wanted.elements.clone();
    if let Some(id) = wanted.instance {
        let found = instances::find(app, caller, id, None).await?;
        keys = vec![found.instance.element.to_string()];
    }
    if keys.is_empty() {
        return Err(Error::invalid(
            "Which elements may be connected? `elements` must name at least one, such as [\"sfdc\"].",
        ));
    }
    let mut offered: Vec<Arc<Compiled>> = Vec::with_capacity(keys.len());
    for key in &keys {
        let element = elements::find(app, Some(caller.organization), key).await?;
        if offered.iter().any(|known| known.id == element.id) {
            continue;
        }
        connectable(app, caller, &element).await?;
        offered.push(element);
    }
    Ok(offered)
}

/// Refuses an element that the page could not connect, before a customer meets it.
async fn connectable(app: &App, caller: &Caller, element: &Compiled) -> Result<(), Error> {
    let key = &element.element.key;
    if !element.element.active {
        return Err(Error::invalid(format!(
            "The element {key} is not active; no instance of it can be made."
        )));
    }
    match form::way(element) {
        Way::Form => Ok(()),
        Way::Unknown => Err(Error::invalid(format!(
            "Connect cannot ask for the consent of {key}: its element declares no page for it."
        ))),
        Way::Consent => {
            let registered = app.store.application(caller.organization, element.id);
            match registered.await? {
                Some(_) => Ok(()),
                None => Err(Error::invalid(format!(
                    "Consents for {key} are given to an application of yours: register it first, with \
                     PUT /elements/{key}/application or in the console."
                ))),
            }
        }
    }
}

/// Refuses configuration that the element does not have.
fn known(element: &Compiled, values: &BTreeMap<String, String>) -> Result<(), Error> {
    let unknown = values.keys().find(|key| {
        element
            .element
            .entry(key)
            .is_none_or(|entry| entry.internal)
    });
    match unknown {
        None => Ok(()),
        Some(key) => Err(Error::invalid(format!(
            "`configuration.{}` has `{}`, which the element does not take.",
            element.element.key,
            elements::shown(key)
        ))),
    }
}

/// An origin as a policy header may name it.
fn origin(given: &str) -> Result<String, Error> {
    let wrong = || {
        Error::invalid(format!(
            "`origins` has `{}`; an origin is https:// and a host (http:// on this machine), such as \
             https://app.example.com.",
            elements::shown(given)
        ))
    };
    let url = web_url(given).ok_or_else(wrong)?;
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let made = url.origin().ascii_serialization();
    // What the parser let through goes into a header: nothing but the letters of an origin may.
    let letters =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '.' | '-' | '[' | ']');
    if plain && made.chars().all(letters) {
        Ok(made)
    } else {
        Err(wrong())
    }
}

/// An address that a browser may be sent to: `https`, or `http` on this machine; without credentials.
fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let local = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    (scheme && url.username().is_empty() && url.password().is_none()).then_some(url)
}

struct Reader<'a> {
    members: &'a Map<String, Value>,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn text(&mut self, name: &str) -> Option<String> {
        match self.members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) if text.chars().count() <= LONGEST => Some(text.clone()),
            Some(Value::String(_)) => {
                self.faults
                    .push(format!("`{name}` has more than {LONGEST} characters"));
                None
            }
            Some(_) => {
                self.faults.push(format!("`{name}` must be text"));
                None
            }
        }
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.members.get(name).filter(|value| !value.is_null()) else {
            return Vec::new();
        };
        let items = value.as_array().filter(|items| items.len() <= MOST);
        let texts = items.and_then(|items| {
            items
                .iter()
                .map(|item| {
                    text_of(item).filter(|text| !text.is_empty() && text.chars().count() <= LONGEST)
                })
                .collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.faults
                .push(format!("`{name}` must be an array of at most {MOST} texts"));
            Vec::new()
        })
    }

    fn instance(&mut self) -> Option<InstanceId> {
        let value = match self.members.get("instance") {
            None | Some(Value::Null) => return None,
            Some(Value::Object(named)) => named.get("id").cloned().unwrap_or_default(),
            Some(other) => other.clone(),
        };
        let id = text_of(&value).and_then(|text| text.parse().ok());
        if id.is_none() {
            self.faults
                .push("`instance` must be an object with the `id` of an instance".to_owned());
        }
        id.map(InstanceId)
    }

    fn configuration(&mut self) -> BTreeMap<String, BTreeMap<String, String>> {
        let read = match self.members.get("configuration") {
            None | Some(Value::Null) => return BTreeMap::new(),
            Some(Value::Object(elements)) => elements
                .iter()
                .map(|(key, values)| Some((key.clone(), texts_of(values)?)))
                .collect::<Option<_>>(),
            Some(_) => None,
        };
        read.unwrap_or_else(|| {
            self.faults.push(
                "`configuration` must be an object of element keys, each with an object of texts"
                    .to_owned(),
            );
            BTreeMap::new()
        })
    }
}

/// A text, or what is written like one.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// The members of an object as texts; a mask says nothing.
pub fn texts_of(value: &Value) -> Option<BTreeMap<String, String>> {
    let members = value.as_object()?;
    let pairs = members
        .iter()
        .map(|(key, value)| Some((key.clone(), text_of(value)?)));
    let texts: BTreeMap<String, String> = pairs.collect::<Option<_>>()?;
    Some(
        texts
            .into_iter()
            .filter(|(_, text)| !text.is_empty() && text != MASK)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_and_host_and_cannot_carry_a_policy() {
        for (given, made) in [
            ("https://App.Example.com", "https://app.example.com"),
            (
                "https://app.example.com:8443/",
                "https://app.example.com:8443",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://localhost:3000", "http://localhost:3000"),
        ] {
            assert_eq!(origin(given).unwrap(), made);
        }
        for given in [
            "*",
            "https://*.example.com",
            "http://app.example.com",
            "https://app.example.com/path",
            "https://a.example; script-src *",
            "https://user@app.example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "",
        ] {
            assert!(origin(given).is_err(), "{given}");
        }
    }

    #[test]
    fn every_fault_of_a_body_is_named() {
        let body = serde_json::json!({
            "elements": "sfdc", "tags": [1, {}], "name": 5, "configuration": {"sfdc": "x"}, "instance": {"id": "x"},
        });
        let Err(error) = Wanted::read(&body) else {
            panic!("it was read")
        };
        let text = error.to_string();
        for name in ["elements", "tags", "name", "configuration", "instance"] {
            assert!(text.contains(&format!("`{name}`")), "{text}");
        }
    }
}
