//! A trie over path segments: literals before patterns before variables, the earliest literal decides.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ligand_model::element::Resource;
use percent_encoding::percent_decode_str;

use super::{Diagnostic, Route, Severity};

/// Longer paths are refused unread.
const MOST_SEGMENTS: usize = 64;

#[derive(Debug, Default)]
struct Node {
    literals: BTreeMap<String, Node>,
    /// Segments such as `{id}.json`: text before and after the variable.
    patterns: BTreeMap<(String, String), Node>,
    variable: Option<Box<Node>>,
    methods: BTreeMap<String, usize>,
}

/// The routes of one element.
#[derive(Debug, Default)]
pub(super) struct Routes {
    root: Node,
    /// Names of the variables of each resource, in path order, and its path.
    resources: Vec<(Vec<String>, String)>,
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
            let mut names = Vec::new();
            let mut node = &mut routes.root;
            for segment in segments(&resource.path) {
                node = match variable_of(segment) {
                    None => node.literals.entry(segment.to_owned()).or_default(),
                    Some((before, name, after)) => {
                        names.push(name.to_owned());
                        if before.is_empty() && after.is_empty() {
                            node.variable.get_or_insert_default()
                        } else {
                            node.patterns
                                .entry((before.to_owned(), after.to_owned()))
                                .or_default()
                        }
                    }
                };
            }
            routes.resources.push((names, resource.path.clone()));
            let public = matches!(resource.kind_of_call.as_str(), "api" | "apiNoDocumentation");
            if !public {
                continue;
            }
            let method = resource.method.to_ascii_uppercase();
            match node.methods.entry(method) {
                Entry::Vacant(free) => {
                    free.insert(index);
                }
                Entry::Occupied(taken) => found.push(Diagnostic {
                    path: format!("resources[{index}]"),
                    severity: Severity::Warning,
                    message: format!(
                        "{} {} is declared twice; the first declaration is served",
                        taken.key(),
                        resource.path
                    ),
                }),
            }
        }
        (routes, found)
    }

    pub(super) fn find(&self, method: &str, path: &str) -> Route {
        let wanted: Vec<String> = segments(path)
            .take(MOST_SEGMENTS + 1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        if wanted.len() > MOST_SEGMENTS {
            return Route::NotFound { nearest: None };
        }
        let mut values = Vec::new();
        let mut allowed = Vec::new();
        if let Some(index) = walk(&self.root, &wanted, method, &mut values, &mut allowed) {
            let names = self.resources.get(index).map(|(names, _)| names.as_slice());
            let literal = values.is_empty();
            let variables = names
                .unwrap_or_default()
                .iter()
                .cloned()
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
                nearest: self.nearest(path),
            }
        } else {
            allowed.sort();
            allowed.dedup();
            Route::MethodNotAllowed { allowed }
        }
    }

    /// The declared path with the fewest edits to the wanted one.
    fn nearest(&self, path: &str) -> Option<String> {
        let wanted = shape(path);
        if wanted.len() > 200 {
            return None;
        }
        self.resources
            .iter()
            .take(500)
            .map(|(_, path)| (distance(&wanted, &shape(path)), path))
            .min_by_key(|(distance, _)| *distance)
            .filter(|(distance, path)| *distance <= 3 + path.len() / 4)
            .map(|(_, path)| format!("/{}", shape(path)))
    }
}

fn walk(
    node: &Node,
    wanted: &[String],
    method: &str,
    values: &mut Vec<String>,
    allowed: &mut Vec<String>,
) -> Option<usize> {
    let Some((segment, rest)) = wanted.split_first() else {
        if let Some(index) = node.methods.get(method) {
            return Some(*index);
        }
        allowed.extend(node.methods.keys().cloned());
        return None;
    };
    if let Some(next) = node.literals.get(segment)
        && let Some(index) = walk(next, rest, method, values, allowed)
    {
        return Some(index);
    }
    let depth = values.len();
    for ((before, after), next) in &node.patterns {
        let inner = segment
            .strip_prefix(before.as_str())
            .and_then(|s| s.strip_suffix(after.as_str()));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
            values.push(inner.to_owned());
            if let Some(index) = walk(next, rest, method, values, allowed) {
                return Some(index);
            }
            values.truncate(depth);
        }
    }
    if let Some(next) = &node.variable {
        // Back-quoted object names are tolerated.
        values.push(segment.trim_matches('`').to_owned());
        if let Some(index) = walk(next, rest, method, values, allowed) {
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

    fn routes(declared: &[(&str, &str)]) -> Routes {
        let resources: Vec<Resource> = declared
            .iter()
            .map(|(method, path)| {
                serde_json::from_value(serde_json::json!({"method": method, "path": path})).unwrap()
            })
            .collect();
        Routes::new(&resources).0
    }

    fn found(routes: &Routes, method: &str, path: &str) -> Option<(usize, Vec<String>)> {
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
