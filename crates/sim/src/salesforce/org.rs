//! The org: records by object, with what the platform does around every write.

use std::collections::HashMap;

use bytes::Bytes;
use ligand_model::time::Timestamp;
use serde_json::{Map, Value, json};

use super::bulk::Jobs;
use super::content;
use super::describe::{Child, Field, Object, object, object_of_id};
use super::error::{Answer, ApiError};
use super::metadata::Definitions;
use super::query::Cursors;
use super::streaming::{Change, Happened, Stream};
use super::{id, knowledge, rules, value};
use crate::record_store::{Record, RecordStore};

/// Everything that the simulator remembers.
#[derive(Default)]
pub struct Org {
    /// Records by object name and 18-character id; deleted ones stay with `IsDeleted`.
    pub records: RecordStore,
    /// File contents by the id of their version.
    pub blobs: HashMap<String, Bytes>,
    /// Open queries.
    pub cursors: Cursors,
    /// Bulk jobs of both versions of that API.
    pub jobs: Jobs,
    /// Who is told of changes.
    pub stream: Stream,
    /// What the Metadata API defined.
    pub definitions: Definitions,
    /// While the org is being seeded nothing is compared with everything else: the seed has no duplicates.
    pub seeding: bool,
}

/// An org's records as they were.
pub struct Snapshot {
    records: RecordStore,
    blobs: HashMap<String, Bytes>,
    noted: usize,
}

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The user's id.
    pub user: &'a str,
    /// The time that the record gets.
    pub now: Timestamp,
}

impl Org {
    /// Creates a record from a caller's body and returns its id.
    pub fn create(&mut self, actor: Actor<'_>, object: &Object, body: &Record) -> Answer<String> {
        self.create_as(actor, object, body, None)
    }

    /// As [`Org::create`], under an id of the caller's choice: for fixtures.
    pub fn create_as(
        &mut self,
        actor: Actor<'_>,
        object: &Object,
        body: &Record,
        wanted: Option<&str>,
    ) -> Answer<String> {
        if !object.createable && wanted.is_none() {
            let message = format!("entity type cannot be inserted: {}", object.name);
            return Err(ApiError::new(
                400,
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                message,
            ));
        }
        let mut record = self.take_body(object, body, true)?;
        for field in &object.fields {
            if let Some(default) = &field.default
                && record.get(&field.name).is_none_or(Value::is_null)
            {
                record.insert(field.name.clone(), default.clone());
            }
            if field.owner_default && record.get(&field.name).is_none_or(Value::is_null) {
                record.insert(field.name.clone(), json!(actor.user));
            }
        }
        let missing: Vec<String> = object
            .fields
            .iter()
            .filter(|field| {
                field.must_be_given() && record.get(&field.name).is_none_or(Value::is_null)
            })
            .map(|field| field.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(required(missing));
        }
        self.check_unique(object, &record, None)?;
        let number = self.records.collection_mut(&object.name).next_number();
        rules::check(self, object, &mut record, None, actor.now)?;
        rules::derive(object, &mut record, number, actor.now);
        let made = wanted.map_or_else(
            || id::make(&object.key_prefix, 2_500_000_000 + number * 61),
            str::to_owned,
        );
        stamp(object, &mut record, actor, true);
        record.insert("Id".to_owned(), json!(made));
        if object.field("IsDeleted").is_some() {
            record.insert("IsDeleted".to_owned(), json!(false));
        }
        if object.name == "ContentVersion" {
            content::admit_version(self, actor, &mut record)?;
        } else if object.name == "ContentDistribution" {
            content::publish(self, &mut record);
        } else if object.is_article() {
            knowledge::admit(self, actor, object, &mut record)?;
        } else {
            content::admit_blob(self, object, &mut record, true)?;
        }
        self.records
            .collection_mut(&object.name)
            .insert(record, |_| made.clone());
        if object.name == "CampaignMember" && !self.seeding {
            rules::count_members(self, &made);
        }
        if object.name == "FeedComment" {
            rules::count_comments(self, &made);
        }
        if object.name == "PushTopic" {
            self.stream.listen();
        }
        self.note(actor, object, &made, Happened::Created, Vec::new);
        Ok(made)
    }

