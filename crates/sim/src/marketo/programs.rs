//! The people of programs, and how far they have come.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::assets;
use super::envelope::{Fault, Page};
use super::fields::{self, LEAD};
use super::leads;
use super::rows::{self, plain, skipped, wanted_fields};
use super::state::{LEADS, Parameters, State, read_id};
use crate::record_store::Record;

/// `GET leads/programs/{id}.json`: people with their `membership`.
///
/// # Errors
/// 1013 for an unknown program, 1006 for an unknown field.
pub fn members(
    state: &State,
    program: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let program = read_id(program)?;
    assets::get(state, "programs", program).ok_or_else(Fault::no_object)?;
    let wanted = wanted_fields(parameters, LEAD, fields::LEAD_DEFAULT)?;
    let members = state.program_members.get(&program);
    let people: Vec<&Record> = members
        .into_iter()
        .flatten()
        .filter_map(|(lead, _)| state.get(LEADS, *lead))
        .collect();
    let mut page = rows::page(&people, "program", parameters, &wanted, now)?;
    for row in page.result.iter_mut().flatten() {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
        let membership = members.and_then(|members| members.get(&id)).cloned();
        if let Some(row) = row.as_object_mut() {
            row.insert("membership".into(), membership.unwrap_or_default());
        }
    }
    Ok(page)
}

/// Puts a person into a program, or changes its status there.
///
/// # Errors
/// 1025 for a status that the program's channel does not have.
pub fn join(
    state: &mut State,
    program: i64,
    lead: i64,
    status: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let channel = assets::get(state, "programs", program)
        .and_then(|program| program.get("channel").map(plain));
    let success = assets::all(state, "channels")
        .filter(|one| one.get("name").map(plain) == channel)
        .flat_map(|one| {
            one.get("progressionStatuses")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        })
        .find(|step| step.get("name").and_then(Value::as_str) == Some(status))
        .map(|step| step.get("success") == Some(&json!(true)));
    let success = success.ok_or_else(|| Fault::new("1025", "Program status not found"))?;
    let membership = json!({
        "membershipDate": now.to_iso(), "progressionStatus": status, "isExhausted": false, "acquiredBy": true,
        "reachedSuccess": success,
    });
    state
        .program_members
        .entry(program)
        .or_default()
        .insert(lead, membership);
    Ok(())
}

/// The number of the program of that name.
pub fn named(state: &State, name: &str) -> Option<i64> {
    let found = assets::all(state, "programs")
        .find(|program| program.get("name").and_then(Value::as_str) == Some(name));
    found.map(super::state::id_of)
}

/// `POST leads/push.json`: saves people and puts them into a program.
///
/// # Errors
/// 1002 without program or input, 1013 for an unknown program, 1003 as saving people has them.
pub fn push(state: &mut State, body: &Value, now: Timestamp) -> Result<Page, Fault> {
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let program = text("programName").ok_or_else(|| Fault::missing("programName"))?;
    let program = named(state, program).ok_or_else(Fault::no_object)?;
    let status = text("programStatus").unwrap_or("Member").to_owned();
    let mut page = leads::save(state, body, now)?;
    for row in page.result.iter_mut().flatten() {
        let Some(lead) = row.get("id").and_then(Value::as_i64) else {
            continue;
        };
        if let Err(fault) = join(state, program, lead, &status, now) {
            *row = skipped(Some(&lead.to_string()), &fault);
        }
    }
    Ok(page)
}

