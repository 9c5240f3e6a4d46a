//! The configuration of an instance: its own values over the defaults of its element.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::element::Element;
use crate::time::Timestamp;

/// The sealed document of an instance: its values and the hosts it may call.
///
/// Values are text, as the format has them; a boolean or number given by a caller is written out,
/// an array or object becomes its JSON text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceDocument {
    /// The instance's own values.
    pub values: BTreeMap<String, String>,
    /// The hosts this instance may call, `host` or `host:port`, frozen at provisioning.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl std::fmt::Debug for InstanceDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstanceDocument")
            .field("keys", &self.values.keys().collect::<Vec<_>>())
            .field("hosts", &self.hosts)
            .finish()
    }
}

/// Writes a JSON value as configuration text; `null` is no value.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The vendor's grant: a typed view of `oauth.user.*`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// `oauth.user.token`.
    pub access_token: Option<String>,
    /// `oauth.user.refresh_token`.
    pub refresh_token: Option<String>,
    /// `oauth.user.refresh_interval`, seconds.
    pub lifetime: Option<i64>,
    /// `oauth.user.refresh_time`: when it was obtained.
    pub obtained: Option<Timestamp>,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("lifetime", &self.lifetime)
            .field("obtained", &self.obtained)
            .finish_non_exhaustive()
    }
}

impl Grant {
    /// Reads the grant out of an instance's values.
    pub fn of(values: &BTreeMap<String, String>) -> Self {
        let text = |key: &str| values.get(key).filter(|value| !value.is_empty());
        let number = |key: &str| text(key).and_then(|value| value.parse::<i64>().ok());
        Self {
            access_token: text("oauth.user.token").cloned(),
            refresh_token: text("oauth.user.refresh_token").cloned(),
            lifetime: number("oauth.user.refresh_interval"),
            obtained: number("oauth.user.refresh_time").map(Timestamp),
        }
    }

    /// Whether it has passed, or will within `margin_ms`.
    pub fn expired(&self, now: Timestamp, margin_ms: i64) -> bool {
        match (self.lifetime, self.obtained) {
            (Some(lifetime), Some(obtained)) => {
                now.0.saturating_add(margin_ms)
                    >= obtained.0.saturating_add(lifetime.saturating_mul(1000))
            }
            _ => false,
        }
    }
}

/// Looks a key up in an instance's values, then in the element's defaults.
pub fn lookup<'a>(
    values: &'a BTreeMap<String, String>,
    element: &'a Element,
    key: &str,
) -> Option<&'a str> {
    values
        .get(key)
        .map(String::as_str)
        .or_else(|| element.default_of(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_without_stated_expiry_never_expires_by_time() {
        let values = BTreeMap::from([("oauth.user.token".to_owned(), "t".to_owned())]);
        assert!(!Grant::of(&values).expired(Timestamp(i64::MAX), 0));
    }

    #[test]
    fn a_grant_expires_at_its_interval() {
        let values = BTreeMap::from([
            ("oauth.user.refresh_interval".to_owned(), "60".to_owned()),
            ("oauth.user.refresh_time".to_owned(), "1000".to_owned()),
        ]);
        let grant = Grant::of(&values);
        assert!(!grant.expired(Timestamp(60_999), 0));
        assert!(grant.expired(Timestamp(61_000), 0));
        assert!(grant.expired(Timestamp(31_000), 30_000));
    }
}
