use ligand_model::error::{Classify, ErrorKind};
use serde_json::json;

use super::*;

mod properties;

fn text(converter: &str, input: &str) -> String {
    match convert(converter, input) {
        Ok(Converted::Text(text)) => text,
        other => panic!("{converter}({input}) gave {other:?}"),
    }
}

fn pairs(converter: &str, input: &str) -> String {
    match convert(converter, input) {
        Ok(Converted::Query(query)) => query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&"),
        other => panic!("{converter}({input}) gave {other:?}"),
    }
}

fn refusal(converter: &str, input: &str) -> String {
    match convert(converter, input) {
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Invalid);
            error.public().into_owned()
        }
        Ok(converted) => panic!("{converter}({input}) gave {converted:?}"),
    }
}

/// What the printed form of `input` is: shows precedence and the values that were read.
fn canonical(input: &str) -> String {
    parse_where(input).unwrap().to_string()
}

#[test]
fn reads_every_operator() {
    for (input, expected) in [
        ("a='x'", "a = 'x'"),
        ("a!='x'", "a != 'x'"),
        ("a<>'x'", "a != 'x'"),
        ("a<1", "a < 1"),
        ("a<=-1.5e3", "a <= -1.5e3"),
        ("a>1", "a > 1"),
        ("a >= 1", "a >= 1"),
        ("a like '%x%'", "a LIKE '%x%'"),
        ("a Not Like 'x'", "a NOT LIKE 'x'"),
        ("id in ( 1 )", "id IN (1)"),
        ("id IN('a', 2,true)", "id IN ('a', 2, true)"),
        ("id not in (null)", "id NOT IN (null)"),
        ("a is null", "a IS NULL"),
        ("a IS NOT NULL", "a IS NOT NULL"),
        ("a = NULL", "a = null"),
        ("`a.b c` = 'x'", "`a.b c` = 'x'"),
        ("`Parent`.`Name` = 'x'", "Parent.Name = 'x'"),
        ("Parent.`Na``me`='x'", "`Parent.Na``me` = 'x'"),
        ("a='Churro''s'", "a = 'Churro''s'"),
        (r"a='Churro\'s'", "a = 'Churro''s'"),
        (r"a='C:\dir\\x'", r"a = 'C:\dir\\x'"),
        (r"a='C:\\'", r"a = 'C:\\'"),
        ("a > 2016-11-30T10:28:11Z", "a > '2016-11-30T10:28:11Z'"),
        ("a > 2016-11-30", "a > '2016-11-30'"),
        ("a = ''", "a = ''"),
    ] {
        assert_eq!(canonical(input), expected, "{input}");
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    assert_eq!(
        canonical("a=1 or b=2 and not c=3"),
        "a = 1 OR (b = 2 AND (NOT c = 3))"
    );
    assert_eq!(
        canonical("(a=1 OR b=2)AND(c=3)"),
        "(a = 1 OR b = 2) AND c = 3"
    );
    assert_eq!(
        canonical("NOT(a='x'AND b='y')"),
        "NOT (a = 'x' AND b = 'y')"
    );
}

#[test]
fn a_fault_says_where_and_what_was_expected() {
    for (input, expected) in [
        (
            "",
            "Error parsing query: at character 1, expected a field name but found the end",
        ),
        (
            "name",
            "Error parsing query: at character 5, expected an operator",
        ),
        (
            "name = ",
            "Error parsing query: at character 8, expected text in single quotes",
        ),
        ("name = x", "but found 'x'"),
        (
            "name = 'x",
            "expected a closing single quote but found the end",
        ),
        (
            "name = 'x' b",
            "at character 12, expected AND, OR or the end but found 'b'",
        ),
        ("(a=1", "expected AND, OR or ')' but found the end"),
        ("a IN 1", "expected '('"),
        ("a IN (1 2)", "expected ',' or ')'"),
        ("a IN ()", "expected text in single quotes"),
        ("a IS 1", "expected NULL or NOT NULL"),
        ("a NOT 1", "expected LIKE or IN"),
        (
            "a=1 AND AND b=2",
            "expected a field name but found 'AND b=2'",
        ),
        ("`a = 1", "expected a closing back-quote"),
        ("a=1; DROP", "expected AND, OR or the end"),
    ] {
        let error = parse_where(input).unwrap_err();
        assert!(error.public().starts_with("Error parsing query"), "{error}");
        assert!(error.public().contains(expected), "{input}: {error}");
    }
}

#[test]
fn refuses_what_is_too_long_too_deep_or_too_much() {
    let deep = format!("{}a=1{}", "(".repeat(40), ")".repeat(40));
    let nots = format!("{}a=1", "NOT ".repeat(5000));
    let long = format!("a='{}'", "x".repeat(MAX_LENGTH));
    let many = vec!["a=1"; MAX_COMPARISONS + 1].join(" OR ");
    for input in [deep, nots, long, many] {
        assert!(matches!(parse_where(&input), Err(Error::TooMuch { .. })));
    }
}

#[test]
fn flattens_for_hooks() {
    let expression =
        parse_where("a='x' and (b>=5 or c in (1,'2')) and d is null and not e = 1.5 and f=true");
    assert_eq!(
        json!(expression.unwrap().flatten()),
        json!([
            {"attribute": "a", "operator": "=", "value": "x"},
            {"attribute": "b", "operator": ">=", "value": 5},
            {"attribute": "c", "operator": "IN", "value": [1, "2"]},
            {"attribute": "d", "operator": "IS NULL", "value": null},
            {"attribute": "e", "operator": "!=", "value": 1.5},
            {"attribute": "f", "operator": "=", "value": true},
        ])
    );
    let large = parse_where("id = 123456789012345678901").unwrap().flatten();
    assert_eq!(
        large,
        vec![json!({"attribute": "id", "operator": "=", "value": "123456789012345678901"})]
    );
}

#[test]
fn query_parameters_drop_the_operator() {
    for name in ["toQueryParameters", "toSomethingUnknown"] {
        assert_eq!(
            pairs(name, "a='x y' and b > 5 and c in (1,2)"),
            "a=x y&b=5&c=1,2"
        );
    }
    assert_eq!(pairs("toQueryParameters", "a=1 and b=2 and a=3"), "a=3&b=2");
    assert_eq!(
        pairs("toQueryParameters", "listingtype='contact_list'"),
        "listingtype=contact_list"
    );
    assert_eq!(pairs("toQueryParameters", " "), "");
    let refused = refusal("toQueryParameters", "a=1 or b=2");
    assert!(
        refused.contains("'a' cannot be filtered with OR"),
        "{refused}"
    );
    let refused = refusal("toQueryParameters", "a=1 and b is null");
    assert!(
        refused.contains("'b' cannot be filtered with IS NULL"),
        "{refused}"
    );
}

#[test]
fn soql_is_escaped_and_typed() {
    for (input, expected) in [
        ("", ""),
        (
            "Name='Churro''s Test Account'",
            r" WHERE Name = 'Churro\'s Test Account'",
        ),
        ("a<>'x'", " WHERE a != 'x'"),
        (
            "a > '2016-11-30T10:28:11Z'",
            " WHERE a > 2016-11-30T10:28:11Z",
        ),
        (
            "a > '2016-11-30T10:28:11.000+02:00'",
            " WHERE a > 2016-11-30T10:28:11.000+02:00",
        ),
        ("a = '2016-11-30'", " WHERE a = 2016-11-30"),
        ("a = '2016-11-31'", " WHERE a = '2016-11-31'"),
        ("a = '2016-11-30 OR'", " WHERE a = '2016-11-30 OR'"),
        ("a LIKE '2016-11-30'", " WHERE a LIKE '2016-11-30'"),
        ("a = true and b = 'true'", " WHERE a = true AND b = 'true'"),
        ("a in ('x', 5)", " WHERE a IN ('x',5)"),
        ("a not in ('x')", " WHERE a NOT IN ('x')"),
        ("a is null", " WHERE a = null"),
        ("a is not null", " WHERE a != null"),
        ("a not like 'x%'", " WHERE (NOT a LIKE 'x%')"),
        ("a=1 and (b=2 or c=3)", " WHERE a = 1 AND (b = 2 OR c = 3)"),
        ("not (a=1 or b=2)", " WHERE (NOT (a = 1 OR b = 2))"),
        ("Parent.Name='x\n\\'", " WHERE Parent.Name = 'x\\n\\\\'"),
        ("email=''", " WHERE email = ''"),
    ] {
        // The literal with a trailing backslash cannot be typed with one backslash.
        let input = input.replace("\\'", "\\\\'");
        assert_eq!(text("toSOQL", &input), expected, "{input}");
    }
    assert!(refusal("toSOQL", "`a) OR (b`=1").contains("is not a field name"));
    assert!(refusal("toSOQL", "a > null").contains("'a' cannot be filtered with >"));
}

#[test]
fn soql_order_and_field_lists_hold_identifiers_only() {
    assert_eq!(text("toSOQLOrderBy", ""), "");
    assert_eq!(
        text("toSOQLOrderBy", "Name desc, Parent.Id, x asc nulls last"),
        " ORDER BY Name DESC, Parent.Id, x ASC NULLS LAST"
    );
    assert!(
        refusal("toSOQLOrderBy", "Name LIMIT 1").contains("'Name' cannot be filtered with LIMIT 1")
    );
    assert!(refusal("toSOQLOrderBy", "Na-me").contains("'Na-me' is not a field name"));
    assert_eq!(
        text("toFieldList", " Id, Name,name,Parent.Name ,"),
        "Id,Name,Parent.Name"
    );
    assert!(refusal("toFieldList", "Id FROM User").contains("'Id FROM User' is not a field name"));
    assert!(refusal("toFieldList", "(SELECT Id FROM x)").contains("is not a field name"));
}

#[test]
fn odata_prints_both_literal_syntaxes() {
    let four = |input| pairs("toODataFilter", input);
    let three = |input| pairs("toODataV3Filter", input);
    assert_eq!(
        four("a='O''Neill' and b!=2"),
        "$filter=a eq 'O''Neill' and b ne 2"
    );
    assert_eq!(
        four("a<1 or (b>=2 and c.d=true)"),
        "$filter=a lt 1 or (b ge 2 and c/d eq true)"
    );
    assert_eq!(
        four("a in (1,2) and not b is null"),
        "$filter=(a eq 1 or a eq 2) and (not (b eq null))"
    );
    assert_eq!(
        four("a > '2016-04-28T03:49:32Z'"),
        "$filter=a gt 2016-04-28T03:49:32Z"
    );
    assert_eq!(
        four("a like 'x%' or a like '%x'"),
        "$filter=startswith(a,'x') or endswith(a,'x')"
    );
    assert_eq!(four("a like '%x%'"), "$filter=contains(a,'x')");
    assert_eq!(four("a like 'x'"), "$filter=a eq 'x'");
    assert_eq!(three("a like '%x%'"), "$filter=substringof('x',a)");
    assert_eq!(
        three("a > '2016-04-28T03:49:32Z'"),
        "$filter=a gt datetime'2016-04-28T03:49:32'"
    );
    assert_eq!(
        three("a > '2016-04-28'"),
        "$filter=a gt datetime'2016-04-28T00:00:00'"
    );
    assert_eq!(four("a not like 'x%'"), "$filter=(not (startswith(a,'x')))");
    assert_eq!(four(""), "");
    assert!(refusal("toODataFilter", "a like 'x%y'").contains("'a' cannot be filtered with LIKE"));
    assert!(refusal("toODataFilter", "`a eq 1 or b`=1").contains("is not a field name"));
    let dated = convert_with(
        "toODataFilter",
        "d>='2016-04-28T03:49:32' and e='x'",
        &["d"],
    );
    let filter = "d ge datetimeoffset'2016-04-28T03:49:32' and e eq 'x'".to_owned();
    assert_eq!(
        dated,
        Ok(Converted::Query(vec![("$filter".to_owned(), filter)]))
    );
}

#[test]
fn eloqua_searches_by_terms() {
    let search = |input| pairs("toEloquaSearch", input);
    assert_eq!(search("id='12'"), "search=id=12");
    assert_eq!(search("id in ('12')"), "search=id=12");
    assert_eq!(
        search("name like 'My camp%' and id > 5"),
        "search=name='My camp*' id>5"
    );
    assert_eq!(
        search("emailAddress = 'a.b+c@d.com'"),
        "search=emailAddress=a.b+c@d.com"
    );
    assert_eq!(
        search("lastUpdatedAt > 1417556990"),
        "search=updatedAt>1417556990"
    );
    assert_eq!(
        search("lastUpdatedAt > '2017-01-01'"),
        "search=updatedAt>1483228800"
    );
    assert_eq!(
        search("createdAt <= '2017-01-01T00:00:01Z'"),
        "search=createdAt<=1483228801"
    );
    assert_eq!(
        search("C_LastName = 'O''Neill'"),
        "search=C_LastName=O'Neill"
    );
    assert_eq!(search("a = 'x=1'"), "search=a='x=1'");
    assert_eq!(search("a = ''"), "search=a=''");
    for refused in [
        "a=1 or b=2",
        "a in (1, 2)",
        "a is null",
        "a = 'x*'",
        "a='x'' b=''y'",
        "a = null",
    ] {
        assert!(
            refusal("toEloquaSearch", refused).contains("'a' cannot be filtered"),
            "{refused}"
        );
    }
}

#[test]
fn marketo_filters_by_one_field() {
    let filter = |input| pairs("toMarketoFilter", input);
    assert_eq!(filter("id in ( 1 )"), "filterType=id&filterValues=1");
    assert_eq!(
        filter("email='a@b.c'"),
        "filterType=email&filterValues=a@b.c"
    );
    assert_eq!(
        filter("email in ('a@b.c','d')"),
        "filterType=email&filterValues=a@b.c,d"
    );
    assert_eq!(
        filter("marketoGUID='a,b'"),
        "filterType=marketoGUID&filterValues=a,b"
    );
    for refused in [
        "a > 1",
        "a in ('x,y')",
        "a = ''",
        "a=1 or b=2",
        "not a=1",
        "a = null",
    ] {
        assert!(
            refusal("toMarketoFilter", refused).contains("'a' cannot be filtered"),
            "{refused}"
        );
    }
    assert!(refusal("toMarketoFilter", "a=1 and b=2").contains("'b' cannot be filtered with AND"));
}

#[test]
fn three_vendors_have_dialects_of_their_own() {
    for (input, quickbase, wiql) in [
        ("`7` = 'x'", "{'7'.EX.'x'}", "[7] = 'x'"),
        (
            "a > 5 AND (b LIKE '%x%' OR c IN ('p', 'q'))",
            "{'a'.GT.'5'}AND({'b'.CT.'x'}OR({'c'.EX.'p'}OR{'c'.EX.'q'}))",
            "[a] > 5 AND ([b] CONTAINS 'x' OR [c] IN ('p', 'q'))",
        ),
        ("a != 'it''s'", "{'a'.XEX.\"it's\"}", "[a] <> 'it''s'"),
        (
            "System.Title IS NULL",
            "{'System.Title'.EX.''}",
            "[System.Title] = ''",
        ),
    ] {
        let plain = input.replace("''s", "\\'s");
        assert_eq!(text("toQuickbase", &plain), quickbase, "{input}");
        assert_eq!(text("toWiql", &plain), wiql, "{input}");
    }
    assert_eq!(text("toQuickbase", "a LIKE 'x%'"), "{'a'.SW.'x'}");
    assert_eq!(
        pairs("toBazaarvoice", "a = 'p,q' AND b >= 3 AND c IN ('1', '2')"),
        "filter=a:p\\,q&filter=b:gte:3&filter=c:1,2"
    );
    for (converter, input) in [
        ("toQuickbase", "a = '}OR{'"),
        ("toQuickbase", "a LIKE '%x'"),
        ("toQuickbase", "NOT (a = 1 OR b = 2)"),
        ("toWiql", "a LIKE 'x%'"),
        ("toBazaarvoice", "a = 1 OR b = 2"),
        ("toBazaarvoice", "a LIKE '%x%'"),
    ] {
        assert!(
            refusal(converter, input).contains("'a' cannot be filtered"),
            "{converter} {input}"
        );
    }
    for converter in ["toQuickbase", "toWiql", "toBazaarvoice"] {
        assert!(refusal(converter, "`a] = 1 OR [b` = 'x'").contains("is not a field name"));
    }
}

#[test]
fn soql_is_told_what_to_select() {
    for (input, expected) in [
        ("Name, name,Account.Name", "Id,Name,Account.Name"),
        ("*", "FIELDS(ALL)"),
        (
            "fields(custom), Name, Owner.Name",
            "FIELDS(CUSTOM),Owner.Name",
        ),
        (
            "Name,(select Id, Title from Contacts where Title = 'a, b' and Fax is null order by Name desc limit 5)",
            "Id,Name,(SELECT Id,Title FROM Contacts WHERE Title = 'a, b' AND Fax = null ORDER BY Name DESC LIMIT 5)",
        ),
    ] {
        assert_eq!(text("toSOQLFields", input), expected, "{input}");
    }
    for faulty in [
        "Name FROM User--",
        "(SELECT Id FROM User WHERE)",
        "(SELECT (SELECT Id FROM a) FROM b)",
        "(SELECT Id FROM Contacts, Users)",
        "(SELECT Id FROM Contacts LIMIT 1 OR 1)",
        "(DELETE FROM Contacts)",
        "COUNT(Id)",
    ] {
        refusal("toSOQLFields", faulty);
    }
}

#[test]
fn soql_takes_values_names_and_statements() {
    assert_eq!(text("toSOQLText", "O'Neil\\ \n"), "'O\\'Neil\\\\ \\n'");
    assert_eq!(text("toSOQLName", "Project__c"), "Project__c");
    refusal("toSOQLName", "Account WHERE Id");
    refusal("toSOQLName", "a.b");
    assert_eq!(text("toSOQLAnd", "a = 1 or b = 2"), " AND (a = 1 OR b = 2)");
    assert_eq!(text("toSOQLAnd", " "), "");
    for (input, expected) in [
        (
            "select * from Lead",
            "SELECT FIELDS(ALL) FROM Lead LIMIT 200",
        ),
        (
            "SELECT * FROM Lead  WHERE Name = 'LIMIT 1' order  by Name limit 5",
            "SELECT FIELDS(ALL) FROM Lead WHERE Name = 'LIMIT 1' ORDER BY Name LIMIT 5",
        ),
        (" SELECT COUNT() FROM Lead ", "SELECT COUNT() FROM Lead"),
    ] {
        assert_eq!(text("toSOQLStatement", input), expected);
    }
    refusal("toSOQLStatement", "please SELECT Id FROM Lead");
}

#[test]
fn date_words_are_for_those_who_know_them() {
    assert_eq!(
        text(
            "toSOQL",
            "a = last_n_days:30 and b > This_Fiscal_Quarter and c = 'TODAY'"
        ),
        " WHERE a = LAST_N_DAYS:30 AND b > THIS_FISCAL_QUARTER AND c = 'TODAY'"
    );
    assert_eq!(canonical("a = today"), "a = TODAY");
    let refused = refusal("toODataFilter", "a = TODAY");
    assert!(
        refused.contains("'a'") && refused.contains("date words"),
        "{refused}"
    );
    refusal("toSOQL", "a = LAST_N_DAYS");
    refusal("toSOQL", "a = SOMEDAY");
}

#[test]
fn reports_have_filters() {
    assert_eq!(
        text(
            "toSFDCReportFilter",
            "A$Name LIKE 'x%' and B is null and C not in (1,2)"
        ),
        json!([
            {"column": "A$Name", "operator": "startsWith", "value": "x"},
            {"column": "B", "operator": "equals", "value": ""},
            {"column": "C", "operator": "notEqual", "value": "1,2"},
        ])
        .to_string()
    );
    for faulty in [
        "a = 1 or b = 2",
        "a like '%x'",
        "a = 'x,y'",
        "a not like 'x%'",
    ] {
        refusal("toSFDCReportFilter", faulty);
    }
}
