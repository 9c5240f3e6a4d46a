//! `toXmlElements`: what a caller sends as the elements of an XML template.

use std::fmt::Write as _;

use ligand_model::element::Parameter;
use ligand_model::error::Classify as _;
use serde_json::Value;

use super::read::Found;
use crate::error::Error;
use crate::json_path;
use crate::query::{self, Converted};
use crate::template::escape_xml;

/// Whether what a converter makes is XML already: in a template it stands as it is.
pub(super) fn makes_xml(converter: &str) -> bool {
    matches!(converter, "toXmlElements" | "toExactTargetFilter")
}

/// The members of a body, each an element and a list one element an item; or a list of names, each in an element that is
/// called as the parameter is at the vendor.
///
/// # Errors
/// A body that is no object, names that are none.
pub(super) fn xml_elements(parameter: &Parameter, found: &Found) -> Result<String, Error> {
    let mut out = String::new();
    if let Found::Text(names) = found {
        let names = query::convert("toFieldList", names)
            .map_err(|error| Error::Invalid(error.public().into_owned()))?;
        if let Converted::Text(names) = names {
            for name in names.split(',').filter(|name| !name.is_empty()) {
                element(&parameter.vendor_name, &Value::from(name), &mut out)?;
            }
        }
        return Ok(out);
    }
    let Value::Object(members) = found.json() else {
        return Err(Error::Invalid(
            "The body must be one record, a JSON object.".to_owned(),
        ));
    };
    for (name, value) in &members {
        element(name, value, &mut out)?;
    }
    Ok(out)
}

fn element(name: &str, value: &Value, out: &mut String) -> Result<(), Error> {
    match value {
        Value::Null => return Ok(()),
        Value::Array(items) => return items.iter().try_for_each(|item| element(name, item, out)),
        _ => {}
    }
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if !begins || !name.chars().all(goes_on) {
        let shown: String = name.chars().take(60).collect();
        return Err(Error::Invalid(format!(
            "`{shown}` is not the name of a property."
        )));
    }
    let _ = write!(out, "<{name}>");
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                element(name, value, out)?;
            }
        }
        scalar => out.push_str(&escape_xml(&json_path::text(scalar).unwrap_or_default())),
    }
    let _ = write!(out, "</{name}>");
    Ok(())
}
