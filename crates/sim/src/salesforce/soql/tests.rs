//! What queries find, and how faulty ones are refused.

mod computed;

use ligand_model::time::Timestamp;
use serde_json::Value;

use crate::salesforce::seed;

/// 2025-01-07T12:00:00Z, the day after the seed begins.
const NOW: Timestamp = Timestamp(1_736_251_200_000);

#[test]
fn conditions_find_what_they_say() {
    let org = seed::org();
    let count = |text: &str| super::parse(text, NOW).map(|query| query.run(&org, false).len());
    for (text, expected) in [
        ("SELECT Id FROM Account", 260),
        (
            "select id from account where name = 'northwind logistics'",
            1,
        ),
        ("SELECT Id FROM Account WHERE Name LIKE 'Northwind%'", 9),
        (
            "SELECT Id FROM Account WHERE NOT Name LIKE 'Northwind%'",
            251,
        ),
        (
            "SELECT Id FROM Account WHERE (NOT Name LIKE 'N%') AND Name LIKE 'N%'",
            0,
        ),
        (
            "SELECT Id FROM Account WHERE External_Id__c IN ('acc-0001', 'ACC-0002', 'none')",
            2,
        ),
        (
            "SELECT Id FROM Account WHERE External_Id__c NOT IN ('acc-0001', 'acc-0002')",
            258,
        ),
        ("SELECT Id FROM Account WHERE Fax = null", 260),
        ("SELECT Id FROM Account WHERE Fax = ''", 260),
        ("SELECT Id FROM Account WHERE Fax != null", 0),
        ("SELECT Id FROM Account WHERE Fax != 'x'", 260),
        (
            "SELECT Id FROM Account WHERE NumberOfEmployees >= 0 AND NumberOfEmployees < 1e9",
            260,
        ),
        (
            "SELECT Id FROM Account WHERE External_Id__c = 'acc-0001' OR (External_Id__c = 'acc-0002' AND Fax = null)",
            2,
        ),
        ("SELECT Id FROM User WHERE IsActive = TRUE", 5),
        ("SELECT Id FROM User WHERE Id = '005i0000001VNde'", 1),
        (
            "SELECT Id FROM Contact c WHERE c.Account.Name = 'Northwind Logistics'",
            1,
        ),
        (
            "SELECT Id FROM Contact WHERE Account.Owner.Username = 'alex.morgan@sandbox.example.com'",
            52,
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate > 2025-01-01 AND CloseDate < 2027-01-01",
            260,
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate >= 2025-01-06T09:00:00Z",
            260,
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate >= 2025-01-06T09:00:00.000+0000 AND CreatedDate < 2025-01-06T10:00:00+01:00",
            0,
        ),
        ("SELECT Id FROM User WHERE CreatedDate = YESTERDAY", 5),
        ("SELECT Id FROM User WHERE CreatedDate = LAST_N_DAYS:1", 5),
        (
            "SELECT Id FROM User WHERE CreatedDate < TODAY AND CreatedDate = THIS_MONTH AND CreatedDate = THIS_YEAR",
            5,
        ),
        ("SELECT Id FROM Account LIMIT 7", 7),
        ("SELECT Id FROM Account LIMIT 10 OFFSET 255", 5),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 3", 3),
    ] {
        assert_eq!(count(text), Ok(expected), "{text}");
    }
}

#[test]
fn strings_know_their_escapes() {
    let mut org = seed::org();
    let actor = crate::salesforce::org::Actor {
        user: crate::salesforce::ADMINISTRATOR,
        now: NOW,
    };
    let accounts = crate::salesforce::describe::object("Account").unwrap();
    for name in ["Churro's Test", "50% off_now", "back\\slash"] {
        let body = [("Name".to_owned(), Value::from(name))]
            .into_iter()
            .collect();
        org.create(actor, accounts, &body).unwrap();
    }
    for text in [
        r"= 'churro\'s test'",
        r"LIKE 'Churro\'s%'",
        r"LIKE '50\%%'",
        r"LIKE '%\_now'",
        r"= '50% off_now'",
        r"= 'back\\slash'",
    ] {
        let query =
            super::parse(&format!("SELECT Id FROM Account WHERE Name {text}"), NOW).unwrap();
        assert_eq!(query.run(&org, false).len(), 1, "{text}");
    }
}

