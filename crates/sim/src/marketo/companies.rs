//! Companies: found by one field, saved and deleted by external id or id.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page};
use super::fields::{self, COMPANY, COMPANY_DEFAULT};
use super::rows::{equals, page, plain, rows, wanted_fields};
use super::state::{COMPANIES, Parameters, State, id_of};
use crate::record_store::Record;

/// `GET companies.json`.
///
/// # Errors
/// 1002 without filter, 1011 for its field, 1006 for an unknown field.
pub fn find(state: &State, parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    let kind = parameters.require("filterType")?;
    if !["id", "externalCompanyId", "company"].contains(&kind) {
        return Err(Fault::new("1011", format!("Field '{kind}' not supported")));
    }
    let values = parameters.list("filterValues");
    if values.is_empty() {
        return Err(Fault::missing("filterValues"));
    }
    let wanted = wanted_fields(parameters, COMPANY, COMPANY_DEFAULT)?;
    let found: Vec<&Record> = state
        .all(COMPANIES)
        .filter(|company| values.iter().any(|value| equals(company.get(kind), value)))
        .collect();
    let mut page = page(&found, "company", parameters, &wanted, now)?;
    number(page.result.iter_mut().flatten());
    Ok(page)
}

/// `POST companies.json`.
///
/// # Errors
/// 1002 without input, 1003 for an unknown action or key.
pub fn save(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let action = body
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or("createOrUpdate");
    let key = key(body, "dedupeBy")?;
    if !["createOrUpdate", "createOnly", "updateOnly"].contains(&action) {
        return Err(Fault::new(
            "1003",
            format!("Invalid data: action '{action}'"),
        ));
    }
    let mut result: Vec<Value> = rows(body)?
        .iter()
        .map(|row| {
            save_one(state, row, action, key, now)
                .unwrap_or_else(|fault| json!({"status": "skipped", "reasons": [fault.reason()]}))
        })
        .collect();
    number(result.iter_mut());
    Ok(Page::of(result))
}

fn save_one(
    state: &mut State,
    row: &Value,
    action: &str,
    key: &str,
    now: Timestamp,
) -> Result<Value, Fault> {
    let row = row
        .as_object()
        .ok_or_else(|| Fault::new("1003", "Invalid data"))?;
    let mut values = Record::new();
    for (name, given) in row {
        let field = fields::find(COMPANY, name).ok_or_else(|| Fault::unknown_field(name))?;
        let value = fields::coerce(field, given)
            .ok_or_else(|| Fault::type_of(&plain(given), field.kind))?;
        if !field.read_only {
            values.insert(name.clone(), value);
        }
    }
    let wanted = row.get(key).map(plain).filter(|wanted| !wanted.is_empty());
    let wanted = wanted.ok_or_else(|| Fault::missing(key))?;
    let found = state
        .all(COMPANIES)
        .find(|one| equals(one.get(key), &wanted))
        .map(id_of);
    match (found, action) {
        (Some(_), "createOnly") => Err(Fault::new("1017", "Object already exists")),
        (None, "updateOnly") => Err(Fault::no_object()),
        (None, _) if key == "id" => Err(Fault::no_object()),
        (Some(id), _) => {
            values.insert("updatedAt".into(), now.to_iso().into());
            if let Some(company) = state
                .records
                .collection_mut(COMPANIES)
                .get_mut(&id.to_string())
            {
                company.extend(values);
            }
            Ok(json!({"status": "updated", "id": id}))
        }
        (None, _) => {
            values.insert("createdAt".into(), now.to_iso().into());
            values.insert("updatedAt".into(), now.to_iso().into());
            Ok(json!({"status": "created", "id": state.add(COMPANIES, values)}))
        }
    }
}

/// `POST companies/delete.json`.
///
/// # Errors
/// 1002 without input, 1003 for an unknown key.
pub fn delete(state: &mut State, body: &Value) -> Result<Page, Fault> {
    let key = key(body, "deleteBy")?;
    let mut result = Vec::new();
    for row in rows(body)? {
        let wanted = row.get(key).map(plain).unwrap_or_default();
        let found = state
            .all(COMPANIES)
            .find(|one| equals(one.get(key), &wanted))
            .map(id_of);
        result.push(match found {
            Some(id) => {
                state
                    .records
                    .collection_mut(COMPANIES)
                    .remove(&id.to_string());
                json!({"id": id, "status": "deleted"})
            }
            None => json!({"status": "skipped", "reasons": [Fault::no_object().reason()]}),
        });
    }
    number(result.iter_mut());
    Ok(Page::of(result))
}

/// `GET companies/describe.json`.
pub fn describe() -> Page {
    let searchable = ["externalCompanyId", "id", "company"];
    let dedupe = ["externalCompanyId"];
    let made = "2015-01-01T00:00:00Z";
    Page::of(vec![fields::describe(
        "Company",
        "Company",
        COMPANY,
        &dedupe,
        &searchable,
        made,
    )])
}

fn key(body: &Value, member: &str) -> Result<&'static str, Fault> {
    match body
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or("dedupeFields")
    {
        "dedupeFields" => Ok("externalCompanyId"),
        "idField" => Ok("id"),
        other => Err(Fault::new(
            "1003",
            format!("Invalid data: {member} '{other}'"),
        )),
    }
}

/// Rows of these calls carry their position first.
fn number<'a>(rows: impl Iterator<Item = &'a mut Value>) {
    for (position, row) in rows.enumerate() {
        if let Value::Object(members) = row {
            let mut numbered = Record::new();
            numbered.insert("seq".into(), position.into());
            numbered.append(members);
            *members = numbered;
        }
    }
}
