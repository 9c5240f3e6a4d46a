//! Records made by the words `table` and `shape`: what they say, and that a script would have said the same.

use proptest::prelude::*;

use super::*;

/// Plays `GET /all` of a resource whose vendor answers this.
fn answered(more: &Value, query: &str, body: &Value) -> Played {
    let mut resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all"});
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    play(
        element(json!([resource]), json!({})),
        TOKEN,
        &format!("GET /all{query}"),
        None,
        vec![reply(200, body.clone())],
    )
}

fn table(more: &Value) -> Value {
    let mut table = json!({"table": {"headings": "headers", "rows": "data"}});
    for (name, value) in more.as_object().unwrap() {
        table[name] = value.clone();
    }
    table
}

#[test]
fn a_table_becomes_records_with_aliases_total_and_next_page() {
    let more = table(
        &json!({"aliases": {"id": "_id_"}, "totalCount": "total", "nextPageKey": "body.next"}),
    );
    let body = json!({"headers": ["_id_", "Email", 7, null, "Email", "Name"], "total": 9, "next": "n2",
        "data": [["1", "old", 1.5, "x", "a@b.c", null], ["2"], {"kept": 1}]});
    let played = answered(&more, "?returnCount=true", &body);
    assert_eq!(
        played.json(),
        json!([{"id": "1", "_id_": "1", "7": 1.5, "Email": "a@b.c"}, {"id": "2", "_id_": "2"}, {"kept": 1}])
    );
    assert_eq!(played.header("elements-total-count"), Some("9"));
    assert_eq!(played.header("elements-returned-count"), Some("3"));
    let token = played.header("elements-next-page-token").unwrap();
    assert!(token.contains(r#""cursor":"n2""#), "{token}");
    let empty = json!({"headers": ["a"], "total": 0});
    assert_eq!(answered(&more, "", &empty).json(), json!([]));
    // What is no table stays what it is.
    let other = json!({"headers": "a", "data": [[1]]});
    assert_eq!(answered(&more, "", &other).json(), other);
    // Hooks of the resource see records; those that a hook makes are no table.
    let hooked = table(&json!({"hooks": [{"type": "postRequest",
        "body": "done({response_body: response_body.map(r => ({headers: [r.a], data: 1}))})"}]}));
    let body = json!({"headers": ["a"], "data": [[1]]});
    assert_eq!(
        answered(&hooked, "", &body).json(),
        json!([{"headers": [1], "data": 1}])
    );
}

#[test]
fn long_headings_do_not_make_a_large_answer_of_a_small_one() {
    let body = json!({"headers": ["h".repeat(1 << 20)], "data": vec![json!([0]); 100]});
    let failure = answered(&table(&json!({})), "", &body);
    assert_eq!(failure.failure().kind, ErrorKind::VendorUnavailable);
    let fewer = json!({"headers": ["h".repeat(1 << 20)], "data": vec![json!([0]); 10]});
    let played = answered(&table(&json!({})), "", &fewer);
    assert_eq!(played.json().as_array().map(Vec::len), Some(10));
}

/// One row, read before its headings are.
fn joined(cells: &Value, more: &Value) -> Played {
    let mut named = json!({"method": "GET", "path": "/one/{id}/named", "vendorPath": "/headings", "type": "apiNoDocumentation",
        "table": {"headings": "headers", "row": "$previous", "optional": "_id_"}});
    for (name, value) in more.as_object().unwrap() {
        named[name] = value.clone();
    }
    let one = json!({"method": "GET", "path": "/one/{id}", "vendorPath": "/row/{id}", "nextResource": "GET:/one/{id}/named"});
    play(
        element(json!([one, named]), json!({})),
        TOKEN,
        "GET /one/7",
        None,
        vec![
            reply(200, cells.clone()),
            reply(200, json!({"headers": ["_id_", "a", "b"]})),
        ],
    )
}

#[test]
fn a_row_of_the_answer_before_gets_its_headings() {
    let shape = json!({"shape": {"keep": ["$record"], "members": {"id": "$path.id"}}});
    for (cells, expected) in [
        (
            json!(["9", 1, 2]),
            json!({"_id_": "9", "a": 1, "b": 2, "id": "7"}),
        ),
        (json!([1, 2]), json!({"a": 1, "b": 2, "id": "7"})),
        (json!([1]), json!({"_id_": 1, "id": "7"})),
        (json!({"a": 3}), json!({"a": 3, "id": "7"})),
    ] {
        assert_eq!(joined(&cells, &shape).json(), expected);
    }
    assert_eq!(
        joined(&json!([1, 2]), &json!({})).json(),
        json!({"a": 1, "b": 2})
    );
}

#[test]
fn records_take_a_shape_by_what_they_are() {
    let shape = json!({"rootKey": "|items", "nextPageKey": "next", "shape": [
        {"when": ["kind=folder", "!gone"], "members": {
            "id": "folder.id | id", "directory": true, "depth": 0,
            "path": {"path": ["$query.path", "folder.name"]}}},
        {"when": "file", "members": {
            "id": "file.ids[1] | id", "directory": false,
            "name": {"text": "{file.title | file.name}", "ending": ".{file.extension}"},
            "size": {"number": "file.size"}, "note": {"text": "by {file.by}"}, "fixed": {"text": "x"}}}]});
    let body = json!({"next": "n2", "items": [
        {"kind": "folder", "id": 1, "folder": {"name": "A/b", "id": ""}},
        {"kind": "folder", "gone": true, "id": 2},
        {"file": {"ids": [1, 2], "name": "r", "title": "", "extension": "Pdf", "size": "12", "by": "A\"\u{e9}"}},
        {"file": {"ids": [1], "title": "r.PDF", "extension": "pdf", "size": "many"}, "id": {"a": [null]}},
        7]});
    let played = answered(&shape, "?path=/x/", &body);
    assert_eq!(
        played.json(),
        json!([
            {"id": 1, "directory": true, "depth": 0, "path": "/x/A/b"},
            {"kind": "folder", "gone": true, "id": 2},
            {"id": 2, "directory": false, "name": "r.Pdf", "size": 12, "note": "by A\"\u{e9}", "fixed": "x"},
            {"id": {"a": [null]}, "directory": false, "name": "r.PDF", "fixed": "x"},
            7])
    );
    assert!(played.header("elements-next-page-token").is_some());
    assert_eq!(played.header("elements-returned-count"), Some("5"));
    let root = answered(&shape, "?path=//", &json!({"items": [body["items"][0]]}));
    assert_eq!(root.json()[0]["path"], "/A/b");
}

#[test]
fn a_write_answers_what_was_sent_under_what_came_back() {
    let resource = json!({"method": "POST", "path": "/all", "vendorPath": "/all", "repeat": "body",
        "shape": {"keep": ["$body", "stored"], "members": {"id": "id | key"}},
        "parameters": [{"type": "body", "name": "body", "vendorType": "body", "vendorName": "body", "omit": "id, key"}]});
    let elements = || element(json!([resource]), json!({}));
    let sent = json!({"a": 1, "id": "mine", "b": 2});
    let back = reply(200, json!({"key": 9, "id": 0, "stored": {"b": 3}}));
    let played = play(
        elements(),
        TOKEN,
        "POST /all",
        Some(sent),
        vec![back.clone()],
    );
    assert_eq!(played.requests[0].body, r#"{"a":1,"b":2}"#);
    assert_eq!(played.json(), json!({"a": 1, "id": 9, "b": 3}));
    let two = play(
        elements(),
        TOKEN,
        "POST /all",
        Some(json!([{"a": 1}, {"a": 2}])),
        vec![back, reply(200, Value::Null)],
    );
    assert_eq!(two.json(), json!([{"a": 1, "id": 9, "b": 3}, {"a": 2}]));
    for body in [json!({"id": 1}), json!([[]]), json!("a"), json!({})] {
        let refused = play(elements(), TOKEN, "POST /all", Some(body), Vec::new());
        let failure = refused.failure();
        assert_eq!(failure.kind, ErrorKind::Invalid);
        assert!(
            failure.message.contains("must be a JSON object"),
            "{}",
            failure.message
        );
    }
}

#[test]
fn words_that_mean_nothing_here_are_left_out_of_an_import_and_kept_for_export() {
    for (name, value) in [
        ("table", json!({"headings": "a", "rows": "b", "cells": "c"})),
        ("shape", json!({"members": {"a": [null]}})),
        ("shape", json!({"keep": [{"text": "a"}]})),
        ("shape", json!({"member": {"a": "b"}})),
    ] {
        let mut resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all"});
        resource[name] = value;
        let text = element(json!([resource]), json!({})).to_string();
        let (compiled, said) = catalog::import(text.as_bytes(), ElementId(10_000)).unwrap();
        assert!(
            said.iter()
                .any(|diagnostic| diagnostic.path.ends_with(name)),
            "{said:?}"
        );
        assert!(compiled.element.resources[0].shape.is_none());
        assert!(compiled.element.resources[0].table.is_none());
    }
    let shape = json!([{"when": "a", "keep": ["$record"], "members": {"z": "b", "a": {"text": "{c}", "ending": "d"}, "n": 1.5}}]);
    let read: ligand_model::element::Shape = serde_json::from_value(shape.clone()).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), shape.to_string());
}

/// Each case runs a script; `cargo xtask torture` asks for more cases.
pub(super) fn few_cases() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var("PROPTEST_CASES").is_err() {
        config.cases = 48;
    }
    config
}

