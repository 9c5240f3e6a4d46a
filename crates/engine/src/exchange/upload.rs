//! Which bodies may pass through unread: large files, sent once.
//!
//! The engine never holds such a body. It says where it stands in the vendor's request, and the driver puts it there.

use ligand_model::element::{Hook, Parameter, Resource};

use super::repeat::repeats;
use crate::catalog::Compiled;

/// Whether nothing of a resource looks into what is uploaded: the part of a form with this name, or the whole body.
pub fn passes_on(compiled: &Compiled, resource: usize, part: Option<&str>) -> bool {
    let Some(resource) = compiled.resource(resource) else {
        return false;
    };
    let element = &compiled.element;
    let looked_into = resource.hooks.iter().chain(&element.hooks).any(looks);
    if looked_into || takes_more(resource) {
        return false;
    }
    let mut takers = 0;
    let all = element.parameters.iter().chain(&resource.parameters);
    for parameter in all.filter(|parameter| parameter.source != "response") {
        let reads = match part {
            Some(name) => {
                parameter.name == name && matches!(&*parameter.kind, "multipart" | "form")
            }
            None => matches!(&*parameter.kind, "body" | "bodyField" | "form"),
        };
        if reads && places(parameter, part.is_some()) {
            takers += 1;
        } else if reads && names_only(parameter) {
            // The name of a file is known before the file.
        } else if reads || overwrites(parameter, part.is_some()) {
            return false;
        }
    }
    takers == 1
}

/// Whether a hook may want the body; one that names none of the variables that hold it does not.
fn looks(hook: &Hook) -> bool {
    let body = hook.body.as_deref().unwrap_or_default();
    hook.kind == "preRequest" && (body.contains("body") || body.contains("multipart"))
}

/// Whether a call is more than one request, or its body is put into something.
fn takes_more(resource: &Resource) -> bool {
    let chained = resource
        .next_resource
        .as_deref()
        .is_some_and(|next| !next.is_empty());
    let root = resource.root_key.as_deref().unwrap_or_default();
    let rooted = root
        .split_once('|')
        .is_some_and(|(request, _)| !request.is_empty());
    chained || rooted || repeats(resource) || resource.request_shape.is_some()
}

/// Whether a parameter puts what is uploaded where the vendor takes it, as it is.
fn places(parameter: &Parameter, part: bool) -> bool {
    let as_it_is = parameter.converter.as_deref().is_none_or(str::is_empty);
    let wanted = if part { "multipart" } else { "body" };
    as_it_is && parameter.kind == wanted && parameter.vendor_type == wanted
}

fn names_only(parameter: &Parameter) -> bool {
    parameter.kind == "multipart" && parameter.vendor_type == "bodyToken"
}

/// Whether a parameter makes a body of its own, in which there is no place for an upload.
fn overwrites(parameter: &Parameter, part: bool) -> bool {
    match &*parameter.vendor_type {
        "body" | "bodyField" => true,
        "form" | "multipart" => !part,
        _ => false,
    }
}