#[test]
fn records_come_in_order_with_parents_nested() {
    let org = seed::org();
    let names = |text: &str, field: &str| -> Vec<Value> {
        let query = super::parse(text, NOW).unwrap();
        let ids = query.run(&org, false);
        let objects = ids
            .iter()
            .map(|id| query.render(&org, "/b", org.any(id).unwrap().1));
        objects
            .map(|record| record.pointer(field).cloned().unwrap())
            .collect()
    };
    let first = names("SELECT Name FROM Account ORDER BY Name LIMIT 2", "/Name");
    assert_eq!(first, ["Beacon Construction", "Beacon Foods"]);
    let last = names(
        "SELECT Name FROM Account ORDER BY Name DESC NULLS LAST, Id ASC LIMIT 1",
        "/Name",
    );
    assert!(last[0].as_str().unwrap().starts_with("Willow"));
    let owners = names(
        "SELECT Id, account.owner.name FROM Contact ORDER BY Account.Name LIMIT 1",
        "/Account/Owner",
    );
    assert_eq!(owners[0]["attributes"]["type"], "User");
    assert!(owners[0]["Name"].is_string());
    let none = names("SELECT ReportsTo.Name FROM Contact LIMIT 1", "/ReportsTo");
    assert_eq!(none, [Value::Null]);
    let nulls = names(
        "SELECT ParentId FROM Account ORDER BY ParentId LIMIT 1",
        "/ParentId",
    );
    assert_eq!(nulls, [Value::Null]);
}

#[test]
fn faulty_queries_are_refused_in_the_vendors_words() {
    let longer = " If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. \
                  Please reference your WSDL or the describe call for the appropriate names.";
    let no_column = format!(
        "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'.{longer}"
    );
    for (text, code, message) in [
        (
            "SELECT Foo FROM Account",
            "INVALID_FIELD",
            no_column.as_str(),
        ),
        (
            "SELECT Id FROM Nothing",
            "INVALID_TYPE",
            "sObject type 'Nothing' is not supported.",
        ),
        (
            "SELECT Id FRM Account",
            "MALFORMED_QUERY",
            "unexpected token: 'FRM'",
        ),
        (
            "SELECT FROM Account",
            "MALFORMED_QUERY",
            "unexpected token: 'FROM'",
        ),
        (
            "SELECT Id, FROM Account",
            "MALFORMED_QUERY",
            "unexpected token: 'FROM'",
        ),
        (
            "SELECT * FROM Account",
            "MALFORMED_QUERY",
            "unexpected token: '*'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x' AND Fax = 'y' OR Fax = 'z'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'x",
            "MALFORMED_QUERY",
            "unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM Account WHERE",
            "MALFORMED_QUERY",
            "unexpected token: '<EOF>'",
        ),
        (
            "SELECT Id FROM Account WHERE Name = x",
            "INVALID_FIELD",
            "field 'Name' must be of type string and should be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2025-01-01'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2025-01-01",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Account WHERE AnnualRevenue > '1'",
            "INVALID_FIELD",
            "must be of type double and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM User WHERE IsActive = 'true'",
            "INVALID_FIELD",
            "must be of type boolean",
        ),
        (
            "SELECT Id FROM Account WHERE Id = '0'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: 0",
        ),
        (
            "SELECT Id FROM Account WHERE Description = 'x'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE Nobody.Name = 'x'",
            "INVALID_FIELD",
            "Didn't understand relationship 'Nobody' in field path.",
        ),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ),
        (
            "SELECT Id FROM Account LIMIT x",
            "MALFORMED_QUERY",
            "unexpected token: 'x'",
        ),
        (
            "SELECT Id FROM Account LIMIT 1 LIMIT 2",
            "MALFORMED_QUERY",
            "unexpected token: 'LIMIT'",
        ),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            "LIMIT of at most 200",
        ),
        (
            "SELECT Id, id FROM Account",
            "INVALID_FIELD",
            "duplicate field selected: id",
        ),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
    ] {
        let error = super::parse(text, NOW).map(|_| ()).unwrap_err();
        assert_eq!(error.code, code, "{text}: {}", error.message);
        assert!(
            error.message.ends_with(message) || error.message.contains(message),
            "{text}: {}",
            error.message
        );
    }
}

