//! The objects of an element and their fields, as its definition tells them.

use std::collections::{BTreeMap, BTreeSet};

use ligand_model::element::{Element, Resource};
use serde_json::{Map, Value, json};

use crate::docs::schema::local_name;
use crate::docs::{Model, answers_list, bare, object_of};

/// First segments that are calls, not objects.
const CALLS: [&str; 6] = ["ping", "objects", "bulk", "query", "search", "swagger"];

/// An object under its name in calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// As it stands in paths: `contacts`.
    pub name: String,
    /// The vendor's word for it.
    pub vendor_name: String,
}

impl Object {
    /// One that the element does not declare: the vendor may know it.
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            vendor_name: name.to_owned(),
        }
    }

    /// Whether this is one of its names.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.vendor_name.eq_ignore_ascii_case(name)
    }
}

/// What an element's own resources can do with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// Records can be made.
    pub create: bool,
    /// Records can be changed.
    pub update: bool,
    /// Lists can be filtered.
    pub filter: bool,
}

/// What the resources of an object can do; nothing for one that the element does not declare.
pub fn abilities(element: &Element, name: &str) -> Abilities {
    let mut can = Abilities::default();
    for resource in of_object(element, name) {
        match resource.method.to_ascii_uppercase().as_str() {
            "POST" => can.create = true,
            "PATCH" | "PUT" => can.update = true,
            _ => {}
        }
        can.filter |=
            answers_list(resource) && resource.parameters.iter().any(|one| one.name == "where");
    }
    can
}

/// The object of a name, by either of its names.
pub fn find(element: &Element, name: &str) -> Option<Object> {
    list(element).into_iter().find(|object| object.is(name))
}

/// The resources of an object: what lies below one record is another object's.
fn of_object<'a>(element: &'a Element, name: &'a str) -> impl Iterator<Item = &'a Resource> {
    public(element).filter(move |resource| {
        let path = bare(&resource.path);
        object_of(&path) == name && path.split('/').count() <= 3
    })
}

/// Every object, by name.
pub fn list(element: &Element) -> Vec<Object> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    // What lies below one record says what that is, not what the record is.
    let depth = |resource: &Resource| bare(&resource.path).split('/').count();
    let (own, below): (Vec<_>, Vec<_>) = public(element).partition(|one| depth(one) <= 3);
    for resource in own.into_iter().chain(below) {
        let path = bare(&resource.path);
        let name = object_of(&path);
        if name.is_empty() || name.starts_with('{') || CALLS.contains(&name) {
            continue;
        }
        let vendor = resource.extra.text("objectName");
        let model = vendor.is_none().then(|| vendor_object(resource)).flatten();
        let vendor = vendor.or(model);
        let slot = known.entry(name.to_owned()).or_default();
        if slot.is_empty()
            && let Some(vendor) = vendor
        {
            *slot = vendor;
        }
    }
    for declared in declared(element) {
        if let Some(name) = declared.get("name").and_then(Value::as_str) {
            known
                .entry(name.to_owned())
                .or_insert_with(|| name.to_owned());
        }
    }
    known
        .into_iter()
        .map(|(name, vendor)| Object {
            vendor_name: if vendor.is_empty() {
                name.clone()
            } else {
                vendor
            },
            name,
        })
        .collect()
}

/// The fields of an object, by either of its names. `None` for an object that the element does not have.
///
/// # Shape
/// `{"fields": [{"vendorPath": "LastName", "path": "LastName", "type": "string", "createable": true, "updateable": true,
/// "filterable": true, "required": false, "custom": false, "method": ["GET", "POST"]}]}`
pub fn metadata(element: &Element, name: &str) -> Option<Value> {
    let object = find(element, name)?;
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    let can = abilities(element, &object.name);
    let filterable = can.filter;
    for resource in of_object(element, &object.name) {
        let method = resource.method.to_ascii_uppercase();
        if answers_list(resource) {
            for field in default_fields(resource) {
                fields
                    .entry(field)
                    .or_default()
                    .methods
                    .insert("GET".to_owned());
            }
        }
        let Some(model) = Model::read(resource) else {
            continue;
        };
        if method == "GET" || model.request_swagger.is_empty() {
            note(&model.swagger, &model.name, &method, &mut fields);
        }
        let request = model.request_name.as_deref().unwrap_or(&model.name);
        note(&model.request_swagger, request, &method, &mut fields);
    }
    let all: Vec<Map<String, Value>> = declared(element).collect();
    let written = all
        .iter()
        .filter(|one| one.get("name").and_then(Value::as_str) == Some(&*object.name));
    for field in written
        .filter_map(|one| one.get("fields").or(one.get("modelFields"))?.as_array())
        .flatten()
    {
        if let Some(name) = field.get("name").and_then(Value::as_str) {
            let kind = field
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("string");
            let known = fields.entry(name.to_owned()).or_default();
            known.kind.get_or_insert_with(|| kind.to_owned());
            let flag = |member: &str| field.get(member) == Some(&json!(true));
            known.read_only |= flag("readOnly");
            known.required |= flag("required");
            let written = [("GET", true), ("POST", can.create), ("PATCH", can.update)];
            let methods = written.into_iter().filter(|(_, can)| *can);
            known
                .methods
                .extend(methods.map(|(method, _)| method.to_owned()));
        }
    }
    let fields: Vec<Value> = fields
        .into_iter()
        .map(|(name, field)| field.shown(&name, filterable))
        .collect();
    Some(json!({"fields": fields}))
}

