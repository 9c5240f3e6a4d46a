//! Large files, down and up, through a server of its own whose memory is watched.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::process::Served;

const PIECE: usize = 64 * 1024;

/// A vendor that answers GET with this many bytes, and anything else with what it was sent.
pub(super) fn vendor_of(bytes: u64) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            std::thread::spawn(move || answer(stream, bytes));
        }
    });
    origin
}

/// Answers the requests of a connection until it ends.
fn answer(mut stream: TcpStream, bytes: u64) {
    let mut asked = BufReader::new(stream.try_clone().unwrap());
    while let Some(head) = head(&mut asked) {
        if head.starts_with("GET") || head.starts_with("HEAD") {
            let told = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: {bytes}\r\n\r\n"
            );
            let sent = stream.write_all(told.as_bytes());
            if sent.and_then(|()| fill(&mut stream, bytes)).is_err() {
                return;
            }
            continue;
        }
        let Some((length, begun, end)) = taken(&mut asked, &head) else {
            return;
        };
        let kind = value(&head, "content-type").unwrap_or_default();
        let told = json!({"length": length, "begun": begun, "end": end, "kind": kind,
            "announced": value(&head, "content-length")})
        .to_string();
        let whole = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{told}",
            told.len()
        );
        if stream.write_all(whole.as_bytes()).is_err() {
            return;
        }
    }
}

fn head(asked: &mut impl std::io::BufRead) -> Option<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if asked.read_line(&mut head).unwrap_or(0) == 0 {
            return None;
        }
        if head.len() - before <= 2 {
            return Some(head);
        }
    }
}

