//! An element's documentation: Swagger 2.0 made from its resources and their models.
//!
//! Exports are careless with their models (types that are names of models, references that lead nowhere, lists of
//! nothing); what is made of them here is valid whatever they hold.

pub mod common;
pub mod schema;

use std::collections::{BTreeMap, BTreeSet};

use ligand_model::element::{Element, Parameter, Resource};
use serde_json::{Map, Value, json};

use common::Common;
use schema::Definitions;

/// The verbs that Swagger 2.0 knows.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Where the API is that the documentation describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `https` or `http`.
    pub scheme: String,
    /// Host, and port where it is not the scheme's own.
    pub host: String,
    /// `/elements/api-v2`
    pub base_path: String,
}

/// One documented operation.
struct Operation<'a> {
    resource: &'a Resource,
    /// The path without its hub.
    path: String,
    method: String,
    /// Variables of the path, in order, each once.
    variables: Vec<String>,
}

/// The documentation of an element and of the common resources that it is mapped to, or of one operation by `operationId`
/// or by `GET-contacts`. `None` when there is no such operation.
pub fn swagger(
    element: &Element,
    common: &[Common],
    place: &Place,
    operation: Option<&str>,
) -> Option<Value> {
    let mut definitions = Definitions::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut tags = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut found = false;
    let ours = common::resources(element, common);
    for one in operations(element.resources.iter().chain(&ours)) {
        let id = identify(&one, &mut ids);
        if operation.is_some_and(|wanted| wanted != id && wanted != plain_id(&one)) {
            continue;
        }
        found = true;
        let tag = object_of(&one.path).to_owned();
        let described = describe(&one, &id, &tag, &mut definitions);
        tags.insert(tag);
        let item = paths.entry(one.path.clone()).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(one.method.clone(), described);
        }
    }
    if operation.is_some() && !found {
        return None;
    }
    let tags: Vec<Value> = tags.iter().map(|tag| json!({"name": tag})).collect();
    Some(json!({
        "swagger": "2.0",
        "info": {"title": element.name, "description": element.description, "version": "api-v2"},
        "host": place.host,
        "basePath": place.base_path,
        "schemes": [place.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "tags": tags,
        "paths": paths,
        "definitions": definitions.into_value(),
    }))
}

/// The object that a path is about: its first segment.
pub fn object_of(path: &str) -> &str {
    path.trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
}

/// A path as callers write it: without `/hubs/{hub}`.
pub fn bare(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let path = match path.strip_prefix("hubs/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest),
        None => path,
    };
    format!("/{}", path.trim_matches('/'))
}

/// Every documented operation; of two with one verb and path the first, and paths that differ only in the names of their
/// variables are one.
fn operations<'a>(resources: impl Iterator<Item = &'a Resource>) -> Vec<Operation<'a>> {
    let mut spelt: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut operations = Vec::new();
    for resource in resources.filter(|resource| resource.kind_of_call == "api") {
        let method = resource.method.to_lowercase();
        if !METHODS.contains(&method.as_str()) {
            continue;
        }
        let (shape, path, variables) = template(&bare(&resource.path));
        let (path, variables) = spelt
            .entry(shape.clone())
            .or_insert((path, variables))
            .clone();
        if known.insert((method.clone(), shape)) {
            operations.push(Operation {
                resource,
                path,
                method,
                variables,
            });
        }
    }
    operations
}

/// A path's shape, its text with every variable named once, and those names.
fn template(path: &str) -> (String, String, Vec<String>) {
    let (mut shape, mut text) = (String::new(), String::new());
    let mut names: Vec<String> = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        let plain = schema::plain_name(name);
        let mut unique = plain.clone();
        let mut number = 2;
        while names.contains(&unique) {
            unique = format!("{plain}{number}");
            number += 1;
        }
        for out in [&mut shape, &mut text] {
            out.push_str(before);
        }
        shape.push_str("{}");
        text.push('{');
        text.push_str(&unique);
        text.push('}');
        names.push(unique);
        rest = tail;
    }
    // Braces without a partner would be read as a variable.
    let rest = rest.replace(['{', '}', '?', '#'], "_");
    (shape + &rest, text + &rest, names)
}

/// `GET-contacts-id`
fn plain_id(one: &Operation<'_>) -> String {
    let path: Vec<String> = one
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| schema::plain_name(&segment.replace(['{', '}'], "")))
        .collect();
    format!("{}-{}", one.method.to_uppercase(), path.join("-"))
}

fn identify(one: &Operation<'_>, ids: &mut BTreeSet<String>) -> String {
    let own = one.resource.extra.text("operationId");
    let base = own
        .filter(|id| !id.trim().is_empty())
        .unwrap_or_else(|| plain_id(one));
    let mut id = base.clone();
    let mut number = 2;
    while !ids.insert(id.clone()) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id
}

