//! The person, company and activity fields that a Marketo subscription describes.

use serde_json::{Map, Value, json};

use super::envelope::Fault;

/// One described field of a person, company or other record.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Vendor id of the field.
    pub id: i64,
    /// REST name.
    pub name: &'static str,
    /// What people see.
    pub display: &'static str,
    /// Marketo data type (`string`, `integer`, `boolean`, `datetime`, …).
    pub kind: &'static str,
    /// Set by the vendor alone.
    pub read_only: bool,
}

const fn field(
    id: i64,
    name: &'static str,
    display: &'static str,
    kind: &'static str,
    read_only: bool,
) -> Field {
    Field {
        id,
        name,
        display,
        kind,
        read_only,
    }
}

/// The fields of a person ("lead").
///
/// # Source
/// <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/fields/list-of-standard-fields> (2026-11)
pub const LEAD: &[Field] = &[
    field(1, "id", "Id", "integer", true),
    field(2, "company", "Company Name", "string", false),
    field(3, "email", "Email Address", "email", false),
    field(4, "firstName", "First Name", "string", false),
    field(5, "middleName", "Middle Name", "string", false),
    field(6, "lastName", "Last Name", "string", false),
    field(7, "salutation", "Salutation", "string", false),
    field(8, "title", "Job Title", "string", false),
    field(9, "phone", "Phone Number", "phone", false),
    field(10, "mobilePhone", "Mobile Phone Number", "phone", false),
    field(11, "fax", "Fax Number", "phone", false),
    field(12, "website", "Website", "url", false),
    field(13, "address", "Address", "text", false),
    field(14, "city", "City", "string", false),
    field(15, "state", "State", "string", false),
    field(16, "country", "Country", "string", false),
    field(17, "postalCode", "Postal Code", "string", false),
    field(18, "department", "Department", "string", false),
    field(19, "industry", "Industry", "string", false),
    field(20, "annualRevenue", "Annual Revenue", "currency", false),
    field(21, "numberOfEmployees", "Num Employees", "integer", false),
    field(22, "leadSource", "Person Source", "string", false),
    field(23, "leadStatus", "Person Status", "string", false),
    field(24, "leadScore", "Person Score", "score", false),
    field(25, "rating", "Person Rating", "string", false),
    field(26, "unsubscribed", "Unsubscribed", "boolean", false),
    field(27, "doNotCall", "Do Not Call", "boolean", false),
    field(28, "dateOfBirth", "Date of Birth", "date", false),
    field(29, "notes", "Person Notes", "text", false),
    field(
        30,
        "leadPartitionId",
        "Person Partition Id",
        "integer",
        false,
    ),
    field(
        31,
        "externalCompanyId",
        "External Company Id",
        "string",
        false,
    ),
    field(
        32,
        "externalSalesPersonId",
        "External Sales Person Id",
        "string",
        false,
    ),
    field(
        33,
        "originalSourceType",
        "Original Source Type",
        "string",
        true,
    ),
    field(34, "cookies", "Cookies", "string", true),
    field(35, "createdAt", "Created At", "datetime", true),
    field(36, "updatedAt", "Updated At", "datetime", true),
];

/// The fields of a company.
pub const COMPANY: &[Field] = &[
    field(1, "id", "Id", "integer", true),
    field(
        2,
        "externalCompanyId",
        "External Company Id",
        "string",
        false,
    ),
    field(3, "company", "Company Name", "string", false),
    field(4, "website", "Website", "url", false),
    field(5, "industry", "Industry", "string", false),
    field(6, "annualRevenue", "Annual Revenue", "currency", false),
    field(7, "numberOfEmployees", "Num Employees", "integer", false),
    field(8, "mainPhone", "Main Phone", "phone", false),
    field(9, "billingStreet", "Billing Street", "text", false),
    field(10, "billingCity", "Billing City", "string", false),
    field(11, "billingState", "Billing State", "string", false),
    field(12, "billingCountry", "Billing Country", "string", false),
    field(
        13,
        "billingPostalCode",
        "Billing Postal Code",
        "string",
        false,
    ),
    field(14, "createdAt", "Created At", "datetime", true),
    field(15, "updatedAt", "Updated At", "datetime", true),
];

/// What `GET leads.json` answers when no fields are named.
pub const LEAD_DEFAULT: &[&str] = &[
    "id",
    "updatedAt",
    "lastName",
    "email",
    "createdAt",
    "firstName",
];

/// What `GET companies.json` answers when no fields are named.
pub const COMPANY_DEFAULT: &[&str] = &[
    "id",
    "externalCompanyId",
    "company",
    "createdAt",
    "updatedAt",
];

/// The field of that REST name.
pub fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
}

/// `leads/schema/fields.json`: every field of people, or the one of a name.
pub fn schema(only: Option<&str>) -> Vec<Value> {
    let wanted = LEAD
        .iter()
        .filter(|field| only.is_none_or(|name| field.name == name));
    wanted
        .map(|field| {
            json!({
                "displayName": field.display, "name": field.name, "description": null, "dataType": field.kind,
                "length": null, "isHidden": false, "isHtmlEncodingInEmail": true, "isSensitive": false,
                "isCustom": false, "isApiCreated": false,
            })
        })
        .collect()
}

