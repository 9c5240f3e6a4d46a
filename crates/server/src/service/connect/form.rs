//! What the customer is asked: as little as the element needs, and nothing that the application or an earlier
//! connection has answered.

use std::collections::{BTreeMap, BTreeSet};

use ligand_engine::catalog::Compiled;
use ligand_model::element::{AuthenticationKind, ConfigurationEntry};

use crate::service::elements;

/// How an account of an element is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// On a page of the vendor's.
    Consent,
    /// By what is typed into ours.
    Form,
    /// By steps that the page does not know.
    Unknown,
}

impl Way {
    /// As the page reads it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Form | Self::Unknown => "form",
        }
    }
}

/// The way of an element: some vendors' "consent page" only sends the browser straight back.
pub fn way(element: &Compiled) -> Way {
    if !elements::is_oauth(element) {
        return Way::Form;
    }
    let authentication = &element.element.authentication;
    if authentication.kind == AuthenticationKind::Oauth1 {
        return Way::Unknown;
    }
    match authentication.authorize_url.as_deref() {
        Some(url) if url.starts_with("{redirect_uri}") => Way::Form,
        Some(url) if !url.is_empty() => Way::Consent,
        _ => Way::Unknown,
    }
}

/// Entries that a registered application answers.
pub const OF_APPLICATION: [&str; 4] = [
    "oauth.api.key",
    "oauth.api.secret",
    "oauth.callback.url",
    "oauth.scope",
];

/// What is known of an element before the customer is asked.
#[derive(Debug, Default)]
pub struct Known {
    /// The application's own answers.
    pub given: BTreeMap<String, String>,
    /// What an instance that is connected again has already.
    pub before: BTreeMap<String, String>,
    /// Whether an application is registered at the vendor.
    pub registered: bool,
}

/// The entries that are asked for.
pub fn asked<'a>(
    element: &'a Compiled,
    known: &'a Known,
) -> impl Iterator<Item = &'a ConfigurationEntry> {
    let of_application = known.registered || way(element) == Way::Consent;
    element.element.configuration.iter().filter(move |entry| {
        let key = entry.key.as_str();
        let answered = known.given.contains_key(key)
            || (known.before.contains_key(key) && !entry.is_secret())
            || (of_application && OF_APPLICATION.contains(&key));
        !(entry.internal || entry.hide_from_console || key == "oauth.callback.url" || answered)
    })
}

/// What the application will be able to do: the objects that it can read, and those that it can change, by name.
pub fn access(element: &Compiled) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut reads, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for resource in &element.element.resources {
        // Steps of other calls, and of the connection's own life, are nobody's calls.
        if resource.kind_of_call != "api" {
            continue;
        }
        let Some(name) = object(&resource.path) else {
            continue;
        };
        if resource.method.eq_ignore_ascii_case("GET") {
            reads.insert(name);
        } else {
            changes.insert(name);
        }
    }
    (reads, changes)
}

/// The object of a path, as people say it: `/hubs/crm/credit-memos/{id}` is about credit memos.
fn object(path: &str) -> Option<String> {
    let path = path.trim_start_matches('/');
    let inner = match path.strip_prefix("hubs/") {
        Some(rest) => rest.split_once('/')?.1,
        None => path,
    };
    let first = inner.split('/').next()?;
    let plain = !first.is_empty() && !first.contains(['{', '?']) && first != "ping";
    plain.then(|| first.replace(['-', '_'], " "))
}
