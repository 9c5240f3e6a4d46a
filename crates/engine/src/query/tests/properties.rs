//! Nothing typed by a caller changes the meaning of the vendor's query.

use ligand_model::error::Classify;
use proptest::prelude::*;

use super::*;

/// A token of SOQL, read without any of the code under test.
#[derive(Debug, PartialEq)]
enum Token {
    Literal(String),
    Word(String),
    Symbol(String),
}

fn tokens(soql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = soql.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ' ' {
            continue;
        }
        assert!(!c.is_control(), "control character outside a literal");
        if c == '\'' {
            let mut literal = String::new();
            loop {
                match chars.next().expect("an unterminated literal") {
                    '\'' => break,
                    '\\' => literal.push(match chars.next().unwrap() {
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => {
                            let hex: String = chars.by_ref().take(4).collect();
                            char::from_u32(u32::from_str_radix(&hex, 16).unwrap()).unwrap()
                        }
                        c @ ('\'' | '\\') => c,
                        c => panic!("\\{c} is no escape of SOQL"),
                    }),
                    c => {
                        assert!(!c.is_control(), "a raw control character");
                        literal.push(c);
                    }
                }
            }
            found.push(Token::Literal(literal));
        } else {
            let same = |d: &char| d.is_ascii_alphanumeric() || "_.:+-".contains(*d);
            let mut word = String::from(c);
            if same(&c) {
                while let Some(d) = chars.next_if(same) {
                    word.push(d);
                }
                found.push(Token::Word(word));
            } else {
                while let Some(d) = chars.next_if(|d| "=<>!".contains(*d)) {
                    word.push(d);
                }
                found.push(Token::Symbol(word));
            }
        }
    }
    found
}

fn any_text() -> impl Strategy<Value = String> {
    // Ordinary text, and text made of what is dangerous somewhere.
    prop_oneof![
        any::<String>(),
        r"[-'\\a %*_=<>!()`,;\n\t\x00$#&]{0,12}",
        Just("2016-11-30T10:28:11Z".to_owned()),
        Just("' OR Id != '".to_owned()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(Value::Text),
        "-?[0-9]{1,20}(\\.[0-9]{1,5})?(e-?[0-9]{1,3})?".prop_map(Value::Number),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Null),
    ]
}

