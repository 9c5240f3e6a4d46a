//! Resource calls of every element through the token.

use serde_json::{Value, json};

use crate::support::TestApp;

/// Element, list, a body to create, a change, and the member that the change shows in.
struct Records {
    element: &'static str,
    list: &'static str,
    create: Value,
    change: Value,
    shows: &'static str,
}

fn all_records() -> Vec<Records> {
    let records = |element, list, create, change, shows| Records {
        element,
        list,
        create,
        change,
        shows,
    };
    vec![
        records(
            "sfdc",
            "/hubs/crm/contacts",
            json!({"LastName": "Lovelace"}),
            json!({"FirstName": "Ada"}),
            "FirstName",
        ),
        records(
            "sfdc",
            "/hubs/crm/accounts",
            json!({"Name": "Engines"}),
            json!({"Name": "Looms"}),
            "Name",
        ),
        records(
            "sfdcservicecloud",
            "/hubs/helpdesk/incidents",
            json!({"Subject": "Smoke"}),
            json!({"Subject": "Fire"}),
            "Subject",
        ),
        records(
            "sfdcservicecloud",
            "/hubs/helpdesk/contacts",
            json!({"LastName": "Lovelace"}),
            json!({"FirstName": "Ada"}),
            "FirstName",
        ),
        records(
            "sfdcmarketingcloud",
            "/hubs/marketing/campaigns",
            json!({"Name": "Spring"}),
            json!({"Name": "Summer"}),
            "Name",
        ),
        records(
            "eloqua",
            "/hubs/marketing/contacts",
            json!({"emailAddress": "ada@example.com"}),
            json!({"firstName": "Ada"}),
            "firstName",
        ),
        records(
            "eloqua",
            "/hubs/marketing/accounts",
            json!({"name": "Engines"}),
            json!({"name": "Looms"}),
            "name",
        ),
        records(
            "marketo",
            "/hubs/marketing/contacts",
            json!({"person": {"email": "ada@example.com"}}),
            json!({"person": {"firstName": "Ada"}}),
            "firstName",
        ),
    ]
}

/// Marketo's records come wrapped, as the field has them.
fn record(answer: Value) -> Value {
    answer.get("person").cloned().unwrap_or(answer)
}

#[tokio::test]
async fn records_are_created_read_changed_and_deleted() {
    let app = TestApp::start().await;
    for Records {
        element,
        list,
        create,
        change,
        shows,
    } in all_records()
    {
        let (_, token) = app.instance(element).await;
        let made = app
            .resource("POST", list, &token, create)
            .await
            .expect(200)
            .json();
        let made = record(made);
        let id = made["id"]
            .as_str()
            .map_or_else(|| made["id"].to_string(), str::to_owned);
        assert!(!id.is_empty() && id != "null", "{element} {list}: {made}");
        let one = format!("{list}/{id}");
        app.resource("GET", &one, &token, Value::Null)
            .await
            .expect(200);
        app.resource("PATCH", &one, &token, change.clone())
            .await
            .expect(200);
        let changed = app
            .resource("GET", &one, &token, Value::Null)
            .await
            .expect(200)
            .json();
        assert_eq!(
            record(changed)[shows],
            record(change)[shows],
            "{element} {list}"
        );
        app.resource("DELETE", &one, &token, Value::Null)
            .await
            .expect(200);
        app.resource("GET", &one, &token, Value::Null)
            .await
            .error(404);
    }
}

