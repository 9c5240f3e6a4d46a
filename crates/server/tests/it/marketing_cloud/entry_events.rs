//! How contacts enter journeys: definitions of entry events, and events that are fired.

use serde_json::{Value, json};

use super::Account;

#[tokio::test]
async fn an_event_is_defined_fired_and_lands_in_its_data_extension() {
    let mc = Account::open().await;
    let extension = json!({"Name": "Entries", "CustomerKey": "entries", "Fields": [
        {"Name": "Id", "FieldType": "Text", "IsPrimaryKey": true, "IsRequired": true, "MaxLength": 20},
        {"Name": "Amount", "FieldType": "Number"}]});
    let extension = mc
        .ask("POST", "/data-extensions", extension)
        .await
        .expect(200)
        .json();
    let body = json!({"type": "Event", "name": "Order", "eventDefinitionKey": "order", "dataExtensionId": extension["id"]});
    let made = mc
        .ask("POST", "/event-definitions", body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&made["dataExtensionName"], &made["category"], &made["mode"]),
        (&json!("Entries"), &json!("Event"), &json!("Production"))
    );
    let place = format!("/event-definitions/{}", made["id"].as_str().unwrap());
    let found = mc.get("/event-definitions?where=name%3D'Order'").await;
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["id"]),
        (1, &made["id"])
    );
    let change = json!({"name": "Order placed", "category": "Audience"});
    mc.ask("PUT", &place, change).await.expect(200);
    let now = mc.get("/event-definitions/key:order").await;
    assert_eq!(
        (&now["name"], &now["category"]),
        (&json!("Order placed"), &json!("Event"))
    );
    let event =
        |data: Value| json!({"ContactKey": "c-1", "EventDefinitionKey": "order", "Data": data});
    let fired = mc
        .ask(
            "POST",
            "/entry-events",
            event(json!({"Id": "7", "Amount": 3})),
        )
        .await
        .expect(200)
        .json();
    assert!(fired["eventInstanceId"].is_string(), "{fired}");
    let rows = format!(
        "/data-extensions/{}/rows",
        extension["id"].as_str().unwrap()
    );
    let rows = mc.get(&rows).await;
    assert_eq!(
        (
            rows.as_array().unwrap().len(),
            rows.to_string().contains("\"7\"")
        ),
        (1, true),
        "{rows}"
    );
    for (status, method, path, body, says) in [
        (
            400,
            "POST",
            "/event-definitions",
            json!({"name": "x", "type": "Event"}),
            "eventDefinitionKey",
        ),
        (
            400,
            "POST",
            "/event-definitions",
            json!({"name": "x", "type": "Event", "eventDefinitionKey": "x"}),
            "dataExtensionId",
        ),
        (400, "POST", "/event-definitions", body, "already in use"),
        (
            404,
            "PUT",
            "/event-definitions/key:nothing",
            json!({"name": "x"}),
            "not found",
        ),
        (
            400,
            "POST",
            "/entry-events",
            json!({"EventDefinitionKey": "order"}),
            "ContactKey",
        ),
        (
            404,
            "POST",
            "/entry-events",
            json!({"ContactKey": "c-1", "EventDefinitionKey": "nothing"}),
            "not found",
        ),
        (
            400,
            "POST",
            "/entry-events",
            event(json!({"Id": "8", "Amount": "many"})),
            "Amount",
        ),
    ] {
        let told = mc.ask(method, path, body).await.error(status);
        assert!(told.contains(says), "{method} {path}: {told}");
    }
    mc.ask("DELETE", &place, Value::Null).await.expect(200);
    mc.ask("GET", &place, Value::Null).await.error(404);
}
