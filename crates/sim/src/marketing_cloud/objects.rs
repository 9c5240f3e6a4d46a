//! What SOAP objects have: a table of properties, kept as data.
//!
//! # Shape
//! `objects.json`: type → the property that names a record, what a new one needs, and each property with its type
//! (`int`, `text`, `date`, `bool`, `guid`, `object`) and `r` (cannot be written) or `w` (cannot be retrieved). `kept` names the
//! type whose records these are.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One SOAP object type.
#[derive(Debug, Deserialize)]
pub struct Object {
    /// The property that names a record.
    pub id: String,
    /// What a new record must have.
    #[serde(default)]
    pub required: Vec<String>,
    /// The type that it is another name for.
    #[serde(default)]
    pub kept: Option<String>,
    /// Whether Create, Update and Delete are refused.
    #[serde(default)]
    pub read_only: bool,
    /// Property → type and flags.
    properties: Map<String, Value>,
}

/// One property of a type.
#[derive(Debug, Clone, Copy)]
pub struct Property<'a> {
    /// Its name; dotted for one of a related object.
    pub name: &'a str,
    /// `int`, `text`, `date`, `bool`, `guid`, `object`.
    pub kind: &'a str,
    /// Whether it may be asked for and filtered by.
    pub retrievable: bool,
    /// Whether it may be written.
    pub writable: bool,
}

impl Object {
    /// One of these properties and nothing else.
    pub fn of(properties: Map<String, Value>) -> Self {
        Self {
            id: String::new(),
            required: Vec::new(),
            kept: None,
            read_only: true,
            properties,
        }
    }

    /// Its properties in order.
    pub fn properties(&self) -> impl Iterator<Item = Property<'_>> {
        self.properties.iter().map(|(name, value)| {
            let text = value.as_str().unwrap_or_default();
            let (kind, flag) = text.split_once(' ').unwrap_or((text, ""));
            Property {
                name,
                kind,
                retrievable: flag != "w",
                writable: flag != "r",
            }
        })
    }

    /// The collection of its records.
    pub fn place<'a>(&'a self, name: &'a str) -> &'a str {
        self.kept.as_deref().unwrap_or(name)
    }

    /// A property by name; case counts, as the vendor's does.
    pub fn property(&self, name: &str) -> Option<Property<'_>> {
        self.properties().find(|property| property.name == name)
    }
}

/// Every type by name.
pub fn all() -> &'static BTreeMap<String, Object> {
    static ALL: OnceLock<BTreeMap<String, Object>> = OnceLock::new();
    ALL.get_or_init(|| serde_json::from_str(include_str!("objects.json")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        assert_eq!(all().len(), 43);
        let list = &all()["List"];
        assert!(!list.property("ID").unwrap().writable);
        assert!(
            !all()["DataExtension"]
                .property("Fields")
                .unwrap()
                .retrievable
        );
        assert!(list.property("listname").is_none());
    }
}
