//! Filling in: `${configuration.key}` and `CE.b64(…)` in literals, `{token}` in templates and URLs.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_model::configuration::lookup;
use ligand_model::element::Element;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::Error;

/// What a path segment may hold unencoded (RFC 3986 `pchar`), less what could end the segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// What a query value may hold unencoded.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    // OData's own names begin with it, and not every server decodes names.
    .remove(b'$');

/// What has to be encoded in an authorization URL: the guides leave `:` and `/` alone.
const NEEDED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Encodes a query name or value.
pub fn encode_query(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// Encodes only the characters that cannot stand in a query, as the guides' URLs do.
pub fn encode_needed(text: &str) -> String {
    utf8_percent_encode(text, NEEDED).to_string()
}

/// Encodes what may stand in no URL, leaving its structure and what is already encoded alone.
pub fn encode_rest(text: &str) -> String {
    const REST: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}')
        .add(b'#');
    utf8_percent_encode(text, REST).to_string()
}

/// Encodes one path segment; `.` and `..` cannot be segments because they would climb.
pub fn encode_segment(name: &str, text: &str) -> Result<String, Error> {
    if text.is_empty() || text == "." || text == ".." {
        return Err(Error::Invalid(format!(
            "The path value `{name}` is empty or not a plain segment; give the id of a record."
        )));
    }
    Ok(utf8_percent_encode(text, SEGMENT).to_string())
}

/// Replaces every `{name}` that `fill` knows; the others stay.
pub fn fill_tokens(template: &str, mut fill: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            out.push_str(from);
            return out;
        };
        let (token, after) = from.split_at(close + 1);
        let name = token.trim_start_matches('{').trim_end_matches('}');
        if let Some(value) = fill(name) {
            out.push_str(&value);
            rest = after;
        } else {
            // Only the brace is passed over: in a nested template the token may begin further in.
            out.push('{');
            rest = from.strip_prefix('{').unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Escapes text for XML, inside elements and attributes.
pub fn escape_xml(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

/// Fills a JSON template: inside quotes a value is escaped text; outside it is JSON as it is, or else a quoted text.
pub fn fill_json(template: &str, mut fill: impl FnMut(&str) -> Option<String>) -> String {
    let mut quoted = false;
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let mut escaped = false;
        for byte in before.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = !quoted,
                _ => {}
            }
        }
        let name = from
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let value = name.and_then(|(name, after)| Some((fill(name)?, after)));
        if let Some((value, after)) = value {
            let text = serde_json::Value::String(value.clone()).to_string();
            if quoted {
                out.push_str(
                    text.get(1..text.len().saturating_sub(1))
                        .unwrap_or_default(),
                );
            } else if serde_json::from_str::<serde::de::IgnoredAny>(&value).is_ok() {
                out.push_str(&value);
            } else {
                out.push_str(&text);
            }
            rest = after;
        } else {
            out.push('{');
            rest = from.strip_prefix('{').unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Interpolates a `value` literal: `${configuration.key}`, `${key}`, `{webhookCallbackUrl}`, then `CE.b64(…)`.
pub fn interpolate(
    literal: &str,
    element: &Element,
    values: &BTreeMap<String, String>,
    webhook_callback_url: &str,
) -> String {
    if !literal.contains('$') && !literal.contains("CE.b64(") && !literal.contains("{webhook") {
        return literal.to_owned();
    }
    let mut out = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            rest = from;
            break;
        };
        let (token, after) = from.split_at(close + 1);
        let name = token.trim_start_matches("${").trim_end_matches('}');
        let key = name.strip_prefix("configuration.").unwrap_or(name);
        if name == "webhookCallbackUrl" {
            out.push_str(webhook_callback_url);
        } else {
            match resolve(element, values, key) {
                Some(value) => out.push_str(&value),
                // Declared to be empty is a value; not to be declared is none.
                None if is_empty_by_default(element, key) => {}
                None => out.push_str(token),
            }
        }
        rest = after;
    }
    out.push_str(rest);
    encode_base64_calls(&with_webhook(&out, webhook_callback_url))
}

/// A text with the URL that takes the vendor's webhooks where it is asked for.
pub fn with_webhook(text: &str, webhook_callback_url: &str) -> String {
    [
        "${webhookCallbackUrl}",
        "{{webhookCallbackUrl}}",
        "{webhookCallbackUrl}",
    ]
    .iter()
    .fold(text.to_owned(), |text, token| {
        text.replace(token, webhook_callback_url)
    })
}

