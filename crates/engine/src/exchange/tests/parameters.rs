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

#[test]
fn fields_beside_a_file_are_parts_and_the_parts_are_the_body() {
    let parameter = |kind: &str, name: &str, to: &str| json!({"type": kind, "name": name, "vendorType": to, "vendorName": name, "required": true});
    for order in [["query", "multipart"], ["multipart", "query"]] {
        let parameters: Vec<Value> = order
            .iter()
            .map(|kind| match *kind {
                "query" => parameter("query", "folder", "form"),
                _ => parameter("multipart", "file", "multipart"),
            })
            .chain([parameter("body", "body", "body")])
            .collect();
        let resource = json!({"method": "POST", "path": "/files", "vendorPath": "/files", "parameters": parameters});
        let definition = element(json!([resource]), json!({}));
        let (compiled, _) =
            catalog::import(definition.to_string().as_bytes(), ElementId(1)).unwrap();
        let call = ResourceCall {
            method: "POST".into(),
            path: "/files".into(),
            query: vec![("folder".into(), "f1".into())],
            parts: vec![Part {
                name: "file".into(),
                file_name: Some("a.txt".into()),
                content_type: None,
                data: Bytes::from_static(b"hello"),
                uploaded: false,
            }],
            ..ResourceCall::default()
        };
        let mut exchange = Exchange::new(
            Arc::new(compiled),
            0,
            BTreeMap::new(),
            call,
            BTreeMap::new(),
            setting(),
        );
        let Step::Send(request) = exchange.next(Input::Start) else {
            panic!("not sent")
        };
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        assert!(body.contains("name=\"folder\"\r\n\r\nf1\r\n"), "{body}");
        assert!(
            body.contains("filename=\"a.txt\"\r\n\r\nhello\r\n"),
            "{body}"
        );
    }
}

#[test]
fn a_member_beside_a_form_is_a_field_of_the_form() {
    let resource = json!({"method": "POST", "path": "/token", "vendorPath": "/token", "parameters": [
        {"type": "value", "name": "password", "vendorType": "form", "vendorName": "grant_type"},
        {"type": "configuration", "name": "api.key", "vendorType": "bodyField", "vendorName": "key"}]});
    let played = play(
        element(json!([resource]), json!({})),
        &[("api.key", "k 1")],
        "POST /token",
        None,
        vec![reply(200, json!({}))],
    );
    assert_eq!(played.requests[0].body, "grant_type=password&key=k%201");
}

#[test]
fn a_condition_inside_a_vendors_statement_stays_one_condition() {
    let resource = json!({"method": "GET", "path": "/invoices", "vendorPath": "/query", "parameters": [
        {"type": "value", "name": "SELECT Id FROM Invoice where {where} LIMIT {pageSize}", "vendorType": "query", "vendorName": "q"},
        {"type": "query", "name": "where", "vendorType": "bodyToken", "vendorName": "where"},
        {"type": "query", "name": "pageSize", "vendorType": "bodyToken", "vendorName": "pageSize"}]});
    let run = |filter: &str| {
        let line = format!(
            "GET /invoices?where={}",
            crate::template::encode_query(filter)
        );
        let definition = element(json!([resource.clone()]), json!({}));
        play(definition, TOKEN, &line, None, vec![reply(200, json!([]))])
    };
    let q = |played: &Played| {
        let url = url::Url::parse(&played.requests[0].url).unwrap();
        url.query_pairs().next().unwrap().1.into_owned()
    };
    assert_eq!(
        q(&run("name='O\\'Hara'   and age>7")),
        "SELECT Id FROM Invoice where name = 'O''Hara' AND age > 7 LIMIT 100"
    );
    for attack in [
        "a = 1 LIMIT 1 ALL ROWS",
        "a = 'x' OR (SELECT",
        "a = 1; DELETE",
    ] {
        let played = run(attack);
        assert!(played.requests.is_empty(), "{attack}");
        assert_eq!(played.failure().kind, ErrorKind::Invalid, "{attack}");
    }
}

#[test]
fn a_hook_after_the_vendor_sees_what_the_vendor_was_asked() {
    let hook = "done({response_body: {size: request_vendor_parameters.limit + 1, path: request_vendor_path, \
                verb: request_vendor_method, accept: request_vendor_headers.Accept, url: request_vendor_url}})";
    let resource = list(json!({"rootKey": "", "hooks": [{"type": "postRequest", "body": hook}]}));
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /contacts?pageSize=5",
        None,
        vec![reply(200, json!([]))],
    );
    assert_eq!(
        played.json(),
        json!({"size": 6, "path": "/people", "verb": "GET", "accept": "application/json",
            "url": "https://api.acme.com/v1/people"})
    );
}

#[test]
fn a_cursor_without_a_parameter_goes_where_the_vendors_next_url_has_it() {
    let run = |key: &str, token: bool| {
        let resource = json!({"method": "GET", "path": "/boards", "vendorPath": "/boards", "rootKey": "data", "nextPageKey": key,
            "parameters": [{"name": "page", "type": "query", "vendorName": "page", "vendorType": "query"}]});
        let mut element = element(json!([resource]), json!({}));
        element["configuration"]
            .as_array_mut()
            .unwrap()
            .push(json!({"key": "pagination.type", "defaultValue": "cursor"}));
        element["configuration"]
            .as_array_mut()
            .unwrap()
            .retain(|entry| entry["defaultValue"] != "offset");
        let query = if token {
            "?nextPage=%7B%22cursor%22%3A%22abc%22%7D"
        } else {
            ""
        };
        let answer = json!({"data": [], "next": "https://v/boards?limit=2&cursor=def"});
        let played = play(
            element,
            TOKEN,
            &format!("GET /boards{query}"),
            None,
            vec![reply(200, answer)],
        );
        (
            played.urls()[0].clone(),
            played.header("elements-next-page-token").is_some(),
        )
    };
    let url = "GET https://api.acme.com/v1/boards";
    assert_eq!(run("body.next?cursor", false), (url.to_owned(), true));
    assert_eq!(
        run("body.next?cursor", true),
        (format!("{url}?cursor=abc"), true)
    );
    assert_eq!(run("body.next", true), (format!("{url}?page=abc"), true));
}
