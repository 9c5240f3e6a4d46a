//! Eloqua as its clients and their browsers see it.

mod bulk;
mod grants;

use ligand_sim::Consent;
use serde_json::{Value, json};

use crate::world::{Answer, JSON, World};

/// `app:secret`.
const CLIENT: (&str, &str) = ("authorization", "Basic YXBwOnNlY3JldA==");
const AUTHORIZE: &str = "/auth/oauth2/authorize?response_type=code&client_id=app\
    &redirect_uri=https://app.example/cb&state=eloqua";

struct Eloqua {
    world: World,
    bearer: String,
}

impl Eloqua {
    async fn start() -> Self {
        let world = World::with("eloqua", Consent::Auto).await;
        let code = world
            .send("GET", AUTHORIZE, &[], "")
            .await
            .redirected("code")
            .unwrap();
        let tokens = exchange(&world, &code).await.json();
        Self {
            world,
            bearer: format!("Bearer {}", tokens["access_token"].as_str().unwrap()),
        }
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("authorization", self.bearer.as_str()), JSON];
        self.world.send(method, path, &headers, body).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

async fn exchange(world: &World, code: &str) -> Answer {
    let body = json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": "https://app.example/cb",
    });
    world
        .send(
            "POST",
            "/auth/oauth2/token",
            &[CLIENT, JSON],
            body.to_string(),
        )
        .await
}

