//! Reading the vendor's answer: is it JSON, is it an error and whose, what is its root.

use ligand_model::element::{Element, ErrorRule};
use ligand_model::error::ErrorKind;
use serde_json::Value;

use super::content::Content;
use crate::json_path;
use crate::step::Failure;

/// What an error rule makes of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) status: u16,
    pub(super) message: Option<String>,
}

/// Judges an answer: an error with its status and the vendor's sentence, or none.
pub(super) fn judge(element: &Element, status: u16, content: &mut Content) -> Option<Verdict> {
    let is_error = !(200..=207).contains(&status);
    let concerned: Vec<&ErrorRule> = element
        .errors
        .iter()
        .filter(|rule| {
            if rule.status.is_empty() {
                is_error
            } else {
                rule.status.contains(&status)
            }
        })
        .collect();
    if concerned.is_empty() && !is_error {
        return None;
    }
    if is_error {
        // Errors are short and looked into in many places.
        content.value();
    }
    for rule in concerned {
        if let Some(condition) = &rule.when {
            let found = content.get(&condition.path);
            let found = found.as_deref();
            let begins = |found: &Value| match (&condition.starts_with, found.as_str()) {
                (Some(start), Some(text)) => text.starts_with(start.as_str()),
                (Some(_), None) => false,
                (None, _) => true,
            };
            let holds = match (&condition.equals, found) {
                (Some(wanted), Some(found)) => wanted == found,
                (None, Some(found)) => !found.is_null() && begins(found),
                (_, None) => false,
            };
            let said = |words: &String| {
                let text = found.and_then(json_path::text).unwrap_or_default();
                text.to_lowercase().contains(&words.to_lowercase())
            };
            if !holds || !condition.contains.as_ref().is_none_or(said) {
                continue;
            }
        }
        let mut text_at = |path: &Option<String>| {
            let found = content.get(path.as_deref()?)?;
            json_path::text(&found)
        };
        let code = text_at(&rule.code);
        let mapped = code.as_ref().and_then(|code| rule.codes.get(code)).copied();
        if rule.code.is_some() && code.is_none() && is_error && rule.otherwise.is_none() {
            continue;
        }
        let told = rule
            .message
            .as_deref()
            .and_then(|paths| told(content, paths));
        return Some(Verdict {
            status: mapped.or(rule.otherwise).unwrap_or(status),
            message: told.or_else(|| usual_message(content.value())),
        });
    }
    is_error.then(|| Verdict {
        status,
        message: usual_message(content.value()),
    })
}

