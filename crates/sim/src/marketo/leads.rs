//! People: describe, read by filter, create, update, delete, merge.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page};
use super::fields::{self, Field, LEAD};
use super::rows::{MOST_ROWS, equals, ids, page, plain, project, rows, skipped, wanted_fields};
use super::state::{LEADS, LISTS, Parameters, State, id_of, read_id};
use crate::record_store::Record;

/// A filter that matches more is refused.
const MOST_MATCHES: usize = 1000;

/// `GET leads.json`.
///
/// # Errors
/// 1002 without filter, 1006 and 1011 for its field, 1003 for too many values or matches.
pub fn find(state: &State, parameters: &Parameters, now: Timestamp) -> Result<Page, Fault> {
    let kind = parameters.require("filterType")?;
    let field = filter_field(kind)?;
    let values = parameters.list("filterValues");
    if values.is_empty() {
        return Err(Fault::missing("filterValues"));
    }
    if values.len() > MOST_ROWS {
        return Err(Fault::new(
            "1003",
            "Invalid data: more than 300 filterValues",
        ));
    }
    let wanted = wanted_fields(parameters, LEAD, fields::LEAD_DEFAULT)?;
    let matches: Vec<&Record> = state
        .all(LEADS)
        .filter(|lead| {
            values
                .iter()
                .any(|value| equals(lead.get(field.name), value))
        })
        .collect();
    if matches.len() > MOST_MATCHES {
        return Err(Fault::new("1003", "Too many results match the filter"));
    }
    page(&matches, "lead", parameters, &wanted, now)
}

/// `GET lead/{id}.json`.
///
/// # Errors
/// 1001 and 1006.
pub fn by_id(state: &State, id: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let wanted = wanted_fields(parameters, LEAD, fields::LEAD_DEFAULT)?;
    let lead = state.get(LEADS, read_id(id)?);
    Ok(Page::of(
        lead.map(|lead| project(lead, &wanted))
            .into_iter()
            .collect(),
    ))
}

/// `POST leads.json`.
///
/// # Errors
/// 1002 without input, 1003 for an unknown action, 1006 and 1011 for the lookup field.
pub fn save(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let action = body
        .get("action")
        .and_then(Value::as_str)
        .unwrap_or("createOrUpdate");
    if ![
        "createOrUpdate",
        "createOnly",
        "updateOnly",
        "createDuplicate",
    ]
    .contains(&action)
    {
        return Err(Fault::new(
            "1003",
            format!("Invalid data: action '{action}'"),
        ));
    }
    let lookup = body
        .get("lookupField")
        .and_then(Value::as_str)
        .unwrap_or("email");
    let lookup = filter_field(lookup)?;
    if lookup.name == "id" && action != "updateOnly" {
        return Err(Fault::new("1011", "Field 'id' not supported"));
    }
    let partition = body
        .get("partitionName")
        .and_then(Value::as_str)
        .unwrap_or("Default");
    if !["Default", "Europe"].contains(&partition) {
        return Err(Fault::new(
            "1008",
            format!("Access to partition '{partition}' not allowed"),
        ));
    }
    let rows = rows(body)?;
    let partition = if partition == "Europe" { 2 } else { 1 };
    let result = rows
        .iter()
        .map(|row| {
            save_one(state, row, action, lookup, partition, now)
                .unwrap_or_else(|fault| skipped(None, &fault))
        })
        .collect();
    Ok(Page::of(result))
}

