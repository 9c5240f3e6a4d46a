//! Secrets out of what is shown: by value wherever they occur and however they are written, and by the name of what holds them.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use ligand_model::secret::MASK;
use ligand_model::secret::is_secret_key;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// Shorter secrets are looked for as they are, but not inside encodings, where they would be found everywhere.
const LEAST_ENCODED: usize = 6;

/// Names that hold a secret although no configuration key is called so.
const NAMES: [&str; 10] = [
    "authorization",
    "cookie",
    "password",
    "passwd",
    "secret",
    "token",
    "session",
    "assertion",
    "signature",
    "credential",
];

/// The secrets of one instance in every spelling.
pub(super) struct Mask {
    plain: Vec<String>,
    // Longest first: one secret may be the beginning of another.
    spelled: Vec<String>,
}

impl Mask {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut plain: Vec<String> = secrets
            .into_iter()
            .filter(|secret| !secret.trim().is_empty())
            // `true`, `false` and numbers of a digit are no secrets, and would mask every URL.
            .filter(|secret| secret.len() > 1 && !matches!(*secret, "true" | "false" | "null"))
            .map(str::to_owned)
            .collect();
        longest_first(&mut plain);
        let mut spelled: Vec<String> = plain.iter().flat_map(|secret| spellings(secret)).collect();
        longest_first(&mut spelled);
        Self { plain, spelled }
    }

    /// Any text.
    pub(super) fn text(&self, text: &str) -> String {
        replace(text, &self.spelled).into_owned()
    }

    /// A header's value: credentials keep their scheme and nothing else.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        if !names_secret(name) {
            return self.text(value);
        }
        match value.split_once(' ') {
            Some((scheme, _))
                if name.to_ascii_lowercase().ends_with("authorization")
                    && scheme.len() <= 16
                    && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && !self.is_secret(scheme) =>
            {
                format!("{scheme} {MASK}")
            }
            _ => MASK.to_owned(),
        }
    }

    /// A URL, whose path and query may be percent-encoded.
    pub(super) fn url(&self, url: &str) -> String {
        let (path, query) = match url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url, None),
        };
        let path = self.text(path);
        let segments: Vec<Cow<'_, str>> = path
            .split('/')
            .map(|segment| self.encoded(segment))
            .collect();
        let mut shown = segments.join("/");
        if let Some(query) = query {
            shown.push('?');
            shown.push_str(&self.form(query));
        }
        shown
    }

    /// A query or a form.
    pub(super) fn form(&self, text: &str) -> String {
        let pairs: Vec<String> = text
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) => {
                    let decoded = decode(name);
                    if names_secret(&decoded) && !value.is_empty() {
                        format!("{}={MASK}", self.encoded(name))
                    } else {
                        format!("{}={}", self.encoded(name), self.encoded(value))
                    }
                }
                None => self.encoded(pair).into_owned(),
            })
            .collect();
        self.text(&pairs.join("&"))
    }

    /// JSON: names, texts and numbers.
    pub(super) fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Number(number) => {
                let text = number.to_string();
                if self.is_secret(&text) {
                    *value = Value::String(MASK.to_owned());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(members) => {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut member)| {
                        if names_secret(&name) && (member.is_string() || member.is_number()) {
                            member = Value::String(MASK.to_owned());
                        } else {
                            self.json(&mut member);
                        }
                        (self.text(&name), member)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn is_secret(&self, text: &str) -> bool {
        self.plain
            .iter()
            .any(|secret| text.contains(secret.as_str()))
    }

    /// A piece of a URL or form: when its decoded text holds a secret, the decoded text is shown, masked.
    fn encoded<'a>(&self, piece: &'a str) -> Cow<'a, str> {
        let once = decode(piece);
        let twice = decode(&once);
        for decoded in [once, twice] {
            if let Cow::Owned(masked) = replace(&decoded, &self.spelled) {
                let parts: Vec<String> = masked
                    .split(MASK)
                    .map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string())
                    .collect();
                return Cow::Owned(parts.join(MASK));
            }
        }
        Cow::Borrowed(piece)
    }
}

fn longest_first(texts: &mut Vec<String>) {
    texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    texts.dedup();
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn replace<'a>(text: &'a str, secrets: &[String]) -> Cow<'a, str> {
    let mut out = Cow::Borrowed(text);
    for secret in secrets {
        if out.contains(secret.as_str()) {
            out = Cow::Owned(out.replace(secret.as_str(), MASK));
        }
    }
    out
}

