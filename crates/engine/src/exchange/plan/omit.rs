//! Bodies without members that the vendor gives itself.

use bytes::Bytes;
use ligand_model::element::Parameter;

use super::read::Found;
use crate::error::Error;
use crate::raw;

/// The body without the members that a parameter omits; the rest keeps its bytes.
///
/// # Errors
/// A body that is no object; one sent as it is that has nothing else.
pub(super) fn omitted(parameter: &Parameter, found: Found) -> Result<Found, Error> {
    let (Some(names), Found::Body(body)) = (&parameter.omit, &found) else {
        return Ok(found);
    };
    let names: Vec<Box<[u8]>> = names.split(',').map(|name| raw::key(name.trim())).collect();
    let refusal = || {
        Error::Invalid(
            "The body must be a JSON object with at least one member to send, such as \
             {\"email\":\"a@b.c\"}."
                .to_owned(),
        )
    };
    let text = body.trim_ascii();
    if text.first() != Some(&b'{') {
        return Err(refusal());
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut left_out = false;
    let walked = raw::object(text, 0, |name, value| {
        if names.iter().any(|omitted| **omitted == *name) {
            left_out = true;
            return;
        }
        kept.push(if kept.is_empty() { b'{' } else { b',' });
        kept.extend_from_slice(&name);
        kept.push(b':');
        kept.extend_from_slice(value);
    });
    // In a template it is for the vendor to say that nothing is too little.
    let sent_whole = parameter.vendor_type == "body";
    if walked.is_err() || (kept.is_empty() && sent_whole) {
        return Err(refusal());
    }
    if kept.is_empty() {
        kept.push(b'{');
    }
    kept.push(b'}');
    Ok(if left_out {
        Found::Body(Bytes::from(kept))
    } else {
        found
    })
}
