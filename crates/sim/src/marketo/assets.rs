//! Assets: lists by offset, single ones by id or name; folders, files and programs can be written, by forms.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::envelope::{Fault, Page};
use super::rows::plain;
use super::seed;
use super::state::{Parameters, State, id_of, read_id};
use crate::call::Call;
use crate::multipart::Part;
use crate::record_store::Record;

/// The root of all folders.
const ROOT: i64 = 1;

/// The collection that holds a kind.
fn collection(kind: &str) -> String {
    format!("asset {kind}")
}

/// Fills a fresh subscription.
pub fn seed_all(state: &mut State) {
    for kind in seed::ASSET_KINDS {
        for asset in seed::assets(kind) {
            if let Value::Object(record) = asset {
                let id = record
                    .get("id")
                    .or_else(|| record.get("tagType"))
                    .map(plain);
                state
                    .records
                    .collection_mut(&collection(kind))
                    .insert(record, |_| id.unwrap_or_default());
            }
        }
    }
}

/// Every asset of a kind.
pub fn all<'a>(state: &'a State, kind: &str) -> impl Iterator<Item = &'a Record> {
    let stored = state.records.collection(&collection(kind));
    stored
        .into_iter()
        .flat_map(|assets| assets.iter().map(|(_, asset)| asset))
}

/// One asset.
pub fn get<'a>(state: &'a State, kind: &str, id: i64) -> Option<&'a Record> {
    state.records.get(&collection(kind), &id.to_string())
}

/// Whether there is such a kind.
pub fn is_kind(kind: &str) -> bool {
    seed::ASSET_KINDS.contains(&kind)
}

/// `GET /rest/asset/v1/{kind}.json?offset&maxReturn`: 20 at a time unless asked, 200 at most.
///
/// # Errors
/// 610 for an unknown kind, 1001 for an offset that is no number.
pub fn browse(state: &State, kind: &str, parameters: &Parameters) -> Result<Page, Fault> {
    if !is_kind(kind) {
        return Err(Fault::no_resource());
    }
    let offset = parameters.number("offset", 0, usize::MAX)?;
    let most = parameters.number("maxReturn", 20, 200)?;
    let name = parameters.get("name");
    let by = parameters
        .get("filterType")
        .zip(parameters.get("filterValues"));
    let folder = parameters
        .get("folder")
        .or_else(|| parameters.get("root"))
        .map(reference)
        .transpose()?;
    let shown: Vec<Value> = all(state, kind)
        .filter(|asset| name.is_none_or(|name| member(asset, "name") == name))
        .filter(|asset| {
            by.is_none_or(|(kind, values)| {
                values.split(',').any(|value| member(asset, kind) == value)
            })
        })
        .filter(|asset| {
            let place = asset.get("folder").or_else(|| asset.get("parent"));
            let place = place
                .and_then(|place| place.get("id").or_else(|| place.get("value")))
                .and_then(Value::as_i64);
            folder.is_none_or(|folder| place == Some(folder))
        })
        .skip(offset)
        .take(most)
        .map(|asset| asset.clone().into())
        .collect();
    Ok(found(shown))
}

/// `GET /rest/asset/v1/{singular}/{id}.json` and `…/byName.json?name=`.
///
/// # Errors
/// 610 for an unknown kind, 1002 without a name.
pub fn one(
    state: &State,
    singular: &str,
    id: &str,
    parameters: &Parameters,
) -> Result<Page, Fault> {
    let kind = format!("{singular}s");
    if !is_kind(&kind) {
        return Err(Fault::no_resource());
    }
    let (key, wanted) = match id {
        "byName" if singular == "tagType" => ("tagType", parameters.require("name")?),
        "byName" => ("name", parameters.require("name")?),
        _ => ("id", id),
    };
    let shown = all(state, &kind).filter(|asset| member(asset, key) == wanted);
    Ok(found(shown.map(|asset| asset.clone().into()).collect()))
}

