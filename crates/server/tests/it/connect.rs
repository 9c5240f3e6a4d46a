//! Connect: from an application's server to its customer's browser and back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ligand_server::connect::ENDPOINTS;
use serde_json::{Value, json};

mod callback;

use crate::support::{Reply, TestApp};

const JSON: (&str, &str) = ("content-type", "application/json");

async fn register(app: &TestApp, element: &str) {
    let application = json!({"apiKey": "registered", "apiSecret": "s3cret-registered"});
    app.platform(
        "PUT",
        &format!("/elements/{element}/application"),
        application,
    )
    .await
    .expect(200);
}

async fn begin(app: &TestApp, body: Value) -> Value {
    app.platform("POST", "/connect/sessions", body)
        .await
        .expect(200)
        .json()
}

async fn standing(app: &TestApp, begun: &Value) -> Value {
    app.platform(
        "GET",
        &format!("/connect/sessions/{}", begun["id"]),
        Value::Null,
    )
    .await
    .expect(200)
    .json()
}

/// The customer's browser.
#[derive(Default)]
pub struct Page {
    key: String,
    cookie: String,
}

impl Page {
    pub async fn open(&mut self, app: &TestApp, begun: &Value) -> Reply {
        let (_, token) = begun["url"].as_str().unwrap().split_once('#').unwrap();
        self.open_with(app, json!({"token": token})).await
    }

    async fn open_with(&mut self, app: &TestApp, body: Value) -> Reply {
        let reply = self.ask(app, "open", body).await;
        if reply.status == 200 {
            self.key = reply.json()["key"].as_str().unwrap().to_owned();
            let set = reply.header("set-cookie").to_owned();
            assert!(
                set.contains("; HttpOnly; SameSite=Strict") && set.contains("Path=/connect;"),
                "{set}"
            );
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
        reply
    }

    pub async fn ask(&self, app: &TestApp, what: &str, body: Value) -> Reply {
        let mut headers = vec![JSON];
        if !self.key.is_empty() {
            headers.push(("x-connect-key", &self.key));
        }
        if !self.cookie.is_empty() {
            headers.push(("cookie", &self.cookie));
        }
        app.send(
            "POST",
            &format!("/connect/api/{what}"),
            &headers,
            body.to_string(),
        )
        .await
    }

    /// Leaves for the vendor in a window of its own and comes back to our callback.
    pub async fn consent(&self, app: &TestApp, decision: &str) -> Reply {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("key", &self.key)
            .finish();
        let origin = app.base.clone();
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", origin.as_str()),
        ];
        let left = app
            .send("POST", "/connect/vendor", &headers, form)
            .await
            .expect(200);
        let cookie = left
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        assert!(cookie.starts_with("ligand_consent="), "{cookie}");
        let (_, url) = left.header("refresh").split_once("url=").unwrap();
        assert!(!url.contains(&self.key) && !url.contains("s3cret"), "{url}");
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(
                app.follow(&format!("{url}&sandbox_decision={decision}"))
                    .await,
            )
            .finish();
        let path = format!("/elements/api-v2/oauth/callback?{query}");
        // Somebody else's browser finishes nothing.
        let foreign = app.send("GET", &path, &[], "").await.expect(200).text();
        assert!(foreign.contains("used before"), "{foreign}");
        app.send("GET", &path, &[("cookie", &cookie)], "")
            .await
            .expect(200)
    }
}