    /// Changes the record whose external id (or id) the body gives, or creates one. Answers its id and whether it is new.
    pub fn upsert(
        &mut self,
        actor: Actor<'_>,
        object: &Object,
        field: &Field,
        body: &Record,
    ) -> Answer<(String, bool)> {
        let mut body = body.clone();
        let given = body
            .keys()
            .find(|name| name.eq_ignore_ascii_case(&field.name))
            .cloned();
        let wanted = given.and_then(|name| match (body.remove(&name)?, field.kind.as_str()) {
            (Value::String(text), _) => Some(text),
            (Value::Number(number), _) => Some(number.to_string()),
            _ => None,
        });
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
            if field.kind == "id" {
                return Ok((self.create(actor, object, &body)?, true));
            }
            let message = format!("{} not specified", field.name);
            return Err(ApiError::field("MISSING_ARGUMENT", &field.name, message));
        };
        let found = if field.kind == "id" {
            let id = id::normalize(&wanted).ok_or_else(|| {
                ApiError::field(
                    "MALFORMED_ID",
                    "Id",
                    format!("Id: id value of incorrect type: {wanted}"),
                )
            })?;
            vec![id]
        } else {
            self.by_external_id(object, field, &wanted)
        };
        match found.as_slice() {
            [] => {
                body.insert(field.name.clone(), json!(wanted));
                Ok((self.create(actor, object, &body)?, true))
            }
            [id] => {
                self.update(actor, object, id, &body)?;
                Ok((id.clone(), false))
            }
            _ => {
                let message = format!(
                    "{}: more than one record found for external id field",
                    field.name
                );
                Err(ApiError::field(
                    "DUPLICATE_EXTERNAL_ID",
                    &field.name,
                    message,
                ))
            }
        }
    }

    /// Records and contents, to be put back when a transaction fails.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            records: self.records.clone(),
            blobs: self.blobs.clone(),
            noted: self.stream.noted(),
        }
    }

    /// Puts a snapshot back.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.records = snapshot.records;
        self.blobs = snapshot.blobs;
        self.stream.forget_after(snapshot.noted);
    }

    /// Changes the given fields of a record.
    pub fn update(
        &mut self,
        actor: Actor<'_>,
        object: &Object,
        id: &str,
        body: &Record,
    ) -> Answer<()> {
        if !object.updateable {
            let message = format!("entity type cannot be updated: {}", object.name);
            return Err(ApiError::new(
                400,
                "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
                message,
            ));
        }
        let before = self.live(object, id)?.clone();
        let changes = self.take_body(object, body, false)?;
        let emptied: Vec<String> = object
            .fields
            .iter()
            .filter(|field| field.required && changes.get(&field.name).is_some_and(Value::is_null))
            .map(|field| field.name.clone())
            .collect();
        if !emptied.is_empty() {
            return Err(required(emptied));
        }
        self.check_unique(object, &changes, Some(id))?;
        let mut record = before.clone();
        for (name, value) in changes {
            record.insert(name, value);
        }
        rules::check(self, object, &mut record, Some(&before), actor.now)?;
        rules::derive(object, &mut record, 0, actor.now);
        if object.name != "ContentVersion" {
            content::admit_blob(self, object, &mut record, false)?;
        }
        stamp(object, &mut record, actor, false);
        content::follow(self, object, &record);
        let differs = || {
            let own = object.fields.iter().filter(|field| !field.read_only);
            own.filter(|field| before.get(&field.name) != record.get(&field.name))
                .map(|field| field.name.clone())
                .collect()
        };
        self.note(actor, object, id, Happened::Updated, differs);
        if let Some(stored) = self.records.collection_mut(&object.name).get_mut(id) {
            *stored = record;
        }
        Ok(())
    }

    /// Notes a change for those who are told of changes.
    pub fn note(
        &mut self,
        actor: Actor<'_>,
        object: &Object,
        id: &str,
        kind: Happened,
        fields: impl FnOnce() -> Vec<String>,
    ) {
        self.stream.note(|| Change {
            object: object.name.clone(),
            id: id.to_owned(),
            kind,
            fields: fields(),
            user: actor.user.to_owned(),
        });
    }

    /// Puts a record, and those that depend on it, into the recycle bin.
    pub fn delete(&mut self, actor: Actor<'_>, object: &Object, id: &str) -> Answer<()> {
        if !object.deletable {
            let message = format!("entity type {} does not support delete", object.name);
            return Err(ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
        }
        self.live(object, id)?;
        self.bury(actor, object, id, 0);
        Ok(())
    }

    fn bury(&mut self, actor: Actor<'_>, object: &Object, id: &str, depth: u8) {
        if let Some(record) = self.records.collection_mut(&object.name).get_mut(id) {
            record.insert("IsDeleted".to_owned(), json!(true));
            stamp(object, record, actor, false);
        }
        self.note(actor, object, id, Happened::Deleted, Vec::new);
        match object.name.as_str() {
            "CampaignMember" => rules::count_members(self, id),
            "FeedComment" => rules::count_comments(self, id),
            "KnowledgeArticle" => knowledge::bury(self, id),
            _ => {}
        }
        self.blobs.remove(id);
        for Child(child, field, _, cascade) in &object.children {
            let Some(child) = super::describe::object(child) else {
                continue;
            };
            let ids: Vec<String> = self
                .live_records(child)
                .filter(|(_, record)| record.get(field).and_then(Value::as_str) == Some(id))
                .map(|(id, _)| id.to_owned())
                .collect();
            for dependent in ids {
                if *cascade && depth < 4 {
                    self.bury(actor, child, &dependent, depth + 1);
                } else if let Some(record) =
                    self.records.collection_mut(&child.name).get_mut(&dependent)
                {
                    record.insert(field.clone(), Value::Null);
                }
            }
        }
    }

    /// The record of an 18-character id that is not deleted.
    pub fn live(&self, object: &Object, id: &str) -> Answer<&Record> {
        match self.records.get(&object.name, id) {
            Some(record) if is_deleted(record) => {
                Err(ApiError::new(404, "ENTITY_IS_DELETED", "entity is deleted"))
            }
            Some(record) => Ok(record),
            None => Err(ApiError::not_found()),
        }
    }

    /// The records of an object that are not deleted, in the order they were made.
    pub fn live_records<'a>(
        &'a self,
        object: &Object,
    ) -> impl Iterator<Item = (&'a str, &'a Record)> + use<'a> {
        self.all_records(object)
            .filter(|(_, record)| !is_deleted(record))
    }

    /// The records of an object, deleted ones too.
    pub fn all_records<'a>(
        &'a self,
        object: &Object,
    ) -> impl Iterator<Item = (&'a str, &'a Record)> + use<'a> {
        // Versions of articles of every type are looked at through one object.
        let view = object.name == "KnowledgeArticleVersion";
        let names: Vec<&str> = if view {
            let articles = super::describe::objects().iter();
            let articles = articles.filter(|one| one.is_article());
            articles.map(|one| one.name.as_str()).collect()
        } else {
            vec![&object.name]
        };
        let collections: Vec<&'a crate::record_store::Collection> = names
            .into_iter()
            .filter_map(|name| self.records.collection(name))
            .collect();
        collections
            .into_iter()
            .flat_map(crate::record_store::Collection::iter)
    }

    /// The record of any id, deleted or not, with its object.
    pub fn any(&self, id: &str) -> Option<(&'static Object, &Record)> {
        let object = object_of_id(id)?;
        Some((object, self.records.get(&object.name, id)?))
    }

    /// The ids of live records whose external id has this value, case ignored.
    pub fn by_external_id(&self, object: &Object, field: &Field, wanted: &str) -> Vec<String> {
        self.live_records(object)
            .filter(|(_, record)| {
                record
                    .get(&field.name)
                    .and_then(Value::as_str)
                    .is_some_and(|v| v.eq_ignore_ascii_case(wanted))
            })
            .map(|(id, _)| id.to_owned())
            .collect()
    }

    /// Reads a caller's body: known, writable fields only, each of its type.
    fn take_body(&self, object: &Object, body: &Record, creating: bool) -> Answer<Record> {
        let mut record = Record::new();
        for (name, given) in body {
            if name.eq_ignore_ascii_case("attributes") {
                continue;
            }
            let parent = given.as_object().zip(object.relationship(name));
            if let Some((parent, field)) = parent {
                let id = self.parent_named(field, parent)?;
                record.insert(field.name.clone(), json!(id));
                continue;
            }
            let Some(field) = object.field(name) else {
                let message = format!("No such column '{name}' on sobject of type {}", object.name);
                return Err(ApiError::new(400, "INVALID_FIELD", message));
            };
            if field.kind == "id" {
                let (code, message) = if creating {
                    (
                        "INVALID_FIELD_FOR_INSERT_UPDATE",
                        "cannot specify Id in an insert call",
                    )
                } else {
                    (
                        "INVALID_FIELD",
                        "The Id field should not be specified in the sobject data.",
                    )
                };
                return Err(ApiError::field(code, "Id", message));
            }
            if field.read_only || (field.create_only && !creating) {
                let message = format!(
                    "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is \
                     read/write for your profile or permission set.",
                    field.name
                );
                return Err(ApiError::field(
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    &field.name,
                    message,
                ));
            }
            let taken = value::coerce(object, field, given)?;
            if field.kind == "reference"
                && let Some(id) = taken.as_str()
            {
                let alive = object_of_id(id).is_some_and(|target| self.live(target, id).is_ok());
                if !alive {
                    let message = "invalid cross reference id";
                    return Err(ApiError::field(
                        "INVALID_CROSS_REFERENCE_KEY",
                        &field.name,
                        message,
                    ));
                }
            }
            record.insert(field.name.clone(), taken);
        }
        Ok(record)
    }

    /// A parent given as `{"External_Id__c": "…"}` in place of its id.
    fn parent_named(&self, field: &Field, parent: &Record) -> Answer<String> {
        let target = field.reference_to.iter().filter_map(|name| object(name));
        for object in target {
            let named = parent.iter().find_map(|(name, value)| {
                let external = object.field(name).filter(|field| field.external_id)?;
                Some((external, value.as_str()?))
            });
            if let Some((external, wanted)) = named {
                let found = self.by_external_id(object, external, wanted);
                return found.into_iter().next().ok_or_else(|| {
                    let message = format!(
                        "Foreign key external ID: {wanted} not found for field {} in entity {}",
                        external.name, object.name
                    );
                    ApiError::field("INVALID_FIELD", &field.name, message)
                });
            }
        }
        let message = format!("{} names no external id", field.relationship_name);
        Err(ApiError::field("INVALID_FIELD", &field.name, message))
    }

    fn check_unique(&self, object: &Object, record: &Record, own: Option<&str>) -> Answer<()> {
        if self.seeding {
            return Ok(());
        }
        for field in object.fields.iter().filter(|field| field.unique) {
            let Some(wanted) = record.get(&field.name).and_then(Value::as_str) else {
                continue;
            };
            let taken = self
                .by_external_id(object, field, wanted)
                .into_iter()
                .find(|id| Some(id.as_str()) != own);
            let Some(other) = taken else { continue };
            if object.name == "User" {
                let message = "Duplicate Username.Another user has already selected this Username. Please select another.";
                return Err(ApiError::field("DUPLICATE_USERNAME", &field.name, message));
            }
            let message = format!(
                "duplicate value found: {} duplicates value on record with id: {other}",
                field.name
            );
            return Err(ApiError {
                fields: Some(Vec::new()),
                ..ApiError::new(400, "DUPLICATE_VALUE", message)
            });
        }
        Ok(())
    }
}

