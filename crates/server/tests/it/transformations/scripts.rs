//! Scripts of transformations, and trying them out.

use serde_json::{Value, json};

use super::{Fixture, closed, transformation};

async fn scripted(body: &str, more: Value) -> Fixture {
    let fixture = Fixture::start().await;
    fixture.define().await;
    let mut mapped = transformation();
    mapped["script"] = json!({"body": body, "mimeType": "application/javascript"});
    for (name, value) in more.as_object().unwrap() {
        mapped[name] = value.clone();
    }
    fixture.map(mapped).await;
    fixture
}

#[tokio::test]
async fn a_script_finishes_what_fields_began_in_both_directions() {
    let fixture = scripted(
        "console.log('x');
         if (fromVendor) { transformedObject.kind = originalObject.Other ? 'seven' : 'none'; }
         else { transformedObject.Source = 'api'; }
         done(transformedObject);",
        json!({}),
    )
    .await;
    let read = fixture.get("/person").await;
    assert_eq!(
        (&read[0]["kind"], &read[0]["mail"], read[0].get("console")),
        (&json!("seven"), &json!("a@x.io"), None)
    );
    let made = fixture
        .app
        .resource("POST", "/person", &fixture.token, json!({"mail": "b@x.io"}))
        .await
        .expect(200)
        .json();
    assert_eq!(made, json!({"mail": "b@x.io", "id": "new", "kind": "none"}));
    let asked = fixture.recorder.take();
    let sent: Value = serde_json::from_slice(&asked[1].body).unwrap();
    assert_eq!(sent, json!({"Email": "b@x.io", "Source": "api"}));
}

#[tokio::test]
async fn legacy_scripts_return_and_silent_ones_change_nothing() {
    let legacy = scripted(
        "transformedObject.v = 1; return transformedObject;",
        json!({"isLegacy": true}),
    )
    .await;
    assert_eq!(
        legacy.get("/person/1").await,
        json!({"id": "1", "mail": "a@x.io", "v": 1})
    );
    let silent = scripted("console.log('x')", json!({})).await;
    assert_eq!(
        silent.get("/person/1").await,
        json!({"id": "1", "mail": "a@x.io"})
    );
}

#[tokio::test]
async fn a_script_that_fails_is_told_and_keeps_the_vendor_from_being_asked() {
    for (body, says) in [
        ("throw new Error('no luck')", "no luck (line 1)"),
        ("done('text')", "must give an object"),
        ("let x = ;", "Unexpected token"),
    ] {
        let fixture = scripted(body, json!({})).await;
        let post = fixture
            .app
            .resource("POST", "/person", &fixture.token, json!({"mail": "x"}))
            .await;
        let message = post.error(400);
        assert!(message.contains(says), "{message}");
        assert_eq!(fixture.recorder.take().len(), 0);
    }
    let endless = scripted("for (;;) {}", json!({})).await;
    let message = endless
        .app
        .resource("POST", "/person", &endless.token, json!({"mail": "x"}))
        .await
        .error(400);
    assert!(message.contains("more time than it may"), "{message}");
}

#[tokio::test]
async fn a_script_that_fails_on_an_answer_is_told_after_the_whole_record_was_written() {
    let fixture = scripted(
        "if (fromVendor) { throw new Error('no luck') } done(transformedObject);",
        json!({}),
    )
    .await;
    let body = json!({"mail": "b@x.io", "address": {"town": "Oslo"}});
    let reply = fixture
        .app
        .resource("POST", "/person", &fixture.token, body)
        .await
        .expect(400);
    let told = reply.json();
    assert_eq!(
        told["message"],
        "The script of the transformation 'person' failed: no luck (line 1). The vendor had carried out this POST by \
         then (it answered 200): do not send it again."
    );
    // What the vendor answered, in its own names, is not lost.
    assert!(told["providerMessage"].is_string(), "{told}");
    let asked = fixture.recorder.take();
    let sent: Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(
        (asked.len(), sent),
        (
            1,
            json!({"Email": "b@x.io", "MailingAddress": {"City": "Oslo"}})
        )
    );
}

#[tokio::test]
async fn a_list_of_which_one_record_fails_writes_nothing() {
    let fixture = scripted(
        "if (transformedObject.Email === 'bad') { throw new Error('bad one') } done(transformedObject);",
        json!({}),
    )
    .await;
    let records = json!([{"mail": "a"}, {"mail": "bad"}, {"mail": "c"}]);
    let message = fixture
        .app
        .resource("POST", "/person", &fixture.token, records)
        .await
        .error(400);
    assert!(message.contains("bad one"), "{message}");
    assert_eq!(fixture.recorder.take().len(), 0);
}

#[tokio::test]
async fn empty_answers_are_left_out_when_the_script_says_so() {
    let fixture = Fixture::start().await;
    fixture.define().await;
    let mut mapped = transformation();
    mapped["script"] = json!({"body": "done({})", "filterEmptyResponse": true});
    fixture.map(mapped).await;
    let reply = fixture
        .app
        .resource("GET", "/person", &fixture.token, Value::Null)
        .await
        .expect(200);
    assert_eq!(
        (reply.json(), reply.header("elements-returned-count")),
        (json!([]), "0")
    );
}

#[tokio::test]
async fn a_script_changes_the_conditions_of_a_where() {
    let fixture = scripted(
        "if (isWhere) {
             transformedObject.where = originalObject.where.map((q) => { if (q.attribute == 'kind') q.attribute = 'Type'; return q; });
         }
         done(transformedObject);",
        json!({"configuration": [{"type": "applyJSOnQueryFieldValue", "properties": {"toVendor": null}}]}),
    )
    .await;
    fixture
        .get("/person?where=kind%3D'a'%20or%20mail%3D'b'")
        .await;
    let asked = fixture.recorder.take().remove(0);
    let query: Vec<(String, String)> = url::form_urlencoded::parse(asked.query.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(
        query[0],
        ("where".to_owned(), "Type = 'a' OR Email = 'b'".to_owned())
    );
}

