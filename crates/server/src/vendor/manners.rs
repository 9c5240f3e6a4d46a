//! How vendors are treated: what fails is repeated with care, a vendor's limits are kept, one that is down is left alone.
//!
//! | part | sentence |
//! |---|---|
//! | [`retry`] | whether a request is sent again, and after how long |
//! | [`breaker`] | a host that fails an organization again and again is not asked for a while |
//! | [`gate`] | calls wait their turn, instance by instance, where a limit is declared or was told |
//!
//! All of it is kept in memory, a node, and forgotten by a restart, but declared limits: on a database that nodes share
//! they take slices of each ([`Share`]), and what a vendor tells one node the others hear.

pub mod breaker;
pub mod gate;
pub mod retry;

use std::sync::Arc;
use std::time::Duration;

use ligand_model::element::{RateLimit, RateLimits, RateScope};
use ligand_model::id::{ElementId, InstanceId, OrganizationId};
use ligand_model::time::Entropy;
use ligand_store::Store;
use ligand_store::rates::LimitOf;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::config;
use breaker::Host;
use gate::{Gate, Rate, Share};

/// Hosts and limits that are remembered at most; the least used are forgotten first.
const MOST: usize = 20_000;

/// A vendor that says to wait for longer is asked again all the same.
const LONGEST_HOLD: Duration = Duration::from_hours(24);

/// What other nodes would find out at no cost worth a message.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What is remembered of vendors.
pub struct Manners {
    hosts: Cache<HostKey, Arc<Host>>,
    gates: Cache<Key, Arc<Gate>>,
    entropy: Arc<dyn Entropy>,
    /// Where nodes keep limits together; none where there is one node.
    shared: Option<Store>,
    /// Repetitions of one request at most.
    pub retries: u32,
    /// How long a call waits for a vendor's limit when its caller named no deadline.
    pub patience: Duration,
    /// Whether calls keep to the limits that elements declare.
    pub declared_limits: bool,
}

/// Whose calls to a host fail together: an organization's with one element. One tenant's failures, be they made on
/// purpose, are no other's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Whose {
    /// None for the calls by which instances are made and renewed; of an element that a tenant owns they are its own.
    pub organization: Option<OrganizationId>,
    /// None for scripts that belong to no element.
    pub element: Option<ElementId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct HostKey(Whose, String);

/// The same, looked up without an allocation.
#[derive(Hash)]
struct HostKeyRef<'a>(Whose, &'a str);

impl quick_cache::Equivalent<HostKey> for HostKeyRef<'_> {
    fn equivalent(&self, key: &HostKey) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    organization: OrganizationId,
    element: ElementId,
    /// None for a limit of the application, which its instances share.
    instance: Option<InstanceId>,
    /// Which of the element's limits; the last stands for what the vendor tells.
    index: usize,
}

/// Whose call it is.
#[derive(Debug, Clone, Copy)]
pub struct Pace<'a> {
    /// The tenant.
    pub organization: OrganizationId,
    /// The element.
    pub element: ElementId,
    /// The instance.
    pub instance: InstanceId,
    /// What the element declares.
    pub limits: Option<&'a RateLimits>,
}

impl Manners {
    /// As configured.
    pub fn new(vendor: &config::Vendor, entropy: Arc<dyn Entropy>, shared: Option<Store>) -> Self {
        Self {
            hosts: Cache::new(MOST),
            gates: Cache::new(MOST),
            entropy,
            shared,
            retries: vendor.retries,
            patience: vendor.patience.0,
            declared_limits: vendor.declared_limits,
        }
    }

    /// What is known of a host.
    pub fn host(&self, whose: Whose, name: &str) -> Arc<Host> {
        if let Some(known) = self.hosts.get(&HostKeyRef(whose, name)) {
            return known;
        }
        let host = Arc::new(Host::default());
        self.hosts
            .insert(HostKey(whose, name.to_owned()), Arc::clone(&host));
        host
    }

