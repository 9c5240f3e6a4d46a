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
            id.map(Operand::Id)
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

/// Date words, in UTC; weeks begin on Sunday, fiscal periods are those of the calendar.
fn named(word: &str, now: Timestamp) -> Option<Operand> {
    let today = now.0.div_euclid(DAY) * DAY;
    let upper = word.to_ascii_uppercase();
    let (name, count) = match upper.split_once(':') {
        Some((name, count)) => {
            let count = count.parse::<i64>().ok();
            (name, Some(count.filter(|n| (0..=36_500).contains(n))?))
        }
        None => (upper.as_str(), None),
    };
    let name = name.replace("FISCAL_", "");
    let span = |start: i64, end: i64| Some(Operand::Span(start, end));
    match (name.as_str(), count) {
        ("TODAY", None) => return span(today, today + DAY),
        ("YESTERDAY", None) => return span(today - DAY, today),
        ("TOMORROW", None) => return span(today + DAY, today + 2 * DAY),
        ("LAST_90_DAYS", None) => return span(today - 90 * DAY, today + DAY),
        ("NEXT_90_DAYS", None) => return span(today + DAY, today + 91 * DAY),
        ("LAST_N_DAYS", Some(n)) => return span(today - n * DAY, today + DAY),
        ("NEXT_N_DAYS", Some(n)) => return span(today + DAY, today + (n + 1) * DAY),
        ("N_DAYS_AGO", Some(n)) => return span(today - n * DAY, today - (n - 1) * DAY),
        _ => {}
    }
    // `LAST_N_MONTHS:3` and `N_MONTHS_AGO:3` name their unit in the plural, `LAST_MONTH` in the singular.
    let (unit, from, to) = if let Some(count) = count {
        if let Some(unit) = name.strip_prefix("LAST_N_") {
            (unit.strip_suffix('S')?, -count, 0)
        } else if let Some(unit) = name.strip_prefix("NEXT_N_") {
            (unit.strip_suffix('S')?, 1, count + 1)
        } else {
            let unit = name.strip_prefix("N_")?.strip_suffix("S_AGO")?;
            (unit, -count, 1 - count)
        }
    } else {
        let (which, unit) = name.split_once('_')?;
        match which {
            "LAST" => (unit, -1, 0),
            "THIS" => (unit, 0, 1),
            "NEXT" => (unit, 1, 2),
            _ => return None,
        }
    };
    span(period(unit, now, from)?, period(unit, now, to)?)
}

/// The beginning of the period `steps` after the one that `now` is in.
fn period(unit: &str, now: Timestamp, steps: i64) -> Option<i64> {
    let today = now.0.div_euclid(DAY);
    let year: i64 = now.format("%Y").parse().ok()?;
    let month: i64 = now.format("%m").parse::<i64>().ok()? - 1;
    let months = match unit {
        // The first of January 1970 was a Thursday.
        "WEEK" => return Some((today - (today + 4).rem_euclid(7) + 7 * steps) * DAY),
        "MONTH" => year * 12 + month + steps,
        "QUARTER" => year * 12 + month.div_euclid(3) * 3 + 3 * steps,
        "YEAR" => (year + steps) * 12,
        _ => return None,
    };
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    Timestamp::parse(&format!("{year:04}-{month:02}-01")).map(|start| start.0)
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
