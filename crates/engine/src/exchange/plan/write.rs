//! Where a parameter's value goes: the draft at once, or what is put into it when all have been read.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use ligand_model::element::Parameter;
use ligand_model::error::Classify as _;
use serde_json::Value;

use super::read::Found;
use super::{Sources, elements, names, omit};
use crate::error::Error;
use crate::exchange::Part;
use crate::exchange::draft::{Draft, DraftBody};
use crate::json_path;
use crate::query::{self, Converted};
use crate::template;

/// What has been collected before it is put into the draft.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) path_tokens: BTreeMap<String, String>,
    body_tokens: BTreeMap<String, String>,
    /// Tokens that hold XML.
    xml: BTreeSet<String>,
    /// Literals that become query values after their tokens are filled.
    query_templates: Vec<(String, String)>,
    body_template: Option<String>,
    /// Literals that become parts of a form; they stand before the files.
    part_templates: Vec<(String, String)>,
    fields: Vec<(String, Value)>,
    /// Query parameters whose name may occur again.
    repeated: Vec<(String, String)>,
    /// A condition in WIQL, which needs a statement around it where no template brings one.
    wiql: Option<String>,
}

impl Sources<'_> {
    pub(super) fn write(
        &self,
        parameter: &Parameter,
        found: Found,
        draft: &mut Draft,
        collected: &mut Collected,
    ) -> Result<(), Error> {
        let found = omit::omitted(parameter, found)?;
        let converter = parameter.converter.as_deref().unwrap_or_default();
        if elements::makes_xml(converter) {
            collected.xml.insert(parameter.vendor_name.to_string());
        }
        let found = if converter.is_empty() {
            found
        } else if converter == "toXmlElements" {
            Found::Text(elements::xml_elements(parameter, &found)?)
        } else if converter == "toFieldNames" {
            Found::Text(names::field_names(parameter, &found))
        } else {
            match self.convert(converter, &found)? {
                // `converter:toQuickbase` names no destination: such a text is the token `query`.
                Converted::Text(text) if parameter.vendor_name.starts_with("converter:") => {
                    if parameter.vendor_type != "no-op" && !text.is_empty() {
                        collected
                            .body_tokens
                            .insert("query".to_owned(), text.clone());
                        collected.wiql = (converter == "toWiql").then_some(text);
                    }
                    return Ok(());
                }
                Converted::Text(text) => Found::Text(text),
                Converted::Query(pairs) => {
                    // These conditions stand beside others of the same name.
                    if converter == "toBazaarvoice" {
                        collected.repeated = pairs;
                    } else if parameter.vendor_type != "no-op" {
                        draft.set_query_pairs(pairs);
                    }
                    return Ok(());
                }
            }
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
                        if is_page(parameter) {
                            draft.numbers.insert(name.to_owned());
                        }
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
                (Found::Upload, _) => draft.body = DraftBody::Uploaded,
                (Found::Text(text), _) => draft.body = DraftBody::Text(Bytes::from(text)),
                (found, _) => draft.body = DraftBody::Json(found.json()),
            },
            "bodyField" => {
                collected
                    .fields
                    .push((name.to_owned(), typed(parameter, found.json())));
            }
            // Inside a vendor's statement a condition must be one condition, whatever was typed.
            "bodyToken"
                if parameter.kind == "query"
                    && parameter.name == "where"
                    && converter.is_empty() =>
            {
                let text = found.text().unwrap_or_default();
                let condition = query::parse_where(&text)
                    .map_err(|error| Error::Invalid(error.public().into_owned()))?;
                collected
                    .body_tokens
                    .insert(name.to_owned(), condition.to_string());
            }
            "bodyToken" => collect_tokens(parameter, &found, &mut collected.body_tokens),
            "form" => Self::write_form(name, &found, draft),
            "multipart" if parameter.kind == "value" => {
                let literal = found.text().unwrap_or_default();
                collected.part_templates.push((name.to_owned(), literal));
            }
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
                    uploaded: false,
                },
            }),
            _ => {}
        }
        Ok(())
    }

    fn convert(&self, converter: &str, found: &Found) -> Result<Converted, Error> {
        let dates = template::resolve(self.element, self.values, "odata.date.fields");
        let dates = dates.unwrap_or_default();
        let dates: Vec<&str> = dates
            .split(',')
            .map(str::trim)
            .filter(|d| !d.is_empty())
            .collect();
        query::convert_with(converter, &found.text().unwrap_or_default(), &dates)
            .map_err(|error| Error::Invalid(error.public().into_owned()))
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
        draft.beside = !collected.repeated.is_empty();
        draft.query.extend(collected.repeated);
        if let Some(literal) = collected.body_template {
            let token = |token: &str| collected.body_tokens.get(token).cloned();
            let filled = match literal.trim_start().as_bytes().first() {
                Some(b'{' | b'[') => template::fill_json(&literal, token),
                Some(b'<') => template::fill_tokens(&literal, |name| {
                    let value = token(name)?;
                    Some(if collected.xml.contains(name) {
                        value
                    } else {
                        template::escape_xml(&value)
                    })
                }),
                _ => template::fill_tokens(&literal, token),
            };
            draft.body = DraftBody::Text(Bytes::from(filled));
        } else if let Some(condition) = collected.wiql {
            let statement = format!("SELECT [System.Id] FROM WorkItems WHERE {condition}");
            draft.set_field("query", Value::String(statement));
        }
        for (at, (name, literal)) in collected.part_templates.iter().enumerate() {
            let token = |token: &str| collected.body_tokens.get(token).cloned();
            let json = literal.trim_start().starts_with('{');
            let filled = if json {
                template::fill_json(literal, token)
            } else {
                template::fill_tokens(literal, token)
            };
            let part = Part {
                name: name.clone(),
                file_name: None,
                content_type: json.then(|| "application/json".to_owned()),
                data: Bytes::from(filled),
                uploaded: false,
            };
            draft.insert_part(at, part);
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
            && self.resource.request_shape.is_none()
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

/// Whether hooks are to see a parameter as a number: they add and multiply pages and sizes, whatever type the export
/// declares for them.
fn is_page(parameter: &Parameter) -> bool {
    parameter.kind == "query" && matches!(parameter.name.as_str(), "page" | "pageSize")
}

/// Coerces a body member to the type the vendor declares; what does not fit stays text.
fn typed(parameter: &Parameter, value: Value) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    let parsed = || serde_json::from_str::<Value>(text).ok();
    let fits = match parameter.vendor_data_type.as_deref() {
        Some("integer" | "long" | "int") => text.trim().parse::<i64>().ok().map(Value::from),
        Some("number" | "double" | "float") => parsed().filter(Value::is_number),
        Some("boolean") => text
            .trim()
            .to_ascii_lowercase()
            .parse()
            .ok()
            .map(Value::Bool),
        Some("array") => parsed().filter(Value::is_array),
        Some("object") => parsed().filter(Value::is_object),
        _ => None,
    };
    fits.unwrap_or(value)
}

/// `body → bodyToken` named `body` offers every leaf by its dotted path; anything else is one token.
fn collect_tokens(parameter: &Parameter, found: &Found, tokens: &mut BTreeMap<String, String>) {
    if matches!(found, Found::Body(_)) && parameter.vendor_name == "body" {
        leaves(&found.json(), String::new(), tokens, 0);
    }
    // A file stands in a template by its name.
    let text = match found {
        Found::File(part) if part.file_name.is_some() => part.file_name.clone(),
        other => other.text(),
    };
    if let Some(text) = text {
        tokens.insert(parameter.vendor_name.to_string(), text);
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