#[test]
fn conditions_nested_beyond_reason_are_refused() {
    let deep = format!(
        "SELECT Id FROM Account WHERE {}Name = 'x'{}",
        "(".repeat(5000),
        ")".repeat(5000)
    );
    assert_eq!(
        super::parse(&deep, NOW).unwrap_err().code,
        "QUERY_TOO_COMPLICATED"
    );
    let nots = format!(
        "SELECT Id FROM Account WHERE {}Name = 'x'",
        "NOT ".repeat(5000)
    );
    assert!(super::parse(&nots, NOW).is_err());
}

#[test]
fn no_mutilated_query_brings_the_parser_down() {
    let org = seed::org();
    let whole = r"SELECT Id, a.Name FROM Account a WHERE (NOT Name LIKE '%\'é\_') AND CreatedDate >= 2025-01-06T09:00:00+01:00 AND Id NOT IN ('005i0000001VNde', null) ORDER BY Name DESC NULLS LAST, Id LIMIT 10 OFFSET 5";
    let pieces: Vec<&str> = whole.split_inclusive([' ', '(', ')', '\'', ',']).collect();
    let mut random = crate::people::Seed::new(7);
    let mut understood = 0;
    for _ in 0..3000 {
        let mut text: String = pieces
            .iter()
            .filter(|_| random.below(12) > 0)
            .copied()
            .collect();
        for _ in 0..random.below(3) {
            let at = usize::try_from(random.below(text.len() as u64)).unwrap();
            if text.is_char_boundary(at) {
                text.insert_str(
                    at,
                    random.pick(&[
                        "'",
                        "\\",
                        "(",
                        "LIMIT 1",
                        ":",
                        "99999999999999999999",
                        "\u{1F600}",
                        ".",
                    ]),
                );
            }
        }
        if let Ok(query) = super::parse(&text, NOW) {
            understood += query.run(&org, true).len().min(1);
        }
    }
    assert!((1..3000).contains(&understood), "{understood}");
}

#[test]
fn children_come_with_their_parent() {
    let org = seed::org();
    let query = super::parse(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 2), (SELECT Id FROM Notes WHERE Title = 'none') \
         FROM Account WHERE External_Id__c = 'acc-0001'",
        NOW,
    )
    .unwrap();
    let id = query.run(&org, false).remove(0);
    let (_, record) = org.any(&id).unwrap();
    let shown = query.render(&org, "/b", record);
    assert!(shown["Contacts"]["totalSize"].as_u64().unwrap() >= 1);
    assert!(shown["Contacts"]["records"][0]["LastName"].is_string());
    assert_eq!(shown["Notes"], Value::Null);
}

#[test]
fn semi_joins_ask_another_object() {
    let org = seed::org();
    let count = |text: &str| super::parse(text, NOW).unwrap().run(&org, false).len();
    let with = count("SELECT Id FROM Account WHERE Id IN (SELECT Account__c FROM Project__c)");
    let without =
        count("SELECT Id FROM Account WHERE Id NOT IN (SELECT Account__c FROM Project__c)");
    assert_eq!((with, without), (8, 252));
    let found = count(
        "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'N%') AND Name != null",
    );
    assert_eq!(
        found,
        count("SELECT Id FROM Contact WHERE Account.Name LIKE 'N%'")
    );
}

