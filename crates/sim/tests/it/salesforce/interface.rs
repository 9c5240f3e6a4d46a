//! What user interfaces and administrators ask for: the User Interface API, passwords, counts, search aids, refusals.

use serde_json::{Value, json};

use super::{BASE, Salesforce};

/// The user that signs in.
const USER: &str = "005i0000001VNdeAAG";

#[tokio::test]
async fn the_interface_api_reads_and_writes_records_with_display_values() {
    let client = Salesforce::start().await;
    let body = json!({ "apiName": "Account", "fields": { "Name": "Shown", "Rating": "Hot" } });
    let made = client.call("POST", "/ui-api/records", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/ui-api/records/{id}");
    let read = client
        .call(
            "GET",
            &format!("{path}?fields=Account.Name,Account.Rating"),
            Value::Null,
        )
        .await
        .json();
    assert_eq!(
        read["fields"],
        json!({
            "Name": { "displayValue": null, "value": "Shown" }, "Rating": { "displayValue": "Hot", "value": "Hot" },
        })
    );
    let unknown = format!("{path}?fields=Account.Nope");
    let refused = client.call("GET", &unknown, Value::Null).await;
    assert_eq!(
        (refused.status, refused.json()[0]["errorCode"].clone()),
        (400, json!("INVALID_FIELD"))
    );
    assert_eq!(client.call("GET", &path, Value::Null).await.status, 400);
    let changed = client
        .call("PATCH", &path, json!({ "fields": { "Name": "Changed" } }))
        .await;
    assert_eq!(changed.json()["fields"]["Name"]["value"], "Changed");
    let both = format!("/ui-api/records/batch/{id},001000000000000AAA?fields=Account.Name");
    let both = client.call("GET", &both, Value::Null).await.json();
    assert_eq!(both["hasErrors"], true);
    assert_eq!(both["results"][1]["statusCode"], 404);
    assert_eq!(client.call("DELETE", &path, Value::Null).await.status, 204);
    let info = client
        .call("GET", "/ui-api/object-info/Account", Value::Null)
        .await
        .json();
    assert_eq!(info["fields"]["Name"]["required"], true);
    let picklist = "/ui-api/object-info/Account/picklist-values/012000000000000AAA/Rating";
    let picklist = client.call("GET", picklist, Value::Null).await.json();
    assert_eq!(picklist["values"][0]["value"], "Hot");
}

#[tokio::test]
async fn fields_are_shown_as_people_read_them_under_their_own_name_or_an_alias() {
    let client = Salesforce::start().await;
    let body = json!({ "Name": "Formatted", "Rating": "Hot", "AnnualRevenue": 12.5 });
    client.call("POST", "/sobjects/Account", body).await;
    let asked = "SELECT toLabel(Rating), FORMAT(AnnualRevenue) Shown, convertCurrency(AnnualRevenue) \
                 FROM Account WHERE Name = 'Formatted'";
    let found = client.query(asked).await.json();
    let record = &found["records"][0];
    assert_eq!(record["Rating"], "Hot", "{found}");
    assert_eq!(record["Shown"], "12.5");
    assert_eq!(record["AnnualRevenue"], 12.5);
    let unknown = client.query("SELECT toLabel(Nope) FROM Account").await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.json()[0]["errorCode"], "INVALID_FIELD");
}

#[tokio::test]
async fn passwords_are_set_by_the_rules_and_never_kept() {
    let client = Salesforce::start().await;
    let path = format!("/sobjects/User/{USER}/password");
    let asked = client.call("GET", &path, Value::Null).await;
    assert_eq!(asked.json(), json!({ "isExpired": false }));
    for (given, code) in [
        (json!({}), "MISSING_ARGUMENT"),
        (json!({ "NewPassword": "short1" }), "INVALID_NEW_PASSWORD"),
        (
            json!({ "NewPassword": "onlyletters" }),
            "INVALID_NEW_PASSWORD",
        ),
    ] {
        let refused = client.call("POST", &path, given).await;
        assert_eq!(
            (refused.status, refused.json()[0]["errorCode"].clone()),
            (400, json!(code))
        );
    }
    let set = client
        .call("POST", &path, json!({ "NewPassword": "Long3nough" }))
        .await;
    assert_eq!((set.status, set.text.as_str()), (204, ""));
    let reset = client.call("DELETE", &path, Value::Null).await.json();
    assert!(reset["NewPassword"].is_string());
}

