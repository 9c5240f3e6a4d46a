//! The fields a caller gets when it names none, and whether it may name them.

use std::collections::BTreeMap;

use ligand_model::element::{Element, Resource};
use serde_json::Value;

use crate::template;

/// The selection that `default.select.fields.map` has for the object of a resource: JSON by object name, each a list or a
/// comma list.
pub(super) fn default_selection(
    element: &Element,
    resource: &Resource,
    values: &BTreeMap<String, String>,
) -> Option<String> {
    let map = template::resolve(element, values, "default.select.fields.map")?;
    if !resource.method.eq_ignore_ascii_case("GET") {
        return None;
    }
    let map: Value = serde_json::from_str(&map).ok()?;
    let declared = resource.extra.text("objectName");
    let object = declared.as_deref().or_else(|| object_of(&resource.path))?;
    let fields = match map.get(object)? {
        Value::String(fields) => fields.clone(),
        Value::Array(fields) => {
            let fields: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
            fields.join(",")
        }
        _ => return None,
    };
    (!fields.trim().is_empty()).then_some(fields)
}

/// Whether `fields` select members of the answer here; `allow.select.fields` may say no.
pub(super) fn may_select(element: &Element, values: &BTreeMap<String, String>) -> bool {
    template::resolve(element, values, "allow.select.fields").is_none_or(|text| text != "false")
}

/// The first segment after the hub.
pub(super) fn object_of(path: &str) -> Option<&str> {
    path.trim_start_matches("/hubs/").split('/').nth(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_has_its_default_selection() {
        let map = json!({"contacts": ["id", "name"], "orders": "id, total", "odd": 3}).to_string();
        let element: Element = serde_json::from_value(json!({"name": "x", "configuration": [
            {"key": "default.select.fields.map", "defaultValue": map}]}))
        .unwrap();
        let select = |method: &str, path: &str| {
            let resource = json!({"method": method, "path": path});
            let resource: Resource = serde_json::from_value(resource).unwrap();
            default_selection(&element, &resource, &BTreeMap::new())
        };
        assert_eq!(
            select("GET", "/hubs/crm/contacts").as_deref(),
            Some("id,name")
        );
        assert_eq!(
            select("GET", "/hubs/crm/orders/{id}").as_deref(),
            Some("id, total")
        );
        assert_eq!(select("GET", "/hubs/crm/odd"), None);
        assert_eq!(select("POST", "/hubs/crm/contacts"), None);
    }
}
