//! Where scripts run: a few threads of their own, so that a busy script never holds up a request that has none.
//!
//! A resource call with hooks has one [`Session`]: one runtime, built for it on one thread, used by all its hooks,
//! gone with it. Threads build the next runtime when they are idle.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ligand_engine::hooks::{HookRuntime, Limits};
use ligand_engine::step::{HookCall, HookError, HookResult};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::config;

/// One runtime of scripts; lives and dies on one thread.
pub trait Scripts {
    /// Runs one hook to its end; blocks.
    fn run(&mut self, call: &HookCall) -> Result<HookResult, HookError>;
}

/// Builds a runtime on the thread that will use it.
pub type Build = dyn Fn() -> Result<Box<dyn Scripts>, HookError> + Send + Sync;

/// The threads.
#[derive(Clone)]
pub struct HookThreads(Arc<Shared>);

struct Shared {
    threads: Vec<Thread>,
    sessions: Arc<Semaphore>,
    wall: Duration,
}

struct Thread {
    // `Sender` is cheap to clone but not to share; the lock is held for the clone only.
    work: Mutex<Sender<Work>>,
    load: Arc<AtomicUsize>,
}

enum Work {
    Run(
        u64,
        Box<HookCall>,
        oneshot::Sender<Result<HookResult, HookError>>,
    ),
    End(u64),
}

impl fmt::Debug for HookThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookThreads")
            .field("threads", &self.0.threads.len())
            .finish()
    }
}

/// One call's scripts on QuickJS, with the processor time that they may still use.
struct QuickJs {
    runtime: HookRuntime,
    cpu_left: Duration,
}

impl Scripts for QuickJs {
    fn run(&mut self, call: &HookCall) -> Result<HookResult, HookError> {
        // The thread does nothing else meanwhile, so its wall clock is the script's processor time or a little more.
        let (began, left) = (Instant::now(), self.cpu_left);
        self.runtime.set_deadline(move || began.elapsed() > left);
        let result = self.runtime.run(call);
        self.cpu_left = left.saturating_sub(began.elapsed());
        result
    }
}

impl HookThreads {
    /// Starts the threads for QuickJS under the configured limits.
    ///
    /// # Errors
    /// The operating system gives no more threads.
    pub fn quickjs(hooks: &config::Hooks) -> std::io::Result<Self> {
        let (cpu, memory, stack) = (hooks.cpu.0, hooks.memory.bytes(), hooks.stack.bytes());
        let build = move || -> Result<Box<dyn Scripts>, HookError> {
            let limits = Limits {
                deadline: Box::new(|| false),
                memory_bytes: memory,
                stack_bytes: stack,
            };
            let runtime = HookRuntime::new(limits)?;
            Ok(Box::new(QuickJs {
                runtime,
                cpu_left: cpu,
            }))
        };
        Self::start(
            hooks.threads,
            hooks.sessions,
            hooks.wall.0,
            stack,
            Arc::new(build),
        )
    }

    /// Starts the threads; each has `stack` bytes for scripts and some of its own.
    ///
    /// # Errors
    /// The operating system gives no more threads.
    pub fn start(
        threads: usize,
        sessions: usize,
        wall: Duration,
        stack: usize,
        build: Arc<Build>,
    ) -> std::io::Result<Self> {
        let count = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            given => given,
        };
        let mut started = Vec::with_capacity(count);
        for number in 0..count {
            let (work, orders) = channel();
            let build = Arc::clone(&build);
            std::thread::Builder::new()
                .name(format!("hooks-{number}"))
                .stack_size(stack.saturating_add(2 << 20))
                .spawn(move || serve(&orders, &*build))?;
            started.push(Thread {
                work: Mutex::new(work),
                load: Arc::default(),
            });
        }
        Ok(Self(Arc::new(Shared {
            threads: started,
            sessions: Arc::new(Semaphore::new(sessions.max(1))),
            wall,
        })))
    }

    /// Begins a session for one resource call; none when too many are running.
    pub fn session(&self) -> Option<Session> {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let permit = Arc::clone(&self.0.sessions).try_acquire_owned().ok()?;
        let thread = self
            .0
            .threads
            .iter()
            .min_by_key(|thread| thread.load.load(Ordering::Relaxed))?;
        thread.load.fetch_add(1, Ordering::Relaxed);
        Some(Session {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            work: thread
                .work
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            load: Arc::clone(&thread.load),
            wall_left: self.0.wall,
            _permit: permit,
        })
    }
}

