//! The REST tree: which path means what. Rows of data extensions and endpoints are here; other kinds next door.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::state::{REQUESTS, State, plain, record, stamp};
use super::{
    automations, campaigns, contacts, content, entry_events, journeys, page, problem, rows,
};
use crate::call::{Call, Reply};
use crate::record_store::Record;

/// One call.
pub struct Asked<'a> {
    /// As it came.
    pub call: &'a Call,
    /// When it came.
    pub now: Timestamp,
    /// Its segments in their own case.
    pub path: &'a [&'a str],
}

/// A body, `null` for none, or an answer of another status.
pub type Answer = Result<Value, Reply>;

/// 400, 404 and their like.
pub fn no(status: u16, code: u32, message: &str) -> Reply {
    problem(status, code, message)
}

impl Asked<'_> {
    /// The body as an object.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn body(&self) -> Result<Map<String, Value>, Reply> {
        match self.call.json() {
            Ok(Value::Object(body)) => Ok(body),
            _ => Err(no(
                400,
                10001,
                "The request body is not a valid JSON object.",
            )),
        }
    }

    /// A segment in its own case.
    pub fn segment(&self, at: usize) -> &str {
        self.path.get(at).copied().unwrap_or_default()
    }
}

/// Answers a call by its path in lower case.
pub fn answer(state: &mut State, asked: &Asked<'_>, path: &[&str]) -> Answer {
    let method = asked.call.method.as_str();
    match (method, path) {
        ("GET", ["platform", "v1", "endpoints"]) => {
            Ok(json!({"items": [{"type": "soap", "url": soap_address(asked.call)}], "count": 1}))
        }
        ("GET", ["platform", "v1", "endpoints", "soap"]) => {
            Ok(json!({"url": soap_address(asked.call)}))
        }
        ("GET", ["platform", "v1", "tokencontext"]) => {
            Ok(json!({"organization": {"id": 510_000_001, "stackKey": "S10"}}))
        }
        (_, ["hub", "v1", "campaigns", ..]) => campaigns::answer(state, asked, path),
        ("POST", ["hub", "v1", "dataevents", _, "rowset"]) => put_rows(state, asked),
        ("PUT", ["hub", "v1", "dataevents", _, "rows", _]) => put_row(state, asked),
        ("POST", ["hub", "v1", "dataeventsasync", _, "rowset"]) => {
            put_rows(state, asked).map(|_| json!({}))
        }
        ("GET", ["data", "v1", "customobjectdata", "key", _, "rowset"]) => list_rows(state, asked),
        ("POST" | "PUT", ["data", "v1", "async", "dataextensions", _, "rows"]) => {
            put_later(state, asked)
        }
        ("GET", ["data", "v1", "async", id, part @ ("status" | "results")]) => {
            later(state, id, part)
        }
        (_, ["automation", "v1", ..]) => automations::answer(state, asked, path),
        (_, ["interaction", "v1", "interactions", ..]) => journeys::answer(state, asked, path),
        (_, ["interaction", "v1", "eventdefinitions", ..]) => {
            entry_events::answer(state, asked, path)
        }
        ("POST", ["interaction", "v1", "events"]) => entry_events::fire(state, asked),
        (_, ["contacts", "v1", ..]) => contacts::answer(state, asked, path),
        (_, ["asset" | "messaging", "v1", ..]) => content::answer(state, asked, path),
        _ => Err(no(404, 0, "Not Found")),
    }
}

/// Where SOAP calls go.
pub fn soap_address(call: &Call) -> String {
    let host = call.host();
    match host.split_once(".rest.marketingcloudapis.com") {
        Some((tenant, "")) => format!("https://{tenant}.soap.marketingcloudapis.com/Service.asmx"),
        _ if host.ends_with(".soap.marketingcloudapis.com")
            || host.ends_with(".exacttarget.com") =>
        {
            format!("https://{host}/Service.asmx")
        }
        _ if host.ends_with("exacttargetapis.com") => {
            "https://webservice.s10.exacttarget.com/Service.asmx".to_owned()
        }
        _ => format!("{}/soap/Service.asmx", call.origin()),
    }
}

/// The external key in `key:{…}`; anything else is the id of a data extension.
fn extension<'a>(state: &'a State, segment: &str) -> Result<&'a Record, Reply> {
    let found = match segment.split_once(':') {
        Some((word, key)) if word.eq_ignore_ascii_case("key") => state.extension(key),
        _ => state.find("DataExtension", "ObjectID", segment),
    };
    found.ok_or_else(|| {
        no(
            404,
            10004,
            "Unable to find the data extension with this key.",
        )
    })
}

fn key_of(state: &State, segment: &str) -> Result<String, Reply> {
    Ok(plain(extension(state, segment)?.get("CustomerKey")))
}

