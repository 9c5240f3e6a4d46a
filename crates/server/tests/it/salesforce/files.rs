//! Files: of the CRM's records, and as documents with their comments.

use serde_json::{Value, json};

use super::Account;
use crate::support::TestApp;

#[tokio::test]
async fn files_and_attachments_of_the_crm() {
    let app = TestApp::start().await;
    let crm = Account::at(&app, "sfdc", "crm").await;
    let parent = crm.get("/accounts?pageSize=1").await[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let attached = crm
        .upload("POST", &format!("/Account/{parent}/attachments"), "hello")
        .await
        .expect(200)
        .json();
    let attachment = format!("/attachments/{}", attached["id"].as_str().unwrap());
    crm.upload("PATCH", &attachment, "bye").await.expect(200);
    let data = crm
        .send("GET", &format!("{attachment}/data"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (data.text().as_str(), data.header("content-type")),
        ("bye", "text/plain")
    );
    crm.send("DELETE", &attachment, Value::Null)
        .await
        .expect(200);
    let file = crm
        .upload("POST", "/files?pathOnClient=up.txt&description=d", "one")
        .await
        .expect(200)
        .json();
    let file_id = file["Id"].as_str().unwrap();
    assert_eq!(
        (&file["Title"], &file["Description"]),
        (&json!("up"), &json!("d"))
    );
    let own = format!("/files/{file_id}");
    let version = crm
        .upload("POST", &format!("{own}/versions?reason=r"), "two")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&version["VersionNumber"], &version["ReasonForChange"]),
        (&json!("2"), &json!("r"))
    );
    let bytes = crm
        .send(
            "GET",
            &format!("{own}/versions/latest-version"),
            Value::Null,
        )
        .await
        .expect(200);
    assert_eq!(bytes.text(), "two");
    assert_eq!(
        crm.get(&format!("{own}/versions/latest-version/metadata"))
            .await["Id"],
        version["Id"]
    );
    assert_eq!(
        crm.get(&format!("{own}/versions"))
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let link = crm
        .upload(
            "POST",
            &format!("/Account/{parent}/files?pathOnClient=l.txt"),
            "x",
        )
        .await
        .expect(200)
        .json();
    assert_eq!(link["LinkedEntityId"], parent.as_str());
    let details = crm.get(&format!("/Account/{parent}/files/details")).await;
    let listed = details
        .as_array()
        .unwrap()
        .iter()
        .any(|file| file["Id"] == link["ContentDocumentId"]);
    assert!(listed, "{details}");
    // What cannot be linked leaves no file behind.
    let count = async || {
        crm.get("/query?q=SELECT COUNT(Id) n FROM ContentDocument")
            .await[0]["n"]
            .clone()
    };
    let before = count().await;
    crm.upload("POST", &format!("/Account/{file_id}/files"), "x")
        .await
        .error(400);
    assert_eq!(count().await, before);
    crm.send("DELETE", &own, Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_document_is_tagged_commented_on_found_and_moved_about() {
    let app = TestApp::start().await;
    let documents = Account::at(&app, "sfdcdocuments", "documents").await;
    let file = documents
        .upload("POST", "/files?path=/tour.jpg&tags=a,b", "one")
        .await
        .expect(200)
        .json();
    assert_eq!(file["tags"], json!(["a", "b"]));
    documents
        .upload("POST", "/files?path=/tour.jpg", "two")
        .await
        .error(409);
    documents
        .upload("POST", "/files?path=/tour.jpg&overwrite=true", "two")
        .await
        .expect(200);
    let own = format!("/files/{}", file["id"].as_str().unwrap());
    let bytes = documents.send("GET", &own, Value::Null).await.expect(200);
    assert_eq!(
        (bytes.text().as_str(), bytes.header("content-type")),
        ("two", "image/jpeg")
    );
    let renamed = json!({"path": "/fair.jpg", "tags": ["sample"]});
    let renamed = documents
        .send("PATCH", &format!("{own}/metadata"), renamed)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&renamed["path"], &renamed["tags"]),
        (&json!("/fair.jpg"), &json!(["sample"]))
    );
    let revisions = documents.get("/files/revisions?path=/fair.jpg").await;
    assert_eq!(revisions.as_array().unwrap().len(), 2);
    assert_eq!(revisions[0]["versionNumber"], "2");
    let comments = format!("/files/{}/comments", file["feedId"].as_str().unwrap());
    for said in ["one", "two"] {
        documents
            .send("POST", &comments, json!({"comment": said}))
            .await
            .expect(200);
    }
    documents
        .send(
            "POST",
            "/files/comments?path=/fair.jpg",
            json!({"comment": "three"}),
        )
        .await
        .expect(200);
    let page = documents
        .send("GET", &format!("{comments}?pageSize=2"), Value::Null)
        .await
        .expect(200);
    let said = |page: &Value| -> Vec<String> {
        let rows = page.as_array().unwrap().iter();
        rows.map(|row| row["comment"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(said(&page.json()), ["two", "three"]);
    let token = page.header("elements-next-page-token").to_owned();
    let last = documents
        .send(
            "GET",
            &format!("{comments}?pageSize=2&nextPage={token}"),
            Value::Null,
        )
        .await
        .expect(200);
    assert_eq!(said(&last.json()), ["one"]);
    assert_eq!(last.header("elements-next-page-token"), "");
    let one = format!("{comments}/{}", last.json()[0]["id"].as_str().unwrap());
    documents
        .send("DELETE", &one, Value::Null)
        .await
        .expect(200);
    assert_eq!(
        documents
            .get(&own.replace("/files/", "/search?tags=sample&text=fair&path=/&id="))
            .await[0]["id"],
        file["id"]
    );
    documents
        .send("GET", "/search?path=/Test folder&text=x", Value::Null)
        .await
        .error(400);
    let link = documents.get(&format!("{own}/links")).await;
    assert!(
        link["providerViewLink"]
            .as_str()
            .is_some_and(|url| url.starts_with("https://")),
        "{link}"
    );
    assert_eq!(
        documents.get("/files/links?path=/fair.jpg").await,
        link,
        "one link, however often it is asked for"
    );
    let folder = documents
        .send("POST", "/folders", json!({"path": "/New"}))
        .await
        .expect(200)
        .json();
    assert_eq!(
        documents.get("/folders/metadata?path=/New").await["id"],
        folder["id"]
    );
    documents
        .send("DELETE", "/folders?path=/New", Value::Null)
        .await
        .expect(200);
    documents
        .send("DELETE", "/files?path=/fair.jpg", Value::Null)
        .await
        .expect(200);
    documents
        .send("GET", &format!("{own}/metadata"), Value::Null)
        .await
        .error(404);
}
