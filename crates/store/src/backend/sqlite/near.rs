//! Looking up a row on the thread that asks.
//!
//! A row that an index leads to costs some microseconds; handing the question to a thread of the store and being woken by
//! its answer costs a multiple of that. With a write-ahead log who reads never waits for who writes, so the question is
//! asked where it arises. Should the disk be slow, whoever reads here holds up a thread of the runtime: so at most half of
//! them do at a time, and when look-ups are slow on the average all questions go to the store's threads for a while.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Connection, Row, Sqlite, Value};
use crate::error::Error;
use crate::sql::Statement;

/// Look-ups that the average is of, about: a single slow one may have lost its processor meanwhile.
const MANY: u64 = 32;
/// What they take on the average only when the disk is slow, in microseconds.
const SLOW: u64 = 2_000;
/// How long a slow disk is left to the store's threads.
const REST: Duration = Duration::from_millis(250);

/// A thread of the store must be asked, which also tells what is wrong here.
#[derive(Debug)]
pub(crate) struct AskAThread;

/// Connections for whoever looks up a row.
pub(crate) struct Near {
    free: Mutex<Vec<Sqlite>>,
    opened: Instant,
    /// What look-ups take on the average, in microseconds.
    average: AtomicU64,
    /// Nobody reads here before then, in milliseconds after `opened`.
    resting_until: AtomicU64,
}

impl Near {
    /// Opens a connection for every two processors.
    pub(crate) fn open(path: &Path, statements: &Arc<AtomicU64>) -> Result<Self, Error> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let free = (0..(processors / 2).max(1)).map(|_| {
            let connection = Sqlite::open(path, Arc::clone(statements))?;
            // Waiting is for the store's threads.
            connection.script("PRAGMA query_only = ON; PRAGMA busy_timeout = 0")?;
            Ok(connection)
        });
        Ok(Self {
            free: Mutex::new(free.collect::<Result<_, Error>>()?),
            opened: Instant::now(),
            average: AtomicU64::new(0),
            resting_until: AtomicU64::new(0),
        })
    }

    /// The first row.
    pub(crate) fn look_up(
        &self,
        statement: &'static Statement,
        values: &[Value],
    ) -> Result<Option<Row>, AskAThread> {
        let began = Instant::now();
        if self.rests(began) {
            return Err(AskAThread);
        }
        let mut connection = self.free().pop().ok_or(AskAThread)?;
        let found = connection.query_one(statement, values);
        self.free().push(connection);
        self.note(began.elapsed());
        found.map_err(|_| AskAThread)
    }

    fn rests(&self, now: Instant) -> bool {
        self.since_opened(now) < self.resting_until.load(Ordering::Relaxed)
    }

    /// Notes how long a look-up has taken. What two who note at once lose of the average is of no account.
    fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let before = self.average.load(Ordering::Relaxed);
        let average = before - before / MANY + took / MANY;
        if average <= SLOW {
            return self.average.store(average, Ordering::Relaxed);
        }
        let until = self.since_opened(Instant::now() + REST);
        self.resting_until.store(until, Ordering::Relaxed);
        self.average.store(0, Ordering::Relaxed);
    }

    fn since_opened(&self, at: Instant) -> u64 {
        let millis = at.saturating_duration_since(self.opened).as_millis();
        u64::try_from(millis).unwrap_or(u64::MAX)
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Sqlite>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::{Extent, bring_up};
    use crate::sql::grants::FORGET_LEASES;
    use crate::sql::identity::PING;

    fn near() -> (tempfile::TempDir, Near) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ligand.db");
        bring_up(&crate::Database::Sqlite(path.clone()), Extent::Contract).unwrap();
        let near = Near::open(&path, &Arc::default()).unwrap();
        (folder, near)
    }

    #[test]
    fn who_finds_no_connection_free_asks_a_thread() {
        let (_folder, near) = near();
        assert!(near.look_up(&PING, &[]).is_ok());
        let taken = std::mem::take(&mut *near.free());
        assert!(near.look_up(&PING, &[]).is_err());
        near.free().extend(taken);
        // However busy the machine was.
        near.resting_until.store(0, Ordering::Relaxed);
        assert!(near.look_up(&PING, &[]).is_ok());
    }

    #[test]
    fn a_slow_disk_is_left_to_the_threads_for_a_while() {
        let (_folder, near) = near();
        let before = Instant::now();
        // One that lost its processor, among many.
        near.note(Duration::from_millis(50));
        (0..MANY).for_each(|_| near.note(Duration::from_micros(20)));
        assert!(!near.rests(before));
        // Most take what a slow disk takes.
        (0..MANY).for_each(|_| near.note(Duration::from_millis(5)));
        assert!(near.rests(before) && !near.rests(Instant::now() + REST));
        // One that hangs is enough.
        near.resting_until.store(0, Ordering::Relaxed);
        near.note(Duration::from_secs(30));
        assert!(near.rests(before));
        near.resting_until.store(u64::MAX, Ordering::Relaxed);
        assert!(near.look_up(&PING, &[]).is_err());
    }

    #[test]
    fn who_looks_up_here_does_not_wait_for_who_writes_and_cannot_write() {
        let (folder, near) = near();
        let writer = Sqlite::open(&folder.path().join("ligand.db"), Arc::default()).unwrap();
        writer.script("BEGIN EXCLUSIVE").unwrap();
        assert!(near.look_up(&PING, &[]).is_ok());
        writer.script("ROLLBACK").unwrap();
        let mut connection = near.free().pop().unwrap();
        let refused = connection.execute(&FORGET_LEASES, &[]).unwrap_err();
        assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    }
}
