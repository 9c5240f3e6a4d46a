//! What an instance of an element must be given.

use std::collections::BTreeMap;

use ligand_model::element::Element;

use crate::error::Error;
use crate::template;

/// The value an instance has for a key: its own, else the element's default with its `{other.key}` tokens filled.
pub fn effective(
    element: &Element,
    values: &BTreeMap<String, String>,
    key: &str,
) -> Option<String> {
    template::resolve(element, values, key)
}

/// Longest configuration value.
const MOST_BYTES: usize = 256 * 1024;

/// Checks a complete configuration: every missing key and every fault of type at once.
///
/// # Errors
/// [`Error::MissingConfiguration`] when keys are missing, [`Error::Invalid`] when values have faults (missing keys are
/// then named in the same sentence).
pub fn validate_configuration(
    element: &Element,
    given: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let missing: Vec<String> = element
        .configuration
        .iter()
        .filter(|entry| entry.required && !entry.internal)
        // `unless` names another key whose value serves as well: Marketo's REST URL is `base.url` in later guides.
        .filter(|entry| {
            let instead = entry.extra.text("unless");
            instead
                .and_then(|key| given.get(&key))
                .is_none_or(|value| value.trim().is_empty())
        })
        .filter(|entry| {
            given.get(&entry.key).map_or_else(
                || element.default_of(&entry.key).is_none(),
                |value| value.trim().is_empty(),
            )
        })
        .map(|entry| entry.key.clone())
        .collect();
    let mut faults = Vec::new();
    for entry in &element.configuration {
        let Some(value) = given.get(&entry.key) else {
            continue;
        };
        if value.len() > MOST_BYTES {
            faults.push(format!("`{}` is longer than {MOST_BYTES} bytes", entry.key));
        }
        let boolean = matches!(entry.kind.as_str(), "BOOLEAN" | "BOOLEAN_YESNO");
        let known = ["true", "false", "yes", "no", "1", "0", ""];
        if boolean && !known.contains(&value.to_ascii_lowercase().as_str()) {
            faults.push(format!("`{}` must be true or false", entry.key));
        }
        if value.contains(['\r', '\n', '\0']) && entry.kind.starts_with("TEXTFIELD") {
            faults.push(format!("`{}` must be one line", entry.key));
        }
    }
    match (missing.is_empty(), faults.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => Err(Error::MissingConfiguration(missing)),
        (true, false) => Err(Error::Invalid(format!(
            "Invalid configuration: {}",
            faults.join("; ")
        ))),
        (false, false) => Err(Error::Invalid(format!(
            "{}; invalid configuration: {}",
            Error::MissingConfiguration(missing),
            faults.join("; ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_may_serve_instead() {
        let element: Element = serde_json::from_str(
            r#"{"name":"x","configuration":[{"key":"rest.url","required":true,"unless":"base.url"},{"key":"base.url"}]}"#,
        )
        .unwrap();
        let given = BTreeMap::from([("base.url".to_owned(), "https://h/rest".to_owned())]);
        assert!(validate_configuration(&element, &given).is_ok());
        let error = validate_configuration(&element, &BTreeMap::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Missing required configuration: rest.url"
        );
    }

    #[test]
    fn names_every_missing_key_and_every_fault_at_once() {
        let element: Element = serde_json::from_str(
            r#"{"name":"x","configuration":[{"key":"oauth.api.key","required":true},
            {"key":"oauth.api.secret","required":true},{"key":"with.default","required":true,"defaultValue":"d"},
            {"key":"oauth.token.url","required":true,"internal":true},
            {"key":"flag","type":"BOOLEAN"}]}"#,
        )
        .unwrap();
        let check = |pairs: &[(&str, &str)]| {
            let given = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            validate_configuration(&element, &given).map_err(|e| e.to_string())
        };
        assert_eq!(
            check(&[]),
            Err("Missing required configuration: oauth.api.key, oauth.api.secret".into())
        );
        assert_eq!(
            check(&[("oauth.api.key", " "), ("flag", "maybe"), ("oauth.api.secret", "s")]),
            Err("Missing required configuration: oauth.api.key; invalid configuration: `flag` must be true or false"
                .into())
        );
        assert_eq!(
            check(&[("oauth.api.key", "k"), ("oauth.api.secret", "s")]),
            Ok(())
        );
    }
}
