//! Content versions and Connect files and folders: two views of the same files.

use serde_json::{Value, json};

use super::{BASE, Salesforce};
use crate::world::Answer;

impl Salesforce {
    async fn upload(&self, path: &str, parts: &[(&str, &str, &str)]) -> Answer {
        let mut body = String::new();
        for (disposition, kind, data) in parts {
            body.push_str("--cut\r\nContent-Disposition: form-data; ");
            body.push_str(disposition);
            if !kind.is_empty() {
                body.push_str("\r\nContent-Type: ");
                body.push_str(kind);
            }
            body.push_str("\r\n\r\n");
            body.push_str(data);
            body.push_str("\r\n");
        }
        body.push_str("--cut--\r\n");
        let bearer = format!("Bearer {}", self.token("access_token"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "multipart/form-data; boundary=cut"),
        ];
        self.world
            .send("POST", &format!("{BASE}{path}"), &headers, body)
            .await
    }
}

#[tokio::test]
async fn a_version_in_base64_makes_a_document_that_both_views_show() {
    let client = Salesforce::start().await;
    let body = json!({"Title": "Penguins", "PathOnClient": "penguins.txt", "VersionData": "aGVsbG8=", "Description": "birds"});
    let version = client.create("ContentVersion", body).await;
    assert!(version.starts_with("068"));
    let read = client
        .get(&format!("/sobjects/ContentVersion/{version}"))
        .await
        .json();
    assert_eq!(
        read["VersionData"],
        format!("{BASE}/sobjects/ContentVersion/{version}/VersionData")
    );
    assert_eq!(
        (&read["ContentSize"], &read["Checksum"]),
        (&json!(5), &json!("5d41402abc4b2a76b9719d911017c592"))
    );
    assert_eq!(
        client
            .get(&format!("/sobjects/ContentVersion/{version}/VersionData"))
            .await
            .text,
        "hello"
    );
    let document = read["ContentDocumentId"].as_str().unwrap().to_owned();
    assert!(document.starts_with("069"));
    let found = client.query(&format!("SELECT Title, FileExtension, LatestPublishedVersionId FROM ContentDocument WHERE Id = '{document}'")).await.json();
    assert_eq!(found["records"][0]["Title"], "Penguins");
    assert_eq!(
        found["records"][0]["LatestPublishedVersionId"],
        version.as_str()
    );
    let file = client
        .get(&format!("/connect/files/{document}"))
        .await
        .json();
    assert_eq!(
        (&file["title"], &file["mimeType"], &file["contentSize"]),
        (&json!("Penguins"), &json!("text/plain"), &json!("5"))
    );
    assert_eq!(
        file["downloadUrl"],
        format!("{BASE}/connect/files/{document}/content?versionNumber=1")
    );
    let content = client
        .get(&format!("/connect/files/{document}/content"))
        .await;
    assert_eq!(
        (content.text.as_str(), &content.headers["content-type"]),
        ("hello", &"text/plain".parse().unwrap())
    );
}