/// `POST leads/programs/{id}/status.json`: `{status, input: [{id}]}`.
///
/// # Errors
/// 1013 for an unknown program, 1002 without status or input.
pub fn set_status(
    state: &mut State,
    program: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let program = known(state, program)?;
    let status = body.get("status").or_else(|| body.get("statusName"));
    let status = status
        .and_then(Value::as_str)
        .ok_or_else(|| Fault::missing("status"))?;
    let result = rows::rows(body)?
        .iter()
        .map(|row| {
            let id = row
                .get("id")
                .or_else(|| row.get("leadId"))
                .map(plain)
                .unwrap_or_default();
            let lead = id.parse().ok().filter(|id| state.get(LEADS, *id).is_some());
            let Some(lead) = lead else {
                return skipped(Some(&id), &Fault::new("1004", "Lead not found"));
            };
            match join(state, program, lead, status, now) {
                Ok(()) => json!({"id": lead, "status": "updated"}),
                Err(fault) => skipped(Some(&id), &fault),
            }
        })
        .collect();
    Ok(Page::of(result))
}

fn known(state: &State, program: &str) -> Result<i64, Fault> {
    let id = read_id(program)?;
    assets::get(state, "programs", id)
        .map(|_| id)
        .ok_or_else(Fault::no_object)
}

