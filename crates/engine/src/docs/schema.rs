//! Schemas of Swagger 2.0, made valid.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use serde_json::{Map, Value, json};

/// Deeper schemas are cut off.
const DEEPEST: usize = 40;
/// Most definitions of one document.
const MOST: usize = 20_000;

/// The definitions of a document. Models of different resources may have one name and not mean the same.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    known: BTreeMap<String, (Arc<Group>, Value)>,
}

/// The schemas of one model as they were given. Comparing them whole takes long, so a number is compared first.
#[derive(Debug)]
struct Group {
    number: u64,
    schemas: Value,
}

impl Group {
    fn of(schemas: &Map<String, Value>) -> Arc<Self> {
        let schemas = Value::Object(schemas.clone());
        let mut hasher = DefaultHasher::new();
        schemas.to_string().hash(&mut hasher);
        Arc::new(Self {
            number: hasher.finish(),
            schemas,
        })
    }

    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.number == other.number && self.schemas == other.schemas)
    }
}

impl Definitions {
    /// Adds the schemas of a model, and answers the name of its main one; none when it has no schemas.
    pub(super) fn add(&mut self, name: &str, schemas: &Map<String, Value>) -> Option<String> {
        if schemas.is_empty() || self.known.len() + schemas.len() > MOST {
            return None;
        }
        // The whole group decides whether a name means the same as before.
        let group = Group::of(schemas);
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for own in schemas.keys() {
            let base = plain_name(own);
            let mut unique = base.clone();
            let mut number = 2;
            while self
                .known
                .get(&unique)
                .is_some_and(|(known, _)| !known.is(&group))
                || names.values().any(|taken| *taken == unique)
            {
                unique = format!("{base}{number}");
                number += 1;
            }
            names.insert(own, unique);
        }
        for (own, schema) in schemas {
            if let Some(unique) = names.get(own.as_str()) {
                let clean = clean(schema, &names, 0);
                self.known
                    .insert(unique.clone(), (Arc::clone(&group), clean));
            }
        }
        let main = names.get(name).or_else(|| names.values().next());
        main.cloned()
    }

    pub(super) fn into_value(self) -> Value {
        let definitions = self
            .known
            .into_iter()
            .map(|(name, (_, schema))| (name, schema));
        Value::Object(definitions.collect())
    }
}

/// A name that stands in a reference and in a path as it is.
pub fn plain_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if plain.trim_matches('_').is_empty() {
        "value".to_owned()
    } else {
        plain
    }
}

/// The last part of a local reference; none for one that leads elsewhere.
pub fn local_name(reference: &str) -> Option<&str> {
    let name = match reference.strip_prefix("#/") {
        Some(path) => path.rsplit('/').next()?,
        None if reference.contains([':', '/', '#']) => return None,
        None => reference,
    };
    Some(name).filter(|name| !name.is_empty())
}

fn reference(name: &str, names: &BTreeMap<&str, String>) -> Option<Value> {
    let unique = names.get(name)?;
    Some(json!({"$ref": format!("#/definitions/{unique}")}))
}

fn clean(schema: &Value, names: &BTreeMap<&str, String>, depth: usize) -> Value {
    let anything = || json!({"type": "object"});
    let Value::Object(given) = schema else {
        return anything();
    };
    if depth > DEEPEST {
        return anything();
    }
    if let Some(target) = given.get("$ref") {
        let found = target
            .as_str()
            .and_then(local_name)
            .and_then(|name| reference(name, names));
        return found.unwrap_or_else(anything);
    }
    let mut out = Map::new();
    let stated = match given.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    };
    let kind = match stated {
        Some(kind @ ("string" | "number" | "integer" | "boolean" | "array" | "object")) => kind,
        Some(name) => {
            if let Some(found) = reference(name, names) {
                return found;
            }
            match name.to_lowercase().as_str() {
                "int" | "long" | "int32" | "int64" => "integer",
                "double" | "float" | "decimal" => "number",
                "bool" => "boolean",
                "map" | "any" | "json" => "object",
                _ => "string",
            }
        }
        None if given.contains_key("items") => "array",
        None => "object",
    };
    out.insert("type".to_owned(), json!(kind));
    for name in ["title", "description", "format"] {
        if let Some(text) = given.get(name).filter(|text| text.is_string()) {
            out.insert(name.to_owned(), text.clone());
        }
    }
    if let Some(flag) = given.get("readOnly").filter(|flag| flag.is_boolean()) {
        out.insert("readOnly".to_owned(), flag.clone());
    }
    for (name, value) in given {
        if name.starts_with("x-") || name == "example" {
            out.insert(name.clone(), value.clone());
        }
    }
    if let Some(Value::Array(values)) = given.get("enum") {
        let mut unique: Vec<&Value> = Vec::new();
        for value in values.iter().take(1000) {
            if !unique.contains(&value) {
                unique.push(value);
            }
        }
        if !unique.is_empty() {
            out.insert("enum".to_owned(), json!(unique));
        }
    }
    if kind == "array" {
        let items = given
            .get("items")
            .map_or_else(anything, |items| clean(items, names, depth + 1));
        out.insert("items".to_owned(), items);
    }
    if kind == "object" {
        object(given, names, depth, &mut out);
    }
    Value::Object(out)
}

fn object(
    given: &Map<String, Value>,
    names: &BTreeMap<&str, String>,
    depth: usize,
    out: &mut Map<String, Value>,
) {
    let mut properties = Map::new();
    if let Some(Value::Object(declared)) = given.get("properties") {
        for (name, schema) in declared {
            properties.insert(name.clone(), clean(schema, names, depth + 1));
        }
    }
    if let Some(Value::Array(parts)) = given.get("allOf") {
        // Only with parts that are references or schemas of their own; what is required stands in those.
        let parts: Vec<Value> = parts
            .iter()
            .map(|part| clean(part, names, depth + 1))
            .collect();
        if !parts.is_empty() {
            out.insert("allOf".to_owned(), Value::Array(parts));
        }
    }
    if let Some(Value::Array(required)) = given.get("required") {
        let mut known: Vec<&str> = Vec::new();
        for name in required.iter().filter_map(Value::as_str) {
            if properties.contains_key(name) && !known.contains(&name) {
                known.push(name);
            }
        }
        if !known.is_empty() {
            out.insert("required".to_owned(), json!(known));
        }
    }
    match given.get("additionalProperties") {
        Some(flag @ Value::Bool(_)) => {
            out.insert("additionalProperties".to_owned(), flag.clone());
        }
        Some(schema @ Value::Object(_)) => {
            out.insert(
                "additionalProperties".to_owned(),
                clean(schema, names, depth + 1),
            );
        }
        _ => {}
    }
    if !properties.is_empty() {
        out.insert("properties".to_owned(), Value::Object(properties));
    }
}
