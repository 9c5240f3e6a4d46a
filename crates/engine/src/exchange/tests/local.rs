//! What the vendor cannot filter or order, on request.

use super::*;

const LOCAL: &[(&str, &str)] = &[("elements-local-filter", "true")];

/// A list whose `where` is printed by a converter; the vendor pages by number.
fn contacts(converter: &str) -> Value {
    let mut parameters = json!([
        {"type": "query", "name": "page", "vendorType": "query", "vendorName": "page"},
        {"type": "query", "name": "pageSize", "vendorType": "query", "vendorName": "size"}]);
    if !converter.is_empty() {
        parameters.as_array_mut().unwrap().push(
            json!({"type": "query", "name": "where", "vendorType": "query",
            "vendorName": "where", "converter": converter}),
        );
    }
    element(
        json!([{"method": "GET", "path": "/contacts", "vendorPath": "/c", "parameters": parameters}]),
        json!({}),
    )
}

fn ask(converter: &str, query: &str, headers: &[(&str, &str)]) -> Played {
    let rows = json!([{"id": 1, "city": "Ulm", "size": 5}, {"id": 2, "city": "Bonn", "size": 7}, {"id": 3, "city": "Ulm", "size": 9}]);
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query.split('&').filter_map(|pair| pair.split_once('=')))
        .finish();
    let line = format!("GET /contacts?{query}");
    play_with(
        contacts(converter),
        TOKEN,
        &line,
        headers,
        None,
        vec![reply(200, rows)],
    )
}

fn ids(played: &Played) -> Vec<i64> {
    let rows = played.json();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn a_vendor_that_filters_nothing_is_refused_or_helped() {
    let refused = ask("", "where=size > 5", &[]);
    assert!(
        refused.failure().message.contains("Elements-Local-Filter"),
        "{:?}",
        refused.failure()
    );
    let helped = ask("", "where=size > 5", LOCAL);
    assert_eq!(ids(&helped), [2, 3]);
    assert_eq!(helped.header("elements-local-filter"), Some("where"));
    assert_eq!(helped.header("elements-returned-count"), Some("2"));
    assert!(!helped.urls()[0].contains("where"), "{:?}", helped.urls());
}

#[test]
fn the_vendor_filters_what_it_can_and_the_rest_is_filtered_here() {
    let split = ask(
        "toQueryParameters",
        "where=city = 'Ulm' AND size > 5",
        LOCAL,
    );
    assert!(split.urls()[0].contains("city=Ulm"), "{:?}", split.urls());
    assert!(!split.urls()[0].contains("size=5"), "{:?}", split.urls());
    assert_eq!(ids(&split), [2, 3], "this vendor ignores what it was left");
    assert_eq!(split.header("elements-local-filter"), Some("where"));
    let whole = ask("toSOQL", "where=city = 'Ulm' AND size > 5", LOCAL);
    assert_eq!(ids(&whole), [1, 2, 3], "all of it was the vendor's");
    assert_eq!(whole.header("elements-local-filter"), Some("none"));
    let or = ask(
        "toQueryParameters",
        "where=city = 'Bonn' OR size = 9",
        LOCAL,
    );
    assert_eq!(ids(&or), [2, 3]);
    let refused = ask("toQueryParameters", "where=city = 'Bonn' OR size = 9", &[]);
    assert!(
        refused.failure().message.contains("'city'"),
        "names the field"
    );
}

#[test]
fn pages_follow_one_another_with_what_does_not_fit_left_out() {
    let first = ask("", "where=size > 5&pageSize=3", LOCAL);
    assert_eq!(ids(&first), [2, 3]);
    let token = first.header("elements-next-page-token").unwrap().to_owned();
    let second = ask("", &format!("nextPage={token}"), LOCAL);
    assert_eq!(ids(&second), [2, 3], "the token brings the filter along");
    // This vendor counts rows.
    assert!(
        second.urls()[0].contains("page=3&size=3"),
        "{:?}",
        second.urls()
    );
    let without = ask("", &format!("nextPage={token}"), &[]);
    assert!(without.failure().message.contains("cannot filter"));
}

#[test]
fn a_whole_list_is_ordered_and_one_that_goes_on_is_not() {
    let ordered = ask("", "orderBy=city, size DESC", LOCAL);
    assert_eq!(ids(&ordered), [2, 3, 1]);
    assert_eq!(ordered.header("elements-local-filter"), Some("orderBy"));
    let both = ask("", "orderBy=size DESC&where=city = 'Ulm'", LOCAL);
    assert_eq!(ids(&both), [3, 1]);
    assert_eq!(both.header("elements-local-filter"), Some("where, orderBy"));
    for query in ["orderBy=size&pageSize=3", "orderBy=size&page=2"] {
        let refused = ask("", query, LOCAL);
        assert!(
            refused.failure().message.contains("`size`"),
            "{:?}",
            refused.failure()
        );
    }
    assert!(
        ask("", "orderBy=size UP", LOCAL)
            .failure()
            .message
            .contains("size")
    );
}

#[test]
fn pages_made_here_are_pages_of_what_fits() {
    let resource = json!({"method": "GET", "path": "/all", "vendorPath": "/all", "paginationType": "VENDOR_NOT_SUPPORTED",
        "aliases": {"id": "Id"}});
    let page = |query: &str| {
        let rows = json!([{"Id": 1, "n": 3}, {"Id": 2, "n": 1}, {"Id": 3, "n": 2}, {"Id": 4}]);
        play_with(
            element(json!([resource.clone()]), json!({})),
            TOKEN,
            &format!("GET /all?{query}"),
            LOCAL,
            None,
            vec![reply(200, rows)],
        )
    };
    let query = "where=id<4&orderBy=n&pageSize=2";
    assert_eq!(ids(&page(query)), [2, 3]);
    assert_eq!(ids(&page(&format!("{query}&page=2"))), [1]);
}

#[test]
fn fields_that_are_needed_must_be_asked_for() {
    let refused = ask("", "where=size > 5&fields=id,city", LOCAL);
    assert!(refused.failure().message.contains("`size`"));
    assert_eq!(
        ids(&ask("", "where=size > 5&fields=id,size", LOCAL)),
        [2, 3]
    );
}
