//! The common resources that are there without set-up, against the simulated vendors.

use serde_json::{Value, json};

use super::{element, instance as plain_instance, transformation};
use crate::support::TestApp;
use crate::support::recorder::{Recorder, json as answer};

const TENANT: &str = "mc563885gzs27c5t9-63k636ttgm";
const EMAIL: &str = "amara.abbott@northwind-logistics.example.com";

/// An instance of any element of the catalog: its token.
async fn token(app: &TestApp, element: &str) -> String {
    if element != "salesforcemarketingcloud" {
        return app.instance(element).await.1;
    }
    let configuration = json!({"clientId": "package", "clientSecret": "s3cret", "salesforcemarketingcloud.subdomain": TENANT});
    let body = json!({"element": {"key": element}, "name": "MC", "configuration": configuration});
    let made = app.ok("POST", "/instances", body).await;
    made["token"].as_str().unwrap().to_owned()
}

async fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.resource("GET", path, token, Value::Null).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    reply.json()
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Every member of a record is one that the object's definition has.
fn only_known(ready: &Value, record: &Value, at: &str) {
    let known: Vec<&str> = ready["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["path"].as_str().unwrap())
        .collect();
    for name in record.as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "{at}: {name}");
    }
}

/// Object | element | call | members that its first record has.
const READ: &str = r"
contact | sfdc | /contact | id firstName lastName email city createdDate
contact | sfdcservicecloud | /contact | id firstName lastName email
contact | sfdcmarketingcloud | /contact | id firstName lastName email
contact | eloqua | /contact | id firstName lastName email company createdDate
contact | acton | /contact | id firstName lastName email company title
contact | marketo | /contact?where=email='{EMAIL}' | id firstName lastName email company city updatedDate
contact | salesforcemarketingcloud | /contact | id email createdDate
lead | sfdc | /lead | id lastName company status source
lead | sfdcmarketingcloud | /lead | id lastName company
lead | marketo | /lead?where=email='{EMAIL}' | id lastName email company
account | sfdc | /account | id name phone industry city
account | sfdcmarketingcloud | /account | id name
account | eloqua | /account | id name phone city updatedDate
campaign | sfdc | /campaign | id name type status startDate
campaign | sfdcmarketingcloud | /campaign | id name
campaign | eloqua | /campaign | id name status createdDate
campaign | acton | /campaign | id name type createdDate
campaign | marketo | /campaign | id name type
campaign | salesforcemarketingcloud | /campaign | id name description
user | sfdc | /user | id firstName lastName email userName active
user | sfdcservicecloud | /user | id lastName email active
activity | sfdc | /activity | id subject contactId date
activity | eloqua | /contact/1/activity?where=startAt='1400000000' and endAt='1900000000' and type='emailOpen' | id type contactId date
activity | marketo | /activity?where=activityTypeIds in ('12') and sinceDatetime='2016-01-01T00:00:00Z' | id type contactId date
incident | sfdc | /incident | id number subject status
incident | sfdcservicecloud | /incident | id number subject status priority
file | sfdc | /file | id name size
file | acton | /file | id name url
file | marketo | /file | id name size mimeType createdDate
file | salesforcemarketingcloud | /file | id name createdDate
folder | sfdc | /folder | id name createdDate
folder | sfdcdocuments | /folder/contents | id name path createdDate
folder | marketo | /folder | id name path parentId createdDate
folder | salesforcemarketingcloud | /folder | id name parentId
list | eloqua | /list | id name size createdDate
list | acton | /list | id name size updatedDate
list | marketo | /list | id name createdDate
list | salesforcemarketingcloud | /list | id name description
";

/// The rows of [`READ`].
fn reads() -> Vec<[&'static str; 4]> {
    let cells = |line: &'static str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        cells.try_into().unwrap()
    };
    READ.trim().lines().map(cells).collect()
}

