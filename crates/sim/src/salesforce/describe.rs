//! The describe catalogue: which objects and fields there are. Describe answers, validation and SOQL share it.

mod print;

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

/// An object (sObject) as its catalogue file says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the members of the catalogue files"
)]
pub struct Object {
    /// The API name.
    pub name: String,
    label: String,
    label_plural: String,
    /// The first three characters of its ids.
    pub key_prefix: String,
    /// Whether records may be created.
    #[serde(default = "yes")]
    pub createable: bool,
    /// Whether records may be changed.
    #[serde(default = "yes")]
    pub updateable: bool,
    /// Whether records may be deleted.
    #[serde(default = "yes")]
    pub deletable: bool,
    /// No `IsDeleted`.
    #[serde(default)]
    no_is_deleted: bool,
    /// Only `Id`, `IsDeleted` and `SystemModstamp` beside its own fields.
    #[serde(default)]
    bare_system: bool,
    /// Known to the Tooling API alone.
    #[serde(default)]
    pub tooling: bool,
    /// Known to the Tooling API, too.
    #[serde(default)]
    tooling_too: bool,
    /// Relationships that point here.
    #[serde(default)]
    pub children: Vec<Child>,
    /// The fields, `Id` and the other system fields included.
    pub fields: Vec<Field>,
}

/// A relationship from another object: its name, the field there, the relationship's name, and whether its records go when the
/// parent goes.
#[derive(Debug, Deserialize)]
pub struct Child(pub String, pub String, pub String, pub bool);

/// A field as its catalogue file says.
#[derive(Debug, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the members of the catalogue files"
)]
pub struct Field {
    /// The API name.
    pub name: String,
    /// The describe type: `string`, `reference`, `datetime`…
    #[serde(rename = "type")]
    pub kind: String,
    label: Option<String>,
    /// Most characters.
    pub length: Option<usize>,
    /// A value must be given, or comes from the default.
    #[serde(default)]
    pub required: bool,
    /// The server fills it in when it is missing, though it is required.
    #[serde(default)]
    filled_in: bool,
    /// The value of new records.
    pub default: Option<Value>,
    /// New records get the caller's user.
    #[serde(default)]
    pub owner_default: bool,
    /// Picklist values.
    #[serde(default)]
    pub values: Vec<String>,
    /// Other values than the picklist's are refused.
    #[serde(default)]
    pub restricted: bool,
    /// What a reference may point to.
    #[serde(default)]
    pub reference_to: Vec<String>,
    /// How SOQL and describe call the reference.
    #[serde(default)]
    pub relationship_name: String,
    /// Never written by callers.
    #[serde(default)]
    pub read_only: bool,
    /// Written at creation only.
    #[serde(default)]
    pub create_only: bool,
    /// Not allowed in conditions.
    #[serde(default)]
    pub unfilterable: bool,
    /// Usable for upserts.
    #[serde(default)]
    pub external_id: bool,
    /// No two live records share a value.
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    name_field: bool,
    #[serde(default)]
    auto_number: bool,
    calculated_from: Option<String>,
    /// For addresses: the prefix of the fields it is put together from.
    pub parts: Option<String>,
}

const fn yes() -> bool {
    true
}

