//! Several calls in one, searches, posts, reports, articles.

use serde_json::{Value, json};

use super::{BASE, Salesforce};

#[tokio::test]
async fn a_composite_uses_what_earlier_calls_answered() {
    let client = Salesforce::start().await;
    let body = json!({ "allOrNone": true, "compositeRequest": [
        { "method": "POST", "url": format!("{BASE}/sobjects/Account"), "referenceId": "account", "body": { "Name": "Composed" } },
        { "method": "POST", "url": format!("{BASE}/sobjects/Contact"), "referenceId": "contact",
          "body": { "LastName": "Of it", "AccountId": "@{account.id}" } },
        { "method": "GET", "url": format!("{BASE}/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{{contact.id}}'"), "referenceId": "read" },
    ] });
    let answer = client.call("POST", "/composite", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answers = answer.json()["compositeResponse"].clone();
    assert_eq!(answers[0]["httpStatusCode"], 201);
    assert!(answers[0]["httpHeaders"]["Location"].is_string());
    assert_eq!(
        answers[2]["body"]["records"][0]["Account"]["Name"],
        "Composed"
    );
}

#[tokio::test]
async fn all_or_none_leaves_nothing_behind() {
    let client = Salesforce::start().await;
    let count = "SELECT COUNT() FROM Account";
    let before = client.query(count).await.json()["totalSize"].clone();
    let body = json!({ "allOrNone": true, "compositeRequest": [
        { "method": "POST", "url": format!("{BASE}/sobjects/Account"), "referenceId": "a", "body": { "Name": "Kept?" } },
        { "method": "POST", "url": format!("{BASE}/sobjects/Account"), "referenceId": "b", "body": {} },
    ] });
    let answers = client.call("POST", "/composite", body).await.json()["compositeResponse"].clone();
    assert_eq!(answers[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(answers[1]["body"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    let records = json!([
        { "attributes": { "type": "Account" }, "Name": "Kept?" },
        { "attributes": { "type": "Account" } },
    ]);
    let body = json!({ "allOrNone": true, "records": records });
    let results = client
        .call("POST", "/composite/sobjects", body)
        .await
        .json();
    assert_eq!(
        results[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
    assert_eq!(results[1]["errors"][0]["fields"], json!(["Name"]));
    let tree = json!({ "records": [{
        "attributes": { "type": "Account", "referenceId": "r1" }, "Name": "Kept?",
        "Contacts": { "records": [{ "attributes": { "type": "Contact", "referenceId": "r2" } }] },
    }] });
    let planted = client.call("POST", "/composite/tree/Account", tree).await;
    assert_eq!(planted.status, 400);
    assert_eq!(planted.json()["results"][0]["referenceId"], "r2");
    assert_eq!(client.query(count).await.json()["totalSize"], before);
}

#[tokio::test]
async fn collections_have_an_outcome_a_record() {
    let client = Salesforce::start().await;
    let records = json!([
        { "attributes": { "type": "Contact" }, "LastName": "First" },
        { "attributes": { "type": "Contact" } },
    ]);
    let made = client
        .call("POST", "/composite/sobjects", json!({ "records": records }))
        .await
        .json();
    assert_eq!(
        (&made[0]["success"], &made[1]["success"]),
        (&json!(true), &json!(false))
    );
    let id = made[0]["id"].as_str().unwrap();
    let changes = json!({ "records": [{ "attributes": { "type": "Contact" }, "id": id, "FirstName": "Ada" }] });
    client.call("PATCH", "/composite/sobjects", changes).await;
    let read = client
        .get(&format!(
            "/composite/sobjects/Contact?ids={id},003000000000000AAA&fields=Name"
        ))
        .await
        .json();
    assert_eq!(read[0]["Name"], "Ada First");
    assert!(read[1].is_null());
    let rows = json!({ "records": [
        { "attributes": { "type": "Contact" }, "External_Id__c": "con-0001", "Title": "New" },
        { "attributes": { "type": "Contact" }, "External_Id__c": "fresh", "LastName": "Fresh" },
    ] });
    let upserted = client
        .call("PATCH", "/composite/sobjects/Contact/External_Id__c", rows)
        .await
        .json();
    assert_eq!(upserted[0]["created"], false);
    assert_eq!(upserted[1]["created"], true);
    let gone = client
        .call(
            "DELETE",
            &format!("/composite/sobjects?ids={id}"),
            Value::Null,
        )
        .await
        .json();
    assert_eq!(gone[0]["success"], true);
    let many: Vec<Value> = (0..201)
        .map(|_| json!({ "attributes": { "type": "Contact" } }))
        .collect();
    let refused = client
        .refused("POST", "/composite/sobjects", json!({ "records": many }))
        .await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn a_batch_goes_on_after_a_failure_unless_told_to_halt() {
    let client = Salesforce::start().await;
    let calls = json!([
        { "method": "GET", "url": "v59.0/sobjects/Account/none" },
        { "method": "GET", "url": "v59.0/limits" },
    ]);
    let answer = client
        .call(
            "POST",
            "/composite/batch",
            json!({ "batchRequests": calls }),
        )
        .await
        .json();
    assert_eq!(answer["hasErrors"], true);
    assert_eq!(answer["results"][1]["statusCode"], 200);
    let answer = client
        .call(
            "POST",
            "/composite/batch",
            json!({ "haltOnError": true, "batchRequests": calls }),
        )
        .await
        .json();
    assert_eq!(answer["results"][1]["statusCode"], 412);
    let many: Vec<Value> = (0..26).map(|_| calls[1].clone()).collect();
    let refused = client
        .refused("POST", "/composite/batch", json!({ "batchRequests": many }))
        .await;
    assert_eq!(refused.1, "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn sosl_finds_words_in_the_objects_named() {
    let client = Salesforce::start().await;
    let find = async |text: &str| {
        let encoded = text.replace('%', "%25").replace(' ', "+");
        client.get(&format!("/search?q={encoded}")).await
    };
    let found = find("FIND {northwind} IN NAME FIELDS RETURNING Account(Id, Name WHERE Name LIKE 'Northwind%' ORDER BY Name LIMIT 3), Contact(Id)").await;
    assert_eq!(found.status, 200, "{}", found.text);
    let records = found.json()["searchRecords"].clone();
    let accounts: Vec<&str> = records
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["attributes"]["type"] == "Account")
        .filter_map(|record| record["Name"].as_str())
        .collect();
    assert_eq!(accounts.len(), 3);
    assert!(accounts.is_sorted());
    let none = find("FIND {northw} RETURNING Account").await.json();
    assert_eq!(none["searchRecords"], json!([]));
    let some = find("FIND {northw*} RETURNING Account").await.json();
    assert!(!some["searchRecords"].as_array().unwrap().is_empty());
    for faulty in ["FIND northwind", "FIND {x}", "FIND {acme} IN NO FIELDS"] {
        let answer = find(faulty).await;
        assert_eq!(
            answer.json()[0]["errorCode"],
            "MALFORMED_SEARCH",
            "{faulty}"
        );
    }
    let found = client
        .get("/parameterizedSearch?q=northwind&sobject=Account&Account.fields=Name&Account.limit=2")
        .await
        .json();
    assert_eq!(found["searchRecords"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn comments_are_paged_from_the_newest() {
    let client = Salesforce::start().await;
    let file = client
        .ids("SELECT Id FROM ContentDocument LIMIT 1")
        .await
        .remove(0);
    let post = json!({ "feedElementType": "FeedItem", "subjectId": "me", "body": { "messageSegments": [] },
        "capabilities": { "files": { "items": [{ "id": file }] } } });
    let post = client.call("POST", "/chatter/feed-elements", post).await;
    assert_eq!(post.status, 201, "{}", post.text);
    let post = post.json()["id"].as_str().unwrap().to_owned();
    assert!(post.starts_with("0D5"));
    let items = format!("/chatter/feed-elements/{post}/capabilities/comments/items");
    for words in ["one", "two", "three"] {
        let said = json!({ "body": { "messageSegments": [{ "type": "Text", "text": words }] } });
        let made = client.call("POST", &items, said).await.json();
        assert!(made["id"].as_str().unwrap().starts_with("0D7"));
    }
    let page = client.get(&format!("{items}?pageSize=2")).await.json();
    let texts = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["body"]["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts(&page), ["two", "three"]);
    assert_eq!(page["total"], 3);
    let token = page["nextPageToken"].as_str().unwrap();
    let last = client
        .get(&format!("{items}?pageSize=2&page={token}"))
        .await
        .json();
    assert_eq!(texts(&last), ["one"]);
    assert!(last["nextPageToken"].is_null());
    let comment = last["items"][0]["id"].as_str().unwrap();
    let gone = client
        .call(
            "DELETE",
            &format!("/chatter/comments/{comment}"),
            Value::Null,
        )
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(client.get(&items).await.json()["total"], 2);
}

#[tokio::test]
async fn reports_are_listed_described_and_run_with_filters() {
    let client = Salesforce::start().await;
    let list = client.get("/analytics/reports").await.json();
    let contacts = list
        .as_array()
        .unwrap()
        .iter()
        .find(|report| report["name"] == "Contacts by City")
        .unwrap();
    let own = format!("/analytics/reports/{}", contacts["id"].as_str().unwrap());
    let described = client.get(&format!("{own}/describe")).await.json();
    assert_eq!(described["reportMetadata"]["detailColumns"][0], "Name");
    let filter = json!({ "reportMetadata": { "reportFilters": [
        { "column": "Department", "operator": "equals", "value": "Sales,Finance" },
        { "column": "Name", "operator": "startsWith", "value": "A" },
    ] } });
    let all = client
        .call("POST", &format!("{own}?includeDetails=true"), Value::Null)
        .await
        .json();
    let some = client
        .call("POST", &format!("{own}?includeDetails=true"), filter)
        .await
        .json();
    let count = |report: &Value| report["factMap"]["T!T"]["rows"].as_array().unwrap().len();
    assert_eq!(count(&all), 260);
    assert!(count(&some) > 0 && count(&some) < 60, "{}", count(&some));
    for row in some["factMap"]["T!T"]["rows"].as_array().unwrap() {
        assert!(
            row["dataCells"][0]["label"]
                .as_str()
                .unwrap()
                .starts_with('A')
        );
    }
}

#[tokio::test]
async fn articles_go_from_draft_to_online_to_the_archive() {
    let client = Salesforce::start().await;
    let body = json!({ "Title": "New", "UrlName": "brand-new", "Summary": "s" });
    let id = client
        .create("Sailthru__Discussion__kav", body.clone())
        .await;
    let refused = client.refused("POST", "/sobjects/FAQ__kav", body).await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "DUPLICATE_VALUE"));
    let soql = format!(
        "SELECT Id FROM KnowledgeArticleVersion WHERE PublishStatus = 'Draft' AND Language = 'en_US' AND Id = '{id}'"
    );
    assert_eq!(client.ids(&soql).await.len(), 1);
    let status = format!("/knowledgeManagement/articleVersions/masterVersions/{id}");
    for wanted in ["Draft", "Online"] {
        let done = client
            .call("PATCH", &status, json!({ "publishStatus": wanted }))
            .await;
        assert_eq!(done.status, 204, "{}", done.text);
    }
    assert!(client.ids(&soql).await.is_empty());
    let one = format!("/sobjects/Sailthru__Discussion__kav/{id}");
    let refused = client
        .refused("PATCH", &one, json!({ "Title": "Late" }))
        .await;
    assert_eq!(refused.1, "INVALID_ARTICLE_STATE");
    let done = client
        .call("PATCH", &status, json!({ "publishStatus": "Archived" }))
        .await;
    assert_eq!(done.status, 204);
    let refused = client
        .refused("PATCH", &status, json!({ "publishStatus": "Online" }))
        .await;
    assert_eq!(refused.1, "INVALID_OPERATION");
}

#[tokio::test]
async fn attachments_and_documents_keep_their_bytes_and_type() {
    let client = Salesforce::start().await;
    let parent = client.ids("SELECT Id FROM Contact LIMIT 1").await.remove(0);
    let body = json!({ "ParentId": parent, "Name": "a.txt", "ContentType": "text/plain", "Body": "aGVsbG8=" });
    let id = client.create("Attachment", body).await;
    let data = client.get(&format!("/sobjects/Attachment/{id}/Body")).await;
    assert_eq!(data.text, "hello");
    assert_eq!(data.headers["content-type"], "text/plain");
    let read = client
        .get(&format!("/sobjects/Attachment/{id}"))
        .await
        .json();
    assert_eq!(read["BodyLength"], 5);
    let changed = client
        .call(
            "PATCH",
            &format!("/sobjects/Attachment/{id}"),
            json!({ "Body": "Ynll" }),
        )
        .await;
    assert_eq!(changed.status, 204);
    assert_eq!(
        client
            .get(&format!("/sobjects/Attachment/{id}/Body"))
            .await
            .text,
        "bye"
    );
    let list = client
        .get(&format!("/sobjects/Contact/{parent}/Attachments"))
        .await
        .json();
    assert!(list["totalSize"].as_u64().unwrap() >= 1);
    let refused = client
        .refused(
            "POST",
            "/sobjects/Attachment",
            json!({ "ParentId": parent, "Name": "x" }),
        )
        .await;
    assert_eq!(refused.1, "REQUIRED_FIELD_MISSING");
    let document = client
        .get("/sobjects/Document/0150H00000FRylLQAT/Body")
        .await;
    assert_eq!(document.text, "Write so that it is read.\n");
}

#[tokio::test]
async fn article_types_are_defined_by_metadata_calls() {
    let client = Salesforce::start().await;
    let session = client.token("access_token");
    let call = async |operation: &str, inner: &str| {
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><SessionHeader><sessionId>{session}</sessionId>\
             </SessionHeader></s:Header><s:Body><{operation}>{inner}</{operation}></s:Body></s:Envelope>"
        );
        client
            .world
            .send(
                "POST",
                "/services/Soap/m/59.0",
                &[("content-type", "text/xml")],
                body,
            )
            .await
            .text
    };
    let metadata = "<metadata xsi:type=\"CustomObject\"><fullName>Recipe__kav</fullName><label>Recipe</label><pluralLabel>Recipes</pluralLabel></metadata>";
    assert!(
        call("createMetadata", metadata)
            .await
            .contains("<success>true")
    );
    assert!(
        call("createMetadata", metadata)
            .await
            .contains("DUPLICATE_DEVELOPER_NAME")
    );
    let list = async || {
        client
            .get("/tooling/query?q=SELECT+DurableId,Label+FROM+EntityDefinition+WHERE+QualifiedApiName='Recipe__kav'")
            .await
            .json()
    };
    let made = list().await["records"][0].clone();
    assert!(made["DurableId"].as_str().unwrap().starts_with("01I"));
    let changed = metadata.replace("<label>Recipe", "<label>Dish");
    assert!(
        call("updateMetadata", &changed)
            .await
            .contains("<success>true")
    );
    assert_eq!(list().await["records"][0]["Label"], "Dish");
    let gone = call(
        "deleteMetadata",
        "<type>CustomObject</type><fullNames>Recipe__kav</fullNames>",
    )
    .await;
    assert!(gone.contains("<success>true"));
    assert_eq!(list().await["totalSize"], 0);
    let unknown = client.query("SELECT Id FROM EntityDefinition").await;
    assert_eq!(unknown.json()[0]["errorCode"], "INVALID_TYPE");
}

#[tokio::test]
async fn each_graph_happens_whole_or_not_at_all() {
    let client = Salesforce::start().await;
    let graph = |id: &str, second: Value| {
        json!({ "graphId": id, "compositeRequest": [
            { "method": "POST", "url": format!("{BASE}/sobjects/Account"), "referenceId": "a", "body": { "Name": format!("Graph {id}") } },
            { "method": "POST", "url": format!("{BASE}/sobjects/Contact"), "referenceId": "c", "body": second },
        ] })
    };
    let good = graph("good", json!({ "LastName": "G", "AccountId": "@{a.id}" }));
    let bad = graph("bad", json!({}));
    let answer = client
        .call("POST", "/composite/graph", json!({ "graphs": [good, bad] }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let graphs = answer.json()["graphs"].clone();
    assert_eq!(graphs[0]["isSuccessful"], true);
    assert_eq!(graphs[1]["isSuccessful"], false);
    let failed = &graphs[1]["graphResponse"]["compositeResponse"];
    assert_eq!(failed[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    let kept = client
        .query("SELECT Name FROM Account WHERE Name LIKE 'Graph %'")
        .await
        .json();
    assert_eq!(kept["totalSize"], 1);
    assert_eq!(kept["records"][0]["Name"], "Graph good");
}
