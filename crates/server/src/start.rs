//! From a configuration to a running application, without listeners: for `serve`, and for tests.

use std::path::PathBuf;
use std::sync::Arc;

use ligand_model::time::{Clock, Entropy};
use ligand_store::{Database, Store, StoreOptions};

use crate::app::tasks::Tasks;
use crate::app::{App, BrowserOrigins, Parts, Urls};
use crate::config::Config;
use crate::first_start::{self, KeySource};
use crate::listener::request_id::RequestIds;
use crate::metrics::Metrics;
#[cfg(feature = "otel")]
use crate::telemetry::spans;
use crate::telemetry::trace::TraceIds;
use crate::vendor::client::Client;
use crate::vendor::connect::{ConnectMap, unclaimed};
use crate::vendor::guard::Guard;
use crate::vendor::hook_threads::HookThreads;
use crate::vendor::manners::Manners;
use crate::vendor::own::OwnApi;
use crate::vendor::tls;
use crate::{catalog_files, runtime};

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder cannot be made.
    #[error("cannot make the data folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database's URL is of a kind we do not know.
    #[error("database.url begins with `{0}`; it takes postgres://… or sqlite://…")]
    Database(String),
    /// Key, first customer or their files.
    #[error(transparent)]
    First(#[from] first_start::Error),
    /// The database.
    #[error("the store cannot be opened")]
    Store(#[source] ligand_store::Error),
    /// The elements.
    #[error(transparent)]
    Catalog(#[from] catalog_files::Error),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// Threads.
    #[error("the threads for hooks cannot be started")]
    Threads(#[source] std::io::Error),
}

/// What the application stands in.
pub struct Surroundings {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The origin of our own listener, for when no public URL is configured.
    pub origin: String,
    /// Vendor host patterns and the origins of their simulators; empty without a sandbox.
    pub sandbox: Vec<(String, String)>,
}

/// Which database the configuration names.
///
/// # Errors
/// [`Error::Database`].
pub fn database(config: &Config) -> Result<Database, Error> {
    let url = config.database.url.expose();
    if url.is_empty() {
        return Ok(Database::Sqlite(config.data_dir().join("ligand.db")));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Database::Postgres(url.to_owned()));
    }
    if let Some(path) = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
    {
        return Ok(Database::Sqlite(PathBuf::from(path)));
    }
    // A password may follow the scheme: only what stands before it is shown.
    Err(Error::Database(
        url.split(':')
            .next()
            .unwrap_or_default()
            .chars()
            .take(20)
            .collect(),
    ))
}

/// Opens the store under the root key; says so when a key file was made.
///
/// # Errors
/// [`Error`].
pub async fn open_store(
    config: &Config,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<(Store, KeySource), Error> {
    let folder = config.data_dir();
    runtime::make_folder(folder).map_err(|source| Error::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let database = database(config)?;
    let (root_keys, source) = first_start::root_keys(config, &database, &*entropy)?;
    if let KeySource::Made(path) = &source {
        tracing::warn!(
            "made the root key {}: without it the database cannot be read; keep a copy elsewhere",
            path.display()
        );
    }
    let options = StoreOptions {
        database,
        root_keys: Arc::new(root_keys),
        clock,
        entropy,
    };
    Ok((Store::open(options).await.map_err(Error::Store)?, source))
}

/// Puts the application together: folder, key, store, first customer, catalog, client, hook threads.
///
/// # Errors
/// [`Error`].
pub async fn assemble(config: Config, around: Surroundings) -> Result<App, Error> {
    let Surroundings {
        clock,
        entropy,
        origin,
        sandbox,
    } = around;
    let catalog = catalog_files::load(&config.catalog.dir)?;
    let ready = catalog_files::load_common(&config.catalog.common_resources_dir, &catalog)?;
    let connect = ConnectMap::layered(&config.vendor.connect, &sandbox);
    let browser = unclaimed(&config.vendor.connect, &sandbox)
        .cloned()
        .collect();
    let guard = Guard::new(connect, config.vendor.allow_private.clone());
    let tls = tls::client(&config.vendor.ca_file)?;
    let metrics = Metrics::default();
    let opened = Arc::clone(&metrics.vendor_connections);
    #[cfg(feature = "otel")]
    let exporter = spans::start(&config, Arc::clone(&tls));
    let vendor = Client::new(&config.vendor, guard, tls, opened);
    let hooks = HookThreads::quickjs(&config.hooks).map_err(Error::Threads)?;
    let (store, _) = open_store(&config, Arc::clone(&clock), Arc::clone(&entropy)).await?;
    let shared = store.is_shared().then(|| store.clone());
    let manners = Manners::new(&config.vendor, Arc::clone(&entropy), shared);
    let written = first_start::first_customer(&store, config.data_dir(), &*entropy).await?;
    if let Some(path) = written {
        tracing::warn!(
            "made the first customer; its secrets are in {}",
            path.display()
        );
    }
    #[cfg(feature = "otel")]
    let (spans, export) = exporter.unzip();
    #[cfg(feature = "otel")]
    let spans = spans.unwrap_or_default();
    #[cfg(not(feature = "otel"))]
    let spans = crate::telemetry::spans::Spans::default();
    let app = App::new(Parts {
        urls: Urls::new(&config, &origin),
        browser: BrowserOrigins::new(browser),
        memory: crate::service::Memory::new(config.api.answer_cache.bytes()),
        tasks: Tasks::default(),
        config,
        store,
        catalog,
        ready,
        vendor,
        manners,
        hooks,
        own: OwnApi::default(),
        request_ids: RequestIds::new(&*entropy),
        trace_ids: TraceIds::new(&*entropy),
        clock,
        entropy,
        spans,
        metrics,
    });
    #[cfg(feature = "otel")]
    if let Some(export) = export {
        let stopping = app.tasks.stopping();
        app.spawn("spans", export.work(stopping));
    }
    Ok(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    #[test]
    fn the_database_is_chosen_by_its_url_and_a_password_is_never_shown() {
        let mut config = Config::defaults().unwrap();
        config.data.dir = "/srv/d".into();
        let chosen = |config: &Config| match database(config) {
            Ok(Database::Sqlite(path)) => path.display().to_string(),
            Ok(Database::Postgres(url)) => url,
            Err(error) => error.to_string(),
        };
        assert_eq!(chosen(&config), "/srv/d/ligand.db");
        config.database.url = Secret::new("sqlite:///var/x.db");
        assert_eq!(chosen(&config), "/var/x.db");
        config.database.url = Secret::new("postgres://u:p@h/d");
        assert_eq!(chosen(&config), "postgres://u:p@h/d");
        config.database.url = Secret::new("mysql://u:hunter2@h/d");
        assert!(chosen(&config).contains("`mysql`") && !chosen(&config).contains("hunter2"));
    }
}
