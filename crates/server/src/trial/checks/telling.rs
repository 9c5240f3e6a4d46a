//! What came of a check, as a line that is told.

use ligand_engine::step::VendorReply;
use ligand_model::element::Resource;
use serde_json::Value;

use super::{Collection, name};
use crate::trial::{Line, Verdict};

impl Collection<'_> {
    /// What a simulator made from the declaration cannot know is what hooks do; it is not held against the element.
    pub(super) fn say(
        &mut self,
        check: &'static str,
        resource: &Resource,
        held: Result<(), String>,
    ) {
        let hooked = !resource.hooks.is_empty()
            || !self.trial.element.element.hooks.is_empty()
            || resource
                .next_resource
                .as_deref()
                .is_some_and(|next| !next.is_empty())
            || resource.kind.as_deref() == Some("java");
        let (verdict, note) = match held {
            Ok(()) => (Verdict::Pass, String::new()),
            Err(note) if note.starts_with("no record of ") => (Verdict::NotApplicable, note),
            Err(note) if self.lacks_argument(resource, &note) => (
                Verdict::NotApplicable,
                format!("it has to be told what to look for: {note}"),
            ),
            Err(note) if hooked && self.trial.generic.is_some() => (
                Verdict::NotApplicable,
                format!("scripts or chains decide what it sends: {note}"),
            ),
            Err(note) => (Verdict::Fail, note),
        };
        self.push(check, Some(name(resource)), verdict, note);
    }

    /// Whether a read failed because nobody knows here what it should look for. Of a vendor with a simulator all is known.
    fn lacks_argument(&self, resource: &Resource, note: &str) -> bool {
        let vague = note.starts_with("answered 400") || note.starts_with("answered 404");
        let queries = resource.parameters.iter().filter(|p| p.kind == "query");
        let told = |name: &str, required: bool| name == "where" || required;
        let wants = queries.clone().any(|p| told(&p.name, p.required));
        vague
            && wants
            && resource.method.eq_ignore_ascii_case("GET")
            && (self.trial.live || self.trial.generic.is_some())
    }

    pub(super) fn absent(&mut self, check: &'static str) {
        self.skip(check, "not declared");
    }

    pub(super) fn skip(&mut self, check: &'static str, note: &str) {
        self.push(check, None, Verdict::NotApplicable, note.to_owned());
    }

    fn push(&mut self, check: &'static str, call: Option<String>, verdict: Verdict, note: String) {
        self.lines.push(Line {
            resource: self.path.to_owned(),
            check,
            call,
            verdict,
            note,
        });
    }
}

pub(super) fn expect(reply: &VendorReply, status: u16) -> Result<(), String> {
    if reply.status == status {
        Ok(())
    } else {
        Err(told(reply))
    }
}

/// An answer in one line.
pub(super) fn told(reply: &VendorReply) -> String {
    let value: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let said = value
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    format!("answered {} {said}", reply.status)
        .trim()
        .to_owned()
}

pub(super) fn rows(reply: &VendorReply) -> Option<Vec<Value>> {
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Array(rows)) if reply.status == 200 => Some(rows),
        _ => None,
    }
}
