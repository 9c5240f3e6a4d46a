//! Object definitions and transformations as callers send them and as they are kept, one level at a time.

use ligand_model::level::Level;
use serde_json::{Map, Value, json};

use super::path::Path;
use crate::error::Error;

/// Most fields of one level.
pub const MOST_FIELDS: usize = 10_000;
/// Longest script, bytes.
pub const LONGEST_SCRIPT: usize = 512 * 1024;

/// A field of a transformation.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its place in the common object.
    pub path: String,
    /// Its type there; as given, else empty.
    pub kind: String,
    /// Its place in the vendor's object; empty for one that only a script fills.
    pub vendor_path: String,
    /// Its type there.
    pub vendor_kind: Option<String>,
    /// What the level says of it.
    pub settings: Vec<Setting>,
    /// Members that mean nothing to mapping.
    pub extra: Map<String, Value>,
    /// Whose it is.
    pub level: Level,
}

/// An entry of `configuration`, of a transformation or a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// `passThrough`, `remove`, `inherit`, `addToDocumentation`, `applyJSOnQueryFieldValue`, `defaultValue`,
    /// `transformDate`; *added*: `selectFields`.
    pub kind: String,
    /// What it says; null when there is nothing.
    pub properties: Value,
    /// The whole entry as given.
    pub whole: Map<String, Value>,
}

/// A transformation's script.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// Its text.
    pub body: String,
    /// The whole member as given.
    pub whole: Map<String, Value>,
}

/// A transformation of one level.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformation {
    /// The vendor's name of the object.
    pub vendor_name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What it says of itself.
    pub settings: Vec<Setting>,
    /// Its script.
    pub script: Option<Script>,
    /// Whether the script ends by `return`.
    pub legacy: bool,
    /// Members that mean nothing to mapping.
    pub extra: Map<String, Value>,
    /// Whose it is.
    pub level: Level,
}

/// What an answer adds by itself: never taken from a body.
const ANSWERED: [&str; 10] = [
    "id",
    "scripts",
    "objectName",
    "elementKey",
    "level",
    "isLegacy",
    "vendorName",
    "fields",
    "configuration",
    "script",
];

fn wrong(what: &str, at: &str, right: &str) -> Error {
    Error::Invalid(format!("`{at}` {what}; it must be {right}."))
}

fn text(map: &Map<String, Value>, name: &str, at: &str) -> Result<Option<String>, Error> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(wrong("is no text", &format!("{at}{name}"), "text")),
    }
}

fn list<'a>(map: &'a Map<String, Value>, name: &str, at: &str) -> Result<&'a [Value], Error> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong("is no list", &format!("{at}{name}"), "an array")),
    }
}

fn object<'a>(value: &'a Value, at: &str) -> Result<&'a Map<String, Value>, Error> {
    value
        .as_object()
        .ok_or_else(|| wrong("is no object", at, "a JSON object"))
}

