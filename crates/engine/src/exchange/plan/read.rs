//! Where a parameter's value is read from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ligand_model::element::Parameter;
use serde_json::{Value, json};

use super::Sources;
use crate::exchange::{Part, fields};
use crate::json_path;
use crate::query::{self, Comparison, Expression, Operator};
use crate::template;

/// A value on its way.
pub(super) enum Found {
    Text(String),
    Json(Value),
    /// The whole incoming body, unread.
    Body(Bytes),
    File(Part),
    /// What the caller uploads, which is not here.
    Upload,
}

impl Found {
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Json(value) => json_path::text(value),
            Self::Body(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Self::File(part) => Some(String::from_utf8_lossy(&part.data).into_owned()),
            Self::Upload => None,
        }
    }

    pub(super) fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Json(value) => value.clone(),
            Self::Body(bytes) => serde_json::from_slice(bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned())),
            // A field that came beside a file is a text.
            Self::File(part) if part.file_name.is_none() => {
                Value::String(String::from_utf8_lossy(&part.data).into_owned())
            }
            Self::File(part) => json!({
                "name": part.file_name,
                "type": part.content_type,
                "size": part.data.len(),
                "body": STANDARD.encode(&part.data),
            }),
            Self::Upload => Value::Null,
        }
    }
}

impl Sources<'_> {
    pub(super) fn read(&self, parameter: &Parameter) -> Option<Found> {
        let name = parameter.name.as_str();
        let text = |text: Option<String>| text.map(Found::Text);
        let found = match parameter.kind.as_str() {
            "query" if matches!(name, "page" | "pageSize" | "nextPage") => {
                text(self.paging.value(name))
            }
            // The default selection stands in for `fields` that nobody gave.
            "query" if name == "fields" => text(self.call.query(name).map_or_else(
                || fields::default_selection(self.element, self.resource, self.values),
                |given| Some(given.to_owned()),
            )),
            "query" if name == "where" => text(self.condition()),
            "query" => text(self.call.query(name).map(str::to_owned)),
            "path" => text(
                self.variables
                    .get(name)
                    .cloned()
                    .or_else(|| self.elsewhere(name)),
            ),
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

    /// The caller's condition, and behind the first page of a list that goes on by key, that of the key.
    fn condition(&self) -> Option<String> {
        let given = self.call.query("where").map(str::to_owned);
        let Some((field, key)) = self
            .resource
            .keyset
            .as_ref()
            .zip(self.paging.after.as_ref())
        else {
            return given;
        };
        let after = Expression::Comparison(Comparison {
            field: field.to_string(),
            operator: Operator::Greater,
            values: vec![query::Value::Text(key.clone())],
        });
        Some(match given.filter(|given| !given.trim().is_empty()) {
            Some(given) => format!("({given}) AND {after}"),
            None => after.to_string(),
        })
    }

    /// Some exports declare path parameters that their path has no token for: they come as query or body.
    fn elsewhere(&self, name: &str) -> Option<String> {
        if self.has_token(name) {
            return None;
        }
        let given = self.call.query(name).map(str::to_owned);
        given
            .filter(|text| !text.is_empty())
            .or_else(|| json_path::text(json_path::get(&self.call.json()?, name)?))
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
        if self.call.uploaded {
            return Some(Found::Upload);
        }
        (!self.call.body.is_empty()).then(|| Found::Body(self.call.body.clone()))
    }
}
