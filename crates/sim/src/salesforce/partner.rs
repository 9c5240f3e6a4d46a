//! The SOAP partner API: records in bulk of 200, the recycle bin, merges, converted leads, passwords, who is signed in.
//!
//! # Source
//! <https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_list.htm> (2026-11)

use serde_json::{Value, json};

use super::describe::{Object, object};
use super::error::{Answer, ApiError};
use super::org::{Actor, Org, known};
use super::soap::{PARTNER, answered};
use super::{ORGANIZATION, SESSION_LIFE_MS, id, passwords, value};
use crate::call::Reply;
use crate::record_store::Record;
use crate::xml::Node;

/// Records in one call, as at the vendor.
const MOST: usize = 200;

/// Answers a call of the partner API; `None` when it is another API's.
pub fn answer(org: &mut Org, operation: &Node, actor: Actor<'_>) -> Option<Reply> {
    let results = match operation.name.as_str() {
        "getUserInfo" => user_info(org, actor).map(|one| vec![one]),
        "getServerTimestamp" => Ok(vec![
            json!({ "timestamp": value::print_datetime(actor.now) }),
        ]),
        "setPassword" => set_password(org, operation).map(|()| vec![json!({})]),
        "resetPassword" => user(org, operation)
            .map(|user| vec![json!({ "password": passwords::generated(&user) })]),
        "create" | "update" | "upsert" => write(org, actor, operation),
        "delete" | "undelete" | "emptyRecycleBin" => by_id(org, actor, operation),
        "merge" => all(operation, "request").map(|each| {
            let outcome =
                |request: &Node| merge(org, actor, request).unwrap_or_else(|error| refused(&error));
            each.into_iter().map(outcome).collect()
        }),
        "convertLead" => all(operation, "leadConverts").map(|each| {
            let outcome =
                |lead: &Node| convert(org, actor, lead).unwrap_or_else(|error| refused(&error));
            each.into_iter().map(outcome).collect()
        }),
        _ => return None,
    };
    Some(answered(PARTNER, &operation.name, results))
}

/// The elements of a name; `merge` is called with `request`, by some clients with `mergeRequests`.
fn all<'a>(operation: &'a Node, name: &'a str) -> Answer<Vec<&'a Node>> {
    let found: Vec<&Node> = operation.all(name).collect();
    let found = if found.is_empty() && name == "request" {
        operation.all("mergeRequests").collect()
    } else {
        found
    };
    if found.len() > MOST {
        return Err(ApiError::new(
            400,
            "EXCEEDED_ID_LIMIT",
            format!("record limit reached. cannot submit more than {MOST} records in one call"),
        ));
    }
    Ok(found)
}

fn refused(error: &ApiError) -> Value {
    let mut told = json!({ "message": error.message, "statusCode": error.code });
    if let (Some(fields), Some(map)) = (&error.fields, told.as_object_mut()) {
        map.insert("fields".to_owned(), json!(fields));
    }
    json!({ "errors": told, "success": false })
}

fn user(org: &Org, operation: &Node) -> Answer<String> {
    let given = operation.text_of("userId").unwrap_or_default();
    let id = id::normalize(given).ok_or_else(|| {
        ApiError::new(400, "INVALID_ID_FIELD", format!("invalid user id: {given}"))
    })?;
    org.live(known("User")?, &id)?;
    Ok(id)
}

fn set_password(org: &Org, operation: &Node) -> Answer<()> {
    user(org, operation)?;
    passwords::set(operation.text_of("password"))
}

fn user_info(org: &Org, actor: Actor<'_>) -> Answer<Value> {
    let person = org.live(known("User")?, actor.user)?;
    let of = |name: &str| person.get(name).cloned().unwrap_or_default();
    Ok(json!({
        "accessibilityMode": false, "chatterExternal": false, "currencySymbol": "$", "orgAttachmentFileSizeLimit": 5_242_880,
        "orgDefaultCurrencyIsoCode": "USD", "orgDefaultCurrencyLocale": "en_US", "orgDisallowHtmlAttachments": false,
        "orgHasPersonAccounts": false, "organizationId": ORGANIZATION, "organizationMultiCurrency": false,
        "organizationName": "Ligand Sandbox", "profileId": of("ProfileId"), "roleId": "",
        "sessionSecondsValid": SESSION_LIFE_MS / 1000, "userDefaultCurrencyIsoCode": "", "userEmail": of("Email"),
        "userFullName": of("Name"), "userId": actor.user, "userLanguage": of("LanguageLocaleKey"),
        "userLocale": of("LocaleSidKey"), "userName": of("Username"), "userTimeZone": of("TimeZoneSidKey"),
        "userType": "Standard", "userUiSkin": "Theme3",
    }))
}