#[tokio::test]
async fn an_object_has_one_shape_whatever_the_vendor_on_a_fresh_server() {
    let app = TestApp::start().await;
    let reads = reads();
    let mut elements: Vec<&str> = reads.iter().map(|row| row[1]).collect();
    elements.sort_unstable();
    elements.dedup();
    for element in elements {
        let token = token(&app, element).await;
        for [object, _, path, members] in reads.iter().filter(|row| row[1] == element) {
            let path = match path.split_once("where=") {
                Some((path, text)) => {
                    format!("{path}where={}", escaped(&text.replace("{EMAIL}", EMAIL)))
                }
                None => (*path).to_owned(),
            };
            let at = format!("{object} of {element}");
            let found = get(&app, &token, &path).await;
            let first = &found[0];
            for member in members.split(' ') {
                let value = &first[member];
                assert!(
                    !value.is_null() && *value != json!(""),
                    "{at}: no {member} in {first}"
                );
            }
            assert!(first["id"].is_string(), "{at}: {first}");
            let dates = ["createdDate", "updatedDate", "date"];
            for date in dates.iter().filter_map(|name| first[*name].as_str()) {
                assert!(
                    date.len() == 24 && date.ends_with('Z'),
                    "{at}: the date {date}"
                );
            }
            let ready = app
                .ok("GET", &format!("/common-resources/{object}"), Value::Null)
                .await;
            only_known(&ready, first, &at);
        }
    }
}

