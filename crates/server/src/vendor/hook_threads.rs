//! Where scripts run: a few threads of their own, so that a busy script never holds up a request that has none.
//!
//! A resource call with hooks has one [`Session`]: one runtime, built for it on one thread, used by all its hooks,
//! gone with it. Threads build the next runtime when they are idle, with the libraries in it that the hooks of the
//! last calls asked for, and give it back when no call comes.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ligand_engine::hooks::{HookRuntime, Limits, Progress};
use ligand_engine::step::{HookCall, HookError, VendorReply};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::config;

/// One runtime of scripts; lives and dies on one thread. Its methods block.
pub trait Scripts {
    /// Runs one hook until it ends or waits for an HTTP call of its own.
    fn begin(&mut self, call: &HookCall) -> Progress;
    /// Gives the waiting hook its answer, or a sentence why there is none, and runs it on.
    fn resume(&mut self, answer: Fetched) -> Progress;
    /// The libraries that its hooks have loaded.
    fn used(&self) -> Vec<String>;
}

/// What became of a script's own HTTP call.
pub type Fetched = Result<VendorReply, String>;

/// Builds a runtime with these libraries in it, on the thread that will use it.
pub type Build = dyn Fn(&[String]) -> Result<Box<dyn Scripts>, HookError> + Send + Sync;

/// Most hooks of which a thread knows what they use.
const MOST_KNOWN: usize = 256;
/// Most runtimes that a thread keeps ready.
const MOST_READY: usize = 3;
/// A thread that has had nothing to do for so long gives back what it keeps ready.
const IDLE: Duration = Duration::from_secs(30);

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
    Turn(u64, Turn, oneshot::Sender<Progress>),
    End(u64),
}

/// What a session's runtime does next.
enum Turn {
    Begin(Box<HookCall>),
    Resume(Box<Fetched>),
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

impl QuickJs {
    fn timed(&mut self, act: impl FnOnce(&mut HookRuntime) -> Progress) -> Progress {
        // The thread does nothing else meanwhile, so its wall clock is the script's processor time or a little more.
        let (began, left) = (Instant::now(), self.cpu_left);
        self.runtime.set_deadline(move || began.elapsed() > left);
        let progress = act(&mut self.runtime);
        self.cpu_left = left.saturating_sub(began.elapsed());
        progress
    }
}

impl Scripts for QuickJs {
    fn begin(&mut self, call: &HookCall) -> Progress {
        self.timed(|runtime| runtime.begin(call))
    }

    fn resume(&mut self, answer: Fetched) -> Progress {
        self.timed(|runtime| runtime.resume(answer))
    }

    fn used(&self) -> Vec<String> {
        self.runtime.used()
    }
}

impl HookThreads {
    /// Starts the threads for QuickJS under the configured limits.
    ///
    /// # Errors
    /// The operating system gives no more threads.
    pub fn quickjs(hooks: &config::Hooks) -> std::io::Result<Self> {
        let (cpu, memory, stack) = (hooks.cpu.0, hooks.memory.bytes(), hooks.stack.bytes());
        let build = move |used: &[String]| -> Result<Box<dyn Scripts>, HookError> {
            let limits = Limits {
                deadline: Box::new(|| false),
                memory_bytes: memory,
                stack_bytes: stack,
            };
            let mut runtime = HookRuntime::new(limits)?;
            if !used.is_empty() {
                runtime.prepare(used);
            }
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
                .spawn(move || Workshop::new(&*build).serve(&orders))?;
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
            name: String::new(),
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
    // The hook that runs, for errors.
    name: String,
    work: Sender<Work>,
    load: Arc<AtomicUsize>,
    wall_left: Duration,
    _permit: OwnedSemaphorePermit,
}

impl Session {
    /// Runs one hook until it ends or waits for an HTTP call of its own; waiting for its thread counts as its time.
    pub async fn begin(&mut self, call: HookCall) -> Progress {
        self.name.clone_from(&call.name);
        self.turn(Turn::Begin(Box::new(call))).await
    }

    /// Gives the waiting hook its answer, which took `waited`, and runs it on.
    pub async fn resume(&mut self, answer: Fetched, waited: Duration) -> Progress {
        self.wall_left = self.wall_left.saturating_sub(waited);
        self.turn(Turn::Resume(Box::new(answer))).await
    }

    /// What is left of the wall limit.
    pub const fn wall_left(&self) -> Duration {
        self.wall_left
    }

    async fn turn(&mut self, turn: Turn) -> Progress {
        let (answer, answered) = oneshot::channel();
        if self.work.send(Work::Turn(self.id, turn, answer)).is_err() {
            return failed(&self.name, "the script could not be started");
        }
        let began = Instant::now();
        let result = tokio::time::timeout(self.wall_left, answered).await;
        self.wall_left = self.wall_left.saturating_sub(began.elapsed());
        match result {
            Ok(Ok(progress)) => progress,
            Ok(Err(_)) => failed(&self.name, "the script could not be run"),
            Err(_) => failed(&self.name, "the script took longer than it may"),
        }
    }
}

/// A hook that ended by our hand.
fn failed(name: &str, message: &str) -> Progress {
    Progress::Ended(Err(HookError {
        name: name.to_owned(),
        message: message.to_owned(),
        line: 0,
        column: 0,
    }))
}

impl Drop for Session {
    fn drop(&mut self) {
        self.load.fetch_sub(1, Ordering::Relaxed);
        let _ = self.work.send(Work::End(self.id));
    }
}

/// What one thread has: the runtimes of its sessions, and those that are ready for the next.
struct Workshop<'a> {
    build: &'a Build,
    sessions: Vec<Running>,
    /// Runtimes by the libraries that are loaded in them; the one used last is at the end.
    ready: Vec<(Vec<String>, Box<dyn Scripts>)>,
    /// What the last call of a hook used, by its text.
    known: HashMap<u64, Vec<String>>,
    /// What the next call is likely to use.
    likely: Option<Vec<String>>,
}

/// A session's runtime, and the text of its first hook.
struct Running {
    id: u64,
    text: u64,
    scripts: Box<dyn Scripts>,
}

impl<'a> Workshop<'a> {
    fn new(build: &'a Build) -> Self {
        Self {
            build,
            sessions: Vec::new(),
            ready: Vec::new(),
            known: HashMap::new(),
            likely: None,
        }
    }

