//! Where values are: in the record, read in one walk over its text, or outside of it.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

use bytes::Bytes;
use ligand_model::element::Test;
use serde_json::Value;

use super::MOST_GROWTH;
use crate::describe::is_true;
use crate::exchange::{Previous, ResourceCall};
use crate::json_path::{self, Part};
use crate::query;
use crate::raw::{self, Opened};

/// What a record may take from the call around it.
pub(in crate::exchange) struct Outside<'a> {
    call: &'a ResourceCall,
    variables: &'a BTreeMap<String, String>,
    previous: Option<&'a Previous>,
    body: OnceCell<Option<Opened>>,
    /// What the caller's `where` says, in its parts.
    conditions: OnceCell<Vec<Value>>,
    /// Bytes that may still be copied from here: a definition may name any number of places.
    left: Cell<usize>,
}

impl<'a> Outside<'a> {
    pub(in crate::exchange) const fn new(
        call: &'a ResourceCall,
        variables: &'a BTreeMap<String, String>,
        previous: Option<&'a Previous>,
    ) -> Self {
        Self {
            call,
            variables,
            previous,
            body: OnceCell::new(),
            conditions: OnceCell::new(),
            left: Cell::new(MOST_GROWTH),
        }
    }

    /// What the caller sent, when it is JSON.
    pub(super) fn body(&self) -> Option<&Opened> {
        let opened = self.body.get_or_init(|| Opened::open(&self.call.body));
        opened.as_ref()
    }

    /// Whether a test holds whose places are all outside of the record.
    pub(in crate::exchange) fn holds(&self, test: &Test) -> bool {
        let mut reader = Reader::new(self);
        let condition = Condition::of(test, &mut reader);
        let found = reader.read(b"null");
        found.is_some_and(|found| condition.holds(&found))
    }

    /// What was copied from here counts; none when that is more than may be.
    fn copied(&self, bytes: Bytes) -> Option<Bytes> {
        self.left.set(self.left.get().saturating_sub(bytes.len()));
        self.in_budget().map(|()| bytes)
    }

    fn in_budget(&self) -> Option<()> {
        (self.left.get() > 0).then_some(())
    }

    fn conditions(&self) -> &[Value] {
        self.conditions.get_or_init(|| {
            let text = self.call.query("where");
            let parsed = text.and_then(|text| query::parse_where(text).ok());
            parsed.map(|parsed| parsed.flatten()).unwrap_or_default()
        })
    }

    /// The JSON text at a place, without its `$`.
    pub(super) fn get(&self, place: &str) -> Option<Bytes> {
        self.in_budget()?;
        let (of, path) = place.split_once('.').unwrap_or((place, ""));
        let text = |text: &str| self.copied(Bytes::from(Value::from(text).to_string()));
        match of {
            "body" => {
                let opened = self.body()?;
                match (path, path.strip_suffix('*')) {
                    ("", _) => Some(opened.whole()),
                    (_, Some(beginning)) => self.copied(opened.beginning(beginning)?),
                    (path, None) => opened.get(path),
                }
            }
            "previous" => {
                let body = &self.previous?.body;
                let found = match path {
                    "" => body,
                    path => json_path::get(body, path)?,
                };
                self.copied(found.to_string().into())
            }
            "path" => self.variables.get(path).and_then(|found| text(found)),
            "query" => self.call.query(path).and_then(text),
            "where" => {
                let said = |condition: &&Value| {
                    condition["attribute"] == path && condition["operator"] == "="
                };
                let found = self.conditions().iter().find(said)?;
                self.copied(found["value"].to_string().into())
            }
            _ => None,
        }
    }
}

/// Where a value is.
#[derive(Debug)]
enum Place<'a> {
    /// Read on the walk, and what is left of the path from there.
    Slot(usize, Vec<Part<'a>>),
    Record,
    Outside(Option<Bytes>),
}

/// Members of a record that somebody wants.
#[derive(Debug, Default)]
struct Wanted {
    slot: Option<usize>,
    members: BTreeMap<Box<[u8]>, Wanted>,
}

/// What is read of each record.
pub(super) struct Reader<'a> {
    outside: &'a Outside<'a>,
    wanted: Wanted,
    slots: usize,
}

/// What was read of a record.
pub(super) struct Found<'t> {
    record: &'t [u8],
    slots: Vec<Option<&'t [u8]>>,
    /// Bytes that may still be made of it: a definition may name a place any number of times.
    left: Cell<usize>,
}

