//! Marketo as its clients see it.

mod assets;
mod bulk;
mod records;

use serde_json::{Value, json};

use crate::world::{Answer, FORM, JSON, World};

const CREDENTIALS: &str = "grant_type=client_credentials&client_id=app&client_secret=secret";

struct Marketo {
    world: World,
    bearer: String,
}

impl Marketo {
    async fn start() -> Self {
        let world = World::start("marketo").await;
        let token = token(&world).await.json();
        let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
        Self { world, bearer }
    }

    async fn get(&self, path: &str) -> Value {
        self.send("GET", path, &[], "").await
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.send("POST", path, &[JSON], &body.to_string()).await
    }

    async fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Value {
        let answer = self.raw(method, path, more, body).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }

    async fn raw(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = vec![("authorization", self.bearer.as_str())];
        headers.extend(more);
        self.world
            .send(method, path, &headers, body.to_owned())
            .await
    }
}

async fn token(world: &World) -> Answer {
    world
        .send(
            "GET",
            &format!("/identity/oauth/token?{CREDENTIALS}"),
            &[],
            "",
        )
        .await
}

fn code(envelope: &Value) -> &str {
    assert_eq!(envelope["success"], false);
    envelope["errors"][0]["code"].as_str().unwrap()
}

#[tokio::test]
async fn asking_again_answers_the_same_token_with_the_seconds_that_are_left() {
    let world = World::start("marketo").await;
    let first = token(&world).await.json();
    assert_eq!(first["expires_in"], 3599);
    assert_eq!(first["token_type"], "bearer");
    assert!(first["access_token"].as_str().unwrap().ends_with(":int"));
    world.order("/clock/advance", json!({"seconds": 600})).await;
    let again = world
        .send("POST", "/identity/oauth/token", &[FORM], CREDENTIALS)
        .await
        .json();
    assert_eq!(again["access_token"], first["access_token"]);
    assert_eq!(again["expires_in"], 3000);
    world
        .order("/clock/advance", json!({"seconds": 3000}))
        .await;
    let new = token(&world).await.json();
    assert_ne!(new["access_token"], first["access_token"]);
    assert_eq!(new["expires_in"], 3599);
}

#[tokio::test]
async fn unknown_clients_and_wrong_secrets_get_the_vendors_bodies() {
    let world = World::start("marketo").await;
    let ask = |query: &'static str| {
        let path = format!("/identity/oauth/token?grant_type=client_credentials&{query}");
        let world = &world;
        async move {
            let answer = world.send("GET", &path, &[], "").await;
            (answer.status, answer.json())
        }
    };
    assert_eq!(
        ask("client_id=sandbox-invalid&client_secret=x").await,
        (
            401,
            json!({"error": "unauthorized", "error_description": "No client with requested id: sandbox-invalid"})
        )
    );
    let bad = json!({"error": "invalid_client", "error_description": "Bad client credentials"});
    assert_eq!(
        ask("client_id=app&client_secret=sandbox-invalid").await,
        (401, bad.clone())
    );
    world
        .order(
            "/fail",
            json!({"vendor": "marketo", "kind": "refuse_grant"}),
        )
        .await;
    assert_eq!(ask("client_id=app&client_secret=x").await, (401, bad));
    assert_eq!(ask("client_id=app&client_secret=x").await.0, 200);
}

#[tokio::test]
async fn dead_tokens_are_errors_inside_a_200() {
    let marketo = Marketo::start().await;
    let path = "/rest/v1/leads/partitions.json";
    assert_eq!(marketo.get(path).await["success"], true);
    let none = marketo.world.send("GET", path, &[], "").await;
    assert_eq!((none.status, code(&none.json())), (200, "600"));
    let foreign = marketo
        .world
        .send("GET", &format!("{path}?access_token=x:int"), &[], "")
        .await;
    assert_eq!((foreign.status, code(&foreign.json())), (200, "601"));
    marketo.world.expire().await;
    let expired = marketo.get(path).await;
    assert_eq!(
        expired["errors"][0],
        json!({"code": "602", "message": "Access token expired"})
    );
    marketo.world.revoke().await;
    let revoked = marketo.get(path).await;
    assert_eq!(
        revoked["errors"][0],
        json!({"code": "601", "message": "Access token invalid"})
    );
    let query = token(&marketo.world).await.json();
    let path = format!(
        "{path}?access_token={}",
        query["access_token"].as_str().unwrap()
    );
    assert_eq!(
        marketo.world.send("GET", &path, &[], "").await.json()["success"],
        true
    );
}

