use serde_json::{Value, json};

use super::Play;

const DATA: &str = "https://na1.salesforce.com/services/data/v59.0";

const FIELDS: &str = "Id,Title,FileExtension,ContentSize,Description,TagCsv,VersionNumber,ReasonForChange,CreatedDate,LastModifiedDate,ContentDocumentId,ContentDocument.CreatedDate";

fn query(statement: &str) -> String {
    let encoded = statement
        .replace('%', "%25")
        .replace(' ', "%20")
        .replace('=', "%3D")
        .replace('>', "%3E")
        .replace('<', "%3C")
        .replace('\\', "%5C");
    format!("GET {DATA}/query?q={encoded}")
}

fn find(title: &str, extension: &str) -> String {
    query(&format!(
        "SELECT {FIELDS} FROM ContentVersion WHERE Title = '{title}' AND FileExtension = {extension} AND IsLatest = true ORDER BY LastModifiedDate DESC LIMIT 1"
    ))
}

fn latest() -> String {
    query(&format!(
        "SELECT {FIELDS} FROM ContentVersion WHERE ContentDocumentId = '069A00000000001' AND IsLatest = true LIMIT 1"
    ))
}

fn version() -> Value {
    json!({"Id": "068A", "ContentDocumentId": "069A00000000001", "Title": "pen", "FileExtension": "jpg", "ContentSize": 3, "VersionNumber": "1",
        "TagCsv": "blue, new", "LastModifiedDate": "2024-01-02T00:00:00.000+0000",
        "ContentDocument": {"CreatedDate": "2024-01-01T00:00:00.000+0000"}})
}

fn found() -> Value {
    json!({"records": [version()]})
}

fn detail() -> Value {
    json!({"id": "069A00000000001", "title": "pen", "fileExtension": "jpg", "mimeType": "image/jpeg", "contentSize": "3", "versionNumber": "1",
        "createdDate": "2024-01-01T00:00:00Z", "contentModifiedDate": "2024-01-02T00:00:00Z"})
}

#[test]
fn a_file_is_downloaded_by_id_and_by_path() {
    let content = format!("GET {DATA}/connect/files/069A00000000001/content");
    let ended = Play::of("sfdcdocuments", "GET /files/069A00000000001")
        .vendor(&content, Value::Null, 200, json!("bytes"))
        .run()
        .unwrap();
    assert_eq!(ended.body, "stream");
    let ended = Play::of("sfdcdocuments", "GET /files?path=/p'en.jpg")
        .vendor(&find("p\\'en", "'jpg'"), Value::Null, 200, found())
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
fn an_upload_is_a_version_then_posted_then_described() {
    let post = json!({"feedElementType": "FeedItem", "subjectId": "me", "body": {"messageSegments": []},
        "capabilities": {"files": {"items": [{"id": "069A00000000001"}]}}});
    let ended = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg&tags=blue,new")
        .part("file", Some("other.jpg"), "abc")
        .vendor(
            &find("pen", "'jpg'"),
            Value::Null,
            200,
            json!({"records": []}),
        )
        .vendor(
            &format!("POST {DATA}/sobjects/ContentVersion"),
            json!([
                ["entity_content", null, "application/json",
                    {"PathOnClient": "/pen.jpg", "Description": "", "TagCsv": "blue,new", "ContentDocumentId": null}],
                ["VersionData", "other.jpg", null, "abc"]]),
            201,
            json!({"id": "068A", "success": true, "errors": []}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/ContentVersion/068A?fields=ContentDocumentId,VersionNumber"),
            Value::Null,
            200,
            json!({"Id": "068A", "ContentDocumentId": "069A00000000001", "VersionNumber": "1"}),
        )
        .vendor(
            &format!("POST {DATA}/chatter/feed-elements"),
            post,
            201,
            json!({"id": "0D5A00000000001", "feedElementType": "FeedItem", "capabilities": {"files": {"items": [{"id": "069A00000000001"}]}}}),
        )
        .vendor(&latest(), Value::Null, 200, found())
        .run()
        .unwrap();
    assert_eq!(
        ended.body,
        json!({"id": "069A00000000001", "name": "pen.jpg", "path": "/pen.jpg", "directory": false, "size": 3, "mimeType": "image/jpeg",
            "tags": ["blue", "new"], "versionNumber": "1", "createdDate": "2024-01-01T00:00:00.000Z",
            "modifiedDate": "2024-01-02T00:00:00.000Z", "feedId": "0D5A00000000001"})
    );
}

#[test]
fn an_existing_file_is_only_overwritten_when_asked() {
    let refused = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg")
        .part("file", None, "abc")
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, found())
        .run();
    assert_eq!(refused.err().unwrap().status, Some(409));
    // A further version has its post already.
    let ended = Play::of("sfdcdocuments", "POST /files?path=/pen.jpg&overwrite=true")
        .part("file", None, "abc")
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, found())
        .vendor(
            &format!("POST {DATA}/sobjects/ContentVersion"),
            json!([
                ["entity_content", null, "application/json",
                    {"PathOnClient": "/pen.jpg", "Description": "", "TagCsv": "", "ContentDocumentId": "069A00000000001"}],
                ["VersionData", null, null, "abc"]]),
            201,
            json!({"id": "068B", "success": true}),
        )
        .vendor(
            &format!("GET {DATA}/sobjects/ContentVersion/068B?fields=ContentDocumentId,VersionNumber"),
            Value::Null,
            200,
            json!({"ContentDocumentId": "069A00000000001", "VersionNumber": "2"}),
        )
        .vendor(&latest(), Value::Null, 200, found())
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "069A00000000001");
}