#[tokio::test]
async fn pages_put_together_are_the_list() {
    let app = TestApp::start().await;
    for (element, list) in [
        ("sfdc", "/hubs/crm/contacts"),
        ("sfdcservicecloud", "/incidents"),
        ("sfdcmarketingcloud", "/campaigns"),
        ("eloqua", "/hubs/marketing/contacts"),
        ("acton", "/hubs/marketing/contacts"),
        ("marketo", "/hubs/marketing/lists"),
    ] {
        let (_, token) = app.instance(element).await;
        let page = |query: String| {
            let (app, token) = (&app, &token);
            async move {
                app.resource("GET", &format!("{list}?{query}"), token, Value::Null)
                    .await
                    .expect(200)
            }
        };
        let first = page("pageSize=2&nextPage=".into()).await;
        assert_eq!(first.header("elements-returned-count"), "2", "{element}");
        let next = first.header("elements-next-page-token");
        assert!(!next.is_empty(), "{element}");
        assert!(
            next.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{next}"
        );
        let second = page(format!("pageSize=2&page=2&nextPage={next}")).await;
        let both = page("pageSize=4".into()).await.json();
        let mut joined = first.json().as_array().unwrap().clone();
        joined.extend(second.json().as_array().unwrap().clone());
        assert_eq!(Value::Array(joined), both, "{element} {list}");
    }
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_list_only() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let (_, other) = app.instance("sfdc").await;
    let first = app
        .resource("GET", "/contacts?pageSize=2", &token, Value::Null)
        .await
        .expect(200);
    let next = first.header("elements-next-page-token");
    for (path, token) in [("/accounts", &token), ("/contacts", &other)] {
        let path = format!("{path}?pageSize=2&nextPage={next}");
        app.resource("GET", &path, token, Value::Null)
            .await
            .error(400);
    }
    for broken in ["x", "AAAA", "eyJwYWdlIjoyfQ"] {
        let path = format!("/contacts?nextPage={broken}");
        app.resource("GET", &path, &token, Value::Null)
            .await
            .error(400);
    }
    app.resource(
        "GET",
        "/contacts?pageSize=2&nextPage=null",
        &token,
        Value::Null,
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn where_selects_records() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let rows = app
        .resource("GET", "/contacts?pageSize=3", &token, Value::Null)
        .await
        .expect(200)
        .json();
    let (one, two) = (&rows[0], &rows[1]);
    let ids = |reply: Value| -> Vec<String> {
        reply
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["Id"].as_str().unwrap().to_owned())
            .collect()
    };
    let ask = |filter: String| {
        let filter = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect::<String>();
        let (app, token) = (&app, &token);
        async move {
            app.resource(
                "GET",
                &format!("/hubs/crm/contacts?where={filter}"),
                token,
                Value::Null,
            )
            .await
        }
    };
    let found = ask(format!("Id='{}'", one["Id"].as_str().unwrap()))
        .await
        .expect(200)
        .json();
    assert_eq!(ids(found), [one["Id"].as_str().unwrap()]);
    let found = ask(format!(
        "Id IN ('{}','{}')",
        one["Id"].as_str().unwrap(),
        two["Id"].as_str().unwrap()
    ))
    .await;
    assert_eq!(ids(found.expect(200).json()).len(), 2);
    let found = ask(format!(
        "Id='{}' AND LastName='nobody'",
        one["Id"].as_str().unwrap()
    ))
    .await;
    assert_eq!(found.expect(200).json(), json!([]));
    let message = ask("Id = = 'x'".into()).await.error(400);
    assert!(message.contains("Error parsing query"), "{message}");
}

#[tokio::test]
async fn a_page_size_over_the_limit_is_clamped_and_announced() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let reply = app
        .resource("GET", "/contacts?pageSize=99999", &token, Value::Null)
        .await
        .expect(200);
    assert!(!reply.header("elements-error").is_empty());
    app.resource("GET", "/contacts?pageSize=many", &token, Value::Null)
        .await
        .error(400);
}

#[tokio::test]
async fn nulls_are_filtered_until_the_instance_says_otherwise() {
    let app = TestApp::start().await;
    let (id, token) = app.instance("sfdc").await;
    let made = app
        .resource("POST", "/contacts", &token, json!({"LastName": "Null"}))
        .await
        .expect(200)
        .json();
    let path = format!("/contacts/{}", made["id"].as_str().unwrap());
    let plain = app
        .resource("GET", &path, &token, Value::Null)
        .await
        .expect(200);
    assert!(!plain.text().contains("null"), "{}", plain.text());
    let entry = format!("/instances/{id}/configuration/filter.response.nulls");
    app.platform("PATCH", &entry, json!({"propertyValue": "false"}))
        .await
        .expect(200);
    let whole = app
        .resource("GET", &path, &token, Value::Null)
        .await
        .expect(200);
    assert!(whole.text().contains("null"), "{}", whole.text());
}