/// The runtime of one resource call.
pub struct Session {
    id: u64,
    work: Sender<Work>,
    load: Arc<AtomicUsize>,
    wall_left: Duration,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    /// Runs one hook; waiting for its thread counts towards the wall limit.
    ///
    /// # Errors
    /// The hook's own, or the limit that was passed.
    pub async fn run(&mut self, call: HookCall) -> Result<HookResult, HookError> {
        let name = call.name.clone();
        let failed = |message: &str| HookError {
            name: name.clone(),
            message: message.to_owned(),
            line: 0,
            column: 0,
        };
        let (answer, answered) = oneshot::channel();
        if self
            .work
            .send(Work::Run(self.id, Box::new(call), answer))
            .is_err()
        {
            return Err(failed("the script could not be started"));
        }
        let began = Instant::now();
        let result = tokio::time::timeout(self.wall_left, answered).await;
        self.wall_left = self.wall_left.saturating_sub(began.elapsed());
        match result {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(failed("the script could not be run")),
            Err(_) => Err(failed("the script took longer than it may")),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
        let _ = self.work.send(Work::End(self.id));
    }
}

fn serve(orders: &Receiver<Work>, build: &Build) {
    let mut sessions: Vec<(u64, Box<dyn Scripts>)> = Vec::new();
    let mut spare = None;
    loop {
        let order = match orders.try_recv() {
            Ok(order) => order,
            Err(std::sync::mpsc::TryRecvError::Disconnected) => return,
            Err(std::sync::mpsc::TryRecvError::Empty) => {
                // Idle: the next call finds its runtime ready. The first is built only once scripts are in use.
                if spare.is_none() && !sessions.is_empty() {
                    spare = build().ok();
                }
                match orders.recv() {
                    Ok(order) => order,
                    Err(_) => return,
                }
            }
        };
        match order {
            Work::End(id) => sessions.retain(|(session, _)| *session != id),
            // Whoever asked has gone: the work is not worth doing.
            Work::Run(_, _, answer) if answer.is_closed() => {}
            Work::Run(id, call, answer) => {
                let result = run(&mut sessions, &mut spare, build, id, &call);
                let _ = answer.send(result);
            }
        }
    }
}

fn run(
    sessions: &mut Vec<(u64, Box<dyn Scripts>)>,
    spare: &mut Option<Box<dyn Scripts>>,
    build: &Build,
    id: u64,
    call: &HookCall,
) -> Result<HookResult, HookError> {
    let known = sessions.iter().position(|(session, _)| *session == id);
    let mut scripts = match known {
        Some(index) => sessions.swap_remove(index).1,
        None => match spare.take() {
            Some(ready) => ready,
            None => build()?,
        },
    };
    // A panic ends this runtime, not the thread that other calls share.
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let result = scripts.run(call);
        (scripts, result)
    }));
    match caught {
        Ok((scripts, result)) => {
            sessions.push((id, scripts));
            result
        }
        Err(_) => Err(HookError {
            name: call.name.clone(),
            message: "the script could not be run".to_owned(),
            line: 0,
            column: 0,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts its own calls; `source` is an order.
    struct Counting(u64);

    impl Scripts for Counting {
        fn run(&mut self, call: &HookCall) -> Result<HookResult, HookError> {
            self.0 += 1;
            match call.source.as_str() {
                "panic" => panic!("on purpose"),
                "block" => std::thread::park_timeout(Duration::from_mins(1)),
                _ => {}
            }
            Ok(HookResult {
                proceed: true,
                members: [("count".to_owned(), self.0.into())].into_iter().collect(),
                log: Vec::new(),
            })
        }
    }

    fn threads(sessions: usize, wall: Duration) -> HookThreads {
        let build = || Ok(Box::new(Counting(0)) as Box<dyn Scripts>);
        HookThreads::start(1, sessions, wall, 0, Arc::new(build)).unwrap()
    }

    fn call(source: &str) -> HookCall {
        HookCall {
            name: "GET /x preRequest".into(),
            source: source.into(),
            legacy: false,
            variables: serde_json::Map::new(),
        }
    }

    async fn count(session: &mut Session) -> u64 {
        session.run(call("")).await.unwrap().members["count"]
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
        let error = faulty.run(call("panic")).await.unwrap_err();
        assert_eq!(error.name, "GET /x preRequest");
        assert_eq!(count(&mut threads.session().unwrap()).await, 1);
    }

    #[tokio::test]
    async fn a_script_past_the_wall_limit_is_an_error_for_its_caller() {
        let threads = threads(8, Duration::from_millis(20));
        let error = threads
            .session()
            .unwrap()
            .run(call("block"))
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
        let error = session.run(call("for (;;) {}")).await.unwrap_err();
        assert!(error.message.contains("more time than it may"), "{error}");
        // The time was the call's, all hooks together; another call has its own.
        assert!(session.run(call("for (;;) {}")).await.is_err());
        let mut other = threads.session().unwrap();
        let result = other.run(call("done({request_vendor_path: '/x'})")).await;
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
}
