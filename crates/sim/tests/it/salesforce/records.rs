//! Records, describe, SOQL over the wire.

use serde_json::{Value, json};

use super::{BASE, Salesforce};
use crate::world::JSON;

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted_in_any_case_of_its_names() {
    let client = Salesforce::start().await;
    let body = json!({"firstname": "Ada", "LASTNAME": "Lovelace", "email": "ada@example.com", "Birthdate": "1815-12-10"});
    let made = client.call("POST", "/sobjects/contact/", body).await;
    assert_eq!(made.status, 201);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        made.json(),
        json!({"id": id, "success": true, "errors": []})
    );
    assert_eq!(
        made.headers["location"],
        format!("{BASE}/sobjects/Contact/{id}")
    );
    assert!(id.starts_with("003") && id.len() == 18);
    let path = format!("/sobjects/Contact/{}", id.get(..15).unwrap());
    let read = client.get(&path).await.json();
    assert_eq!(
        read["attributes"],
        json!({"type": "Contact", "url": format!("{BASE}/sobjects/Contact/{id}")})
    );
    assert_eq!(read["Id"], id.as_str());
    assert_eq!(read["Name"], "Ada Lovelace");
    assert_eq!(read["OwnerId"], "005i0000001VNdeAAG");
    assert_eq!(read["Phone"], Value::Null);
    assert_eq!(read["CreatedDate"], "2023-11-14T22:13:20.000+0000");
    client
        .world
        .order("/clock/advance", json!({"seconds": 60}))
        .await;
    assert_eq!(
        client
            .call("PATCH", &path, json!({"LastName": "King"}))
            .await
            .status,
        204
    );
    let read = client
        .get(&format!("{path}?fields=Name,LastModifiedDate,CreatedDate"))
        .await
        .json();
    assert_eq!(read["Name"], "Ada King");
    assert_eq!(read["LastModifiedDate"], "2023-11-14T22:14:20.000+0000");
    assert!(read["Email"].is_null() && read.as_object().unwrap().len() == 5);
    let gone = client.call("DELETE", &path, Value::Null).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    let dead = client.refused("GET", &path, Value::Null).await;
    assert_eq!(
        dead,
        (
            404,
            "ENTITY_IS_DELETED".to_owned(),
            "entity is deleted".to_owned()
        )
    );
    let soql = format!("SELECT Id FROM Contact WHERE Id = '{id}'");
    assert!(client.ids(&soql).await.is_empty());
    let all = client
        .get(&format!("/queryAll?q={}", soql.replace(' ', "+")))
        .await
        .json();
    assert_eq!(all["totalSize"], 1);
}

