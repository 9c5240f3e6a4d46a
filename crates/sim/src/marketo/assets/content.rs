//! What is inside assets: texts of emails, templates, snippets and pages, fields of forms, variables.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::kinds::{self, Kind};
use super::{collection, found, get, insert, no_data, place, stamp, taken};
use crate::call::Call;
use crate::marketo::envelope::{Fault, Page};
use crate::marketo::routes::Request;
use crate::marketo::seed;
use crate::marketo::state::{Parameters, State, id_of, read_id};
use crate::multipart::Part;
use crate::record_store::{Record, put};

/// Members of an asset that only these calls show.
const HTML: &str = "html";
const PARTS: &str = "parts";
const FIELDS: &str = "fields";
const VARIABLES: &str = "variables";

/// Takes out what only the calls here show.
pub fn without(mut asset: Record) -> Record {
    for name in [HTML, PARTS, FIELDS, VARIABLES] {
        asset.remove(name);
    }
    asset
}

/// What follows `/{singular}/{id}`; `None` for an unknown path or verb.
pub fn answer(
    state: &mut State,
    request: &Request<'_>,
    kind: &Kind,
    id: &str,
    rest: &[&str],
) -> Option<Result<Page, Fault>> {
    let (form, now) = (request.parameters, request.now);
    let call = request.call;
    let mut asset = Asset {
        state,
        kind,
        id,
        now,
    };
    Some(match (kind.name, request.method, rest) {
        ("emails", "GET", ["content"]) => asset.read(|asset, _| vec![json!({
            "htmlId": "body", "contentType": "Text", "value": [{"type": "HTML", "value": html(asset)}],
        })]),
        ("emails", "POST", ["content"]) => asset.write(|asset| {
            for name in ["subject", "fromName", "fromEmail", "replyTO"] {
                if let Some(text) = form.get(name) {
                    let value = serde_json::from_str(text).unwrap_or_else(|_| json!({"type": "Text", "value": text}));
                    asset.insert(name.into(), value);
                }
            }
            Ok(None)
        }),
        ("emails", "POST", ["content", part]) => asset.write(|asset| {
            let value = form.require("value")?;
            if *part != "body" {
                return Err(no_data());
            }
            asset.insert(HTML.into(), value.into());
            Ok(None)
        }),
        ("emails" | "landingPages", "GET", ["fullContent"])
        | ("emailTemplates" | "landingPageTemplates", "GET", ["content"]) => asset.read(|asset, id| {
            vec![json!({"id": id, "status": asset.get("status"), "content": html(asset)})]
        }),
        ("emails", "POST", ["fullContent"])
        | ("emailTemplates" | "landingPageTemplates", "POST", ["content"]) => {
            let text = given(call, "content");
            asset.write(|asset| {
                asset.insert(HTML.into(), text?.into());
                Ok(None)
            })
        }
        ("emails", "POST", ["sendSample"]) => asset.write_quietly(|_| {
            let to = form.require("emailAddress")?;
            if to.contains('@') { Ok(Some(json!({"result": true}))) } else { Err(Fault::type_of(to, "Email")) }
        }),
        ("emails" | "landingPages", "GET", ["variables"]) => asset.read(|asset, _| list(asset, VARIABLES)),
        ("emails" | "landingPages", "POST", ["variable", name]) => asset.write(|asset| {
            let variable = json!({
                "name": name, "value": form.require("value")?, "moduleScope": form.get("moduleId").is_some(),
                "moduleId": form.get("moduleId"),
            });
            replace(asset, VARIABLES, "name", variable.clone());
            Ok(Some(variable))
        }),
        ("emailTemplates", "GET", ["usedBy"]) => {
            let wanted = read_id(id).ok();
            let users = super::all(asset.state, "emails").filter(|one| one.get("template").and_then(Value::as_i64) == wanted);
            let users = users.map(|one| json!({"id": id_of(one), "name": one.get("name"), "type": "Email", "status": one.get("status"), "updatedAt": one.get("updatedAt")}));
            Ok(found(users.collect()))
        }
        ("snippets", "GET", ["content"]) => {
            asset.read(|asset, _| vec![json!({"type": "HTML", "content": html(asset)})])
        }
        ("snippets", "POST", ["content"]) => asset.write(|asset| {
            let kind = form.require("type")?;
            if !["HTML", "Text", "DynamicContent"].contains(&kind) {
                return Err(Fault::type_of(kind, "content type"));
            }
            asset.insert(HTML.into(), form.require("content")?.into());
            Ok(None)
        }),
        // Nothing here is dynamic: there are no segments to choose by.
        (_, "GET", ["dynamicContent" | "dynamicContents", ..]) => asset.read(|_, _| Vec::new()),
        (_, "POST", ["dynamicContent", ..]) => Err(no_data()),
        ("landingPages", "GET", ["content"]) => asset.read(|asset, _| list(asset, PARTS)),
        ("landingPages", "POST", ["content", rest @ ..]) => part(&mut asset, PARTS, rest, |old, id| {
            let mut part = old.cloned().unwrap_or_else(|| json!({"id": id, "index": 1, "formattingOptions": {}}));
            put(&mut part, "type", form.require("type")?.into());
            put(&mut part, "content", form.require("value")?.into());
            Ok(part)
        })?,
        ("forms", "GET", ["fields"]) => asset.read(|asset, _| list(asset, FIELDS)),
        ("forms", "GET", ["thankYouPage"]) => asset.read(|_, _| vec![json!({"followupType": "none", "default": true})]),
        ("forms", "POST", ["fields"]) => field(&mut asset, form.require("fieldId"), form, true),
        ("forms", "POST", ["field", name]) => field(&mut asset, Ok(name), form, false),
        ("forms", "POST", ["field", name, "delete"]) => asset.write(|asset| {
            let before = list(asset, FIELDS);
            let after: Vec<Value> = before.iter().filter(|field| id_in(field) != *name).cloned().collect();
            if before.len() == after.len() {
                return Err(no_data());
            }
            asset.insert(FIELDS.into(), after.into());
            Ok(Some(json!({"id": name})))
        }),
        _ => return None,
    })
}

