//! What is different between two definitions, place by place.

use serde_json::{Value, json};

/// Most differences that are listed.
const MOST: usize = 10_000;

/// The differences, in the order of the later definition.
///
/// # Shape
/// `[{"op": "add|remove|replace", "path": "/resources/17/vendorPath", "before": …, "after": …}]`. Items of a list are
/// named by their `id` or `key` where they have one, else by position.
pub fn between(before: &Value, after: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Value>) {
    if before == after || found.len() >= MOST {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in new {
                let place = format!("{path}/{}", escaped(name));
                match old.get(name) {
                    Some(known) => compare(&place, known, value, found),
                    None => found.push(json!({"op": "add", "path": place, "after": value})),
                }
            }
            for (name, value) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
                let place = format!("{path}/{}", escaped(name));
                found.push(json!({"op": "remove", "path": place, "before": value}));
            }
        }
        (Value::Array(old), Value::Array(new)) => lists(path, old, new, found),
        _ => found.push(json!({"op": "replace", "path": path, "before": before, "after": after})),
    }
}

fn lists(path: &str, old: &[Value], new: &[Value], found: &mut Vec<Value>) {
    let named = |items: &[Value]| -> Vec<String> {
        items
            .iter()
            .zip(0..)
            .map(|(item, at)| name(item, at))
            .collect()
    };
    let (old_names, new_names) = (named(old), named(new));
    for (item, name) in new.iter().zip(&new_names) {
        let place = format!("{path}/{}", escaped(name));
        let known = old_names.iter().position(|known| known == name);
        match known.and_then(|at| old.get(at)) {
            Some(known) => compare(&place, known, item, found),
            None => found.push(json!({"op": "add", "path": place, "after": item})),
        }
    }
    for (item, name) in old
        .iter()
        .zip(&old_names)
        .filter(|(_, name)| !new_names.contains(name))
    {
        let place = format!("{path}/{}", escaped(name));
        found.push(json!({"op": "remove", "path": place, "before": item}));
    }
}

fn name(item: &Value, position: usize) -> String {
    match (item.get("key"), item.get("id")) {
        (Some(Value::String(key)), _) => key.clone(),
        (_, Some(Value::Number(id))) => id.to_string(),
        _ => position.to_string(),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_followed_by_id_not_by_position() {
        let before =
            json!({"name": "x", "resources": [{"id": 1, "path": "/a"}, {"id": 2, "path": "/b"}]});
        let after = json!({"name": "x", "new": true, "resources": [{"id": 2, "path": "/c"}, {"id": 3, "path": "/d"}]});
        let found = between(&before, &after);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one["op"].as_str().unwrap(), one["path"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                ("add", "/new"),
                ("replace", "/resources/2/path"),
                ("add", "/resources/3"),
                ("remove", "/resources/1")
            ]
        );
        assert!(between(&after, &after).is_empty());
    }
}
