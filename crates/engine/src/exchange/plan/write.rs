//! Where a parameter's value goes: the draft at once, or what is put into it when all have been read.

use std::collections::BTreeMap;

use bytes::Bytes;
use ligand_model::element::Parameter;
use serde_json::Value;

use super::Sources;
use super::read::Found;
use crate::error::Error;
use crate::exchange::Part;
use crate::exchange::draft::{Draft, DraftBody};
use crate::json_path;
use crate::query::{self, Converted};
use crate::template;

/// What has been collected before it is put into the draft.
#[derive(Default)]
pub(super) struct Collected {
    path_tokens: BTreeMap<String, String>,
    body_tokens: BTreeMap<String, String>,
    /// Literals that become query values after their tokens are filled.
    query_templates: Vec<(String, String)>,
    body_template: Option<String>,
    fields: Vec<(String, Value)>,
}

impl Sources<'_> {
    pub(super) fn write(
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
    pub(super) fn fill(&self, draft: &mut Draft, collected: Collected) -> Result<(), Error> {
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
                // A body that the export itself puts on a DELETE is meant.
                .any(|p| {
                    p.vendor_type == "body"
                        && (p.kind == "value" || (p.kind == "body" && draft.method == "DELETE"))
                })
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
