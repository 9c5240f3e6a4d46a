//! The catalog: elements by key and id, and the routes of each.

pub mod configuration;
mod load;
mod loose;
mod patterns;
mod review;
mod routes;
mod share;

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_model::element::{Element, Resource};
use ligand_model::id::ElementId;
use serde_json::Value;

pub use load::{PARAMETER_DESTINATIONS, PARAMETER_SOURCES};
pub(crate) use patterns::{Matched, Patterns};
pub use review::{endless_chain, review};

use crate::error::Error;
use routes::Routes;
use share::share;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The element is not served.
    Error,
    /// The element is served; the place named does not do what it says.
    Warning,
}

/// Something found while reading a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where: `resources[3].parameters[0]`, or a file.
    pub path: String,
    /// How bad.
    pub severity: Severity,
    /// What, as a sentence.
    pub message: String,
}

/// An element made ready for calls.
#[derive(Debug)]
pub struct Compiled {
    /// The definition.
    pub element: Element,
    /// Its id in the catalog.
    pub id: ElementId,
    routes: Routes,
    /// The patterns of its parameters, by their text.
    pub(crate) patterns: Patterns,
}

/// What a verb and a path lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The resource by index, and the decoded path variables.
    Found {
        /// Index into [`Element::resources`].
        resource: usize,
        /// Path variables by token name.
        variables: BTreeMap<String, String>,
        /// Whether the path of the resource holds no variable: such a resource goes before platform routes.
        literal: bool,
    },
    /// The path is known with other verbs.
    MethodNotAllowed {
        /// The verbs it has.
        allowed: Vec<String>,
    },
    /// The path is not known.
    NotFound {
        /// The nearest path that is.
        nearest: Option<String>,
    },
}

fn warning(path: String, message: String) -> Diagnostic {
    Diagnostic {
        path,
        severity: Severity::Warning,
        message,
    }
}

impl Compiled {
    /// Makes an element ready: completes paths and verbs, builds its routes, reports what is odd.
    pub fn new(mut element: Element, id: ElementId) -> (Self, Vec<Diagnostic>) {
        let mut found = load::complete(&mut element, id);
        share(&mut element);
        let (routes, duplicates) = Routes::new(&element.resources);
        found.extend(duplicates);
        (
            Self {
                patterns: Patterns::new(&element, &mut found),
                element,
                id,
                routes,
            },
            found,
        )
    }

    /// Finds the resource of a public call. `path` is as received, still percent-encoded, with or without `/hubs/{hub}`.
    pub fn route(&self, method: &str, path: &str) -> Route {
        self.routes.find(method, path, &self.element.resources)
    }

    /// The collection that a call may have been meant for whose first segment was taken for the name of an object.
    pub fn meant(&self, path: &str, resource: usize) -> Option<String> {
        let template = &self.resource(resource)?.path;
        let by_variable = routes::shape(template).starts_with('{');
        by_variable
            .then(|| routes::meant(path, &self.element.resources))
            .flatten()
    }

    /// The resource at an index.
    pub fn resource(&self, index: usize) -> Option<&Resource> {
        self.element.resources.get(index)
    }

    /// The resource that a `nextResource` names, lifecycle resources included.
    pub fn chained(&self, next: &str) -> Option<usize> {
        let (method, path) = next.split_once(':')?;
        let wanted = routes::shape(path.trim());
        self.element.resources.iter().position(|resource| {
            resource.method.eq_ignore_ascii_case(method.trim())
                && routes::shape(&resource.path) == wanted
        })
    }

    /// The export form.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(&self.element).unwrap_or_default()
    }
}

/// The built-in elements.
#[derive(Debug, Default)]
pub struct Catalog {
    by_id: BTreeMap<ElementId, Arc<Compiled>>,
    by_key: BTreeMap<String, Arc<Compiled>>,
}

impl Catalog {
    /// Loads element directories given as (path below `elements/`, bytes).
    ///
    /// Never fails halfway: an element with an error finding is left out and the finding says why.
    pub fn load(files: &[(String, Vec<u8>)]) -> (Self, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let mut catalog = Self::default();
        for element in load::directories(files) {
            let element = match element {
                Ok(element) => element,
                Err(diagnostics) => {
                    found.extend(diagnostics);
                    continue;
                }
            };
            let key = element.key.clone();
            let Some(id) = element.id else {
                found.push(load::error(
                    &key,
                    "an element of the catalog needs an `id`".into(),
                ));
                continue;
            };
            let (compiled, diagnostics) = Compiled::new(element, id);
            found.extend(diagnostics.into_iter().map(|d| Diagnostic {
                path: format!("{key}: {}", d.path),
                ..d
            }));
            let compiled = Arc::new(compiled);
            catalog.by_id.insert(id, Arc::clone(&compiled));
            catalog.by_key.insert(key, compiled);
        }
        (catalog, found)
    }

