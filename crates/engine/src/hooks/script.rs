//! A hook's text as a function of its variables.

use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, IntoJs, Value};

use super::fault::Fault;
use super::{fault, library, refusal};
use crate::step::HookCall;

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

/// The context variables that a text mentions. A local is reached by its name alone: what is not mentioned need not be
/// made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mentioned(u64);

impl Mentioned {
    /// Looks for their names among the words of the text.
    pub(crate) fn by(source: &str) -> Self {
        let of_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
        let words = source.as_bytes().split(|byte| !of_name(byte));
        let place = |word: &[u8]| VARIABLES.iter().position(|name| name.as_bytes() == word);
        // The shortest name is `events`.
        let found = words.filter(|word| word.len() > 5).filter_map(place);
        Self(found.fold(0, |all, at| all | 1 << at))
    }

    /// Whether this one is mentioned.
    pub(crate) fn has(self, name: &str) -> bool {
        self.names().any(|mentioned| mentioned == name)
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        let known = VARIABLES.iter().enumerate();
        known.filter_map(move |(at, name)| (self.0 >> at & 1 == 1).then_some(*name))
    }
}

/// The hook as a function of `done` and its variables, and the variables' names in order.
pub(super) fn compile<'js, 'a>(
    ctx: &Ctx<'js>,
    call: &'a HookCall,
) -> Result<(Vec<&'a str>, Function<'js>), Fault> {
    let mut names: Vec<&str> = Mentioned::by(&call.source).names().collect();
    let more = call.variables.keys().map(String::as_str);
    let more = more.filter(|name| is_variable(name) && !VARIABLES.contains(name));
    names.extend(more.filter(|name| call.source.contains(*name)));
    let parameters: String = names.iter().flat_map(|name| [", ", name]).collect();
    let text = |kind: &str| format!("({kind} (done{parameters}) {{\n{}\n}})", call.source);
    if call.of_catalog && is_strict(&call.source) {
        let kept = library::hook(ctx, &text("function")).map_err(|error| refusal(ctx, &error))?;
        if let Some(hook) = kept {
            return Ok((names, hook));
        }
    }
    let evaluate = |kind: &str| {
        let source = text(kind);
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(fault::SOURCE.to_owned());
        ctx.eval_with_options(source, options)
            .map_err(|error| match error {
                rquickjs::Error::InvalidString(_) => Fault::new("the script holds a NUL character"),
                other => refusal(ctx, &other),
            })
    };
    // Newer scripts await at their top level.
    let hook = evaluate("function").or_else(|fault| {
        let awaits = call.source.contains("await");
        awaits
            .then(|| evaluate("async function").ok())
            .flatten()
            .ok_or(fault)
    })?;
    Ok((names, hook))
}

/// Whether the text's first statement is `'use strict';`.
fn is_strict(source: &str) -> bool {
    let mut rest = source.trim_start();
    loop {
        let after = match rest.get(..2) {
            Some("//") => rest.split_once('\n'),
            Some("/*") => rest.split_once("*/"),
            _ => break,
        };
        rest = after.map_or("", |(_, after)| after.trim_start());
    }
    rest.starts_with("'use strict';") || rest.starts_with("\"use strict\";")
}

/// A variable's value, made inside the context.
pub(super) fn value_of<'js>(
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
