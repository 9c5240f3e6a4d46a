//! The languages of three single vendors: Bazaarvoice's filters, Quickbase's queries, WIQL.

use super::error::Error;
use super::print::{Words, tree};
use super::{Comparison, Expression, Operator, Value};

/// `filter=field:value`, one a condition; every condition must hold.
///
/// # Source
/// <https://developers.bazaarvoice.com/v1.0-ConversationsAPI/docs/filtering>
pub(super) fn bazaarvoice(expression: &Expression) -> Result<Vec<(String, String)>, Error> {
    let mut query = Vec::new();
    for comparison in expression.conjuncts()? {
        let field = plain_name(&comparison.field)?;
        let operator = match comparison.operator {
            Operator::Equal | Operator::In => "",
            Operator::NotEqual | Operator::NotIn => "neq:",
            Operator::Less => "lt:",
            Operator::LessOrEqual => "lte:",
            Operator::Greater => "gt:",
            Operator::GreaterOrEqual => "gte:",
            other => return Err(refused(field, other, "compare with = != < <= > >= or IN")),
        };
        let values: Vec<String> = comparison
            .values
            .iter()
            .map(|value| {
                let mut escaped = String::new();
                for c in value.text().chars() {
                    if matches!(c, ':' | ',' | '\\') {
                        escaped.push('\\');
                    }
                    escaped.push(c);
                }
                escaped
            })
            .collect();
        query.push((
            "filter".to_owned(),
            format!("{field}:{operator}{}", values.join(",")),
        ));
    }
    Ok(query)
}

/// Quickbase: `{'7'.EX.'x'}AND{'8'.GT.'5'}`; the field is a number or a label.
///
/// # Source
/// <https://help.quickbase.com/docs/components-of-a-query>
pub(super) fn quickbase(expression: &Expression) -> Result<String, Error> {
    const WORDS: Words = Words {
        and: "AND",
        or: "OR",
        not: "",
    };
    refuse_not(expression)?;
    tree(expression, &WORDS, &|comparison| {
        let field = plain_name(&comparison.field)?;
        let (operator, join) = match comparison.operator {
            Operator::Equal | Operator::In | Operator::IsNull => ("EX", "OR"),
            Operator::NotEqual | Operator::NotIn | Operator::IsNotNull => ("XEX", "AND"),
            Operator::Less => ("LT", ""),
            Operator::LessOrEqual => ("LTE", ""),
            Operator::Greater => ("GT", ""),
            Operator::GreaterOrEqual => ("GTE", ""),
            Operator::Like => ("CT", ""),
            Operator::NotLike => ("XCT", ""),
        };
        let like = matches!(comparison.operator, Operator::Like | Operator::NotLike);
        let mut terms = Vec::new();
        for value in texts(comparison) {
            let (operator, value) = if like {
                contains_or_starts(comparison, operator, value)?
            } else {
                (operator, value)
            };
            if value.contains(['{', '}']) || (value.contains('\'') && value.contains('"')) {
                let why = "a value cannot hold braces, nor both kinds of quotes";
                return Err(refused(field, comparison.operator, why));
            }
            let quote = if value.contains('\'') { '"' } else { '\'' };
            terms.push(format!("{{'{field}'.{operator}.{quote}{value}{quote}}}"));
        }
        Ok(match terms.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(join)),
        })
    })
}

/// `%x%` contains, `x%` starts with; Quickbase knows no other pattern.
fn contains_or_starts<'a>(
    comparison: &Comparison,
    operator: &'static str,
    pattern: &'a str,
) -> Result<(&'static str, &'a str), Error> {
    let (open_start, rest) = match pattern.strip_prefix('%') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (open_end, text) = match rest.strip_suffix('%') {
        Some(text) => (true, text),
        None => (false, rest),
    };
    let operator = match (open_start, open_end, operator) {
        (true, true, operator) => operator,
        (false, true, "CT") => "SW",
        (false, true, _) => "XSW",
        (false, false, "CT") => "EX",
        (false, false, _) => "XEX",
        (true, false, _) => "",
    };
    if operator.is_empty() || text.contains('%') {
        let why = "'%' may stand at both ends, or at the end alone";
        return Err(refused(&comparison.field, comparison.operator, why));
    }
    Ok((operator, text))
}

/// The condition after `WHERE` in WIQL: `[System.Title] = 'x'`.
///
/// # Source
/// <https://learn.microsoft.com/azure/devops/boards/queries/wiql-syntax>
pub(super) fn wiql(expression: &Expression) -> Result<String, Error> {
    const WORDS: Words = Words {
        and: " AND ",
        or: " OR ",
        not: "NOT ",
    };
    tree(expression, &WORDS, &|comparison| {
        let name = plain_name(&comparison.field)?;
        let field = format!("[{name}]");
        let literal = |value: &Value| match value {
            Value::Number(_) | Value::Boolean(_) => value.text().to_owned(),
            _ => format!("'{}'", value.text().replace('\'', "''")),
        };
        let first = || literal(comparison.values.first().unwrap_or(&Value::Null));
        Ok(match comparison.operator {
            Operator::IsNull => format!("{field} = ''"),
            Operator::IsNotNull => format!("{field} <> ''"),
            Operator::NotEqual => format!("{field} <> {}", first()),
            Operator::In | Operator::NotIn => {
                let values: Vec<String> = comparison.values.iter().map(literal).collect();
                let list = format!("{field} IN ({})", values.join(", "));
                if comparison.operator == Operator::In {
                    list
                } else {
                    format!("(NOT {list})")
                }
            }
            Operator::Like | Operator::NotLike => {
                let text = comparison.values.first().map_or("", Value::text);
                let middle = text.trim_matches('%');
                if middle.contains('%') || text.len() != middle.len() + 2 {
                    let why = "'%' must stand at both ends";
                    return Err(refused(name, comparison.operator, why));
                }
                let word = if comparison.operator == Operator::Like {
                    "CONTAINS"
                } else {
                    "NOT CONTAINS"
                };
                format!("{field} {word} '{}'", middle.replace('\'', "''"))
            }
            operator => format!("{field} {operator} {}", first()),
        })
    })
}

/// The texts compared with; `IS NULL` compares with none at all, which these vendors write as empty text.
fn texts(comparison: &Comparison) -> Vec<&str> {
    if comparison.values.is_empty() {
        return vec![""];
    }
    comparison.values.iter().map(Value::text).collect()
}

fn refuse_not(expression: &Expression) -> Result<(), Error> {
    match expression {
        Expression::Comparison(_) => Ok(()),
        Expression::And(parts) | Expression::Or(parts) => parts.iter().try_for_each(refuse_not),
        Expression::Not(inner) => Err(Error::unsupported(
            inner.first_field(),
            "NOT",
            "use != or NOT LIKE on the field",
        )),
    }
}

fn refused(field: &str, operator: Operator, why: &'static str) -> Error {
    Error::unsupported(field, operator.as_str(), why)
}

/// Letters, digits, blanks and `._-`: nothing that could end a name in any of the three languages.
fn plain_name(field: &str) -> Result<&str, Error> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ' ');
    if !field.is_empty() && field.len() <= 512 && field.chars().all(plain) {
        Ok(field)
    } else {
        Err(Error::name(field))
    }
}
