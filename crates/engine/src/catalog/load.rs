//! From files to elements: directories of the catalog are read strictly, exports tolerantly.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_model::element::{Element, Hook, Resource};
use ligand_model::id::ElementId;
use ligand_model::text::Extra;

use super::{Diagnostic, Severity, warning};

/// Members that a catalog element may have beside the typed ones: the format's own, and ours for provenance.
const KNOWN_ELEMENT: &[&str] = &[
    "image",
    "logo",
    "typeOauth",
    "trialAccount",
    "existingAccountDescription",
    "trialAccountDescription",
    "configDescription",
    "signupURL",
    "transformationsEnabled",
    "childTransformationsEnabled",
    "elementProvisionType",
    "defaultTransformation",
    "deleted",
    "protocolType",
    "objects",
    "models",
    "beta",
    "private",
    "extendable",
    "extended",
    "cloneable",
    "bulkDownloadEnabled",
    "bulkUploadEnabled",
    "useModelsForMetadata",
    "modelType",
    "paginatorVersion",
    "elementMetadata",
    "eventsEnabled",
    "displayOrder",
    "source",
    "note",
    "schemaVersion",
];
const KNOWN_RESOURCE: &[&str] = &[
    "description",
    "operationId",
    "objectName",
    "response",
    "source",
    "note",
    "executionType",
    "repeat",
];
const KNOWN_ENTRY: &[&str] = &[
    "displayOrder",
    "active",
    "companyConfig",
    "resellerConfig",
    "groupControl",
    "options",
    "source",
    "note",
    "id",
    "unless",
];
const KNOWN_PARAMETER: &[&str] = &[
    "dataType",
    "description",
    "sampleData",
    "source_url",
    "note",
];
const KNOWN_AUTHENTICATION: &[&str] = &["source", "note"];

pub(super) fn error(path: &str, message: String) -> Diagnostic {
    Diagnostic {
        path: path.to_owned(),
        severity: Severity::Error,
        message,
    }
}

/// Puts the directories together, one at a time: what is read of one is made small before the next is read.
pub(super) fn directories(
    files: &[(String, Vec<u8>)],
) -> impl Iterator<Item = Result<Element, Vec<Diagnostic>>> {
    let mut folders: BTreeMap<&str, BTreeMap<&str, &[u8]>> = BTreeMap::new();
    for (path, bytes) in files {
        if let Some((folder, file)) = path.split_once('/') {
            folders.entry(folder).or_default().insert(file, bytes);
        }
    }
    folders
        .into_iter()
        .map(|(folder, files)| directory(folder, &files))
}

fn directory(folder: &str, files: &BTreeMap<&str, &[u8]>) -> Result<Element, Vec<Diagnostic>> {
    let place = |file: &str| format!("{folder}/{file}");
    let root = files
        .get("element.json")
        .ok_or_else(|| vec![error(folder, "has no element.json".to_owned())])?;
    let mut element: Element = serde_json::from_slice(root)
        .map_err(|e| vec![error(&place("element.json"), e.to_string())])?;
    let mut found = Vec::new();
    if element.key != folder {
        found.push(error(
            &place("element.json"),
            format!("its key is `{}` but its folder is `{folder}`", element.key),
        ));
    }
    for (file, bytes) in files {
        if !file.starts_with("resources/") {
            continue;
        }
        match serde_json::from_slice::<Vec<Resource>>(bytes) {
            Ok(resources) => element.resources.extend(resources),
            Err(e) => found.push(error(&place(file), e.to_string())),
        }
    }
    if let Some(bytes) = files.get("proven.json") {
        match serde_json::from_slice(bytes) {
            Ok(proven) => element.proven = proven,
            Err(e) => found.push(error(&place("proven.json"), e.to_string())),
        }
    }
    read_hook_files(&mut element, files, folder, &mut found);
    strict(&element, folder, &mut found);
    if found.is_empty() {
        Ok(element)
    } else {
        Err(found)
    }
}

