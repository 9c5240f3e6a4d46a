//! Ack means committed: the process is killed at random moments while it makes, changes and deletes instances, started
//! again, and asked. `LIGAND_CRASH_ROUNDS` says how often (`cargo xtask torture` says more).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::Sender;
use std::time::Duration;

use ligand_store::Database;
use ligand_store::testing::TestDatabase;
use serde_json::{Value, json};

const WORKERS: u64 = 4;
/// The largest page of a list.
const PAGE: usize = 200;

/// What the callers were told.
#[derive(Default)]
struct Told {
    /// Instances that were acknowledged, and the names each may have: one, or two while a change is unanswered.
    there: BTreeMap<i64, BTreeSet<String>>,
    /// Instances whose deletion was acknowledged.
    gone: BTreeSet<i64>,
    /// Instances whose deletion was asked for and not answered.
    leaving: BTreeSet<i64>,
}

struct Server {
    child: Child,
    origin: String,
    authorization: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ligand(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LIGAND__") {
            command.env_remove(name);
        }
    }
    if let Some(url) = database {
        command.env("LIGAND__DATABASE__URL", url);
        command.env(
            "LIGAND__VAULT__KEY",
            "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        );
    }
    command
}

impl Server {
    fn start(folder: &Path, database: Option<&str>) -> Self {
        let mut child = ligand(folder, database)
            .args([
                "serve",
                "--sandbox",
                "--listen",
                "127.0.0.1:0",
                "--data",
                "data",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains(" is at http") {
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        // Whoever logs must be read.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let read = |name: &str| -> Value {
            let text = std::fs::read_to_string(folder.join("data").join(name)).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let (runtime, secrets) = (read("runtime.json"), read("credentials.json"));
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let (user, organization) = (
            text(&secrets, "userSecret"),
            text(&secrets, "organizationSecret"),
        );
        Self {
            child,
            origin: text(&runtime, "baseUrl")
                .trim_start_matches("http://")
                .to_owned(),
            authorization: format!("User {user}, Organization {organization}"),
        }
    }
}

/// A call that was answered whole; none when the server was gone before.
fn call(
    origin: &str,
    authorization: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> Option<(u16, Value)> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = TcpStream::connect(origin).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    write!(
        stream,
        "{method} /elements/api-v2{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: {authorization}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, text) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse::<usize>()
                .ok()
        })
        .unwrap_or(0);
    if text.len() < length {
        return None;
    }
    let value = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(text).ok()?
    };
    Some((status, value))
}

fn form(name: &str) -> Value {
    json!({
        "element": {"key": "marketo"},
        "providerData": {"code": "any"},
        "configuration": {
            "oauth.callback.url": "https://www.mycoolapp.com/auth",
            "oauth.api.key": "key",
            "oauth.api.secret": "secret",
            "marketo.identity.url": "https://123-ABC-456.mktorest.com/identity",
            "marketo.rest.url": "https://123-ABC-456.mktorest.com/rest"
        },
        "tags": ["crash", name],
        "name": name
    })
}

/// Makes, renames and deletes until the server is gone.
fn work(
    origin: &str,
    authorization: &str,
    told: &Mutex<Told>,
    acknowledged: &Sender<()>,
    seed: u64,
) {
    let ask = |method: &str, path: &str, body: &Value| {
        let answer = call(origin, authorization, method, path, body);
        if let Some((status, value)) = &answer {
            assert_eq!(*status, 200, "{method} {path}: {value}");
            // Nobody counts any more once the server is to be killed.
            let _ = acknowledged.send(());
        }
        answer
    };
    let mut own: Vec<i64> = Vec::new();
    for turn in 0_u64.. {
        let name = format!("{seed}-{turn}");
        let Some((_, made)) = ask("POST", "/instances", &form(&name)) else {
            return;
        };
        let id = made["id"].as_i64().unwrap();
        told.lock()
            .unwrap()
            .there
            .insert(id, BTreeSet::from([name]));
        own.push(id);
        if turn % 2 == 1 {
            let id = own[0];
            let name = format!("{seed}-{turn}-renamed");
            told.lock()
                .unwrap()
                .there
                .get_mut(&id)
                .unwrap()
                .insert(name.clone());
            let path = format!("/instances/{id}");
            let Some(_) = ask("PATCH", &path, &json!({"name": name})) else {
                return;
            };
            told.lock()
                .unwrap()
                .there
                .insert(id, BTreeSet::from([name]));
        }
        if turn % 3 == 2 {
            let id = own.remove(0);
            told.lock().unwrap().leaving.insert(id);
            let Some(_) = ask("DELETE", &format!("/instances/{id}"), &Value::Null) else {
                return;
            };
            let mut told = told.lock().unwrap();
            told.leaving.remove(&id);
            told.there.remove(&id);
            told.gone.insert(id);
        }
    }
}

/// What a restarted server has against what was told; what was not answered is settled now.
fn compare(server: &Server, told: &mut Told) {
    let ask = |path: &str| {
        call(
            &server.origin,
            &server.authorization,
            "GET",
            path,
            &Value::Null,
        )
        .unwrap()
    };
    // More than a page of them would be taken for a loss.
    let (status, listed) = ask(&format!("/instances?pageSize={PAGE}"));
    assert!(status == 200 || told.there.is_empty(), "{listed}");
    let mut found: BTreeMap<i64, String> = BTreeMap::new();
    let rows = listed.as_array().map_or(&[][..], Vec::as_slice);
    assert!(rows.len() < PAGE, "more instances than a page holds");
    for row in rows {
        let (id, name) = (
            row["id"].as_i64().unwrap(),
            row["name"].as_str().unwrap().to_owned(),
        );
        assert_eq!(row["tags"].as_array().unwrap().len(), 2, "{row}");
        // It opens: the sealed document and the token belong to this row.
        let (status, entries) = ask(&format!("/instances/{id}/configuration"));
        assert_eq!(status, 200, "{entries}");
        assert!(!row["token"].as_str().unwrap().is_empty());
        found.insert(id, name);
    }
    for (id, names) in &told.there {
        match found.get(id) {
            Some(name) => assert!(names.contains(name), "{id} is {name}, not {names:?}"),
            None => assert!(
                told.leaving.contains(id),
                "{id} was acknowledged and is lost"
            ),
        }
    }
    for id in &told.gone {
        assert!(!found.contains_key(id), "{id} was deleted and is back");
    }
    let unanswered = found
        .keys()
        .filter(|id| !told.there.contains_key(id))
        .count();
    assert!(
        unanswered <= usize::try_from(WORKERS).unwrap(),
        "{unanswered} that nobody asked for"
    );
    told.there = found
        .into_iter()
        .map(|(id, name)| (id, BTreeSet::from([name])))
        .collect();
    told.leaving.clear();
}

/// The rounds that are asked for, in batches that have a database of their own each: every round looks at all that is
/// there.
fn batches() -> impl Iterator<Item = Range<u64>> {
    let rounds = std::env::var("LIGAND_CRASH_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(3_u64);
    let starts = (0..rounds).step_by(10);
    starts.map(move |start| start..rounds.min(start + 10))
}

fn crash(database: Option<&str>, rounds: Range<u64>) {
    let least = (rounds.end - rounds.start) * 3;
    let folder = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    let mut all = 0;
    for round in rounds {
        let mut server = Server::start(folder.path(), database);
        compare(&server, &mut told);
        // Somewhere else in the work each time, in no order that could be learned by heart.
        let moment = 3 + (round.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 59);
        let shared = Mutex::new(std::mem::take(&mut told));
        let (acknowledged, counted) = std::sync::mpsc::channel();
        let (origin, authorization) = (server.origin.clone(), server.authorization.clone());
        std::thread::scope(|scope| {
            for worker in 0..WORKERS {
                let seed = round * WORKERS + worker;
                let (origin, authorization) = (&origin, &authorization);
                let (shared, acknowledged) = (&shared, acknowledged.clone());
                scope.spawn(move || work(origin, authorization, shared, &acknowledged, seed));
            }
            drop(acknowledged);
            for _ in 0..moment {
                let patience = Duration::from_secs(40);
                counted.recv_timeout(patience).expect("it does not serve");
            }
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        });
        all += moment + u64::try_from(counted.try_iter().count()).unwrap();
        told = shared.into_inner().unwrap();
    }
    let server = Server::start(folder.path(), database);
    compare(&server, &mut told);
    assert!(all >= least, "{all} acknowledged");
    drop(server);
    // Each write and its entry in the record of custody lasted together.
    let verified = ligand(folder.path(), database)
        .args(["audit", "verify", "--data", "data"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&verified.stdout);
    assert!(
        verified.status.success() && text.contains(" 0 whose record does not"),
        "{text}"
    );
}

#[test]
fn what_was_acknowledged_outlives_a_killed_process_on_sqlite() {
    for rounds in batches() {
        crash(None, rounds);
    }
}

#[test]
fn what_was_acknowledged_outlives_a_killed_process_on_postgres() {
    for rounds in batches() {
        let Some(database) = TestDatabase::postgres().unwrap() else {
            return;
        };
        let Database::Postgres(url) = database.database() else {
            panic!("not PostgreSQL")
        };
        crash(Some(&url), rounds);
    }
}