#[tokio::test]
async fn a_person_is_created_read_changed_and_deleted() {
    let marketo = Marketo::start().await;
    let input =
        json!({"input": [{"email": "new@example.com", "firstName": "Nea", "leadScore": "7"}]});
    let made = marketo.post("/rest/v1/leads.json", input.clone()).await;
    assert_eq!(made["result"][0]["status"], "created");
    let id = made["result"][0]["id"].as_i64().unwrap();
    let read = marketo
        .get(&format!("/rest/v1/lead/{id}.json?fields=email,leadScore"))
        .await;
    assert_eq!(
        read["result"],
        json!([{"id": id, "email": "new@example.com", "leadScore": 7}])
    );
    let again = marketo.post("/rest/v1/leads.json", input).await;
    assert_eq!(again["result"][0], json!({"id": id, "status": "updated"}));
    let change = json!({"action": "updateOnly", "lookupField": "id", "input": [{"id": id, "firstName": "Nora"}]});
    marketo.post("/rest/v1/leads.json", change).await;
    let read = marketo
        .get(&format!(
            "/rest/v1/leads.json?filterType=id&filterValues={id}"
        ))
        .await;
    assert_eq!(read["result"][0]["firstName"], "Nora");
    assert_eq!(read["result"].as_array().unwrap().len(), 1);
    let gone = marketo
        .post("/rest/v1/leads/delete.json", json!({"input": [{"id": id}]}))
        .await;
    assert_eq!(gone["result"], json!([{"id": id, "status": "deleted"}]));
    let read = marketo.get(&format!("/rest/v1/lead/{id}.json")).await;
    assert_eq!(
        (&read["success"], &read["result"]),
        (&json!(true), &json!([]))
    );
    let gone = marketo
        .send("DELETE", &format!("/rest/v1/leads.json?id={id}"), &[], "")
        .await;
    assert_eq!(gone["result"][0]["reasons"][0]["code"], "1004");
}

#[tokio::test]
async fn each_record_tells_why_it_was_skipped() {
    let marketo = Marketo::start().await;
    let save = |action: &'static str, lookup: &'static str, row: Value| {
        let body = json!({"action": action, "lookupField": lookup, "input": [row]});
        let marketo = &marketo;
        async move {
            let row = marketo.post("/rest/v1/leads.json", body).await["result"][0].clone();
            row["reasons"][0]["code"]
                .as_str()
                .or(row["status"].as_str())
                .unwrap()
                .to_owned()
        }
    };
    let twin = json!({"email": "twin@example.com"});
    assert_eq!(save("createOnly", "email", twin.clone()).await, "created");
    assert_eq!(save("createOnly", "email", twin.clone()).await, "1005");
    assert_eq!(
        save(
            "updateOnly",
            "email",
            json!({"email": "nobody@example.com"})
        )
        .await,
        "1004"
    );
    assert_eq!(
        save("createDuplicate", "email", twin.clone()).await,
        "created"
    );
    assert_eq!(save("createOrUpdate", "email", twin).await, "1007");
    assert_eq!(
        save(
            "createOrUpdate",
            "email",
            json!({"email": "a@b.co", "no": 1})
        )
        .await,
        "1006"
    );
    assert_eq!(
        save("createOrUpdate", "email", json!({"firstName": "A"})).await,
        "1003"
    );
    let wrong = json!({"email": "a@b.co", "leadScore": "many"});
    assert_eq!(save("createOrUpdate", "email", wrong).await, "1001");
}

