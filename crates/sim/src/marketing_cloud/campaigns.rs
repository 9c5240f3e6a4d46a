//! Campaigns, and what is associated with them.

use serde_json::{Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::state::{CAMPAIGNS, State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// What may be associated with a campaign.
const TYPES: [&str; 11] = [
    "AUTOMATION_DEFINITION",
    "CMS_ASSET",
    "EMAIL",
    "EVENT",
    "LANDING_PAGE",
    "LIST",
    "PUSH_MESSAGE",
    "SMS_MESSAGE",
    "SOCIAL_PUBLISH",
    "SYNCHRONIZED_DATA_EXTENSION",
    "WEB_PAGE",
];

/// Answers `/hub/v1/campaigns/…`.
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(3..).unwrap_or_default();
    match (asked.call.method.as_str(), rest) {
        ("GET", []) => {
            let rows = state.all(CAMPAIGNS).collect();
            page::of(asked.call, "items", rows, 500).map(Value::Object)
        }
        ("POST", []) => {
            let body = asked.body()?;
            match plain(body.get("id")).as_str() {
                "" => create(state, asked),
                id => change(state, asked, id),
            }
        }
        // The vendor's own libraries change one this way, PATCH being refused.
        ("POST", [id]) => change(state, asked, id),
        ("GET", [id]) => known(state, id).map(Value::Object),
        ("DELETE", [id]) => {
            known(state, id)?;
            state.of(CAMPAIGNS).remove(id);
            *state.of(&assets_of(id)) = crate::record_store::Collection::default();
            Ok(Value::Null)
        }
        (method, [id, "assets", rest @ ..]) => {
            known(state, id)?;
            assets(state, asked, method, id, rest)
        }
        _ => Err(no(405, 0, "Method Not Allowed")),
    }
}

fn known(state: &State, id: &str) -> Result<Record, Reply> {
    let found = state.records.get(CAMPAIGNS, id).cloned();
    found.ok_or_else(|| no(400, 10000, "Campaign ID is invalid"))
}

/// The name that a campaign may have.
fn name(state: &State, given: &str, own: &str) -> Result<(), Reply> {
    if given.is_empty() {
        return Err(no(400, 10005, "Campaign name is required"));
    }
    if given.chars().count() > 128 {
        let why = "Campaign name may not be longer than 128 characters";
        return Err(no(400, 10005, why));
    }
    let other = state.find(CAMPAIGNS, "name", given);
    if other.is_some_and(|other| plain(other.get("id")) != own) {
        return Err(no(400, 10003, "Campaign name is already in use"));
    }
    Ok(())
}

fn create(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let given = plain(body.get("name"));
    name(state, &given, "")?;
    let now = stamp(asked.now);
    let campaign = json!({
        "id": "", "createdDate": now, "modifiedDate": now, "name": given, "description": plain(body.get("description")),
        "campaignCode": plain(body.get("campaignCode")), "color": plain(body.get("color")),
        "favorite": body.get("favorite") == Some(&Value::Bool(true)),
    });
    let campaigns = state.of(CAMPAIGNS);
    let id = campaigns.insert(record(campaign), |number| (1000 + number).to_string());
    let made = campaigns.get_mut(&id);
    made.map(|campaign| {
        campaign.insert("id".into(), id.into());
        Value::Object(campaign.clone())
    })
    .ok_or_else(|| no(500, 0, "Internal Server Error"))
}

fn change(state: &mut State, asked: &Asked<'_>, id: &str) -> Answer {
    let mut campaign = known(state, id)?;
    let body = asked.body()?;
    if body.contains_key("name") {
        name(state, &plain(body.get("name")), id)?;
    }
    for member in ["name", "description", "campaignCode", "color", "favorite"] {
        if let Some(value) = body.get(member) {
            campaign.insert(member.into(), value.clone());
        }
    }
    campaign.insert("modifiedDate".into(), stamp(asked.now).into());
    state
        .of(CAMPAIGNS)
        .insert(campaign.clone(), |_| id.to_owned());
    Ok(Value::Object(campaign))
}

fn assets_of(campaign: &str) -> String {
    format!("assets of campaign {campaign}")
}

/// `…/assets`: `{"ids": ["1"], "type": "EMAIL"}` associates.
fn assets(
    state: &mut State,
    asked: &Asked<'_>,
    method: &str,
    campaign: &str,
    path: &[&str],
) -> Answer {
    let place = assets_of(campaign);
    match (method, path) {
        ("GET", []) => {
            let rows = state.all(&place).collect();
            page::of(asked.call, "items", rows, 500).map(Value::Object)
        }
        ("POST", []) => {
            let body = asked.body()?;
            let kind = plain(body.get("type")).to_ascii_uppercase();
            if !TYPES.contains(&kind.as_str()) {
                return Err(no(400, 10001, "The type of the asset is not valid."));
            }
            let Some(Value::Array(ids)) = body.get("ids") else {
                return Err(no(400, 10001, "The ids of the assets are required."));
            };
            let mut made = Vec::new();
            for id in ids {
                let number = state.of("campaign assets").next_number();
                let asset = record(
                    json!({"id": number.to_string(), "type": kind, "campaignId": campaign, "itemID": plain(Some(id)),
                    "createdDate": stamp(asked.now)}),
                );
                state
                    .of("campaign assets")
                    .insert(Record::new(), |number| number.to_string());
                state
                    .of(&place)
                    .insert(asset.clone(), |_| number.to_string());
                made.push(Value::Object(asset));
            }
            Ok(made.into())
        }
        ("GET" | "DELETE", [id]) => {
            let found = state.records.get(&place, id).cloned();
            let Some(found) = found else {
                return Err(no(
                    404,
                    10004,
                    "The asset is not associated with the campaign.",
                ));
            };
            if method == "DELETE" {
                state.of(&place).remove(id);
                return Ok(Value::Null);
            }
            Ok(Value::Object(found))
        }
        _ => Err(no(405, 0, "Method Not Allowed")),
    }
}
