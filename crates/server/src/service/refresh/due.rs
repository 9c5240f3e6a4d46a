//! When a grant is to be looked at ahead of time.

use std::collections::BTreeMap;

use ligand_engine::catalog::Compiled;
use ligand_engine::oauth;
use ligand_model::configuration::Grant;
use ligand_model::time::Timestamp;

use super::super::lifecycle;
use crate::app::App;

/// A grant is renewed at most so long before it passes, milliseconds.
const MOST_AHEAD_MS: i64 = 10 * 60 * 1000;

/// When the grant among these values is to be looked at: some time before it passes, or before the vendor forgets it for
/// lack of use; none when it cannot be renewed or never passes.
///
/// No two instances that were connected together come due together: the time is spread over as long as it is early.
pub fn due(app: &App, element: &Compiled, values: &BTreeMap<String, String>) -> Option<Timestamp> {
    let dates = dates(element, values, app.now())?;
    let spread = random_part(app);
    [dates.ahead(spread), dates.idle(spread)]
        .into_iter()
        .flatten()
        .min()
}

/// When an instance that nobody has called since its grant was obtained is to be looked at: only what the vendor
/// forgets is renewed for it.
pub fn due_idle(
    app: &App,
    element: &Compiled,
    values: &BTreeMap<String, String>,
) -> Option<Timestamp> {
    dates(element, values, app.now())?.idle(random_part(app))
}

/// What is known of a grant's end.
struct Dates {
    obtained: Timestamp,
    lifetime_ms: Option<i64>,
    idle_ms: Option<i64>,
}

fn dates(element: &Compiled, values: &BTreeMap<String, String>, now: Timestamp) -> Option<Dates> {
    let renewable = oauth::renewal(&element.element, values, now).is_some()
        || lifecycle::declares(element, "oauthOnTokenRefresh");
    if !renewable {
        return None;
    }
    let grant = Grant::of(values);
    let idle = element.element.authentication.idle_lifetime;
    Some(Dates {
        obtained: grant.obtained.unwrap_or(now),
        lifetime_ms: grant
            .lifetime
            .filter(|seconds| *seconds > 0)
            .map(|seconds| seconds.saturating_mul(1000)),
        idle_ms: idle.map(|seconds| {
            i64::try_from(seconds)
                .unwrap_or(i64::MAX)
                .saturating_mul(1000)
        }),
    })
}

impl Dates {
    /// Between one and two tenths of its life early; `spread` is within 0..1000.
    fn ahead(&self, spread: i64) -> Option<Timestamp> {
        let lifetime = self.lifetime_ms?;
        let lead = (lifetime / 10).min(MOST_AHEAD_MS);
        let early = lead.saturating_add(lead / 1000 * spread + lead % 1000 * spread / 1000);
        Some(self.obtained.plus_millis(lifetime - early))
    }

    /// At about half the time after which the vendor forgets an unused grant: a failed attempt has days to be repeated.
    fn idle(&self, spread: i64) -> Option<Timestamp> {
        let half = self.idle_ms? / 2;
        let early = half / 10 / 1000 * spread;
        Some(self.obtained.plus_millis(half - early))
    }
}

fn random_part(app: &App) -> i64 {
    let mut bytes = [0; 2];
    app.entropy.fill(&mut bytes);
    i64::from(u16::from_le_bytes(bytes) % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(lifetime: Option<i64>, idle: Option<i64>) -> Dates {
        Dates {
            obtained: Timestamp(0),
            lifetime_ms: lifetime.map(|seconds| seconds * 1000),
            idle_ms: idle.map(|seconds| seconds * 1000),
        }
    }

    #[test]
    fn a_grant_is_looked_at_before_it_passes_and_not_all_at_once() {
        let hour = dates(Some(3600), None);
        assert_eq!(hour.ahead(0), Some(Timestamp(3_240_000)));
        assert_eq!(hour.ahead(500), Some(Timestamp(3_060_000)));
        assert_eq!(hour.ahead(999), Some(Timestamp(2_880_360)));
        let day = dates(Some(86_400), None);
        assert_eq!(day.ahead(0), Some(Timestamp(86_400_000 - MOST_AHEAD_MS)));
        assert_eq!(dates(None, None).ahead(3), None);
    }

    #[test]
    fn what_the_vendor_forgets_is_used_at_half_time() {
        let month = dates(Some(3600), Some(30 * 86_400));
        assert_eq!(month.idle(0), Some(Timestamp(15 * 86_400_000)));
        assert!(month.idle(999).unwrap() > Timestamp(13 * 86_400_000));
        assert_eq!(dates(Some(3600), None).idle(0), None);
    }
}
