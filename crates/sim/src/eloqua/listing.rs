//! What all REST lists share: search, order, paging, depth, and the envelope.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::entity::{Depth, text};
use super::search::{Search, order, read_order};
use crate::call::Call;
use crate::record_store::Record;

/// One page may hold this much, and does when nothing is asked.
const MOST: usize = 1000;

/// The query parameters of a list.
pub struct Query {
    search: Search,
    order: Option<(String, bool)>,
    since: Option<String>,
    count: usize,
    page: usize,
    /// How much of each object is shown.
    pub depth: Depth,
}

impl Query {
    /// Reads them; `limit` is taken for `count` since clients send it, page 0 is page 1.
    ///
    /// # Errors
    /// The 400 body when a number is none or out of range.
    pub fn read(call: &Call) -> Result<Self, Value> {
        let number = |name: &str, otherwise: usize, most: usize| match call.query(name) {
            None | Some("") => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|n| *n <= most)
                .ok_or_else(|| {
                    json!([{
                        "type": "EndpointParameterError", "parameter": name, "value": text,
                        "requirement": {"type": "NumericRangeRequirement"},
                    }])
                }),
        };
        let limit = number("limit", MOST, usize::MAX)?.clamp(1, MOST);
        Ok(Self {
            search: Search::parse(call.query("search").unwrap_or_default()),
            order: call.query("orderBy").and_then(read_order),
            since: call
                .query("lastUpdatedAt")
                .filter(|t| !t.is_empty())
                .map(str::to_owned),
            count: number("count", limit, MOST)?.max(1),
            page: number("page", 1, usize::MAX)?.max(1),
            depth: Depth::read(call.query("depth"), Depth::Minimal),
        })
    }

    /// The envelope over the records that match, in order, one page of them.
    pub fn answer<'a>(
        &self,
        records: impl Iterator<Item = &'a Record>,
        property: impl for<'r> Fn(&'r Record, &str) -> Option<Cow<'r, str>>,
        show: impl Fn(&Record) -> Value,
    ) -> Value {
        let mut found: Vec<&Record> = records
            .filter(|record| self.search.admits(|name| property(record, name)))
            .filter(|record| {
                self.since
                    .as_ref()
                    .is_none_or(|since| order(text(record, "updatedAt"), since).is_ge())
            })
            .collect();
        if let Some((name, descending)) = &self.order {
            found.sort_by(|left, right| {
                let value = |record| property(record, name).unwrap_or_default();
                let by = order(&value(left), &value(right));
                if *descending { by.reverse() } else { by }
            });
        }
        let elements: Vec<Value> = found
            .iter()
            .skip(self.count.saturating_mul(self.page - 1))
            .take(self.count)
            .map(|record| show(record))
            .collect();
        json!({"elements": elements, "page": self.page, "pageSize": self.count, "total": found.len()})
    }
}
