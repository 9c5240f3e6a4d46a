//! A table as records: headings in one list, cells in others.

use bytes::Bytes;

use super::in_proportion;
use super::places::plain;
use crate::raw;

/// The columns of a table.
pub(super) struct Columns {
    /// The member that each becomes; none for one that is left out.
    names: Vec<Option<Box<[u8]>>>,
    /// The column that rows may lack.
    optional: Option<usize>,
}

impl Columns {
    /// Reads the list of headings; none when it is no list.
    pub(super) fn of(headings: &[u8], optional: Option<&str>) -> Option<Self> {
        let headings = raw::items(headings)?;
        let name = |heading: &&[u8]| match heading.first() {
            Some(b'{' | b'[') => None,
            _ => plain(heading).map(|name| raw::key(&name)),
        };
        let mut names: Vec<Option<Box<[u8]>>> = headings.iter().map(name).collect();
        let lacking = optional.map(raw::key);
        let optional = names
            .iter()
            .position(|name| name.is_some() && *name == lacking);
        // No object has two members of one name.
        let mut known = std::collections::HashSet::new();
        for name in names.iter_mut().rev() {
            if name
                .as_ref()
                .is_some_and(|name| !known.insert(name.clone()))
            {
                *name = None;
            }
        }
        Some(Self { names, optional })
    }

    /// The records of a list of rows, or of one row; none when they would be out of proportion.
    pub(super) fn records(&self, rows: &Bytes, one: bool) -> Option<Bytes> {
        let mut out = Vec::with_capacity(rows.len().saturating_mul(3));
        if one || rows.first() != Some(&b'[') {
            self.record(rows, &mut out);
            return Some(out.into());
        }
        out.push(b'[');
        for (index, row) in raw::items(rows)?.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.record(row, &mut out);
            in_proportion(&out, rows)?;
        }
        out.push(b']');
        Some(out.into())
    }

    /// One row; what is no list of cells stays as it is.
    fn record(&self, row: &[u8], out: &mut Vec<u8>) {
        let Some(cells) = raw::items(row) else {
            out.extend_from_slice(row);
            return;
        };
        let lacks = cells.len() + 1 == self.names.len();
        let left_out = self.optional.filter(|_| lacks);
        let names = self.names.iter().enumerate();
        let names = names.filter(|(at, _)| Some(*at) != left_out);
        out.push(b'{');
        let empty = out.len();
        for ((_, name), cell) in names.zip(cells) {
            let Some(name) = name else { continue };
            if out.len() > empty {
                out.push(b',');
            }
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(cell);
        }
        out.push(b'}');
    }
}
