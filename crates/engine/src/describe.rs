//! What a vendor itself tells of its objects and fields, read as the element declares it.

use ligand_model::element::{Choices, Describe, Resource, Test};
use serde_json::{Value, json};

use crate::catalog::Compiled;
use crate::json_path;
use crate::objects::{self, Object};

/// Type of the resource that answers the vendor's objects.
const OBJECTS: &str = "describeObjects";
/// Type of the resources that answer the fields of an object.
const FIELDS: &str = "describeFields";

/// The resource that asks the vendor for its objects, if the element declares one.
pub fn objects_resource(element: &Compiled) -> Option<(usize, &Resource)> {
    element
        .element
        .lifecycle(OBJECTS)
        .find(|(_, resource)| resource.describe.is_some())
}

/// The resource that asks the vendor for the fields of an object, if the element declares one: one that names the object
/// goes before one for all.
pub fn fields_resource<'a>(
    element: &'a Compiled,
    object: &Object,
) -> Option<(usize, &'a Resource)> {
    let of = |resource: &Resource| {
        resource
            .describe
            .as_ref()
            .map(|describe| describe.of.clone())
    };
    let all = || element.element.lifecycle(FIELDS);
    let named = all().find(|(_, resource)| {
        of(resource).is_some_and(|names| names.iter().any(|name| object.is(name)))
    });
    let known = objects::find(&element.element, &object.name).is_some();
    let serves = |describe: &Describe| describe.of.is_empty() && !(describe.others && known);
    named.or_else(|| all().find(|(_, resource)| resource.describe.as_deref().is_some_and(serves)))
}

/// The names in a vendor's list of objects. `None` when what it answered is no list.
pub fn objects(describe: &Describe, answer: &Value) -> Option<Vec<String>> {
    let items = answer.as_array()?.iter();
    Some(
        items
            .filter(|item| counts(describe, item))
            .filter_map(|item| text(item, &describe.name))
            .collect(),
    )
}

/// The fields in a vendor's list, in its order. `None` when what it answered is no list.
///
/// # Shape
/// `{"vendorPath": "Status__c", "path": "Status__c", "type": "string", "vendorNativeType": "picklist",
/// "vendorDisplayName": "Status", "filterable": true, "createable": true, "updateable": true, "required": false,
/// "vendorRequired": false, "vendorReadOnly": false, "custom": true, "primaryKey": false,
/// "picklistValues": [{"value": "new", "displayValue": "New", "active": true}], "method": ["GET", "PATCH", "POST"]}`
pub fn fields(
    element: &Compiled,
    object: &Object,
    describe: &Describe,
    answer: &Value,
) -> Option<Vec<Value>> {
    let can = objects::abilities(&element.element, &object.name);
    let items = answer.as_array()?.iter();
    Some(
        items
            .filter(|item| counts(describe, item))
            .filter_map(|item| Some(field(describe, item, &text(item, &describe.name)?, can)))
            .collect(),
    )
}

fn field(describe: &Describe, item: &Value, name: &str, can: objects::Abilities) -> Value {
    let told = |test: &Option<Test>, otherwise: bool| {
        test.as_ref().map_or(otherwise, |test| holds(test, item))
    };
    let path_of = |path: &Option<String>| text(item, path.as_deref()?);
    let native = path_of(&describe.kind).unwrap_or_else(|| "string".to_owned());
    let kind = describe.types.get(&native).map_or("string", String::as_str);
    let createable = told(&describe.createable, can.create);
    let updateable = told(&describe.updateable, can.update);
    let required = told(&describe.required, false);
    let methods = [("GET", true), ("PATCH", updateable), ("POST", createable)];
    let methods: Vec<&str> = methods
        .into_iter()
        .filter_map(|(method, can)| can.then_some(method))
        .collect();
    let choices = describe
        .choices
        .as_ref()
        .map_or_else(Vec::new, |choices| choices_of(choices, item));
    json!({
        "vendorPath": name,
        "path": name,
        "type": kind,
        "vendorNativeType": native,
        "vendorDisplayName": path_of(&describe.display_name).unwrap_or_else(|| name.to_owned()),
        "filterable": told(&describe.filterable, can.filter),
        "createable": createable,
        "updateable": updateable,
        "required": required,
        "vendorRequired": required,
        "vendorReadOnly": !createable && !updateable,
        "custom": told(&describe.custom, false),
        "primaryKey": told(&describe.primary_key, false),
        "picklistValues": choices,
        "method": methods,
    })
}

fn choices_of(choices: &Choices, item: &Value) -> Vec<Value> {
    let list = json_path::get(item, &choices.list).and_then(Value::as_array);
    let one = |choice: &Value| {
        let value = match &choices.value {
            Some(path) => text(choice, path)?,
            None => json_path::text(choice)?,
        };
        let label = choices.label.as_ref().and_then(|path| text(choice, path));
        let active = choices
            .active
            .as_ref()
            .is_none_or(|test| holds(test, choice));
        let label = label.unwrap_or_else(|| value.clone());
        Some(json!({"value": value, "displayValue": label, "active": active}))
    };
    list.into_iter().flatten().filter_map(one).collect()
}

