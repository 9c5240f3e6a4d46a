//! Takes JSON values into fields: types, lengths, e-mail form, picklists, ids.

use ligand_model::time::Timestamp;
use serde_json::{Number, Value, json};

use super::describe::{Field, Object, object_of_id};
use super::error::{Answer, ApiError};
use super::id;

/// The value as it is stored, or the vendor's complaint. References are checked for form here, for existence elsewhere.
pub fn coerce(object: &Object, field: &Field, value: &Value) -> Answer<Value> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    match field.kind.as_str() {
        "boolean" => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(json!(true)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(json!(false)),
            _ => Err(unreadable("boolean", value)),
        },
        "int" | "double" | "currency" | "percent" => number(field, value),
        "date" => date(value),
        "datetime" => datetime(value),
        "id" | "reference" => reference(field, value),
        "base64" => match value {
            Value::String(_) => Ok(value.clone()),
            _ => Err(unreadable("byte[]", value)),
        },
        _ => text(object, field, value),
    }
}

fn number(field: &Field, value: &Value) -> Answer<Value> {
    let whole = field.kind == "int";
    let kind = if whole { "int" } else { "double" };
    let parsed = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.is_empty() => return Ok(Value::Null),
        Value::String(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    match parsed.filter(|number| number.is_finite()) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be whole and in range on the same line"
        )]
        Some(number) if whole && number.fract() == 0.0 && number.abs() < 1e15 => {
            Ok(json!(number as i64))
        }
        Some(number) if !whole => Ok(Number::from_f64(number).map_or(Value::Null, Value::Number)),
        _ => Err(unreadable(kind, value)),
    }
}

fn date(value: &Value) -> Answer<Value> {
    let Value::String(text) = value else {
        return Err(unreadable("date", value));
    };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let day = text
        .get(..10)
        .filter(|_| text.len() == 10 || text.as_bytes().get(10) == Some(&b'T'));
    match day.and_then(Timestamp::parse) {
        Some(time) => Ok(json!(time.to_date())),
        None => Err(unreadable("date", value)),
    }
}

fn datetime(value: &Value) -> Answer<Value> {
    let Value::String(text) = value else {
        return Err(unreadable("datetime", value));
    };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    match parse_datetime(text) {
        Some(time) => Ok(json!(print_datetime(time))),
        None => Err(unreadable("datetime", value)),
    }
}

/// Reads `2016-11-30T10:28:11.000+0000`, the colon of the zone and the fraction being optional, or a plain date.
pub fn parse_datetime(text: &str) -> Option<Timestamp> {
    if let Some(time) = Timestamp::parse(text) {
        return Some(time);
    }
    let (rest, zone) = text.split_at_checked(text.len().checked_sub(4)?)?;
    let (hours, minutes) = zone.split_at_checked(2)?;
    Timestamp::parse(&format!("{rest}{hours}:{minutes}"))
}

/// Prints a time as the REST API does, whole seconds.
pub fn print_datetime(time: Timestamp) -> String {
    time.format("%Y-%m-%dT%H:%M:%S.000+0000")
}

fn reference(field: &Field, value: &Value) -> Answer<Value> {
    let Value::String(text) = value else {
        return Err(unreadable("ID", value));
    };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let wrong = || {
        let message = format!("{}: id value of incorrect type: {text}", field.label());
        ApiError::field("MALFORMED_ID", &field.name, message)
    };
    let id = id::normalize(text).ok_or_else(wrong)?;
    let object = object_of_id(&id).ok_or_else(wrong)?;
    if field.reference_to.contains(&object.name) {
        Ok(json!(id))
    } else {
        Err(wrong())
    }
}

fn text(object: &Object, field: &Field, value: &Value) -> Answer<Value> {
    let Value::String(text) = value else {
        return Err(unreadable("string", value));
    };
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(Value::Null);
    }
    if let Some(most) = field.length
        && trimmed.chars().count() > most
    {
        let message = format!(
            "{}: data value too large: {trimmed} (max length={most})",
            field.label()
        );
        return Err(ApiError::field("STRING_TOO_LONG", &field.name, message));
    }
    if field.kind == "email" && !is_email(trimmed) {
        let message = format!("{}: invalid email address: {trimmed}", field.label());
        return Err(ApiError::field(
            "INVALID_EMAIL_ADDRESS",
            &field.name,
            message,
        ));
    }
    if object.name == "User" && field.name == "Username" && !is_email(trimmed) {
        let message =
            "Username must be in the form of an email address (for example, john@acme.com).";
        return Err(ApiError::field(
            "INVALID_EMAIL_ADDRESS",
            &field.name,
            message,
        ));
    }
    if field.restricted && !field.values.iter().any(|allowed| allowed == trimmed) {
        let message = format!(
            "{}: bad value for restricted picklist field: {trimmed}",
            field.label()
        );
        let code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST";
        return Err(ApiError::field(code, &field.name, message));
    }
    Ok(json!(trimmed))
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let fine = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>,;:\\\"[]@".contains(c);
    !local.is_empty()
        && local.chars().all(fine)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && domain.chars().all(|c| fine(c) && c != '\'')
}