fn extra(map: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    map.iter()
        .filter(|(name, value)| !known.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

impl Setting {
    fn read_all(
        map: &Map<String, Value>,
        at: &str,
        level: Option<Level>,
    ) -> Result<Vec<Self>, Error> {
        let name = format!("{at}configuration");
        let items = list(map, "configuration", at)?.iter().enumerate();
        items
            .map(|(index, item)| {
                let at = format!("{name}[{index}]");
                let mut whole = object(item, &at)?.clone();
                let kind = text(&whole, "type", &format!("{at}."))?;
                let kind =
                    kind.ok_or_else(|| wrong("is missing", &format!("{at}.type"), "text"))?;
                let properties = whole.get("properties").cloned().unwrap_or_default();
                if let Some(level) = level {
                    whole.insert("level".to_owned(), json!(level.as_str()));
                }
                Ok(Self {
                    kind,
                    properties,
                    whole,
                })
            })
            .collect()
    }

    /// A flag of the properties; texts count as what they spell.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.properties.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// Finds the entry of a kind.
pub(super) fn setting<'a>(settings: &'a [Setting], kind: &str) -> Option<&'a Setting> {
    settings.iter().find(|setting| setting.kind == kind)
}

impl Field {
    const KNOWN: [&'static str; 9] = [
        "path",
        "type",
        "vendorPath",
        "vendorType",
        "configuration",
        "level",
        "associatedLevel",
        "associatedId",
        "id",
    ];

    fn read(value: &Value, at: &str, level: Level) -> Result<Self, Error> {
        let map = object(value, at)?;
        let dot = format!("{at}.");
        let path = text(map, "path", &dot)?.unwrap_or_default();
        let vendor_path = text(map, "vendorPath", &dot)?.unwrap_or_default();
        Path::parse(&path).map_err(|error| Error::Invalid(format!("`{dot}path`: {error}.")))?;
        if !vendor_path.is_empty() {
            Path::parse(&vendor_path)
                .map_err(|error| Error::Invalid(format!("`{dot}vendorPath`: {error}.")))?;
        }
        Ok(Self {
            path,
            kind: text(map, "type", &dot)?.unwrap_or_default(),
            vendor_path,
            vendor_kind: text(map, "vendorType", &dot)?,
            settings: Setting::read_all(map, &dot, None)?,
            extra: extra(map, &Self::KNOWN),
            level,
        })
    }

    fn to_json(&self) -> Value {
        let mut map = Map::new();
        map.insert("path".to_owned(), json!(self.path));
        let kind = if self.kind.is_empty() {
            "string"
        } else {
            &self.kind
        };
        map.insert("type".to_owned(), json!(kind));
        if !self.vendor_path.is_empty() {
            map.insert("vendorPath".to_owned(), json!(self.vendor_path));
        }
        if let Some(kind) = &self.vendor_kind {
            map.insert("vendorType".to_owned(), json!(kind));
        }
        if !self.settings.is_empty() {
            map.insert("configuration".to_owned(), settings_json(&self.settings));
        }
        map.extend(self.extra.clone());
        map.insert("level".to_owned(), json!(self.level.as_str()));
        Value::Object(map)
    }
}

fn settings_json(settings: &[Setting]) -> Value {
    settings
        .iter()
        .map(|setting| Value::Object(setting.whole.clone()))
        .collect()
}

/// The script of a body. An export may have its text in `scripts` alone.
fn script(map: &Map<String, Value>, level: Level) -> Result<Option<Script>, Error> {
    let mut whole = match map.get("script") {
        None | Some(Value::Null) => Map::new(),
        Some(value) => object(value, "script")?.clone(),
    };
    let first = || list(map, "scripts", "").ok()?.first()?.get("body").cloned();
    let body = match whole.get("body").cloned().or_else(first) {
        Some(Value::String(body)) => body,
        None | Some(Value::Null) => return Ok(None),
        Some(_) => return Err(wrong("is no text", "script.body", "JavaScript")),
    };
    if body.len() > LONGEST_SCRIPT {
        return Err(wrong("is too long", "script.body", "at most 524,288 bytes"));
    }
    if body.trim().is_empty() {
        return Ok(None);
    }
    whole.insert("body".to_owned(), json!(body));
    whole.insert("level".to_owned(), json!(level.as_str()));
    whole
        .entry("mimeType")
        .or_insert_with(|| json!("application/javascript"));
    Ok(Some(Script { body, whole }))
}

impl Transformation {
    /// Reads a body. Everything it says is the level's that it is written to.
    ///
    /// # Errors
    /// Which member is wrong, and what would be right.
    pub fn read(body: &Value, level: Level) -> Result<Self, Error> {
        let map = object(body, "the body")?;
        let vendor_name = text(map, "vendorName", "")?.unwrap_or_default();
        let vendor_name = vendor_name.trim_matches('/').to_owned();
        if vendor_name.is_empty() {
            return Err(wrong(
                "is missing",
                "vendorName",
                "the vendor's name of the object, such as `Contact`",
            ));
        }
        let given = list(map, "fields", "")?;
        if given.len() > MOST_FIELDS {
            return Err(wrong("is too long", "fields", "at most 10,000 fields"));
        }
        let fields = given.iter().enumerate();
        let fields =
            fields.map(|(index, field)| Field::read(field, &format!("fields[{index}]"), level));
        let script = script(map, level)?;
        Ok(Self {
            vendor_name,
            fields: fields.collect::<Result<_, _>>()?,
            settings: Setting::read_all(map, "", Some(level))?,
            script,
            legacy: map
                .get("isLegacy")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            extra: extra(map, &ANSWERED),
            level,
        })
    }

    /// As it is kept: fields without a type have that of the `defined` field of the same path.
    pub fn kept(mut self, defined: &[Value]) -> Value {
        for field in self.fields.iter_mut().filter(|field| field.kind.is_empty()) {
            let known = defined
                .iter()
                .find(|known| known.get("path").and_then(Value::as_str) == Some(&field.path));
            let kind = known
                .and_then(|known| known.get("type"))
                .and_then(Value::as_str);
            kind.unwrap_or("string").clone_into(&mut field.kind);
        }
        Value::Object(self.to_json())
    }

    /// As it is kept and answered; what the caller adds are ids and names.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("vendorName".to_owned(), json!(self.vendor_name));
        map.insert("level".to_owned(), json!(self.level.as_str()));
        map.insert("isLegacy".to_owned(), json!(self.legacy));
        map.insert(
            "fields".to_owned(),
            self.fields.iter().map(Field::to_json).collect(),
        );
        if !self.settings.is_empty() {
            map.insert("configuration".to_owned(), settings_json(&self.settings));
        }
        if let Some(script) = &self.script {
            map.insert("script".to_owned(), Value::Object(script.whole.clone()));
        }
        map.extend(self.extra.clone());
        map
    }

    /// The entry of a kind.
    pub fn setting(&self, kind: &str) -> Option<&Setting> {
        setting(&self.settings, kind)
    }

    /// Whether it takes what the level above says.
    pub fn inherits(&self) -> bool {
        self.setting("inherit").is_some_and(|setting| {
            ["bool", "fromVendor", "inherit"]
                .iter()
                .all(|name| setting.flag(name) != Some(false))
        })
    }
}
