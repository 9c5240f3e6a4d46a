//! Files: a document, its versions, and where they are linked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::describe::{Object, object};
use super::error::{Answer, ApiError};
use super::org::{Actor, Org};
use super::rules::text;
use super::value::print_datetime;
use crate::md5;
use crate::record_store::Record;

/// Larger files are refused, though the vendor takes 2 GB by multipart.
pub const MOST_FILE: usize = 48 * 1024 * 1024;

/// Checks versions, links and folders before they are stored.
pub fn check(
    org: &Org,
    object: &Object,
    record: &mut Record,
    before: Option<&Record>,
    now: Timestamp,
) -> Answer<()> {
    match object.name.as_str() {
        "ContentVersion" if before.is_none() => new_version(org, record, now),
        "ContentDocumentLink" if before.is_none() => {
            let same = |other: &Record, name: &str| text(other, name) == text(record, name);
            let twice = org.live_records(object).any(|(_, other)| {
                same(other, "ContentDocumentId") && same(other, "LinkedEntityId")
            });
            if twice {
                let message = "File Already linked with this record.";
                return Err(ApiError {
                    fields: Some(Vec::new()),
                    ..ApiError::new(400, "DUPLICATE_VALUE", message)
                });
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn new_version(org: &Org, record: &mut Record, now: Timestamp) -> Answer<()> {
    let missing = |name: &str| {
        let message = format!("Required fields are missing: [{name}]");
        ApiError::field("REQUIRED_FIELD_MISSING", name, message)
    };
    let path = text(record, "PathOnClient")
        .ok_or_else(|| missing("PathOnClient"))?
        .to_owned();
    if record.get("VersionData").is_none_or(Value::is_null) {
        return Err(missing("VersionData"));
    }
    let (stem, extension) = split_name(&path);
    let latest =
        text(record, "ContentDocumentId").and_then(|id| org.records.get("ContentDocument", id));
    if record.get("Title").is_none_or(Value::is_null) {
        let title = latest
            .and_then(|document| text(document, "Title"))
            .unwrap_or(&stem);
        record.insert("Title".to_owned(), json!(title));
    }
    record.insert(
        "FileExtension".to_owned(),
        if extension.is_empty() {
            Value::Null
        } else {
            json!(extension)
        },
    );
    record.insert("FileType".to_owned(), json!(file_type(&extension)));
    record.insert("ContentModifiedDate".to_owned(), json!(print_datetime(now)));
    Ok(())
}

/// Takes the bytes out of a version that is about to be stored and puts it at the head of its document, which is made when the
/// version names none.
pub fn admit_version(org: &mut Org, actor: Actor<'_>, record: &mut Record) -> Answer<()> {
    let id = text(record, "Id").unwrap_or_default().to_owned();
    let data = record.remove("VersionData");
    let bytes = STANDARD
        .decode(
            data.as_ref()
                .and_then(Value::as_str)
                .unwrap_or_default()
                .trim(),
        )
        .map(Bytes::from)
        .map_err(|_| {
            ApiError::field(
                "INVALID_BASE64_STRING",
                "VersionData",
                "Version Data: not a valid base64 string",
            )
        })?;
    if bytes.len() > MOST_FILE {
        return Err(ApiError::field(
            "FIELD_INTEGRITY_EXCEPTION",
            "VersionData",
            "File too large",
        ));
    }
    record.insert("ContentSize".to_owned(), json!(bytes.len()));
    record.insert("Checksum".to_owned(), json!(md5::hex(&bytes)));
    record.insert("IsLatest".to_owned(), json!(true));
    let document = match text(record, "ContentDocumentId") {
        Some(document) => document.to_owned(),
        None => new_document(org, actor, record)?,
    };
    let mut number = 1;
    if let Some(versions) = object("ContentVersion") {
        let former: Vec<String> = org
            .live_records(versions)
            .filter(|(_, version)| text(version, "ContentDocumentId") == Some(&document))
            .map(|(id, _)| id.to_owned())
            .collect();
        number = former.len().saturating_add(1);
        for id in former {
            if let Some(version) = org.records.collection_mut("ContentVersion").get_mut(&id) {
                version.insert("IsLatest".to_owned(), json!(false));
            }
        }
    }
    record.insert("VersionNumber".to_owned(), json!(number.to_string()));
    record.insert("ContentDocumentId".to_owned(), json!(document));
    if let Some(head) = org
        .records
        .collection_mut("ContentDocument")
        .get_mut(&document)
    {
        for name in [
            "Title",
            "Description",
            "FileType",
            "FileExtension",
            "ContentSize",
            "ContentModifiedDate",
            "LastModifiedDate",
            "SystemModstamp",
        ] {
            if let Some(value) = record.get(name) {
                head.insert(name.to_owned(), value.clone());
            }
        }
        head.insert("LatestPublishedVersionId".to_owned(), json!(id));
    }
    org.blobs.insert(id, bytes);
    Ok(())
}

/// Gives a public link its addresses.
pub fn publish(org: &Org, record: &mut Record) {
    let version =
        text(record, "ContentVersionId").and_then(|id| org.records.get("ContentVersion", id));
    let document = version
        .and_then(|version| version.get("ContentDocumentId"))
        .cloned();
    let id = text(record, "Id").unwrap_or_default();
    let page = format!("https://sandbox.my.salesforce.com/sfc/p/{id}/a/0");
    let download = format!("https://sandbox.my.salesforce.com/sfc/dist/version/download/?ids={id}");
    record.insert(
        "ContentDocumentId".to_owned(),
        document.unwrap_or(Value::Null),
    );
    record.insert("DistributionPublicUrl".to_owned(), json!(page));
    record.insert("ContentDownloadUrl".to_owned(), json!(download));
}

/// Takes the bytes out of a record that carries some, such as an attachment.
pub fn admit_blob(
    org: &mut Org,
    object: &Object,
    record: &mut Record,
    creating: bool,
) -> Answer<()> {
    let Some(field) = object.blob() else {
        return Ok(());
    };
    let Some(Value::String(data)) = record.remove(&field.name) else {
        if creating && field.required {
            let message = format!("Required fields are missing: [{}]", field.name);
            return Err(ApiError::field(
                "REQUIRED_FIELD_MISSING",
                &field.name,
                message,
            ));
        }
        return Ok(());
    };
    let bytes = STANDARD.decode(data.trim()).map(Bytes::from).map_err(|_| {
        let message = format!("{}: not a valid base64 string", field.name);
        ApiError::field("INVALID_BASE64_STRING", &field.name, message)
    })?;
    record.insert(format!("{}Length", field.name), json!(bytes.len()));
    if let Some(id) = text(record, "Id") {
        org.blobs.insert(id.to_owned(), bytes);
    }
    Ok(())
}

fn new_document(org: &mut Org, actor: Actor<'_>, version: &Record) -> Answer<String> {
    let documents = object("ContentDocument").ok_or_else(ApiError::not_found)?;
    let number = org.records.collection_mut("ContentDocument").next_number();
    let made = super::id::make(&documents.key_prefix, 2_500_000_000 + number * 61);
    let mut body = Record::new();
    body.insert(
        "Title".to_owned(),
        version.get("Title").cloned().unwrap_or(Value::Null),
    );
    let place = text(version, "FirstPublishLocationId");
    if let Some(folder) = place.filter(|id| id.starts_with("07H")) {
        body.insert("ParentId".to_owned(), json!(folder));
    }
    let document = org.create_as(actor, documents, &body, Some(&made))?;
    let owner = text(version, "OwnerId").unwrap_or(actor.user).to_owned();
    let links = object("ContentDocumentLink").ok_or_else(ApiError::not_found)?;
    let linked = place
        .filter(|id| !id.starts_with("07H") && *id != owner)
        .map(str::to_owned);
    for (entity, share) in [Some((owner, "I")), linked.map(|id| (id, "V"))]
        .into_iter()
        .flatten()
    {
        let mut link = Record::new();
        link.insert("ContentDocumentId".to_owned(), json!(document));
        link.insert("LinkedEntityId".to_owned(), json!(entity));
        link.insert("ShareType".to_owned(), json!(share));
        org.create(actor, links, &link)?;
    }
    Ok(document)
}

/// Keeps document and latest version in step after one of them changed.
pub fn follow(org: &mut Org, object: &Object, record: &Record) {
    let (other, id, names): (&str, Option<&str>, &[&str]) = match object.name.as_str() {
        "ContentDocument" => (
            "ContentVersion",
            text(record, "LatestPublishedVersionId"),
            &["Title", "Description", "LastModifiedDate", "SystemModstamp"],
        ),
        "ContentVersion" if record.get("IsLatest") == Some(&json!(true)) => (
            "ContentDocument",
            text(record, "ContentDocumentId"),
            &["Title", "Description", "LastModifiedDate", "SystemModstamp"],
        ),
        _ => return,
    };
    let Some(other) = id.and_then(|id| org.records.collection_mut(other).get_mut(id)) else {
        return;
    };
    for name in names {
        if let Some(value) = record.get(*name) {
            other.insert((*name).to_owned(), value.clone());
        }
    }
}

/// A file name without folders, split into stem and extension (empty when there is none).
pub fn split_name(path: &str) -> (String, String) {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => {
            (stem.to_owned(), extension.to_owned())
        }
        _ => (name.to_owned(), String::new()),
    }
}

/// The vendor's name of a file type.
fn file_type(extension: &str) -> String {
    match extension.to_ascii_lowercase().as_str() {
        "doc" => "WORD".to_owned(),
        "docx" => "WORD_X".to_owned(),
        "txt" => "TEXT".to_owned(),
        "xlsx" => "EXCEL_X".to_owned(),
        "pptx" => "POWER_POINT_X".to_owned(),
        "jpeg" => "JPEG".to_owned(),
        known
        @ ("pdf" | "csv" | "png" | "jpg" | "gif" | "html" | "xml" | "json" | "zip" | "md") => {
            known.to_ascii_uppercase()
        }
        _ => "UNKNOWN".to_owned(),
    }
}

/// The media type of a file by its extension.
pub fn media_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "txt" | "md" => "text/plain",
        "csv" => "text/csv",
        "html" => "text/html",
        "xml" => "text/xml",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "zip" => "application/zip",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
