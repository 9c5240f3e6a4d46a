//! Things by the name of a member, in the order in which they came.

use std::collections::HashMap;

use crate::raw::key;

/// Members by name.
#[derive(Debug)]
pub(super) struct Keys<T> {
    pub(super) list: Vec<(Box<[u8]>, T)>,
    index: HashMap<Box<[u8]>, usize>,
}

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            index: HashMap::new(),
        }
    }
}

/// More names than this are looked up by hash.
const FEW: usize = 12;

impl<T: Default> Keys<T> {
    pub(super) fn entry(&mut self, name: &str) -> &mut T {
        let name = key(name);
        let at = *self.index.entry(name.clone()).or_insert_with(|| {
            self.list.push((name, T::default()));
            self.list.len() - 1
        });
        // Just found or just made.
        match self.list.get_mut(at) {
            Some((_, value)) => value,
            None => unreachable!(),
        }
    }

    /// The same as [`Self::get`]; records have their members in one order, so the place is guessed.
    pub(super) fn get_at(&self, guess: usize, name: &[u8]) -> Option<&T> {
        match self.list.get(guess) {
            Some((known, value)) if **known == *name => Some(value),
            _ => self.get(name),
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&T> {
        if self.list.len() <= FEW {
            return self
                .list
                .iter()
                .find(|(known, _)| **known == *name)
                .map(|(_, value)| value);
        }
        self.list
            .get(*self.index.get(name)?)
            .map(|(_, value)| value)
    }
}
