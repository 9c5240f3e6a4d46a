//! A trie over path segments: literals before patterns before variables, the earliest literal decides.

use std::collections::BTreeMap;

use ligand_model::element::Resource;
use percent_encoding::percent_decode_str;

use super::{Diagnostic, Route, Severity};

/// Longer paths are refused unread.
const MOST_SEGMENTS: usize = 64;

/// The text before and after the variable of a segment.
type Around = (Box<str>, Box<str>);

/// One segment of a path. Its lists are sorted, and small: most nodes lead to one or two others.
#[derive(Debug, Default)]
struct Node {
    literals: Vec<(Box<str>, Node)>,
    /// Segments such as `{id}.json`.
    patterns: Vec<(Around, Node)>,
    variable: Option<Box<Node>>,
    /// The resources that it leads to, one a verb.
    resources: Vec<usize>,
}

impl Node {
    fn literal(&self, segment: &str) -> Option<&Node> {
        let at = self
            .literals
            .binary_search_by(|(known, _)| (**known).cmp(segment));
        Some(&self.literals.get(at.ok()?)?.1)
    }

    fn verb(&self, method: &str, all: &[Resource]) -> Option<usize> {
        let wanted = |index: &&usize| {
            all.get(**index)
                .is_some_and(|one| one.method.eq_ignore_ascii_case(method))
        };
        self.resources.iter().find(wanted).copied()
    }

    fn shrink(&mut self) {
        self.literals.shrink_to_fit();
        self.patterns.shrink_to_fit();
        self.resources.shrink_to_fit();
        let literals = self.literals.iter_mut().map(|(_, node)| node);
        let patterns = self.patterns.iter_mut().map(|(_, node)| node);
        let variable = self.variable.as_deref_mut();
        literals
            .chain(patterns)
            .chain(variable)
            .for_each(Node::shrink);
    }
}

/// The node of a key in a sorted list, made when it is not there.
fn entry<K: Ord>(list: &mut Vec<(K, Node)>, key: K) -> Option<&mut Node> {
    let at = match list.binary_search_by(|(known, _)| known.cmp(&key)) {
        Ok(at) => at,
        Err(at) => {
            list.insert(at, (key, Node::default()));
            at
        }
    };
    list.get_mut(at).map(|(_, node)| node)
}

/// The routes of one element.
#[derive(Debug, Default)]
pub(super) struct Routes {
    root: Node,
}

/// A path without its hub prefix.
fn bare(path: &str) -> &str {
    let trimmed = path.trim_start_matches('/');
    match trimmed.strip_prefix("hubs/") {
        Some(rest) => rest.split_once('/').map_or("", |(_, rest)| rest),
        None => trimmed,
    }
}

/// A path as `nextResource` compares it: no hub, no slashes around, variables by name.
pub(super) fn shape(path: &str) -> String {
    bare(path).trim_matches('/').to_owned()
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    bare(path).split('/').filter(|segment| !segment.is_empty())
}

fn variable_of(segment: &str) -> Option<(&str, &str, &str)> {
    let open = segment.find('{')?;
    let (before, from) = segment.split_at(open);
    let close = from.rfind('}')?;
    let (token, after) = from.split_at(close + 1);
    Some((
        before,
        token.trim_start_matches('{').trim_end_matches('}'),
        after,
    ))
}

impl Routes {
    pub(super) fn new(resources: &[Resource]) -> (Self, Vec<Diagnostic>) {
        let mut routes = Self::default();
        let mut found = Vec::new();
        for (index, resource) in resources.iter().enumerate() {
            let public = matches!(resource.kind_of_call.as_str(), "api" | "apiNoDocumentation");
            if !public {
                continue;
            }
            let Some(node) = routes.node(&resource.path) else {
                continue;
            };
            if node.verb(&resource.method, resources).is_none() {
                node.resources.push(index);
                continue;
            }
            let method = resource.method.to_ascii_uppercase();
            found.push(Diagnostic {
                path: format!("resources[{index}]"),
                severity: Severity::Warning,
                message: format!(
                    "{method} {} is declared twice; the first declaration is served",
                    resource.path
                ),
            });
        }
        routes.root.shrink();
        (routes, found)
    }

