//! Assets: lists by offset, single ones by id or name; written by forms, cloned, approved.
//!
//! # Source
//! <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/assets> (2026-11)

mod content;
mod files;
mod kinds;
mod tokens;
mod write;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use self::kinds::{Approval, KINDS};
use super::envelope::{Fault, Page};
use super::routes::Request;
use super::rows::plain;
use super::seed;
use super::state::{Parameters, State, id_of, read_id};
use crate::record_store::Record;

/// The root of all folders.
const ROOT: i64 = 1;

/// The collection that holds a kind.
fn collection(kind: &str) -> String {
    format!("asset {kind}")
}

/// Fills a fresh subscription.
pub fn seed_all(state: &mut State) {
    let own: Vec<(&str, Vec<Value>)> = KINDS
        .iter()
        .map(|kind| (kind.name, seed::assets(kind.name, state)))
        .collect();
    for (kind, assets) in own {
        for asset in assets {
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
    kinds::named(kind).is_some()
}

/// Whether these are listed, and nothing else.
pub fn is_listed(kind: &str) -> bool {
    ["segmentation", "redirectRules", "landingPageDomains"].contains(&kind)
}

/// What follows `/rest/asset/v1`; `None` for an unknown path or verb.
pub fn answer(
    state: &mut State,
    request: &Request<'_>,
    path: &[&str],
) -> Option<Result<Page, Fault>> {
    let (parameters, call, now) = (request.parameters, request.call, request.now);
    let singular = |name: &str| KINDS.iter().find(|kind| kind.singular() == name);
    Some(match (request.method, path) {
        ("GET", ["segmentation"]) => Ok(found(seed::segmentations())),
        ("GET", ["segmentation", id, "segments"]) => {
            read_id(id).map(|id| found(seed::segments(id)))
        }
        ("GET", ["redirectRules"]) => Ok(found(Vec::new())),
        ("GET", ["landingPageDomains"]) => Ok(found(vec![
            json!({"hostname": "go.example.com", "type": "domain"}),
        ])),
        ("GET", [kind]) => browse(state, kind, parameters),
        ("POST", ["files"]) => files::store(state, call, now),
        ("POST", ["file", id, "content"]) => files::replace(state, id, call, now),
        ("POST", ["emailTemplates"]) => content::create_template(state, call, parameters, now),
        ("POST", [name]) => {
            let kind = kinds::named(name).filter(|kind| kind.created)?;
            write::create(state, kind, parameters, now)
        }
        // One path of the vendor's keeps the plural.
        ("GET", ["emailTemplates", id, "usedBy"]) => {
            return content::answer(state, request, singular("emailTemplate")?, id, &["usedBy"]);
        }
        ("GET", ["program", "byTag"]) => by_tag(state, parameters),
        ("GET", ["folder", id, "content"]) => contents(state, id, parameters),
        (method, ["folder", id, "tokens", rest @ ..]) => {
            return tokens::answer(state, method, id, rest, parameters);
        }
        ("GET", ["smartCampaign" | "program" | "smartList", _, "smartList"]) => Ok(found(
            all(state, "smartLists")
                .take(1)
                .map(|one| one.clone().into())
                .collect(),
        )),
        ("GET", [name, id]) => one(state, name, id, parameters),
        ("POST", [name, id]) => {
            let kind = singular(name).filter(|kind| kind.written)?;
            write::change(state, kind, id, parameters, now)
        }
        ("POST", [name, id, "clone"]) => {
            let kind = singular(name).filter(|kind| kind.cloned)?;
            write::copy(state, kind, id, parameters, now)
        }
        ("POST", [name, id, "delete"]) => {
            let kind = singular(name).filter(|kind| kind.deleted)?;
            write::delete(state, kind, id)
        }
        (
            "POST",
            [
                name,
                id,
                action @ ("approveDraft" | "unapprove" | "discardDraft" | "approve" | "activate"
                | "deactivate"),
            ],
        ) => {
            let kind = singular(name).filter(|kind| kind.approval != Approval::None)?;
            write::set_status(state, kind, id, action, now)
        }
        (_, [name, id, rest @ ..]) => {
            return content::answer(state, request, singular(name)?, id, rest);
        }
        _ => return None,
    })
}

/// `GET /rest/asset/v1/{kind}.json?offset&maxReturn`: 20 at a time unless asked, 200 at most.
///
/// # Errors
/// 610 for an unknown kind, 1001 for an offset that is no number.
fn browse(state: &State, kind: &str, parameters: &Parameters) -> Result<Page, Fault> {
    if !is_kind(kind) {
        return Err(Fault::no_resource());
    }
    let offset = parameters.number("offset", 0, usize::MAX)?;
    let most = parameters.number("maxReturn", 20, 200)?;
    let (name, status) = (parameters.get("name"), parameters.get("status"));
    let by = parameters
        .get("filterType")
        .zip(parameters.get("filterValues"));
    let folder = parameters
        .get("folder")
        .or_else(|| parameters.get("root"))
        .map(reference)
        .transpose()?;
    let (from, to) = (
        parameters.get("earliestUpdatedAt"),
        parameters.get("latestUpdatedAt"),
    );
    let time = |text: &str| Timestamp::parse(text.trim_end_matches("+0000"));
    let within = |asset: &Record| {
        let at = time(&member(asset, "updatedAt"));
        from.is_none_or(|from| time(from) <= at) && to.is_none_or(|to| at <= time(to))
    };
    let shown: Vec<Value> = all(state, kind)
        .filter(|asset| name.is_none_or(|name| member(asset, "name") == name))
        .filter(|asset| status.is_none_or(|status| member(asset, "status") == status))
        .filter(|asset| within(asset))
        .filter(|asset| {
            by.is_none_or(|(kind, values)| {
                values.split(',').any(|value| member(asset, kind) == value)
            })
        })
        .filter(|asset| folder.is_none_or(|folder| place_of(asset) == Some(folder)))
        .skip(offset)
        .take(most)
        .map(|asset| content::without(asset.clone()).into())
        .collect();
    Ok(found(shown))
}

/// `GET program/byTag.json?tagType&tagValue`
fn by_tag(state: &State, parameters: &Parameters) -> Result<Page, Fault> {
    let wanted = (
        parameters.require("tagType")?,
        parameters.require("tagValue")?,
    );
    let tagged = |program: &&Record| {
        let tags = program.get("tags").and_then(Value::as_array);
        tags.into_iter().flatten().any(|tag| {
            let of = |name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default();
            (of("tagType"), of("tagValue")) == wanted
        })
    };
    Ok(found(
        all(state, "programs")
            .filter(tagged)
            .map(|one| one.clone().into())
            .collect(),
    ))
}

/// `GET folder/{id}/content.json?type=Folder|Program`: what stands in it.
fn contents(state: &State, id: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let wanted = (read_id(id)?, parameters.get("type") == Some("Program"));
    let offset = parameters.number("offset", 0, usize::MAX)?;
    let most = parameters.number("maxReturn", 20, 200)?;
    let inside = KINDS.iter().flat_map(|kind| {
        let here = all(state, kind.name).filter(|asset| place_of(asset) == Some(wanted));
        here.map(|asset| json!({"id": id_of(asset), "type": kind.shown}))
    });
    Ok(found(inside.skip(offset).take(most).collect()))
}

/// `GET /rest/asset/v1/{singular}/{id}.json` and `…/byName.json?name=`.
///
/// # Errors
/// 610 for an unknown kind, 1002 without a name.
fn one(state: &State, singular: &str, id: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let kind = format!("{singular}s");
    if !is_kind(&kind) {
        return Err(Fault::no_resource());
    }
    let status = parameters.get("status");
    let (key, wanted) = match id {
        "byName" if singular == "tagType" => ("tagType", parameters.require("name")?),
        "byName" => ("name", parameters.require("name")?),
        _ => ("id", id),
    };
    let shown = all(state, &kind)
        .filter(|asset| member(asset, key) == wanted)
        .filter(|asset| status.is_none_or(|status| member(asset, "status") == status));
    Ok(found(
        shown
            .map(|asset| content::without(asset.clone()).into())
            .collect(),
    ))
}

/// Stores a new asset under the next number.
fn insert(state: &mut State, kind: &str, mut asset: Record, now: Timestamp) -> Page {
    let stored = state.records.collection_mut(&collection(kind));
    let id = i64::try_from(stored.next_number())
        .unwrap_or(0)
        .saturating_add(3000);
    asset.insert("id".into(), id.into());
    if let Some(own) = asset.get_mut("folderId").and_then(Value::as_object_mut) {
        own.insert("id".into(), id.into());
    }
    for name in ["createdAt", "updatedAt"] {
        asset.insert(name.into(), stamp(now));
    }
    stored.insert(asset.clone(), |_| id.to_string());
    found(vec![content::without(asset).into()])
}

/// Puts an asset in the place of what it was.
fn replace(state: &mut State, kind: &str, id: i64, mut asset: Record, now: Timestamp) -> Page {
    asset.insert("updatedAt".into(), stamp(now));
    let stored = state.records.collection_mut(&collection(kind));
    if let Some(stored) = stored.get_mut(&id.to_string()) {
        stored.clone_from(&asset);
    }
    found(vec![content::without(asset).into()])
}

/// Names are unique: of programs everywhere, of folders below one parent.
fn taken(state: &State, kind: &str, asset: &Record, own: Option<i64>) -> Result<(), Fault> {
    let name = member(asset, "name");
    let other = all(state, kind).find(|one| {
        let same_place = kind != "folders" || one.get("parent") == asset.get("parent");
        member(one, "name").eq_ignore_ascii_case(&name) && same_place && Some(id_of(one)) != own
    });
    match other {
        Some(_) => Err(Fault::new("709", format!("{name} already exists"))),
        None => Ok(()),
    }
}

/// Where an asset stands: a folder, or a program.
struct Place {
    id: i64,
    name: String,
    program: bool,
}

impl Place {
    fn shown(&self) -> Value {
        let kind = if self.program { "Program" } else { "Folder" };
        json!({"type": kind, "value": self.id, "folderName": self.name})
    }
}

/// The place that a parameter names; 710 when there is none.
fn place(state: &State, text: &str) -> Result<Place, Fault> {
    let (id, program) = reference(text)?;
    let found = get(state, if program { "programs" } else { "folders" }, id);
    let found = found.ok_or_else(|| Fault::new("710", "Parent Folder Not Found"))?;
    Ok(Place {
        id,
        name: member(found, "name"),
        program,
    })
}

/// Where an asset stands: an id, and whether it is a program's.
fn place_of(asset: &Record) -> Option<(i64, bool)> {
    let place = asset.get("folder").or_else(|| asset.get("parent"))?;
    let id = place.get("id").or_else(|| place.get("value"))?.as_i64()?;
    Some((
        id,
        place.get("type").and_then(Value::as_str) == Some("Program"),
    ))
}

/// `{"id":5,"type":"Folder"}`, in the lenient spelling that clients use, too: `{'id': 5, 'type': Folder}`; or the id alone.
/// The flag says that it is a program.
///
/// # Errors
/// 1001.
fn reference(text: &str) -> Result<(i64, bool), Fault> {
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
        .map(|id| (id, text.contains("Program")))
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