fn describe(one: &Operation<'_>, id: &str, tag: &str, definitions: &mut Definitions) -> Value {
    let resource = one.resource;
    let model = Model::read(resource);
    let answered = model
        .as_ref()
        .and_then(|model| definitions.add(&model.name, &model.swagger));
    let sent = model.as_ref().and_then(|model| {
        let name = model.request_name.as_deref().unwrap_or(&model.name);
        definitions.add(name, &model.request_swagger)
    });
    let schema = |name: Option<&String>| match name {
        Some(name) => json!({"$ref": format!("#/definitions/{name}")}),
        None => json!({"type": "object"}),
    };
    let schema_of_answer = if is_list(one) {
        json!({"type": "array", "items": schema(answered.as_ref())})
    } else {
        schema(answered.as_ref())
    };
    let described = resource.extra.text("description").unwrap_or_default();
    let mut operation = json!({
        "tags": [tag],
        "operationId": id,
        "summary": summary(&described, one),
        "description": described,
        "parameters": parameters(one, schema(sent.as_ref().or(answered.as_ref()))),
        "responses": {
            "200": {"description": "The call succeeded.", "schema": schema_of_answer},
            "default": {"description": "It did not; `message` says why.", "schema": {
                "type": "object",
                "properties": {"requestId": {"type": "string"}, "message": {"type": "string"},
                    "providerMessage": {"type": "string"}},
            }},
        },
    });
    if let Value::Object(members) = &mut operation
        && of_kind(resource, &["multipart", "form"]).next().is_some()
        && !matches!(one.method.as_str(), "get" | "head")
    {
        let media = if of_kind(resource, &["multipart"]).next().is_some() {
            "multipart/form-data"
        } else {
            "application/x-www-form-urlencoded"
        };
        members.insert("consumes".to_owned(), json!([media]));
    }
    operation
}

fn summary(described: &str, one: &Operation<'_>) -> String {
    let sentence = described.split(". ").next().unwrap_or_default();
    if sentence.is_empty() {
        return format!("{} {}", one.method.to_uppercase(), one.path);
    }
    sentence.chars().take(120).collect()
}

/// Whether a call answers a list: it reads what no variable ends, and can be paged or searched.
pub(crate) fn answers_list(resource: &Resource) -> bool {
    let path = bare(&resource.path);
    let last = path.rsplit('/').next().unwrap_or_default();
    resource.method.eq_ignore_ascii_case("GET")
        && !last.starts_with('{')
        && (resource.pagination_type.as_deref() == Some("VENDOR_SUPPORTED")
            || resource.parameters.iter().any(|parameter| {
                parameter.kind == "query"
                    && matches!(
                        parameter.name.as_str(),
                        "where" | "page" | "pageSize" | "nextPage"
                    )
            }))
}

fn is_list(one: &Operation<'_>) -> bool {
    answers_list(one.resource)
}

fn of_kind<'a>(
    resource: &'a Resource,
    kinds: &'a [&'a str],
) -> impl Iterator<Item = &'a Parameter> {
    resource
        .parameters
        .iter()
        .map(|one| &**one)
        .filter(move |one| one.source != "response" && kinds.contains(&one.kind.as_str()))
}

fn parameters(one: &Operation<'_>, body: Value) -> Vec<Value> {
    let resource = one.resource;
    let mut list = vec![json!({
        "name": "Authorization",
        "in": "header",
        "description": "User <secret>, Organization <secret>, Element <token>",
        "required": true,
        "type": "string",
    })];
    for name in &one.variables {
        let own = of_kind(resource, &["path"]).find(|own| *own.name == **name);
        let mut variable = Map::from_iter([
            ("name".to_owned(), json!(name)),
            ("in".to_owned(), json!("path")),
            ("required".to_owned(), json!(true)),
            ("type".to_owned(), json!("string")),
        ]);
        if let Some(pattern) = own.and_then(|own| own.pattern.as_deref()) {
            variable.insert("pattern".to_owned(), json!(pattern));
        }
        list.push(variable.into());
    }
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    seen.insert(("header", "authorization".to_owned()));
    for (kind, place) in [("query", "query"), ("header", "header")] {
        for parameter in of_kind(resource, &[kind]) {
            let name = parameter.name.trim();
            let folded = if kind == "header" {
                name.to_lowercase()
            } else {
                name.to_owned()
            };
            if !name.is_empty() && seen.insert((place, folded)) {
                list.push(described(parameter, place, false));
            }
        }
    }
    if matches!(one.method.as_str(), "get" | "head") {
        return list;
    }
    let mut form = false;
    for kind in ["multipart", "form"] {
        for parameter in of_kind(resource, &[kind]) {
            let name = parameter.name.trim().to_owned();
            if !name.is_empty() && seen.insert(("formData", name)) {
                form = true;
                list.push(described(parameter, "formData", kind == "multipart"));
            }
        }
    }
    if !form && let Some(parameter) = of_kind(resource, &["body", "bodyField"]).next() {
        let name = match parameter.name.trim() {
            "" => "body",
            name if parameter.kind == "body" => name,
            _ => "body",
        };
        list.push(
            json!({"name": name, "in": "body", "required": parameter.required, "schema": body}),
        );
    }
    list
}

