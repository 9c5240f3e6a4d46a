//! `ANY /passthrough/{vendor path}`: the vendor's own API with the instance's credential.
//!
//! It is an ordinary exchange of a resource that is made for the call: the element's authentication, parameters, hooks,
//! hosts and error rules apply as they do to the resources it declares.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_engine::catalog::Compiled;
use ligand_engine::exchange::ResourceCall;
use ligand_model::element::{Element, Resource};
use ligand_model::error::ErrorKind;
use ligand_store::instances::SealedInstance;
use serde_json::json;

use super::Error;
use super::hubs::{self, Called, Target};
use crate::app::App;
use crate::vendor::drive::Explain;

/// The call of a vendor path, which may carry a query.
///
/// # Errors
/// 403 where passthrough is switched off, 400 for a path that is no path; as [`hubs::usable`].
pub fn target(
    app: &App,
    instance: Arc<SealedInstance>,
    element: &Compiled,
    method: &str,
    vendor_path: &str,
) -> Result<Target, Error> {
    permitted(app, &element.element).and_then(|()| hubs::usable(&instance))?;
    Ok(Target {
        instance,
        element: Arc::new(made_for(element, method, vendor_path)?),
        resource: 0,
        variables: BTreeMap::new(),
        upload: None,
    })
}

/// Makes it.
pub async fn call(app: &App, target: Target, call: ResourceCall, explain: Explain) -> Called {
    let _clearing = hubs::writing(app, &target.instance, &call.method, explain);
    hubs::exchange(
        app,
        &target,
        ResourceCall {
            query: Vec::new(),
            ..call
        },
        explain,
    )
    .await
}

fn permitted(app: &App, element: &Element) -> Result<(), Error> {
    let switched_off = element.extra.flag("passthrough") == Some(false);
    if app.config.api.passthrough && !switched_off {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Forbidden,
        format!(
            "Passthrough is switched off for the element {}.",
            element.key
        ),
    ))
}

/// The element with one resource: this call.
fn made_for(element: &Compiled, method: &str, vendor_path: &str) -> Result<Compiled, Error> {
    let path = vendor_path
        .trim_start_matches('/')
        .replace('{', "%7B")
        .replace('}', "%7D");
    let lower = path.to_ascii_lowercase();
    // An absolute path would choose the host; frozen hosts hold, but the base is what is promised.
    if lower.starts_with("http:") || lower.starts_with("https:") {
        return Err(Error::invalid(
            "A passthrough path is relative to the vendor's base URL.",
        ));
    }
    if climbs(&lower) {
        return Err(Error::invalid(
            "A passthrough path stays below the vendor's base URL: `.` and `..` are no segments of it.",
        ));
    }
    let resource: Resource = serde_json::from_value(json!({
        "method": method,
        "path": "/passthrough",
        "vendorPath": format!("/{path}"),
        "answer": "verbatim",
        "paginationType": "NO_PAGINATION",
        "parameters": [
            {"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"},
            {"name": "content-type", "type": "header", "vendorName": "Content-Type", "vendorType": "header"},
            {"name": "accept", "type": "header", "vendorName": "Accept", "vendorType": "header"}
        ]
    }))
    .map_err(|error| Error::internal(format!("a passthrough resource is malformed: {error}")))?;
    let declared = &element.element;
    let lifecycle = declared
        .resources
        .iter()
        .filter(|known| known.kind_of_call != "api")
        .cloned();
    let element_for_call = Element {
        id: declared.id,
        key: declared.key.clone(),
        name: declared.name.clone(),
        description: String::new(),
        hub: declared.hub.clone(),
        authentication: declared.authentication.clone(),
        active: declared.active,
        configuration: declared.configuration.clone(),
        parameters: declared.parameters.clone(),
        hooks: declared.hooks.clone(),
        resources: std::iter::once(resource).chain(lifecycle).collect(),
        hosts: declared.hosts.clone(),
        errors: declared.errors.clone(),
        rate_limits: declared.rate_limits.clone(),
        proven: BTreeMap::new(),
        extra: declared.extra.clone(),
    };
    Ok(Compiled::new(element_for_call, element.id).0)
}

/// Whether a path, in lower case, has segments that a server resolves against those before.
fn climbs(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let plain = path.replace("%2e", ".").replace("%2f", "/");
    let plain = plain.replace("%5c", "/").replace('\\', "/");
    plain
        .split('/')
        .any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use ligand_model::id::ElementId;

    use super::*;

    fn element() -> Compiled {
        ligand_engine::catalog::import(
            br#"{"name":"X","resources":[{"method":"GET","path":"/a"},
                {"method":"GET","path":"/r","type":"onRefresh"}]}"#,
            ElementId(1),
        )
        .unwrap()
        .0
    }

    #[test]
    fn the_call_is_the_first_resource_and_refreshing_still_works() {
        let made = made_for(&element(), "POST", "services/{x}?q=1").unwrap();
        let call = made.resource(0).unwrap();
        assert_eq!(call.vendor_path.as_deref(), Some("/services/%7Bx%7D?q=1"));
        assert_eq!(made.element.resources.len(), 2);
    }

    #[test]
    fn a_path_stays_below_the_base_url() {
        for path in [
            "https://evil.tld/x",
            "/HTTP://evil.tld",
            "../other",
            "a/%2E./b",
            "a/..%2fb",
            "a/..\\b",
            "./a",
        ] {
            assert!(made_for(&element(), "GET", path).is_err(), "{path}");
        }
        let made = made_for(&element(), "GET", "//evil.tld/x").unwrap();
        assert_eq!(
            made.resource(0).unwrap().vendor_path.as_deref(),
            Some("/evil.tld/x")
        );
    }
}
