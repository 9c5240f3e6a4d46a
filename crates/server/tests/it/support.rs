//! An application of one's own: store in a fresh folder, catalog of the source tree, sandbox and listener on loopback.

pub mod cable;
pub mod elements;
pub mod process;
pub mod recorder;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ligand_model::secret::{OrganizationSecret, UserSecret};
use ligand_model::time::{FixedClock, Timestamp};
use ligand_server::app::App;
use ligand_server::app::system::SystemEntropy;
use ligand_server::config::Config;
use ligand_server::listener::Listener;
use ligand_server::service::trust;
use ligand_server::start::{Surroundings, assemble};
use ligand_server::{api, health};
use ligand_sim::{Consent, Sandbox, SandboxOptions};
use ligand_store::identity::FirstUser;
use serde_json::{Value, json};

/// 2026-01-05T08:00:00Z
pub const START: Timestamp = Timestamp(1_767_600_000_000);

/// A running application and everything it talks to.
pub struct TestApp {
    pub app: App,
    pub base: String,
    pub clock: Arc<FixedClock>,
    pub user: String,
    pub organization: String,
    pub password: String,
    sandbox: Sandbox,
    client: Client<HttpConnector, Full<Bytes>>,
    folder: tempfile::TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, or empty.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The same, or the test ends with what was answered instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The message of an error answer, whose shape is checked on the way.
    #[track_caller]
    pub fn error(self, status: u16) -> String {
        let reply = self.expect(status);
        let body = reply.json();
        let members: Vec<&str> = body
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert!(
            members == ["requestId", "message"]
                || members == ["requestId", "message", "providerMessage"],
            "{body}"
        );
        assert_eq!(
            body["requestId"],
            reply.header("elements-request-id"),
            "{body}"
        );
        body["message"].as_str().unwrap().to_owned()
    }
}

