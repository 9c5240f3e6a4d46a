//! Lists of the export format: pages, cursors and filters, as exports spell them.

use super::format::{ask, p, plain, resource, sent};
use super::*;

#[test]
fn pages_as_exports_spell_them() {
    let page = |size: &str, at: &str, kind: &str| {
        json!([
            p("query", "pageSize", kind, size),
            p("query", "page", kind, at)
        ])
    };
    let with = |kind: &str, start: Option<&str>, max: &str, parameters: Value| {
        let mut configuration = vec![
            json!({"key": "base.url", "defaultValue": "https://api.p.example"}),
            json!({"key": "pagination.type", "defaultValue": kind}),
            json!({"key": "pagination.max", "defaultValue": max}),
        ];
        configuration.extend(
            start.map(|start| json!({"key": "pagination.page.startindex", "defaultValue": start})),
        );
        plain(
            resource("GET", "/contacts/{id}/notes", "/a", parameters),
            json!({"configuration": configuration}),
        )
    };
    for (kind, start, query, expected) in [
        ("page", None, "page=3&pageSize=10", "n=10&at=3"),
        ("page", Some("0"), "page=3&pageSize=10", "n=10&at=2"),
        ("page 0", None, "page=3&pageSize=10", "n=10&at=2"),
        ("page starts with 1", None, "pageSize=10", "n=10&at=1"),
        ("offset", None, "page=3&pageSize=10", "n=10&at=20"),
        ("offset", Some("1"), "page=3&pageSize=10", "n=10&at=21"),
        ("offset", None, "", "n=50&at=0"),
        ("offset", None, "pageSize=500", "n=50&at=0"),
        ("null", None, "page=2", "n=50&at=2"),
    ] {
        let played = play(
            with(kind, start, "50", page("n", "at", "query")),
            &[],
            &format!("GET /contacts/1/notes?{query}"),
            None,
            vec![reply(200, json!([]))],
        );
        assert_eq!(
            sent(&played).0,
            format!("GET https://api.p.example/a?{expected}"),
            "{kind} {query}"
        );
    }
    let none = play(
        with("page", None, "50", page("n", "at", "no-op")),
        &[],
        "GET /contacts/1/notes?page=2&pageSize=3",
        None,
        vec![reply(200, json!([1, 2, 3, 4, 5]))],
    );
    assert_eq!(sent(&none).0, "GET https://api.p.example/a");
    for (max, expected) in [
        (
            r#"{"contacts": 7, "contactsNotes": 3, "default": 9}"#,
            "n=3&at=1",
        ),
        (r#"{"contacts": 7, "default": 9}"#, "n=7&at=1"),
        (r#"{"default": "9"}"#, "n=9&at=1"),
    ] {
        let played = play(
            with("page", None, max, page("n", "at", "query")),
            &[],
            "GET /contacts/1/notes",
            None,
            vec![reply(200, json!([]))],
        );
        assert_eq!(
            sent(&played).0,
            format!("GET https://api.p.example/a?{expected}"),
            "{max}"
        );
    }
}

#[test]
fn cursors_wherever_they_are() {
    for (key, body, headers, expected) in [
        (
            "body.paging.next",
            json!({"paging": {"next": "c1"}}),
            vec![],
            Some("c1"),
        ),
        (
            "body.Paging.Next?cursor",
            json!({"Paging": {"Next": "https://v.example/x?cursor=c%202&z=1"}}),
            vec![],
            Some("c 2"),
        ),
        (
            "body.next?cursor",
            json!({"next": "/x?cursor=c3"}),
            vec![],
            Some("c3"),
        ),
        (
            "header.x-next",
            json!({}),
            vec![("x-next", "c4")],
            Some("c4"),
        ),
        ("X-Next", json!({}), vec![("x-next", "c5")], Some("c5")),
        ("nextId", json!({"nextId": 6}), vec![], Some("6")),
        ("data.nextId", json!({"nextId": "c7"}), vec![], Some("c7")),
        ("body.next", json!({"next": ""}), vec![], None),
        ("body.next", json!({"next": null}), vec![], None),
        ("body.next", json!({}), vec![], None),
    ] {
        let mut one = resource(
            "GET",
            "/x",
            "/a",
            json!([p("query", "nextPage", "query", "after")]),
        );
        one["nextPageKey"] = json!(key);
        one["rootKey"] = json!("|items");
        let mut body = body;
        body["items"] = json!([{"id": 1}]);
        let mut answer = reply(200, body);
        answer.headers.extend(
            headers
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        let configuration = json!([{"key": "base.url", "defaultValue": "https://api.p.example"}, {"key": "pagination.type", "defaultValue": "cursor"}]);
        let played = play(
            plain(one, json!({"configuration": configuration})),
            &[],
            "GET /x",
            None,
            vec![answer],
        );
        assert_eq!(
            sent(&played).0,
            "GET https://api.p.example/a",
            "no cursor on the first page"
        );
        let token: Option<Value> = played
            .header("elements-next-page-token")
            .map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(
            token
                .map(|token| token["cursor"].as_str().unwrap().to_owned())
                .as_deref(),
            expected,
            "{key}"
        );
    }
}

#[test]
fn converters_by_name_alone_and_filters() {
    let filter = |vendor: &str, converter: Option<&str>| {
        let mut one = p("query", "where", "query", vendor);
        if let Some(converter) = converter {
            one["converter"] = json!(converter);
        }
        resource("GET", "/x", "/a", json!([one]))
    };
    let line = "GET /x?where=%60first.name%60%20%3D%20'A'%20and%20age%3D5";
    for (vendor, converter, expected) in [
        (
            "converter:toQueryParameters",
            Some("toQueryParameters"),
            "?first.name=A&age=5",
        ),
        ("converter:toQueryParameters", None, "?first.name=A&age=5"),
        (
            "converter:somethingElse",
            Some("somethingElse"),
            "?first.name=A&age=5",
        ),
        (
            "$filter",
            Some("toODataFilter"),
            "?$filter=first/name%20eq%20'A'%20and%20age%20eq%205",
        ),
    ] {
        let (call, _) = sent(&ask(filter(vendor, converter), line, None));
        let call = call.replace('+', "%20").replace("%24filter", "$filter");
        assert_eq!(
            call,
            format!("GET https://api.p.example/v1/a{expected}"),
            "{vendor}"
        );
    }
    let noop = resource(
        "GET",
        "/x",
        "/a",
        json!([{"type": "query", "name": "where", "vendorType": "no-op", "vendorName": "converter:toQueryParameters", "converter": "toQueryParameters"}]),
    );
    assert_eq!(
        sent(&ask(noop, line, None)).0,
        "GET https://api.p.example/v1/a"
    );
}
