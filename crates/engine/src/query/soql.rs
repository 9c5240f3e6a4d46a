//! Salesforce's query language.

pub(super) mod select;

use std::fmt::Write;

use super::error::Error;
use super::literal::{is_date, is_date_word, is_datetime};
use super::print::{Words, identifier, is_identifier, number, tree};
use super::{Comparison, Expression, Operator, Value};

const WORDS: Words = Words {
    and: " AND ",
    or: " OR ",
    not: "NOT ",
};

/// The condition after `WHERE`.
///
/// # Source
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm>
pub(super) fn print(expression: &Expression) -> Result<String, Error> {
    tree(expression, &WORDS, &comparison)
}

fn comparison(comparison: &Comparison) -> Result<String, Error> {
    let field = identifier(&comparison.field)?;
    let operator = comparison.operator;
    Ok(match operator {
        Operator::IsNull => format!("{field} = null"),
        Operator::IsNotNull => format!("{field} != null"),
        Operator::In | Operator::NotIn => {
            let values: Result<Vec<String>, Error> = comparison
                .values
                .iter()
                .map(|value| literal(field, value))
                .collect();
            format!("{field} {operator} ({})", values?.join(","))
        }
        Operator::Like | Operator::NotLike => {
            let pattern = match comparison.values.first() {
                Some(Value::Null) | None => {
                    return Err(Error::unsupported(
                        field,
                        operator.as_str(),
                        "LIKE takes text",
                    ));
                }
                Some(value) => quote(value.text()),
            };
            if operator == Operator::Like {
                format!("{field} LIKE {pattern}")
            } else {
                format!("(NOT {field} LIKE {pattern})")
            }
        }
        _ => {
            let value = comparison.values.first().unwrap_or(&Value::Null);
            if *value == Value::Null && !matches!(operator, Operator::Equal | Operator::NotEqual) {
                return Err(Error::unsupported(
                    field,
                    operator.as_str(),
                    "null has no order",
                ));
            }
            format!("{field} {operator} {}", literal(field, value)?)
        }
    })
}

/// A value as SOQL writes it.
///
/// Text that is exactly an RFC 3339 date or time prints bare, because SOQL takes dates only so and callers write
/// them in quotes. The trap: a *text* field compared with such a text gets a date literal, and Salesforce refuses
/// the comparison; there, LIKE (always quoted) does what is meant.
fn literal(field: &str, value: &Value) -> Result<String, Error> {
    Ok(match value {
        Value::Text(text) if is_date(text) || is_datetime(text) => text.clone(),
        Value::Text(text) => quote(text),
        Value::Number(text) => number(field, text)?,
        Value::Word(word) if is_date_word(word) => word.clone(),
        Value::Word(word) => {
            return Err(Error::unsupported(
                field,
                word,
                "it is no date word of SOQL",
            ));
        }
        Value::Boolean(_) | Value::Null => value.text().to_owned(),
    })
}

/// A string literal; every character that could end it or is no printable character is escaped.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// ` ORDER BY Name DESC, Id`; empty for blank text.
pub(super) fn order_by(text: &str) -> Result<String, Error> {
    let mut terms = Vec::new();
    for term in text
        .split(',')
        .map(str::trim)
        .filter(|term| !term.is_empty())
    {
        let mut words = term.split_whitespace();
        let field = words.next().unwrap_or_default();
        if !is_identifier(field) {
            return Err(Error::name(term));
        }
        let rest: Vec<String> = words.map(str::to_ascii_uppercase).collect();
        let direction: Vec<&str> = rest.iter().map(String::as_str).collect();
        if !matches!(
            direction.as_slice(),
            [] | ["ASC" | "DESC"]
                | ["NULLS", "FIRST" | "LAST"]
                | ["ASC" | "DESC", "NULLS", "FIRST" | "LAST"]
        ) {
            return Err(Error::unsupported(
                field,
                &rest.join(" "),
                "order by ASC or DESC",
            ));
        }
        terms.push([&[field], direction.as_slice()].concat().join(" "));
    }
    if terms.is_empty() {
        Ok(String::new())
    } else {
        Ok(format!(" ORDER BY {}", terms.join(", ")))
    }
}
