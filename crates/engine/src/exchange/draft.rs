//! The vendor request while it is being made: parameters and hooks write it, then it becomes a [`VendorRequest`].

use std::collections::BTreeSet;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{Origin, Part};
use crate::json_path;
use crate::step::VendorRequest;
use crate::template::encode_query;

/// A request in the making.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) method: String,
    /// Below `base.url`, or absolute; unfilled tokens stay for hooks to see.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// Query parameters that hooks see as numbers.
    pub(super) numbers: BTreeSet<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: DraftBody,
    /// Wraps a JSON body just before it is sent.
    pub(super) request_root: Option<String>,
    /// Whether conditions stand beside others of the same name in the path.
    pub(super) beside: bool,
    /// What set its parts; none unless the call is to be explained.
    pub(super) trail: Option<Vec<Origin>>,
}

#[derive(Debug, Clone, Default)]
pub(super) enum DraftBody {
    #[default]
    None,
    /// Text as it is sent: JSON, XML, or what a hook made.
    Text(Bytes),
    /// JSON still being assembled from fields.
    Json(Value),
    Form(Vec<(String, String)>),
    Multipart(Vec<Part>),
    /// What the caller uploads, as it is.
    Uploaded,
}

impl Draft {
    /// Sets a header, replacing one of the same name; names compare without case.
    pub(super) fn set_header(&mut self, name: &str, value: &str) {
        // Exports carry trailing spaces, and a line break would end the header.
        let value = value.trim().replace(['\r', '\n', '\0'], " ");
        match self
            .headers
            .iter_mut()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
        {
            Some((_, old)) => *old = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    pub(super) fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    pub(super) fn set_query(&mut self, name: &str, value: String) {
        self.query.retain(|(n, _)| n != name);
        self.query.push((name.to_owned(), value));
    }

    /// Sets several at once; a name may repeat among them.
    pub(super) fn set_query_pairs(&mut self, pairs: Vec<(String, String)>) {
        self.query
            .retain(|(n, _)| pairs.iter().all(|(name, _)| name != n));
        self.query.extend(pairs);
    }

    /// Sets a member of the JSON body, making the body an object when it is none.
    ///
    /// A form takes it as one more field of the form.
    pub(super) fn set_field(&mut self, path: &str, value: Value) {
        if matches!(self.body, DraftBody::Form(_) | DraftBody::Multipart(_)) {
            if let Some(text) = json_path::text(&value) {
                self.add_form(path, text);
            }
            return;
        }
        let mut body = match std::mem::take(&mut self.body) {
            DraftBody::Json(body) => body,
            DraftBody::Text(text) => serde_json::from_slice(&text).unwrap_or_default(),
            _ => Value::Null,
        };
        json_path::set(&mut body, path, value);
        self.body = DraftBody::Json(body);
    }

    pub(super) fn add_form(&mut self, name: &str, value: String) {
        match &mut self.body {
            DraftBody::Form(fields) => fields.push((name.to_owned(), value)),
            DraftBody::Multipart(parts) => parts.push(field_part(name.to_owned(), value)),
            body => *body = DraftBody::Form(vec![(name.to_owned(), value)]),
        }
    }

    /// A part before those at `at` and behind.
    pub(super) fn insert_part(&mut self, at: usize, part: Part) {
        self.add_part(part);
        if let DraftBody::Multipart(parts) = &mut self.body
            && let Some(part) = parts.pop()
        {
            parts.insert(at.min(parts.len()), part);
        }
    }

    pub(super) fn add_part(&mut self, part: Part) {
        match &mut self.body {
            DraftBody::Multipart(parts) => parts.push(part),
            DraftBody::Form(fields) => {
                let fields = std::mem::take(fields).into_iter();
                let mut parts: Vec<Part> = fields.map(|(n, v)| field_part(n, v)).collect();
                parts.push(part);
                self.body = DraftBody::Multipart(parts);
            }
            body => *body = DraftBody::Multipart(vec![part]),
        }
    }

    /// The body as text, as hooks see it.
    pub(super) fn body_text(&self) -> Option<String> {
        match &self.body {
            DraftBody::None | DraftBody::Multipart(_) | DraftBody::Uploaded => None,
            DraftBody::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            DraftBody::Json(value) => Some(value.to_string()),
            DraftBody::Form(fields) => Some(encode_form(fields)),
        }
    }

    /// Headers as a map, as hooks see them.
    pub(super) fn header_map(&self) -> Map<String, Value> {
        self.headers
            .iter()
            .map(|(n, v)| (n.clone(), Value::String(v.clone())))
            .collect()
    }

    /// Query parameters as a map; a repeated one is an array.
    pub(super) fn query_map(&self) -> Map<String, Value> {
        let mut map = Map::new();
        for (name, value) in &self.query {
            let number = self
                .numbers
                .contains(name)
                .then(|| value.parse::<i64>().ok());
            let number = number.flatten().map(Value::from);
            let value = number.unwrap_or_else(|| Value::String(value.clone()));
            match map.get_mut(name) {
                None => {
                    map.insert(name.clone(), value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        map
    }

    /// Merges what a hook said about headers; null removes one.
    pub(super) fn merge_headers(&mut self, said: &Map<String, Value>) {
        for (name, value) in said {
            match json_path::text(value) {
                None => self.remove_header(name),
                Some(value) if valid_header_name(name) => self.set_header(name, &value),
                Some(_) => {}
            }
        }
    }

    /// Merges what a hook said about query parameters; null removes one.
    pub(super) fn merge_query(&mut self, said: &Map<String, Value>) {
        for (name, value) in said {
            let now: Vec<String> = match value {
                Value::Array(values) => values.iter().filter_map(json_path::text).collect(),
                other => json_path::text(other).into_iter().collect(),
            };
            let same = self
                .query
                .iter()
                .filter(|(n, _)| n == name)
                .map(|(_, v)| v)
                .eq(now.iter());
            if !same {
                self.query.retain(|(n, _)| n != name);
                self.query
                    .extend(now.into_iter().map(|value| (name.clone(), value)));
            }
        }
    }

    /// The finished request to `url`, which holds no query of ours yet.
    pub(super) fn into_request(mut self, mut url: String, stream: bool) -> VendorRequest {
        // A parameter replaces one of its name that stands in the path.
        if let Some((address, written)) = url.split_once('?') {
            let replaced = |pair: &&str| {
                let name = pair.split('=').next().unwrap_or_default();
                let name = percent_decode_str(name).decode_utf8_lossy();
                let mut query = self.query.iter();
                !self.beside && query.any(|(known, _)| *known == name)
            };
            let kept: Vec<&str> = written.split('&').filter(|pair| !replaced(pair)).collect();
            url = match kept.join("&").as_str() {
                "" if !written.is_empty() => address.to_owned(),
                kept => format!("{address}?{kept}"),
            };
        }
        for (name, value) in &self.query {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&encode_query(name));
            url.push('=');
            url.push_str(&encode_query(value));
        }
        let root = self.request_root.take().filter(|root| !root.is_empty());
        let mut after_upload = None;
        let body = match std::mem::take(&mut self.body) {
            DraftBody::None => Bytes::new(),
            DraftBody::Text(text) => match root {
                Some(root) => wrap(&root, serde_json::from_slice(&text).ok()).unwrap_or(text),
                None => text,
            },
            DraftBody::Json(value) => match root {
                Some(root) => wrap(&root, Some(value)).unwrap_or_default(),
                None => Bytes::from(value.to_string()),
            },
            DraftBody::Form(fields) => {
                self.set_header("Content-Type", "application/x-www-form-urlencoded");
                Bytes::from(encode_form(&fields))
            }
            DraftBody::Multipart(parts) => {
                let (body, content_type, after) = encode_multipart(&parts);
                self.set_header("Content-Type", &content_type);
                after_upload = after;
                body
            }
            DraftBody::Uploaded => {
                after_upload = Some(Bytes::new());
                Bytes::new()
            }
        };
        VendorRequest {
            method: self.method.to_ascii_uppercase(),
            url,
            headers: self.headers,
            body,
            after_upload,
            stream,
            carries_application_secret: false,
        }
    }
}

/// A field of a form as a part beside files.
fn field_part(name: String, value: String) -> Part {
    Part {
        name,
        file_name: None,
        content_type: None,
        data: Bytes::from(value),
        uploaded: false,
    }
}

fn wrap(root: &str, body: Option<Value>) -> Option<Bytes> {
    let mut wrapped = Value::Object(Map::new());
    json_path::set(&mut wrapped, root, body?);
    Some(Bytes::from(wrapped.to_string()))
}

fn valid_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn encode_form(fields: &[(String, String)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode_query(name), encode_query(value)))
        .collect();
    pairs.join("&")
}

/// The boundary comes from the content, so that the same call makes the same bytes. The third part is what stands behind
/// one that is uploaded.
fn encode_multipart(parts: &[Part]) -> (Bytes, String, Option<Bytes>) {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        digest.update(part.name.as_bytes());
        digest.update(&part.data);
    }
    let digest = digest.finish();
    let half = digest
        .as_ref()
        .first_chunk::<16>()
        .copied()
        .unwrap_or_default();
    let boundary = format!("{:032x}", u128::from_be_bytes(half));
    let boundary = format!("ligand-{boundary}");
    let quoted = |text: &str| text.replace(['"', '\r', '\n'], "_");
    let mut body = Vec::new();
    let mut before = None;
    for part in parts {
        body.extend_from_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
                quoted(&part.name)
            )
            .as_bytes(),
        );
        if let Some(file) = &part.file_name {
            body.extend_from_slice(format!("; filename=\"{}\"", quoted(file)).as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        if let Some(kind) = &part.content_type {
            body.extend_from_slice(format!("Content-Type: {}\r\n", quoted(kind)).as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        if part.uploaded {
            before = Some(std::mem::take(&mut body));
        } else {
            body.extend_from_slice(&part.data);
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={boundary}");
    match before {
        Some(before) => (before.into(), kind, Some(body.into())),
        None => (body.into(), kind, None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hooks_merge_and_remove() {
        let mut draft = Draft::default();
        draft.set_header("Accept", "application/json ");
        draft.query = vec![("a".into(), "1".into()), ("b".into(), "2".into())];
        draft.merge_headers(
            json!({"accept": "text/csv", "X-A": 1, "bad name": "x"})
                .as_object()
                .unwrap(),
        );
        assert_eq!(
            draft.headers,
            [
                ("Accept".into(), "text/csv".into()),
                ("X-A".into(), "1".into())
            ]
        );
        draft.merge_headers(json!({"Accept": null}).as_object().unwrap());
        assert_eq!(draft.header("accept"), None);
        draft.merge_query(
            json!({"a": "1", "b": null, "c": ["x", "y"]})
                .as_object()
                .unwrap(),
        );
        let request = draft.into_request("https://h/p?z=0".into(), false);
        assert_eq!(request.url, "https://h/p?z=0&a=1&c=x&c=y");
    }

    #[test]
    fn a_header_value_cannot_begin_another_header() {
        let mut draft = Draft::default();
        draft.set_header("X-A", "1\r\nX-B: 2");
        assert_eq!(draft.header("X-A"), Some("1  X-B: 2"));
    }

    #[test]
    fn fields_join_a_body_and_a_root_wraps_it() {
        let mut draft = Draft {
            body: DraftBody::Text(Bytes::from_static(b"{\"a\":1}")),
            ..Draft::default()
        };
        draft.set_field("b.c", json!(2));
        draft.request_root = Some("data".into());
        let request = draft.into_request("https://h".into(), false);
        assert_eq!(request.body, r#"{"data":{"a":1,"b":{"c":2}}}"#);
    }

    #[test]
    fn multipart_names_cannot_break_out() {
        let part = Part {
            name: "file".into(),
            file_name: Some("a\".txt\r\nX: y".into()),
            content_type: Some("text/plain".into()),
            data: Bytes::from_static(b"hi"),
            uploaded: false,
        };
        let (body, kind, _) = encode_multipart(&[part]);
        let text = String::from_utf8(body.to_vec()).unwrap();
        let boundary = kind.split_once("boundary=").unwrap().1;
        assert_eq!(
            text,
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a_.txt__X: y\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--{boundary}--\r\n"
            )
        );
    }
}