    fn serve(mut self, orders: &Receiver<Work>) {
        loop {
            let order = match orders.try_recv() {
                Ok(order) => order,
                Err(TryRecvError::Disconnected) => return,
                // Idle: the next call finds its runtime ready.
                Err(TryRecvError::Empty) if self.make_ready() => continue,
                Err(TryRecvError::Empty) => match orders.recv_timeout(IDLE) {
                    Ok(order) => order,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        self.ready.clear();
                        match orders.recv() {
                            Ok(order) => order,
                            Err(_) => return,
                        }
                    }
                },
            };
            match order {
                Work::End(id) => self.end(id),
                // Whoever asked has gone: the work is not worth doing.
                Work::Turn(_, _, answer) if answer.is_closed() => {}
                Work::Turn(id, turn, answer) => {
                    let progress = self.perform(id, turn);
                    let _ = answer.send(progress);
                }
            }
        }
    }

    /// Makes a runtime for what is likely to be called next, unless there is one; the first only once scripts are in use.
    fn make_ready(&mut self) -> bool {
        let Some(wanted) = self.likely.take() else {
            return false;
        };
        if self.ready.iter().any(|(used, _)| *used == wanted) {
            return false;
        }
        let Ok(scripts) = (self.build)(&wanted) else {
            return false;
        };
        if self.ready.len() >= MOST_READY {
            self.ready.remove(0);
        }
        self.ready.push((wanted, scripts));
        true
    }

    fn end(&mut self, id: u64) {
        let Some(at) = self.sessions.iter().position(|session| session.id == id) else {
            return;
        };
        let session = self.sessions.swap_remove(at);
        let used = session.scripts.used();
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(session.text, used.clone());
        self.likely = Some(used);
    }

    /// The runtime of a session: its own, one that is ready, or a new one.
    fn take(&mut self, id: u64, turn: &Turn) -> Result<Running, HookError> {
        if let Some(at) = self.sessions.iter().position(|session| session.id == id) {
            return Ok(self.sessions.swap_remove(at));
        }
        let mut hasher = DefaultHasher::new();
        if let Turn::Begin(call) = turn {
            call.source.hash(&mut hasher);
        }
        let text = hasher.finish();
        let used = self.known.get(&text).map_or(&[][..], Vec::as_slice);
        // A call's scripts may run for long; the next of the kind should not wait for their end.
        self.likely = Some(used.to_vec());
        let fits = |wanted: &[String]| self.ready.iter().position(|(used, _)| used == wanted);
        let scripts = match fits(used).or_else(|| fits(&[])) {
            Some(at) => self.ready.remove(at).1,
            None => (self.build)(&[])?,
        };
        Ok(Running { id, text, scripts })
    }

    fn perform(&mut self, id: u64, turn: Turn) -> Progress {
        let mut session = match self.take(id, &turn) {
            Ok(session) => session,
            Err(error) => return Progress::Ended(Err(error)),
        };
        let name = match &turn {
            Turn::Begin(call) => call.name.clone(),
            Turn::Resume(_) => "the script".to_owned(),
        };
        // A panic ends this runtime, not the thread that other calls share.
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let progress = match turn {
                Turn::Begin(call) => session.scripts.begin(&call),
                Turn::Resume(answer) => session.scripts.resume(*answer),
            };
            (session, progress)
        }));
        match caught {
            Ok((session, progress)) => {
                self.sessions.push(session);
                progress
            }
            Err(_) => failed(&name, "the script could not be run"),
        }
    }
}

#[cfg(test)]
mod tests;
