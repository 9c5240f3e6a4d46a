//! Request ids: 24 hexadecimal digits, as the field's are. They name a request; they are no secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ligand_model::time::{Entropy, Timestamp};

use crate::telemetry::RequestId;

/// Makes ids of seconds, five random bytes of this process, and a count: unique without asking for randomness each time.
#[derive(Debug)]
pub struct RequestIds {
    process: [u8; 5],
    count: AtomicU32,
}

impl RequestIds {
    /// Draws the process's part and a first count.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let (mut process, mut first) = ([0; 5], [0; 4]);
        entropy.fill(&mut process);
        entropy.fill(&mut first);
        Self {
            process,
            count: AtomicU32::new(u32::from_le_bytes(first)),
        }
    }

    /// The next id.
    pub fn next(&self, now: Timestamp) -> RequestId {
        let [.., s0, s1, s2, s3] = now.seconds().to_be_bytes();
        let [p0, p1, p2, p3, p4] = self.process;
        let [_, c0, c1, c2] = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let bytes = [s0, s1, s2, s3, p0, p1, p2, p3, p4, c0, c1, c2];
        let digit = |nibble: u8| {
            if nibble < 10 {
                b'0' + nibble
            } else {
                b'a' + nibble - 10
            }
        };
        let mut text = [0; 24];
        for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
            if let [high, low] = pair {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        RequestId(Arc::from(str::from_utf8(&text).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use ligand_model::time::FixedEntropy;

    use super::*;

    #[test]
    fn ids_are_hexadecimal_and_never_the_same() {
        let ids = RequestIds::new(&FixedEntropy::new(1));
        let now = Timestamp(1_519_764_074_000);
        let (a, b) = (ids.next(now), ids.next(now));
        assert_ne!(a.0, b.0);
        assert_eq!(a.0.len(), 24);
        assert!(a.0.starts_with("5a95c26a"), "{}", a.0);
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        assert!(b.0.bytes().all(hexadecimal));
    }
}
