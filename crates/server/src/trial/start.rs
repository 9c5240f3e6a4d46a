//! The surroundings of a trial: folder, simulator, server, instance.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ligand_engine::catalog::Compiled;
use ligand_model::element::AuthenticationKind;
use ligand_sim::clock::SandboxClock;
use ligand_sim::generic::Generic;
use ligand_sim::vendor::{Setting, Vendor};
use ligand_sim::{Consent, Sandbox, SandboxOptions, samples};
use serde_json::{Value, json};

use super::checks::{self, Trial};
use super::{Line, Verdict, describe};
use crate::app::system::{SystemClock, SystemEntropy};
use crate::cli::Failed;
use crate::cli::element::remote::Remote;
use crate::config::Config;
use crate::first_start::CREDENTIALS;
use crate::listener::Listener;
use crate::start::{Surroundings, assemble};
use crate::vendor::connect;
use crate::{api, runtime};

/// Where the vendor sends a browser after the consent; nobody goes there.
const CALLBACK: &str = "https://www.example.com/callback";

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed stays for the system's own cleaning.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Tries an element; `imported` when it is not one of the catalog's.
///
/// # Errors
/// Whatever keeps the trial from beginning. What the element does wrong is in the lines.
pub async fn run(
    mut config: Config,
    element: Arc<Compiled>,
    imported: bool,
) -> Result<Vec<Line>, Failed> {
    let entropy = Arc::new(SystemEntropy::new());
    let mut name = [0; 8];
    ligand_model::time::Entropy::fill(&*entropy, &mut name);
    let name = u64::from_be_bytes(name);
    let folder = Folder(std::env::temp_dir().join(format!("ligand-element-test-{name:016x}")));
    runtime::make_folder(&folder.0)?;
    config.data.dir = folder.0.display().to_string();
    config.database = Config::defaults()?.database;
    config.vault = Config::defaults()?.vault;
    config.hooks.threads = 1;
    // Each fault shows as what it is.
    config.vendor.retries = 0;

    let clock = Arc::new(SystemClock);
    let sandbox = Sandbox::start(SandboxOptions {
        listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: BTreeMap::new(),
        consent: Consent::Auto,
        clock: clock.clone(),
    })
    .await?;
    let key = element.element.key.clone();
    let mut values = describe::values(&element);
    let known = samples::of(&key);
    values.extend(known.configuration.clone());
    let hosts = describe::hosts(&element, &values);
    let mut stand_ins = sandbox.connect_map().into_iter();
    let stand_in = stand_ins.find(|(pattern, _)| {
        let meant = |host: &String| host == pattern || connect::matches(pattern, host);
        !imported && hosts.iter().any(meant)
    });
    let simulated = stand_in.is_some();
    let origins = sandbox.origins();
    let vendor = stand_in.and_then(|(_, origin)| origins.iter().find(|(_, own)| **own == origin));
    let control = vendor.and_then(|(name, _)| Some((origins.get("control")?.clone(), *name)));
    let mut around = sandbox.connect_map();
    let mut generic = None;
    let mut listening = None;
    if !simulated {
        let setting = Setting::new(
            "generic",
            Arc::new(SandboxClock::new(clock.clone())),
            Consent::Auto,
        );
        let vendor = Arc::new(Generic::new(
            Arc::new(setting),
            describe::describe(&element, &values),
        ));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener =
            ligand_sim::listener::Listener::bind(address, Arc::clone(&vendor) as Arc<dyn Vendor>)
                .await?;
        around = hosts
            .iter()
            .map(|host| (host.clone(), listener.origin()))
            .collect();
        listening = Some(listener);
        generic = Some(vendor);
    }

    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None).await?;
    let origin = listener.origin()?;
    let app = assemble(
        config,
        Surroundings {
            clock,
            entropy,
            origin: origin.clone(),
            sandbox: around,
        },
    )
    .await?;
    let served = listener.serve(
        app.clone(),
        api::router(app.clone()),
        Duration::from_secs(1),
    );
    app.spawn("listener", async move {
        served.await;
    });

    let lines = async {
        let (user, organization) = secrets(&folder.0)?;
        let remote = Remote::to(
            &app.config,
            &origin,
            format!("User {user}, Organization {organization}"),
        )?;
        if imported {
            remote
                .send("POST", "/elements", serde_json::to_vec(&element.to_json())?)
                .await?;
        }
        let made = instance(&remote, &element, &values, simulated).await;
        let (verdict, note) = match &made {
            Ok(_) => (Verdict::Pass, String::new()),
            Err(error) => (Verdict::Fail, error.to_string()),
        };
        let mut lines = vec![Line {
            resource: "*".to_owned(),
            check: "auth",
            call: None,
            verdict,
            note,
        }];
        if let Ok(token) = made {
            let trial = Trial {
                remote,
                authorization: format!("User {user}, Element {token}"),
                element: Arc::clone(&element),
                samples: if simulated {
                    known
                } else {
                    samples::Samples::default()
                },
                generic,
                control,
                live: false,
            };
            lines.extend(checks::all(&trial).await?);
        }
        Ok::<_, Failed>(lines)
    }
    .await;

    app.tasks.stop();
    app.tasks.finish(Duration::from_secs(2)).await;
    app.store.clone().close().await;
    if let Some(listening) = listening {
        listening.stop().await;
    }
    sandbox.stop().await;
    lines
}

