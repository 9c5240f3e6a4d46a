use serde_json::{Value, json};

use super::{Account, Cycle, id_of, ids};

#[tokio::test]
async fn every_collection_is_written_found_changed_and_deleted() {
    let acton = Account::of("acton").await;
    let message =
        json!({"type": "template", "subject": "Ours", "textbody": "x", "messagebody": "<p>x</p>"});
    for (list, create, change) in [
        ("/campaigns", message.clone(), json!({"subject": "Changed"})),
        ("/messages", message, json!({"subject": "Changed"})),
        (
            "/contacts",
            json!({"email": "a@example.com"}),
            json!({"Company": "Changed"}),
        ),
        (
            "/lists/l-0002/contacts",
            json!({"email": "b@example.com"}),
            json!({"Company": "Changed"}),
        ),
    ] {
        let records = Cycle {
            list,
            create,
            verb: "PATCH",
            change: change.clone(),
            find: None,
        };
        let changed = acton.cycle(&records).await;
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&changed[name], value, "{list}");
        }
    }
    let made = acton
        .json(
            "POST /campaigns",
            json!({"type": "template", "subject": "Listed"}),
        )
        .await;
    let templates = acton.get("/campaigns?where=type='TEMPLATE'").await;
    let found = templates
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["msgId"] == made["id"]);
    assert!(found, "{templates}");
    assert_eq!(
        acton
            .get("/campaigns?pageSize=1")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

async fn upload(acton: &Account, method: &str, path: &str, parts: &[(&str, &str, &str)]) -> Value {
    let mut body = String::new();
    for (name, more, data) in parts {
        body.push_str("--b\r\nContent-Disposition: form-data; name=\"");
        body.push_str(name);
        body.push('"');
        body.push_str(more);
        body.push_str("\r\n\r\n");
        body.push_str(data);
        body.push_str("\r\n");
    }
    body.push_str("--b--\r\n");
    let authorization = acton.app.with_token(&acton.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let path = format!("/elements/api-v2/hubs/marketing{path}");
    acton
        .app
        .send(method, &path, &headers, body)
        .await
        .expect(200)
        .json()
}

const FILE: &str = "; filename=\"a.csv\"";

#[tokio::test]
async fn a_list_is_made_of_a_file_and_merged_with_another() {
    let acton = Account::of("acton").await;
    let specs = r#"{"listname":"Ours","uploadspecs":[{"columnHeading":"Email","columnType":"EMAIL","columnIndex":"0"},{"columnHeading":"Town","columnIndex":1}]}"#;
    let csv = "Email,Town\nann@example.com,Bonn\nbob@example.com,Rome\n";
    let made = upload(
        &acton,
        "POST",
        "/lists",
        &[("list", "", specs), ("file", FILE, csv)],
    )
    .await;
    let list = made["listId"].as_str().unwrap().to_owned();
    let members = format!("/lists/{list}/contacts");
    assert_eq!(acton.get(&members).await.as_array().unwrap().len(), 2);
    let specs = format!(
        r#"{{"uploadspecs":[{{"columnHeading":"Email","columnType":"EMAIL"}},{{"columnHeading":"Town"}}],"mergespecs":[{{"dstListId":"{list}","mergeMode":"APPEND","columnMap":[],"mergeKeyHeading":"Email"}}]}}"#
    );
    let csv = "Email,Town\nann@example.com,Cologne\ncia@example.com,Paris\n";
    let merged = upload(
        &acton,
        "PATCH",
        &format!("/lists/{list}"),
        &[("list", "", &specs), ("file", FILE, csv)],
    )
    .await;
    let job = merged["jobId"].as_str().unwrap();
    for said in ["pending", "running", "success"] {
        let state = acton.get(&format!("/jobs/{job}")).await;
        assert!(state["status"].as_str().unwrap().contains(said), "{state}");
    }
    let towns = acton.get(&members).await;
    assert_eq!(
        (towns.as_array().unwrap().len(), &towns[0]["Town"]),
        (3, &json!("Cologne"))
    );
    acton.fails(404, "GET /jobs/99", Value::Null).await;
    acton
        .json(&format!("DELETE /lists/{list}"), Value::Null)
        .await;
    acton
        .fails(404, &format!("GET {members}"), Value::Null)
        .await;
}

#[tokio::test]
async fn a_row_that_is_refused_does_not_keep_the_others_out() {
    let acton = Account::of("acton").await;
    let long = "x".repeat(300);
    let specs = r#"{"listname":"Ours","uploadspecs":[{"columnHeading":"Email","columnType":"EMAIL"},{"columnHeading":"Town"}]}"#;
    let csv =
        format!("Email,Town\nann@example.com,{long}\nbob@example.com,Rome\nbob@example.com,Bonn\n");
    let parts = [("list", "", specs), ("file", FILE, csv.as_str())];
    let made = upload(&acton, "POST", "/lists", &parts).await;
    let members = format!("/lists/{}/contacts", made["listId"].as_str().unwrap());
    let rows = acton.get(&members).await;
    // The same address twice is two contacts: the vendor merges only when it is told to.
    let towns: Vec<&Value> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["Town"])
        .collect();
    assert_eq!(towns, ["Rome", "Bonn"]);
    let job = format!("/jobs/{}", made["jobId"].as_str().unwrap());
    for _ in 0..2 {
        acton.get(&job).await;
    }
    let details = acton.get(&job).await["details"].clone();
    assert_eq!(
        (&details["appendCount"], &details["rejectedCount"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn people_opt_out_and_in() {
    let acton = Account::of("acton").await;
    let before = acton.get("/optouts").await.as_array().unwrap().len();
    upload(
        &acton,
        "PUT",
        "/optouts",
        &[("file", FILE, "gone@example.com\n")],
    )
    .await;
    let after = acton.get("/optouts").await;
    assert_eq!(
        (after.as_array().unwrap().len(), &after[before]["email"]),
        (before + 1, &json!("gone@example.com"))
    );
    let late = acton.get("/optouts?where=createdafter='1700000000'").await;
    assert_eq!(late.as_array().unwrap().len(), 1);
    let types = acton.get("/subscription-types").await;
    assert_eq!(types[0]["name"], "Newsletter");
    for action in ["optout", "optin"] {
        let line = format!("PATCH /subscription-types/Newsletter/{action}/a%2Bb@example.com");
        let answer = acton.json(&line, Value::Null).await;
        let refused = answer["optedOutOf"].as_array().unwrap().len();
        assert_eq!(refused, usize::from(action == "optout"), "{answer}");
    }
    acton
        .fails(
            400,
            "PATCH /subscription-types/Nothing/optin/a@example.com",
            Value::Null,
        )
        .await;
    for list in ["/hardbounces", "/spamcomplaints"] {
        assert!(acton.get(list).await[0]["email"].is_string(), "{list}");
    }
}

#[tokio::test]
async fn messages_are_sent_and_reported() {
    let acton = Account::of("acton").await;
    let made = id_of(
        &acton
            .json("POST /messages", json!({"type": "draft", "subject": "Now"}))
            .await,
    );
    let sent = acton
        .json(
            &format!("POST /messages/{made}/send"),
            json!({"sendtolists": "l-0003"}),
        )
        .await;
    let id = sent["id"].as_str().unwrap();
    let report = acton.get(&format!("/messages/{id}/report")).await;
    assert_eq!(report["sent"], 13);
    let opened = acton
        .call(
            &format!("GET /messages/{id}/report/OPENED?pageSize=2&returnCount=true"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (
            opened.header("elements-total-count"),
            opened.json()[0]["email"].is_string()
        ),
        ("6", true)
    );
    let campaign = format!("/campaigns/{id}/report");
    assert_eq!(acton.get(&campaign).await, report);
    let clicked = acton.get(&format!("{campaign}/CLICKED")).await;
    assert_eq!(clicked.as_array().map(Vec::len), Some(3));
    let one = clicked[0]["recId"].as_str().unwrap();
    let seen = acton.get(&format!("/messages/{id}/contacts/{one}")).await;
    assert_eq!(
        (&seen["subject"], &seen["email"]),
        (&json!("Now"), &clicked[0]["email"])
    );
    let nobody = format!("GET /messages/{id}/contacts/l-0001:ffff");
    acton.fails(404, &nobody, Value::Null).await;
    acton.get("/reports").await;
    acton
        .fails(
            404,
            &format!("POST /messages/{made}/send"),
            json!({"sendtolists": "l-ffff"}),
        )
        .await;
    acton.fails(404, "GET /messages/none", Value::Null).await;
}

#[tokio::test]
async fn the_rest_is_listed() {
    let acton = Account::of("acton").await;
    for list in [
        "/forms",
        "/landing-pages",
        "/programs",
        "/media",
        "/headers",
        "/footers",
        "/logos",
        "/images",
    ] {
        let page = acton
            .call(&format!("GET {list}?pageSize=2"), Value::Null)
            .await
            .expect(200);
        assert!(
            !page.header("elements-next-page-token").is_empty(),
            "{list}"
        );
        assert_eq!(ids(&page.json()).len(), 2, "{list}");
    }
    assert!(acton.get("/forms/f-0001").await["urls"][0].is_string());
    assert_eq!(id_of(&acton.get("/landing-pages/p-0002").await), "p-0002");
    assert_eq!(acton.get("/forms/f-0001/report").await["views"], 120);
    assert_eq!(acton.get("/media/m-0001/report").await["views"], 120);
    acton
        .fails(404, "GET /forms/f-0009/report", Value::Null)
        .await;
    assert!(acton.get("/account").await["account_id"].is_string());
    assert!(acton.get("/senders").await[0]["email"].is_string());
    let event = acton
        .json(
            "POST /custom-events",
            json!({"email": "a@example.com", "event": "x"}),
        )
        .await;
    assert_eq!(
        acton
            .get(&format!("/custom-events/{}", id_of(&event)))
            .await["status"],
        "success"
    );
    let user = json!({"email": "u@example.com", "firstname": "U"});
    acton.json("POST /users", user).await;
    acton.json("DELETE /users/u@example.com", Value::Null).await;
    acton
        .fails(404, "DELETE /users/u@example.com", Value::Null)
        .await;
}

#[tokio::test]
async fn fields_of_contacts_are_the_headings_of_their_list() {
    let acton = Account::of("acton").await;
    let names = |told: Value| -> Vec<String> {
        let fields = told["fields"].as_array().unwrap().clone();
        fields
            .iter()
            .map(|field| field["vendorPath"].as_str().unwrap().to_owned())
            .collect()
    };
    let of_list = names(
        acton
            .get("/objects/listsContacts/metadata?discoveryId=l-0001")
            .await,
    );
    assert!(of_list.contains(&"Email".to_owned()), "{of_list:?}");
    assert_eq!(
        names(acton.get("/objects/contacts/metadata").await),
        of_list
    );
    let message = acton
        .fails(400, "GET /objects/listsContacts/metadata", Value::Null)
        .await;
    assert!(message.contains("discoveryId"), "{message}");
    acton
        .fails(
            404,
            "GET /objects/listsContacts/metadata?discoveryId=l-ffff",
            Value::Null,
        )
        .await;
    for object in ["lists", "optouts", "subscription-types", "campaigns"] {
        assert!(
            !names(acton.get(&format!("/objects/{object}/metadata")).await).is_empty(),
            "{object}"
        );
    }
}

#[tokio::test]
async fn bad_input_is_refused_in_the_vendors_words() {
    let acton = Account::of("acton").await;
    for (status, line, body, says) in [
        (
            400,
            "POST /contacts",
            json!({"NoSuchColumn": "x"}),
            "NoSuchColumn",
        ),
        (400, "POST /contacts", json!("text"), "object"),
        (400, "POST /contacts", json!({}), "object"),
        (
            404,
            "POST /lists/l-ffff/contacts",
            json!([{"email": "a@b.co"}]),
            "list",
        ),
        (404, "GET /contacts/l-0001:ffff", Value::Null, ""),
        (
            404,
            "PATCH /contacts/l-0001:ffff",
            json!({"Company": "x"}),
            "",
        ),
        (404, "DELETE /contacts/nonsense", Value::Null, ""),
        (
            400,
            "GET /contacts?where=modafter='soon'",
            Value::Null,
            "modafter",
        ),
        (
            400,
            "GET /lists?where=listingtype='nothing'",
            Value::Null,
            "listingtype",
        ),
        (400, "POST /lists", json!({"uploadspecs": []}), "listname"),
        (
            400,
            "POST /campaigns",
            json!({"type": "sent", "subject": "x"}),
            "type",
        ),
        (
            400,
            "POST /campaigns",
            json!({"type": "template"}),
            "subject",
        ),
        (400, "POST /campaigns", json!([1]), "message"),
        (400, "POST /custom-events", json!({"event": "x"}), "email"),
    ] {
        let message = acton.fails(status, line, body).await;
        assert!(message.contains(says), "{line}: {message}");
    }
    let some = json!([{"email": "one@example.com"}, {"NoSuchColumn": "x"}, {"email": "three@example.com"}]);
    let message = acton.fails(400, "POST /lists/l-0002/contacts", some).await;
    assert!(message.contains("Record [1] failed, 1 of 3"), "{message}");
    let first = acton
        .call("GET /lists?pageSize=2", Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token").to_owned();
    acton
        .app
        .control("/tokens/expire", json!({"vendor": "acton"}))
        .await;
    assert_eq!(
        ids(&acton
            .get(&format!("/lists?pageSize=2&nextPage={next}"))
            .await),
        ["l-0003", "l-0004"]
    );
    acton
        .app
        .control("/rate-limit", json!({"vendor": "acton", "limit": 1}))
        .await;
    acton.get("/lists?pageSize=1").await;
    acton
        .fails(429, "POST /contacts", json!({"email": "late@example.com"}))
        .await;
}

#[tokio::test]
async fn contacts_are_upserted_by_address_looked_up_and_deleted_together() {
    let acton = Account::of("acton").await;
    let list = "/lists/l-0002";
    let upsert = format!("PUT {list}/contacts?email=once@example.com");
    let made = acton.json(&upsert, json!({"Company": "First"})).await;
    let id = id_of(&made);
    let again = acton.json(&upsert, json!({"Company": "Second"})).await;
    assert_eq!(
        (id_of(&again), &again["Company"], &again["Email"]),
        (id.clone(), &json!("Second"), &json!("once@example.com"))
    );
    let found = acton
        .get(&format!("{list}/lookup?email=once@example.com"))
        .await;
    assert_eq!(
        (id_of(&found), &found["Company"]),
        (id.clone(), &json!("Second"))
    );
    let facts = acton.get(&format!("{list}/contacts/{id}/facts")).await;
    assert_eq!(facts["contact_id"], id.as_str());
    let remove = format!("DELETE {list}/contacts?contactIds={id},l-0002:ffff");
    let gone = acton.json(&remove, Value::Null).await;
    assert_eq!(
        gone,
        json!({"success_count": 1, "fail_count": 1, "failedList": [{"id": "l-0002:ffff", "reason": "Invalid contact id"}]})
    );
    for (status, line, body) in [
        (404, format!("GET {list}/contacts/{id}"), Value::Null),
        (404, format!("GET {list}/contacts/{id}/facts"), Value::Null),
        (
            404,
            format!("GET {list}/lookup?email=once@example.com"),
            Value::Null,
        ),
        (400, format!("PUT {list}/contacts"), json!({"Company": "x"})),
        (400, format!("DELETE {list}/contacts"), Value::Null),
        (400, upsert, json!({"NoSuchColumn": "x"})),
    ] {
        acton.fails(status, &line, body).await;
    }
}
