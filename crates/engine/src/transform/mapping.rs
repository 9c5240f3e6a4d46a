//! An effective transformation, compiled.

use std::collections::HashMap;

use serde_json::Value;

use super::convert::{Class, Conversion};
use super::path::Path;
use super::plan::{Plan, Rule};
use super::wire::{Field, Setting, Transformation, setting};
use crate::query::{self, Expression};
use crate::raw::Broken;

/// Which way records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the vendor's shape to the common one: answers.
    FromVendor,
    /// From the common shape to the vendor's: bodies.
    ToVendor,
}

impl Direction {
    const fn property(self) -> &'static str {
        match self {
            Self::FromVendor => "fromVendor",
            Self::ToVendor => "toVendor",
        }
    }
}

/// A transformation as calls use it.
#[derive(Debug)]
pub struct Mapping {
    /// The vendor's name of the object.
    pub vendor_name: String,
    /// The script's text, and whether it ends by `return`.
    pub script: Option<(String, bool)>,
    /// Whether the script sees the conditions of a `where`.
    pub script_on_query: bool,
    /// Whether it stands in the instance's documentation.
    pub documented: bool,
    /// What a list is asked for when its caller names no fields: the vendor's names of the mapped ones.
    selected: Option<String>,
    /// Whether an answer that a script leaves empty is left out.
    pub filters_empty: bool,
    from_vendor: Plan,
    to_vendor: Plan,
    /// The vendor's names of common ones, for queries.
    names: HashMap<String, Vec<String>>,
}

impl Mapping {
    /// Compiles what the levels say together. A field whose path cannot be read is left out.
    pub fn compile(whole: &Transformation) -> Self {
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for field in whole
            .fields
            .iter()
            .filter(|field| !field.vendor_path.is_empty())
        {
            let (Ok(path), Ok(vendor)) =
                (Path::parse(&field.path), Path::parse(&field.vendor_path))
            else {
                continue;
            };
            let (common, vendor) = (path.name(), vendor.name());
            // What is asked for whole is asked for part by part.
            for (at, _) in common.match_indices('.') {
                let above = common.get(..at).unwrap_or_default().to_owned();
                names.entry(above).or_default().push(vendor.clone());
            }
            names.entry(common).or_default().insert(0, vendor);
        }
        let selected = whole.setting("selectFields").map(|_| {
            let mut all: Vec<&str> = names
                .values()
                .filter_map(|vendor| vendor.first().map(String::as_str))
                .collect();
            all.sort_unstable();
            all.dedup();
            all.join(",")
        });
        Self {
            vendor_name: whole.vendor_name.clone(),
            selected,
            script: whole
                .script
                .as_ref()
                .map(|script| (script.body.clone(), whole.legacy)),
            script_on_query: whole.setting("applyJSOnQueryFieldValue").is_some(),
            documented: whole.setting("addToDocumentation").is_some(),
            filters_empty: whole.script.as_ref().is_some_and(|script| {
                script.whole.get("filterEmptyResponse") == Some(&Value::Bool(true))
            }),
            from_vendor: plan(whole, Direction::FromVendor),
            to_vendor: plan(whole, Direction::ToVendor),
            names,
        }
    }

    pub(super) const fn plan(&self, direction: Direction) -> &Plan {
        match direction {
            Direction::FromVendor => &self.from_vendor,
            Direction::ToVendor => &self.to_vendor,
        }
    }

    /// Maps one record, or each of a list. What is neither stays as it is.
    ///
    /// # Errors
    /// The bytes are no JSON.
    pub fn map(&self, direction: Direction, bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        self.plan(direction).map(bytes)
    }

    /// Puts the vendor's names into `where`, `fields` and `orderBy`. Names without a field stay, and so does a `where`
    /// that cannot be read: the element says what is wrong with it.
    pub fn query(&self, query: &mut [(String, String)]) {
        for (name, value) in query {
            match name.as_str() {
                "where" => {
                    if let Ok(mut expression) = query::parse_where(value) {
                        self.rename(&mut expression);
                        *value = expression.to_string();
                    }
                }
                "fields" => {
                    let names = value
                        .split(',')
                        .map(str::trim)
                        .filter(|name| !name.is_empty());
                    let mut all: Vec<&str> = Vec::new();
                    for name in names {
                        match self.names.get(name) {
                            Some(vendor) => all.extend(vendor.iter().map(String::as_str)),
                            None => all.push(name),
                        }
                    }
                    let mut seen = std::collections::HashSet::new();
                    all.retain(|name| seen.insert(*name));
                    *value = all.join(",");
                }
                "orderBy" => {
                    let parts = value.split(',').map(|part| {
                        let part = part.trim();
                        let (name, way) =
                            part.split_once(char::is_whitespace).unwrap_or((part, ""));
                        format!("{} {}", self.vendor_name_of(name), way.trim())
                            .trim_end()
                            .to_owned()
                    });
                    *value = parts.collect::<Vec<_>>().join(",");
                }
                _ => {}
            }
        }
    }

