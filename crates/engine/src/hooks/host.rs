//! What the host does for a script: takes its result and its log, encodes and signs.

use std::rc::Rc;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, Object, Persistent};

use super::{MAX_LOG, MAX_RESULT, Said, digest};

const PRELUDE: &str = include_str!("prelude.js");
const HELPERS: &str = include_str!("helpers.js");

/// Evaluates the prelude over the host's functions; answers its `run`.
pub(super) fn prepare<'js>(
    ctx: &Ctx<'js>,
    said: &Rc<Said>,
) -> rquickjs::Result<Persistent<Function<'static>>> {
    let host = Object::new(ctx.clone())?;
    let witness = Rc::clone(said);
    let finish = move |proceed: bool, json: String| {
        if json.len() > MAX_RESULT {
            witness.oversized.set(true);
        } else if witness.result.borrow().is_none() {
            witness.result.replace(Some((proceed, json)));
        }
    };
    host.set("finish", Function::new(ctx.clone(), finish)?)?;
    let witness = Rc::clone(said);
    let log = move |line: String| {
        let mut log = witness.log.borrow_mut();
        if log.len() < MAX_LOG.0 {
            let end = line.floor_char_boundary(MAX_LOG.1);
            log.push(line.get(..end).unwrap_or_default().to_owned());
        }
    };
    host.set("log", Function::new(ctx.clone(), log)?)?;
    host.set(
        "b64",
        Function::new(ctx.clone(), |text: String| STANDARD.encode(text))?,
    )?;
    host.set(
        "decode64",
        Function::new(ctx.clone(), |text: String| decode64(&text))?,
    )?;
    let md5 = |text: String| digest::hex(&digest::md5(text.as_bytes()));
    host.set("md5", Function::new(ctx.clone(), md5)?)?;
    let hmac = |algorithm: String, encoding: String, secret: String, text: String| {
        digest::keyed(&algorithm, &encoding, &secret, &text)
    };
    host.set("hmac", Function::new(ctx.clone(), hmac)?)?;
    host.set(
        "helpers",
        Function::new(ctx.clone(), |ctx: Ctx<'js>| ours(&ctx, HELPERS))?,
    )?;
    let prelude = ours(ctx, PRELUDE)?;
    let run: Function<'_> = prelude.call((host,))?;
    Ok(Persistent::save(ctx, run))
}

/// Evaluates one of our own files, which is a function expression.
fn ours<'js>(ctx: &Ctx<'js>, source: &str) -> rquickjs::Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.filename = Some("ligand-prelude".to_owned());
    ctx.eval_with_options(source, options)
}

/// Base64 of either alphabet, with or without padding and blanks; what is no UTF-8 is replaced, what is no Base64
/// is empty.
fn decode64(text: &str) -> String {
    const TOLERANT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let bytes = TOLERANT.decode(plain).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
