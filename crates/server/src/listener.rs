//! The front door: accepts connections, speaks TLS, times and logs requests, and closes in an orderly way.

pub mod peer;
pub mod request_id;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use crate::app::App;
use crate::telemetry::{Facts, RequestId, request_line};
use peer::Peer;

/// A bound front door.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Binds the address.
    ///
    /// # Errors
    /// The operating system's, such as an address in use.
    pub async fn bind(
        address: SocketAddr,
        tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        Ok(Self {
            socket,
            tls: tls.map(TlsAcceptor::from),
        })
    }

    /// Our own origin: `http://127.0.0.1:7080`. An address that stands for all of them is called by loopback.
    ///
    /// # Errors
    /// The operating system's.
    pub fn origin(&self) -> io::Result<String> {
        let mut address = self.socket.local_addr()?;
        if address.ip().is_unspecified() {
            let loopback = if address.is_ipv4() {
                SocketAddr::from(([127, 0, 0, 1], 0))
            } else {
                SocketAddr::from(([0u16, 0, 0, 0, 0, 0, 0, 1], 0))
            };
            address.set_ip(loopback.ip());
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{address}"))
    }

    /// Serves until the application stops, then finishes what is in flight, at most `patience`.
    /// True when everything in flight was finished.
    pub async fn serve(self, app: App, router: Router, patience: Duration) -> bool {
        let (held, mut all_gone) = mpsc::channel::<()>(1);
        let limit = usize::try_from(app.config.http.max_connections).unwrap_or(usize::MAX);
        let room = Arc::new(Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS)));
        let mut stopping = app.tasks.stopping();
        let front = Arc::new(Front {
            app: app.clone(),
            router,
        });
        let server = Arc::new(protocol(app.config.http.header_timeout.0));
        let drain = app.config.http.drain.0;
        let closing = watch::Sender::new(false);
        {
            let mut stopped = pin!(async {
                stopping.wait().await;
                // Whoever spreads requests over nodes learns from /health/ready that this one is going.
                tokio::time::sleep(drain).await;
            });
            loop {
                let accepted = async {
                    let permit = Arc::clone(&room).acquire_owned().await;
                    (permit, self.socket.accept().await)
                };
                let (permit, accepted) = tokio::select! {
                    () = &mut stopped => break,
                    accepted = accepted => accepted,
                };
                match accepted {
                    Ok((stream, address)) => {
                        let connection = Connection {
                            front: Arc::clone(&front),
                            server: Arc::clone(&server),
                            tls: self.tls.clone(),
                            address,
                            closing: closing.subscribe(),
                        };
                        let held = held.clone();
                        app.spawn("connection", async move {
                            connection.run(stream).await;
                            drop((held, permit));
                        });
                    }
                    Err(error) => pause_after(&error).await,
                }
            }
        }
        // No more connections: the socket closes, those that are open finish.
        closing.send_replace(true);
        drop((self.socket, held));
        tokio::time::timeout(patience, all_gone.recv())
            .await
            .is_ok()
    }
}

/// Out of file descriptors and the like pass; a broken connection is the client's affair.
async fn pause_after(error: &io::Error) {
    let clients = [
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionRefused,
    ];
    if !clients.contains(&error.kind()) {
        tracing::warn!("a connection could not be accepted: {error}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn protocol(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(128 * 1024);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    server
}

/// One accepted connection.
struct Connection {
    front: Arc<Front>,
    server: Arc<auto::Builder<TokioExecutor>>,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    closing: watch::Receiver<bool>,
}

impl Connection {
    async fn run(mut self, stream: TcpStream) {
        // Answers are written whole: waiting to fill a segment only costs time.
        let _ = stream.set_nodelay(true);
        let open = Counted::new(self.front.app.clone(), Gauge::Connections);
        match self.tls.take() {
            None => self.speak(TokioIo::new(stream)).await,
            Some(tls) => {
                let handshake = tokio::time::timeout(Duration::from_secs(10), tls.accept(stream));
                match handshake.await {
                    Ok(Ok(stream)) => self.speak(TokioIo::new(stream)).await,
                    Ok(Err(error)) => tracing::debug!("a TLS handshake failed: {error}"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
        drop(open);
    }

    async fn speak<I>(mut self, io: I)
    where
        I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let service = Visitor {
            front: Arc::clone(&self.front),
            address: self.address,
        };
        let mut connection = pin!(self.server.serve_connection(io, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closed(&mut self.closing) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended early: {error}");
        }
    }
}

async fn closed(closing: &mut watch::Receiver<bool>) {
    // A sender that is gone has closed, too.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// What every request passes.
struct Front {
    app: App,
    router: Router,
}

/// The requests of one connection.
struct Visitor {
    front: Arc<Front>,
    address: SocketAddr,
}

impl hyper::service::Service<Request<Incoming>> for Visitor {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let front = Arc::clone(&self.front);
        let address = self.address;
        Box::pin(async move { Ok(front.answer(request, address).await) })
    }
}

impl Front {
    async fn answer(&self, mut request: Request<Incoming>, address: SocketAddr) -> Response<Body> {
        let began = Instant::now();
        let busy = Counted::new(self.app.clone(), Gauge::InFlight);
        let id = RequestId(request_id(&self.app));
        let method = request.method().clone();
        let keeps_open = request.version() <= http::Version::HTTP_11;
        let peer = Peer::of(
            address.ip(),
            request.headers(),
            &self.app.config.http.trusted_proxies,
        );
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(peer);
        let answering = self.router.clone().call(request);
        let mut response = match caught(answering).await {
            Some(Ok(response)) => response,
            Some(Err(never)) => match never {},
            None => panicked(&id.0),
        };
        if keeps_open && self.app.tasks.is_stopping() {
            // The caller's next request goes to another node.
            let close = http::HeaderValue::from_static("close");
            response
                .headers_mut()
                .insert(http::header::CONNECTION, close);
        }
        let took = began.elapsed();
        let status = response.status().as_u16();
        let facts = response
            .extensions_mut()
            .remove::<Facts>()
            .unwrap_or_default();
        self.app.metrics.requests.count(status);
        self.app.metrics.request_duration.observe(took);
        request_line(&id.0, method.as_str(), status, took, &facts);
        drop(busy);
        response
    }
}

/// A name for a request.
pub fn request_id(app: &App) -> Arc<str> {
    app.request_ids.next(app.now()).0
}

/// Runs a future; none when it panicked. One request must not end its neighbours on the connection.
pub(crate) async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let poll = std::panic::AssertUnwindSafe(|| future.as_mut().poll(context));
        match std::panic::catch_unwind(poll) {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    })
    .await
}

fn panicked(id: &str) -> Response<Body> {
    tracing::error!(
        request.id = id,
        "the request {id} met a fault of ours and was given up"
    );
    let body = format!("{{\"requestId\":\"{id}\",\"message\":\"An unexpected error occurred\"}}");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}

/// Which gauge a guard holds up.
#[derive(Clone, Copy)]
enum Gauge {
    Connections,
    InFlight,
}

/// Counts itself in a gauge as long as it lives.
struct Counted {
    app: App,
    gauge: Gauge,
}

impl Counted {
    fn new(app: App, gauge: Gauge) -> Self {
        let counted = Self { app, gauge };
        counted.add(1);
        counted
    }

    fn add(&self, step: i64) {
        let gauge = match self.gauge {
            Gauge::Connections => &self.app.metrics.connections,
            Gauge::InFlight => &self.app.metrics.in_flight,
        };
        gauge.fetch_add(step, Ordering::Relaxed);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.add(-1);
    }
}

#[cfg(test)]
mod tests;
