//! What is moved in bulk: people, companies, rows of custom objects, activities; and the statements that name their fields.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::custom;
use super::super::data::activities_of;
use super::super::entity::{self, ACCOUNT, CONTACT, Kind, text};
use super::super::state::State;
use crate::record_store::Record;

/// The statements of an activity and the members they read.
const ACTIVITY: &[(&str, &str)] = &[
    ("Id", "id"),
    ("Type", "bulkType"),
    ("CreatedAt", "activityDate"),
    ("Contact.Id", "contact"),
    ("Asset.Id", "asset"),
    ("Asset.Type", "assetType"),
    ("Asset.Name", "assetName"),
    ("Field(EmailAddress)", "emailAddress"),
    ("Field(SubjectLine)", "assetName"),
    ("Field(IpAddress)", "ipAddress"),
    ("Field(EmailWebLink)", "emailWebLink"),
    ("Field(EmailRecipientId)", "emailRecipientId"),
    ("Field(EmailDeploymentId)", "deploymentId"),
    ("Field(EmailSendType)", "emailSendType"),
    ("Field(EmailClickedThruLink)", "clickedLink"),
    ("Visitor.Id", "visitorId"),
    ("Visitor.ExternalId", "visitorExternalId"),
    ("Campaign.Id", "campaignId"),
    ("ExternalId", "id"),
    // Of activities that this site has none of.
    ("Field(SmtpErrorCode)", "smtpErrorCode"),
    ("Field(SmtpStatusCode)", "smtpStatusCode"),
    ("Field(SmtpMessage)", "smtpMessage"),
    ("Field(ReferrerUrl)", "referrerUrl"),
    ("Field(NumberOfPages)", "numberOfPages"),
    ("Field(FirstPageViewUrl)", "firstPageViewUrl"),
    ("Field(Duration)", "duration"),
    ("Field(Url)", "url"),
    ("Field(WebVisitId)", "webVisitId"),
    ("Field(IsWebTrackingOptedIn)", "isWebTrackingOptedIn"),
    ("Field(RawData)", "rawData"),
    ("Field(EmailGroupId)", "emailGroupId"),
];

/// The types of activities that the vendor has.
const TYPES: &[&str] = &[
    "EmailSend",
    "EmailOpen",
    "EmailClickthrough",
    "Subscribe",
    "Unsubscribe",
    "Bounceback",
    "WebVisit",
    "PageView",
    "FormSubmit",
    "ExternalActivity",
];

/// What the properties of linked records begin with.
const OF_ACCOUNT: &str = "account of contact: ";
const OF_CONTACT: &str = "contact of row: ";

