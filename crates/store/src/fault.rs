//! Named points at which a test ends the process, as a crash would, and a disk that is slow to read. In a program that is
//! built for use they are nothing.
//!
//! The crash suite kills the server at each, on both stores, and `docs/reference/crash-matrix.md` is made from this list.

/// A point, and what is there after a crash at it.
#[derive(Debug)]
pub struct Point {
    /// The name.
    pub name: &'static str,
    /// What is being done.
    pub operation: &'static str,
    /// Where in it.
    pub moment: &'static str,
    /// What a restarted server has.
    pub leaves: &'static str,
}

macro_rules! points {
    ($($name:literal: $operation:literal, $moment:literal => $leaves:literal;)+) => {
        /// Every point, in the order of the work.
        pub const POINTS: &[Point] = &[$(Point {
            name: $name,
            operation: $operation,
            moment: $moment,
            leaves: $leaves,
        }),+];
    };
}

points! {
    "provision.begun": "`POST /instances`", "before the vendor is asked" => "nothing; the code can still be used";
    "provision.granted": "`POST /instances`", "the vendor's grant has arrived and is noted, as it is where the element asks more before the instance is there" => "no instance; the vendor is told that the grant is not needed";
    "provision.writing": "`POST /instances`", "within the transaction, before its commit, the grant being noted" => "no instance; the vendor is told that the grant is not needed";
    "provision.written": "`POST /instances`", "after the commit, before the answer" => "the instance, whole: row, tags, sealed document, entries of custody";
    "update.writing": "`PATCH /instances/{id}`", "within the transaction, before its commit" => "the former state";
    "update.written": "`PATCH /instances/{id}`", "after the commit, before the answer" => "the new state, whole";
    "reconnect.granted": "`PATCH /instances/{id}` with a new code", "the vendor's new grant has arrived and is not stored" => "the former grant, which works; the new one ends by itself";
    "delete.writing": "`DELETE /instances/{id}`", "within the transaction, before its commit" => "the instance, with its grant";
    "delete.written": "`DELETE /instances/{id}`", "after the commit, before the vendor is told" => "no instance; the vendor is told that the grant is not needed";
    "delete.told": "`DELETE /instances/{id}`", "the vendor was told, which is not noted yet" => "no instance; the vendor may be told again";
    "refresh.leased": "renewal of a grant", "the lease is taken, the vendor not asked" => "the former grant, which works: the next call renews it";
    "refresh.granted": "renewal of a grant", "the vendor has rotated, the new grant is not stored" => "what no client could keep: the account must be reconnected, and the reason is `answer_lost`";
    "refresh.kept": "renewal of a grant", "the new grant is stored, the call not repeated" => "the new grant";
    "once.claimed": "a write with `Idempotency-Key`", "the key is claimed, the vendor not asked" => "a repetition is told that the outcome is unknown (409); nothing is sent again";
    "once.done": "a write with `Idempotency-Key`", "the vendor has done it, the outcome is not kept" => "a repetition is told that the outcome is unknown (409); nothing is sent again";
    "once.kept": "a write with `Idempotency-Key`", "the outcome is kept, the answer not given" => "a repetition gets the outcome";
}

/// Ends the process when `LIGAND_FAULT` names this point.
#[cfg(any(test, feature = "testing"))]
pub fn point(name: &str) {
    static WANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    debug_assert!(POINTS.iter().any(|point| point.name == name), "{name}");
    let wanted = WANTED.get_or_init(|| std::env::var("LIGAND_FAULT").ok());
    if wanted.as_deref() == Some(name) {
        // Nothing is flushed, nothing dropped.
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(any(test, feature = "testing")))]
#[inline]
pub const fn point(_: &str) {}

#[cfg(any(test, feature = "testing"))]
mod slow {
    use std::sync::atomic::AtomicU64;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Duration;

    /// The stores whose disk is slow, known by their counters, and how long each of their reads takes.
    static DISKS: Mutex<Vec<(usize, Duration)>> = Mutex::new(Vec::new());

    fn known(counter: &Arc<AtomicU64>) -> usize {
        Arc::as_ptr(counter).addr()
    }

    /// From now on each read of the store that counts here takes so much longer.
    pub(crate) fn make(counter: &Arc<AtomicU64>, time: Duration) {
        let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        disks.retain(|(disk, _)| *disk != known(counter));
        if !time.is_zero() {
            disks.push((known(counter), time));
        }
    }

    /// Takes the time that a read takes.
    pub(crate) fn read(counter: &Arc<AtomicU64>) {
        let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
        let found = disks.iter().find(|(disk, _)| *disk == known(counter));
        let time = found.map(|(_, time)| *time);
        drop(disks);
        if let Some(time) = time {
            std::thread::sleep(time);
        }
    }
}

#[cfg(any(test, feature = "testing"))]
pub(crate) use slow::{make as slow_disk, read};

/// Nothing.
#[cfg(not(any(test, feature = "testing")))]
#[inline]
pub(crate) const fn read(_: &std::sync::Arc<std::sync::atomic::AtomicU64>) {}