fn counts(describe: &Describe, item: &Value) -> bool {
    describe.when.as_ref().is_none_or(|test| holds(test, item))
}

fn text(item: &Value, path: &str) -> Option<String> {
    json_path::get(item, path)
        .and_then(json_path::text)
        .filter(|text| !text.is_empty())
}

/// Whether a test holds of an item.
pub(crate) fn holds(test: &Test, item: &Value) -> bool {
    let one = |condition: &str| match (condition.strip_prefix('!'), condition.split_once('=')) {
        (Some(path), _) => !is_true(json_path::get(item, path)),
        (None, Some((path, wanted))) => text(item, path).as_deref() == Some(wanted),
        (None, None) => is_true(json_path::get(item, condition)),
    };
    match test {
        Test::One(condition) => one(condition),
        Test::All(conditions) => conditions.iter().all(|condition| one(condition)),
    }
}

/// Whether a value counts as true.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty() && text != "false",
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

#[cfg(test)]
mod tests {
    use ligand_model::id::ElementId;

    use super::*;

    fn element() -> Compiled {
        let element = json!({"name": "X", "key": "x", "resources": [
            {"method": "GET", "path": "/contacts", "objectName": "Contact", "parameters": [{"type": "query", "name": "where"}]},
            {"method": "PATCH", "path": "/contacts/{id}"},
            {"method": "GET", "type": "describeObjects", "path": "/described", "describe": {"name": "name", "when": ["queryable", "!hidden"]}},
            {"method": "GET", "type": "describeFields", "path": "/described/{object}", "describe": {"name": "name"}},
            {"method": "GET", "type": "describeFields", "path": "/contact-fields", "describe": {"of": ["contacts"], "name": "id"}}]});
        let text = element.to_string();
        crate::catalog::import(text.as_bytes(), ElementId(10_000))
            .unwrap()
            .0
    }

    #[test]
    fn a_resource_that_names_the_object_goes_before_one_for_all() {
        let element = element();
        let of = |name: &str| {
            let object = objects::find(&element.element, name).unwrap_or_else(|| Object::of(name));
            fields_resource(&element, &object).unwrap().1.path.clone()
        };
        assert_eq!(of("contacts"), "/hubs/general/contact-fields");
        assert_eq!(of("contact"), "/hubs/general/contact-fields");
        assert_eq!(of("Invoice__c"), "/hubs/general/described/{object}");
    }

    #[test]
    fn objects_that_count_are_named() {
        let element = element();
        let describe = objects_resource(&element)
            .unwrap()
            .1
            .describe
            .as_ref()
            .unwrap();
        let answer = json!([{"name": "A", "queryable": true}, {"name": "B"}, {"queryable": true},
            {"name": "C", "queryable": "true", "hidden": true}]);
        assert_eq!(objects(describe, &answer).unwrap(), ["A"]);
        assert_eq!(objects(describe, &json!({"error": "none"})), None);
    }

    #[test]
    fn fields_are_told_in_the_platforms_words() {
        let element = element();
        let contacts = objects::find(&element.element, "contacts").unwrap();
        let describe: Describe = serde_json::from_value(json!({"name": "name", "displayName": "label", "type": "type",
            "types": {"double": "number"}, "required": ["createable", "!nillable"], "createable": "createable",
            "primaryKey": "type=id", "custom": "custom",
            "choices": {"list": "values", "value": "v", "label": "l", "active": "!retired"}}))
        .unwrap();
        let answer = json!([
            {"name": "Size__c", "label": "Size", "type": "double", "createable": true, "nillable": false, "custom": true,
                "values": [{"v": 1, "l": "one"}, {"v": 2, "retired": true}]},
            {"name": "Id", "type": "id"}]);
        let told = fields(&element, &contacts, &describe, &answer).unwrap();
        let size = json!({"vendorPath": "Size__c", "path": "Size__c", "type": "number", "vendorNativeType": "double",
            "vendorDisplayName": "Size", "filterable": true, "createable": true, "updateable": true, "required": true,
            "vendorRequired": true, "vendorReadOnly": false, "custom": true, "primaryKey": false,
            "picklistValues": [{"value": "1", "displayValue": "one", "active": true},
                {"value": "2", "displayValue": "2", "active": false}],
            "method": ["GET", "PATCH", "POST"]});
        assert_eq!(told[0], size);
        assert_eq!(
            (&told[1]["primaryKey"], &told[1]["createable"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(
            (&told[1]["type"], &told[1]["vendorNativeType"]),
            (&json!("string"), &json!("id"))
        );
    }
}
