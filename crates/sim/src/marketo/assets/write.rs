//! Assets made, changed, cloned, deleted and approved, all kinds alike.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::kinds::{Approval, KINDS, Kind};
use super::{
    all, collection, found, get, insert, member, no_data, place, place_of, replace, stamp, taken,
};
use crate::marketo::envelope::{Fault, Page};
use crate::marketo::seed;
use crate::marketo::state::{CAMPAIGNS, LISTS, Parameters, State, id_of, read_id};
use crate::record_store::Record;

/// `POST /rest/asset/v1/{kind}.json`, in the folder, or below the program, that `folder` (of folders, `parent`) names.
pub fn create(
    state: &mut State,
    kind: &Kind,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let name = form.require("name")?.to_owned();
    for needed in kind.needed {
        form.require(needed)?;
    }
    let is_folder = kind.name == "folders";
    let place = place(
        state,
        form.require(if is_folder { "parent" } else { "folder" })?,
    )?;
    let asset = if is_folder {
        let above = get(state, "folders", place.id).map(|folder| member(folder, "path"));
        let path = format!("{}/{name}", above.unwrap_or_default());
        seed::folder(0, &name, place.id, &path)
    } else if kind.name == "programs" {
        let channel = form.require("channel")?;
        if !all(state, "channels").any(|one| member(one, "name") == channel) {
            return Err(Fault::new("709", format!("Channel {channel} is not valid")));
        }
        seed::program(
            0,
            &name,
            form.require("type")?,
            channel,
            place.id,
            &place.name,
        )
    } else {
        json!({
            "id": 0, "name": name, "description": "", "createdAt": null, "updatedAt": null, "url": null,
            "folder": place.shown(), "status": kind.fresh, "workspace": "Default",
        })
    };
    let mut asset = seed::object(asset);
    describe(&mut asset, kind, form);
    keep(state, kind, asset, None, now)
}

/// Stores an asset in its own place, or as a new one, unless its name is taken.
fn keep(
    state: &mut State,
    kind: &Kind,
    asset: Record,
    own: Option<i64>,
    now: Timestamp,
) -> Result<Page, Fault> {
    taken(state, kind.name, &asset, own)?;
    let page = match own {
        None => insert(state, kind.name, asset, now),
        Some(id) => replace(state, kind.name, id, asset, now),
    };
    mirror(state, kind.name, &page);
    Ok(page)
}

/// The members that forms may set: text, or what a member has been so far.
fn describe(asset: &mut Record, kind: &Kind, form: &Parameters) {
    for name in ["name", "description"].iter().chain(kind.settable) {
        let Some(text) = form.get(name) else { continue };
        let value = match (*name, text) {
            // Structures travel as JSON text, which some clients write with single quotes.
            ("costs" | "tags" | "subject" | "fromName" | "fromEmail" | "replyEmail", text) => {
                serde_json::from_str(text)
                    .or_else(|_| serde_json::from_str(&text.replace('\'', "\"")))
                    .unwrap_or_else(|_| json!(text))
            }
            (_, "true" | "false") => json!(text == "true"),
            ("template", text) => text
                .parse::<i64>()
                .map_or_else(|_| json!(text), |id| json!(id)),
            _ => json!(text),
        };
        asset.insert((*name).into(), value);
    }
}

/// `POST /rest/asset/v1/{singular}/{id}.json`; empty values leave things as they are.
pub fn change(
    state: &mut State,
    kind: &Kind,
    id: &str,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let id = read_id(id)?;
    let mut asset = get(state, kind.name, id).cloned().ok_or_else(no_data)?;
    describe(&mut asset, kind, form);
    keep(state, kind, asset, Some(id), now)
}

/// `POST /rest/asset/v1/{singular}/{id}/clone.json`: a draft of another name, perhaps elsewhere.
pub fn copy(
    state: &mut State,
    kind: &Kind,
    id: &str,
    form: &Parameters,
    now: Timestamp,
) -> Result<Page, Fault> {
    let mut asset = get(state, kind.name, read_id(id)?)
        .cloned()
        .ok_or_else(no_data)?;
    let place = place(state, form.require("folder")?)?;
    asset.insert("name".into(), form.require("name")?.into());
    asset.insert("folder".into(), place.shown());
    if asset.contains_key("status") {
        asset.insert("status".into(), kind.fresh.into());
    }
    describe(&mut asset, kind, form);
    keep(state, kind, asset, None, now)
}