/// An asset that a call is about.
struct Asset<'a> {
    state: &'a mut State,
    kind: &'a Kind,
    id: &'a str,
    now: Timestamp,
}

impl Asset<'_> {
    fn read(&self, show: impl FnOnce(&Record, i64) -> Vec<Value>) -> Result<Page, Fault> {
        let id = read_id(self.id)?;
        let asset = get(self.state, self.kind.name, id).ok_or_else(no_data)?;
        Ok(found(show(asset, id)))
    }

    /// Changes it, which makes it a draft; answers what `change` says, else its id.
    fn write(
        &mut self,
        change: impl FnOnce(&mut Record) -> Result<Option<Value>, Fault>,
    ) -> Result<Page, Fault> {
        let now = self.now;
        self.write_quietly(|asset| {
            let shown = change(asset)?;
            asset.insert("status".into(), "draft".into());
            asset.insert("updatedAt".into(), stamp(now));
            Ok(shown)
        })
    }

    fn write_quietly(
        &mut self,
        change: impl FnOnce(&mut Record) -> Result<Option<Value>, Fault>,
    ) -> Result<Page, Fault> {
        let id = read_id(self.id)?;
        let stored = self
            .state
            .records
            .collection_mut(&collection(self.kind.name))
            .get_mut(&id.to_string());
        let shown = change(stored.ok_or_else(no_data)?)?;
        Ok(found(vec![shown.unwrap_or_else(|| json!({"id": id}))]))
    }
}

fn html(asset: &Record) -> Value {
    asset
        .get(HTML)
        .cloned()
        .unwrap_or_else(|| "<p>Hello</p>".into())
}

fn id_in(item: &Value) -> Value {
    item.get("id").cloned().unwrap_or_default()
}

fn list(asset: &Record, name: &str) -> Vec<Value> {
    asset
        .get(name)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default()
}

/// Puts an item into a list in the place of the one with the same key.
fn replace(asset: &mut Record, name: &str, key: &str, item: Value) {
    let mut items = list(asset, name);
    match items.iter_mut().find(|old| old.get(key) == item.get(key)) {
        Some(old) => *old = item,
        None => items.push(item),
    }
    asset.insert(name.into(), items.into());
}