#[test]
fn groups_are_counted_summed_and_filtered() {
    let org = seed::org();
    let rows = |text: &str| super::parse(text, NOW).unwrap().rows(&org, false).unwrap();
    let by_stage = rows(
        "SELECT StageName, COUNT(Id) n, SUM(Amount), MIN(CloseDate) first FROM Opportunity GROUP BY StageName \
         HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC LIMIT 3",
    );
    assert_eq!(by_stage.len(), 3);
    assert!(by_stage[0]["n"].as_u64() >= by_stage[1]["n"].as_u64());
    assert!(by_stage[0]["expr0"].is_f64() && by_stage[0]["first"].is_string());
    let all = rows(
        "SELECT COUNT(Id), COUNT_DISTINCT(OwnerId), AVG(Amount), MAX(Name) FROM Opportunity WHERE Amount = null",
    );
    assert_eq!(all[0]["expr0"], 0);
    assert_eq!(all[0]["expr2"], Value::Null);
    for (faulty, code) in [
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY"),
        (
            "SELECT Id, (SELECT Id FROM Nobody) FROM Account",
            "INVALID_TYPE",
        ),
        (
            "SELECT Id FROM Account WHERE Name IN (SELECT Id FROM Contact)",
            "MALFORMED_QUERY",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Contact)",
            "MALFORMED_QUERY",
        ),
        (
            "SELECT Id, (SELECT Id FROM Contacts FROM Account",
            "MALFORMED_QUERY",
        ),
    ] {
        let error = super::parse(faulty, NOW).unwrap_err();
        assert_eq!(error.code, code, "{faulty}");
    }
}

#[test]
fn date_words_name_whole_periods() {
    // 2025-01-07 is a Tuesday of the first quarter.
    let org = seed::org();
    let count = |text: &str| {
        let text = format!("SELECT Id FROM User WHERE CreatedDate = {text}");
        super::parse(&text, NOW).map(|query| query.run(&org, false).len())
    };
    for (word, found) in [
        ("THIS_WEEK", 5),
        ("LAST_WEEK", 0),
        ("LAST_N_WEEKS:1", 0),
        ("THIS_QUARTER", 5),
        ("LAST_QUARTER", 0),
        ("THIS_FISCAL_YEAR", 5),
        ("N_DAYS_AGO:1", 5),
        ("NEXT_MONTH", 0),
        ("NEXT_N_MONTHS:2", 0),
        ("LAST_90_DAYS", 5),
    ] {
        assert_eq!(count(word).unwrap(), found, "{word}");
    }
    for faulty in ["THIS_DAY", "LAST_N_DAYS", "LAST_N_DAYS:x", "SOMETIME"] {
        assert!(count(faulty).is_err(), "{faulty}");
    }
}

#[test]
fn picklists_of_several_values_are_searched_by_sets() {
    let mut org = seed::org();
    let contact = crate::salesforce::describe::object("Contact").unwrap();
    let actor = crate::salesforce::org::Actor {
        user: crate::salesforce::ADMINISTRATOR,
        now: NOW,
    };
    let Value::Object(body) =
        serde_json::json!({"LastName": "Polyglot", "Languages__c": "English;French"})
    else {
        unreachable!()
    };
    org.create(actor, contact, &body).unwrap();
    let count = |text: &str| {
        let text =
            format!("SELECT Id FROM Contact WHERE LastName = 'Polyglot' AND Languages__c {text}");
        super::parse(&text, NOW).unwrap().run(&org, false).len()
    };
    assert_eq!(count("INCLUDES ('English;French', 'German')"), 1);
    assert_eq!(count("INCLUDES ('English;German')"), 0);
    assert_eq!(count("EXCLUDES ('German')"), 1);
}
