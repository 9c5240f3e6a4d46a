//! Act-On as its clients and their browsers see it.

use ligand_sim::Consent;
use serde_json::{Value, json};

use crate::world::{Answer, FORM, JSON, World};

const AUTHORIZE: &str = "/authorize?scope=PRODUCTION&response_type=code&client_id=app";
const CREDENTIALS: &str = "client_id=app&client_secret=secret";

struct ActOn {
    world: World,
    bearer: String,
}

impl ActOn {
    async fn start() -> Self {
        let world = World::with("acton", Consent::Auto).await;
        let form = format!("grant_type=password&username=a@b.co&password=x&{CREDENTIALS}");
        let tokens = world.send("POST", "/token", &[FORM], form).await.json();
        Self {
            world,
            bearer: format!("Bearer {}", tokens["access_token"].as_str().unwrap()),
        }
    }

    async fn call(&self, method: &str, path: &str, kind: (&str, &str), body: String) -> Answer {
        let headers = [("authorization", self.bearer.as_str()), kind];
        self.world
            .send(method, &format!("/api/1{path}"), &headers, body)
            .await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, JSON, String::new()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, JSON, body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn upload(&self, method: &str, path: &str, fields: &[(&str, &str)], file: &str) -> Value {
        let fields: String = fields
            .iter()
            .map(|(name, value)| {
                let heading = format!("Content-Disposition: form-data; name=\"{name}\"");
                ["--cut", &heading, "", value, ""].join("\r\n")
            })
            .collect();
        let body = format!(
            "{fields}--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\
             Content-Type: text/csv\r\n\r\n{file}\r\n--cut--\r\n"
        );
        let kind = ("content-type", "multipart/form-data; boundary=cut");
        let answer = self.call(method, path, kind, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

#[tokio::test]
async fn a_person_authorizes_the_application_and_logs_in() {
    let world = World::start("acton").await;
    let path = format!("{AUTHORIZE}&redirect_uri=https://app.example/cb&state=mine");
    let first = world.send("GET", &path, &[], "").await;
    assert!(first.text.contains("<strong>Sandbox</strong>") && first.text.contains("Deny"));
    let (_, link) = first
        .text
        .split_once("id=\"authorizeLink\" href=\"")
        .unwrap();
    let link = link.split_once('"').unwrap().0.replace("&amp;", "&");
    let login = world.send("GET", &link, &[], "").await;
    for id in ["oauth_user_name", "oauth_user_password", "loginBtn"] {
        assert!(login.text.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let form = "sandbox_step=grant&oauth_user_name=a@b.co&oauth_user_password=x";
    let done = world.send("POST", &path, &[FORM], form).await;
    assert_eq!(done.status, 302);
    assert_eq!(done.redirected("state").as_deref(), Some("mine"));
    let code = done.redirected("code").unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=https://app.example/cb&{CREDENTIALS}"
    );
    let tokens = world.send("POST", "/token", &[FORM], form.clone()).await;
    assert_eq!(tokens.status, 200);
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["expires_in"], &tokens["token_type"]),
        (&json!(3600), &json!("Bearer"))
    );
    assert_eq!(tokens["scope"], "offline-access");
    let again = world.send("POST", "/token", &[FORM], form).await;
    assert_eq!(
        (again.status, &again.json()["error"]),
        (403, &json!("invalid_grant"))
    );
    let denied = world
        .send("POST", &path, &[FORM], "sandbox_step=deny")
        .await;
    assert_eq!(
        denied.location(),
        "https://app.example/cb?error=access_denied&state=mine"
    );
}

#[tokio::test]
async fn the_guides_callback_without_scheme_or_state_still_arrives() {
    let world = World::with("acton", Consent::Auto).await;
    let path = format!("{AUTHORIZE}&callbackUrl=www.samplecallbackurl.com");
    let done = world.send("GET", &path, &[], "").await;
    assert!(
        done.location()
            .starts_with("http://www.samplecallbackurl.com?code=")
    );
    assert_eq!(done.redirected("state").as_deref(), Some("acton"));
    let code = done.redirected("code").unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=www.samplecallbackurl.com&{CREDENTIALS}"
    );
    assert_eq!(
        world.send("POST", "/token", &[FORM], form).await.status,
        200
    );
    let none = world.send("GET", AUTHORIZE, &[], "").await;
    assert_eq!(none.status, 400);
}

#[tokio::test]
async fn token_faults_have_the_vendors_bodies() {
    let world = World::start("acton").await;
    let ask = |form: &'static str| {
        let world = &world;
        async move {
            let answer = world.send("POST", "/token", &[FORM], form).await;
            (answer.status, answer.json())
        }
    };
    assert_eq!(
        ask("grant_type=password&client_id=sandbox-invalid&client_secret=x").await,
        (
            401,
            json!({"error": "access_denied", "error_description": "Unauthorized"})
        )
    );
    assert_eq!(
        ask("grant_type=password&client_id=a&client_secret=b&username=u&password=sandbox-invalid")
            .await,
        (
            403,
            json!({"error": "invalid_grant", "error_description": "Wrong email or password."})
        )
    );
    assert_eq!(
        ask("grant_type=refresh_token&client_id=a&client_secret=b&refresh_token=no").await,
        (
            403,
            json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."})
        )
    );
}

#[tokio::test]
async fn a_refresh_token_works_once_and_dead_access_meets_the_gateway() {
    let world = World::start("acton").await;
    let form = format!("grant_type=password&username=a@b.co&password=x&{CREDENTIALS}");
    let first = world.send("POST", "/token", &[FORM], form).await.json();
    let bearer = format!("Bearer {}", first["access_token"].as_str().unwrap());
    world
        .order("/clock/advance", json!({"seconds": 3601}))
        .await;
    let dead = world
        .send("GET", "/api/1/list", &[("authorization", &bearer)], "")
        .await;
    assert_eq!(dead.status, 401);
    assert_eq!(
        dead.json(),
        json!({"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": ""})
    );
    let refresh = format!(
        "grant_type=refresh_token&refresh_token={}&{CREDENTIALS}",
        first["refresh_token"].as_str().unwrap()
    );
    let second = world
        .send("POST", "/token", &[FORM], refresh.clone())
        .await
        .json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(
        world.send("POST", "/token", &[FORM], refresh).await.status,
        403
    );
    let bearer = format!("Bearer {}", second["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(
        world.send("GET", "/api/1/list", &headers, "").await.status,
        200
    );
    let nowhere = world.send("GET", "/api/1/nothing", &headers, "").await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(
        nowhere.json()["moreInformation"],
        "No resources match requested URI"
    );
}

#[tokio::test]
async fn lists_and_their_rows_are_read_by_offset() {
    let acton = ActOn::start().await;
    let lists = acton
        .get("/list?listingtype=CONTACT_LIST&count=2&offset=1")
        .await;
    assert_eq!(
        (&lists["offset"], &lists["count"], &lists["totalCount"]),
        (&json!(1), &json!(2), &json!(260))
    );
    assert_eq!(lists["result"][0]["id"], "l-0002");
    assert_eq!(
        acton.get("/list?listingtype=sender").await["result"],
        json!([])
    );
    let read = acton.get("/list/l-0001?count=100&offset=200").await;
    assert_eq!(
        (&read["count"], &read["totalCount"], &read["emailColumn"]),
        (&json!(60), &json!(260), &json!(3))
    );
    assert_eq!(read["headers"][0], "_contact_id_");
    assert_eq!(read["data"][0][0], "l-0001:c8");
    let some = acton.get("/list/l-0001?count=1&fields=email;Company").await;
    assert_eq!(some["headers"], json!(["_contact_id_", "Email", "Company"]));
    assert_eq!(some["emailColumn"], 1);
    let csv = acton
        .call(
            "GET",
            "/list/l-0001?count=1&responseformat=CSV",
            JSON,
            String::new(),
        )
        .await;
    assert!(
        csv.text
            .starts_with("_contact_id_,First Name,Last Name,Email")
    );
    let late = acton
        .get("/list/l-0001?modafter=1488355200&modbefore=1488362400&datequalifiers=true")
        .await;
    assert_eq!(late["totalCount"], 2);
    assert_eq!(late["headers"][10], "modified_date");
    assert_eq!(late["data"][0][9], "2017-03-01 08:00:00");
    for (path, code) in [
        ("/list/l-9999", 10004),
        ("/list/l-0001?fields=Nothing", 10010),
        ("/list/l-0001?count=x", 10012),
        ("/list/77/status", 10017),
    ] {
        let answer = acton.call("GET", path, JSON, String::new()).await;
        assert_eq!(
            (answer.status, &answer.json()["errorCode"]),
            (400, &json!(code)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_record_is_inserted_read_changed_and_deleted() {
    let acton = ActOn::start().await;
    let body = json!({"email": "new@example.com", "FIRSTNAME": "Nea", "company": "Newco"});
    let made = acton.send("POST", "/list/l-0001/record", body).await;
    assert_eq!(made["message"], "Record inserted");
    assert_eq!(made["id"], made["contact_id"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(id, "l-0001:104");
    let path = format!("/list/l-0001/record/{id}");
    assert_eq!(acton.get(&path).await[3], "new@example.com");
    let put = acton
        .send(
            "PUT",
            &format!("{path}?returncontact=Y"),
            json!({"Company": "Other"}),
        )
        .await;
    assert_eq!(
        (&put["message"], &put["contact"]["Company"]),
        (&json!("Record updated"), &json!("Other"))
    );
    let upsert = "/list/l-0001/record?email=NEW@example.com";
    assert_eq!(
        acton.send("PUT", upsert, json!({"Job Title": "CTO"})).await["id"],
        id
    );
    let upsert = "/list/l-0001/record?email=other@example.com";
    let other = acton.send("PUT", upsert, json!({"Job Title": "CTO"})).await;
    assert_eq!(other["message"], "Record inserted");
    let found = acton
        .get("/list/lookup/l-0001?email=other@example.com")
        .await;
    assert_eq!(
        (&found["_contact_id_"], &found["Email"]),
        (&other["id"], &json!("other@example.com"))
    );
    assert_eq!(
        acton.send("DELETE", &path, Value::Null).await["message"],
        "Record deleted"
    );
    let gone = acton.call("GET", &path, JSON, String::new()).await;
    assert_eq!(
        (gone.status, &gone.json()["errorCode"]),
        (400, &json!("10008"))
    );
    let facts = format!(
        "/list/l-0001/record/{}/facts",
        other["id"].as_str().unwrap()
    );
    assert_eq!(acton.get(&facts).await["contact_id"], other["id"]);
    let ids = format!(
        "/list/l-0001/record?contactids={},{id}",
        other["id"].as_str().unwrap()
    );
    let several = acton.send("DELETE", &ids, Value::Null).await;
    assert_eq!(
        (&several["success_count"], &several["failedList"]),
        (
            &json!(1),
            &json!([{"id": id, "reason": "Invalid contact id"}])
        )
    );
    let raw = acton
        .call(
            "POST",
            "/list/l-0001/record",
            FORM,
            "{\"email\":\"raw@example.com\"}".into(),
        )
        .await;
    assert_eq!(raw.status, 200);
    let bad = acton
        .call(
            "POST",
            "/list/l-0001/record",
            JSON,
            "{\"Nothing\":1}".into(),
        )
        .await;
    assert_eq!(
        (bad.status, &bad.json()["errorCode"]),
        (400, &json!("10010"))
    );
}

#[tokio::test]
async fn a_list_is_uploaded_merged_and_deleted() {
    let acton = ActOn::start().await;
    let specs = r#"[{"columnHeading":"Email","columnType":"EMAIL","ignoreColumn":"N","columnIndex":"0"},
        {"columnHeading":"Name","ignoreColumn":"N","columnIndex":1}]"#;
    let fields = [
        ("listname", "Mine"),
        ("headings", "Y"),
        ("fieldseparator", "SEMICOLON"),
        ("quotecharacter", "NONE"),
        ("uploadspecs", specs),
    ];
    let made = acton
        .upload(
            "POST",
            "/list",
            &fields,
            "Email;Name\r\na@b.co;Ann\r\nc@d.co;\r\n",
        )
        .await;
    assert_eq!(made["id"], made["listId"]);
    let path = format!("/list/{}", made["id"].as_str().unwrap());
    let read = acton.get(&path).await;
    assert_eq!(read["headers"], json!(["_contact_id_", "Email", "Name"]));
    assert_eq!(read["data"][1][2], Value::Null);
    let merge =
        r#"[{"dstListId":"","mergeMode":"APPEND","columnMap":[],"mergeKeyHeading":"Email"}]"#;
    let fields = [("uploadspecs", specs), ("mergespecs", merge)];
    let file = "Email,Name\na@b.co,Anna\ne@f.co,\"Eve, E.\"\n";
    let merged = acton.upload("PUT", &path, &fields, file).await;
    let status = format!("/list/{}/status", merged["jobId"].as_str().unwrap());
    assert_eq!(acton.get(&status).await["status"], "The job is pending");
    assert_eq!(acton.get(&status).await["status"], "The job is running");
    let done = acton.get(&status).await;
    assert_eq!(
        (
            &done["details"]["appendCount"],
            &done["details"]["updateCount"]
        ),
        (&json!(1), &json!(1))
    );
    let read = acton.get(&path).await;
    assert_eq!(read["data"][0][2], "Anna");
    assert_eq!(read["data"][2][2], "Eve, E.");
    assert_eq!(acton.send("DELETE", &path, Value::Null).await, json!({}));
    assert_eq!(
        acton.call("GET", &path, JSON, String::new()).await.status,
        400
    );
    let bare = acton
        .call("POST", "/list", FORM, "listname=Mine".into())
        .await;
    assert_eq!(
        bare.json(),
        json!({"errorCode": 10003, "message": "Input file missing"})
    );
}

#[tokio::test]
async fn a_list_without_specifications_takes_the_headings_of_its_file() {
    let acton = ActOn::start().await;
    let fields = [
        ("listname", "Bare"),
        ("headings", "Y"),
        ("uploadspecs", "[]"),
    ];
    let made = acton
        .upload("POST", "/list", &fields, "Email,Name\na@b.co,Ann\n")
        .await;
    let read = acton
        .get(&format!("/list/{}", made["id"].as_str().unwrap()))
        .await;
    assert_eq!(read["headers"], json!(["_contact_id_", "Email", "Name"]));
    assert_eq!(read["emailColumn"], 1);
}

#[tokio::test]
async fn people_opt_out_of_everything_or_of_a_category() {
    let acton = ActOn::start().await;
    acton
        .upload("PUT", "/list/optout", &[], "gone@example.com\n")
        .await;
    let out = acton.get("/list/optout?count=100").await;
    assert_eq!(
        (&out["totalCount"], &out["result"][3]["email"]),
        (&json!(-1), &json!("gone@example.com"))
    );
    assert_eq!(
        acton.get("/subscription/category").await[0]["name"],
        "Newsletter"
    );
    let ask = |category: &str| format!("email=a@b.co&category={category}&action=optout");
    let done = acton
        .call("PUT", "/subscription/optout", FORM, ask("Newsletter"))
        .await;
    assert_eq!(done.json()["optedOutOf"], json!(["Newsletter"]));
    let bad = acton
        .call("PUT", "/subscription/optout", FORM, ask("Nothing"))
        .await;
    assert_eq!((bad.status, &bad.json()["errorCode"]), (400, &json!(10013)));
    assert_eq!(acton.get("/account").await["account_name"], "Sandbox");
}

#[tokio::test]
async fn the_rate_limit_is_a_gateways_429_for_a_second() {
    let acton = ActOn::start().await;
    acton
        .world
        .order("/rate-limit", json!({"vendor": "acton", "limit": 1}))
        .await;
    acton.get("/account").await;
    let limited = acton.call("GET", "/account", JSON, String::new()).await;
    assert_eq!(
        (limited.status, &limited.json()["httpCode"]),
        (429, &json!("429"))
    );
    acton
        .world
        .order("/clock/advance", json!({"seconds": 1}))
        .await;
    acton.get("/account").await;
}