/// How the vendor's JSON reader complains about a value of the wrong type.
fn unreadable(kind: &str, value: &Value) -> ApiError {
    let (token, text) = match value {
        Value::Null => ("VALUE_NULL", "null".to_owned()),
        Value::Bool(true) => ("VALUE_TRUE", "true".to_owned()),
        Value::Bool(false) => ("VALUE_FALSE", "false".to_owned()),
        Value::Number(number) if number.is_f64() => ("VALUE_NUMBER_FLOAT", number.to_string()),
        Value::Number(number) => ("VALUE_NUMBER_INT", number.to_string()),
        Value::String(text) => ("VALUE_STRING", text.chars().take(255).collect()),
        Value::Array(_) => ("START_ARRAY", "[".to_owned()),
        Value::Object(_) => ("START_OBJECT", "{".to_owned()),
    };
    let message = format!(
        "Cannot deserialize instance of {kind} from {token} value {text} or request may be missing a required field at [line:1, column:1]"
    );
    ApiError::new(400, "JSON_PARSER_ERROR", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::salesforce::describe::object;

    fn take(object_name: &str, field: &str, value: Value) -> Result<Value, &'static str> {
        let object = object(object_name).unwrap();
        coerce(object, object.field(field).unwrap(), &value).map_err(|error| error.code)
    }

    #[test]
    fn values_take_the_type_of_their_field() {
        for (object, field, given, stored) in [
            ("Event", "DurationInMinutes", json!("60"), json!(60)),
            ("Opportunity", "Amount", json!("10.5"), json!(10.5)),
            (
                "Opportunity",
                "CloseDate",
                json!("2026-01-31T00:00:00Z"),
                json!("2026-01-31"),
            ),
            ("Case", "IsEscalated", json!("TRUE"), json!(true)),
            (
                "Event",
                "ActivityDateTime",
                json!("2015-04-21T15:59:50+02:00"),
                json!("2015-04-21T13:59:50.000+0000"),
            ),
            (
                "Event",
                "StartDateTime",
                json!("2015-04-21T15:59:50.123+0000"),
                json!("2015-04-21T15:59:50.000+0000"),
            ),
            ("Contact", "LastName", json!("  Rossi "), json!("Rossi")),
            ("Contact", "Email", json!(""), Value::Null),
            (
                "Contact",
                "OwnerId",
                json!("005i0000001VNde"),
                json!("005i0000001VNdeAAG"),
            ),
        ] {
            assert_eq!(take(object, field, given), Ok(stored), "{object}.{field}");
        }
    }

    #[test]
    fn values_that_do_not_fit_are_refused_by_the_vendors_code() {
        for (object, field, given, code) in [
            ("Contact", "Email", json!("nobody"), "INVALID_EMAIL_ADDRESS"),
            (
                "Contact",
                "LastName",
                json!("x".repeat(81)),
                "STRING_TOO_LONG",
            ),
            ("Contact", "LastName", json!({"a": 1}), "JSON_PARSER_ERROR"),
            (
                "Contact",
                "AccountId",
                json!("0035i00000000001"),
                "MALFORMED_ID",
            ),
            (
                "Contact",
                "AccountId",
                json!("005i0000001VNde"),
                "MALFORMED_ID",
            ),
            (
                "User",
                "LocaleSidKey",
                json!("xx"),
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ),
            (
                "Event",
                "DurationInMinutes",
                json!(1.5),
                "JSON_PARSER_ERROR",
            ),
            (
                "Event",
                "StartDateTime",
                json!("tomorrow"),
                "JSON_PARSER_ERROR",
            ),
        ] {
            assert_eq!(take(object, field, given), Err(code), "{object}.{field}");
        }
    }
}
