//! Exports that are written loosely, made readable: nulls, numbers where texts belong, flags as texts, what is no list.
//!
//! Nothing is lost by it: the definition is kept and exported as it was given; this is what it is read as.

use ligand_model::element::{Describe, ErrorRule, Shape, Table, Test, Xml};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Diagnostic, warning};

/// What a member is read as.
#[derive(Clone, Copy)]
enum Kind {
    /// Text; anything else becomes its JSON.
    Text,
    /// True or false, also as text or number.
    Flag,
    /// A whole number, also as text.
    Number,
    /// A list of objects, each with members of its own.
    Each(&'static [(&'static str, Kind)], &'static [&'static str]),
    /// One object with members of its own.
    One(&'static [(&'static str, Kind)]),
    /// Anything that reads as one of our own words; what does not means something else to its author.
    Ours(fn(&Value) -> bool),
}

const PARAMETER: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("type", Kind::Text),
    ("vendorName", Kind::Text),
    ("vendorType", Kind::Text),
    ("source", Kind::Text),
    ("required", Kind::Flag),
    ("converter", Kind::Text),
    ("vendorDataType", Kind::Text),
    ("defaultValue", Kind::Text),
    ("omit", Kind::Ours(reads::<String>)),
    ("pattern", Kind::Ours(reads::<String>)),
];

const HOOK: &[(&str, Kind)] = &[
    ("type", Kind::Text),
    ("body", Kind::Text),
    ("file", Kind::Text),
    ("isLegacy", Kind::Flag),
    ("when", Kind::Ours(reads::<Test>)),
];

const ENTRY: &[(&str, Kind)] = &[
    ("key", Kind::Text),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("defaultValue", Kind::Text),
    ("type", Kind::Text),
    ("required", Kind::Flag),
    ("internal", Kind::Flag),
    ("hideFromConsole", Kind::Flag),
];

const RESOURCE: &[(&str, Kind)] = &[
    ("id", Kind::Number),
    ("method", Kind::Text),
    ("path", Kind::Text),
    ("vendorMethod", Kind::Text),
    ("vendorPath", Kind::Text),
    ("type", Kind::Text),
    ("kind", Kind::Text),
    ("parameters", Kind::Each(PARAMETER, &[])),
    ("hooks", Kind::Each(HOOK, &["type"])),
    ("rootKey", Kind::Text),
    ("paginationType", Kind::Text),
    ("nextPageKey", Kind::Text),
    ("nextResource", Kind::Text),
    ("wrap", Kind::Ours(reads::<String>)),
    ("keyset", Kind::Ours(reads::<String>)),
    ("answer", Kind::Ours(reads::<String>)),
    ("notFound", Kind::Ours(reads::<String>)),
    (
        "aliases",
        Kind::Ours(reads::<std::collections::BTreeMap<String, String>>),
    ),
    ("xml", Kind::Ours(reads::<Xml>)),
    ("nextPageWhen", Kind::Ours(reads::<Test>)),
    ("table", Kind::Ours(reads::<Table>)),
    ("shape", Kind::Ours(reads::<Shape>)),
    ("requestShape", Kind::Ours(reads::<Shape>)),
    ("skip", Kind::Ours(reads::<Shape>)),
    ("describe", Kind::Ours(reads::<Describe>)),
    ("totalCount", Kind::Ours(reads::<String>)),
    (
        "countWith",
        Kind::Ours(reads::<std::collections::BTreeMap<String, String>>),
    ),
];

const AUTHENTICATION: &[(&str, Kind)] = &[
    ("type", Kind::Text),
    ("authorizeUrl", Kind::Ours(reads::<String>)),
    ("defaultState", Kind::Ours(reads::<String>)),
    (
        "tokenResponse",
        Kind::Ours(reads::<std::collections::BTreeMap<String, String>>),
    ),
    ("assumedLifetime", Kind::Ours(reads::<u64>)),
];

const ELEMENT: &[(&str, Kind)] = &[
    ("id", Kind::Number),
    ("key", Kind::Text),
    ("name", Kind::Text),
    ("description", Kind::Text),
    ("hub", Kind::Text),
    ("authentication", Kind::One(AUTHENTICATION)),
    ("active", Kind::Flag),
    ("configuration", Kind::Each(ENTRY, &["key"])),
    ("parameters", Kind::Each(PARAMETER, &[])),
    ("hooks", Kind::Each(HOOK, &["type"])),
    ("resources", Kind::Each(RESOURCE, &["method", "path"])),
    ("hosts", Kind::Ours(reads::<Vec<String>>)),
    ("errors", Kind::Ours(reads::<Vec<ErrorRule>>)),
];

fn reads<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// Makes a definition readable, and says what was not taken as it stood. A value that is no object is left alone.
pub(super) fn loosen(definition: &mut Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(element) = definition.as_object_mut() {
        members(element, ELEMENT, "", &mut found);
    }
    found
}

fn members(
    of: &mut Map<String, Value>,
    kinds: &[(&'static str, Kind)],
    place: &str,
    found: &mut Vec<Diagnostic>,
) {
    for (name, kind) in kinds {
        let Some(value) = of.get_mut(*name) else {
            continue;
        };
        let at = if place.is_empty() {
            (*name).to_owned()
        } else {
            format!("{place}.{name}")
        };
        if !read(value, *kind, &at, found) {
            of.remove(*name);
        }
    }
}

/// Reads a member as what it is to be; false when it says nothing.
fn read(value: &mut Value, kind: Kind, place: &str, found: &mut Vec<Diagnostic>) -> bool {
    if value.is_null() {
        return false;
    }
    match kind {
        Kind::Text => {
            if !value.is_string() {
                *value = Value::String(value.to_string());
            }
            true
        }
        Kind::Flag => {
            let Some(flag) = flag(value) else {
                found.push(warning(
                    place.to_owned(),
                    "it is neither true nor false; it is ignored".to_owned(),
                ));
                return false;
            };
            *value = Value::Bool(flag);
            true
        }
        Kind::Number => {
            let number = value
                .as_i64()
                .or_else(|| value.as_str()?.trim().parse().ok());
            if let Some(number) = number {
                *value = number.into();
            }
            number.is_some()
        }
        Kind::Ours(reads) => {
            let fits = reads(value);
            if !fits {
                found.push(warning(
                    place.to_owned(),
                    "it is not what it means here; it is ignored".to_owned(),
                ));
            }
            fits
        }
        Kind::One(kinds) => {
            // `"authentication": "basic"`
            if let Value::String(text) = value {
                let text = std::mem::take(text);
                *value = serde_json::json!({ "type": text });
            }
            let Some(inner) = value.as_object_mut() else {
                found.push(warning(
                    place.to_owned(),
                    "it is no object; it is ignored".to_owned(),
                ));
                return false;
            };
            members(inner, kinds, place, found);
            true
        }
        Kind::Each(kinds, needed) => {
            let Some(items) = value.as_array_mut() else {
                found.push(warning(
                    place.to_owned(),
                    "it is no list; it is ignored".to_owned(),
                ));
                return false;
            };
            let mut at = 0;
            items.retain_mut(|item| {
                let place = format!("{place}[{at}]");
                at += 1;
                let Some(inner) = item.as_object_mut() else {
                    found.push(warning(place, "it is no object; it is ignored".to_owned()));
                    return false;
                };
                members(inner, kinds, &place, found);
                if let Some(missing) = needed.iter().find(|name| !inner.contains_key(**name)) {
                    found.push(warning(
                        place,
                        format!("it has no `{missing}`; it is ignored"),
                    ));
                    return false;
                }
                true
            });
            true
        }
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
