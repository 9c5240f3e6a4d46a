//! The hosts an instance may call, frozen at provisioning.

use std::collections::BTreeMap;

use ligand_model::element::Element;
use url::Url;

use crate::error::Error;
use crate::template;

/// Addresses that an instance names but the platform never calls with its credential.
const NOT_CALLED: [&str; 4] = [
    "oauth.callback.url",
    "event.notification.callback.url",
    "event.poller.urls",
    "oauth.authorization.url",
];

/// `host`, or `host:port` when the port is not the scheme's own.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?.to_ascii_lowercase();
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

/// The host of a template, when no token stands in it.
fn literal_host(template: &str) -> Option<String> {
    let start = template.find("://")? + 3;
    let host = template.get(start..)?.split(['/', '?', '#']).next()?;
    if host.is_empty() || host.contains(['{', '<', '$', '[']) {
        return None;
    }
    authority(&http_url(template.get(..start + host.len())?)?)
}

/// Whether a configuration value decides which host is called.
pub fn bears_host(element: &Element, key: &str, value: &str) -> bool {
    if NOT_CALLED.contains(&key) {
        return false;
    }
    // What costs least is asked first: an element may have thousands of templates.
    if http_url(value).is_some()
        || key == "base.url"
        || (key.starts_with("oauth.") && key.ends_with("url"))
    {
        return true;
    }
    let token = format!("{{{key}}}");
    let in_template = element
        .configuration
        .iter()
        .filter_map(|entry| entry.default_value.as_deref())
        .chain(
            element
                .resources
                .iter()
                .filter_map(|resource| resource.vendor_path.as_deref()),
        )
        .any(|template| {
            if template.starts_with(&token) {
                return true;
            }
            // Inside the authority.
            template.contains(':')
                && template.find(&token).is_some_and(|at| {
                    template
                        .get(..at)
                        .and_then(|before| before.split_once("://"))
                        .is_some_and(|(_, rest)| !rest.contains(['/', '?', '#']))
                })
        });
    let fills_base = element.parameters.iter().any(|parameter| {
        parameter.kind == "configuration"
            && parameter.vendor_type == "path"
            && parameter.name == key
            && element
                .default_of("base.url")
                .is_some_and(|base| base.contains(&format!("{{{}}}", parameter.vendor_name)))
    });
    in_template || fills_base
}