fn unsaved(state: &State, key: &str, wrong: &[String]) -> Reply {
    let id = plain(state.extension(key).and_then(|e| e.get("ObjectID")));
    let more: Vec<Value> = wrong
        .iter()
        .map(|why| json!({"message": why, "errorcode": 10000, "documentation": ""}))
        .collect();
    Reply::json(
        400,
        &json!({
            "message": format!("Unable to save rows for data extension ID {id}"), "errorcode": 10006, "documentation": "",
            "additionalErrors": more,
        }),
    )
}

/// `{keys, values}` as one row.
fn together(row: &Value) -> Map<String, Value> {
    let of = |part: &str| {
        row.get(part)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let mut all = of("keys");
    all.extend(of("values"));
    all
}

fn put_rows(state: &mut State, asked: &Asked<'_>) -> Answer {
    let key = key_of(state, asked.segment(3))?;
    let Ok(Value::Array(given)) = asked.call.json() else {
        return Err(no(
            400,
            10001,
            "The request body is not a JSON array of rows.",
        ));
    };
    let ready: Vec<Map<String, Value>> = given.iter().map(together).collect();
    rows::upsert(state, &key, &ready).map_err(|wrong| unsaved(state, &key, &wrong))?;
    Ok(Value::Array(given))
}

/// `PUT …/rows/{column}:{value}`: one row, its key in the path.
fn put_row(state: &mut State, asked: &Asked<'_>) -> Answer {
    let key = key_of(state, asked.segment(3))?;
    let body = asked.body()?;
    let mut keys = Map::new();
    for pair in asked.segment(5).split(',') {
        let Some((column, value)) = pair.split_once(':') else {
            return Err(no(400, 10001, "The key of the row must be column:value."));
        };
        keys.insert(column.to_owned(), value.into());
    }
    let mut row = keys.clone();
    row.extend(
        body.get("values")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    );
    rows::upsert(state, &key, &[row]).map_err(|wrong| unsaved(state, &key, &wrong))?;
    Ok(json!({"keys": keys, "values": body.get("values")}))
}

fn list_rows(state: &State, asked: &Asked<'_>) -> Answer {
    let extension = extension(state, &format!("key:{}", asked.segment(4)))?;
    let key = plain(extension.get("CustomerKey"));
    let names = rows::key_names(state, &key);
    let mut chosen = Vec::new();
    for row in state.all(&rows::collection(&key)) {
        let passes = asked
            .call
            .query("$filter")
            .map_or(Ok(true), |filter| rows::passes(row, filter));
        match passes {
            Ok(true) => chosen.push(row),
            Ok(false) => {}
            Err(why) => return Err(no(400, 10001, &why)),
        }
    }
    let mut body = page::of(asked.call, "items", chosen, 2500)?;
    if let Some(Value::Array(items)) = body.get_mut("items") {
        for item in items {
            if let Value::Object(row) = item {
                *item = rows::parts(&names, row);
            }
        }
    }
    body.insert("requestToken".into(), "sandbox".into());
    body.insert(
        "customObjectId".into(),
        extension.get("ObjectID").cloned().unwrap_or_default(),
    );
    body.insert("customObjectKey".into(), key.into());
    Ok(Value::Object(body))
}

/// `…/async/dataextensions/key:{…}/rows`: done at once, told later.
fn put_later(state: &mut State, asked: &Asked<'_>) -> Answer {
    let key = key_of(state, asked.segment(4))?;
    let body = asked.body()?;
    let Some(items) = body.get("items").and_then(Value::as_array) else {
        return Err(no(400, 10001, "The request body has no items."));
    };
    let ready: Vec<Map<String, Value>> =
        items.iter().filter_map(Value::as_object).cloned().collect();
    let wrong = rows::upsert(state, &key, &ready).err().unwrap_or_default();
    let id = state.guid();
    let results: Vec<Value> = if wrong.is_empty() {
        vec![json!({"errorCode": "", "message": "", "status": "OK"})]
    } else {
        wrong
            .iter()
            .map(|why| json!({"errorCode": "InvalidValue", "message": why, "status": "Error"}))
            .collect()
    };
    let now = stamp(asked.now);
    let outcome = json!({
        "status": {"callDateTime": now, "completionDateTime": now, "hasErrors": !wrong.is_empty(), "pickupDateTime": now,
            "requestStatus": "Complete", "resultStatus": if wrong.is_empty() { "OK" } else { "Error" }, "requestId": id},
        "results": results,
    });
    state.of(REQUESTS).insert(record(outcome), |_| id.clone());
    Err(Reply::json(
        202,
        &json!({"requestId": id, "resultMessages": []}),
    ))
}

fn later(state: &State, id: &str, part: &str) -> Answer {
    let Some(outcome) = state.records.get(REQUESTS, id) else {
        return Err(no(404, 10004, "Unable to find the request."));
    };
    let (id, now) = (
        id.to_owned(),
        outcome.get(part).cloned().unwrap_or_default(),
    );
    Ok(match part {
        "status" => json!({"status": now, "requestId": id, "resultMessages": []}),
        _ => {
            json!({"page": 1, "pageSize": 50, "count": 1, "items": now, "requestId": id, "resultMessages": []})
        }
    })
}
