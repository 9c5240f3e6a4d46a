//! How many records there are in all, for vendors that tell it only when that alone is asked for: the call is made again
//! with the parameters that count, once the page is there.

use std::sync::Arc;

use ligand_model::element::{Element, Resource};

use super::content::Content;
use super::paging::Paging;
use super::plan::Sources;
use super::reply;
use super::{Exchange, State, Streaming, invalid};
use crate::json_path;
use crate::step::{Failure, Step, VendorReply};

impl Exchange {
    /// Whether the caller wants to know how many records there are.
    pub(super) fn asks_for_total(&self) -> bool {
        let asks = |name| self.call.query(name) == Some("true");
        asks("returnCount") || asks("returnTotalCount")
    }

    /// Asks the vendor for the number alone, where the caller wants it and a page does not tell it.
    pub(super) fn count(&mut self, resource: &Resource) -> Option<Step> {
        // What is filtered here is counted by nobody.
        let wanted = self.asks_for_total() && self.local.is_none() && self.total.is_none();
        if !wanted || resource.count_with.is_none() || self.streaming != Streaming::No {
            return None;
        }
        self.ask_for_count(resource).ok()
    }

    fn ask_for_count(&mut self, resource: &Resource) -> Result<Step, Failure> {
        let compiled = Arc::clone(&self.compiled);
        let mut counted = resource.clone();
        for (name, template) in resource.count_with.as_deref().into_iter().flatten() {
            let parameter = counted
                .parameters
                .iter_mut()
                .find(|p| p.kind == "value" && p.vendor_name == name.as_str());
            if let Some(parameter) = parameter {
                Arc::make_mut(parameter).name = template.as_str().into();
            }
        }
        // The whole list is counted, not what is left of it.
        let mut query = self.call.query.clone();
        query.retain(|(name, _)| !matches!(name.as_str(), "page" | "nextPage"));
        let whole =
            Paging::read(&compiled.element, resource, &self.values, &mut query).map_err(invalid)?;
        let sources = Sources {
            element: &compiled.element,
            resource: &counted,
            variables: &self.variables,
            call: &self.call,
            values: &self.values,
            setting: &self.setting,
            paging: &whole,
            previous: self.previous.as_ref(),
            patterns: &self.compiled.patterns,
            explain: self.explain,
        };
        let mut draft = sources.draft().map_err(invalid)?;
        let url = self.vendor_url(&draft.path)?;
        self.origins = draft.trail.take().unwrap_or_default();
        self.state = State::Counting;
        self.sent += 1;
        Ok(Step::Send(Box::new(draft.into_request(url, false))))
    }

    /// Takes the number and finishes the page. Where the vendor does not tell it, the page goes without, and says so.
    pub(super) fn counted(&mut self, reply: Option<&VendorReply>) -> Result<Step, Failure> {
        let Some(page) = self.counting.take() else {
            return self.begin_link();
        };
        let compiled = Arc::clone(&self.compiled);
        let resource = super::resource_of(&compiled, self.resource)?;
        self.total = reply.and_then(|reply| total(&compiled.element, resource, reply));
        if let (None, Some(paging)) = (self.total, &mut self.paging) {
            let uncounted = "the vendor did not tell how many records there are";
            paging.notice = Some(match paging.notice.take() {
                Some(notice) => format!("{notice}; {uncounted}"),
                None => uncounted.to_owned(),
            });
        }
        Ok(self.finish(resource, *page))
    }
}

/// The number in an answer that is no error.
fn total(element: &Element, resource: &Resource, reply: &VendorReply) -> Option<u64> {
    let mut content = Content::of(reply, None);
    if reply::judge(element, reply.status, &mut content).is_some() {
        return None;
    }
    let found = content.get(resource.total_count.as_deref()?)?;
    json_path::text(&found)?.parse().ok()
}
