//! What a vendor said may hold our secrets; what we pass on must not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ligand_model::secret::MASK;
use ligand_model::secret::is_secret_key;

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

/// A vendor's words in one line, for our own sentence: some say what is wrong only after a drawing of where.
pub(crate) fn line(text: &str, values: &BTreeMap<String, String>) -> String {
    let text = provider_message(text, values);
    let words: Vec<&str> = text.split_whitespace().collect();
    cap(&words.join(" "), 500).to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_what_stands_below_a_drawing() {
        let said =
            "\nSELECT Nme FROM Contact\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nme'";
        assert_eq!(
            line(said, &BTreeMap::new()),
            "SELECT Nme FROM Contact ^ ERROR at Row:1:Column:8 No such column 'Nme'"
        );
    }
}
