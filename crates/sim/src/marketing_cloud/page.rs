//! Pages of REST lists: `$page`, `$pageSize`, `$orderBy`, and the envelope around them.

use serde_json::{Map, Value, json};

use super::problem;
use crate::call::{Call, Reply};
use crate::record_store::{Record, sort_by};

/// Rows when the call does not say.
const USUAL: usize = 50;

/// One page of a list under the member `name`.
///
/// # Errors
/// 400 for numbers that are none.
pub fn of(
    call: &Call,
    name: &str,
    rows: Vec<&Record>,
    most: usize,
) -> Result<Map<String, Value>, Reply> {
    let number = |name: &str, otherwise: usize| match call.query(name) {
        None | Some("") => Ok(otherwise),
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| problem(400, 10001, &format!("{name} must be a positive integer"))),
    };
    let (page, size) = (number("$page", 1)?, number("$pageSize", USUAL)?.min(most));
    let mut rows = rows;
    if let Some(order) = call.query("$orderBy").filter(|order| !order.is_empty()) {
        let (field, way) = order.trim().split_once(' ').unwrap_or((order, "asc"));
        sort_by(&mut rows, field, way.trim().eq_ignore_ascii_case("desc"));
    }
    let count = rows.len();
    let items: Vec<Value> = rows
        .into_iter()
        .skip((page - 1).saturating_mul(size))
        .take(size)
        .map(|record| Value::Object(record.clone()))
        .collect();
    let mut links = Map::new();
    let link = |page: usize| json!(format!("{}?$page={page}&$pageSize={size}", call.path));
    links.insert("self".into(), link(page));
    if page.saturating_mul(size) < count {
        links.insert("next".into(), link(page + 1));
    }
    let mut body = Map::new();
    body.insert("count".into(), count.into());
    body.insert("page".into(), page.into());
    body.insert("pageSize".into(), size.into());
    body.insert("links".into(), links.into());
    body.insert(name.into(), items.into());
    Ok(body)
}
