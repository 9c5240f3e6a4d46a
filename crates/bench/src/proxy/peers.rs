//! The fake vendor, nginx, Node and Ligand, each on a port of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::load;
use super::process::Process;
use super::{BODIES, Sample};
use crate::arguments::{Result, read_json};
use crate::http::{Request, send};
use crate::report::Output;

/// Everything that runs during the benchmark; ended and removed when dropped.
pub struct Peers {
    processes: Vec<Process>,
    /// Origin and path prefix of each target.
    urls: Vec<String>,
    authorization: String,
    platform: Platform,
    /// Ligand's resident memory before its first call, sandbox off, MiB: at a start, and at the very first.
    pub idle: [f64; 2],
    folder: Folder,
}

/// Which target Ligand is.
pub const LIGAND: usize = 3;

/// The token that the Node peer knows.
const NODE_TOKEN: &str = "bmRndGhlb25la25vd250b2tlbm9mdGhlYmVuY2htYXJr";

impl Peers {
    /// Starts all four and provisions an instance.
    pub fn start(ligand: &str, output: &mut Output) -> Result<Self> {
        let ligand = fs::canonicalize(ligand).map_err(|error| format!("{ligand}: {error}"))?;
        let folder = Folder::new("peers")?;
        let (proxy, node) = (free_port()?, free_port()?);
        let log = |name: &str| folder.0.join(format!("{name}.log"));
        let (vendor_process, vendor) = vendor(&folder.0)?;
        let site = format!(
            "upstream vendor {{ server 127.0.0.1:{vendor}; keepalive 64; }}
             server {{ listen 127.0.0.1:{proxy}; location / {{
                 proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection \"\";
                 proxy_set_header Authorization \"Bearer of-the-vendor\"; }} }}"
        );
        let mut proxy_process = nginx(&folder.0, "proxy-nginx", 2, &site, &log("proxy"))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/proxy.mjs");
        let mut node_process = Process::start(
            Command::new("node")
                .arg(script)
                .args([
                    node.to_string(),
                    format!("http://127.0.0.1:{vendor}"),
                    NODE_TOKEN.to_owned(),
                ])
                .env("NODE_ENV", "production"),
            &log("node"),
        )?;
        proxy_process.wait_until(|| listens(proxy))?;
        node_process.wait_until(|| listens(node))?;

        let data = folder.0.join("data");
        let config = folder.0.join("ligand.toml");
        let connect =
            format!("[vendor.connect]\n\"bench.vendor.example\" = \"http://127.0.0.1:{vendor}\"\n");
        write(&config, &connect)?;
        let runtime = data.join("runtime.json");
        let start = || -> Result<Process> {
            let _ = fs::remove_file(&runtime);
            let mut process = Process::start(
                Command::new(&ligand)
                    .args(["serve", "--listen", "127.0.0.1:0"])
                    .args([Path::new("--data"), &data, Path::new("--config"), &config])
                    .current_dir(&folder.0),
                &log("ligand"),
            )?;
            process.wait_until(|| runtime.is_file())?;
            Ok(process)
        };
        // The first start hashes a password, whose memory is given back only later; idle is what any other start is.
        let first = start()?.resident();
        let ligand_process = start()?;
        let idle = [ligand_process.resident(), first];
        let [usual, first] = idle;
        output.line(&format!(
            "Ligand is up; idle RSS {usual:.1} MiB, {first:.1} MiB at the first start"
        ));
        let runtime = read_json(&runtime.display().to_string())?;
        let credentials = read_json(&data.join("credentials.json").display().to_string())?;
        let platform = Platform::of(&runtime, &credentials)?;
        let authorization = provision(&platform)?;

        let urls = vec![
            format!("http://127.0.0.1:{vendor}/NAME.json"),
            format!("http://127.0.0.1:{proxy}/NAME.json"),
            format!("http://127.0.0.1:{node}/NAME"),
            format!("{}/hubs/general/NAME", platform.api),
        ];
        let processes = vec![vendor_process, proxy_process, node_process, ligand_process];
        let peers = Self {
            processes,
            urls,
            authorization,
            platform,
            idle,
            folder,
        };
        peers.agree()?;
        Ok(peers)
    }

    /// One run against one target.
    pub fn measure(
        &self,
        target: usize,
        body: &str,
        connections: usize,
        seconds: usize,
    ) -> Result<Sample> {
        let url = self
            .urls
            .get(target)
            .ok_or("no such target")?
            .replace("NAME", body);
        let process = self.processes.get(target).ok_or("no such target")?;
        let before = process.cpu_seconds();
        let load = load::run(&url, &self.authorization(target), connections, seconds)?;
        let cpu = (process.cpu_seconds() - before) * 1e6 / load.requests.max(1.0);
        Ok(Sample {
            load,
            cpu,
            resident: process.resident(),
        })
    }

    /// Answers to a path of the platform's.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.platform.post(path, body)
    }

    /// What Ligand answers to the instance under this name.
    pub fn ask(&self, name: &str) -> Result<Value> {
        let url = self.urls.get(LIGAND).ok_or("no such target")?;
        let reply = send(&Request {
            method: "GET".into(),
            url: url.replace("NAME", name),
            headers: vec![("Authorization".into(), self.authorization.clone())],
            body: Vec::new(),
        })?;
        if reply.status == 200 {
            Ok(reply.json())
        } else {
            Err(format!("{name}: {} {}", reply.status, reply.text()))
        }
    }

    fn authorization(&self, target: usize) -> String {
        if target == LIGAND {
            self.authorization.clone()
        } else {
            format!("Element {NODE_TOKEN}")
        }
    }

    /// Every target must answer the same JSON before anything is timed, but for nulls.
    fn agree(&self) -> Result {
        for (body, _) in BODIES {
            let mut answers = Vec::new();
            for (target, url) in self.urls.iter().enumerate() {
                let reply = send(&Request {
                    method: "GET".into(),
                    url: url.replace("NAME", body),
                    headers: vec![("Authorization".into(), self.authorization(target))],
                    body: Vec::new(),
                })?;
                if reply.status != 200 {
                    return Err(format!("{url} answers {}: {}", reply.status, reply.text()));
                }
                answers.push(without_nulls(reply.json()));
            }
            if answers.windows(2).any(|pair| pair.first() != pair.last()) {
                return Err(format!(
                    "the targets answer different bodies for {body}; see {}",
                    self.folder.0.display()
                ));
            }
        }
        Ok(())
    }
}

/// Where Ligand's own resources are, and who calls them.
struct Platform {
    api: String,
    caller: String,
}

impl Platform {
    fn of(runtime: &Value, credentials: &Value) -> Result<Self> {
        let text = |value: &Value, name: &str| {
            let found = value.get(name).and_then(Value::as_str);
            found.map(str::to_owned).ok_or(format!("no {name}"))
        };
        let base = text(runtime, "baseUrl")?;
        Ok(Self {
            api: format!("{}/elements/api-v2", base.trim_end_matches('/')),
            caller: format!(
                "User {}, Organization {}",
                text(credentials, "userSecret")?,
                text(credentials, "organizationSecret")?
            ),
        })
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let reply = send(&Request {
            method: "POST".into(),
            url: format!("{}{path}", self.api),
            headers: vec![
                ("Authorization".into(), self.caller.clone()),
                ("Content-Type".into(), "application/json".into()),
            ],
            body: body.to_string().into_bytes(),
        })?;
        if reply.status == 200 {
            Ok(reply.json())
        } else {
            Err(format!("POST {path}: {} {}", reply.status, reply.text()))
        }
    }
}

/// Imports the element, creates an instance; answers the header of a call.
fn provision(platform: &Platform) -> Result<String> {
    platform.post("/elements", &element())?;
    let instance = platform.post(
        "/instances",
        &json!({
            "element": {"key": "bench"},
            "name": "bench",
            "configuration": {"api.token": "of-the-vendor-and-as-long-as-such-tokens-usually-are-0123456789"},
        }),
    )?;
    let token = instance
        .get("token")
        .and_then(Value::as_str)
        .ok_or("no token")?;
    Ok(format!("{}, Element {token}", platform.caller))
}

/// An export as people have them: a custom key in a header, two resources.
pub fn element() -> Value {
    let resource = |name: &str| {
        json!({
            "method": "GET", "path": format!("/hubs/general/{name}"), "vendorMethod": "GET",
            "vendorPath": format!("/{name}.json"), "type": "api", "kind": "eb", "parameters": [], "hooks": [],
            "paginationType": "NO_PAGINATION", "response": {"contentType": "application/json"},
        })
    };
    json!({
        "key": "bench", "name": "Bench", "description": "The fake vendor of the benchmark", "hub": "general",
        "active": true, "authentication": {"type": "custom"}, "protocolType": "http",
        "configuration": [
            {"key": "base.url", "name": "Base URL", "description": "Where the vendor is", "type": "TEXTFIELD_1000",
             "defaultValue": "https://bench.vendor.example", "required": false},
            {"key": "api.token", "name": "Token", "description": "The vendor's key", "type": "PASSWORD", "required": true},
        ],
        "parameters": [
            {"name": "Bearer ${configuration.api.token}", "type": "value", "vendorName": "Authorization",
             "vendorType": "header", "source": "request"},
        ],
        "hooks": [],
        "resources": [resource("small"), resource("large"), resource("nulls")],
    })
}

/// Ten and five hundred contacts without a null, and five hundred that have some.
fn bodies(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    for ((name, _), count) in BODIES.into_iter().zip([10, 500, 480]) {
        let record = if name == "nulls" { holed } else { contact };
        let contacts: Vec<Value> = (0..count).map(record).collect();
        write(
            &folder.join(format!("{name}.json")),
            &Value::Array(contacts).to_string(),
        )?;
    }
    Ok(())
}

/// A record of the fake vendor's.
pub fn contact(number: usize) -> Value {
    json!({
        "id": format!("003{number:015}"), "firstName": "Ada", "lastName": format!("Lovelace {number}"),
        "email": format!("ada.{number}@example.com"), "phone": "+1 303 555 0100", "city": "Denver",
        "country": "US", "score": number * 7 % 100, "active": true,
        "updatedAt": "2026-11-21T10:00:00.000Z",
    })
}

/// The same with nulls, which Ligand takes out.
fn holed(number: usize) -> Value {
    let mut record = contact(number);
    if let Value::Object(members) = &mut record {
        for name in ["fax", "title", "phone"] {
            members.insert(name.to_owned(), Value::Null);
        }
    }
    record
}

fn without_nulls(mut value: Value) -> Value {
    for record in value.as_array_mut().into_iter().flatten() {
        if let Value::Object(members) = record {
            members.retain(|_, member| !member.is_null());
        }
    }
    value
}

/// The fake vendor, and its port.
pub fn vendor(folder: &Path) -> Result<(Process, u16)> {
    bodies(&folder.join("vendor"))?;
    let port = free_port()?;
    let site = format!(
        "server {{ listen 127.0.0.1:{port}; root {}; default_type application/json; }}",
        folder.join("vendor").display()
    );
    let log = folder.join("vendor.log");
    let mut process = nginx(folder, "vendor-nginx", 1, &site, &log)?;
    process.wait_until(|| listens(port))?;
    Ok((process, port))
}

/// An nginx of our own, in the foreground, with its own folder.
pub fn nginx(folder: &Path, name: &str, workers: usize, site: &str, log: &Path) -> Result<Process> {
    let own = folder.join(name);
    fs::create_dir_all(&own).map_err(|error| error.to_string())?;
    let place = own.display();
    // Loading Debian's dynamic modules is left out; none is used.
    let text = format!(
        "daemon off; worker_processes {workers}; pid {place}/pid; error_log {place}/error.log;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 1000000; sendfile on; tcp_nodelay on;
             client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;
             uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;
             proxy_buffers 16 16k; {site} }}\n"
    );
    let config = own.join("nginx.conf");
    write(&config, &text)?;
    // The fake vendor's files belong to us; workers of another user could not read them.
    let user = if fs::metadata("/proc/self")
        .is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
    {
        "user root;"
    } else {
        ""
    };
    let binary = ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).is_file());
    Process::start(
        Command::new(binary.unwrap_or("nginx"))
            .arg("-c")
            .arg(&config)
            .arg("-p")
            .arg(&own)
            .args(["-g", user]),
        log,
    )
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result {
    fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// A loopback port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener
        .local_addr()
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}

/// Whether somebody listens on a loopback port.
pub fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

/// A folder that goes away with its owner.
pub struct Folder(pub PathBuf);

impl Folder {
    /// Under the system's temporary folder, by what it is for.
    pub fn new(what: &str) -> Result<Self> {
        let name = format!("ligand-bench-{what}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)
            .map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