#[tokio::test]
async fn the_hub_in_a_path_is_ignored() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let mut answers = Vec::new();
    for path in [
        "/hubs/crm/accounts",
        "/hubs/documents/accounts",
        "/hubs/crap/accounts",
        "/accounts",
        "/accounts/",
    ] {
        answers.push(
            app.resource("GET", &format!("{path}?pageSize=2"), &token, Value::Null)
                .await
                .expect(200)
                .json(),
        );
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn a_resource_that_the_element_does_not_have_is_a_400_naming_the_nearest() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdcservicecloud").await;
    let message = app
        .resource("GET", "/hubs/helpdesk/contactz", &token, Value::Null)
        .await
        .error(400);
    assert!(message.contains("/contacts"), "{message}");
    let reply = app
        .resource("PUT", "/hubs/helpdesk/contacts", &token, json!({}))
        .await
        .expect(405);
    assert!(
        reply.header("allow").contains("GET"),
        "{}",
        reply.header("allow")
    );
}

#[tokio::test]
async fn acton_lists_are_read_with_their_contacts() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("acton").await;
    let lists = app
        .resource("GET", "/hubs/marketing/lists", &token, Value::Null)
        .await
        .expect(200)
        .json();
    let list = lists[0]["id"].as_str().unwrap();
    let path = format!("/lists/{list}/contacts?pageSize=3");
    let of_list = app
        .resource("GET", &path, &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(of_list.as_array().unwrap().len(), 3);
    let first = app
        .resource("GET", "/contacts?pageSize=3", &token, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(first.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn marketo_contacts_need_a_filter_and_say_so() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("marketo").await;
    let message = app
        .resource("GET", "/contacts", &token, Value::Null)
        .await
        .error(400);
    assert!(message.contains("where"), "{message}");
}

#[tokio::test]
async fn files_are_uploaded_downloaded_and_never_opened_by_a_browser() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdcdocuments").await;
    let authorization = app.with_token(&token);
    let multipart = [
        ("authorization", authorization.as_str()),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"hello.html\"\r\n\
        Content-Type: text/html\r\n\r\n<h1>hello</h1>\r\n--b--\r\n";
    let path = "/elements/api-v2/hubs/documents/files?path=/hello.html";
    let made = app
        .send("POST", path, &multipart, body)
        .await
        .expect(200)
        .json();
    let id = made["id"].as_str().unwrap();
    let path = format!("/hubs/documents/files/{id}");
    let file = app
        .resource("GET", &path, &token, Value::Null)
        .await
        .expect(200);
    assert_eq!(file.text(), "<h1>hello</h1>");
    assert!(
        file.header("content-disposition").starts_with("attachment"),
        "{:?}",
        file.headers
    );
    assert!(file.header("content-security-policy").contains("sandbox"));
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    app.resource("DELETE", &path, &token, Value::Null)
        .await
        .expect(200);
    app.resource("GET", &path, &token, Value::Null)
        .await
        .error(404);
}

#[tokio::test]
async fn a_warm_call_makes_no_database_statement() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);
    let before = app.app.store.statements();
    // Whoever could change what is remembered would tell.
    app.clock.advance(5 * 60_000);
    for path in ["/hubs/crm/contacts", "/contacts?pageSize=2", "/accounts"] {
        app.resource("GET", path, &token, Value::Null)
            .await
            .expect(200);
    }
    assert_eq!(app.app.store.statements(), before);
}

#[tokio::test]
async fn a_vendors_error_keeps_its_words_and_loses_its_secrets() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let reply = app
        .resource(
            "POST",
            "/contacts",
            &token,
            json!({"NoSuchField": 1, "LastName": "x"}),
        )
        .await;
    let body = reply.expect(400).json();
    assert!(
        body["providerMessage"]
            .as_str()
            .unwrap()
            .contains("NoSuchField"),
        "{body}"
    );
    app.control(
        "/fail",
        json!({"vendor": "salesforce", "status": 400, "path": "/query",
        "body": "[{\"message\":\"bad s3cret-of-the-application here\",\"errorCode\":\"X\"}]"}),
    )
    .await;
    let text = app
        .resource("GET", "/contacts", &token, Value::Null)
        .await
        .expect(400)
        .text();
    assert!(!text.contains("s3cret-of-the-application"), "{text}");
}