#[tokio::test]
async fn a_customer_connects_an_account_and_the_application_gets_the_instance() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let begun = begin(&app, json!({
        "elements": ["sfdc", "marketo"], "name": "ACME <b>Inc</b>", "tags": ["eu"], "reference": "customer-42",
    })).await;
    assert_eq!(standing(&app, &begun).await["status"], "open");
    let mut page = Page::default();
    let shown = page.open(&app, &begun).await.expect(200).json();
    assert_eq!(shown["elements"][0]["key"], "sfdc");
    assert_eq!(shown["elements"][0]["way"], "consent");
    assert_eq!(shown["elements"][1]["way"], "form");
    assert_eq!(shown["name"], "ACME Inc");
    let asked: Vec<&str> = shown["elements"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["key"].as_str().unwrap())
        .collect();
    assert!(
        !asked
            .iter()
            .any(|key| key.starts_with("oauth.api") || *key == "oauth.callback.url"),
        "{asked:?}"
    );

    page.ask(&app, "finish", json!({"element": "sfdc"}))
        .await
        .error(400);
    page.ask(&app, "consents", json!({"element": "sfdc"}))
        .await
        .expect(200);
    assert_eq!(
        page.ask(&app, "progress", json!({})).await.json()["state"],
        "waiting"
    );
    let denied = page.consent(&app, "deny").await.text();
    assert!(denied.contains("did not give its consent"), "{denied}");
    assert_eq!(
        page.ask(&app, "progress", json!({})).await.json()["state"],
        "refused"
    );
    assert_eq!(standing(&app, &begun).await["status"], "denied");

    page.ask(&app, "consents", json!({"element": "sfdc"}))
        .await
        .expect(200);
    page.consent(&app, "approve").await;
    assert_eq!(
        page.ask(&app, "progress", json!({})).await.json()["state"],
        "answered"
    );
    let finished = page
        .ask(&app, "finish", json!({"element": "sfdc"}))
        .await
        .expect(200);
    assert_eq!(finished.json()["instance"]["name"], "ACME Inc");
    let standing = standing(&app, &begun).await;
    let token = standing["instance"]["token"].as_str().unwrap();
    assert!(
        !finished.text().contains(token),
        "the page must not see the token"
    );
    assert_eq!(standing["status"], "connected");
    assert_eq!(standing["reference"], "customer-42");
    assert_eq!(standing["instance"]["tags"], json!(["ACME Inc", "eu"]));
    let contacts = app
        .call(
            "GET",
            "/hubs/crm/contacts?pageSize=1",
            &app.with_token(token),
            Value::Null,
        )
        .await;
    assert_eq!(contacts.expect(200).json().as_array().unwrap().len(), 1);

    // That its token was shown is on record.
    let custody = format!(
        "/instances/{}/custody?event=revealed",
        finished.json()["instance"]["id"]
    );
    let shown = app.platform("GET", &custody, Value::Null).await.expect(200);
    assert_eq!(shown.json().as_array().map(Vec::len), Some(1));

    // It was used: here, in another browser, and for a second account.
    page.ask(&app, "finish", json!({"element": "sfdc"}))
        .await
        .error(409);
    Page::default().open(&app, &begun).await.error(409);
    page.open(&app, &begun).await.error(409);
}

#[tokio::test]
async fn a_link_works_once_in_the_browser_that_opened_it_first() {
    let app = TestApp::start().await;
    let begun = begin(&app, json!({"elements": ["marketo"]})).await;
    let mut page = Page::default();
    page.open(&app, &begun).await.expect(200);
    // The same browser may load the page again, with the link and without.
    let key = page.key.clone();
    page.open(&app, &begun).await.expect(200);
    page.open_with(&app, json!({})).await.expect(200);
    assert_eq!(page.key, key);
    let words = Page::default().open(&app, &begun).await.error(409);
    assert!(words.contains("opened before"), "{words}");
    Page::default()
        .open_with(&app, json!({"token": "made up"}))
        .await
        .error(404);
    Page::default().open_with(&app, json!({})).await.error(401);
    app.clock.advance(30 * 60 * 1000);
    let words = page.ask(&app, "progress", json!({})).await.error(403);
    assert!(words.contains("expired"), "{words}");
    assert_eq!(standing(&app, &begun).await["status"], "expired");
}

#[tokio::test]
async fn every_endpoint_of_the_page_wants_its_key_and_its_own_origin() {
    let app = TestApp::start().await;
    let begun = begin(&app, json!({"elements": ["marketo"]})).await;
    let mut page = Page::default();
    page.open(&app, &begun).await.expect(200);
    for (path, _) in ENDPOINTS {
        let bare = app.send("POST", path, &[JSON], "{}").await;
        assert!(
            (400..=401).contains(&bare.status),
            "{path}: {}",
            bare.text()
        );
        for foreign in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let headers = [
                JSON,
                ("x-connect-key", page.key.as_str()),
                ("cookie", page.cookie.as_str()),
                foreign,
            ];
            app.send("POST", path, &headers, "{}").await.error(403);
        }
        // What a form can send without asking.
        let headers = [
            ("content-type", "text/plain"),
            ("cookie", page.cookie.as_str()),
        ];
        let sent = app
            .send("POST", path, &headers, "{\"element\":\"marketo\"}")
            .await;
        assert!(sent.status >= 400, "{path}: {}", sent.text());
    }
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://evil.example"),
    ];
    let form = format!("key={}", page.key);
    let left = app.send("POST", "/connect/vendor", &headers, form).await;
    assert_eq!(left.status, 403);
    // The console's endpoints do not know the page's key, nor does the API.
    app.send(
        "GET",
        "/console/api/session",
        &[("cookie", page.cookie.as_str())],
        "",
    )
    .await
    .error(401);
}

