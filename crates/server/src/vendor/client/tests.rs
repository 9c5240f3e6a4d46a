use std::sync::Mutex;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::Config;
use crate::config::units::{Network, Size, Span};
use crate::vendor::connect::ConnectMap;
use crate::vendor::tls;

/// A vendor on loopback that answers every request with the same bytes and keeps the requests' heads.
struct Fake {
    origin: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// `then` says what happens after the bytes: keep the connection, close it, or stay silent.
    async fn start(answer: &'static [u8], then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answer, then, Arc::clone(&kept)));
            }
        });
        Self { origin, heads }
    }

    fn head(&self) -> String {
        self.heads
            .lock()
            .unwrap()
            .last()
            .cloned()
            .unwrap_or_default()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Keep,
    Close,
    Silence,
}

async fn converse(
    mut stream: TcpStream,
    answer: &'static [u8],
    then: Then,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(count) = stream.read(&mut buffer).await else {
            return;
        };
        if count == 0 {
            return;
        }
        seen.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&seen).into_owned();
        if !text.contains("\r\n\r\n") {
            continue;
        }
        heads.lock().unwrap().push(text);
        seen.clear();
        if stream.write_all(answer).await.is_err() {
            return;
        }
        match then {
            Then::Keep => {}
            Then::Close => return,
            Then::Silence => std::future::pending().await,
        }
    }
}

const OK: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

struct Bench {
    client: Client,
    opened: Arc<AtomicU64>,
}

fn client(fake: &Fake, change: impl FnOnce(&mut config::Vendor)) -> Bench {
    let mut vendor = Config::defaults().unwrap().vendor;
    vendor.max_response = Size(100_000);
    change(&mut vendor);
    let connect = ConnectMap::new([
        ("api.vendor.example", fake.origin.as_str()),
        ("*.vendor.example", fake.origin.as_str()),
    ]);
    let guard = Guard::new(connect, vendor.allow_private.clone());
    let opened = Arc::new(AtomicU64::new(0));
    let client = Client::new(
        &vendor,
        guard,
        tls::client("").unwrap(),
        Arc::clone(&opened),
    );
    Bench { client, opened }
}

fn get(url: &str) -> VendorRequest {
    VendorRequest {
        method: "GET".into(),
        url: url.into(),
        headers: vec![("X-Own".into(), "1".into())],
        body: bytes::Bytes::new(),
        after_upload: None,
        stream: false,
        carries_application_secret: false,
    }
}

fn soon(ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(ms)
}

async fn failure(answer: &'static [u8], then: Then) -> Unanswered {
    let fake = Fake::start(answer, then).await;
    let request = get("https://api.vendor.example/a?token=hunter2");
    let error = client(&fake, |_| {})
        .client
        .send(request, soon(5000))
        .await
        .unwrap_err();
    assert!(error.message.contains("api.vendor.example"), "{error}");
    assert!(!error.message.contains("hunter2"), "{error}");
    error
}

#[tokio::test]
async fn a_mapped_call_keeps_its_url_and_host_and_only_connects_elsewhere() {
    let fake = Fake::start(OK, Then::Keep).await;
    let bench = client(&fake, |_| {});
    let mut request = get("https://acme.vendor.example/v1/x?a=b%20c");
    request.headers.push(("Host".into(), "evil.example".into()));
    request
        .headers
        .push(("accept-encoding".into(), "gzip".into()));
    let answer = bench.client.send(request, soon(5000)).await.unwrap();
    assert_eq!(
        (answer.reply.status, &answer.reply.body[..]),
        (200, &b"{}"[..])
    );
    assert_eq!(
        answer.reply.header("content-type"),
        Some("application/json")
    );
    let head = fake.head().to_ascii_lowercase();
    assert!(head.starts_with("get /v1/x?a=b%20c http/1.1\r\n"), "{head}");
    for line in [
        "host: acme.vendor.example\r\n",
        "x-forwarded-proto: https\r\n",
        "accept-encoding: identity\r\n",
        "user-agent: ligand/",
        "x-own: 1\r\n",
    ] {
        assert!(head.contains(line), "{line}{head}");
    }
    assert!(!head.contains("evil") && !head.contains("gzip"), "{head}");
}

