//! SOAP Create, Update and Delete.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::objects::{self, Object};
use super::rows;
use super::soap;
use super::state::{State, member_key, plain, stamp};
use crate::call::Reply;
use crate::page::escape;
use crate::record_store::Record;
use crate::xml::{self, Node};

/// What is done to the objects of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// New ones; with the save action `UpdateAdd` also known ones.
    Create,
    /// Known ones.
    Update,
    /// Away with them.
    Delete,
}

impl Verb {
    const fn past(self) -> &'static str {
        match self {
            Self::Create => "Created",
            Self::Update => "Updated",
            Self::Delete => "Deleted",
        }
    }
}

/// Why an object was refused: the vendor's number and sentence.
#[derive(Debug)]
pub struct Refusal(pub u32, pub String);

/// What became of an object: number, GUID, and the object as it is now.
pub struct Done {
    /// `NewID`.
    pub id: String,
    /// `NewObjectID`.
    pub guid: String,
    /// As it came, with what the vendor added.
    pub object: Map<String, Value>,
}

/// Answers a whole request; each object has a result of its own.
pub fn answer(state: &mut State, verb: Verb, request: &Node, now: Timestamp) -> Reply {
    let adds = request.child("Options").is_some_and(|options| {
        options.all("SaveOptions").any(|saves| {
            saves
                .all("SaveOption")
                .any(|save| save.text_of("SaveAction") == Some("UpdateAdd"))
        })
    });
    let word = match verb {
        Verb::Create => "CreateResponse",
        Verb::Update => "UpdateResponse",
        Verb::Delete => "DeleteResponse",
    };
    let mut results = String::new();
    let (mut good, mut bad) = (0, 0);
    for (ordinal, node) in request.all("Objects").enumerate() {
        let kind = node.kind.clone().unwrap_or_default();
        match one(state, verb, &kind, node, adds, now) {
            Ok(done) => {
                good += 1;
                let _ = write!(
                    results,
                    "<Results xsi:type=\"{}\"><StatusCode>OK</StatusCode><StatusMessage>{} {kind}.</StatusMessage>\
                     <OrdinalID>{ordinal}</OrdinalID>",
                    result_type(verb, &kind),
                    verb.past()
                );
                if verb == Verb::Create {
                    let id = if done.id.is_empty() { "0" } else { &done.id };
                    let _ = write!(results, "<NewID>{}</NewID>", escape(id));
                    if !done.guid.is_empty() {
                        let _ = write!(results, "<NewObjectID>{}</NewObjectID>", done.guid);
                    }
                }
                let mut object = String::new();
                xml::print("Object", &Value::Object(done.object), &mut object);
                let typed = format!("<Object xsi:type=\"{kind}\">");
                results.push_str(&object.replacen("<Object>", &typed, 1));
                results.push_str("</Results>");
            }
            Err(Refusal(code, why)) => {
                bad += 1;
                let _ = write!(
                    results,
                    "<Results xsi:type=\"{}\"><StatusCode>Error</StatusCode><StatusMessage>{}</StatusMessage>\
                     <OrdinalID>{ordinal}</OrdinalID><ErrorCode>{code}</ErrorCode></Results>",
                    result_type(verb, &kind),
                    escape(&why)
                );
            }
        }
    }
    let overall = match (good, bad) {
        (0, 0) => "Error: No objects were given.",
        (_, 0) => "OK",
        (0, _) => "Error",
        _ => "Has Errors",
    };
    let id = state.guid();
    let body = format!(
        "<{word} xmlns=\"http://exacttarget.com/wsdl/partnerAPI\">{results}<RequestID>{id}</RequestID>\
         <OverallStatus>{overall}</OverallStatus></{word}>"
    );
    soap::answer(word, 200, &body)
}

/// The type of a result: the vendor has one of its own for subscribers and rows, the same otherwise.
fn result_type(verb: Verb, kind: &str) -> String {
    let verb = match verb {
        Verb::Create => "Create",
        Verb::Update => "Update",
        Verb::Delete => "Delete",
    };
    match kind {
        "DataExtension" | "DataExtensionObject" => format!("DataExtension{verb}Result"),
        _ => format!("{verb}Result"),
    }
}

