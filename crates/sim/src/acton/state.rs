//! The lists of an Act-On account and the contacts on each.

use std::collections::BTreeMap;

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::upload::Column;
use crate::record_store::{Collection, Record, RecordStore};

/// The column that every list read begins with.
pub const CONTACT_ID: &str = "_contact_id_";

/// A fault of the API: HTTP status, vendor code, wording. List routes print the code as a number, record routes as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// Vendor code.
    pub code: i64,
    /// Vendor wording.
    pub message: String,
    /// Whether the code is printed as text.
    pub textual: bool,
}

impl Fault {
    /// A 400 of that code.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
            textual: false,
        }
    }

    /// 10004.
    pub fn no_list() -> Self {
        Self::new(10004, "Invalid or missing list")
    }

    /// 10008.
    pub fn no_contact() -> Self {
        Self::new(10008, "Invalid contact").in_text()
    }

    /// 10010.
    pub fn no_column(name: &str) -> Self {
        Self::new(10010, format!("Invalid column specified: {name}"))
    }

    /// 10054 for text of more than 255 characters. The vendor states no limit; this is that of its uploads' columns (?).
    ///
    /// # Errors
    /// That.
    pub fn unless_short(name: &str, text: &str) -> Result<(), Self> {
        if text.chars().count() <= 255 {
            return Ok(());
        }
        let message = format!("Value of {name} is longer than 255 characters");
        Err(Self::new(10054, message))
    }

    /// The same with its code as text.
    #[must_use]
    pub fn in_text(self) -> Self {
        Self {
            textual: true,
            ..self
        }
    }

    /// The body.
    pub fn body(&self) -> Value {
        let code = if self.textual {
            self.code.to_string().into()
        } else {
            Value::from(self.code)
        };
        json!({"errorCode": code, "message": self.message})
    }
}

/// A contact list: its columns in order.
#[derive(Debug, Clone)]
pub struct List {
    /// `l-0001`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is filed.
    pub folder: String,
    /// Its columns, without the contact id.
    pub columns: Vec<Column>,
    /// When it or a contact on it last changed.
    pub modified: Timestamp,
}

impl List {
    /// The heading that a key of a body means: heading or type, without regard to case; any other word for an e-mail
    /// address means the e-mail column.
    pub fn heading(&self, key: &str) -> Option<&str> {
        let by = |fits: &dyn Fn(&Column) -> bool| {
            self.columns
                .iter()
                .find(|column| fits(column))
                .map(|column| column.heading.as_str())
        };
        by(&|column| column.heading.eq_ignore_ascii_case(key))
            .or_else(|| {
                by(&|column| {
                    column
                        .kind
                        .as_deref()
                        .is_some_and(|kind| kind.eq_ignore_ascii_case(key))
                })
            })
            .or_else(|| {
                let email = key
                    .to_lowercase()
                    .replace(['-', ' ', '_'], "")
                    .starts_with("email");
                email
                    .then(|| self.email())
                    .flatten()
                    .map(|(_, heading)| heading)
            })
    }

    /// The position (the contact id is 0) and heading of the e-mail column.
    pub fn email(&self) -> Option<(usize, &str)> {
        let typed = self
            .columns
            .iter()
            .position(|column| column.kind.as_deref() == Some("EMAIL"));
        let named = || {
            self.columns.iter().position(|column| {
                column
                    .heading
                    .to_lowercase()
                    .replace(['-', ' '], "")
                    .starts_with("email")
            })
        };
        let at = typed.or_else(named)?;
        Some((at + 1, &self.columns.get(at)?.heading))
    }
}

/// What an account remembers.
#[derive(Debug, Default)]
pub struct State {
    /// The contacts of each list by list id; opt-outs and jobs under names of their own.
    pub records: RecordStore,
    lists: Vec<List>,
    made: u64,
    /// Refused categories by address.
    pub refused: BTreeMap<String, Vec<String>>,
}

impl State {
    /// The lists, oldest first.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// The list of that id.
    ///
    /// # Errors
    /// 10004.
    pub fn list(&self, id: &str) -> Result<&List, Fault> {
        self.lists
            .iter()
            .find(|list| list.id == id)
            .ok_or_else(Fault::no_list)
    }

    /// Makes a list.
    pub fn add_list(
        &mut self,
        name: &str,
        folder: &str,
        columns: Vec<Column>,
        now: Timestamp,
    ) -> String {
        self.made += 1;
        let id = format!("l-{:04x}", self.made);
        self.lists.push(List {
            id: id.clone(),
            name: name.to_owned(),
            folder: folder.to_owned(),
            columns,
            modified: now,
        });
        id
    }

    /// Renames or refiles a list and notes the change.
    pub fn touch(&mut self, id: &str, name: Option<&str>, folder: Option<&str>, now: Timestamp) {
        if let Some(list) = self.lists.iter_mut().find(|list| list.id == id) {
            list.modified = now;
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                name.clone_into(&mut list.name);
            }
            if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
                folder.clone_into(&mut list.folder);
            }
        }
    }

    /// Takes a list and its contacts away.
    ///
    /// # Errors
    /// 10004.
    pub fn remove_list(&mut self, id: &str) -> Result<(), Fault> {
        self.list(id)?;
        self.lists.retain(|list| list.id != id);
        *self.records.collection_mut(id) = Collection::default();
        Ok(())
    }

    /// The contacts of a list, oldest first.
    pub fn contacts(&self, list: &str) -> impl Iterator<Item = (&str, &Record)> {
        self.records
            .collection(list)
            .into_iter()
            .flat_map(Collection::iter)
    }

    /// Adds a contact; returns its id.
    pub fn add_contact(&mut self, list: &str, cells: Record, now: Timestamp) -> String {
        let mut contact = Record::new();
        contact.insert("cells".into(), cells.into());
        contact.insert("created".into(), now.0.into());
        contact.insert("modified".into(), now.0.into());
        self.touch(list, None, None, now);
        // Contacts are numbered from 0, in hexadecimal.
        self.records.collection_mut(list).insert(contact, |number| {
            format!("{list}:{:x}", number.saturating_sub(1))
        })
    }

    /// Changes cells of a contact.
    ///
    /// # Errors
    /// 10008.
    pub fn change_contact(
        &mut self,
        list: &str,
        id: &str,
        cells: Record,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let contact = self
            .records
            .collection_mut(list)
            .get_mut(id)
            .ok_or_else(Fault::no_contact)?;
        if let Some(stored) = contact.get_mut("cells").and_then(Value::as_object_mut) {
            stored.extend(cells);
        }
        contact.insert("modified".into(), now.0.into());
        self.touch(list, None, None, now);
        Ok(())
    }

    /// The first contact whose column holds that text, without regard to case.
    pub fn find(&self, list: &str, heading: &str, wanted: &str) -> Option<String> {
        self.contacts(list)
            .find(|(_, contact)| {
                cell(contact, heading).is_some_and(|t| t.eq_ignore_ascii_case(wanted))
            })
            .map(|(id, _)| id.to_owned())
    }
}

/// The text of a cell, if it has one.
pub fn cell<'a>(contact: &'a Record, heading: &str) -> Option<&'a str> {
    contact.get("cells")?.get(heading)?.as_str()
}

/// A time of a contact, in milliseconds.
pub fn millis(contact: &Record, member: &str) -> i64 {
    contact
        .get(member)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}
