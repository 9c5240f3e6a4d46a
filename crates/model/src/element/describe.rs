//! *Added.* How what a vendor tells of its objects is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// *Added.* How a vendor's description of its objects or fields is read: paths within each item of the list that the
/// resource answers (after root key and hooks).
///
/// Flags are [`Test`]s. One that is not declared is told by the element's own resources.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Describe {
    /// The objects whose fields this resource tells, by either of their names; empty = every one. `{object}` in its path
    /// is the vendor's name of the object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// Only objects that the element does not name itself: those that the customer made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    /// Records have other names for their members than the ones that are told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_names: bool,
    /// The name of the object or field.
    pub name: String,
    /// Which items count; default: every one that has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Test>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The vendor's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The vendor's types as `string`, `number`, `integer`, `boolean`, `date`, `array`, `object`; any other is `string`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, String>,
    /// Whether it can be filtered by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filterable: Option<Test>,
    /// Whether it can be given when a record is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub createable: Option<Test>,
    /// Whether it can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updateable: Option<Test>,
    /// Whether a record cannot be made without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<Test>,
    /// Whether the customer made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Test>,
    /// Whether it is what records are known by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<Test>,
    /// The list of its choices: texts, or items with `value`, `label` and `active`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Choices>,
}

/// *Added.* Where the choices of a field are.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choices {
    /// Path of their list.
    pub list: String,
    /// Path of the value in each; none: the item is the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Path of what people call it; default: the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether it can be chosen; default: it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Test>,
}

/// *Added.* Something that is true or false of an item: `createable` (the member there is true, or `"true"`, or any other
/// value but null, 0 and the empty text), `!nillable` (it is not), `type=id` (it has this text). In a list all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Test {
    /// One condition.
    One(String),
    /// Several that must all hold.
    All(Vec<String>),
}
