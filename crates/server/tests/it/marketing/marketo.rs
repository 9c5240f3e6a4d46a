mod assets;
mod refusals;

use serde_json::{Value, json};

use super::{Account, Cycle, id_of, ids};

#[tokio::test]
async fn every_collection_is_written_found_changed_and_deleted() {
    let marketo = Account::of("marketo").await;
    let one = |list, create, change, find| Cycle {
        list,
        create,
        verb: "PATCH",
        change,
        find,
    };
    let folder = json!({"id": 2006, "type": "Folder"});
    for records in [
        one(
            "/contacts",
            json!({"person": {"email": "a@example.com"}}),
            json!({"person": {"firstName": "Ann"}}),
            Some("id in ( {id} )"),
        ),
        one(
            "/leads",
            json!({"person": {"email": "b@example.com"}}),
            json!({"person": {"firstName": "Ann"}}),
            Some("email='b@example.com'"),
        ),
        one(
            "/companies",
            json!({"externalCompanyId": "new-1", "company": "New"}),
            json!({"company": "Newer", "externalCompanyId": "x"}),
            Some("id in ( {id} )"),
        ),
        one(
            "/sales-persons",
            json!({"externalSalesPersonId": "new-1", "email": "rep@example.com"}),
            json!({"lastName": "Rep"}),
            Some("email='rep@example.com'"),
        ),
        one(
            "/opportunities",
            json!({"externalOpportunityId": "new-1", "name": "New"}),
            json!({"stage": "Won"}),
            Some("externalOpportunityId='new-1'"),
        ),
        one(
            "/opportunity-roles",
            json!({"externalOpportunityId": "opp-01", "leadId": 9, "role": "Judge"}),
            json!({"isPrimary": true}),
            Some("leadId='9'"),
        ),
        one(
            "/named-accounts",
            json!({"name": "New"}),
            json!({"city": "Bonn"}),
            Some("name='New'"),
        ),
        one(
            "/named-account-lists",
            json!({"name": "New"}),
            json!({"name": "Newer"}),
            Some("name='New'"),
        ),
        one(
            "/sampleBulkCustomObject_c",
            json!({"myExternalId": "new-1", "myCity": "Bonn"}),
            json!({"myName": "N"}),
            Some("marketoGUID='{id}'"),
        ),
        one(
            "/custom-objects/afrinCustom_c/custom-fields",
            json!({"dedupeFieldafrin": "new-1"}),
            json!({"afrinchaks": "x"}),
            Some("dedupeFieldafrin='new-1'"),
        ),
        one(
            "/folders",
            json!({"name": "New", "parent": {"id": 1, "type": "Folder"}}),
            json!({"name": "", "description": "d"}),
            None,
        ),
        one(
            "/programs",
            json!({"folder": folder, "name": "New", "type": "Default", "channel": "Email Send"}),
            json!({"description": "d"}),
            None,
        ),
    ] {
        let changed = marketo.cycle(&records).await;
        let given = records.create.get("person").unwrap_or(&records.create);
        if records.change["name"] == "" {
            assert_eq!(
                changed["name"], given["name"],
                "an empty name blanked {}",
                records.list
            );
        }
    }
}

