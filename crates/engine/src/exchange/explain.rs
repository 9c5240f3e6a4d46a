//! Where the parts of a vendor request came from. Nothing is kept unless the call is to be explained.

use ligand_model::element::Parameter;

use super::Exchange;
use super::draft::Draft;

/// Longest description of what set a part, in characters: a parameter's name may be a whole template.
const MOST_CHARACTERS: usize = 120;

/// The level of an element's declaration that set a part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What every request has unless something else is said.
    Default,
    /// The element's authentication.
    Authentication,
    /// The resource itself: its verb, vendor path and root key.
    Resource,
    /// A parameter of the element.
    ElementParameter,
    /// A parameter of the resource.
    ResourceParameter,
    /// The default of a parameter, of element or resource, that nobody gave a value.
    ParameterDefault,
    /// A hook.
    Hook,
}

impl Level {
    /// The word for it in an explanation.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Authentication => "authentication",
            Self::Resource => "resource",
            Self::ElementParameter => "element parameter",
            Self::ResourceParameter => "resource parameter",
            Self::ParameterDefault => "parameter default",
            Self::Hook => "hook",
        }
    }
}

/// What set one part of a vendor request. Of two for the same part the later one won.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `method`, `path`, `query`, `header`, `body`, `form`, `multipart` or `request`.
    pub part: String,
    /// The name of the query parameter, header, field or token; empty where there is only one.
    pub name: String,
    /// The level that set it.
    pub level: Level,
    /// The parameter (`query pageSize`), or the hook (`GET /hubs/crm/contacts preRequest`); empty for the other levels.
    pub by: String,
}

impl Origin {
    /// What set a part.
    pub fn new(part: &str, name: &str, level: Level, by: impl Into<String>) -> Self {
        let by: String = by.into();
        Self {
            part: part.to_owned(),
            name: name.to_owned(),
            level,
            by: by.chars().take(MOST_CHARACTERS).collect(),
        }
    }
}

impl Exchange {
    /// Keeps where the parts of each request come from.
    #[must_use]
    pub fn explained(mut self) -> Self {
        self.explain = true;
        self
    }

    /// What set the parts of the request that was asked for last, in the order it happened.
    pub fn origins(&mut self) -> Vec<Origin> {
        std::mem::take(&mut self.origins)
    }

    /// Whether the call would renew its grant or session before anything else.
    pub fn would_renew(&self) -> bool {
        self.session_expired()
    }
}

impl Draft {
    pub(super) fn note(&mut self, part: &str, name: &str, level: Level, by: &str) {
        if let Some(trail) = &mut self.trail {
            trail.push(Origin::new(part, name, level, by));
        }
    }

    /// A copy to compare with later, when it will be.
    pub(super) fn before(&self) -> Option<Box<Self>> {
        self.trail.is_some().then(|| Box::new(self.clone()))
    }

    /// Notes what a parameter set since `before`.
    pub(super) fn note_parameter(&mut self, before: &Self, parameter: &Parameter, level: Level) {
        let by = format!("{} {}", parameter.kind, parameter.name);
        let printed: Vec<String> = self.changed_query(before);
        let name = parameter.vendor_name.as_str();
        let (part, name) = match parameter.vendor_type.as_str() {
            // What a converter prints has names of its own.
            "query" if !printed.is_empty() => ("", ""),
            "bodyField" => ("body", name),
            "body" => ("body", ""),
            "bodyToken" => ("token", name),
            part @ ("query" | "path" | "header" | "form" | "multipart") => (part, name),
            _ => ("", ""),
        };
        if !part.is_empty() {
            self.note(part, name, level, &by);
        }
        for name in printed {
            self.note("query", &name, level, &by);
        }
    }

    /// Notes what a hook changed since `before`.
    pub(super) fn note_hook(&mut self, before: &Self, hook: &str) {
        if self.method != before.method {
            self.note("method", "", Level::Hook, hook);
        }
        if self.path != before.path {
            self.note("path", "", Level::Hook, hook);
        }
        for name in self.changed_query(before) {
            self.note("query", &name, Level::Hook, hook);
        }
        let mut headers: Vec<String> = Vec::new();
        for (name, _) in self.headers.iter().chain(&before.headers) {
            let known = headers.iter().any(|seen| seen.eq_ignore_ascii_case(name));
            if !known && self.header(name) != before.header(name) {
                headers.push(name.clone());
            }
        }
        for name in headers {
            self.note("header", &name, Level::Hook, hook);
        }
        if self.body_text() != before.body_text() {
            self.note("body", "", Level::Hook, hook);
        }
    }

    fn changed_query(&self, before: &Self) -> Vec<String> {
        let mut changed: Vec<String> = Vec::new();
        for (name, _) in self.query.iter().chain(&before.query) {
            let of = |draft: &'_ Self| -> Vec<String> {
                let pairs = draft.query.iter().filter(|(known, _)| known == name);
                pairs.map(|(_, value)| value.clone()).collect()
            };
            if !changed.contains(name) && of(self) != of(before) {
                changed.push(name.clone());
            }
        }
        changed
    }
}
