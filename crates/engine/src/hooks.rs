//! An element's scripts.
//!
//! One [`HookRuntime`] serves one resource call: its hooks share a QuickJS runtime with one context, and no other
//! call ever sees it. It is built ahead of need, used once and dropped. Everything blocks, so a driver runs it on a
//! thread of its own; a runtime stays on the thread that made it, whose stack must be larger than
//! [`Limits::stack_bytes`] by about half a MiB.
//!
//! A hook is compiled as the body of a function in sloppy mode: top-level `return` is legal, the context variables
//! are its parameters, `this` is the global object. Objects are made inside the context, so `instanceof` holds.
//!
//! A transformation's script is another kind of text, run over all records of a call in one go: see `transform.js`.
//!
//! A hook's own HTTP calls wait in a queue until the script has nothing else to do. Then the run stops with
//! [`Progress::Fetch`]: nothing of it stands on the native stack, so the thread is free for other scripts until
//! [`HookRuntime::resume`] brings the answer.

mod batch;
mod digest;
mod encoding;
mod fault;
mod host;
mod library;
mod order;
mod script;
#[cfg(test)]
mod tests;
mod wording;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use rquickjs::{Array, Context, Ctx, Function, Object, Persistent, Runtime, Value};
use serde_json::value::RawValue;
use serde_json::{Map, Value as JsonValue};

use self::fault::Fault;
use self::order::Order;
pub(crate) use self::script::Mentioned;
pub use self::script::VARIABLES;
use crate::step::{HookCall, HookError, HookResult, VendorReply, VendorRequest};

/// Largest result a hook may hand back, in bytes of JSON.
pub const MAX_RESULT: usize = 32 * 1024 * 1024;
/// Less memory than this is not given: the runtime itself must live.
const MIN_MEMORY: usize = 1024 * 1024;
/// Most pieces of work that a hook which has ended may still do before the next one of its call begins.
const MAX_LEFT: usize = 1000;
/// Most lines of log a hook keeps, and most bytes a line.
pub const MAX_LOG: (usize, usize) = (100, 1024);

/// Most names of libraries that are remembered of a call.
const MAX_USED: usize = 64;

/// What a result may name that is passed on as the script printed it.
const BODIES: [&str; 2] = ["response_body", "request_vendor_body"];

/// Bodies by their names.
type Texts = Vec<(&'static str, Bytes)>;

/// Answers true when the script's time is up.
pub type Deadline = Box<dyn Fn() -> bool + Send>;

/// What a runtime may use.
pub struct Limits {
    /// Asked every few thousand operations of a script; true ends it. The engine reads no clock, so the caller
    /// brings one.
    pub deadline: Deadline,
    /// Bytes of all values together; at least 1 MiB is given.
    pub memory_bytes: usize,
    /// Bytes of native stack, which bounds recursion.
    pub stack_bytes: usize,
}

impl Limits {
    /// The usual sizes (64 MiB, 512 KiB) with this deadline.
    pub fn new(deadline: impl Fn() -> bool + Send + 'static) -> Self {
        Self {
            deadline: Box::new(deadline),
            memory_bytes: 64 * 1024 * 1024,
            stack_bytes: 512 * 1024,
        }
    }

    /// The usual sizes and no deadline: for tests, and for sources that are only compiled.
    pub fn unlimited_time() -> Self {
        Self::new(|| false)
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limits")
            .field("memory_bytes", &self.memory_bytes)
            .field("stack_bytes", &self.stack_bytes)
            .finish_non_exhaustive()
    }
}

/// What a running script has told the host.
#[derive(Default)]
struct Said {
    result: RefCell<Option<(bool, String)>>,
    oversized: Cell<bool>,
    log: RefCell<Vec<String>>,
    /// Libraries and their parts that were loaded, as `require` names them.
    used: RefCell<Vec<String>>,
    /// A promise that failed and that nobody has caught yet.
    rejection: RefCell<Option<Fault>>,
}

/// How far a hook has come.
#[derive(Debug)]
pub enum Progress {
    /// It waits for an answer to this request of its own: give it to [`HookRuntime::resume`].
    Fetch(Box<VendorRequest>),
    /// It has ended.
    Ended(Result<HookResult, HookError>),
}

/// A hook that waits for an answer.
struct Waiting {
    name: String,
    source: String,
    conclude: Persistent<Function<'static>>,
    settle: Persistent<Function<'static>>,
}

/// A QuickJS runtime with one context and the prelude in it.
pub struct HookRuntime {
    // Dropped in this order: the functions belong to the context, the context to the runtime.
    waiting: Option<Waiting>,
    /// Whether what runs is a transformation's script over its records.
    batch: bool,
    run: Persistent<Function<'static>>,
    context: Context,
    _runtime: Runtime,
    said: Rc<Said>,
    /// The result is there: whatever still runs is ended.
    ended: Rc<Cell<bool>>,
    expired: Rc<Cell<bool>>,
    deadline: Rc<RefCell<Deadline>>,
}

impl std::fmt::Debug for HookRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookRuntime").finish_non_exhaustive()
    }
}