/// The object and the values of an `sObject` element; empty elements and `fieldsToNull` empty a field.
fn record(node: &Node) -> Answer<(&'static Object, Record)> {
    let name = node
        .text_of("type")
        .or(node.kind.as_deref())
        .unwrap_or_default();
    let object = object(name).ok_or_else(|| {
        ApiError::new(
            400,
            "INVALID_TYPE",
            format!("sObject type '{name}' is not supported."),
        )
    })?;
    let mut values = Record::new();
    for child in node.children.iter().filter(|child| child.name != "type") {
        let (name, value) = if child.name == "fieldsToNull" {
            (child.text.trim().to_owned(), Value::Null)
        } else {
            (child.name.clone(), child.to_json())
        };
        values.insert(name, value);
    }
    Ok((object, values))
}

/// Takes the id out of a record that is to be changed.
fn own_id(record: &mut Record) -> Option<String> {
    let name = record
        .keys()
        .find(|name| name.eq_ignore_ascii_case("Id"))
        .cloned()?;
    record.remove(&name)?.as_str().and_then(id::normalize)
}

fn write(org: &mut Org, actor: Actor<'_>, operation: &Node) -> Answer<Vec<Value>> {
    let external = operation
        .text_of("externalIDFieldName")
        .or_else(|| operation.text_of("externalIdFieldName"))
        .unwrap_or("Id");
    let each = all(operation, "sObjects")?.into_iter().map(|node| {
        let (object, mut values) = record(node)?;
        match operation.name.as_str() {
            "create" => {
                own_id(&mut values);
                let id = org.create(actor, object, &values)?;
                Ok(json!({ "id": id, "success": true }))
            }
            "update" => {
                let id = own_id(&mut values)
                    .ok_or_else(|| ApiError::new(400, "MISSING_ARGUMENT", "Id not specified in an update call"))?;
                org.update(actor, object, &id, &values)?;
                Ok(json!({ "id": id, "success": true }))
            }
            _ => {
                let field = object.field(external).filter(|field| field.external_id || field.kind == "id");
                let field = field.ok_or_else(|| {
                    ApiError::new(400, "INVALID_FIELD", format!("Field name provided, {external} is not an External ID or indexed field for {}", object.name))
                })?;
                let (id, created) = org.upsert(actor, object, field, &values)?;
                Ok(json!({ "created": created, "id": id, "success": true }))
            }
        }
    });
    Ok(each
        .map(|outcome: Answer<Value>| outcome.unwrap_or_else(|error| refused(&error)))
        .collect())
}

fn by_id(org: &mut Org, actor: Actor<'_>, operation: &Node) -> Answer<Vec<Value>> {
    let ids = all(operation, "ids").and_then(|ids| {
        if ids.is_empty() {
            all(operation, "iDs")
        } else {
            Ok(ids)
        }
    })?;
    let each = ids.into_iter().map(|node| {
        let given = node.text.trim();
        let malformed = || ApiError::new(400, "MALFORMED_ID", format!("malformed id {given}"));
        let id = id::normalize(given).ok_or_else(malformed)?;
        let (object, record) = org.any(&id).ok_or_else(|| {
            ApiError::new(
                404,
                "INVALID_CROSS_REFERENCE_KEY",
                "invalid cross reference id",
            )
        })?;
        let binned = super::org::is_deleted(record);
        match operation.name.as_str() {
            "delete" => org.delete(actor, object, &id)?,
            "undelete" if !binned => {
                return Err(ApiError::new(
                    400,
                    "UNDELETE_FAILED",
                    "Entity is not in the recycle bin",
                ));
            }
            "undelete" => org.undelete(actor, object, &id),
            _ if !binned => {
                return Err(ApiError::new(
                    400,
                    "INVALID_ID_FIELD",
                    "The record is not in the recycle bin",
                ));
            }
            _ => {
                org.records.collection_mut(&object.name).remove(&id);
            }
        }
        Ok(json!({ "id": id, "success": true }))
    });
    Ok(each
        .map(|outcome: Answer<Value>| outcome.unwrap_or_else(|error| refused(&error)))
        .collect())
}

