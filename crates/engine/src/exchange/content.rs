//! The body of a vendor's answer, read only as far as somebody asks: JSON that nobody changes stays the bytes it was,
//! also when it is looked into or taken out of what surrounds it.

use std::borrow::Cow;

use bytes::Bytes;
use ligand_model::element::Xml;
use serde_json::{Value, json};

use super::xml;
use crate::json_path;
use crate::raw::{self, Opened};
use crate::scan;
use crate::step::VendorReply;

/// What JSON is not that cannot be read.
const NO_JSON: &str = "the JSON it should be.";

/// What the bytes of an answer claim to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Json,
    Xml,
    /// Neither: text, to hooks.
    Text,
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub(super) struct Content {
    bytes: Bytes,
    claim: Claim,
    value: Option<Value>,
    /// Why it is not what it claims to be.
    fault: Option<String>,
    /// JSON that somebody has looked into.
    opened: Option<Box<Opened>>,
    /// Whether the bytes are known to be whole JSON: a hook printed them, or they were taken out of such.
    part: bool,
    /// What a look over unread JSON told.
    scan: Option<scan::Scan>,
}

impl Content {
    const fn new(bytes: Bytes, claim: Claim, value: Option<Value>) -> Self {
        Self {
            bytes,
            claim,
            value,
            fault: None,
            opened: None,
            part: false,
            scan: None,
        }
    }

    /// Sorts the bytes of an answer by content type and first byte.
    pub(super) fn of(reply: &VendorReply, how: Option<&Xml>) -> Self {
        let kind = reply
            .header("content-type")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let first = reply.body.trim_ascii_start().first();
        let claim = match first {
            Some(b'{' | b'[') => Claim::Json,
            _ if kind.contains("json") => Claim::Json,
            _ if xml::is_xml(&kind, &reply.body) => Claim::Xml,
            _ => Claim::Text,
        };
        let value = first.is_none().then_some(Value::Null);
        let mut content = Self::new(reply.body.clone(), claim, value);
        if claim == Claim::Xml {
            let usual = Xml::default();
            match xml::read(&reply.body, how.unwrap_or(&usual)) {
                Ok(value) => content.value = Some(value),
                Err(error) => content.fault = Some(format!("usable XML: {error}.")),
            }
        }
        content
    }

    /// The bytes as text, whatever they are: what is streamed is read by nobody but a hook.
    pub(super) fn text_of(reply: &VendorReply) -> Self {
        Self::new(reply.body.clone(), Claim::Text, None)
    }

    /// A body that a hook or an earlier step made.
    pub(super) const fn made(value: Value) -> Self {
        Self::new(Bytes::new(), Claim::Json, Some(value))
    }

    /// JSON that is known to be whole.
    pub(super) const fn whole(bytes: Bytes) -> Self {
        let mut content = Self::new(bytes, Claim::Json, None);
        content.part = true;
        content
    }

    /// JSON bytes, when nobody has had to change or to parse them.
    pub(super) fn unread(&self) -> Option<&Bytes> {
        (self.claim == Claim::Json && self.value.is_none()).then_some(&self.bytes)
    }

    /// Items of unread JSON that is a list; known once it has been looked over.
    pub(super) fn unread_items(&self) -> Option<usize> {
        self.scan.and_then(|scan| scan.items)
    }

    /// The bytes of an answer that nobody replaced and that claims to be nothing.
    pub(super) fn vendor_bytes(&self) -> Option<&Bytes> {
        (self.claim == Claim::Text).then_some(&self.bytes)
    }

    /// The value; what is neither JSON nor XML is a string.
    pub(super) fn value(&mut self) -> &mut Value {
        let Self {
            bytes,
            claim,
            fault,
            ..
        } = self;
        self.value.get_or_insert_with(|| {
            if *claim == Claim::Json {
                match serde_json::from_slice(bytes) {
                    Ok(value) => return value,
                    Err(_) => *fault = Some(NO_JSON.to_owned()),
                }
            }
            Value::String(String::from_utf8_lossy(bytes).into_owned())
        })
    }

    /// JSON that is not parsed yet, taken apart one level.
    fn open(&mut self) -> Option<&Opened> {
        if self.unread().is_some() && self.opened.is_none() {
            self.opened = Opened::open(&self.bytes).map(Box::new);
            if self.opened.is_none() {
                self.value();
            }
        }
        self.opened.as_deref().filter(|_| self.value.is_none())
    }

    /// JSON that nobody has parsed yet and that is whole.
    pub(super) fn whole_json(&mut self) -> Option<Bytes> {
        let whole = self.part || self.open().is_some();
        self.unread().filter(|_| whole).cloned()
    }