impl HookRuntime {
    /// Builds a runtime; a tenth of a millisecond or two.
    ///
    /// # Errors
    /// When the limits are too small for the runtime itself.
    pub fn new(limits: Limits) -> Result<Self, HookError> {
        let broken = |_| error("the script runtime", Fault::new("could not be made"));
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_max_stack_size(limits.stack_bytes);
        let said = Rc::new(Said::default());
        let ended = Rc::new(Cell::new(false));
        let expired = Rc::new(Cell::new(false));
        let deadline = Rc::new(RefCell::new(limits.deadline));
        let witness = Rc::clone(&said);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, _promise, reason, handled| {
                let fault = if handled {
                    None
                } else {
                    Some(Fault::of(&ctx, &reason))
                };
                witness.rejection.replace(fault);
            },
        )));
        let context = Context::full(&runtime).map_err(broken)?;
        let run = context
            .with(|ctx| host::prepare(&ctx, &said))
            .map_err(broken)?;
        // Only now: building is ours, the limits are the script's (and QuickJS aborts when a context is built short
        // of memory).
        let memory = limits.memory_bytes.max(MIN_MEMORY);
        runtime.set_memory_limit(memory);
        // Looking for cycles of garbage takes as long as a small hook; a runtime that lives for one call seldom needs it.
        runtime.set_gc_threshold(memory / 8);
        let (stop, late, clock) = (Rc::clone(&ended), Rc::clone(&expired), Rc::clone(&deadline));
        runtime.set_interrupt_handler(Some(Box::new(move || {
            if stop.get() {
                return true;
            }
            let over = clock.borrow()();
            late.set(late.get() || over);
            over
        })));
        Ok(Self {
            waiting: None,
            batch: false,
            run,
            context,
            _runtime: runtime,
            said,
            ended,
            expired,
            deadline,
        })
    }

    /// Sets the deadline anew, for a runtime that was built ahead of the call it serves.
    pub fn set_deadline(&mut self, deadline: impl Fn() -> bool + Send + 'static) {
        *self.deadline.borrow_mut() = Box::new(deadline);
    }

    /// Loads these libraries ahead of the call that this runtime will serve. What a script sees is the same: libraries
    /// are no globals. A name that is none of ours is left out, and so is what does not fit.
    pub fn prepare(&mut self, used: &[String]) {
        self.context.with(|ctx| {
            let prepared = self.run.clone().restore(&ctx).and_then(|run| {
                let prepare: Function<'_> = run.get("prepare")?;
                prepare.call::<_, ()>((used.to_vec(),))
            });
            if prepared.is_err() {
                // The exception stays with the context otherwise.
                let _ = ctx.catch();
            }
        });
    }

    /// The libraries and parts of them that the scripts of this runtime have loaded, for [`HookRuntime::prepare`].
    pub fn used(&self) -> Vec<String> {
        self.said.used.borrow().clone()
    }

    /// Runs one hook to its end; it can make no HTTP calls of its own.
    ///
    /// # Errors
    /// What the script threw before `done`, a text that does not compile, or the limit that it passed.
    pub fn run(&mut self, call: &HookCall) -> Result<HookResult, HookError> {
        self.run_with(call, &mut |_| {
            Err("this script may not make HTTP calls".to_owned())
        })
    }

    /// Runs one hook to its end, with `fetch` to perform its own HTTP calls, one at a time; an error of it is a
    /// sentence that the script may see.
    ///
    /// # Errors
    /// As [`HookRuntime::run`].
    pub fn run_with(
        &mut self,
        call: &HookCall,
        fetch: &mut dyn FnMut(VendorRequest) -> Result<VendorReply, String>,
    ) -> Result<HookResult, HookError> {
        let mut progress = self.begin(call);
        loop {
            match progress {
                Progress::Fetch(request) => progress = self.resume(fetch(*request)),
                Progress::Ended(result) => return result,
            }
        }
    }

    /// Runs one hook until it ends or waits for an HTTP call of its own. A hook that was waiting is given up.
    ///
    /// The first `done` decides the result and ends the script. A hook that never calls it is taken as `done()`, or
    /// as `done(x)` when it returns an object `x`, at the end of whatever it waits for. Entries of the four merged
    /// maps that the script changed or deleted in place are part of the result, deleted ones as nulls.
    pub fn begin(&mut self, call: &HookCall) -> Progress {
        self.waiting = None;
        self.batch = call.batch.is_some();
        // What an earlier hook of the call left to do is its own affair, and so is what comes of it.
        self.context
            .with(|ctx| (0..MAX_LEFT).any(|_| !ctx.execute_pending_job()));
        self.said.result.take();
        self.said.log.take();
        self.said.rejection.take();
        self.said.oversized.set(false);
        self.expired.set(false);
        self.turn(&call.name, &call.source, |this, ctx| {
            let conclude = this.start(ctx, call)?;
            this.go_on(ctx, conclude)
        })
    }

    /// Gives the waiting hook its answer, or why there is none (a sentence that the script may see), and runs it on.
    pub fn resume(&mut self, answer: Result<VendorReply, String>) -> Progress {
        let Some(waiting) = self.waiting.take() else {
            let fault = Fault::new("the script was not waiting for an answer");
            return Progress::Ended(Err(error("the script runtime", fault)));
        };
        self.turn(&waiting.name, &waiting.source, |this, ctx| {
            let restored = waiting.conclude.restore(ctx).and_then(|conclude| {
                order::settle(ctx, &waiting.settle.restore(ctx)?, answer)?;
                Ok(conclude)
            });
            let conclude = restored.map_err(|error| refusal(ctx, &error))?;
            this.go_on(ctx, conclude)
        })
    }

    fn turn(
        &mut self,
        name: &str,
        source: &str,
        act: impl for<'js> FnOnce(&Self, &Ctx<'js>) -> Result<Option<Order<'js>>, Fault>,
    ) -> Progress {
        self.ended.set(false);
        let outcome: Result<_, Fault> = self.context.with(|ctx| {
            let order = act(self, &ctx)?;
            Ok(order.map(|order| {
                let waiting = Waiting {
                    name: name.to_owned(),
                    source: source.to_owned(),
                    conclude: Persistent::save(&ctx, order.conclude),
                    settle: Persistent::save(&ctx, order.settle),
                };
                (order.request, waiting)
            }))
        });
        self.ended.set(true);
        match outcome {
            Ok(Some((request, waiting))) => {
                self.waiting = Some(waiting);
                Progress::Fetch(Box::new(request))
            }
            Ok(None) => Progress::Ended(self.conclude(name, None)),
            Err(fault) => Progress::Ended(self.conclude(name, Some(fault.told(source)))),
        }
    }

    /// What the hook said, or what went wrong.
    fn conclude(&self, name: &str, fault: Option<Fault>) -> Result<HookResult, HookError> {
        let log = self.said.log.take();
        if self.said.oversized.get() {
            let fault = Fault::new(format!("the result is larger than {MAX_RESULT} bytes"));
            return Err(error(name, fault));
        }
        // Once there is a result, no later error counts.
        let Some((proceed, json)) = self.said.result.take() else {
            let mut fault =
                fault.unwrap_or_else(|| Fault::new("the script ended without a result"));
            if self.expired.get() {
                fault = Fault {
                    message: "the script used more time than it may".to_owned(),
                    ..fault
                };
            }
            return Err(error(name, fault));
        };
        if self.batch {
            return Ok(HookResult {
                proceed,
                log,
                batch: Some(json),
                ..HookResult::default()
            });
        }
        let (members, texts) = parted(json).map_err(|_| {
            error(
                name,
                Fault::new("the result cannot be read: it is nested too deeply"),
            )
        })?;
        Ok(HookResult {
            proceed,
            members,
            texts,
            log,
            batch: None,
        })
    }

    /// Runs the script's own text; answers what is called when nothing is left to run.
    fn start<'js>(&self, ctx: &Ctx<'js>, call: &HookCall) -> Result<Function<'js>, Fault> {
        if let Some(records) = &call.batch {
            let script = batch::compile(ctx, call)?;
            let run = self.run.clone().restore(ctx);
            let started = run.and_then(|run| batch::start(ctx, &run, script, call, records));
            return started.map_err(|error| refusal(ctx, &error));
        }
        let (names, hook) = script::compile(ctx, call)?;
        let attempt = || -> rquickjs::Result<Function<'js>> {
            let input = Object::new(ctx.clone())?;
            let list = Array::new(ctx.clone())?;
            for (index, name) in names.iter().enumerate() {
                list.set(index, *name)?;
                let value = match call.texts.iter().find(|(text, _)| text == name) {
                    Some((_, text)) => ctx.json_parse(&**text)?,
                    None => script::value_of(ctx, call.variables.get(*name))?,
                };
                input.set(*name, value)?;
            }
            let run = self.run.clone().restore(ctx)?;
            run.call((hook, list, input, call.legacy))
        };
        attempt().map_err(|error| refusal(ctx, &error))
    }

    /// Runs whatever is ready until there is a result or an HTTP call to make.
    fn go_on<'js>(
        &self,
        ctx: &Ctx<'js>,
        conclude: Function<'js>,
    ) -> Result<Option<Order<'js>>, Fault> {
        let over = || self.said.result.borrow().is_some() || self.expired.get();
        loop {
            while !over() && ctx.execute_pending_job() {}
            if over() {
                return Ok(None);
            }
            if let Some(rejection) = self.said.rejection.take() {
                return Err(rejection);
            }
            let next: Value<'js> = conclude.call(()).map_err(|error| refusal(ctx, &error))?;
            let Some(wanted) = next.into_object() else {
                return Ok(None);
            };
            match Order::read(&wanted, &conclude) {
                Ok(Ok(order)) => return Ok(Some(order)),
                // No such request can be made: the script is told at once.
                Ok(Err((settle, why))) => order::settle(ctx, &settle, Err(why)),
                Err(error) => Err(error),
            }
            .map_err(|error| refusal(ctx, &error))?;
        }
    }
}

