//! What single objects demand and compute beyond their fields.

use ligand_model::time::Timestamp;
use serde_json::{Value, json};

use super::describe::{Object, object};
use super::error::{Answer, ApiError};
use super::org::Org;
use super::value::{parse_datetime, print_datetime};
use super::{content, knowledge};
use crate::record_store::Record;

/// Checks a record that is about to be stored; `before` is its former state when it is changed.
pub fn check(
    org: &Org,
    object: &Object,
    record: &mut Record,
    before: Option<&Record>,
    now: Timestamp,
) -> Answer<()> {
    match object.name.as_str() {
        "Event" => event(record, before),
        "CampaignMember" if before.is_none() => member(org, record),
        "ContentVersion" | "ContentDocumentLink" | "ContentFolder" => {
            content::check(org, object, record, before, now)
        }
        _ if object.is_article() => knowledge::check(org, record, before),
        _ => match text(record, "OwnerId").and_then(|owner| org.records.get("User", owner)) {
            Some(owner) if owner.get("IsActive") == Some(&json!(false)) => {
                let message = "operation performed with inactive user";
                Err(ApiError::field(
                    "INACTIVE_OWNER_OR_USER",
                    "OwnerId",
                    message,
                ))
            }
            _ => Ok(()),
        },
    }
}

/// Start and end of an event may be given in two ways each; both are kept in step.
fn event(record: &mut Record, before: Option<&Record>) -> Answer<()> {
    let changed = |name: &str, record: &Record| {
        let former = before
            .and_then(|before| before.get(name))
            .unwrap_or(&Value::Null);
        let value = record.get(name).unwrap_or(&Value::Null);
        !value.is_null() && value != former
    };
    let conflict = |first: &str, second: &str| {
        let message = format!("{first} and {second} must be the same when both are given");
        Err(ApiError {
            fields: Some(vec![first.to_owned(), second.to_owned()]),
            ..ApiError::new(400, "FIELD_INTEGRITY_EXCEPTION", message)
        })
    };
    let start = match (
        changed("ActivityDateTime", record),
        changed("StartDateTime", record),
    ) {
        (true, true) if record.get("ActivityDateTime") != record.get("StartDateTime") => {
            return conflict("ActivityDateTime", "StartDateTime");
        }
        (false, true) => text(record, "StartDateTime"),
        _ => text(record, "ActivityDateTime").or_else(|| text(record, "StartDateTime")),
    };
    let all_day = record.get("IsAllDayEvent") == Some(&json!(true));
    let start = start.and_then(parse_datetime).or_else(|| {
        if all_day {
            text(record, "ActivityDate").and_then(Timestamp::parse)
        } else {
            None
        }
    });
    let Some(start) = start else {
        return missing(&["DurationInMinutes", "ActivityDateTime"]);
    };
    let ended = changed("EndDateTime", record);
    let lasting = changed("DurationInMinutes", record) || !ended;
    let from_end = text(record, "EndDateTime")
        .and_then(parse_datetime)
        .map(|end| (end.0.saturating_sub(start.0)).div_euclid(60_000));
    let duration = record.get("DurationInMinutes").and_then(Value::as_i64);
    let minutes = match (duration, from_end) {
        (Some(duration), Some(other)) if ended && lasting && duration != other => {
            return conflict("DurationInMinutes", "EndDateTime");
        }
        (_, Some(minutes)) if ended => minutes,
        (Some(duration), _) => duration,
        (None, Some(minutes)) => minutes,
        (None, None) if all_day => 1440,
        (None, None) => return missing(&["DurationInMinutes"]),
    };
    if minutes < 0 {
        let message = "End date must be after start date";
        return Err(ApiError::field(
            "FIELD_INTEGRITY_EXCEPTION",
            "EndDateTime",
            message,
        ));
    }
    let end = start.plus_millis(minutes.saturating_mul(60_000));
    record.insert("ActivityDateTime".to_owned(), json!(print_datetime(start)));
    record.insert("StartDateTime".to_owned(), json!(print_datetime(start)));
    record.insert("EndDateTime".to_owned(), json!(print_datetime(end)));
    record.insert("ActivityDate".to_owned(), json!(start.to_date()));
    record.insert("DurationInMinutes".to_owned(), json!(minutes));
    Ok(())
}

fn missing(fields: &[&str]) -> Answer<()> {
    let message = format!("Required fields are missing: [{}]", fields.join(", "));
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Err(ApiError {
        fields: Some(fields),
        ..ApiError::new(400, "REQUIRED_FIELD_MISSING", message)
    })
}

fn member(org: &Org, record: &Record) -> Answer<()> {
    let person = text(record, "ContactId")
        .map(|id| ("ContactId", id))
        .or_else(|| text(record, "LeadId").map(|id| ("LeadId", id)));
    let Some((field, person)) = person else {
        return missing(&["ContactId", "LeadId"]);
    };
    let campaign = text(record, "CampaignId");
    let twice = !org.seeding
        && object("CampaignMember").is_some_and(|members| {
            org.live_records(members).any(|(_, other)| {
                text(other, "CampaignId") == campaign && text(other, field) == Some(person)
            })
        });
    if twice {
        let message = "Already a campaign member.";
        return Err(ApiError {
            fields: Some(Vec::new()),
            ..ApiError::new(400, "DUPLICATE_VALUE", message)
        });
    }
    Ok(())
}

