//! Pages: the vendor's, ours, and the tokens between them.

use super::*;

#[test]
fn the_last_page_has_no_token() {
    let played = play(
        element(json!([list(json!({}))]), json!({})),
        TOKEN,
        "GET /contacts?pageSize=2",
        None,
        vec![reply(200, json!({"data": {"items": [{"id": 1}]}}))],
    );
    assert_eq!(played.header("elements-next-page-token"), None);
}

#[test]
fn we_page_where_the_vendor_does_not() {
    let rows = || reply(200, json!([{"id": 1}, {"id": 2}, {"id": 3}]));
    let resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all", "paginationType": "VENDOR_NOT_SUPPORTED"});
    let elements = || element(json!([resource.clone()]), json!({}));
    let played = play(elements(), TOKEN, "GET /all?pageSize=2", None, vec![rows()]);
    assert_eq!(played.json(), json!([{"id": 1}, {"id": 2}]));
    let token = url::form_urlencoded::byte_serialize(
        played
            .header("elements-next-page-token")
            .unwrap()
            .as_bytes(),
    )
    .collect::<String>();
    let played = play(
        elements(),
        TOKEN,
        &format!("GET /all?nextPage={token}"),
        None,
        vec![rows()],
    );
    assert_eq!(played.json(), json!([{"id": 3}]));
    assert_eq!(played.header("elements-next-page-token"), None);
}

#[test]
fn a_cursor_is_found_where_the_resource_says() {
    let resource = list(
        json!({"nextPageKey": "body.paging.next?cursor", "parameters": [
        {"name": "nextPage", "type": "query", "vendorName": "after", "vendorType": "query"}]}),
    );
    let elements = || element(json!([resource.clone()]), json!({}));
    let answer =
        json!({"data": {"items": [{"id": 1}]}, "paging": {"next": "https://x/y?cursor=c%2F2&z=1"}});
    let played = play(
        elements(),
        TOKEN,
        "GET /contacts",
        None,
        vec![reply(200, answer)],
    );
    let token = url::form_urlencoded::byte_serialize(
        played
            .header("elements-next-page-token")
            .unwrap()
            .as_bytes(),
    )
    .collect::<String>();
    let played = play(
        elements(),
        TOKEN,
        &format!("GET /contacts?nextPage={token}"),
        None,
        vec![reply(200, json!({"data": {"items": []}}))],
    );
    assert_eq!(
        played.urls(),
        ["GET https://api.acme.com/v1/people?after=c/2"]
    );
    assert_eq!(played.header("elements-next-page-token"), None);
}

#[test]
fn a_page_by_number_is_walked_to_where_only_cursors_lead() {
    let resource = list(json!({"nextPageKey": "body.next", "parameters": [
        {"name": "nextPage", "type": "query", "vendorName": "after", "vendorType": "query"}]}));
    let page =
        |id: u64, next: Value| reply(200, json!({"data": {"items": [{"id": id}]}, "next": next}));
    let run = |line: &str, replies| {
        play(
            element(json!([resource.clone()]), json!({})),
            TOKEN,
            line,
            None,
            replies,
        )
    };
    let third = run(
        "GET /contacts?page=3&pageSize=1",
        vec![
            page(1, json!("a")),
            page(2, json!("b")),
            page(3, json!("c")),
        ],
    );
    assert_eq!(third.json(), json!([{"id": 3}]));
    assert_eq!(
        third.urls()[2],
        "GET https://api.acme.com/v1/people?after=b"
    );
    assert!(
        third
            .header("elements-next-page-token")
            .unwrap()
            .contains("\"c\"")
    );
    let past_the_end = run("GET /contacts?page=2", vec![page(1, Value::Null)]);
    assert_eq!(past_the_end.json(), json!([]));
    assert_eq!(past_the_end.header("elements-next-page-token"), None);
    assert_eq!(past_the_end.header("elements-returned-count"), Some("0"));
    let token = crate::template::encode_query(third.header("elements-next-page-token").unwrap());
    let resumed = run(
        &format!("GET /contacts?page=2&nextPage={token}"),
        vec![page(4, json!("d"))],
    );
    assert_eq!(
        resumed.urls(),
        ["GET https://api.acme.com/v1/people?after=c"]
    );
    let too_far = run("GET /contacts?page=21", vec![page(1, json!("a"))]);
    assert_eq!(too_far.failure().kind, ErrorKind::Invalid);
}

