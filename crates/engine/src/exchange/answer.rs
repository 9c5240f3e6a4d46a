//! The last part of a call: nulls, aliases, selected fields, pages and counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::raw;

/// Removes null members, at any depth.
pub(super) fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            for member in members.values_mut() {
                remove_nulls(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// Copies members within each record: `{"id": "Id"}` gives every record with `Id` an `id` too.
pub(super) fn add_aliases(value: &mut Value, aliases: &BTreeMap<String, String>) {
    let add = |record: &mut Map<String, Value>| {
        for (new, existing) in aliases {
            if let Some(found) = record.get(existing).cloned()
                && !record.contains_key(new)
            {
                record.insert(new.clone(), found);
            }
        }
    };
    match value {
        Value::Object(record) => add(record),
        Value::Array(records) => records
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(add),
        _ => {}
    }
}

/// The same for JSON text that is a record or a list of them, parsed no further than where its members begin and end;
/// none when it cannot be walked.
pub(super) fn aliased(text: &Bytes, aliases: &BTreeMap<String, String>) -> Option<Bytes> {
    let names: Vec<Alias> = aliases
        .iter()
        .map(|(new, existing)| (raw::key(new), raw::key(existing)))
        .collect();
    raw::rewrite(text, |record, out| write_aliased(record, &names, out))
}

/// A new name and the existing one, as they stand in JSON.
type Alias = (Box<[u8]>, Box<[u8]>);

fn write_aliased(record: &[u8], names: &[Alias], out: &mut Vec<u8>) -> Option<()> {
    let Some(open) = record.strip_suffix(b"}") else {
        out.extend_from_slice(record);
        return Some(());
    };
    let mut members = Vec::with_capacity(2 * names.len());
    let concerned = |name: &[u8]| {
        names
            .iter()
            .any(|(new, existing)| *name == **new || *name == **existing)
    };
    let read = raw::object(record, 0, |name, value| {
        if concerned(&name) {
            members.push((name, value));
        }
    });
    read.ok()?;
    out.extend_from_slice(open.trim_ascii_end());
    for (new, existing) in names {
        let find = |wanted: &[u8]| members.iter().rfind(|(name, _)| **name == *wanted);
        if let (None, Some((_, value))) = (find(new), find(existing)) {
            let value = *value;
            out.push(b',');
            out.extend_from_slice(new);
            out.push(b':');
            out.extend_from_slice(value);
            members.push((Cow::Borrowed(new), value));
        }
    }
    out.push(b'}');
    Some(())
}

/// Keeps only the named fields of each record; a dotted name keeps its path. `id` stays, so that records can be found again.
pub(super) fn project(value: &mut Value, fields: &str) {
    let names: Vec<&str> = fields
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return;
    }
    match value {
        Value::Array(records) => {
            for record in records {
                project_record(record, &names);
            }
        }
        record => project_record(record, &names),
    }
}

fn project_record(record: &mut Value, names: &[&str]) {
    let Some(members) = record.as_object_mut() else {
        return;
    };
    members.retain(|member, value| {
        if member == "id" || names.contains(&member.as_str()) {
            return true;
        }
        let below: Vec<&str> = names
            .iter()
            .filter_map(|name| name.strip_prefix(member.as_str())?.strip_prefix('.'))
            .collect();
        if below.is_empty() {
            return false;
        }
        match value {
            Value::Array(items) => items
                .iter_mut()
                .for_each(|item| project_record(item, &below)),
            other => project_record(other, &below),
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nulls_go_at_any_depth_but_items_stay() {
        let mut value = json!({"a": null, "b": [{"c": null, "d": 1}, null]});
        remove_nulls(&mut value);
        assert_eq!(value, json!({"b": [{"d": 1}, null]}));
    }

    #[test]
    fn an_alias_never_overwrites() {
        let mut value = json!([{"Id": "1"}, {"Id": "2", "id": "own"}, 3]);
        add_aliases(&mut value, &BTreeMap::from([("id".into(), "Id".into())]));
        assert_eq!(
            value,
            json!([{"Id": "1", "id": "1"}, {"Id": "2", "id": "own"}, 3])
        );
    }

    #[test]
    fn fields_select_members_and_paths() {
        let mut value = json!([{"id": 1, "a": 2, "b": {"c": 3, "d": 4}, "e": 5}]);
        project(&mut value, "a, b.c");
        assert_eq!(value, json!([{"id": 1, "a": 2, "b": {"c": 3}}]));
    }
}
