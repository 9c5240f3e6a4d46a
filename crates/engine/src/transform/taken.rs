//! What passes through: everything but what a field has.

use super::keys::Keys;
use super::lazy::Lazy;
use super::path::Step;
use crate::raw::{Broken, items, object};

/// What does not pass through because a field has it.
#[derive(Debug, Default)]
pub(super) struct Taken {
    whole: bool,
    pub(super) members: Keys<Taken>,
    items: Option<Box<Taken>>,
}

impl Taken {
    pub(super) fn add(&mut self, steps: &[Step]) {
        // Of what picks single items nothing is taken away.
        if steps
            .iter()
            .any(|step| !matches!(step, Step::Key(_) | Step::All))
        {
            return;
        }
        let mut steps = steps;
        while let Some((Step::All, rest)) = steps.split_last() {
            steps = rest;
        }
        let mut node = self;
        for step in steps {
            node = match step {
                Step::Key(name) => node.members.entry(name),
                _ => node.items.get_or_insert_default(),
            };
        }
        node.whole = true;
    }

    /// Whether all that does not pass through are whole members.
    pub(super) fn is_flat(&self) -> bool {
        !self.whole && self.items.is_none() && self.members.list.iter().all(|(_, node)| node.whole)
    }

    /// What is left of a value.
    pub(super) fn rest<'a>(&'a self, raw: &'a [u8]) -> Option<Lazy<'a>> {
        if self.whole {
            return None;
        }
        if raw.first() == Some(&b'{') && !self.members.list.is_empty() {
            let mut rest = Vec::new();
            let mut taken = false;
            let read = object(raw, 0, |key, value| match self.members.get(&key) {
                None => rest.push((key, Lazy::Raw(value))),
                Some(node) => match node.rest(value) {
                    Some(value) => rest.push((key, value)),
                    None => taken = true,
                },
            });
            return match read {
                Ok(_) if rest.is_empty() && taken => None,
                Ok(_) => Some(Lazy::Object(rest)),
                Err(Broken) => Some(Lazy::Raw(raw)),
            };
        }
        match (&self.items, items(raw)) {
            (Some(node), Some(items)) if !items.is_empty() => {
                let rest: Vec<_> = items.into_iter().map(|item| node.rest(item)).collect();
                if rest.iter().all(Option::is_none) {
                    return None;
                }
                let empty = || Lazy::Object(Vec::new());
                Some(Lazy::Array(
                    rest.into_iter()
                        .map(|item| item.unwrap_or_else(empty))
                        .collect(),
                ))
            }
            _ => Some(Lazy::Raw(raw)),
        }
    }
}
