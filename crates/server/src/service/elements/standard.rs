//! The configuration entries that every element has, whether its definition lists them or not.
//!
//! They are laid over an imported element when it is read; its definition stays as it was given.

use ligand_model::element::{AuthenticationKind, ConfigurationEntry, Element};
use ligand_model::text::Extra;

/// Key, label, type, default, whether an instance needs it.
type Standard = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
);

const ALL: &[Standard] = &[
    ("base.url", "Base URL", "TEXTFIELD_1000", None, false),
    (
        "pagination.max",
        "Largest page",
        "TEXTFIELD_32",
        None,
        false,
    ),
    (
        "pagination.type",
        "Kind of paging",
        "TEXTFIELD_32",
        None,
        false,
    ),
    (
        "event.notification.enabled",
        "Events",
        "BOOLEAN",
        Some("false"),
        false,
    ),
    (
        "event.vendor.type",
        "Kind of events",
        "TEXTFIELD_32",
        None,
        false,
    ),
    (
        "event.notification.callback.url",
        "Where events are sent",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "event.notification.signature.key",
        "Key that signs events",
        "PASSWORD",
        None,
        false,
    ),
    (
        "event.poller.refresh_interval",
        "Minutes between polls",
        "TEXTFIELD_32",
        None,
        false,
    ),
    (
        "event.objects",
        "Objects that are polled",
        "TEXTAREA",
        None,
        false,
    ),
];

const LOGIN: &[Standard] = &[
    ("username", "User name", "TEXTFIELD_128", None, true),
    ("password", "Password", "PASSWORD", None, true),
];

const OAUTH: &[Standard] = &[
    (
        "oauth.api.key",
        "OAuth API key",
        "TEXTFIELD_128",
        None,
        true,
    ),
    (
        "oauth.api.secret",
        "OAuth API secret",
        "PASSWORD",
        None,
        true,
    ),
    (
        "oauth.callback.url",
        "OAuth callback URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.authorization.url",
        "OAuth authorization URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.token.url",
        "OAuth token URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.user.token",
        "OAuth user token",
        "PASSWORD",
        None,
        false,
    ),
];

const OAUTH_1: &[Standard] = &[
    (
        "oauth.request.url",
        "OAuth request URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.user.token.secret",
        "OAuth user token secret",
        "PASSWORD",
        None,
        false,
    ),
];

const OAUTH_2: &[Standard] = &[
    ("oauth.scope", "OAuth scope", "TEXTFIELD_1000", None, false),
    (
        "oauth.token.refresh_url",
        "OAuth refresh URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.token.revoke_url",
        "OAuth revocation URL",
        "TEXTFIELD_1000",
        None,
        false,
    ),
    (
        "oauth.basic.header",
        "Client credentials in a header",
        "BOOLEAN",
        None,
        false,
    ),
    (
        "oauth.user.refresh_token",
        "OAuth refresh token",
        "PASSWORD",
        None,
        false,
    ),
    (
        "oauth.user.refresh_time",
        "When the token was obtained",
        "TEXTFIELD_128",
        None,
        false,
    ),
    (
        "oauth.user.refresh_interval",
        "Seconds a token lives",
        "TEXTFIELD_32",
        None,
        false,
    ),
];

/// The keys that nobody adds by hand.
const RESERVED: [&str; 27] = [
    "oauth.api.key",
    "oauth.api.secret",
    "oauth.callback.url",
    "oauth.scope",
    "oauth.authorization.url",
    "oauth.token.url",
    "oauth.token.refresh_url",
    "oauth.token.revoke_url",
    "oauth.request.url",
    "oauth.request.authorization.type",
    "oauth.basic.header",
    "oauth.user.token",
    "oauth.user.token.secret",
    "oauth.user.refresh_token",
    "oauth.user.refresh_time",
    "oauth.user.refresh_interval",
    "username",
    "password",
    "base.url",
    "pagination.type",
    "pagination.max",
    "pagination.page.startindex",
    "aws.api.key",
    "aws.api.secret",
    "aws.region",
    "expires",
    "expires_in",
];

/// Whether a key belongs to the platform: an entry of it cannot be added, only changed.
pub fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key) || key.starts_with("bulk.") || key.starts_with("event.")
}

/// Lays the entries that are missing over an element, and leaves one `base.url`.
pub fn complete(element: &mut Element) {
    let mut seen = false;
    let given = element.default_of("base.url").map(str::to_owned);
    element.configuration.retain_mut(|entry| {
        if entry.key != "base.url" {
            return true;
        }
        entry.default_value = given.clone().or_else(|| entry.default_value.take());
        !std::mem::replace(&mut seen, true)
    });
    let of_kind: &[&[Standard]] = match element.authentication.kind {
        AuthenticationKind::Basic => &[LOGIN],
        AuthenticationKind::Oauth1 => &[OAUTH, OAUTH_1],
        AuthenticationKind::Oauth2 => &[OAUTH, OAUTH_2],
        AuthenticationKind::Oauth2Password => &[LOGIN, OAUTH_2],
        _ => &[],
    };
    for standard in [ALL].iter().chain(of_kind).copied().flatten() {
        if element.entry(standard.0).is_none() {
            element.configuration.push(entry(standard));
        }
    }
}

fn entry((key, name, kind, default, required): &Standard) -> ConfigurationEntry {
    ConfigurationEntry {
        key: (*key).to_owned(),
        name: (*name).to_owned(),
        description: String::new(),
        default_value: default.map(str::to_owned),
        kind: (*kind).to_owned(),
        required: *required,
        internal: false,
        hide_from_console: false,
        extra: Extra::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_base_url_keeps_the_default_that_was_given() {
        let mut element: Element = serde_json::from_str(
            r#"{"name":"x","authentication":{"type":"basic"},"configuration":[
                {"key":"base.url","defaultValue":"https://a.example"},{"key":"base.url"}]}"#,
        )
        .unwrap();
        complete(&mut element);
        let bases: Vec<_> = element
            .configuration
            .iter()
            .filter(|entry| entry.key == "base.url")
            .collect();
        assert_eq!(bases.len(), 1);
        assert_eq!(bases[0].default_value.as_deref(), Some("https://a.example"));
        assert!(
            element
                .entry("password")
                .is_some_and(|entry| entry.required)
        );
        let before = element.configuration.len();
        complete(&mut element);
        assert_eq!(element.configuration.len(), before);
    }

    #[test]
    fn the_platforms_keys_are_reserved_whatever_follows_their_prefix() {
        for key in ["base.url", "event.anything", "bulk.x", "expires_in"] {
            assert!(is_reserved(key), "{key}");
        }
        assert!(!is_reserved("events"));
        assert!(!is_reserved("my.key"));
    }
}