/// `POST /rest/asset/v1/folders.json`, `…/programs.json`.
///
/// # Errors
/// 1002 for what is missing, 709 for a name that is taken or an unknown channel, 710 for an unknown folder.
pub fn create(
    state: &mut State,
    kind: &str,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let name = form.require("name")?.to_owned();
    let place = form.require(if kind == "folders" {
        "parent"
    } else {
        "folder"
    })?;
    let place = reference(place)?;
    let folder = get(state, "folders", place)
        .cloned()
        .ok_or_else(|| Fault::new("710", "Parent Folder Not Found"))?;
    let path = format!("{}/{name}", member(&folder, "path"));
    let mut asset = if kind == "folders" {
        seed::folder(0, &name, place, &path)
    } else {
        let channel = form.require("channel")?;
        if !all(state, "channels").any(|one| member(one, "name") == channel) {
            return Err(Fault::new("709", format!("Channel {channel} is not valid")));
        }
        seed::program(
            0,
            &name,
            form.require("type")?,
            channel,
            place,
            &member(&folder, "name"),
        )
    };
    if let Some(members) = asset.as_object_mut() {
        describe(members, form);
    }
    taken(state, kind, &asset, None)?;
    Ok(insert(state, kind, asset, now))
}

/// The members that forms may set on anything.
fn describe(asset: &mut Record, form: &Parameters) {
    for name in ["name", "description", "startDate", "endDate"] {
        if let Some(value) = form.get(name) {
            asset.insert(name.into(), value.into());
        }
    }
    for name in ["costs", "tags"] {
        if let Some(value) = form
            .get(name)
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
        {
            asset.insert(name.into(), value);
        }
    }
    if let Some(archived) = form.get("isArchive") {
        asset.insert("isArchive".into(), (archived == "true").into());
    }
}

/// `POST /rest/asset/v1/{folder|program}/{id}.json`; empty values leave things as they are.
///
/// # Errors
/// 702 when it is not there, 709 for a name that is taken.
pub fn change(
    state: &mut State,
    kind: &str,
    id: &str,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let id = read_id(id)?;
    let mut asset = get(state, kind, id).cloned().ok_or_else(no_data)?;
    describe(&mut asset, form);
    taken(state, kind, &Value::Object(asset.clone()), Some(id))?;
    asset.insert("updatedAt".into(), stamp(now));
    let shown = Value::Object(asset.clone());
    if let Some(stored) = state
        .records
        .collection_mut(&collection(kind))
        .get_mut(&id.to_string())
    {
        *stored = asset;
    }
    Ok(found(vec![shown]))
}

/// `POST /rest/asset/v1/{folder|program|file}/{id}/delete.json`.
///
/// # Errors
/// 702 when it is not there, 709 for a folder that holds something.
pub fn delete(state: &mut State, kind: &str, id: &str) -> Result<Page, Fault> {
    let id = read_id(id)?;
    get(state, kind, id).ok_or_else(no_data)?;
    let holds = kind == "folders"
        && ["folders", "files", "programs"].iter().any(|inner| {
            all(state, inner).any(|asset| {
                let place = asset.get("folder").or_else(|| asset.get("parent"));
                place
                    .and_then(|place| place.get("id").or_else(|| place.get("value")))
                    .and_then(Value::as_i64)
                    == Some(id)
            })
        });
    if holds {
        return Err(Fault::new("709", "Folder is not empty"));
    }
    state
        .records
        .collection_mut(&collection(kind))
        .remove(&id.to_string());
    state.program_members.remove(&id);
    Ok(found(vec![json!({"id": id})]))
}

