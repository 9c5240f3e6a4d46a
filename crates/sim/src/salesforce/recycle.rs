//! The recycle bin and what moves between records: undelete, merged children, converted leads.

use serde_json::{Value, json};

use super::describe::{Child, Object, object};
use super::org::{Actor, Org, is_deleted, stamp};
use super::rules::text;
use super::streaming::Happened;

impl Org {
    /// Takes a record out of the recycle bin, with the children that went there together with it.
    pub fn undelete(&mut self, actor: Actor<'_>, kind: &Object, id: &str) {
        let Some(record) = self.records.collection_mut(&kind.name).get_mut(id) else {
            return;
        };
        let when = record.get("SystemModstamp").cloned();
        record.insert("IsDeleted".to_owned(), json!(false));
        stamp(kind, record, actor, false);
        self.note(actor, kind, id, Happened::Undeleted, Vec::new);
        for Child(child, field, _, cascade) in &kind.children {
            let Some(child) = object(child).filter(|_| *cascade) else {
                continue;
            };
            let gone: Vec<String> = self
                .all_records(child)
                .filter(|(_, record)| is_deleted(record) && text(record, field) == Some(id))
                .filter(|(_, record)| record.get("SystemModstamp") == when.as_ref())
                .map(|(id, _)| id.to_owned())
                .collect();
            for gone in gone {
                self.undelete(actor, child, &gone);
            }
        }
    }

    /// Gives the children of one record to another; answers their ids.
    pub fn adopt(&mut self, kind: &Object, from: &str, to: &str) -> Vec<String> {
        let mut moved = Vec::new();
        for Child(child, field, _, _) in &kind.children {
            let Some(child) = object(child) else { continue };
            let ids: Vec<String> = self
                .live_records(child)
                .filter(|(_, record)| text(record, field) == Some(from))
                .map(|(id, _)| id.to_owned())
                .collect();
            for id in ids {
                if let Some(record) = self.records.collection_mut(&child.name).get_mut(&id) {
                    record.insert(field.clone(), json!(to));
                }
                moved.push(id);
            }
        }
        moved
    }

    /// Writes into a lead what callers may not: that it was converted, and to what.
    pub fn converted(&mut self, actor: Actor<'_>, lead: &str, told: Value) {
        let (Some(kind), Value::Object(told)) = (object("Lead"), told) else {
            return;
        };
        if let Some(record) = self.records.collection_mut("Lead").get_mut(lead) {
            record.extend(told);
            stamp(kind, record, actor, false);
        }
    }
}
