//! The lists that the simulated account starts with, the same ones every time.

use ligand_model::time::Timestamp;
use serde_json::json;

use super::messages;
use super::state::State;
use super::upload::Column;
use crate::people;
use crate::record_store::Record;

/// How many contacts the first list has, and how many lists there are.
pub const COUNT: usize = 260;
/// 2017-03-01T08:00:00Z: the first contact; the others follow every two hours.
const FIRST: i64 = 1_488_355_200_000;
const STEP: i64 = 2 * 60 * 60 * 1000;
/// The collection of people who want nothing any more.
pub const OPT_OUTS: &str = "optouts";
/// Id, name, description of each subscription category.
pub const CATEGORIES: &[(&str, &str, &str)] = &[
    ("1", "Newsletter", "The monthly newsletter"),
    ("2", "Product News", "What is new in the products"),
    ("3", "Events", "Invitations to events"),
];

/// A fresh account.
pub fn state() -> State {
    let mut state = State::default();
    let companies = people::companies(45, 40);
    let everybody = people::people(45, COUNT, &companies);
    let own = ["All Contacts", "Newsletter Readers", "Webinar Guests"];
    for place in 0..COUNT {
        let name = own
            .get(place)
            .map_or_else(|| format!("Event {place:03}"), |name| (*name).into());
        let every = [1, 3, 20].get(place).copied().unwrap_or(COUNT / 2);
        let list = state.add_list(&name, "Simulated", columns(), at(0));
        for (number, person) in everybody.iter().enumerate().filter(|(n, _)| n % every == 0) {
            let company = companies
                .get(person.company)
                .map(|company| company.name.as_str());
            let cells = json!({
                "First Name": person.first, "Last Name": person.last, "Email": person.email,
                "Company": company, "Job Title": person.title, "Business Phone": person.phone,
                "Business City": person.place.city, "Business Country": person.place.country,
            });
            let cells = cells.as_object().cloned().unwrap_or_else(Record::new);
            state.add_contact(&list, cells, at(number));
        }
    }
    for (number, person) in everybody.iter().enumerate().skip(200).take(3) {
        let entry = json!({
            "email": person.email, "timestamp": at(number).0, "origin": "Unsubscribe link",
        });
        let entry = entry.as_object().cloned().unwrap_or_else(Record::new);
        state
            .records
            .collection_mut(OPT_OUTS)
            .insert(entry, |number| number.to_string());
    }
    for number in 1..=4 {
        for kind in ["TEMPLATE", "DRAFT", "SENT"] {
            let fields = [
                ("title", format!("{kind} {number}")),
                ("subject", format!("News {number}")),
                ("textbody", "Hello".to_owned()),
                ("sendername", "Sandbox".to_owned()),
                ("senderemail", "news@example.com".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value));
            let id = messages::add(&mut state, kind, &fields, at(number));
            if let Some(message) = state
                .records
                .collection_mut(messages::MESSAGES)
                .get_mut(&id)
            {
                message.insert("sent".into(), (if kind == "SENT" { 40 } else { 0 }).into());
            }
        }
    }
    state
}

fn columns() -> Vec<Column> {
    [
        ("First Name", "FIRSTNAME"),
        ("Last Name", "LASTNAME"),
        ("Email", "EMAIL"),
        ("Company", "COMPANY"),
        ("Job Title", "JOBTITLE"),
        ("Business Phone", "BIZ_PHONE"),
        ("Business City", "BIZ_CITY"),
        ("Business Country", "BIZ_COUNTRY"),
    ]
    .into_iter()
    .enumerate()
    .map(|(index, (heading, kind))| Column {
        heading: heading.to_owned(),
        kind: Some(kind.to_owned()),
        index,
    })
    .collect()
}

fn at(number: usize) -> Timestamp {
    Timestamp(FIRST).plus_millis(STEP.saturating_mul(i64::try_from(number).unwrap_or(0)))
}
