//! A server of our own with simulated vendors, for benchmarks that must not disturb anybody else's.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::arguments::{Result, read_json};
use crate::http::{Reply, Request, query_value, send};
use crate::proxy::process::Process;

/// A running server in a folder of its own; both go when it is dropped.
pub struct Server {
    process: Process,
    folder: PathBuf,
    base: String,
    control: String,
    user: String,
    organization: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    /// Starts the binary with its sandbox on free ports.
    pub fn start(ligand: &str, name: &str) -> Result<Self> {
        Self::start_with(ligand, name, |command| {
            command.args(["--sandbox", "--sandbox-consent", "auto"]);
        })
    }

    /// Starts the binary on a free port, as `settings` wants it.
    pub fn start_with(
        ligand: &str,
        name: &str,
        settings: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mut server = Self::launch(ligand, name, settings)?;
        let made = server.folder.join("credentials.json");
        server.process.wait_until(|| made.exists())?;
        let credentials = read(&made)?;
        server.user = text(&credentials, "/userSecret");
        server.organization = text(&credentials, "/organizationSecret");
        Ok(server)
    }

    /// Starts another node on this one's database, which `settings` names.
    pub fn another(
        &self,
        ligand: &str,
        name: &str,
        settings: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let mut server = Self::launch(ligand, name, settings)?;
        server.user.clone_from(&self.user);
        server.organization.clone_from(&self.organization);
        Ok(server)
    }

    fn launch(ligand: &str, name: &str, settings: impl FnOnce(&mut Command)) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("ligand-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let mut command = Command::new(ligand);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&folder);
        settings(&mut command);
        let mut process = Process::start(&mut command, &folder.join("log"))?;
        process.wait_until(|| folder.join("runtime.json").exists())?;
        let runtime = read(&folder.join("runtime.json"))?;
        Ok(Self {
            process,
            base: text(&runtime, "/baseUrl"),
            control: text(&runtime, "/sandbox/control"),
            user: String::new(),
            organization: String::new(),
            folder,
        })
    }

    /// A call of the platform's.
    pub fn platform(&self, method: &str, path: &str, body: &Value) -> Result<Reply> {
        self.call(method, path, &self.secrets(), body)
    }

    /// What a call of the platform's is authorized by.
    pub fn secrets(&self) -> String {
        format!("User {}, Organization {}", self.user, self.organization)
    }

    /// Where a path of the API is.
    pub fn url(&self, path: &str) -> String {
        format!("{}/elements/api-v2{path}", self.base)
    }

    /// Seconds of processor time so far.
    pub fn cpu_seconds(&self) -> f64 {
        self.process.cpu_seconds()
    }

    /// A call of an account's.
    pub fn resource(&self, path: &str, token: &str) -> Result<Reply> {
        self.call("GET", path, &self.secrets_of(token), &Value::Null)
    }

    /// What an account's call is authorized by.
    pub fn secrets_of(&self, token: &str) -> String {
        format!("User {}, Element {token}", self.user)
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn call(&self, method: &str, path: &str, secrets: &str, body: &Value) -> Result<Reply> {
        let mut headers = vec![("authorization".to_owned(), secrets.to_owned())];
        let mut bytes = Vec::new();
        if !body.is_null() {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
            bytes = body.to_string().into_bytes();
        }
        send(&Request {
            method: method.to_owned(),
            url: self.url(path),
            headers,
            body: bytes,
        })
    }

    /// An order to the simulated vendors.
    pub fn control(&self, path: &str, body: &Value) -> Result {
        let reply = send(&Request {
            method: "POST".to_owned(),
            url: format!("{}{path}", self.control),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        })?;
        expect(&reply, 200)
    }

    /// Connects an account and answers its token.
    pub fn connect(&self, element: &str, name: &str) -> Result<String> {
        let code = if element == "marketo" {
            "any".to_owned()
        } else {
            self.code(element)?
        };
        let mut configuration = json!({"oauth.callback.url": "https://www.mycoolapp.com/auth",
            "oauth.api.key": "key", "oauth.api.secret": "secret"});
        if let (Value::Object(entries), "marketo") = (&mut configuration, element) {
            for (key, what) in [
                ("marketo.identity.url", "identity"),
                ("marketo.rest.url", "rest"),
            ] {
                let url = format!("https://123-ABC-456.mktorest.com/{what}");
                entries.insert(key.to_owned(), json!(url));
            }
        }
        let body = json!({"element": {"key": element}, "name": name,
            "providerData": {"code": code}, "configuration": configuration});
        self.make(&body)
    }

    /// Makes an instance and answers its token.
    pub fn make(&self, body: &Value) -> Result<String> {
        let reply = self.platform("POST", "/instances", body)?;
        expect(&reply, 200)?;
        let token = reply
            .json()
            .pointer("/token")
            .and_then(Value::as_str)
            .map(str::to_owned);
        token.ok_or_else(|| "an account without a token".to_owned())
    }

    /// The code of a consent that the simulated vendor gives at once.
    fn code(&self, element: &str) -> Result<String> {
        let path = format!(
            "/elements/{element}/oauth/url?apiKey=key&apiSecret=secret&callbackUrl=https://www.mycoolapp.com/auth"
        );
        let reply = self.platform("GET", &path, &Value::Null)?;
        expect(&reply, 200)?;
        let found = reply.json();
        let found = found.pointer("/oauthUrl").and_then(Value::as_str);
        let mut url = found.unwrap_or_default().to_owned();
        for _ in 0..5 {
            if let Some(code) = query_value(&url, "code") {
                return Ok(code);
            }
            let reply = send(&Request {
                method: "GET".to_owned(),
                url: url.clone(),
                ..Request::default()
            })?;
            reply
                .header("location")
                .unwrap_or_default()
                .clone_into(&mut url);
        }
        Err("the consent led to no code".to_owned())
    }

    /// Resident memory, MiB.
    pub fn resident(&self) -> f64 {
        self.process.resident()
    }
}

fn text(value: &Value, at: &str) -> String {
    let found = value.pointer(at).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

fn read(path: &Path) -> Result<Value> {
    read_json(&path.display().to_string())
}

/// The status that was to be answered, or what was answered instead.
pub fn expect(reply: &Reply, status: u16) -> Result {
    if reply.status == status {
        return Ok(());
    }
    Err(format!("answered {}: {}", reply.status, reply.text()))
}