#[tokio::test]
async fn a_script_calls_the_platform_with_a_pass_that_is_good_for_nothing_else() {
    let fixture = scripted(
        "if (!fromVendor) { done(transformedObject); } else {
            const ax = require('axios').create({
                baseURL: `${configuration.protocol}://${configuration.host}${configuration.pathPrefix}`,
                headers: {Authorization: `User ${configuration.userSecret}, Organization ${configuration.organizationSecret}, Element ${configuration.elementInstanceToken}`},
            });
            const ask = async (url) => { try { return (await ax.get(url)).data; } catch (e) { return `failed ${e.response && e.response.status}`; } };
            Promise.all(['/Contact/1', '/instances', '/me'].map(ask)).then(([record, list, me]) => {
                transformedObject.record = record; transformedObject.list = list; transformedObject.me = me;
                transformedObject.secret = configuration.userSecret; transformedObject.key = configuration['api.key'];
                done(transformedObject);
            });
         }",
        json!({}),
    )
    .await;
    let read = fixture.get("/person/1").await;
    assert_eq!(read["record"]["Other"], 7);
    assert_eq!(
        (&read["list"], &read["me"]),
        (&json!("failed 403"), &json!("failed 403"))
    );
    assert_eq!(read.get("key"), None);
    // The pass ended with the call.
    let pass = read["secret"].as_str().unwrap();
    assert_ne!(pass, fixture.app.user);
    let authorization = format!("User {pass}, Organization {pass}, Element {pass}");
    fixture
        .app
        .call("GET", "/Contact/1", &authorization, Value::Null)
        .await
        .error(401);
}

#[tokio::test]
async fn scripts_that_call_themselves_end() {
    let fixture = scripted(
        "const ax = require('axios').create({
             baseURL: `${configuration.protocol}://${configuration.host}${configuration.pathPrefix}`,
             headers: {Authorization: `User ${configuration.userSecret}, Organization ${configuration.organizationSecret}, Element ${configuration.elementInstanceToken}`},
         });
         ax.get('/person/1').then((r) => { done({inner: r.data}); }, (e) => done({why: e.response.data.message}));",
        json!({}),
    )
    .await;
    let read = fixture.get("/person/1").await.to_string();
    assert!(read.contains("too deeply"), "{read}");
}

#[tokio::test]
async fn a_transformation_is_tried_out_without_calling_anybody() {
    let fixture = scripted(
        "transformedObject.x = fromVendor; done(transformedObject)",
        json!({}),
    )
    .await;
    let app = &fixture.app;
    let element = app.ok("GET", "/elements/mapped", Value::Null).await["id"].clone();
    let path = "/transformations/person/execute";
    let vendor = json!({"Id": "1", "Email": "c@x.io", "Other": 1});
    for of in [
        json!({"elementId": element}),
        json!({"elementKey": "mapped"}),
        json!({"instanceId": fixture.id}),
    ] {
        let mut body = of.clone();
        body["payload"] = vendor.clone();
        assert_eq!(
            app.ok("POST", path, body.clone()).await,
            json!({"id": "1", "mail": "c@x.io", "x": true})
        );
        body["payload"] = json!({"mail": "c@x.io"});
        body["method"] = json!("POST");
        assert_eq!(
            app.ok("POST", path, body).await,
            json!({"Email": "c@x.io", "x": false})
        );
    }
    let draft = json!({"vendorName": "contacts", "fields": [{"path": "address", "vendorPath": "Email"}],
        "configuration": [{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}},
            {"type": "inherit"}]});
    let mut body = json!({"payload": vendor, "instanceId": fixture.id, "transformation": draft});
    assert_eq!(
        app.ok("POST", path, body.clone()).await,
        json!({"address": "c@x.io", "id": "1", "mail": "c@x.io", "x": true}),
        "a draft of the instance's own, with what it inherits"
    );
    body["level"] = json!("organization");
    assert_eq!(
        app.ok("POST", path, body.clone()).await,
        json!({"address": "c@x.io"}),
        "in the place of the organization's"
    );
    let kept = json!({"payload": vendor, "elementKey": "mapped"});
    let kept = app.ok("POST", path, kept).await;
    assert_eq!(kept["mail"], "c@x.io", "nothing of a draft is kept");
    body["level"] = json!("planet");
    app.refused("POST", path, body.clone(), 400).await;
    body["transformation"] = json!({"fields": [{"path": "a[", "vendorPath": "b"}]});
    body["level"] = json!("instance");
    app.refused("POST", path, body, 400).await;
    let list = json!({"payload": [vendor], "instanceId": fixture.id});
    assert_eq!(
        app.ok("POST", path, list).await.as_array().unwrap().len(),
        1
    );
    assert_eq!(fixture.recorder.take().len(), 0);
    for (body, status) in [
        (json!({"payload": {}}), 400),
        (json!({"elementKey": "mapped"}), 400),
        (json!({"payload": "x", "elementKey": "mapped"}), 400),
        (
            json!({"payload": {}, "elementKey": "mapped", "method": "DELETE"}),
            400,
        ),
        (json!({"payload": {}, "elementKey": "nosuch"}), 404),
        (json!({"payload": {}, "instanceId": 999}), 404),
    ] {
        app.refused("POST", path, body, status).await;
    }
    app.refused(
        "POST",
        "/transformations/nosuch/execute",
        json!({"payload": {}, "elementKey": "mapped"}),
        404,
    )
    .await;
    let _ = closed();
}
