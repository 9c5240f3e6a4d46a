//! The binary as an operator's scripts see it: files, signals, exit codes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The binary, with no configuration but ours.
fn ligand(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LIGAND__") {
            command.env_remove(name);
        }
    }
    command
}

fn once(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = ligand(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// A running server; killed when the test ends early.
pub(super) struct Served {
    pub(super) child: Child,
    pub(super) runtime: Value,
    log: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    pub(super) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let all = [
            &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
            arguments,
        ]
        .concat();
        let mut child = ligand(folder, &all).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        // The line that says where it is comes after everything is in place.
        while !said.contains(" is at http") {
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        let text = std::fs::read_to_string(folder.join("data/runtime.json")).unwrap();
        Self {
            child,
            runtime: serde_json::from_str(&text).unwrap(),
            log,
            said,
        }
    }

    fn get(&self, url: &str, path: &str) -> String {
        let origin = self.runtime[url].as_str().unwrap();
        let mut stream = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// SIGTERM, then the exit code and all that was said.
    fn stop(mut self) -> (Option<i32>, String) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let code = self.child.wait().unwrap().code();
        let mut said = std::mem::take(&mut self.said);
        self.log.read_to_string(&mut said).unwrap();
        (code, said)
    }
}

fn private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .unwrap()
        .permissions()
        .mode()
        .trailing_zeros()
        >= 6
}

#[test]
fn the_first_start_writes_what_an_operator_needs_and_the_second_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = Served::start(folder.path(), &["--sandbox", "--sandbox-consent", "auto"]);
    assert_eq!(served.runtime["pid"], served.child.id());
    for vendor in [
        "salesforce",
        "eloqua",
        "marketo",
        "acton",
        "marketingcloud",
        "control",
    ] {
        let origin = served.runtime["sandbox"][vendor].as_str().unwrap();
        assert!(
            origin.starts_with("http://127.0.0.1:"),
            "{vendor}: {origin}"
        );
    }
    let credentials = std::fs::read(data.join("credentials.json")).unwrap();
    let members: serde_json::Map<String, Value> = serde_json::from_slice(&credentials).unwrap();
    let names: Vec<_> = members.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["email", "password", "userSecret", "organizationSecret"]
    );
    assert!(private(&data.join("credentials.json")) && private(&data.join("root.key")));
    let ready = served.get("baseUrl", "/health/ready");
    assert!(
        ready.starts_with("HTTP/1.1 200") && ready.contains("\"database\":\"ok\""),
        "{ready}"
    );
    assert!(
        served
            .get("baseUrl", "/health/live")
            .starts_with("HTTP/1.1 200")
    );
    let metrics = served.get("metricsUrl", "/metrics");
    assert!(
        metrics.contains("ligand_store_statements_total"),
        "{metrics}"
    );
    let before = served.runtime["sandbox"].clone();
    let (code, said) = served.stop();
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("credentials.json") && said.contains("root.key"),
        "{said}"
    );
    for secret in ["password", "userSecret", "organizationSecret"] {
        assert!(!said.contains(members[secret].as_str().unwrap()), "{said}");
    }

    let served = Served::start(folder.path(), &["--sandbox"]);
    assert_eq!(served.runtime["sandbox"], before);
    assert_eq!(
        std::fs::read(data.join("credentials.json")).unwrap(),
        credentials
    );
    let (code, said) = served.stop();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("credentials.json"), "{said}");
}

#[test]
fn the_log_never_holds_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &[]);
    let path = "/elements/api-v2/elements/sfdc/oauth/url?apiKey=k&apiSecret=hunter2&callbackUrl=x";
    assert!(served.get("baseUrl", path).starts_with("HTTP/1.1 200"));
    assert!(
        served
            .get("baseUrl", "/nowhere/hunter2?x=hunter2")
            .starts_with("HTTP/1.1 404")
    );
    let (code, said) = served.stop();
    assert_eq!(code, Some(0));
    assert!(
        said.contains("answered 200") && !said.contains("hunter2"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_the_command_or_configuration_is_said_with_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, said) = once(folder.path(), &["serve", "--lisen", "x"]);
    assert_eq!(code, 2, "{said}");
    std::fs::write(
        folder.path().join("ligand.toml"),
        "[http]\npublic_urll = \"x\"\n",
    )
    .unwrap();
    let (code, _, said) = once(folder.path(), &["serve"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("did you mean `http.public_url`?"), "{said}");
    let (code, _, said) = once(folder.path(), &["migrate", "--config", "none.toml"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("cannot read none.toml: "), "{said}");
}

#[test]
fn what_stands_in_the_way_is_said_with_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, _, said) = once(folder.path(), &["serve", "--listen", &address]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains(&format!("cannot listen on {address}: ")),
        "{said}"
    );
    let (code, _, said) = once(
        folder.path(),
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--database",
            "postgres://u:hunter2@h/d",
        ],
    );
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("LIGAND__VAULT__KEY") && !said.contains("hunter2"),
        "{said}"
    );
}