fn any_comparison() -> impl Strategy<Value = Comparison> {
    let field = prop_oneof!["[A-Za-z_$][A-Za-z0-9_.-]{0,8}", any_text()]
        .prop_filter("a field has a name", |field| !field.is_empty());
    let simple = prop_oneof![
        Just(Operator::Equal),
        Just(Operator::NotEqual),
        Just(Operator::Less),
        Just(Operator::LessOrEqual),
        Just(Operator::Greater),
        Just(Operator::GreaterOrEqual),
        Just(Operator::Like),
        Just(Operator::NotLike),
    ];
    prop_oneof![
        4 => (field.clone(), simple, any_value()).prop_map(|(field, operator, value)| Comparison {
            field, operator, values: vec![value],
        }),
        1 => (field.clone(), prop_oneof![Just(Operator::In), Just(Operator::NotIn)],
              prop::collection::vec(any_value(), 1..4))
            .prop_map(|(field, operator, values)| Comparison { field, operator, values }),
        1 => (field, prop_oneof![Just(Operator::IsNull), Just(Operator::IsNotNull)])
            .prop_map(|(field, operator)| Comparison { field, operator, values: vec![] }),
    ]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_comparison()
        .prop_map(Expression::Comparison)
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
                inner.prop_map(|inner| Expression::Not(Box::new(inner))),
            ]
        })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same_expression(expression in any_expression()) {
        prop_assert_eq!(parse_where(&expression.to_string()), Ok(expression));
    }

    #[test]
    fn no_text_makes_the_parser_panic(input in any_text(), tail in any_text()) {
        for input in [format!("{input}{tail}"), format!("a = {input}"), format!("a = '{input}' {tail}")] {
            if let Err(error) = parse_where(&input) {
                prop_assert!(error.public().starts_with("Error parsing query"));
            }
        }
    }

    #[test]
    fn a_soql_condition_is_one_field_one_operator_one_literal(field in any_text(), value in any_text()) {
        let comparison = Comparison {
            field: field.clone(), operator: Operator::Equal, values: vec![Value::Text(value.clone())],
        };
        match convert("toSOQL", &comparison.to_string()) {
            Ok(Converted::Text(soql)) => {
                let expected = if soql.ends_with('\'') { Token::Literal(value) } else {
                    prop_assert_eq!(value.as_str(), "2016-11-30T10:28:11Z");
                    Token::Word(value)
                };
                prop_assert_eq!(tokens(&soql), vec![
                    Token::Word("WHERE".into()), Token::Word(field), Token::Symbol("=".into()), expected,
                ]);
            }
            other => prop_assert!(!print::is_identifier(&field), "{:?}", other),
        }
    }

    #[test]
    fn soql_holds_exactly_the_values_that_were_given(values in prop::collection::vec(any_text(), 1..5)) {
        let expression = Expression::Or(vec![
            Expression::Comparison(Comparison {
                field: "Name".into(), operator: Operator::In,
                values: values.iter().cloned().map(Value::Text).collect(),
            }),
            Expression::Comparison(Comparison {
                field: "x".into(), operator: Operator::Like, values: vec![Value::Text(values[0].clone())],
            }),
        ]);
        let soql = text("toSOQL", &expression.to_string());
        let date = "2016-11-30T10:28:11Z";
        let mut given: Vec<String> = values.iter().filter(|v| *v != date).cloned().collect();
        given.push(values[0].clone());
        let mut words = 0;
        let mut literals = Vec::new();
        for token in tokens(&soql) {
            match token {
                Token::Literal(text) => literals.push(text),
                Token::Word(word) if word != date => words += 1,
                _ => {}
            }
        }
        prop_assert_eq!(literals, given);
        // WHERE Name IN OR x LIKE
        prop_assert_eq!(words, 6);
    }

    #[test]
    fn an_odata_literal_ends_where_it_should(value in any_text()) {
        let comparison = Comparison {
            field: "a".into(), operator: Operator::Equal, values: vec![Value::Text(value.clone())],
        };
        let filter = pairs("toODataFilter", &comparison.to_string());
        let literal = filter.strip_prefix("$filter=a eq ").unwrap();
        if value != "2016-11-30T10:28:11Z" {
            let inner = literal.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
            prop_assert!(!inner.replace("''", "").contains('\''));
            prop_assert_eq!(inner.replace("''", "'"), value);
        }
    }

    #[test]
    fn an_eloqua_term_holds_one_value(value in any_text()) {
        let comparison = Comparison {
            field: "name".into(), operator: Operator::Equal, values: vec![Value::Text(value.clone())],
        };
        if let Ok(Converted::Query(query)) = convert("toEloquaSearch", &comparison.to_string()) {
            let printed = query[0].1.strip_prefix("name=").unwrap();
            let quoted = printed.len() > 1 && printed.starts_with('\'') && printed.ends_with('\'');
            if quoted {
                prop_assert_eq!(printed.trim_matches('\''), value.as_str());
                prop_assert!(!value.contains('\''));
            } else {
                prop_assert_eq!(printed, value.as_str());
                prop_assert!(!value.contains(|c: char| " =<>!\"*".contains(c)));
            }
        }
    }

    #[test]
    fn a_vendors_own_dialect_holds_one_value(value in any_text()) {
        let comparison = Comparison {
            field: "a".into(), operator: Operator::Equal, values: vec![Value::Text(value.clone())],
        };
        let printed = |converter| match convert(converter, &comparison.to_string()) {
            Ok(Converted::Text(text)) => Some(text),
            Ok(Converted::Query(query)) => Some(query[0].1.clone()),
            Err(_) => None,
        };
        let wiql = printed("toWiql").unwrap();
        let inner = wiql.strip_prefix("[a] = '").unwrap().strip_suffix('\'').unwrap();
        prop_assert!(!inner.replace("''", "").contains('\''));
        prop_assert_eq!(inner.replace("''", "'"), value.clone());
        if let Some(quickbase) = printed("toQuickbase") {
            let inner = quickbase.strip_prefix("{'a'.EX.").unwrap().strip_suffix('}').unwrap();
            let quote = inner.chars().next().unwrap();
            prop_assert_eq!(inner.matches(quote).count(), 2);
            prop_assert_eq!(inner.trim_matches(quote), value.as_str());
        }
        let bazaarvoice = printed("toBazaarvoice").unwrap();
        let escaped = bazaarvoice.strip_prefix("a:").unwrap();
        let mut bare = false;
        for c in escaped.chars() {
            prop_assert!(bare || !matches!(c, ':' | ','), "{}", escaped);
            bare = !bare && c == '\\';
        }
    }

    #[test]
    fn every_printer_answers_or_refuses_whatever_it_is_given(expression in any_expression()) {
        for converter in [
            "toQueryParameters", "toODataFilter", "toODataV3Filter", "toSOQL", "toEloquaSearch", "toMarketoFilter",
            "toBazaarvoice", "toQuickbase", "toWiql",
        ] {
            if let Err(error) = convert(converter, &expression.to_string()) {
                prop_assert!(error.public().starts_with("Error parsing query"));
            }
        }
    }
}