    /// The whole as JSON text: what was parsed is printed.
    pub(super) fn whole_text(&mut self) -> Option<Bytes> {
        if let Some(text) = self.whole_json() {
            return Some(text);
        }
        self.value.as_ref().map(|value| value.to_string().into())
    }

    /// The JSON text at `path`.
    pub(super) fn text_at(&mut self, path: &str) -> Option<Bytes> {
        match self.open().map(|opened| opened.get(path)) {
            Some(found) => found,
            None => json_path::get(self.value(), path).map(|found| found.to_string().into()),
        }
    }

    /// Becomes a JSON text that is known to be whole.
    pub(super) fn put(&mut self, text: Bytes) {
        *self = Self::new(text, Claim::Json, None);
        self.part = true;
        self.scan = scan::scan(&self.bytes);
    }

    /// The value at `path`; of JSON that is not parsed yet only that is.
    pub(super) fn get(&mut self, path: &str) -> Option<Cow<'_, Value>> {
        match self.open().map(|opened| opened.get(path)) {
            Some(found) => serde_json::from_slice(&found?).ok().map(Cow::Owned),
            None => json_path::get(self.value(), path).map(Cow::Borrowed),
        }
    }

    /// Whether there is anything at `path`.
    pub(super) fn has(&mut self, path: &str) -> bool {
        match self.open().map(|opened| opened.get(path).is_some()) {
            Some(found) => found,
            None => json_path::get(self.value(), path).is_some(),
        }
    }

    /// Becomes what is at `path`, when there is something.
    pub(super) fn narrow(&mut self, path: &str) {
        match self.open().map(|opened| opened.get(path)) {
            Some(Some(found)) if *found == *b"null" => *self = Self::made(Value::Null),
            Some(Some(found)) => *self = Self::whole(found),
            Some(None) => {}
            None => {
                if let Some(found) = json_path::take(self.value(), path) {
                    self.value = Some(found);
                }
            }
        }
    }

    /// Puts each item of a list, or the whole, into an object of its own under this name.
    pub(super) fn wrap(&mut self, name: &str) {
        let opening = format!("{{{}:", Value::from(name));
        let wrapped = self.unread().and_then(|bytes| {
            raw::rewrite(bytes, |record, out| {
                out.extend_from_slice(opening.as_bytes());
                out.extend_from_slice(record);
                out.push(b'}');
                Some(())
            })
        });
        if let Some(wrapped) = wrapped {
            self.bytes = wrapped;
            self.opened = None;
            return;
        }
        let under = |value: &mut Value| *value = json!({name: value.take()});
        match self.value() {
            Value::Null => {}
            Value::Array(items) => items.iter_mut().for_each(under),
            other => under(other),
        }
    }

    /// The text of a member of the last item of a list.
    pub(super) fn of_last(&mut self, path: &str) -> Option<String> {
        let Some(bytes) = self.unread() else {
            let last = self.value().as_array()?.last()?;
            return json_path::get(last, path).and_then(json_path::text);
        };
        let last = bytes.slice_ref(raw::last(bytes.trim_ascii())?);
        let mut last = Self::new(last, Claim::Json, None);
        last.get(path).and_then(|found| json_path::text(&found))
    }

    fn begins_with(&self, first: u8) -> bool {
        let found = self
            .unread()
            .and_then(|bytes| bytes.trim_ascii_start().first());
        found == Some(&first)
    }

    /// Whether it is a JSON object.
    pub(super) fn is_object(&self) -> bool {
        self.value
            .as_ref()
            .map_or_else(|| self.begins_with(b'{'), Value::is_object)
    }

    /// Whether it is a JSON array.
    pub(super) fn is_list(&self) -> bool {
        self.value
            .as_ref()
            .map_or_else(|| self.begins_with(b'['), Value::is_array)
    }

    /// The vendor's own text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// What the answer is not, when it is neither empty nor JSON or XML, or claims to be and is not whole: completes
    /// "The vendor's answer is not …".
    pub(super) fn unintelligible(&mut self) -> Option<&str> {
        if self.bytes.trim_ascii_start().is_empty() {
            return None;
        }
        if self.fault.is_some() {
            return self.fault.as_deref();
        }
        // Such bytes are no JSON: passed on they would break their reader, and read they would be one text.
        let foreign = || std::str::from_utf8(&self.bytes).is_err();
        let known = self.part || self.opened.is_some();
        let broken = match &self.value {
            None if self.claim == Claim::Json => {
                self.scan = scan::scan(&self.bytes);
                self.scan.is_none() || (!known && foreign())
            }
            None => true,
            Some(Value::String(_)) => {
                foreign() || serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes).is_err()
            }
            Some(_) => false,
        };
        broken.then_some(NO_JSON)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::exchange::answer;

    /// JSON texts as vendors may write them: any space, escapes that are not needed, names that are there twice.
    fn text() -> impl Strategy<Value = String> {
        const LEAVES: [&str; 9] = [
            "null",
            "true",
            "-1.50e2",
            "0",
            "\"\"",
            r#""a\"}],""#,
            r#""\u00e9\\""#,
            "\"null\"",
            "\"é\"",
        ];
        const NAMES: [&str; 8] = ["a", "a", r"\u0061", "a.b", "", "é", r#"\"}"#, "id"];
        let space = || proptest::sample::select(vec!["", "", " ", "\n\t"]);
        let leaf = proptest::sample::select(LEAVES.to_vec()).prop_map(str::to_owned);
        leaf.prop_recursive(4, 40, 5, move |inner| {
            let item = (space(), inner.clone(), space());
            let item = item.prop_map(|(before, value, after)| format!("{before}{value}{after}"));
            let name = proptest::sample::select(NAMES.to_vec());
            let member = (space(), name, space(), inner);
            let member = member.prop_map(|(before, name, after, value)| {
                format!("{before}\"{name}\"{after}:{after}{value}{before}")
            });
            prop_oneof![
                proptest::collection::vec(item, 0..5)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                proptest::collection::vec(member, 0..5)
                    .prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    fn path() -> impl Strategy<Value = String> {
        const PARTS: [&str; 8] = ["a", "b", "é", "[0]", "[1]", "[*]", "a[0]", "id"];
        proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..4)
            .prop_map(|parts| parts.join("."))
    }

    fn of(text: &str) -> Content {
        Content::new(Bytes::from(text.to_owned()), Claim::Json, None)
    }

    proptest! {
        #[test]
        fn what_is_found_in_bytes_is_what_is_found_in_the_tree(text in text(), path in path(), below in path()) {
            let tree: Value = serde_json::from_str(&text).unwrap();
            let (mut bytes, mut parsed) = (of(&format!(" {text} ")), Content::made(tree));
            prop_assert_eq!(bytes.get(&path), parsed.get(&path));
            prop_assert_eq!(bytes.has(&path), parsed.has(&path));
            bytes.narrow(&path);
            parsed.narrow(&path);
            prop_assert_eq!(bytes.get(&below), parsed.get(&below));
            prop_assert_eq!(bytes.of_last(&below), parsed.of_last(&below));
            prop_assert_eq!((bytes.is_list(), bytes.is_object()), (parsed.is_list(), parsed.is_object()));
            prop_assert_eq!(bytes.unintelligible(), None);
            prop_assert_eq!(bytes.value(), parsed.value());
        }

        #[test]
        fn names_added_to_bytes_are_those_added_to_the_tree(
            text in text(),
            aliases in proptest::collection::btree_map("[abé]|id", "[abé]|id", 0..4),
        ) {
            let aliases: BTreeMap<String, String> = aliases;
            let mut tree: Value = serde_json::from_str(&text).unwrap();
            answer::add_aliases(&mut tree, &aliases);
            let added = answer::aliased(&Bytes::from(format!("\n{text} ")), &aliases).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Value>(&added).unwrap(), tree);
        }

        #[test]
        fn what_is_wrapped_as_bytes_is_what_is_wrapped_as_a_tree(
            text in text().prop_filter("nothing is there to wrap", |text| text != "null"),
            name in "[a\"é]{0,2}",
        ) {
            let tree: Value = serde_json::from_str(&text).unwrap();
            let (mut bytes, mut parsed) = (of(&format!(" {text} ")), Content::made(tree));
            bytes.unintelligible();
            bytes.wrap(&name);
            parsed.wrap(&name);
            let items = parsed.value().as_array().map(Vec::len);
            prop_assert_eq!(bytes.unread_items(), items);
            prop_assert_eq!(bytes.value(), parsed.value());
        }

        #[test]
        fn what_is_no_json_is_never_looked_into(text in text(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}\",:a0é ]") {
            let mut letters: Vec<char> = text.chars().collect();
            let at = at.index(letters.len());
            letters.splice(at..=at, with.chars());
            let changed: String = letters.into_iter().collect();
            let mut content = of(&changed);
            if let Ok(tree) = serde_json::from_str::<Value>(&changed) {
                let mut parsed = Content::made(tree);
                prop_assert_eq!(content.get("a"), parsed.get("a"));
                prop_assert_eq!(content.unintelligible(), None);
            } else {
                prop_assert_eq!(content.get("a"), None);
                prop_assert!(changed.trim().is_empty() || content.unintelligible().is_some());
            }
        }
    }
}
