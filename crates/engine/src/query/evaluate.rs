//! A `where` and an `orderBy` on records at hand, for vendors that can do neither.
//!
//! Text is equal when it is the same; `LIKE` does not mind its case. Numbers compare as numbers, times as times, also
//! where the vendor writes them as text. A field that is not there is null: it is equal to `null` alone.

use std::cmp::Ordering;

use ligand_model::time::Timestamp;
use serde_json::Value as Json;

use super::error::Error;
use super::print::is_identifier;
use super::{Comparison, Expression, Operator, Value};
use crate::json_path;

/// One term of an `orderBy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderTerm {
    /// The field.
    pub field: String,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Whether records without the field come first; by default they do unless descending.
    pub nulls_first: bool,
}

/// Reads `orderBy=LastName DESC, Id`.
///
/// # Errors
/// A name that is none, or words other than `ASC`, `DESC`, `NULLS FIRST`, `NULLS LAST`.
pub fn parse_order_by(text: &str) -> Result<Vec<OrderTerm>, Error> {
    let mut terms = Vec::new();
    for term in text
        .split(',')
        .map(str::trim)
        .filter(|term| !term.is_empty())
    {
        let mut words = term.split_whitespace();
        let field = words.next().unwrap_or_default().trim_matches('`');
        if !is_identifier(field) {
            return Err(Error::name(term));
        }
        let words: Vec<String> = words.map(str::to_ascii_uppercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (descending, nulls) = match words.as_slice() {
            [] | ["ASC"] => (false, None),
            ["DESC"] => (true, None),
            ["NULLS", nulls @ ("FIRST" | "LAST")]
            | ["ASC", "NULLS", nulls @ ("FIRST" | "LAST")] => (false, Some(*nulls)),
            ["DESC", "NULLS", nulls @ ("FIRST" | "LAST")] => (true, Some(*nulls)),
            _ => {
                return Err(Error::unsupported(
                    field,
                    &words.join(" "),
                    "order by ASC or DESC",
                ));
            }
        };
        terms.push(OrderTerm {
            field: field.to_owned(),
            descending,
            nulls_first: nulls.map_or(!descending, |nulls| nulls == "FIRST"),
        });
    }
    Ok(terms)
}

/// Orders records; those that are equal stay as they came.
pub fn order(records: &mut [Json], terms: &[OrderTerm]) {
    records.sort_by(|a, b| {
        let mut terms = terms.iter().map(|term| compare_by(term, a, b));
        terms
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    });
}

fn compare_by(term: &OrderTerm, a: &Json, b: &Json) -> Ordering {
    match (member(a, &term.field), member(b, &term.field)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) if term.nulls_first => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) if term.nulls_first => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let order = Scalar::of(a).compare(&Scalar::of(b));
            if term.descending {
                order.reverse()
            } else {
                order
            }
        }
    }
}

impl Expression {
    /// Whether a record fits.
    pub fn holds(&self, record: &Json) -> bool {
        match self {
            Self::Comparison(comparison) => comparison.holds(record),
            Self::And(parts) => parts.iter().all(|part| part.holds(record)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(record)),
            Self::Not(inner) => !inner.holds(record),
        }
    }

    /// Every field that is compared.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::Comparison(comparison) => vec![&comparison.field],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(inner) => inner.fields(),
        }
    }

    /// The parts that must all hold.
    pub fn into_conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(parts) => parts.into_iter().flat_map(Self::into_conjuncts).collect(),
            other => vec![other],
        }
    }

    /// All of these together; nothing for none.
    pub fn all(mut parts: Vec<Self>) -> Option<Self> {
        match parts.len() {
            0 | 1 => parts.pop(),
            _ => Some(Self::And(parts)),
        }
    }
}

impl Comparison {
    fn holds(&self, record: &Json) -> bool {
        let found = member(record, &self.field);
        let is_any = || self.values.iter().any(|value| equals(found, value));
        let first = self.values.first().unwrap_or(&Value::Null);
        let ordered = |fits: fn(Ordering) -> bool| {
            found.is_some_and(|found| compares(found, first).is_some_and(fits))
        };
        match self.operator {
            Operator::Equal | Operator::In => is_any(),
            Operator::NotEqual | Operator::NotIn => !is_any(),
            Operator::IsNull => found.is_none(),
            Operator::IsNotNull => found.is_some(),
            Operator::Less => ordered(Ordering::is_lt),
            Operator::LessOrEqual => ordered(Ordering::is_le),
            Operator::Greater => ordered(Ordering::is_gt),
            Operator::GreaterOrEqual => ordered(Ordering::is_ge),
            Operator::Like => found.is_some_and(|found| like(found, first.text())),
            Operator::NotLike => !found.is_some_and(|found| like(found, first.text())),
        }
    }
}

/// The value of a field; null counts as absent. A name is found in another case when it is not there as written.
fn member<'a>(record: &'a Json, field: &str) -> Option<&'a Json> {
    let found = json_path::get(record, field).or_else(|| {
        let members = record.as_object()?.iter();
        members
            .filter(|(name, _)| name.eq_ignore_ascii_case(field))
            .map(|(_, value)| value)
            .next()
    });
    found.filter(|value| !value.is_null())
}

/// Of a list, any item: a choice of several is equal to each of its choices.
fn equals(found: Option<&Json>, value: &Value) -> bool {
    match (found, value) {
        (None, Value::Null) => true,
        (None, _) | (Some(_), Value::Null) => false,
        (Some(Json::Array(items)), value) => items.iter().any(|item| equals(Some(item), value)),
        (Some(found), value) => compares(found, value) == Some(Ordering::Equal),
    }
}

