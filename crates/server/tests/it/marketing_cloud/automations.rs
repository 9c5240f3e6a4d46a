//! Automation Studio, and what campaigns are made of.

use serde_json::{Value, json};

use super::Account;

#[tokio::test]
async fn automations_run_queries_and_campaigns_have_assets() {
    let mc = Account::open().await;
    let body = json!({"name": "Grown ups", "queryText": "SELECT Id FROM Customers", "targetUpdateTypeName": "Append"});
    let query = mc.ask("POST", "/queries", body).await.expect(200).json();
    let id = query["id"].as_str().unwrap();
    assert_eq!(query["queryDefinitionId"], id);
    let place = format!("/queries/{id}");
    let text = json!({"queryText": "SELECT Email FROM Customers"});
    mc.ask("PATCH", &place, text.clone()).await.expect(200);
    assert_eq!(mc.get(&place).await["queryText"], text["queryText"]);
    mc.ask("POST", &format!("{place}/start"), Value::Null)
        .await
        .expect(200);
    assert_eq!(
        mc.get(&format!("{place}/running")).await["isRunning"],
        false
    );
    let step = |id: &str| json!([{"activities": [{"objectTypeId": 300, "activityObjectId": id}]}]);
    let body = json!({"name": "Each night", "key": "each-night", "steps": step(id)});
    let made = mc
        .ask("POST", "/automations", body.clone())
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&made["status"], &made["steps"][0]["step"]),
        (&json!("Ready"), &json!(1))
    );
    let place = format!("/automations/{}", made["id"].as_str().unwrap());
    for (action, status) in [("schedule", "Scheduled"), ("pause", "Paused")] {
        mc.ask("POST", &format!("{place}/{action}"), Value::Null)
            .await
            .expect(200);
        assert_eq!(
            mc.get("/automations/key:each-night").await["status"],
            status
        );
    }
    mc.ask("POST", &format!("{place}/start"), Value::Null)
        .await
        .expect(200);
    assert!(mc.get(&place).await["lastRunInstanceId"].is_string());
    let page = mc.get("/automations?pageSize=2&page=2").await;
    assert_eq!(page.as_array().unwrap().len(), 2);
    let empty = mc
        .ask("POST", "/automations", json!({"name": "Empty"}))
        .await;
    let empty = format!(
        "/automations/{}/start",
        empty.json()["id"].as_str().unwrap()
    );
    for (status, method, path, body, says) in [
        (409, "POST", "/automations", body, "already in use"),
        (400, "POST", "/automations", json!({}), "name is required"),
        (
            400,
            "POST",
            "/automations",
            json!({"name": "x", "steps": step("nothing")}),
            "does not exist",
        ),
        (
            400,
            "POST",
            "/queries",
            json!({"name": "x"}),
            "queryText is required",
        ),
        (400, "POST", empty.as_str(), Value::Null, "no activities"),
        (404, "GET", "/automations/nothing", Value::Null, "not found"),
        (
            404,
            "POST",
            "/queries/nothing/start",
            Value::Null,
            "not found",
        ),
    ] {
        let told = mc.ask(method, path, body).await.error(status);
        assert!(told.contains(says), "{path}: {told}");
    }
    mc.ask("DELETE", &place, Value::Null).await.expect(200);
    mc.ask("GET", &place, Value::Null).await.error(404);

    let assets = "/campaigns/1001/assets";
    let body = json!({"ids": ["40001", "40002"], "type": "EMAIL"});
    let made = mc.ask("POST", assets, body).await.expect(200).json();
    assert_eq!(mc.get(assets).await, made);
    let one = format!("{assets}/{}", made[1]["id"].as_str().unwrap());
    assert_eq!(mc.get(&one).await["itemID"], "40002");
    mc.ask("DELETE", &one, Value::Null).await.expect(200);
    mc.ask("GET", &one, Value::Null).await.error(404);
    let wrong = json!({"ids": ["1"], "type": "CAKE"});
    mc.ask("POST", assets, wrong).await.error(400);
}
