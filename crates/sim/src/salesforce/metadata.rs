//! The Metadata API: definitions are made, changed, renamed, deleted, listed and read one by one; packages are in `package`.
//!
//! A definition is kept as it was sent. Those of objects are known to the Tooling API as well; nothing is compiled, and new
//! fields do not appear in describe.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_calls_intro.htm> (2026-11)

pub mod package;
mod zip;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::describe::{Object, objects, tooling_object};
use super::error::{Answer, ApiError};
use super::org::{Actor, Org};
use super::rules::text;
use super::soap::{METADATA, answered, envelope};
use super::value::print_datetime;
use crate::call::Reply;
use crate::record_store::Record;
use crate::xml::{self, Node};

/// Definitions in one call, as at the vendor.
const MOST: usize = 10;

/// A type of definitions: its name, its directory in packages, the ending of its files, whether a `-meta.xml` goes along, and
/// the types that are parts of it.
pub struct Kind(
    pub &'static str,
    pub &'static str,
    pub &'static str,
    bool,
    &'static [&'static str],
);

/// The types that are kept; one without a directory is part of another.
const KINDS: [Kind; 14] = [
    Kind("ApexClass", "classes", "cls", true, &[]),
    Kind("ApexTrigger", "triggers", "trigger", true, &[]),
    Kind("ConnectedApp", "connectedApps", "connectedApp", false, &[]),
    Kind("CustomApplication", "applications", "app", false, &[]),
    Kind("CustomField", "", "", false, &[]),
    Kind("CustomLabels", "labels", "labels", false, &[]),
    Kind("CustomMetadata", "customMetadata", "md", false, &[]),
    Kind("CustomObject", "objects", "object", false, &["CustomField"]),
    Kind("CustomTab", "tabs", "tab", false, &[]),
    Kind("Layout", "layouts", "layout", false, &[]),
    Kind(
        "PermissionSet",
        "permissionsets",
        "permissionset",
        false,
        &[],
    ),
    Kind("Profile", "profiles", "profile", false, &[]),
    Kind(
        "RemoteSiteSetting",
        "remoteSiteSettings",
        "remoteSite",
        false,
        &[],
    ),
    Kind("StaticResource", "staticresources", "resource", true, &[]),
];

/// What was defined, and packages on their way.
#[derive(Default)]
pub struct Definitions {
    /// By type and full name.
    kept: BTreeMap<(&'static str, String), Value>,
    jobs: package::Jobs,
}

fn kind(name: &str) -> Answer<&'static Kind> {
    KINDS.iter().find(|kind| kind.0 == name).ok_or_else(|| {
        let message =
            format!("This type of metadata is not available for this organization: {name}");
        ApiError::new(400, "INVALID_TYPE", message)
    })
}

