//! What a vendor said may hold our secrets; what we pass on must not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ligand_model::configuration::is_secret_key;
use ligand_model::secret::MASK;

/// Longest text of a vendor that reaches a caller, in bytes.
const MOST_BYTES: usize = 4096;

/// The vendor's own words for `providerMessage`: capped, with every secret of the instance masked.
pub(crate) fn provider_message(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = Cow::Borrowed(cap(text.trim(), MOST_BYTES));
    for (key, secret) in values {
        if secret.len() >= 6 && is_secret_key(key) && out.contains(secret.as_str()) {
            out = Cow::Owned(out.replace(secret.as_str(), MASK));
        }
    }
    out.into_owned()
}

/// One line of a vendor's words, for our own sentence.
pub(crate) fn line(text: &str, values: &BTreeMap<String, String>) -> String {
    let text = provider_message(text, values);
    cap(text.lines().next().unwrap_or_default(), 500).to_owned()
}

fn cap(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
