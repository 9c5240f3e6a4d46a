use ligand_engine::step::HookResult;

use super::*;

/// Counts its own calls; `source` is an order.
struct Counting(u64);

impl Scripts for Counting {
    fn begin(&mut self, call: &HookCall) -> Progress {
        self.0 += 1;
        match call.source.as_str() {
            "panic" => panic!("on purpose"),
            "block" => std::thread::park_timeout(Duration::from_mins(1)),
            _ => {}
        }
        Progress::Ended(Ok(HookResult {
            proceed: true,
            members: [("count".to_owned(), self.0.into())].into_iter().collect(),
            ..HookResult::default()
        }))
    }

    fn resume(&mut self, _: Fetched) -> Progress {
        panic!("nothing was waiting")
    }

    fn used(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Runs a hook that makes no calls of its own.
async fn run(session: &mut Session, source: &str) -> Result<HookResult, HookError> {
    match session.begin(call(source)).await {
        Progress::Ended(result) => result,
        Progress::Fetch(request) => panic!("{request:?}"),
    }
}

fn threads(sessions: usize, wall: Duration) -> HookThreads {
    let build = |_: &[String]| Ok(Box::new(Counting(0)) as Box<dyn Scripts>);
    HookThreads::start(
        1,
        sessions,
        wall,
        Duration::from_mins(1),
        0,
        Arc::new(build),
    )
    .unwrap()
}

fn call(source: &str) -> HookCall {
    HookCall {
        name: "GET /x preRequest".into(),
        source: source.into(),
        ..HookCall::default()
    }
}

async fn count(session: &mut Session) -> u64 {
    run(session, "").await.unwrap().members["count"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn the_hooks_of_a_call_share_a_runtime_and_calls_do_not() {
    let threads = threads(8, Duration::from_secs(10));
    let (mut a, mut b) = (threads.session().unwrap(), threads.session().unwrap());
    assert_eq!(count(&mut a).await, 1);
    assert_eq!(count(&mut b).await, 1);
    assert_eq!(count(&mut a).await, 2);
    drop(a);
    assert_eq!(count(&mut threads.session().unwrap()).await, 1);
}

#[tokio::test]
async fn a_panic_ends_one_call_and_not_the_thread() {
    let threads = threads(8, Duration::from_secs(10));
    let mut faulty = threads.session().unwrap();
    let error = run(&mut faulty, "panic").await.unwrap_err();
    assert_eq!(error.name, "GET /x preRequest");
    assert_eq!(count(&mut threads.session().unwrap()).await, 1);
}

#[tokio::test]
async fn a_script_past_the_wall_limit_is_an_error_for_its_caller() {
    let threads = threads(8, Duration::from_millis(20));
    let error = run(&mut threads.session().unwrap(), "block")
        .await
        .unwrap_err();
    assert!(error.message.contains("longer than it may"), "{error}");
}

#[tokio::test]
async fn a_script_that_never_ends_is_stopped_by_its_processor_time() {
    let mut hooks = config::Config::defaults().unwrap().hooks;
    hooks.cpu = config::units::Span(Duration::from_millis(50));
    hooks.threads = 1;
    let threads = HookThreads::quickjs(&hooks).unwrap();
    let mut session = threads.session().unwrap();
    let error = run(&mut session, "for (;;) {}").await.unwrap_err();
    assert!(error.message.contains("more time than it may"), "{error}");
    // The time was the call's, all hooks together; another call has its own.
    assert!(run(&mut session, "for (;;) {}").await.is_err());
    let mut other = threads.session().unwrap();
    let result = run(&mut other, "done({request_vendor_path: '/x'})").await;
    assert_eq!(result.unwrap().members["request_vendor_path"], "/x");
}

#[tokio::test]
async fn no_more_sessions_than_allowed() {
    let threads = threads(1, Duration::from_secs(10));
    let first = threads.session();
    assert!(first.is_some() && threads.session().is_none());
    drop(first);
    assert!(threads.session().is_some());
}

/// Uses what its hook is called; its answer is what was there before.
struct Using {
    before: Vec<String>,
    used: Vec<String>,
}

impl Scripts for Using {
    fn begin(&mut self, call: &HookCall) -> Progress {
        self.used = vec![call.source.clone()];
        Progress::Ended(Ok(HookResult {
            members: [("before".to_owned(), self.before.clone().into())]
                .into_iter()
                .collect(),
            ..HookResult::default()
        }))
    }

    fn resume(&mut self, _: Fetched) -> Progress {
        panic!("nothing was waiting")
    }

    fn used(&self) -> Vec<String> {
        self.used.clone()
    }
}

#[tokio::test]
async fn the_next_call_of_a_hook_finds_the_libraries_that_the_last_one_used() {
    let (told, built) = channel();
    let told = Mutex::new(told);
    let build = move |before: &[String]| {
        let _ = told.lock().unwrap().send(before.to_vec());
        let before = before.to_vec();
        let used = Vec::new();
        Ok(Box::new(Using { before, used }) as Box<dyn Scripts>)
    };
    let threads = HookThreads::start(
        1,
        8,
        Duration::from_secs(10),
        Duration::from_mins(1),
        0,
        Arc::new(build),
    )
    .unwrap();
    let call = async |source: &str| {
        let result = run(&mut threads.session().unwrap(), source).await.unwrap();
        result.members["before"].clone()
    };
    // Until a runtime with these libraries is ready.
    let ready = |libraries: &[&str]| {
        while built.recv_timeout(Duration::from_secs(20)).unwrap() != libraries {}
    };
    assert_eq!(call("lodash").await, serde_json::json!([]));
    ready(&["lodash"]);
    assert_eq!(call("lodash").await, serde_json::json!(["lodash"]));
    // Another hook never gets what is not its own.
    assert_eq!(call("moment").await, serde_json::json!([]));
    ready(&["moment"]);
    assert_eq!(call("moment").await, serde_json::json!(["moment"]));
}

#[tokio::test]
async fn a_script_that_no_limit_stops_is_an_error_for_its_caller_alone() {
    let mut hooks = config::Config::defaults().unwrap().hooks;
    hooks.threads = 1;
    hooks.wall = config::units::Span(Duration::from_millis(50));
    let mut threads = HookThreads::quickjs(&hooks).unwrap();
    Arc::get_mut(&mut threads.0).unwrap().longest = Duration::from_millis(20);
    // The engine never asks about the time in here; half a minute is enough for it to be stuck.
    let endless = "Array.prototype.reverse.call({length: 300000000})";
    let error = run(&mut threads.session().unwrap(), endless).await;
    assert!(error.unwrap_err().message.contains("longer than it may"));
    let mut other = threads.session().unwrap();
    other.wall_left = Duration::from_mins(1);
    let result = run(&mut other, "done({request_vendor_path: '/x'})").await;
    assert_eq!(result.unwrap().members["request_vendor_path"], "/x");
    assert_eq!(threads.0.lost.load(Ordering::SeqCst), 1);
}
