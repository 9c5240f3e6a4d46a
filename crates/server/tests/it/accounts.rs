//! Sub-accounts and their users, and what their roles let them do to common resources.

mod apart;

use serde_json::{Value, json};

use crate::support::TestApp;

/// A user of an account: what it calls with.
async fn user(app: &TestApp, account: i64, email: &str, roles: Value) -> (i64, String) {
    let body = json!({"firstName": "Ann", "lastName": "Bee", "email": email, "password": "Long en0ugh!", "roles": roles});
    let made = app
        .ok("POST", &format!("/accounts/{account}/users"), body)
        .await;
    let authorization = format!(
        "User {}, Organization {}",
        made["secret"].as_str().unwrap(),
        app.organization
    );
    (made["id"].as_i64().unwrap(), authorization)
}

async fn account(app: &TestApp, name: &str) -> i64 {
    app.ok("POST", "/accounts/", json!({"externalId": name}))
        .await["id"]
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn an_account_is_made_changed_switched_off_deleted_and_switched_on_again() {
    let app = TestApp::start().await;
    let made = app
        .ok("POST", "/accounts", json!({"externalId": "acme"}))
        .await;
    assert_eq!(
        (&made["name"], &made["type"], &made["defaultAccount"]),
        (&json!("acme"), &json!("CompanyAccount"), &json!(false))
    );
    app.refused("POST", "/accounts", json!({}), 400).await;
    let path = format!("/accounts/{}", made["id"]);
    let changed = app
        .ok("PATCH", &path, json!({"name": "Acme <b>Inc</b>"}))
        .await;
    assert_eq!(changed["name"], "Acme Inc");
    let list = |query: &'static str| app.ok("GET", query, Value::Null);
    assert_eq!(
        list("/accounts?where=defaultAccount%3Dtrue")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        list("/accounts?where=type%3D'CompanyAccount'").await[0]["id"],
        made["id"]
    );
    app.ok("PATCH", &path, json!({"active": false})).await;
    assert_eq!(list("/accounts").await.as_array().unwrap().len(), 1);
    assert_eq!(
        list("/accounts?includeInactive=true")
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    app.ok("DELETE", &path, Value::Null).await;
    for method in ["GET", "DELETE"] {
        app.refused(method, &path, Value::Null, 404).await;
    }
    assert_eq!(
        app.ok("PATCH", &path, json!({"active": true})).await["active"],
        true
    );
    for path in ["/accounts/-1", "/accounts/x"] {
        app.refused("GET", path, Value::Null, 404).await;
    }
    app.refused("GET", "/accounts/1", Value::Null, 403).await;
    app.refused("DELETE", "/accounts/2", Value::Null, 409).await;
}

#[tokio::test]
async fn a_user_calls_at_once_and_never_after_it_is_gone() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    let (id, ann) = user(&app, acme, "ann@example.com", json!([])).await;
    assert_eq!(
        app.call("GET", "/me", &ann, Value::Null)
            .await
            .expect(200)
            .json()["accountId"],
        acme
    );
    let users = format!("/accounts/{acme}/users");
    let again = json!({"firstName": "A", "lastName": "B", "email": "Ann@example.com"});
    app.refused("POST", &users, again, 409).await;
    app.refused("POST", &users, json!({}), 400).await;
    assert_eq!(
        app.ok("GET", &format!("{users}/ann@example.com"), Value::Null)
            .await["id"],
        id
    );
    app.ok("PATCH", &format!("{users}/{id}"), json!({"active": false}))
        .await;
    app.call("GET", "/me", &ann, Value::Null).await.error(401);
    app.ok("PATCH", &format!("{users}/{id}"), json!({"active": true}))
        .await;
    app.call("GET", "/me", &ann, Value::Null).await.expect(200);
    app.ok("DELETE", &format!("{users}/{id}"), Value::Null)
        .await;
    app.call("GET", "/me", &ann, Value::Null).await.error(401);
    app.refused("GET", &format!("{users}/{id}"), Value::Null, 404)
        .await;
    assert_eq!(
        app.refused("GET", &users, Value::Null, 404).await,
        "No users found"
    );
    // A deleted account takes its users with it.
    let (_, bob) = user(&app, acme, "ann@example.com", json!([])).await;
    app.ok("DELETE", &format!("/accounts/{acme}"), Value::Null)
        .await;
    app.call("GET", "/me", &bob, Value::Null).await.error(401);
}

#[tokio::test]
async fn roles_are_given_and_taken_and_act_on_the_next_call() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    let (id, ann) = user(&app, acme, "ann@example.com", json!([])).await;
    app.call("POST", "/accounts", &ann, json!({"externalId": "x"}))
        .await
        .error(403);
    app.call("GET", "/accounts/2", &ann, Value::Null)
        .await
        .error(403);
    let path = format!("/users/{id}/roles");
    assert_eq!(app.ok("GET", &path, Value::Null).await, json!([]));
    app.refused("PUT", &format!("{path}/nosuch"), Value::Null, 400)
        .await;
    assert_eq!(
        app.ok("PUT", &format!("{path}/org-admin"), Value::Null)
            .await["key"],
        "org-admin"
    );
    app.refused("PUT", &format!("{path}/org-admin"), Value::Null, 409)
        .await;
    app.call("POST", "/accounts", &ann, json!({"externalId": "x"}))
        .await
        .expect(200);
    app.ok("DELETE", &format!("{path}/org-admin"), Value::Null)
        .await;
    app.call("POST", "/accounts", &ann, json!({"externalId": "y"}))
        .await
        .error(403);
    app.refused("PUT", "/users/2/roles/admin", Value::Null, 403)
        .await;
    app.refused("PUT", "/users/-1/roles/admin", Value::Null, 404)
        .await;
}

