//! A hook's text as a function of its variables.

use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, IntoJs, Value};

use super::fault::Fault;
use super::{fault, refusal};
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

/// The hook as a function of `done` and its variables, and the variables' names in order.
pub(super) fn compile<'js, 'a>(
    ctx: &Ctx<'js>,
    call: &'a HookCall,
) -> Result<(Vec<&'a str>, Function<'js>), Fault> {
    // A local is reached by its name alone: what the text does not mention need not be made.
    let mentioned = |name: &&str| call.source.contains(*name);
    let mut names: Vec<&str> = VARIABLES.iter().copied().filter(mentioned).collect();
    let more = call.variables.keys().map(String::as_str).filter(mentioned);
    names.extend(more.filter(|name| is_variable(name) && !VARIABLES.contains(name)));
    let parameters: String = names.iter().flat_map(|name| [", ", name]).collect();
    let evaluate = |kind: &str| {
        let source = format!("({kind} (done{parameters}) {{\n{}\n}})", call.source);
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
