//! Static lists with their members, and campaigns.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Cursor, Fault, Page};
use super::rows::{ids, plain, rows, skipped};
use super::state::{CAMPAIGNS, LEADS, LISTS, Parameters, State, id_of, read_id};
use crate::record_store::Record;

/// `GET lists.json` and `GET campaigns.json`: by id, name, program and workspace.
///
/// # Errors
/// 1001 for an id or batch size, 1003 for the token.
pub fn browse(
    state: &State,
    collection: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let wanted_ids = parameters
        .list("id")
        .iter()
        .map(|id| read_id(id))
        .collect::<Result<Vec<_>, _>>()?;
    let admits = |record: &Record, parameter: &str, member: &str| {
        let wanted = parameters.list(parameter);
        wanted.is_empty()
            || record
                .get(member)
                .is_some_and(|found| wanted.contains(&plain(found)))
    };
    let triggerable = parameters
        .get("isTriggerable")
        .map(|text| text == "true" || text == "1");
    let size = parameters.number("batchSize", 300, 300)?;
    let after = match parameters.get("nextPageToken") {
        Some(token) => Cursor::open(token, collection, now)?.after,
        None => 0,
    };
    let found: Vec<&Record> = state
        .all(collection)
        .filter(|record| wanted_ids.is_empty() || wanted_ids.contains(&id_of(record)))
        .filter(|record| admits(record, "name", "name"))
        .filter(|record| admits(record, "programName", "programName"))
        .filter(|record| admits(record, "workspaceName", "workspaceName"))
        .filter(|record| {
            triggerable.is_none_or(|wanted| {
                (record.get("type").and_then(Value::as_str) == Some("trigger")) == wanted
            })
        })
        .filter(|record| id_of(record) > after)
        .collect();
    let shown: Vec<Value> = found
        .iter()
        .take(size)
        .map(|record| Value::Object((*record).clone()))
        .collect();
    let last = found
        .get(size.saturating_sub(1))
        .map_or(0, |record| id_of(record));
    let next =
        (found.len() > size).then(|| Cursor::new(collection, last, Timestamp(0), now).seal());
    Ok(Page {
        result: Some(shown),
        next,
        ..Page::default()
    })
}

/// `GET lists/{id}.json` and `GET campaigns/{id}.json`.
///
/// # Errors
/// 1013 when it is not there.
pub fn one(state: &State, collection: &str, id: &str) -> Result<Page, Fault> {
    let record = state
        .get(collection, read_id(id)?)
        .ok_or_else(Fault::no_object)?;
    Ok(Page::of(vec![record.clone().into()]))
}

/// `POST lists/{id}/leads.json`.
///
/// # Errors
/// 1013 for the list, 1002 without ids.
pub fn add(
    state: &mut State,
    list: &str,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    each(state, list, parameters, body, |state, list, lead| {
        if state.members.entry(list).or_default().insert(lead) {
            note(state, list, lead, 24, now);
        }
        Ok("added")
    })
}

/// `DELETE lists/{id}/leads.json`.
///
/// # Errors
/// 1013 for the list, 1002 without ids.
pub fn remove(
    state: &mut State,
    list: &str,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    each(state, list, parameters, body, |state, list, lead| {
        if !state.members.entry(list).or_default().remove(&lead) {
            return Err(Fault::new("1015", "Lead not in list"));
        }
        note(state, list, lead, 25, now);
        Ok("removed")
    })
}

/// `GET lists/{id}/leads/ismember.json`.
///
/// # Errors
/// 1013 for the list, 1002 without ids.
pub fn is_member(
    state: &mut State,
    list: &str,
    parameters: &Parameters,
    body: &Value,
) -> Result<Page, Fault> {
    each(state, list, parameters, body, |state, list, lead| {
        let on = state
            .members
            .get(&list)
            .is_some_and(|members| members.contains(&lead));
        Ok(if on { "memberof" } else { "notmemberof" })
    })
}

