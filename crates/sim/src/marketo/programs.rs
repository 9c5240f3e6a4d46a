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
