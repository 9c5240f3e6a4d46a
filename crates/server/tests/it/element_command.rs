//! `ligand element …`: definitions between files and a running server, and what can be done without one.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{TestApp, corpus};

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

pub async fn ligand(arguments: &[&str]) -> Ran {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    // The server of a test runs on this thread, too.
    let ended = tokio::task::spawn_blocking(move || {
        std::process::Command::new(env!("CARGO_BIN_EXE_ligand"))
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .output()
    });
    let output = ended.await.unwrap().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn definition() -> Value {
    json!({
        "name": "Told", "key": "told", "odd": {"b": 1, "a": [null, 2.5]},
        "resources": [{"method": "GET", "path": "/hubs/general/things", "vendorPath": "/things", "parameters": []}],
        "authentication": {"type": "custom"},
        "configuration": [{"key": "base.url", "defaultValue": "https://told.example", "type": "TEXTFIELD_1000"}]
    })
}

#[tokio::test]
async fn a_definition_is_imported_and_comes_back_equal() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = json!({"userSecret": app.user, "organizationSecret": app.organization});
    let credentials = write(folder.path(), "c.json", &secrets.to_string());
    let file = write(folder.path(), "told.json", &definition().to_string());
    let broken = write(folder.path(), "broken.json", "{\"name\":");
    let server = ["--url", &app.base, "--credentials", &credentials];
    let import = [
        &["element", "import", &file, "--output", "json"][..],
        &server,
    ]
    .concat();
    let ran = ligand(&import).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let rows: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(rows[0]["key"], "told");
    let ran = ligand(&[&["element", "export", "told"][..], &server].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let exported: Value = serde_json::from_str(&ran.out).unwrap();
    for (name, value) in definition().as_object().unwrap() {
        let same = match name.as_str() {
            "resources" | "configuration" | "authentication" => {
                exported[name].is_array() == value.is_array()
            }
            _ => exported[name] == *value,
        };
        assert!(same, "{name}: {}", ran.out);
    }
    assert_eq!(exported["resources"][0]["vendorPath"], "/things");
    // One bad file among several does not keep the others out, but it shows in the code.
    let text = definition().to_string().replace("told", "second");
    let second = write(folder.path(), "second.json", &text);
    let ran = ligand(&[&["element", "import", &broken, &second][..], &server].concat()).await;
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.starts_with("second\t") && ran.err.contains("broken.json"),
        "{} {}",
        ran.out,
        ran.err
    );
    let ran = ligand(&[&["element", "export", "nobody"][..], &server].concat()).await;
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("404"), "{}", ran.err);
    for text in [&ran.err, &ran.out] {
        assert!(!text.contains(&app.user), "{text}");
    }
}

#[tokio::test]
async fn without_a_server_the_command_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let ran = ligand(&["element", "export", "sfdc", "--data", &data]).await;
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("runtime.json") && ran.err.contains("--url"),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn findings_name_their_place_and_errors_their_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut faulty = definition();
    faulty["resources"] = json!([
        {"method": "GET", "path": "/a", "vendorPath": "/a", "nextResource": "GET:/nowhere"},
        {"method": "GET", "path": "/b", "vendorPath": "/b", "hooks": [{"type": "preRequest", "body": "var x = ;"}]},
        {"method": "GET", "path": "/c", "vendorPath": "/c", "parameters": [{"name": "x", "type": "psychic", "vendorName": "x", "vendorType": "query"}]}
    ]);
    let file = write(folder.path(), "faulty.json", &faulty.to_string());
    let ran = ligand(&["element", "lint", &file, "--output", "json"]).await;
    assert_eq!(ran.code, 0, "{}", ran.out);
    let findings: Value = serde_json::from_str(&ran.out).unwrap();
    let places: Vec<&str> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["place"].as_str().unwrap())
        .collect();
    assert!(
        places.iter().any(|p| p.starts_with("resources[0]")),
        "{places:?}"
    );
    assert!(
        places
            .iter()
            .any(|p| p.starts_with("resources[1]") && p.ends_with("hooks[0]")),
        "{places:?}"
    );
    assert!(places.contains(&"resources[2].parameters[0]"), "{places:?}");
    faulty["resources"] =
        json!([{"method": "GET", "path": "/a", "vendorPath": "/a", "nextResource": "GET:/a"}]);
    let circle = write(folder.path(), "circle.json", &faulty.to_string());
    let ran = ligand(&["element", "lint", &circle]).await;
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("circle.json: resources[0]") && ran.out.contains("error"),
        "{}",
        ran.out
    );
    let broken = write(
        folder.path(),
        "broken.json",
        "{\"name\": \"x\",\n \"key\" 1}",
    );
    let ran = ligand(&["element", "lint", &broken]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("line 2"), "{}", ran.out);
    assert_eq!(ligand(&["element", "lint"]).await.code, 2);
}