fn one(
    state: &mut State,
    verb: Verb,
    kind: &str,
    node: &Node,
    adds: bool,
    now: Timestamp,
) -> Result<Done, Refusal> {
    if kind == "DataExtensionObject" {
        return rows::write(state, verb, node, adds, now);
    }
    let Some(object) = objects::all().get(kind).filter(|object| !object.read_only) else {
        let why = format!(
            "Unable to find a handler for object type: {kind}. Object types are case-sensitive, check spelling."
        );
        return Err(Refusal(2, why));
    };
    let given = typed(object, node)?;
    let key = find(state, kind, object, &given);
    match (verb, key) {
        (Verb::Create, None) => create(state, kind, object, given, now),
        (Verb::Create, Some(key)) if adds => update(state, kind, object, &key, given, now),
        (Verb::Create, Some(_)) => Err(duplicate(kind)),
        (_, None) => Err(Refusal(
            2,
            format!(
                "Unable to find the {kind} to {}.",
                if verb == Verb::Update {
                    "update"
                } else {
                    "delete"
                }
            ),
        )),
        (Verb::Update, Some(key)) => update(state, kind, object, &key, given, now),
        (Verb::Delete, Some(key)) => Ok(delete(state, kind, object, &key)),
    }
}

fn duplicate(kind: &str) -> Refusal {
    match kind {
        "Subscriber" => Refusal(12014, "The subscriber is already on the list".to_owned()),
        "DataExtension" => Refusal(
            310_007,
            "Updating an existing Data Extension definition is not allowed when doing an add-only operation.".to_owned(),
        ),
        _ => Refusal(13004, format!("A {kind} with this key exists already.")),
    }
}

/// What was given, by the types of the table; unknown members are refused.
fn typed(object: &Object, node: &Node) -> Result<Map<String, Value>, Refusal> {
    let mut given = Map::new();
    for child in &node.children {
        let Some(property) = object.property(&child.name) else {
            let why = format!("The property '{}' is not known.", child.name);
            return Err(Refusal(180_003, why));
        };
        let text = child.text.trim();
        let wrong = || {
            Refusal(
                180_004,
                format!("The value '{text}' of '{}' is not valid.", child.name),
            )
        };
        let value = match property.kind {
            "object" => {
                let value = child.to_json();
                let repeated = given.remove(&child.name);
                match repeated {
                    None => value,
                    Some(Value::Array(mut items)) => {
                        items.push(value);
                        Value::Array(items)
                    }
                    Some(first) => json!([first, value]),
                }
            }
            _ if text.is_empty() => Value::Null,
            "int" => text.parse::<i64>().map_err(|_| wrong())?.into(),
            "bool" => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => true.into(),
                "false" | "0" => false.into(),
                _ => return Err(wrong()),
            },
            _ => text.into(),
        };
        given.insert(child.name.clone(), value);
    }
    Ok(given)
}

/// The store's key of the record that is meant: by id, GUID, external key, or what else names a subscriber.
fn find(state: &State, kind: &str, object: &Object, given: &Map<String, Value>) -> Option<String> {
    let names: &[&str] = match kind {
        "Subscriber" => &["ID", "SubscriberKey", "EmailAddress"],
        _ => &["ID", "ObjectID", "CustomerKey"],
    };
    let name = names
        .iter()
        .find(|name| given.get(**name).is_some_and(|v| !v.is_null()))?;
    let wanted = plain(given.get(*name));
    let found = state.find(kind, name, &wanted)?;
    Some(plain(found.get(&object.id)))
}

fn create(
    state: &mut State,
    kind: &str,
    object: &Object,
    mut given: Map<String, Value>,
    now: Timestamp,
) -> Result<Done, Refusal> {
    for name in &object.required {
        if plain(given.get(name)).is_empty() {
            return Err(Refusal(
                180_001,
                format!("The property '{name}' is required."),
            ));
        }
    }
    given.retain(|name, _| {
        object
            .property(name)
            .is_some_and(|property| property.writable)
    });
    let guid = state.guid();
    let number = next_number(state, kind);
    let mut made = Record::new();
    if object.property("ID").is_some() {
        made.insert("ID".into(), number.into());
    }
    if object.property("ObjectID").is_some() {
        made.insert("ObjectID".into(), guid.clone().into());
    }
    for (name, value) in defaults(kind, &guid, &given) {
        made.insert(name.to_owned(), value);
    }
    for date in ["CreatedDate", "ModifiedDate"] {
        if object.property(date).is_some() {
            made.insert(date.into(), stamp(now).into());
        }
    }
    let fields = given.remove("Fields");
    let lists = given.remove("Lists");
    made.extend(given.clone());
    check(kind, &made)?;
    if let Some(fields) = &fields {
        add_fields(state, &plain(made.get("CustomerKey")), fields, now)?;
    }
    let key = plain(made.get(&object.id));
    state.of(kind).insert(made.clone(), |_| key);
    if kind == "Subscriber" {
        enlist(state, &made, lists.as_ref(), now)?;
    }
    // The answer echoes what was sent, and the parts that are kept elsewhere.
    let mut echo = made.clone();
    echo.extend(fields.map(|fields| ("Fields".to_owned(), fields)));
    echo.extend(lists.map(|lists| ("Lists".to_owned(), lists)));
    let id = if object.property("ID").is_some() {
        number.to_string()
    } else {
        String::new()
    };
    Ok(Done {
        id,
        guid,
        object: echo,
    })
}

