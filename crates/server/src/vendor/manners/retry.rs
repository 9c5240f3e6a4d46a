//! Whether a request is sent again, and after how long.

use std::time::Duration;

use ligand_model::time::Timestamp;

/// The shortest wait.
const BASE: Duration = Duration::from_millis(200);
/// The longest, when the vendor named none.
const CAP: Duration = Duration::from_secs(10);

/// What one attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// An answer that amounts to this status.
    Status(u16),
    /// Certainly nothing arrived at the vendor.
    Unsent,
    /// Something may have arrived; there is no answer.
    Silence,
}

/// Whether a verb says that doing it twice is doing it once.
pub fn is_repeatable(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
}

/// Whether sending the request again can do no harm and may help.
///
/// A 429 says that nothing was done. So does a 503 that names a time; other failures of a vendor may have come after the
/// deed, and only what may be done twice is done twice.
pub fn may_repeat(repeatable: bool, came: Came, told_when: bool) -> bool {
    match came {
        Came::Unsent | Came::Status(429) => true,
        Came::Status(503) if told_when => true,
        Came::Status(408 | 500 | 502 | 503 | 504) | Came::Silence => repeatable,
        Came::Status(_) => false,
    }
}

/// The waits of one request: each at random between the shortest and three times the last, so that callers who failed
/// together do not come back together.
#[derive(Debug)]
pub struct Waits(Duration);

impl Default for Waits {
    fn default() -> Self {
        Self(BASE)
    }
}

impl Waits {
    /// The next wait; `chance` is below one.
    pub fn next(&mut self, chance: f64) -> Duration {
        let most = (self.0 * 3).min(CAP);
        self.0 = BASE + most.saturating_sub(BASE).mul_f64(chance.clamp(0.0, 1.0));
        self.0
    }
}

/// What `Retry-After` says: seconds, or a date.
///
/// # Source
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        // Some vendors send fractions.
        return (0.0..31_536_000.0)
            .contains(&seconds)
            .then(|| Duration::from_secs_f64(seconds));
    }
    let at = Timestamp::parse_http_date(value)?;
    let left = u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(0);
    Some(Duration::from_millis(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_do_no_harm_is_repeated() {
        for (method, came, told, expected) in [
            ("GET", Came::Status(500), false, true),
            ("GET", Came::Silence, false, true),
            ("PUT", Came::Status(502), false, true),
            ("DELETE", Came::Silence, false, true),
            ("HEAD", Came::Status(504), false, true),
            ("GET", Came::Status(404), false, false),
            ("GET", Came::Status(501), false, false),
            ("POST", Came::Status(500), false, false),
            ("POST", Came::Status(503), false, false),
            ("POST", Came::Status(503), true, true),
            ("POST", Came::Status(429), false, true),
            ("POST", Came::Silence, false, false),
            ("PATCH", Came::Silence, false, false),
            ("PATCH", Came::Status(502), false, false),
            ("LOCK", Came::Silence, false, false),
            ("POST", Came::Unsent, false, true),
        ] {
            assert_eq!(
                may_repeat(is_repeatable(method), came, told),
                expected,
                "{method} {came:?}"
            );
        }
    }

    #[test]
    fn waits_grow_and_stay_within_their_bounds() {
        let mut waits = Waits::default();
        assert_eq!(waits.next(0.0), BASE);
        assert_eq!(waits.next(1.0), BASE * 3);
        for _ in 0..20 {
            assert!(waits.next(1.0) <= CAP);
        }
        assert_eq!(waits.next(0.0), BASE);
    }

    #[test]
    fn a_time_is_named_in_seconds_or_as_a_date() {
        let now = Timestamp::parse("2026-11-28T12:00:00Z").unwrap();
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_millis());
        assert_eq!(seconds("30"), Some(30_000));
        assert_eq!(seconds(" 1.5 "), Some(1_500));
        assert_eq!(seconds("Sat, 28 Nov 2026 12:00:20 GMT"), Some(20_000));
        assert_eq!(seconds("Sat, 28 Nov 2026 11:00:00 GMT"), Some(0));
        for odd in ["-1", "soon", "", "1e99", "NaN"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }
}