#[tokio::test]
async fn the_catalog_has_no_findings_that_are_errors() {
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/../../elements");
    let ran = ligand(&["element", "lint", catalog]).await;
    assert_eq!(ran.code, 0, "{}", ran.out);
    let one = ligand(&["element", "lint", &format!("{catalog}/sfdc")]).await;
    assert_eq!(one.code, 0, "{}", one.out);
}

#[tokio::test]
async fn formatting_settles_after_the_first_time_and_can_only_look() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("told");
    let file = write(&root, "element.json", &definition().to_string());
    let resources = write(
        &root,
        "resources/a.json",
        r#"[{"vendorPath":"/a","path":"/a","method":"GET"}]"#,
    );
    let readme = write(&root, "README.md", "text");
    let place = root.display().to_string();
    let ran = ligand(&["element", "fmt", "--check", &place]).await;
    assert_eq!(ran.code, 1);
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        definition().to_string()
    );
    let ran = ligand(&["element", "fmt", &place]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), definition());
    let text = std::fs::read_to_string(&resources).unwrap();
    assert_eq!(
        text,
        "[\n  {\n    \"method\": \"GET\",\n    \"path\": \"/a\",\n    \"vendorPath\": \"/a\"\n  }\n]\n"
    );
    assert_eq!(std::fs::read_to_string(&readme).unwrap(), "text");
    let again = ligand(&["element", "fmt", "--check", &place]).await;
    assert_eq!((again.code, again.out.as_str()), (0, ""));
}

/// `pass`, `fail` or `n/a` by resource and check.
async fn tried(element: &str) -> (i32, Vec<(String, String, String, String)>) {
    let ran = ligand(&["element", "test", element, "--output", "json"]).await;
    let lines: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{element}: {}", ran.err));
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = lines.as_array().unwrap().iter();
    let lines = lines.map(|line| {
        (
            text(line, "resource"),
            text(line, "check"),
            text(line, "verdict"),
            text(line, "note"),
        )
    });
    (ran.code, lines.collect())
}

#[tokio::test]
async fn every_element_of_the_catalog_holds_against_its_own_simulator() {
    for element in [
        "sfdc",
        "sfdcservicecloud",
        "sfdcmarketingcloud",
        "sfdcdocuments",
        "eloqua",
        "marketo",
        "acton",
        "salesforcemarketingcloud",
    ] {
        let (code, lines) = tried(element).await;
        let failed: Vec<_> = lines.iter().filter(|line| line.2 == "fail").collect();
        assert!(failed.is_empty() && code == 0, "{element}: {failed:#?}");
        // Nothing is left out for want of a record, a parent or an argument.
        let reasons = ["not declared", "no size of a page is declared"];
        let left: Vec<_> = lines
            .iter()
            .filter(|line| line.2 == "n/a" && !reasons.contains(&line.3.as_str()))
            .collect();
        assert!(left.is_empty(), "{element}: {left:#?}");
        let limited = lines.iter().find(|line| line.0 == "*" && line.1 == "limit");
        assert_eq!(limited.unwrap().2, "pass", "{element}");
    }
}

#[tokio::test]
async fn an_account_that_exists_is_tried_by_reading_and_what_held_is_kept_and_told() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = json!({"userSecret": app.user, "organizationSecret": app.organization});
    let credentials = write(folder.path(), "c.json", &secrets.to_string());
    write(folder.path(), "acme/element.json", "{}");
    let known = r#"{"POST /contacts": {"how": "simulated", "date": "2026-01-01"}}"#;
    let kept = write(folder.path(), "acme/proven.json", known);
    let acme = folder.path().join("acme").display().to_string();
    let (id, token) = app.instance("sfdc").await;
    let id = id.to_string();
    let server = ["--url", &app.base, "--credentials", &credentials];
    let before = app
        .resource("GET", "/contacts?pageSize=500", &token, Value::Null)
        .await
        .text();
    let test = ["element", "test", "sfdc", "--instance", &id, "--read-only"];
    let more = ["--output", "json", "--record", &acme];
    let ran = ligand(&[&test[..], &server, &more].concat()).await;
    assert_eq!(ran.code, 0, "{} {}", ran.err, ran.out);
    let lines: Value = serde_json::from_str(&ran.out).unwrap();
    let verdict = |check: &str| {
        let mut lines = lines.as_array().unwrap().iter();
        let line = lines.find(|line| line["check"] == check && line["resource"] == "/contacts");
        line.unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    for (check, expected) in [
        ("list", "pass"),
        ("read", "pass"),
        ("create", "n/a"),
        ("update", "n/a"),
        ("delete", "n/a"),
    ] {
        assert_eq!(verdict(check), expected, "{check}");
    }
    let after = app
        .resource("GET", "/contacts?pageSize=500", &token, Value::Null)
        .await
        .text();
    assert_eq!(after, before, "something was written");
    let proven: Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
    assert_eq!(proven["GET /contacts/{id}"]["how"], "live-verified");
    assert_eq!(proven["POST /contacts"]["how"], "simulated");

    let ran = ligand(
        &[
            &[
                "element",
                "test",
                "eloqua",
                "--instance",
                &id,
                "--read-only",
            ][..],
            &server,
        ]
        .concat(),
    )
    .await;
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("is one of sfdc, not of eloqua"),
        "{}",
        ran.err
    );
    let ran =
        ligand(&[&["element", "test", "sfdc", "--instance", &id][..], &server].concat()).await;
    assert!(
        ran.code != 0 && ran.err.contains("--read-only"),
        "{}",
        ran.err
    );

    let told = app
        .call(
            "GET",
            "/elements/sfdc/metadata",
            &app.secrets(),
            Value::Null,
        )
        .await
        .expect(200)
        .json();
    let row = told["proven"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["resource"] == "GET /contacts")
        .unwrap();
    assert_eq!(row["status"], "simulated");
    assert_eq!(row["date"].as_str().unwrap().len(), 10);
}