#[test]
fn a_file_is_renamed_and_tagged_through_its_latest_version() {
    let ended = Play::of("sfdcdocuments", "PATCH /files/metadata?path=/pen.jpg")
        .json(&json!({"path": "/ink.jpg", "tags": ["sample", "blue"]}))
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, found())
        .vendor(
            &format!("PATCH {DATA}/sobjects/ContentVersion/068A"),
            json!({"Title": "ink", "TagCsv": "sample,blue"}),
            204,
            Value::Null,
        )
        .vendor(&latest(), Value::Null, 200, found())
        .run()
        .unwrap();
    assert_eq!(ended.body["id"], "069A00000000001");
    for (body, said) in [
        (json!({"path": "/a/b.jpg"}), "moved"),
        (json!({"name": "pen.png"}), "extension"),
        (json!({"colour": 1}), "Give name or path"),
    ] {
        let refused = Play::of("sfdcdocuments", "PATCH /files/069A00000000001/metadata")
            .json(&body)
            .vendor(&latest(), Value::Null, 200, found())
            .run()
            .err()
            .unwrap();
        assert_eq!(refused.status, Some(400));
        assert!(refused.message.contains(said), "{}", refused.message);
    }
}

#[test]
fn comments_hang_on_the_post_of_a_file() {
    let items = json!({"items": [{"id": "0D7A", "body": {"text": "fine"}, "createdDate": "2024-01-01T00:00:00.000Z",
        "user": {"id": "005A", "displayName": "Ann"}}], "nextPageToken": "1"});
    let by_post = Play::of(
        "sfdcdocuments",
        "GET /files/0D5A00000000001/comments?pageSize=1&raw=true",
    )
    .vendor(
        &format!("GET {DATA}/chatter/feed-elements/0D5A00000000001/capabilities/comments/items?pageSize=1"),
        Value::Null,
        200,
        items.clone(),
    )
    .run()
    .unwrap();
    assert_eq!(by_post.body[0]["comment"], "fine");
    assert_eq!(by_post.body[0]["raw"]["id"], "0D7A");
    assert!(by_post.headers.contains_key("elements-next-page-token"));
    let post = "SELECT Id FROM FeedItem WHERE RelatedRecordId IN (SELECT Id FROM ContentVersion WHERE ContentDocumentId = '069A00000000001') ORDER BY CreatedDate DESC LIMIT 1";
    let by_path = Play::of("sfdcdocuments", "POST /files/comments?path=/pen.jpg")
        .json(&json!({"comment": "mine"}))
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, found())
        .vendor(
            &query(post),
            Value::Null,
            200,
            json!({"records": [{"Id": "0D5A00000000001"}]}),
        )
        .vendor(
            &format!(
                "POST {DATA}/chatter/feed-elements/0D5A00000000001/capabilities/comments/items"
            ),
            json!({"body": {"messageSegments": [{"type": "Text", "text": "mine"}]}}),
            201,
            json!({"id": "0D7B", "body": {"text": "mine"}}),
        )
        .run()
        .unwrap();
    assert_eq!(by_path.body, json!({"id": "0D7B", "comment": "mine"}));
}

#[test]
fn files_are_searched_by_title_date_and_tags() {
    let statement = "SELECT Id,Title,FileExtension,ContentSize,Description,TagCsv,VersionNumber,CreatedDate,LastModifiedDate,ContentDocumentId,ContentDocument.CreatedDate \
        FROM ContentVersion WHERE IsLatest = true AND Title LIKE '%5\\%\\'s%' AND ContentDocument.CreatedDate >= 2024-01-01T00:00:00Z \
        AND ContentDocument.CreatedDate <= 2024-02-01T00:00:00Z ORDER BY Id LIMIT 2 OFFSET 2";
    let line = "GET /search?text=5%25's&startDate=2024-01-01&endDate=2024-02-01T00:00:00Z&tags=NEW&path=/&pageSize=2&page=2";
    let untagged = json!({"Id": "068B", "ContentDocumentId": "069B", "Title": "x"});
    let ended = Play::of("sfdcdocuments", line)
        .vendor(
            &query(statement),
            Value::Null,
            200,
            json!({"records": [version(), untagged]}),
        )
        .run()
        .unwrap();
    let ids: Vec<&Value> = ended
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|file| &file["id"])
        .collect();
    assert_eq!(ids, ["069A00000000001"]);
    for faulty in [
        "GET /search?path=/Test folder&text=x",
        "GET /search?startDate=soon",
    ] {
        let refused = Play::of("sfdcdocuments", faulty).run().err().unwrap();
        assert_eq!(refused.status, Some(400), "{faulty}");
    }
}

#[test]
fn a_file_is_deleted_by_path() {
    let ended = Play::of("sfdcdocuments", "DELETE /files?path=/pen.jpg")
        .vendor(&find("pen", "'jpg'"), Value::Null, 200, found())
        .vendor(
            &format!("DELETE {DATA}/connect/files/069A00000000001"),
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
        {"type": "File", "id": "069A00000000001", "file": detail()}]});
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
            json!({"items": [{"type": "File", "id": "069A00000000001", "file": detail()}]}),
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
