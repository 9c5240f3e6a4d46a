//! Opening a connection: the connect map, the resolver with the guard, TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use super::guard::{Guard, Refusal};

/// Opens connections for the client.
#[derive(Clone)]
pub struct Connector {
    guard: Guard,
    tls: Arc<ClientConfig>,
    timeout: Duration,
    opened: Arc<AtomicU64>,
}

/// Why no connection was opened. The text is safe for the caller.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The guard refused every address.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name has no address.
    #[error("{0} cannot be found")]
    Unknown(String),
    /// Nobody answered, or nobody listens.
    #[error("{0} cannot be reached")]
    Unreachable(String, #[source] Option<io::Error>),
    /// It took too long.
    #[error("{0} could not be connected to in time")]
    Timeout(String),
    /// The TLS handshake failed.
    #[error("{0} could not be spoken to by TLS")]
    Tls(String, #[source] io::Error),
}

impl Connector {
    /// Makes the connector; `opened` counts connections.
    pub fn new(
        guard: Guard,
        tls: Arc<ClientConfig>,
        timeout: Duration,
        opened: Arc<AtomicU64>,
    ) -> Self {
        Self {
            guard,
            tls,
            timeout,
            opened,
        }
    }

    async fn connect(self, uri: Uri) -> Result<Wire, ConnectError> {
        let host = uri
            .host()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_ascii_lowercase();
        let opening = self.open(&uri, &host);
        match tokio::time::timeout(self.timeout, opening).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::Timeout(host)),
        }
    }

    async fn open(&self, uri: &Uri, host: &str) -> Result<Wire, ConnectError> {
        let secure = uri.scheme_str() == Some("https");
        let (stream, tls) = if let Some(target) = self.guard.target(host) {
            (
                self.reach(&target.host, target.port, host, |_| true)
                    .await?,
                target.tls,
            )
        } else {
            let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
            // In clear only into networks that the operator named.
            let allowed = |address: SocketAddr| {
                let ip = address.ip();
                if secure {
                    self.guard.may_call(ip)
                } else {
                    self.guard.is_allowed(ip)
                }
            };
            (self.reach(host, port, host, allowed).await?, secure)
        };
        self.opened.fetch_add(1, Ordering::Relaxed);
        if !tls {
            return Ok(Wire::Plain(TokioIo::new(stream)));
        }
        let failed = |error| ConnectError::Tls(host.to_owned(), error);
        // As with curl's --connect-to, the certificate is that of the host that the URL names.
        let server = ServerName::try_from(host.to_owned())
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(server, stream).await.map_err(failed)?;
        Ok(Wire::Tls(Box::new(TokioIo::new(stream))))
    }

    /// Connects to the first address of `name` that is allowed and answers; `logical` is who the caller asked for.
    async fn reach(
        &self,
        name: &str,
        port: u16,
        logical: &str,
        allowed: impl Fn(SocketAddr) -> bool,
    ) -> Result<TcpStream, ConnectError> {
        let found = tokio::net::lookup_host((name, port))
            .await
            .map_err(|_| ConnectError::Unknown(logical.to_owned()))?;
        let (mut refused, mut last) = (false, None);
        for address in found {
            if !allowed(address) {
                refused = true;
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Requests are small and written whole: waiting to fill a segment only costs time.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => last = Some(error),
            }
        }
        if refused && last.is_none() {
            return Err(Refusal::Private(logical.to_owned()).into());
        }
        Err(ConnectError::Unreachable(logical.to_owned(), last))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Wire;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// An open connection, in clear or by TLS.
pub enum Wire {
    /// In clear: mapped origins and allowed networks.
    Plain(TokioIo<TcpStream>),
    /// By TLS.
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(context, buffer),
            Self::Tls(io) => Pin::new(io).poll_read(context, buffer),
        }
    }
}

impl Write for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(context, bytes),
            Self::Tls(io) => Pin::new(io).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(context, slices),
            Self::Tls(io) => Pin::new(io).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(context),
            Self::Tls(io) => Pin::new(io).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(context),
            Self::Tls(io) => Pin::new(io).poll_shutdown(context),
        }
    }
}