#[tokio::test]
async fn a_contact_is_created_read_replaced_and_deleted() {
    let eloqua = Eloqua::start().await;
    let body = json!({
        "emailAddress": "New@Example.com", "firstName": "Nea", "city": "Oslo",
        "fieldValues": [{"id": "100171", "value": "mine"}],
    });
    let made = eloqua
        .call("POST", "/API/REST/2.0/data/contact", body)
        .await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(
        (&made["type"], &made["name"]),
        (&json!("Contact"), &json!("New@Example.com"))
    );
    assert_eq!(made["createdAt"], "1700000000");
    let path = format!(
        "/api/rest/1.0/Data/Contact/{}",
        made["id"].as_str().unwrap()
    );
    eloqua
        .world
        .order("/clock/advance", json!({"seconds": 60}))
        .await;
    let body = json!({"id": made["id"], "emailAddress": "new@example.com", "firstName": "Nora"});
    let put = eloqua.call("PUT", &path, body).await.json();
    assert_eq!(
        (&put["firstName"], &put["updatedAt"]),
        (&json!("Nora"), &json!("1700000060"))
    );
    assert_eq!(put.get("city"), None);
    assert!(
        put["fieldValues"]
            .as_array()
            .unwrap()
            .iter()
            .all(|field| field.get("value").is_none())
    );
    assert_eq!(eloqua.call("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(eloqua.call("GET", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_faulty_or_taken_address_is_refused() {
    let eloqua = Eloqua::start().await;
    let create = |body: Value| eloqua.call("POST", "/API/REST/2.0/data/contact", body);
    let bad = create(json!({"emailAddress": "nobody"})).await;
    assert_eq!(bad.status, 400);
    assert_eq!(
        bad.json(),
        json!([{
            "type": "ObjectValidationError",
            "container": {"type": "ObjectKey", "objectType": "Contact"},
            "property": "emailAddress",
            "requirement": {"type": "EmailAddressRequirement"}, "value": "nobody",
        }])
    );
    let taken = create(json!({"emailAddress": "BULKER1@donotdelete.com"})).await;
    assert_eq!(taken.status, 409);
    assert_eq!(
        taken.json()[0]["requirement"]["type"],
        "UniquenessRequirement"
    );
    let body = json!({"emailAddress": "bulker1@donotdelete.com"});
    assert_eq!(
        eloqua
            .call("PUT", "/API/REST/2.0/data/contact/3", body.clone())
            .await
            .status,
        409
    );
    assert_eq!(
        eloqua
            .call("PUT", "/API/REST/2.0/data/contact/1", body)
            .await
            .status,
        200
    );
    let headers = [("authorization", eloqua.bearer.as_str()), JSON];
    let broken = eloqua
        .world
        .send("POST", "/API/REST/2.0/data/contact", &headers, "{")
        .await;
    assert_eq!(broken.status, 400);
}

#[tokio::test]
async fn contacts_are_searched_ordered_and_paged() {
    let eloqua = Eloqua::start().await;
    let ids = |page: &Value| -> Vec<String> {
        let elements = page["elements"].as_array().unwrap();
        elements
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = "/API/REST/2.0/data/contacts";
    let all = eloqua.get(path).await;
    assert_eq!(
        (&all["total"], &all["page"], &all["pageSize"]),
        (&json!(260), &json!(1), &json!(1000))
    );
    assert_eq!(all["elements"][0].get("firstName"), None);
    let one = ids(&eloqua.get(&format!("{path}?count=2&page=1")).await);
    let two = ids(&eloqua.get(&format!("{path}?count=2&page=2")).await);
    let both = ids(&eloqua.get(&format!("{path}?count=4&page=0")).await);
    assert_eq!([one, two].concat(), both);
    assert_eq!(ids(&eloqua.get(&format!("{path}?limit=1")).await).len(), 1);
    let found = eloqua
        .get(&format!(
            "{path}?search=bulker*&depth=complete&orderBy=id%20desc"
        ))
        .await;
    assert_eq!(ids(&found), ["2", "1"]);
    assert!(found["elements"][0]["fieldValues"].is_array());
    let found = eloqua
        .get(&format!(
            "{path}?search=C_Churros_Contact_Field1='contact-7'"
        ))
        .await;
    assert_eq!(ids(&found), ["7"]);
    let last = all["elements"][259]["updatedAt"].as_str().unwrap();
    assert_eq!(
        ids(&eloqua.get(&format!("{path}?lastUpdatedAt={last}")).await),
        ["260"]
    );
    let indian = eloqua
        .get("/API/REST/2.0/data/accounts?search=country='India'&depth=partial")
        .await;
    assert!(
        indian["elements"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["country"] == "India")
    );
    assert!(indian["total"].as_i64().unwrap() > 5);
    let bad = eloqua
        .call("GET", &format!("{path}?count=2000"), Value::Null)
        .await;
    assert_eq!(
        (bad.status, &bad.json()[0]["parameter"]),
        (400, &json!("count"))
    );
}

#[tokio::test]
async fn only_version_one_changes_who_is_on_a_list() {
    let eloqua = Eloqua::start().await;
    let body = json!({"name": "Mine", "scope": "global", "type": "ContactList", "folderId": 261});
    let made = eloqua
        .call("POST", "/api/REST/1.0/assets/contact/list", body)
        .await;
    assert_eq!((made.status, &made.json()["count"]), (201, &json!("0")));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let add = json!({"id": id, "name": "Mine", "membershipAdditions": ["1", "2", "9999"]});
    let two = eloqua
        .call(
            "PUT",
            &format!("/API/REST/2.0/assets/contact/list/{id}"),
            add.clone(),
        )
        .await;
    assert_eq!(two.json()["count"], "0");
    let one = eloqua
        .call(
            "PUT",
            &format!("/API/REST/1.0/assets/contact/list/{id}"),
            add,
        )
        .await;
    assert_eq!(one.json()["count"], "2");
    let members = eloqua
        .get(&format!("/API/REST/2.0/data/contacts/list/{id}"))
        .await;
    assert_eq!(members["total"], 2);
    let lists = eloqua.get("/API/REST/2.0/data/contact/1/membership").await;
    assert!(
        lists
            .as_array()
            .unwrap()
            .iter()
            .any(|list| list["name"] == "Mine")
    );
    let remove = json!({"id": id, "name": "Mine", "membershipDeletions": ["1"]});
    let left = eloqua
        .call(
            "PUT",
            &format!("/API/REST/1.0/assets/contact/list/{id}"),
            remove,
        )
        .await;
    assert_eq!(left.json()["count"], "1");
}

#[tokio::test]
async fn assets_have_unique_names_and_campaigns_become_active() {
    let eloqua = Eloqua::start().await;
    let path = "/API/REST/2.0/assets";
    let emails = eloqua
        .get(&format!("{path}/emails?count=10&depth=complete"))
        .await;
    assert_eq!(emails["elements"].as_array().unwrap().len(), 10);
    let twin = eloqua
        .call(
            "POST",
            &format!("{path}/email"),
            json!({"name": "email 01"}),
        )
        .await;
    assert_eq!(twin.status, 409);
    let body = json!({"name": "Mine", "folderId": 308, "isReadOnly": false, "runAsUserId": null});
    let made = eloqua
        .call("POST", &format!("{path}/campaign"), body)
        .await
        .json();
    assert_eq!(
        (&made["currentStatus"], &made["isReadOnly"]),
        (&json!("Draft"), &json!("false"))
    );
    let id = made["id"].as_str().unwrap();
    let active = eloqua
        .call(
            "POST",
            &format!("{path}/campaign/active/{id}?activateNow=true"),
            Value::Null,
        )
        .await;
    assert_eq!(
        (active.status, &active.json()["currentStatus"]),
        (201, &json!("Active"))
    );
    assert_eq!(
        eloqua
            .call("DELETE", &format!("{path}/campaign/{id}"), Value::Null)
            .await
            .status,
        200
    );
    assert_eq!(
        eloqua
            .call("GET", &format!("{path}/campaign/{id}"), Value::Null)
            .await
            .status,
        404
    );
    assert_eq!(
        eloqua
            .call("GET", &format!("{path}/nothing"), Value::Null)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn activities_of_a_contact_need_a_type_and_a_window() {
    let eloqua = Eloqua::start().await;
    let path = "/API/REST/1.0/data/activities/contact/1";
    let query = "type=emailOpen&startDate=1417556990&endDate=1447567663";
    let found = eloqua.get(&format!("{path}?{query}")).await;
    assert_eq!(found[0]["activityType"], "emailOpen");
    assert_eq!(found.as_array().unwrap().len(), 1);
    let later = "type=emailOpen&startDate=1447567663&endDate=1447567664";
    assert_eq!(eloqua.get(&format!("{path}?{later}")).await, json!([]));
    let bad = eloqua.call("GET", path, Value::Null).await;
    assert_eq!(
        (bad.status, &bad.json()[0]["parameter"]),
        (400, &json!("type"))
    );
    let segment = eloqua
        .get("/API/REST/2.0/data/contacts/segment/1?count=1")
        .await;
    assert_eq!(segment["total"], 260);
}

#[tokio::test]
async fn fields_are_described_for_rest_and_bulk() {
    let eloqua = Eloqua::start().await;
    let path = "/API/REST/2.0/assets/contact/fields?depth=complete&count=1000";
    let fields = eloqua.get(path).await["elements"].clone();
    let custom: Vec<&Value> = fields
        .as_array()
        .unwrap()
        .iter()
        .filter(|field| field["isStandard"] == "false")
        .collect();
    assert_eq!(custom[0]["internalName"], "C_Churros_Contact_Field1");
    let accounts = eloqua.get("/API/REST/1.0/assets/account/fields").await;
    assert_eq!(accounts["elements"][0]["type"], "AccountField");
    let bulk = eloqua
        .get("/api/bulk/2.0/contacts/fields?limit=1&offset=0")
        .await;
    assert_eq!(
        (&bulk["count"], &bulk["hasMore"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(
        bulk["items"][0]["statement"],
        "{{Contact.Field(C_EmailAddress)}}"
    );
}

#[tokio::test]
async fn an_export_is_synced_over_several_looks() {
    let eloqua = Eloqua::start().await;
    let body = json!({
        "name": "mine", "fields": {"mail": "{{Contact.Field(C_EmailAddress)}}", "id": "{{Contact.Id}}"},
        "filter": "'{{Contact.Field(C_EmailAddress)}}' ~ 'bulker*'",
    });
    let export = eloqua
        .call("POST", "/api/bulk/2.0/contacts/exports", body)
        .await;
    assert_eq!(
        (export.status, &export.json()["uri"]),
        (201, &json!("/contacts/exports/1"))
    );
    let body = json!({"syncedInstanceUri": "/contacts/exports/1"});
    let sync = eloqua.call("POST", "/api/bulk/2.0/syncs", body).await;
    assert_eq!(
        (sync.status, &sync.json()["status"]),
        (201, &json!("pending"))
    );
    for wanted in ["pending", "active", "success"] {
        assert_eq!(eloqua.get("/api/bulk/2.0/syncs/1").await["status"], wanted);
    }
    for path in [
        "/api/bulk/2.0/syncs/1/data",
        "/api/bulk/2.0/contacts/exports/1/data?limit=9",
    ] {
        let data = eloqua.get(path).await;
        assert_eq!(data["totalResults"], 2);
        assert_eq!(
            data["items"][0],
            json!({"mail": "bulker1@donotdelete.com", "id": "1"})
        );
    }
    let body = json!({"name": "x", "fields": {"a": "{{Contact.Field(C_No)}}"}});
    assert_eq!(
        eloqua
            .call("POST", "/api/bulk/2.0/contacts/exports", body)
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn the_rate_limit_answers_429() {
    let eloqua = Eloqua::start().await;
    eloqua
        .world
        .order("/rate-limit", json!({"vendor": "eloqua", "limit": 1}))
        .await;
    eloqua.get("/API/REST/2.0/data/contact/1").await;
    let limited = eloqua
        .call("GET", "/API/REST/2.0/data/contact/1", Value::Null)
        .await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers["retry-after"], "60");
}

#[tokio::test]
async fn a_form_takes_what_its_page_sends_without_a_sign_in() {
    let world = World::start("eloqua").await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let post = |query: &'static str| {
        let (world, form) = (&world, &form);
        async move {
            let body = "emailAddress=page%40example.com&message=Hello".to_owned();
            world.send("POST", query, form, body).await.text
        }
    };
    assert_eq!(
        post("/e/f2?elqFormName=contact-us&elqSiteID=42").await,
        "\r\n"
    );
    assert!(
        post("/e/f2?elqFormName=nothing")
            .await
            .contains("does not exist")
    );
    let basic = [("authorization", "Basic U2FuZGJveFxVc2VyOnNlY3JldA==")];
    let place = "/api/REST/2.0/data/form/1?count=100";
    let kept = world.send("GET", place, &basic, String::new()).await.json();
    let last = kept["elements"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(kept["total"], 13);
    assert_eq!(last["fieldValues"][0]["value"], "page@example.com");
}