/// Does something to each person that a call names; answers what came of each, in order.
fn each(
    state: &mut State,
    list: &str,
    parameters: &Parameters,
    body: &Value,
    mut act: impl FnMut(&mut State, i64, i64) -> Result<&'static str, Fault>,
) -> Result<Page, Fault> {
    let list = known_list(state, list)?;
    let mut result = Vec::new();
    for id in ids(parameters, body)? {
        let outcome = match known_lead(state, &id) {
            Some(lead) => {
                act(state, list, lead).map(|status| json!({"id": lead, "status": status}))
            }
            None => Err(Fault::new("1004", "Lead not found")),
        };
        result.push(outcome.unwrap_or_else(|fault| skipped(Some(&id), &fault)));
    }
    Ok(Page::of(result))
}

/// `POST campaigns/{id}/trigger.json`: leaves an interesting moment with each person.
///
/// # Errors
/// 1013 for the campaign, 1029 when it cannot be triggered, 1002 without people, 1004 for an unknown one.
pub fn trigger(state: &mut State, id: &str, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let campaign = read_id(id)?;
    let record = state
        .get(CAMPAIGNS, campaign)
        .ok_or_else(Fault::no_object)?;
    if record.get("type").and_then(Value::as_str) != Some("trigger") {
        return Err(Fault::new(
            "1003",
            "Invalid data: campaign is not triggerable",
        ));
    }
    let leads = body.get("input").and_then(|input| input.get("leads"));
    let wrapped = json!({"input": leads.cloned().unwrap_or_default()});
    let leads: Vec<i64> = rows(&wrapped)?
        .iter()
        .map(|row| plain(row.get("id").unwrap_or(row)))
        .map(|lead| known_lead(state, &lead).ok_or_else(|| Fault::new("1004", "Lead not found")))
        .collect::<Result<_, _>>()?;
    for lead in leads {
        let source = [("Source", format!("Campaign {campaign}"))];
        state.note(now, lead, 46, Some((campaign, "Web")), &source);
    }
    Ok(Page::of(vec![json!({"id": campaign})]))
}

/// `POST campaigns/{id}/schedule.json`: batch campaigns only.
///
/// # Errors
/// 1013 for the campaign, 1003 when it is a trigger campaign, 1042 for a date that is none.
pub fn schedule(state: &State, id: &str, body: &Value) -> Result<Page, Fault> {
    let campaign = read_id(id)?;
    let record = state
        .get(CAMPAIGNS, campaign)
        .ok_or_else(Fault::no_object)?;
    if record.get("type").and_then(Value::as_str) != Some("batch") {
        return Err(Fault::new(
            "1003",
            "Invalid data: campaign is not a batch campaign",
        ));
    }
    let run_at = body
        .get("input")
        .and_then(|input| input.get("runAt"))
        .and_then(Value::as_str);
    if run_at.is_some_and(|text| Timestamp::parse(text).is_none()) {
        return Err(Fault::new("1042", "Invalid runAt date"));
    }
    Ok(Page::of(vec![json!({"id": campaign})]))
}

fn known_list(state: &State, id: &str) -> Result<i64, Fault> {
    let id = read_id(id)?;
    state
        .get(LISTS, id)
        .map(|_| id)
        .ok_or_else(Fault::no_object)
}

fn known_lead(state: &State, id: &str) -> Option<i64> {
    id.parse().ok().filter(|id| state.get(LEADS, *id).is_some())
}

fn note(state: &mut State, list: i64, lead: i64, kind: i64, now: Timestamp) {
    let name = state
        .get(LISTS, list)
        .and_then(|list| list.get("name"))
        .map(plain);
    let source = [("Source", "Web service API".to_owned())];
    state.note(
        now,
        lead,
        kind,
        Some((list, &name.unwrap_or_default())),
        &source,
    );
}