#[tokio::test]
async fn a_call_that_cannot_be_answered_names_its_code() {
    let marketo = Marketo::start().await;
    for (path, wanted) in [
        ("/rest/v1/leads.json", "1002"),
        ("/rest/v1/leads.json?filterType=email", "1002"),
        (
            "/rest/v1/leads.json?filterType=nothing&filterValues=1",
            "1006",
        ),
        (
            "/rest/v1/leads.json?filterType=firstName&filterValues=A",
            "1011",
        ),
        (
            "/rest/v1/leads.json?filterType=id&filterValues=1&fields=id,nothing",
            "1006",
        ),
        (
            "/rest/v1/leads.json?filterType=id&filterValues=1&batchSize=x",
            "1001",
        ),
        (
            "/rest/v1/leads.json?filterType=id&filterValues=1&nextPageToken=x",
            "1003",
        ),
        ("/rest/v1/lead/x.json", "1001"),
        ("/rest/v1/lists/999.json", "1013"),
        ("/rest/v1/nothing.json", "610"),
        ("/rest/v1/leads/delete.json", "605"),
        ("/rest/asset/v1/nothing.json", "610"),
    ] {
        assert_eq!(code(&marketo.get(path).await), wanted, "{path}");
    }
    let path = "/rest/v1/leads.json";
    assert_eq!(code(&marketo.send("POST", path, &[JSON], "{").await), "609");
    let xml = ("content-type", "text/xml");
    assert_eq!(
        code(&marketo.send("POST", path, &[xml], "<a/>").await),
        "612"
    );
    assert_eq!(
        code(&marketo.post(path, json!({"input": []})).await),
        "1002"
    );
    let rows = vec![json!({"email": "a@b.co"}); 301];
    assert_eq!(
        code(&marketo.post(path, json!({"input": rows})).await),
        "1003"
    );
    let long = format!("{path}?filterType=id&filterValues={}", "1,".repeat(5000));
    assert_eq!(marketo.raw("GET", &long, &[], "").await.status, 414);
}

#[tokio::test]
async fn a_filter_that_matches_more_than_a_thousand_is_refused() {
    let marketo = Marketo::start().await;
    for batch in 0..4 {
        let rows: Vec<Value> = (0..260)
            .map(|n| json!({"email": format!("n{batch}-{n}@example.com"), "company": "Crowd"}))
            .collect();
        marketo
            .post("/rest/v1/leads.json", json!({"input": rows}))
            .await;
        let found = "/rest/v1/leads.json?filterType=company&filterValues=Crowd&batchSize=1";
        let found = marketo.get(found).await;
        if batch < 3 {
            assert!(found["nextPageToken"].is_string());
        } else {
            assert_eq!(code(&found), "1003");
            assert_eq!(
                found["errors"][0]["message"],
                "Too many results match the filter"
            );
        }
    }
}

