//! Rows of data extensions, as REST and SOAP both see them.

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::filter::Filter;
use super::objects::Object;
use super::state::{State, moment, plain};
use super::write::{Done, Refusal, Verb};
use crate::record_store::{Collection, Record};
use crate::xml::{self, Node};

/// The collection that holds the rows of a data extension.
pub fn collection(extension: &str) -> String {
    format!("rows of {}", extension.to_lowercase())
}

/// A column of a data extension.
struct Column {
    name: String,
    kind: String,
    most: Option<usize>,
    key: bool,
    required: bool,
    otherwise: String,
}

fn columns(state: &State, extension: &str) -> Vec<Column> {
    state
        .fields(extension)
        .into_iter()
        .map(|field| Column {
            name: plain(field.get("Name")),
            kind: plain(field.get("FieldType")),
            most: plain(field.get("MaxLength")).parse().ok(),
            key: field.get("IsPrimaryKey") == Some(&Value::Bool(true)),
            required: field.get("IsRequired") == Some(&Value::Bool(true)),
            otherwise: plain(field.get("DefaultValue")),
        })
        .collect()
}

/// Column names that make the key.
pub fn key_names(state: &State, extension: &str) -> Vec<String> {
    let keys = columns(state, extension)
        .into_iter()
        .filter(|column| column.key);
    keys.map(|column| column.name.to_lowercase()).collect()
}

/// Whether a value fits a column.
fn fits(column: &Column, text: &str) -> Result<(), String> {
    let name = &column.name;
    let fine = match column.kind.as_str() {
        "Number" => text.parse::<i64>().is_ok(),
        "Decimal" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "Boolean" => matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "1" | "0"
        ),
        "Date" => moment(text).is_some(),
        "EmailAddress" => text
            .split_once('@')
            .is_some_and(|(_, host)| host.contains('.')),
        _ => true,
    };
    if !fine {
        return Err(format!(
            "The value '{text}' of the column {name} is no {}.",
            column.kind
        ));
    }
    match column.most {
        Some(most) if text.chars().count() > most => Err(format!(
            "The value of the column {name} is longer than {most} characters."
        )),
        _ => Ok(()),
    }
}

