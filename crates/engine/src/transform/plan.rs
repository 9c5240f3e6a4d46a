//! Fields in one direction, compiled: what is read where, what is written where, and what passes through.

use super::convert::Conversion;
use super::keys::Keys;
use super::lazy::Lazy;
use super::path::{Path, Step};
use super::pick::{set, walk};
use super::taken::Taken;
use crate::raw::{Broken, Key, items, object, skip, space};

/// One field in one direction.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) source: Vec<Step>,
    pub(super) target: Vec<Step>,
    pub(super) conversion: Conversion,
    /// What is written when the source has no value, as JSON.
    pub(super) default: Option<Box<[u8]>>,
}

/// What is read at a place of the source.
#[derive(Debug, Default)]
struct Source {
    slots: Vec<usize>,
    members: Keys<Source>,
    /// Steps other than members, walked one by one.
    walks: Vec<(Vec<Step>, usize)>,
}

/// What is written at a place of the target.
#[derive(Debug, Default)]
struct Target {
    /// The last that has a value wins.
    slots: Vec<usize>,
    members: Keys<Target>,
    arrays: Vec<Items>,
}

/// Arrays item by item.
#[derive(Debug)]
struct Items {
    slot: usize,
    from: Vec<Step>,
    rules: Vec<Rule>,
    plan: Box<Plan>,
}

#[derive(Debug, Default)]
struct Slot {
    conversion: Conversion,
    default: Option<Box<[u8]>>,
}

/// A compiled direction.
#[derive(Debug, Default)]
pub(super) struct Plan {
    source: Source,
    target: Target,
    slots: Vec<Slot>,
    /// Targets that pick items: written one by one at the end.
    puts: Vec<(Vec<Step>, usize)>,
    taken: Taken,
    /// Whether what no field has passes through.
    pass: bool,
    /// Whether a null counts as no value.
    no_nulls: bool,
    /// Whether what is written, and what does not pass through, are members of the record itself.
    flat: bool,
}

impl Plan {
    /// Compiles rules. `withheld` are read and written by no rule and do not pass through either.
    pub(super) fn new(
        rules: Vec<Rule>,
        withheld: &[Vec<Step>],
        pass: bool,
        no_nulls: bool,
    ) -> Self {
        let mut plan = Self {
            pass,
            no_nulls,
            ..Self::default()
        };
        if pass {
            for path in rules.iter().map(|rule| &rule.source).chain(withheld) {
                plan.taken.add(path);
            }
        }
        for rule in rules {
            plan.add(rule);
        }
        plan.compile_items();
        plan.flat = plan.puts.is_empty() && plan.target.is_flat() && plan.taken.is_flat();
        plan
    }

    fn add(&mut self, mut rule: Rule) {
        let all = |steps: &[Step]| steps.iter().position(|step| *step == Step::All);
        let ends = |steps: &[Step]| steps.last() == Some(&Step::All);
        // A whole list is its value, however it is written.
        if ends(&rule.source) && (ends(&rule.target) || all(&rule.target).is_none()) {
            rule.source.pop();
            if ends(&rule.target) {
                rule.target.pop();
            }
        } else if ends(&rule.target) && all(&rule.source).is_none() {
            rule.target.pop();
        }
        if rule.target.contains(&Step::Size) {
            return;
        }
        let Some(at) = all(&rule.target) else {
            let slot = self.slot(Slot {
                conversion: rule.conversion,
                default: rule.default,
            });
            self.read(&rule.source, slot);
            if Path(rule.target.clone()).is_plain() {
                self.place(&rule.target).slots.push(slot);
            } else {
                self.puts.push((rule.target, slot));
            }
            return;
        };
        let to: Vec<Step> = rule.target.drain(..=at).take(at).collect();
        if !Path(to.clone()).is_plain() {
            // A list inside a picked item cannot be written.
            return;
        }
        let from: Vec<Step> = match all(&rule.source) {
            Some(at) => rule.source.drain(..=at).take(at).collect(),
            None => std::mem::take(&mut rule.source),
        };
        if let Some(known) = self
            .place(&to)
            .arrays
            .iter_mut()
            .find(|known| known.from == from)
        {
            known.rules.push(rule);
            return;
        }
        let slot = self.slot(Slot::default());
        self.read(&from, slot);
        let items = Items {
            slot,
            from,
            rules: vec![rule],
            plan: Box::default(),
        };
        self.place(&to).arrays.push(items);
    }

    fn compile_items(&mut self) {
        let no_nulls = self.no_nulls;
        self.target.each(&mut |items| {
            let rules = std::mem::take(&mut items.rules);
            *items.plan = Self::new(rules, &[], false, no_nulls);
        });
    }

    fn slot(&mut self, slot: Slot) -> usize {
        self.slots.push(slot);
        self.slots.len() - 1
    }

