//! Lead score models: one, whose scores follow from the contact's id.

use std::borrow::Cow;

use serde_json::json;

use super::super::entity::text;
use super::super::state::gone;
use super::{named, paged};
use crate::call::{Call, Reply};
use crate::record_store::Record;

/// The one model.
const MODEL: &str = "1";
/// What a model says of a contact.
const PARTS: [(&str, &str); 3] = [
    ("Rating", "string"),
    ("Profile", "string"),
    ("Engagement", "number"),
];

/// `GET /contacts/scoring/models` and `/contacts/scoring/models/{id}`.
pub fn answer(path: &[&str], call: &Call) -> Reply {
    let model = json!({
        "id": 1, "name": "Sandbox Model", "status": "Active", "uri": format!("/contacts/scoring/models/{MODEL}"),
        "createdBy": "API.User", "createdAt": "2015-01-01T00:00:00.0000000Z",
        "fields": PARTS.map(|(part, kind)| json!({
            "name": format!("Sandbox Model - {part}"), "dataType": kind,
            "statement": format!("{{{{Contact.LeadScore.Model[{MODEL}].{part}}}}}"),
        })),
    });
    match (call.method.as_str(), path) {
        ("GET", []) => paged(&named(vec![model], call), call),
        ("GET", [MODEL]) => Reply::json(200, &model),
        ("GET", _) => gone(),
        _ => Reply::empty(405),
    }
}

/// The part that the inside of a statement names: `LeadScore.Model[1].Rating`.
pub fn part(inner: &str) -> Option<&'static str> {
    let name = inner
        .strip_prefix("LeadScore.Model[")?
        .strip_prefix(MODEL)?;
    let name = name.strip_prefix("].")?;
    let found = PARTS.iter().find(|(part, _)| *part == name);
    found.map(|(part, _)| *part)
}

/// A contact's score: profile A to D, engagement 1 to 4, the rating both.
pub fn score(contact: &Record, part: &str) -> Cow<'static, str> {
    let id: usize = text(contact, "id").parse().unwrap_or(0);
    let profile = ["A", "B", "C", "D"].get(id % 4).copied().unwrap_or("D");
    let engagement = 1 + id / 4 % 4;
    match part {
        "Profile" => profile.into(),
        "Engagement" => engagement.to_string().into(),
        _ => format!("{profile}{engagement}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn scores_follow_from_the_id() {
        let mut contact = Record::new();
        contact.insert("id".into(), Value::from("6"));
        assert_eq!(part("LeadScore.Model[1].Rating"), Some("Rating"));
        assert_eq!(part("LeadScore.Model[2].Rating"), None);
        assert_eq!(score(&contact, "Rating"), "C2");
    }
}