#[tokio::test]
async fn only_the_origins_of_the_session_may_frame_the_page() {
    let app = TestApp::start().await;
    let framed = begin(&app, json!({"elements": ["marketo"], "origins": ["https://app.example.com", "http://localhost:3000"]})).await;
    let alone = begin(&app, json!({"elements": ["marketo"]})).await;
    let page = |begun: &Value| {
        let url = begun["url"]
            .as_str()
            .unwrap()
            .split('#')
            .next()
            .unwrap()
            .to_owned();
        let app = &app;
        async move { app.send("GET", &url, &[], "").await }
    };
    let (framed, alone) = (page(&framed).await, page(&alone).await);
    let unknown = app.send("GET", "/connect?session=nonsense", &[], "").await;
    if framed.status == 404 {
        // Without a built console there is no page; the journeys in a browser look again.
        assert!(framed.text().contains("cargo xtask serve"));
        return;
    }
    let policy = framed.header("content-security-policy");
    assert!(
        policy.ends_with("frame-ancestors https://app.example.com http://localhost:3000"),
        "{policy}"
    );
    assert_eq!(framed.header("x-frame-options"), "");
    for other in [alone, unknown] {
        let policy = other.header("content-security-policy");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        assert_eq!(other.header("x-frame-options"), "DENY");
    }
}

#[tokio::test]
async fn a_token_leads_to_its_own_page() {
    let app = TestApp::start().await;
    let begun = begin(&app, json!({"elements": ["marketo"]})).await;
    let (page, secret) = begun["token"].as_str().unwrap().split_once('.').unwrap();
    let page = String::from_utf8(URL_SAFE_NO_PAD.decode(page).unwrap()).unwrap();
    assert_eq!(begun["url"], format!("{page}#{secret}"));
    assert!(
        page.starts_with(&format!("{}/connect?session=", app.base)),
        "{page}"
    );
    assert!(
        !app.everything_stored().contains(secret),
        "the token lies in the data folder"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_with_what_would_be_right() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    for (body, words) in [
        (json!({}), "`elements` must name at least one"),
        (
            json!({"elements": ["eloqua"]}),
            "PUT /elements/eloqua/application",
        ),
        (
            json!({"elements": ["sfdc"], "origins": ["*"]}),
            "an origin is https://",
        ),
        (
            json!({"elements": ["sfdc"], "returnUrl": "javascript:alert(1)"}),
            "`returnUrl`",
        ),
        (
            json!({"elements": ["sfdc"], "callbackUrl": "https://169.254.169.254/"}),
            "private or reserved",
        ),
        (
            json!({"elements": ["sfdc"], "callbackUrl": "http://app.example.com/"}),
            "only be called by https",
        ),
        (
            json!({"elements": ["sfdc"], "configuration": {"eloqua": {}}}),
            "not among `elements`",
        ),
        (
            json!({"elements": ["sfdc"], "configuration": {"sfdc": {"nonsense": "x"}}}),
            "does not take",
        ),
        (
            json!({"elements": ["sfdc"], "tags": "eu"}),
            "`tags` must be an array",
        ),
    ] {
        let said = app
            .platform("POST", "/connect/sessions", body.clone())
            .await
            .error(400);
        assert!(said.contains(words), "{body}: {said}");
    }
    app.platform(
        "POST",
        "/connect/sessions",
        json!({"elements": ["nonsense"]}),
    )
    .await
    .error(404);
    app.platform("POST", "/connect/sessions", json!({"instance": {"id": 99}}))
        .await
        .error(404);
    app.call(
        "POST",
        "/connect/sessions",
        "",
        json!({"elements": ["sfdc"]}),
    )
    .await
    .error(401);
    // Another organization's session is not there.
    let begun = begin(&app, json!({"elements": ["sfdc"]})).await;
    let other = app.neighbour().await;
    app.call(
        "GET",
        &format!("/connect/sessions/{}", begun["id"]),
        &other,
        Value::Null,
    )
    .await
    .error(404);
    // Only what is asked for can be given, and only what is on offer connected.
    let mut page = Page::default();
    page.open(&app, &begun).await.expect(200);
    for (what, body) in [
        ("consents", json!({"element": "marketo"})),
        (
            "consents",
            json!({"element": "sfdc", "configuration": {"oauth.user.token": "x"}}),
        ),
        (
            "consents",
            json!({"element": "sfdc", "configuration": {"oauth.api.secret": "x"}}),
        ),
        ("finish", json!({"element": "marketo", "configuration": {}})),
    ] {
        page.ask(&app, what, body).await.error(400);
    }
}

fn marketo(secret: &str) -> Value {
    json!({"element": "marketo", "configuration": {
        "oauth.api.key": "key", "oauth.api.secret": secret,
        "marketo.identity.url": "https://123-ABC-456.mktorest.com/identity",
        "marketo.rest.url": "https://123-ABC-456.mktorest.com/rest",
    }})
}

#[tokio::test]
async fn a_form_is_refused_in_the_vendors_words_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let begun = begin(&app, json!({"elements": ["marketo"], "configuration": {"marketo": {"marketo.rest.url": "https://123-ABC-456.mktorest.com/rest"}}})).await;
    let mut page = Page::default();
    let shown = page.open(&app, &begun).await.expect(200).json();
    let asked: Vec<&str> = shown["elements"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["key"].as_str().unwrap())
        .collect();
    assert!(
        asked.contains(&"oauth.api.secret") && !asked.contains(&"marketo.rest.url"),
        "{asked:?}"
    );
    let mut body = marketo("secret");
    body["configuration"]
        .as_object_mut()
        .unwrap()
        .remove("marketo.rest.url");
    let mut wrong = body.clone();
    wrong["configuration"]["oauth.api.key"] = json!("sandbox-invalid");
    let refused = page.ask(&app, "finish", wrong).await.expect(400).json();
    assert!(refused["providerMessage"].is_string(), "{refused}");
    assert_eq!(standing(&app, &begun).await["status"], "open");
    page.ask(&app, "finish", body).await.expect(200);
    assert_eq!(standing(&app, &begun).await["status"], "connected");
}

