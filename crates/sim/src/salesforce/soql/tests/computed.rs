//! References to one of several objects, parts of dates, sums over groups, aliases.

use serde_json::Value;

use super::NOW;
use crate::salesforce::seed;

/// The rows of a query by groups, on the seeded org.
fn rows(text: &str) -> Vec<Value> {
    let query = super::super::parse(text, NOW).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    query.rows(&seed::org(), false).unwrap()
}

/// What a query shows of each record, on an org with one event of an account and a contact.
fn shown(text: &str) -> Vec<Value> {
    let mut org = seed::org();
    let first = |name: &str| {
        let object = crate::salesforce::describe::object(name).unwrap();
        let found = org.live_records(object).next().map(|(id, _)| id.to_owned());
        found.unwrap()
    };
    let event = serde_json::json!({
        "Subject": "Polymorphic", "ActivityDateTime": "2026-03-02T10:00:00Z", "DurationInMinutes": 5,
        "WhatId": first("Account"), "WhoId": first("Lead"),
    });
    let actor = crate::salesforce::org::Actor {
        user: crate::salesforce::ADMINISTRATOR,
        now: NOW,
    };
    let object = crate::salesforce::describe::object("Event").unwrap();
    org.create(actor, object, event.as_object().unwrap())
        .unwrap();
    let query = super::super::parse(text, NOW).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let found = query.run(&org, false);
    let found = found.iter().filter_map(|id| org.any(id));
    found
        .map(|(_, record)| query.render(&org, "/b", record))
        .collect()
}

#[test]
fn a_reference_to_one_of_several_objects_tells_which() {
    let found = shown(
        "SELECT What.Type, What.Name, Who.Type, Owner.Type, TYPEOF What WHEN Opportunity THEN Amount WHEN Account THEN Name, \
         Industry END, TYPEOF Who WHEN Contact THEN Email ELSE LastName END FROM Event WHERE What.Type = 'Account' AND \
         Who.Type IN ('Lead') AND Subject = 'Polymorphic'",
    );
    assert_eq!(found.len(), 1);
    let event = &found[0];
    assert_eq!(event["Owner"]["Type"], "User");
    assert_eq!(event["What"]["attributes"]["type"], "Account");
    assert!(event["What"]["Name"].is_string() && event["What"].get("Industry").is_some());
    assert!(event["Who"]["LastName"].is_string() && event["Who"].get("Email").is_none());
    assert!(
        shown("SELECT Id FROM Event WHERE What.Type = 'Case' AND Subject = 'Polymorphic'")
            .is_empty()
    );
    for (faulty, code) in [
        ("SELECT What.Industry FROM Event", "INVALID_FIELD"),
        ("SELECT Owner.Type FROM Account", "INVALID_FIELD"),
        (
            "SELECT TYPEOF Owner WHEN User THEN Id END FROM Account",
            "INVALID_FIELD",
        ),
        (
            "SELECT TYPEOF What WHEN Lead THEN Id END FROM Event",
            "INVALID_TYPE",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Foo END FROM Event",
            "INVALID_FIELD",
        ),
        (
            "SELECT TYPEOF What ELSE Name END FROM Event",
            "MALFORMED_QUERY",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Id FROM Event",
            "MALFORMED_QUERY",
        ),
    ] {
        assert_eq!(
            super::super::parse(faulty, NOW).unwrap_err().code,
            code,
            "{faulty}"
        );
    }
}

