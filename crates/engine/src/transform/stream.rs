//! Records of a body of any size, one at a time: memory holds one record, not the body.

use super::mapping::{Direction, Mapping};
use super::plan::Room;
use crate::raw::{Broken, skip, space};

/// Largest record that is waited for, bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// Maps a JSON array, or records that stand one after the other, while they arrive.
#[derive(Debug)]
pub struct Records<'a> {
    mapping: &'a Mapping,
    direction: Direction,
    pending: Vec<u8>,
    /// Bytes of `pending` that were searched for a record's end in vain.
    tried: usize,
    list: Option<bool>,
    first: bool,
    closed: bool,
}

impl<'a> Records<'a> {
    /// Maps in this direction.
    pub fn new(mapping: &'a Mapping, direction: Direction) -> Self {
        Self {
            mapping,
            direction,
            pending: Vec::new(),
            tried: 0,
            list: None,
            first: true,
            closed: false,
        }
    }

    /// Bytes that wait for the rest of their record.
    #[cfg(test)]
    pub(super) const fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Takes what has arrived and writes what can be written.
    ///
    /// # Errors
    /// What arrived is no JSON, or one record is larger than 64 MiB.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
        self.pending.extend_from_slice(bytes);
        // A record that needs many pieces is not searched again at every one.
        if self.pending.len() < self.tried * 2 && self.pending.len() < LARGEST {
            return Ok(());
        }
        self.go_on(out, false)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// It is cut short.
    pub fn end(mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        self.go_on(out, true)?;
        let whole = self.pending.is_empty() && (self.list == Some(false) || self.closed);
        whole.then_some(()).ok_or(Broken)
    }

    fn go_on(&mut self, out: &mut Vec<u8>, ends: bool) -> Result<(), Broken> {
        let bytes = std::mem::take(&mut self.pending);
        let mut at = space(&bytes, 0);
        let mut room = Room::default();
        if self.list.is_none()
            && let Some(first) = bytes.get(at)
        {
            self.list = Some(*first == b'[');
            if *first == b'[' {
                out.push(b'[');
                at += 1;
            }
        }
        let list = self.list == Some(true);
        loop {
            at = space(&bytes, at);
            match bytes.get(at) {
                None => break,
                Some(_) if self.closed => return Err(Broken),
                Some(b']') if list => {
                    out.push(b']');
                    self.closed = true;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let begin = match bytes.get(at) {
                Some(b',') if list && !self.first => space(&bytes, at + 1),
                Some(_) if list && !self.first => return Err(Broken),
                _ => at,
            };
            // A number may go on in the next piece; everything else says where it ends.
            let Ok(end) = skip(&bytes, begin) else { break };
            if end == bytes.len()
                && !ends
                && !matches!(bytes.get(end - 1), Some(b'}' | b']' | b'"'))
            {
                break;
            }
            if !self.first {
                out.push(if list { b',' } else { b'\n' });
            }
            self.first = false;
            at = self
                .mapping
                .plan(self.direction)
                .record(&bytes, begin, &mut room, out)?;
        }
        drop(room);
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.len() > LARGEST {
            return Err(Broken);
        }
        self.tried = rest.len();
        self.pending.extend_from_slice(rest);
        Ok(())
    }
}