/// One kind of thing.
pub enum Object {
    /// Contacts or accounts.
    People(&'static Kind),
    /// The rows of a custom object, by its definition.
    Custom(Record),
    /// What contacts did.
    Activities,
}

impl Object {
    /// The object that a path begins with, and the rest of the path.
    pub fn of<'a>(state: &State, path: &'a [&'a str]) -> Option<(Self, &'a [&'a str])> {
        Some(match path {
            ["contacts", rest @ ..] => (Self::People(&CONTACT), rest),
            ["accounts", rest @ ..] => (Self::People(&ACCOUNT), rest),
            ["activities", rest @ ..] => (Self::Activities, rest),
            ["customobjects", id, rest @ ..] => {
                let definition = state.records.get("CustomObject", id)?;
                (Self::Custom(definition.clone()), rest)
            }
            _ => return None,
        })
    }

    /// As it stands in a `uri`, without slashes around it.
    pub fn path(&self) -> String {
        match self {
            Self::People(kind) => kind.plural.to_owned(),
            Self::Custom(definition) => format!("customObjects/{}", text(definition, "id")),
            Self::Activities => "activities".to_owned(),
        }
    }

    /// Its fields as Bulk describes them.
    pub fn fields(&self) -> Vec<Value> {
        match self {
            Self::People(kind) => kind
                .fields
                .iter()
                .map(|field| field.bulk(kind.type_name))
                .collect(),
            Self::Custom(definition) => {
                let object = text(definition, "id");
                let describe = |field: &Record| {
                    let id = text(field, "id");
                    let kind = match text(field, "dataType") {
                        "date" => "date",
                        "number" | "numeric" => "number",
                        _ => "string",
                    };
                    json!({
                        "name": text(field, "name"), "internalName": text(field, "internalName"), "dataType": kind,
                        "hasReadOnlyConstraint": false, "hasNotNullConstraint": false, "hasUniquenessConstraint": false,
                        "statement": format!("{{{{CustomObject[{object}].Field[{id}]}}}}"),
                        "uri": format!("/customObjects/{object}/fields/{id}"),
                    })
                };
                custom::fields(definition).map(describe).collect()
            }
            Self::Activities => ACTIVITY
                .iter()
                .map(|(statement, name)| {
                    json!({
                        "name": name, "internalName": name, "dataType": "string", "hasReadOnlyConstraint": true, "activityTypes": TYPES,
                        "statement": format!("{{{{Activity.{statement}}}}}"), "uri": format!("/activities/fields/{name}"),
                    })
                })
                .collect(),
        }
    }

    /// The property that a statement such as `{{Contact.Field(C_EmailAddress)}}` or `{{Contact.Id}}` reads.
    pub fn property(&self, statement: &str) -> Option<String> {
        let inner = statement.strip_prefix("{{")?.strip_suffix("}}")?;
        let system = |name: &str| match name {
            "Id" => Some("id"),
            "CreatedAt" => Some("createdAt"),
            "UpdatedAt" => Some("updatedAt"),
            _ => None,
        };
        match self {
            Self::People(kind) => {
                let inner = inner.strip_prefix(kind.type_name)?.strip_prefix('.')?;
                if let Some(linked) = inner
                    .strip_prefix("Account.")
                    .filter(|_| kind.type_name == "Contact")
                {
                    let account =
                        Self::People(&ACCOUNT).property(&format!("{{{{Account.{linked}}}}}"))?;
                    return Some(format!("{OF_ACCOUNT}{account}"));
                }
                let known = system(inner).or(match inner {
                    "Email.IsSubscribed" => Some("isSubscribed"),
                    "Email.IsBounced" => Some("isBounceback"),
                    "Email.Format" => Some("emailFormatPreference"),
                    _ => None,
                });
                if let Some(known) = known {
                    return Some(known.to_owned());
                }
                if super::scoring::part(inner).is_some() && kind.type_name == "Contact" {
                    return Some(inner.to_owned());
                }
                let name = inner.strip_prefix("Field(")?.strip_suffix(')')?;
                let field = kind.fields.iter().find(|field| field.internal == name)?;
                Some(field.internal.to_owned())
            }
            Self::Custom(definition) => {
                let prefix = format!("CustomObject[{}].", text(definition, "id"));
                let inner = inner.strip_prefix(&prefix)?;
                if let Some(linked) = inner.strip_prefix("Contact.") {
                    let contact =
                        Self::People(&CONTACT).property(&format!("{{{{Contact.{linked}}}}}"))?;
                    return Some(format!("{OF_CONTACT}{contact}"));
                }
                if let Some(known) = system(inner) {
                    return Some(known.to_owned());
                }
                if inner == "ExternalId" {
                    return Some("id".to_owned());
                }
                let id = inner.strip_prefix("Field[")?.strip_suffix(']')?;
                custom::fields(definition)
                    .any(|field| text(field, "id") == id)
                    .then(|| id.to_owned())
            }
            Self::Activities => {
                let inner = inner.strip_prefix("Activity.")?;
                let known = ACTIVITY.iter().find(|(statement, _)| *statement == inner)?;
                Some(known.1.to_owned())
            }
        }
    }

    /// The text of a property of one of its records, or of the record that it is linked to.
    pub fn value<'a>(
        &self,
        state: &'a State,
        record: &'a Record,
        property: &str,
    ) -> Option<Cow<'a, str>> {
        let linked = [
            (OF_ACCOUNT, "accountId", &ACCOUNT),
            (OF_CONTACT, "contactId", &CONTACT),
        ];
        for (prefix, link, kind) in linked {
            if let Some(property) = property.strip_prefix(prefix) {
                let other = state.records.get(kind.plural, text(record, link))?;
                return Self::People(kind).read(other, property);
            }
        }
        self.read(record, property)
    }

    /// The text of a property of one of its records.
    pub fn read<'a>(&self, record: &'a Record, property: &str) -> Option<Cow<'a, str>> {
        match self {
            Self::People(kind) => entity::property(kind, record, property).or(match property {
                "isSubscribed" => Some("true".into()),
                "isBounceback" => Some("false".into()),
                "emailFormatPreference" => Some("unspecified".into()),
                _ => super::scoring::part(property).map(|part| super::scoring::score(record, part)),
            }),
            Self::Custom(definition) => custom::property(definition, record, property),
            Self::Activities => record.get(property).and_then(entity::scalar),
        }
    }

    /// All records of the kind.
    pub fn records(&self, state: &State) -> Vec<Record> {
        match self {
            Self::People(kind) => state.all(kind.plural).cloned().collect(),
            Self::Custom(definition) => {
                let collection = custom::collection(text(definition, "id"));
                state.all(&collection).cloned().collect()
            }
            Self::Activities => state.all("contacts").flat_map(activities_of).collect(),
        }
    }
}