/// `GET /rest/asset/v1/email/{id}/content.json`: one editable part.
///
/// # Errors
/// 702 when it is not there.
pub fn email_content(state: &State, id: &str) -> Result<Page, Fault> {
    let email = get(state, "emails", read_id(id)?).ok_or_else(no_data)?;
    let text = email
        .get("html")
        .cloned()
        .unwrap_or_else(|| "<p>Hello</p>".into());
    let part = json!({"htmlId": "body", "contentType": "Text", "value": [{"type": "HTML", "value": text}]});
    Ok(found(vec![part]))
}

/// `POST /rest/asset/v1/email/{id}/content/{part}.json`.
///
/// # Errors
/// 702 when it is not there, 1002 without a value.
pub fn fill_email(
    state: &mut State,
    id: &str,
    part: &str,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let id = read_id(id)?;
    let value = form.require("value")?.to_owned();
    let stored = state
        .records
        .collection_mut(&collection("emails"))
        .get_mut(&id.to_string());
    let email = stored.filter(|_| part == "body").ok_or_else(no_data)?;
    email.insert("html".into(), value.into());
    email.insert("status".into(), "draft".into());
    email.insert("updatedAt".into(), stamp(now));
    Ok(found(vec![json!({"id": id})]))
}

/// `POST /rest/asset/v1/{singular}/{id}/approveDraft.json` and its counterparts.
///
/// # Errors
/// 610 for an unknown kind, 702 when it is not there, 709 for one that is approved already.
pub fn set_status(
    state: &mut State,
    singular: &str,
    id: &str,
    approve: bool,
    now: Timestamp,
) -> Result<Page, Fault> {
    let kind = format!("{singular}s");
    if !["emails", "forms", "landingPages"].contains(&kind.as_str()) {
        return Err(Fault::no_resource());
    }
    let id = read_id(id)?;
    let stored = state
        .records
        .collection_mut(&collection(&kind))
        .get_mut(&id.to_string());
    let asset = stored.ok_or_else(no_data)?;
    let approved = asset.get("status").and_then(Value::as_str) == Some("approved");
    if approve && approved {
        return Err(Fault::new("709", "There is no draft to approve"));
    }
    asset.insert(
        "status".into(),
        if approve { "approved" } else { "draft" }.into(),
    );
    asset.insert("updatedAt".into(), stamp(now));
    Ok(found(vec![json!({"id": id})]))
}

/// `POST /rest/asset/v1/files.json`, multipart: `name`, `file`, `folder`, `insertOnly`.
///
/// # Errors
/// 613 for a body that is no form, 1002 for what is missing, 710 for an unknown folder, 709 for a name that is taken.
pub fn store_file(state: &mut State, call: &Call, now: Timestamp) -> Result<Page, Fault> {
    let parts = call
        .parts()
        .ok_or_else(|| Fault::new("613", "Invalid Multipart Request"))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    // All but the file may also stand in the query.
    let said = |name: &str| {
        let text = part(name).map(Part::text);
        text.or_else(|| call.query(name).map(str::to_owned))
    };
    let need = |name: &str| said(name).ok_or_else(|| Fault::missing(name));
    let name = need("name")?;
    let file = part("file").ok_or_else(|| Fault::missing("file"))?;
    let place = reference(&need("folder")?)?;
    let folder =
        get(state, "folders", place).ok_or_else(|| Fault::new("710", "Parent Folder Not Found"))?;
    let mut asset = seed::file(0, &name, file.data.len(), place, &member(folder, "name"));
    if let Some(members) = asset.as_object_mut() {
        let kind = file
            .content_type
            .clone()
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        members.insert("mimeType".into(), kind.into());
        if let Some(text) = said("description") {
            members.insert("description".into(), text.into());
        }
    }
    let old = all(state, "files")
        .find(|one| member(one, "name") == name)
        .map(id_of);
    let replace = said("insertOnly").is_some_and(|text| text == "false");
    match old {
        Some(id) if replace => fill_file(state, id, file.data.len(), now),
        Some(_) => Err(Fault::new("709", format!("File {name} already exists"))),
        None => Ok(insert(state, "files", asset, now)),
    }
}

