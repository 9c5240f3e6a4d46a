//! What mapping does to records, and what it never does.

use ligand_model::level::Level;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn transformation(body: Value) -> Transformation {
    let mut body = body;
    body["vendorName"] = json!("Contact");
    Transformation::read(&body, Level::Organization).unwrap()
}

fn mapping(body: Value) -> Mapping {
    Mapping::compile(&transformation(body))
}

fn map(mapping: &Mapping, direction: Direction, value: &Value) -> Value {
    // Printed with blanks, as vendors do.
    let made = mapping
        .map(direction, format!(" {value:#}\n").as_bytes())
        .unwrap();
    let compact = mapping
        .map(direction, value.to_string().as_bytes())
        .unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    assert_eq!(made, serde_json::from_slice::<Value>(&compact).unwrap());
    made
}

fn from(mapping: &Mapping, value: Value) -> Value {
    map(mapping, Direction::FromVendor, &value)
}

fn to(mapping: &Mapping, value: Value) -> Value {
    map(mapping, Direction::ToVendor, &value)
}

fn person(pass: bool) -> Mapping {
    let configuration = if pass {
        json!([])
    } else {
        json!([{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}])
    };
    mapping(json!({
        "fields": [
            {"path": "id", "type": "string", "vendorPath": "Id"},
            {"path": "mail", "type": "string", "vendorPath": "Email"},
            {"path": "address.town", "type": "string", "vendorPath": "MailingAddress.City"},
            {"path": "phones[*].no", "type": "string", "vendorPath": "Phones[*].Number"},
        ],
        "configuration": configuration,
    }))
}

#[test]
fn the_example_of_the_field() {
    let vendor = json!([{"Id": "1", "Email": "a@x.io", "Other": 7, "MailingAddress": {"City": "Rome"},
        "Phones": [{"Number": "1", "X": 2}]}]);
    let shape = json!([{"id": "1", "mail": "a@x.io", "address": {"town": "Rome"}, "phones": [{"no": "1"}]}]);
    assert_eq!(from(&person(false), vendor.clone()), shape);
    let body = json!({"mail": "b@x.io", "address": {"town": "Oslo"}, "junk": 1});
    assert_eq!(
        to(&person(false), body.clone()),
        json!({"Email": "b@x.io", "MailingAddress": {"City": "Oslo"}})
    );
    // Without the entry what no field has passes through, under its own name, and nothing twice.
    assert_eq!(
        from(&person(true), vendor),
        json!([{"id": "1", "mail": "a@x.io", "address": {"town": "Rome"}, "phones": [{"no": "1"}],
            "Other": 7, "Phones": [{"X": 2}]}])
    );
    assert_eq!(
        to(&person(true), body),
        json!({"Email": "b@x.io", "MailingAddress": {"City": "Oslo"}, "junk": 1})
    );
}

#[test]
fn what_is_missing_makes_no_member() {
    let person = person(false);
    assert_eq!(
        from(&person, json!({"Id": "1", "Email": null})),
        json!({"id": "1"})
    );
    assert_eq!(from(&person, json!({"MailingAddress": "Rome"})), json!({}));
    assert_eq!(from(&person, json!([])), json!([]));
    assert_eq!(from(&person, json!([1, "x", null])), json!([1, "x", null]));
    // To the vendor a null is a value: it clears.
    assert_eq!(to(&person, json!({"mail": null})), json!({"Email": null}));
}

#[test]
fn one_side_may_have_the_others_names() {
    let swapped = mapping(json!({"fields": [
        {"path": "a", "vendorPath": "b"}, {"path": "b", "vendorPath": "a"},
        {"path": "address.town", "vendorPath": "address.city"},
    ]}));
    let vendor = json!({"a": 1, "b": 2, "address": {"city": "Rome", "zip": "00100"}});
    let common = json!({"a": 2, "b": 1, "address": {"town": "Rome", "zip": "00100"}});
    assert_eq!(from(&swapped, vendor.clone()), common);
    assert_eq!(to(&swapped, common), vendor);
}