/// What a table became before there was a word for it.
const ROWS: &str = "const headers = response_body.headers || [];
    const records = (response_body.data || []).map((row) => {
      const record = {};
      headers.forEach((heading, at) => { record[heading] = row[at]; });
      return record;
    });
    done({ response_body: records });";

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn a_table_is_what_a_script_makes_of_it(
        headings in proptest::collection::vec(prop_oneof![
            "[a-c\"\\\\é\u{1}]{0,2}".prop_map(Value::from), (0_i32..3).prop_map(Value::from)], 0..6),
        rows in proptest::option::of(proptest::collection::vec(proptest::collection::vec(prop_oneof![
            Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i32>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from), Just(json!([{"a": null}, []])), Just(json!({}))], 0..8), 0..5)),
    ) {
        let body = json!({"headers": headings, "data": rows});
        let script = json!({"hooks": [{"type": "postRequest", "body": ROWS}]});
        let by_script = answered(&script, "", &body);
        prop_assert_eq!(answered(&table(&json!({})), "", &body).json(), by_script.json());
    }
}

#[test]
fn a_link_whose_answer_is_known_is_not_asked_for() {
    let find = json!({"method": "GET", "path": "/rows", "vendorPath": "/find", "notFound": "id", "rootKey": "|found",
        "skip": [{"when": "$query.list | $where.list", "members": {"id": "$query.list | $where.list"}},
            {"when": ["!$query.list", "$query.all=yes"], "members": {"id": 7}}],
        "hooks": [{"type": "preRequest", "body": "done({response_error_message: 'ran'})"}],
        "parameters": [{"type": "query", "name": "where", "vendorType": "no-op", "vendorName": "where"}],
        "nextResource": "GET:/listed"});
    let rows = json!({"method": "GET", "path": "/listed", "vendorPath": "/of/{id}", "type": "apiNoDocumentation",
        "parameters": [{"type": "query", "name": "where", "vendorType": "no-op", "vendorName": "where"},
            {"type": "prevBodyField", "name": "id", "vendorType": "path", "vendorName": "id", "required": true}]});
    for (query, id) in [
        ("list=a", "a"),
        ("list=&where=x%3D1%20and%20list%3D%27b%27", "b"),
        ("all=yes", "7"),
    ] {
        let played = play(
            element(json!([find, rows]), json!({})),
            TOKEN,
            &format!("GET /rows?{query}"),
            None,
            vec![reply(200, json!([]))],
        );
        assert_eq!(
            played.urls(),
            [format!("GET https://api.acme.com/v1/of/{id}")]
        );
        assert_eq!(played.json(), json!([]));
    }
    let asked = play(
        element(json!([find, rows]), json!({})),
        TOKEN,
        "GET /rows?where=list!%3D%27b%27",
        None,
        Vec::new(),
    );
    assert_eq!(asked.failure().message, "ran");
}

