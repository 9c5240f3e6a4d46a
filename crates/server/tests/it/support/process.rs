//! The server as a process of its own, to be killed and replaced.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A root key that all have.
pub const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A running server; killed when the test ends early.
pub struct Process {
    child: Child,
    pub origin: String,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts `ligand serve` in a folder, which may hold a `ligand.toml`, with a data folder in it.
    pub async fn start(folder: &Path, data: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ligand"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LIGAND__") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--data", data])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let runtime = folder.join(data).join("runtime.json");
        let started = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let mut log = BufReader::new(child.stderr.take().unwrap());
            let mut said = String::new();
            while !said.contains(" is at http") {
                assert_ne!(log.read_line(&mut said).unwrap(), 0, "it ended: {said}");
            }
            // Whoever logs must be read.
            std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
            let runtime: Value = serde_json::from_slice(&std::fs::read(runtime).unwrap()).unwrap();
            let origin = runtime["baseUrl"].as_str().unwrap().to_owned();
            Self { child, origin }
        });
        started.await.unwrap()
    }

    /// SIGTERM; answers the exit code.
    pub async fn stop(self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.unwrap().success());
        self.ended().await
    }

    /// Waits until it has ended by itself; none when it was by a signal.
    pub async fn ended(mut self) -> Option<i32> {
        let ended = tokio::task::spawn_blocking(move || self.child.wait().unwrap().code());
        ended.await.unwrap()
    }

    /// A call below `/elements/api-v2`; none when the server was gone before its answer.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Option<(u16, Value)> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/elements/api-v2{path}", self.origin))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() {
            Bytes::new()
        } else {
            body.to_string().into()
        };
        // A client of its own: a connection that is kept may be one to a server that is gone.
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = request.body(Full::new(body)).unwrap();
        let (parts, body) = client.request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        let value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Some((parts.status.as_u16(), value))
    }
}
