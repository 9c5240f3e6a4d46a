//! The five guides, in both vocabularies, from `oauth/url` to reading the account's records.

use serde_json::{Value, json};

use crate::support::TestApp;

/// The elements of the guides, the paths that the guides ask, and a resource to read afterwards.
const GUIDES: [(&str, &str, &str, &str); 7] = [
    (
        "eloqua",
        "eloqua/oauth/url",
        "element/eloqua/oauth/url",
        "/hubs/marketing/contacts",
    ),
    (
        "sfdc",
        "your_moms/sfdc/oauth/url",
        "elements/23/oauth/url",
        "/hubs/crm/contacts",
    ),
    (
        "sfdcservicecloud",
        "your_moms/sfdcservicecloud/oauth/url",
        "elements/29/oauth/url",
        "/hubs/helpdesk/incidents",
    ),
    (
        "sfdcmarketingcloud",
        "your_moms/sfdcmarketingcloud/oauth/url",
        "elements/sfdcmarketingcloud/oauth/url",
        "/hubs/marketing/campaigns",
    ),
    (
        "sfdcdocuments",
        "your_moms/sfdcdocuments/oauth/url",
        "elements/177/oauth/url/",
        "/hubs/documents/folders/contents?path=/",
    ),
    (
        "acton",
        "your_moms/acton/oauth/url",
        "elements/45/oauth/url",
        "/hubs/marketing/lists",
    ),
    (
        "marketo",
        "your_moms/marketo/oauth/url",
        "elements/marketo/oauth/url",
        "/hubs/marketing/contacts?where=id%20IN%20(1,2)",
    ),
];

fn member<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map_or("", |(_, value)| value)
}

async fn walk(app: &TestApp, noun: &str, guide: (&str, &str, &str, &str)) {
    let (element, substituted, plain, resource) = guide;
    let path = if noun == "your_mom" {
        substituted
    } else {
        plain
    };
    let url = format!(
        "/{noun}s/api-v2/{path}?apiKey=insert_client_id&apiSecret=insert_client_secret&callbackUrl=https://www.mycoolapp.com/auth"
    );
    let answer = app
        .send("GET", &url, &[("content-type", "application/json")], "")
        .await;
    let answer = answer.expect(200).json();
    assert_eq!(answer[noun], element, "{answer}");
    let oauth_url = answer["oauthUrl"].as_str().unwrap();
    assert!(!oauth_url.contains("insert_client_secret"), "{oauth_url}");

    let callback = app.follow(oauth_url).await;
    assert_eq!(member(&callback, "state"), element, "{callback:?}");
    let mut body = json!({
        "providerData": {"code": member(&callback, "code")},
        "configuration": {
            "oauth.callback.url": "https://www.mycoolapp.com/auth",
            "oauth.api.key": "insert_client_id",
            "oauth.api.secret": "insert_client_secret"
        },
        "tags": ["<add your tag>"],
        "name": "<INSERT_INSTANCE_NAME>"
    });
    body[noun] = json!({"key": element});
    if element == "marketo" {
        body["configuration"]["marketo.identity.url"] =
            json!("https://123-ABC-456.mktorest.com/identity");
        body["configuration"]["marketo.rest.url"] = json!("https://123-ABC-456.mktorest.com/rest");
    }
    let headers = [
        ("authorization", &*app.secrets()),
        ("content-type", "application/json"),
    ];
    let made = app
        .send(
            "POST",
            &format!("/{noun}s/api-v2/instances"),
            &headers,
            body.to_string(),
        )
        .await;
    let made = made.expect(200).json();
    shows_every_member_of_the_guides(&made, noun, element);

    let token = made["token"].as_str().unwrap();
    let title = if noun == "your_mom" {
        "Your_mom"
    } else {
        "Element"
    };
    let authorization = format!("{}, {title} {token}", app.secrets());
    for path in ["/hubs/anything/ping", resource] {
        let reply = app
            .send(
                "GET",
                &format!("/{noun}s/api-v2{path}"),
                &[("authorization", &authorization)],
                "",
            )
            .await
            .expect(200);
        assert_eq!(
            reply.header("elements-element-instance-id"),
            made["id"].to_string()
        );
        if path == resource {
            assert!(
                !reply.json().as_array().unwrap().is_empty(),
                "{}",
                reply.text()
            );
            assert!(!reply.header("elements-returned-count").is_empty());
        } else {
            assert_eq!(reply.json()["valid"], true);
        }
    }
}

