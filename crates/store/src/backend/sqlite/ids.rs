//! Ids of what many make at once, handed out of memory within one group.

use super::Sqlite;
use crate::error::Error;

/// What the transaction under way has taken of each sequence: nobody else writes meanwhile, so the rows are read at the
/// first id and written once, before the commit.
#[derive(Default, Clone)]
pub(super) struct Ids(Vec<Taken>);

#[derive(Clone)]
struct Taken {
    kind: &'static str,
    /// What the row holds.
    stored: i64,
    count: i64,
}

impl Ids {
    /// The next id of a kind that was taken of before.
    fn next(&mut self, kind: &'static str) -> Option<i64> {
        let taken = self.0.iter_mut().find(|taken| taken.kind == kind)?;
        taken.count += 1;
        Some(taken.stored.saturating_add(taken.count))
    }
}

impl Sqlite {
    pub(super) fn next_of_group(&mut self, kind: &'static str) -> Result<i64, Error> {
        if let Some(id) = self.ids.next(kind) {
            return Ok(id);
        }
        let stored = crate::next_id(self, kind, 0)?;
        self.ids.0.push(Taken {
            kind,
            stored,
            count: 1,
        });
        Ok(stored.saturating_add(1))
    }

    /// Writes what was taken; until then a failure burns none.
    pub(super) fn store_ids(&mut self) -> Result<(), Error> {
        for taken in std::mem::take(&mut self.ids).0 {
            if taken.count > 0 {
                crate::next_id(self, taken.kind, taken.count)?;
            }
        }
        Ok(())
    }
}