    /// The node of a declared path, made when it is not there.
    fn node(&mut self, path: &str) -> Option<&mut Node> {
        let mut node = &mut self.root;
        for segment in segments(path) {
            node = match variable_of(segment) {
                None => entry(&mut node.literals, segment.into())?,
                Some(("", _, "")) => node.variable.get_or_insert_default(),
                Some((before, _, after)) => {
                    entry(&mut node.patterns, (before.into(), after.into()))?
                }
            };
        }
        Some(node)
    }

    pub(super) fn find(&self, method: &str, path: &str, resources: &[Resource]) -> Route {
        let wanted: Vec<String> = segments(path)
            .take(MOST_SEGMENTS + 1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        if wanted.len() > MOST_SEGMENTS {
            return Route::NotFound { nearest: None };
        }
        let mut values = Vec::new();
        let mut allowed = Vec::new();
        if let Some(index) = walk(
            &self.root,
            &wanted,
            method,
            resources,
            &mut values,
            &mut allowed,
        ) {
            let path = resources.get(index).map_or("", |found| &found.path);
            let literal = values.is_empty();
            let variables = segments(path)
                .filter_map(variable_of)
                .map(|(_, name, _)| name.to_owned())
                .zip(values)
                .collect::<BTreeMap<_, _>>();
            return Route::Found {
                resource: index,
                variables,
                literal,
            };
        }
        if allowed.is_empty() {
            Route::NotFound {
                nearest: nearest(path, resources),
            }
        } else {
            allowed.sort();
            allowed.dedup();
            Route::MethodNotAllowed { allowed }
        }
    }
}

/// The declared collection that a path of one segment may have been meant for, when a resource with a variable there took
/// it: `/contcts` for `/contacts`. `/Contact` is not: it is the object behind it.
pub(super) fn meant(path: &str, resources: &[Resource]) -> Option<String> {
    let singular = |word: &str| word.to_ascii_lowercase().trim_end_matches('s').to_owned();
    let wanted = shape(path);
    if wanted.contains('/') || wanted.len() > 100 {
        return None;
    }
    let wanted = singular(&wanted);
    let most = 1 + wanted.len() / 5;
    let collections = resources
        .iter()
        .take(500)
        .map(|resource| shape(&resource.path));
    collections
        .filter(|path| !path.contains(['/', '{']))
        .map(|path| (distance(&wanted, &singular(&path)), path))
        .min()
        .filter(|(distance, _)| (1..=most).contains(distance))
        .map(|(_, path)| format!("/{path}"))
}

/// The declared path with the fewest edits to the wanted one.
fn nearest(path: &str, resources: &[Resource]) -> Option<String> {
    let wanted = shape(path);
    if wanted.len() > 200 {
        return None;
    }
    resources
        .iter()
        .take(500)
        .map(|resource| (distance(&wanted, &shape(&resource.path)), &resource.path))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, path)| *distance <= 3 + path.len() / 4)
        .map(|(_, path)| format!("/{}", shape(path)))
}

fn walk(
    node: &Node,
    wanted: &[String],
    method: &str,
    resources: &[Resource],
    values: &mut Vec<String>,
    allowed: &mut Vec<String>,
) -> Option<usize> {
    let Some((segment, rest)) = wanted.split_first() else {
        if let Some(index) = node.verb(method, resources) {
            return Some(index);
        }
        let found = node
            .resources
            .iter()
            .filter_map(|index| resources.get(*index));
        allowed.extend(found.map(|one| one.method.to_ascii_uppercase()));
        return None;
    };
    if let Some(next) = node.literal(segment)
        && let Some(index) = walk(next, rest, method, resources, values, allowed)
    {
        return Some(index);
    }
    let depth = values.len();
    for ((before, after), next) in &node.patterns {
        let inner = segment
            .strip_prefix(&**before)
            .and_then(|s| s.strip_suffix(&**after));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
            values.push(inner.to_owned());
            if let Some(index) = walk(next, rest, method, resources, values, allowed) {
                return Some(index);
            }
            values.truncate(depth);
        }
    }
    if let Some(next) = &node.variable {
        // Back-quoted object names are tolerated.
        values.push(segment.trim_matches('`').to_owned());
        if let Some(index) = walk(next, rest, method, resources, values, allowed) {
            return Some(index);
        }
        values.truncate(depth);
    }
    None
}