fn save_one(
    state: &mut State,
    row: &Value,
    action: &str,
    lookup: &Field,
    partition: i64,
    now: Timestamp,
) -> Result<Value, Fault> {
    let row = row
        .as_object()
        .ok_or_else(|| Fault::new("1003", "Invalid data"))?;
    let mut values = Record::new();
    for (name, given) in row {
        if let Some(value) = fields::written(LEAD, name, given)? {
            values.insert(name.clone(), value);
        }
    }
    let matches: Vec<i64> = if action == "createDuplicate" {
        Vec::new()
    } else {
        let key = row
            .get(lookup.name)
            .map(plain)
            .filter(|key| !key.is_empty())
            .ok_or_else(|| {
                Fault::new(
                    "1003",
                    format!("Value for lookup field '{}' not found", lookup.name),
                )
            })?;
        state
            .all(LEADS)
            .filter(|lead| equals(lead.get(lookup.name), &key))
            .map(id_of)
            .collect()
    };
    match (matches.as_slice(), action) {
        ([_, _, ..], _) => Err(Fault::new(
            "1007",
            "Multiple leads match the lookup criteria",
        )),
        ([_], "createOnly") => Err(Fault::new("1005", "Lead already exists")),
        ([], "updateOnly") => Err(Fault::new("1004", "Lead not found")),
        ([id], _) => {
            update(state, *id, values, now);
            Ok(json!({"id": id, "status": "updated"}))
        }
        ([], _) => Ok(json!({"id": create(state, values, partition, now), "status": "created"})),
    }
}

/// Adds a person with the vendor's defaults and an activity of type 12.
pub fn create(state: &mut State, mut values: Record, partition: i64, now: Timestamp) -> i64 {
    values
        .entry("leadPartitionId")
        .or_insert_with(|| partition.into());
    values.entry("unsubscribed").or_insert_with(|| false.into());
    values.insert("originalSourceType".into(), "Web service API".into());
    values.insert("createdAt".into(), now.to_iso().into());
    values.insert("updatedAt".into(), now.to_iso().into());
    let id = state.add(LEADS, values);
    let attributes = [
        ("Source Type", "Web service API".to_owned()),
        ("Created Date", now.to_date()),
    ];
    state.note(now, id, 12, None, &attributes);
    id
}

fn update(state: &mut State, id: i64, values: Record, now: Timestamp) {
    let mut changes = Vec::new();
    if let Some(lead) = state.records.collection_mut(LEADS).get_mut(&id.to_string()) {
        for (name, value) in values {
            let old = lead.get(&name).cloned().unwrap_or_default();
            if old != value {
                changes.push((name.clone(), plain(&old), plain(&value)));
                lead.insert(name, value);
            }
        }
        lead.insert("updatedAt".into(), now.to_iso().into());
    }
    for (name, old, new) in changes {
        let Some(field) = fields::find(LEAD, &name) else {
            continue;
        };
        let attributes = [
            ("New Value", new),
            ("Old Value", old),
            ("Source", "Web service API".to_owned()),
        ];
        state.note(now, id, 13, Some((field.id, field.display)), &attributes);
    }
}

/// `POST leads/delete.json` and its alias `DELETE leads.json`: ids in the body or the parameters.
///
/// # Errors
/// 1002 when no id is given.
pub fn delete(
    state: &mut State,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let ids = ids(parameters, body)?;
    let result = ids
        .into_iter()
        .map(|id| {
            let removed = id.parse::<i64>().ok().filter(|id| {
                state
                    .records
                    .collection_mut(LEADS)
                    .remove(&id.to_string())
                    .is_some()
            });
            let Some(id) = removed else {
                return skipped(Some(&id), &Fault::new("1004", "Lead not found"));
            };
            for members in state.members.values_mut() {
                members.remove(&id);
            }
            state.note(
                now,
                id,
                37,
                Some((id, "")),
                &[("Trigger Type", "API".to_owned())],
            );
            json!({"id": id, "status": "deleted"})
        })
        .collect();
    Ok(Page::of(result))
}

