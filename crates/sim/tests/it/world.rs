//! A running sandbox under a fixed clock, and a client of it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ligand_model::time::{FixedClock, Timestamp};
use ligand_sim::{Consent, Sandbox, SandboxOptions};
use serde_json::{Value, json};

/// One simulated vendor of a sandbox of its own.
pub struct World {
    sandbox: Sandbox,
    vendor: &'static str,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn location(&self) -> String {
        self.headers["location"].to_str().unwrap().to_owned()
    }

    /// A query parameter of the `Location`, still encoded.
    pub fn redirected(&self, name: &str) -> Option<String> {
        let location = self.location();
        let query = location.split_once('?')?.1;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
            .map(str::to_owned)
    }
}

impl World {
    pub async fn start(vendor: &'static str) -> Self {
        Self::with(vendor, Consent::Page).await
    }

    pub async fn with(vendor: &'static str, consent: Consent) -> Self {
        let sandbox = Sandbox::start(SandboxOptions {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: BTreeMap::new(),
            consent,
            clock: Arc::new(FixedClock::new(Timestamp(1_700_000_000_000))),
        })
        .await
        .unwrap();
        Self {
            sandbox,
            vendor,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    /// The vendor's origin.
    pub fn origin(&self) -> String {
        self.sandbox.origins()[self.vendor].clone()
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.send_to(&self.origin(), method, path, headers, body.into())
            .await
    }

    /// Gives the control API an order.
    pub async fn order(&self, path: &str, body: Value) {
        let origin = self.sandbox.origins()["control"].clone();
        let body = body.to_string().into();
        let answer = self.send_to(&origin, "POST", path, &[], body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub async fn expire(&self) {
        self.order("/tokens/expire", json!({"vendor": self.vendor}))
            .await;
    }

    pub async fn revoke(&self) {
        self.order("/tokens/revoke", json!({"vendor": self.vendor}))
            .await;
    }

    /// Calls the control API and returns the answer as it came.
    pub async fn control(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let origin = self.sandbox.origins()["control"].clone();
        let body = Bytes::from(body.to_owned());
        self.send_to(&origin, method, path, headers, body).await
    }

    /// Calls the control API without a body and returns its JSON.
    pub async fn ask(&self, method: &str, path: &str) -> Value {
        let answer = self.control(method, path, &[], "").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn send_to(
        &self,
        origin: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{origin}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = self
            .client
            .request(request.body(Full::new(body)).unwrap())
            .await
            .unwrap();
        let (head, body) = reply.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }
}

/// The content type of a form.
pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
/// The content type of JSON.
pub const JSON: (&str, &str) = ("content-type", "application/json");