/// How a member relates to a literal; nothing where they cannot be compared.
fn compares(found: &Json, value: &Value) -> Option<Ordering> {
    if let (Json::Bool(found), value) = (found, value) {
        return Some(found.to_string().as_str().cmp(value.text()));
    }
    if found.is_object() || found.is_array() {
        return None;
    }
    let found = Scalar::of(found);
    Some(match value {
        // What a date word means here only the vendor knows.
        Value::Word(_) => return None,
        // What was typed in quotes is a number only where the vendor's value is one.
        Value::Text(text) if !matches!(found, Scalar::Number(_)) => {
            found.compare(&Scalar::of_text(text))
        }
        value => match value.text().parse() {
            Ok(number) => found.compare_number(number)?,
            Err(_) => found.compare(&Scalar::of_text(value.text())),
        },
    })
}

fn like(found: &Json, pattern: &str) -> bool {
    let Some(text) = json_path::text(found) else {
        return false;
    };
    let text = text.to_lowercase();
    let pattern = pattern.to_lowercase();
    let mut parts = pattern.split('%');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// A member as it is compared.
enum Scalar {
    Number(f64),
    Moment(i64, String),
    Text(String),
}

impl Scalar {
    fn of(value: &Json) -> Self {
        match value {
            Json::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            Json::String(text) => Self::of_text(text),
            other => Self::Text(json_path::text(other).unwrap_or_default()),
        }
    }

    fn of_text(text: &str) -> Self {
        match moment(text) {
            Some(time) => Self::Moment(time, text.to_owned()),
            None => Self::Text(text.to_owned()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Moment(_, text) | Self::Text(text) => text.clone(),
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Moment(a, _), Self::Moment(b, _)) => a.cmp(b),
            (a, b) => a.text().cmp(&b.text()),
        }
    }

    /// Against a number; text that holds none has no place among numbers.
    fn compare_number(&self, number: f64) -> Option<Ordering> {
        let own = match self {
            Self::Number(own) => *own,
            Self::Text(text) | Self::Moment(_, text) => text.trim().parse().ok()?,
        };
        own.partial_cmp(&number)
    }
}

/// RFC 3339, and Salesforce's way of writing an offset (`+0000`).
fn moment(text: &str) -> Option<i64> {
    if let Some(time) = Timestamp::parse(text) {
        return Some(time.0);
    }
    let plain = text.strip_suffix("+0000")?;
    Timestamp::parse(&format!("{plain}Z")).map(|time| time.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse_where;
    use super::*;

    fn fitting(condition: &str) -> Vec<i64> {
        let records = [
            json!({"id": 1, "name": "Ada", "size": 9, "born": "2020-01-01T00:00:00.000+0000", "tags": ["a", "b"], "on": true}),
            json!({"id": 2, "name": "bob", "size": "10", "born": "2021-06-01", "a": {"b": "x"}, "on": false}),
            json!({"id": 3, "name": null, "Size": 11.5}),
        ];
        let expression = parse_where(condition).unwrap();
        let fit = records.iter().filter(|record| expression.holds(record));
        fit.map(|record| record["id"].as_i64().unwrap()).collect()
    }

    #[test]
    fn every_operator_on_values_as_vendors_write_them() {
        for (condition, expected) in [
            ("name = 'Ada'", vec![1]),
            ("name = 'ada'", vec![]),
            ("name != 'Ada'", vec![2, 3]),
            ("name LIKE 'a%'", vec![1]),
            ("name LIKE '%B'", vec![2]),
            ("name LIKE '%d%'", vec![1]),
            ("name LIKE 'a'", vec![]),
            ("name NOT LIKE '%d%'", vec![2, 3]),
            ("name IS NULL", vec![3]),
            ("name = null", vec![3]),
            ("name IS NOT NULL", vec![1, 2]),
            ("size > 9", vec![2, 3]),
            ("size >= '9'", vec![1, 3]),
            ("size = 10", vec![2]),
            ("size IN (9, 11.5)", vec![1, 3]),
            ("size NOT IN (9, 10)", vec![3]),
            ("born < '2020-01-01T00:00:01Z'", vec![1]),
            ("born >= 2020-01-01", vec![1, 2]),
            ("tags = 'b'", vec![1]),
            ("a.b = 'x'", vec![2]),
            ("on = true", vec![1]),
            ("on = 'false'", vec![2]),
            ("name = 'Ada' OR size = 10 AND on = false", vec![1, 2]),
            ("NOT (name = 'Ada')", vec![2, 3]),
            ("missing > 1", vec![]),
        ] {
            assert_eq!(fitting(condition), expected, "{condition}");
        }
    }

    #[test]
    fn records_are_ordered_and_those_without_the_field_have_their_place() {
        let mut records = vec![
            json!({"n": "b", "s": 1}),
            json!({"s": 2}),
            json!({"n": "a", "s": 1}),
        ];
        let names = |records: &[Json]| {
            records
                .iter()
                .map(|one| one["n"].as_str().unwrap_or("-").to_owned())
                .collect::<String>()
        };
        for (text, expected) in [
            ("n", "-ab"),
            ("n DESC", "ba-"),
            ("n ASC NULLS LAST", "ab-"),
            ("s DESC, n desc", "-ba"),
        ] {
            order(&mut records, &parse_order_by(text).unwrap());
            assert_eq!(names(&records), expected, "{text}");
        }
        for wrong in ["n UP", "a b c", "1;drop", "n; x"] {
            assert!(parse_order_by(wrong).is_err(), "{wrong}");
        }
    }
}