impl<'t> Found<'t> {
    /// What is left of a path is walked each time that it is asked for, which counts as if it were copied.
    fn below(&self, value: &'t [u8], rest: &[Part<'_>]) -> Option<&'t [u8]> {
        if !rest.is_empty() {
            self.spend(value.len())?;
        }
        rest.iter().try_fold(value, raw::below)
    }

    /// None when more is made of the record than may be.
    pub(super) fn spend(&self, bytes: usize) -> Option<()> {
        self.left.set(self.left.get().saturating_sub(bytes));
        self.in_budget()
    }

    pub(super) fn in_budget(&self) -> Option<()> {
        (self.left.get() > 0).then_some(())
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(outside: &'a Outside<'a>) -> Self {
        Self {
            outside,
            wanted: Wanted::default(),
            slots: 0,
        }
    }

    /// A place or several, of which the first that holds something counts.
    pub(super) fn choice(&mut self, places: &'a str) -> Choice<'a> {
        let places = places.split('|').map(|place| self.place(place.trim()));
        Choice(places.collect())
    }

    fn place(&mut self, place: &'a str) -> Place<'a> {
        match place.strip_prefix('$') {
            Some("record") => return Place::Record,
            Some(outside) => return Place::Outside(self.outside.get(outside)),
            None => {}
        }
        let mut parts = json_path::parts(place).into_iter().peekable();
        let mut at = &mut self.wanted;
        while let Some(Part::Member(name)) = parts.peek() {
            at = at.members.entry(raw::key(name)).or_default();
            parts.next();
        }
        let slot = *at.slot.get_or_insert_with(|| {
            self.slots += 1;
            self.slots - 1
        });
        Place::Slot(slot, parts.collect())
    }

    /// Walks a record once; none when it cannot be, or more was copied from around it than may be.
    pub(super) fn read<'t>(&self, record: &'t [u8]) -> Option<Found<'t>> {
        self.outside.in_budget()?;
        let mut slots = vec![None; self.slots];
        self.wanted.read(record, &mut slots)?;
        Some(Found {
            record,
            slots,
            left: Cell::new(MOST_GROWTH.saturating_add(record.len().saturating_mul(4))),
        })
    }
}

impl Wanted {
    fn read<'t>(&self, value: &'t [u8], slots: &mut [Option<&'t [u8]>]) -> Option<()> {
        if let Some(slot) = self.slot.and_then(|slot| slots.get_mut(slot)) {
            *slot = Some(value);
        }
        if self.members.is_empty() || value.first() != Some(&b'{') {
            return Some(());
        }
        // Of two members of one name the later counts: what is below is looked at when all are known.
        let mut last: BTreeMap<raw::Key<'_>, &'t [u8]> = BTreeMap::new();
        let walked = raw::object(value, 0, |name, value| {
            if self.members.contains_key(&*name) {
                last.insert(name, value);
            }
        });
        walked.ok()?;
        last.into_iter().try_for_each(|(name, value)| {
            let wanted = self.members.get(&*name);
            wanted.map_or(Some(()), |wanted| wanted.read(value, slots))
        })
    }
}

/// Places of which the first that holds something counts.
#[derive(Debug)]
pub(super) struct Choice<'a>(Vec<Place<'a>>);

impl Choice<'_> {
    /// The text of the value.
    pub(super) fn get<'t>(&'t self, found: &Found<'t>) -> Option<&'t [u8]> {
        let mut last = None;
        for place in &self.0 {
            let value = match place {
                Place::Record => Some(found.record),
                Place::Outside(value) => value.as_deref(),
                Place::Slot(slot, rest) => {
                    let value = found.slots.get(*slot).copied().flatten();
                    value.and_then(|value| found.below(value, rest))
                }
            };
            if value.is_some_and(|value| !is_nothing(value)) {
                return value;
            }
            last = value.or(last);
        }
        last
    }
}

/// Whether a value is null, false, 0 or an empty text.
fn is_nothing(value: &[u8]) -> bool {
    match value {
        b"null" | b"false" | b"\"\"" => true,
        [b'-' | b'0'..=b'9', ..] => {
            let number: Option<f64> = serde_json::from_slice(value).ok();
            number == Some(0.0)
        }
        _ => false,
    }
}

/// A scalar as text; null is nothing.
pub(super) fn plain(value: &[u8]) -> Option<Cow<'_, str>> {
    match value {
        b"null" => None,
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
            std::str::from_utf8(inner).ok().map(Cow::Borrowed)
        }
        [b'"', ..] => serde_json::from_slice(value).ok().map(Cow::Owned),
        other => std::str::from_utf8(other).ok().map(Cow::Borrowed),
    }
}

/// A test of a record.
pub(super) struct Condition<'a>(Vec<(Choice<'a>, Wish<'a>)>);

enum Wish<'a> {
    True,
    Untrue,
    Text(&'a str),
}

impl<'a> Condition<'a> {
    pub(super) fn of(test: &'a Test, reader: &mut Reader<'a>) -> Self {
        let all = match test {
            Test::One(one) => std::slice::from_ref(one),
            Test::All(all) => all,
        };
        let one = |condition: &'a String| {
            let (place, wish) = match (condition.strip_prefix('!'), condition.split_once('=')) {
                (Some(place), _) => (place, Wish::Untrue),
                (None, Some((place, wanted))) => (place, Wish::Text(wanted)),
                (None, None) => (condition.as_str(), Wish::True),
            };
            (reader.choice(place), wish)
        };
        Self(all.iter().map(one).collect())
    }

    pub(super) fn holds(&self, found: &Found<'_>) -> bool {
        let truth = |value: Option<&[u8]>| match value {
            Some([b'{' | b'[', ..]) => true,
            value => is_true(value.and_then(|v| serde_json::from_slice(v).ok()).as_ref()),
        };
        self.0.iter().all(|(choice, wish)| {
            let value = choice.get(found);
            match wish {
                Wish::True => truth(value),
                Wish::Untrue => !truth(value),
                Wish::Text(wanted) => value.and_then(plain).is_some_and(|text| text == *wanted),
            }
        })
    }
}
