//! Two processes on one PostgreSQL behind a balancer are restarted one after the other while callers read and write, and
//! no call fails.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ligand_store::Database;
use ligand_store::testing::TestDatabase;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::process::{KEY, Process};

/// As load balancers do it: nodes are asked whether they are ready, calls go round those that are, and a call that found
/// nobody at home goes to the next.
struct Balancer {
    client: Client<HttpConnector, Full<Bytes>>,
    nodes: watch::Sender<Vec<(String, bool)>>,
    turn: AtomicUsize,
}

impl Balancer {
    fn new(origins: &[&str]) -> Arc<Self> {
        let nodes = origins.iter().map(|origin| ((*origin).to_owned(), true));
        Arc::new(Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            nodes: watch::Sender::new(nodes.collect()),
            turn: AtomicUsize::new(0),
        })
    }

    async fn watch(&self) {
        let origins = self.nodes.borrow().clone();
        for (at, (origin, _)) in origins.into_iter().enumerate() {
            let uri = format!("{origin}/health/ready").parse().unwrap();
            let ready = self
                .client
                .get(uri)
                .await
                .is_ok_and(|reply| reply.status() == 200);
            self.nodes.send_modify(|nodes| {
                if nodes[at].0 == origin {
                    nodes[at].1 = ready;
                }
            });
        }
    }

    /// Puts another node in the place of one, and waits until it is ready.
    async fn replace(&self, at: usize, origin: &str) {
        self.nodes
            .send_modify(|nodes| nodes[at] = (origin.to_owned(), false));
        let mut seen = self.nodes.subscribe();
        seen.wait_for(|nodes| nodes[at].1).await.unwrap();
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &str,
    ) -> (u16, String) {
        for _ in 0..4 {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let origin = {
                let nodes = self.nodes.borrow();
                let ready = nodes.iter().filter(|(_, ready)| *ready);
                let ready: Vec<&String> = ready.map(|(origin, _)| origin).collect();
                assert!(!ready.is_empty(), "no node is ready");
                ready[turn % ready.len()].clone()
            };
            let request = Request::builder()
                .method(method)
                .uri(format!("{origin}/elements/api-v2{path}"))
                .header("authorization", authorization)
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body.to_owned())))
                .unwrap();
            match self.client.request(request).await {
                Ok(reply) => {
                    let status = reply.status().as_u16();
                    let body = reply.into_body().collect().await.unwrap().to_bytes();
                    return (status, String::from_utf8_lossy(&body).into_owned());
                }
                // Nothing was sent.
                Err(error) if error.is_connect() => {}
                Err(error) => return (0, format!("{method} {path}: {error:?}")),
            }
        }
        (0, "no node answered".to_owned())
    }
}

async fn node(folder: &Path, data: &str, url: &str) -> Process {
    let environment = [
        ("LIGAND__DATABASE__URL", url),
        ("LIGAND__VAULT__KEY", KEY),
        ("LIGAND__HTTP__DRAIN", "1s"),
    ];
    Process::start(folder, data, &environment).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_restarted_one_after_the_other_and_no_call_fails() {
    let Some(database) = TestDatabase::postgres().unwrap() else {
        return;
    };
    let Database::Postgres(url) = database.database() else {
        panic!("not PostgreSQL")
    };
    let folder = tempfile::tempdir().unwrap();
    let names = ["one", "two"];
    let mut nodes = Vec::new();
    for name in names {
        nodes.push(node(folder.path(), name, &url).await);
    }
    let secrets = std::fs::read(folder.path().join("one/credentials.json")).unwrap();
    let secrets: Value = serde_json::from_slice(&secrets).unwrap();
    let of = |name: &str| secrets[name].as_str().unwrap().to_owned();
    let authorization = format!(
        "User {}, Organization {}",
        of("userSecret"),
        of("organizationSecret")
    );
    let balancer = Balancer::new(&[&nodes[0].origin, &nodes[1].origin]);
    let element = json!({"name": "own", "key": "own", "authentication": {"type": "custom"}, "hub": "crm",
        "configuration": [{"key": "base.url", "name": "Base", "defaultValue": "https://api.example.com"}],
        "resources": [{"method": "GET", "path": "/things", "vendorPath": "/things"}]});
    let made = balancer
        .send("POST", "/elements", &authorization, &element.to_string())
        .await;
    assert_eq!(made.0, 200, "{}", made.1);

    let over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let (balancer, over) = (Arc::clone(&balancer), Arc::clone(&over));
        async move {
            while !over.load(Ordering::Relaxed) {
                balancer.watch().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    let mut callers = tokio::task::JoinSet::new();
    let answered = Arc::new(watch::Sender::new(0_usize));
    for number in 0..4 {
        let (balancer, over) = (Arc::clone(&balancer), Arc::clone(&over));
        let (authorization, answered) = (authorization.clone(), Arc::clone(&answered));
        callers.spawn(async move {
            let mut written = 0;
            for turn in 0.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (status, text) = if turn % 4 == 0 {
                    written += 1;
                    let body =
                        json!({"element": {"key": "own"}, "name": format!("{number}-{turn}")});
                    balancer
                        .send("POST", "/instances", &authorization, &body.to_string())
                        .await
                } else {
                    balancer
                        .send("GET", "/instances?pageSize=2", &authorization, "")
                        .await
                };
                // The first caller may list before there is anything.
                let early = status == 404 && turn < 4;
                assert!(
                    status == 200 || early,
                    "call {turn} of {number}: {status} {text}"
                );
                answered.send_modify(|calls| *calls += 1);
            }
            written
        });
    }
    let progress = async |calls: usize| {
        let mut seen = answered.subscribe();
        let enough = *seen.borrow() + calls;
        seen.wait_for(|made| *made >= enough).await.unwrap();
    };
    for (at, name) in names.iter().enumerate() {
        progress(50).await;
        let old = nodes.remove(0);
        assert_eq!(old.stop().await, Some(0));
        progress(50).await;
        let new = node(folder.path(), name, &url).await;
        balancer.replace(at, &new.origin).await;
        nodes.push(new);
    }
    progress(50).await;
    over.store(true, Ordering::Relaxed);
    let written: usize = callers.join_all().await.into_iter().sum();
    watching.await.unwrap();
    let (_, listed) = balancer
        .send("GET", "/instances/count", &authorization, "")
        .await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["totalInstances"], written, "each was made once");
}