#[test]
fn lists_go_whole_item_by_item_and_both() {
    let users = json!({"Users": [{"DisplayName": "A", "Id": 1}, {"DisplayName": "B", "Id": 2}]});
    let closed =
        json!([{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}]);
    let both = mapping(json!({"configuration": closed, "fields": [
        {"path": "users", "type": "array", "vendorPath": "Users[*]"},
        {"path": "anotherUser[*]", "vendorPath": "Users[*]"},
        {"path": "users[*].displayNamez", "vendorPath": "Users[*].DisplayName"},
        {"path": "names", "vendorPath": "Users[*].DisplayName"},
        {"path": "tags[*]", "vendorPath": "Users[*].Id"},
        {"path": "count", "vendorPath": "Users[*].size()"},
    ]}));
    assert_eq!(
        from(&both, users),
        json!({
            "users": [{"displayNamez": "A", "DisplayName": "A", "Id": 1}, {"displayNamez": "B", "DisplayName": "B", "Id": 2}],
            "anotherUser": [{"DisplayName": "A", "Id": 1}, {"DisplayName": "B", "Id": 2}],
            "names": ["A", "B"], "tags": [1, 2], "count": 2,
        })
    );
    let deep = mapping(json!({"configuration": closed, "fields": [
        {"path": "lines[*].parts[*].sku", "vendorPath": "items[*].sub[*].item.code"},
        {"path": "lines[*].n", "vendorPath": "items[*].line"},
        {"path": "skus[*]", "vendorPath": "items[*].sub[*].item.code"},
    ]}));
    let vendor = json!({"items": [{"line": 1, "sub": [{"item": {"code": "x"}}, {}]}, {"sub": [{"item": {"code": "y"}}]}]});
    assert_eq!(
        from(&deep, vendor),
        json!({"lines": [{"parts": [{"sku": "x"}, {}], "n": 1}, {"parts": [{"sku": "y"}]}],
            "skus": [["x"], ["y"]]})
    );
}

#[test]
fn single_items_are_picked_and_written() {
    let products = mapping(json!({
    "configuration": [{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}],
    "fields": [
        {"path": "first", "vendorPath": "Products[0].id"},
        {"path": "four", "vendorPath": "Products[id=4].name"},
        {"path": "two", "vendorPath": "Products[?(@.f.touch==true)].name"},
    ]}));
    let vendor = json!({"Products": [{"id": 2, "name": "two", "f": {"touch": true}}, {"id": "4", "name": "four"}]});
    assert_eq!(
        from(&products, vendor),
        json!({"first": 2, "four": "four", "two": "two"})
    );
    assert_eq!(
        to(&products, json!({"first": 9, "four": "x", "two": "y"})),
        json!({"Products": [{"id": 9}, {"id": 4, "name": "x"}, {"f": {"touch": true}, "name": "y"}]})
    );
}

#[test]
fn fields_are_withheld_by_direction() {
    let both = mapping(json!({"fields": [
        {"path": "id", "vendorPath": "Id", "configuration": [{"type": "passThrough", "properties": {"fromVendor": true, "toVendor": false}}]},
        {"path": "gone", "vendorPath": "Gone", "configuration": [{"type": "remove", "properties": {"fromVendor": true, "toVendor": true}}]},
        {"path": "hidden", "vendorPath": "Hidden", "configuration": [{"type": "passThrough", "properties": {"fromVendor": "false", "toVendor": "false"}}]},
    ]}));
    let vendor = json!({"Id": 1, "Gone": 2, "gone": 3, "Hidden": 4, "Rest": 5});
    assert_eq!(from(&both, vendor), json!({"id": 1, "Rest": 5}));
    assert_eq!(
        to(&both, json!({"id": 1, "gone": 2, "hidden": 3, "rest": 4})),
        json!({"rest": 4})
    );
}