#[tokio::test]
async fn custom_objects_page_and_take_lists() {
    let marketo = Account::of("marketo").await;
    let three = "c244523c-0a21-4c56-aa71-a845af615d4c,dab80af7-849f-47da-97af-cb3160867892,a3305990-a7e6-46f4-9a5b-9f81ae5db16c";
    let list = format!(
        "/custom-objects/afrinCustom_c/custom-fields?pageSize=1&where=marketoGUID='{three}'"
    );
    let first = marketo
        .call(&format!("GET {list}"), Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token").to_owned();
    let path = format!("/custom-objects/afrinCustom_c/custom-fields?pageSize=1&nextPage={next}");
    let second = marketo.get(&path).await;
    assert_ne!(ids(&first.json()), ids(&second));
    let body = json!({"input": [{"dedupeFieldafrin": "x"}, {"dedupeFieldafrin": "y"}]});
    let made = marketo
        .json("POST /custom-objects/afrinCustom_c/custom-fields", body)
        .await;
    assert_eq!(made[1]["dedupeFieldafrin"], "y");
    assert!(made[0]["marketoGUID"].is_string());
    let templates = marketo
        .get("/custom-objects/afrinCustom_c/custom-fields-templates")
        .await;
    assert_eq!(templates[0]["idField"], "marketoGUID");
    let named = marketo
        .get("/custom-objects?where=names='aw_c,linktest_c'")
        .await;
    assert_eq!(named.as_array().unwrap().len(), 2);
    marketo
        .fails(404, "GET /noSuch_c?where=marketoGUID='x'", Value::Null)
        .await;
}

#[tokio::test]
async fn lists_hold_people() {
    let marketo = Account::of("marketo").await;
    let members = "/lists/3/contacts";
    let added = marketo
        .json(&format!("POST {members}"), json!([{"person": {"id": 2}}]))
        .await;
    assert_eq!(added[0]["person"]["status"], "added");
    assert_eq!(id_of(&marketo.get(&format!("{members}/2")).await), "2");
    assert_eq!(
        marketo.get("/lists/3/leads/2/isMember").await["status"],
        "memberof"
    );
    assert!(ids(&marketo.get("/lists/3/leads").await).contains(&"2".to_owned()));
    marketo
        .json(&format!("DELETE {members}/2"), Value::Null)
        .await;
    assert_eq!(
        marketo.get("/lists/3/leads/2/isMember").await["status"],
        "notmemberof"
    );
    marketo
        .fails(404, &format!("GET {members}/2"), Value::Null)
        .await;
    marketo
        .fails(404, &format!("DELETE {members}/2"), Value::Null)
        .await;
    marketo.fails(404, "GET /lists/99999", Value::Null).await;
}

#[tokio::test]
async fn named_accounts_are_put_on_lists_and_taken_off() {
    let marketo = Account::of("marketo").await;
    let lists = marketo
        .get("/named-account-lists?where=name in ('Account List 1','Account List 2')")
        .await;
    let [first, second] = ids(&lists).try_into().unwrap();
    let by_id = marketo
        .get(&format!("/named-account-lists?where=id='{second}'"))
        .await;
    assert_eq!(by_id[0]["name"], "Account List 2");
    let members = |list: &str| format!("/named-account-lists/{list}/named-accounts");
    let page = marketo
        .call(&format!("GET {}?pageSize=2", members(&first)), Value::Null)
        .await
        .expect(200);
    let next = page.header("elements-next-page-token");
    let rest = marketo
        .get(&format!("{}?pageSize=2&nextPage={next}", members(&first)))
        .await;
    assert_eq!((ids(&page.json()).len(), ids(&rest).len()), (2, 1));
    let account = &ids(&rest)[0];
    let line = format!("POST {}", members(&second));
    let added = marketo.json(&line, json!([{"id": account}])).await;
    assert_eq!(
        (&added[0]["id"], &added[0]["status"]),
        (&json!(account), &json!("added"))
    );
    let fields = format!("{}?fields=name", members(&second));
    assert_eq!(marketo.get(&fields).await[0]["name"], "Named 3");
    let line = format!("DELETE {}/{account}", members(&second));
    assert_eq!(marketo.json(&line, Value::Null).await["status"], "removed");
    marketo.fails(404, &line, Value::Null).await;
    assert_eq!(marketo.get(&members(&second)).await, json!([]));
    let none = format!("POST {}", members("none"));
    marketo.fails(404, &none, json!([{"id": account}])).await;
    let message = marketo
        .fails(400, &format!("POST {}", members(&first)), json!([{}]))
        .await;
    assert!(message.contains("id"), "{message}");
    let message = marketo
        .fails(
            400,
            "GET /named-account-lists?where=type='default'",
            Value::Null,
        )
        .await;
    assert!(message.contains("type"), "{message}");
}

#[tokio::test]
async fn what_happened_is_read_from_a_date_on_page_by_page() {
    let marketo = Account::of("marketo").await;
    let all = "where=activityTypeIds in (12) and fromDate = '2016-12-25T11:39:58Z'";
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let path = if next.is_empty() {
            format!("GET /activities?pageSize=100&{all}")
        } else {
            format!("GET /activities?pageSize=100&nextPage={next}")
        };
        let page = marketo.call(&path, Value::Null).await.expect(200);
        next = page.header("elements-next-page-token").to_owned();
        seen.extend(ids(&page.json()));
        if next.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 260);
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "a page was read twice");
    let since = "where=sinceDate = '2025-11-25T11:39:58Z'";
    assert_eq!(
        marketo.get(&format!("/changed-contacts?{since}")).await,
        json!([])
    );
    marketo
        .json("PATCH /contacts/5", json!({"person": {"title": "Changed"}}))
        .await;
    marketo.json("DELETE /contacts/6", Value::Null).await;
    let changed = marketo.get(&format!("/changed-contacts?{since}")).await;
    assert_eq!(
        (&changed[0]["leadId"], &changed[0]["fields"][0]["newValue"]),
        (&json!(5), &json!("Changed"))
    );
    let deleted = marketo.get(&format!("/deleted-contacts?{since}")).await;
    assert_eq!(
        (&deleted[0]["leadId"], &deleted[0]["activityTypeId"]),
        (&json!(6), &json!(37))
    );
    for (line, says) in [
        ("GET /activities?where=activityTypeIds in (12)", "sinceDate"),
        (
            "GET /activities?where=fromDate='2016-12-25T11:39:58Z'",
            "activityTypeIds",
        ),
        (
            "GET /activities?where=fromDate='soon' and activityTypeIds in (1)",
            "ISO 8601",
        ),
        (
            "GET /activities?where=fromDate='2016-12-25T11:39:58Z' and activityTypeIds in (1) and city='x'",
            "city",
        ),
        ("GET /changed-contacts", "where"),
    ] {
        let message = marketo.fails(400, line, Value::Null).await;
        assert!(message.contains(says), "{line}: {message}");
    }
}