/// A whole record as `GET` prints it: `attributes`, then every field, nulls included. `only` limits the fields.
pub fn render(base: &str, object: &Object, record: &Record, only: Option<&[&Field]>) -> Value {
    let mut out = Map::new();
    let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
    out.insert("attributes".to_owned(), attributes(base, object, id));
    for field in &object.fields {
        if only.is_none_or(|only| only.iter().any(|wanted| wanted.name == field.name)) {
            out.insert(field.name.clone(), read(base, object, record, field));
        }
    }
    Value::Object(out)
}

/// The value of a field as it is printed.
pub fn read(base: &str, object: &Object, record: &Record, field: &Field) -> Value {
    if let Some(prefix) = &field.parts {
        let mut address = Map::new();
        for part in [
            "city",
            "country",
            "geocodeAccuracy",
            "latitude",
            "longitude",
            "postalCode",
            "state",
            "street",
        ] {
            let member = object
                .field(&format!("{prefix}{part}"))
                .and_then(|part| record.get(&part.name));
            address.insert(part.to_owned(), member.cloned().unwrap_or(Value::Null));
        }
        let empty = address.values().all(Value::is_null);
        return if empty {
            Value::Null
        } else {
            Value::Object(address)
        };
    }
    if field.kind == "base64" {
        let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
        return json!(format!(
            "{base}/sobjects/{}/{id}/{}",
            object.name, field.name
        ));
    }
    record.get(&field.name).cloned().unwrap_or(Value::Null)
}

