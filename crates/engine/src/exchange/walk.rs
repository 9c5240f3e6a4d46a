//! Vendors that lead from page to page by cursor alone, and callers who name a page by its number: the pages before it
//! are walked through, and past the last page there is nothing.

use ligand_model::element::Resource;
use serde_json::Value;

use super::content::Content;
use super::finish::next_cursor;
use super::paging::{self, Paging};
use super::{Answer, Exchange, invalid};
use crate::error::Error;
use crate::step::{Failure, Step};

/// The farthest page by number: each before it is a call of the vendor.
const FARTHEST: u64 = 20;

/// Whether a resource takes a cursor and no number.
fn only_by_cursor(resource: &Resource) -> bool {
    resource.method.eq_ignore_ascii_case("GET")
        && resource
            .next_page_key
            .as_deref()
            .is_some_and(|key| !key.is_empty())
        && paging::declares(resource, "nextPage")
        && !paging::declares(resource, "page")
}

impl Exchange {
    /// Goes on to the page asked for by number, or leaves the answer as it is.
    pub(super) fn walk(
        &mut self,
        resource: &Resource,
        answer: &mut Answer,
    ) -> Option<Result<Step, Failure>> {
        let paging = self.paging.as_ref()?;
        let left = match self.pages_left {
            Some(left) => left,
            None if paging.cursor.is_some() || !only_by_cursor(resource) => return None,
            None => paging.page - 1,
        };
        if left == 0 {
            return None;
        }
        if left >= FARTHEST {
            return Some(Err(invalid(Error::Invalid(format!(
                "This list goes on by `nextPage`; by number it reaches page {FARTHEST} only."
            )))));
        }
        let Some(cursor) = next_cursor(resource, answer) else {
            if answer.content.is_list() {
                answer.content = Content::made(Value::Array(Vec::new()));
                answer.raw = None;
            }
            return None;
        };
        self.pages_left = Some(left - 1);
        self.call.query.retain(|(name, _)| name != "nextPage");
        let token = Paging::next_cursor(&cursor, &[]);
        self.call.query.push(("nextPage".to_owned(), token));
        Some(self.begin_link())
    }
}