/// The members of a result, and of them the bodies that are passed on as they stand.
fn parted(json: String) -> serde_json::Result<(Map<String, JsonValue>, Texts)> {
    if !BODIES.iter().any(|body| json.contains(body)) {
        return Ok((serde_json::from_str(&json)?, Vec::new()));
    }
    let json = Bytes::from(json);
    let parts: BTreeMap<String, &RawValue> = serde_json::from_slice(&json)?;
    let (mut members, mut texts) = (Map::new(), Vec::new());
    for (name, part) in parts {
        let text = part.get();
        let body = BODIES.iter().find(|body| ***body == *name);
        match body.filter(|_| text.starts_with(['{', '['])) {
            Some(body) => texts.push((*body, json.slice_ref(text.as_bytes()))),
            None => _ = members.insert(name, serde_json::from_str(text)?),
        }
    }
    Ok((members, texts))
}

fn error(name: &str, fault: Fault) -> HookError {
    HookError {
        name: name.to_owned(),
        message: fault.message,
        line: fault.line,
        column: fault.column,
    }
}

fn refusal(ctx: &Ctx<'_>, error: &rquickjs::Error) -> Fault {
    match error {
        rquickjs::Error::Exception => Fault::caught(ctx),
        other => Fault::new(format!("the script could not run: {other}")),
    }
}

