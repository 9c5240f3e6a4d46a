//! Places that pick items of lists: reading what is there, writing where it may not be yet.

use super::lazy::Lazy;
use super::path::Step;
use crate::raw::{Key, items, key, object};

/// The part of a value that steps lead to; `[*]` gathers a list.
pub(super) fn walk<'a>(steps: &[Step], raw: &'a [u8]) -> Option<Lazy<'a>> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(Lazy::Raw(raw));
    };
    match step {
        Step::Key(name) => walk(rest, member(raw, name)?),
        Step::Index(at) => walk(rest, items(raw)?.get(*at).copied()?),
        Step::Filter(keys, value) => {
            let found = items(raw)?
                .into_iter()
                .find(|item| holds(item, keys, value))?;
            walk(rest, found)
        }
        Step::Size => Some(Lazy::of(&items(raw)?.len().into())),
        Step::All if rest.first() == Some(&Step::Size) => walk(rest, raw),
        Step::All => {
            let found = items(raw)?.into_iter().filter_map(|item| walk(rest, item));
            // A list of lists reads as one.
            let flat = rest.contains(&Step::All);
            let mut all = Vec::new();
            for value in found {
                match value {
                    Lazy::Array(inner) if flat => all.extend(inner),
                    other => all.push(other),
                }
            }
            Some(Lazy::Array(all))
        }
    }
}

fn member<'a>(raw: &'a [u8], name: &str) -> Option<&'a [u8]> {
    if raw.first() != Some(&b'{') {
        return None;
    }
    let (wanted, mut found) = (key(name), None);
    object(raw, 0, |key, value| {
        if *key == *wanted {
            found = Some(value);
        }
    })
    .ok()?;
    found
}

/// Whether an item's member has a value; numbers and texts that look alike are alike.
fn holds(item: &[u8], keys: &[String], value: &serde_json::Value) -> bool {
    let found = keys.iter().try_fold(item, |raw, name| member(raw, name));
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    found
        .and_then(|raw| serde_json::from_slice(raw).ok())
        .is_some_and(|found: serde_json::Value| text(&found) == text(value))
}

/// The most items that writing to a picked one makes.
const MOST_PADDING: usize = 1000;

/// Writes at a place that picks items; what stands in the way is replaced.
pub(super) fn set<'a>(whole: &mut Lazy<'a>, steps: &[Step], value: Lazy<'a>) {
    let Some((step, rest)) = steps.split_first() else {
        *whole = value;
        return;
    };
    let now = std::mem::replace(whole, Lazy::Raw(b"null"));
    *whole = match step {
        Step::Key(name) => {
            let mut members = now.open_object().unwrap_or_default();
            let name = key(name);
            let at = members.iter().position(|(known, _)| **known == *name);
            let at = at.unwrap_or_else(|| {
                members.push((Key::Owned(name.into_vec()), Lazy::Raw(b"null")));
                members.len() - 1
            });
            if let Some((_, slot)) = members.get_mut(at) {
                set(slot, rest, value);
            }
            Lazy::Object(members)
        }
        Step::Index(at) if *at < MOST_PADDING => {
            let mut items = now.open_array().unwrap_or_default();
            while items.len() <= *at {
                items.push(Lazy::Object(Vec::new()));
            }
            if let Some(slot) = items.get_mut(*at) {
                set(slot, rest, value);
            }
            Lazy::Array(items)
        }
        Step::Filter(keys, wanted) => {
            let mut items = now.open_array().unwrap_or_default();
            let written = |item: &Lazy<'_>| {
                let mut text = Vec::new();
                item.write(&mut text);
                holds(&text, keys, wanted)
            };
            let at = items.iter().position(written).unwrap_or_else(|| {
                let mut made = Lazy::Object(Vec::new());
                let path: Vec<Step> = keys.iter().cloned().map(Step::Key).collect();
                set(&mut made, &path, Lazy::of(wanted));
                items.push(made);
                items.len() - 1
            });
            if let Some(slot) = items.get_mut(at) {
                set(slot, rest, value);
            }
            Lazy::Array(items)
        }
        Step::Index(_) | Step::All | Step::Size => now,
    };
}
