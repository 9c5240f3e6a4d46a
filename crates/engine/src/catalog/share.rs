//! An element as small as it gets: a server holds every one for as long as it runs.

use std::collections::HashSet;
use std::sync::Arc;

use ligand_model::element::{Element, Hook, Parameter};
use ligand_model::text::Sharing;

/// Makes equal texts of an element the same bytes, and gives back what its lists have to spare.
pub(super) fn share(element: &mut Element) {
    let mut sharing = Sharing::default();
    let mut known = HashSet::new();
    let mut aliases = HashSet::new();
    parameters(&mut element.parameters, &mut known, &mut sharing);
    hooks(&mut element.hooks, &mut sharing);
    element.configuration.shrink_to_fit();
    element.resources.shrink_to_fit();
    for resource in &mut element.resources {
        for text in [
            &mut resource.method,
            &mut resource.path,
            &mut resource.kind_of_call,
        ] {
            sharing.text(text);
        }
        for text in [
            &mut resource.vendor_method,
            &mut resource.vendor_path,
            &mut resource.kind,
            &mut resource.root_key,
            &mut resource.wrap,
            &mut resource.pagination_type,
            &mut resource.keyset,
            &mut resource.next_page_key,
            &mut resource.next_resource,
            &mut resource.answer,
            &mut resource.not_found,
            &mut resource.total_count,
        ] {
            sharing.option(text);
        }
        if let Some(own) = &mut resource.aliases {
            match aliases.get(own) {
                Some(same) => *own = Arc::clone(same),
                None => _ = aliases.insert(Arc::clone(own)),
            }
        }
        parameters(&mut resource.parameters, &mut known, &mut sharing);
        hooks(&mut resource.hooks, &mut sharing);
    }
}

fn parameters(
    of: &mut Vec<Arc<Parameter>>,
    known: &mut HashSet<Arc<Parameter>>,
    sharing: &mut Sharing,
) {
    of.shrink_to_fit();
    for parameter in of {
        if let Some(same) = known.get(parameter) {
            *parameter = Arc::clone(same);
            continue;
        }
        texts(Arc::make_mut(parameter), sharing);
        known.insert(Arc::clone(parameter));
    }
}

fn texts(parameter: &mut Parameter, sharing: &mut Sharing) {
    for text in [
        &mut parameter.name,
        &mut parameter.kind,
        &mut parameter.vendor_name,
        &mut parameter.vendor_type,
        &mut parameter.source,
    ] {
        sharing.text(text);
    }
    for text in [
        &mut parameter.converter,
        &mut parameter.vendor_data_type,
        &mut parameter.default_value,
        &mut parameter.omit,
        &mut parameter.pattern,
    ] {
        sharing.option(text);
    }
}

fn hooks(of: &mut Vec<Hook>, sharing: &mut Sharing) {
    of.shrink_to_fit();
    for hook in of {
        sharing.text(&mut hook.kind);
        sharing.option(&mut hook.body);
        sharing.option(&mut hook.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_hold_what_they_have_in_common_once() {
        let parameter = r#"{"name":"where","type":"query","vendorName":"q","vendorType":"query"}"#;
        let resource = |path: &str| {
            format!(
                r#"{{"method":"GET","path":"{path}","aliases":{{"id":"Id"}},"parameters":[{parameter}],
                   "hooks":[{{"type":"preRequest","body":"done()"}}]}}"#
            )
        };
        let text = format!(
            r#"{{"name":"x","resources":[{},{}]}}"#,
            resource("/a"),
            resource("/b")
        );
        let mut element: Element = serde_json::from_str(&text).unwrap();
        share(&mut element);
        let [one, other] = &element.resources[..] else {
            panic!("two resources");
        };
        assert!(Arc::ptr_eq(&one.parameters[0], &other.parameters[0]));
        assert!(Arc::ptr_eq(
            one.aliases.as_ref().unwrap(),
            other.aliases.as_ref().unwrap()
        ));
        let body = |resource: &ligand_model::element::Resource| {
            resource.hooks[0].body.as_ref().unwrap().as_ptr()
        };
        assert_eq!(body(one), body(other));
        assert_ne!(one.path, other.path);
    }
}
