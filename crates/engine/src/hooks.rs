//! An element's scripts.
//!
//! One [`HookRuntime`] serves one resource call: its hooks share a QuickJS runtime with one context, and no other
//! call ever sees it. It is built ahead of need, used once and dropped. Everything blocks, so a driver runs it on a
//! thread of its own; a runtime stays on the thread that made it, whose stack must be larger than
//! [`Limits::stack_bytes`] by about half a MiB.
//!
//! A hook is compiled as the body of a function in sloppy mode: top-level `return` is legal, the context variables
//! are its parameters, `this` is the global object. Objects are made inside the context, so `instanceof` holds.

mod digest;
mod fault;
mod host;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::{Array, Context, Ctx, Function, IntoJs, Object, Persistent, Runtime, Value};

use self::fault::Fault;
use crate::step::{HookCall, HookError, HookResult};

/// Largest result a hook may hand back, in bytes of JSON.
pub const MAX_RESULT: usize = 32 * 1024 * 1024;
/// Less memory than this is not given: the runtime itself must live.
const MIN_MEMORY: usize = 1024 * 1024;
/// Most lines of log a hook keeps, and most bytes a line.
pub const MAX_LOG: (usize, usize) = (100, 1024);

/// Every context variable the format promises; one that the call does not give is null.
///
/// # Source
/// Element definition format, "Context variables".
pub const VARIABLES: [&str; 33] = [
    "configuration",
    "request_vendor_headers",
    "request_vendor_parameters",
    "request_vendor_body",
    "request_vendor_body_map",
    "request_vendor_path",
    "request_vendor_method",
    "request_vendor_url",
    "request_body",
    "request_body_map",
    "request_parameters",
    "request_path",
    "request_path_variables",
    "request_method",
    "request_headers",
    "object_name",
    "request_expression",
    "request_previous_response",
    "request_previous_response_headers",
    "response_body",
    "response_body_map",
    "response_body_raw",
    "response_body_raw_map",
    "response_headers",
    "response_status_code",
    "response_iserror",
    "response_error",
    "response_error_message",
    "events",
    "meta_data",
    "multipart_hook_context_items",
    "request_root_key",
    "response_root_key",
];

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
    /// A promise that failed and that nobody has caught yet.
    rejection: RefCell<Option<Fault>>,
}

/// A QuickJS runtime with one context and the prelude in it.
pub struct HookRuntime {
    // Dropped in this order: the function belongs to the context, the context to the runtime.
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
        runtime.set_memory_limit(limits.memory_bytes.max(MIN_MEMORY));
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

    /// Runs one hook to its end.
    ///
    /// The first `done` decides the result and ends the script. A hook that never calls it is taken as `done()`, or
    /// as `done(x)` when it returns an object `x`. Entries of the four merged maps that the script changed or
    /// deleted in place are part of the result, deleted ones as nulls.
    ///
    /// # Errors
    /// What the script threw before `done`, a text that does not compile, or the limit that it passed.
    pub fn run(&mut self, call: &HookCall) -> Result<HookResult, HookError> {
        self.said.result.take();
        self.said.log.take();
        self.said.rejection.take();
        self.said.oversized.set(false);
        self.ended.set(false);
        self.expired.set(false);
        let outcome = self.context.with(|ctx| self.execute(&ctx, call));
        self.ended.set(true);
        let log = self.said.log.take();
        if self.said.oversized.get() {
            let fault = Fault::new(format!("the result is larger than {MAX_RESULT} bytes"));
            return Err(error(&call.name, fault));
        }
        // Once there is a result, no later error counts.
        let Some((proceed, json)) = self.said.result.take() else {
            let mut fault = outcome
                .err()
                .unwrap_or_else(|| Fault::new("the script ended without a result"));
            if self.expired.get() {
                fault = Fault {
                    message: "the script used more time than it may".to_owned(),
                    ..fault
                };
            }
            return Err(error(&call.name, fault));
        };
        let members = serde_json::from_str(&json).map_err(|_| {
            error(
                &call.name,
                Fault::new("the result cannot be read: it is nested too deeply"),
            )
        })?;
        Ok(HookResult {
            proceed,
            members,
            log,
        })
    }

    fn execute(&self, ctx: &Ctx<'_>, call: &HookCall) -> Result<(), Fault> {
        let (names, hook) = compile(ctx, call)?;
        let attempt = || -> rquickjs::Result<()> {
            let input = Object::new(ctx.clone())?;
            let list = Array::new(ctx.clone())?;
            for (index, name) in names.iter().enumerate() {
                list.set(index, *name)?;
                input.set(*name, value_of(ctx, call.variables.get(*name))?)?;
            }
            let run = self.run.clone().restore(ctx)?;
            let conclude: Function<'_> = run.call((hook, list, input, call.legacy))?;
            // Promises: whatever is ready runs now; nothing else can become ready later.
            while self.said.result.borrow().is_none()
                && !self.expired.get()
                && ctx.execute_pending_job()
            {}
            if self.said.result.borrow().is_none()
                && !self.expired.get()
                && self.said.rejection.borrow().is_none()
            {
                conclude.call::<_, ()>(())?;
            }
            Ok(())
        };
        let outcome = attempt().map_err(|error| refusal(ctx, &error));
        match self.said.rejection.take() {
            Some(rejection) if outcome.is_ok() => Err(rejection),
            _ => outcome,
        }
    }
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

/// Checks that a text compiles as a hook, without running it.
///
/// # Errors
/// The syntax error with its line and column in the text.
pub fn check(name: &str, source: &str) -> Result<(), HookError> {
    let runtime = HookRuntime::new(Limits::unlimited_time())?;
    let call = HookCall {
        name: name.to_owned(),
        source: source.to_owned(),
        legacy: false,
        variables: serde_json::Map::new(),
    };
    runtime
        .context
        .with(|ctx| compile(&ctx, &call).map(|_| ()))
        .map_err(|fault| error(name, fault))
}

/// The hook as a function of `done` and its variables, and the variables' names in order.
fn compile<'js, 'a>(
    ctx: &Ctx<'js>,
    call: &'a HookCall,
) -> Result<(Vec<&'a str>, Function<'js>), Fault> {
    // A local is reached by its name alone: what the text does not mention need not be made.
    let mentioned = |name: &&str| call.source.contains(*name);
    let mut names: Vec<&str> = VARIABLES.iter().copied().filter(mentioned).collect();
    let more = call.variables.keys().map(String::as_str).filter(mentioned);
    names.extend(more.filter(|name| is_variable(name) && !VARIABLES.contains(name)));
    let parameters: String = names.iter().flat_map(|name| [", ", name]).collect();
    let source = format!("(function (done{parameters}) {{\n{}\n}})", call.source);
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(fault::SOURCE.to_owned());
    let hook = ctx
        .eval_with_options(source, options)
        .map_err(|error| match error {
            rquickjs::Error::InvalidString(_) => Fault::new("the script holds a NUL character"),
            other => refusal(ctx, &other),
        })?;
    Ok((names, hook))
}

/// A variable's value, made inside the context.
fn value_of<'js>(
    ctx: &Ctx<'js>,
    value: Option<&serde_json::Value>,
) -> rquickjs::Result<Value<'js>> {
    match value {
        None | Some(serde_json::Value::Null) => Ok(Value::new_null(ctx.clone())),
        Some(serde_json::Value::String(text)) => text.into_js(ctx),
        Some(value) => ctx.json_parse(value.to_string()),
    }
}

/// Whether a variable that the format does not know can be a parameter; no reserved word has an underscore.
fn is_variable(name: &str) -> bool {
    name != "done"
        && name.contains('_')
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
