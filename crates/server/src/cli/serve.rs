//! `ligand serve`: everything in its order, and back.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ligand_store::Database;
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{Failed, Signals};
use crate::app::App;
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::listener::Listener;
use crate::runtime::{self, Runtime};
use crate::start::{Surroundings, assemble, database};
use crate::vendor::tls;
use crate::{api, health, sandbox, service, telemetry};

/// A server that listens but has not been told to serve yet.
pub struct Server {
    /// The application.
    pub app: App,
    /// What was written to `runtime.json`.
    pub runtime: Runtime,
    listener: Listener,
    sandbox: Option<sandbox::Running>,
    /// Held as long as we serve; none on a database that others may share.
    _claim: Option<std::fs::File>,
}

pub(super) async fn run(config: Config) -> Result<ExitCode, Failed> {
    telemetry::start(&config.telemetry);
    // Before anyone can know our pid: a signal must never meet the default, which ends us without finishing.
    let mut signals = Signals::listen()?;
    let server = Server::prepare(config).await?;
    let app = server.app.clone();
    tracing::info!(
        "Ligand {} is at {}",
        env!("CARGO_PKG_VERSION"),
        server.runtime.base_url
    );
    for (vendor, origin) in &server.runtime.sandbox {
        tracing::info!("the sandbox's {vendor} is at {origin}");
    }
    let signals = tokio::spawn(async move {
        signals.told_to_stop().await;
        tracing::info!("stopping: requests in flight are finished, new ones refused");
        app.tasks.stop();
        // Whoever asks twice does not want to wait.
        signals.told_to_stop().await;
        telemetry::flush();
        std::process::exit(1);
    });
    let clean = server.serve().await;
    signals.abort();
    tracing::info!("stopped");
    if !clean {
        tracing::warn!("not everything in flight could be finished in time");
    }
    Ok(ExitCode::SUCCESS)
}

impl Server {
    /// Binds, starts the sandbox, puts the application together and writes `runtime.json`.
    ///
    /// # Errors
    /// Whatever stands in the way, as a sentence with causes.
    pub async fn prepare(config: Config) -> Result<Self, Failed> {
        let dir = config.data_dir().to_owned();
        runtime::make_folder(&dir)
            .map_err(|error| format!("cannot make the data folder {}: {error}", dir.display()))?;
        let claim = match database(&config)? {
            Database::Sqlite(_) => Some(claim(&dir).await?),
            Database::Postgres(_) => None,
        };
        let http = &config.http;
        let tls = if http.tls_certificate.is_empty() {
            None
        } else {
            Some(tls::server(
                Path::new(&http.tls_certificate),
                Path::new(&http.tls_key),
            )?)
        };
        let free_ports = http.listen.port() == 0;
        let listener = Listener::bind(http.listen, tls)
            .await
            .map_err(|error| format!("cannot listen on {}: {error}", http.listen))?;
        let clock = Arc::new(SystemClock);
        let sandbox = if config.sandbox.enabled {
            Some(sandbox::start(&config.sandbox, &dir, free_ports, clock.clone()).await?)
        } else {
            None
        };
        let base_url = listener.origin()?;
        let around = Surroundings {
            clock,
            entropy: Arc::new(SystemEntropy::new()),
            origin: base_url.clone(),
            sandbox: sandbox
                .as_ref()
                .map(|running| running.connect.clone())
                .unwrap_or_default(),
        };
        let app = assemble(config, around).await?;
        if matches!(database(&app.config)?, Database::Sqlite(_)) {
            // The folder is ours alone: whoever held a lease on a grant was this server, and is no more.
            app.store.forget_leases().await?;
        }
        let metrics_url = metrics(&app, free_ports).await;
        let runtime = Runtime {
            base_url,
            metrics_url,
            pid: std::process::id(),
            sandbox: sandbox
                .as_ref()
                .map(|running| running.origins.clone())
                .unwrap_or_default(),
        };
        runtime
            .write(&dir)
            .map_err(|error| format!("cannot write {}: {error}", runtime::FILE))?;
        Ok(Self {
            app,
            runtime,
            listener,
            sandbox,
            _claim: claim,
        })
    }

    /// Serves until the application is stopped, then finishes; true when everything in flight was finished.
    pub async fn serve(self) -> bool {
        let Self {
            app,
            listener,
            sandbox,
            ..
        } = self;
        let patience = app.config.http.shutdown_timeout.0;
        let router = api::router(app.clone()).merge(health::router(app.clone()));
        app.spawn("changes", service::trust::follow(app.clone()));
        app.spawn("usage", service::usage::write_regularly(app.clone()));
        app.spawn("connect", service::connect::callback::work(app.clone()));
        app.spawn("grants", service::refresh::worker::work(app.clone()));
        app.spawn("farewells", service::farewells::work(app.clone()));
        app.spawn("notices", service::notices::work(app.clone()));
        let mut clean = listener.serve(app.clone(), router, patience).await;
        let stopped_by = Instant::now() + Duration::from_secs(2);
        // Connections have ended or were given up; what is left of the time is background work's.
        clean &= app
            .tasks
            .finish(stopped_by.saturating_duration_since(Instant::now()))
            .await;
        if let Err(error) = service::usage::flush(&app).await {
            tracing::warn!("the last usage rows could not be written: {error}");
        }
        if let Some(sandbox) = sandbox {
            sandbox.stop().await;
        }
        app.store.clone().close().await;
        clean
    }
}

/// Claims the data folder: two servers on one SQLite file would not see each other's writes, and the second would
/// take over `runtime.json`. A server that is being replaced gets a few seconds to leave.
async fn claim(dir: &Path) -> Result<std::fs::File, Failed> {
    const TRIES: u32 = 50;
    let path = dir.join("serve.lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(std::fs::TryLockError::Error(error)) => {
                // Some network file systems have no locks; that is no reason not to serve.
                tracing::warn!("the data folder could not be claimed: {error}");
                return Ok(file);
            }
        }
    }
    Err(format!(
        "another server is running on the data folder {}: stop it, or give this one a folder of its own with --data",
        dir.display()
    )
    .into())
}

/// Binds the metrics' own listener; a taken port is no reason not to serve.
async fn metrics(app: &App, free_port: bool) -> Option<String> {
    let configured = app.config.telemetry.metrics_listen.clone();
    if configured.is_empty() {
        return None;
    }
    let bound = async {
        let mut address: SocketAddr = configured.parse().map_err(std::io::Error::other)?;
        if free_port {
            address.set_port(0);
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    match bound.await {
        Ok((listener, address)) => {
            let router = health::metrics(app.clone());
            let mut stopping = app.tasks.stopping();
            app.spawn("metrics", async move {
                let served = axum::serve(listener, router);
                // Numbers are of use until the very end, but nobody waits for who reads them.
                tokio::select! {
                    _ = served => {}
                    () = stopping.wait() => {}
                }
            });
            Some(format!("http://{address}"))
        }
        Err(error) => {
            tracing::warn!("no metrics: cannot listen on {configured}: {error}");
            None
        }
    }
}