/// The `attributes` of a record.
pub fn attributes(base: &str, object: &Object, id: &str) -> Value {
    json!({ "type": object.name, "url": format!("{base}/sobjects/{}/{id}", object.name) })
}

/// Whether a record is in the recycle bin.
pub fn is_deleted(record: &Record) -> bool {
    record
        .get("IsDeleted")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// Finds an object by name or says that there is none.
pub fn known(name: &str) -> Answer<&'static Object> {
    object(name).ok_or_else(ApiError::not_found)
}

fn required(fields: Vec<String>) -> ApiError {
    let message = format!("Required fields are missing: [{}]", fields.join(", "));
    ApiError {
        fields: Some(fields),
        ..ApiError::new(400, "REQUIRED_FIELD_MISSING", message)
    }
}

/// Writes who touched a record, and when.
pub fn stamp(object: &Object, record: &mut Record, actor: Actor<'_>, creating: bool) {
    let now = value::print_datetime(actor.now);
    let mut put = |name: &str, value: &str| {
        if object.field(name).is_some() {
            record.insert(name.to_owned(), json!(value));
        }
    };
    if creating {
        put("CreatedDate", &now);
        put("CreatedById", actor.user);
    }
    put("LastModifiedDate", &now);
    put("LastModifiedById", actor.user);
    put("SystemModstamp", &now);
}