/// `POST /rest/asset/v1/file/{id}/content.json`, multipart: `file`.
///
/// # Errors
/// 702 when it is not there, 613 and 1002 for the body.
pub fn replace_file(
    state: &mut State,
    id: &str,
    call: &Call,
    now: Timestamp,
) -> Result<Page, Fault> {
    let id = read_id(id)?;
    get(state, "files", id).ok_or_else(no_data)?;
    let parts = call
        .parts()
        .ok_or_else(|| Fault::new("613", "Invalid Multipart Request"))?;
    let file = parts
        .iter()
        .find(|part| part.name == "file")
        .ok_or_else(|| Fault::missing("file"))?;
    fill_file(state, id, file.data.len(), now)
}

fn fill_file(state: &mut State, id: i64, size: usize, now: Timestamp) -> Result<Page, Fault> {
    let stored = state
        .records
        .collection_mut(&collection("files"))
        .get_mut(&id.to_string())
        .ok_or_else(no_data)?;
    stored.insert("size".into(), size.into());
    stored.insert("updatedAt".into(), stamp(now));
    Ok(found(vec![stored.clone().into()]))
}

fn insert(state: &mut State, kind: &str, mut asset: Value, now: Timestamp) -> Page {
    let stored = state.records.collection_mut(&collection(kind));
    let id = i64::try_from(stored.next_number())
        .unwrap_or(0)
        .saturating_add(3000);
    if let Some(members) = asset.as_object_mut() {
        members.insert("id".into(), id.into());
        if let Some(own) = members.get_mut("folderId").and_then(Value::as_object_mut) {
            own.insert("id".into(), id.into());
        }
        for name in ["createdAt", "updatedAt"] {
            members.insert(name.into(), stamp(now));
        }
        stored.insert(members.clone(), |_| id.to_string());
    }
    found(vec![asset])
}

/// Names are unique: of programs everywhere, of folders below one parent.
fn taken(state: &State, kind: &str, asset: &Value, own: Option<i64>) -> Result<(), Fault> {
    let place = |asset: &Value| asset.get("parent").cloned();
    let name = asset.get("name").map(plain).unwrap_or_default();
    let other = all(state, kind).find(|one| {
        let same_place = kind != "folders" || one.get("parent").cloned() == place(asset);
        member(one, "name").eq_ignore_ascii_case(&name) && same_place && Some(id_of(one)) != own
    });
    match other {
        Some(_) => Err(Fault::new("709", format!("{name} already exists"))),
        None => Ok(()),
    }
}

/// `{"id":5,"type":"Folder"}`, in the lenient spelling that clients use, too: `{'id': 5, 'type': Folder}`; or the id alone.
///
/// # Errors
/// 1001.
fn reference(text: &str) -> Result<i64, Fault> {
    let plain_id = text.trim().parse::<i64>().ok();
    let inner = || {
        let after = text.split_once("id")?.1;
        let digits: String = after
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    };
    let id = plain_id.or_else(inner);
    id.filter(|id| *id >= ROOT)
        .ok_or_else(|| Fault::type_of(text, "Folder"))
}

fn no_data() -> Fault {
    Fault::new("702", "No data found for a given search scenario")
}

/// The vendor prints the times of assets with two zones.
fn stamp(now: Timestamp) -> Value {
    format!("{}+0000", now.to_iso()).into()
}

/// The asset calls warn where others answer an empty result.
fn found(shown: Vec<Value>) -> Page {
    if shown.is_empty() {
        let warning = "No assets found for the given search criteria.".to_owned();
        return Page {
            warnings: Some(vec![warning]),
            ..Page::default()
        };
    }
    Page {
        result: Some(shown),
        warnings: Some(Vec::new()),
        ..Page::default()
    }
}

fn member(asset: &Record, name: &str) -> String {
    asset.get(name).map(plain).unwrap_or_default()
}
