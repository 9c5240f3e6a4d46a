//! JSON text that is walked, not parsed: where its members, items and values begin and end.

mod opened;

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memchr2;
use serde_json::Value;

pub(crate) use self::opened::{Opened, below, last};

/// The text is no JSON, as far as it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not valid JSON")]
pub struct Broken;

/// A member's name with its quotes, written the shortest way.
pub(crate) type Key<'a> = Cow<'a, [u8]>;

/// The name of a member as it is compared.
pub(crate) fn key(name: &str) -> Box<[u8]> {
    Value::from(name)
        .to_string()
        .into_bytes()
        .into_boxed_slice()
}

/// Past white space.
pub(crate) fn space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The end of a string whose opening quote is at `at`, and whether it holds escapes.
fn string(bytes: &[u8], at: usize) -> Result<(usize, bool), Broken> {
    let mut at = at + 1;
    let mut escapes = false;
    loop {
        let rest = bytes.get(at..).ok_or(Broken)?;
        let found = quote(rest).ok_or(Broken)?;
        if rest.get(found) == Some(&b'"') {
            return Ok((at + found + 1, escapes));
        }
        escapes = true;
        at += found + 2;
    }
}

/// The first quote or backslash. Most strings are short: calling a search that is made for long ones costs more than it.
fn quote(rest: &[u8]) -> Option<usize> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Whether a byte is zero, in its highest bit; right up to the first that is.
    let zero = |word: u64| word.wrapping_sub(EACH) & !word & (EACH << 7);
    let (words, _) = rest.as_chunks::<8>();
    for (at, word) in words.iter().take(SHORT).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ (EACH * u64::from(b'"'))) | zero(word ^ (EACH * u64::from(b'\\')));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = words.len().min(SHORT) * 8;
    memchr2(b'"', b'\\', rest.get(at..)?).map(|found| at + found)
}

/// Words of eight bytes that are looked at one by one.
const SHORT: usize = 4;

/// The end of the value that begins at `at`.
pub(crate) fn skip(bytes: &[u8], at: usize) -> Result<usize, Broken> {
    match bytes.get(at).ok_or(Broken)? {
        b'"' => string(bytes, at).map(|(end, _)| end),
        b'{' | b'[' => nested(bytes, at),
        b't' => word(bytes, at, b"true"),
        b'f' => word(bytes, at, b"false"),
        b'n' => word(bytes, at, b"null"),
        b'-' | b'0'..=b'9' => {
            let rest = bytes.get(at..).unwrap_or_default();
            let more = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
            Ok(at + rest.iter().take_while(|byte| more(byte)).count())
        }
        _ => Err(Broken),
    }
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Result<usize, Broken> {
    let end = at + word.len();
    (bytes.get(at..end) == Some(word))
        .then_some(end)
        .ok_or(Broken)
}

fn nested(bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string(bytes, at)?.0;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    Err(Broken)
}

/// Walks the members of the object at `at`; answers its end.
pub(crate) fn object<'a>(
    bytes: &'a [u8],
    at: usize,
    mut member: impl FnMut(Key<'a>, &'a [u8]),
) -> Result<usize, Broken> {
    let mut at = space(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return Err(Broken);
        }
        let (end, escapes) = string(bytes, at)?;
        let raw = bytes.get(at..end).ok_or(Broken)?;
        at = space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return Err(Broken);
        }
        let begin = space(bytes, at + 1);
        let end = skip(bytes, begin)?;
        let value = bytes.get(begin..end).ok_or(Broken)?;
        member(
            if escapes {
                plain(raw)?
            } else {
                Cow::Borrowed(raw)
            },
            value,
        );
        at = space(bytes, end);
        match bytes.get(at) {
            Some(b',') => at = space(bytes, at + 1),
            Some(b'}') => return Ok(at + 1),
            _ => return Err(Broken),
        }
    }
}

/// A name without escapes that it does not need.
fn plain(raw: &[u8]) -> Result<Key<'static>, Broken> {
    let name: String = serde_json::from_slice(raw).map_err(|_| Broken)?;
    Ok(Cow::Owned(key(&name).into_vec()))
}

/// The items of an array; none for anything else.
pub(crate) fn items(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if bytes.first() != Some(&b'[') {
        return None;
    }
    let mut found = Vec::new();
    let mut at = space(bytes, 1);
    if bytes.get(at) == Some(&b']') {
        return Some(found);
    }
    loop {
        let end = skip(bytes, at).ok()?;
        found.push(bytes.get(at..end)?);
        at = space(bytes, end);
        match bytes.get(at)? {
            b',' => at = space(bytes, at + 1),
            b']' => return Some(found),
            _ => return None,
        }
    }
}

/// Writes a list anew, item by item, or the whole that is no list; none when it cannot be walked or `write` gives up.
pub(crate) fn rewrite(
    text: &[u8],
    mut write: impl FnMut(&[u8], &mut Vec<u8>) -> Option<()>,
) -> Option<Bytes> {
    let whole = text.trim_ascii();
    let mut out = Vec::with_capacity(whole.len() + whole.len() / 4);
    if whole.first() != Some(&b'[') {
        write(whole, &mut out)?;
        return Some(out.into());
    }
    out.push(b'[');
    for (index, item) in items(whole)?.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, &mut out)?;
    }
    out.push(b']');
    Some(out.into())
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn the_first_quote_is_found_wherever_it_stands() {
        for length in 0..80 {
            // Neighbours of what is looked for, and bytes with the highest bit.
            let text: Vec<u8> = b"!#[]\xa2\xdc\x00\xff"
                .iter()
                .copied()
                .cycle()
                .take(length)
                .collect();
            assert_eq!(quote(&text), None);
            for at in 0..length {
                for sought in *b"\"\\" {
                    let mut text = text.clone();
                    text[at] = sought;
                    text[length - 1] = sought;
                    assert_eq!(quote(&text), Some(at), "{length}");
                }
            }
        }
    }
}