#[test]
fn a_hook_reads_and_writes_the_token_of_a_page_by_number() {
    let hook = "const at = request_parameters.nextPage; done({request_vendor_parameters: {seen: at ? CE.decode64(at) : 'none'}})";
    let run = |query: &str, more: Value| {
        let mut resource = list(json!({"hooks": [{"type": "preRequest", "body": hook}, more]}));
        resource["rootKey"] = json!("");
        let replies = vec![reply(200, json!([{"id": 1}]))];
        let line = format!("GET /contacts?pageSize=1{query}");
        play(
            element(json!([resource]), json!({})),
            TOKEN,
            &line,
            None,
            replies,
        )
    };
    let quiet = json!({"type": "postRequest", "body": "done()"});
    let first = run("", quiet.clone());
    assert!(first.urls()[0].ends_with("seen=none"), "{:?}", first.urls());
    let token = |played: &Played| {
        let token = played.header("elements-next-page-token").unwrap();
        format!("&nextPage={}", crate::template::encode_query(token))
    };
    let second = run(&token(&first), quiet);
    assert!(
        second.urls()[0].ends_with("limit=1&skip=1&seen=%7B%22pageSize%22:1,%22page%22:2%7D"),
        "{:?}",
        second.urls()
    );
    let own = json!({"type": "postRequest",
        "body": "done({response_headers: {'elements-next-page-token': CE.b64('{\"pageSize\":1,\"page\":7}')}})"});
    let jumped = run(&token(&run("", own.clone())), own);
    assert!(
        jumped.urls()[0].contains("limit=1&skip=6&"),
        "{:?}",
        jumped.urls()
    );
}

#[test]
fn a_third_paginators_bounds_are_kept() {
    let run = |query: &str| {
        let mut element = element(json!([list(json!({}))]), json!({}));
        let bounds = json!({"minPageSize": "5", "maxPageSize": 50, "defaultPageSize": "20"});
        element["configuration"]
            .as_array_mut()
            .unwrap()
            .push(json!({"key": "pagination", "defaultValue": bounds.to_string()}));
        let played = play(
            element,
            TOKEN,
            &format!("GET /contacts{query}"),
            None,
            vec![reply(200, json!({}))],
        );
        let (_, sent) = played.requests[0].url.split_once("limit=").unwrap();
        let size = sent.split('&').next().unwrap().to_owned();
        (size, played.header("elements-error").is_some())
    };
    for (query, expected) in [
        ("", ("20".to_owned(), false)),
        ("?pageSize=30", ("30".to_owned(), false)),
        ("?pageSize=51", ("50".to_owned(), true)),
        ("?pageSize=2", ("5".to_owned(), true)),
    ] {
        assert_eq!(run(query), expected, "{query}");
    }
}

#[test]
fn hooks_compute_with_pages_declared_as_numbers() {
    let resource = json!({"method": "GET", "path": "/contacts", "vendorPath": "/people", "parameters": [
        {"name": "pageSize", "type": "query", "vendorName": "limit", "vendorType": "query", "vendorDataType": "integer"},
        {"name": "page", "type": "query", "vendorName": "page", "vendorType": "query", "vendorDataType": "integer"}],
        "hooks": [{"type": "preRequest",
            "body": "done({request_vendor_parameters: {until: request_vendor_parameters.page + request_vendor_parameters.limit}})"}]});
    let played = play(
        element(json!([resource]), json!({})),
        TOKEN,
        "GET /contacts?page=2&pageSize=10",
        None,
        vec![reply(200, json!([]))],
    );
    assert_eq!(
        played.urls(),
        ["GET https://api.acme.com/v1/people?limit=10&page=10&until=20"]
    );
}

#[test]
fn the_number_of_all_records_is_told_to_whoever_asks() {
    let resource = list(json!({"totalCount": "data.total"}));
    let ask = |query: &str, total: Value| {
        let answer = json!({"data": {"items": [{"id": 1}], "total": total}});
        let played = play(
            element(json!([resource.clone()]), json!({})),
            TOKEN,
            &format!("GET /contacts{query}"),
            None,
            vec![reply(200, answer)],
        );
        played.header("elements-total-count").map(str::to_owned)
    };
    assert_eq!(ask("?returnCount=true", json!(312)).as_deref(), Some("312"));
    let texts = ask("?returnTotalCount=true", json!("312"));
    assert_eq!(texts.as_deref(), Some("312"));
    assert_eq!(ask("", json!(312)), None);
    assert_eq!(ask("?returnCount=true", json!(-1)), None);
}