    fn read(&mut self, steps: &[Step], slot: usize) {
        let mut node = &mut self.source;
        for (index, step) in steps.iter().enumerate() {
            let Step::Key(name) = step else {
                let walk = steps.get(index..).unwrap_or_default().to_vec();
                node.walks.push((walk, slot));
                return;
            };
            node = node.members.entry(name);
        }
        node.slots.push(slot);
    }

    fn place(&mut self, steps: &[Step]) -> &mut Target {
        let mut node = &mut self.target;
        for step in steps {
            if let Step::Key(name) = step {
                node = node.members.entry(name);
            }
        }
        node
    }

    /// Maps a record, or each record of a list.
    pub(super) fn map(&self, bytes: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = space(bytes, 0);
        let mut room = Room::default();
        if bytes.get(at) != Some(&b'[') {
            let end = self.record(bytes, at, &mut room, &mut out)?;
            return (space(bytes, end) == bytes.len())
                .then_some(out)
                .ok_or(Broken);
        }
        out.push(b'[');
        at = space(bytes, at + 1);
        if bytes.get(at) == Some(&b']') {
            at += 1;
        } else {
            loop {
                at = self.record(bytes, at, &mut room, &mut out)?;
                at = space(bytes, at);
                match bytes.get(at) {
                    Some(b',') => at = space(bytes, at + 1),
                    Some(b']') => break,
                    _ => return Err(Broken),
                }
                out.push(b',');
            }
            at += 1;
        }
        out.push(b']');
        (space(bytes, at) == bytes.len())
            .then_some(out)
            .ok_or(Broken)
    }

