//! Where scripts run: a few threads of their own, so that a busy script never holds up a request that has none.
//!
//! A resource call with hooks has one [`Session`]: one runtime, built for it on one thread, used by all its hooks,
//! gone with it. Threads build the next runtime when they are idle, with the libraries in it that the hooks of the
//! last calls asked for, and give it back when no call comes.
//!
//! QuickJS asks about the time between operations, and some of its own (`Array.prototype.reverse` of something that says
//! it is long) do not end for years. A thread that is caught in one is left behind and another takes its place, so that
//! its caller alone meets the error.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
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

/// Threads that may be left behind and still run: each costs a processor until its script ends.
const MOST_LOST: usize = 8;

/// The threads.
#[derive(Clone)]
pub struct HookThreads(Arc<Shared>);

struct Shared {
    threads: Vec<Mutex<Thread>>,
    sessions: Arc<Semaphore>,
    wall: Duration,
    /// A turn that lasts longer does not heed its limits.
    longest: Duration,
    stack: usize,
    build: Arc<Build>,
    began: Instant,
    lost: Arc<AtomicUsize>,
}

struct Thread {
    work: Sender<Work>,
    load: Arc<AtomicUsize>,
    turn: Arc<Under>,
}

/// The turn that a thread is busy with.
#[derive(Default)]
struct Under {
    /// Milliseconds after the threads' begin, and one; 0 for none.
    since: AtomicU64,
    /// Whether another thread has taken its place.
    left: AtomicBool,
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
            // A loaded machine stretches a turn; a thread that is only late costs nothing when it is replaced.
            cpu.saturating_mul(2).saturating_add(Duration::from_secs(5)),
            stack,
            Arc::new(build),
        )
    }

    /// Starts the threads; each has `stack` bytes for scripts and some of its own. One whose turn lasts longer than
    /// `longest` is replaced.
    ///
    /// # Errors
    /// The operating system gives no more threads.
    pub fn start(
        threads: usize,
        sessions: usize,
        wall: Duration,
        longest: Duration,
        stack: usize,
        build: Arc<Build>,
    ) -> std::io::Result<Self> {
        let count = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            given => given,
        };
        let mut shared = Shared {
            threads: Vec::with_capacity(count),
            sessions: Arc::new(Semaphore::new(sessions.max(1))),
            wall,
            longest,
            stack,
            build,
            began: Instant::now(),
            lost: Arc::default(),
        };
        for number in 0..count {
            let thread = shared.thread(number)?;
            shared.threads.push(Mutex::new(thread));
        }
        Ok(Self(Arc::new(shared)))
    }

    /// Begins a session for one resource call; none when too many are running.
    pub fn session(&self) -> Option<Session> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shared = &self.0;
        let permit = Arc::clone(&shared.sessions).try_acquire_owned().ok()?;
        let (mut least, mut chosen) = ((true, usize::MAX), None);
        for (number, thread) in shared.threads.iter().enumerate() {
            let mut thread = thread.lock().unwrap_or_else(PoisonError::into_inner);
            shared.replace_when_stuck(number, &mut thread);
            let load = (
                shared.is_stuck(&thread),
                thread.load.load(Ordering::Relaxed),
            );
            if chosen.is_none() || load < least {
                least = load;
                chosen = Some((thread.work.clone(), Arc::clone(&thread.load)));
            }
        }
        let (work, load) = chosen?;
        load.fetch_add(1, Ordering::Relaxed);
        Some(Session {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: String::new(),
            work,
            load,
            wall_left: shared.wall,
            _permit: permit,
        })
    }
}

impl Shared {
    fn thread(&self, number: usize) -> std::io::Result<Thread> {
        let (work, orders) = channel();
        let turn = Arc::<Under>::default();
        let (build, under, lost) = (
            Arc::clone(&self.build),
            Arc::clone(&turn),
            Arc::clone(&self.lost),
        );
        let began = self.began;
        std::thread::Builder::new()
            .name(format!("hooks-{number}"))
            .stack_size(self.stack.saturating_add(2 << 20))
            .spawn(move || {
                Workshop::new(&*build).serve(&orders, &under, began);
                if under.left.load(Ordering::SeqCst) {
                    lost.fetch_sub(1, Ordering::SeqCst);
                }
            })?;
        Ok(Thread {
            work,
            load: Arc::default(),
            turn,
        })
    }

    fn is_stuck(&self, thread: &Thread) -> bool {
        let since = thread.turn.since.load(Ordering::Relaxed);
        since > 0 && millis(self.began.elapsed()).saturating_sub(since) > millis(self.longest)
    }

    /// Puts another thread in the place of one whose script does not end. Sessions that wait there keep waiting, for
    /// their wall time at most.
    fn replace_when_stuck(&self, number: usize, thread: &mut Thread) {
        if !self.is_stuck(thread) || self.lost.load(Ordering::SeqCst) >= MOST_LOST {
            return;
        }
        match self.thread(number) {
            Ok(fresh) => {
                self.lost.fetch_add(1, Ordering::SeqCst);
                let former = std::mem::replace(thread, fresh);
                former.turn.left.store(true, Ordering::SeqCst);
                tracing::error!("a script does not end in its time; its thread is left behind");
            }
            Err(error) => {
                tracing::error!(error = %error, "a stuck thread of scripts could not be replaced");
            }
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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

    fn serve(mut self, orders: &Receiver<Work>, under: &Under, start: Instant) {
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
                    let since = millis(start.elapsed()).saturating_add(1);
                    under.since.store(since, Ordering::Relaxed);
                    let progress = self.perform(id, turn);
                    under.since.store(0, Ordering::Relaxed);
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
