use std::path::Path;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio_rustls::rustls::pki_types::ServerName;

use super::*;
use crate::app::system::{SystemClock, SystemEntropy};
use crate::config::Config;
use crate::start::{Surroundings, assemble};
use crate::vendor::tls;

struct Running {
    app: App,
    address: String,
    served: tokio::task::JoinHandle<bool>,
    _folder: tempfile::TempDir,
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/listener/fixtures")
        .join(name)
        .display()
        .to_string()
}

async fn start(router: Router, encrypted: bool, patience: Duration) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults().unwrap();
    config.data.dir = folder.path().join("data").display().to_string();
    let around = Surroundings {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy::new()),
        origin: "http://127.0.0.1".into(),
        sandbox: Vec::new(),
    };
    let app = assemble(config, around).await.unwrap();
    let certificate = encrypted.then(|| {
        tls::server(
            fixture("certificate.pem").as_ref(),
            fixture("key.pem").as_ref(),
        )
        .unwrap()
    });
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), certificate)
        .await
        .unwrap();
    let origin = listener.origin().unwrap();
    let (scheme, address) = origin.split_once("://").unwrap();
    assert_eq!(scheme, if encrypted { "https" } else { "http" });
    let served = tokio::spawn(listener.serve(app.clone(), router, patience));
    Running {
        app,
        address: address.to_owned(),
        served,
        _folder: folder,
    }
}

const REQUEST: &[u8] = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n";

/// Sends one request and reads until the other side closes or the body ends.
async fn ask<S>(stream: &mut S) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    stream.write_all(REQUEST).await.unwrap();
    read_answer(stream).await
}

async fn read_answer<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..count]);
        let so_far = String::from_utf8_lossy(&text);
        if count == 0 || so_far.contains("\r\n\r\n") {
            return so_far.into_owned();
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_no_new_one_taken() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, held) = (Arc::clone(&entered), Arc::clone(&release));
    let router = Router::new().route(
        "/x",
        get(move || async move {
            told.notify_one();
            held.notified().await;
            "finished"
        }),
    );
    let running = start(router, false, Duration::from_secs(10)).await;
    let mut idle = TcpStream::connect(&running.address).await.unwrap();
    let mut busy = TcpStream::connect(&running.address).await.unwrap();
    busy.write_all(REQUEST).await.unwrap();
    entered.notified().await;
    running.app.tasks.stop();
    // An idle connection is closed at once: nothing is lost with it.
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0);
    assert!(TcpStream::connect(&running.address).await.is_err());
    release.notify_one();
    let answer = read_answer(&mut busy).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("finished"),
        "{answer}"
    );
    assert!(running.served.await.unwrap());
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_given_up() {
    let entered = Arc::new(Notify::new());
    let told = Arc::clone(&entered);
    let router = Router::new().route(
        "/x",
        get(move || async move {
            told.notify_one();
            std::future::pending::<&str>().await
        }),
    );
    let running = start(router, false, Duration::from_millis(20)).await;
    let mut busy = TcpStream::connect(&running.address).await.unwrap();
    busy.write_all(REQUEST).await.unwrap();
    entered.notified().await;
    running.app.tasks.stop();
    assert!(!running.served.await.unwrap());
}

#[tokio::test]
async fn a_panic_is_one_requests_error_and_says_nothing_about_the_inside() {
    async fn fault() -> &'static str {
        panic!("the secret is hunter2")
    }
    let running = start(Router::new().route("/x", get(fault)), false, Duration::ZERO).await;
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    let answer = ask(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(
        answer.contains("\"requestId\":\"") && !answer.contains("hunter2"),
        "{answer}"
    );
    // The connection goes on.
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 500"));
}

#[tokio::test]
async fn requests_are_counted_and_carry_their_id_and_peer() {
    use axum::Extension;
    let show = |Extension(id): Extension<RequestId>, Extension(peer): Extension<Peer>| async move {
        format!("{} {}", id.0.len(), peer.address)
    };
    let running = start(Router::new().route("/x", get(show)), false, Duration::ZERO).await;
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    let answer = ask(&mut stream).await;
    assert!(answer.ends_with("24 127.0.0.1"), "{answer}");
    assert_eq!(running.app.metrics.connections.load(Ordering::Relaxed), 1);
    let text = running.app.metrics.render(0);
    assert!(
        text.contains("ligand_http_requests_total{status=\"2xx\"} 1"),
        "{text}"
    );
}

#[tokio::test]
async fn tls_is_spoken_with_the_configured_certificate() {
    let router = Router::new().route("/x", get(|| async { "encrypted" }));
    let running = start(router, true, Duration::from_secs(5)).await;
    let connector =
        tokio_rustls::TlsConnector::from(tls::client(&fixture("certificate.pem")).unwrap());
    let stream = TcpStream::connect(&running.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    assert!(ask(&mut stream).await.ends_with("encrypted"));
    // Who speaks in clear gets nothing, and harms nobody.
    let mut clear = TcpStream::connect(&running.address).await.unwrap();
    clear.write_all(REQUEST).await.unwrap();
    let mut rest = Vec::new();
    let _ = clear.read_to_end(&mut rest).await;
    assert!(!String::from_utf8_lossy(&rest).contains("HTTP"));
    assert!(ask(&mut stream).await.ends_with("encrypted"));
}

#[tokio::test]
async fn a_vendor_is_spoken_to_by_tls_and_its_name_is_checked() {
    let router = Router::new().route("/x", get(|| async { "from the vendor" }));
    let running = start(router, true, Duration::ZERO).await;
    let origin = format!("https://{}", running.address);
    let call = |host: &'static str, ca: String| {
        let connect = crate::vendor::connect::ConnectMap::new([(host, origin.as_str())]);
        let guard = crate::vendor::guard::Guard::new(connect, Vec::new());
        let client = crate::vendor::client::Client::new(
            &running.app.config.vendor,
            guard,
            tls::client(&ca).unwrap(),
            Arc::default(),
        );
        async move {
            let request = ligand_engine::step::VendorRequest {
                method: "GET".into(),
                url: format!("https://{host}/x"),
                headers: Vec::new(),
                body: bytes::Bytes::new(),
                after_upload: None,
                stream: false,
                carries_application_secret: false,
            };
            client
                .send(
                    request,
                    tokio::time::Instant::now() + Duration::from_secs(5),
                )
                .await
        }
    };
    let ours = fixture("certificate.pem");
    let answer = call("api.vendor.example", ours.clone()).await.unwrap();
    assert_eq!(&answer.reply.body[..], b"from the vendor");
    let error = call("other.vendor.example", ours).await.unwrap_err();
    assert!(error.message.contains("TLS"), "{error}");
    let error = call("api.vendor.example", String::new()).await.unwrap_err();
    assert!(error.message.contains("TLS"), "{error}");
}

#[test]
fn a_file_without_certificate_or_key_is_refused_by_name() {
    let (certificate, key) = (fixture("certificate.pem"), fixture("key.pem"));
    let refused = |certificate: &str, key: &str| {
        tls::server(certificate.as_ref(), key.as_ref())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&key, &key).contains("key.pem holds no usable certificate"));
    assert!(refused(&certificate, &certificate).contains("holds no usable private key"));
    assert!(refused("/none.pem", &key).contains("/none.pem"));
}
