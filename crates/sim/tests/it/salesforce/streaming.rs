//! Streaming as clients of Bayeux see it.

use serde_json::{Value, json};

use super::Salesforce;

impl Salesforce {
    async fn bayeux(&self, message: Value) -> Vec<Value> {
        let bearer = format!("OAuth {}", self.token("access_token"));
        let headers = [("authorization", bearer.as_str()), super::JSON];
        let body = json!([message]).to_string();
        let answer = self
            .world
            .send("POST", "/cometd/59.0", &headers, body)
            .await;
        answer.json().as_array().unwrap().clone()
    }

    /// Shakes hands, asks once and subscribes; answers the client's id.
    async fn subscribed(&self, channel: &str, replay: i64) -> String {
        let hello = self.bayeux(json!({ "channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"], "id": "1" })).await;
        let client = hello[0]["clientId"].as_str().unwrap().to_owned();
        assert_eq!(
            (&hello[0]["successful"], &hello[0]["id"]),
            (&json!(true), &json!("1"))
        );
        let first = self.bayeux(connect(&client)).await;
        assert_eq!(first[0]["advice"]["reconnect"], "retry");
        let subscribe = json!({ "channel": "/meta/subscribe", "clientId": client, "subscription": channel, "ext": { "replay": { channel: replay } } });
        assert_eq!(self.bayeux(subscribe).await[0]["successful"], true);
        client
    }
}

fn connect(client: &str) -> Value {
    json!({ "channel": "/meta/connect", "clientId": client, "connectionType": "long-polling" })
}

#[tokio::test]
async fn a_client_that_waits_is_told_of_a_record_that_its_topic_asks_for() {
    let client = Salesforce::start().await;
    let topic = json!({
        "Name": "Hot", "Query": "SELECT Id, Name FROM Account WHERE Rating = 'Hot'", "ApiVersion": 59.0, "NotifyForFields": "Referenced",
    });
    client.create("PushTopic", topic).await;
    let id = client.subscribed("/topic/Hot", -1).await;
    let waiting = client.bayeux(connect(&id));
    let writing = async {
        client
            .create("Account", json!({ "Name": "Cold one" }))
            .await;
        client
            .create("Account", json!({ "Name": "Hot one", "Rating": "Hot" }))
            .await
    };
    let (told, account) = tokio::join!(waiting, writing);
    let data = &told[0]["data"];
    assert_eq!(
        (&told[0]["channel"], &data["sobject"]["Name"]),
        (&json!("/topic/Hot"), &json!("Hot one"))
    );
    assert_eq!(data["event"]["type"], "created");
    assert_eq!(told[1]["channel"], "/meta/connect");
    // A field that the topic does not name makes no event; one that it names does; then the record goes and comes back.
    let own = format!("/sobjects/Account/{account}");
    client.call("PATCH", &own, json!({ "Phone": "1" })).await;
    client
        .call("PATCH", &own, json!({ "Name": "Renamed" }))
        .await;
    client.call("DELETE", &own, Value::Null).await;
    let told = client.bayeux(connect(&id)).await;
    let kinds: Vec<&Value> = told
        .iter()
        .filter_map(|one| one.pointer("/data/event/type"))
        .collect();
    assert_eq!(kinds, ["updated", "deleted"]);
    // What was missed is told anew to who asks for it.
    let late = client.subscribed("/topic/Hot", -2).await;
    assert_eq!(client.bayeux(connect(&late)).await.len(), 4);
}

#[tokio::test]
async fn change_events_and_generic_channels_reach_their_subscribers() {
    let client = Salesforce::start().await;
    let id = client.subscribed("/data/LeadChangeEvent", -1).await;
    let lead = client
        .create("Lead", json!({ "LastName": "L", "Company": "C" }))
        .await;
    client
        .call(
            "PATCH",
            &format!("/sobjects/Lead/{lead}"),
            json!({ "Title": "T" }),
        )
        .await;
    // What is taken back was never told.
    let lost = "00Q5i00000000AAAAA";
    let both = json!({ "allOrNone": true, "records": [
        { "attributes": { "type": "Lead" }, "id": lead, "Title": "Back" },
        { "attributes": { "type": "Lead" }, "id": lost, "Title": "Back" },
    ] });
    let refused = client
        .call("PATCH", "/composite/sobjects", both)
        .await
        .json();
    assert_eq!(refused[0]["success"], false, "{refused}");
    let told = client.bayeux(connect(&id)).await;
    assert_eq!(told.len(), 3, "{told:?}");
    let header = |at: usize| told[at]["data"]["payload"]["ChangeEventHeader"].clone();
    assert_eq!(
        (&header(0)["changeType"], &header(0)["recordIds"][0]),
        (&json!("CREATE"), &json!(lead))
    );
    assert_eq!(header(1)["changedFields"], json!(["Title"]));
    assert_eq!(told[1]["data"]["payload"]["Title"], "T");
    let channel = client
        .create("StreamingChannel", json!({ "Name": "/u/own" }))
        .await;
    let id = client.subscribed("/u/own", -1).await;
    let push = json!({ "pushEvents": [{ "payload": "hello", "userIds": [] }] });
    let pushed = client
        .call(
            "POST",
            &format!("/sobjects/StreamingChannel/{channel}/push"),
            push,
        )
        .await;
    assert_eq!(pushed.json()[0]["fanoutCount"], 1);
    assert_eq!(
        client.bayeux(connect(&id)).await[0]["data"]["payload"],
        "hello"
    );
    let gone = json!({ "channel": "/meta/disconnect", "clientId": id });
    assert_eq!(client.bayeux(gone).await[0]["successful"], true);
    let unknown = client.bayeux(connect(&id)).await;
    assert_eq!(
        (&unknown[0]["error"], &unknown[0]["advice"]["reconnect"]),
        (&json!("403::Unknown client"), &json!("handshake"))
    );
}

#[tokio::test]
async fn who_is_not_signed_in_or_names_no_channel_is_refused() {
    let client = Salesforce::start().await;
    let hello = json!([{ "channel": "/meta/handshake" }]).to_string();
    let answer = client
        .world
        .send("POST", "/cometd/59.0/handshake", &[super::JSON], hello)
        .await
        .json();
    assert_eq!(
        answer[0]["ext"]["sfdc"]["failureReason"],
        "401::Authentication invalid"
    );
    let hello = client.bayeux(json!({ "channel": "/meta/handshake" })).await;
    let id = hello[0]["clientId"].clone();
    for channel in [
        "/topic/Nothing",
        "/u/nothing",
        "/data/NothingChangeEvent",
        "/event/Nothing__e",
        "x",
    ] {
        let refused = client
            .bayeux(
                json!({ "channel": "/meta/subscribe", "clientId": id, "subscription": channel }),
            )
            .await;
        assert_eq!(refused[0]["successful"], false, "{channel}");
        assert_eq!(refused[0]["subscription"], channel);
    }
    let published = client
        .bayeux(json!({ "channel": "/u/x", "clientId": id, "data": {} }))
        .await;
    assert_eq!(published[0]["successful"], false);
}