#[tokio::test]
async fn a_contact_is_written_and_read_again_in_one_shape() {
    let app = TestApp::start().await;
    for element in [
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "eloqua",
        "acton",
        "marketo",
    ] {
        let token = token(&app, element).await;
        let mail = format!("zoe@{element}.example.com");
        let body =
            json!({"firstName": "Zoe", "lastName": "Zed", "email": mail, "id": "mine", "odd": 1});
        let made = app.resource("POST", "/contact", &token, body).await;
        assert_eq!(made.status, 200, "{element}: {}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        assert_ne!(id, "mine", "{element}");
        let path = format!("/contact/{}", escaped(&id));
        let found = get(&app, &token, &path).await;
        let read = (&found["id"], &found["firstName"], &found["email"]);
        assert_eq!(
            read,
            (&json!(id), &json!("Zoe"), &json!(mail)),
            "{element}: {found}"
        );
        let changed = app
            .resource("PATCH", &path, &token, json!({"firstName": "Zara"}))
            .await;
        assert_eq!(changed.status, 200, "{element}: {}", changed.text());
        assert_eq!(get(&app, &token, &path).await["firstName"], "Zara");
        app.resource("DELETE", &path, &token, Value::Null)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn what_only_takes_a_key_is_made_and_found_by_it() {
    let app = TestApp::start().await;
    let marketo = token(&app, "marketo").await;
    for (path, body, member) in [
        (
            "/account",
            json!({"id": "c9", "name": "Acme", "city": "Oslo"}),
            "name",
        ),
        (
            "/user",
            json!({"id": "s9", "email": "x@y.example", "firstName": "Ann", "lastName": "Bee"}),
            "email",
        ),
    ] {
        let made = app.resource("POST", path, &marketo, body.clone()).await;
        assert_eq!(made.expect(200).json()["id"], body["id"]);
        let query = escaped(&format!("id={}", body["id"]).replace('"', "'"));
        let found = get(&app, &marketo, &format!("{path}?where={query}")).await;
        assert_eq!(found[0][member], body[member], "{path}: {found}");
    }
    let service = token(&app, "sfdcservicecloud").await;
    let contact = get(&app, &service, "/contact?pageSize=1").await;
    let path = format!("/contact/{}/activity", contact[0]["id"].as_str().unwrap());
    let activities = get(&app, &service, &path).await;
    assert!(activities[0]["subject"].is_string(), "{activities}");
    let documents = token(&app, "sfdcdocuments").await;
    let found = get(&app, &documents, "/search?pageSize=1").await;
    let path = format!("/file/{}/metadata", found[0]["id"].as_str().unwrap());
    let file = get(&app, &documents, &path).await;
    assert_eq!(file["name"], found[0]["name"]);
    assert!(
        file["size"].is_number() && file.get("directory").is_none(),
        "{file}"
    );
}

#[tokio::test]
async fn every_ready_made_mapping_stands_the_check() {
    let app = TestApp::start().await;
    let mut checked = 0;
    for element in [
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "sfdcdocuments",
        "eloqua",
        "acton",
        "marketo",
        "salesforcemarketingcloud",
    ] {
        let token = token(&app, element).await;
        let path = format!("/elements/{element}/transformations");
        let mapped = app.ok("GET", &path, Value::Null).await;
        for (name, one) in mapped.as_object().unwrap() {
            assert_eq!(one["level"], "system");
            let path = format!("/instances/transformations/{name}/check");
            let found = get(&app, &token, &path).await;
            assert_eq!(found["ok"], true, "{element} {name}: {found}");
            checked += 1;
        }
    }
    assert!(checked >= 38, "{checked}");
}

#[tokio::test]
async fn a_name_that_a_customer_defines_is_the_customers() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let theirs = app.neighbour().await;
    let body = json!({"fields": [{"path": "mail"}]});
    app.ok("POST", "/organizations/objects/contact/definitions", body)
        .await;
    let own = json!({"vendorName": "Contact", "fields": [{"path": "mail", "vendorPath": "Email"}],
        "configuration": [{"type": "inherit"}, {"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}]});
    app.ok(
        "POST",
        "/organizations/elements/sfdc/transformations/contact",
        own,
    )
    .await;
    let found = get(&app, &token, "/contact?pageSize=1").await;
    let members: Vec<_> = found[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["mail"], "nothing of ours is mixed in");
    let shown = app
        .ok("GET", "/common-resources/contact", Value::Null)
        .await;
    assert_eq!(shown["fields"].as_array().unwrap().len(), 1);
    assert_eq!(shown["mappedElementIds"], json!([23]));
    let elsewhere = app
        .call("GET", "/common-resources/contact", &theirs, Value::Null)
        .await;
    assert_eq!(elsewhere.expect(200).json()["fields"][0]["path"], "id");
    app.ok(
        "DELETE",
        "/organizations/elements/sfdc/transformations/contact",
        Value::Null,
    )
    .await;
    let reply = app.resource("GET", "/contact", &token, Value::Null).await;
    assert!(
        !reply.text().contains("firstName"),
        "defined and not mapped: the element's own affair, {}",
        reply.text()
    );
    app.ok("DELETE", "/common-resources/contact", Value::Null)
        .await;
    let found = get(&app, &token, "/contact?pageSize=1").await;
    assert!(found[0]["firstName"].is_string(), "ours is back: {found}");
    let path = format!("/instances/{id}/transformations/contact");
    let more = json!({"vendorName": "contacts", "configuration": [{"type": "inherit"}],
        "fields": [{"path": "department", "vendorPath": "Department"}]});
    app.ok("POST", &path, more).await;
    let found = get(&app, &token, "/contact?pageSize=1").await;
    assert!(
        found[0]["department"].is_string() && found[0]["firstName"].is_string(),
        "extended: {found}"
    );
    let shown = app.ok("GET", &path, Value::Null).await;
    let levels = shown["fields"].as_array().unwrap();
    assert!(levels.iter().any(|field| field["level"] == "system"));
    assert!(levels.iter().any(|field| field["level"] == "instance"));
}

#[tokio::test]
async fn what_is_ready_made_is_changed_as_a_copy_of_ones_own() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let ready = app.ok("GET", "/vdrs/folder", Value::Null).await;
    let id = ready["id"].as_i64().unwrap();
    let by_id = format!("/vdrs/{id}");
    assert_eq!(
        (
            &ready["fields"][0]["level"],
            &app.ok("GET", &by_id, Value::Null).await["id"]
        ),
        (&json!("system"), &json!(id))
    );
    app.refused("DELETE", "/common-resources/folder", Value::Null, 403)
        .await;
    app.refused(
        "PATCH",
        "/common-resources/folder",
        json!({"name": "dir"}),
        403,
    )
    .await;
    let kept = app
        .platform("DELETE", &by_id, Value::Null)
        .await
        .expect(200);
    assert!(kept.header("elements-error").contains("ignored"));
    let fields = ready["fields"].as_array().unwrap();
    let mut more = fields.clone();
    more.push(json!({"path": "owner", "level": "organization"}));
    let body = json!({"objectName": "dir", "fields": more});
    let changed = app.platform("PUT", &by_id, body).await.expect(200);
    assert!(changed.header("elements-error").contains("ignored"));
    let changed = changed.json();
    assert_eq!(changed["objectName"], "folder", "ours keeps its name");
    assert_eq!(
        changed["fields"].as_array().unwrap().len(),
        fields.len() + 1
    );
    assert_eq!(changed["mappedElementIds"], ready["mappedElementIds"]);
    let found = get(&app, &token, "/folder?pageSize=1").await;
    assert!(found[0]["name"].is_string(), "{found}");
    let ours = app
        .ok("GET", &format!("{by_id}?systemOnly=true"), Value::Null)
        .await;
    assert_eq!(ours["fields"].as_array().unwrap().len(), fields.len());
    app.ok("DELETE", &by_id, Value::Null).await;
    let again = app.ok("GET", &by_id, Value::Null).await;
    assert_eq!(again["fields"], ready["fields"]);
    let listed = app.ok("GET", "/vdrs?systemOnly=true", Value::Null).await;
    assert_eq!(listed.as_array().unwrap().len(), 10);
    let path = "/organizations/objects/definitions?systemOnly=true";
    let defined = app.ok("GET", path, Value::Null).await;
    assert_eq!(defined["folder"]["level"], "system");
    app.refused(
        "GET",
        "/organizations/objects/folder/definitions",
        Value::Null,
        404,
    )
    .await;
    let exported = app.ok("GET", "/vdrs/folder/export", Value::Null).await;
    app.ok("PUT", "/vdrs/import", exported).await;
    let own = "/organizations/objects/folder/definitions";
    let own = app.ok("GET", own, Value::Null).await;
    assert_eq!(own["fields"].as_array().unwrap().len(), fields.len());
}

#[tokio::test]
async fn common_resources_stand_in_objects_documentation_and_explanations() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let names = get(&app, &token, "/objects").await;
    assert!(names.as_array().unwrap().contains(&json!("incident")));
    let credentials = app.with_token(&token);
    let headers = [
        ("authorization", &*credentials),
        ("elements-version", "Helium"),
    ];
    let rows = app
        .send("GET", "/elements/api-v2/objects", &headers, "")
        .await;
    let row = json!({"name": "incident", "vendorName": "Case", "type": "vdr"});
    assert!(rows.json().as_array().unwrap().contains(&row));
    let path = format!("/instances/{id}/transformations/contact");
    let more = json!({"vendorName": "contacts", "configuration": [{"type": "inherit"}],
        "fields": [{"path": "level.name", "type": "string", "vendorPath": "Level__c"}]});
    app.ok("POST", &path, more).await;
    let by_id = app
        .ok("GET", &format!("/instances/{id}/docs"), Value::Null)
        .await;
    let by_token = get(&app, &token, "/instances/docs").await;
    for docs in [by_id, by_token] {
        let get = &docs["paths"]["/contact"]["get"];
        assert_eq!(get["operationId"], "GET-contact");
        assert_eq!(
            get["responses"]["200"]["schema"]["items"]["$ref"],
            "#/definitions/contact"
        );
        assert!(docs["paths"]["/contact/{id}"]["patch"].is_object());
        let properties = &docs["definitions"]["contact"]["properties"];
        assert_eq!(properties["email"]["type"], "string");
        assert_eq!(
            properties["level"]["properties"]["name"]["type"], "string",
            "what the instance added"
        );
        assert!(
            docs["paths"]["/incident"]["get"].is_object(),
            "by the generic call"
        );
    }
    let docs = app.ok("GET", "/elements/sfdc/docs", Value::Null).await;
    let properties = &docs["definitions"]["contact"]["properties"];
    assert!(properties["email"].is_object() && properties.get("level").is_none());
    let headers = [
        ("authorization", &*credentials),
        ("elements-explain", "dry-run"),
    ];
    let url = "/elements/api-v2/contact?where=email%3D'a'";
    let told = app.send("GET", url, &headers, "").await.expect(200).json();
    let through = &told["transformation"];
    assert_eq!(
        (&through["objectName"], &through["level"]),
        (&json!("contact"), &json!("instance"))
    );
    let of = json!({"path": "email", "vendorPath": "Email", "level": "system"});
    assert!(
        through["fields"].as_array().unwrap().contains(&of),
        "{told}"
    );
    let without = app.send("GET", "/elements/api-v2/contact", &[], "").await;
    assert_eq!(without.status, 401, "a common resource takes a token");
}

#[tokio::test]
async fn an_elements_own_path_goes_before_what_is_ready_made() {
    let recorder = Recorder::start(|_| answer(200, r#"[{"Id":"1","Email":"a@x.io"}]"#)).await;
    let origin = recorder.origin.clone();
    let app = TestApp::with(|config| {
        let connect = &mut config.vendor.connect;
        connect.insert("api.mapped.example".to_owned(), origin);
    })
    .await;
    app.ok("POST", "/elements", element("mapped")).await;
    let (_, token) = plain_instance(&app, "mapped").await;
    // An element of the customer's has nothing ready-made.
    app.resource("GET", "/contact", &token, Value::Null)
        .await
        .error(400);
    let body = json!({"fields": [{"path": "mail"}]});
    app.ok("POST", "/organizations/objects/list/definitions", body)
        .await;
    let path = "/organizations/elements/mapped/transformations/list";
    app.ok("POST", path, transformation()).await;
    assert_eq!(get(&app, &token, "/list").await[0]["mail"], "a@x.io");
}
