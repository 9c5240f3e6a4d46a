//! OData's `$filter`.

use super::error::Error;
use super::literal::{is_date, is_datetime};
use super::print::{Words, identifier, number, tree};
use super::{Comparison, Expression, Operator, Value};

/// Which literal syntax the vendor speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `datetime'…'`, `substringof`.
    Three,
    /// Bare dates, `contains`.
    Four,
}

const WORDS: Words = Words {
    and: " and ",
    or: " or ",
    not: "not ",
};

/// The filter; fields in `date_fields` compare with `datetimeoffset'…'` literals.
///
/// # Source
/// <https://www.odata.org/documentation/odata-version-3-0/url-conventions/>,
/// <https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html>
pub(super) fn print(
    expression: &Expression,
    version: Version,
    date_fields: &[&str],
) -> Result<String, Error> {
    tree(expression, &WORDS, &|leaf| {
        comparison(leaf, version, date_fields)
    })
}

fn comparison(
    comparison: &Comparison,
    version: Version,
    date_fields: &[&str],
) -> Result<String, Error> {
    let operator = comparison.operator;
    let name = comparison.field.as_str();
    // A dotted path is a path of segments in a URL's filter.
    let field = identifier(name)?.replace('.', "/");
    let dated = date_fields.contains(&name);
    let word = match operator {
        Operator::Equal => "eq",
        Operator::NotEqual => "ne",
        Operator::Less => "lt",
        Operator::LessOrEqual => "le",
        Operator::Greater => "gt",
        Operator::GreaterOrEqual => "ge",
        Operator::IsNull => return Ok(format!("{field} eq null")),
        Operator::IsNotNull => return Ok(format!("{field} ne null")),
        Operator::In | Operator::NotIn => {
            let (word, join) = if operator == Operator::In {
                ("eq", " or ")
            } else {
                ("ne", " and ")
            };
            let parts: Result<Vec<String>, Error> = comparison
                .values
                .iter()
                .map(|value| {
                    Ok(format!(
                        "{field} {word} {}",
                        literal(name, value, version, dated)?
                    ))
                })
                .collect();
            return Ok(format!("({})", parts?.join(join)));
        }
        Operator::Like => return like(&field, comparison, version),
        Operator::NotLike => {
            return Ok(format!("(not ({}))", like(&field, comparison, version)?));
        }
    };
    let value = comparison.values.first().unwrap_or(&Value::Null);
    Ok(format!(
        "{field} {word} {}",
        literal(name, value, version, dated)?
    ))
}

/// `%` at an end is all that the functions can say.
fn like(field: &str, comparison: &Comparison, version: Version) -> Result<String, Error> {
    let pattern = comparison.values.first().map_or("", Value::text);
    let (open_start, rest) = pattern
        .strip_prefix('%')
        .map_or((false, pattern), |rest| (true, rest));
    let (open_end, middle) = rest
        .strip_suffix('%')
        .map_or((false, rest), |rest| (true, rest));
    if middle.contains('%') {
        return Err(Error::unsupported(
            &comparison.field,
            comparison.operator.as_str(),
            "'%' may stand at the start and the end only",
        ));
    }
    let text = quote(middle);
    Ok(match (open_start, open_end, version) {
        (false, false, _) => format!("{field} eq {text}"),
        (false, true, _) => format!("startswith({field},{text})"),
        (true, false, _) => format!("endswith({field},{text})"),
        (true, true, Version::Four) => format!("contains({field},{text})"),
        (true, true, Version::Three) => format!("substringof({text},{field})"),
    })
}

/// A value; text that is exactly a date or time prints as the version's date literal (the same trap as in SOQL).
fn literal(field: &str, value: &Value, version: Version, dated: bool) -> Result<String, Error> {
    Ok(match value {
        Value::Text(text) if dated => format!("datetimeoffset{}", quote(text)),
        Value::Text(text) if version == Version::Four && (is_date(text) || is_datetime(text)) => {
            text.clone()
        }
        Value::Text(text) if version == Version::Three && is_date(text) => {
            format!("datetime'{text}T00:00:00'")
        }
        Value::Text(text) if version == Version::Three && is_datetime(text) => {
            // Version 3 keeps the offset out of `datetime`; UTC loses nothing by dropping it.
            match text.strip_suffix('Z') {
                Some(utc) => format!("datetime'{utc}'"),
                None => format!("datetimeoffset'{text}'"),
            }
        }
        Value::Text(text) => quote(text),
        Value::Number(text) => number(field, text)?,
        Value::Boolean(_) | Value::Null | Value::Word(_) => value.text().to_owned(),
    })
}

/// A string literal: a quote is doubled, nothing else has a meaning.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
