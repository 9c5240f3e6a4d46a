//! `ligand vdr …`: common resources between files and a running server.

use serde_json::{Value, json};

use crate::element_command::{ligand, write};
use crate::support::{TestApp, corpus};

fn read(path: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn exports_of_the_field_go_in_from_files_and_come_out_as_files() {
    let Some(corpus) = corpus("vdrs") else {
        return;
    };
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = json!({"userSecret": app.user, "organizationSecret": app.organization});
    let credentials = write(folder.path(), "c.json", &secrets.to_string());
    let server = ["--url", &app.base, "--credentials", &credentials];
    let given = corpus.join("CombiningObjects").display().to_string();
    let ran = ligand(&[&["vdr", "import", &given][..], &server].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.lines().count(), 3, "{}", ran.out);

    let to = folder.path().join("out").display().to_string();
    let ran = ligand(&[&["vdr", "export", "--to", &to][..], &server].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    for name in ["my-contacts", "my-contact-notes", "my-contact-activities"] {
        let came = read(&folder.path().join(format!("out/{name}.json")));
        let went = read(&corpus.join(format!("CombiningObjects/{name}/{name}.json")));
        assert_eq!(came["vdrName"], went["vdrName"]);
        let fields = |export: &Value| export["definition"]["fields"].as_array().unwrap().len();
        assert_eq!(fields(&came), fields(&went), "{name}");
        let script = |export: &Value| export["transformation"]["sfdc"]["script"]["body"].clone();
        assert_eq!(script(&came), script(&went), "{name}");
        // What came out goes in again.
        let file = format!("{to}/{name}.json");
        let ran = ligand(&[&["vdr", "import", &file][..], &server].concat()).await;
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let ran = ligand(&[&["vdr", "export", "my-contacts"][..], &server].concat()).await;
    let one: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(one["vdrName"], "my-contacts");
}

#[tokio::test]
async fn a_file_that_is_no_export_is_named_and_the_others_go_in() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = json!({"userSecret": app.user, "organizationSecret": app.organization});
    let credentials = write(folder.path(), "c.json", &secrets.to_string());
    let server = ["--url", &app.base, "--credentials", &credentials];
    let broken = write(folder.path(), "in/a.json", r#"{"definition":"#);
    let thing = json!({"vdrName": "thing", "definition": {"fields": [{"path": "mail", "type": "string"}]},
        "transformation": {}});
    write(folder.path(), "in/b.json", &thing.to_string());
    let from = folder.path().join("in").display().to_string();
    let ran = ligand(&[&["vdr", "import", &from][..], &server].concat()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&broken), "{}", ran.err);
    let ran = ligand(&[&["vdr", "export", "thing"][..], &server].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("mail"), "{}", ran.out);
    let ran = ligand(&[&["vdr", "export", "nothing"][..], &server].concat()).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nothing"), "{}", ran.err);
}
