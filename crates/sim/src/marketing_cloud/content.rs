//! Content builder assets, and transactional messages.

use serde_json::{Map, Value, json};

use super::page;
use super::rest::{Answer, Asked, no};
use super::state::{ASSETS, DEFINITIONS, MESSAGES, State, plain, record, stamp};
use crate::call::Reply;
use crate::record_store::Record;

/// `/asset/v1/…` and `/messaging/v1/…`
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let rest = path.get(2..).unwrap_or_default();
    match (asked.call.method.as_str(), rest) {
        ("GET", ["content", "assets"]) => {
            page::of(asked.call, "items", filtered(state, asked)?, 500).map(Value::Object)
        }
        ("POST", ["content", "assets", "query"]) => query(state, asked),
        ("POST", ["content", "assets"]) => create(state, asked),
        ("GET", ["content", "assets", id]) => known(state, id).map(Value::Object),
        ("PUT" | "PATCH", ["content", "assets", id]) => change(state, asked, id),
        ("DELETE", ["content", "assets", id]) => {
            known(state, id)?;
            state.of(ASSETS).remove(id);
            Ok("OK".into())
        }
        ("GET", ["content", "categories"]) => {
            let folders = state
                .all("DataFolder")
                .filter(|folder| plain(folder.get("ContentType")) == "asset");
            let rows: Vec<Record> = folders
                .map(|folder| {
                    record(json!({"id": folder.get("ID"), "name": folder.get("Name"), "parentId": folder.get("ParentFolder.ID"),
                        "categoryType": "asset", "enterpriseId": 510_000_001, "memberId": 510_000_001, "description": ""}))
                })
                .collect();
            page::of(asked.call, "items", rows.iter().collect(), 500).map(Value::Object)
        }
        ("GET", ["email", "definitions"]) => page::of(
            asked.call,
            "definitions",
            state.all(DEFINITIONS).collect(),
            500,
        )
        .map(Value::Object),
        ("GET", ["email", "definitions", _]) => {
            definition(state, asked.segment(4)).map(Value::Object)
        }
        ("POST", ["email", "messages"]) => send(state, asked, None),
        ("POST", ["email", "messages", _]) => send(state, asked, Some(asked.segment(4))),
        ("GET", ["email", "messages", _]) => match state.records.get(MESSAGES, asked.segment(4)) {
            Some(message) => Ok(Value::Object(message.clone())),
            None => Err(no(404, 106_003, "The message was not found.")),
        },
        ("POST", ["messagedefinitionsends", _, "send"]) => {
            let key = asked.segment(3);
            let key = key.split_once(':').map_or(key, |(_, key)| key);
            definition(state, key)?;
            let to = asked.body()?.get("To").cloned().unwrap_or_default();
            let id = keep(
                state,
                asked,
                key,
                &plain(to.get("SubscriberKey").or_else(|| to.get("Address"))),
                None,
            )?;
            let answer = json!({"requestId": id, "responses": [{"recipientSendId": id, "hasErrors": false, "messages": ["Queued"]}]});
            Err(Reply::json(202, &answer))
        }
        _ => Err(no(404, 0, "Not Found")),
    }
}

fn known(state: &State, id: &str) -> Result<Record, Reply> {
    let found = state.records.get(ASSETS, id).cloned();
    found.ok_or_else(|| no(404, 10004, "The asset was not found."))
}

fn definition(state: &State, key: &str) -> Result<Record, Reply> {
    let found = state.find(DEFINITIONS, "definitionKey", key).cloned();
    found.ok_or_else(|| no(404, 106_001, "The send definition was not found."))
}

/// `$filter=name eq 'x'`
fn filtered<'a>(state: &'a State, asked: &Asked<'_>) -> Result<Vec<&'a Record>, Reply> {
    let Some(filter) = asked
        .call
        .query("$filter")
        .filter(|filter| !filter.is_empty())
    else {
        return Ok(state.all(ASSETS).collect());
    };
    let mut rows = Vec::new();
    for asset in state.all(ASSETS) {
        let flat: Map<String, Value> = asset
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone()))
            .collect();
        match super::rows::passes(&flat, filter) {
            Ok(true) => rows.push(asset),
            Ok(false) => {}
            Err(why) => return Err(no(400, 10001, &why)),
        }
    }
    Ok(rows)
}

/// The value at `assetType.name`.
fn at<'a>(asset: &'a Record, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let mut found = asset.get(parts.next()?)?;
    for part in parts {
        found = found.get(part)?;
    }
    Some(found)
}

fn holds(asset: &Record, query: &Value) -> Result<bool, String> {
    if let Some(operator) = query.get("logicalOperator").and_then(Value::as_str) {
        let side = |name: &str| holds(asset, query.get(name).unwrap_or(&Value::Null));
        let (left, right) = (side("leftOperand")?, side("rightOperand")?);
        return match operator {
            "AND" => Ok(left && right),
            "OR" => Ok(left || right),
            other => Err(format!("The logicalOperator '{other}' is not valid.")),
        };
    }
    let property = query
        .get("property")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let has = plain(at(asset, property)).to_lowercase();
    let values: Vec<String> = match query.get("value").or_else(|| query.get("values")) {
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| plain(Some(item)).to_lowercase())
            .collect(),
        other => vec![plain(other).to_lowercase()],
    };
    let first = values.first().cloned().unwrap_or_default();
    match query
        .get("simpleOperator")
        .and_then(Value::as_str)
        .unwrap_or_default()
    {
        "equal" | "equals" => Ok(has == first),
        "notEqual" | "notEquals" => Ok(has != first),
        "like" | "contains" => Ok(has.contains(&first.replace('%', ""))),
        "startsWith" => Ok(has.starts_with(&first)),
        "in" => Ok(values.contains(&has)),
        "greaterThan" => Ok(has > first),
        "lessThan" => Ok(has < first),
        other => Err(format!("The simpleOperator '{other}' is not valid.")),
    }
}

