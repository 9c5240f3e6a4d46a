//! A whole JSON text whose outermost level is known: what stands at a path is found without building its tree.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{items, key, object, skip, space};
use crate::json_path::{Part, parts};

/// A text that is JSON from its first byte to its last.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    whole: Bytes,
    /// The members of an object; nothing for anything else.
    members: BTreeMap<String, Bytes>,
}

impl Opened {
    /// Looks over all of a text once; none when it is no JSON.
    pub(crate) fn open(text: &Bytes) -> Option<Self> {
        let members: BTreeMap<String, &RawValue> = match text.trim_ascii_start().first()? {
            b'{' => serde_json::from_slice(text).ok()?,
            _ => serde_json::from_slice::<&RawValue>(text)
                .map(|_| BTreeMap::new())
                .ok()?,
        };
        let slice = |value: &RawValue| text.slice_ref(value.get().as_bytes());
        Some(Self {
            members: members
                .into_iter()
                .map(|(name, value)| (name, slice(value)))
                .collect(),
            whole: text.slice_ref(text.trim_ascii()),
        })
    }

    /// The whole of it.
    pub(crate) fn whole(&self) -> Bytes {
        self.whole.clone()
    }

    /// An object of the members whose names begin so; none when there are none.
    pub(crate) fn beginning(&self, beginning: &str) -> Option<Bytes> {
        let from = self.members.range(beginning.to_owned()..);
        let mut out = Vec::new();
        for (name, value) in from.take_while(|(name, _)| name.starts_with(beginning)) {
            out.push(if out.is_empty() { b'{' } else { b',' });
            out.extend_from_slice(&key(name));
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.push(b'}');
        (out.len() > 1).then(|| out.into())
    }

    /// The text of the value at `path`, read as [`crate::json_path::get`] reads it.
    pub(crate) fn get(&self, path: &str) -> Option<Bytes> {
        if let Some(member) = self.members.get(path) {
            return Some(member.clone());
        }
        let mut parts = parts(path).into_iter();
        let outermost: &[u8] = match parts.next()? {
            Part::Member(name) => self.members.get(name)?,
            other => below(&self.whole, &other)?,
        };
        let found = parts.try_fold(outermost, |value, part| below(value, &part))?;
        Some(self.whole.slice_ref(found))
    }
}

/// What is one step below a value.
pub(crate) fn below<'a>(value: &'a [u8], part: &Part<'_>) -> Option<&'a [u8]> {
    match part {
        Part::Member(name) => member(value, name),
        Part::Item(index) => item(value, *index),
        Part::Every => (value.first() == Some(&b'[')).then_some(value),
    }
}

/// The last member of this name: so a parser reads one that is there twice.
fn member<'a>(value: &'a [u8], name: &str) -> Option<&'a [u8]> {
    if value.first() != Some(&b'{') {
        return None;
    }
    let (wanted, mut found) = (key(name), None);
    let read = object(value, 0, |name, value| {
        if *name == *wanted {
            found = Some(value);
        }
    });
    read.ok().and(found)
}

fn item(value: &[u8], index: usize) -> Option<&[u8]> {
    if value.first() != Some(&b'[') {
        return None;
    }
    let mut at = space(value, 1);
    for _ in 0..index {
        at = space(value, skip(value, at).ok()?);
        if value.get(at) != Some(&b',') {
            return None;
        }
        at = space(value, at + 1);
    }
    value.get(at..skip(value, at).ok()?)
}

/// The last item of an array.
pub(crate) fn last(value: &[u8]) -> Option<&[u8]> {
    items(value)?.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_slices() {
        let text = br#" {"x": {"a": 1, "\u0061": [2, {"b": "\"}"}]}, "x.a": null} "#;
        let opened = Opened::open(&Bytes::from_static(text)).unwrap();
        for (path, expected) in [
            ("x.a[0]", Some("2")),
            ("x.a[1].b", Some(r#""\"}""#)),
            ("x.a[*]", Some(r#"[2, {"b": "\"}"}]"#)),
            ("x.a", Some("null")),
            ("x.a[2]", None),
            ("x[0]", None),
            ("", None),
        ] {
            assert_eq!(
                opened.get(path).as_deref(),
                expected.map(str::as_bytes),
                "{path}"
            );
        }
        let list = Opened::open(&Bytes::from_static(b"[[], {\"a\": 1}]")).unwrap();
        assert_eq!(list.get("[1].a").as_deref(), Some(&b"1"[..]));
        assert_eq!(list.get("a"), None);
    }

    #[test]
    fn members_are_found_by_how_they_begin() {
        let of = |body: &'static str| Opened::open(&Bytes::from_static(body.as_bytes())).unwrap();
        let body =
            of(r#"{"D_": 1, "C_b": null, "a": 1, "C_": {"C_d": 2}, "c_a": 1, "\u0043_\"": 3}"#);
        assert_eq!(
            body.beginning("C_").unwrap(),
            r#"{"C_":{"C_d": 2},"C_\"":3,"C_b":null}"#
        );
        assert_eq!(body.beginning("Ca"), None);
        assert_eq!(of(r#"[{"C_a": 1}]"#).beginning("C_"), None);
    }

    #[test]
    fn only_whole_json_is_opened() {
        for text in [
            "",
            "{",
            "{\"a\":}",
            "[1,]",
            "{} {}",
            "\"\\x\"",
            "{\"a\":01}",
            "\u{feff}{}",
        ] {
            assert!(
                Opened::open(&Bytes::from_static(text.as_bytes())).is_none(),
                "{text}"
            );
        }
        assert!(Opened::open(&Bytes::from_static(b"[\"\xe9\"]")).is_none());
    }
}
