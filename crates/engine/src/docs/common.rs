//! Common resources in the documentation: an element's own calls of an object, under the common name and in its shape.

use ligand_model::element::{Element, Resource};
use serde_json::{Map, Value, json};

use super::bare;
use crate::transform::{Path, Step};

/// A common resource as an element's calls know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Its name in paths.
    pub name: String,
    /// The element's word for the object.
    pub segment: String,
    /// Its fields: path and type.
    pub fields: Vec<(String, String)>,
}

/// The calls that callers of a common resource may make: those on the object and on one record of it.
pub fn resources(element: &Element, common: &[Common]) -> Vec<Resource> {
    common
        .iter()
        .flat_map(|one| {
            let public = element
                .resources
                .iter()
                .filter(|resource| resource.kind_of_call == "api");
            let literal: Vec<Resource> = public
                .clone()
                .filter_map(|resource| one.document(resource, |head| head == one.segment))
                .collect();
            if literal.is_empty() {
                // The element takes any object by name.
                let generic = public.filter_map(|resource| {
                    one.document(resource, |head| {
                        head.starts_with('{') && head.ends_with('}')
                    })
                });
                generic.collect()
            } else {
                literal
            }
        })
        .collect()
}

impl Common {
    /// A resource of the object as one of ours; none for one that is about something else.
    fn document(&self, resource: &Resource, is: impl Fn(&str) -> bool) -> Option<Resource> {
        let path = bare(&resource.path);
        let mut segments = path.trim_start_matches('/').split('/');
        let head = segments.next().filter(|head| is(head))?;
        let tail = segments.next();
        let ends = segments.next().is_none();
        if !ends || tail.is_some_and(|tail| !tail.starts_with('{')) {
            return None;
        }
        let mut ours = resource.clone();
        let path = match tail {
            Some(tail) => format!("/{}/{tail}", self.name),
            None => format!("/{}", self.name),
        };
        ours.path = path.into();
        let variable = head.trim_start_matches('{').trim_end_matches('}');
        ours.parameters
            .retain(|one| one.kind != "path" || one.name != variable);
        let mut extra = ours.extra.members();
        extra.remove("operationId");
        let told = format!("{} in the shape of `{}`.", ours.method, self.name);
        extra.insert("description".to_owned(), json!(told));
        ours.extra = extra.into();
        let model = json!({
            "name": self.name, "swagger": {&*self.name: self.schema()},
        });
        ours.model = serde_json::value::to_raw_value(&model).ok();
        Some(ours)
    }

    /// The schema of a record.
    fn schema(&self) -> Value {
        let mut whole = json!({"type": "object", "properties": {}});
        for (path, kind) in &self.fields {
            if let Ok(Path(steps)) = Path::parse(path) {
                insert(&mut whole, &steps, kind);
            }
        }
        whole
    }
}

fn insert(schema: &mut Value, steps: &[Step], kind: &str) {
    let Value::Object(members) = schema else {
        return;
    };
    match steps.split_first() {
        None => {
            // Fields below it have said already what it is.
            if !members.contains_key("properties") && !members.contains_key("items") {
                members.extend(typed(kind));
            }
        }
        Some((Step::Key(name), rest)) => {
            members.insert("type".to_owned(), json!("object"));
            let properties = members.entry("properties").or_insert_with(|| json!({}));
            if let Value::Object(properties) = properties {
                let inner = properties.entry(name.as_str());
                insert(inner.or_insert_with(|| json!({})), rest, kind);
            }
        }
        Some((Step::Size, _)) => {}
        Some((_, rest)) => {
            members.insert("type".to_owned(), json!("array"));
            let items = members.entry("items").or_insert_with(|| json!({}));
            insert(items, rest, kind);
        }
    }
}

fn typed(kind: &str) -> Map<String, Value> {
    let lower = kind.trim().to_ascii_lowercase();
    let (kind, format) = match lower.as_str() {
        "number" | "float" | "double" | "decimal" | "bigdecimal" => ("number", None),
        "int" | "integer" | "long" => ("integer", None),
        "boolean" | "bool" => ("boolean", None),
        "date" | "datetime" => ("string", Some("date-time")),
        "object" => ("object", None),
        list if list.starts_with("array") => ("array", None),
        _ => ("string", None),
    };
    let mut members = Map::from_iter([("type".to_owned(), json!(kind))]);
    if let Some(format) = format {
        members.insert("format".to_owned(), json!(format));
    }
    if kind == "array" {
        let items = if lower.contains("object") {
            "object"
        } else {
            "string"
        };
        members.insert("items".to_owned(), json!({"type": items}));
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = pairs
            .iter()
            .map(|(path, kind)| ((*path).to_owned(), (*kind).to_owned()));
        owned.collect()
    }

    #[test]
    fn an_objects_calls_get_the_common_name_and_shape() {
        let element: Element = serde_json::from_value(json!({"name": "X", "resources": [
            {"method": "GET", "path": "/hubs/crm/contacts", "operationId": "own"},
            {"method": "PATCH", "path": "/hubs/crm/contacts/{id}"},
            {"method": "GET", "path": "/hubs/crm/contacts/{id}/notes"},
            {"method": "GET", "path": "/hubs/crm/contacts/me"},
            {"method": "GET", "path": "/hubs/crm/secret", "type": "apiNoDocumentation"},
            {"method": "GET", "path": "/hubs/crm/{objectName}", "parameters": [{"type": "path", "name": "objectName"}]}]}))
        .unwrap();
        let common = [
            Common {
                name: "person".into(),
                segment: "contacts".into(),
                fields: fields(&[
                    ("address.town", "string"),
                    ("phones", "array"),
                    ("phones[*].no", "number"),
                    ("born", "date"),
                ]),
            },
            Common {
                name: "bill".into(),
                segment: "Invoice".into(),
                fields: Vec::new(),
            },
        ];
        let made = resources(&element, &common);
        let paths: Vec<_> = made
            .iter()
            .map(|one| (&*one.method, &*one.path, one.parameters.len()))
            .collect();
        let right = [
            ("GET", "/person", 0),
            ("PATCH", "/person/{id}", 0),
            ("GET", "/bill", 0),
        ];
        assert_eq!(paths, right);
        let properties = &common[0].schema()["properties"];
        assert_eq!(
            properties["address"]["properties"]["town"]["type"],
            "string"
        );
        assert_eq!(
            properties["phones"]["items"]["properties"]["no"]["type"],
            "number"
        );
        assert_eq!(properties["born"]["format"], "date-time");
    }
}
