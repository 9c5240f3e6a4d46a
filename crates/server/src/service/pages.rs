//! Page tokens: sealed outside, bound to who may use them and for what; hooks see the inner value.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ligand_model::id::OrganizationId;
use ligand_model::secret::TokenDigest;
use ligand_store::vault::{Context, DataKey};

use super::Error;

/// Query parameters that say which page, not which list.
const PAGE_PARAMETERS: [&str; 3] = ["page", "pageSize", "nextPage"];

/// The list that a page token belongs to.
#[derive(Debug)]
pub struct List {
    context: Context,
}

impl List {
    /// A list of an organization by what it lists and its query.
    pub fn new(organization: OrganizationId, what: &str, query: &[(String, String)]) -> Self {
        let mut text = String::new();
        for (name, value) in query {
            if !PAGE_PARAMETERS.contains(&name.as_str()) {
                // Lengths keep `a=b&c` apart from `a` = `b&c`.
                let _ = write!(text, "{}:{name}{}:{value}", name.len(), value.len());
            }
        }
        let digest = URL_SAFE_NO_PAD.encode(TokenDigest::of(&text).0);
        Self {
            context: Context::new(
                organization,
                "page_token",
                "next",
                format!("{what}:{digest}"),
            ),
        }
    }

    /// Seals an inner value.
    ///
    /// # Errors
    /// 500 when sealing fails.
    pub fn seal(&self, key: &DataKey, inner: &str) -> Result<String, Error> {
        Ok(URL_SAFE_NO_PAD.encode(key.seal(&self.context, inner.as_bytes())?))
    }

    /// Opens a token of this list.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn open(&self, key: &DataKey, token: &str) -> Result<String, Error> {
        URL_SAFE_NO_PAD
            .decode(token.trim_end_matches('='))
            .ok()
            .and_then(|sealed| key.open(&self.context, &sealed).ok())
            .and_then(|inner| String::from_utf8(inner.to_vec()).ok())
            .ok_or_else(|| Error::invalid("`nextPage` is not a page token of this list."))
    }
}

/// The page token of a query; empty and `null` mean the first page.
pub fn asked(query: &[(String, String)]) -> Option<&str> {
    query
        .iter()
        .find(|(name, _)| name == "nextPage")
        .map(|(_, token)| token.as_str())
        .filter(|token| !token.is_empty() && *token != "null")
}