#[tokio::test]
async fn a_reconnect_link_keeps_id_and_token() {
    let app = TestApp::start().await;
    register(&app, "sfdc").await;
    let first = begin(&app, json!({"elements": ["sfdc"]})).await;
    let mut page = Page::default();
    page.open(&app, &first).await.expect(200);
    page.ask(&app, "consents", json!({"element": "sfdc"}))
        .await
        .expect(200);
    page.consent(&app, "approve").await;
    page.ask(&app, "finish", json!({"element": "sfdc"}))
        .await
        .expect(200);
    let before = standing(&app, &first).await["instance"].clone();

    let again = begin(
        &app,
        json!({"instance": {"id": before["id"]}, "tags": ["ignored"]}),
    )
    .await;
    let mut page = Page::default();
    let shown = page.open(&app, &again).await.expect(200).json();
    assert_eq!(shown["instance"]["name"], before["name"]);
    page.ask(&app, "consents", json!({"element": "sfdc"}))
        .await
        .expect(200);
    page.consent(&app, "approve").await;
    page.ask(&app, "finish", json!({"element": "sfdc"}))
        .await
        .expect(200);
    let after = standing(&app, &again).await["instance"].clone();
    for member in ["id", "token", "name", "tags"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    let count = app
        .platform("GET", "/instances/count", Value::Null)
        .await
        .json();
    assert_eq!(count["totalInstances"], 1);
}

#[tokio::test]
async fn an_organization_shows_itself_in_its_own_name_and_colours() {
    let app = TestApp::start().await;
    let logo = format!(
        "data:image/png;base64,{}",
        STANDARD.encode(b"\x89PNG picture")
    );
    let looks = json!({"name": "ACME <script>x</script>Corp", "branding": {"accent": "#AA3300", "logo": logo}});
    let shown = app
        .platform("PATCH", "/organizations/me", looks)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (shown["name"].as_str(), shown["branding"]["accent"].as_str()),
        (Some("ACME Corp"), Some("#aa3300"))
    );
    let begun = begin(&app, json!({"elements": ["marketo"]})).await;
    let shown = Page::default().open(&app, &begun).await.expect(200).json();
    assert_eq!(
        shown["organization"],
        json!({"name": "ACME Corp", "accent": "#aa3300", "logo": logo})
    );
    for bad in [
        json!({"name": "<b></b>"}),
        json!({"branding": {"accent": "red"}}),
        json!({"branding": {"logo": "https://x"}}),
        json!([]),
    ] {
        app.platform("PATCH", "/organizations/me", bad)
            .await
            .error(400);
    }
    let cleared = app
        .platform(
            "PATCH",
            "/organizations/me",
            json!({"branding": {"logo": ""}}),
        )
        .await
        .expect(200)
        .json();
    assert_eq!(
        cleared["branding"],
        json!({"accent": "#aa3300", "logo": ""})
    );
}
