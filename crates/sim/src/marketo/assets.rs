//! Assets, read only: lists by offset, single ones by id or name.

use serde_json::Value;

use super::envelope::{Fault, Page};
use super::rows::plain;
use super::seed;
use super::state::Parameters;

/// `GET /rest/asset/v1/{kind}.json?offset&maxReturn`: 20 at a time unless asked, 200 at most.
///
/// # Errors
/// 610 for an unknown kind, 1001 for an offset that is no number.
pub fn browse(kind: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let all = seed::assets(kind).ok_or_else(Fault::no_resource)?;
    let offset = parameters.number("offset", 0, usize::MAX)?;
    let most = parameters.number("maxReturn", 20, 200)?;
    let name = parameters.get("name");
    let shown: Vec<Value> = all
        .into_iter()
        .filter(|asset| name.is_none_or(|name| member(asset, "name") == name))
        .skip(offset)
        .take(most)
        .collect();
    Ok(found(shown))
}

/// `GET /rest/asset/v1/{singular}/{id}.json` and `…/byName.json?name=`.
///
/// # Errors
/// 610 for an unknown kind, 1002 without a name.
pub fn one(singular: &str, id: &str, parameters: &Parameters) -> Result<Page, Fault> {
    let all = seed::assets(&format!("{singular}s")).ok_or_else(Fault::no_resource)?;
    let (key, wanted) = match id {
        "byName" if singular == "tagType" => ("tagType", parameters.require("name")?),
        "byName" => ("name", parameters.require("name")?),
        _ => ("id", id),
    };
    Ok(found(
        all.into_iter()
            .filter(|asset| member(asset, key) == wanted)
            .collect(),
    ))
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

fn member(asset: &Value, name: &str) -> String {
    asset.get(name).map(plain).unwrap_or_default()
}
