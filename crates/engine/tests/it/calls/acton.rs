use serde_json::{Value, json};

use super::Play;

const LIST: &str = "https://restapi.actonsoftware.com/api/1/list";

fn table() -> Value {
    json!({"listId": "l-0001", "offset": 0, "count": 1, "totalCount": 40, "emailColumn": 1,
        "headers": ["_contact_id_", "Email", "Name"], "data": [["l-0001:0", "a@b.c", null]]})
}

#[test]
fn lists_are_contact_lists_unless_asked_otherwise() {
    for (line, url) in [
        (
            "GET /lists?page=3&pageSize=10",
            "listingtype=contact_list&count=10&offset=20",
        ),
        (
            "GET /lists?where=listingtype='media'",
            "listingtype=media&count=1000&offset=0",
        ),
    ] {
        let ended = Play::of("acton", line)
            .vendor(
                &format!("GET {LIST}?{url}"),
                Value::Null,
                200,
                json!({"offset": 0, "count": 1, "totalCount": 1, "result": [{"id": "l-0001"}]}),
            )
            .run()
            .unwrap();
        assert_eq!(ended.body, json!([{"id": "l-0001"}]));
    }
}

#[test]
fn rows_become_records() {
    let ended = Play::of(
        "acton",
        "GET /lists/l-0001/contacts?pageSize=1&returnCount=true",
    )
    .vendor(
        &format!("GET {LIST}/l-0001?count=1&offset=0"),
        Value::Null,
        200,
        table(),
    )
    .run()
    .unwrap();
    assert_eq!(
        ended.body,
        json!([{"id": "l-0001:0", "_contact_id_": "l-0001:0", "Email": "a@b.c"}])
    );
    assert_eq!(ended.headers["elements-total-count"], "40");
    assert!(ended.headers.contains_key("elements-next-page-token"));
}

#[test]
fn contacts_without_a_list_are_those_of_the_first() {
    let first = format!("GET {LIST}?listingtype=contact_list&count=1&offset=0");
    let ended = Play::of("acton", "GET /contacts?pageSize=1&page=2")
        .vendor(
            &first,
            Value::Null,
            200,
            json!({"result": [{"id": "l-0001"}]}),
        )
        .vendor(
            &format!("GET {LIST}/l-0001?count=1&offset=1"),
            Value::Null,
            200,
            table(),
        )
        .run()
        .unwrap();
    assert_eq!(ended.body[0]["id"], "l-0001:0");
    let named = Play::of("acton", "GET /contacts?listId=l-0002&pageSize=1")
        .vendor(
            &format!("GET {LIST}/l-0002?count=1&offset=0"),
            Value::Null,
            200,
            table(),
        )
        .run()
        .unwrap();
    assert_eq!(named.body[0]["Email"], "a@b.c");
    let none = Play::of("acton", "GET /contacts")
        .vendor(&first, Value::Null, 200, json!({"result": []}))
        .run();
    assert_eq!(none.err().unwrap().kind.status(), 404);
}

#[test]
fn one_contact_is_cells_and_headings() {
    for line in [
        "GET /contacts/l-0001:0",
        "GET /lists/l-0001/contacts/l-0001%3A0",
    ] {
        let ended = Play::of("acton", line)
            .vendor(
                &format!("GET {LIST}/l-0001/record/l-0001:0"),
                Value::Null,
                200,
                json!(["l-0001:0", "a@b.c", "Ann"]),
            )
            .vendor(
                &format!("GET {LIST}/l-0001?count=1"),
                Value::Null,
                200,
                table(),
            )
            .run()
            .unwrap();
        assert_eq!(
            ended.body,
            json!({"id": "l-0001:0", "_contact_id_": "l-0001:0", "Email": "a@b.c", "Name": "Ann"})
        );
    }
    let failure = Play::of("acton", "GET /contacts/0").run().err().unwrap();
    assert_eq!(failure.kind, ligand_model::error::ErrorKind::NotFound);
}