/// What the items of a folder became before there was a word for it.
const ITEMS: &str = "const folder = String((request_parameters && request_parameters.path) || '/').replace(/^[/]+|[/]+$/g, '');
    const below = folder === '' ? '/' : '/' + folder + '/';
    const shape = (item) => {
      if (item.type === 'Folder') {
        const entry = item.folder || {};
        return { id: entry.id || item.id, name: entry.name, path: below + entry.name, directory: true };
      }
      const file = item.file || {};
      const title = file.title || file.name || '';
      const extension = file.fileExtension;
      const name = extension && !title.toLowerCase().endsWith('.' + extension.toLowerCase()) ? title + '.' + extension : title;
      return { id: file.id || item.id, name: name, path: below + name, directory: false, size: Number(file.contentSize) };
    };
    done({ response_body: response_body.map(shape) });";

fn items_shape() -> Value {
    let name = json!({"text": "{file.title | file.name}", "ending": ".{file.fileExtension}"});
    json!({"shape": [
        {"when": "type=Folder", "members": {"id": "folder.id | id", "name": "folder.name", "directory": true,
            "path": {"path": ["$query.path", "folder.name"]}}},
        {"members": {"id": "file.id | id", "name": name, "path": {"path": ["$query.path", name]}, "directory": false,
            "size": {"number": "file.contentSize"}}}]})
}

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn a_shape_is_what_a_script_makes_of_records(
        items in proptest::collection::vec((any::<bool>(), proptest::option::of("[a-bé\"\\\\]{1,2}"), "[a-b.PDFpdf\"é]{1,6}",
            proptest::option::of("[pP][dD][fF]|[a-b\"]"), proptest::option::of("[a-b\"]{0,2}"), 0_u32..100), 0..6),
        path in "[/]{0,2}([a-b]{1,2}[/]{0,2})?",
    ) {
        let body: Vec<Value> = items.into_iter().map(|(folder, id, name, extension, title, size)| if folder {
            json!({"type": "Folder", "id": "f", "folder": {"id": id, "name": name}, "file": null})
        } else {
            json!({"type": "File", "id": "d", "folder": null, "file": {"id": id, "name": name, "title": title,
                "fileExtension": extension, "contentSize": size.to_string()}})
        }).collect();
        let query = format!("?path={path}");
        let script = json!({"hooks": [{"type": "postRequest", "body": ITEMS}]});
        let by_script = answered(&script, &query, &json!(body));
        prop_assert_eq!(answered(&items_shape(), &query, &json!(body)).json(), by_script.json());
    }
}