/// `POST /rest/asset/v1/{singular}/{id}/delete.json`; 709 for a folder that holds something.
pub fn delete(state: &mut State, kind: &Kind, id: &str) -> Result<Page, Fault> {
    let id = read_id(id)?;
    get(state, kind.name, id).ok_or_else(no_data)?;
    let holds = kind.name == "folders"
        && KINDS.iter().any(|inner| {
            all(state, inner.name)
                .any(|asset| place_of(asset).is_some_and(|place| place == (id, false)))
        });
    if holds {
        return Err(Fault::new("709", "Folder is not empty"));
    }
    state
        .records
        .collection_mut(&collection(kind.name))
        .remove(&id.to_string());
    match kind.name {
        "programs" => {
            state.program_members.remove(&id);
        }
        "staticLists" => {
            state.records.collection_mut(LISTS).remove(&id.to_string());
            state.members.remove(&id);
        }
        "smartCampaigns" => {
            state
                .records
                .collection_mut(CAMPAIGNS)
                .remove(&id.to_string());
        }
        _ => {}
    }
    Ok(found(vec![json!({"id": id})]))
}

/// Approvals and their counterparts: 709 when there is nothing to approve, or nothing that was.
pub fn set_status(
    state: &mut State,
    kind: &Kind,
    id: &str,
    action: &str,
    now: Timestamp,
) -> Result<Page, Fault> {
    let number = read_id(id)?;
    let asset = get(state, kind.name, number).ok_or_else(no_data)?;
    let status = match (kind.approval, action) {
        (Approval::Draft, "approveDraft") => "approved",
        (Approval::Draft, "unapprove" | "discardDraft") => "draft",
        (Approval::Program, "approve" | "unapprove") if member(asset, "type") != "Email" => {
            return Err(Fault::new("709", "Only email programs can be approved"));
        }
        (Approval::Program, "approve") => "locked",
        (Approval::Program, "unapprove") => "unlocked",
        (Approval::Campaign, "activate" | "deactivate") if member(asset, "type") != "trigger" => {
            return Err(Fault::new("709", "Only trigger campaigns can be activated"));
        }
        (Approval::Campaign, "activate") => "Active",
        (Approval::Campaign, "deactivate") => "Inactive",
        _ => return Err(Fault::no_resource()),
    };
    let before = member(asset, "status");
    let refused = match action {
        "approveDraft" | "approve" | "activate" => {
            (before == status).then_some("There is no draft to approve")
        }
        "unapprove" => {
            (!["approved", "locked"].contains(&before.as_str())).then_some("It is not approved")
        }
        "discardDraft" => (before == "approved").then_some("There is no draft to discard"),
        _ => (before == status).then_some("It is not active"),
    };
    if let Some(words) = refused {
        return Err(Fault::new("709", words));
    }
    let stored = state
        .records
        .collection_mut(&collection(kind.name))
        .get_mut(&number.to_string());
    let asset = stored.ok_or_else(no_data)?;
    asset.insert("status".into(), status.into());
    if kind.approval == Approval::Campaign {
        asset.insert("isActive".into(), (action == "activate").into());
    }
    asset.insert("updatedAt".into(), stamp(now));
    let page = found(vec![asset.clone().into()]);
    mirror(state, kind.name, &page);
    Ok(found(vec![json!({"id": number})]))
}

/// Static lists and campaigns are known to the lead database, too, under the same ids.
fn mirror(state: &mut State, kind: &str, page: &Page) {
    let Some(asset) = page
        .result
        .iter()
        .flatten()
        .next()
        .and_then(Value::as_object)
    else {
        return;
    };
    let own = match kind {
        "staticLists" => LISTS,
        "smartCampaigns" => CAMPAIGNS,
        _ => return,
    };
    let id = id_of(asset);
    let mut record = state.get(own, id).cloned().unwrap_or_default();
    for name in ["id", "name", "description", "type"] {
        if let Some(value) = asset.get(name) {
            record.insert(name.into(), value.clone());
        }
    }
    for name in ["createdAt", "updatedAt"] {
        let time = member(asset, name);
        record.insert(name.into(), time.trim_end_matches("+0000").into());
    }
    record
        .entry("workspaceName")
        .or_insert_with(|| "Default".into());
    if own == CAMPAIGNS {
        record.insert(
            "active".into(),
            asset.get("isActive").cloned().unwrap_or_default(),
        );
    }
    state
        .records
        .collection_mut(own)
        .insert(record, |_| id.to_string());
}