#[tokio::test]
async fn a_connection_is_opened_once_and_reused() {
    let fake = Fake::start(OK, Then::Keep).await;
    let bench = client(&fake, |_| {});
    for _ in 0..5 {
        bench
            .client
            .send(get("https://api.vendor.example/"), soon(5000))
            .await
            .unwrap();
        // The connection goes back to the pool on a task of its own.
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn redirects_and_refusals_are_answers_like_any_other() {
    let redirect =
        b"HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n";
    let fake = Fake::start(redirect, Then::Keep).await;
    let bench = client(&fake, |_| {});
    let answer = bench
        .client
        .send(get("https://api.vendor.example/"), soon(5000))
        .await
        .unwrap();
    assert_eq!(answer.reply.status, 302);
    assert_eq!(bench.opened.load(Ordering::Relaxed), 1);
    let refusal = b"HTTP/1.1 503 Down\r\ncontent-length: 4\r\n\r\ndown";
    let fake = Fake::start(refusal, Then::Keep).await;
    let mut request = get("https://api.vendor.example/");
    request.stream = true;
    let answer = client(&fake, |_| {})
        .client
        .send(request, soon(5000))
        .await
        .unwrap();
    assert_eq!(
        (answer.reply.status, &answer.reply.body[..]),
        (503, &b"down"[..])
    );
    assert!(answer.stream.is_none());
}

#[tokio::test]
async fn a_vendor_that_fails_is_unavailable() {
    let kind = |error: Unanswered| error.kind;
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":";
    assert_eq!(
        kind(failure(cut, Then::Close).await),
        ErrorKind::VendorUnavailable
    );
    assert_eq!(
        kind(failure(b"", Then::Close).await),
        ErrorKind::VendorUnavailable
    );
    assert_eq!(
        kind(failure(b"hello\r\n\r\n", Then::Close).await),
        ErrorKind::VendorUnavailable
    );
    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n";
    let error = failure(huge, Then::Silence).await;
    assert_eq!(error.kind, ErrorKind::VendorUnavailable);
    assert!(error.message.contains("larger"), "{error}");
    let gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx";
    assert!(failure(gzip, Then::Keep).await.message.contains("encoding"));
}

#[tokio::test]
async fn a_body_without_length_is_cut_off_at_the_limit() {
    let endless = Box::leak(
        [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &vec![b'x'; 300_000]]
            .concat()
            .into_boxed_slice(),
    );
    let error = failure(endless, Then::Close).await;
    assert!(error.message.contains("larger"), "{error}");
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let head = format!(
        "HTTP/1.1 200 OK\r\n{}",
        "x: yyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(5000)
    );
    let answer: &'static [u8] = Box::leak(head.into_bytes().into_boxed_slice());
    assert_eq!(
        failure(answer, Then::Silence).await.kind,
        ErrorKind::VendorUnavailable
    );
}

#[tokio::test]
async fn a_slow_vendor_meets_the_deadline() {
    let fake = Fake::start(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
        Then::Silence,
    )
    .await;
    let bench = client(&fake, |_| {});
    let error = bench
        .client
        .send(get("https://api.vendor.example/"), soon(30))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_a_private_address_forbidden() {
    let fake = Fake::start(OK, Then::Keep).await;
    let port = {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        taken.local_addr().unwrap().port()
    };
    let bench = client(&fake, |vendor| {
        vendor.allow_private = vec![Network::parse("127.0.0.1").unwrap()];
        vendor.connect_timeout = Span(Duration::from_secs(2));
    });
    let gone = get(&format!("http://127.0.0.1:{port}/?token=hunter2"));
    let error = bench.client.send(gone, soon(5000)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::VendorUnavailable);
    assert!(!error.message.contains("hunter2"), "{error}");
    let strict = client(&fake, |_| {});
    for url in [
        format!("{}/x", fake.origin),
        "https://169.254.169.254/latest".to_owned(),
    ] {
        let error = strict.client.send(get(&url), soon(5000)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden, "{url}: {error}");
    }
    assert_eq!(strict.opened.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused_by_the_resolver() {
    let fake = Fake::start(OK, Then::Keep).await;
    // `localhost` passes the URL's check when any part of loopback is allowed; each address is looked at again.
    let bench = client(&fake, |vendor| {
        vendor.allow_private = vec![Network::parse("10.0.0.0/8").unwrap()];
    });
    let origin = fake.origin.replace("127.0.0.1", "localhost.");
    let error = bench
        .client
        .send(get(&format!("{origin}/")), soon(5000))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{error}");
    assert!(fake.heads.lock().unwrap().is_empty());
    let connector = Connector::new(
        Guard::new(ConnectMap::default(), Vec::new()),
        tls::client("").unwrap(),
        Duration::from_secs(2),
        Arc::default(),
    );
    let uri: Uri = fake
        .origin
        .replace("127.0.0.1", "localhost")
        .parse()
        .unwrap();
    let refused = tower::ServiceExt::oneshot(connector, uri)
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, ConnectError::Refused(_)), "{refused}");
}

#[tokio::test]
async fn a_streamed_answer_passes_through_under_its_own_cap() {
    let file = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nabcde";
    let fake = Fake::start(file, Then::Keep).await;
    let mut request = get("https://api.vendor.example/file");
    request.stream = true;
    let bench = client(&fake, |_| {});
    let answer = bench
        .client
        .send(request.clone(), soon(5000))
        .await
        .unwrap();
    assert!(answer.reply.body.is_empty());
    let body = http_body_util::BodyExt::collect(answer.stream.unwrap())
        .await
        .unwrap();
    assert_eq!(&body.to_bytes()[..], b"abcde");
    let bench = client(&fake, |vendor| vendor.max_stream = Size(3));
    let answer = bench.client.send(request, soon(5000)).await.unwrap();
    let cut = http_body_util::BodyExt::collect(answer.stream.unwrap()).await;
    assert_eq!(cut.unwrap_err(), Unreadable::TooLarge);
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_without_its_value() {
    let fake = Fake::start(OK, Then::Keep).await;
    let bench = client(&fake, |_| {});
    for (name, value) in [("X-Token", "hunter2\r\nX: y"), ("bad name", "hunter2")] {
        let mut request = get("https://api.vendor.example/");
        request.headers.push((name.into(), value.into()));
        let error = bench.client.send(request, soon(5000)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert!(!error.message.contains("hunter2"), "{error}");
    }
    let mut request = get("https://api.vendor.example/");
    request.method = "G T".into();
    assert!(bench.client.send(request, soon(5000)).await.is_err());
}