/// Answers a call of the Metadata API; `None` when it is another API's.
pub fn answer(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Option<Reply> {
    let name = operation.name.as_str();
    let results = match name {
        "describeMetadata" => Ok(vec![describe()]),
        "listMetadata" => list(org, operation, actor),
        "readMetadata" => {
            return Some(match read(org, operation) {
                Ok(body) => envelope(
                    200,
                    &format!(
                        "<{name}Response xmlns=\"{METADATA}\"><result>{body}</result></{name}Response>"
                    ),
                ),
                Err(error) => answered(METADATA, name, Err(error)),
            });
        }
        "createMetadata" | "updateMetadata" | "upsertMetadata" => save(org, operation, actor),
        "deleteMetadata" => delete(org, operation, actor),
        "renameMetadata" => rename(org, operation, actor).map(|one| vec![one]),
        _ => package::answer(org, operation, actor)?.map(|one| vec![one]),
    };
    Some(answered(METADATA, name, results))
}

fn describe() -> Value {
    let kinds = KINDS.iter().filter(|kind| !kind.1.is_empty());
    let kinds = kinds.map(|Kind(name, directory, suffix, meta, parts)| {
        json!({
            "childXmlNames": parts, "directoryName": directory, "inFolder": false, "metaFile": meta, "suffix": suffix,
            "xmlName": name,
        })
    });
    json!({
        "metadataObjects": kinds.collect::<Vec<_>>(), "organizationNamespace": "", "partialSaveAllowed": true,
        "testRequired": false,
    })
}

/// The full names of a type's definitions.
fn full_names(org: &Org, kind: &Kind) -> Vec<String> {
    let own = objects().iter().filter(|object| !object.tooling);
    let recorded = |object: &str| -> Vec<String> {
        let records = tooling_object(object)
            .into_iter()
            .flat_map(|object| org.live_records(object));
        let named = records
            .filter_map(|(_, record)| text(record, "QualifiedApiName").or(text(record, "Name")));
        named.map(str::to_owned).collect()
    };
    let mut names: Vec<String> = match kind.0 {
        "CustomObject" => own
            .map(|object| object.name.clone())
            .chain(recorded("EntityDefinition"))
            .collect(),
        "CustomField" => own
            .flat_map(|object| {
                object
                    .fields
                    .iter()
                    .map(move |field| format!("{}.{}", object.name, field.name))
            })
            .filter(|name| name.ends_with("__c"))
            .collect(),
        name @ ("ApexClass" | "ApexTrigger") => recorded(name),
        _ => Vec::new(),
    };
    let kept = org.definitions.kept.keys().filter(|(of, _)| *of == kind.0);
    names.extend(kept.map(|(_, name)| name.clone()));
    names.sort();
    names.dedup();
    names
}

fn known(org: &Org, kind: &Kind, full: &str) -> bool {
    full_names(org, kind)
        .iter()
        .any(|name| name.eq_ignore_ascii_case(full))
}

fn list(org: &Org, operation: &Node, actor: Actor<'_>) -> Answer<Vec<Value>> {
    let mut all = Vec::new();
    for query in operation.all("queries") {
        let kind = kind(query.text_of("type").unwrap_or_default())?;
        all.extend(
            full_names(org, kind)
                .into_iter()
                .map(|name| properties(kind, &name, actor)),
        );
    }
    Ok(all)
}

/// Where a definition lies in packages, and who made it.
fn properties(kind: &Kind, name: &str, actor: Actor<'_>) -> Value {
    let at = print_datetime(actor.now);
    json!({
        "createdById": actor.user, "createdByName": "Sandbox", "createdDate": at, "fileName": file_name(kind, name),
        "fullName": name, "id": "", "lastModifiedById": actor.user, "lastModifiedByName": "Sandbox", "lastModifiedDate": at,
        "type": kind.0,
    })
}

fn file_name(kind: &Kind, name: &str) -> String {
    match name.split_once('.').filter(|_| kind.0 == "CustomField") {
        Some((object, _)) => format!("objects/{object}.object"),
        None => format!("{}/{name}.{}", kind.1, kind.2),
    }
}

/// A definition as it was kept, else as the catalogue has it.
fn definition(org: &Org, kind: &Kind, full: &str) -> Option<Value> {
    let mut kept = org.definitions.kept.iter();
    let found = kept.find(|((of, name), _)| *of == kind.0 && name.eq_ignore_ascii_case(full));
    if let Some((_, value)) = found {
        return Some(value.clone());
    }
    let object = |name: &str| {
        let mut all = objects().iter().filter(|object| !object.tooling);
        all.find(|object| object.name.eq_ignore_ascii_case(name))
    };
    match kind.0 {
        "CustomObject" => object(full).map(print_object),
        "CustomField" => {
            let (of, field) = full.split_once('.')?;
            let field = object(of)?.field(field)?;
            Some(json!({
                "fullName": full, "label": field.label(), "length": field.length, "required": field.must_be_given(),
                "type": field.kind,
            }))
        }
        _ => known(org, kind, full).then(|| json!({ "fullName": full })),
    }
}

fn print_object(object: &Object) -> Value {
    let fields = object.fields.iter().map(|field| {
        json!({
            "fullName": field.name, "label": field.label(), "length": field.length, "required": field.must_be_given(),
            "type": field.kind,
        })
    });
    json!({
        "fullName": object.name, "label": object.label(), "pluralLabel": object.label_plural(),
        "fields": fields.collect::<Vec<_>>(),
    })
}

fn read(org: &Org, operation: &Node) -> Answer<String> {
    let kind = kind(operation.text_of("type").unwrap_or_default())?;
    let mut body = String::new();
    for name in operation.all("fullNames").take(MOST) {
        match definition(org, kind, name.text.trim()) {
            Some(value) => {
                let mut one = String::new();
                xml::print("records", &value, &mut one);
                let typed = format!("<records xsi:type=\"{}\">", kind.0);
                body.push_str(&one.replacen("<records>", &typed, 1));
            }
            None => body.push_str("<records xsi:nil=\"true\"/>"),
        }
    }
    Ok(body)
}

fn outcome(full: &str, outcome: Answer<Option<bool>>) -> Value {
    match outcome {
        Ok(None) => json!({ "fullName": full, "success": true }),
        Ok(Some(created)) => json!({ "created": created, "fullName": full, "success": true }),
        Err(error) => json!({
            "errors": { "message": error.message, "statusCode": error.code }, "fullName": full, "success": false,
        }),
    }
}

fn few<'a>(operation: &'a Node, name: &'a str) -> Answer<Vec<&'a Node>> {
    let found: Vec<&Node> = operation.all(name).collect();
    if found.len() <= MOST {
        return Ok(found);
    }
    let message = format!("no more than {MOST} components may be given in one call");
    Err(ApiError::new(400, "EXCEEDED_ID_LIMIT", message))
}

fn save(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Answer<Vec<Value>> {
    let mut outcomes = Vec::new();
    for node in few(operation, "metadata")? {
        let kind = kind(node.kind.as_deref().unwrap_or_default())?;
        let full = node.text_of("fullName").unwrap_or_default();
        let saved = save_one(org, actor, operation.name.as_str(), kind, full, node);
        outcomes.push(outcome(full, saved));
    }
    Ok(outcomes)
}

fn save_one(
    org: &mut Org,
    actor: Actor<'_>,
    operation: &str,
    kind: &Kind,
    full: &str,
    node: &Node,
) -> Answer<Option<bool>> {
    let exists = known(org, kind, full);
    match operation {
        "createMetadata" if exists => {
            let message = format!("This Object Name is already used: {full}");
            return Err(ApiError::new(400, "DUPLICATE_DEVELOPER_NAME", message));
        }
        "updateMetadata" if !exists => return Err(missing(kind.0, full)),
        _ => {}
    }
    keep(org, actor, kind, full, node.to_json())?;
    Ok((operation == "upsertMetadata").then_some(!exists))
}

fn missing(kind: &str, full: &str) -> ApiError {
    let message = format!("no {kind} named {full} found");
    ApiError::new(404, "INVALID_CROSS_REFERENCE_KEY", message)
}

/// Keeps a definition, its members over those that it had.
fn keep(org: &mut Org, actor: Actor<'_>, kind: &Kind, full: &str, given: Value) -> Answer<()> {
    let Value::Object(members) = given else {
        return Err(ApiError::new(
            400,
            "REQUIRED_FIELD_MISSING",
            "a definition needs a fullName",
        ));
    };
    if full.is_empty() {
        return Err(ApiError::new(
            400,
            "REQUIRED_FIELD_MISSING",
            "Required field is missing: fullName",
        ));
    }
    match kind.0 {
        "CustomObject" => keep_object(org, actor, full, &members)?,
        "CustomField" => {
            let objects = self::kind("CustomObject")?;
            let of = full.split_once('.').map(|(object, _)| object);
            of.filter(|object| definition(org, objects, object).is_some())
                .ok_or_else(|| missing(kind.0, full))?;
        }
        _ => {}
    }
    let kept = org.definitions.kept.entry((kind.0, full.to_owned()));
    if let Value::Object(before) = kept.or_insert_with(|| json!({ "fullName": full })) {
        before.extend(members);
    }
    Ok(())
}

fn delete(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Answer<Vec<Value>> {
    let kind = kind(operation.text_of("type").unwrap_or_default())?;
    let mut outcomes = Vec::new();
    for name in few(operation, "fullNames")? {
        let full = name.text.trim();
        outcomes.push(outcome(full, forget(org, actor, kind, full).map(|_| None)));
    }
    Ok(outcomes)
}

fn forget(org: &mut Org, actor: Actor<'_>, kind: &Kind, full: &str) -> Answer<Option<Value>> {
    let key = (kind.0, full.to_owned());
    let kept = org.definitions.kept.remove(&key);
    let recorded = match kind.0 {
        "CustomObject" => found(org, full).ok(),
        _ => None,
    };
    match (&kept, recorded) {
        (_, Some(id)) => org.delete(actor, definitions()?, &id)?,
        (None, None) => return Err(missing(kind.0, full)),
        _ => {}
    }
    Ok(kept)
}

fn rename(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Answer<Value> {
    let kind = kind(operation.text_of("type").unwrap_or_default())?;
    let of = |name: &str| operation.text_of(name).unwrap_or_default();
    let (old, new) = (of("oldFullName"), of("newFullName"));
    let mut renamed = || {
        if known(org, kind, new) {
            let message = format!("This Object Name is already used: {new}");
            return Err(ApiError::new(400, "DUPLICATE_DEVELOPER_NAME", message));
        }
        let mut value = definition(org, kind, old).ok_or_else(|| missing(kind.0, old))?;
        if kind.0 == "CustomObject" {
            developer_name(new)?;
        }
        forget(org, actor, kind, old)?;
        crate::record_store::put(&mut value, "fullName", json!(new));
        keep(org, actor, kind, new, value).map(|()| None)
    };
    Ok(outcome(old, renamed()))
}

fn definitions() -> Answer<&'static Object> {
    tooling_object("EntityDefinition").ok_or_else(ApiError::not_found)
}

/// `Name__kav` without its suffix, which an object of one's own must have.
fn developer_name(full: &str) -> Answer<&str> {
    let endings = ["__kav", "__mdt", "__e", "__c"];
    let stem = endings.iter().find_map(|ending| full.strip_suffix(ending));
    stem.filter(|stem| {
        stem.starts_with(|c: char| c.is_ascii_alphabetic())
            && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
    .ok_or_else(|| {
        let message = format!(
            "The object name {full} must begin with a letter and end in __kav, __mdt, __e or __c"
        );
        ApiError::new(400, "INVALID_FULL_NAME", message)
    })
}

fn found(org: &Org, full: &str) -> Answer<String> {
    let mut all = org.live_records(definitions()?);
    let named = |record: &Record| {
        text(record, "QualifiedApiName").is_some_and(|name| name.eq_ignore_ascii_case(full))
    };
    let found = all
        .find(|(_, record)| named(record))
        .map(|(id, _)| id.to_owned());
    found.ok_or_else(|| missing("CustomObject", full))
}

/// Keeps what the Tooling API shows of an object's definition.
fn keep_object(
    org: &mut Org,
    actor: Actor<'_>,
    full: &str,
    given: &Map<String, Value>,
) -> Answer<()> {
    if super::describe::object(full).is_some_and(|object| found(org, &object.name).is_err()) {
        return Ok(());
    }
    let stem = developer_name(full)?;
    let mut record = Record::new();
    for (member, field) in [
        ("label", "Label"),
        ("pluralLabel", "PluralLabel"),
        ("description", "Description"),
    ] {
        if let Some(value) = given.get(member) {
            record.insert(field.to_owned(), value.clone());
        }
    }
    if let Ok(id) = found(org, full) {
        return org.update(actor, definitions()?, &id, &record);
    }
    record.insert("DeveloperName".to_owned(), json!(stem));
    let id = org.create(actor, definitions()?, &record)?;
    named(org, &id, full);
    Ok(())
}

/// Gives a definition the names that follow from its own.
pub fn named(org: &mut Org, id: &str, full: &str) {
    if let Some(record) = org.records.collection_mut("EntityDefinition").get_mut(id) {
        record.insert("DurableId".to_owned(), json!(id));
        record.insert("QualifiedApiName".to_owned(), json!(full));
    }
}
