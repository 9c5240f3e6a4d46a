//! "My Tokens" of folders and programs.

use serde_json::{Value, json};

use super::{found, get, no_data};
use crate::marketo::envelope::{Fault, Page};
use crate::marketo::state::{Parameters, State, read_id};
use crate::record_store::Record;

/// The types that tokens have.
const TYPES: [&str; 8] = [
    "date",
    "number",
    "rich text",
    "score",
    "sfdc campaign",
    "text",
    "script block",
    "image",
];

/// `GET`, `POST /folder/{id}/tokens.json` and `POST …/tokens/delete.json`; `folderType` is `Folder` or `Program`.
pub fn answer(
    state: &mut State,
    method: &str,
    id: &str,
    rest: &[&str],
    form: &Parameters,
) -> Option<Result<Page, Fault>> {
    Some(match (method, rest) {
        ("GET", []) => owner(state, id, form).map(|owner| shown(state, &owner)),
        ("POST", []) => owner(state, id, form).and_then(|owner| set(state, &owner, form)),
        ("POST", ["delete"]) => {
            owner(state, id, form).and_then(|owner| remove(state, &owner, form))
        }
        _ => return None,
    })
}

struct Owner {
    id: i64,
    kind: &'static str,
    tokens: String,
}

fn owner(state: &State, id: &str, form: &Parameters) -> Result<Owner, Fault> {
    let id = read_id(id)?;
    let (kind, assets) = match form.get("folderType") {
        None | Some("Folder") => ("Folder", "folders"),
        Some("Program") => ("Program", "programs"),
        Some(other) => return Err(Fault::type_of(other, "Folder or Program")),
    };
    get(state, assets, id).ok_or_else(no_data)?;
    Ok(Owner {
        id,
        kind,
        tokens: format!("tokens of {kind} {id}"),
    })
}

fn shown(state: &State, owner: &Owner) -> Page {
    let stored = state.records.collection(&owner.tokens);
    let tokens: Vec<Value> = stored
        .into_iter()
        .flat_map(|tokens| tokens.iter().map(|(_, token)| token.clone().into()))
        .collect();
    if tokens.is_empty() {
        return found(Vec::new());
    }
    found(vec![
        json!({"folder": {"type": owner.kind, "value": owner.id}, "tokens": tokens}),
    ])
}

fn set(state: &mut State, owner: &Owner, form: &Parameters) -> Result<Page, Fault> {
    let (name, kind) = (form.require("name")?, form.require("type")?);
    if !TYPES.contains(&kind) {
        return Err(Fault::type_of(kind, "token type"));
    }
    let value = form.require("value")?;
    let name = format!("my.{}", name.strip_prefix("my.").unwrap_or(name));
    let token = Record::from_iter([
        ("name".to_owned(), json!(name)),
        ("type".to_owned(), json!(kind)),
        ("value".to_owned(), json!(value)),
        ("computedUrl".to_owned(), Value::Null),
    ]);
    state
        .records
        .collection_mut(&owner.tokens)
        .insert(token, |_| name);
    Ok(shown(state, owner))
}

fn remove(state: &mut State, owner: &Owner, form: &Parameters) -> Result<Page, Fault> {
    let name = form.require("name")?;
    let name = format!("my.{}", name.strip_prefix("my.").unwrap_or(name));
    let tokens = state.records.collection_mut(&owner.tokens);
    tokens.remove(&name).ok_or_else(no_data)?;
    Ok(found(vec![json!({"id": owner.id})]))
}