/// Whether something of this name holds a secret: a header, a query parameter, a member of a body.
fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_'], "");
    // A page token is no secret of the vendor's, and the first thing that one wants to see.
    let paging = ["page", "next", "cursor", "continuation", "sync", "start"];
    if name.ends_with("token") && paging.iter().any(|word| name.starts_with(word)) {
        return false;
    }
    is_secret_key(&name) || NAMES.iter().any(|word| name.contains(word))
}

/// The ways in which a secret may be written.
fn spellings(secret: &str) -> Vec<String> {
    let mut all = vec![secret.to_owned()];
    let json = Value::String(secret.to_owned()).to_string();
    all.push(json.trim_matches('"').to_owned());
    all.push(
        secret
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
    );
    let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    all.push(encoded.replace("%20", "+"));
    all.push(encoded.to_ascii_lowercase());
    all.push(encoded);
    if secret.len() >= LEAST_ENCODED {
        let hexadecimal = hex(secret.as_bytes());
        all.push(hexadecimal.to_ascii_uppercase());
        all.push(hexadecimal);
        for offset in 0..3 {
            all.extend(inside_base64(secret, offset));
        }
    }
    all.retain(|text| !text.is_empty());
    all
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a text's Base64 holds for certain when `offset` (mod 3) bytes stand before the secret in it.
fn inside_base64(secret: &str, offset: usize) -> Vec<String> {
    let bytes: Vec<u8> = std::iter::repeat_n(b' ', offset)
        .chain(secret.bytes())
        .collect();
    // The characters that other bytes have a part in are left out.
    let first = [0, 2, 3].get(offset).copied().unwrap_or(0);
    let whole = (bytes.len() * 8) / 6;
    [
        STANDARD_NO_PAD.encode(&bytes),
        URL_SAFE_NO_PAD.encode(&bytes),
    ]
    .into_iter()
    .filter_map(|text| text.get(first..whole).map(str::to_owned))
    .filter(|text| text.len() >= LEAST_ENCODED)
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "s3cret/With \"odd\" & <ends>";

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let mask = Mask::new([SECRET]);
        let basic = base64::engine::general_purpose::STANDARD;
        for written in [
            SECRET.to_owned(),
            json!({ "a": SECRET }).to_string(),
            format!("user:{}", basic.encode(format!("user:{SECRET}"))),
            format!("x={}", basic.encode(format!("us:{SECRET}:more"))),
            utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string(),
        ] {
            let shown = mask.text(&written);
            assert!(shown.contains(MASK), "{written} {shown}");
            let inner = basic.encode(SECRET);
            assert!(
                !shown.contains("s3cret") && !shown.contains(&inner),
                "{shown}"
            );
        }
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("where", &format!("a='{SECRET}'"))
            .finish();
        let url = format!(
            "https://h/p/{}/q?{form}",
            utf8_percent_encode(SECRET, NON_ALPHANUMERIC)
        );
        let shown = mask.url(&url);
        assert!(
            !shown.contains("s3cret") && shown.starts_with("https://h/p/********/q?where="),
            "{shown}"
        );
    }

    #[test]
    fn what_is_called_a_secret_is_one_whatever_its_value() {
        let mask = Mask::new([]);
        assert_eq!(
            mask.header("Authorization", "Bearer abc"),
            "Bearer ********"
        );
        assert_eq!(mask.header("authorization", "abc"), MASK);
        assert_eq!(mask.header("X-Auth-Token", "abc def"), MASK);
        assert_eq!(mask.header("Accept", "text/csv"), "text/csv");
        assert_eq!(
            mask.url("https://h/p?access_token=a&pageToken=b&q=c%20d"),
            "https://h/p?access_token=********&pageToken=b&q=c%20d"
        );
        let mut body =
            json!({"grant": {"client_secret": "x", "pin": 12}, "list": [{"password": "y"}]});
        mask.json(&mut body);
        assert_eq!(
            body,
            json!({"grant": {"client_secret": MASK, "pin": 12}, "list": [{"password": MASK}]})
        );
    }

    #[test]
    fn a_secret_number_is_masked_and_the_longer_of_two_secrets_first() {
        let mask = Mask::new(["123456", "abc", "abcdef"]);
        let mut body = json!({"n": 123_456, "t": "abcdefg abc"});
        mask.json(&mut body);
        assert_eq!(body, json!({"n": MASK, "t": "********g ********"}));
    }
}