    /// Maps the record at `at`, and answers its end; what is no object stays as it is.
    pub(super) fn record<'a>(
        &'a self,
        bytes: &'a [u8],
        at: usize,
        room: &mut Room<'a>,
        out: &mut Vec<u8>,
    ) -> Result<usize, Broken> {
        if bytes.get(at) != Some(&b'{') {
            let end = skip(bytes, at)?;
            out.extend_from_slice(bytes.get(at..end).ok_or(Broken)?);
            return Ok(end);
        }
        room.members.clear();
        let members = &mut room.members;
        let end = object(bytes, at, |key, value| members.push((key, value)))?;
        room.slots.clear();
        room.slots.resize(self.slots.len(), None);
        for (at, (key, value)) in room.members.iter().enumerate() {
            if let Some(node) = self.source.members.get_at(at, key) {
                self.take(node, value, &mut room.slots)?;
            }
        }
        if self.flat && self.write_flat(room, out) {
            return Ok(end);
        }
        let made = self.build(&self.target, &mut room.slots)?;
        let mut made = made.unwrap_or_else(|| Lazy::Object(Vec::new()));
        self.put(&mut made, &mut room.slots);
        if self.pass {
            let rest = room.members.drain(..).filter_map(|(key, value)| {
                let rest = match self.taken.members.get(&key) {
                    Some(taken) => taken.rest(value)?,
                    None => Lazy::Raw(value),
                };
                Some((key, rest))
            });
            made = made.merge(Lazy::Object(rest.collect()));
        }
        made.write(out);
        Ok(end)
    }

    /// Writes a record whose fields are all members of its own, without making it first; false when one that passes through
    /// has the name of a field, which would have to be merged.
    fn write_flat<'a>(&'a self, room: &mut Room<'a>, out: &mut Vec<u8>) -> bool {
        room.rest.clear();
        if self.pass {
            for (at, (key, _)) in room.members.iter().enumerate() {
                if self.taken.members.get_at(at, key).is_none() {
                    if self.target.members.get_at(at, key).is_some() {
                        return false;
                    }
                    room.rest.push(at);
                }
            }
        }
        let begin = out.len();
        let name = |key: &[u8], out: &mut Vec<u8>| {
            out.push(if out.len() == begin { b'{' } else { b',' });
            out.extend_from_slice(key);
            out.push(b':');
        };
        for (key, node) in &self.target.members.list {
            let mut slots = node.slots.iter().rev();
            if let Some(value) = slots.find_map(|slot| self.given(*slot, &mut room.slots)) {
                name(key, out);
                value.write(out);
            }
        }
        for (key, value) in room.rest.iter().filter_map(|at| room.members.get(*at)) {
            name(key, out);
            out.extend_from_slice(value);
        }
        if out.len() == begin {
            out.push(b'{');
        }
        out.push(b'}');
        true
    }

    fn value<'a>(&'a self, raw: &'a [u8]) -> Result<Option<Lazy<'a>>, Broken> {
        let mut slots = vec![None; self.slots.len()];
        self.take(&self.source, raw, &mut slots)?;
        let mut made = self.build(&self.target, &mut slots)?;
        if !self.puts.is_empty() {
            let mut whole = made.unwrap_or_else(|| Lazy::Object(Vec::new()));
            self.put(&mut whole, &mut slots);
            made = Some(whole);
        }
        Ok(made)
    }

    fn take<'a>(
        &'a self,
        node: &'a Source,
        raw: &'a [u8],
        slots: &mut [Option<Lazy<'a>>],
    ) -> Result<(), Broken> {
        for slot in &node.slots {
            self.fill(*slot, Some(Lazy::Raw(raw)), slots);
        }
        if !node.members.list.is_empty() && raw.first() == Some(&b'{') {
            let mut failed = None;
            object(raw, 0, |key, value| {
                if let Some(node) = node.members.get(&key) {
                    failed = failed.or(self.take(node, value, slots).err());
                }
            })?;
            if let Some(failed) = failed {
                return Err(failed);
            }
        }
        for (steps, slot) in &node.walks {
            self.fill(*slot, walk(steps, raw), slots);
        }
        Ok(())
    }

    fn fill<'a>(&'a self, slot: usize, value: Option<Lazy<'a>>, slots: &mut [Option<Lazy<'a>>]) {
        let (Some(rule), Some(place)) = (self.slots.get(slot), slots.get_mut(slot)) else {
            return;
        };
        *place = match value {
            Some(Lazy::Raw(b"null")) if self.no_nulls || rule.default.is_some() => None,
            Some(Lazy::Raw(raw)) => Some(match &rule.conversion {
                Conversion::None => Lazy::Raw(raw),
                conversion => conversion.apply(raw).map_or(Lazy::Raw(raw), Lazy::Own),
            }),
            other => other,
        };
    }

    fn given<'a>(&'a self, slot: usize, slots: &mut [Option<Lazy<'a>>]) -> Option<Lazy<'a>> {
        let found = slots.get_mut(slot).and_then(Option::take);
        found.or_else(|| self.slots.get(slot)?.default.as_deref().map(Lazy::Raw))
    }

    fn build<'a>(
        &'a self,
        node: &'a Target,
        slots: &mut [Option<Lazy<'a>>],
    ) -> Result<Option<Lazy<'a>>, Broken> {
        let mut made = None;
        for slot in &node.slots {
            made = self.given(*slot, slots).or(made);
        }
        if !node.members.list.is_empty() {
            let mut members: Vec<(Key<'a>, Lazy<'a>)> = Vec::new();
            for (key, node) in &node.members.list {
                if let Some(value) = self.build(node, slots)? {
                    members.push((Key::Borrowed(key), value));
                }
            }
            if !members.is_empty() {
                let over = Lazy::Object(members);
                made = Some(match made {
                    Some(under) => over.merge(under),
                    None => over,
                });
            }
        }
        for items in &node.arrays {
            let Some(Lazy::Raw(raw)) = self.given(items.slot, slots) else {
                continue;
            };
            let over = Lazy::Array(items.map(raw)?);
            made = Some(match made {
                Some(under) => over.merge(under),
                None => over,
            });
        }
        Ok(made)
    }

    fn put<'a>(&'a self, whole: &mut Lazy<'a>, slots: &mut [Option<Lazy<'a>>]) {
        for (steps, slot) in &self.puts {
            if let Some(value) = self.given(*slot, slots) {
                set(whole, steps, value);
            }
        }
    }
}

/// What mapping one record needs, kept for the next.
#[derive(Debug, Default)]
pub(super) struct Room<'a> {
    members: Vec<(Key<'a>, &'a [u8])>,
    slots: Vec<Option<Lazy<'a>>>,
    /// Which members pass through.
    rest: Vec<usize>,
}

impl Target {
    fn is_flat(&self) -> bool {
        let leaf = |node: &Self| node.members.list.is_empty() && node.arrays.is_empty();
        self.slots.is_empty()
            && self.arrays.is_empty()
            && self.members.list.iter().all(|(_, node)| leaf(node))
    }

    fn each(&mut self, act: &mut impl FnMut(&mut Items)) {
        self.arrays.iter_mut().for_each(&mut *act);
        for (_, node) in &mut self.members.list {
            node.each(act);
        }
    }
}

impl Items {
    fn map<'a>(&'a self, raw: &'a [u8]) -> Result<Vec<Lazy<'a>>, Broken> {
        let whole = !self.plan.target.members.list.is_empty();
        let mut made = Vec::new();
        for item in items(raw).unwrap_or_else(|| vec![raw]) {
            match self.plan.value(item)? {
                Some(value) => made.push(value),
                // Arrays stay in step with each other.
                None if whole => made.push(Lazy::Object(Vec::new())),
                None => {}
            }
        }
        Ok(made)
    }
}