#[test]
fn a_data_folder_has_one_server_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = Served::start(folder.path(), &[]);
    let (code, _, said) = once(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
    );
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("another server is running"), "{said}");
    assert!(first.get("baseUrl", "/health/live").contains("live"));
    first.stop();
    Served::start(folder.path(), &[]).stop();
}

/// A catalog of one element, whose vendor is reached at `origin`.
fn one_vendor(folder: &Path, origin: &str) {
    let element = folder.join("catalog/acton");
    std::fs::create_dir_all(&element).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../elements/acton");
    let copied = Command::new("cp")
        .arg("-r")
        .args([ours.join("."), element])
        .status()
        .unwrap();
    assert!(copied.success());
    let text = format!(
        "[catalog]\ndir = \"catalog\"\n[vendor.connect]\n\"*.actonsoftware.com\" = \"{origin}\"\n"
    );
    std::fs::write(folder.join("ligand.toml"), text).unwrap();
}

#[test]
fn migrate_says_where_each_migration_stands_and_changes_nothing_then() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |flags: &[&str]| {
        let arguments = [&["migrate", "--data", "data"], flags].concat();
        let (code, said, error) = once(folder.path(), &arguments);
        assert_eq!(code, 0, "{error}");
        said
    };
    let status = ask(&["--status"]);
    assert!(status.starts_with("0001 first") && status.contains("pending"));
    assert!(ask(&["--dry-run"]).contains("CREATE TABLE organizations"));
    assert!(!folder.path().join("data/ligand.db").exists());
    let said = ask(&[]);
    // A contraction, too: no other program is on a file.
    assert!(
        said.contains("0001 first is applied.") && said.contains("0017 fewer_indexes is applied.")
    );
    let status = ask(&["--status"]);
    assert!(
        status.contains("applied") && !status.contains("pending"),
        "{status}"
    );
    assert_eq!(ask(&["--dry-run"]), "");
    let (code, _, error) = once(folder.path(), &["migrate", "--status", "--contract"]);
    assert!(code == 2 && error.contains("--contract"), "{error}");
}

#[test]
fn doctor_warns_that_key_and_data_lie_together_and_fails_without_the_key() {
    let folder = tempfile::tempdir().unwrap();
    one_vendor(folder.path(), &super::streams::vendor_of(0));
    let (code, said, _) = once(folder.path(), &["migrate", "--data", "data"]);
    assert_eq!(code, 0);
    assert!(said.ends_with("The database is up to date.\n"), "{said}");
    let (code, report, _) = once(folder.path(), &["doctor", "--data", "data"]);
    assert_eq!(code, 0, "{report}");
    for line in [
        "warning key",
        "ok      database",
        "ok      instances",
        "ok      notices",
        "ok      clock",
        "ok      catalog       1 elements",
        "ok      certificates",
        "ok      reach",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    std::fs::remove_file(folder.path().join("data/root.key")).unwrap();
    let (code, report, _) = once(folder.path(), &["doctor", "--data", "data"]);
    assert_eq!(code, 1, "{report}");
    assert!(report.contains("failed  database"), "{report}");
    assert!(!folder.path().join("data/root.key").exists());
}

#[test]
fn doctor_says_which_vendor_cannot_be_reached_and_what_lies_about() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    one_vendor(folder.path(), &origin);
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("credentials.json"), "{}").unwrap();
    let (code, report, _) = once(folder.path(), &["doctor", "--data", "data"]);
    assert_eq!(code, 0, "{report}");
    assert!(
        report.contains("warning reach") && report.contains("actonsoftware.com"),
        "{report}"
    );
    assert!(report.contains("warning credentials"), "{report}");
    assert!(
        !data.join("ligand.db").exists(),
        "a look makes no database: {report}"
    );
}

#[test]
fn an_element_is_made_from_a_document_and_printed() {
    let folder = tempfile::tempdir().unwrap();
    let document = r#"{"swagger":"2.0","info":{"title":"Pet Store"},"host":"pets.example",
        "paths":{"/pets":{"get":{"responses":{}}}}}"#;
    std::fs::write(folder.path().join("pets.json"), document).unwrap();
    std::fs::write(folder.path().join("pets.yaml"), "swagger: '2.0'").unwrap();
    let (code, printed, _) = once(folder.path(), &["element", "new", "--openapi", "pets.json"]);
    let element: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((code, &element["key"]), (0, &serde_json::json!("petstore")));
    assert_eq!(element["resources"][0]["vendorPath"], "/pets");
    let (code, printed, said) = once(folder.path(), &["element", "new", "--openapi", "pets.yaml"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(said.contains("YAML is not taken"), "{said}");
    let (code, _, said) = once(
        folder.path(),
        &["element", "new", "--openapi", "nowhere.json"],
    );
    assert!(code == 1 && said.contains("nowhere.json"), "{said}");
}