#[test]
fn dates_are_grouped_and_searched_by_their_parts() {
    let org = seed::org();
    let count = |text: &str| {
        super::super::parse(text, NOW)
            .unwrap()
            .run(&org, false)
            .len()
    };
    let by_year = rows(
        "SELECT CALENDAR_YEAR(CloseDate) y, CALENDAR_MONTH(CloseDate), COUNT(Id) n FROM Opportunity \
         GROUP BY CALENDAR_YEAR(CloseDate), CALENDAR_MONTH(CloseDate) ORDER BY CALENDAR_MONTH(CloseDate) DESC",
    );
    assert!(by_year.len() > 1);
    assert!(by_year[0]["expr0"].as_i64() > by_year[by_year.len() - 1]["expr0"].as_i64());
    let total: u64 = by_year.iter().filter_map(|row| row["n"].as_u64()).sum();
    assert_eq!(total, count("SELECT Id FROM Opportunity") as u64);
    // The users were made on 2025-01-06, a Monday in the second week.
    for (condition, found) in [
        ("CALENDAR_YEAR(CreatedDate) = 2025", 5),
        ("DAY_IN_WEEK(convertTimezone(CreatedDate)) = 2", 5),
        ("DAY_IN_YEAR(CreatedDate) < 6", 0),
        ("WEEK_IN_YEAR(CreatedDate) IN (1, 2)", 5),
        (
            "CALENDAR_QUARTER(CreatedDate) = 1 AND FISCAL_MONTH(CreatedDate) = 1",
            5,
        ),
        ("DAY_ONLY(CreatedDate) = 2025-01-06", 5),
        ("DAY_ONLY(CreatedDate) > 2025-01-06", 0),
    ] {
        assert_eq!(
            count(&format!("SELECT Id FROM User WHERE {condition}")),
            found,
            "{condition}"
        );
    }
    for faulty in [
        "SELECT CALENDAR_YEAR(CreatedDate) FROM User",
        "SELECT Id FROM User WHERE CALENDAR_YEAR(Name) = 1",
        "SELECT Id FROM User WHERE NO_FUNCTION(CreatedDate) = 1",
        "SELECT Name n FROM User",
    ] {
        let error = super::super::parse(faulty, NOW).unwrap_err();
        assert_eq!(error.code, "MALFORMED_QUERY", "{faulty}");
    }
}

#[test]
fn groups_are_summed_up_and_chosen_by_any_condition() {
    let plain =
        rows("SELECT LeadSource, Status, COUNT(Id) n FROM Lead GROUP BY LeadSource, Status");
    let sources = rows("SELECT LeadSource s, COUNT(Id) n FROM Lead GROUP BY LeadSource");
    let states = rows("SELECT Status FROM Lead GROUP BY Status");
    let rollup = rows(
        "SELECT LeadSource, Status, GROUPING(LeadSource) g, GROUPING(Status) h, COUNT(Id) n FROM Lead \
         GROUP BY ROLLUP(LeadSource, Status)",
    );
    assert_eq!(rollup.len(), plain.len() + sources.len() + 1);
    let total = rollup.iter().find(|row| row["g"] == 1).unwrap();
    let sum: u64 = plain.iter().filter_map(|row| row["n"].as_u64()).sum();
    assert_eq!(
        (&total["LeadSource"], total["n"].as_u64()),
        (&Value::Null, Some(sum))
    );
    let cube =
        rows("SELECT LeadSource, Status, COUNT(Id) FROM Lead GROUP BY CUBE(LeadSource, Status)");
    assert_eq!(cube.len(), rollup.len() + states.len());
    let name = sources[0]["s"].as_str().unwrap();
    for (having, kept) in [
        (format!("LeadSource = '{name}' OR COUNT(Id) > 100000"), 1),
        (format!("NOT (LeadSource = '{name}')"), sources.len() - 1),
        (
            "COUNT(Id) > 0 AND (MAX(Name) > 'a' OR LeadSource LIKE '%')".to_owned(),
            sources.len(),
        ),
        ("COUNT_DISTINCT(Status) IN (0)".to_owned(), 0),
    ] {
        let text = format!("SELECT LeadSource FROM Lead GROUP BY LeadSource HAVING {having}");
        assert_eq!(rows(&text).len(), kept, "{having}");
    }
    let where_aggregate = "SELECT Id FROM Lead WHERE COUNT(Id) > 1";
    assert_eq!(
        super::super::parse(where_aggregate, NOW).unwrap_err().code,
        "MALFORMED_QUERY"
    );
}

#[test]
fn parents_have_aliases_and_clauses_without_effect_are_taken() {
    let org = seed::org();
    let count = |text: &str| {
        super::super::parse(text, NOW)
            .unwrap()
            .run(&org, false)
            .len()
    };
    let named =
        "SELECT c.Id, a.Name FROM Contact c, c.Account a WHERE a.Name = 'Northwind Logistics'";
    let plain = count("SELECT Id FROM Contact WHERE Account.Name = 'Northwind Logistics'");
    assert!(plain > 0);
    assert_eq!(count(named), plain);
    for tail in ["FOR UPDATE", "FOR VIEW FOR REFERENCE", "ALL ROWS"] {
        assert_eq!(
            count(&format!("SELECT Id FROM Account LIMIT 1 {tail}")),
            1,
            "{tail}"
        );
    }
    assert!(count("SELECT Id FROM Account WITH SECURITY_ENFORCED") > 0);
    assert!(count("SELECT Id FROM Lead WHERE toLabel(Status) = 'Open - Not Contacted'") > 0);
}
