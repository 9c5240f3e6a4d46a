use serde_json::{Value, json};

use super::{Account, Cycle, id_of, ids};

fn cycles() -> Vec<Cycle<'static>> {
    let by_name = |list, verb, more: Value, change: Value, find| {
        let mut create = json!({"name": "A thing of ours"});
        create
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        Cycle {
            list,
            create,
            verb,
            change,
            find: Some(find),
        }
    };
    let name = "name LIKE 'A thing%'";
    let of_name = "name='A thing of ours'";
    vec![
        by_name(
            "/lists",
            "PATCH",
            json!({"scope": "global", "type": "ContactList", "folderId": "261"}),
            json!({"description": "New"}),
            "id='{id}'",
        ),
        by_name(
            "/email-headers",
            "PATCH",
            json!({"body": "<p>Top</p>"}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/email-footers",
            "PATCH",
            json!({"body": "<p>End</p>"}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/content-sections",
            "PATCH",
            json!({"contentHtml": "<p>x</p>"}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/emails",
            "PATCH",
            json!({"subject": "Hello", "htmlContent": {"type": "RawHtmlContent", "html": "<p>x</p>"}}),
            json!({"description": "New", "emailHeaderId": 1}),
            of_name,
        ),
        by_name(
            "/landing-pages",
            "PATCH",
            json!({"htmlContent": {"type": "RawHtmlContent", "html": "<p>x</p>"}}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/campaigns",
            "PUT",
            json!({"folderId": "308", "permissions": [1, 2], "elements": []}),
            json!({"description": "New"}),
            name,
        ),
        by_name(
            "/custom-objects",
            "PUT",
            json!({"fields": [{"id": -1, "name": "Colour", "dataType": "text"}]}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/segments",
            "PATCH",
            json!({"folderId": "261"}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/email-groups",
            "PATCH",
            json!({"folderId": "261"}),
            json!({"description": "New"}),
            of_name,
        ),
        by_name(
            "/forms",
            "PATCH",
            json!({"htmlName": "ours", "elements": [{"id": -1, "name": "Email", "dataType": "text"}]}),
            json!({"description": "New"}),
            of_name,
        ),
        Cycle {
            list: "/client-contacts",
            create: json!({"C_EmailAddress": "mine@example.com"}),
            verb: "PATCH",
            change: json!({"C_FirstName": "Ann", "description": "New"}),
            find: Some("C_EmailAddress='mine@example.com'"),
        },
        Cycle {
            list: "/accounts",
            create: json!({"name": "Engines", "M_Churros_Account_Field1": "x"}),
            verb: "PATCH",
            change: json!({"description": "New", "M_Country": "India"}),
            find: Some("name='Engines'"),
        },
    ]
}

#[tokio::test]
async fn every_collection_is_written_found_changed_and_deleted() {
    let eloqua = Account::of("eloqua").await;
    for records in cycles() {
        let changed = eloqua.cycle(&records).await;
        assert_eq!(changed["description"], "New", "{}: {changed}", records.list);
        for (member, sent) in records.create.as_object().unwrap() {
            let kept = &changed[member];
            let simple = sent.is_string() && !member.contains('_');
            assert!(
                !simple || kept == sent,
                "{}: {member} was lost: {changed}",
                records.list
            );
        }
    }
}

#[tokio::test]
async fn lists_hold_contacts_and_give_them_up() {
    let eloqua = Account::of("eloqua").await;
    let list = id_of(
        &eloqua
            .json("POST /lists", json!({"name": "Ours", "scope": "global"}))
            .await,
    );
    let members = format!("/lists/{list}/contacts");
    let sent = json!([{"id": "3"}, {"id": 5}]);
    assert_eq!(
        eloqua.json(&format!("POST {members}"), sent.clone()).await,
        sent
    );
    assert_eq!(ids(&eloqua.get(&members).await), ["3", "5"]);
    assert_eq!(
        ids(&eloqua.get(&format!("{members}?where=id='5'")).await),
        ["5"]
    );
    assert_eq!(id_of(&eloqua.get(&format!("{members}/3")).await), "3");
    let body = json!({"C_FirstName": "Listed"});
    let changed = eloqua.json(&format!("PATCH {members}/3"), body).await;
    assert_eq!(
        (&changed["id"], &changed["C_FirstName"]),
        (&json!("3"), &json!("Listed"))
    );
    assert_eq!(eloqua.get("/contacts/3").await["firstName"], "Listed");
    let lists = eloqua.get("/contacts/3/membership").await;
    assert!(ids(&lists).contains(&list), "{lists}");
    eloqua
        .json(&format!("DELETE {members}/3"), Value::Null)
        .await;
    assert_eq!(ids(&eloqua.get(&members).await), ["5"]);
    for line in [
        format!("GET {members}/3"),
        format!("DELETE {members}/3"),
        format!("GET {members}/nobody"),
    ] {
        eloqua.fails(404, &line, Value::Null).await;
    }
    eloqua
        .fails(
            404,
            &format!("PATCH {members}/3"),
            json!({"C_FirstName": "x"}),
        )
        .await;
    let message = eloqua
        .fails(400, &format!("POST {members}"), json!([{"email": "x"}]))
        .await;
    assert!(message.contains("id"), "{message}");
    assert_eq!(eloqua.get("/accounts/1/membership").await, json!([]));
}

#[tokio::test]
async fn campaigns_are_activated_and_get_people() {
    let eloqua = Account::of("eloqua").await;
    let status = |answer: Value| answer["currentStatus"].as_str().unwrap().to_owned();
    let put = |line: &'static str, body: Value| eloqua.json(line, body);
    assert_eq!(
        status(put("PATCH /campaigns/18/activate", Value::Null).await),
        "Active"
    );
    assert_eq!(
        status(put("PATCH /campaigns/18/deactivate", Value::Null).await),
        "Draft"
    );
    let later = json!({"scheduledFor": 1_900_000_000});
    assert_eq!(
        status(put("PATCH /campaigns/18/activate", later).await),
        "Scheduled"
    );
    let made = eloqua
        .json("POST /contacts", json!({"emailAddress": "new@example.com"}))
        .await;
    let id = id_of(&made);
    put("PUT /campaigns/18/contacts", json!([{"id": id}])).await;
    let on_list = format!("/lists/1/contacts/{id}");
    assert_eq!(id_of(&eloqua.get(&on_list).await), id);
    eloqua
        .json(&format!("DELETE /campaigns/18/contacts/{id}"), Value::Null)
        .await;
    eloqua
        .fails(404, &format!("GET {on_list}"), Value::Null)
        .await;
    let bare = id_of(
        &eloqua
            .json("POST /campaigns", json!({"name": "Bare"}))
            .await,
    );
    let line = format!("PUT /campaigns/{bare}/contacts");
    let message = eloqua.fails(400, &line, json!([{"id": "1"}])).await;
    assert!(message.contains("segment"), "{message}");
}

#[tokio::test]
async fn activities_want_their_three_conditions() {
    let eloqua = Account::of("eloqua").await;
    let kinds = eloqua.get("/activity-types").await;
    assert!(ids(&kinds).contains(&"emailOpen".to_owned()));
    let all = "where=startAt='1417556990' AND endAt='1447567663' AND type='emailOpen'";
    let found = eloqua.get(&format!("/contacts/1/activities?{all}")).await;
    assert_eq!(found[0]["activityType"], "emailOpen", "{found}");
    let dated = "where=startAt='2014-01-01T00:00:00Z' AND endAt='2015-11-15' AND type='emailOpen'";
    assert_eq!(
        eloqua.get(&format!("/contacts/1/activities?{dated}")).await,
        found
    );
    let message = eloqua
        .fails(
            400,
            "GET /contacts/1/activities?where=type='emailOpen'",
            Value::Null,
        )
        .await;
    assert!(message.contains("startAt, endAt"), "{message}");
    let message = eloqua
        .fails(
            400,
            "GET /contacts/1/activities?where=startAt='soon' AND endAt='1' AND type='x'",
            Value::Null,
        )
        .await;
    assert!(message.contains("ISO 8601"), "{message}");
}

#[tokio::test]
async fn segments_forms_and_users_are_read() {
    let eloqua = Account::of("eloqua").await;
    let members = "/segments/1/contacts?pageSize=3&depth=minimal";
    let page = eloqua.call(&format!("GET {members}"), Value::Null).await;
    assert_eq!(ids(&page.expect(200).json()).len(), 3);
    let value = json!({"fieldValues": [{"id": "1002", "value": "Hello"}]});
    let sent = eloqua.json("POST /forms/1/data", value.clone()).await;
    assert_eq!(sent["fieldValues"][0]["value"], "Hello");
    assert_eq!(
        eloqua.get("/forms/1/data").await.as_array().unwrap().len(),
        13
    );
    let early = eloqua.get("/forms/1/data?endAt=1418666700").await;
    assert_eq!(early[0]["fieldValues"][0]["value"], "visitor1@example.com");
    let wrong = json!({"fieldValues": [{"id": "1", "value": "x"}]});
    let told = eloqua.fails(400, "POST /forms/1/data", wrong).await;
    assert!(told.contains("ObjectReferenceRequirement"), "{told}");
    let found = eloqua.get("/users?where=name LIKE 'Grace%'").await;
    assert_eq!(ids(&found), ["315"]);
    assert_eq!(eloqua.get("/users/315").await["loginName"], "Grace.Hill");
    eloqua.fails(404, "GET /users/1", Value::Null).await;
}

#[tokio::test]
async fn custom_objects_have_rows_by_number_and_by_name() {
    let eloqua = Account::of("eloqua").await;
    let records = Cycle {
        list: "/custom-objects/1/instances",
        create: json!({"fieldValues": [{"id": "111", "value": "mine"}]}),
        verb: "PATCH",
        change: json!({"fieldValues": [{"id": "112", "value": "changed"}]}),
        find: Some("Code1='mine'"),
    };
    let changed = eloqua.cycle(&records).await;
    let value = |id: &str| {
        let values = changed["fieldValues"].as_array().unwrap();
        values.iter().find(|entry| entry["id"] == id).unwrap()["value"].clone()
    };
    assert_eq!(
        (value("111"), value("112")),
        (json!("mine"), json!("changed"))
    );
    let rows = eloqua
        .call("GET /customTest?pageSize=2", Value::Null)
        .await
        .expect(200);
    assert_eq!(ids(&rows.json()), ["1", "2"]);
    assert!(!rows.header("elements-next-page-token").is_empty());
    assert_eq!(
        ids(&eloqua.get("/customTest?where=Code1='code-07'").await),
        ["7"]
    );
    assert_eq!(id_of(&eloqua.get("/customTest/3").await), "3");
    eloqua.fails(400, "GET /noSuchObject", Value::Null).await;
}

#[tokio::test]
async fn bad_input_is_refused_in_the_vendors_words() {
    let eloqua = Account::of("eloqua").await;
    let long = "x".repeat(101);
    for (status, line, body, says) in [
        (
            400,
            "POST /contacts",
            json!({"emailAddress": "nobody"}),
            "EmailAddressRequirement",
        ),
        (
            400,
            "POST /contacts",
            json!({"C_NoSuchField": "x"}),
            "C_NoSuchField",
        ),
        (400, "POST /contacts", json!([1]), "one JSON object"),
        (
            409,
            "POST /contacts",
            json!({"emailAddress": "BULKER1@donotdelete.com"}),
            "emailAddress",
        ),
        (
            400,
            "PATCH /contacts/3",
            json!({"firstName": long}),
            "StringLengthRequirement",
        ),
        (
            400,
            "PATCH /contacts/3",
            json!({"fieldValues": [{"id": "1", "value": "x"}]}),
            "IdRequirement",
        ),
        (
            400,
            "POST /emails",
            json!({"subject": "no name"}),
            "NotNullRequirement",
        ),
        (409, "POST /lists", json!({"name": "newsletter"}), "name"),
        (400, "PUT /campaigns/18", json!("text"), "one JSON object"),
        (404, "GET /contacts/0", Value::Null, ""),
        (404, "PATCH /contacts/99999", json!({"firstName": "x"}), ""),
        (404, "DELETE /emails/99999", Value::Null, ""),
        (
            400,
            "GET /contacts?where=id in (1,2)",
            Value::Null,
            "one value at a time",
        ),
        (
            400,
            "GET /contacts?where=id='1' OR id='2'",
            Value::Null,
            "OR",
        ),
        (
            400,
            "GET /contacts?where=id = = 1",
            Value::Null,
            "Error parsing query",
        ),
    ] {
        let message = eloqua.fails(status, line, body).await;
        assert!(message.contains(says), "{line}: {message}");
    }
}

#[tokio::test]
async fn a_token_that_ends_between_two_steps_is_renewed_and_nothing_is_written_twice() {
    let eloqua = Account::of("eloqua").await;
    let fail = json!({"vendor": "eloqua", "status": 401, "path": "/data/contact/5", "times": 1});
    eloqua.app.control("/fail", fail).await;
    let changed = eloqua
        .json("PATCH /contacts/5", json!({"firstName": "Once"}))
        .await;
    assert_eq!(changed["firstName"], "Once");
    let limit = json!({"vendor": "eloqua", "status": 429, "path": "/data/contact", "times": 1});
    eloqua.app.control("/fail", limit).await;
    // The refused call had no effect at the vendor: it is waited for and made again, once.
    let email = "limited@example.com";
    let made = eloqua
        .json("POST /contacts", json!({"emailAddress": email}))
        .await;
    let found = eloqua
        .get("/contacts?where=emailAddress='limited@example.com'")
        .await;
    let ids: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["id"])
        .collect();
    assert_eq!(ids, [&made["id"]]);
    // Whether a write that ended in a 500 was done is not known: it is not sent again.
    let broken = json!({"vendor": "eloqua", "status": 500, "path": "/data/contact", "times": 1});
    eloqua.app.control("/fail", broken).await;
    let body = json!({"emailAddress": "unknown@example.com"});
    eloqua.fails(502, "POST /contacts", body).await;
    let found = eloqua
        .get("/contacts?where=emailAddress='unknown@example.com'")
        .await;
    assert_eq!(found, json!([]));
}

#[tokio::test]
async fn objects_and_fields_are_those_of_the_site() {
    let eloqua = Account::of("eloqua").await;
    let names = eloqua.get("/objects").await;
    for name in ["contacts", "campaigns", "customTest"] {
        assert!(names.as_array().unwrap().contains(&json!(name)), "{names}");
    }
    let fields = |answer: Value| answer["fields"].as_array().unwrap().clone();
    let all = fields(eloqua.get("/objects/contact/metadata").await);
    let email = all
        .iter()
        .find(|field| field["path"] == "C_EmailAddress")
        .unwrap();
    assert_eq!(
        (&email["required"], &email["custom"]),
        (&json!(true), &json!(false))
    );
    let custom = fields(
        eloqua
            .get("/objects/accounts/metadata?customFieldsOnly=true")
            .await,
    );
    assert!(custom.iter().all(|field| field["custom"] == true) && !custom.is_empty());
    let own = fields(eloqua.get("/objects/customTest/metadata").await);
    assert_eq!((own.len(), &own[0]["path"]), (6, &json!("Code1")));
    let emails = fields(eloqua.get("/objects/emails/metadata").await);
    let subject = emails
        .iter()
        .find(|field| field["path"] == "subject")
        .unwrap();
    assert_eq!(
        (&subject["createable"], &subject["vendorPath"]),
        (&json!(true), &json!("subject"))
    );
    let id = emails.iter().find(|field| field["path"] == "id").unwrap();
    assert_eq!(id["createable"], false);
    eloqua
        .fails(404, "GET /objects/nothing/metadata", Value::Null)
        .await;
}