#[tokio::test]
async fn what_a_role_may_not_write_is_left_out_and_said_so() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    for (roles, kept, after) in [
        (json!([{"key": "org-admin"}, {"key": "admin"}]), 4, 5),
        (json!([{"key": "admin"}]), 3, 4),
        (json!([]), 2, 2),
    ] {
        let name = format!("thing{kept}");
        let (_, who) = user(&app, acme, &format!("{name}@example.com"), roles).await;
        let body = json!({"element": {"key": "sfdc"}, "providerData": {"code": "x"}});
        let _ = body;
        let guide = app.guide_body("sfdc").await;
        let instance = app
            .call("POST", "/instances", &who, guide)
            .await
            .expect(200)
            .json()["id"]
            .clone();
        let field = |path: &str, level: &str| {
            let mut field = json!({"path": path, "level": level});
            if level == "instance" {
                field["associatedId"] = instance.clone();
            }
            field
        };
        let fields = json!([
            field("a", "organization"),
            field("b", "account"),
            field("c", "instance"),
            field("d", "instance")
        ]);
        let reply = app
            .call(
                "POST",
                "/vdrs",
                &who,
                json!({"objectName": name, "fields": fields}),
            )
            .await
            .expect(200);
        assert_eq!(
            reply.header("elements-error").contains("ignored"),
            kept < 4,
            "{name}"
        );
        let made = reply.json();
        assert_eq!(made["fields"].as_array().unwrap().len(), kept);
        let path = format!("/vdrs/{}", made["id"]);
        let shown = app.call("GET", &path, &who, Value::Null).await.expect(200);
        assert_eq!(
            (
                shown.header("elements-error"),
                shown.json()["fields"].as_array().unwrap().len()
            ),
            ("", kept)
        );
        let mut more = made["fields"].as_array().unwrap().clone();
        let new = if kept == 4 {
            vec![field("f", "account")]
        } else {
            vec![field("e", "organization"), field("f", "account")]
        };
        more.extend(new);
        let put = app
            .call(
                "PUT",
                &path,
                &who,
                json!({"objectName": name, "fields": more}),
            )
            .await
            .expect(200);
        assert_eq!(
            put.header("elements-error").contains("ignored"),
            kept < 4,
            "{name}"
        );
        assert_eq!(
            put.json()["fields"].as_array().unwrap().len(),
            after,
            "{name}"
        );
        let gone = app
            .call("DELETE", &path, &who, Value::Null)
            .await
            .expect(200);
        assert_eq!(gone.header("elements-error"), "");
        app.call("GET", &path, &who, Value::Null).await.error(404);
    }
}