#[tokio::test]
async fn faults_of_callers_get_the_vendors_codes_and_words() {
    let client = Salesforce::start().await;
    let account = client.ids("SELECT Id FROM Account LIMIT 1").await.remove(0);
    let one = format!("/sobjects/Account/{account}");
    let unknown = client.ids("SELECT Id FROM Contact LIMIT 1").await.remove(0);
    let cases = [
        (
            "POST",
            "/sobjects/Contact",
            json!({}),
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [LastName]",
        ),
        (
            "POST",
            "/sobjects/Account",
            json!({"Foo": 1}),
            400,
            "INVALID_FIELD",
            "No such column 'Foo' on sobject of type Account",
        ),
        (
            "POST",
            "/sobjects/Contact",
            json!({"LastName": "x", "Email": "x"}),
            400,
            "INVALID_EMAIL_ADDRESS",
            "Email: invalid email address: x",
        ),
        (
            "POST",
            "/sobjects/Contact",
            json!({"LastName": "x", "AccountId": unknown}),
            400,
            "MALFORMED_ID",
            "Account ID: id value of incorrect type",
        ),
        (
            "POST",
            "/sobjects/Contact",
            json!({"LastName": "x", "AccountId": "0015i00000000AA"}),
            400,
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
        ),
        (
            "PATCH",
            one.as_str(),
            json!({"CreatedDate": "2020-01-01"}),
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: CreatedDate.",
        ),
        (
            "PATCH",
            one.as_str(),
            json!({"Name": null}),
            400,
            "REQUIRED_FIELD_MISSING",
            "Required fields are missing: [Name]",
        ),
        (
            "PATCH",
            one.as_str(),
            json!({"NumberOfEmployees": "many"}),
            400,
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of int from VALUE_STRING value many",
        ),
        (
            "PUT",
            one.as_str(),
            json!({}),
            405,
            "METHOD_NOT_ALLOWED",
            "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE",
        ),
        (
            "GET",
            "/sobjects/Account/0",
            Value::Null,
            404,
            "NOT_FOUND",
            "Provided external ID field does not exist or is not accessible: 0",
        ),
        (
            "GET",
            "/sobjects/Account/0015i00000000AA",
            Value::Null,
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
        ),
        (
            "GET",
            "/sobjects/Nothing",
            Value::Null,
            404,
            "NOT_FOUND",
            "The requested resource does not exist",
        ),
        (
            "POST",
            "/sobjects/Account",
            Value::Null,
            400,
            "JSON_PARSER_ERROR",
            "The HTTP entity body is required",
        ),
        (
            "DELETE",
            "/sobjects/User/005i0000001VNdeAAG",
            Value::Null,
            400,
            "INVALID_TYPE_FOR_OPERATION",
            "entity type User does not support delete",
        ),
        (
            "POST",
            "/sobjects/ContentDocument",
            json!({"Title": "x"}),
            400,
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            "entity type cannot be inserted: ContentDocument",
        ),
    ];
    for (method, path, body, status, code, message) in cases {
        let found = client.refused(method, path, body.clone()).await;
        assert!(
            found.0 == status && found.1 == code && found.2.starts_with(message),
            "{method} {path} {body}: {found:?}"
        );
    }
    let bearer = format!("Bearer {}", client.token("access_token"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/csv"),
    ];
    let table = client
        .world
        .send(
            "POST",
            &format!("{BASE}/sobjects/Account"),
            &headers,
            "Name",
        )
        .await;
    assert_eq!(
        (table.status, table.json()[0]["errorCode"].clone()),
        (415, json!("UNSUPPORTED_MEDIA_TYPE"))
    );
    let broken = client
        .world
        .send(
            "POST",
            &format!("{BASE}/sobjects/Account"),
            &[headers[0], JSON],
            "{\"Name\":",
        )
        .await;
    assert_eq!(broken.json()[0]["errorCode"], "JSON_PARSER_ERROR");
    let old = client
        .world
        .send("GET", "/services/data/v19.0/limits", &[headers[0]], "")
        .await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn objects_compute_what_the_platform_computes() {
    let client = Salesforce::start().await;
    let read =
        async |object: &str, id: &str| client.get(&format!("/sobjects/{object}/{id}")).await.json();
    let case = client
        .create("Case", json!({"Subject": "x", "IsEscalated": "true"}))
        .await;
    let case = read("Case", &case).await;
    assert_eq!(
        (&case["CaseNumber"], &case["Status"], &case["Priority"]),
        (&json!("00001261"), &json!("New"), &json!("Medium"))
    );
    assert_eq!(case["IsEscalated"], true);
    let deal =
        json!({"Name": "x", "StageName": "Closed Won", "CloseDate": "2026-02-03", "Amount": 200});
    let deal = client.create("Opportunity", deal).await;
    let deal = read("Opportunity", &deal).await;
    assert_eq!(
        (
            &deal["IsWon"],
            &deal["Probability"],
            &deal["ExpectedRevenue"]
        ),
        (&json!(true), &json!(100.0), &json!(200.0))
    );
    let lead = client
        .create(
            "Lead",
            json!({"LastName": "x", "Company": "y", "City": "Pune", "Country": "India"}),
        )
        .await;
    let lead = read("Lead", &lead).await;
    assert_eq!(lead["Status"], "Open - Not Contacted");
    assert_eq!(lead["Address"]["city"], "Pune");
    let event = json!({"WhoId": lead["Id"], "ActivityDateTime": "2026-02-03T10:00:00+00:00", "DurationInMinutes": "60"});
    let event = client.create("Event", event).await;
    let event = read("Event", &event).await;
    assert_eq!(event["EndDateTime"], "2026-02-03T11:00:00.000+0000");
    assert_eq!(event["StartDateTime"], event["ActivityDateTime"]);
    assert_eq!(
        client
            .refused("POST", "/sobjects/Event", json!({"Subject": "x"}))
            .await
            .1,
        "REQUIRED_FIELD_MISSING"
    );
    let campaign = client.create("Campaign", json!({"Name": "x"})).await;
    let member = json!({"CampaignId": campaign, "LeadId": lead["Id"]});
    client.create("CampaignMember", member.clone()).await;
    assert_eq!(read("Campaign", &campaign).await["NumberOfLeads"], 1);
    assert_eq!(
        client
            .refused("POST", "/sobjects/CampaignMember", member)
            .await
            .1,
        "DUPLICATE_VALUE"
    );
}

#[tokio::test]
async fn users_need_their_seven_settings_and_a_name_of_their_own() {
    let client = Salesforce::start().await;
    let mut user = json!({
        "LastName": "New", "Email": "new@example.com", "Username": "new@example.com", "Alias": "new",
        "ProfileId": "00ei0000000ehVn", "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
    });
    let missing = client
        .refused("POST", "/sobjects/User", json!({"LastName": "x"}))
        .await;
    assert_eq!(
        missing.2,
        "Required fields are missing: [Username, Email, Alias, TimeZoneSidKey, LocaleSidKey, EmailEncodingKey, ProfileId, LanguageLocaleKey]"
    );
    let id = client.create("User", user.clone()).await;
    assert_eq!(
        client
            .refused("POST", "/sobjects/User", user.clone())
            .await
            .1,
        "DUPLICATE_USERNAME"
    );
    client
        .call(
            "PATCH",
            &format!("/sobjects/User/{id}"),
            json!({"IsActive": false}),
        )
        .await;
    let campaign = json!({"Name": "x", "OwnerId": id});
    assert_eq!(
        client
            .refused("POST", "/sobjects/Campaign", campaign)
            .await
            .1,
        "INACTIVE_OWNER_OR_USER"
    );
    user["Username"] = json!("no-address");
    assert_eq!(
        client.refused("POST", "/sobjects/User", user).await.1,
        "INVALID_EMAIL_ADDRESS"
    );
    let standard = client
        .query("SELECT Id FROM Profile WHERE Name = 'Standard User'")
        .await
        .json();
    assert_eq!(standard["records"][0]["Id"], "00ei0000000ehVnAAI");
}

#[tokio::test]
async fn upserts_create_then_change_and_external_ids_are_unique() {
    let client = Salesforce::start().await;
    let path = "/sobjects/Account/External_Id__c/X-1";
    let made = client.call("PATCH", path, json!({"Name": "One"})).await;
    assert_eq!(made.status, 201);
    let changed = client.call("PATCH", path, json!({"Name": "Two"})).await;
    assert_eq!(
        (changed.status, changed.json()["created"].clone()),
        (200, json!(false))
    );
    let bearer = format!("Bearer {}", client.token("access_token"));
    let headers = [("authorization", bearer.as_str()), JSON];
    let older = "/services/data/v36.0/sobjects/Account/External_Id__c/X-1";
    let old = client
        .world
        .send("PATCH", older, &headers, "{\"Name\":\"Three\"}")
        .await;
    assert_eq!(old.status, 204);
    assert_eq!(client.get(path).await.json()["Name"], "Three");
    let twice = client
        .refused(
            "POST",
            "/sobjects/Account",
            json!({"Name": "x", "External_Id__c": "x-1"}),
        )
        .await;
    assert_eq!((twice.0, twice.1.as_str()), (400, "DUPLICATE_VALUE"));
    assert_eq!(client.call("DELETE", path, Value::Null).await.status, 204);
    assert_eq!(client.get(path).await.status, 404);
}

#[tokio::test]
async fn deleting_a_parent_takes_children_along_or_lets_them_go() {
    let client = Salesforce::start().await;
    let account = client.create("Account", json!({"Name": "x"})).await;
    let contact = client
        .create("Contact", json!({"LastName": "x", "AccountId": account}))
        .await;
    let case = client.create("Case", json!({"AccountId": account})).await;
    let children = client
        .get(&format!("/sobjects/Account/{account}/Contacts"))
        .await
        .json();
    assert_eq!(children["records"][0]["Id"], contact.as_str());
    let parent = client
        .get(&format!("/sobjects/Contact/{contact}/Account"))
        .await
        .json();
    assert_eq!(parent["Id"], account.as_str());
    client
        .call(
            "DELETE",
            &format!("/sobjects/Account/{account}"),
            Value::Null,
        )
        .await;
    assert_eq!(
        client
            .get(&format!("/sobjects/Contact/{contact}"))
            .await
            .status,
        404
    );
    assert_eq!(
        client.get(&format!("/sobjects/Case/{case}")).await.json()["AccountId"],
        Value::Null
    );
}

#[tokio::test]
async fn a_long_query_comes_in_pages_that_do_not_overlap() {
    let client = Salesforce::start().await;
    let bearer = format!("Bearer {}", client.token("access_token"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("sforce-query-options", "batchSize=100"),
    ];
    let mut path = format!("{BASE}/query/?q=SELECT+Id+FROM+Account+ORDER+BY+Id");
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let page = client.world.send("GET", &path, &headers, "").await.json();
        assert_eq!(page["totalSize"], 260);
        let records = page["records"].as_array().unwrap();
        sizes.push(records.len());
        ids.extend(
            records
                .iter()
                .map(|record| record["Id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            assert_eq!(page["done"], true);
            break;
        };
        path = next.to_owned();
    }
    assert_eq!(sizes, [100, 100, 60]);
    let sorted: std::collections::BTreeSet<_> = ids.iter().collect();
    assert!(sorted.len() == 260 && sorted.into_iter().eq(ids.iter()));
    let lost = client
        .refused("GET", "/query/01g5i0000000000AAA-100", Value::Null)
        .await;
    assert_eq!((lost.0, lost.1.as_str()), (400, "INVALID_QUERY_LOCATOR"));
    assert_eq!(
        client.query("SELECT COUNT() FROM Account").await.json(),
        json!({"totalSize": 260, "done": true, "records": []})
    );
}

#[tokio::test]
async fn describe_lists_every_object_and_its_fields() {
    let client = Salesforce::start().await;
    let all = client.get("/sobjects").await.json();
    let names: Vec<&str> = all["sobjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].as_str().unwrap())
        .collect();
    for name in [
        "Account",
        "Campaign",
        "CampaignMember",
        "Case",
        "Contact",
        "ContentDocument",
        "ContentDocumentLink",
        "ContentFolder",
        "ContentVersion",
        "Event",
        "Lead",
        "Note",
        "Opportunity",
        "Task",
        "User",
    ] {
        assert!(names.contains(&name), "{name}");
        let describe = client
            .get(&format!("/sobjects/{}/describe", name.to_lowercase()))
            .await
            .json();
        assert_eq!(describe["name"], name);
        assert!(describe["fields"].as_array().unwrap().len() > 5);
    }
    let versions = client
        .world
        .send("GET", "/services/data/", &[], "")
        .await
        .json();
    assert_eq!(
        versions[0],
        json!({"label": "Winter '11", "url": "/services/data/v20.0", "version": "20.0"})
    );
    assert_eq!(
        versions.as_array().unwrap().last().unwrap()["version"],
        "62.0"
    );
}

#[tokio::test]
async fn updated_and_deleted_records_are_listed_by_their_time() {
    let client = Salesforce::start().await;
    let keep = client.create("Note", json!({"Title": "x", "ParentId": client.ids("SELECT Id FROM Account LIMIT 1").await.remove(0)})).await;
    let drop = client
        .create("Lead", json!({"LastName": "x", "Company": "y"}))
        .await;
    client
        .call("DELETE", &format!("/sobjects/Lead/{drop}"), Value::Null)
        .await;
    let window = "start=2023-11-14T00:00:00%2B00:00&end=2023-11-15T00:00:00Z";
    assert_eq!(
        client
            .get(&format!("/sobjects/Note/updated?{window}"))
            .await
            .json()["ids"],
        json!([keep])
    );
    let deleted = client
        .get(&format!("/sobjects/Lead/deleted?{window}"))
        .await
        .json();
    assert_eq!(deleted["deletedRecords"][0]["id"], drop.as_str());
    assert_eq!(
        client.get("/sobjects/Lead/updated?start=x").await.status,
        400
    );
}

#[tokio::test]
async fn reset_brings_the_seeded_records_back() {
    let client = Salesforce::start().await;
    let first = client
        .ids("SELECT Id FROM Account ORDER BY Id LIMIT 1")
        .await
        .remove(0);
    client
        .call("DELETE", &format!("/sobjects/Account/{first}"), Value::Null)
        .await;
    client.create("Account", json!({"Name": "x"})).await;
    client
        .world
        .order("/reset", json!({"vendor": "salesforce"}))
        .await;
    assert_eq!(
        client
            .get(&format!("/sobjects/Account/{first}"))
            .await
            .status,
        200
    );
    assert_eq!(
        client.query("SELECT COUNT() FROM Account").await.json()["totalSize"],
        260
    );
}
