//! From an incoming call to a draft: every parameter read from its source and written to its destination.

mod elements;
mod names;
mod omit;
mod pattern;
mod read;
mod write;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ligand_model::element::{AuthenticationKind, Element, Parameter, Resource};

use super::draft::{Draft, DraftBody};
use super::paging::Paging;
use super::records::{self, Outside};
use super::{Level, Previous, ResourceCall, Setting};
use crate::catalog::Patterns;
use crate::error::Error;
use crate::oauth;
use crate::template;
use write::Collected;

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
    pub(super) patterns: &'a Patterns,
    /// Whether the draft keeps what set its parts.
    pub(super) explain: bool,
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
            trail: self.explain.then(Vec::new),
            ..Draft::default()
        };
        draft.set_header("Accept", "application/json");
        draft.set_header("Content-Type", "application/json");
        self.authenticate(&mut draft);
        if self.explain {
            Self::note_beginning(&mut draft);
        }
        let mut collected = Collected::default();
        let overridden = |parameter: &Parameter| {
            self.resource.parameters.iter().any(|own| {
                own.source == "request"
                    && own.vendor_type == parameter.vendor_type
                    && own.vendor_name.eq_ignore_ascii_case(&parameter.vendor_name)
            })
        };
        let mut missing = Vec::new();
        let of_element = self
            .element
            .parameters
            .iter()
            .filter(|parameter| !overridden(parameter))
            .map(|parameter| (Level::ElementParameter, parameter));
        let of_resource = self.resource.parameters.iter();
        let of_resource = of_resource.map(|parameter| (Level::ResourceParameter, parameter));
        for (level, parameter) in of_element.chain(of_resource) {
            if parameter.source == "response" {
                continue;
            }
            match self.read(parameter) {
                Some(found) => {
                    self.match_pattern(parameter, &found, &mut collected)?;
                    let before = draft.before();
                    self.write(parameter, found, &mut draft, &mut collected)?;
                    if let Some(before) = before {
                        let level = self.level(level, parameter);
                        draft.note_parameter(&before, parameter, level);
                    }
                }
                // Parts of a form are the body of such a call.
                None if parameter.kind == "body" && !self.call.parts.is_empty() => {}
                None if parameter.kind == "path" && self.goes_nowhere(parameter) => {}
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
        if let Some(shape) = &self.resource.request_shape {
            let outside = Outside::new(self.call, self.variables, self.previous);
            if let Some(body) = records::requested(shape, &outside)? {
                draft.body = DraftBody::Text(body);
                draft.note("body", "", Level::Resource, "requestShape");
            }
        }
        if let Some((name, cursor)) = self.paging.undeclared_cursor(self.resource) {
            draft.set_query(name, cursor.to_owned());
        }
        self.fill(&mut draft, collected)?;
        let root = self.resource.root_key.as_deref().unwrap_or_default();
        draft.request_root = root.split_once('|').map(|(request, _)| request.to_owned());
        Ok(draft)
    }

    /// What stands in the draft before any parameter.
    fn note_beginning(draft: &mut Draft) {
        draft.note("method", "", Level::Resource, "");
        draft.note("path", "", Level::Resource, "");
        let begun: Vec<String> = draft.headers.iter().map(|(name, _)| name.clone()).collect();
        for name in begun {
            let level = match name.as_str() {
                "Authorization" => Level::Authentication,
                _ => Level::Default,
            };
            draft.note("header", &name, level, "");
        }
    }

    /// The level of a parameter that has a value: without its default it might have had none.
    fn level(&self, level: Level, parameter: &Parameter) -> Level {
        if parameter.default_value.is_none() {
            return level;
        }
        let without = Parameter {
            default_value: None,
            ..parameter.clone()
        };
        let given = self.read(&without).and_then(|found| found.text());
        match given {
            Some(text) if !text.is_empty() => level,
            _ => Level::ParameterDefault,
        }
    }

    /// A filter that nothing reads would give wrong answers in silence.
    fn refuse_ignored_where(&self) -> Result<(), Error> {
        if self
            .call
            .query("where")
            .is_none_or(|text| text.trim().is_empty())
        {
            return Ok(());
        }
        let read = reads(self.element, self.resource, "where");
        if !read && self.resource.method.eq_ignore_ascii_case("GET") {
            return Err(Error::Invalid(format!(
                "{} {} cannot filter: the element declares no `where` for it. With `Elements-Local-Filter: true` it is \
                 filtered here.",
                self.resource.method, self.resource.path
            )));
        }
        Ok(())
    }

    /// Whether the resource's path has a token of this name.
    fn has_token(&self, name: &str) -> bool {
        self.resource.path.contains(&format!("{{{name}}}"))
    }

    /// Some exports declare a path value under a name that its path has no token for. It is not missed where the vendor's
    /// path has none either, or one that the path itself fills.
    fn goes_nowhere(&self, parameter: &Parameter) -> bool {
        let token = format!("{{{}}}", parameter.vendor_name);
        let vendor = self.resource.vendor_path.as_deref().unwrap_or_default();
        let filled = self.has_token(&parameter.vendor_name);
        !self.has_token(&parameter.name) && (filled || !vendor.contains(&token))
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
        match oauth::kind(self.element, self.values) {
            AuthenticationKind::Basic => {
                if let Some(user) = value("username") {
                    let password = value("password").unwrap_or_default();
                    let encoded = STANDARD.encode(format!("{user}:{password}"));
                    draft.set_header("Authorization", &format!("Basic {encoded}"));
                }
            }
            _ if oauth::grant_kind(self.element, self.values).is_bearer()
                && !super::obtains_grant(self.resource) =>
            {
                if let Some(token) = value("oauth.user.token") {
                    draft.set_header("Authorization", &format!("Bearer {token}"));
                }
            }
            _ => {}
        }
    }
}

/// Whether a resource or a hook takes a parameter of the query language.
pub(super) fn reads(element: &Element, resource: &Resource, name: &str) -> bool {
    let declared = resource
        .parameters
        .iter()
        .any(|p| p.kind == "query" && p.name == name);
    declared
        || resource.hooks.iter().chain(&element.hooks).any(|hook| {
            hook.body
                .as_deref()
                .is_some_and(|body| body.contains("request_expression") || body.contains(name))
        })
}