/// A vendor with everything: roots both ways, pages, a key, errors.
fn whole() -> Value {
    let id = json!({"name": "id", "type": "path", "vendorName": "personId", "vendorType": "path"});
    let body = json!({"name": "body", "type": "body", "vendorName": "body", "vendorType": "body"});
    let query = |name: &str, vendor: &str| json!({"name": name, "type": "query", "vendorName": vendor, "vendorType": "query"});
    json!({
        "name": "Whole", "key": "whole", "authentication": {"type": "apiKey"},
        "configuration": [
            {"key": "base.url", "defaultValue": "https://{tenant}.whole.example/v2", "type": "TEXTFIELD_1000"},
            {"key": "tenant", "type": "TEXTFIELD_32", "required": true},
            {"key": "api.key", "type": "PASSWORD", "required": true}
        ],
        "parameters": [{"name": "api.key", "type": "configuration", "vendorName": "X-Key", "vendorType": "header", "source": "request"}],
        "resources": [
            {"method": "GET", "path": "/people", "vendorPath": "/persons", "rootKey": "|data.items",
                "parameters": [query("page", "p"), query("pageSize", "per")]},
            {"method": "POST", "path": "/people", "vendorPath": "/persons", "rootKey": "person|person", "parameters": [body]},
            {"method": "GET", "path": "/people/{id}", "vendorPath": "/persons/{personId}.json", "rootKey": "|person", "parameters": [id]},
            {"method": "PATCH", "path": "/people/{id}", "vendorMethod": "PUT", "vendorPath": "/persons/{personId}.json", "rootKey": "person|person", "parameters": [id, body]},
            {"method": "DELETE", "path": "/people/{id}", "vendorPath": "/persons/{personId}.json", "parameters": [id]}
        ]
    })
}

#[tokio::test]
async fn a_vendor_is_made_from_a_declaration_and_every_check_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "whole.json", &whole().to_string());
    let (code, lines) = tried(&file).await;
    let passed: Vec<&str> = lines
        .iter()
        .filter(|l| l.2 == "pass")
        .map(|l| l.1.as_str())
        .collect();
    let all = [
        "auth", "list", "page", "create", "read", "error", "update", "delete", "limit",
    ];
    assert_eq!((code, passed), (0, all.to_vec()), "{lines:#?}");
}

#[tokio::test]
async fn a_declaration_that_contradicts_itself_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mut faulty = whole();
    // The key never reaches the vendor's deletion, and pages are asked for under a name that counts something else.
    faulty["resources"][0]["parameters"] = json!([
        {"name": "pageSize", "type": "query", "vendorName": "per", "vendorType": "query"},
        {"name": "page", "type": "query", "vendorName": "p", "vendorType": "header"}
    ]);
    let file = write(folder.path(), "faulty.json", &faulty.to_string());
    let (code, lines) = tried(&file).await;
    let failed: Vec<&str> = lines
        .iter()
        .filter(|l| l.2 == "fail")
        .map(|l| l.1.as_str())
        .collect();
    assert_eq!((code, failed), (1, vec!["page"]), "{lines:#?}");
}

#[tokio::test]
async fn elements_of_the_corpus_are_tried_without_a_network() {
    let Some(elements) = corpus("elements") else {
        return;
    };
    for key in [
        "discordbot",
        "sonos",
        "zoom",
        "knowledgeowl",
        "duedil",
        "pinterest",
    ] {
        let file = elements.join(key).join("element.json");
        let (_, lines) = tried(&file.display().to_string()).await;
        let passed = lines.iter().filter(|line| line.2 == "pass").count();
        assert_eq!(lines[0].2, "pass", "{key}: {:?}", lines[0]);
        assert!(passed >= 2, "{key}: {lines:#?}");
    }
}
