//! The end of a successful call: nulls, fields, our own paging, and the headers that count and lead on.

use std::sync::Arc;

use bytes::Bytes;
use ligand_model::element::Resource;
use serde_json::{Value, json};

use super::paging::{self, Paging};
use super::vendor::stream_reply;
use super::{Answer, Exchange, Streaming, answer, fields, hooking};
use crate::describe;
use crate::json_path;
use crate::scan;
use crate::step::{Body, Reply, Step};
use crate::template;

/// How many records the vendor gave, and how many of them the caller gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    returned: usize,
    fetched: usize,
}

impl Rows {
    const fn whole(rows: usize) -> Self {
        Self {
            returned: rows,
            fetched: rows,
        }
    }
}

impl Exchange {
    /// The end of a successful call.
    pub(super) fn finish(&mut self, resource: &Resource, mut answer: Answer) -> Step {
        self.stamp_session();
        let compiled = Arc::clone(&self.compiled);
        let element = &compiled.element;
        if resource.answer.as_deref() == Some("ping") {
            let body = json!({
                "dateTime": self.setting.now.to_iso_millis(),
                "endpoint": element.key,
                "valid": true,
            });
            let reply = Reply {
                status: 200,
                headers: Vec::new(),
                body: Body::Json(Bytes::from(body.to_string())),
            };
            return self.done(Ok(reply));
        }
        if resource.answer.as_deref() == Some("none") {
            let reply = Reply {
                status: 200,
                headers: hooking::shown_headers(&answer.headers),
                body: Body::Json(Bytes::new()),
            };
            return self.done(Ok(reply));
        }
        if self.streaming == Streaming::Watched
            && let Some(bytes) = answer.content.vendor_bytes()
        {
            let reply = stream_reply(&answer.headers, Body::Raw(bytes.clone()));
            return self.done(Ok(reply));
        }
        let mut headers = hooking::shown_headers(&answer.headers);
        if let Some(notice) = self
            .paging
            .as_ref()
            .and_then(|paging| paging.notice.clone())
        {
            headers.push(("elements-error".to_owned(), notice));
        }
        let filter = template::resolve(element, &self.values, "filter.response.nulls");
        let filter = filter.is_none_or(|value| value != "false");
        let vendor_selects = resource
            .parameters
            .iter()
            .any(|p| p.name == "fields" && p.kind == "query");
        let fields = if vendor_selects || !fields::may_select(element, &self.values) {
            None
        } else {
            let given = self
                .call
                .query("fields")
                .filter(|fields| !fields.trim().is_empty());
            given
                .map(str::to_owned)
                .or_else(|| fields::default_selection(element, resource, &self.values))
        };
        // A body that only loses its nulls or gets other names is not parsed.
        let unread = answer
            .content
            .unread()
            .filter(|_| self.local.is_none() && fields.is_none());
        let unread = unread.and_then(|bytes| match &resource.aliases {
            Some(aliases) => answer::aliased(bytes, aliases),
            None => Some(bytes.clone()),
        });
        if let Some(bytes) = unread {
            let items = answer.content.unread_items();
            if items.is_none_or(|items| !self.must_slice(resource, items)) {
                let rows = items.map(Rows::whole);
                let bytes = if filter {
                    scan::without_nulls(&bytes)
                } else {
                    bytes
                };
                self.page_headers(resource, &mut answer, rows, false, &mut headers);
                let reply = Reply {
                    status: 200,
                    headers,
                    body: Body::Json(bytes),
                };
                return self.done(Ok(reply));
            }
        }
        let mut more = false;
        let fetched = answer.content.value().as_array().map(Vec::len);
        if let Some(failure) = self.unintelligible(resource, &mut answer) {
            return self.done(Err(failure));
        }
        if let Err(failure) = self.filter_here(resource, answer.content.value()) {
            return self.done(Err(failure));
        }
        let items = answer.content.value().as_array().map(Vec::len);
        if let (Some(items), Some(paging)) = (items, self.paging.clone())
            && self.must_slice(resource, items)
        {
            let from = usize::try_from((paging.page - 1).saturating_mul(paging.size))
                .unwrap_or(usize::MAX);
            let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
            if let Some(rows) = answer.content.value().as_array_mut() {
                let rest = rows.split_off(from.min(items));
                more = rest.len() > size;
                *rows = rest.into_iter().take(size).collect();
            }
        }
        let value = answer.content.value();
        if let Some(aliases) = &resource.aliases {
            answer::add_aliases(value, aliases);
        }
        if let Some(fields) = fields {
            answer::project(value, &fields);
        }
        if filter {
            answer::remove_nulls(value);
        }
        let rows = value.as_array().map(|rows| Rows {
            returned: rows.len(),
            fetched: fetched.unwrap_or_default(),
        });
        let body = match &*value {
            Value::Null => Bytes::new(),
            value => Bytes::from(value.to_string()),
        };
        self.page_headers(resource, &mut answer, rows, more, &mut headers);
        if let Some(failure) = self.told_local(&mut headers) {
            return self.done(Err(failure));
        }
        let status = if (200..300).contains(&answer.status) {
            200
        } else {
            answer.status
        };
        self.done(Ok(Reply {
            status,
            headers,
            body: Body::Json(body),
        }))
    }

