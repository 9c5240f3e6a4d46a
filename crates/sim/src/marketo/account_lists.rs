//! The named accounts on lists of them.
//!
//! # Source
//! <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/named-account-lists> (2026-11)

use std::collections::BTreeSet;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page};
use super::objects::kinds::{self, ACCOUNT_LISTS, ACCOUNTS};
use super::objects::{number, skipped, wanted};
use super::rows::{self, plain, rows};
use super::state::{Parameters, State};
use crate::record_store::Record;

const GUID: &str = "marketoGUID";

/// `/namedAccountList/{guid}/namedAccounts.json`; `None` for a verb that there is not.
pub fn answer(
    state: &mut State,
    method: &str,
    list: &str,
    parameters: &Parameters,
    body: &Value,
    now: Timestamp,
) -> Option<Result<Page, Fault>> {
    Some(match method {
        "GET" => members(state, list, parameters, now),
        "POST" => each(state, list, body, |members, account| {
            members.insert(account.to_owned());
            Ok("added")
        }),
        "DELETE" => each(state, list, body, |members, account| {
            let gone = members.remove(account);
            gone.then_some("removed").ok_or_else(Fault::no_object)
        }),
        _ => return None,
    })
}

fn members(
    state: &State,
    list: &str,
    parameters: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    known(state, ACCOUNT_LISTS, list)?;
    let kind = kinds::at(ACCOUNTS).ok_or_else(Fault::no_resource)?;
    let on = state.account_members.get(list);
    let found: Vec<&Record> = state
        .all(ACCOUNTS)
        .filter(|account| on.is_some_and(|on| on.contains(&guid(account))))
        .collect();
    let wanted = wanted(kind, parameters)?;
    let mut page = rows::page(&found, "accounts", parameters, &wanted, now)?;
    number(page.result.iter_mut().flatten());
    Ok(page)
}

/// Does something to each account that a body names; answers what came of each, in order.
fn each(
    state: &mut State,
    list: &str,
    body: &Value,
    mut act: impl FnMut(&mut BTreeSet<String>, &str) -> Result<&'static str, Fault>,
) -> Result<Page, Fault> {
    known(state, ACCOUNT_LISTS, list)?;
    let mut result = Vec::new();
    for row in rows(body)? {
        let account = row.get(GUID).map(plain).unwrap_or_default();
        let outcome = known(state, ACCOUNTS, &account).and_then(|()| {
            act(
                state.account_members.entry(list.to_owned()).or_default(),
                &account,
            )
        });
        result.push(match outcome {
            Ok(status) => json!({(GUID): account, "status": status}),
            Err(fault) => skipped(&fault),
        });
    }
    number(result.iter_mut());
    Ok(Page::of(result))
}

fn known(state: &State, collection: &str, wanted: &str) -> Result<(), Fault> {
    let found = state.all(collection).any(|record| guid(record) == wanted);
    found.then_some(()).ok_or_else(Fault::no_object)
}

fn guid(record: &Record) -> String {
    record.get(GUID).map(plain).unwrap_or_default()
}
