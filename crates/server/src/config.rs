//! The configuration: embedded defaults, then a file, then the environment, then flags.
//!
//! `config/defaults.toml` is the reference of every key. The layers are merged as tables, then read into [`Config`].

pub mod layers;
pub mod sections;
pub mod units;

use std::path::{Path, PathBuf};

use ligand_store::vault::RootKey;
use serde::Deserialize;
use toml::Table;

pub use sections::{
    Api, Catalog, Consent, Data, Database, Format, Grants, Hooks, Http, Sandbox, Secret, Telemetry,
    Vault, Vendor,
};

/// The documented defaults, also the list of every key.
pub const DEFAULTS: &str = include_str!("config/defaults.toml");

/// Everything an operator can set.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// The listener and what callers call us.
    pub http: Http,
    /// The data folder.
    pub data: Data,
    /// The store.
    pub database: Database,
    /// The elements.
    pub catalog: Catalog,
    /// The root key.
    pub vault: Vault,
    /// Calls to vendors.
    pub vendor: Vendor,
    /// Limits of scripts.
    pub hooks: Hooks,
    /// `[grants]`
    pub grants: Grants,
    /// The shape of the API.
    pub api: Api,
    /// Log and metrics.
    pub telemetry: Telemetry,
    /// The simulated vendors.
    pub sandbox: Sandbox,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A key that nobody knows.
    #[error("{from} sets `{key}`, which is not a key of the configuration{}", meant(nearest.as_deref()))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// Where it stood.
        from: String,
        /// The key that was probably meant.
        nearest: Option<String>,
    },
    /// A value of another type than the default's.
    #[error("{from} sets `{key}` to a value of type {found}; it takes one of type {wanted}")]
    WrongType {
        /// The key.
        key: String,
        /// Where it stood.
        from: String,
        /// The type of its default.
        wanted: &'static str,
        /// The type it was given.
        found: &'static str,
    },
    /// A secret and its file in one source.
    #[error("{from} sets both `{key}` and `{other}`; one of them is enough")]
    Both {
        /// One key.
        key: String,
        /// The other.
        other: String,
        /// Where they stood.
        from: String,
    },
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that is not TOML, or a value that does not fit.
    #[error("{from} does not hold a valid configuration")]
    Malformed {
        /// Where it stood.
        from: String,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Values that do not go together.
    #[error("{0}")]
    Inconsistent(String),
}

fn meant(nearest: Option<&str>) -> String {
    nearest
        .map(|key| format!("; did you mean `{key}`?"))
        .unwrap_or_default()
}

/// Where configuration comes from, besides the defaults.
#[derive(Debug, Default)]
pub struct Sources {
    /// `--config`; none looks at [`PLACES`].
    pub file: Option<PathBuf>,
    /// The environment's variables.
    pub variables: Vec<(String, String)>,
    /// What flags set, as a layer.
    pub flags: Table,
}

/// Where a configuration file is looked for when none is named.
pub const PLACES: [&str; 2] = ["ligand.toml", "/etc/ligand/ligand.toml"];

impl Config {
    /// Merges the sources and reads the secrets that stand in files.
    ///
    /// # Errors
    /// [`Error`], which names the source and the key.
    pub fn load(sources: Sources) -> Result<Self, Error> {
        let defaults = parse(DEFAULTS, "defaults.toml")?;
        let mut table = defaults.clone();
        let file = sources.file.or_else(|| {
            PLACES
                .iter()
                .map(PathBuf::from)
                .find(|place| place.is_file())
        });
        if let Some(path) = file {
            let from = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            layers::overlay(&mut table, parse(&text, &from)?, &from)?;
        }
        let variables = sources
            .variables
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()));
        let layer = layers::environment(&defaults, variables)?;
        layers::overlay(&mut table, layer, "the environment")?;
        layers::overlay(&mut table, sources.flags, "the command line")?;
        let mut config: Self = table.try_into().map_err(|source| Error::Malformed {
            from: "the configuration".to_owned(),
            source: Box::new(source),
        })?;
        config.database.url = secret(config.database.url, &config.database.url_file)?;
        if !config.vault.key.is_empty() {
            // The stronger layer decided: from here on a named file is where the key is.
            config.vault.key_file.clear();
        }
        config.vault.key = secret(config.vault.key, &config.vault.key_file)?;
        config.check()?;
        Ok(config)
    }

    /// The documented defaults alone.
    ///
    /// # Errors
    /// None that the tests would not have found.
    pub fn defaults() -> Result<Self, Error> {
        parse(DEFAULTS, "defaults.toml")?
            .try_into()
            .map_err(|source| Error::Malformed {
                from: "defaults.toml".to_owned(),
                source: Box::new(source),
            })
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |message: String| Err(Error::Inconsistent(message));
        let http = &self.http;
        if http.tls_certificate.is_empty() != http.tls_key.is_empty() {
            return wrong(
                "http.tls_certificate and http.tls_key go together; one of them is missing".into(),
            );
        }
        for (key, value) in [
            ("http.public_url", &http.public_url),
            ("http.events_url", &http.events_url),
            ("http.console_url", &http.console_url),
        ] {
            if !value.is_empty() && !is_web_url(value) {
                return wrong(format!(
                    "{key} is `{value}`, which is not an http or https URL"
                ));
            }
        }
        for (host, origin) in &self.vendor.connect {
            if !is_web_url(origin) {
                return wrong(format!(
                    "vendor.connect maps `{host}` to `{origin}`, which is not an http or https origin"
                ));
            }
        }
        if self.api.nouns.is_empty() {
            return wrong("api.nouns is empty; the API needs one noun at least".into());
        }
        for noun in &self.api.nouns {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if noun.is_empty() || !noun.chars().all(plain) {
                return wrong(format!(
                    "api.nouns holds `{noun}`; a noun is made of a-z, 0-9 and _"
                ));
            }
        }
        if !self.vault.key.is_empty() {
            self.vault_keys()?;
            if !self.vault.key_command.is_empty() {
                return wrong(
                    "vault.key and vault.key_command both say where the key is; one of them is enough".into(),
                );
            }
        }
        Ok(())
    }

    /// The root keys that the configuration holds; none when it holds none.
    ///
    /// # Errors
    /// Not base64, or not 32 bytes.
    pub fn vault_keys(&self) -> Result<Vec<RootKey>, Error> {
        let text = self.vault.key.expose().trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        RootKey::several(text).map_err(|_| {
            Error::Inconsistent(
                "vault.key is not base64 of 32 bytes; `openssl rand -base64 32` makes one".into(),
            )
        })
    }

    /// The folder of everything we write.
    pub fn data_dir(&self) -> &Path {
        Path::new(&self.data.dir)
    }
}

fn is_web_url(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn parse(text: &str, from: &str) -> Result<Table, Error> {
    text.parse::<Table>().map_err(|source| Error::Malformed {
        from: from.to_owned(),
        source: Box::new(source),
    })
}

fn secret(given: Secret, file: &str) -> Result<Secret, Error> {
    if !given.is_empty() || file.is_empty() {
        return Ok(given);
    }
    let path = PathBuf::from(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Secret::new(text.trim())),
        Err(source) => Err(Error::Read { path, source }),
    }
}

#[cfg(test)]
mod tests;
