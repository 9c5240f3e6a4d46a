//! Connect (Chatter) files and folders: another view of content documents.

mod print;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::print::{print_file, print_folder, root};
use super::content::split_name;
use super::describe::{Object, object};
use super::error::{Answer, ApiError};
use super::id;
use super::org::{Org, known};
use super::rest::{Request, download, latest_version, version_numbered};
use super::rules::text;
use crate::call::{Call, Reply, encode};
use crate::record_store::{Record, put};

/// Answers what follows `/connect`.
pub fn answer(org: &mut Org, request: &Request<'_>, path: &[&str]) -> Answer<Reply> {
    let method = request.call.method.as_str();
    match (method, path) {
        ("GET" | "HEAD", ["files", "users", _]) => my_files(org, request),
        ("POST", ["files", "users", _]) => upload(org, request, None),
        (_, ["files", "users", _]) => Err(ApiError::method(method, "HEAD,GET,POST")),
        ("GET" | "HEAD", ["files", file, "content"]) => {
            let file = document_id(org, file)?;
            let document = org.live(known("ContentDocument")?, &file)?;
            let version = match request.call.query("versionNumber") {
                Some(number) => version_numbered(org, &file, number),
                None => latest_version(org, document),
            };
            download(org, version.ok_or_else(ApiError::not_found)?)
        }
        (_, ["files", file]) => file_call(org, request, file),
        (_, ["folders", folder]) => folder_call(org, request, folder),
        ("GET" | "HEAD", ["folders", folder, "items"]) => items(org, request, folder),
        ("POST", ["folders", folder, "items"]) => {
            let folder = folder_id(org, folder)?;
            if request.call.parts().is_some() {
                upload(org, request, folder)
            } else {
                new_folder(org, request, folder)
            }
        }
        (_, ["folders", _, "items"]) => Err(ApiError::method(method, "HEAD,GET,POST")),
        _ => Err(ApiError::not_found()),
    }
}

fn file_call(org: &mut Org, request: &Request<'_>, file: &str) -> Answer<Reply> {
    let documents = known("ContentDocument")?;
    let file = document_id(org, file)?;
    match request.call.method.as_str() {
        "GET" | "HEAD" => {}
        "POST" => {
            return upload_version(org, request, &file);
        }
        "PATCH" => {
            let given = json_body(request.call)?;
            let mut body = Record::new();
            for (from, to) in [
                ("title", "Title"),
                ("desc", "Description"),
                ("description", "Description"),
                ("parentFolderId", "ParentId"),
            ] {
                if let Some(value) = given.get(from) {
                    let root = to == "ParentId" && value == "root";
                    body.insert(
                        to.to_owned(),
                        if root { Value::Null } else { value.clone() },
                    );
                }
            }
            org.update(request.actor, documents, &file, &body)?;
        }
        "DELETE" => {
            org.delete(request.actor, documents, &file)?;
            return Ok(Reply::empty(204));
        }
        other => return Err(ApiError::method(other, "HEAD,GET,POST,PATCH,DELETE")),
    }
    let document = org.live(documents, &file)?;
    Ok(Reply::json(200, &print_file(org, request.base, document)))
}

fn folder_call(org: &mut Org, request: &Request<'_>, folder: &str) -> Answer<Reply> {
    let folders = known("ContentFolder")?;
    let Some(id) = folder_id(org, folder)? else {
        return match request.call.method.as_str() {
            "GET" | "HEAD" => Ok(Reply::json(200, &root(request.base))),
            other => Err(ApiError::method(other, "HEAD,GET")),
        };
    };
    match request.call.method.as_str() {
        "GET" | "HEAD" => {}
        "PATCH" => {
            let given = json_body(request.call)?;
            let name = given
                .get("folderName")
                .or_else(|| given.get("name"))
                .cloned()
                .unwrap_or(Value::Null);
            let body = Record::from_iter([("Name".to_owned(), name)]);
            org.update(request.actor, folders, &id, &body)?;
        }
        "DELETE" => {
            let full = org
                .live_records(folders)
                .any(|(_, r)| text(r, "ParentContentFolderId") == Some(&id))
                || documents(org).any(|(_, r)| text(r, "ParentId") == Some(&id));
            if full {
                return Err(ApiError::new(
                    400,
                    "FOLDER_NOT_EMPTY",
                    "The folder is not empty.",
                ));
            }
            org.delete(request.actor, folders, &id)?;
            return Ok(Reply::empty(204));
        }
        other => return Err(ApiError::method(other, "HEAD,GET,PATCH,DELETE")),
    }
    let record = org.live(folders, &id)?;
    Ok(Reply::json(200, &print_folder(org, request.base, record)))
}