fn secrets(folder: &Path) -> Result<(String, String), Failed> {
    let credentials: Value = serde_json::from_slice(&std::fs::read(folder.join(CREDENTIALS))?)?;
    let text = |name: &str| {
        let text = credentials.get(name).and_then(Value::as_str);
        text.map(str::to_owned)
            .ok_or_else(|| format!("{CREDENTIALS} has no `{name}`"))
    };
    Ok((text("userSecret")?, text("organizationSecret")?))
}

/// Makes an instance, with the vendor's consent where there is a vendor to give it.
async fn instance(
    remote: &Remote,
    element: &Compiled,
    values: &BTreeMap<String, String>,
    simulated: bool,
) -> Result<String, Failed> {
    let key = &element.element.key;
    let by_code = element.element.authentication.kind == AuthenticationKind::Oauth2;
    let mut configuration = values.clone();
    if element.element.entry("oauth.callback.url").is_some() {
        configuration.insert("oauth.callback.url".to_owned(), CALLBACK.to_owned());
    }
    let mut body = json!({"name": "trial", "configuration": configuration});
    if let (Value::Object(members), true) = (&mut body, by_code) {
        let code = if simulated {
            consent(remote, key).await?
        } else {
            "generic".to_owned()
        };
        members.insert("providerData".to_owned(), json!({ "code": code }));
    }
    let path = format!("/elements/{key}/instances");
    let made = remote
        .send("POST", &path, serde_json::to_vec(&body)?)
        .await?;
    let token = made.get("token").and_then(Value::as_str);
    Ok(token.ok_or("the instance has no token")?.to_owned())
}

/// Walks the consent as a browser would.
async fn consent(remote: &Remote, key: &str) -> Result<String, Failed> {
    let path = format!(
        "/elements/{key}/oauth/url?apiKey=generic&apiSecret=generic&callbackUrl={CALLBACK}"
    );
    let begun = remote.send("GET", &path, Vec::new()).await?;
    let mut url = begun
        .get("oauthUrl")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    for _ in 0..5 {
        if !url.starts_with("http://127.0.0.1") {
            break;
        }
        let reply = remote.ask("GET", &url, "", Vec::new()).await?;
        let next = reply
            .header("location")
            .ok_or("the vendor's consent leads nowhere")?;
        next.clone_into(&mut url);
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "code")
        .map(|(_, code)| code.into_owned())
        .ok_or_else(|| "the vendor's consent gave no code".into())
}