    /// The element with this key.
    pub fn by_key(&self, key: &str) -> Option<&Arc<Compiled>> {
        self.by_key.get(key)
    }

    /// The element with this id.
    pub fn by_id(&self, id: ElementId) -> Option<&Arc<Compiled>> {
        self.by_id.get(&id)
    }

    /// All elements in id order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Compiled>> {
        self.by_id.values()
    }
}

/// Reads an exported element as it is.
///
/// Tolerant: members we do not know are kept, odd ones are warnings.
///
/// # Errors
/// JSON that is malformed or not an element (no name).
pub fn import(json: &[u8], id: ElementId) -> Result<(Compiled, Vec<Diagnostic>), Error> {
    let wrong = |error: serde_json::Error| {
        Error::Invalid(format!("This is not an element definition: {error}."))
    };
    let mut loose = Vec::new();
    let mut element: Element = match serde_json::from_slice(json) {
        Ok(element) => element,
        // What is JSON but not quite an element is read for what it means.
        Err(first) => {
            let mut definition: Value = serde_json::from_slice(json).map_err(wrong)?;
            loose = loose::loosen(&mut definition);
            serde_json::from_value(definition).map_err(|_| wrong(first))?
        }
    };
    if element.key.is_empty() {
        element.key = key_of_name(&element.name);
    }
    if element.key.is_empty() {
        return Err(Error::Invalid(
            "An element needs a `name` with letters or digits.".into(),
        ));
    }
    element.id = Some(id);
    let (compiled, found) = Compiled::new(element, id);
    loose.extend(found);
    Ok((compiled, loose))
}

/// The key made from a name: lower case, letters and digits only.
pub fn key_of_name(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_becomes_one_element() {
        let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
        let (catalog, found) = Catalog::load(&[
            file(
                "acme/element.json",
                r#"{"id":9,"key":"acme","name":"Acme","hub":"crm","authentication":{"type":"custom"},
                   "hooks":[{"type":"preRequest","file":"hooks/pre.js"}]}"#,
            ),
            file(
                "acme/resources/b.json",
                r#"[{"method":"GET","path":"/b/{id}"}]"#,
            ),
            file(
                "acme/resources/a.json",
                r#"[{"method":"GET","path":"/hubs/crm/a"}]"#,
            ),
            file("acme/hooks/pre.js", "done()"),
            file("acme/README.md", "text"),
            file("broken/element.json", "{"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].severity, Severity::Error);
        let acme = catalog.by_key("acme").unwrap();
        assert_eq!(acme.element.hooks[0].body.as_deref(), Some("done()"));
        assert_eq!(acme.element.resources[1].path, "/hubs/crm/b/{id}");
        assert_eq!(
            acme.route("GET", "/hubs/any/b/4%2F5/"),
            Route::Found {
                resource: 1,
                variables: BTreeMap::from([("id".into(), "4/5".into())]),
                literal: false
            }
        );
        assert!(catalog.by_key("broken").is_none());
    }

    #[test]
    fn unknown_members_of_our_own_directories_are_errors() {
        let (catalog, found) = Catalog::load(&[(
            "acme/element.json".to_owned(),
            br#"{"id":9,"key":"acme","name":"Acme","hosst":["x"]}"#.to_vec(),
        )]);
        assert!(catalog.by_key("acme").is_none());
        assert!(found[0].message.contains("hosst"), "{found:?}");
    }

    #[test]
    fn an_import_keeps_what_it_does_not_know() {
        let (compiled, found) =
            import(br#"{"name":"My Thing 12","odd":[1],"resources":[{"method":"GET","path":"/x","zz":2}]}"#, ElementId(10_000))
                .unwrap();
        assert_eq!(compiled.element.key, "mything12");
        assert_eq!(compiled.to_json()["odd"], serde_json::json!([1]));
        assert_eq!(compiled.to_json()["resources"][0]["zz"], 2);
        assert!(found.is_empty(), "{found:?}");
        assert!(import(b"[]", ElementId(1)).is_err());
    }
}
