//! A clock that the control API moves forward, so that tokens expire without waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ligand_model::time::{Clock, Timestamp};

/// The given clock plus an offset.
pub struct SandboxClock {
    inner: Arc<dyn Clock>,
    offset: AtomicI64,
}

impl SandboxClock {
    /// Runs with `inner` until advanced.
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        Self {
            inner,
            offset: AtomicI64::new(0),
        }
    }

    /// Adds `seconds` to the offset; negative ones go back.
    pub fn advance(&self, seconds: i64) {
        let ms = seconds.saturating_mul(1000);
        let _ = self
            .offset
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| {
                Some(offset.saturating_add(ms))
            });
    }

    /// Back to the inner clock's time.
    pub fn reset(&self) {
        self.offset.store(0, Ordering::SeqCst);
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.inner
            .now()
            .plus_millis(self.offset.load(Ordering::SeqCst))
    }
}