#[tokio::test]
async fn a_second_version_becomes_the_latest_and_the_first_stays_readable() {
    let client = Salesforce::start().await;
    let upload = client
        .upload(
            "/connect/files/users/me",
            &[
                ("name=\"title\"", "", "Plan"),
                ("name=\"desc\"", "", "the plan"),
                (
                    "name=\"fileData\"; filename=\"plan.csv\"",
                    "text/csv",
                    "a,b\r\n1,2",
                ),
            ],
        )
        .await;
    assert_eq!(upload.status, 201);
    let file = upload.json();
    assert_eq!(
        (&file["name"], &file["fileExtension"], &file["description"]),
        (&json!("Plan"), &json!("csv"), &json!("the plan"))
    );
    let id = file["id"].as_str().unwrap();
    let entity =
        json!({"ContentDocumentId": id, "PathOnClient": "plan.csv", "ReasonForChange": "newer"})
            .to_string();
    let second = client
        .upload(
            "/sobjects/ContentVersion",
            &[
                ("name=\"entity_content\"", "application/json", &entity),
                (
                    "name=\"VersionData\"; filename=\"plan.csv\"",
                    "application/octet-stream",
                    "second",
                ),
            ],
        )
        .await;
    assert_eq!(second.status, 201, "{}", second.text);
    assert_eq!(
        client.get(&format!("/connect/files/{id}")).await.json()["versionNumber"],
        "2"
    );
    assert_eq!(
        client
            .get(&format!("/connect/files/{id}/content"))
            .await
            .text,
        "second"
    );
    assert_eq!(
        client
            .get(&format!("/connect/files/{id}/content?versionNumber=1"))
            .await
            .text,
        "a,b\r\n1,2"
    );
    let versions = client.query(&format!("SELECT VersionNumber, IsLatest FROM ContentVersion WHERE ContentDocumentId = '{id}' ORDER BY VersionNumber DESC")).await.json();
    let flags: Vec<&Value> = versions["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["IsLatest"])
        .collect();
    assert_eq!(flags, [&json!(true), &json!(false)]);
}

#[tokio::test]
async fn renaming_and_deleting_in_one_view_shows_in_the_other() {
    let client = Salesforce::start().await;
    let id = client
        .ids("SELECT Id FROM ContentDocument ORDER BY Title LIMIT 1")
        .await
        .remove(0);
    let renamed = client
        .call(
            "PATCH",
            &format!("/connect/files/{id}"),
            json!({"title": "New name", "desc": "d"}),
        )
        .await
        .json();
    assert_eq!(renamed["title"], "New name");
    let read = client
        .get(&format!("/sobjects/ContentDocument/{id}"))
        .await
        .json();
    assert_eq!(
        (&read["Title"], &read["Description"]),
        (&json!("New name"), &json!("d"))
    );
    let latest = read["LatestPublishedVersionId"].as_str().unwrap();
    assert_eq!(
        client
            .get(&format!("/sobjects/ContentVersion/{latest}"))
            .await
            .json()["Title"],
        "New name"
    );
    assert_eq!(
        client
            .call("DELETE", &format!("/connect/files/{id}"), Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(
        client
            .get(&format!("/sobjects/ContentDocument/{id}"))
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .get(&format!("/sobjects/ContentVersion/{latest}"))
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .get(&format!("/connect/files/{id}/content"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn folders_hold_folders_and_files_in_pages() {
    let client = Salesforce::start().await;
    let root = client
        .get("/connect/folders/root/items?page=0&pageSize=10")
        .await
        .json();
    let items = root["items"].as_array().unwrap();
    assert_eq!(items.len(), 10);
    assert_eq!(items[0]["type"], "Folder");
    assert_eq!(items[0]["folder"]["path"], "/Reports");
    assert_eq!(items[5]["type"], "File");
    assert_eq!(
        root["nextPageUrl"],
        format!("{BASE}/connect/folders/root/items?page=1&pageSize=10")
    );
    let reports = items[0]["id"].as_str().unwrap();
    let inner = client
        .get(&format!("/connect/folders/{reports}/items"))
        .await
        .json();
    assert_eq!(inner["items"][0]["folder"]["path"], "/Reports/2025");
    assert_eq!(inner["nextPageUrl"], Value::Null);
    let made = client
        .upload(
            &format!("/connect/folders/{reports}/items"),
            &[("name=\"fileData\"; filename=\"in.txt\"", "text/plain", "x")],
        )
        .await;
    assert_eq!(made.json()["file"]["parentFolder"]["id"], reports);
    let (mut seen, mut page) = (0, 0);
    loop {
        let list = client
            .get(&format!("/connect/files/users/me?page={page}&pageSize=20"))
            .await
            .json();
        seen += list["files"].as_array().unwrap().len();
        page += 1;
        if list["nextPageUrl"].is_null() {
            break;
        }
    }
    assert_eq!((seen, page), (43, 3));
    for (path, code) in [
        (
            "/connect/folders/root/items?pageSize=101",
            "ILLEGAL_QUERY_PARAMETER_VALUE",
        ),
        (
            "/connect/files/users/me?page=x",
            "ILLEGAL_QUERY_PARAMETER_VALUE",
        ),
        ("/connect/files/001", "INVALID_ID_FIELD"),
    ] {
        let (status, found, _) = client.refused("GET", path, Value::Null).await;
        assert_eq!((status, found.as_str()), (400, code), "{path}");
    }
}

#[tokio::test]
async fn folders_are_made_and_removed_when_empty() {
    let client = Salesforce::start().await;
    let made = client
        .call(
            "POST",
            "/connect/folders/root/items",
            json!({"type": "Folder", "folderName": "New"}),
        )
        .await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    client
        .upload(
            &format!("/connect/folders/{id}/items"),
            &[("name=\"fileData\"; filename=\"a\"", "", "x")],
        )
        .await;
    let path = format!("/connect/folders/{id}");
    assert_eq!(
        client.refused("DELETE", &path, Value::Null).await.1,
        "FOLDER_NOT_EMPTY"
    );
    let file = client.get(&format!("{path}/items")).await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client
        .call("DELETE", &format!("/connect/files/{file}"), Value::Null)
        .await;
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
}

#[tokio::test]
async fn links_need_a_filter_and_bad_files_are_refused() {
    let client = Salesforce::start().await;
    let all = client.query("SELECT Id FROM ContentDocumentLink").await;
    assert!(
        all.status == 400
            && all
                .text
                .contains("Implementation restriction: ContentDocumentLink requires a filter")
    );
    let account = client.create("Account", json!({"Name": "x"})).await;
    let document = client
        .ids("SELECT Id FROM ContentDocument LIMIT 1")
        .await
        .remove(0);
    let link = json!({"ContentDocumentId": document, "LinkedEntityId": account, "ShareType": "V"});
    client.create("ContentDocumentLink", link.clone()).await;
    assert_eq!(
        client
            .refused("POST", "/sobjects/ContentDocumentLink", link)
            .await
            .1,
        "DUPLICATE_VALUE"
    );
    let soql = format!("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '{account}'");
    assert_eq!(client.ids(&soql).await.len(), 1);
    for (body, code) in [
        (
            json!({"Title": "x", "VersionData": "aGk="}),
            "REQUIRED_FIELD_MISSING",
        ),
        (json!({"PathOnClient": "x"}), "REQUIRED_FIELD_MISSING"),
        (
            json!({"PathOnClient": "x", "VersionData": "***"}),
            "INVALID_BASE64_STRING",
        ),
    ] {
        assert_eq!(
            client
                .refused("POST", "/sobjects/ContentVersion", body)
                .await
                .1,
            code
        );
    }
    let before = client
        .query("SELECT COUNT() FROM ContentDocument")
        .await
        .json()["totalSize"]
        .clone();
    assert_eq!(before, 42);
    let none = client
        .upload("/connect/files/users/me", &[("name=\"title\"", "", "x")])
        .await;
    assert_eq!(none.status, 400);
}
