//! The application: everything a request needs, cheap to clone.

pub mod system;
pub mod tasks;

use std::ops::Deref;
use std::sync::Arc;

use ligand_engine::catalog::Catalog;
use ligand_model::time::{Clock, Entropy, Timestamp};
use ligand_store::Store;

use crate::config::Config;
use crate::listener::request_id::RequestIds;
use crate::metrics::Metrics;
use crate::service::transformations::ready::ReadyMade;
use crate::telemetry::spans::Spans;
use crate::telemetry::trace::TraceIds;
use crate::vendor::client::Client;
use crate::vendor::hook_threads::HookThreads;
use crate::vendor::manners::Manners;
use crate::vendor::own::OwnApi;
use tasks::Tasks;

/// A handle on the running application.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application is made of.
pub struct Parts {
    /// What the operator set.
    pub config: Config,
    /// What is remembered.
    pub store: Store,
    /// The built-in elements.
    pub catalog: Catalog,
    /// Common resources that are there without set-up.
    pub ready: ReadyMade,
    /// Calls to vendors.
    pub vendor: Client,
    /// How vendors are treated.
    pub manners: Manners,
    /// Where scripts run.
    pub hooks: HookThreads,
    /// How transformations' scripts reach our own API.
    pub own: OwnApi,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// What we are called.
    pub urls: Urls,
    /// Where a browser reaches vendors that are simulated.
    pub browser: BrowserOrigins,
    /// Where spans go.
    pub spans: Spans,
    /// Counters.
    pub metrics: Metrics,
    /// Names for requests.
    pub request_ids: RequestIds,
    /// Names of traces.
    pub trace_ids: TraceIds,
    /// Background work and the shutdown signal.
    pub tasks: Tasks,
    /// What the use cases remember between requests: caches, throttles, usage rows not yet written.
    pub memory: crate::service::Memory,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Runs `future` beside the requests: with a span, its panic reported, ended at shutdown.
    ///
    /// The future should watch [`Tasks::stopping`] and return soon after; whoever does not is aborted when the
    /// shutdown's time is over.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(name, future);
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// What we are called: origins without a trailing slash (a path where the operator configured one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// What callers call us.
    pub public: String,
    /// What vendors call us: webhooks and OAuth callbacks.
    pub events: String,
    /// Where the console is.
    pub console: String,
}

impl Urls {
    /// The configured URLs, else the listener's own.
    pub fn new(config: &Config, listening: &str) -> Self {
        let http = &config.http;
        let or = |given: &str, other: &str| {
            let chosen = if given.is_empty() { other } else { given };
            chosen.trim_end_matches('/').to_owned()
        };
        let public = or(&http.public_url, listening);
        Self {
            events: or(&http.events_url, &public),
            console: or(&http.console_url, &public),
            public,
        }
    }
}

/// Vendor host patterns and the origins where a browser on this machine finds their simulators.
#[derive(Debug, Clone, Default)]
pub struct BrowserOrigins(Vec<(String, String)>);

impl BrowserOrigins {
    /// Takes (host pattern, origin) pairs; the first that matches wins.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Replaces scheme and host of `url` when its host is simulated; everything after stays as it is.
    pub fn rewrite(&self, url: &str) -> String {
        let Some((_, rest)) = url.split_once("://") else {
            return url.to_owned();
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let Some((authority, tail)) = rest.split_at_checked(end) else {
            return url.to_owned();
        };
        let host = authority
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.0
            .iter()
            .find(|(pattern, _)| crate::vendor::connect::matches(pattern, &host))
            .map_or_else(|| url.to_owned(), |(_, origin)| format!("{origin}{tail}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_simulated_hosts_are_rewritten_and_only_up_to_the_path() {
        let browser = BrowserOrigins::new(vec![
            (
                "login.salesforce.com".into(),
                "http://127.0.0.1:7091".into(),
            ),
            ("*.actonsoftware.com".into(), "http://127.0.0.1:7094".into()),
        ]);
        assert_eq!(
            browser.rewrite("https://login.salesforce.com/services/oauth2/authorize?a=https://b/"),
            "http://127.0.0.1:7091/services/oauth2/authorize?a=https://b/"
        );
        assert_eq!(
            browser.rewrite("https://restapi.actonsoftware.com?x=1"),
            "http://127.0.0.1:7094?x=1"
        );
        for other in [
            "https://login.eloqua.com/auth",
            "https://evil-login.salesforce.com/",
            "x",
        ] {
            assert_eq!(browser.rewrite(other), other);
        }
    }

    #[test]
    fn urls_fall_back_to_the_public_one_and_to_the_listener() {
        let mut config = Config::defaults().unwrap();
        let urls = Urls::new(&config, "http://127.0.0.1:7080");
        assert_eq!(urls.console, "http://127.0.0.1:7080");
        config.http.public_url = "https://api.example.com/".into();
        config.http.events_url = "https://hooks.example.com".into();
        let urls = Urls::new(&config, "http://127.0.0.1:7080");
        assert_eq!(urls.public, "https://api.example.com");
        assert_eq!(urls.console, "https://api.example.com");
        assert_eq!(urls.events, "https://hooks.example.com");
    }
}