#[test]
fn values_change_type_where_the_sides_differ_and_constants_fill_gaps() {
    let typed = mapping(json!({
    "configuration": [{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}],
    "fields": [
        {"path": "age", "type": "number", "vendorPath": "Age", "vendorType": "string"},
        {"path": "open", "type": "boolean", "vendorPath": "Open", "vendorType": "string"},
        {"path": "untyped", "vendorPath": "Untyped"},
        {"path": "kind", "type": "string", "vendorPath": "Kind", "vendorType": "number",
         "configuration": [{"type": "defaultValue", "properties": {"toVendor": "1", "fromVendor": "none"}}]},
        {"path": "born", "type": "date", "vendorPath": "Born",
         "configuration": [{"type": "transformDate", "properties": {"pattern": "dd.MM.yyyy", "vendorPattern": "yyyy-MM-dd"}}]},
    ]}));
    assert_eq!(
        from(
            &typed,
            json!({"Age": "30", "Open": "true", "Untyped": 5, "Kind": null, "Born": "2020-02-29"})
        ),
        json!({"age": 30, "open": true, "untyped": 5, "kind": "none", "born": "29.02.2020"})
    );
    assert_eq!(
        to(
            &typed,
            json!({"age": 30, "open": false, "born": "29.02.2020"})
        ),
        json!({"Age": "30", "Open": "false", "Kind": 1, "Born": "2020-02-29"})
    );
    assert_eq!(
        from(&typed, json!({"Age": "unknown"})),
        json!({"age": "unknown", "kind": "none"})
    );
}

#[test]
fn names_with_escapes_are_the_names_they_mean() {
    let odd = mapping(
        json!({"fields": [{"path": "größe", "vendorPath": "a\"b"}, {"path": "x", "vendorPath": "tab\tname"}]}),
    );
    let made = odd
        .map(
            Direction::FromVendor,
            br#"{"a\u0022b": 1, "tab\u0009name": 2, "\u0061": 3}"#,
        )
        .unwrap();
    assert_eq!(
        String::from_utf8(made).unwrap(),
        r#"{"größe":1,"x":2,"a":3}"#
    );
}