#[tokio::test]
async fn fields_of_one_account_are_not_anothers() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    let (_, ann) = user(&app, acme, "ann@example.com", json!([{"key": "admin"}])).await;
    let path = "/accounts/objects/thing/definitions";
    app.call("POST", path, &ann, json!({"fields": [{"path": "theirs"}]}))
        .await
        .expect(200);
    app.refused("GET", path, Value::Null, 404).await;
    app.ok("POST", path, json!({"fields": [{"path": "ours"}]}))
        .await;
    let common = app.ok("GET", "/common-resources/thing", Value::Null).await;
    assert_eq!(
        (
            common["fields"].as_array().unwrap().len(),
            &common["fields"][0]["path"]
        ),
        (1, &json!("ours"))
    );
    app.ok("DELETE", path, Value::Null).await;
    let theirs = app
        .call("GET", path, &ann, Value::Null)
        .await
        .expect(200)
        .json();
    assert_eq!(theirs["fields"][0]["path"], "theirs");
    // What is the organization's is not an account's to change.
    let path = "/organizations/objects/thing/definitions";
    app.call("POST", path, &ann, json!({"fields": []}))
        .await
        .error(403);
    // Who administers the organization reaches it by id.
    app.ok(
        "GET",
        &format!("/accounts/{acme}/objects/thing/definitions"),
        Value::Null,
    )
    .await;
}

