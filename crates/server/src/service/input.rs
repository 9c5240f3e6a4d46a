//! What a caller says about an instance: the body of POST, PUT and PATCH, read with every type fault named.

use std::collections::BTreeMap;

use ligand_model::configuration::text_of;
use ligand_model::secret::MASK;
use serde_json::{Map, Value};

use super::Error;

/// Longest name or tag, in characters.
const LONGEST_LABEL: usize = 255;
/// Most tags.
const MOST_TAGS: usize = 100;

/// Which element an instance is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementRef {
    /// By key, or by an id written as text.
    Key(String),
    /// By id.
    Id(i64),
}

impl ElementRef {
    /// As it would stand in a path.
    pub fn text(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Id(id) => id.to_string(),
        }
    }
}

/// The body of a call that makes or changes an instance. Members that are absent are `None`; unknown ones are ignored.
#[derive(Default)]
pub struct InstanceInput {
    /// `element: {key}` or `{id}`.
    pub element: Option<ElementRef>,
    /// `element.version`: the version to move to.
    pub element_version: Option<i64>,
    /// `name`, as given.
    pub name: Option<String>,
    /// `tags`, as given.
    pub tags: Option<Vec<String>>,
    /// `configuration`: text, or `None` to remove an entry. Masked values are not in it.
    pub configuration: BTreeMap<String, Option<String>>,
    /// `providerData`.
    pub provider_data: Map<String, Value>,
    /// `externalAuthentication`: `none` or `initial`.
    pub external_authentication: Option<String>,
    /// `cachingEnabled`.
    pub caching_enabled: Option<bool>,
    /// `cacheTimeToLive`, seconds.
    pub cache_time_to_live: Option<i64>,
    /// `maxCacheSize`, answers.
    pub max_cache_size: Option<i64>,
}

impl std::fmt::Debug for InstanceInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstanceInput")
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}

impl InstanceInput {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names every member of a wrong type; never its value.
    pub fn read(body: &Value) -> Result<Self, Error> {
        let members = match body {
            Value::Null => return Ok(Self::default()),
            Value::Object(members) => members,
            _ => return Err(Error::invalid("The body must be a JSON object.")),
        };
        let mut faults = Faults::default();
        let input = Self {
            element: element_ref(members.get("element"), &mut faults),
            element_version: match members.get("element") {
                Some(Value::Object(named)) => number(named, "version", &mut faults),
                _ => None,
            },
            name: faults.text(members, "name"),
            tags: tags(members.get("tags"), &mut faults),
            configuration: configuration(members.get("configuration"), &mut faults),
            provider_data: match members.get("providerData") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(data)) => data.clone(),
                Some(_) => faults.wrong("providerData", "an object"),
            },
            external_authentication: faults
                .text(members, "externalAuthentication")
                .map(|text| text.to_ascii_lowercase()),
            caching_enabled: flag(members, "cachingEnabled", &mut faults),
            cache_time_to_live: number(members, "cacheTimeToLive", &mut faults),
            max_cache_size: number(members, "maxCacheSize", &mut faults),
        };
        if input
            .external_authentication
            .as_deref()
            .is_some_and(|text| !matches!(text, "" | "none" | "initial"))
        {
            faults
                .0
                .push("`externalAuthentication` must be `none` or `initial`".to_owned());
        }
        faults.into_result()?;
        Ok(input)
    }

    /// A member of `providerData` as text; empty text counts as none.
    pub fn provider_text(&self, key: &str) -> Option<String> {
        self.provider_data
            .get(key)
            .and_then(text_of)
            .filter(|text| !text.trim().is_empty())
    }
}

/// What was wrong, all of it.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn wrong<T: Default>(&mut self, member: &str, wanted: &str) -> T {
        self.0.push(format!("`{member}` must be {wanted}"));
        T::default()
    }

    fn text(&mut self, members: &Map<String, Value>, name: &str) -> Option<String> {
        match members.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => self.label(name, text),
            Some(_) => self.wrong(name, "text"),
        }
    }

    fn label(&mut self, name: &str, text: &str) -> Option<String> {
        // Markup is taken out later: the limit is on what may arrive, generous for it.
        if text.chars().count() > LONGEST_LABEL * 4 {
            return self.wrong(name, &format!("at most {LONGEST_LABEL} characters long"));
        }
        Some(text.to_owned())
    }

    fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(format!("{}.", self.0.join("; "))))
        }
    }
}

