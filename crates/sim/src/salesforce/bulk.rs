//! Bulk API, both versions: jobs that work through tables of records.

pub mod csv;
pub mod one;
pub mod two;

use std::collections::BTreeMap;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use self::csv::Table;
use super::describe::Object;
use super::error::{Answer, ApiError};
use super::org::{Actor, Org};
use super::soql::{self, Item, Query, Select};
use super::{id, value};
use crate::record_store::Record;

/// Jobs beyond this push the oldest out.
const MOST_JOBS: usize = 100;
/// Rows that a job takes or gives.
const MOST_ROWS: usize = 200_000;

/// Every job, by its number.
#[derive(Default)]
pub struct Jobs {
    made: u64,
    two: BTreeMap<u64, two::Job>,
    one: BTreeMap<u64, one::Job>,
}

impl Jobs {
    fn next(&mut self) -> u64 {
        self.made += 1;
        if self.two.len() >= MOST_JOBS {
            self.two.pop_first();
        }
        if self.one.len() >= MOST_JOBS {
            self.one.pop_first();
        }
        self.made
    }
}

fn job_id(prefix: &str, number: u64) -> String {
    id::make(prefix, 3_000_000_000 + number * 61)
}

/// What a job does with each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Insert,
    Update,
    Upsert,
    Delete,
    HardDelete,
}

impl Operation {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "insert" => Self::Insert,
            "update" => Self::Update,
            "upsert" => Self::Upsert,
            "delete" => Self::Delete,
            "hardDelete" => Self::HardDelete,
            _ => return None,
        })
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::HardDelete => "hardDelete",
        }
    }
}

/// What became of a row: the record's id and whether it is new, or the vendor's complaint.
type Outcome = Result<(String, bool), ApiError>;

/// Does what a job says with one record.
fn write(
    org: &mut Org,
    actor: Actor<'_>,
    object: &'static Object,
    operation: Operation,
    external: Option<&str>,
    record: &Record,
) -> Outcome {
    let own = |record: &Record| -> Answer<String> {
        let given = record
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("id"))
            .and_then(|(_, id)| id.as_str())
            .unwrap_or_default();
        if given.is_empty() {
            return Err(ApiError::field(
                "MISSING_ARGUMENT",
                "Id",
                "Id not specified",
            ));
        }
        id::normalize(given)
            .ok_or_else(|| ApiError::field("MALFORMED_ID", "Id", format!("bad id {given}")))
    };
    match operation {
        Operation::Insert => Ok((org.create(actor, object, record)?, true)),
        Operation::Update => {
            let id = own(record)?;
            let mut changes = record.clone();
            changes.retain(|name, _| !name.eq_ignore_ascii_case("id"));
            org.update(actor, object, &id, &changes)?;
            Ok((id, false))
        }
        Operation::Upsert => {
            let field = object
                .field(external.unwrap_or("Id"))
                .filter(|field| field.external_id || field.kind == "id")
                .ok_or_else(|| {
                    let message = format!(
                        "Field name provided, {} does not match an External ID, Salesforce Id, or indexed field for {}",
                        external.unwrap_or_default(),
                        object.name
                    );
                    ApiError::new(400, "InvalidJob", message)
                })?;
            org.upsert(actor, object, field, record)
        }
        Operation::Delete | Operation::HardDelete => {
            let id = own(record)?;
            org.delete(actor, object, &id)?;
            if operation == Operation::HardDelete {
                org.records.collection_mut(&object.name).remove(&id);
            }
            Ok((id, false))
        }
    }
}

/// A row of a table as a record: empty cells are left out, `#N/A` is null, `Parent.External_Id__c` names a parent.
fn record_of(head: &[String], row: &[String]) -> Record {
    let mut record = Record::new();
    for (name, cell) in head.iter().zip(row) {
        if cell.is_empty() {
            continue;
        }
        let value = if cell == "#N/A" {
            Value::Null
        } else {
            json!(cell)
        };
        match name.split_once('.') {
            Some((parent, field)) => {
                record.insert(parent.to_owned(), json!({ field: value }));
            }
            None => {
                record.insert(name.clone(), value);
            }
        }
    }
    record
}

/// A complaint as the results of jobs print it.
fn complaint(error: &ApiError) -> String {
    let fields = error.fields.clone().unwrap_or_default().join(", ");
    format!("{}:{}:{fields} --", error.code, error.message)
}

/// The table that a query finds: what was selected, as it was written.
fn table_of(org: &Org, query: &Query, deleted: bool) -> Table {
    let Select::Fields(items) = &query.select else {
        return Table::default();
    };
    let paths: Vec<(&soql::Path, Option<&String>)> = items
        .iter()
        .filter_map(|item| match item {
            Item::Field(path) => Some((path, None)),
            Item::Shown(path, alias, _) => Some((path, alias.as_ref())),
            Item::Children(_) | Item::TypeOf(_) => None,
        })
        .collect();
    let head = paths.iter().map(|(path, alias)| {
        if let Some(alias) = alias {
            return (*alias).clone();
        }
        let hops = path.hops.iter().map(|hop| hop.relationship_name.as_str());
        let names: Vec<&str> = hops.chain([path.field.name.as_str()]).collect();
        names.join(".")
    });
    let rows = query.run(org, deleted).into_iter().take(MOST_ROWS);
    let rows = rows.filter_map(|id| {
        let (_, record) = org.any(&id)?;
        let cells = paths.iter().map(|(path, _)| match path.value(org, record) {
            Value::Null => String::new(),
            Value::String(text) if path.field.kind == "datetime" => text.replace("+0000", "Z"),
            Value::String(text) => text,
            other => other.to_string(),
        });
        Some(cells.collect())
    });
    Table {
        head: head.collect(),
        rows: rows.collect(),
    }
}

/// Reads a job's query: what bulk jobs cannot do is refused.
fn bulk_query(text: &str, now: Timestamp) -> Answer<Query> {
    let query = soql::parse(text, now)?;
    let flat = match &query.select {
        Select::Fields(items) => items.iter().all(|item| match item {
            Item::Field(path) | Item::Shown(path, ..) => !path.field.is_compound(),
            Item::Children(_) | Item::TypeOf(_) => false,
        }),
        _ => false,
    };
    if flat && query.offset == 0 {
        return Ok(query);
    }
    let message = "Bulk queries take no aggregates, OFFSET, child queries or compound fields such as addresses";
    Err(ApiError::new(400, "FEATURENOTENABLED", message))
}

fn printed(now: Timestamp) -> String {
    value::print_datetime(now)
}
