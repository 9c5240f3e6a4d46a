//! `--name value` pairs of the command line.

use std::collections::BTreeMap;

/// What every function of this crate answers; the text is for the person at the terminal.
pub type Result<T = ()> = std::result::Result<T, String>;

/// The given flags.
pub struct Arguments(BTreeMap<String, String>);

impl Arguments {
    /// Reads pairs; a flag without a value is an error.
    pub fn read(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let mut flags = BTreeMap::new();
        while let Some(flag) = given.next() {
            let name = flag
                .strip_prefix("--")
                .ok_or(format!("`{flag}` is no flag"))?;
            let value = given.next().ok_or(format!("{flag} takes a value"))?;
            flags.insert(name.to_owned(), value);
        }
        Ok(Self(flags))
    }

    /// The value of a flag.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a flag that must be given.
    pub fn need(&self, name: &str) -> Result<&str> {
        self.get(name).ok_or(format!("--{name} is missing"))
    }

    /// A number, or its default.
    pub fn number(&self, name: &str, default: usize) -> Result<usize> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .map_err(|_| format!("--{name} takes a number, not `{text}`")),
        }
    }
}

/// Reads a JSON file.
pub fn read_json(path: &str) -> Result<serde_json::Value> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{path} is not JSON: {error}"))
}