/// `POST assets/query`: `{page:{page,pageSize}, query, sort, fields}`
fn query(state: &State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let mut rows = Vec::new();
    for asset in state.all(ASSETS) {
        let passes = body
            .get("query")
            .map_or(Ok(true), |query| holds(asset, query));
        if passes.map_err(|why| no(400, 10001, &why))? {
            rows.push(asset);
        }
    }
    let number = |name: &str| plain(body.get("page").and_then(|page| page.get(name)));
    let mut call = asked.call.clone();
    for (name, ours) in [("page", "$page"), ("pageSize", "$pageSize")] {
        if !number(name).is_empty() {
            call.query.push((ours.to_owned(), number(name)));
        }
    }
    page::of(&call, "items", rows, 500).map(Value::Object)
}

fn create(state: &mut State, asked: &Asked<'_>) -> Answer {
    let body = asked.body()?;
    let name = plain(body.get("name"));
    if name.is_empty() {
        return Err(no(400, 10005, "The asset needs a name."));
    }
    let kind = body
        .get("assetType")
        .and_then(|kind| kind.get("id"))
        .and_then(Value::as_i64);
    let Some(kind) = kind else {
        return Err(no(400, 10005, "The asset needs an assetType with an id."));
    };
    if state.find(ASSETS, "name", &name).is_some() {
        return Err(no(
            400,
            118_039,
            "An asset with this name exists in the folder already.",
        ));
    }
    let key = state.guid();
    Ok(Value::Object(make(
        state,
        body,
        kind,
        &key,
        &stamp(asked.now),
    )))
}

/// An asset as the vendor completes it.
pub fn make(
    state: &mut State,
    body: Map<String, Value>,
    kind: i64,
    key: &str,
    now: &str,
) -> Record {
    let word = match kind {
        28 => "jpg",
        196 => "textblock",
        197 => "htmlblock",
        207 => "templatebasedemail",
        208 => "htmlemail",
        209 => "textonlyemail",
        _ => "webpage",
    };
    let mut asset = record(json!({
        "id": 0, "customerKey": key, "objectID": key, "assetType": {"id": kind, "name": word, "displayName": word}, "name": "",
        "description": "", "owner": {"id": 717_000_001, "name": "Sandbox User"}, "createdDate": now, "modifiedDate": now,
        "category": {"id": 2001, "name": "Content Builder", "parentId": 0}, "status": {"id": 1, "name": "Draft"},
    }));
    asset.extend(
        body.into_iter()
            .filter(|(name, _)| name != "id" && name != "assetType"),
    );
    let assets = state.of(ASSETS);
    let number = 30_000 + assets.next_number();
    asset.insert("id".into(), number.into());
    assets.insert(asset.clone(), |_| number.to_string());
    asset
}

fn change(state: &mut State, asked: &Asked<'_>, id: &str) -> Answer {
    let mut asset = known(state, id)?;
    let body = asked.body()?;
    asset.extend(
        body.into_iter()
            .filter(|(name, _)| !matches!(name.as_str(), "id" | "createdDate" | "objectID")),
    );
    asset.insert("modifiedDate".into(), stamp(asked.now).into());
    state.of(ASSETS).insert(asset.clone(), |_| id.to_owned());
    Ok(Value::Object(asset))
}

fn keep(
    state: &mut State,
    asked: &Asked<'_>,
    definition: &str,
    to: &str,
    key: Option<&str>,
) -> Result<String, Reply> {
    if to.is_empty() {
        return Err(no(400, 106_002, "The recipient needs a contactKey."));
    }
    let key = key.map_or_else(|| state.guid(), str::to_owned);
    if state.records.get(MESSAGES, &key).is_some() {
        return Err(no(
            409,
            106_005,
            "A message with this key has been sent already.",
        ));
    }
    let message = json!({
        "requestId": key, "eventCategoryType": "TransactionalSendEvents.EmailSent", "timestamp": stamp(asked.now),
        "compositeId": key, "info": {"messageKey": key, "contactKey": to, "definitionKey": definition, "to": to},
    });
    state.of(MESSAGES).insert(record(message), |_| key.clone());
    Ok(key)
}

/// `POST messages[/{messageKey}]`: one recipient, or several.
fn send(state: &mut State, asked: &Asked<'_>, key: Option<&str>) -> Answer {
    let body = asked.body()?;
    let name = plain(body.get("definitionKey"));
    definition(state, &name)?;
    let recipients: Vec<Value> = match (body.get("recipients"), body.get("recipient")) {
        (Some(Value::Array(several)), _) => several.clone(),
        (_, Some(one)) => vec![one.clone()],
        _ => return Err(no(400, 106_002, "The message has no recipient.")),
    };
    let mut responses = Vec::new();
    for recipient in recipients {
        let own = plain(recipient.get("messageKey"));
        let chosen = key
            .map(str::to_owned)
            .or_else(|| Some(own).filter(|own| !own.is_empty()));
        let kept = keep(
            state,
            asked,
            &name,
            &plain(recipient.get("contactKey")),
            chosen.as_deref(),
        )?;
        responses.push(json!({"messageKey": kept}));
    }
    let id = state.guid();
    Err(Reply::json(
        202,
        &json!({"requestId": id, "errorcode": 0, "responses": responses}),
    ))
}
