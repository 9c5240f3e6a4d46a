//! From an incoming call to a draft: every parameter read from its source and written to its destination.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::element::{AuthenticationKind, Element, Parameter, Resource};
use serde_json::{Value, json};

use super::draft::{Draft, DraftBody};
use super::paging::Paging;
use super::{Part, Previous, ResourceCall, Setting};
use crate::error::Error;
use crate::json_path;
use crate::query::{self, Converted};
use crate::template;

/// Everything a parameter can be read from.
pub(super) struct Sources<'a> {
    pub(super) element: &'a Element,
    pub(super) resource: &'a Resource,
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) call: &'a ResourceCall,
    pub(super) values: &'a BTreeMap<String, String>,
    pub(super) setting: &'a Setting,
    pub(super) paging: &'a Paging,
    pub(super) previous: Option<&'a Previous>,
}

/// A value on its way.
enum Found {
    Text(String),
    Json(Value),
    /// The whole incoming body, unread.
    Body(Bytes),
    File(Part),
}

impl Found {
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Json(value) => json_path::text(value),
            Self::Body(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::File(part) => Some(String::from_utf8_lossy(&part.data).into_owned()),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Json(value) => value.clone(),
            Self::Body(bytes) => serde_json::from_slice(bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned())),
            Self::File(part) => json!({
                "name": part.file_name,
                "type": part.content_type,
                "size": part.data.len(),
                "body": STANDARD.encode(&part.data),
            }),
        }
    }
}

/// What has been collected before it is put into the draft.
#[derive(Default)]
struct Collected {
    path_tokens: BTreeMap<String, String>,
    body_tokens: BTreeMap<String, String>,
    /// Literals that become query values after their tokens are filled.
    query_templates: Vec<(String, String)>,
    body_template: Option<String>,
    fields: Vec<(String, Value)>,
}