#[tokio::test]
async fn records_are_upserted_by_their_own_id_counted_and_suggested() {
    let client = Salesforce::start().await;
    let made = client
        .call(
            "POST",
            "/sobjects/Account/Id",
            json!({ "Name": "Zyxwvu Works" }),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/sobjects/Account/Id/{id}");
    let changed = client.call("PATCH", &path, json!({ "Phone": "1" })).await;
    assert_eq!(changed.status, 204, "{}", changed.text);
    let stale = "/sobjects/Account/Id/001000000000000AAA";
    let stale = client.call("PATCH", stale, json!({ "Phone": "1" })).await;
    assert_eq!(stale.status, 404);
    let counts = client
        .call(
            "GET",
            "/limits/recordCount?sObjects=Account,Nope",
            Value::Null,
        )
        .await
        .json();
    assert_eq!(counts["sObjects"][0]["name"], "Account");
    assert_eq!(counts["sObjects"][1], Value::Null);
    let suggested = "/search/suggestions?q=zyx&sobject=Account";
    let suggested = client.call("GET", suggested, Value::Null).await.json();
    assert_eq!(suggested["autoSuggestResults"][0]["Id"], id.as_str());
}

#[tokio::test]
async fn whoever_asks_for_xml_gets_xml_and_may_send_it() {
    let client = Salesforce::start().await;
    let bearer = format!("Bearer {}", client.token("access_token"));
    let send = async |method: &str, path: &str, more: (&str, &str), body: &str| {
        let headers = [("authorization", bearer.as_str()), more];
        let path = format!("{BASE}{path}");
        client
            .world
            .send(method, &path, &headers, body.to_owned())
            .await
    };
    let xml = ("content-type", "application/xml");
    let accept = ("accept", "application/xml");
    let account = "<Account><Name>X &amp; Sons</Name><AnnualRevenue>5</AnnualRevenue></Account>";
    let made = send("POST", "/sobjects/Account.xml", xml, account).await;
    assert_eq!(
        (made.status, &made.headers["content-type"]),
        (201, &"application/xml;charset=UTF-8".parse().unwrap())
    );
    let (_, id) = made.text.split_once("<id>").unwrap();
    let own = format!("/sobjects/Account/{}", id.get(..18).unwrap());
    let read = send("GET", &own, accept, "").await.text;
    let head = format!(
        "<Account xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" type=\"Account\" url=\"{BASE}{own}\">"
    );
    assert!(read.contains(&head), "{read}");
    assert!(
        read.contains("<Name>X &amp; Sons</Name>") && read.contains("<Phone xsi:nil=\"true\"/>"),
        "{read}"
    );
    let emptied = send("PATCH", &own, xml, "<Account><AnnualRevenue/></Account>").await;
    assert_eq!(emptied.status, 204);
    assert_eq!(client.get(&own).await.json()["AnnualRevenue"], Value::Null);
    let found = send(
        "GET",
        "/query?q=SELECT+Name+FROM+Account+LIMIT+2",
        accept,
        "",
    )
    .await
    .text;
    assert!(
        found.contains("<QueryResult ") && found.contains("<totalSize>2</totalSize>"),
        "{found}"
    );
    assert_eq!(
        found.matches("<records type=\"Account\"").count(),
        2,
        "{found}"
    );
    let refused = send(
        "GET",
        "/query.xml?q=SELECT",
        ("accept", "application/json"),
        "",
    )
    .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("<Errors><Error><message>")
            && refused
                .text
                .contains("<errorCode>MALFORMED_QUERY</errorCode>"),
        "{}",
        refused.text
    );
    let faulty = client
        .world
        .send(
            "POST",
            &format!("{BASE}/sobjects/Account"),
            &[("authorization", bearer.as_str()), xml],
            "<a>",
        )
        .await;
    assert_eq!(faulty.json()[0]["errorCode"], "XML_PARSER_ERROR");
    let plain = send("GET", "/limits.json", accept, "").await;
    assert!(plain.json()["DailyApiRequests"]["Max"].is_number());
    let versions = client
        .world
        .send("GET", "/services/data", &[accept], "")
        .await
        .text;
    assert!(
        versions.contains("<Versions><Version><label>"),
        "{versions}"
    );
}
