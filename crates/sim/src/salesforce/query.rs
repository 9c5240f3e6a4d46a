//! `/query`, `/queryAll` and their pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::error::{Answer, ApiError};
use super::id;
use super::org::Org;
use super::soql::{self, Query, Select};
use crate::call::Call;
use crate::record_store::put;

/// Records a page, unless the caller asks for fewer.
const BATCH: usize = 2000;
/// Two days, as at the vendor.
const CURSOR_LIFE_MS: i64 = 2 * 86_400_000;
/// Open cursors beyond this push the oldest out.
const MOST_CURSORS: usize = 200;

/// Queries whose next pages may be asked for.
#[derive(Default)]
pub struct Cursors {
    opened: u64,
    open: BTreeMap<u64, Cursor>,
}

struct Cursor {
    id: String,
    query: Arc<Query>,
    ids: Vec<String>,
    expires: i64,
}

/// Answers `/query?q=` and, with `deleted`, `/queryAll?q=`.
pub fn first_page(
    org: &mut Org,
    call: &Call,
    base: &str,
    deleted: bool,
    now: Timestamp,
) -> Answer<Value> {
    let Some(text) = call.query("q").filter(|text| !text.trim().is_empty()) else {
        return Err(ApiError::new(
            400,
            "MALFORMED_QUERY",
            "A query string has to be specified",
        ));
    };
    let query = soql::parse(text, now)?;
    if query.object.name == "ContentDocumentLink" && !query.names_link_filter() {
        let message = "Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or \
                       LinkedEntityId using the equals operator or multiple Id's using the IN operator.";
        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
    }
    answer(org, query, deleted, batch_size(call), base, now)
}

/// Answers `/tooling/query?q=`.
pub fn tooling_page(org: &mut Org, call: &Call, base: &str, now: Timestamp) -> Answer<Value> {
    let query = soql::parse_tooling(call.query("q").unwrap_or_default(), now)?;
    answer(org, query, false, batch_size(call), base, now)
}

fn answer(
    org: &mut Org,
    query: Query,
    deleted: bool,
    batch: usize,
    base: &str,
    now: Timestamp,
) -> Answer<Value> {
    if let Some(rows) = query.rows(org, deleted) {
        if rows.len() > BATCH {
            let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
            return Err(ApiError::new(400, "EXCEEDED_ID_LIMIT", message));
        }
        return Ok(json!({ "totalSize": rows.len(), "done": true, "records": rows }));
    }
    let ids = query.run(org, deleted);
    if matches!(query.select, Select::Count) {
        return Ok(json!({ "totalSize": ids.len(), "done": true, "records": [] }));
    }
    Ok(page(org, Arc::new(query), ids, 0, batch, base, None, now))
}

/// Answers `/query/{locator}`.
pub fn next_page(
    org: &mut Org,
    call: &Call,
    base: &str,
    locator: &str,
    now: Timestamp,
) -> Answer<Value> {
    let invalid = || ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, offset) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let offset: usize = offset.parse().map_err(|_| invalid())?;
    let found = org
        .cursors
        .open
        .iter()
        .find(|(_, cursor)| cursor.id == id && now.0 < cursor.expires);
    let (number, cursor) = found.ok_or_else(invalid)?;
    if offset > cursor.ids.len() {
        return Err(invalid());
    }
    let (number, query, ids) = (*number, Arc::clone(&cursor.query), cursor.ids.clone());
    Ok(page(
        org,
        query,
        ids,
        offset,
        batch_size(call),
        base,
        Some(number),
        now,
    ))
}

#[expect(
    clippy::too_many_arguments,
    reason = "one page has that many sides, and two callers"
)]
fn page(
    org: &mut Org,
    query: Arc<Query>,
    ids: Vec<String>,
    offset: usize,
    batch: usize,
    base: &str,
    cursor: Option<u64>,
    now: Timestamp,
) -> Value {
    let total = ids.len();
    let records: Vec<Value> = ids
        .iter()
        .skip(offset)
        .take(batch)
        .filter_map(|id| org.any(id))
        .map(|(_, record)| query.render(org, base, record))
        .collect();
    let next = offset.saturating_add(batch);
    let mut out = json!({ "totalSize": total, "done": next >= total });
    if next < total {
        let number = cursor.unwrap_or_else(|| org.cursors.open(query, ids, now));
        let id = org
            .cursors
            .open
            .get(&number)
            .map(|cursor| cursor.id.clone())
            .unwrap_or_default();
        put(
            &mut out,
            "nextRecordsUrl",
            json!(format!("{base}/query/{id}-{next}")),
        );
    }
    put(&mut out, "records", Value::Array(records));
    out
}

impl Cursors {
    fn open(&mut self, query: Arc<Query>, ids: Vec<String>, now: Timestamp) -> u64 {
        self.opened += 1;
        if self.open.len() >= MOST_CURSORS {
            self.open.pop_first();
        }
        let id = id::make("01g", 4_000_000_000 + self.opened * 7);
        let expires = now.0.saturating_add(CURSOR_LIFE_MS);
        self.open.insert(
            self.opened,
            Cursor {
                id,
                query,
                ids,
                expires,
            },
        );
        self.opened
    }
}

/// `Sforce-Query-Options: batchSize=200`. The vendor's least is 200; smaller ones are taken here, for tests.
fn batch_size(call: &Call) -> usize {
    call.header("sforce-query-options")
        .and_then(|options| {
            options.split(',').find_map(|option| {
                let (name, value) = option.split_once('=')?;
                name.trim()
                    .eq_ignore_ascii_case("batchSize")
                    .then(|| value.trim().parse::<usize>().ok())?
            })
        })
        .unwrap_or(BATCH)
        .clamp(1, BATCH)
}