fn is_empty_by_default(element: &Element, key: &str) -> bool {
    element
        .entry(key)
        .is_some_and(|entry| entry.default_value.as_deref() == Some(""))
}

fn encode_base64_calls(text: &str) -> String {
    let Some(at) = text.find("CE.b64(") else {
        return text.to_owned();
    };
    let (before, from) = text.split_at(at);
    let inner = from.strip_prefix("CE.b64(").unwrap_or_default();
    // The argument may itself hold parentheses (a password): the call ends at the last one.
    match inner.rfind(')') {
        Some(end) => {
            let (argument, after) = inner.split_at(end);
            let after = after.strip_prefix(')').unwrap_or_default();
            format!("{before}{}{after}", STANDARD.encode(argument))
        }
        None => text.to_owned(),
    }
}

/// A configuration value with the `{other.key}` tokens in it filled from the configuration.
pub fn resolve(element: &Element, values: &BTreeMap<String, String>, key: &str) -> Option<String> {
    resolve_within(element, values, key, 4)
}

fn resolve_within(
    element: &Element,
    values: &BTreeMap<String, String>,
    key: &str,
    depth: u8,
) -> Option<String> {
    let text = lookup(values, element, key)?;
    if depth == 0 || !text.contains('{') || values.contains_key(key) {
        return Some(text.to_owned());
    }
    Some(fill_tokens(text, |name| {
        element.entry(name)?;
        resolve_within(element, values, name, depth - 1).filter(|value| !value.is_empty())
    }))
}

/// Fills the `{token}`s of a URL template so that no value can change which host is called.
///
/// A token that is the whole beginning of the URL is parsed as a URL; one that is the whole host is parsed as
/// `host[:port]`; one inside a host is a single DNS label; any other is a path segment or query value and encoded.
/// Unknown tokens stay.
pub fn fill_url(
    template: &str,
    mut fill: impl FnMut(&str) -> Option<String>,
) -> Result<String, Error> {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            rest = from;
            break;
        };
        let (token, after) = from.split_at(close + 1);
        let name = token.trim_start_matches('{').trim_end_matches('}');
        let Some(value) = fill(name) else {
            out.push_str(token);
            rest = after;
            continue;
        };
        if out.is_empty() {
            out.push_str(&whole_url(name, &value)?);
        } else if let Some(authority) = authority_so_far(&out) {
            let ends_host = after.is_empty() || after.starts_with(['/', '?', '#', ':']);
            if authority.is_empty() && ends_host {
                out.push_str(&whole_host(name, &value)?);
            } else {
                out.push_str(label(name, &value)?);
            }
        } else if out.contains('?') {
            out.push_str(&encode_query(&value));
        } else {
            out.push_str(&encode_segment(name, &value)?);
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Fills the `{token}`s of a vendor path below its base: a segment before `?`, a query value after it. Unknown tokens stay.
pub fn fill_path(
    template: &str,
    mut fill: impl FnMut(&str) -> Option<String>,
) -> Result<String, Error> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            rest = from;
            break;
        };
        let (token, after) = from.split_at(close + 1);
        let name = token.trim_start_matches('{').trim_end_matches('}');
        rest = after;
        match fill(name) {
            None => out.push_str(token),
            Some(value) if out.contains('?') => out.push_str(&encode_query(&value)),
            Some(value) => out.push_str(&encode_segment(name, &value)?),
        }
    }
    // An unclosed brace ends the loop with its text unread.
    out.push_str(rest);
    Ok(out)
}

/// The authority written so far, when the URL being built has not left its authority yet.
fn authority_so_far(url: &str) -> Option<&str> {
    let (_, authority) = url.split_once("://")?;
    (!authority.contains(['/', '?', '#'])).then_some(authority)
}

fn whole_url(name: &str, value: &str) -> Result<String, Error> {
    let refused = || {
        Error::Host(format!(
            "The value of `{name}` is not a plain URL; give one such as https://host/path, \
             without user, query or fragment."
        ))
    };
    let url = Url::parse(value).map_err(|_| refused())?;
    let plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && url.query().is_none()
        && url.host_str().is_some();
    if !plain {
        return Err(refused());
    }
    // Parsing writes hosts in small letters; where that is all it changed, the value stays as it was given.
    let (parsed, given) = (url.as_str().trim_end_matches('/'), value.trim());
    let given = given.trim_end_matches('/');
    let same = parsed.eq_ignore_ascii_case(given);
    Ok(if same { given } else { parsed }.to_owned())
}