/// A list whose vendor tells the number of all records only to whoever asks for it alone.
fn counted() -> Value {
    list(
        json!({"totalCount": "size", "countWith": {"q": "COUNT {where}"}, "keyset": "id", "parameters": [
        {"name": "LIST {where} {pageSize}", "type": "value", "vendorName": "q", "vendorType": "query"},
        {"name": "where", "type": "query", "vendorName": "where", "vendorType": "bodyToken", "defaultValue": "id > 0"},
        {"name": "pageSize", "type": "query", "vendorName": "pageSize", "vendorType": "bodyToken"},
        {"name": "page", "type": "query", "vendorName": "page", "vendorType": "bodyToken"}]}),
    )
}

fn ask_counted(query: &str, replies: Vec<VendorReply>) -> Played {
    let element = element(json!([counted()]), json!({}));
    play(
        element,
        TOKEN,
        &format!("GET /contacts{query}"),
        None,
        replies,
    )
}

#[test]
fn a_vendor_that_must_be_asked_for_the_number_is_asked_when_the_caller_asks() {
    let page = || {
        reply(
            200,
            json!({"data": {"items": [{"id": 1}, {"id": 2}]}, "size": 2}),
        )
    };
    let count = || reply(200, json!({"size": 312, "data": {"items": []}}));
    let played = ask_counted("?pageSize=2&returnCount=true", vec![page(), count()]);
    assert_eq!(
        played.urls(),
        [
            "GET https://api.acme.com/v1/people?q=LIST%20id%20%3E%200%202",
            "GET https://api.acme.com/v1/people?q=COUNT%20id%20%3E%200"
        ]
    );
    assert_eq!(played.json(), json!([{"id": 1}, {"id": 2}]));
    assert_eq!(played.header("elements-total-count"), Some("312"));
    let token = played.header("elements-next-page-token").unwrap();

    // A later page is one of as many records, not of those that are left.
    let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let later = format!("?nextPage={token}&returnCount=true");
    let played = ask_counted(&later, vec![page(), count()]);
    let asked = played.urls();
    assert!(asked[0].contains("id%20%3E%20'2'"), "{asked:?}");
    assert!(asked[1].ends_with("?q=COUNT%20id%20%3E%200"), "{asked:?}");
    assert_eq!(played.header("elements-total-count"), Some("312"));

    // Nobody else pays for it.
    assert_eq!(ask_counted("?pageSize=2", vec![page()]).requests.len(), 1);
}

#[test]
fn a_page_whose_list_cannot_be_counted_is_answered_all_the_same() {
    let page = || reply(200, json!({"data": {"items": [{"id": 1}]}, "size": 1}));
    for second in [
        vec![page(), reply(400, json!({"message": "no counts"}))],
        vec![page(), reply(200, json!({"size": "many"}))],
        vec![page()],
    ] {
        let played = ask_counted("?returnCount=true", second);
        assert_eq!(played.json(), json!([{"id": 1}]));
        assert_eq!(played.header("elements-total-count"), None);
        assert_eq!(
            played.header("elements-error"),
            Some("the vendor did not tell how many records there are")
        );
    }
}

#[test]
fn a_list_without_a_root_is_empty_where_the_element_says_so() {
    let play = |more: Value, answer: Value| {
        let element = element(json!([list(more)]), json!({}));
        play(
            element,
            TOKEN,
            "GET /contacts",
            None,
            vec![reply(200, answer)],
        )
        .json()
    };
    let bare = json!({"warnings": ["nothing found"]});
    assert_eq!(play(json!({"rootDefault": []}), bare.clone()), json!([]));
    assert_eq!(play(json!({}), bare.clone()), bare);
    let found = json!({"data": {"items": [{"id": 1}]}});
    assert_eq!(play(json!({"rootDefault": []}), found), json!([{"id": 1}]));
}

#[test]
fn one_vendor_may_count_pages_in_two_ways() {
    let by = json!({"default": "cursor", "files": "offset"}).to_string();
    let paged = |path: &str| {
        json!({"method": "GET", "path": path, "vendorPath": path, "parameters": [
            {"name": "page", "type": "query", "vendorName": "at", "vendorType": "query"}]})
    };
    let element = element(
        json!([paged("/files"), paged("/people")]),
        json!({"configuration": [
            {"key": "base.url", "defaultValue": "https://api.acme.test"},
            {"key": "pagination.type", "defaultValue": by}]}),
    );
    for (path, expected) in [("/files", "/files?at=20"), ("/people", "/people?at=3")] {
        let line = format!("GET {path}?page=3&pageSize=10");
        let played = play(
            element.clone(),
            TOKEN,
            &line,
            None,
            vec![reply(200, json!([]))],
        );
        let urls = played.urls();
        assert!(urls[0].ends_with(expected), "{urls:?}");
    }
}