/// What the vendor fills in.
fn defaults(kind: &str, guid: &str, given: &Map<String, Value>) -> Vec<(&'static str, Value)> {
    match kind {
        "Subscriber" => vec![
            (
                "SubscriberKey",
                given.get("EmailAddress").cloned().unwrap_or_default(),
            ),
            ("Status", "Active".into()),
            ("EmailTypePreference", "HTML".into()),
        ],
        "List" => vec![
            ("CustomerKey", guid.into()),
            ("Type", "Private".into()),
            ("ListClassification", "ExactTargetList".into()),
        ],
        "DataExtension" => vec![
            ("CustomerKey", guid.to_uppercase().into()),
            ("IsSendable", false.into()),
            ("IsTestable", false.into()),
            ("Status", "Normal".into()),
        ],
        _ => vec![("CustomerKey", guid.into())],
    }
}

fn check(kind: &str, record: &Record) -> Result<(), Refusal> {
    let email = plain(record.get("EmailAddress"));
    let fine = email
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !email.contains(' '));
    if kind == "Subscriber" && !fine {
        return Err(Refusal(12002, "Invalid email address.".to_owned()));
    }
    let status = plain(record.get("Status"));
    let known = ["Active", "Unsubscribed", "Held", "Bounced", "Deleted"];
    if kind == "Subscriber" && !known.contains(&status.as_str()) {
        return Err(Refusal(
            12009,
            format!("The subscriber status '{status}' is not valid."),
        ));
    }
    let long = ["ListName", "Name"]
        .iter()
        .any(|name| plain(record.get(*name)).chars().count() > 100);
    if long {
        return Err(Refusal(
            180_005,
            "The name may not be longer than 100 characters.".to_owned(),
        ));
    }
    Ok(())
}

/// Numbers of a type begin where the seed left off.
fn next_number(state: &mut State, kind: &str) -> i64 {
    let first = match kind {
        "Subscriber" => 90_000_000,
        "List" => 1000,
        _ => 5000,
    };
    let next = i64::try_from(state.of(kind).next_number()).unwrap_or(i64::MAX);
    next.saturating_add(first)
}

fn update(
    state: &mut State,
    kind: &str,
    object: &Object,
    key: &str,
    mut given: Map<String, Value>,
    now: Timestamp,
) -> Result<Done, Refusal> {
    let mut record = state.records.get(kind, key).cloned().unwrap_or_default();
    let before = record.clone();
    given.retain(|name, _| {
        object
            .property(name)
            .is_some_and(|property| property.writable)
    });
    let fields = given.remove("Fields");
    let lists = given.remove("Lists");
    // A status beside a list is the membership's.
    record.extend(given.clone());
    check(kind, &record)?;
    if kind == "Subscriber" && record.get("Status") != before.get("Status") {
        let left = plain(record.get("Status")) == "Unsubscribed";
        let when = if left { stamp(now).into() } else { Value::Null };
        record.insert("UnsubscribedDate".into(), when);
    }
    if object.property("ModifiedDate").is_some() {
        record.insert("ModifiedDate".into(), stamp(now).into());
    }
    if let Some(fields) = &fields {
        add_fields(state, &plain(record.get("CustomerKey")), fields, now)?;
    }
    if kind == "Subscriber" {
        enlist(state, &record, lists.as_ref(), now)?;
    }
    if let Some(kept) = state.of(kind).get_mut(key) {
        kept.clone_from(&record);
    }
    let id = plain(record.get("ID"));
    Ok(Done {
        id,
        guid: plain(record.get("ObjectID")),
        object: record,
    })
}