    /// Waits for the call's turn under every limit that holds for it; answers how long that took.
    ///
    /// # Errors
    /// How long it would take, when that is after `deadline`.
    pub async fn pass(&self, pace: &Pace<'_>, deadline: Instant) -> Result<Duration, Duration> {
        let mut waited = Duration::ZERO;
        let declared = declared(pace).iter().filter(|_| self.declared_limits);
        for (index, limit) in declared.enumerate() {
            let Some(rate) = Rate::of(limit) else {
                continue;
            };
            let key = Key::of(pace, limit.scope, index);
            let gate = self.gate(key);
            let share = self
                .shared
                .as_ref()
                .map(|store| Share::new(store, key.limit(), rate));
            waited += gate
                .pass(Some(rate), share.as_ref(), pace.instance, deadline)
                .await?;
        }
        // What the vendor told of itself, if it did.
        if let Some(gate) = self.gates.get(&Key::told(pace)) {
            waited += gate.pass(None, None, pace.instance, deadline).await?;
        }
        Ok(waited)
    }

    /// Lets no call of this instance through for a while: the vendor said so.
    pub fn hold(&self, pace: &Pace<'_>, wait: Duration) {
        let wait = wait.min(LONGEST_HOLD);
        let longer = self.gate(Key::told(pace)).hold(Instant::now() + wait);
        if let Some(store) = self.shared.clone()
            && longer >= WORTH_TELLING
        {
            let (organization, element, instance) =
                (pace.organization, pace.element, pace.instance);
            tokio::spawn(async move {
                let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
                let until = store.present().plus_millis(wait);
                let told = store.announce_held(organization, element, instance, until);
                if let Err(error) = told.await {
                    // They find out by themselves.
                    tracing::debug!(error = %error, "other nodes were not told of a vendor's limit");
                }
            });
        }
    }

    /// Another node was told so.
    pub fn hear_held(
        &self,
        organization: OrganizationId,
        element: ElementId,
        instance: InstanceId,
        wait: Duration,
    ) {
        let pace = Pace {
            organization,
            element,
            instance,
            limits: None,
        };
        let until = Instant::now() + wait.min(LONGEST_HOLD);
        self.gate(Key::told(&pace)).hold(until);
    }

    /// Holds the instance back when the vendor's headers say that nothing is left.
    pub fn listen(&self, pace: &Pace<'_>, headers: &[(String, String)], now_s: i64) {
        let Some(limits) = pace.limits else { return };
        let value = |name: &Option<String>| {
            let name = name.as_deref()?;
            headers
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        let nothing_left = value(&limits.remaining)
            .and_then(left)
            .is_some_and(|left| left < 1.0);
        if !nothing_left {
            return;
        }
        let reset = value(&limits.reset).and_then(|reset| reset.parse::<i64>().ok());
        // Seconds from now, or since 1970: nobody resets in thirty years.
        let seconds = match reset {
            Some(at) if at > 1_000_000_000 => at.saturating_sub(now_s),
            Some(seconds) => seconds,
            None => 1,
        };
        if let Ok(seconds) = u64::try_from(seconds) {
            self.hold(pace, Duration::from_secs(seconds));
        }
    }

    /// Where chance comes from.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// A number below one, for waits that nobody shares.
    pub fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.entropy.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }

    fn gate(&self, key: Key) -> Arc<Gate> {
        if let Some(known) = self.gates.get(&key) {
            return known;
        }
        let made = self
            .gates
            .get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::default()));
        match made {
            Ok(gate) => gate,
            Err(never) => match never {},
        }
    }
}

impl std::fmt::Debug for Manners {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Manners").finish_non_exhaustive()
    }
}

/// How many calls are left: a number, or what is used of how many (`api-usage=18/5000`).
fn left(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let usage = text.split([',', ';']).next()?;
    let (used, most) = usage.rsplit('=').next()?.split_once('/')?;
    let number = |text: &str| text.trim().parse::<f64>().ok();
    Some(number(most)? - number(used)?)
}

fn declared<'a>(pace: &Pace<'a>) -> &'a [RateLimit] {
    pace.limits.map_or(&[], |limits| &limits.limits)
}

impl Key {
    fn of(pace: &Pace<'_>, scope: RateScope, index: usize) -> Self {
        Self {
            organization: pace.organization,
            element: pace.element,
            instance: (scope == RateScope::Instance).then_some(pace.instance),
            index,
        }
    }

    fn limit(&self) -> LimitOf {
        LimitOf {
            organization: self.organization,
            element: self.element,
            instance: self.instance,
            number: i64::try_from(self.index).unwrap_or(i64::MAX),
        }
    }

