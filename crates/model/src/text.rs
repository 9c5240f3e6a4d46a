//! Text that definitions share, and the members of theirs that nobody reads while a call runs.
//!
//! A server holds every element of its catalog for as long as it runs: what is equal is held once an element, and what
//! only pages of documentation read is held as the JSON that it was.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Text that does not change. Copies are the same bytes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// As a slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Text;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(text.into())
            }
        }
        from.deserialize_str(Read)
    }
}

/// Makes equal texts the same bytes.
#[derive(Debug, Default)]
pub struct Sharing(HashSet<Text>);

impl Sharing {
    /// One text.
    pub fn text(&mut self, text: &mut Text) {
        if let Some(known) = self.0.get(text.as_str()) {
            *text = known.clone();
        } else {
            self.0.insert(text.clone());
        }
    }

    /// One that may be missing.
    pub fn option(&mut self, text: &mut Option<Text>) {
        if let Some(text) = text {
            self.text(text);
        }
    }
}

/// Members of a definition that the model has no type for, as the JSON object that they were; they survive export.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Extra(Option<Box<str>>);

impl Extra {
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.pick(&[name]).remove(name)
    }

    /// The members of these names; the others are passed over unread.
    pub fn pick(&self, names: &[&str]) -> Map<String, Value> {
        struct Pick<'a>(&'a [&'a str]);
        impl<'de> Visitor<'de> for Pick<'_> {
            type Value = Map<String, Value>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut found = Map::new();
                while let Some(name) = members.next_key::<std::borrow::Cow<'de, str>>()? {
                    if self.0.contains(&&*name) {
                        found.insert(name.into_owned(), members.next_value()?);
                    } else {
                        members.next_value::<serde::de::IgnoredAny>()?;
                    }
                }
                Ok(found)
            }
        }
        let Some(text) = self.0.as_deref() else {
            return Map::new();
        };
        let mut json = serde_json::Deserializer::from_str(text);
        (&mut json).deserialize_map(Pick(names)).unwrap_or_default()
    }

    /// The member of this name, when it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The member of this name, when it is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    /// The items of the member of this name; none when it is no list.
    pub fn list(&self, name: &str) -> Vec<Value> {
        match self.get(name) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        }
    }

    /// All of them.
    pub fn members(&self) -> Map<String, Value> {
        let text = self.0.as_deref();
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(members: Map<String, Value>) -> Self {
        if members.is_empty() {
            return Self(None);
        }
        Self(Some(Value::Object(members).to_string().into()))
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.as_deref().unwrap_or("{}"))
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        self.members().serialize(out)
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Map::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_picked_by_name() {
        let all = json!({"a": 1, "b": {"c": [null]}, "d": "x"});
        let extra: Extra = serde_json::from_value(all.clone()).unwrap();
        assert_eq!(Value::Object(extra.members()), all);
        let picked = extra.pick(&["d", "b", "missing"]);
        assert_eq!(Value::Object(picked), json!({"b": {"c": [null]}, "d": "x"}));
        assert_eq!(extra.get("a"), Some(json!(1)));
        assert_eq!(Extra::default().get("a"), None);
    }

    #[test]
    fn equal_texts_become_the_same_bytes() {
        let (mut one, mut other) = (Text::from("where"), Text::from(String::from("where")));
        let mut sharing = Sharing::default();
        sharing.text(&mut one);
        sharing.text(&mut other);
        assert!(Arc::ptr_eq(&one.0, &other.0));
    }

    #[test]
    fn extra_members_are_found_by_name_and_survive() {
        let given = json!({"a\"b": [1, {"a": 2}], "text": "t", "no": null, "flag": true});
        let extra: Extra = serde_json::from_value(given.clone()).unwrap();
        assert_eq!(serde_json::to_value(&extra).unwrap(), given);
        assert_eq!(extra.get("a\"b"), Some(json!([1, {"a": 2}])));
        assert_eq!(extra.get("no"), Some(Value::Null));
        assert_eq!(extra.get("a"), None);
        assert_eq!(extra.text("text").as_deref(), Some("t"));
        assert_eq!(extra.flag("flag"), Some(true));
        assert_eq!(extra.list("a\"b").len(), 2);
        assert_eq!(Extra::default().get("a"), None);
        assert_eq!(size_of::<Extra>(), 16);
    }
}
