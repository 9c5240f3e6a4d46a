//! What the host does for a script: takes its result and its log, encodes and signs.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rquickjs::{Ctx, Function, Object, Persistent, TypedArray};

use super::{MAX_LOG, MAX_RESULT, MAX_USED, Said, digest, encoding, library};

/// Half a surrogate pair, which `JSON.stringify` writes as an escape, is no Unicode: U+FFFD stands for it.
fn well_formed(json: String) -> String {
    if memchr::memmem::find(json.as_bytes(), br"\ud").is_none() {
        return json;
    }
    let mut made = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        let half = escape.starts_with(r"\ud");
        let (escape, after) = escape
            .split_at_checked(if half { r"\ud800".len() } else { r"\n".len() })
            .unwrap_or((escape, ""));
        made.push_str(before);
        made.push_str(if half { "\u{fffd}" } else { escape });
        rest = after;
    }
    made.push_str(rest);
    made
}

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
            witness.result.replace(Some((proceed, well_formed(json))));
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
        Function::new(ctx.clone(), |text: String| {
            String::from_utf8_lossy(&encoding::decode64(&text)).into_owned()
        })?,
    )?;
    let md5 = |text: String| digest::hex(&digest::md5(text.as_bytes()));
    host.set("md5", Function::new(ctx.clone(), md5)?)?;
    let hmac = |algorithm: String, encoding: String, secret: String, text: String| {
        digest::keyed(&algorithm, &encoding, &secret, &text)
    };
    host.set("hmac", Function::new(ctx.clone(), hmac)?)?;
    let library = |ctx: Ctx<'js>, name: String| library::load(&ctx, &name);
    host.set("library", Function::new(ctx.clone(), library)?)?;
    let witness = Rc::clone(said);
    let used = move |name: String| {
        let mut used = witness.used.borrow_mut();
        if used.len() < MAX_USED && !used.contains(&name) {
            used.push(name);
        }
    };
    host.set("used", Function::new(ctx.clone(), used)?)?;
    host.set("native", Function::new(ctx.clone(), native)?)?;
    let prelude = library::load(ctx, "prelude")?.ok_or(rquickjs::Error::Unknown)?;
    let run: Function<'_> = prelude.call((host,))?;
    Ok(Persistent::save(ctx, run))
}

/// What only our modules use: bytes and digests.
fn native(ctx: Ctx<'_>) -> rquickjs::Result<Object<'_>> {
    let object = Object::new(ctx.clone())?;
    object.set("bytesOf", Function::new(ctx.clone(), bytes_of)?)?;
    object.set("textOf", Function::new(ctx.clone(), text_of)?)?;
    object.set("digest", Function::new(ctx, digest_of)?)?;
    Ok(object)
}

/// A text's bytes, or undefined for an encoding that is not known; what does not belong to the encoding is left out,
/// as Node does it.
fn bytes_of(
    ctx: Ctx<'_>,
    text: String,
    encoding: String,
) -> rquickjs::Result<Option<TypedArray<'_, u8>>> {
    let Some(bytes) = encoding::bytes(text, &encoding) else {
        return Ok(None);
    };
    TypedArray::new(ctx, bytes).map(Some)
}

/// The text of bytes, or undefined for an encoding that is not known. Bytes come from scripts in Base64: to read an
/// array of theirs in place would be unsafe.
fn text_of(base64: String, encoding: String) -> Option<String> {
    encoding::text(&encoding::decode64(&base64), &encoding)
}

/// The digest, keyed when there is a key; undefined for an algorithm that is not known. Key and message in Base64.
fn digest_of(
    ctx: Ctx<'_>,
    algorithm: String,
    key: Option<String>,
    message: String,
) -> rquickjs::Result<Option<TypedArray<'_, u8>>> {
    let message = encoding::decode64(&message);
    let made = match key {
        Some(key) => digest::code(&algorithm, &encoding::decode64(&key), &message),
        None => digest::plain(&algorithm, &message),
    };
    let Some(made) = made else {
        return Ok(None);
    };
    TypedArray::new(ctx, made).map(Some)
}