/// Levenshtein distance over bytes.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let cost = (corner + usize::from(x != y)).min(left + 1).min(*above + 1);
            corner = *above;
            *above = cost;
            left = cost;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Declared(Routes, Vec<Resource>);

    impl Declared {
        fn find(&self, method: &str, path: &str) -> Route {
            self.0.find(method, path, &self.1)
        }
    }

    fn routes(declared: &[(&str, &str)]) -> Declared {
        let resources: Vec<Resource> = declared
            .iter()
            .map(|(method, path)| {
                serde_json::from_value(serde_json::json!({"method": method, "path": path})).unwrap()
            })
            .collect();
        Declared(Routes::new(&resources).0, resources)
    }

    fn found(routes: &Declared, method: &str, path: &str) -> Option<(usize, Vec<String>)> {
        match routes.find(method, path) {
            Route::Found {
                resource,
                variables,
                ..
            } => Some((resource, variables.into_values().collect())),
            _ => None,
        }
    }

    #[test]
    fn the_earliest_literal_decides() {
        let routes = routes(&[
            ("GET", "/hubs/crm/{objectName}/{id}"),
            ("GET", "/hubs/crm/contacts/{id}"),
            ("GET", "/hubs/crm/contacts/me"),
            ("GET", "/hubs/crm/contacts/{contact.id}/notes"),
            ("GET", "/hubs/crm/files/{id}.json"),
        ]);
        assert_eq!(found(&routes, "GET", "/contacts/me"), Some((2, vec![])));
        assert_eq!(
            found(&routes, "GET", "/hubs/x/contacts/7"),
            Some((1, vec!["7".into()]))
        );
        assert_eq!(
            found(&routes, "GET", "/contacts/7/notes"),
            Some((3, vec!["7".into()]))
        );
        assert_eq!(
            found(&routes, "GET", "/files/a.json"),
            Some((4, vec!["a".into()]))
        );
        assert_eq!(
            found(&routes, "GET", "/files/a"),
            Some((0, vec!["a".into(), "files".into()]))
        );
    }

    #[test]
    fn a_known_path_with_another_verb_says_which_it_has() {
        let routes = routes(&[("GET", "/a"), ("POST", "/a")]);
        assert_eq!(
            routes.find("DELETE", "/a"),
            Route::MethodNotAllowed {
                allowed: vec!["GET".into(), "POST".into()]
            }
        );
    }

    #[test]
    fn a_name_taken_for_an_object_may_have_been_meant_for_a_resource() {
        let routes = routes(&[
            ("GET", "/hubs/crm/{objectName}"),
            ("GET", "/hubs/crm/contacts"),
            ("GET", "/hubs/crm/contacts/{id}"),
        ]);
        let meant = |path| meant(path, &routes.1);
        assert_eq!(meant("/hubs/crm/contcts").as_deref(), Some("/contacts"));
        assert_eq!(meant("/kontact").as_deref(), Some("/contacts"));
        for path in ["/contacts", "/Contact", "/Project__c", "/contcts/7", "/"] {
            assert_eq!(meant(path), None, "{path}");
        }
    }

    #[test]
    fn an_unknown_path_names_the_nearest() {
        let routes = routes(&[
            ("GET", "/hubs/crm/contacts"),
            ("GET", "/hubs/crm/accounts/{id}"),
        ]);
        assert_eq!(
            routes.find("GET", "/contcats"),
            Route::NotFound {
                nearest: Some("/contacts".into())
            }
        );
        assert_eq!(
            routes.find("GET", "/zzzzzzzzzzzzzzzzzz"),
            Route::NotFound { nearest: None }
        );
    }
}
