use serde_json::{Value, json};

use super::Play;

const DATA: &str = "https://na1.salesforce.com/services/data/v59.0";

fn find(title: &str, extension: &str) -> String {
    format!(
        "GET {DATA}/query?q=SELECT%20Id%20FROM%20ContentDocument%20WHERE%20Title%20%3D%20'{title}'%20AND%20FileExtension%20%3D%20{extension}%20ORDER%20BY%20LastModifiedDate%20DESC%20LIMIT%201"
    )
}

fn detail() -> Value {
    json!({"id": "069A", "title": "pen", "fileExtension": "jpg", "mimeType": "image/jpeg", "contentSize": "3", "versionNumber": "1",
        "createdDate": "2024-01-01T00:00:00Z", "contentModifiedDate": "2024-01-02T00:00:00Z"})
}

#[test]
fn a_file_is_downloaded_by_id_and_by_path() {
    let content = format!("GET {DATA}/connect/files/069A/content");
    let ended = Play::of("sfdcdocuments", "GET /files/069A")
        .vendor(&content, Value::Null, 200, json!("bytes"))
        .run()
        .unwrap();
    assert_eq!(ended.body, "stream");
    let ended = Play::of("sfdcdocuments", "GET /files?path=/p'en.jpg")
        .vendor(
            &find("p%5C'en", "'jpg'"),
            Value::Null,
            200,
            json!({"records": [{"Id": "069A"}]}),
        )
        .vendor(&content, Value::Null, 200, json!("bytes"))
        .run()
        .unwrap();
    assert_eq!(ended.body, "stream");
    let none = Play::of("sfdcdocuments", "GET /files/metadata?path=/pen")
        .vendor(
            &find("pen", "null"),
            Value::Null,
            200,
            json!({"records": []}),
        )
        .run();
    assert_eq!(none.err().unwrap().kind.status(), 404);
    assert_eq!(
        Play::of("sfdcdocuments", "GET /files")
            .run()
            .err()
            .unwrap()
            .kind
            .status(),
        400
    );
}

#[test]
fn an_upload_is_a_version_and_then_described() {
    let ended = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg")
        .part("file", Some("other.jpg"), "abc")
        .vendor(
            &find("pen", "'jpg'"),
            Value::Null,
            200,
            json!({"records": []}),
        )
        .vendor(
            &format!("POST {DATA}/sobjects/ContentVersion"),
            json!({"Title": "pen", "PathOnClient": "pen.jpg", "VersionData": "YWJj"}),
            201,
            json!({"id": "068A", "success": true, "errors": []}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/ContentVersion/068A?fields=ContentDocumentId"),
            Value::Null,
            200,
            json!({"Id": "068A", "ContentDocumentId": "069A"}),
        )
        .vendor(
            &format!("GET {DATA}/connect/files/069A"),
            Value::Null,
            200,
            detail(),
        )
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!({"id": "069A", "name": "pen.jpg", "path": "/pen.jpg", "directory": false, "size": 3, "mimeType": "image/jpeg",
            "versionNumber": "1", "createdDate": "2024-01-01T00:00:00Z", "modifiedDate": "2024-01-02T00:00:00Z"})
    );
}

#[test]
fn an_existing_file_is_only_overwritten_when_asked() {
    let there = json!({"records": [{"Id": "069A"}]});
    let refused = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg")
        .part("file", None, "abc")
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, there.clone())
        .run();
    assert_eq!(refused.err().unwrap().status, Some(409));
    let ended = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg&overwrite=true")
        .part("file", None, "abc")
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, there)
        .vendor(
            &format!("POST {DATA}/sobjects/ContentVersion"),
            json!({"Title": "pen", "PathOnClient": "pen.jpg", "VersionData": "YWJj", "ContentDocumentId": "069A"}),
            201,
            json!({"id": "068B", "success": true}),
        )
        .vendor(&format!("GET {DATA}/sobjects/ContentVersion/068B?fields=ContentDocumentId"), Value::Null, 200, json!({"ContentDocumentId": "069A"}))
        .vendor(&format!("GET {DATA}/connect/files/069A"), Value::Null, 200, detail())
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "069A");
}

#[test]
fn a_file_is_deleted_by_path() {
    let ended = Play::of("sfdcdocuments", "DELETE /files?path=/pen.jpg")
        .vendor(
            &find("pen", "'jpg'"),
            Value::Null,
            200,
            json!({"records": [{"Id": "069A"}]}),
        )
        .vendor(
            &format!("DELETE {DATA}/connect/files/069A"),
            Value::Null,
            204,
            Value::Null,
        )
        .run()
        .unwrap();
    assert_eq!(ended.body, Value::Null);
}

#[test]
fn folders_are_listed_by_path() {
    let items = json!({"nextPageUrl": "/services/data/v59.0/connect/folders/root/items?page=1&pageSize=2", "items": [
        {"type": "Folder", "id": "07HA", "folder": {"id": "07HA", "name": "Plans"}},
        {"type": "File", "id": "069A", "file": detail()}]});
    let root = Play::of("sfdcdocuments", "GET /folders/contents?path=/&pageSize=2")
        .vendor(
            &format!("GET {DATA}/connect/folders/root/items?pageSize=2"),
            Value::Null,
            200,
            items.clone(),
        )
        .run()
        .unwrap();
    assert_eq!(
        root.body[0],
        json!({"id": "07HA", "name": "Plans", "path": "/Plans", "directory": true})
    );
    assert_eq!(
        (&root.body[1]["path"], &root.body[1]["size"]),
        (&json!("/pen.jpg"), &json!(3))
    );
    let token = &root.headers["elements-next-page-token"];
    let next = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("nextPage", token)
        .finish();
    let page = Play::of(
        "sfdcdocuments",
        &format!("GET /folders/contents?pageSize=2&{next}"),
    )
    .vendor(
        &format!("GET {DATA}/connect/folders/root/items?pageSize=2&page=1"),
        Value::Null,
        200,
        json!({"items": []}),
    )
    .run()
    .unwrap();
    assert_eq!(page.body, json!([]));
    let below = Play::of("sfdcdocuments", "GET /folders/contents?path=/Plans/")
        .vendor(
            &format!("GET {DATA}/connect/folders/root/items?pageSize=100"),
            Value::Null,
            200,
            items.clone(),
        )
        .vendor(
            &format!("GET {DATA}/connect/folders/07HA/items?pageSize=100"),
            Value::Null,
            200,
            json!({"items": [{"type": "File", "id": "069A", "file": detail()}]}),
        )
        .run()
        .unwrap();
    assert_eq!(below.body[0]["path"], "/Plans/pen.jpg");
    let none = Play::of("sfdcdocuments", "GET /folders/contents?path=/None")
        .vendor(
            &format!("GET {DATA}/connect/folders/root/items?pageSize=100"),
            Value::Null,
            200,
            items,
        )
        .run();
    assert_eq!(none.err().unwrap().status, Some(404));
}
