//! The end of one link: its root key, what is kept of it, and the link after it.

use std::sync::Arc;

use ligand_model::element::Resource;
use ligand_model::error::ErrorKind;

use super::{
    Answer, Content, Exchange, MOST_LINKS, Previous, Streaming, invalid, obtains_grant, reply,
    resource_of,
};
use crate::error::Error;
use crate::json_path;
use crate::redact;
use crate::step::{Failure, Step};

impl Exchange {
    /// Replaces the body by its root and a table by its records, once, when they are there; error bodies have none.
    pub(super) fn take_root(&mut self) {
        self.note_total();
        let compiled = Arc::clone(&self.compiled);
        let table = compiled
            .resource(self.resource)
            .and_then(|resource| resource.table.as_deref());
        let tabled = self.answer.as_ref().is_some_and(|answer| answer.rooted);
        self.narrow_to_root();
        if let Some(table) = table.filter(|_| !tabled)
            && let Some(mut answer) = self.answer.take()
        {
            if answer.failure.is_none() {
                self.take_table(table, &mut answer);
            }
            self.answer = Some(answer);
        }
    }

    fn narrow_to_root(&mut self) {
        let reads_raw = self.reads_raw();
        let Some(resource) = self.compiled.resource(self.resource) else {
            return;
        };
        let root = reply::response_root(resource.root_key.as_deref()).map(str::to_owned);
        let otherwise = resource.root_default.clone();
        let Some(answer) = &mut self.answer else {
            return;
        };
        if answer.rooted || answer.failure.is_some() {
            return;
        }
        let Some(root) = root else { return };
        // The whole body is only kept for who reads it.
        let needs_raw = answer.raw.is_none() && reads_raw;
        let found = answer.content.has(&root);
        // What a hook put in place of a call has no root.
        let otherwise = otherwise.filter(|_| !found && answer.content.is_object());
        if !found && otherwise.is_none() {
            return;
        }
        if needs_raw {
            answer.raw = Some(Box::new(answer.content.clone()));
        }
        match otherwise {
            Some(otherwise) => answer.content = Content::made(*otherwise),
            None => answer.content.narrow(&root),
        }
        answer.rooted = true;
    }

    /// Keeps the number of all records, for a caller that asks for it, before the root is taken from around them.
    fn note_total(&mut self) {
        if !self.asks_for_total() {
            return;
        }
        let place = self
            .compiled
            .resource(self.resource)
            .filter(|resource| resource.count_with.is_none())
            .and_then(|resource| resource.total_count.as_deref());
        if let (Some(place), Some(answer)) = (place, &mut self.answer)
            && !answer.rooted
            && answer.failure.is_none()
        {
            let found = answer.content.get(place);
            let text = found.and_then(|found| json_path::text(&found));
            self.total = text.and_then(|text| text.parse().ok());
        }
    }

    /// Whether anything looks into the body as it was before its root was taken.
    fn reads_raw(&self) -> bool {
        let Some(resource) = self.compiled.resource(self.resource) else {
            return false;
        };
        let element = &self.compiled.element;
        resource.not_found.is_some()
            || resource
                .next_page_key
                .as_deref()
                .is_some_and(|key| !key.is_empty())
            || !(element.hooks.is_empty() && resource.hooks.is_empty())
            || element
                .parameters
                .iter()
                .chain(&resource.parameters)
                .any(|p| p.source == "response")
    }