/// The catalogue files.
const FILES: &[&str] = &[
    include_str!("describe/Account.json"),
    include_str!("describe/ApexClass.json"),
    include_str!("describe/ApexTrigger.json"),
    include_str!("describe/Asset.json"),
    include_str!("describe/Attachment.json"),
    include_str!("describe/Campaign.json"),
    include_str!("describe/CampaignMember.json"),
    include_str!("describe/Case.json"),
    include_str!("describe/CaseComment.json"),
    include_str!("describe/Contact.json"),
    include_str!("describe/ContentDistribution.json"),
    include_str!("describe/ContentDocument.json"),
    include_str!("describe/ContentDocumentLink.json"),
    include_str!("describe/ContentFolder.json"),
    include_str!("describe/ContentVersion.json"),
    include_str!("describe/Contract.json"),
    include_str!("describe/Document.json"),
    include_str!("describe/EntityDefinition.json"),
    include_str!("describe/Event.json"),
    include_str!("describe/FAQ__kav.json"),
    include_str!("describe/FeedComment.json"),
    include_str!("describe/FeedItem.json"),
    include_str!("describe/Folder.json"),
    include_str!("describe/Group.json"),
    include_str!("describe/KnowledgeArticle.json"),
    include_str!("describe/KnowledgeArticleVersion.json"),
    include_str!("describe/Lead.json"),
    include_str!("describe/Note.json"),
    include_str!("describe/Opportunity.json"),
    include_str!("describe/OpportunityContactRole.json"),
    include_str!("describe/OpportunityLineItem.json"),
    include_str!("describe/Organization.json"),
    include_str!("describe/Pricebook2.json"),
    include_str!("describe/PricebookEntry.json"),
    include_str!("describe/Product2.json"),
    include_str!("describe/Profile.json"),
    include_str!("describe/Project__c.json"),
    include_str!("describe/PushTopic.json"),
    include_str!("describe/RecordType.json"),
    include_str!("describe/Report.json"),
    include_str!("describe/Sailthru__Discussion__kav.json"),
    include_str!("describe/StreamingChannel.json"),
    include_str!("describe/Task.json"),
    include_str!("describe/User.json"),
    include_str!("describe/UserRole.json"),
];

/// Every object, in alphabetical order.
pub fn objects() -> &'static [Object] {
    static OBJECTS: OnceLock<Vec<Object>> = OnceLock::new();
    OBJECTS.get_or_init(|| {
        // A file that does not parse is left out; a test sees to it that none does.
        FILES
            .iter()
            .filter_map(|file| serde_json::from_str::<Object>(file).ok())
            .map(complete)
            .collect()
    })
}

/// An object by name, whatever its case; not those of the Tooling API.
pub fn object(name: &str) -> Option<&'static Object> {
    named(name).filter(|object| !object.tooling)
}

/// An object of the Tooling API.
pub fn tooling_object(name: &str) -> Option<&'static Object> {
    named(name).filter(|object| object.tooling || object.tooling_too)
}

fn named(name: &str) -> Option<&'static Object> {
    objects()
        .iter()
        .find(|object| object.name.eq_ignore_ascii_case(name))
}

/// The object whose ids begin as this one does.
pub fn object_of_id(id: &str) -> Option<&'static Object> {
    let prefix = id.get(..3)?;
    objects().iter().find(|object| object.key_prefix == prefix)
}

/// Adds the system fields around an object's own.
fn complete(mut object: Object) -> Object {
    let system = |name: &str, kind: &str| Field {
        name: name.to_owned(),
        kind: kind.to_owned(),
        read_only: true,
        ..Field::default()
    };
    let user = |name: &str| Field {
        length: Some(18),
        reference_to: vec!["User".to_owned()],
        relationship_name: name.trim_end_matches("Id").to_owned(),
        ..system(name, "reference")
    };
    let mut first = vec![Field {
        length: Some(18),
        ..system("Id", "id")
    }];
    if !object.no_is_deleted {
        first.push(Field {
            label: Some("Deleted".to_owned()),
            ..system("IsDeleted", "boolean")
        });
    }
    first.append(&mut object.fields);
    if !object.bare_system {
        first.push(system("CreatedDate", "datetime"));
        first.push(user("CreatedById"));
        first.push(system("LastModifiedDate", "datetime"));
        first.push(user("LastModifiedById"));
    }
    first.push(system("SystemModstamp", "datetime"));
    object.fields = first;
    object
}

impl Object {
    /// The label of one record.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The label of many.
    pub fn label_plural(&self) -> &str {
        &self.label_plural
    }