#[tokio::test]
async fn long_reads_travel_as_forms_with_repeated_fields() {
    let marketo = Marketo::start().await;
    let form = "_method=GET&filterType=id&filterValues=1&filterValues=2,3&fields=id&fields=email";
    let read = marketo
        .send("POST", "/rest/v1/leads.json", &[FORM], form)
        .await;
    let rows = read["result"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "email"]
    );
    // A `GET` with a body, as one client sends it.
    let lists = marketo
        .send(
            "GET",
            "/rest/v1/campaigns.json",
            &[FORM],
            "id=2&_method=GET",
        )
        .await;
    assert_eq!(lists["result"][0]["id"], 2);
    assert_eq!(lists["result"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_members_of_a_list_come_page_by_page() {
    let marketo = Marketo::start().await;
    let lists = marketo.get("/rest/v1/lists.json").await;
    assert!(lists["result"].as_array().unwrap().len() >= 3);
    let mut seen = Vec::new();
    let mut path = "/rest/v1/lists/1/leads.json?batchSize=100".to_owned();
    loop {
        let page = marketo.get(&path).await;
        let rows = page["result"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["id"].as_i64().unwrap()));
        let Some(next) = page["nextPageToken"].as_str() else {
            break;
        };
        path = format!("/rest/v1/list/1/leads.json?batchSize=100&nextPageToken={next}");
    }
    assert_eq!(seen, (1..=260).collect::<Vec<_>>());
}

#[tokio::test]
async fn people_join_and_leave_a_list() {
    let marketo = Marketo::start().await;
    let member = |id: i64| format!("/rest/v1/lists/2/leads/ismember.json?id={id}");
    assert_eq!(
        marketo.get(&member(1)).await["result"][0]["status"],
        "notmemberof"
    );
    let input = json!({"input": [{"id": 1}, {"id": 3}, {"id": 99_999}]});
    let added = marketo.post("/rest/v1/lists/2/leads.json", input).await;
    assert_eq!(added["result"][0], json!({"id": 1, "status": "added"}));
    assert_eq!(added["result"][2]["reasons"][0]["code"], "1004");
    assert_eq!(
        marketo.get(&member(1)).await["result"][0]["status"],
        "memberof"
    );
    // One client joins ids by `&id=` and encodes the ampersand.
    let path = "/rest/v1/lists/2/leads.json?id=1%26id%3D3";
    let removed = marketo.send("DELETE", path, &[JSON], "").await;
    assert_eq!(removed["result"].as_array().unwrap().len(), 2);
    assert_eq!(removed["result"][1], json!({"id": 3, "status": "removed"}));
    let again = marketo
        .send("DELETE", "/rest/v1/lists/2/leads.json?id=1", &[], "")
        .await;
    assert_eq!(again["result"][0]["reasons"][0]["code"], "1015");
}

#[tokio::test]
async fn every_change_leaves_an_activity() {
    let marketo = Marketo::start().await;
    let since = "/rest/v1/activities/pagingtoken.json?sinceDatetime=2023-11-01T00:00:00Z";
    let token = marketo.get(since).await["nextPageToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let row =
        json!({"lookupField": "email", "input": [{"email": "act@example.com", "city": "Oslo"}]});
    let made = marketo.post("/rest/v1/leads.json", row).await;
    let id = made["result"][0]["id"].clone();
    let row = json!({"input": [{"email": "act@example.com", "city": "Bergen"}]});
    marketo.post("/rest/v1/leads.json", row).await;
    marketo
        .post("/rest/v1/leads/delete.json", json!({"input": [{"id": id}]}))
        .await;
    let path = format!("/rest/v1/activities.json?nextPageToken={token}&activityTypeIds=12,13");
    let read = marketo.get(&path).await;
    let kinds: Vec<&Value> = read["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["activityTypeId"])
        .collect();
    assert_eq!(kinds, [&json!(12), &json!(13)]);
    assert_eq!(read["moreResult"], false);
    assert!(read["nextPageToken"].is_string());
    let path = format!("/rest/v1/activities/leadchanges.json?nextPageToken={token}&fields=city");
    let changes = marketo.get(&path).await;
    assert_eq!(
        changes["result"][1]["fields"],
        json!([{"id": 14, "name": "city", "newValue": "Bergen", "oldValue": "Oslo"}])
    );
    let path = format!("/rest/v1/activities/deletedleads.json?nextPageToken={token}");
    assert_eq!(marketo.get(&path).await["result"][0]["leadId"], id);
    let path = "/rest/v1/activities.json?activityTypeIds=12";
    assert_eq!(code(&marketo.get(path).await), "1002");
}

#[tokio::test]
async fn an_export_runs_behind_a_path_that_goes_up() {
    let marketo = Marketo::start().await;
    let body = json!({
        "fields": ["id", "email", "middleName"],
        "filter": {"createdAt": {"startAt": "2017-01-10T00:00:00Z", "endAt": "2017-01-11T00:00:00Z"}},
    });
    let path = "/rest/../bulk/v1/leads/export";
    let made = marketo.post(&format!("{path}/create.json"), body).await;
    assert_eq!(made["result"][0]["status"], "Created");
    let id = made["result"][0]["exportId"].as_str().unwrap().to_owned();
    let file = format!("{path}/{id}/file.json");
    assert_eq!(marketo.raw("GET", &file, &[], "").await.status, 404);
    let enqueue = format!("{path}/{id}/enqueue.json");
    let queued = marketo
        .send("POST", &enqueue, &[FORM], "_method=POST")
        .await;
    assert_eq!(queued["result"][0]["status"], "Queued");
    assert_eq!(code(&marketo.send("POST", &enqueue, &[], "").await), "1029");
    let status = format!("{path}/{id}/status.json");
    assert_eq!(
        marketo.get(&status).await["result"][0]["status"],
        "Processing"
    );
    let done = marketo.get(&status).await["result"][0].clone();
    assert_eq!(
        (&done["status"], &done["numberOfRecords"]),
        (&json!("Completed"), &json!(4))
    );
    let csv = marketo.raw("GET", &file, &[], "").await.text;
    assert!(csv.starts_with("id,email,middleName\n1,"));
    assert!(csv.lines().nth(1).unwrap().ends_with(",null"));
    assert_eq!(done["fileSize"], csv.len());
    let part = marketo
        .raw("GET", &file, &[("range", "bytes=0-1")], "")
        .await;
    assert_eq!((part.status, part.text.as_str()), (206, "id"));
    let refused = json!({"fields": ["id"], "filter": {"smartListId": 1}});
    assert_eq!(
        code(&marketo.post(&format!("{path}/create.json"), refused).await),
        "1035"
    );
}

#[tokio::test]
async fn companies_people_and_assets_have_their_manners() {
    let marketo = Marketo::start().await;
    let body = json!({"input": [{"externalCompanyId": "new-1", "company": "Newco"}]});
    let made = marketo.post("/rest/v1/companies.json", body).await["result"][0].clone();
    assert_eq!(
        (&made["seq"], &made["status"]),
        (&json!(0), &json!("created"))
    );
    let path = "/rest/v1/companies.json?filterType=externalCompanyId&filterValues=new-1";
    assert_eq!(marketo.get(path).await["result"][0]["company"], "Newco");
    let body = json!({"deleteBy": "idField", "input": [{"id": made["id"]}]});
    let gone = marketo.post("/rest/v1/companies/delete.json", body).await;
    assert_eq!(gone["result"][0]["status"], "deleted");
    assert_eq!(marketo.get(path).await["result"], json!([]));
    marketo
        .send(
            "POST",
            "/rest/v1/leads/1/merge.json?leadIds=2,3",
            &[JSON],
            "{}",
        )
        .await;
    let left = marketo
        .get("/rest/v1/leads.json?filterType=id&filterValues=1,2,3")
        .await;
    assert_eq!(left["result"].as_array().unwrap().len(), 1);
    let files = marketo
        .get("/rest/asset/v1/files.json?maxReturn=10&offset=20")
        .await;
    assert_eq!(files["result"].as_array().unwrap().len(), 5);
    let none = marketo.get("/rest/asset/v1/files.json?offset=200").await;
    assert_eq!(
        none["warnings"][0],
        "No assets found for the given search criteria."
    );
    assert_eq!(none.get("result"), None);
    let channel = marketo
        .get("/rest/asset/v1/channel/byName.json?name=Email%20Send")
        .await;
    assert_eq!(
        channel["result"][0]["progressionStatuses"][1]["name"],
        "Engaged"
    );
    let usage = marketo.get("/rest/v1/stats/usage.json").await;
    assert!(usage["result"][0]["total"].as_i64().unwrap() > 5);
}

#[tokio::test]
async fn the_rate_limit_is_code_606_until_its_window_ends() {
    let marketo = Marketo::start().await;
    marketo
        .world
        .order("/rate-limit", json!({"vendor": "marketo", "limit": 2}))
        .await;
    let path = "/rest/v1/activities/types.json";
    marketo.get(path).await;
    assert_eq!(marketo.get(path).await["success"], true);
    let limited = marketo.get(path).await;
    assert_eq!(code(&limited), "606");
    assert_eq!(
        limited["errors"][0]["message"],
        "Max rate limit '2' exceeded with in '20' secs"
    );
    marketo
        .world
        .order("/clock/advance", json!({"seconds": 20}))
        .await;
    assert_eq!(marketo.get(path).await["success"], true);
}

#[tokio::test]
async fn a_reset_brings_the_seeded_people_back() {
    let marketo = Marketo::start().await;
    marketo
        .post("/rest/v1/leads/delete.json", json!({"input": [{"id": 1}]}))
        .await;
    marketo
        .world
        .order("/reset", json!({"vendor": "marketo"}))
        .await;
    let read = marketo.get("/rest/v1/lead/1.json").await;
    assert_eq!(read["result"][0]["id"], 1);
}