impl Sources<'_> {
    /// Makes the draft.
    ///
    /// # Errors
    /// Required values that are missing, values that cannot be converted.
    pub(super) fn draft(&self) -> Result<Draft, Error> {
        let method = self
            .resource
            .vendor_method
            .as_deref()
            .filter(|method| !method.is_empty())
            .unwrap_or(&self.resource.method);
        let mut draft = Draft {
            method: method.to_ascii_uppercase(),
            ..Draft::default()
        };
        draft.set_header("Accept", "application/json");
        draft.set_header("Content-Type", "application/json");
        self.authenticate(&mut draft);
        let mut collected = Collected::default();
        let overridden = |parameter: &Parameter| {
            self.resource.parameters.iter().any(|own| {
                own.source == "request"
                    && own.vendor_type == parameter.vendor_type
                    && own.vendor_name.eq_ignore_ascii_case(&parameter.vendor_name)
            })
        };
        let mut missing = Vec::new();
        for parameter in self
            .element
            .parameters
            .iter()
            .filter(|parameter| !overridden(parameter))
            .chain(&self.resource.parameters)
        {
            if parameter.source == "response" {
                continue;
            }
            match self.read(parameter) {
                Some(found) => Self::write(parameter, found, &mut draft, &mut collected)?,
                None if parameter.required && Self::is_callers(parameter) => {
                    missing.push(format!("`{}` ({})", parameter.name, parameter.kind));
                }
                None => {}
            }
        }
        if !missing.is_empty() {
            return Err(Error::Invalid(format!(
                "Missing required parameter: {}",
                missing.join(", ")
            )));
        }
        self.refuse_ignored_where()?;
        self.fill(&mut draft, collected)?;
        let root = self.resource.root_key.as_deref().unwrap_or_default();
        draft.request_root = root.split_once('|').map(|(request, _)| request.to_owned());
        Ok(draft)
    }

    /// A filter that nothing reads would give wrong answers in silence.
    fn refuse_ignored_where(&self) -> Result<(), Error> {
        let given = self
            .call
            .query("where")
            .is_some_and(|text| !text.trim().is_empty());
        let read = self
            .resource
            .parameters
            .iter()
            .any(|p| p.kind == "query" && p.name == "where")
            || self
                .resource
                .hooks
                .iter()
                .chain(&self.element.hooks)
                .any(|hook| {
                    hook.body.as_deref().is_some_and(|body| {
                        body.contains("request_expression") || body.contains("where")
                    })
                });
        if given && !read && self.resource.method.eq_ignore_ascii_case("GET") {
            return Err(Error::Invalid(format!(
                "{} {} cannot filter: the element declares no `where` for it.",
                self.resource.method, self.resource.path
            )));
        }
        Ok(())
    }

    /// Whether a missing value is the caller's to give.
    fn is_callers(parameter: &Parameter) -> bool {
        matches!(
            parameter.kind.as_str(),
            "query" | "path" | "header" | "body" | "bodyField" | "form" | "multipart"
        )
    }

    fn authenticate(&self, draft: &mut Draft) {
        let value = |key: &str| {
            template::resolve(self.element, self.values, key).filter(|value| !value.is_empty())
        };
        match self.element.authentication.kind {
            AuthenticationKind::Basic => {
                if let Some(user) = value("username") {
                    let password = value("password").unwrap_or_default();
                    let encoded = STANDARD.encode(format!("{user}:{password}"));
                    draft.set_header("Authorization", &format!("Basic {encoded}"));
                }
            }
            AuthenticationKind::Oauth2 | AuthenticationKind::Oauth2Password
                if !super::obtains_grant(self.resource) =>
            {
                if let Some(token) = value("oauth.user.token") {
                    draft.set_header("Authorization", &format!("Bearer {token}"));
                }
            }
            _ => {}
        }
    }

    fn read(&self, parameter: &Parameter) -> Option<Found> {
        let name = parameter.name.as_str();
        let text = |text: Option<String>| text.map(Found::Text);
        let found = match parameter.kind.as_str() {
            "query" if matches!(name, "page" | "pageSize" | "nextPage") => {
                text(self.paging.value(name))
            }
            "query" => text(self.call.query(name).map(str::to_owned)),
            "path" => text(self.variables.get(name).cloned()),
            // The platform's own credential is not the vendor's business.
            "header" if name.eq_ignore_ascii_case("authorization") => None,
            "header" => text(self.call.header(name).map(str::to_owned)),
            "body" => self.body(name),
            "bodyField" => self
                .call
                .json()
                .as_ref()
                .and_then(|body| json_path::get(body, name))
                .cloned()
                .map(Found::Json),
            "form" => text(self.call.form(name)),
            "multipart" => self.call.part(name).cloned().map(Found::File),
            "configuration" => {
                text(template::resolve(self.element, self.values, name).filter(|v| !v.is_empty()))
            }
            "value" => text(Some(template::interpolate(
                name,
                self.element,
                self.values,
                &self.setting.webhook_callback_url,
            ))),
            "prevBody" => self
                .previous
                .map(|previous| Found::Json(previous.body.clone())),
            "prevBodyField" => self
                .previous
                .and_then(|previous| json_path::get(&previous.body, name))
                .filter(|value| !value.is_null())
                .cloned()
                .map(Found::Json),
            _ => None,
        };
        let empty = match &found {
            None => true,
            Some(Found::Text(text)) => text.is_empty() && parameter.kind != "value",
            Some(Found::Body(bytes)) => bytes.is_empty(),
            Some(_) => false,
        };
        match &parameter.default_value {
            Some(default) if empty => Some(Found::Text(template::interpolate(
                default,
                self.element,
                self.values,
                &self.setting.webhook_callback_url,
            ))),
            // An empty query value is sent as given, but `where=` is no filter.
            _ if empty && (parameter.kind != "query" || name == "where") => None,
            _ => found,
        }
    }

    /// With one body parameter the name is documentation; with several each is a top-level field.
    fn body(&self, name: &str) -> Option<Found> {
        let several = self
            .resource
            .parameters
            .iter()
            .filter(|p| p.kind == "body" && p.source == "request")
            .count()
            > 1;
        if several {
            let body = self.call.json()?;
            return body.get(name).cloned().map(Found::Json);
        }
        (!self.call.body.is_empty()).then(|| Found::Body(self.call.body.clone()))
    }

    fn write(
        parameter: &Parameter,
        found: Found,
        draft: &mut Draft,
        collected: &mut Collected,
    ) -> Result<(), Error> {
        let found = match parameter
            .converter
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            None => found,
            Some(converter) => match query::convert(converter, &found.text().unwrap_or_default())
                .map_err(|error| {
                    Error::Invalid(ligand_model::error::Classify::public(&error).into_owned())
                })? {
                Converted::Text(text) => Found::Text(text),
                Converted::Query(pairs) => {
                    if parameter.vendor_type != "no-op" {
                        for (name, value) in pairs {
                            draft.set_query(&name, value);
                        }
                    }
                    return Ok(());
                }
            },
        };
        let name = parameter.vendor_name.as_str();
        match parameter.vendor_type.as_str() {
            "query" => match (&found, parameter.kind.as_str()) {
                (_, "value") => {
                    let literal = found.text().unwrap_or_default();
                    collected.query_templates.push((name.to_owned(), literal));
                }
                (Found::Body(_), _) => {
                    if let Value::Object(members) = found.json() {
                        for (name, value) in members {
                            if let Some(text) = json_path::text(&value) {
                                draft.set_query(&name, text);
                            }
                        }
                    }
                }
                _ => {
                    if let Some(text) = found.text() {
                        draft.set_query(name, text);
                    }
                }
            },
            "path" => {
                if let Some(text) = found.text() {
                    let name = name.trim_start_matches('{').trim_end_matches('}');
                    collected.path_tokens.insert(name.to_owned(), text);
                }
            }
            "header" => match found.text() {
                Some(text) if text != "null" => draft.set_header(name, &text),
                Some(_) => draft.remove_header(name),
                None => {}
            },
            "body" => match (found, parameter.kind.as_str()) {
                (Found::Text(literal), "value") => collected.body_template = Some(literal),
                (Found::Body(bytes), _) => draft.body = DraftBody::Text(bytes),
                (Found::Text(text), _) => draft.body = DraftBody::Text(Bytes::from(text)),
                (found, _) => draft.body = DraftBody::Json(found.json()),
            },
            "bodyField" => {
                collected
                    .fields
                    .push((name.to_owned(), typed(parameter, found.json())));
            }
            "bodyToken" => collect_tokens(parameter, &found, &mut collected.body_tokens),
            "form" => Self::write_form(name, &found, draft),
            "multipart" => draft.add_part(match found {
                Found::File(part) => Part {
                    name: name.to_owned(),
                    ..part
                },
                other => Part {
                    name: name.to_owned(),
                    file_name: None,
                    content_type: None,
                    data: Bytes::from(other.text().unwrap_or_default()),
                },
            }),
            _ => {}
        }
        Ok(())
    }

    fn write_form(name: &str, found: &Found, draft: &mut Draft) {
        match found {
            Found::Body(_) if name == "body" => {
                if let Value::Object(members) = found.json() {
                    for (name, value) in members {
                        if let Some(text) = json_path::text(&value) {
                            draft.add_form(&name, text);
                        }
                    }
                }
            }
            other => {
                if let Some(text) = other.text() {
                    draft.add_form(name, text);
                }
            }
        }
    }

    /// Puts templates, tokens and fields into the draft.
    fn fill(&self, draft: &mut Draft, collected: Collected) -> Result<(), Error> {
        for (name, literal) in collected.query_templates {
            let filled =
                template::fill_tokens(&literal, |token| collected.body_tokens.get(token).cloned());
            draft.set_query(&name, filled);
        }
        if let Some(literal) = collected.body_template {
            let token = |token: &str| collected.body_tokens.get(token).cloned();
            let filled = match literal.trim_start().as_bytes().first() {
                Some(b'{' | b'[') => template::fill_json(&literal, token),
                Some(b'<') => {
                    template::fill_tokens(&literal, |name| Some(xml_inside(&token(name)?)))
                }
                _ => template::fill_tokens(&literal, token),
            };
            draft.body = DraftBody::Text(Bytes::from(filled));
        }
        for (path, value) in collected.fields {
            draft.set_field(&path, value);
        }
        let path = self.resource.vendor_path.as_deref().unwrap_or_default();
        let token = |name: &str| {
            collected
                .path_tokens
                .get(name)
                .or_else(|| self.variables.get(name))
                .cloned()
                .or_else(|| {
                    self.element.entry(name)?;
                    template::resolve(self.element, self.values, name).filter(|v| !v.is_empty())
                })
        };
        let absolute = path.starts_with("https://") || path.starts_with("http://");
        draft.path = if absolute || self.begins_with_url(path) {
            template::fill_url(path, token)?
        } else {
            template::fill_path(path, token)?
        };
        if matches!(draft.method.as_str(), "GET" | "HEAD" | "DELETE")
            && matches!(&draft.body, DraftBody::Text(_))
            && !self
                .resource
                .parameters
                .iter()
                .any(|p| p.kind == "value" && p.vendor_type == "body")
        {
            draft.body = DraftBody::None;
        }
        Ok(())
    }

    /// A path such as `{marketo.identity.url}/oauth/token` begins with a configuration value that is a URL.
    fn begins_with_url(&self, path: &str) -> bool {
        let name = path
            .trim_start_matches('{')
            .split('}')
            .next()
            .unwrap_or_default();
        template::resolve(self.element, self.values, name)
            .is_some_and(|value| value.starts_with("https://") || value.starts_with("http://"))
    }
}