fn delete(state: &mut State, kind: &str, object: &Object, key: &str) -> Done {
    let gone = state.of(kind).remove(key).unwrap_or_default();
    let drop_where = |state: &mut State, collection: &str, member: &str, value: &str| {
        let keys: Vec<String> = state
            .of(collection)
            .iter()
            .filter(|(_, record)| plain(record.get(member)) == value)
            .map(|(key, _)| key.to_owned())
            .collect();
        for key in keys {
            state.of(collection).remove(&key);
        }
    };
    match kind {
        "List" => drop_where(state, "ListSubscriber", "ListID", key),
        "Subscriber" => drop_where(state, "ListSubscriber", "ID", key),
        "DataExtension" => {
            let extension = plain(gone.get("CustomerKey"));
            drop_where(
                state,
                "DataExtensionField",
                "DataExtension.CustomerKey",
                &extension,
            );
            *state.of(&rows::collection(&extension)) = crate::record_store::Collection::default();
        }
        _ => {}
    }
    let mut object_left = Map::new();
    object_left.insert(
        object.id.clone(),
        gone.get(&object.id).cloned().unwrap_or_default(),
    );
    Done {
        id: String::new(),
        guid: String::new(),
        object: object_left,
    }
}

/// The lists of a subscriber, each with what is to be done; everybody is on list 1.
fn enlist(
    state: &mut State,
    subscriber: &Record,
    lists: Option<&Value>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let id = subscriber.get("ID").cloned().unwrap_or_default();
    let everyone = member_key(1, &id);
    if state.records.get("ListSubscriber", &everyone).is_none() {
        state.join(1, subscriber, "Active", now);
    }
    let lists: Vec<&Value> = match lists {
        None => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    };
    for list in lists {
        let wanted = plain(list.get("ID"));
        let number = wanted
            .parse::<i64>()
            .ok()
            .filter(|_| state.find("List", "ID", &wanted).is_some());
        let Some(number) = number else {
            return Err(Refusal(
                13006,
                format!("Unable to find the List with ID {wanted}."),
            ));
        };
        let action = plain(list.get("Action"));
        let key = member_key(number, &id);
        let member = state.records.get("ListSubscriber", &key).is_some();
        match action.as_str() {
            "delete" if member => {
                state.of("ListSubscriber").remove(&key);
            }
            "delete" | "update" if !member => {
                return Err(Refusal(
                    12015,
                    "The subscriber is not on the list".to_owned(),
                ));
            }
            _ => {
                let status = plain(list.get("Status"));
                let status = if status.is_empty() { "Active" } else { &status };
                state.join(number, subscriber, status, now);
            }
        }
    }
    Ok(())
}

/// Adds the fields of a data extension, or changes those that it has.
pub fn add_fields(
    state: &mut State,
    extension: &str,
    fields: &Value,
    now: Timestamp,
) -> Result<(), Refusal> {
    const TYPES: [&str; 8] = [
        "Text",
        "Number",
        "Date",
        "Boolean",
        "EmailAddress",
        "Phone",
        "Decimal",
        "Locale",
    ];
    let list = fields.get("Field").unwrap_or(fields);
    let list: Vec<&Value> = match list {
        Value::Array(items) => items.iter().collect(),
        Value::Object(_) => vec![list],
        _ => Vec::new(),
    };
    for (ordinal, field) in list.into_iter().enumerate() {
        let text = |name: &str| plain(field.get(name));
        let name = text("Name");
        if name.is_empty() {
            return Err(Refusal(310_001, "A field has no Name.".to_owned()));
        }
        let kind = text("FieldType");
        let kind = if kind.is_empty() { "Text" } else { &kind };
        if !TYPES.contains(&kind) {
            return Err(Refusal(
                310_002,
                format!("The FieldType '{kind}' of '{name}' is not valid."),
            ));
        }
        let truth = |name: &str| text(name).eq_ignore_ascii_case("true");
        let key = truth("IsPrimaryKey");
        let length = text("MaxLength").parse::<i64>().ok();
        let length = length.or(match kind {
            "Text" | "Phone" => Some(50),
            "EmailAddress" => Some(254),
            _ => None,
        });
        let guid = state.guid();
        let record = json!({
            "ObjectID": guid, "CustomerKey": format!("[{extension}].[{name}]"), "Name": name, "FieldType": kind, "MaxLength": length,
            "IsPrimaryKey": key, "IsRequired": key || truth("IsRequired"), "DefaultValue": text("DefaultValue"), "Ordinal": ordinal,
            "DataExtension.CustomerKey": extension, "CreatedDate": stamp(now), "ModifiedDate": stamp(now),
        });
        let place = format!("[{extension}].[{}]", text("Name")).to_lowercase();
        state
            .of("DataExtensionField")
            .insert(super::state::record(record), |_| place);
    }
    Ok(())
}
