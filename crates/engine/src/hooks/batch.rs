//! A transformation's script: the body of a strict function of its own variables, run over records.

use rquickjs::context::EvalOptions;
use rquickjs::{Array, Ctx, Function, Value};

use super::fault::{self, Fault};
use super::refusal;
use crate::step::{Batch, HookCall};

/// What a script is given, in order; `CE`, `console` and `require` are globals.
const VARIABLES: &str =
    "originalObject, transformedObject, fromVendor, isWhere, configuration, done";

/// The text as a function. Legacy scripts may be sloppy, newer ones may await at their top level.
pub(super) fn compile<'js>(ctx: &Ctx<'js>, call: &HookCall) -> Result<Function<'js>, Fault> {
    let strict = if call.legacy { "" } else { "'use strict';" };
    let evaluate = |kind: &str| {
        let source = format!("({kind} ({VARIABLES}) {{{strict}\n{}\n}})", call.source);
        let mut options = EvalOptions::default();
        options.strict = false;
        options.filename = Some(fault::SOURCE.to_owned());
        ctx.eval_with_options(source, options)
            .map_err(|error| match error {
                rquickjs::Error::InvalidString(_) => Fault::new("the script holds a NUL character"),
                other => refusal(ctx, &other),
            })
    };
    evaluate("function").or_else(|fault| {
        let awaits = call.source.contains("await");
        awaits
            .then(|| evaluate("async function").ok())
            .flatten()
            .ok_or(fault)
    })
}

/// Runs the script's own text over every record; answers what is called when nothing is left to run.
pub(super) fn start<'js>(
    ctx: &Ctx<'js>,
    run: &Function<'js>,
    script: Function<'js>,
    call: &HookCall,
    batch: &Batch,
) -> rquickjs::Result<Function<'js>> {
    let mapped: Value<'js> = ctx.json_parse(&*batch.mapped)?;
    // What the text does not mention need not be made.
    let originals: Value<'js> = if call.source.contains("originalObject") {
        ctx.json_parse(&*batch.originals)?
    } else {
        Array::new(ctx.clone())?.into_value()
    };
    let configuration: Value<'js> = match call.variables.get("configuration") {
        Some(value) if call.source.contains("configuration") => {
            ctx.json_parse(value.to_string())?
        }
        _ => rquickjs::Object::new(ctx.clone())?.into_value(),
    };
    let transform: Function<'js> = run.get("transform")?;
    transform.call((
        script,
        originals,
        mapped,
        batch.from_vendor,
        batch.is_where,
        configuration,
    ))
}
