//! JSON that is only taken apart where somebody looks: everything else stays a slice of the input and is copied as it is.

use std::collections::HashMap;

use serde_json::Value;

use crate::raw::{Key, items, object};

/// A value, as far as it has been taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lazy<'a> {
    /// Untouched.
    Raw(&'a [u8]),
    /// Made here.
    Own(Box<[u8]>),
    /// An object's members in order.
    Object(Vec<(Key<'a>, Lazy<'a>)>),
    /// An array's items.
    Array(Vec<Lazy<'a>>),
}

impl<'a> Lazy<'a> {
    pub(super) fn of(value: &Value) -> Self {
        Self::Own(value.to_string().into_bytes().into_boxed_slice())
    }

    fn first(&self) -> Option<u8> {
        match self {
            Self::Raw(raw) => raw.first().copied(),
            Self::Own(own) => own.first().copied(),
            Self::Object(_) => Some(b'{'),
            Self::Array(_) => Some(b'['),
        }
    }

    /// Takes an object apart one level; anything else stays.
    pub(super) fn open_object(self) -> Result<Vec<(Key<'a>, Self)>, Self> {
        match self {
            Self::Object(members) => Ok(members),
            Self::Raw(raw) => {
                let mut members = Vec::new();
                match object(raw, 0, |key, value| members.push((key, Self::Raw(value)))) {
                    Ok(_) if raw.first() == Some(&b'{') => Ok(members),
                    _ => Err(Self::Raw(raw)),
                }
            }
            other => Err(other),
        }
    }

    /// Takes an array apart one level; anything else stays.
    pub(super) fn open_array(self) -> Result<Vec<Self>, Self> {
        match self {
            Self::Array(items) => Ok(items),
            Self::Raw(raw) => match items(raw) {
                Some(items) => Ok(items.into_iter().map(Self::Raw).collect()),
                None => Err(Self::Raw(raw)),
            },
            other => Err(other),
        }
    }

    /// Puts what `under` has and this has not into this: members of objects, items of arrays of one length.
    pub(super) fn merge(self, under: Self) -> Self {
        match (self.first(), under.first()) {
            (Some(b'{'), Some(b'{')) => match (self.open_object(), under.open_object()) {
                (Ok(over), Ok(under)) => Self::Object(merge_members(over, under)),
                (Ok(over), Err(_)) => Self::Object(over),
                (Err(over), _) => over,
            },
            (Some(b'['), Some(b'[')) => match (self.open_array(), under.open_array()) {
                (Ok(over), Ok(under)) if over.len() == under.len() => {
                    let pairs = over.into_iter().zip(under);
                    Self::Array(pairs.map(|(over, under)| over.merge(under)).collect())
                }
                (Ok(over), _) => Self::Array(over),
                (Err(over), _) => over,
            },
            _ => self,
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Raw(raw) => out.extend_from_slice(raw),
            Self::Own(own) => out.extend_from_slice(own),
            Self::Object(members) => {
                out.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(key);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
        }
    }
}

/// More members than this are looked up by hash.
const FEW: usize = 24;

fn merge_members<'a>(
    mut over: Vec<(Key<'a>, Lazy<'a>)>,
    under: Vec<(Key<'a>, Lazy<'a>)>,
) -> Vec<(Key<'a>, Lazy<'a>)> {
    let index: Option<HashMap<Key<'a>, usize>> = (over.len() > FEW).then(|| {
        over.iter()
            .enumerate()
            .map(|(at, (key, _))| (key.clone(), at))
            .collect()
    });
    let known = over.len();
    for (key, value) in under {
        let at = match &index {
            Some(index) => index.get(&key).copied(),
            None => over.iter().take(known).position(|(other, _)| *other == key),
        };
        match at.and_then(|at| over.get_mut(at)) {
            None => over.push((key, value)),
            Some((_, slot)) => {
                let mine = std::mem::replace(slot, Lazy::Raw(b"null"));
                *slot = mine.merge(value);
            }
        }
    }
    over
}
