//! Simulated vendors: listeners that answer as Salesforce, Eloqua, Marketo, Act-On and Marketing Cloud do, from records in memory.
//!
//! One listener stands for one vendor, and one more takes orders (see [`control`]). Any client id, secret, user and
//! password is accepted; nothing here protects anything. Records are seeded the same at every start and changed in memory.
//!
//! How a vendor is added: implement [`vendor::Vendor`] in a module of its own and name it in [`VENDORS`].
#![warn(missing_docs)]

pub mod acton;
pub mod call;
pub mod clock;
pub mod control;
pub mod csv;
pub mod eloqua;
pub mod fault;
pub mod generic;
pub mod listener;
pub mod marketing_cloud;
pub mod marketo;
pub mod md5;
pub mod multipart;
pub mod oauth;
pub mod page;
pub mod people;
pub mod rate;
pub mod record_store;
pub mod request_log;
pub mod salesforce;
pub mod samples;
pub mod vendor;
pub mod xml;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ligand_model::time::Clock;

use crate::clock::SandboxClock;
use crate::control::Control;
use crate::listener::Listener;
use crate::vendor::{Setting, Vendor};

/// Makes a vendor in its setting.
type Make = fn(Arc<Setting>) -> Arc<dyn Vendor>;

/// The simulated vendors by the name that the control API, the configuration and `runtime.json` use.
pub const VENDORS: &[(&str, Make)] = &[
    ("salesforce", |setting| {
        Arc::new(salesforce::Salesforce::new(setting))
    }),
    ("acton", acton::ActOn::make),
    ("eloqua", eloqua::Eloqua::make),
    ("marketo", marketo::Marketo::make),
    ("marketingcloud", marketing_cloud::MarketingCloud::make),
];

/// Whether an authorize URL shows the vendor's login and consent pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Consent {
    /// Login page, consent page with a Deny button, then the redirect.
    #[default]
    Page,
    /// The redirect with a code at once.
    Auto,
}

/// How to start a sandbox.
pub struct SandboxOptions {
    /// The address that every listener binds.
    pub listen: IpAddr,
    /// The port of each vendor and of `control`; 0 or no entry takes a free one.
    pub ports: BTreeMap<String, u16>,
    /// What authorize URLs do when their `sandbox_decision` does not say.
    pub consent: Consent,
    /// The time that codes and tokens expire under; the control API adds to it.
    pub clock: Arc<dyn Clock>,
}

/// Running simulators; dropping it closes their listeners.
pub struct Sandbox {
    listeners: Vec<Listener>,
    origins: BTreeMap<&'static str, String>,
    connect_map: Vec<(String, String)>,
}

impl Sandbox {
    /// Binds one listener a vendor and one for control, and serves them on the current tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound, for instance because its port is taken.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let clock = Arc::new(SandboxClock::new(options.clock));
        let mut sandbox = Self {
            listeners: Vec::new(),
            origins: BTreeMap::new(),
            connect_map: Vec::new(),
        };
        let mut vendors = BTreeMap::new();
        for (name, make) in VENDORS {
            let setting = Arc::new(Setting::new(name, Arc::clone(&clock), options.consent));
            let vendor = make(setting);
            let origin = sandbox
                .listen(&options.listen, &options.ports, name, &vendor)
                .await?;
            for host in vendor.hosts() {
                sandbox
                    .connect_map
                    .push(((*host).to_owned(), origin.clone()));
            }
            vendors.insert(*name, vendor);
        }
        let setting = Arc::new(Setting::new("control", Arc::clone(&clock), options.consent));
        let control: Arc<dyn Vendor> = Arc::new(Control::new(setting, vendors));
        sandbox
            .listen(&options.listen, &options.ports, "control", &control)
            .await?;
        Ok(sandbox)
    }

    async fn listen(
        &mut self,
        address: &IpAddr,
        ports: &BTreeMap<String, u16>,
        name: &'static str,
        vendor: &Arc<dyn Vendor>,
    ) -> io::Result<String> {
        let port = ports.get(name).copied().unwrap_or(0);
        let listener = Listener::bind(SocketAddr::new(*address, port), Arc::clone(vendor)).await?;
        let origin = listener.origin();
        self.listeners.push(listener);
        self.origins.insert(name, origin.clone());
        Ok(origin)
    }

    /// Where each vendor, and `control`, is reached: `salesforce` → `http://127.0.0.1:7091`.
    pub fn origins(&self) -> BTreeMap<&'static str, String> {
        self.origins.clone()
    }

    /// Vendor hosts, some with a leading `*.`, and the origin that stands in for them.
    pub fn connect_map(&self) -> Vec<(String, String)> {
        self.connect_map.clone()
    }

    /// Closes every listener and connection; returns when they are gone.
    pub async fn stop(self) {
        for listener in self.listeners {
            listener.stop().await;
        }
    }
}