#[tokio::test]
async fn custom_activities_are_typed_approved_and_added() {
    let marketo = Account::of("marketo").await;
    let kind = json!({"apiName": "attended_c", "name": "Attended", "triggerName": "Attends", "filterName": "Attended",
        "primaryAttribute": {"apiName": "event", "name": "Event"}});
    let made = marketo
        .json("POST /external-activity/type", kind.clone())
        .await;
    assert_eq!(made["status"], "draft");
    let activity =
        json!({"leadId": 1, "activityTypeId": made["id"], "primaryAttributeValue": "Fair"});
    marketo
        .fails(400, "POST /activities", activity.clone())
        .await;
    let attributes =
        json!({"attributes": [{"apiName": "hall", "name": "Hall", "dataType": "string"}]});
    marketo
        .json(
            "PATCH /external-activity/type/attended_c/attributes",
            attributes,
        )
        .await;
    marketo
        .json(
            "PATCH /external-activity/type/attended_c",
            json!({"description": "Was there"}),
        )
        .await;
    let approved = marketo
        .json(
            "PATCH /external-activity/type/attended_c/approve",
            Value::Null,
        )
        .await;
    assert_eq!(
        (&approved["status"], &approved["attributes"][0]["apiName"]),
        (&json!("approved"), &json!("hall"))
    );
    assert_eq!(
        marketo.json("POST /activities", activity).await[0]["status"],
        "added"
    );
    let types = marketo.get("/activity-types").await;
    assert!(
        types
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["apiName"] == "attended_c")
    );
    assert_eq!(
        marketo.get("/external-activity/types").await[0]["description"],
        "Was there"
    );
    marketo
        .fails(409, "POST /external-activity/type", kind)
        .await;
}

#[tokio::test]
async fn people_are_merged_and_tied_to_cookies() {
    let marketo = Account::of("marketo").await;
    let merged = marketo
        .json("POST /contacts/10/merge", json!({"leadIds": [11, 12]}))
        .await;
    assert_eq!(merged["status"], "merged");
    marketo.fails(404, "GET /contacts/11", Value::Null).await;
    marketo
        .fails(404, "POST /leads/10/merge", json!({"leadIds": [99999]}))
        .await;
    marketo
        .fails(400, "POST /leads/10/merge", json!({"leadIds": ["x"]}))
        .await;
    let tied = marketo
        .json(
            "POST /leads/10/interactions",
            json!({"id": "77", "token": "12345"}),
        )
        .await;
    assert_eq!(tied["associated"], false);
    marketo
        .fails(400, "POST /leads/10/interactions", json!({"id": "77"}))
        .await;
}

