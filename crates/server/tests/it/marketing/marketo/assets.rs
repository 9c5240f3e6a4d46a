//! Assets: made, changed, filled, approved and deleted; what stands in folders and programs.

use serde_json::{Value, json};

use super::super::{Account, Cycle, id_of, ids};

/// A folder of the simulated subscription.
fn folder() -> Value {
    json!({"id": 1916, "type": "Folder"})
}

#[tokio::test]
async fn every_kind_of_asset_is_made_changed_and_deleted() {
    let marketo = Account::of("marketo").await;
    for (list, more) in [
        ("/static-lists", json!({})),
        ("/smart-campaigns", json!({})),
        ("/emails", json!({"template": 501, "subject": "Hi"})),
        ("/snippets", json!({})),
        ("/forms", json!({"language": "English"})),
        ("/landing-pages", json!({"template": 501, "title": "Hi"})),
        (
            "/landing-page-templates",
            json!({"templateType": "freeForm"}),
        ),
    ] {
        let mut create = json!({"name": "New", "folder": folder()});
        for (name, value) in more.as_object().unwrap() {
            create[name] = value.clone();
        }
        let records = Cycle {
            list,
            create: create.clone(),
            verb: "PATCH",
            change: json!({"name": "", "description": "Changed"}),
            find: None,
        };
        let changed = marketo.cycle(&records).await;
        assert_eq!(
            (&changed["name"], &changed["description"]),
            (&json!("New"), &json!("Changed")),
            "{list}"
        );
        assert_eq!(changed["folder"]["value"], 1916, "{list}");
        marketo.json(&format!("POST {list}"), create.clone()).await;
        let twice = marketo.fails(409, &format!("POST {list}"), create).await;
        assert!(twice.contains("already exists"), "{list}: {twice}");
        let line = format!("POST {list}");
        let nowhere =
            json!({"name": "Other", "folder": {"id": 99, "type": "Folder"}, "template": 501});
        let nowhere = marketo.fails(400, &line, nowhere).await;
        assert!(nowhere.contains("Parent Folder"), "{list}: {nowhere}");
    }
}

#[tokio::test]
async fn drafts_are_filled_approved_copied_and_thrown_away() {
    let marketo = Account::of("marketo").await;
    for (list, fill, body) in [
        ("/emails", "/content/body", json!({"value": "<p>New</p>"})),
        ("/snippets", "/content", json!({"content": "<p>New</p>"})),
    ] {
        marketo.json(&format!("PATCH {list}/501{fill}"), body).await;
        let content = marketo.get(&format!("{list}/501/content")).await;
        assert!(content.to_string().contains("<p>New</p>"), "{content}");
    }
    let subject = json!({"subject": {"type": "Text", "value": "News"}, "replyTO": {"type": "Text", "value": "a@example.com"}});
    marketo.json("PATCH /emails/501/content", subject).await;
    let email = marketo.get("/emails/501").await;
    assert_eq!(
        (&email["subject"]["value"], &email["replyTO"]["value"]),
        (&json!("News"), &json!("a@example.com"))
    );
    let full = marketo.get("/emails/501/full-content").await;
    assert_eq!(full[0]["content"], "<p>New</p>");
    let sample = json!({"emailAddress": "a@example.com"});
    marketo.json("POST /emails/501/send-sample", sample).await;
    for list in ["/emails", "/snippets"] {
        let one = format!("{list}/501");
        assert_eq!(marketo.get(&one).await["status"], "draft");
        let act = |step: &str| format!("PATCH {one}/{step}");
        marketo.json(&act("approve"), Value::Null).await;
        assert_eq!(marketo.get(&one).await["status"], "approved");
        let again = marketo.fails(400, &act("approve"), Value::Null).await;
        assert!(again.contains("no draft"), "{again}");
        marketo.json(&act("unapprove"), Value::Null).await;
        marketo.json(&act("discard-draft"), Value::Null).await;
        let copy = json!({"name": "Copy", "folder": folder()});
        let copy = marketo.json(&format!("POST {one}/clone"), copy).await;
        assert_eq!(copy["status"], "draft");
        let content = marketo
            .get(&format!("{list}/{}/content", id_of(&copy)))
            .await;
        assert!(content.to_string().contains("<p>New</p>"), "{content}");
    }
    marketo
        .fails(404, "PATCH /emails/99/approve", Value::Null)
        .await;
}