/// Children of up to two records go to the master; the others go to the recycle bin.
fn merge(org: &mut Org, actor: Actor<'_>, request: &Node) -> Answer<Value> {
    let master = request
        .child("masterRecord")
        .ok_or_else(|| ApiError::new(400, "MISSING_ARGUMENT", "masterRecord is missing"))?;
    let (object, mut values) = record(master)?;
    if !["Account", "Contact", "Lead", "Case"].contains(&object.name.as_str()) {
        let message = format!("merge is not supported for {}", object.name);
        return Err(ApiError::new(400, "INVALID_TYPE_FOR_OPERATION", message));
    }
    let id = own_id(&mut values).ok_or_else(|| {
        ApiError::new(
            400,
            "MISSING_ARGUMENT",
            "Id of the master record is missing",
        )
    })?;
    org.live(object, &id)?;
    let victims: Vec<String> = request
        .all("recordToMergeIds")
        .filter_map(|node| id::normalize(node.text.trim()))
        .collect();
    if victims.is_empty() || victims.len() > 2 || victims.contains(&id) {
        let message = "one or two other records must be given to merge";
        return Err(ApiError::new(400, "INVALID_NUMBER_OF_RECORDS", message));
    }
    for victim in &victims {
        org.live(object, victim)?;
    }
    if !values.is_empty() {
        org.update(actor, object, &id, &values)?;
    }
    let mut moved = Vec::new();
    for victim in &victims {
        moved.extend(org.adopt(object, victim, &id));
        org.delete(actor, object, victim)?;
    }
    Ok(json!({ "id": id, "mergedRecordIds": victims, "success": true, "updatedRelatedIds": moved }))
}

/// A lead becomes a contact of an account and, unless told otherwise, an opportunity.
fn convert(org: &mut Org, actor: Actor<'_>, given: &Node) -> Answer<Value> {
    let leads = known("Lead")?;
    let id = given
        .text_of("leadId")
        .and_then(id::normalize)
        .unwrap_or_default();
    let lead = org.live(leads, &id)?.clone();
    if lead.get("IsConverted") == Some(&json!(true)) {
        let message = "cannot convert: the lead is already converted";
        return Err(ApiError::new(400, "CANNOT_UPDATE_CONVERTED_LEAD", message));
    }
    let status = given.text_of("convertedStatus").unwrap_or_default();
    if status != "Closed - Converted" {
        let message = format!("invalid convertedStatus: {status}");
        return Err(ApiError::new(400, "INVALID_STATUS", message));
    }
    let of = |name: &str| lead.get(name).cloned().unwrap_or_default();
    let named = |name: &str| given.text_of(name).and_then(id::normalize);
    let account = if let Some(known) = named("accountId") {
        known
    } else {
        let values =
            json!({ "Name": of("Company"), "Phone": of("Phone"), "Website": of("Website") });
        create(org, actor, "Account", values)?
    };
    let contact = if let Some(known) = named("contactId") {
        known
    } else {
        let values = json!({
            "AccountId": account, "FirstName": of("FirstName"), "LastName": of("LastName"), "Email": of("Email"),
            "Phone": of("Phone"), "Title": of("Title"),
        });
        create(org, actor, "Contact", values)?
    };
    let opportunity = if given.text_of("doNotCreateOpportunity") == Some("true") {
        None
    } else {
        let name = given.text_of("opportunityName").map(|name| json!(name));
        let values = json!({
            "AccountId": account, "Name": name.unwrap_or_else(|| of("Company")), "StageName": "Prospecting",
            "CloseDate": actor.now.to_date(),
        });
        Some(create(org, actor, "Opportunity", values)?)
    };
    org.converted(
        actor,
        &id,
        json!({
            "IsConverted": true, "Status": status, "ConvertedAccountId": account, "ConvertedContactId": contact,
            "ConvertedOpportunityId": opportunity, "ConvertedDate": actor.now.to_date(),
        }),
    );
    Ok(json!({
        "accountId": account, "contactId": contact, "leadId": id, "opportunityId": opportunity, "success": true,
    }))
}

fn create(org: &mut Org, actor: Actor<'_>, name: &str, values: Value) -> Answer<String> {
    let values = values.as_object().cloned().unwrap_or_default();
    let given = values.into_iter().filter(|(_, value)| !value.is_null());
    let object = known(name)?;
    let record: Record = given
        .filter(|(name, _)| object.field(name).is_some())
        .collect();
    org.create(actor, object, &record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::rules::text;

    #[test]
    fn a_record_is_read_from_its_element_whatever_says_its_type() {
        let node = crate::xml::read(
            "<s xsi:type=\"sf:Account\"><Name>A</Name><fieldsToNull>Phone</fieldsToNull></s>",
        )
        .unwrap();
        let (object, values) = record(&node).unwrap();
        assert_eq!(
            (object.name.as_str(), text(&values, "Name")),
            ("Account", Some("A"))
        );
        assert_eq!(values.get("Phone"), Some(&Value::Null));
        let node = crate::xml::read("<s><type>Nothing</type></s>").unwrap();
        assert_eq!(record(&node).unwrap_err().code, "INVALID_TYPE");
    }
}
