//! Files and folders as Connect prints them.

use serde_json::{Value, json};

use crate::record_store::Record;
use crate::salesforce::content::media_type;
use crate::salesforce::org::Org;
use crate::salesforce::rest::latest_version;
use crate::salesforce::rules::text;

/// `2016-11-30T10:28:11.000Z`, as Connect prints times.
fn connect_time(record: &Record, name: &str) -> Value {
    text(record, name).map_or(Value::Null, |time| json!(time.replace("+0000", "Z")))
}

fn owner(org: &Org, base: &str, record: &Record) -> Value {
    let id = text(record, "OwnerId")
        .or_else(|| text(record, "CreatedById"))
        .unwrap_or_default();
    let name = org
        .records
        .get("User", id)
        .and_then(|user| user.get("Name"))
        .cloned()
        .unwrap_or(Value::Null);
    json!({ "id": id, "name": name, "type": "User", "url": format!("{base}/chatter/users/{id}") })
}

fn parent_folder(base: &str, id: Option<&str>) -> Value {
    let id = id.unwrap_or("root");
    json!({ "id": id, "url": format!("{base}/connect/folders/{id}") })
}

/// A file as Connect shows it.
pub fn print_file(org: &Org, base: &str, document: &Record) -> Value {
    let id = text(document, "Id").unwrap_or_default();
    let url = format!("{base}/connect/files/{id}");
    let version = latest_version(org, document);
    let of_version = |name: &str| {
        version
            .and_then(|version| version.get(name))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let number = of_version("VersionNumber");
    let extension = text(document, "FileExtension").unwrap_or_default();
    let size = document
        .get("ContentSize")
        .map_or(Value::Null, |size| json!(size.to_string()));
    json!({
        "id": id, "title": document.get("Title"), "name": document.get("Title"),
        "fileExtension": document.get("FileExtension"), "fileType": text(document, "FileType").map(friendly),
        "mimeType": media_type(extension), "contentSize": size, "versionNumber": number,
        "checksum": of_version("Checksum"), "description": document.get("Description"),
        "origin": if of_version("Origin") == "H" { "Chatter" } else { "Content" },
        "sharingRole": "Owner", "sharingOption": "Allowed", "publishStatus": "PrivateAccess", "isMajorVersion": true,
        "createdDate": connect_time(document, "CreatedDate"), "contentModifiedDate": connect_time(document, "ContentModifiedDate"),
        "modifiedDate": connect_time(document, "LastModifiedDate"), "systemModstamp": connect_time(document, "SystemModstamp"),
        "owner": owner(org, base, document), "parentFolder": parent_folder(base, text(document, "ParentId")),
        "downloadUrl": format!("{url}/content?versionNumber={}", number.as_str().unwrap_or("1")), "url": url,
        "renditionUrl": null, "type": "File",
    })
}

/// `TEXT` as Connect prints it: `Text`.
fn friendly(kind: &str) -> String {
    let mut chars = kind.chars();
    let first: String = chars.next().into_iter().collect();
    format!("{first}{}", chars.as_str().to_lowercase())
}

/// A folder as Connect shows it, with its path from the root.
pub fn print_folder(org: &Org, base: &str, folder: &Record) -> Value {
    let id = text(folder, "Id").unwrap_or_default();
    let mut path = String::new();
    let mut at = Some(folder);
    // Folders are a tree, but a broken one must not turn this into a loop.
    for _ in 0..32 {
        let Some(current) = at else { break };
        path = format!("/{}{path}", text(current, "Name").unwrap_or_default());
        at = text(current, "ParentContentFolderId")
            .and_then(|parent| org.records.get("ContentFolder", parent));
    }
    json!({
        "id": id, "name": folder.get("Name"), "description": null, "type": "Folder", "path": path,
        "mimeType": "application/vnd.salesforce.folder", "isInMyFileSync": false,
        "createdDate": connect_time(folder, "CreatedDate"), "modifiedDate": connect_time(folder, "LastModifiedDate"),
        "owner": owner(org, base, folder), "parentFolder": parent_folder(base, text(folder, "ParentContentFolderId")),
        "folderItemsUrl": format!("{base}/connect/folders/{id}/items"), "url": format!("{base}/connect/folders/{id}"),
    })
}

/// The folder that holds all others.
pub fn root(base: &str) -> Value {
    json!({
        "id": "root", "name": "root", "type": "Folder", "path": "/", "mimeType": "application/vnd.salesforce.folder",
        "parentFolder": null, "folderItemsUrl": format!("{base}/connect/folders/root/items"),
        "url": format!("{base}/connect/folders/root"),
    })
}
