//! Where values come from and where they go, in the corners of the format.

use super::*;

#[test]
fn a_path_value_without_a_token_in_the_path_comes_as_query_or_body() {
    let resource = |method: &str| {
        json!({"method": method, "path": "/me/tracks", "vendorPath": "/v1/me/tracks/{ids}",
            "parameters": [{"name": "id", "type": "path", "vendorName": "ids", "vendorType": "path", "required": true}]})
    };
    let run = |method: &str, query: &str, body: Option<Value>| {
        let line = format!("{method} /me/tracks{query}");
        let element = element(json!([resource(method)]), json!({}));
        play(element, TOKEN, &line, body, vec![reply(200, json!({}))])
    };
    let url = "PUT https://api.acme.com/v1/v1/me/tracks/7";
    assert_eq!(run("PUT", "?id=7", None).urls(), [url]);
    assert_eq!(run("PUT", "", Some(json!({"id": 7}))).urls(), [url]);
    let refused = run("PUT", "", Some(json!({"other": 7})));
    assert_eq!(
        refused.failure().message,
        "Missing required parameter: `id` (path)"
    );
}

#[test]
fn a_path_value_with_a_token_comes_from_the_path_alone() {
    let resource = json!({"method": "GET", "path": "/tracks/{id}", "vendorPath": "/v1/{id}",
        "parameters": [{"name": "id", "type": "path", "vendorName": "id", "vendorType": "path", "required": true}]});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /tracks/7?id=8",
        None,
        vec![reply(200, json!({}))],
    );
    assert_eq!(played.urls(), ["GET https://api.acme.com/v1/v1/7"]);
}

#[test]
fn members_have_the_type_the_vendor_declares_where_they_fit_it() {
    let field = |name: &str, kind: &str| json!({"name": name, "type": "query", "vendorName": name, "vendorType": "bodyField", "vendorDataType": kind});
    let resource = json!({"method": "POST", "path": "/x", "vendorPath": "/x", "parameters": [
        field("i", "integer"), field("n", "number"), field("b", "boolean"), field("a", "array"), field("o", "object"),
        field("s", "string"), field("bad", "integer")]});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "POST /x?i=1&n=1.5&b=True&a=[1,2]&o={\"x\":1}&s=7&bad=seven",
        None,
        vec![reply(200, json!({}))],
    );
    let sent: Value = serde_json::from_slice(&played.requests[0].body).unwrap();
    assert_eq!(
        sent,
        json!({"i": 1, "n": 1.5, "b": true, "a": [1, 2], "o": {"x": 1}, "s": "7", "bad": "seven"})
    );
}

fn converting(converter: &str, more: &Value) -> Value {
    let mut parameters = vec![
        json!({"name": "where", "type": "query", "vendorType": "query",
        "vendorName": format!("converter:{converter}"), "converter": converter}),
    ];
    parameters.extend(more.as_array().unwrap().clone());
    json!({"method": "GET", "path": "/x", "vendorMethod": "POST", "vendorPath": "/x", "parameters": parameters})
}

#[test]
fn a_vendors_own_filter_goes_where_it_is_read() {
    let run = |converter: &str, more: Value, filter: &str| {
        let line = format!("GET /x?where={}", crate::template::encode_query(filter));
        let element = element(json!([converting(converter, &more)]), json!({}));
        let played = play(element, TOKEN, &line, None, vec![reply(200, json!([]))]);
        let body = String::from_utf8(played.requests[0].body.to_vec()).unwrap();
        (played.urls()[0].clone(), body)
    };
    let url = "POST https://api.acme.com/v1/x";
    assert_eq!(
        run("toBazaarvoice", json!([]), "rating > 3 AND id = 'a:b'"),
        (
            format!("{url}?filter=rating:gt:3&filter=id:a%5C:b"),
            String::new()
        )
    );
    let template = json!([{"type": "value", "name": "<q><query>{query}</query></q>", "vendorType": "body", "vendorName": "body"}]);
    assert_eq!(
        run("toQuickbase", template, "`7` = 'x<y' OR `8` > 5"),
        (
            url.to_owned(),
            "<q><query>{&apos;7&apos;.EX.&apos;x&lt;y&apos;}OR{&apos;8&apos;.GT.&apos;5&apos;}</query></q>".to_owned()
        )
    );
    assert_eq!(
        run("toWiql", json!([]), "System.Title = 'it''s'"),
        (
            url.to_owned(),
            r#"{"query":"SELECT [System.Id] FROM WorkItems WHERE [System.Title] = 'it''s'"}"#
                .to_owned()
        )
    );
}

#[test]
fn dates_that_the_element_names_are_dates_to_odata() {
    let mut element = element(json!([converting("toODataFilter", &json!([]))]), json!({}));
    let dates = json!({"key": "odata.date.fields", "defaultValue": "Created, Changed"});
    element["configuration"].as_array_mut().unwrap().push(dates);
    let played = play(
        element,
        TOKEN,
        "GET /x?where=Changed%20%3E%20'2020-01-01T00:00:00Z'",
        None,
        vec![reply(200, json!([]))],
    );
    assert!(
        played.urls()[0].contains("datetimeoffset'2020-01-01T00:00:00Z'"),
        "{:?}",
        played.urls()
    );
}

#[test]
fn an_object_has_a_default_selection_which_the_caller_may_replace() {
    let map = json!({"contacts": ["name"]}).to_string();
    let run = |query: &str, allowed: &str| {
        let mut element = element(json!([list(json!({"rootKey": ""}))]), json!({}));
        let entries = element["configuration"].as_array_mut().unwrap();
        entries.push(json!({"key": "default.select.fields.map", "defaultValue": map}));
        entries.push(json!({"key": "allow.select.fields", "defaultValue": allowed}));
        let record = json!([{"id": 1, "name": "n", "age": 2}]);
        play(
            element,
            TOKEN,
            &format!("GET /contacts{query}"),
            None,
            vec![reply(200, record)],
        )
        .json()
    };
    assert_eq!(run("", "true"), json!([{"id": 1, "name": "n"}]));
    assert_eq!(run("?fields=age", "true"), json!([{"id": 1, "age": 2}]));
    assert_eq!(
        run("?fields=age", "false"),
        json!([{"id": 1, "name": "n", "age": 2}])
    );
}
