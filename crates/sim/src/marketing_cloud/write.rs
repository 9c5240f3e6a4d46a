//! SOAP Create, Update and Delete.

use std::fmt::Write as _;

use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::objects::{self, Object};
use super::parts::{add_fields, enlist};
use super::rows;
use super::sends;
use super::soap;
use super::state::{State, plain, stamp};
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
#[derive(Default)]
pub struct Done {
    /// `NewID`.
    pub id: String,
    /// `NewObjectID`.
    pub guid: String,
    /// As it came, with what the vendor added.
    pub object: Map<String, Value>,
    /// What the result tells beside it.
    pub more: Map<String, Value>,
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
                for (name, value) in &done.more {
                    xml::print(name, value, &mut results);
                }
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
        "TriggeredSend" => format!("TriggeredSend{verb}Result"),
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
    match (kind, verb) {
        ("DataExtensionObject", _) => return rows::write(state, verb, node, adds, now),
        ("TriggeredSend", Verb::Create) => return sends::trigger(state, node, now),
        ("Send", Verb::Create) => return sends::send(state, node, now),
        _ => {}
    }
    let Some(object) = objects::all().get(kind).filter(|object| !object.read_only) else {
        let why = format!(
            "Unable to find a handler for object type: {kind}. Object types are case-sensitive, check spelling."
        );
        return Err(Refusal(2, why));
    };
    let kind = object.place(kind);
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

/// The store's key of the object that a request of an action names.
///
/// # Errors
/// The type or the object is not known.
pub fn locate(state: &State, kind: &str, node: &Node) -> Result<String, Refusal> {
    let Some(object) = objects::all().get(kind) else {
        let why = format!(
            "Unable to find a handler for object type: {kind}. Object types are case-sensitive, check spelling."
        );
        return Err(Refusal(2, why));
    };
    let given: Map<String, Value> = ["ID", "ObjectID", "CustomerKey"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), node.text_of(name)?.into())))
        .collect();
    let found = find(state, object.place(kind), object, &given);
    found.ok_or_else(|| Refusal(2, format!("Unable to find the {kind}.")))
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
    made.extend(related(object, &given));
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
        ..Done::default()
    })
}

/// What a retrieve asks of related objects: `Email{ID}` is there as `Email.ID`.
fn related(object: &Object, given: &Map<String, Value>) -> Map<String, Value> {
    let dotted = object.properties().filter_map(|property| {
        let (outer, inner) = property.name.split_once('.')?;
        let value = given.get(outer)?.get(inner)?;
        let value = match (property.kind, plain(Some(value)).parse::<i64>()) {
            ("int", Ok(number)) => number.into(),
            _ => value.clone(),
        };
        Some((property.name.to_owned(), value))
    });
    dotted.collect()
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
        "Automation" => vec![
            ("CustomerKey", guid.into()),
            ("AutomationType", "scheduled".into()),
            ("Status", 2.into()),
            ("IsActive", true.into()),
        ],
        "TriggeredSendDefinition" => vec![
            ("CustomerKey", guid.into()),
            ("TriggeredSendStatus", "New".into()),
        ],
        _ => vec![("CustomerKey", guid.into())],
    }
}

/// Whether an e-mail address may be one.
pub fn address_is_fine(address: &str) -> bool {
    address.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !address.contains(' ')
    })
}

fn check(kind: &str, record: &Record) -> Result<(), Refusal> {
    if kind == "Subscriber" && !address_is_fine(&plain(record.get("EmailAddress"))) {
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
    if let Some(attributes) = given.get_mut("Attributes") {
        *attributes = sends::merge_attributes(before.get("Attributes"), attributes);
    }
    record.extend(related(object, &given));
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
        ..Done::default()
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
        object: object_left,
        ..Done::default()
    }
}