#[tokio::test]
async fn programs_channels_tags_and_other_assets_are_listed() {
    let marketo = Account::of("marketo").await;
    let members = marketo.get("/programs/1001/leads?pageSize=2").await;
    assert_eq!(members[0]["membership"]["progressionStatus"], "Member");
    let channel = &marketo.get("/channels").await[0];
    assert_eq!(
        marketo.get(&format!("/channels/{}", channel["id"])).await,
        *channel
    );
    assert_eq!(marketo.get("/channels/Email%20Send").await["id"], 6);
    marketo.fails(404, "GET /channels/none", Value::Null).await;
    let first = marketo
        .call("GET /tagTypes?pageSize=2", Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token").to_owned();
    let second = marketo
        .get(&format!("/tagTypes?pageSize=2&page=2&nextPage={next}"))
        .await;
    let both = marketo.get("/tagTypes?pageSize=4").await;
    assert_eq!(
        [first.json()[0].clone(), second[1].clone()],
        [both[0].clone(), both[3].clone()]
    );
    assert_eq!(marketo.get("/tagTypes/Region").await["tagType"], "Region");
    for list in [
        "/partitions",
        "/campaigns",
        "/static-lists",
        "/smart-lists",
        "/smart-campaigns",
        "/emails",
        "/forms",
        "/landing-pages",
        "/usage",
        "/errors",
    ] {
        assert!(
            !marketo.get(list).await.as_array().unwrap().is_empty(),
            "{list}"
        );
    }
    assert_eq!(id_of(&marketo.get("/campaigns/1").await), "1");
    assert_eq!(
        marketo
            .get("/programs?where=name='nothing of the kind'")
            .await,
        json!([])
    );
    let leads = json!({"input": {"leads": [{"id": 1}]}});
    marketo.json("POST /campaigns/1/trigger", leads).await;
    let body = json!({"folder": {"id": 2006, "type": "Folder"}, "name": "Newsletter", "type": "Default", "channel": "Newsletter"});
    let message = marketo.fails(409, "POST /programs", body).await;
    assert!(message.contains("already exists"), "{message}");
}

#[tokio::test]
async fn files_are_stored_and_replaced() {
    let marketo = Account::of("marketo").await;
    let authorization = marketo.app.with_token(&marketo.token);
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let part = |name: &str, more: &str, data: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{data}\r\n")
    };
    let file = |data: &str| part("file", "; filename=\"a.txt\"", data);
    let send = |method: &'static str, path: String, body: String| {
        let (app, headers) = (&marketo.app, &headers);
        async move {
            let path = format!("/elements/api-v2/hubs/marketing{path}");
            app.send(method, &path, headers, body).await
        }
    };
    let body = format!("{}{}--b--\r\n", part("name", "", "a.txt"), file("hello"));
    let made = send("POST", "/files".into(), body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&made["size"], &made["folder"]["id"]),
        (&json!(5), &json!(1))
    );
    send("POST", "/files".into(), body).await.expect(409);
    let one = format!("/files/{}", made["id"]);
    let longer = format!("{}--b--\r\n", file("hello, world"));
    send("PATCH", format!("{one}/content"), longer)
        .await
        .expect(200);
    assert_eq!(marketo.get(&one).await["size"], 12);
    assert_eq!(
        marketo
            .get("/files?pageSize=2")
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn objects_and_fields_are_those_of_the_subscription() {
    let marketo = Account::of("marketo").await;
    for name in [
        "afrinCustom_c",
        "folders",
        "externalActivityTypeAttributes",
        "activityTypes",
        "externalActivityType",
        "externalActivityTypeApprove",
        "campaigns",
        "leadActivities_c",
        "contactsMerge",
        "company",
        "externalActivityTypes",
        "sampleBulkCustomObject_c",
        "tagTypes",
        "partitions",
        "listsLeadsIsMember",
        "filesContent",
        "attendance_c",
        "opportunity",
        "linktest_c",
        "channels",
        "leads",
        "lists",
        "activities",
        "aw_c",
        "files",
        "programsLeads",
        "programs",
        "readyTalkMeetingInfo_c",
    ] {
        let told = marketo
            .get(&format!("/objects/{name}/metadata?discoveryId=1001"))
            .await;
        let fields = told["fields"].as_array().unwrap();
        assert!(!fields.is_empty(), "{name}");
        assert!(
            fields
                .iter()
                .all(|field| field["vendorPath"].is_string() && field["type"].is_string()),
            "{name}: {told}"
        );
    }
    let names = marketo.get("/objects").await;
    assert!(
        names.as_array().unwrap().contains(&json!("aw_c")),
        "{names}"
    );
}