    /// After all hooks of a link: what must be there, what is kept, what comes next.
    pub(super) fn finish_link(&mut self) -> Result<Step, Failure> {
        self.take_root();
        let Some(mut answer) = self.answer.take() else {
            return self.begin_link();
        };
        if let Some(failure) = answer.failure {
            return Err(failure);
        }
        let compiled = Arc::clone(&self.compiled);
        let resource = resource_of(&compiled, self.resource)?;
        let next = resource.next_resource.as_deref();
        let next = next.filter(|next| !next.is_empty());
        if next.is_some() || self.repeat.is_some() {
            // What goes on into another call is parsed before it is judged.
            answer.content.value();
        }
        if let Some(failure) = self.unintelligible(resource, &mut answer) {
            return Err(failure);
        }
        let missing = |path: &str| {
            let found = answer.surrounding().get(path);
            found.is_none_or(|found| found.is_null())
        };
        if resource.not_found.as_deref().is_some_and(missing) {
            return Err(Failure {
                kind: ErrorKind::NotFound,
                status: None,
                message: "The vendor has no such record.".to_owned(),
                provider_message: None,
            });
        }
        self.keep_response_parameters(resource, &mut answer);
        self.take_shape(resource, &mut answer)?;
        if let Some(name) = &resource.wrap {
            answer.content.wrap(name);
        }
        if let Some(step) = self.next_record(&mut answer) {
            return step;
        }
        if let Some(next) = next {
            return self.next_link(next, answer);
        }
        if let Some(step) = self.walk(resource, &mut answer) {
            return step;
        }
        if let Some(step) = self.count(resource) {
            self.counting = Some(Box::new(answer));
            return Ok(step);
        }
        Ok(self.finish(resource, answer))
    }

    /// The failure of an answer that cannot be read.
    pub(super) fn unintelligible(
        &self,
        resource: &Resource,
        answer: &mut Answer,
    ) -> Option<Failure> {
        if resource.answer.is_some() || self.streaming == Streaming::Watched {
            return None;
        }
        let message = format!(
            "The vendor's answer is not {}",
            answer.content.unintelligible()?
        );
        let said: String = answer.content.text().chars().take(500).collect();
        Some(Failure {
            kind: ErrorKind::VendorUnavailable,
            status: None,
            message,
            provider_message: Some(redact::provider_message(&said, &self.values)),
        })
    }

    pub(super) fn next_link(&mut self, next: &str, mut answer: Answer) -> Result<Step, Failure> {
        self.follow(next)?;
        self.previous = Some(Previous {
            body: std::mem::take(answer.content.value()),
            headers: std::mem::take(&mut answer.headers),
        });
        self.begin_link()
    }

    /// Makes another link of the chain the one at hand.
    pub(super) fn follow(&mut self, next: &str) -> Result<(), Failure> {
        self.links += 1;
        if self.links >= MOST_LINKS {
            return Err(invalid(Error::Invalid(format!(
                "A chain of resources may have {MOST_LINKS} links; `{next}` would be one more."
            ))));
        }
        self.resource = self.compiled.chained(next).ok_or_else(|| {
            invalid(Error::Invalid(format!(
                "The next resource `{next}` is not declared."
            )))
        })?;
        Ok(())
    }

    /// `source: response` parameters: configuration taken from the answer.
    pub(super) fn keep_response_parameters(&mut self, resource: &Resource, answer: &mut Answer) {
        let parameters = self
            .compiled
            .element
            .parameters
            .iter()
            .chain(&resource.parameters);
        let mut kept = Vec::new();
        for parameter in parameters {
            if parameter.source != "response" || parameter.kind != "configuration" {
                continue;
            }
            let found = if parameter.vendor_type == "header" {
                answer
                    .headers
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(&parameter.vendor_name))
                    .map(|(_, value)| value.clone())
            } else {
                let found = answer.surrounding().get(&parameter.vendor_name);
                found.and_then(|found| json_path::text(&found))
            };
            if let Some(found) = found {
                kept.push((parameter.name.to_string(), found));
            }
        }
        let granted = kept.iter().any(|(key, _)| key == "oauth.user.token");
        if granted && obtains_grant(resource) {
            kept.push((
                "oauth.user.refresh_time".to_owned(),
                self.setting.now.0.to_string(),
            ));
        }
        for (key, value) in kept {
            self.values.insert(key.clone(), value.clone());
            self.writes.insert(key, Some(value));
        }
    }
}
