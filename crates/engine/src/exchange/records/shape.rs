//! Records in another shape: members picked, renamed, kept, put together.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use ligand_model::element::{Keep, Shape, Source, Variant};
use serde_json::Value;

use super::in_proportion;
use super::places::{Choice, Condition, Found, Outside, Reader, plain};
use crate::raw;

/// A variant, compiled for one answer.
struct Kind<'a> {
    when: Option<Condition<'a>>,
    keep: Vec<Kept<'a>>,
    omit: BTreeSet<Box<[u8]>>,
    members: Vec<(Box<[u8]>, Made<'a>)>,
}

/// An object whose members are kept.
struct Kept<'a> {
    places: &'a str,
    object: Choice<'a>,
    /// Whether its members become texts.
    texts: bool,
}

/// What a member is made of.
enum Made<'a> {
    Copy(Choice<'a>),
    Constant(Vec<u8>),
    Text(Text<'a>, Option<Text<'a>>),
    Number(Choice<'a>),
    Path(Vec<Made<'a>>),
    List(Vec<Made<'a>>),
    Record(Kind<'a>),
}

/// A text with places in it.
struct Text<'a>(Vec<Piece<'a>>);

enum Piece<'a> {
    Literal(&'a str),
    Place(Choice<'a>),
}

/// Each record of a list, or the whole, in its shape; none when that would be out of proportion.
pub(super) fn shaped(text: &Bytes, shape: &Shape, outside: &Outside<'_>) -> Option<Bytes> {
    let mut reader = Reader::new(outside);
    let kinds = kinds(shape, &mut reader);
    raw::rewrite(text, |record, out| {
        let found = reader.read(record)?;
        match kinds.iter().find(|kind| kind.holds(&found)) {
            Some(kind) => kind.write(&found, out)?,
            None => out.extend_from_slice(record),
        }
        in_proportion(out, text)
    })
}

/// The first variant that is for this call, with nothing in its record.
pub(super) fn known(shape: &Shape, outside: &Outside<'_>) -> Option<Vec<u8>> {
    let mut reader = Reader::new(outside);
    let kinds = kinds(shape, &mut reader);
    let found = reader.read(b"null")?;
    let kind = kinds.iter().find(|kind| kind.holds(&found))?;
    let mut out = Vec::new();
    kind.write(&found, &mut out)?;
    Some(out)
}

/// Why a request cannot be made of a body.
pub(super) enum Unfit<'a> {
    /// What stands at these places is no object.
    NoObject(&'a str),
    /// It would be out of proportion.
    TooLarge,
}

/// What a body becomes on its way to the vendor; none when no variant is for it.
///
/// # Errors
/// What is kept of the body is no object.
pub(super) fn requested<'a>(
    body: &Bytes,
    shape: &'a Shape,
    outside: &'a Outside<'a>,
) -> Result<Option<Bytes>, Unfit<'a>> {
    let mut reader = Reader::new(outside);
    let kinds = kinds(shape, &mut reader);
    let found = reader.read(body).ok_or(Unfit::TooLarge)?;
    let Some(kind) = kinds.iter().find(|kind| kind.holds(&found)) else {
        return Ok(None);
    };
    if let Some(places) = kind.lacks(&found) {
        return Err(Unfit::NoObject(places));
    }
    let mut out = Vec::with_capacity(body.len());
    let written = kind.write(&found, &mut out);
    written.ok_or(Unfit::TooLarge)?;
    Ok(Some(out.into()))
}

fn kinds<'a>(shape: &'a Shape, reader: &mut Reader<'a>) -> Vec<Kind<'a>> {
    let variants = shape.variants().iter();
    variants.map(|variant| Kind::of(variant, reader)).collect()
}

impl<'a> Kind<'a> {
    fn holds(&self, found: &Found<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(found))
    }

    fn of(variant: &'a Variant, reader: &mut Reader<'a>) -> Self {
        let when = variant.when.as_ref();
        let when = when.map(|test| Condition::of(test, reader));
        let keep = variant.keep.iter().map(|keep| {
            let (places, texts) = match keep {
                Keep::Place(places) => (places, false),
                Keep::Texts(kept) => (&kept.texts, true),
            };
            Kept {
                places,
                object: reader.choice(places),
                texts,
            }
        });
        let keep = keep.collect();
        let members = variant.members.0.iter();
        let members = members
            .map(|(name, source)| (raw::key(name), Made::of(source, reader)))
            .collect();
        Self {
            when,
            keep,
            omit: variant.omit.iter().map(|name| raw::key(name)).collect(),
            members,
        }
    }

    /// The places of the first object of the body that is to be kept and is none.
    fn lacks(&self, found: &Found<'_>) -> Option<&'a str> {
        let of_body = |kept: &&Kept<'_>| {
            let mut places = kept.places.split('|').map(str::trim);
            places.any(|place| !place.starts_with('$') || place == "$record")
        };
        let no_object = |kept: &&Kept<'_>| {
            let value = kept.object.get(found);
            value.and_then(<[u8]>::first) != Some(&b'{')
        };
        let own = self.keep.iter().filter(of_body).find(no_object);
        let below = || self.members.iter().find_map(|(_, made)| made.lacks(found));
        own.map(|kept| kept.places).or_else(below)
    }

    /// Writes the record; none when it cannot be read or would be out of proportion.
    fn write(&self, found: &Found<'_>, out: &mut Vec<u8>) -> Option<()> {
        let made = self.members.iter().filter_map(|(name, value)| {
            let value = value.get(found)?;
            Some((Cow::Borrowed(&**name), Some(value)))
        });
        let mut members: Vec<(raw::Key<'_>, Option<Cow<'_, [u8]>>)> = Vec::new();
        if self.keep.is_empty() {
            members.extend(made);
        } else {
            let mut known: HashMap<raw::Key<'_>, usize> = HashMap::new();
            let mut add = |name: raw::Key<'_>, value| {
                let name: raw::Key<'static> = Cow::Owned(name.into_owned());
                let at = *known.entry(name.clone()).or_insert(members.len());
                match members.get_mut(at) {
                    Some((_, old)) => *old = value,
                    None => members.push((name, value)),
                }
            };
            for kept in &self.keep {
                let Some(object) = kept
                    .object
                    .get(found)
                    .filter(|one| one.first() == Some(&b'{'))
                else {
                    continue;
                };
                found.spend(object.len())?;
                let walked = raw::object(object, 0, |name, value| {
                    if self.omit.contains(&*name) {
                        return;
                    }
                    let value = if kept.texts {
                        as_text(value)
                    } else {
                        Some(Cow::Borrowed(value))
                    };
                    add(name, value);
                });
                walked.ok()?;
            }
            made.for_each(|(name, value)| add(name, value));
        }
        let begin = out.len();
        for (name, value) in &members {
            let Some(value) = value else { continue };
            found.spend(name.len() + value.len())?;
            out.push(if out.len() == begin { b'{' } else { b',' });
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(value);
        }
        if out.len() == begin {
            out.push(b'{');
        }
        out.push(b'}');
        found.in_budget()
    }
}

