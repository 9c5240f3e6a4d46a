//! Paths into JSON as the format writes them: `a.b`, `a[0].b`, `a[*]`, `[0]`, `.a`, `soap:Envelope.soap:Body`.

use serde_json::{Map, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Member(&'a str),
    Item(usize),
    /// All items, which is the array itself.
    Every,
}

/// The steps of a path.
pub(crate) fn parts(path: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for dotted in path.split('.') {
        let mut rest = dotted;
        if let Some(open) = rest.find('[') {
            let (member, items) = rest.split_at(open);
            if !member.is_empty() {
                parts.push(Part::Member(member));
            }
            rest = items;
            while let Some(inner) = rest.strip_prefix('[') {
                let Some((index, after)) = inner.split_once(']') else {
                    break;
                };
                match index.trim().parse() {
                    Ok(index) => parts.push(Part::Item(index)),
                    Err(_) => parts.push(Part::Every),
                }
                rest = after;
            }
        } else if !rest.is_empty() {
            parts.push(Part::Member(rest));
        }
    }
    parts
}

/// Finds the value at `path`; a member whose own name holds dots is found too.
///
/// `[*]` stands for all items: alone at the end it is the array itself.
pub fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(member) = value.as_object().and_then(|object| object.get(path)) {
        return Some(member);
    }
    let parts = parts(path);
    if parts.is_empty() {
        return None;
    }
    parts.iter().try_fold(value, |value, part| match part {
        Part::Member(name) => value.as_object()?.get(*name),
        Part::Item(index) => value.as_array()?.get(*index),
        Part::Every => value.is_array().then_some(value),
    })
}

/// Takes the value at `path` out of `value`, leaving null in its place.
pub fn take(value: &mut Value, path: &str) -> Option<Value> {
    if value
        .as_object()
        .is_some_and(|object| object.contains_key(path))
    {
        return value.as_object_mut()?.get_mut(path).map(Value::take);
    }
    let parts = parts(path);
    if parts.is_empty() {
        return None;
    }
    let mut at = value;
    for part in parts {
        at = match part {
            Part::Member(name) => at.as_object_mut()?.get_mut(name)?,
            Part::Item(index) => at.as_array_mut()?.get_mut(index)?,
            Part::Every => {
                if !at.is_array() {
                    return None;
                }
                at
            }
        };
    }
    Some(at.take())
}

/// Writes `new` at the dotted `path`, making objects on the way; items are not made.
pub fn set(value: &mut Value, path: &str, new: Value) {
    let mut at = value;
    let mut names = path.split('.').filter(|name| !name.is_empty()).peekable();
    while let Some(name) = names.next() {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(object) = at.as_object_mut() else {
            return;
        };
        if names.peek().is_none() {
            object.insert(name.to_owned(), new);
            return;
        }
        at = object
            .entry(name)
            .or_insert_with(|| Value::Object(Map::new()));
    }
}

/// The text of a scalar; objects and arrays are their JSON, null is nothing.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_what_the_format_points_at() {
        let body = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3, "soap:Body": {"r": 4}});
        for (path, expected) in [
            ("a.b[1].c", Some(json!(2))),
            (".a.b[0]", Some(json!({"c": 1}))),
            ("a.b[*]", Some(json!([{"c": 1}, {"c": 2}]))),
            ("x.y", Some(json!(3))),
            ("soap:Body.r", Some(json!(4))),
            ("a.z", None),
            ("a.b[9]", None),
            ("", None),
        ] {
            assert_eq!(get(&body, path).cloned(), expected, "{path}");
            assert_eq!(take(&mut body.clone(), path), expected, "take {path}");
        }
        assert_eq!(get(&json!([{"m": 1}]), "[0].m"), Some(&json!(1)));
    }

    #[test]
    fn writes_nested_members() {
        let mut body = json!({"a": 1});
        set(&mut body, "b.c.d", json!(2));
        assert_eq!(body, json!({"a": 1, "b": {"c": {"d": 2}}}));
    }
}
