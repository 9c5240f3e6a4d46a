//! Literals of conditions, checked against the type of their field.

use ligand_model::time::Timestamp;

use super::lexer::{Kind, Token, plain};
use super::{Operand, Operator};
use crate::salesforce::describe::Field;
use crate::salesforce::error::{Answer, ApiError};
use crate::salesforce::{id, value};

const DAY: i64 = 86_400_000;

/// The value that a token stands for in a comparison with this field.
pub fn operand(
    field: &Field,
    operator: Operator,
    token: &Token,
    now: Timestamp,
) -> Answer<Operand> {
    if let Kind::Word(word) = &token.kind
        && word.eq_ignore_ascii_case("null")
    {
        return Ok(Operand::Null);
    }
    if operator == Operator::Like && !field.is_text() {
        return Err(ApiError::new(
            400,
            "INVALID_FIELD",
            format!("invalid operator on {} field", field.kind),
        ));
    }
    match (&token.kind, field.kind.as_str()) {
        (Kind::Text(text), _) if field.is_id() => {
            if text.is_empty() {
                return Ok(Operand::Null);
            }
            let id = id::normalize(text);
            let message = || format!("invalid ID field: {text}");
            id.map(Operand::Text)
                .ok_or_else(|| ApiError::new(400, "INVALID_QUERY_FILTER_OPERATOR", message()))
        }
        (Kind::Text(text), _) if field.is_text() => Ok(match operator {
            Operator::Like => Operand::Text(text.clone()),
            _ if text.is_empty() => Operand::Null,
            _ => Operand::Text(plain(text)),
        }),
        (Kind::Word(word), "boolean") if word.eq_ignore_ascii_case("true") => {
            Ok(Operand::Bool(true))
        }
        (Kind::Word(word), "boolean") if word.eq_ignore_ascii_case("false") => {
            Ok(Operand::Bool(false))
        }
        (Kind::Bare(text), _) if field.is_number() => text
            .parse()
            .map(Operand::Number)
            .map_err(|_| mistyped(field)),
        (Kind::Bare(text), "date") if text.len() == 10 => day(text).ok_or_else(|| mistyped(field)),
        (Kind::Bare(text), "datetime") if text.len() > 10 => {
            moment(text).ok_or_else(|| mistyped(field))
        }
        (Kind::Word(word), "date" | "datetime") => named(word, now).ok_or_else(|| mistyped(field)),
        _ => Err(mistyped(field)),
    }
}

fn day(text: &str) -> Option<Operand> {
    let start = Timestamp::parse(text)?.0;
    Some(Operand::Span(start, start.saturating_add(DAY)))
}

fn moment(text: &str) -> Option<Operand> {
    // Stored times have whole seconds.
    let at = value::parse_datetime(text)?.0.div_euclid(1000) * 1000;
    Some(Operand::Span(at, at.saturating_add(1000)))
}

/// Date words, in UTC.
fn named(word: &str, now: Timestamp) -> Option<Operand> {
    let today = now.0.div_euclid(DAY) * DAY;
    let upper = word.to_ascii_uppercase();
    let (name, count) = match upper.split_once(':') {
        Some((name, count)) => (
            name,
            count
                .parse::<i64>()
                .ok()
                .filter(|n| (0..=36_500).contains(n))?,
        ),
        None => (upper.as_str(), 0),
    };
    let counted = upper.contains(':');
    let start_of = |pattern: &str| Timestamp::parse(&now.format(pattern)).map(|t| t.0);
    let next_year = || -> Option<i64> {
        let year: i64 = now.format("%Y").parse().ok()?;
        Timestamp::parse(&format!("{}-01-01", year + 1)).map(|t| t.0)
    };
    let (start, end) = match (name, counted) {
        ("TODAY", false) => (today, today + DAY),
        ("YESTERDAY", false) => (today - DAY, today),
        ("TOMORROW", false) => (today + DAY, today + 2 * DAY),
        ("LAST_N_DAYS", true) => (today - count * DAY, today + DAY),
        ("NEXT_N_DAYS", true) => (today + DAY, today + (count + 1) * DAY),
        ("N_DAYS_AGO", true) => (today - count * DAY, today - (count - 1) * DAY),
        ("LAST_90_DAYS", false) => (today - 90 * DAY, today + DAY),
        ("THIS_MONTH", false) => {
            let start = start_of("%Y-%m-01")?;
            // Thirty-two days on is always in the next month, whose first day ends this one.
            let later = Timestamp(start + 32 * DAY).format("%Y-%m-01");
            (start, Timestamp::parse(&later)?.0)
        }
        ("THIS_YEAR", false) => (start_of("%Y-01-01")?, next_year()?),
        _ => return None,
    };
    Some(Operand::Span(start, end))
}

fn mistyped(field: &Field) -> ApiError {
    let (kind, quotes) = match field.kind.as_str() {
        "id" | "reference" => ("ID", "should be enclosed in quotes"),
        "boolean" => ("boolean", "should not be enclosed in quotes"),
        "int" => ("int", "should not be enclosed in quotes"),
        "double" | "currency" | "percent" => ("double", "should not be enclosed in quotes"),
        "date" => ("date", "should not be enclosed in quotes"),
        "datetime" => ("dateTime", "should not be enclosed in quotes"),
        _ => ("string", "should be enclosed in quotes"),
    };
    let message = format!(
        "value of filter criterion for field '{}' must be of type {kind} and {quotes}",
        field.name
    );
    ApiError::new(400, "INVALID_FIELD", message)
}