#[test]
fn a_contact_is_added_and_changed() {
    let added = Play::of("acton", "POST /lists/l-0001/contacts")
        .json(&json!([{"email": "a@b.c"}]))
        .vendor(
            &format!("POST {LIST}/l-0001/record"),
            json!({"email": "a@b.c"}),
            200,
            json!({"status": "success", "id": "l-0001:12"}),
        )
        .run()
        .unwrap();
    assert_eq!(added.body, json!([{"email": "a@b.c", "id": "l-0001:12"}]));
    let first = format!("GET {LIST}?listingtype=contact_list&count=1&offset=0");
    let added = Play::of("acton", "POST /contacts")
        .json(&json!({"email": "a@b.c"}))
        .vendor(
            &first,
            Value::Null,
            200,
            json!({"result": [{"id": "l-0001"}]}),
        )
        .vendor(
            &format!("POST {LIST}/l-0001/record"),
            json!({"email": "a@b.c"}),
            200,
            json!({"status": "success", "id": "l-0001:13"}),
        )
        .run()
        .unwrap();
    assert_eq!(added.body, json!({"email": "a@b.c", "id": "l-0001:13"}));
    let changed = Play::of("acton", "PATCH /contacts/l-0001:12")
        .json(&json!({"Name": "Ann"}))
        .vendor(
            &format!("PUT {LIST}/l-0001/record/l-0001:12?returncontact=Y"),
            json!({"Name": "Ann"}),
            200,
            json!({"status": "success", "contact": {"Email": "a@b.c", "Name": "Ann"}}),
        )
        .run()
        .unwrap();
    assert_eq!(
        changed.body,
        json!({"Name": "Ann", "Email": "a@b.c", "id": "l-0001:12"})
    );
    let record = |email: &str, id: &str| {
        (
            json!({ "email": email }),
            json!({"status": "success", "id": id}),
        )
    };
    let (first_sent, first_answer) = record("a@b.c", "l-0001:14");
    let (second_sent, second_answer) = record("d@e.f", "l-0001:15");
    let two = Play::of("acton", "POST /lists/l-0001/contacts")
        .json(&json!([first_sent, second_sent]))
        .vendor(
            &format!("POST {LIST}/l-0001/record"),
            first_sent,
            200,
            first_answer,
        )
        .vendor(
            &format!("POST {LIST}/l-0001/record"),
            second_sent,
            200,
            second_answer,
        )
        .run()
        .unwrap();
    assert_eq!(
        two.body,
        json!([{"email": "a@b.c", "id": "l-0001:14"}, {"email": "d@e.f", "id": "l-0001:15"}])
    );
    let empty = Play::of("acton", "POST /lists/l-0001/contacts")
        .json(&json!([{}, {}]))
        .run();
    let failure = empty.err().unwrap();
    assert_eq!(failure.kind.status(), 400);
    assert_eq!(
        failure.message,
        "Record [0] failed, 0 of 2 were done before it: The body must be a JSON object with at least one member to send, \
         such as {\"email\":\"a@b.c\"}."
    );
}

#[test]
fn the_vendors_codes_become_statuses() {
    for (code, ours) in [
        (json!(10004), 404),
        (json!("10008"), 404),
        (json!(10010), 400),
    ] {
        let failure = Play::of("acton", "DELETE /lists/l-9/contacts/l-9:1")
            .vendor(
                &format!("DELETE {LIST}/l-9/record/l-9:1"),
                Value::Null,
                400,
                json!({"errorCode": code, "message": "M"}),
            )
            .run()
            .err()
            .unwrap();
        assert_eq!(
            (failure.kind.status(), failure.message.as_str()),
            (ours, "M")
        );
    }
}

#[test]
fn a_list_is_an_upload() {
    let specs = json!([{"columnHeading": "Name", "columnIndex": "1"}, {"columnHeading": "Email", "columnType": "EMAIL", "columnIndex": "0"}]);
    let answer = json!({"status": "success", "listId": "l-00c3", "jobId": "1"});
    let headings =
        Play::of("acton", "POST /lists").json(&json!({"listname": "People", "uploadspecs": specs}));
    let file = Play::of("acton", "POST /lists")
        .part(
            "list",
            None,
            &json!({"listname": "People", "uploadspecs": specs}).to_string(),
        )
        .part("file", Some("p.csv"), "Email,Name\na@b.c,Änn\n");
    for (play, csv) in [
        (headings, "\"Email\",\"Name\"\r\n"),
        (file, "Email,Name\na@b.c,Änn\n"),
    ] {
        let body = json!([
            ["listname", null, null, "People"],
            ["headings", null, null, "Y"],
            ["fieldseparator", null, null, "COMMA"],
            ["quotecharacter", null, null, "DOUBLE_QUOTE"],
            ["uploadspecs", null, null, specs],
            ["file", "list.csv", "text/csv", csv],
        ]);
        let ended = play
            .vendor(&format!("POST {LIST}"), body, 200, answer.clone())
            .run()
            .unwrap();
        assert_eq!(
            (&ended.body["id"], &ended.body["listId"]),
            (&json!("l-00c3"), &json!("l-00c3"))
        );
    }
}
