//! *Added.* How records are made of what a vendor answers, where its answer is not the record: of a table, or of members
//! that stand elsewhere; and how what it takes is made of what the caller sends.
//!
//! # Places
//! A place is a path in the record (`file.id`); one that begins with `$` is outside of it: `$body` is what the caller sent,
//! `$path.id` a variable of the caller's path, `$query.path` a query parameter, `$where.listId` what the caller's `where`
//! says that a field equals, `$previous` the answer of the link before
//! in a chain, `$record` the record itself. `$body.C_*` is an object of those members of the body whose names begin so, and
//! nothing when there are none. `a | b` is the first that holds anything but null, `false`, 0 and the empty
//! text, else the last that is there.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

use super::Test;

/// A table as records: each row becomes an object whose members bear the names of the headings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// Place of the list of headings. Of two that are the same the later counts; a cell without a heading is left out.
    pub headings: String,
    /// Place of the list of rows, which becomes a list of records; one that is not there is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<String>,
    /// Place of one row alone, which becomes one record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// A heading that rows may lack: one that has a cell less than there are headings lacks this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optional: Option<String>,
}

/// How an answer in XML becomes JSON; without a word on it attributes are members named `@name`, and an element is a list
/// where there are several of its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Xml {
    /// Elements that are lists, also where there is one of the name alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// Attributes are left out, and an element that says it is nil is null.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
}

/// What becomes of each record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// That of the first variant whose `when` holds; a record that none is for stays as it is.
    Several(Vec<Variant>),
    /// The same for every one.
    One(Variant),
}

impl Shape {
    /// Its variants.
    pub fn variants(&self) -> &[Variant] {
        match self {
            Self::One(variant) => std::slice::from_ref(variant),
            Self::Several(variants) => variants,
        }
    }
}

/// One kind of record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// Which records it is for; default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Test>,
    /// Objects whose members the new record begins with; later ones win.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Keep>,
    /// Names of members that are not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omit: Vec<String>,
    /// Its members, which win over those that are kept. One whose source holds nothing is left out.
    #[serde(default, skip_serializing_if = "Members::is_empty")]
    pub members: Members,
}

/// An object whose members are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Keep {
    /// The place of one whose members are kept as they stand.
    Place(String),
    /// One whose members are texts at the vendor.
    Texts(TextsKept),
}

/// Members as texts: a number or a flag is one with the same letters, and null takes away the member that was kept before.
/// Objects and lists stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextsKept {
    /// The place of the object.
    pub texts: String,
}

/// Where the value of a member comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// A place: its value as it stands.
    Place(String),
    /// Always the same.
    Flag(bool),
    /// Always the same.
    Number(Number),
    /// A text.
    Text(TextSource),
    /// A number.
    Numeric(NumberSource),
    /// A path of files.
    Path(PathSource),
    /// A list; an item that holds nothing is left out.
    List(Vec<Source>),
    /// An object of its own; none when its `when` does not hold.
    Record(Box<Variant>),
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        const KINDS: &str = "expected a place, true, false, a number, {\"text\"}, {\"number\"}, {\"path\"}, a list of such, or {\"keep\", \"members\"}";
        let value = Value::deserialize(from)?;
        let has = |name: &str| value.get(name).is_some();
        let made = match &value {
            Value::String(place) => return Ok(Self::Place(place.clone())),
            Value::Bool(flag) => return Ok(Self::Flag(*flag)),
            Value::Number(number) => return Ok(Self::Number(number.clone())),
            Value::Object(_) if has("text") => TextSource::deserialize(&value).map(Self::Text),
            Value::Object(_) if has("number") => {
                NumberSource::deserialize(&value).map(Self::Numeric)
            }
            Value::Object(_) if has("path") => PathSource::deserialize(&value).map(Self::Path),
            Value::Array(_) => Vec::deserialize(&value).map(Self::List),
            Value::Object(_) if has("keep") || has("members") => {
                Variant::deserialize(&value).map(|made| Self::Record(Box::new(made)))
            }
            _ => return Err(serde::de::Error::custom(KINDS)),
        };
        made.map_err(serde::de::Error::custom)
    }
}

/// A text with `{places}` in it; none when it has places and none of them holds anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSource {
    /// The text.
    pub text: String,
    /// What it ends with, unless it does already, whatever the case of its letters; nothing while its places hold nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
}

/// The number at a place that may hold it as a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberSource {
    /// The place.
    pub number: String,
}

/// Names one below the other: `/`, then those that are there with one `/` between them; none without the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathSource {
    /// The names; slashes around them are taken off, but not those at the end of the last.
    pub path: Vec<Source>,
}

/// Members in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members(pub Vec<(String, Source)>);

impl Members {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, source)| (name, source)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of members and where they come from")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Read)
    }
}