#[tokio::test]
async fn instances_of_one_account_are_not_anothers() {
    let app = TestApp::start().await;
    let (ours, token) = app.instance("sfdc").await;
    let acme = account(&app, "acme").await;
    let (_, ann) = user(&app, acme, "ann@example.com", json!([])).await;
    let body = app.guide_body("sfdc").await;
    let made = app
        .call("POST", "/instances", &ann, body)
        .await
        .expect(200)
        .json();
    let theirs = made["id"].as_i64().unwrap();

    let ids = |listed: Value| {
        let rows = listed.as_array().unwrap().iter();
        rows.map(|row| row["id"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let get = |path: &'static str| app.call("GET", path, &ann, Value::Null);
    for path in ["/instances", "/elements/sfdc/instances"] {
        assert_eq!(ids(get(path).await.expect(200).json()), [theirs], "{path}");
        assert_eq!(ids(app.ok("GET", path, Value::Null).await), [ours, theirs]);
    }
    let count = get("/instances/count").await.expect(200).json();
    assert_eq!(count["totalInstances"], 1);
    let count = app.ok("GET", "/instances/count", Value::Null).await;
    assert_eq!(count["totalInstances"], 2);

    for (method, below) in [
        ("GET", ""),
        ("PATCH", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("PUT", "/enabled"),
        ("DELETE", "/enabled"),
        ("GET", "/configuration"),
        ("GET", "/docs"),
        ("GET", "/objects"),
        ("GET", "/custody"),
        ("GET", "/transformations"),
        ("GET", "/objects/definitions"),
    ] {
        let path = format!("/instances/{ours}{below}");
        let body = match method {
            "PATCH" | "PUT" => json!({"name": "taken"}),
            _ => Value::Null,
        };
        app.call(method, &path, &ann, body).await.error(404);
    }
    let path = format!("/elements/sfdc/instances/{ours}");
    app.call("GET", &path, &ann, Value::Null).await.error(404);
    let body = json!({"payload": {}, "instanceId": ours, "method": "GET"});
    app.call("POST", "/transformations/contact/execute", &ann, body)
        .await
        .error(404);
    let body = json!({"instance": {"id": ours}});
    app.call("POST", "/connect/sessions", &ann, body)
        .await
        .error(404);
    app.resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);
    // Who administers the organization reaches both.
    for id in [ours, theirs] {
        app.ok("GET", &format!("/instances/{id}"), Value::Null)
            .await;
    }
}

#[tokio::test]
async fn what_others_called_and_what_is_everybodys_is_not_a_plain_users() {
    let app = TestApp::start().await;
    let (_, token) = app.instance("sfdc").await;
    let called = app
        .resource("GET", "/hubs/crm/contacts", &token, Value::Null)
        .await
        .expect(200);
    let request = called.header("elements-request-id").to_owned();
    let acme = account(&app, "acme").await;
    let (_, ann) = user(&app, acme, "ann@example.com", json!([])).await;
    let seen = app
        .call("GET", "/usage?searchText=contacts", &ann, Value::Null)
        .await;
    seen.error(404);
    let path = format!("/usage/{request}");
    app.call("GET", &path, &ann, Value::Null).await.error(404);
    app.ok("GET", &path, Value::Null).await;
    app.call("GET", "/usage?accountIds[]=2", &ann, Value::Null)
        .await
        .error(403);

    let application = json!({"apiKey": "k", "apiSecret": "s"});
    app.call("PUT", "/elements/sfdc/application", &ann, application)
        .await
        .error(403);
    app.call("DELETE", "/elements/sfdc/application", &ann, Value::Null)
        .await
        .error(403);
    let definition = json!({"name": "Own", "key": "own", "hub": "crm",
        "authentication": {"type": "custom"},
        "configuration": [{"key": "pin", "name": "Pin", "type": "PASSWORD", "defaultValue": "kept-pin"}]});
    app.ok("POST", "/elements", definition.clone()).await;
    for (method, path) in [
        ("PUT", "/elements/own"),
        ("DELETE", "/elements/own"),
        ("DELETE", "/elements/own/active"),
        ("GET", "/elements/own/export"),
        ("POST", "/elements/own/resources"),
    ] {
        app.call(method, path, &ann, definition.clone())
            .await
            .error(403);
    }
    let shown = app.call("GET", "/elements/own", &ann, Value::Null).await;
    assert!(!shown.expect(200).text().contains("kept-pin"));
    // What its own account imports, a plain user changes.
    let own =
        json!({"name": "Ann's", "key": "anns", "hub": "crm", "authentication": {"type": "custom"}});
    app.call("POST", "/elements", &ann, own.clone())
        .await
        .expect(200);
    app.call("PUT", "/elements/anns", &ann, own)
        .await
        .expect(200);
    app.ok("DELETE", "/elements/anns", Value::Null).await;
}

#[tokio::test]
async fn what_is_an_accounts_is_changed_by_who_administers_it() {
    let app = TestApp::start().await;
    let id = account(&app, "acme").await;
    let (_, plain) = user(&app, id, "plain@example.com", json!([])).await;
    let (_, admin) = user(&app, id, "chief@example.com", json!([{"key": "admin"}])).await;
    let body = json!({"fields": [{"path": "id"}]});
    let own = format!("/accounts/{id}/objects/thing/definitions");
    for path in ["/accounts/objects/thing/definitions", &own] {
        let refused = app.call("POST", path, &plain, body.clone()).await;
        assert!(refused.error(403).contains("the account"), "{path}");
        app.call("POST", path, &admin, body.clone())
            .await
            .expect(200);
        app.call("GET", path, &plain, Value::Null).await.expect(200);
        let refused = app.call("DELETE", path, &plain, Value::Null).await;
        refused.error(403);
        app.call("DELETE", path, &admin, Value::Null)
            .await
            .expect(200);
    }
    app.call(
        "POST",
        "/accounts/objects/thing/definitions",
        &admin,
        body.clone(),
    )
    .await
    .expect(200);
    let mapping = json!({"vendorName": "contacts"});
    let paths = [
        "/accounts/elements/sfdc/transformations/thing".to_owned(),
        format!("/accounts/{id}/elements/sfdc/transformations/thing"),
    ];
    for path in &paths {
        let refused = app.call("POST", path, &plain, mapping.clone()).await;
        refused.error(403);
    }
    let by_body = json!({"level": "account", "objectName": "thing", "vendorName": "contacts", "elementKey": "sfdc"});
    let refused = app
        .call("PUT", "/transformations", &plain, by_body.clone())
        .await;
    refused.error(403);
    app.call("PUT", "/transformations", &admin, by_body)
        .await
        .expect(200);
    let refused = app
        .call("POST", "/organizations/objects/x/definitions", &admin, body)
        .await;
    assert!(refused.error(403).contains("the organization"));
}

#[tokio::test]
async fn users_of_the_organization_are_reached_without_their_account() {
    let app = TestApp::start().await;
    let acme = account(&app, "acme").await;
    let (ann, _) = user(&app, acme, "ann@example.com", json!([])).await;
    let users = "/organizations/users";
    app.refused("POST", users, json!({}), 400).await;
    let new = |email: &str, password: &str| json!({"firstName": "Bob", "lastName": "Lee", "email": email, "password": password});
    let message = app
        .refused("POST", users, new("b@example.com", "NoSymbols1"), 400)
        .await;
    assert!(message.contains("special character"), "{message}");
    let made = app
        .ok("POST", users, new("b.lee@example.com", "IAmGood1!"))
        .await;
    app.refused("POST", users, new("B.Lee@example.com", "IAmGood1!"), 409)
        .await;
    let bob = made["id"].as_i64().unwrap();
    // It is of the default account and calls at once.
    let as_bob = format!(
        "User {}, Organization {}",
        made["secret"].as_str().unwrap(),
        app.organization
    );
    let me = app
        .call("GET", "/me", &as_bob, Value::Null)
        .await
        .expect(200);
    assert_eq!(me.json()["accountId"], 2);

    let ids = |listed: Value| -> Vec<i64> {
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    };
    for path in ["/users", users] {
        assert_eq!(ids(app.ok("GET", path, Value::Null).await), [2, ann, bob]);
        let filtered = format!("{path}?where=firstName%20%3D%20'Bob'");
        assert_eq!(ids(app.ok("GET", &filtered, Value::Null).await), [bob]);
        let page = format!("{path}?pageSize=1&page=2");
        assert_eq!(ids(app.ok("GET", &page, Value::Null).await), [ann]);
        let one = format!("{path}/b.lee@example.com");
        assert_eq!(app.ok("GET", &one, Value::Null).await["id"], bob);
        // Unknown, and somebody else's.
        for (id, status) in [("-1", 404), ("999", 404), ("1", 403)] {
            let path = format!("{path}/{id}");
            app.refused("GET", &path, Value::Null, status).await;
            app.refused("DELETE", &path, Value::Null, status).await;
            app.refused("PATCH", &path, json!({"active": false}), status)
                .await;
        }
    }
    // Who administers nothing sees its own account's users and changes none.
    let seen = app.call("GET", "/users", &as_bob, Value::Null).await;
    assert_eq!(ids(seen.expect(200).json()), [2, bob]);
    app.call("DELETE", &format!("/users/{ann}"), &as_bob, Value::Null)
        .await
        .error(403);

    app.refused("PUT", "/users/2/roles/nonsense", Value::Null, 400)
        .await;
    let roles = format!("/users/{bob}/roles");
    app.refused("PUT", &format!("{roles}/sys-admin"), Value::Null, 403)
        .await;
    app.ok("PUT", &format!("{roles}/default-user"), Value::Null)
        .await;

    let path = format!("/users/{bob}");
    app.ok("PATCH", &path, json!({"active": false})).await;
    assert_eq!(ids(app.ok("GET", "/users", Value::Null).await), [2, ann]);
    let all = app.ok("GET", "/users?includeInactive=true", Value::Null);
    assert_eq!(ids(all.await), [2, ann, bob]);
    app.ok("DELETE", &path, Value::Null).await;
    app.refused("GET", &path, Value::Null, 404).await;

    let accounts = app.ok("GET", "/organizations/2/accounts", Value::Null);
    assert_eq!(ids(accounts.await), [2, acme]);
    let one = format!("/organizations/2/accounts/{acme}");
    assert_eq!(app.ok("GET", &one, Value::Null).await["externalId"], "acme");
    for path in ["/organizations/-1/accounts", "/organizations/1/accounts"] {
        app.refused("GET", path, Value::Null, 404).await;
    }
    app.refused("GET", "/organizations/2/accounts/-1", Value::Null, 404)
        .await;
}
