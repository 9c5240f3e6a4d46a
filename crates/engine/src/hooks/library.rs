//! The scripts that hooks may ask for, compiled once a process.
//!
//! Compiling lodash takes 9 ms, a hook a quarter of one. So each library is compiled to bytecode when it is first
//! asked for, in a runtime of its own, and every context that asks again only loads the bytes. A library is a function
//! expression that the caller runs; loading it runs nothing.
//!
//! The hooks of the catalog are kept in the same way. Bytecode of modules is strict, so only hooks that say
//! `'use strict'` are; and what a tenant wrote is compiled anew in each context.

mod lodash;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rquickjs::module::WriteOptions;
use rquickjs::{Context, Ctx, Function, Module, Runtime};

use super::fault;

/// Bytecode by library name. The names are ours, a few hundred, so that the cache cannot grow without bound.
static COMPILED: Mutex<BTreeMap<String, Arc<[u8]>>> = Mutex::new(BTreeMap::new());

/// The same by the text of a hook of the catalog.
static HOOKS: Mutex<BTreeMap<String, Arc<[u8]>>> = Mutex::new(BTreeMap::new());

/// Most hooks whose bytecode is kept: more than a catalog of hundreds of elements has. Those after them are compiled.
const MOST_HOOKS: usize = 4096;

/// A library's text: a function expression.
fn source(name: &str) -> Option<String> {
    let ours = match name {
        "prelude" => include_str!("prelude.js"),
        "transform" => include_str!("transform.js"),
        "helpers" => include_str!("helpers.js"),
        "modules" => return Some(modules()),
        "chains" => include_str!("modules/chains.js"),
        "lodash/fp" => include_str!("modules/lodash_fp.js"),
        "buffer" => include_str!("modules/buffer.js"),
        "crypto" => include_str!("modules/crypto.js"),
        "transport" => include_str!("modules/transport.js"),
        "axios" => include_str!("modules/axios.js"),
        "util" => include_str!("modules/util.js"),
        "querystring" => include_str!("modules/querystring.js"),
        "url" => include_str!("modules/url.js"),
        "countries" => include_str!("modules/countries.js"),
        "lodash.min" => return Some(foreign(include_str!("lib/lodash.min.js"))),
        "moment" => return Some(foreign(include_str!("lib/moment.min.js"))),
        _ => return lodash::bundle(name.strip_prefix("lodash:")?),
    };
    Some(ours.to_owned())
}

/// `require`, and lodash with it: each text that is loaded by itself costs a twentieth of a small hook more.
fn modules() -> String {
    format!(
        "(function (host) {{ const lodash = {};\nconst modules = {};\nreturn modules(host, {{ lodash }}); }})",
        include_str!("modules/lodash.js"),
        include_str!("modules/modules.js")
    )
}

/// A CommonJS text as a function; `self` is the global object that it is to see.
fn foreign(text: &str) -> String {
    format!("(function (module, exports, require, self) {{{text}\n}})")
}

/// The library's function in this context, or none when there is no such library.
///
/// # Errors
/// The context is short of memory.
pub(super) fn load<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Option<Function<'js>>> {
    let Some(bytes) = compiled(name)? else {
        return Ok(None);
    };
    function(ctx, &bytes).map(Some)
}

/// The function that a hook of the catalog is, where its text stands in strict mode and compiles.
///
/// # Errors
/// The context is short of memory.
pub(super) fn hook<'js>(ctx: &Ctx<'js>, text: &str) -> rquickjs::Result<Option<Function<'js>>> {
    let known = lock(&HOOKS).get(text).cloned();
    let bytes = match known {
        Some(bytes) => bytes,
        None if lock(&HOOKS).len() >= MOST_HOOKS => return Ok(None),
        None => {
            // Why a text does not compile is told to whoever evaluates it.
            let Ok(bytes) = compile(fault::SOURCE, text) else {
                return Ok(None);
            };
            let bytes: Arc<[u8]> = bytes.into();
            lock(&HOOKS).insert(text.to_owned(), Arc::clone(&bytes));
            bytes
        }
    };
    function(ctx, &bytes).map(Some)
}

/// Whether bytecode is kept of a hook of this source.
#[cfg(test)]
pub(super) fn is_kept(source: &str) -> bool {
    lock(&HOOKS).keys().any(|text| text.contains(source))
}

/// The map, also when a thread has died over it: an entry is there or it is not.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn function<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> rquickjs::Result<Function<'js>> {
    let (module, _) = declare(ctx, bytes)?.eval()?;
    module.get("default")
}

/// The one place where bytecode becomes a script again: see ADR 0011.
#[expect(
    unsafe_code,
    reason = "QuickJS does not check bytecode; these bytes were written by this process, by the same QuickJS, from our texts and the operator's"
)]
fn declare<'js>(
    ctx: &Ctx<'js>,
    bytes: &[u8],
) -> rquickjs::Result<Module<'js, rquickjs::module::Declared>> {
    // SAFETY: `bytes` come from `compile` alone, which hands on nothing but what `Module::write` gave it. They are never
    // stored outside the process nor taken from outside it.
    unsafe { Module::load(ctx.clone(), bytes) }
}

fn compiled(name: &str) -> rquickjs::Result<Option<Arc<[u8]>>> {
    let known = lock(&COMPILED).get(name).cloned();
    if known.is_some() {
        return Ok(known);
    }
    let Some(text) = source(name) else {
        return Ok(None);
    };
    // The lock is not held meanwhile: two threads may compile the same text once each.
    let bytes: Arc<[u8]> = compile(&format!("ligand/{name}"), &text)?.into();
    lock(&COMPILED).insert(name.to_owned(), Arc::clone(&bytes));
    Ok(Some(bytes))
}

/// Compiles in a runtime that no tenant has touched.
fn compile(name: &str, text: &str) -> rquickjs::Result<Vec<u8>> {
    let runtime = Runtime::new()?;
    let context = Context::full(&runtime)?;
    context.with(|ctx| {
        let source = format!("export default {text}");
        let module = Module::declare(ctx, name, source)?;
        module.write(WriteOptions {
            strip_source: true,
            ..WriteOptions::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_library_compiles() {
        let names = [
            "prelude",
            "transform",
            "countries",
            "helpers",
            "modules",
            "chains",
            "lodash/fp",
            "buffer",
            "crypto",
            "transport",
            "axios",
            "util",
            "querystring",
            "url",
            "lodash.min",
            "moment",
            "lodash:floor",
            "lodash:fp/_baseConvert",
        ];
        for name in names {
            assert!(matches!(compiled(name), Ok(Some(_))), "{name}");
        }
        for name in ["", "lodash:", "lodash:nothing", "fs"] {
            assert!(matches!(compiled(name), Ok(None)), "{name}");
        }
    }
}
