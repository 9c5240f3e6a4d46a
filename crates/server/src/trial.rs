//! Trying an element, and a list of what holds: with no network, by a server of its own in a temporary folder and a simulated
//! vendor, or through an instance of a running server, by reading alone.

mod asking;
mod checks;
mod describe;
mod live;
pub mod proof;
mod start;

use serde_json::{Value, json};

pub(crate) use live::run as run_live;
pub use start::run;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The element does not have it, or a simulator cannot know it.
    NotApplicable,
}

impl Verdict {
    /// The word for it in a report.
    pub const fn text(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "n/a",
        }
    }
}

/// One check of one collection.
#[derive(Debug, Clone)]
pub struct Line {
    /// The collection's path on the platform; `*` for the element as a whole.
    pub resource: String,
    /// `auth`, `list`, `page`, `get`, `create`, `read`, `update`, `delete`, `error`, `call`, `limit`.
    pub check: &'static str,
    /// The call that it was about, `GET /contacts/{id}`; none for what was not asked.
    pub call: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// What stood in the way; empty for what holds.
    pub note: String,
}

impl Line {
    /// `{resource, check, verdict, note?}`
    pub fn to_json(&self) -> Value {
        let mut value =
            json!({"resource": self.resource, "check": self.check, "verdict": self.verdict.text()});
        if let (Value::Object(members), false) = (&mut value, self.note.is_empty()) {
            members.insert("note".to_owned(), Value::String(self.note.clone()));
        }
        value
    }
}
