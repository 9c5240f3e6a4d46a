//! Common resources that are there without set-up: the system level, below everything that a customer makes.
//!
//! A name is ready-made until a customer defines it: then it is the customer's, and nothing of ours is mixed in.
//! A customer's transformation of a name that it does not define extends ours, where it says `inherit`.

use std::collections::BTreeMap;

use ligand_engine::catalog::Catalog;
use ligand_engine::transform::Transformation;
use ligand_model::id::{ElementId, TransformationId, VdrId};
use ligand_model::level::{Level, Owner};
use ligand_model::time::Timestamp;
use ligand_store::transformations::{Part, TransformationRow, Vdr};
use serde_json::{Map, Value, json};

/// Ids of what is ready-made begin here; a store counts from 1.
const FIRST_ID: i64 = 2_000_000_000;
/// Whose it is.
const SYSTEM: Owner = Owner {
    level: Level::System,
    id: 0,
};

/// What is ready-made, by name.
#[derive(Debug, Default)]
pub struct ReadyMade(BTreeMap<String, Ready>);

/// One name.
#[derive(Debug)]
pub struct Ready {
    /// The name.
    pub vdr: Vdr,
    /// Its fields.
    pub part: Part,
    /// Its mappings, one an element.
    pub rows: Vec<TransformationRow>,
}

/// Whether an id is that of something ready-made.
pub const fn is_ready(id: VdrId) -> bool {
    id.0 > FIRST_ID
}

impl ReadyMade {
    /// Reads files as `common-resources/` holds them, and what is wrong with those that cannot be used.
    ///
    /// An element that the catalog does not have is left out.
    pub fn read(files: &[(String, Vec<u8>)], catalog: &Catalog) -> (Self, Vec<String>) {
        let (mut all, mut wrong) = (BTreeMap::new(), Vec::new());
        let files = files.iter().filter(|(name, _)| {
            let path = std::path::Path::new(name);
            path.extension().is_some_and(|end| end == "json")
        });
        for (file, bytes) in files {
            match Ready::read(bytes, catalog) {
                Ok(ready) => {
                    all.insert(ready.vdr.name.clone(), ready);
                }
                Err(why) => wrong.push(format!("{file}: {why}")),
            }
        }
        (Self(all), wrong)
    }

    /// What is ready-made under a name.
    pub fn get(&self, name: &str) -> Option<&Ready> {
        self.0.get(name)
    }

    /// What has an id.
    pub fn by_id(&self, id: VdrId) -> Option<&Ready> {
        self.0.values().find(|one| one.vdr.id == id)
    }

    /// Everything, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Ready> {
        self.0.values()
    }

    /// The mappings for an element.
    pub fn of_element(&self, element: ElementId) -> impl Iterator<Item = &TransformationRow> {
        let all = self.0.values().flat_map(|one| &one.rows);
        all.filter(move |row| row.element == element)
    }
}

impl Ready {
    fn read(bytes: &[u8], catalog: &Catalog) -> Result<Self, String> {
        let file: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let text = |at: &str| file.pointer(at).and_then(Value::as_str);
        let name = text("/vdrName").ok_or("`vdrName` is missing")?;
        let number = file.get("id").and_then(Value::as_i64);
        let number = number.filter(|id| (1..1_000).contains(id));
        let number = number.ok_or("`id` must be a number from 1 to 999 that no other file has")?;
        let id = VdrId(FIRST_ID + number);
        let vdr = Vdr {
            id,
            name: name.to_owned(),
            description: text("/definition/description")
                .unwrap_or_default()
                .to_owned(),
            version: 0,
            created: Timestamp(0),
            updated: Timestamp(0),
        };
        let fields = file
            .pointer("/definition/fields")
            .and_then(Value::as_array)
            .ok_or("`definition.fields` is missing")?;
        let mut numbered = Vec::with_capacity(fields.len());
        for (index, field) in (1..).zip(fields) {
            let mut members: Map<String, Value> = field
                .as_object()
                .cloned()
                .ok_or("a field of the definition is no object")?;
            members.insert("id".to_owned(), json!(FIRST_ID + number * 1_000 + index));
            numbered.push(Value::Object(members));
        }
        let given = file.get("transformation").and_then(Value::as_object);
        let given = given.ok_or("`transformation` is missing")?;
        let mut rows = Vec::new();
        for (key, body) in given {
            let body = resolved(given, body).ok_or_else(|| {
                format!("`transformation.{key}` stands for one that is not there")
            })?;
            let read = Transformation::read(&body, Level::System)
                .map_err(|error| format!("{key}: {error}"))?;
            let Some(element) = catalog.by_key(key) else {
                continue;
            };
            rows.push(TransformationRow {
                id: TransformationId(FIRST_ID + number * 100_000 + element.id.0 % 100_000),
                vdr: id,
                name: name.to_owned(),
                element: element.id,
                owner: SYSTEM,
                body: read.kept(&numbered),
            });
        }
        Ok(Self {
            vdr,
            part: Part {
                vdr: id,
                owner: SYSTEM,
                fields: numbered,
            },
            rows,
        })
    }
}

/// A mapping, or the one that it stands for: `"sfdc"`, `{"as": "sfdc", "vendorName": "agents"}`.
fn resolved(all: &Map<String, Value>, body: &Value) -> Option<Value> {
    let other = body.as_str().or_else(|| body.get("as")?.as_str());
    let Some(other) = other else {
        return Some(body.clone());
    };
    let mut whole = all.get(other)?.as_object()?.clone();
    if let Some(own) = body.get("vendorName") {
        whole.insert("vendorName".to_owned(), own.clone());
    }
    Some(Value::Object(whole))
}
