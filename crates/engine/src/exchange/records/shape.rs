//! Records in another shape: members picked, renamed, kept, put together.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use ligand_model::element::{Shape, Source, Variant};
use serde_json::Value;

use super::in_proportion;
use super::places::{Choice, Condition, Found, Outside, Reader, plain};
use crate::raw;

/// A variant, compiled for one answer.
struct Kind<'a> {
    when: Option<Condition<'a>>,
    keep: Vec<Choice<'a>>,
    members: Vec<(Box<[u8]>, Made<'a>)>,
}

/// What a member is made of.
enum Made<'a> {
    Copy(Choice<'a>),
    Constant(Vec<u8>),
    Text(Text<'a>, Option<Text<'a>>),
    Number(Choice<'a>),
    Path(Vec<Made<'a>>),
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
    let kinds: Vec<Kind<'_>> = shape
        .variants()
        .iter()
        .map(|variant| Kind::of(variant, &mut reader))
        .collect();
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
    let kinds = shape.variants().iter();
    let kinds: Vec<Kind<'_>> = kinds.map(|kind| Kind::of(kind, &mut reader)).collect();
    let found = reader.read(b"null")?;
    let kind = kinds.iter().find(|kind| kind.holds(&found))?;
    let mut out = Vec::new();
    kind.write(&found, &mut out)?;
    Some(out)
}

impl<'a> Kind<'a> {
    fn holds(&self, found: &Found<'_>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(found))
    }

    fn of(variant: &'a Variant, reader: &mut Reader<'a>) -> Self {
        let when = variant.when.as_ref();
        let when = when.map(|test| Condition::of(test, reader));
        let keep = variant.keep.iter().map(|place| reader.choice(place));
        let keep = keep.collect();
        let members = variant.members.0.iter();
        let members = members
            .map(|(name, source)| (raw::key(name), Made::of(source, reader)))
            .collect();
        Self {
            when,
            keep,
            members,
        }
    }

    fn write(&self, found: &Found<'_>, out: &mut Vec<u8>) -> Option<()> {
        let made = self.members.iter().filter_map(|(name, value)| {
            let value = value.get(found)?;
            Some((Cow::Borrowed(&**name), value))
        });
        let mut members: Vec<(raw::Key<'_>, Cow<'_, [u8]>)> = Vec::new();
        if self.keep.is_empty() {
            members.extend(made);
        } else {
            let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
            let mut add = |name: raw::Key<'_>, value| {
                let name: Vec<u8> = name.into_owned();
                let at = *known.entry(name.clone()).or_insert(members.len());
                match members.get_mut(at) {
                    Some((_, old)) => *old = value,
                    None => members.push((Cow::Owned(name), value)),
                }
            };
            for kept in &self.keep {
                let kept = kept.get(found).filter(|kept| kept.first() == Some(&b'{'));
                if let Some(kept) = kept {
                    raw::object(kept, 0, |name, value| add(name, Cow::Borrowed(value))).ok()?;
                }
            }
            made.for_each(|(name, value)| add(name, value));
        }
        out.push(b'{');
        for (at, (name, value)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(value);
        }
        out.push(b'}');
        Some(())
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
                let text = Value::String(self.text(found)?.into_owned());
                Some(Cow::Owned(text.to_string().into_bytes()))
            }
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
                        out.push_str(&text);
                    }
                }
            }
        }
        (held || !places).then_some(out)
    }
}