/// Checks that a text compiles as a transformation's script, without running it.
///
/// # Errors
/// The syntax error with its line and column in the text.
pub fn check_transformation(name: &str, source: &str, legacy: bool) -> Result<(), HookError> {
    let runtime = HookRuntime::new(Limits::unlimited_time())?;
    let call = HookCall {
        name: name.to_owned(),
        source: source.to_owned(),
        legacy,
        ..HookCall::default()
    };
    runtime
        .context
        .with(|ctx| batch::compile(&ctx, &call).map(|_| ()))
        .map_err(|fault| error(name, fault.told(source)))
}

/// Checks that a text compiles as a hook, without running it.
///
/// # Errors
/// The syntax error with its line and column in the text.
pub fn check(name: &str, source: &str) -> Result<(), HookError> {
    Checker::default().check(name, source)
}

/// Checks many texts, with one runtime for a number of them.
#[derive(Debug, Default)]
pub struct Checker {
    runtime: Option<HookRuntime>,
    checked: usize,
}

impl Checker {
    /// How many texts one runtime takes before it is full of what they were compiled to.
    const EACH: usize = 100;

    /// As [`check`].
    ///
    /// # Errors
    /// The syntax error with its line and column in the text.
    pub fn check(&mut self, name: &str, source: &str) -> Result<(), HookError> {
        let fresh = self.checked.is_multiple_of(Self::EACH);
        self.checked += 1;
        let runtime = match self.runtime.take().filter(|_| !fresh) {
            Some(runtime) => runtime,
            None => HookRuntime::new(Limits::unlimited_time())?,
        };
        let result = compiles(&runtime, name, source);
        self.runtime = Some(runtime);
        result
    }
}

fn compiles(runtime: &HookRuntime, name: &str, source: &str) -> Result<(), HookError> {
    let call = HookCall {
        name: name.to_owned(),
        source: source.to_owned(),
        ..HookCall::default()
    };
    runtime
        .context
        .with(|ctx| script::compile(&ctx, &call).map(|_| ()))
        .map_err(|fault| error(name, fault.told(source)))
}
