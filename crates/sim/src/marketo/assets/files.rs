//! Files: stored and filled again by forms of parts.

use ligand_model::time::Timestamp;

use super::{collection, found, get, insert, member, no_data, place};
use crate::call::Call;
use crate::marketo::envelope::{Fault, Page, parts, uploaded};
use crate::marketo::seed;
use crate::marketo::state::{State, id_of, read_id};
use crate::multipart::Part;

/// `POST /rest/asset/v1/files.json`, multipart: `name`, `file`, `folder`, `insertOnly`.
///
/// # Errors
/// 613 for a body that is no form, 1002 for what is missing, 710 for an unknown folder, 709 for a name that is taken.
pub fn store(state: &mut State, call: &Call, now: Timestamp) -> Result<Page, Fault> {
    let parts = parts(call)?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    // All but the file may also stand in the query.
    let said = |name: &str| {
        let text = part(name).map(Part::text);
        text.or_else(|| call.query(name).map(str::to_owned))
    };
    let need = |name: &str| said(name).ok_or_else(|| Fault::missing(name));
    let name = need("name")?;
    let file = part("file").ok_or_else(|| Fault::missing("file"))?;
    let place = place(state, &need("folder")?)?;
    let kind = file.content_type.clone();
    let kind = kind.unwrap_or_else(|| "application/octet-stream".to_owned());
    let mut asset = seed::object(seed::file(0, &name, file.data.len(), place.id, &place.name));
    asset.insert("mimeType".into(), kind.into());
    if let Some(text) = said("description") {
        asset.insert("description".into(), text.into());
    }
    let old = super::all(state, "files")
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
pub fn replace(state: &mut State, id: &str, call: &Call, now: Timestamp) -> Result<Page, Fault> {
    let id = read_id(id)?;
    get(state, "files", id).ok_or_else(no_data)?;
    let file = uploaded(call)?;
    fill_file(state, id, file.data.len(), now)
}

fn fill_file(state: &mut State, id: i64, size: usize, now: Timestamp) -> Result<Page, Fault> {
    let stored = state
        .records
        .collection_mut(&collection("files"))
        .get_mut(&id.to_string())
        .ok_or_else(no_data)?;
    stored.insert("size".into(), size.into());
    stored.insert("updatedAt".into(), super::stamp(now));
    Ok(found(vec![stored.clone().into()]))
}
