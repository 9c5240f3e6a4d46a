//! `toFieldNames`: the fields that a caller wrote, to be read again.

use ligand_model::element::Parameter;
use serde_json::Value;

use super::read::Found;

/// The names that a parameter has by default, and behind them those of the members of the body, or of the object in it
/// that the parameter is named after.
pub(super) fn field_names(parameter: &Parameter, found: &Found) -> String {
    let usual = parameter.default_value.as_deref().unwrap_or_default();
    let mut names: Vec<&str> = usual.split(',').filter(|name| !name.is_empty()).collect();
    let body = found.json();
    let named = body
        .get(parameter.name.as_str())
        .filter(|value| value.is_object());
    if let Some(Value::Object(members)) = named.or(Some(&body)) {
        // A name with a comma in it would be two.
        for name in members.keys().filter(|name| !name.contains(',')) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names.join(",")
}
