//! Faults on demand: what a vendor does on a bad day.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Deserialize;

use crate::call::Call;
use crate::vendor::lock;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The status (500) and body given.
    #[default]
    Status,
    /// An HTML page instead of data, status 200 unless given.
    Html,
    /// A body that ends before its `Content-Length`.
    Truncated,
    /// A JSON array of `bytes` (256 MiB) that never makes sense.
    Huge,
    /// The right answer, after `delay_ms` (60 s).
    Slow,
    /// The connection closes without an answer.
    Drop,
    /// 302 to `location`.
    Redirect,
    /// The token endpoint refuses the next grants as the vendor would.
    RefuseGrant,
}

/// A fault as the control API takes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The vendor that shall fail.
    pub vendor: String,
    /// What goes wrong.
    #[serde(default)]
    pub kind: Kind,
    /// The status to answer.
    pub status: Option<u16>,
    /// The body to answer.
    pub body: Option<String>,
    /// Its media type (`application/json`).
    pub content_type: Option<String>,
    /// Further answer headers, such as `Retry-After`.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// How many calls it hits.
    #[serde(default = "once")]
    pub times: u32,
    /// Milliseconds to wait first.
    pub delay_ms: Option<u64>,
    /// The size of a `huge` body.
    pub bytes: Option<u64>,
    /// Where a `redirect` goes.
    pub location: Option<String>,
    /// Hits only calls whose path contains this.
    pub path: Option<String>,
    /// Hits only calls of this method.
    pub method: Option<String>,
}

const fn once() -> u32 {
    1
}

impl Fault {
    fn hits(&self, call: &Call) -> bool {
        self.path
            .as_ref()
            .is_none_or(|path| call.path.contains(path.as_str()))
            && self
                .method
                .as_ref()
                .is_none_or(|m| call.method.as_str().eq_ignore_ascii_case(m))
    }
}

/// The faults that wait for their calls, oldest first.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Adds one.
    pub fn add(&self, fault: Fault) {
        if fault.times > 0 {
            lock(&self.0).push_back(fault);
        }
    }

    /// Forgets all.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The fault that hits this call, if any; it has one hit less then.
    pub fn take(&self, call: &Call) -> Option<Fault> {
        self.pick(|fault| fault.kind != Kind::RefuseGrant && fault.hits(call))
    }

    /// Whether this grant is to be refused; token endpoints ask once a call.
    pub fn refuses_grant(&self) -> bool {
        self.pick(|fault| fault.kind == Kind::RefuseGrant).is_some()
    }

    fn pick(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = lock(&self.0);
        let at = faults.iter().position(wanted)?;
        let fault = faults.get_mut(at)?;
        fault.times = fault.times.saturating_sub(1);
        let picked = fault.clone();
        if picked.times == 0 {
            faults.remove(at);
        }
        Some(picked)
    }
}
