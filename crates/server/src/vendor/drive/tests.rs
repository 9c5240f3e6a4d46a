use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use ligand_engine::step::{Body, Reply};
use serde_json::Map;

use ligand_engine::step::HookCall;
use ligand_model::id::{InstanceId, OrganizationId};
use ligand_store::testing::{Fixture, TestDatabase};

use super::*;
use crate::config::Config;
use crate::vendor::connect::ConnectMap;
use crate::vendor::first_uses::Known;
use crate::vendor::guard::Guard;
use crate::vendor::manners::breaker::Said;
use crate::vendor::tls;

/// Plays steps in order and keeps what it was fed.
struct Script<'a> {
    steps: VecDeque<Step>,
    fed: &'a std::sync::Mutex<Vec<String>>,
}

impl Machine for Script<'_> {
    fn next(&mut self, input: Input) -> Step {
        let told = match input {
            Input::Start => "start".to_owned(),
            Input::Reply(reply) => format!("{} {}", reply.status, reply.body.len()),
            Input::Unreachable(kind, message) => format!("{kind:?}: {message}"),
            Input::Hook(Ok(result)) => format!("hook {}", Map::len(&result.members)),
            Input::Hook(Err(error)) => format!("hook failed: {}", error.message),
            Input::Refreshed(values) => format!("refreshed {}", values.len()),
            Input::RefreshFailed(message, _) => format!("not refreshed: {message}"),
        };
        self.fed.lock().unwrap().push(told);
        self.steps
            .pop_front()
            .unwrap_or_else(|| done(Body::Json(Bytes::from_static(b"{}"))))
    }
}

fn done(body: Body) -> Step {
    Step::Done(Box::new(Outcome {
        result: Ok(Reply {
            status: 200,
            headers: Vec::new(),
            body,
        }),
        configuration: BTreeMap::new(),
        vendor_status: Some(200),
    }))
}

fn send(url: &str, stream: bool, secret: bool) -> Step {
    Step::Send(Box::new(VendorRequest {
        method: "GET".into(),
        url: url.into(),
        headers: Vec::new(),
        body: Bytes::new(),
        after_upload: None,
        stream,
        carries_application_secret: secret,
    }))
}

fn hook(source: &str) -> Step {
    Step::RunHook(Box::new(HookCall {
        name: "GET /x preRequest".into(),
        source: source.into(),
        ..HookCall::default()
    }))
}

struct Fresh;

impl Refresh for Fresh {
    async fn refresh(&self) -> Result<Refreshed, NotRefreshed> {
        Ok(Refreshed {
            values: BTreeMap::from([("oauth.user.token".into(), "new".into())]),
            hosts: vec!["moved.vendor.example".into()],
        })
    }
}

/// A vendor of one answer.
async fn vendor() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().fallback(|| async { "hello" });
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

/// What a driver is made of.
struct Around {
    client: Client,
    hooks: HookThreads,
    metrics: Metrics,
    manners: Manners,
    clock: ligand_model::time::FixedClock,
}

impl Around {
    /// With a vendor of one answer at `*.vendor.example`.
    async fn new() -> Self {
        let origin = vendor().await;
        let config = Config::defaults().unwrap();
        let connect = ConnectMap::new([("*.vendor.example", origin.as_str())]);
        let guard = Guard::new(connect, Vec::new());
        let entropy = Arc::new(ligand_model::time::FixedEntropy::new(1));
        Self {
            client: Client::new(
                &config.vendor,
                guard,
                tls::client("").unwrap(),
                Arc::default(),
            ),
            hooks: HookThreads::quickjs(&config.hooks).unwrap(),
            metrics: Metrics::default(),
            manners: Manners::new(&config.vendor, entropy, None),
            clock: ligand_model::time::FixedClock::new(ligand_model::time::Timestamp(0)),
        }
    }

    fn driver(&self) -> Driver<'_> {
        Driver {
            manners: &self.manners,
            pace: None,
            first_uses: None,
            repeatable: false,
            element: None,
            patience: tokio::time::Instant::now() + self.manners.patience,
            clock: &self.clock,
            client: &self.client,
            hooks: &self.hooks,
            metrics: &self.metrics,
            allowed_hosts: &[],
            hook_calls: 2,
            upload: None,
            own: None,
        }
    }
}