/// Puts rows in or changes them, all or none; answers the rows.
///
/// # Errors
/// What is wrong with which column.
pub fn upsert(
    state: &mut State,
    extension: &str,
    given: &[Map<String, Value>],
) -> Result<Vec<Record>, Vec<String>> {
    let columns = columns(state, extension);
    let name = collection(extension);
    let has_key = columns.iter().any(|column| column.key);
    let mut wrong = Vec::new();
    let mut ready: Vec<(Option<String>, Record)> = Vec::new();
    for row in given {
        let known = |member: &str| columns.iter().find(|c| c.name.eq_ignore_ascii_case(member));
        for member in row.keys() {
            if known(member).is_none() {
                wrong.push(format!(
                    "The column {member} does not exist in the data extension."
                ));
            }
        }
        let value = |column: &Column| {
            row.iter()
                .find(|(m, _)| m.eq_ignore_ascii_case(&column.name))
                .map(|(_, v)| v)
        };
        let key: Vec<String> = columns
            .iter()
            .filter(|c| c.key)
            .map(|c| plain(value(c)).to_lowercase())
            .collect();
        if has_key && key.iter().any(String::is_empty) {
            wrong.push("A value of the primary key is missing.".to_owned());
            continue;
        }
        let key = has_key.then(|| key.join("\u{1f}"));
        let mut record = match &key {
            Some(key) => state.records.get(&name, key).cloned().unwrap_or_default(),
            None => Record::new(),
        };
        let fresh = record.is_empty();
        for column in &columns {
            let member = column.name.to_lowercase();
            match value(column) {
                Some(given) if !plain(Some(given)).is_empty() => {
                    let text = plain(Some(given));
                    match fits(column, &text) {
                        Ok(()) => {
                            record.insert(member, text.into());
                        }
                        Err(why) => wrong.push(why),
                    }
                }
                Some(_) if column.required => {
                    wrong.push(format!("The column {} may not be empty.", column.name));
                }
                Some(_) => {
                    record.insert(member, Value::Null);
                }
                None if fresh && !column.otherwise.is_empty() => {
                    record.insert(member, column.otherwise.clone().into());
                }
                None if fresh && column.required => {
                    wrong.push(format!("The column {} is required.", column.name));
                }
                None => {
                    record.entry(member).or_insert(Value::Null);
                }
            }
        }
        ready.push((key, record));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let rows: &mut Collection = state.of(&name);
    for (key, record) in &ready {
        let key = key.clone();
        rows.insert(record.clone(), |number| {
            key.unwrap_or_else(|| number.to_string())
        });
    }
    Ok(ready.into_iter().map(|(_, record)| record).collect())
}

/// A row as REST shows it.
pub fn parts(keys: &[String], row: &Record) -> Value {
    let (mut own, mut rest) = (Map::new(), Map::new());
    for (name, value) in row {
        let side = if keys.contains(name) {
            &mut own
        } else {
            &mut rest
        };
        side.insert(name.clone(), plain(Some(value)).into());
    }
    json!({"keys": own, "values": rest})
}

/// Whether a row passes `$filter=name eq 'x'`, conditions joined by `and`.
///
/// # Errors
/// What cannot be read.
pub fn passes(row: &Record, filter: &str) -> Result<bool, String> {
    for condition in filter.split(" and ") {
        let mut words = condition.trim().splitn(3, ' ');
        let (Some(name), Some(operator), Some(value)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("The $filter '{condition}' cannot be read."));
        };
        let value = value.trim().trim_matches('\'').replace("''", "'");
        let has = plain(row.get(&name.to_lowercase()));
        let order = match (has.parse::<f64>(), value.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => has.to_lowercase().cmp(&value.to_lowercase()),
        };
        let holds = match operator {
            "eq" => order.is_eq(),
            "ne" | "neq" => order.is_ne(),
            "gt" => order.is_gt(),
            "gte" | "ge" => order.is_ge(),
            "lt" => order.is_lt(),
            "lte" | "le" => order.is_le(),
            "like" => has
                .to_lowercase()
                .contains(&value.to_lowercase().replace('%', "")),
            other => {
                return Err(format!(
                    "The operator '{other}' of the $filter is not valid."
                ));
            }
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Rows for a SOAP retrieve of `DataExtensionObject[key]`.
///
/// # Errors
/// The vendor's sentence.
pub fn print_rows(
    state: &State,
    key: &str,
    asked: &[&str],
    filter: Option<&Node>,
) -> Result<Vec<String>, String> {
    // The type names the data extension by its external key or by its name.
    let found = state
        .extension(key)
        .or_else(|| state.find("DataExtension", "Name", key));
    let Some(extension) = found else {
        return Err(format!(
            "The data extension '{key}' was not found. (code: 310000)"
        ));
    };
    let own = plain(extension.get("CustomerKey"));
    let columns = columns(state, &own);
    let kind = format!("DataExtensionObject[{key}]");
    for name in asked {
        if !columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
        {
            return Err(format!(
                "The Request Property(s) {name} do not match with the fields of {kind} retrieve"
            ));
        }
    }
    let filter = match filter {
        Some(filter) => {
            let typed = columns.iter().map(|column| {
                let kind = match column.kind.as_str() {
                    "Number" => "int",
                    "Date" => "date",
                    "Boolean" => "bool",
                    _ => "text",
                };
                (column.name.to_lowercase(), kind.into())
            });
            let object = Object::of(typed.collect());
            Some(Filter::read(&lowered(filter), &object, &kind)?)
        }
        None => None,
    };
    let mut out = Vec::new();
    for row in state.all(&collection(&own)) {
        if filter.as_ref().is_some_and(|filter| !filter.holds(row)) {
            continue;
        }
        let mut text = "<Results xsi:type=\"DataExtensionObject\"><PartnerKey xsi:nil=\"true\" /><ObjectID xsi:nil=\"true\" /><Type>DataExtensionObject</Type><Properties>".to_owned();
        for name in asked {
            let value = plain(row.get(&name.to_lowercase()));
            xml::print(
                "Property",
                &json!({"Name": name, "Value": value}),
                &mut text,
            );
        }
        text.push_str("</Properties></Results>");
        out.push(text);
    }
    Ok(out)
}

/// A filter with the names of its properties in lower case, as rows have them.
fn lowered(filter: &Node) -> Node {
    let mut filter = filter.clone();
    for child in &mut filter.children {
        match child.name.as_str() {
            "Property" => child.text = child.text.to_lowercase(),
            _ => *child = lowered(child),
        }
    }
    filter
}

/// SOAP Create, Update and Delete of a row.
///
/// # Errors
/// What is wrong with it.
pub fn write(
    state: &mut State,
    verb: Verb,
    node: &Node,
    adds: bool,
    _now: Timestamp,
) -> Result<Done, Refusal> {
    let key = node.text_of("CustomerKey").unwrap_or_default().to_owned();
    if state.extension(&key).is_none() {
        return Err(Refusal(
            310_000,
            format!("The data extension '{key}' was not found."),
        ));
    }
    let mut row = Map::new();
    for holder in ["Properties", "Keys"] {
        let properties = node
            .child(holder)
            .into_iter()
            .flat_map(|p| p.children.iter());
        let pairs = properties.filter(|p| matches!(p.name.as_str(), "Property" | "Key"));
        for pair in pairs {
            let name = pair.text_of("Name").unwrap_or_default().to_owned();
            row.insert(name, pair.text_of("Value").unwrap_or_default().into());
        }
    }
    let names = key_names(state, &key);
    let place: Vec<String> = names
        .iter()
        .map(|name| {
            let value = row
                .iter()
                .find(|(member, _)| member.eq_ignore_ascii_case(name));
            plain(value.map(|(_, value)| value)).to_lowercase()
        })
        .collect();
    let place = place.join("\u{1f}");
    let known = !names.is_empty() && state.records.get(&collection(&key), &place).is_some();
    let object = super::state::record(json!({"CustomerKey": key}));
    match (verb, known) {
        (Verb::Delete, true) => {
            state.of(&collection(&key)).remove(&place);
        }
        (Verb::Update, false) if !adds => {
            return Err(Refusal(
                68_001,
                "The row to update was not found.".to_owned(),
            ));
        }
        (Verb::Delete, false) => {
            return Err(Refusal(
                68_001,
                "The row to delete was not found.".to_owned(),
            ));
        }
        (Verb::Create, true) if !adds => {
            let why = "Violation of PRIMARY KEY constraint. Cannot insert duplicate key.";
            return Err(Refusal(68_002, why.to_owned()));
        }
        _ => {
            upsert(state, &key, &[row]).map_err(|wrong| Refusal(68_003, wrong.join(" ")))?;
        }
    }
    Ok(Done {
        object,
        ..Done::default()
    })
}