fn read_hook_files(
    element: &mut Element,
    files: &BTreeMap<&str, &[u8]>,
    folder: &str,
    found: &mut Vec<Diagnostic>,
) {
    let resource_hooks = element
        .resources
        .iter_mut()
        .flat_map(|resource| &mut resource.hooks);
    for hook in element.hooks.iter_mut().chain(resource_hooks) {
        let Some(file) = hook.file.take() else {
            continue;
        };
        match files
            .get(file.as_str())
            .map(|bytes| String::from_utf8(bytes.to_vec()))
        {
            Some(Ok(text)) => {
                hook.body = Some(text.into());
                hook.of_catalog = true;
            }
            Some(Err(_)) => found.push(error(folder, format!("{file} is not UTF-8"))),
            None => found.push(error(folder, format!("the hook file {file} is missing"))),
        }
    }
}

/// Our own directories know every member they use.
fn strict(element: &Element, folder: &str, found: &mut Vec<Diagnostic>) {
    let mut check = |place: String, extra: &Extra, known: &[&str]| {
        let members = extra.members();
        for member in members
            .keys()
            .filter(|member| !known.contains(&member.as_str()))
        {
            found.push(error(&place, format!("the member `{member}` is unknown")));
        }
    };
    check(folder.to_owned(), &element.extra, KNOWN_ELEMENT);
    check(
        format!("{folder}: authentication"),
        &element.authentication.extra,
        KNOWN_AUTHENTICATION,
    );
    for entry in &element.configuration {
        check(
            format!("{folder}: configuration `{}`", entry.key),
            &entry.extra,
            KNOWN_ENTRY,
        );
    }
    for resource in &element.resources {
        let place = format!("{folder}: {} {}", resource.method, resource.path);
        check(place.clone(), &resource.extra, KNOWN_RESOURCE);
        for parameter in &resource.parameters {
            check(
                format!("{place}: parameter `{}`", parameter.name),
                &parameter.extra,
                KNOWN_PARAMETER,
            );
        }
    }
}

/// Completes what an export may leave out, and reports what cannot work.
pub(super) fn complete(element: &mut Element, _id: ElementId) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    element.hub = element.hub.to_lowercase();
    let prefix = format!("/hubs/{}", element.hub);
    for (index, resource) in element.resources.iter_mut().enumerate() {
        let place = format!("resources[{index}]");
        if !resource.path.starts_with("/hubs/") {
            let slash = if resource.path.starts_with('/') {
                ""
            } else {
                "/"
            };
            resource.path = format!("{prefix}{slash}{}", resource.path).into();
        }
        for (at, parameter) in resource.parameters.iter_mut().enumerate() {
            // Some exports name the converter only where others repeat it.
            let named = parameter.vendor_name.strip_prefix("converter:");
            if let Some(named) = named
                && parameter.converter.as_deref().is_none_or(str::is_empty)
            {
                Arc::make_mut(parameter).converter = Some(named.trim().into());
            }
            if !PARAMETER_SOURCES.contains(&parameter.kind.as_str())
                || !PARAMETER_DESTINATIONS.contains(&parameter.vendor_type.as_str())
            {
                found.push(warning(
                    format!("{place}.parameters[{at}]"),
                    format!(
                        "`{}` → `{}` is not a kind of parameter we know; it is ignored",
                        parameter.kind, parameter.vendor_type
                    ),
                ));
            }
        }
        if resource.kind_of_call.starts_with("describe") != resource.describe.is_some() {
            found.push(warning(
                place.clone(),
                "a resource of type `describeObjects` or `describeFields` has a `describe`, and no other does; it is ignored"
                    .to_owned(),
            ));
        }
        report_hooks(&resource.hooks, &place, &mut found);
    }
    report_hooks(&element.hooks, "element", &mut found);
    found
}

/// Where a parameter's value can be read from: its `type`.
pub const PARAMETER_SOURCES: &[&str] = &[
    "query",
    "path",
    "header",
    "body",
    "bodyField",
    "form",
    "multipart",
    "configuration",
    "value",
    "prevBody",
    "prevBodyField",
];
/// Where a parameter's value can be written to: its `vendorType`.
pub const PARAMETER_DESTINATIONS: &[&str] = &[
    "query",
    "path",
    "header",
    "body",
    "bodyField",
    "bodyToken",
    "form",
    "multipart",
    "configuration",
    "no-op",
    "value",
];

fn report_hooks(hooks: &[Hook], place: &str, found: &mut Vec<Diagnostic>) {
    for (index, hook) in hooks.iter().enumerate() {
        if hook.body.is_none() {
            found.push(warning(
                format!("{place}.hooks[{index}]"),
                format!("the {} hook has no body and does nothing", hook.kind),
            ));
        }
    }
}