impl TestApp {
    /// With the defaults.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a configuration that was changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(FixedClock::new(START));
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxOptions {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: std::collections::BTreeMap::new(),
            consent: Consent::Auto,
            clock: clock.clone(),
        })
        .await
        .unwrap();
        let mut config = Config::defaults().unwrap();
        config.data.dir = folder.path().display().to_string();
        config.hooks.threads = 1;
        change(&mut config);
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None)
            .await
            .unwrap();
        let base = listener.origin().unwrap();
        let app = assemble(
            config,
            Surroundings {
                clock: clock.clone(),
                entropy: Arc::new(SystemEntropy::new()),
                origin: base.clone(),
                sandbox: sandbox.connect_map(),
            },
        )
        .await
        .unwrap();
        // The second node of a cluster makes no customer.
        let credentials = std::fs::read(folder.path().join("credentials.json"));
        let credentials: Value =
            credentials.map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
        let text = |name: &str| credentials[name].as_str().unwrap_or_default().to_owned();
        let router = api::router(app.clone()).merge(health::router(app.clone()));
        let served = listener.serve(app.clone(), router, Duration::from_secs(1));
        app.spawn("changes", trust::follow(app.clone()));
        app.spawn("listener", async move {
            served.await;
        });
        Self {
            base,
            clock,
            user: text("userSecret"),
            organization: text("organizationSecret"),
            password: text("password"),
            sandbox,
            client: Client::builder(TokioExecutor::new()).build_http(),
            folder,
            app,
        }
    }

    /// Another node on the same database and vendors: the application, and its base URL.
    pub async fn node(&self) -> (App, String) {
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None)
            .await
            .unwrap();
        let base = listener.origin().unwrap();
        let around = Surroundings {
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy::new()),
            origin: base.clone(),
            sandbox: self.sandbox.connect_map(),
        };
        let app = assemble(self.app.config.clone(), around).await.unwrap();
        let router = api::router(app.clone()).merge(health::router(app.clone()));
        let served = listener.serve(app.clone(), router, Duration::from_secs(1));
        app.spawn("listener", async move {
            served.await;
        });
        (app, base)
    }

    /// `User …, Organization …`
    pub fn secrets(&self) -> String {
        format!("User {}, Organization {}", self.user, self.organization)
    }

    /// `User …, Element …`
    pub fn with_token(&self, token: &str) -> String {
        format!("User {}, Element {token}", self.user)
    }

    /// The origin of a simulator.
    pub fn vendor(&self, name: &str) -> String {
        self.sandbox.origins()[name].clone()
    }

    /// The data folder.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The text of every file of the data folder, as far as it is text.
    pub fn everything_stored(&self) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() != "credentials.json" && path.is_file() {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
            }
        }
        all
    }

    /// Copies the database files, and nothing else of the data folder.
    pub fn copy_database(&self, to: &std::path::Path) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.contains(".db") || name.contains("sqlite") {
                std::fs::copy(&path, to.join(&name)).unwrap();
            }
        }
        assert!(
            std::fs::read_dir(to).unwrap().next().is_some(),
            "no database was found"
        );
    }

    /// Any request; `url` is a path of ours or absolute.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let url = if url.starts_with('/') {
            format!("{}{url}", self.base)
        } else {
            url.to_owned()
        };
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(body.into()))
            .unwrap_or_else(|e| panic!("{url}: {e}"));
        let (parts, body) = self.client.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// A platform call with both secrets, below `/elements/api-v2`.
    pub async fn platform(&self, method: &str, path: &str, body: Value) -> Reply {
        self.call(method, path, &self.secrets(), body).await
    }

    /// A call with these credentials, below `/elements/api-v2`; a null body is none.
    pub async fn call(&self, method: &str, path: &str, authorization: &str, body: Value) -> Reply {
        let mut headers = vec![("authorization", authorization)];
        if authorization.is_empty() {
            headers.clear();
        }
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        self.send(method, &format!("/elements/api-v2{path}"), &headers, body)
            .await
    }

    /// A resource call with a token.
    pub async fn resource(&self, method: &str, path: &str, token: &str, body: Value) -> Reply {
        self.call(method, path, &self.with_token(token), body).await
    }

    /// An order to the sandbox.
    pub async fn control(&self, path: &str, body: Value) {
        let url = format!("{}{path}", self.vendor("control"));
        let headers = [("content-type", "application/json")];
        self.send("POST", &url, &headers, body.to_string())
            .await
            .expect(200);
    }

    /// Walks the consent of an element as a browser would, and answers the parameters of the callback.
    pub async fn consent(&self, element: &str) -> Vec<(String, String)> {
        let path = format!(
            "/elements/{element}/oauth/url?apiKey=key&apiSecret=secret&callbackUrl=https://www.mycoolapp.com/auth"
        );
        let url = self
            .call("GET", &path, "", Value::Null)
            .await
            .expect(200)
            .json();
        self.follow(url["oauthUrl"].as_str().unwrap()).await
    }

    /// Follows an `oauthUrl` to the callback it ends at, and answers the callback's parameters.
    pub async fn follow(&self, url: &str) -> Vec<(String, String)> {
        let mut url = url.to_owned();
        for _ in 0..5 {
            if !url.starts_with("http://127.0.0.1")
                || url
                    .split('?')
                    .next()
                    .is_some_and(|path| path.ends_with("/oauth/callback"))
            {
                break;
            }
            let reply = self.send("GET", &url, &[], "").await;
            let next = reply.header("location");
            assert!(!next.is_empty(), "{} {}", reply.status, reply.text());
            url = next.to_owned();
        }
        let (_, query) = url
            .split_once('?')
            .unwrap_or_else(|| panic!("no query: {url}"));
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// The body of the guides for an element, with a fresh code where its vendor hands out codes.
    pub async fn guide_body(&self, element: &str) -> Value {
        if element == "salesforcemarketingcloud" {
            return json!({"element": {"key": element}, "name": "Test", "configuration": {
                "clientId": "package", "clientSecret": "s3cret",
                "salesforcemarketingcloud.subdomain": "mc563885gzs27c5t9-63k636ttgm"}});
        }
        let callback = self.consent(element).await;
        let code = &callback.iter().find(|(name, _)| name == "code").unwrap().1;
        let mut body = json!({
            "element": {"key": element},
            "providerData": {"code": code},
            "configuration": {
                "oauth.callback.url": "https://www.mycoolapp.com/auth",
                "oauth.api.key": "key",
                "oauth.api.secret": "s3cret-of-the-application"
            },
            "tags": ["guide"],
            "name": "Test"
        });
        if element == "marketo" {
            body["configuration"]["marketo.identity.url"] =
                json!("https://123-ABC-456.mktorest.com/identity");
            body["configuration"]["marketo.rest.url"] =
                json!("https://123-ABC-456.mktorest.com/rest");
        }
        body
    }

    /// An instance of an element: its id and token.
    pub async fn instance(&self, element: &str) -> (i64, String) {
        let body = self.guide_body(element).await;
        let made = self
            .platform("POST", "/instances", body)
            .await
            .expect(200)
            .json();
        (
            made["id"].as_i64().unwrap(),
            made["token"].as_str().unwrap().to_owned(),
        )
    }

    /// A second customer beside the first: `User …, Organization …`.
    pub async fn neighbour(&self) -> String {
        let user = UserSecret::generate(&*self.app.entropy);
        let organization = OrganizationSecret::generate(&*self.app.entropy);
        let secrets = format!(
            "User {}, Organization {}",
            user.expose(),
            organization.expose()
        );
        let first = FirstUser {
            email: "other@example.com".to_owned(),
            password_hash: String::new(),
            user_secret: user,
            organization_secret: organization,
        };
        self.app.store.insert_customer(first).await.unwrap();
        secrets
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.app.tasks.stop();
    }
}

/// A folder of the corpus, which is not part of this repository: `LIGAND_CORPUS` names it, else it is looked for beside
/// the source tree. Where there is none, what rests on it is skipped, and says so.
pub fn corpus(folder: &str) -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let corpus = std::env::var_os("LIGAND_CORPUS").map_or_else(beside, std::path::PathBuf::from);
    let wanted = corpus.join(folder);
    if wanted.is_dir() {
        return Some(wanted);
    }
    eprintln!(
        "SKIPPED: no corpus at {}; set LIGAND_CORPUS",
        corpus.display()
    );
    None
}
