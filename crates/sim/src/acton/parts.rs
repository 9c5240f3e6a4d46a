//! The multipart bodies that upload a list.

use serde_json::Value;

use super::state::Fault;
use super::upload::{self, Column};
use crate::call::{Call, first};
use crate::csv::{self, Cut};
use crate::multipart::Part;
use crate::record_store::Record;

/// The columns and rows of an upload. Without specifications the headings of the file name the columns.
pub fn uploaded(parts: &[Part], headings: bool) -> Result<(Vec<Column>, Vec<Vec<String>>), Fault> {
    let file = parts
        .iter()
        .find(|part| part.name == "file" || part.file_name.is_some());
    let file = file.ok_or_else(|| Fault::new(10003, "Input file missing"))?;
    let cut = Cut::read(
        field(parts, "fieldseparator").as_deref(),
        field(parts, "quotecharacter").as_deref(),
        field(parts, "headings").as_deref(),
        headings,
    );
    let mut rows = csv::rows(&file.text(), cut);
    let first = if cut.headings && !rows.is_empty() {
        rows.remove(0)
    } else {
        Vec::new()
    };
    let specs = field(parts, "uploadspecs").filter(|text| !text.trim().is_empty());
    let specs = specs.map_or_else(|| Ok(Vec::new()), |text| upload::columns(&text));
    let mut columns = specs.map_err(|text| Fault::new(10012, format!("Invalid: {text}")))?;
    if columns.is_empty() {
        columns = first
            .iter()
            .enumerate()
            .filter(|(_, heading)| !heading.trim().is_empty())
            .map(|(index, heading)| Column {
                heading: heading.trim().to_owned(),
                kind: None,
                index,
            })
            .collect();
    }
    if columns.is_empty() {
        return Err(Fault::new(
            10012,
            "Neither uploadspecs nor headings name a column",
        ));
    }
    Ok((columns, rows))
}

/// The cells of one row by heading; empty ones are null where they count.
pub fn cells(columns: &[Column], row: &[String], empty: bool) -> Record {
    columns
        .iter()
        .filter_map(|column| {
            let text = row
                .get(column.index)
                .map(String::as_str)
                .unwrap_or_default();
            let value = if text.is_empty() {
                Value::Null
            } else {
                text.into()
            };
            (empty || !value.is_null()).then(|| (column.heading.clone(), value))
        })
        .collect()
}

/// A text part.
pub fn field(parts: &[Part], name: &str) -> Option<String> {
    parts
        .iter()
        .find(|part| part.name == name && part.file_name.is_none())
        .map(Part::text)
}

/// The parts of a multipart body; other forms count as parts without files.
pub fn of(call: &Call) -> Vec<Part> {
    call.parts().unwrap_or_else(|| {
        let form = call.form();
        [
            "listname",
            "headings",
            "fieldseparator",
            "quotecharacter",
            "uploadspecs",
            "mergespecs",
        ]
        .into_iter()
        .filter_map(|name| {
            let data = first(&form, name)?.to_owned().into();
            Some(Part {
                name: name.into(),
                file_name: None,
                content_type: None,
                data,
            })
        })
        .collect()
    })
}