fn element_ref(value: Option<&Value>, faults: &mut Faults) -> Option<ElementRef> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::Object(members)) => match (members.get("key"), members.get("id")) {
            (Some(Value::String(key)), _) if !key.is_empty() => Some(ElementRef::Key(key.clone())),
            (None | Some(Value::Null), Some(Value::Number(id))) if id.is_i64() => {
                id.as_i64().map(ElementRef::Id)
            }
            (None | Some(Value::Null), Some(Value::String(id))) if !id.is_empty() => {
                Some(ElementRef::Key(id.clone()))
            }
            _ => faults.wrong(
                "element",
                "an object with the text `key` or the number `id`",
            ),
        },
        Some(_) => faults.wrong("element", "an object with `key` or `id`"),
    }
}

fn tags(value: Option<&Value>, faults: &mut Faults) -> Option<Vec<String>> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::Array(items)) if items.len() <= MOST_TAGS => items
            .iter()
            .map(|item| match item {
                Value::String(text) => faults.label("tags", text),
                Value::Null => Some(String::new()),
                _ => faults.wrong("tags", "a list of texts"),
            })
            .collect(),
        Some(Value::Array(_)) => faults.wrong("tags", &format!("a list of at most {MOST_TAGS}")),
        Some(_) => faults.wrong("tags", "a list of texts"),
    }
}

fn configuration(value: Option<&Value>, faults: &mut Faults) -> BTreeMap<String, Option<String>> {
    match value {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Object(entries)) => entries
            .iter()
            .filter(|(_, value)| value.as_str() != Some(MASK))
            .map(|(key, value)| (key.clone(), text_of(value)))
            .collect(),
        Some(_) => faults.wrong("configuration", "an object"),
    }
}

fn flag(members: &Map<String, Value>, name: &str, faults: &mut Faults) -> Option<bool> {
    match members.get(name)? {
        Value::Null => None,
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "true" => Some(true),
        Value::String(text) if text == "false" => Some(false),
        _ => faults.wrong(name, "true or false"),
    }
}

fn number(members: &Map<String, Value>, name: &str, faults: &mut Faults) -> Option<i64> {
    let number = match members.get(name)? {
        Value::Null => return None,
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if number >= 0 => Some(number),
        _ => faults.wrong(name, "a whole number, 0 or more"),
    }
}

/// A name as it is kept: plain text, cut to the longest that is kept, the element's when nothing is left of it.
pub fn name_or(given: Option<&str>, element: &str) -> String {
    let plain = given.map(super::text::plain).unwrap_or_default();
    let cut: String = plain.chars().take(LONGEST_LABEL).collect();
    if cut.is_empty() {
        element.to_owned()
    } else {
        cut
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_of_the_guides_is_read() {
        let input = InstanceInput::read(&json!({
            "element": {"key": "eloqua"}, "providerData": {"code": "c"},
            "configuration": {"oauth.api.key": "k", "flag": true, "mask": MASK, "gone": null},
            "tags": ["<b>t</b>"], "name": "n", "unknown": {"x": 1}, "cachingEnabled": "false"
        }))
        .unwrap();
        assert_eq!(input.element, Some(ElementRef::Key("eloqua".into())));
        assert_eq!(input.provider_text("code").as_deref(), Some("c"));
        assert_eq!(input.configuration.get("flag"), Some(&Some("true".into())));
        assert_eq!(input.configuration.get("gone"), Some(&None));
        assert!(!input.configuration.contains_key("mask"));
        assert_eq!(input.caching_enabled, Some(false));
    }

    #[test]
    fn every_wrong_type_is_named_and_no_value_is() {
        let error = InstanceInput::read(&json!({
            "element": "secret-value", "name": 5, "tags": "secret-value", "configuration": ["secret-value"],
            "providerData": "secret-value", "cacheTimeToLive": -1, "externalAuthentication": "secret-value"
        }))
        .unwrap_err()
        .to_string();
        for member in [
            "element",
            "name",
            "tags",
            "configuration",
            "providerData",
            "cacheTimeToLive",
            "externalAuthentication",
        ] {
            assert!(error.contains(&format!("`{member}`")), "{member}: {error}");
        }
        assert!(!error.contains("secret-value"));
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_and_null_is_no_body() {
        assert!(InstanceInput::read(&json!([1])).is_err());
        assert!(InstanceInput::read(&Value::Null).unwrap().element.is_none());
    }

    #[test]
    fn a_name_that_is_only_markup_becomes_the_elements() {
        assert_eq!(name_or(Some("<b></b>"), "Eloqua"), "Eloqua");
        assert_eq!(name_or(None, "Eloqua"), "Eloqua");
        assert_eq!(name_or(Some(" x "), "Eloqua"), "x");
    }
}
