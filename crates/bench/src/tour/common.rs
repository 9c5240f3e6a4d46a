//! One contact from four vendors: what is ready-made answers one shape, whatever the account is.

use serde_json::Value;

use super::guides::Guide;
use super::{Authority, Instance, Tour, at};
use crate::arguments::Result;
use crate::http::encode;

/// Marketo finds people by a filter alone.
const FILTER: &str = "email='amara.abbott@northwind-logistics.example.com'";
/// What every vendor of contacts has.
const SHAPE: [&str; 4] = ["id", "firstName", "lastName", "email"];

/// Reads a contact by our name for it, and keeps it to be shown beside the others.
pub fn contact(tour: &mut Tour, guide: &Guide, instance: &Instance) -> Result {
    if !guide.objects.iter().any(|one| one.path == "contacts") {
        return Ok(());
    }
    tour.report
        .say("A contact by the common name, without set-up:");
    let mut path = tour.api("/contact?pageSize=1");
    if guide.key == "marketo" {
        path.push_str("&where=");
        path.push_str(&encode(FILTER));
    }
    let found = tour.call(Authority::Account(instance), "GET", &path, None)?;
    if !tour.expect("GET /contact answers", &found, 200) {
        return Ok(());
    }
    let found = found.json();
    let first = at(&found, "0");
    let whole = SHAPE.iter().all(|name| {
        at(first, name)
            .as_str()
            .is_some_and(|text| !text.is_empty())
    });
    tour.report
        .check("in one shape: id, firstName, lastName, email", whole);
    tour.contacts.push((guide.title, first.clone()));
    Ok(())
}

/// Shows them one below the other.
pub fn compare(tour: &mut Tour) {
    tour.report.chapter("One contact from four vendors");
    let contacts = std::mem::take(&mut tour.contacts);
    for (title, contact) in &contacts {
        let text = |name: &str| at(contact, name).as_str().unwrap_or_default().to_owned();
        let line = SHAPE.map(text).join(" · ");
        tour.report.say(&format!("{title}: {line}"));
    }
    let vendors: std::collections::BTreeSet<_> = contacts.iter().map(|(title, _)| title).collect();
    let members = |contact: &Value, name| at(contact, name).is_string();
    let whole = contacts
        .iter()
        .all(|(_, contact)| SHAPE.iter().all(|name| members(contact, name)));
    tour.report.check(
        "four vendors and more, one shape",
        vendors.len() >= 4 && whole,
    );
}
