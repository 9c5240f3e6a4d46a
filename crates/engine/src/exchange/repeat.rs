//! Vendors that take one record a call, and callers who send several: `"repeat": "body"` on a resource runs its vendor
//! call, hooks included, once for every item of an incoming JSON array.

use std::collections::VecDeque;

use bytes::Bytes;
use ligand_model::element::Resource;
use serde_json::Value;

use super::content::Content;
use super::{Answer, Exchange, invalid};
use crate::error::Error;
use crate::step::{Failure, Step};

/// Most records in one call: each is a call of the vendor.
const MOST_RECORDS: usize = 100;

/// A call under way for several records.
#[derive(Debug)]
pub(super) struct Repeat {
    /// What the caller sent.
    whole: Bytes,
    waiting: VecDeque<Value>,
    answers: Vec<Value>,
    total: usize,
}

/// Whether a resource takes its records one by one.
pub(super) fn repeats(resource: &Resource) -> bool {
    resource
        .extra
        .text("repeat")
        .is_some_and(|what| what == "body")
}

impl Exchange {
    /// Takes an array of records apart before the first of them. The answer is at hand when there is none.
    pub(super) fn begin_repeat(&mut self) -> Result<Option<Answer>, Failure> {
        if self.repeat.is_some() || !repeats(self.resource()?) {
            return Ok(None);
        }
        let Some(Value::Array(records)) = self.call.json() else {
            return Ok(None);
        };
        if records.len() > MOST_RECORDS {
            return Err(invalid(Error::Invalid(format!(
                "One call takes at most {MOST_RECORDS} records here, but {} were sent; nothing was done.",
                records.len()
            ))));
        }
        let mut repeat = Repeat {
            whole: self.call.body.clone(),
            total: records.len(),
            waiting: records.into(),
            answers: Vec::new(),
        };
        let Some(first) = repeat.waiting.pop_front() else {
            return Ok(Some(Answer::made(Value::Array(Vec::new()))));
        };
        self.call.body = Bytes::from(first.to_string());
        self.repeat = Some(repeat);
        Ok(None)
    }

    /// Keeps the answer for one record and goes on to the next; after the last the answers together are the answer.
    pub(super) fn next_record(&mut self, answer: &mut Answer) -> Option<Result<Step, Failure>> {
        let repeat = self.repeat.as_mut()?;
        repeat.answers.push(std::mem::take(answer.content.value()));
        if let Some(record) = repeat.waiting.pop_front() {
            self.call.body = Bytes::from(record.to_string());
            return Some(self.begin_link());
        }
        let answers = std::mem::take(&mut repeat.answers);
        self.call.body = std::mem::take(&mut repeat.whole);
        self.repeat = None;
        answer.content = Content::made(Value::Array(answers));
        answer.raw = None;
        None
    }

    /// Says which record failed, and how many were done before it and stay done.
    pub(super) fn name_record(&self, failure: &mut Failure) {
        let Some(repeat) = self.repeat.as_ref().filter(|repeat| repeat.total > 1) else {
            return;
        };
        let done = repeat.answers.len();
        failure.message = format!(
            "Record [{done}] failed, {done} of {} were done before it: {}",
            repeat.total, failure.message
        );
    }
}