/// `…/content.json`, `…/content/{id}.json`, `…/content/{id}/delete.json` of a page.
fn part(
    asset: &mut Asset<'_>,
    name: &str,
    rest: &[&str],
    make: impl FnOnce(Option<&Value>, i64) -> Result<Value, Fault>,
) -> Option<Result<Page, Fault>> {
    let wanted = match rest {
        [] => None,
        [id] | [id, "delete"] => Some(*id),
        _ => return None,
    };
    Some(asset.write(|asset| {
        let mut items = list(asset, name);
        let next = items
            .iter()
            .filter_map(|item| id_in(item).as_i64())
            .max()
            .unwrap_or(0)
            + 1;
        let place = match wanted {
            None => None,
            Some(id) => {
                let id = read_id(id)?;
                Some(
                    items
                        .iter()
                        .position(|item| id_in(item) == id)
                        .ok_or_else(no_data)?,
                )
            }
        };
        let id = if rest.last() == Some(&"delete") {
            place
                .map(|place| id_in(&items.remove(place)))
                .unwrap_or_default()
        } else {
            let made = make(place.and_then(|place| items.get(place)), next)?;
            let id = id_in(&made);
            match place.and_then(|place| items.get_mut(place)) {
                Some(old) => *old = made,
                None => items.push(made),
            }
            id
        };
        asset.insert(name.into(), items.into());
        Ok(Some(json!({"id": id})))
    }))
}

/// Adds or changes a field of a form.
fn field(
    asset: &mut Asset<'_>,
    name: Result<&str, Fault>,
    form: &Parameters,
    new: bool,
) -> Result<Page, Fault> {
    let name = name?.to_owned();
    asset.write(|asset| {
        let old = list(asset, FIELDS).into_iter().find(|field| id_in(field) == name);
        if new == old.is_some() {
            return Err(if new { Fault::new("709", format!("Field {name} is on the form already")) } else { no_data() });
        }
        let known = crate::marketo::fields::LEAD.iter().find(|field| field.name.eq_ignore_ascii_case(&name));
        let row = list(asset, FIELDS).len();
        let mut field = old.unwrap_or_else(|| json!({
            "id": name, "label": known.map(|field| field.display), "dataType": known.map_or("text", |field| field.kind),
            "required": false, "rowNumber": row, "columnNumber": 0, "formPrefill": true, "visibilityRules": {"ruleType": "alwaysShow"},
        }));
        for setting in ["label", "fieldType", "labelWidth", "fieldWidth", "instructions", "required", "formPrefill", "defaultValue", "hintText"] {
            if let Some(text) = form.get(setting) {
                let value = match text {
                    "true" | "false" => json!(text == "true"),
                    _ => json!(text),
                };
                put(&mut field, setting, value);
            }
        }
        replace(asset, FIELDS, "id", field.clone());
        Ok(Some(field))
    })
}

/// A part of a form of parts as text, else the parameter of that name.
fn given(call: &Call, name: &str) -> Result<String, Fault> {
    let parts = call.parts();
    let part = parts
        .iter()
        .flatten()
        .find(|part| part.name == name)
        .map(Part::text);
    part.or_else(|| call.parameter(name))
        .ok_or_else(|| Fault::missing(name))
}

/// `POST emailTemplates.json`, multipart: `name`, `folder`, `content`; all but the content may stand in the query.
pub fn create_template(
    state: &mut State,
    call: &Call,
    query: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let said = |name: &str| {
        query
            .get(name)
            .map(str::to_owned)
            .map_or_else(|| given(call, name), Ok)
    };
    let name = said("name")?;
    let place = place(state, &said("folder")?)?;
    let asset = json!({
        "id": 0, "name": name, "description": said("description").unwrap_or_default(), "createdAt": null, "updatedAt": null,
        "url": null, "folder": place.shown(), "status": "draft", "workspace": "Default", "version": 2,
        (HTML): given(call, "content")?,
    });
    let kind = kinds::named("emailTemplates").map_or("", |kind| kind.name);
    let asset = seed::object(asset);
    taken(state, kind, &asset, None)?;
    Ok(insert(state, kind, asset, now))
}