/// A member as a text; null is none.
fn as_text(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match value {
        b"null" => None,
        [b'"' | b'{' | b'[', ..] => Some(Cow::Borrowed(value)),
        scalar => Some(Cow::Owned([b"\"", scalar, b"\""].concat())),
    }
}

impl<'a> Made<'a> {
    fn of(source: &'a Source, reader: &mut Reader<'a>) -> Self {
        match source {
            Source::Place(place) => Self::Copy(reader.choice(place)),
            Source::Flag(flag) => Self::Constant(flag.to_string().into_bytes()),
            Source::Number(number) => Self::Constant(number.to_string().into_bytes()),
            Source::Numeric(source) => Self::Number(reader.choice(&source.number)),
            Source::Text(source) => {
                let ending = source.ending.as_deref();
                Self::Text(
                    Text::of(&source.text, reader),
                    ending.map(|ending| Text::of(ending, reader)),
                )
            }
            Source::Path(source) => {
                let names = source.path.iter().map(|name| Self::of(name, reader));
                Self::Path(names.collect())
            }
            Source::List(items) => {
                let items = items.iter().map(|item| Self::of(item, reader));
                Self::List(items.collect())
            }
            Source::Record(variant) => Self::Record(Kind::of(variant, reader)),
        }
    }

    /// The value as JSON text.
    fn get<'t>(&'t self, found: &Found<'t>) -> Option<Cow<'t, [u8]>> {
        match self {
            Self::Copy(choice) => choice.get(found).map(Cow::Borrowed),
            Self::Constant(value) => Some(Cow::Borrowed(value)),
            Self::Number(choice) => {
                let text = plain(choice.get(found)?)?;
                let number: serde_json::Number = serde_json::from_str(text.trim()).ok()?;
                Some(Cow::Owned(number.to_string().into_bytes()))
            }
            Self::Text(..) | Self::Path(_) => {
                let text = Value::String(self.text(found)?.into_owned()).to_string();
                found.spend(text.len())?;
                Some(Cow::Owned(text.into_bytes()))
            }
            Self::List(items) => {
                let mut out = vec![b'['];
                for item in items.iter().filter_map(|item| item.get(found)) {
                    found.spend(item.len())?;
                    if out.len() > 1 {
                        out.push(b',');
                    }
                    out.extend_from_slice(&item);
                }
                out.push(b']');
                Some(Cow::Owned(out))
            }
            Self::Record(kind) => {
                let mut out = Vec::new();
                kind.holds(found).then(|| kind.write(found, &mut out))??;
                Some(Cow::Owned(out))
            }
        }
    }

