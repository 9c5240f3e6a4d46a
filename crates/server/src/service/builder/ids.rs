//! Ids of the pieces of an element: resources, parameters, hooks, objects and their fields, models.
//!
//! An export may bring its own. A piece without one gets a number made from what it is, so that it is the same at every
//! read; the first change of the element writes it down, and from then on it stays whatever the piece becomes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::service::elements::extensions::route;

/// Gives every piece of a definition that has none an id that is neither another piece's nor taken.
pub fn complete(definition: &mut Map<String, Value>, taken: &BTreeSet<i64>) {
    let mut known = taken.clone();
    collect(definition, &mut known);
    let mut seen = BTreeSet::new();
    pieces(definition, "", &mut known, &mut seen);
    for name in ["objects", "models"] {
        let Some(Value::Array(items)) = definition.get_mut(name) else {
            continue;
        };
        for item in items.iter_mut().filter_map(Value::as_object_mut) {
            let seed = named_seed(name.trim_end_matches('s'), "", item);
            give(item, &seed, &mut known, &mut seen);
            let of = item.get("id").map(Value::to_string).unwrap_or_default();
            if let Some(Value::Array(fields)) = item.get_mut("fields") {
                for field in fields.iter_mut().filter_map(Value::as_object_mut) {
                    let seed = named_seed("field", &of, field);
                    give(field, &seed, &mut known, &mut seen);
                }
            }
        }
    }
    let Some(Value::Array(resources)) = definition.get_mut("resources") else {
        return;
    };
    for resource in resources.iter_mut().filter_map(Value::as_object_mut) {
        let seed = route(text(resource, "method"), text(resource, "path"));
        give(resource, &seed, &mut known, &mut seen);
    }
    for resource in resources.iter_mut().filter_map(Value::as_object_mut) {
        let of = resource.get("id").map(Value::to_string).unwrap_or_default();
        pieces(resource, &of, &mut known, &mut seen);
    }
}

/// Adds the ids of a definition to a set.
pub fn collect(definition: &Map<String, Value>, taken: &mut BTreeSet<i64>) {
    let below = |holder: &Map<String, Value>, taken: &mut BTreeSet<i64>| {
        for name in ["parameters", "hooks"] {
            if let Some(Value::Array(items)) = holder.get(name) {
                taken.extend(items.iter().filter_map(|item| item.get("id")?.as_i64()));
            }
        }
    };
    below(definition, taken);
    for name in ["objects", "models"] {
        if let Some(Value::Array(items)) = definition.get(name) {
            for item in items.iter().filter_map(Value::as_object) {
                taken.extend(item.get("id").and_then(Value::as_i64));
                if let Some(Value::Array(fields)) = item.get("fields") {
                    taken.extend(fields.iter().filter_map(|field| field.get("id")?.as_i64()));
                }
            }
        }
    }
    if let Some(Value::Array(resources)) = definition.get("resources") {
        for resource in resources.iter().filter_map(Value::as_object) {
            taken.extend(resource.get("id").and_then(Value::as_i64));
            below(resource, taken);
        }
    }
}

/// A number for a seed that nothing has yet; it is taken from then on.
pub fn free(seed: &str, taken: &mut BTreeSet<i64>) -> i64 {
    // FNV-1a, folded into what every client takes for an integer.
    let hash = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut id = 1 + i64::try_from(hash % 2_000_000_000).unwrap_or(0);
    while !taken.insert(id) {
        id += 1;
    }
    id
}

/// What a parameter is made recognizable by.
pub fn parameter_seed(of: &str, parameter: &Map<String, Value>) -> String {
    let source = match text(parameter, "source") {
        "" => "request",
        other => other,
    };
    let [kind, name, vendor_kind, vendor_name] =
        ["type", "name", "vendorType", "vendorName"].map(|member| text(parameter, member));
    format!("parameter {of} {source} {kind} {name} {vendor_kind} {vendor_name}")
}

/// The same for a hook.
pub fn hook_seed(of: &str, hook: &Map<String, Value>) -> String {
    format!("hook {of} {}", text(hook, "type"))
}

/// The same for what is known by its name: objects, fields, models.
pub fn named_seed(kind: &str, of: &str, item: &Map<String, Value>) -> String {
    format!("{kind} {of} {}", text(item, "name"))
}

fn pieces(
    holder: &mut Map<String, Value>,
    of: &str,
    known: &mut BTreeSet<i64>,
    seen: &mut BTreeSet<i64>,
) {
    type Seed = fn(&str, &Map<String, Value>) -> String;
    let kinds: [(&str, Seed); 2] = [("parameters", parameter_seed), ("hooks", hook_seed)];
    for (name, seed) in kinds {
        if let Some(Value::Array(items)) = holder.get_mut(name) {
            for item in items.iter_mut().filter_map(Value::as_object_mut) {
                let seed = seed(of, item);
                give(item, &seed, known, seen);
            }
        }
    }
}

/// Of two pieces with one id the first keeps it.
fn give(
    item: &mut Map<String, Value>,
    seed: &str,
    known: &mut BTreeSet<i64>,
    seen: &mut BTreeSet<i64>,
) {
    let own = item.get("id").and_then(Value::as_i64);
    if own.is_some_and(|id| id > 0 && seen.insert(id)) {
        return;
    }
    let id = free(seed, known);
    seen.insert(id);
    item.insert("id".to_owned(), json!(id));
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> &'a str {
    members
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(definition: Value) -> Value {
        let Value::Object(mut members) = definition else {
            panic!("an object")
        };
        complete(&mut members, &BTreeSet::new());
        Value::Object(members)
    }

    #[test]
    fn ids_are_the_same_at_every_read_whatever_stands_before() {
        let one = json!({"method": "GET", "path": "/hubs/crm/a/{id}", "parameters": [{"name": "x", "type": "query"}]});
        let short = json!({"method": "get", "path": "/a/{key}", "parameters":
            [{"name": "x", "type": "query", "source": "request"}]});
        let alone = completed(json!({"resources": [one]}));
        let later = completed(json!({"resources": [{"method": "POST", "path": "/b"}, short]}));
        assert_eq!(alone["resources"][0]["id"], later["resources"][1]["id"]);
        let parameter = &alone["resources"][0]["parameters"][0]["id"];
        assert_eq!(*parameter, later["resources"][1]["parameters"][0]["id"]);
        assert_eq!(completed(alone.clone()), alone);
    }

    #[test]
    fn an_own_id_stays_and_a_second_of_it_does_not() {
        let twice = completed(json!({"resources": [
            {"id": 7, "method": "GET", "path": "/a"}, {"id": 7, "method": "GET", "path": "/b"},
            {"id": "text", "method": "GET", "path": "/b"}]}));
        let ids: BTreeSet<i64> = (0..3)
            .map(|at| twice["resources"][at]["id"].as_i64().unwrap())
            .collect();
        assert_eq!(
            (ids.len(), twice["resources"][0]["id"].as_i64()),
            (3, Some(7))
        );
    }
}