    /// Whether it is one of the organization's own.
    pub fn is_custom(&self) -> bool {
        self.name.ends_with("__c") || self.name.ends_with("__kav")
    }

    /// Whether its records are versions of knowledge articles.
    pub fn is_article(&self) -> bool {
        self.name.ends_with("__kav")
    }

    /// The blob field.
    pub fn blob(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.kind == "base64")
    }

    /// A field by name, whatever its case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// A reference by its relationship's name, whatever its case.
    pub fn relationship(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| !name.is_empty() && field.relationship_name.eq_ignore_ascii_case(name))
    }
}

impl Field {
    /// What a query computes and treats like a field.
    pub fn derived(name: &str, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            read_only: true,
            ..Self::default()
        }
    }

    /// The label of forms.
    pub fn label(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let mut label = String::new();
        let mut previous_lower = false;
        for c in self.name.trim_end_matches("__c").chars() {
            if c.is_ascii_uppercase() && previous_lower {
                label.push(' ');
            }
            previous_lower = c.is_ascii_lowercase();
            label.push(c);
        }
        if self.kind == "reference" && label.ends_with(" Id") {
            label.truncate(label.len().saturating_sub(1));
            label.push('D');
        }
        label
    }

    /// Whether it is what people call the record.
    pub fn is_name(&self) -> bool {
        self.name_field
    }

    /// Whether it holds text.
    pub fn is_text(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "string"
                | "picklist"
                | "combobox"
                | "email"
                | "phone"
                | "url"
                | "textarea"
                | "multipicklist"
        )
    }

    /// Whether it holds a number.
    pub fn is_number(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "int" | "double" | "currency" | "percent"
        )
    }

    /// Whether it holds an id.
    pub fn is_id(&self) -> bool {
        matches!(self.kind.as_str(), "id" | "reference")
    }

    /// Whether the server puts its value together from others.
    pub fn is_compound(&self) -> bool {
        self.parts.is_some()
    }

    /// Whether a caller who creates a record must give it.
    pub fn must_be_given(&self) -> bool {
        self.required && self.default.is_none() && !self.filled_in && !self.read_only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_catalogue_file_parses_and_its_references_lead_somewhere() {
        for file in FILES {
            let parsed: Result<Object, _> = serde_json::from_str(file);
            assert!(parsed.is_ok(), "{:?} in {file}", parsed.err());
        }
        for object in objects() {
            for field in &object.fields {
                for target in &field.reference_to {
                    assert!(
                        super::object(target).is_some(),
                        "{}.{} → {target}",
                        object.name,
                        field.name
                    );
                }
                assert_eq!(
                    field.kind == "reference",
                    !field.relationship_name.is_empty(),
                    "{}",
                    field.name
                );
            }
            for Child(child, field, _, _) in &object.children {
                assert!(
                    super::object(child).unwrap().field(field).is_some(),
                    "{child}.{field}"
                );
            }
        }
    }

    #[test]
    fn a_describe_says_what_callers_must_give() {
        let lead = object("lead").unwrap().describe("/services/data/v59.0");
        let field = |name: &str| {
            lead["fields"]
                .as_array()
                .unwrap()
                .iter()
                .find(|f| f["name"] == name)
                .cloned()
                .unwrap()
        };
        assert_eq!(field("LastName")["nillable"], false);
        assert_eq!(field("LastName")["createable"], true);
        assert_eq!(field("Status")["defaultedOnCreate"], true);
        assert_eq!(field("Status")["picklistValues"][0]["defaultValue"], true);
        assert_eq!(
            field("OwnerId")["referenceTo"],
            serde_json::json!(["Group", "User"])
        );
        assert_eq!(field("OwnerId")["label"], "Owner ID");
        assert_eq!(field("CreatedDate")["updateable"], false);
        assert_eq!(field("Phone")["nillable"], true);
    }
}