fn shows_every_member_of_the_guides(made: &Value, noun: &str, element: &str) {
    assert!(made["id"].is_i64());
    // The guide's name is markup and nothing else.
    assert_eq!(made["name"], made[noun]["name"]);
    assert!(made["token"].as_str().unwrap().len() >= 24);
    assert_eq!(made["provisionInteractions"], json!([]));
    assert_eq!(made["valid"], true);
    assert_eq!(made["disabled"], false);
    assert_eq!(made["maxCacheSize"], 0);
    assert_eq!(made["cacheTimeToLive"], 0);
    assert_eq!(made["cachingEnabled"], false);
    assert_eq!(made["defaultTransformation"], false);
    assert_eq!(made["eventsEnabled"], false);
    assert_eq!(made["configuration"]["oauth.api.secret"], "********");
    let of = &made[noun];
    assert_eq!(of["key"], element);
    assert_eq!(of["active"], true);
    assert_eq!(of["deleted"], false);
    assert_eq!(of["typeOauth"], true);
    assert_eq!(of["trialAccount"], false);
    for text in ["name", "description", "configDescription", "hub"] {
        assert!(
            of[text].as_str().is_some_and(|text| !text.is_empty()),
            "{text}: {of}"
        );
    }
    assert!(
        of["image"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{noun}s/")),
        "{of}"
    );
    let other = if noun == "element" {
        "your_mom"
    } else {
        "element"
    };
    for key in made.as_object().unwrap().keys() {
        assert!(!key.starts_with(other), "{key}");
    }
    assert!(!of.to_string().contains("{noun"), "{of}");
    assert!(!made.to_string().contains("insert_client_secret"));
}

#[tokio::test]
async fn every_guide_works_as_it_is_written() {
    let app = TestApp::start().await;
    for guide in GUIDES {
        walk(&app, "element", guide).await;
    }
}

#[tokio::test]
async fn every_guide_works_in_the_other_vocabulary() {
    let app = TestApp::start().await;
    for guide in GUIDES {
        walk(&app, "your_mom", guide).await;
    }
}

#[tokio::test]
async fn the_guide_without_a_host_works_at_the_root() {
    let app = TestApp::start().await;
    for path in [
        "/your_moms/acton/oauth/url",
        "/api-v2/your_moms/acton/oauth/url",
    ] {
        let url = format!(
            "{path}?apiKey=insert_client_id&apiSecret=s&callbackUrl=www.samplecallbackurl.com"
        );
        let answer = app.send("GET", &url, &[], "").await.expect(200).json();
        assert_eq!(answer["your_mom"], "acton");
        let url = answer["oauthUrl"].as_str().unwrap();
        assert!(
            url.ends_with("/authorize?scope=PRODUCTION&response_type=code&callbackUrl=www.samplecallbackurl.com&client_id=insert_client_id"),
            "{url}"
        );
    }
}

#[tokio::test]
async fn oauth_url_takes_its_parameters_as_json_and_by_id() {
    let app = TestApp::start().await;
    let asked = json!({"apiKey": "fake_client_id", "apiSecret": "x", "callbackUrl": "https://www.demonstrab.ly", "state": "mine"});
    for element in ["eloqua", "27"] {
        let answer = app
            .call(
                "POST",
                &format!("/elements/{element}/oauth/url"),
                "",
                asked.clone(),
            )
            .await;
        let answer = answer.expect(200).json();
        assert_eq!(answer["element"], "eloqua");
        let url = answer["oauthUrl"].as_str().unwrap();
        assert!(
            url.ends_with("/auth/oauth2/authorize?response_type=code&client_id=fake_client_id&redirect_uri=https://www.demonstrab.ly&state=mine"),
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_customer_who_denies_comes_back_with_an_error() {
    let app = TestApp::start().await;
    let path = "/elements/sfdc/oauth/url?apiKey=k&callbackUrl=https://www.mycoolapp.com/auth";
    let answer = app
        .call("GET", path, "", Value::Null)
        .await
        .expect(200)
        .json();
    let url = format!(
        "{}&sandbox_decision=deny",
        answer["oauthUrl"].as_str().unwrap()
    );
    let callback = app.follow(&url).await;
    assert!(
        !member(&callback, "error").is_empty() && member(&callback, "code").is_empty(),
        "{callback:?}"
    );
}