/// What stands at the paths of a rule, one after the other.
fn told(content: &mut Content, paths: &str) -> Option<String> {
    let texts: Vec<String> = paths
        .split(" + ")
        .filter_map(|path| {
            let found = content.get(path)?;
            json_path::text(&found)
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(": "))
}

/// Where most vendors put their sentence.
fn usual_message(body: &Value) -> Option<String> {
    const PLACES: [&str; 9] = [
        "message",
        "error_description",
        "error.message",
        "errors[0].message",
        "errors[0]",
        "error",
        "[0].message",
        "detail",
        "title",
    ];
    PLACES
        .iter()
        .filter_map(|place| json_path::get(body, place))
        .find_map(|value| value.as_str().map(str::to_owned))
        .filter(|text| !text.is_empty())
        .or_else(|| soap_fault(body))
}

/// The sentence of a SOAP fault, 1.1 or 1.2, whatever its prefixes.
fn soap_fault(body: &Value) -> Option<String> {
    let local = |value: &Value, wanted: &str| {
        let members = value.as_object()?;
        let found = members.iter().find(|(name, _)| {
            name.rsplit(':')
                .next()
                .is_some_and(|local| local.eq_ignore_ascii_case(wanted))
        });
        found.map(|(_, value)| value.clone())
    };
    let body = local(&local(body, "Envelope")?, "Body")?;
    let fault = local(&body, "Fault")?;
    let said = local(&fault, "faultstring").or_else(|| local(&local(&fault, "Reason")?, "Text"))?;
    json_path::text(said.get("$").unwrap_or(&said))
}

/// The failure a caller sees for a vendor's error.
pub(super) fn failure(verdict: &Verdict, said: String) -> Failure {
    let message = match &verdict.message {
        Some(message) => message.clone(),
        None if verdict.status == 404 => "The vendor has no such record.".to_owned(),
        None => format!("The vendor answered with status {}", verdict.status),
    };
    let kind = ErrorKind::from_vendor_status(verdict.status);
    // A refusal that is none of our kinds keeps the vendor's own number.
    let own = kind == ErrorKind::Invalid && verdict.status != kind.status();
    Failure {
        kind,
        status: own.then_some(verdict.status),
        message,
        provider_message: (!said.is_empty()).then_some(said),
    }
}

/// The response half of a root key.
pub(super) fn response_root(root_key: Option<&str>) -> Option<&str> {
    let root = root_key?;
    let root = root.split_once('|').map_or(root, |(_, response)| response);
    (!root.is_empty()).then_some(root)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn element(errors: Value) -> Element {
        serde_json::from_value(json!({"name": "x", "errors": errors})).unwrap()
    }

    fn content(value: Value) -> Content {
        Content::made(value)
    }

    #[test]
    fn a_message_may_be_told_in_several_places_and_a_404_needs_none() {
        let eloqua = element(json!([{"when": {"path": "[0].requirement.type"},
            "message": "[0].property + [0].requirement.type"}]));
        let body = json!([{"property": "name", "requirement": {"type": "NotNullRequirement"}}]);
        let verdict = judge(&eloqua, 400, &mut content(body)).unwrap();
        assert_eq!(verdict.message.as_deref(), Some("name: NotNullRequirement"));
        let without = json!([{"requirement": {"type": "NotNullRequirement"}}]);
        let verdict = judge(&eloqua, 400, &mut content(without)).unwrap();
        assert_eq!(verdict.message.as_deref(), Some("NotNullRequirement"));
        let verdict = judge(&eloqua, 404, &mut content(Value::Null)).unwrap();
        let failure = failure(&verdict, String::new());
        assert_eq!(failure.message, "The vendor has no such record.");
        assert_eq!(failure.provider_message, None);
    }

    #[test]
    fn an_error_inside_a_200_is_found_by_rule() {
        let marketo = element(
            json!([{"status": [200], "when": {"path": "success", "equals": false},
            "code": "errors[0].code", "message": "errors[0].message",
            "codes": {"601": 401, "606": 429}, "otherwise": 400}]),
        );
        let answer =
            |code: &str| json!({"success": false, "errors": [{"code": code, "message": "M"}]});
        for (code, status) in [("601", 401), ("606", 429), ("1003", 400)] {
            let verdict = judge(&marketo, 200, &mut content(answer(code))).unwrap();
            assert_eq!(
                (verdict.status, verdict.message.as_deref()),
                (status, Some("M")),
                "{code}"
            );
        }
        assert_eq!(
            judge(&marketo, 200, &mut content(json!({"success": true}))),
            None
        );
    }

    #[test]
    fn a_text_may_be_known_by_its_beginning() {
        let soap = element(
            json!([{"status": [200], "when": {"path": "status", "startsWith": "Error"},
            "message": "status", "otherwise": 400}]),
        );
        let verdict = judge(&soap, 200, &mut content(json!({"status": "Error: no"}))).unwrap();
        assert_eq!(verdict.message.as_deref(), Some("Error: no"));
        for fine in [json!({"status": "OK"}), json!({"status": 1}), json!({})] {
            assert_eq!(judge(&soap, 200, &mut content(fine)), None);
        }
    }

    #[test]
    fn words_of_a_message_tell_errors_of_one_code_apart() {
        let vendor = element(json!([
            {"status": [200], "when": {"path": "errors[0].message", "contains": "already exists"}, "otherwise": 409},
            {"status": [200], "when": {"path": "errors"}, "otherwise": 400}]));
        for (message, status) in [("Name Already exists", 409), ("No draft", 400)] {
            let answer = json!({"errors": [{"code": "709", "message": message}]});
            let verdict = judge(&vendor, 200, &mut content(answer)).unwrap();
            assert_eq!(verdict.status, status, "{message}");
        }
        assert_eq!(judge(&vendor, 200, &mut content(json!({}))), None);
    }

    #[test]
    fn codes_refine_the_vendors_status() {
        let salesforce = element(json!([{"code": "[0].errorCode", "message": "[0].message",
            "codes": {"REQUEST_LIMIT_EXCEEDED": 429}}]));
        let answer = json!([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests"}]);
        assert_eq!(
            judge(&salesforce, 403, &mut content(answer))
                .unwrap()
                .status,
            429
        );
        let other = json!([{"errorCode": "INVALID_FIELD", "message": "No such column"}]);
        let verdict = judge(&salesforce, 400, &mut content(other)).unwrap();
        assert_eq!(
            (verdict.status, verdict.message.as_deref()),
            (400, Some("No such column"))
        );
        assert_eq!(
            judge(&salesforce, 500, &mut Content::made(json!("oops")))
                .unwrap()
                .status,
            500
        );
    }
}
