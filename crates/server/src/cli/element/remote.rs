//! The running server as the command line reaches it.

use std::path::Path;
use std::time::Duration;

use ligand_engine::step::{VendorReply, VendorRequest};
use serde_json::Value;
use tokio::time::Instant;

use super::super::Failed;
use crate::config::Config;
use crate::config::units::Network;
use crate::first_start::CREDENTIALS;
use crate::runtime::{self, Runtime};
use crate::vendor::client::Client;
use crate::vendor::connect::ConnectMap;
use crate::vendor::guard::Guard;
use crate::vendor::tls;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server and the credentials to use there.
pub(crate) struct Remote {
    client: Client,
    base: String,
    authorization: String,
}

impl Remote {
    /// Finds the server and its credentials: what is given, else what stands in the data folder.
    pub(crate) fn open(
        config: &Config,
        url: Option<&str>,
        credentials: Option<&Path>,
    ) -> Result<Self, Failed> {
        let folder = config.data_dir();
        let origin = if let Some(url) = url {
            url.to_owned()
        } else {
            let path = folder.join(runtime::FILE);
            let bytes = read(&path, "is the server running? else say --url")?;
            serde_json::from_slice::<Runtime>(&bytes)
                .map_err(|error| format!("{}: {error}", path.display()))?
                .base_url
        };
        let path = credentials.map_or_else(|| folder.join(CREDENTIALS), Path::to_owned);
        let bytes = read(&path, "say --credentials")?;
        let secrets: Value = serde_json::from_slice(&bytes)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let secret = |name: &str| {
            let text = secrets.get(name).and_then(Value::as_str);
            text.ok_or_else(|| format!("{} has no `{name}`", path.display()))
        };
        let authorization = format!(
            "User {}, Organization {}",
            secret("userSecret")?,
            secret("organizationSecret")?
        );
        Self::to(config, &origin, authorization)
    }

    /// A server with these credentials.
    pub(crate) fn to(config: &Config, origin: &str, authorization: String) -> Result<Self, Failed> {
        // It is the operator who says where to go: nothing is forbidden here.
        let everywhere = ["0.0.0.0/0", "::/0"].into_iter().filter_map(Network::parse);
        let guard = Guard::new(ConnectMap::default(), everywhere.collect());
        let tls = tls::client(&config.vendor.ca_file)?;
        let noun = config.api.nouns.first().map_or("element", String::as_str);
        Ok(Self {
            client: Client::new(&config.vendor, guard, tls, std::sync::Arc::default()),
            base: format!("{}/{noun}s/api-v2", origin.trim_end_matches('/')),
            authorization,
        })
    }

    /// The same user with an instance's token.
    #[cfg(feature = "sandbox")]
    pub(crate) fn with_token(&self, token: &str) -> String {
        let user = self.authorization.split(',').next().unwrap_or_default();
        format!("{user}, Element {token}")
    }

    /// Any call; `url` is a path of the API or absolute. Every answer is one, whatever its status.
    pub(crate) async fn ask(
        &self,
        method: &str,
        url: &str,
        authorization: &str,
        body: Vec<u8>,
    ) -> Result<VendorReply, Failed> {
        let body = (body, "application/json");
        self.ask_with(method, url, authorization, body).await
    }

    /// The same with a body of another kind.
    pub(crate) async fn ask_with(
        &self,
        method: &str,
        url: &str,
        authorization: &str,
        (body, kind): (Vec<u8>, &str),
    ) -> Result<VendorReply, Failed> {
        let mut headers = Vec::new();
        if !authorization.is_empty() {
            headers.push(("Authorization".to_owned(), authorization.to_owned()));
        }
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), kind.to_owned()));
        }
        let url = if url.starts_with('/') {
            format!("{}{url}", self.base)
        } else {
            url.to_owned()
        };
        let request = VendorRequest {
            method: method.to_owned(),
            url,
            headers,
            body: body.into(),
            after_upload: None,
            stream: false,
            carries_application_secret: false,
        };
        let answered = self.client.send(request, Instant::now() + PATIENCE).await;
        let answer = answered
            .map_err(|error| format!("the server at {} does not answer: {error}", self.base))?;
        Ok(answer.reply)
    }

    /// A call of the platform; a failure is the server's own sentence.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Value, Failed> {
        let reply = self.ask(method, path, &self.authorization, body).await?;
        let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        if (200..300).contains(&reply.status) {
            return Ok(value);
        }
        let said = value.get("message").and_then(Value::as_str);
        Err(format!(
            "{} ({})",
            said.unwrap_or("the server refused"),
            reply.status
        )
        .into())
    }
}

fn read(path: &Path, hint: &str) -> Result<Vec<u8>, Failed> {
    std::fs::read(path)
        .map_err(|error| format!("cannot read {}: {error}; {hint}", path.display()).into())
}