async fn play(
    steps: Vec<Step>,
    widened: &[&str],
    explain: Explain,
) -> (Driven, Vec<String>, Metrics) {
    play_with(steps, widened, explain, None).await
}

async fn play_with(
    steps: Vec<Step>,
    widened: &[&str],
    explain: Explain,
    upload: Option<&Upload>,
) -> (Driven, Vec<String>, Metrics) {
    let around = Around::new().await;
    let widened: Vec<String> = widened.iter().map(|host| (*host).to_owned()).collect();
    let driver = Driver {
        allowed_hosts: &widened,
        upload,
        ..around.driver()
    };
    let fed = std::sync::Mutex::new(Vec::new());
    let script = Script {
        steps: steps.into(),
        fed: &fed,
    };
    let allowed = ["api.vendor.example".to_owned()];
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let driven = driver
        .drive(&allowed, script, &Fresh, explain, deadline)
        .await;
    (driven, fed.into_inner().unwrap(), around.metrics)
}

#[tokio::test]
async fn an_upload_is_sent_once_and_the_caller_told_to_call_again() {
    let (upload, mut source) = Upload::new(Some(5), 5);
    tokio::spawn(async move { source.give(Bytes::from_static(b"hello")).await });
    let once = || match send("https://api.vendor.example/y", false, false) {
        Step::Send(request) => Step::Send(Box::new(VendorRequest {
            method: "POST".into(),
            after_upload: Some(Bytes::new()),
            ..*request
        })),
        other => panic!("{other:?}"),
    };
    let steps = vec![once(), once()];
    let (driven, fed, _) = play_with(steps, &[], Explain::Off, Some(&upload)).await;
    assert_eq!(fed[1], "200 5");
    assert!(fed[2].contains("make the call again"), "{fed:?}");
    assert_eq!(driven.attempts, 1);
    assert_eq!(driven.retry_after, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn requests_and_hooks_are_performed_in_turn() {
    let steps = vec![
        hook("console.log('x'); done({request_vendor_path: '/y'})"),
        send("https://api.vendor.example/y", false, false),
        hook("throw new Error('no')"),
    ];
    let (driven, fed, metrics) = play(steps, &[], Explain::Off).await;
    assert_eq!(fed[..3], ["start", "hook 1", "200 5"]);
    assert!(fed[3].starts_with("hook failed:"), "{fed:?}");
    assert_eq!(
        (driven.attempts, driven.log.len(), driven.sent.len()),
        (1, 1, 0)
    );
    assert!(driven.outcome.result.is_ok() && driven.stream.is_none());
    let text = metrics.render(0);
    assert!(
        text.contains("ligand_vendor_requests_total{status=\"2xx\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("ligand_hook_runs_total{result=\"error\"} 1"),
        "{text}"
    );
}

#[tokio::test]
async fn a_scripts_own_calls_obey_the_hosts_and_are_counted() {
    let own = |host: &str| {
        hook(&format!(
            "const axios = require('axios'); \
             axios.get('https://{host}/own').then(r => done({{response_body: r.data}}))"
        ))
    };
    let steps = vec![
        own("api.vendor.example"),
        own("other.vendor.example"),
        own("api.vendor.example"),
    ];
    let (driven, fed, _) = play(steps, &[], Explain::Off).await;
    assert_eq!(driven.attempts, 1, "{fed:?}");
    assert_eq!(fed[1], "hook 1");
    assert!(fed[2].contains("not among the hosts"), "{fed:?}");
    assert!(fed[3].contains("no more"), "{fed:?}");
}

#[tokio::test]
async fn a_host_outside_the_frozen_ones_is_never_called() {
    let steps = vec![send(
        "https://other.vendor.example/?token=hunter2",
        false,
        false,
    )];
    let (driven, fed, _) = play(steps, &[], Explain::Off).await;
    assert_eq!(driven.attempts, 0);
    assert!(
        fed[1].starts_with("Forbidden: other.vendor.example is not among"),
        "{fed:?}"
    );
    assert!(!fed[1].contains("hunter2"));
}

#[tokio::test]
async fn the_operators_list_widens_the_hosts_but_not_for_an_application_secret() {
    let url = "https://other.vendor.example/";
    let steps = vec![send(url, false, false), send(url, false, true)];
    let (driven, fed, _) = play(steps, &["other.vendor.example"], Explain::Off).await;
    assert_eq!(driven.attempts, 1);
    assert_eq!(fed[1], "200 5");
    assert!(fed[2].starts_with("Forbidden"), "{fed:?}");
}

#[tokio::test]
async fn a_refresh_brings_new_values_and_new_hosts() {
    let steps = vec![
        Step::Refresh,
        send("https://moved.vendor.example/", false, false),
    ];
    let (_, fed, metrics) = play(steps, &[], Explain::Off).await;
    assert_eq!(fed[1..], ["refreshed 1", "200 5"]);
    assert!(
        metrics
            .render(0)
            .contains("ligand_grant_refreshes_total{result=\"ok\"} 1")
    );
}

#[tokio::test]
async fn the_body_is_handed_out_only_when_the_answer_streams_it() {
    let url = "https://api.vendor.example/file";
    let (driven, fed, _) = play(
        vec![send(url, true, false), done(Body::Stream)],
        &[],
        Explain::Off,
    )
    .await;
    assert_eq!(fed[1], "200 0");
    let body = http_body_util::BodyExt::collect(driven.stream.unwrap())
        .await
        .unwrap();
    assert_eq!(&body.to_bytes()[..], b"hello");
    let (driven, ..) = play(vec![send(url, true, false)], &[], Explain::Off).await;
    assert!(driven.stream.is_none());
}

#[tokio::test]
async fn explaining_keeps_the_requests_and_a_dry_run_sends_none() {
    let url = "https://api.vendor.example/x";
    let (driven, ..) = play(vec![send(url, false, false)], &[], Explain::On).await;
    assert_eq!((driven.sent.len(), driven.sent[0].status), (1, Some(200)));
    assert_eq!(driven.sent[0].request.url, url);
    let (driven, fed, _) = play(vec![send(url, false, false)], &[], Explain::DryRun).await;
    assert_eq!((driven.attempts, fed.len()), (0, 1));
    assert_eq!((driven.sent.len(), driven.sent[0].status), (1, None));
}

#[tokio::test]
async fn one_request_outside_an_exchange_obeys_the_same_hosts() {
    let around = Around::new().await;
    let driver = around.driver();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let allowed = ["api.vendor.example".to_owned()];
    let request = |url| match send(url, true, true) {
        Step::Send(request) => *request,
        other => panic!("{other:?}"),
    };
    let reply = driver
        .send_once(
            &allowed,
            request("https://api.vendor.example/token"),
            deadline,
        )
        .await
        .unwrap();
    assert_eq!(&reply.body[..], b"hello");
    let error = driver
        .send_once(
            &allowed,
            request("https://evil.vendor.example/token"),
            deadline,
        )
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn who_was_to_try_a_host_and_did_not_ask_it_lets_another_try() {
    let around = Around::new().await;
    let now = tokio::time::Instant::now();
    let deadline = now + Duration::from_secs(10);
    let store = Fixture::open(TestDatabase::sqlite().unwrap())
        .await
        .unwrap()
        .store;
    store.clone().close().await;
    let known = Known::default();
    let (organization, instance) = (OrganizationId(1), InstanceId(1));
    let pace = Pace {
        organization,
        element: ElementId(1),
        instance,
        limits: None,
    };
    around.manners.hold(&pace, Duration::from_mins(10));
    let held = Driver {
        pace: Some(pace),
        ..around.driver()
    };
    let unrecorded = Driver {
        first_uses: Some(FirstUses {
            store: &store,
            known: &known,
            organization,
            instance,
        }),
        ..around.driver()
    };
    for (driver, expected) in [
        (held, ErrorKind::RateLimited),
        (unrecorded, ErrorKind::Unavailable),
    ] {
        let host = around.manners.host(driver.whose(), "api.vendor.example");
        // Its pause is over: one call may try it.
        let before = now.checked_sub(Duration::from_secs(30)).unwrap();
        while host.note(Said::Ill, before).is_none() {}
        let Step::Send(request) = send("https://api.vendor.example/x", false, false) else {
            panic!("another step");
        };
        let allowed = ["api.vendor.example".to_owned()];
        let sent = driver.send_once(&allowed, *request, deadline).await;
        assert_eq!(sent.unwrap_err().kind, expected);
        assert_eq!(host.admit(now), Ok(()), "{expected:?}");
    }
}