fn whole_host(name: &str, value: &str) -> Result<String, Error> {
    let refused = || {
        Error::Host(format!(
            "The value of `{name}` is not a host name; give one such as a.example.com."
        ))
    };
    // Some callers paste the whole address where a host is wanted.
    let bare = value
        .trim()
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let url = Url::parse(&format!("https://{bare}")).map_err(|_| refused())?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    match (plain, url.host_str(), url.port()) {
        (true, Some(host), Some(port)) => Ok(format!("{host}:{port}")),
        (true, Some(host), None) => Ok(host.to_owned()),
        _ => Err(refused()),
    }
}

fn label<'a>(name: &str, value: &'a str) -> Result<&'a str, Error> {
    let plain = !value.is_empty()
        && value.len() <= 63
        && !value.starts_with('-')
        && !value.ends_with('-')
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain {
        return Ok(value);
    }
    Err(Error::Host(format!(
        "The value of `{name}` stands inside a host name and must be one label \
         (letters, digits, hyphens), such as `acme`."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(configuration: &str) -> Element {
        serde_json::from_str(&format!(
            r#"{{"name":"x","configuration":{configuration}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn interpolates_configuration_then_encodes() {
        let element = element(r#"[{"key":"username"},{"key":"password","defaultValue":"p)w"}]"#);
        let values = BTreeMap::from([("username".to_owned(), "ann".to_owned())]);
        assert_eq!(
            interpolate(
                "Basic CE.b64(${configuration.username}:${password})",
                &element,
                &values,
                ""
            ),
            format!("Basic {}", STANDARD.encode("ann:p)w"))
        );
        assert_eq!(
            interpolate("${configuration.none}", &element, &values, ""),
            "${configuration.none}"
        );
        assert_eq!(
            interpolate("{webhookCallbackUrl}", &element, &values, "https://h"),
            "https://h"
        );
    }

    #[test]
    fn unknown_tokens_stay() {
        assert_eq!(
            fill_tokens(r#"{"a":{id},"b":"{none}"}"#, |name| (name == "id")
                .then(|| "7".into())),
            r#"{"a":7,"b":"{none}"}"#
        );
    }

    #[test]
    fn no_value_breaks_out_of_a_json_template() {
        let fill = |value: &'static str| move |name: &str| (name == "v").then(|| value.to_owned());
        for (value, expected) in [
            ("7", r#"{"a":7,"b":"7"}"#),
            (r#""x""#, r#"{"a":"x","b":"\"x\""}"#),
            (
                r#"1,"evil":2"#,
                r#"{"a":"1,\"evil\":2","b":"1,\"evil\":2"}"#,
            ),
            ("{v}", r#"{"a":"{v}","b":"{v}"}"#),
        ] {
            assert_eq!(fill_json(r#"{"a":{v},"b":"{v}"}"#, fill(value)), expected);
        }
    }

    #[test]
    fn no_value_changes_the_host() {
        let fill = |value: &'static str| move |_: &str| Some(value.to_owned());
        for bad in ["evil.tld/#", "a.b", "a@b", "", "-a", "a:80"] {
            assert!(
                fill_url("https://{t}.example.com/x", fill(bad)).is_err(),
                "{bad}"
            );
        }
        assert_eq!(
            fill_url("https://{t}.example.com/x", fill("acme")).unwrap(),
            "https://acme.example.com/x"
        );
        for bad in [
            "https://u:p@h",
            "javascript:alert(1)",
            "https://h/#x",
            "https://h/?q",
            "h",
        ] {
            assert!(fill_url("{t}/x", fill(bad)).is_err(), "{bad}");
        }
        assert_eq!(
            fill_url("{t}/x", fill("https://h/rest/")).unwrap(),
            "https://h/rest/x"
        );
        for bad in ["h/p", "u@h", "h?x", "h#x"] {
            assert!(fill_url("https://{t}/x", fill(bad)).is_err(), "{bad}");
        }
        assert_eq!(
            fill_url("https://{t}/x", fill("h:8080")).unwrap(),
            "https://h:8080/x"
        );
    }

    #[test]
    fn path_values_are_one_segment() {
        let fill = |value: &'static str| move |_: &str| Some(value.to_owned());
        assert_eq!(
            fill_url("https://h/a/{id}", fill("x/../y?z")).unwrap(),
            "https://h/a/x%2F..%2Fy%3Fz"
        );
        assert!(fill_url("https://h/a/{id}", fill("..")).is_err());
        assert_eq!(
            fill_url("https://h/a?k={id}", fill("a b&c")).unwrap(),
            "https://h/a?k=a%20b%26c"
        );
    }
}