    /// Asks for the mapped fields where a reading call names none and the transformation says `selectFields`.
    pub fn select(&self, query: &mut Vec<(String, String)>) {
        if let Some(names) = &self.selected
            && !query.iter().any(|(name, _)| name == "fields")
        {
            query.push(("fields".to_owned(), names.clone()));
        }
    }

    /// The vendor's name of a common one, or the name itself.
    pub fn vendor_name_of<'a>(&'a self, name: &'a str) -> &'a str {
        let vendor = self.names.get(name).and_then(|names| names.first());
        vendor.map_or(name, String::as_str)
    }

    fn rename(&self, expression: &mut Expression) {
        match expression {
            Expression::Comparison(comparison) => {
                comparison.field = self.vendor_name_of(&comparison.field).to_owned();
            }
            Expression::And(parts) | Expression::Or(parts) => {
                for part in parts {
                    self.rename(part);
                }
            }
            Expression::Not(inner) => self.rename(inner),
        }
    }
}

fn plan(whole: &Transformation, direction: Direction) -> Plan {
    let says = |setting: &Setting| setting.flag(direction.property());
    // Without the entry what no field has passes through.
    let pass = whole.setting("passThrough").and_then(says).unwrap_or(true);
    let mut rules = Vec::new();
    let mut withheld = Vec::new();
    for field in &whole.fields {
        let Ok(Path(path)) = Path::parse(&field.path) else {
            continue;
        };
        let vendor = match field.vendor_path.as_str() {
            "" => None,
            text => match Path::parse(text) {
                Ok(Path(vendor)) => Some(vendor),
                Err(_) => continue,
            },
        };
        let stopped = setting(&field.settings, "passThrough").and_then(says) == Some(false)
            || setting(&field.settings, "remove").and_then(says) == Some(true);
        if stopped {
            withheld.push(path);
            withheld.extend(vendor);
            continue;
        }
        let Some(vendor) = vendor else { continue };
        let (source, target) = match direction {
            Direction::FromVendor => (vendor, path),
            Direction::ToVendor => (path, vendor),
        };
        let default = default(field, direction);
        rules.push(Rule {
            source,
            target,
            conversion: conversion(field, direction),
            default,
        });
    }
    Plan::new(
        rules,
        &withheld,
        pass,
        direction == Direction::FromVendor && !pass,
    )
}

/// The class that a field has on the side that is written, when the two sides differ.
fn class(field: &Field, direction: Direction) -> Option<Class> {
    let common = Class::of(&field.kind);
    let vendor = Class::of(field.vendor_kind.as_deref()?);
    (common != vendor).then_some(match direction {
        Direction::FromVendor => common,
        Direction::ToVendor => vendor,
    })
}

fn conversion(field: &Field, direction: Direction) -> Conversion {
    if let Some(date) = setting(&field.settings, "transformDate") {
        let pattern = |name: &str| {
            date.properties
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (common, vendor) = (pattern("pattern"), pattern("vendorPattern"));
        return match direction {
            Direction::FromVendor => Conversion::Date {
                from: vendor,
                to: common,
            },
            Direction::ToVendor => Conversion::Date {
                from: common,
                to: vendor,
            },
        };
    }
    class(field, direction).map_or(Conversion::None, Conversion::To)
}

/// The constant of a direction, of the type that the side has which is written.
fn default(field: &Field, direction: Direction) -> Option<Box<[u8]>> {
    let given = setting(&field.settings, "defaultValue")?
        .properties
        .get(direction.property())?;
    if given.is_null() {
        return None;
    }
    let raw = given.to_string().into_bytes();
    let kind = match direction {
        Direction::FromVendor => &field.kind,
        Direction::ToVendor => field.vendor_kind.as_ref().unwrap_or(&field.kind),
    };
    let made = Conversion::To(Class::of(kind)).apply(&raw);
    Some(made.unwrap_or_else(|| raw.into_boxed_slice()))
}