/// Fills in what the platform computes. `number` is the record's number at creation, 0 later.
pub fn derive(object: &Object, record: &mut Record, number: u64, now: Timestamp) {
    match object.name.as_str() {
        "Contact" | "Lead" | "User" => {
            let parts = [text(record, "FirstName"), text(record, "LastName")];
            let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            record.insert("Name".to_owned(), json!(name));
        }
        "Opportunity" => opportunity(record),
        "Case" => {
            if number > 0 {
                record.insert(
                    "CaseNumber".to_owned(),
                    json!(format!("{:08}", 1000 + number)),
                );
            }
            close(
                record,
                text(record, "Status") == Some("Closed"),
                "ClosedDate",
                now,
            );
        }
        "Task" => {
            let high = text(record, "Priority") == Some("High");
            record.insert("IsHighPriority".to_owned(), json!(high));
            close(
                record,
                text(record, "Status") == Some("Completed"),
                "CompletedDateTime",
                now,
            );
        }
        "CampaignMember" => {
            let responded = text(record, "Status") == Some("Responded");
            let kind = if text(record, "ContactId").is_some() {
                "Contact"
            } else {
                "Lead"
            };
            record.insert("HasResponded".to_owned(), json!(responded));
            record.insert("Type".to_owned(), json!(kind));
        }
        _ => {}
    }
}

fn close(record: &mut Record, closed: bool, date: &str, now: Timestamp) {
    let was = record.get("IsClosed") == Some(&json!(true));
    record.insert("IsClosed".to_owned(), json!(closed));
    if closed != was || !closed {
        let at = if closed {
            json!(print_datetime(now))
        } else {
            Value::Null
        };
        record.insert(date.to_owned(), at);
    }
}

fn opportunity(record: &mut Record) {
    let (probability, forecast) = match text(record, "StageName").unwrap_or_default() {
        "Needs Analysis" => (20.0, "Pipeline"),
        "Value Proposition" => (50.0, "Pipeline"),
        "Id. Decision Makers" => (60.0, "Pipeline"),
        "Perception Analysis" => (70.0, "Pipeline"),
        "Proposal/Price Quote" => (75.0, "BestCase"),
        "Negotiation/Review" => (90.0, "Forecast"),
        "Closed Won" => (100.0, "Closed"),
        "Closed Lost" => (0.0, "Omitted"),
        _ => (10.0, "Pipeline"),
    };
    let won = forecast == "Closed";
    record.insert("IsWon".to_owned(), json!(won));
    record.insert("IsClosed".to_owned(), json!(won || forecast == "Omitted"));
    record.insert("ForecastCategory".to_owned(), json!(forecast));
    if record.get("Probability").is_none_or(Value::is_null) {
        record.insert("Probability".to_owned(), json!(probability));
    }
    let number = |name: &str| record.get(name).and_then(Value::as_f64);
    let expected = number("Amount")
        .zip(number("Probability"))
        .map(|(amount, percent)| amount * percent / 100.0);
    let year = text(record, "CloseDate")
        .and_then(|date| date.get(..4))
        .and_then(|year| year.parse::<i64>().ok());
    record.insert("ExpectedRevenue".to_owned(), json!(expected));
    record.insert("FiscalYear".to_owned(), json!(year));
}

/// Counts a campaign's members anew after the one with this id came or went.
pub fn count_members(org: &mut Org, member: &str) {
    let campaign = org
        .any(member)
        .and_then(|(_, record)| text(record, "CampaignId"))
        .map(str::to_owned);
    let (Some(campaign), Some(members)) = (campaign, object("CampaignMember")) else {
        return;
    };
    let of = |kind: &str, responded: bool| {
        org.live_records(members)
            .filter(|(_, record)| text(record, "CampaignId") == Some(&campaign))
            .filter(|(_, record)| kind.is_empty() || text(record, "Type") == Some(kind))
            .filter(|(_, record)| !responded || record.get("HasResponded") == Some(&json!(true)))
            .count()
    };
    let counts = [
        ("NumberOfLeads", of("Lead", false)),
        ("NumberOfContacts", of("Contact", false)),
        ("NumberOfResponses", of("", true)),
    ];
    if let Some(record) = org.records.collection_mut("Campaign").get_mut(&campaign) {
        for (name, count) in counts {
            record.insert(name.to_owned(), json!(count));
        }
    }
}

/// Counts the comments of a post anew after the one with this id came or went.
pub fn count_comments(org: &mut Org, comment: &str) {
    let post = org
        .any(comment)
        .and_then(|(_, record)| text(record, "FeedItemId"))
        .map(str::to_owned);
    let (Some(post), Some(comments)) = (post, object("FeedComment")) else {
        return;
    };
    let count = org
        .live_records(comments)
        .filter(|(_, record)| text(record, "FeedItemId") == Some(&post))
        .count();
    if let Some(record) = org.records.collection_mut("FeedItem").get_mut(&post) {
        record.insert("CommentCount".to_owned(), json!(count));
    }
}

/// A member as text.
pub fn text<'a>(record: &'a Record, name: &str) -> Option<&'a str> {
    record.get(name).and_then(Value::as_str)
}