    /// As [`Kind::lacks`], of the objects in a member.
    fn lacks(&self, found: &Found<'_>) -> Option<&'a str> {
        match self {
            Self::List(items) => items.iter().find_map(|item| item.lacks(found)),
            Self::Record(kind) if kind.holds(found) => kind.lacks(found),
            _ => None,
        }
    }

    /// The value as plain text.
    fn text<'t>(&'t self, found: &Found<'t>) -> Option<Cow<'t, str>> {
        match self {
            Self::Copy(choice) | Self::Number(choice) => plain(choice.get(found)?),
            Self::Constant(value) => plain(value),
            Self::Text(text, ending) => {
                let mut whole = text.filled(found)?;
                let ending = ending.as_ref().and_then(|ending| ending.filled(found));
                if let Some(ending) = ending
                    && !whole.to_lowercase().ends_with(&ending.to_lowercase())
                {
                    whole.push_str(&ending);
                }
                Some(Cow::Owned(whole))
            }
            Self::Path(names) => {
                let (last, above) = names.split_last()?;
                let last = last.text(found)?;
                let mut path = String::from("/");
                for name in above.iter().filter_map(|name| name.text(found)) {
                    let name = name.trim_matches('/');
                    if !name.is_empty() {
                        path.push_str(name);
                        path.push('/');
                    }
                }
                path.push_str(last.trim_start_matches('/'));
                Some(Cow::Owned(path))
            }
            Self::List(_) | Self::Record(_) => None,
        }
    }
}

impl<'a> Text<'a> {
    fn of(text: &'a str, reader: &mut Reader<'a>) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else {
                break;
            };
            pieces.push(Piece::Literal(before));
            pieces.push(Piece::Place(reader.choice(place)));
            rest = after;
        }
        pieces.push(Piece::Literal(rest));
        Self(pieces)
    }

    /// The text with its places filled; none when it has some and all are empty.
    fn filled(&self, found: &Found<'_>) -> Option<String> {
        let (mut out, mut places, mut held) = (String::new(), false, false);
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Place(choice) => {
                    places = true;
                    if let Some(text) = choice.get(found).and_then(plain) {
                        held |= !text.is_empty();
                        found.spend(text.len())?;
                        out.push_str(&text);
                    }
                }
            }
        }
        (held || !places).then_some(out)
    }
}