/// `POST leads/{id}/merge.json?leadId=…|leadIds=…`: what the winner lacks comes from the losers.
///
/// # Errors
/// 1002 without losers, 1004 when one of the people is not there.
pub fn merge(
    state: &mut State,
    winner: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let winner = read_id(winner)?;
    let mut losers = parameters.list("leadIds");
    losers.extend(parameters.list("leadId"));
    if losers.is_empty() {
        return Err(Fault::missing("leadIds"));
    }
    let losers = losers
        .iter()
        .map(|id| read_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    if std::iter::once(&winner)
        .chain(&losers)
        .any(|id| state.get(LEADS, *id).is_none())
    {
        return Err(Fault::new("1004", "Lead not found"));
    }
    for loser in losers.iter().filter(|loser| **loser != winner) {
        let removed = state
            .records
            .collection_mut(LEADS)
            .remove(&loser.to_string());
        for members in state.members.values_mut() {
            if members.remove(loser) {
                members.insert(winner);
            }
        }
        if let Some(lead) = state
            .records
            .collection_mut(LEADS)
            .get_mut(&winner.to_string())
        {
            for (name, value) in removed.into_iter().flatten() {
                if lead.get(&name).is_none_or(Value::is_null) {
                    lead.insert(name, value);
                }
            }
            lead.insert("updatedAt".into(), now.to_iso().into());
        }
        state.note(
            now,
            winner,
            32,
            Some((winner, "")),
            &[("Merge IDs", loser.to_string())],
        );
    }
    Ok(Page::default())
}

/// `GET lists/{id}/leads.json`.
///
/// # Errors
/// 1013 for an unknown list, 1006 for an unknown field.
pub fn of_list(
    state: &State,
    list: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let list = read_id(list)?;
    state.get(LISTS, list).ok_or_else(Fault::no_object)?;
    let wanted = wanted_fields(parameters, LEAD, fields::LEAD_DEFAULT)?;
    let members: Vec<&Record> = state
        .members
        .get(&list)
        .into_iter()
        .flatten()
        .filter_map(|id| state.get(LEADS, *id))
        .collect();
    page(&members, "list", parameters, &wanted, now)
}

/// A field that people can be looked up by.
fn filter_field(name: &str) -> Result<&'static Field, Fault> {
    // The vendor refuses to search by these although it knows them.
    if ["firstName", "lastName", "createdAt", "updatedAt"].contains(&name) {
        return Err(Fault::new("1011", format!("Field '{name}' not supported")));
    }
    fields::find(LEAD, name).ok_or_else(|| Fault::unknown_field(name))
}

/// `POST leads/submitForm.json`: each row's `leadFormFields` are saved as one person.
///
/// # Errors
/// 1002 without form or input, 702 for an unknown form.
pub fn submit_form(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let form = body.get("formId").map(plain).unwrap_or_default();
    if form.is_empty() {
        return Err(Fault::missing("formId"));
    }
    let number = read_id(&form)?;
    let name =
        super::assets::get(state, "forms", number).and_then(|form| form.get("name").map(plain));
    let name =
        name.ok_or_else(|| Fault::new("702", "No data found for a given search scenario"))?;
    let fields: Vec<Value> = rows(body)?
        .iter()
        .map(|row| row.get("leadFormFields").cloned().unwrap_or_default())
        .collect();
    let saved = save(
        state,
        &json!({"lookupField": "email", "input": fields}),
        now,
    )?;
    for row in saved.result.iter().flatten() {
        if let Some(id) = row.get("id").and_then(Value::as_i64) {
            state.note(now, id, 2, Some((number, &name)), &[]);
        }
    }
    Ok(saved)
}

/// `POST leads/partitions.json`: moves people to the partition that each row names.
///
/// # Errors
/// 1002 without input.
pub fn set_partition(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let result = rows(body)?
        .iter()
        .map(|row| {
            let id = row.get("id").map(plain).unwrap_or_default();
            let partition = match row.get("partitionName").and_then(Value::as_str) {
                Some("Default") => 1,
                Some("Europe") => 2,
                _ => {
                    return skipped(Some(&id), &Fault::new("1008", "Partition not found"));
                }
            };
            let stored = state.records.collection_mut(LEADS).get_mut(&id);
            let Some(lead) = stored else {
                return skipped(Some(&id), &Fault::new("1004", "Lead not found"));
            };
            lead.insert("leadPartitionId".into(), partition.into());
            lead.insert("updatedAt".into(), now.to_iso().into());
            json!({"id": lead.get("id"), "status": "updated"})
        })
        .collect();
    Ok(Page::of(result))
}