fn new_folder(org: &mut Org, request: &Request<'_>, parent: Option<String>) -> Answer<Reply> {
    let given = json_body(request.call)?;
    let folder = given
        .get("folder")
        .and_then(Value::as_object)
        .unwrap_or(&given);
    let name = folder
        .get("folderName")
        .or_else(|| folder.get("name"))
        .cloned()
        .unwrap_or(Value::Null);
    let mut body = Record::from_iter([("Name".to_owned(), name)]);
    if let Some(parent) = parent {
        body.insert("ParentContentFolderId".to_owned(), json!(parent));
    }
    let folders = known("ContentFolder")?;
    let id = org.create(request.actor, folders, &body)?;
    let printed = print_folder(org, request.base, org.live(folders, &id)?);
    Ok(Reply::json(
        201,
        &json!({ "type": "Folder", "id": id, "folder": printed, "file": null }),
    ))
}

/// The file of a multipart form, with title and description from fields of their own or from the part `json`.
fn upload_body(call: &Call) -> Answer<Record> {
    let missing = || {
        ApiError::new(
            400,
            "MISSING_ARGUMENT",
            "The multipart part fileData is missing.",
        )
    };
    let mut body = Record::new();
    let mut found = false;
    for part in call.parts().ok_or_else(missing)? {
        match part.name.as_str() {
            "fileData" | "file" => {
                let name = part.file_name.clone().unwrap_or_else(|| "file".to_owned());
                body.entry("Title".to_owned())
                    .or_insert_with(|| json!(split_name(&name).0));
                body.insert("PathOnClient".to_owned(), json!(name));
                body.insert("VersionData".to_owned(), json!(STANDARD.encode(&part.data)));
                found = true;
            }
            "title" => {
                body.insert("Title".to_owned(), json!(part.text()));
            }
            "desc" | "description" => {
                body.insert("Description".to_owned(), json!(part.text()));
            }
            "json" => {
                let given: Record = serde_json::from_slice(&part.data).map_err(|_| {
                    ApiError::new(
                        400,
                        "JSON_PARSER_ERROR",
                        "The part json is not a JSON object.",
                    )
                })?;
                let file = given
                    .get("file")
                    .and_then(Value::as_object)
                    .unwrap_or(&given);
                for (from, to) in [
                    ("title", "Title"),
                    ("desc", "Description"),
                    ("description", "Description"),
                ] {
                    if let Some(value) = file.get(from) {
                        body.insert(to.to_owned(), value.clone());
                    }
                }
            }
            _ => {}
        }
    }
    if found { Ok(body) } else { Err(missing()) }
}

fn upload(org: &mut Org, request: &Request<'_>, folder: Option<String>) -> Answer<Reply> {
    let mut body = upload_body(request.call)?;
    body.insert("Origin".to_owned(), json!("H"));
    let in_folder = folder.is_some();
    if let Some(folder) = folder {
        body.insert("FirstPublishLocationId".to_owned(), json!(folder));
    }
    let version = org.create(request.actor, known("ContentVersion")?, &body)?;
    let printed = uploaded(org, request, &version)?;
    let item =
        || json!({ "type": "File", "id": printed.get("id"), "file": printed, "folder": null });
    Ok(Reply::json(
        201,
        &if in_folder { item() } else { printed.clone() },
    ))
}

fn upload_version(org: &mut Org, request: &Request<'_>, file: &str) -> Answer<Reply> {
    let mut body = upload_body(request.call)?;
    body.insert("ContentDocumentId".to_owned(), json!(file));
    let version = org.create(request.actor, known("ContentVersion")?, &body)?;
    Ok(Reply::json(201, &uploaded(org, request, &version)?))
}

fn uploaded(org: &Org, request: &Request<'_>, version: &str) -> Answer<Value> {
    let record = org.live(known("ContentVersion")?, version)?;
    let document = text(record, "ContentDocumentId").unwrap_or_default();
    Ok(print_file(
        org,
        request.base,
        org.live(known("ContentDocument")?, document)?,
    ))
}

fn my_files(org: &Org, request: &Request<'_>) -> Answer<Reply> {
    let wanted = request
        .call
        .query("q")
        .map(str::to_lowercase)
        .filter(|q| !q.is_empty());
    let files: Vec<&Record> = documents(org)
        .map(|(_, record)| record)
        .filter(|record| {
            wanted.as_ref().is_none_or(|q| {
                text(record, "Title").is_some_and(|title| title.to_lowercase().contains(q))
            })
        })
        .collect();
    let own = format!("{}/connect/files/users/me", request.base);
    paged(request.call, &own, "files", files.len(), |range| {
        files
            .iter()
            .skip(range.0)
            .take(range.1)
            .map(|record| print_file(org, request.base, record))
            .collect()
    })
}

