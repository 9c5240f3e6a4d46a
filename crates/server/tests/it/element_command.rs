//! `ligand element …`: definitions between files and a running server, and what can be done without one.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::TestApp;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

async fn ligand(arguments: &[&str]) -> Ran {
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

fn write(folder: &Path, name: &str, text: &str) -> String {
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