#[tokio::test]
async fn forms_have_fields_and_pages_have_sections() {
    let marketo = Account::of("marketo").await;
    let line = "POST /forms/501/fields";
    marketo.json(line, json!({"fieldId": "FirstName"})).await;
    marketo
        .fails(400, line, json!({"fieldId": "FirstName"}))
        .await;
    marketo
        .json(
            "PATCH /forms/501/fields/FirstName",
            json!({"label": "Call me", "required": true}),
        )
        .await;
    let fields = marketo.get("/forms/501/fields").await;
    assert_eq!(
        (&fields[1]["label"], &fields[1]["required"]),
        (&json!("Call me"), &json!(true))
    );
    marketo
        .json("DELETE /forms/501/fields/FirstName", Value::Null)
        .await;
    assert_eq!(ids(&marketo.get("/forms/501/fields").await), ["Email"]);
    let made = marketo
        .json(
            "POST /landing-pages/501/content",
            json!({"type": "HTML", "value": "<i>a</i>"}),
        )
        .await;
    let section = format!("/landing-pages/501/content/{}", id_of(&made));
    marketo
        .json(
            &format!("PATCH {section}"),
            json!({"type": "HTML", "value": "<i>b</i>"}),
        )
        .await;
    let sections = marketo.get("/landing-pages/501/content").await;
    assert_eq!(sections[1]["content"], "<i>b</i>");
    marketo
        .json(&format!("DELETE {section}"), Value::Null)
        .await;
    marketo
        .fails(404, &format!("DELETE {section}"), Value::Null)
        .await;
}

#[tokio::test]
async fn folders_tell_what_stands_in_them_and_keep_tokens() {
    let marketo = Account::of("marketo").await;
    let inside = marketo.get("/folders/1916/contents?pageSize=3").await;
    assert_eq!(inside.as_array().map(Vec::len), Some(3));
    assert_eq!(inside[0]["type"], "File");
    let tokens = "/folders/1001/tokens";
    let token =
        json!({"name": "venue", "type": "text", "value": "Hall 3", "folderType": "Program"});
    marketo.json(&format!("POST {tokens}"), token).await;
    let listed = format!("{tokens}?folderType=Program");
    assert_eq!(marketo.get(&listed).await[0]["value"], "Hall 3");
    assert_eq!(marketo.get("/folders/1916/tokens").await, json!([]));
    let gone = format!("DELETE {tokens}/my.venue?folderType=Program");
    marketo.json(&gone, Value::Null).await;
    marketo.fails(404, &gone, Value::Null).await;
    assert_eq!(marketo.get(&listed).await, json!([]));
    let segments = marketo.get("/segmentations/1001/segments").await;
    assert!(!ids(&segments).is_empty(), "{segments}");
}

#[tokio::test]
async fn people_go_through_programs_and_tell_where_they_are() {
    let marketo = Account::of("marketo").await;
    let line = "PATCH /programs/1003/leads";
    let moved = json!({"status": "Engaged", "input": [{"id": 9}]});
    assert_eq!(marketo.json(line, moved).await[0]["status"], "updated");
    let programs = marketo.get("/contacts/9/programs").await;
    assert!(
        programs
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == 1003 && one["progressionStatus"] == "Engaged"),
        "{programs}"
    );
    let nowhere = json!({"status": "Nowhere", "input": [{"id": 9}]});
    marketo.fails(400, line, nowhere).await;
    assert!(ids(&marketo.get("/leads/9/lists").await).contains(&"1".to_owned()));
    marketo
        .fails(404, "GET /contacts/99999/lists", Value::Null)
        .await;
    let copy = json!({"name": "Copy", "folder": {"id": 2006, "type": "Folder"}});
    let copy = marketo.json("POST /programs/1004/clone", copy).await;
    assert_eq!(copy["channel"], "Email Send");
    for (step, status) in [("approve", "locked"), ("unapprove", "unlocked")] {
        marketo
            .json(&format!("PATCH /programs/1004/{step}"), Value::Null)
            .await;
        assert_eq!(marketo.get("/programs/1004").await["status"], status);
    }
    marketo
        .fails(400, "PATCH /programs/1001/approve", Value::Null)
        .await;
    for (step, active) in [("deactivate", false), ("activate", true)] {
        marketo
            .json(&format!("PATCH /smart-campaigns/1/{step}"), Value::Null)
            .await;
        assert_eq!(marketo.get("/smart-campaigns/1").await["isActive"], active);
    }
}