/// The hosts that stand in the definition itself and are called: they are the same for every instance.
pub fn constant(element: &Element) -> Vec<String> {
    let called = element
        .configuration
        .iter()
        .filter(|entry| !NOT_CALLED.contains(&entry.key.as_str()));
    let templates = called
        .filter_map(|entry| entry.default_value.as_deref())
        .chain(
            element
                .resources
                .iter()
                .filter_map(|resource| resource.vendor_path.as_deref()),
        );
    let mut hosts = Vec::new();
    for host in templates.filter_map(literal_host) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// The hosts that an instance with these values may call.
///
/// # Errors
/// A host-bearing value that is not a plain URL, host or label.
pub fn freeze(element: &Element, values: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
    let mut hosts = constant(element);
    let mut add = |host: Option<String>| {
        if let Some(host) = host.filter(|host| !hosts.contains(host)) {
            hosts.push(host);
        }
    };
    for entry in &element.configuration {
        let key = entry.key.as_str();
        if NOT_CALLED.contains(&key) {
            continue;
        }
        if let Some(given) = values.get(key) {
            let url = http_url(given);
            if url
                .as_ref()
                .is_some_and(|url| !url.username().is_empty() || url.password().is_some())
            {
                return Err(Error::Host(format!(
                    "The value of `{key}` must not hold a user name or password."
                )));
            }
            add(url.as_ref().and_then(authority));
        } else if let Some(filled) = filled_default(element, values, key)? {
            add(http_url(&filled).as_ref().and_then(authority));
        }
    }
    Ok(hosts)
}

/// A default with its tokens filled by configuration values and by element-level path parameters.
fn filled_default(
    element: &Element,
    values: &BTreeMap<String, String>,
    key: &str,
) -> Result<Option<String>, Error> {
    let Some(default) = element.default_of(key).filter(|text| text.contains('{')) else {
        return Ok(None);
    };
    if !default.contains("://") && !default.starts_with('{') {
        return Ok(None);
    }
    let filled = template::fill_url(default, |name| {
        let key = element
            .parameters
            .iter()
            .find(|p| p.vendor_type == "path" && p.vendor_name == name && p.kind == "configuration")
            .map_or(name, |parameter| parameter.name.as_str());
        template::resolve(element, values, key).filter(|value| !value.is_empty())
    })?;
    Ok(Some(filled))
}

/// Takes a host-bearing value that the vendor returned: it must match a pattern the element declares.
///
/// # Errors
/// A value that is no URL or whose host matches no declared pattern.
pub fn admit(
    element: &Element,
    hosts: &mut Vec<String>,
    key: &str,
    value: &str,
) -> Result<(), Error> {
    let Some(url) = http_url(value) else {
        return Ok(());
    };
    let Some(host) = authority(&url) else {
        return Ok(());
    };
    if hosts.contains(&host) {
        return Ok(());
    }
    if matches_pattern(&element.hosts, &url) {
        hosts.push(host);
        return Ok(());
    }
    Err(Error::Host(format!(
        "The vendor returned the host `{host}` for `{key}`, which the element `{}` does not declare.",
        element.key
    )))
}

/// Whether an application secret that was not given with this URL may be sent to it: its host is constant in the
/// definition or matches a declared pattern.
pub fn takes_application_secret(element: &Element, url: &str) -> bool {
    let Some(url) = http_url(url) else {
        return false;
    };
    let Some(host) = authority(&url) else {
        return false;
    };
    matches_pattern(&element.hosts, &url)
        || element
            .configuration
            .iter()
            .filter_map(|entry| entry.default_value.as_deref().and_then(literal_host))
            .any(|constant| constant == host)
}

fn matches_pattern(patterns: &[String], url: &Url) -> bool {
    let Some(host) = url.host_str().map(str::to_ascii_lowercase) else {
        return false;
    };
    url.port().is_none()
        && patterns
            .iter()
            .any(|pattern| match pattern.strip_prefix("*.") {
                Some(suffix) => host
                    .strip_suffix(suffix)
                    .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
                None => host == *pattern,
            })
}

/// Whether an instance with these frozen hosts may call `url`.
pub fn permits(hosts: &[String], url: &str) -> bool {
    // The usual case without a parse: nothing but plain characters in the authority.
    let plain = url.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split(['/', '?', '#']).next()?;
        let simple = matches!(scheme, "https" | "http")
            && host
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        simple.then_some(host)
    });
    if let Some(host) = plain {
        return hosts.iter().any(|frozen| frozen == host);
    }
    // Parsers disagree about backslashes, some drop control characters, and some find a host without `//` or behind
    // an empty user name: only what all of them read alike is let near a host check.
    let url = url.trim();
    let authority = url.split_once(':').and_then(|(_, rest)| {
        let rest = rest.strip_prefix("//")?;
        rest.split(['/', '?', '#']).next()
    });
    if authority.is_none_or(|authority| authority.is_empty() || authority.contains('@'))
        || url.contains(|c: char| c == '\\' || c.is_ascii_control())
    {
        return false;
    }
    http_url(url)
        .as_ref()
        .and_then(self::authority)
        .is_some_and(|host| hosts.contains(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element() -> Element {
        serde_json::from_str(
            r#"{"name":"x","key":"x","hosts":["*.salesforce.com","one.example.com"],
            "configuration":[
              {"key":"base.url","defaultValue":"https://{subdomain}.example.com/api"},
              {"key":"subdomain"},
              {"key":"oauth.token.url","defaultValue":"https://login.example.com/token"},
              {"key":"oauth.callback.url","defaultValue":"https://auth.example.org/oauth"},
              {"key":"marketo.identity.url"}],
            "resources":[{"method":"GET","path":"/a","vendorPath":"https://other.example.com/a"}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn freezes_literal_and_given_hosts_only() {
        let values = BTreeMap::from([
            ("subdomain".to_owned(), "acme".to_owned()),
            (
                "marketo.identity.url".to_owned(),
                "https://1-A-2.mktorest.com/identity".to_owned(),
            ),
            ("unknown.url".to_owned(), "https://evil.example".to_owned()),
        ]);
        assert_eq!(
            freeze(&element(), &values).unwrap(),
            [
                "login.example.com",
                "other.example.com",
                "acme.example.com",
                "1-a-2.mktorest.com"
            ]
        );
    }

    #[test]
    fn refuses_a_host_in_a_label() {
        let values = BTreeMap::from([("subdomain".to_owned(), "evil.tld/#".to_owned())]);
        assert!(freeze(&element(), &values).is_err());
    }

    #[test]
    fn admits_only_declared_patterns() {
        let mut hosts = vec![];
        for (url, ok) in [
            ("https://na1.salesforce.com", true),
            ("https://a.b.my.salesforce.com/x", true),
            ("https://salesforce.com", false),
            ("https://evilsalesforce.com", false),
            ("https://na1.salesforce.com.evil.tld", false),
            ("https://na1.salesforce.com:8443", false),
            ("https://one.example.com", true),
        ] {
            assert_eq!(
                admit(&element(), &mut hosts, "base.url", url).is_ok(),
                ok,
                "{url}"
            );
        }
    }

    #[test]
    fn permits_exactly_the_frozen_hosts() {
        let hosts = vec!["a.example.com".to_owned(), "b.example.com:8443".to_owned()];
        for (url, ok) in [
            ("https://a.example.com/x?y", true),
            ("https://A.example.com/", true),
            ("https://b.example.com:8443/", true),
            ("https://b.example.com/", false),
            ("https://a.example.com@evil.tld/", false),
            ("https://u:p@a.example.com/", false),
            ("ftp://a.example.com/", false),
            ("https://evil.tld/a.example.com", false),
            ("https://a.example.com\\@evil.tld/", false),
            ("https://a.exam\tple.com/", false),
            ("https://A.example.com\r\n/", false),
            ("//a.example.com", false),
            ("https:a.example.com", false),
            ("https:///a.example.com", false),
            ("https://@a.example.com/", false),
            ("https://B.example.com:8443/x@y", true),
        ] {
            assert_eq!(permits(&hosts, url), ok, "{url}");
        }
    }
}