/// Answers what follows `/rest/v1/programs`: members with the values that they have in the program.
///
/// # Source
/// <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/program-members> (2026-11)
pub fn answer(
    state: &mut State,
    method: &str,
    path: &[&str],
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Option<Result<Page, Fault>> {
    Some(match (method, path) {
        ("GET", ["members", "describe"]) => Ok(describe_members()),
        ("GET", [id, "members"]) => members_by(state, id, parameters, now),
        ("POST", [id, "members"]) => save_members(state, id, body, now),
        ("POST", [id, "members", "status"]) => set_status(state, id, body, now).map(by_lead),
        ("POST", [id, "members", "delete"]) => delete_members(state, id, body),
        _ => return None,
    })
}

/// The member calls name people `leadId`, and number their rows.
fn by_lead(mut page: Page) -> Page {
    for (seq, row) in page.result.iter_mut().flatten().enumerate() {
        if let Some(row) = row.as_object_mut() {
            row.insert("seq".into(), seq.into());
            if let Some(id) = row.remove("id") {
                row.insert("leadId".into(), id);
            }
        }
    }
    page
}

fn describe_members() -> Page {
    let field = |name: &str, kind: &str, read_only: bool| json!({"name": name, "displayName": name, "dataType": kind, "updateable": !read_only, "crmManaged": false});
    Page::of(vec![json!({
        "name": "Program Membership", "description": "Program member", "createdAt": "2015-01-01T00:00:00Z",
        "updatedAt": "2015-01-01T00:00:00Z", "dedupeFields": ["leadId", "programId"],
        "searchableFields": [["leadId"], ["statusName"], ["reachedSuccess"]],
        "fields": [
            field("leadId", "integer", true), field("programId", "integer", true), field("statusName", "string", true),
            field("membershipDate", "datetime", true), field("reachedSuccess", "boolean", true),
            field("isExhausted", "boolean", true), field("acquiredBy", "boolean", true),
            field("registrationCode", "string", false), field("webinarUrl", "string", false),
        ],
    })])
}

/// `GET programs/{id}/members.json?filterType&filterValues`
fn members_by(
    state: &State,
    program: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let program = known(state, program)?;
    let kind = parameters.require("filterType")?;
    parameters.require("filterValues")?;
    let values = parameters.list("filterValues");
    let name = match kind {
        "leadId" | "reachedSuccess" => kind,
        "statusName" => "progressionStatus",
        other => return Err(Fault::new("1003", format!("Invalid filterType '{other}'"))),
    };
    let found: Vec<Record> = state
        .program_members
        .get(&program)
        .into_iter()
        .flatten()
        .filter_map(|(lead, membership)| {
            let mut row = membership.as_object()?.clone();
            let status = row.remove("progressionStatus").unwrap_or_default();
            let value = match name {
                "leadId" => lead.to_string(),
                "progressionStatus" => plain(&status),
                _ => plain(row.get(name)?),
            };
            values.contains(&value).then_some(())?;
            row.insert("id".into(), (*lead).into());
            row.insert("leadId".into(), (*lead).into());
            row.insert("programId".into(), program.into());
            row.insert("statusName".into(), status);
            Some(row)
        })
        .collect();
    let wanted: Vec<String> = [
        "leadId",
        "programId",
        "statusName",
        "membershipDate",
        "reachedSuccess",
        "isExhausted",
        "acquiredBy",
    ]
    .map(str::to_owned)
    .to_vec();
    let found: Vec<&Record> = found.iter().collect();
    rows::page(&found, "members", parameters, &wanted, now)
}

/// `POST programs/{id}/members.json`: values of members by `leadId`.
fn save_members(
    state: &mut State,
    program: &str,
    body: &Value,
    now: Timestamp,
) -> Result<Page, Fault> {
    let program = known(state, program)?;
    let result = rows::rows(body)?
        .iter()
        .map(|row| {
            let id = row.get("leadId").map(plain).unwrap_or_default();
            let members = state.program_members.entry(program).or_default();
            let stored = id.parse().ok().and_then(|lead: i64| members.get_mut(&lead));
            let Some(Value::Object(stored)) = stored else {
                return skipped(Some(&id), &Fault::new("1004", "Lead not found"));
            };
            for (name, value) in row.as_object().into_iter().flatten() {
                match name.as_str() {
                    "leadId" => {}
                    "registrationCode" | "webinarUrl" => {
                        stored.insert(name.clone(), value.clone());
                    }
                    other => return skipped(Some(&id), &Fault::unknown_field(other)),
                }
            }
            stored.insert("updatedAt".into(), now.to_iso().into());
            json!({"id": id.parse::<i64>().ok(), "status": "updated"})
        })
        .collect();
    Ok(by_lead(Page::of(result)))
}

/// `POST programs/{id}/members/delete.json`
fn delete_members(state: &mut State, program: &str, body: &Value) -> Result<Page, Fault> {
    let program = known(state, program)?;
    let members = state.program_members.entry(program).or_default();
    let result = rows::rows(body)?
        .iter()
        .map(|row| {
            let id = row.get("leadId").map(plain).unwrap_or_default();
            let gone = id.parse().ok().and_then(|lead: i64| members.remove(&lead));
            match gone {
                Some(_) => json!({"id": id.parse::<i64>().ok(), "status": "deleted"}),
                None => skipped(Some(&id), &Fault::new("1004", "Lead not found")),
            }
        })
        .collect();
    Ok(by_lead(Page::of(result)))
}

/// `GET leads/{id}/{listMembership|programMembership|smartCampaignMembership}.json`
///
/// # Errors
/// 1004 for an unknown person.
pub fn memberships(
    state: &State,
    lead: &str,
    kind: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let lead = read_id(lead)?;
    state
        .get(LEADS, lead)
        .ok_or_else(|| Fault::new("1004", "Lead not found"))?;
    let row = |id: i64, membership: Option<&Value>| {
        let mut row = membership
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        row.insert("id".into(), id.into());
        row
    };
    let (found, wanted): (Vec<Record>, &[&str]) = match kind {
        "listMembership" => (
            state
                .members
                .iter()
                .filter(|(_, people)| people.contains(&lead))
                .map(|(list, _)| row(*list, None))
                .collect(),
            &["id", "membershipDate"],
        ),
        "programMembership" => (
            state
                .program_members
                .iter()
                .filter_map(|(program, people)| Some(row(*program, Some(people.get(&lead)?))))
                .collect(),
            &[
                "id",
                "membershipDate",
                "progressionStatus",
                "isExhausted",
                "acquiredBy",
                "reachedSuccess",
            ],
        ),
        _ => (Vec::new(), &[]),
    };
    let found: Vec<&Record> = found.iter().collect();
    let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let mut page = rows::page(&found, kind, parameters, &wanted, now)?;
    page.more = Some(page.next.is_some());
    Ok(page)
}