/// The `leads/describe.json` result.
pub fn describe_leads() -> Vec<Value> {
    LEAD.iter()
        .map(|field| {
            let mut entry = Map::new();
            entry.insert("id".into(), field.id.into());
            entry.insert("displayName".into(), field.display.into());
            entry.insert("dataType".into(), field.kind.into());
            if let Some(length) = length(field.kind) {
                entry.insert("length".into(), length.into());
            }
            entry.insert(
                "rest".into(),
                json!({"name": field.name, "readOnly": field.read_only}),
            );
            entry.insert(
                "soap".into(),
                json!({"name": capital(field.name), "readOnly": field.read_only}),
            );
            Value::Object(entry)
        })
        .collect()
}

/// The modern form of a description: `leads/describe2.json`, `companies/describe.json`.
pub fn describe(
    name: &str,
    display: &str,
    fields: &[Field],
    dedupe: &[&str],
    searchable: &[&str],
    now: &str,
) -> Value {
    let columns: Vec<Value> = fields
        .iter()
        .map(|field| {
            let mut entry = Map::new();
            entry.insert("name".into(), field.name.into());
            entry.insert("displayName".into(), field.display.into());
            entry.insert("dataType".into(), field.kind.into());
            if let Some(length) = length(field.kind) {
                entry.insert("length".into(), length.into());
            }
            entry.insert("updateable".into(), (!field.read_only).into());
            entry.insert("crmManaged".into(), false.into());
            Value::Object(entry)
        })
        .collect();
    let searchable: Vec<Value> = searchable.iter().map(|name| json!([name])).collect();
    json!({
        "name": name, "displayName": display, "createdAt": now, "updatedAt": now,
        "idField": "id", "dedupeFields": dedupe, "searchableFields": searchable, "fields": columns,
    })
}

/// A given value as the field of that name stores it; `None` for a field that the vendor alone sets, which stays as it is.
///
/// # Errors
/// 1006 for an unknown field, 1001 for a value of another type, 1003 for one that is too long.
pub fn written(fields: &[Field], name: &str, given: &Value) -> Result<Option<Value>, Fault> {
    let field = find(fields, name).ok_or_else(|| Fault::unknown_field(name))?;
    let value = coerce(field, given).ok_or_else(|| {
        let shown = given
            .as_str()
            .map_or_else(|| given.to_string(), str::to_owned);
        Fault::type_of(&shown, field.kind)
    })?;
    check_length(field, &value)?;
    Ok((!field.read_only).then_some(value))
}

/// Refuses text that is longer than the field.
fn check_length(field: &Field, value: &Value) -> Result<(), Fault> {
    let most = length(field.kind).and_then(|most| usize::try_from(most).ok());
    let long = value
        .as_str()
        .zip(most)
        .is_some_and(|(text, most)| text.chars().count() > most);
    if long {
        let text = format!(
            "Invalid data: the value of field '{}' is too long",
            field.name
        );
        return Err(Fault::new("1003", text));
    }
    Ok(())
}

/// Reads a given value as the field's type; `None` when it does not fit.
/// Numbers and booleans are taken from text as Marketo takes them; `null` and `""` clear.
pub fn coerce(field: &Field, given: &Value) -> Option<Value> {
    if given.is_null() || given.as_str() == Some("") {
        return Some(Value::Null);
    }
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => given.to_string(),
        _ => return None,
    };
    match field.kind {
        "integer" | "score" => text.trim().parse::<i64>().ok().map(Value::from),
        "currency" | "float" | "percent" => text.trim().parse::<f64>().ok().map(Value::from),
        "boolean" => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true.into()),
            "false" | "0" | "no" => Some(false.into()),
            _ => None,
        },
        _ => Some(text.into()),
    }
}

fn length(kind: &str) -> Option<i64> {
    match kind {
        "string" | "email" | "phone" | "url" => Some(255),
        "text" => Some(2000),
        _ => None,
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_the_type_of_its_field() {
        let score = find(LEAD, "leadScore").unwrap();
        assert_eq!(coerce(score, &json!("12")), Some(json!(12)));
        assert_eq!(coerce(score, &json!("many")), None);
        let unsubscribed = find(LEAD, "unsubscribed").unwrap();
        assert_eq!(coerce(unsubscribed, &json!("TRUE")), Some(json!(true)));
        let email = find(LEAD, "email").unwrap();
        assert_eq!(coerce(email, &json!("")), Some(Value::Null));
        assert_eq!(coerce(email, &json!({"a": 1})), None);
    }

    #[test]
    fn the_description_names_rest_and_soap() {
        let first = &describe_leads()[1];
        assert_eq!(first["rest"]["name"], "company");
        assert_eq!(first["soap"]["name"], "Company");
        assert_eq!(first["length"], 255);
    }
}