fn items(org: &Org, request: &Request<'_>, folder: &str) -> Answer<Reply> {
    let parent = folder_id(org, folder)?;
    let parent = parent.as_deref();
    let base = request.base;
    let folders: Vec<&Record> = org
        .live_records(known("ContentFolder")?)
        .map(|(_, record)| record)
        .filter(|record| text(record, "ParentContentFolderId") == parent)
        .collect();
    let files: Vec<&Record> = documents(org)
        .map(|(_, record)| record)
        .filter(|record| text(record, "ParentId") == parent)
        .collect();
    let own = format!("{base}/connect/folders/{}/items", parent.unwrap_or("root"));
    paged(
        request.call,
        &own,
        "items",
        folders.len() + files.len(),
        |(offset, count)| {
            let folder_items = folders.iter().map(|record| {
            json!({ "type": "Folder", "id": record.get("Id"), "folder": print_folder(org, base, record), "file": null })
        });
            let file_items = files.iter().map(|record| {
            json!({ "type": "File", "id": record.get("Id"), "file": print_file(org, base, record), "folder": null })
        });
            folder_items
                .chain(file_items)
                .skip(offset)
                .take(count)
                .collect()
        },
    )
}

/// A page of a Connect collection. `page` counts from 0; `pageSize` is 1 to 100, 25 unless given.
fn paged(
    call: &Call,
    own: &str,
    member: &str,
    total: usize,
    print: impl FnOnce((usize, usize)) -> Vec<Value>,
) -> Answer<Reply> {
    let number = |name: &str, default: usize| match call.query(name).filter(|text| !text.is_empty())
    {
        None => Ok(default),
        Some(text) => text.parse::<usize>().map_err(|_| illegal(name, text)),
    };
    let page = number("page", 0)?;
    let size = number("pageSize", 25)?;
    if !(1..=100).contains(&size) {
        return Err(illegal("pageSize", &size.to_string()));
    }
    let offset = page
        .checked_mul(size)
        .ok_or_else(|| illegal("page", &page.to_string()))?;
    let q = call
        .query("q")
        .map(|q| format!("&q={}", encode(q)))
        .unwrap_or_default();
    let url = |page: usize| format!("{own}?page={page}&pageSize={size}{q}");
    let more = offset.saturating_add(size) < total;
    let mut body = json!({
        "currentPageUrl": url(page),
        "nextPageUrl": if more { json!(url(page.saturating_add(1))) } else { Value::Null },
        "previousPageUrl": page.checked_sub(1).map_or(Value::Null, |page| json!(url(page))),
    });
    put(&mut body, member, Value::Array(print((offset, size))));
    Ok(Reply::json(200, &body))
}

fn illegal(name: &str, value: &str) -> ApiError {
    let message = format!("Illegal value for query parameter {name}: {value}");
    ApiError::new(400, "ILLEGAL_QUERY_PARAMETER_VALUE", message)
}

fn documents(org: &Org) -> impl Iterator<Item = (&str, &Record)> {
    let documents: Option<&'static Object> = object("ContentDocument");
    documents
        .into_iter()
        .flat_map(|documents| org.live_records(documents))
}

fn document_id(org: &Org, given: &str) -> Answer<String> {
    let id = id::normalize(given).filter(|id| id.starts_with("069"));
    let id = id.ok_or_else(|| {
        ApiError::new(
            400,
            "INVALID_ID_FIELD",
            format!("Invalid identifier: {given}"),
        )
    })?;
    org.live(known("ContentDocument")?, &id)?;
    Ok(id)
}

/// The folder's id, `None` for `root`.
fn folder_id(org: &Org, given: &str) -> Answer<Option<String>> {
    if given.eq_ignore_ascii_case("root") {
        return Ok(None);
    }
    let id = id::normalize(given).filter(|id| id.starts_with("07H"));
    let id = id.ok_or_else(|| {
        ApiError::new(
            400,
            "INVALID_ID_FIELD",
            format!("Invalid identifier: {given}"),
        )
    })?;
    org.live(known("ContentFolder")?, &id)?;
    Ok(Some(id))
}

fn json_body(call: &Call) -> Answer<Record> {
    let fault = |_| {
        ApiError::new(
            400,
            "JSON_PARSER_ERROR",
            "The HTTP entity body must be a JSON object",
        )
    };
    serde_json::from_slice(&call.body).map_err(fault)
}