/// Coerces a body member to the type the vendor declares.
fn typed(parameter: &Parameter, value: Value) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    match parameter.vendor_data_type.as_deref() {
        Some("integer" | "long" | "int") => text.parse::<i64>().map_or(value, Value::from),
        Some("number" | "double" | "float") => serde_json::from_str(text).unwrap_or(value),
        Some("boolean") => text.parse::<bool>().map_or(value, Value::from),
        _ => value,
    }
}

/// `body → bodyToken` named `body` offers every leaf by its dotted path; anything else is one token.
fn collect_tokens(parameter: &Parameter, found: &Found, tokens: &mut BTreeMap<String, String>) {
    if matches!(found, Found::Body(_)) && parameter.vendor_name == "body" {
        leaves(&found.json(), String::new(), tokens, 0);
    }
    if let Some(text) = found.text() {
        tokens.insert(parameter.vendor_name.clone(), text);
    }
}

fn leaves(value: &Value, path: String, tokens: &mut BTreeMap<String, String>, depth: u8) {
    match value {
        Value::Object(members) if depth < 32 => {
            for (name, value) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                leaves(value, path, tokens, depth + 1);
            }
        }
        other => {
            if let Some(text) = json_path::text(other) {
                tokens.insert(path, text);
            }
        }
    }
}

fn xml_inside(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}
