//! From an exception to a sentence and a place in the hook's own source.

use rquickjs::{Ctx, Exception, Value};

use super::wording;

/// The name under which hook sources are compiled: what stack lines are found by.
pub(super) const SOURCE: &str = "ligand-hook";
/// Lines that stand before the hook's own text.
pub(super) const LINES_BEFORE: u32 = 1;
const LONGEST: usize = 2000;

/// What went wrong and where; zeros when unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) line: u32,
    pub(super) column: u32,
    /// Where it arose, as far as that decides what the source can add to the message.
    pub(super) origin: Origin,
}

/// Where an exception arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The hook's own text does not compile.
    Syntax,
    /// At the place itself, while the hook ran.
    Here,
    /// Anywhere else.
    Elsewhere,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            line: 0,
            column: 0,
            origin: Origin::Elsewhere,
        }
    }

    /// Adds what only the hook's source tells, such as the name of what is no function.
    pub(super) fn told(self, source: &str) -> Self {
        let message = match self.origin {
            Origin::Syntax => wording::syntax(&self.message, source, self.line, self.column),
            Origin::Here => wording::running(&self.message, source, self.line, self.column),
            Origin::Elsewhere => None,
        };
        Self {
            message: message.unwrap_or(self.message),
            origin: Origin::Elsewhere,
            ..self
        }
    }

    /// The pending exception.
    pub(super) fn caught(ctx: &Ctx<'_>) -> Self {
        Self::of(ctx, &ctx.catch())
    }

    /// Describes whatever a script threw.
    pub(super) fn of<'js>(ctx: &Ctx<'js>, thrown: &Value<'js>) -> Self {
        let Some(exception) = thrown
            .clone()
            .into_object()
            .and_then(Exception::from_object)
        else {
            return Self::new(shorten(&text_of(ctx, thrown)));
        };
        let message = exception.message().unwrap_or_default();
        let message = match message.as_str() {
            "" => exception
                .get::<_, String>("name")
                .unwrap_or_else(|_| "an error".to_owned()),
            "out of memory" => "the script used more memory than it may".to_owned(),
            "Maximum call stack size exceeded" | "stack overflow" => {
                "the script calls itself too deeply".to_owned()
            }
            _ => message,
        };
        let stack = exception.stack().unwrap_or_default();
        let first = stack.lines().next().unwrap_or_default().trim_start();
        let origin = if first
            .strip_prefix("at ")
            .is_some_and(|at| at.starts_with(SOURCE))
        {
            Origin::Syntax
        } else if first.contains(SOURCE) {
            Origin::Here
        } else {
            Origin::Elsewhere
        };
        let (line, column) = place(&stack).unwrap_or((0, 0));
        Self {
            message: shorten(&wording::plain(message, first)),
            line,
            column,
            origin,
        }
    }
}

/// `throw 'text'` and `throw {message: 'text'}` both carry their text.
fn text_of<'js>(ctx: &Ctx<'js>, thrown: &Value<'js>) -> String {
    if let Some(text) = thrown.as_string().and_then(|text| text.to_string().ok()) {
        return text;
    }
    if thrown.is_null() {
        // What QuickJS throws when there is no memory left for an error.
        return "the script used more memory than it may, or threw null".to_owned();
    }
    if thrown.is_undefined() {
        return "the script threw nothing".to_owned();
    }
    let message = thrown
        .as_object()
        .and_then(|object| object.get::<_, String>("message").ok());
    message.unwrap_or_else(|| {
        let json = ctx.json_stringify(thrown.clone()).ok().flatten();
        // What could not be printed has left an exception of its own.
        drop(ctx.catch());
        json.and_then(|json| json.to_string().ok())
            .unwrap_or_else(|| "the script threw a value that has no text".to_owned())
    })
}

/// The innermost line of the stack that lies in the hook: `    at f (ligand-hook:12:5)`.
fn place(stack: &str) -> Option<(u32, u32)> {
    let (_, rest) = stack.split_once(SOURCE)?;
    let mut numbers = rest.strip_prefix(':')?.split(|c: char| !c.is_ascii_digit());
    let line: u32 = numbers.next()?.parse().ok()?;
    let column: u32 = numbers.next()?.parse().unwrap_or_default();
    Some((line.saturating_sub(LINES_BEFORE), column))
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