#[test]
fn queries_reach_the_vendor_in_its_names() {
    let mut query = [
        (
            "where",
            "mail='a@x.io' and (address.town like 'R%' or Other = 5) and phones.no in ('1','2')",
        ),
        ("fields", "id, address,unknown, mail"),
        ("orderBy", "mail desc, address.town"),
        ("pageSize", "mail"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    person(true).query(&mut query);
    let values: Vec<&str> = query.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(
        values,
        [
            "Email = 'a@x.io' AND (MailingAddress.City LIKE 'R%' OR Other = 5) AND Phones.Number IN ('1', '2')",
            "Id,MailingAddress.City,unknown,Email",
            "Email desc,MailingAddress.City",
            "mail",
        ]
    );
    let mut broken = [("where".to_owned(), "mail ==".to_owned())];
    person(true).query(&mut broken);
    assert_eq!(broken[0].1, "mail ==");
}

fn of(level: Level, fields: Value, configuration: Value, script: Value) -> Transformation {
    let body = json!({"vendorName": "Contact", "fields": fields, "configuration": configuration, "script": script});
    Transformation::read(&body, level).unwrap()
}

#[test]
fn the_lowest_level_counts_and_asks_those_above_by_inherit() {
    let inherit = json!([{"type": "inherit"}]);
    let field = |path: &str, vendor: &str| json!({"path": path, "vendorPath": vendor});
    let organization = of(
        Level::Organization,
        json!([field("id", "Id"), field("name", "Wrong")]),
        json!([{"type": "passThrough", "properties": {"fromVendor": false, "toVendor": false}}]),
        json!({"body": "done(1)"}),
    );
    let account = of(
        Level::Account,
        json!([field("name", "Name")]),
        inherit.clone(),
        Value::Null,
    );
    let instance = of(
        Level::Instance,
        json!([field("mod", "Modified")]),
        inherit,
        Value::Null,
    );
    let paths = |levels: &[Transformation]| {
        let whole = effective(levels).unwrap();
        let paths = whole
            .fields
            .iter()
            .map(|field| (field.path.clone(), field.vendor_path.clone(), field.level));
        (paths.collect::<Vec<_>>(), whole)
    };
    let one = |path: &str, vendor: &str, level| (path.to_owned(), vendor.to_owned(), level);
    let (found, whole) = paths(&[organization.clone(), instance.clone(), account.clone()]);
    assert_eq!(
        found,
        [
            one("mod", "Modified", Level::Instance),
            one("name", "Name", Level::Account),
            one("id", "Id", Level::Organization)
        ]
    );
    assert_eq!(whole.script.unwrap().body, "done(1)");
    let vendor = json!({"Id": 1, "Name": "n", "Modified": 2, "More": 3});
    let mapped = Mapping::compile(&effective(&[organization.clone(), account, instance]).unwrap());
    assert_eq!(
        from(&mapped, vendor),
        json!({"mod": 2, "name": "n", "id": 1})
    );
    // Without `inherit` the level stands alone, but for the script.
    let alone = of(
        Level::Account,
        json!([field("name", "Name")]),
        json!([]),
        Value::Null,
    );
    let (found, whole) = paths(&[organization, alone]);
    assert_eq!(found, [one("name", "Name", Level::Account)]);
    assert!(whole.script.is_some());
    assert_eq!(effective(&[]), None);
}

#[test]
fn inheriting_goes_up_once_even_where_every_level_asks_for_more() {
    let inherit = json!([{"type": "inherit"}]);
    let levels = [
        Level::Organization,
        Level::Account,
        Level::Instance,
        Level::Instance,
    ];
    let levels = levels.map(|level| {
        let own = format!("at_{}", level.as_str());
        let fields = json!([{"path": "id", "vendorPath": own}, {"path": own, "vendorPath": "x"}]);
        of(level, fields, inherit.clone(), Value::Null)
    });
    let whole = effective(&levels).unwrap();
    let paths: Vec<_> = whole.fields.iter().map(|field| &*field.path).collect();
    assert_eq!(
        paths,
        ["id", "at_instance", "at_account", "at_organization"]
    );
    assert_eq!(whole.fields[0].vendor_path, "at_instance");
}

#[test]
fn what_a_body_lacks_is_named_with_its_place() {
    let read = |body: Value| {
        Transformation::read(&body, Level::Account)
            .unwrap_err()
            .to_string()
    };
    for (body, says) in [
        (json!([]), "the body"),
        (json!({}), "`vendorName` is missing"),
        (
            json!({"vendorName": "x", "fields": {}}),
            "`fields` is no list",
        ),
        (
            json!({"vendorName": "x", "fields": [{"path": "a"}, {"vendorPath": "b"}]}),
            "`fields[1].path`",
        ),
        (
            json!({"vendorName": "x", "fields": [{"path": "a", "vendorPath": "b["}]}),
            "`fields[0].vendorPath`",
        ),
        (
            json!({"vendorName": "x", "configuration": [{}]}),
            "`configuration[0].type` is missing",
        ),
        (
            json!({"vendorName": "x", "script": {"body": 5}}),
            "`script.body`",
        ),
    ] {
        let said = read(body);
        assert!(said.contains(says), "{said}");
    }
    let bare = Transformation::read(
        &json!({"vendorName": "/contacts", "script": null, "configuration": null}),
        Level::Account,
    );
    assert_eq!(bare.unwrap().vendor_name, "contacts");
}

#[test]
fn broken_bodies_are_refused() {
    for text in [
        "",
        "{",
        "[1,",
        "{\"a\":}",
        "{\"a\" 1}",
        "[1 2]",
        "{} x",
        "nul",
        "[{\"Id\":\"1]",
        "{\"MailingAddress\":{\"City\" 1}}",
    ] {
        let made = person(true).map(Direction::FromVendor, text.as_bytes());
        assert_eq!(made, Err(Broken), "{text}");
    }
}

#[test]
fn five_thousand_fields_and_a_million_brackets_are_mapped_in_little_time() {
    let fields: Vec<Value> = (0..5000)
        .map(|at| json!({"path": format!("f{at}"), "vendorPath": format!("V{at}")}))
        .collect();
    let wide = mapping(json!({"fields": fields}));
    let record: Map<String, Value> = (0..5000).map(|at| (format!("V{at}"), json!(at))).collect();
    let text = Value::Array(vec![Value::Object(record); 200]).to_string();
    let made: Value =
        serde_json::from_slice(&wide.map(Direction::FromVendor, text.as_bytes()).unwrap()).unwrap();
    assert_eq!(made[199]["f4999"], 4999);
    let deep = format!("{}1{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let text = format!("{{\"Id\":{deep}}}");
    assert_eq!(
        person(false)
            .map(Direction::FromVendor, text.as_bytes())
            .unwrap()
            .len(),
        text.len()
    );
}

#[test]
fn an_array_of_fifty_megabytes_is_mapped_whole_or_a_record_at_a_time() {
    let record = json!({"Id": "1", "Email": "a@x.io", "Text": "x".repeat(1000)}).to_string();
    let text = format!("[{}]", vec![record.as_str(); 50_000].join(","));
    assert!(text.len() > 50_000_000);
    let person = person(false);
    let shape = r#"{"id":"1","mail":"a@x.io"}"#;
    let expected = format!("[{}]", vec![shape; 50_000].join(","));
    let whole = person.map(Direction::FromVendor, text.as_bytes()).unwrap();
    assert!(whole == expected.as_bytes());
    let (mut records, mut out, mut streamed) =
        (Records::new(&person, Direction::FromVendor), Vec::new(), 0);
    for piece in text.as_bytes().chunks(64 * 1024) {
        records.feed(piece, &mut out).unwrap();
        // What is kept is what arrived since, not the body.
        assert!(out.len() <= 64 * 1024, "{}", out.len());
        streamed += out.len();
        out.clear();
    }
    assert!(records.pending() < 2_000, "{}", records.pending());
    records.end(&mut out).unwrap();
    assert_eq!(streamed + out.len(), expected.len());
}

#[test]
fn a_body_that_arrives_in_pieces_is_mapped_as_a_whole_one_is() {
    let person = person(true);
    let list = json!([{"Id": "1", "Email": "]},{"}, {"Phones": [{"Number": "1"}]}, 5, [], "x"])
        .to_string();
    let lines = "{\"Id\":\"1\"}\n{\"Id\":\"2\"}\n 12";
    for (text, expected) in [
        (
            list.as_str(),
            String::from_utf8(person.map(Direction::FromVendor, list.as_bytes()).unwrap()).unwrap(),
        ),
        (lines, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n12".to_owned()),
        (" [ ] ", "[]".to_owned()),
    ] {
        for size in 1..text.len() {
            let (mut records, mut out) = (Records::new(&person, Direction::FromVendor), Vec::new());
            for piece in text.as_bytes().chunks(size) {
                records.feed(piece, &mut out).unwrap();
            }
            records.end(&mut out).unwrap();
            assert_eq!(
                String::from_utf8(out).unwrap(),
                expected,
                "pieces of {size}"
            );
        }
    }
    for cut in ["[{\"Id\":\"1\"}", "{\"Id\":", "[1,,2]", "[] 1"] {
        let (mut records, mut out) = (Records::new(&person, Direction::FromVendor), Vec::new());
        let fed = records.feed(cut.as_bytes(), &mut out);
        assert!(fed.is_err() || records.end(&mut out).is_err(), "{cut}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        r#"[ -~é"\\{}\[\],]{0,12}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-d]", inner), 0..5)
                .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn any_path() -> impl Strategy<Value = String> {
    prop::collection::vec(
        (
            "[a-d]",
            prop::sample::select(vec!["", "", "", "[*]", "[0]", "[a=1]", "[?(@.b=='x')]"]),
        ),
        1..4,
    )
    .prop_map(|steps| {
        steps
            .iter()
            .map(|(key, pick)| format!("{key}{pick}"))
            .collect::<Vec<_>>()
            .join(".")
    })
}

fn any_fields() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["string", "number", "boolean", "date", "array"]);
    let setting = prop::sample::select(vec![
        json!([]),
        json!([{"type": "defaultValue", "properties": {"toVendor": "1", "fromVendor": "x"}}]),
        json!([{"type": "remove", "properties": {"fromVendor": true}}]),
        json!([{"type": "transformDate", "properties": {"pattern": "yyyy"}}]),
    ]);
    prop::collection::vec((any_path(), any_path(), kind.clone(), kind, setting), 0..6).prop_map(|fields| {
        fields
            .into_iter()
            .map(|(path, vendor, kind, vendor_kind, setting)| {
                json!({"path": path, "vendorPath": vendor, "type": kind, "vendorType": vendor_kind, "configuration": setting})
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn any_mapping_of_any_json_is_json(fields in any_fields(), value in any_json(), pass: bool) {
        let mapping = mapping(json!({"fields": fields, "configuration":
            [{"type": "passThrough", "properties": {"fromVendor": pass, "toVendor": pass}}]}));
        for direction in [Direction::FromVendor, Direction::ToVendor] {
            let text = value.to_string();
            let made = mapping.map(direction, text.as_bytes()).unwrap();
            let whole: Value = serde_json::from_slice(&made).expect("JSON");
            if let (Value::Array(before), Value::Array(after)) = (&value, &whole) {
                prop_assert_eq!(before.len(), after.len());
            }
            let (mut records, mut streamed) = (Records::new(&mapping, direction), Vec::new());
            for piece in text.as_bytes().chunks(7) {
                records.feed(piece, &mut streamed).unwrap();
            }
            records.end(&mut streamed).unwrap();
            prop_assert_eq!(streamed, made);
        }
    }

    /// Records whose fields are their own members are written without being made first: alike, but for the time.
    #[test]
    fn the_short_way_says_what_the_long_one_does(
        names in prop::collection::vec(("[a-d]", "[a-d]"), 0..5),
        records in prop::collection::vec(any_json(), 1..4),
        pass: bool,
    ) {
        let plain = names.iter().map(|(path, vendor)| json!({"path": path, "vendorPath": vendor}));
        // Nobody has these, and they are no members of the record itself.
        let deep = [json!({"path": "y.y", "vendorPath": "y"}), json!({"path": "z", "vendorPath": "z.z"})];
        let closed = json!([{"type": "passThrough", "properties": {"fromVendor": pass, "toVendor": pass}}]);
        let of = |fields: Vec<Value>| mapping(json!({"fields": fields, "configuration": closed}));
        let (short, long) = (of(plain.clone().collect()), of(plain.chain(deep).collect()));
        let text = Value::from(records).to_string();
        for direction in [Direction::FromVendor, Direction::ToVendor] {
            prop_assert_eq!(short.map(direction, text.as_bytes()), long.map(direction, text.as_bytes()));
        }
    }

    #[test]
    fn any_bytes_are_mapped_or_refused(text in r#"[\[\]{}:,"\\ a1tn]{0,40}"#) {
        let _ = person(true).map(Direction::FromVendor, text.as_bytes());
    }

    /// There and back again is where one was, on every field that is mapped.
    #[test]
    fn back_and_forth_is_the_identity(names in prop::collection::hash_set("[a-e]{1,3}", 1..6), nest: bool, value in any_json()) {
        let names: Vec<String> = names.into_iter().collect();
        let vendor = |name: &String| if nest { format!("Box.{name}_v") } else { format!("{name}_v") };
        let fields: Vec<Value> =
            names.iter().map(|name| json!({"path": format!("in.{name}"), "vendorPath": vendor(name)})).collect();
        let closed = json!([{"type": "passThrough", "properties": {"fromVendor": true, "toVendor": false}}]);
        let mapping = mapping(json!({"fields": fields, "configuration": closed}));
        let inner: Map<String, Value> = names.iter().map(|name| (name.clone(), value.clone())).collect();
        let common = json!({"in": inner});
        let there = map(&mapping, Direction::ToVendor, &common);
        prop_assert_eq!(map(&mapping, Direction::FromVendor, &there), common);
    }
}