#[derive(Debug, Default)]
struct Field {
    kind: Option<String>,
    methods: BTreeSet<String>,
    required: bool,
    custom: bool,
    read_only: bool,
    values: Vec<String>,
}

impl Field {
    fn shown(self, name: &str, filterable: bool) -> Value {
        let has = |methods: &[&str]| {
            !self.read_only && methods.iter().any(|one| self.methods.contains(*one))
        };
        let kind = self.kind.unwrap_or_else(|| "string".to_owned());
        let choices = self
            .values
            .iter()
            .map(|value| json!({"value": value, "displayValue": value, "active": true}));
        let choices: Vec<Value> = choices.collect();
        json!({
            "vendorPath": name,
            "path": name,
            "type": kind,
            "vendorNativeType": kind,
            "vendorDisplayName": name,
            "filterable": filterable,
            "createable": has(&["POST"]),
            "updateable": has(&["PATCH", "PUT"]),
            "required": self.required,
            "custom": self.custom,
            "picklistValues": choices,
            "method": self.methods,
        })
    }
}

fn public(element: &Element) -> impl Iterator<Item = &Resource> {
    element
        .resources
        .iter()
        .filter(|resource| resource.kind_of_call == "api")
}

fn declared(element: &Element) -> impl Iterator<Item = Map<String, Value>> {
    let lists = ["objects", "models"].map(|name| element.extra.list(name));
    lists.into_iter().flatten().filter_map(|one| match one {
        Value::Object(members) => Some(members),
        _ => None,
    })
}

/// The fields that a list is asked for when its caller names none.
fn default_fields(resource: &Resource) -> Vec<String> {
    resource
        .parameters
        .iter()
        .filter(|parameter| parameter.name == "fields")
        .filter_map(|parameter| parameter.default_value.as_deref())
        .flat_map(|list| list.split(','))
        .map(|field| field.trim().to_owned())
        .filter(|field| !field.is_empty() && !field.contains(['{', '(', '*']))
        .collect()
}

/// The schema of a model that is meant: of that name, else the first; references are followed once.
fn main_schema<'a>(schemas: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let schema = schemas.get(name).or_else(|| schemas.values().next())?;
    let inner = schema.get("items").unwrap_or(schema);
    match inner
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(local_name)
    {
        Some(target) => schemas.get(target),
        None => Some(inner),
    }
}

fn vendor_object(resource: &Resource) -> Option<String> {
    let model = Model::read(resource)?;
    let schema = main_schema(&model.swagger, &model.name)?;
    schema
        .get("x-vendor-objectname")?
        .as_str()
        .map(str::to_owned)
}

fn note(
    schemas: &Map<String, Value>,
    name: &str,
    method: &str,
    fields: &mut BTreeMap<String, Field>,
) {
    let Some(schema) = main_schema(schemas, name) else {
        return;
    };
    let required: Vec<&str> = match schema.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    for (name, property) in properties {
        let field = fields.entry(name.clone()).or_default();
        field.methods.insert(method.to_owned());
        if let Some(kind) = property.get("type").and_then(Value::as_str) {
            let known =
                ["string", "number", "integer", "boolean", "array", "object"].contains(&kind);
            field
                .kind
                .get_or_insert_with(|| if known { kind } else { "object" }.to_owned());
        }
        field.required |= method == "POST" && required.contains(&name.as_str());
        field.custom |= property.get("x-custom") == Some(&json!(true));
        field.read_only |= property.get("readOnly") == Some(&json!(true));
        if let Some(Value::Array(values)) = property.get("enum") {
            field.values = values
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_record_is_not_its_object() {
        let element: Element = serde_json::from_value(json!({"name": "X", "resources": [
            {"method": "GET", "path": "/hubs/crm/contacts/{id}/tasks", "objectName": "Task"},
            {"method": "GET", "path": "/hubs/crm/contacts", "objectName": "Contact"}]}))
        .unwrap();
        assert_eq!(list(&element)[0].vendor_name, "Contact");
    }

    #[test]
    fn fields_come_from_models_default_lists_and_declared_objects() {
        let element: Element = serde_json::from_value(json!({"name": "X",
            "objects": [{"name": "leads", "fields": [{"name": "score", "type": "number"}]}],
            "resources": [
                {"method": "GET", "path": "/hubs/crm/contacts", "objectName": "Contact", "parameters": [
                    {"name": "fields", "type": "query", "defaultValue": "Id,Name"}, {"name": "where", "type": "query"}]},
                {"method": "POST", "path": "/hubs/crm/contacts", "model": {"name": "c", "requestName": "r",
                    "requestSwagger": {"r": {"required": ["Name"], "properties": {"Name": {"type": "string"}, "Age": {"type": "integer"}}}}}},
                {"method": "GET", "path": "/hubs/crm/ping"}]}))
        .unwrap();
        let names: Vec<_> = list(&element)
            .into_iter()
            .map(|one| (one.name, one.vendor_name))
            .collect();
        assert_eq!(
            names,
            [("contacts", "Contact"), ("leads", "leads")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        let fields = metadata(&element, "Contact").unwrap()["fields"].clone();
        let told: Vec<_> = fields
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                (
                    one["vendorPath"].as_str().unwrap(),
                    one["createable"].as_bool().unwrap(),
                    one["required"].as_bool().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Age", true, false),
                ("Id", false, false),
                ("Name", true, true)
            ]
        );
        assert_eq!(fields[0]["filterable"], true);
        assert_eq!(
            metadata(&element, "leads").unwrap()["fields"][0]["type"],
            "number"
        );
        assert!(metadata(&element, "ping").is_none());
    }
}