    fn told(pace: &Pace<'_>) -> Self {
        Self::of(pace, RateScope::Instance, usize::MAX)
    }
}

/// The host of a URL, as it stands there.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use ligand_model::time::FixedEntropy;

    use super::*;

    #[test]
    fn what_is_left_is_a_number_or_told_by_what_is_used() {
        for (text, expected) in [
            ("7", Some(7.0)),
            ("api-usage=4998/5000", Some(2.0)),
            (
                "api-usage=5001/5000, per-app-api-usage=1/2(appName=x)",
                Some(-1.0),
            ),
            ("18/20", Some(2.0)),
            ("soon", None),
            ("a=b/c", None),
        ] {
            assert_eq!(left(text), expected, "{text}");
        }
    }

    fn manners() -> Manners {
        let config = config::Config::defaults().unwrap();
        Manners::new(&config.vendor, Arc::new(FixedEntropy::new(1)), None)
    }

    fn limits() -> RateLimits {
        RateLimits {
            limits: Vec::new(),
            remaining: Some("X-Left".to_owned()),
            reset: Some("X-Reset".to_owned()),
        }
    }

    const fn pace(limits: &RateLimits) -> Pace<'_> {
        Pace {
            organization: OrganizationId(2),
            element: ElementId(1),
            instance: InstanceId(1),
            limits: Some(limits),
        }
    }

    #[tokio::test]
    async fn what_a_vendor_tells_holds_for_the_instance_alone() {
        let (manners, limits) = (manners(), limits());
        let now = 1_800_000_000;
        for (left, reset, held) in [
            ("1", "30", None),
            ("0", "30", Some(29)),
            ("0", "1800000040", Some(39)),
        ] {
            let headers = [("x-left", left), ("x-reset", reset)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
            let pace = pace(&limits);
            manners.listen(&pace, &headers, now);
            let passed = manners.pass(&pace, Instant::now()).await;
            assert_eq!(
                passed.err().map(|wait| wait.as_secs()),
                held,
                "{left} {reset}"
            );
            let neighbour = Pace {
                instance: InstanceId(2),
                ..pace
            };
            assert!(manners.pass(&neighbour, Instant::now()).await.is_ok());
        }
    }

    #[tokio::test]
    async fn what_an_element_declares_is_kept_unless_the_operator_says_otherwise() {
        let limit = RateLimit {
            requests: 1,
            seconds: 60,
            ..RateLimit::default()
        };
        let limits = RateLimits {
            limits: vec![limit],
            ..limits()
        };
        let (mut manners, pace) = (manners(), pace(&limits));
        assert!(manners.pass(&pace, Instant::now()).await.is_ok());
        assert!(manners.pass(&pace, Instant::now()).await.is_err());
        manners.declared_limits = false;
        assert!(manners.pass(&pace, Instant::now()).await.is_ok());
    }

    #[tokio::test]
    async fn no_vendor_shuts_an_instance_for_ever() {
        let (manners, limits) = (manners(), limits());
        let pace = pace(&limits);
        manners.hold(&pace, Duration::MAX);
        let wait = manners.pass(&pace, Instant::now()).await.unwrap_err();
        assert!(wait <= LONGEST_HOLD, "{wait:?}");
    }

    #[test]
    fn a_host_that_fails_one_tenant_is_asked_by_the_others() {
        let manners = manners();
        let whose = |organization, element| Whose {
            organization: Some(OrganizationId(organization)),
            element: Some(ElementId(element)),
        };
        let now = Instant::now();
        let failing = manners.host(whose(2, 1), "a.example");
        for _ in 0..10 {
            failing.note(breaker::Said::Ill, now);
        }
        let asked = |whose, host| manners.host(whose, host).admit(now).is_ok();
        assert!(!asked(whose(2, 1), "a.example"));
        assert!(asked(whose(3, 1), "a.example"), "another organization");
        assert!(asked(whose(2, 9), "a.example"), "another element");
        assert!(asked(whose(2, 1), "b.example"), "another host");
        let renewing = Whose {
            organization: None,
            ..whose(2, 1)
        };
        assert!(asked(renewing, "a.example"), "renewals");
    }

    #[test]
    fn the_host_is_what_stands_between() {
        for (url, host) in [
            ("https://a.example/x?y#z", "a.example"),
            ("https://u:p@a.example:8443", "a.example:8443"),
            ("a.example", "a.example"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