fn value(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

/// How long a body is, and its first and last bytes.
fn taken(asked: &mut impl std::io::BufRead, head: &str) -> Option<(u64, String, String)> {
    let (mut length, mut begun, mut end) = (0, Vec::new(), Vec::new());
    let mut take = |asked: &mut dyn Read, mut left: u64| {
        let mut piece = vec![0; PIECE];
        while left > 0 {
            let most = usize::try_from(left.min(PIECE as u64)).unwrap();
            let some = asked
                .read(&mut piece[..most])
                .ok()
                .filter(|some| *some > 0)?;
            left -= some as u64;
            length += some as u64;
            if begun.len() < 1024 {
                begun.extend_from_slice(&piece[..some.min(1024)]);
            }
            end.extend_from_slice(&piece[..some]);
            let from = end.len().saturating_sub(256);
            end.drain(..from);
        }
        Some(())
    };
    if let Some(announced) = value(head, "content-length") {
        take(asked, announced.parse().unwrap())?;
    } else {
        loop {
            let mut line = String::new();
            asked.read_line(&mut line).ok().filter(|some| *some > 0)?;
            let size = u64::from_str_radix(line.trim(), 16).ok()?;
            take(asked, size)?;
            asked.read_line(&mut line).ok()?;
            if size == 0 {
                break;
            }
        }
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some((length, text(begun), text(end)))
}

fn fill(out: &mut impl Write, bytes: u64) -> std::io::Result<()> {
    let piece = vec![b'x'; PIECE];
    let mut left = bytes;
    while left > 0 {
        let next = usize::try_from(left.min(PIECE as u64)).unwrap();
        out.write_all(&piece[..next])?;
        left -= next as u64;
    }
    Ok(())
}

/// Resident memory of a process: now and at most, MiB.
fn memory(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB").trim();
        kilobytes.parse::<u64>().unwrap() / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// A server with an instance of an element that takes and gives files.
struct Files {
    served: Served,
    token: String,
    _folder: tempfile::TempDir,
}

impl Files {
    fn of(bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vendor = vendor_of(bytes);
        let configuration = format!("[vendor.connect]\n\"api.stream.example\" = \"{vendor}\"\n");
        std::fs::write(folder.path().join("ligand.toml"), configuration).unwrap();
        let served = Served::start(folder.path(), &[]);
        let credentials = std::fs::read(folder.path().join("data/credentials.json")).unwrap();
        let credentials: Value = serde_json::from_slice(&credentials).unwrap();
        let (user, organization) = (
            credentials["userSecret"].as_str().unwrap(),
            credentials["organizationSecret"].as_str().unwrap(),
        );
        let mut files = Self {
            served,
            token: format!("User {user}, Organization {organization}"),
            _folder: folder,
        };
        let file = json!({"type": "multipart", "name": "file", "vendorType": "multipart", "vendorName": "content"});
        let note = json!({"type": "form", "name": "note", "vendorType": "multipart", "vendorName": "note"});
        let element = json!({"name": "Stream", "authentication": {"type": "custom"},
            "configuration": [{"key": "base.url", "defaultValue": "https://api.stream.example"}],
            "hooks": [{"type": "preRequest", "body": "done({request_vendor_headers: {'X-A': '1'}})"}],
            "resources": [{"method": "GET", "path": "/file", "vendorPath": "/f", "answer": "stream"},
                {"method": "POST", "path": "/file", "vendorPath": "/f", "parameters": [note, file]},
                {"method": "POST", "path": "/looked", "vendorPath": "/f", "parameters": [note, file],
                    "hooks": [{"type": "preRequest", "body": "done({request_vendor_body: request_body})"}]},
                {"method": "POST", "path": "/raw", "vendorPath": "/f", "parameters": [
                    {"type": "header", "name": "content-type", "vendorType": "header", "vendorName": "Content-Type"},
                    {"type": "body", "name": "body", "vendorType": "body", "vendorName": "body"}]}]});
        files.call("/elements", "application/json", &element.to_string(), 0, "");
        let made = json!({"name": "i"}).to_string();
        let (_, made) = files.call(
            "/elements/stream/instances",
            "application/json",
            &made,
            0,
            "",
        );
        let token = made["token"].as_str().unwrap();
        files.token = format!("User {user}, Element {token}");
        files
    }

    fn begin(&self, method: &str, path: &str, kind: &str, length: u64) -> TcpStream {
        let origin = self.served.runtime["baseUrl"].as_str().unwrap();
        let origin = origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(origin).unwrap();
        write!(
            stream,
            "{method} /elements/api-v2{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: {}\r\n\
             content-type: {kind}\r\ncontent-length: {length}\r\n\r\n",
            self.token
        )
        .unwrap();
        stream
    }

    /// POST of a body with so many `x` in its midst: status and answer.
    fn call(
        &self,
        path: &str,
        kind: &str,
        before: &str,
        fill_of: u64,
        after: &str,
    ) -> (u16, Value) {
        let length = (before.len() + after.len()) as u64 + fill_of;
        let mut stream = self.begin("POST", path, kind, length);
        // Who is refused in the midst may find the way closed; the answer says why.
        let _ = stream
            .write_all(before.as_bytes())
            .and_then(|()| fill(&mut stream, fill_of))
            .and_then(|()| stream.write_all(after.as_bytes()));
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.get(9..12).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    fn upload(&self, path: &str, bytes: u64, after: &str) -> (u16, Value) {
        let before = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nkept\r\n\
            --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
            Content-Type: application/x-thing\r\n\r\n";
        let after = format!("{after}\r\n--b--\r\n");
        self.call(
            path,
            "multipart/form-data; boundary=b",
            before,
            bytes,
            &after,
        )
    }
}

#[test]
fn large_files_pass_through_without_being_held() {
    let mebibytes = std::env::var("LIGAND_STREAM_MIB").map_or(96, |text| text.parse().unwrap());
    let bytes = mebibytes * 1024 * 1024;
    let files = Files::of(bytes);
    let watched = |what: &str, act: &dyn Fn()| {
        let (before, _) = memory(files.served.child.id());
        let began = std::time::Instant::now();
        act();
        let (_, most) = memory(files.served.child.id());
        let grown = most.saturating_sub(before);
        println!(
            "{what}: {mebibytes} MiB in {:?}, memory grew by {grown} MiB",
            began.elapsed()
        );
        assert!(
            grown < 32,
            "{what}: memory grew by {grown} MiB for {mebibytes}"
        );
    };
    for path in ["/file", "/passthrough/f"] {
        watched(&format!("GET {path}"), &|| {
            let mut answer = files.begin("GET", path, "text/plain", 0);
            let (mut read, mut piece) = (0, vec![0; PIECE]);
            loop {
                match answer.read(&mut piece).unwrap() {
                    0 => break,
                    some => read += some as u64,
                }
            }
            assert!(read > bytes, "{path}: only {read} bytes of {bytes} came");
        });
    }
    for path in ["/raw", "/passthrough/f"] {
        watched(&format!("POST {path}"), &|| {
            let (status, got) = files.call(path, "application/x-thing", "", bytes, "");
            assert_eq!((status, &got["length"]), (200, &json!(bytes)), "{got}");
            assert_eq!(got["kind"], "application/x-thing");
            assert_eq!(got["announced"], bytes.to_string());
        });
    }
    watched("POST /file", &|| {
        let (status, got) = files.upload("/file", bytes, "");
        assert_eq!(status, 200, "{got}");
        let kind = got["kind"].as_str().unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let begun = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nkept\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.bin\"\r\n\
             Content-Type: application/x-thing\r\n\r\n"
        );
        let end = format!("\r\n--{boundary}--\r\n");
        assert!(
            got["begun"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{begun}xxx"))
        );
        assert!(got["end"].as_str().unwrap().ends_with(&format!("xxx{end}")));
        let around = (begun.len() + end.len()) as u64;
        assert_eq!(got["length"], json!(bytes + around));
    });
}

#[test]
fn an_upload_that_is_not_whole_reaches_nobody_and_says_why() {
    let files = Files::of(0);
    let large = 6 * 1024 * 1024;
    // What stands behind a large file comes too late to be put before it.
    let late = "\r\n--b\r\nContent-Disposition: form-data; name=\"note2\"\r\n\r\nx";
    let (status, said) = files.upload("/file", large, late);
    assert_eq!(status, 400, "{said}");
    assert_eq!(
        said["message"],
        "The part `note2` stands behind a large file; put the file last."
    );
    // A small one is held, and its parts may come as they like.
    let (status, got) = files.upload("/file", 1024, late);
    assert_eq!(status, 200, "{got}");
    // What a hook looks into is held, whatever its size.
    let (status, got) = files.upload("/looked", large, late);
    assert_eq!(status, 200, "{got}");
    // A body that breaks off is no file.
    let mut stream = files.begin("POST", "/raw", "application/x-thing", large);
    fill(&mut stream, large / 2).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The server goes on.
    let (status, _) = files.call("/raw", "application/x-thing", "", large, "");
    assert_eq!(status, 200);
}
