//! A listener: reads whole requests, keeps the log, lets faults happen, and hands the rest to its vendor.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::call::{Call, Reply};
use crate::fault::{Fault, Kind};
use crate::vendor::Vendor;

/// Larger request bodies are refused with 413.
const MOST_BODY: usize = 64 * 1024 * 1024;
/// Connections beyond this wait until one ends.
const MOST_CONNECTIONS: usize = 1024;
/// How long a caller may take for its request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A bound address that is being served.
pub struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listener {
    /// Binds and serves `vendor` there.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, vendor: Arc<dyn Vendor>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self {
            address,
            task: tokio::spawn(serve(listener, vendor)),
        })
    }

    /// Where it is reached from this machine: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        let ip = match self.address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        format!("http://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// Closes the listener and its connections.
    pub async fn stop(mut self) {
        self.task.abort();
        // The task was told to end; that it did is all there is to know.
        let _ = (&mut self.task).await;
    }
}

async fn serve(listener: TcpListener, vendor: Arc<dyn Vendor>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "sandbox could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let vendor = Arc::clone(&vendor);
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| answer(Arc::clone(&vendor), request));
            let served = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "sandbox connection ended");
            }
        });
    }
}

/// An error here closes the connection without an answer.
async fn answer(
    vendor: Arc<dyn Vendor>,
    request: Request<Incoming>,
) -> io::Result<Response<Answer>> {
    let (head, body) = request.into_parts();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > MOST_BODY {
        return Ok(too_large());
    }
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
        Err(error) => return Err(io::Error::other(error)),
    };
    let sent = head.method.clone();
    let query = head.uri.query().unwrap_or_default();
    let call = Call::new(head.method, head.uri.path(), query, head.headers, body);
    let setting = vendor.setting();
    let number = setting.log.add(setting.now(), sent.as_str(), &call);
    let response = match setting.faults.take(&call) {
        Some(fault) => fail(&vendor, &call, &fault).await?,
        None => respond(settled(&vendor, &call).await),
    };
    setting.log.answered(number, response.status().as_u16());
    Ok(response)
}

/// The vendor's answer. One that it would hold waits for news, as long as it says.
async fn settled(vendor: &Arc<dyn Vendor>, call: &Call) -> Reply {
    let begun = Instant::now();
    loop {
        // Told to listen before it is answered, so no news are missed in between.
        let mut news = pin!(vendor.setting().news.notified());
        news.as_mut().enable();
        let reply = vendor.answer(call);
        let left = reply.hold.map(|most| most.saturating_sub(begun.elapsed()));
        match left.filter(|left| !left.is_zero()) {
            Some(left) => drop(tokio::time::timeout(left, news).await),
            None => return reply,
        }
    }
}

fn too_large() -> Response<Answer> {
    let reply = Reply::text(413, "The sandbox takes request bodies of up to 64 MiB.");
    respond(reply.header("connection", "close"))
}

async fn fail(
    vendor: &Arc<dyn Vendor>,
    call: &Call,
    fault: &Fault,
) -> io::Result<Response<Answer>> {
    let default_delay = if fault.kind == Kind::Slow { 60_000 } else { 0 };
    let delay = fault.delay_ms.unwrap_or(default_delay);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let json = fault.content_type.as_deref().unwrap_or("application/json");
    let given = || fault.body.clone();
    let (reply, body) = match fault.kind {
        Kind::Slow | Kind::RefuseGrant => (vendor.answer(call), None),
        Kind::Drop => {
            return Err(io::Error::other(
                "the control API asked for a dropped connection",
            ));
        }
        Kind::Status => {
            let body = given().unwrap_or_else(|| "{\"error\":\"sandbox fault\"}".to_owned());
            (Reply::bytes(fault.status.unwrap_or(500), json, body), None)
        }
        Kind::Html => {
            let text = "<html><head><title>Down for maintenance</title></head><body>We will be back.</body></html>";
            let body = given().unwrap_or_else(|| text.to_owned());
            (
                Reply::bytes(fault.status.unwrap_or(200), "text/html", body),
                None,
            )
        }
        Kind::Truncated => {
            let text = "{\"records\":[{\"Id\":\"0";
            let body = given().unwrap_or_else(|| text.to_owned());
            let reply = Reply::bytes(fault.status.unwrap_or(200), json, "");
            let claimed = body.len().saturating_add(1024).to_string();
            (
                reply.header("content-length", &claimed),
                Some(Answer::Truncated {
                    body: Some(body.into()),
                    sent: false,
                }),
            )
        }
        Kind::Huge => {
            let reply = Reply::bytes(fault.status.unwrap_or(200), json, "");
            (
                reply,
                Some(Answer::Huge {
                    left: fault.bytes.unwrap_or(256 * 1024 * 1024),
                    begun: false,
                }),
            )
        }
        Kind::Redirect => {
            let location = fault
                .location
                .as_deref()
                .unwrap_or("https://elsewhere.example/");
            let reply = Reply::redirect(location);
            (
                Reply {
                    status: fault
                        .status
                        .and_then(|s| StatusCode::from_u16(s).ok())
                        .unwrap_or(reply.status),
                    ..reply
                },
                None,
            )
        }
    };
    let reply = fault
        .headers
        .iter()
        .fold(reply, |reply, (name, value)| reply.header(name, value));
    let mut response = respond(reply);
    if let Some(body) = body {
        *response.body_mut() = body;
    }
    Ok(response)
}

fn respond(reply: Reply) -> Response<Answer> {
    let mut response = Response::new(Answer::Whole(Some(reply.body)));
    *response.status_mut() = reply.status;
    *response.headers_mut() = *reply.headers;
    if !response.headers().contains_key(header::SERVER) {
        response
            .headers_mut()
            .insert(header::SERVER, HeaderValue::from_static("ligand-sandbox"));
    }
    response
}

/// The body of an answer, sound or not.
enum Answer {
    Whole(Option<Bytes>),
    Truncated { body: Option<Bytes>, sent: bool },
    Huge { left: u64, begun: bool },
}

/// What a huge body is made of: valid JSON up to its end, which does not come.
const FILLER: &[u8; 64] = b"{\"filler\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"},";

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = match &mut *self {
            Self::Whole(body) => body
                .take()
                .filter(|body| !body.is_empty())
                .map(|body| Ok(Frame::data(body))),
            Self::Truncated { body, sent } => match (body.take(), *sent) {
                (Some(body), _) => Some(Ok(Frame::data(body))),
                (None, false) => {
                    // What is there so far must reach the wire before the connection ends.
                    *sent = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                (None, true) => {
                    let reason = "the control API asked for a truncated body";
                    Some(Err(io::Error::other(reason)))
                }
            },
            Self::Huge { left: 0, .. } => None,
            Self::Huge {
                left,
                begun: begun @ false,
            } => {
                *begun = true;
                *left = left.saturating_sub(1);
                Some(Ok(Frame::data(Bytes::from_static(b"["))))
            }
            Self::Huge { left, .. } => {
                let mut chunk = FILLER.repeat(1024);
                chunk.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left = left.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk.into())))
            }
        };
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => {
                SizeHint::with_exact(body.as_ref().map_or(0, |body| body.len() as u64))
            }
            Self::Truncated { .. } | Self::Huge { .. } => SizeHint::default(),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }
}