fn described(parameter: &Parameter, place: &str, of_multipart: bool) -> Value {
    let stated = parameter.extra.text("dataType").unwrap_or_default();
    let mut value = match stated.as_str() {
        "integer" | "number" | "boolean" => json!({"type": stated}),
        "array" => json!({"type": "array", "items": {"type": "string"}}),
        "file" if of_multipart => json!({"type": "file"}),
        "" if of_multipart && parameter.name == "file" => json!({"type": "file"}),
        _ => json!({"type": "string"}),
    };
    let text = parameter.extra.text("description").unwrap_or_default();
    if let Value::Object(members) = &mut value {
        members.insert("name".to_owned(), json!(parameter.name.trim()));
        members.insert("in".to_owned(), json!(place));
        members.insert("required".to_owned(), json!(parameter.required));
        members.insert("description".to_owned(), json!(text));
    }
    value
}

/// The model of a resource, as far as it can be read.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) swagger: Map<String, Value>,
    pub(crate) request_name: Option<String>,
    pub(crate) request_swagger: Map<String, Value>,
}

impl Model {
    pub(crate) fn read(resource: &Resource) -> Option<Self> {
        let model: Value = serde_json::from_str(resource.model.as_ref()?.get()).ok()?;
        let schemas = |name: &str| match model.get(name) {
            Some(Value::Object(schemas)) => schemas.clone(),
            _ => Map::new(),
        };
        Some(Self {
            name: model.get("name")?.as_str()?.to_owned(),
            swagger: schemas("swagger"),
            request_name: model
                .get("requestName")
                .and_then(Value::as_str)
                .map(str::to_owned),
            request_swagger: schemas("requestSwagger"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            scheme: "https".into(),
            host: "foo.bar".into(),
            base_path: "/elements/api-v2".into(),
        }
    }

    fn element(resources: &Value) -> Element {
        serde_json::from_value(json!({"name": "X", "resources": resources})).unwrap()
    }

    #[test]
    fn careless_exports_become_valid_documents() {
        let element = element(&json!([
            {"method": "GET", "path": "/hubs/crm/a/{id}/b/{id}", "parameters": [{"name": "q", "type": "query"}, {"name": "q", "type": "query"}],
             "model": {"name": "odd name", "swagger": {"odd name": {"properties": {"self": {"type": "odd name"},
                "list": {"type": "array"}, "gone": {"$ref": "nowhere"}, "far": {"$ref": "https://evil.example/x"}}, "required": ["missing"]}}}},
            {"method": "POST", "path": "/hubs/crm/a/{x}/b/{y}", "parameters": [{"name": "file", "type": "multipart"}, {"name": "body", "type": "body"}]},
            {"method": "GET", "path": "/hubs/crm/hidden", "type": "apiNoDocumentation"}]));
        let document = swagger(&element, &[], &place(), None).unwrap();
        let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, ["/a/{id}/b/{id2}"]);
        let get = &document["paths"]["/a/{id}/b/{id2}"]["get"];
        assert_eq!(get["parameters"][0]["name"], "Authorization");
        assert_eq!(get["parameters"].as_array().unwrap().len(), 4);
        let post = &document["paths"]["/a/{id}/b/{id2}"]["post"];
        assert_eq!(post["consumes"], json!(["multipart/form-data"]));
        let model = &document["definitions"]["odd_name"];
        assert_eq!(
            model["properties"]["self"],
            json!({"$ref": "#/definitions/odd_name"})
        );
        assert_eq!(model["properties"]["far"], json!({"type": "object"}));
        assert_eq!(
            model["properties"]["list"]["items"],
            json!({"type": "object"})
        );
        assert!(model.get("required").is_none());
    }

    #[test]
    fn one_operation_is_found_by_either_of_its_names() {
        let element = element(
            &json!([{"method": "GET", "path": "/contacts", "operationId": "getContacts"},
            {"method": "GET", "path": "/leads"}]),
        );
        for name in ["getContacts", "GET-contacts"] {
            let document = swagger(&element, &[], &place(), Some(name)).unwrap();
            assert_eq!(document["paths"].as_object().unwrap().len(), 1);
            assert_eq!(
                document["paths"]["/contacts"]["get"]["operationId"],
                "getContacts"
            );
        }
        assert!(swagger(&element, &[], &place(), Some("GET-nonsense")).is_none());
    }
}