    /// Whether we page because the vendor does not.
    pub(super) fn must_slice(&self, resource: &Resource, items: usize) -> bool {
        let Some(paging) = &self.paging else {
            return false;
        };
        if !resource.method.eq_ignore_ascii_case("GET") {
            return false;
        }
        match resource.pagination_type.as_deref() {
            Some("VENDOR_NOT_SUPPORTED") => true,
            Some("NO_PAGINATION") => false,
            _ => {
                paging.asked
                    && !paging::declares_paging(resource)
                    && resource.next_page_key.as_deref().is_none_or(str::is_empty)
                    && items > 0
            }
        }
    }

    /// `Elements-Returned-Count` and the token of the next page.
    pub(super) fn page_headers(
        &self,
        resource: &Resource,
        answer: &mut Answer,
        rows: Option<Rows>,
        more: bool,
        headers: &mut Vec<(String, String)>,
    ) {
        let Some(rows) = rows else { return };
        let items = rows.fetched;
        headers.push((
            "elements-returned-count".to_owned(),
            rows.returned.to_string(),
        ));
        if let Some(total) = self.total {
            headers.push(("elements-total-count".to_owned(), total.to_string()));
        }
        let Some(paging) = &self.paging else { return };
        if !resource.method.eq_ignore_ascii_case("GET") {
            return;
        }
        let by_hook = headers
            .iter()
            .position(|(name, _)| name == "elements-next-page-token");
        let by_hook = by_hook
            .map(|at| headers.remove(at).1)
            .filter(|token| !token.is_empty());
        let cursor = by_hook.or_else(|| next_cursor(resource, answer));
        let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
        let token = match cursor {
            Some(cursor) => Some(Paging::next_cursor(&cursor, self.carried_query())),
            None if more => Some(paging.next_number(self.carried_query())),
            None if self.must_slice(resource, items)
                || resource.pagination_type.as_deref() == Some("NO_PAGINATION")
                || resource
                    .next_page_key
                    .as_deref()
                    .is_some_and(|key| !key.is_empty())
                || paging.by_cursor()
                || !paging::declares_paging(resource) =>
            {
                None
            }
            None if items < size => None,
            None => Some(match self.last_key(resource, answer) {
                Some(key) => paging.next_after(&key, self.carried_query()),
                None => paging.next_number(self.carried_query()),
            }),
        };
        if let Some(token) = token {
            headers.push(("elements-next-page-token".to_owned(), token));
        }
    }
}

impl Exchange {
    /// The key of the last record, where pages go on by it: a caller's own order has no key to go on by, and what was
    /// filtered here may have lost the last record.
    fn last_key(&self, resource: &Resource, answer: &mut Answer) -> Option<String> {
        let field = resource.keyset.as_deref()?;
        let ordered = self.call.query("orderBy");
        if self.local.is_some() || ordered.is_some_and(|order| !order.trim().is_empty()) {
            return None;
        }
        answer.content.of_last(field)
    }
}

/// The vendor's next cursor, where the resource says it is.
pub(super) fn next_cursor(resource: &Resource, answer: &mut Answer) -> Option<String> {
    let key = resource
        .next_page_key
        .as_deref()
        .filter(|key| !key.is_empty())?;
    if let Some(test) = &resource.next_page_when
        && !describe::holds(test, answer.surrounding().value())
    {
        return None;
    }
    let (place, parameter) = key
        .split_once('?')
        .map_or((key, None), |(p, q)| (p, Some(q)));
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.clone())
    };
    let found = if let Some(name) = place.strip_prefix("header.") {
        header(name)
    } else if let Some(value) = header(place) {
        Some(value)
    } else {
        let path = place.strip_prefix("body.").unwrap_or(place);
        let body = answer.surrounding();
        let place = if body.has(path) {
            path
        } else {
            path.split_once('.')?.1
        };
        body.get(place).and_then(|found| json_path::text(&found))
    };
    let found = found.filter(|text| !text.is_empty() && text != "false")?;
    match parameter {
        None => Some(found),
        Some(parameter) => {
            let url = url::Url::parse(&found)
                .or_else(|_| url::Url::parse("https://h")?.join(&found))
                .ok()?;
            url.query_pairs()
                .find(|(name, _)| name == parameter)
                .map(|(_, v)| v.into_owned())
        }
    }
}
