//! Filters of a SOAP retrieve: simple parts, and complex ones that join two by AND or OR.

use std::cmp::Ordering;

use super::objects::{Object, Property};
use super::state::{moment, plain};
use crate::record_store::Record;
use crate::xml::Node;

/// A filter that was read and found good.
#[derive(Debug)]
pub enum Filter {
    /// Property, its type, operator, values.
    Simple(String, String, String, Vec<String>),
    /// Both or either.
    Complex(Box<Filter>, bool, Box<Filter>),
}

const OPERATORS: [&str; 13] = [
    "equals",
    "notEquals",
    "isNull",
    "isNotNull",
    "greaterThan",
    "lessThan",
    "greaterThanOrEqual",
    "lessThanOrEqual",
    "between",
    "IN",
    "like",
    "startsWith",
    "contains",
];

impl Filter {
    /// Reads a `Filter` element against what an object has.
    ///
    /// # Errors
    /// The vendor's sentence, without `Error: `.
    pub fn read(node: &Node, object: &Object, name: &str) -> Result<Self, String> {
        let kind = node.kind.as_deref().unwrap_or("SimpleFilterPart");
        if kind == "ComplexFilterPart" {
            let part = |side: &str| {
                let missing = format!("The ComplexFilterPart has no {side}.");
                Self::read(node.child(side).ok_or(missing)?, object, name).map(Box::new)
            };
            let (left, right) = (part("LeftOperand")?, part("RightOperand")?);
            let both = match node.text_of("LogicalOperator") {
                Some("AND") => true,
                Some("OR") => false,
                other => {
                    return Err(format!(
                        "The LogicalOperator '{}' is not valid.",
                        other.unwrap_or_default()
                    ));
                }
            };
            let mut whole = Self::Complex(left, both, right);
            // More operands of the same kind may follow.
            let more = node.child("AdditionalOperands");
            for operand in more.into_iter().flat_map(|more| more.all("Operand")) {
                let operand = Box::new(Self::read(operand, object, name)?);
                whole = Self::Complex(Box::new(whole), both, operand);
            }
            return Ok(whole);
        }
        let asked = node.text_of("Property").unwrap_or_default();
        let property: Option<Property<'_>> = object
            .property(asked)
            .filter(|property| property.retrievable);
        let Some(property) = property else {
            return Err(format!(
                "The Filter Property '{asked}' does not match with the fields of {name} retrieve"
            ));
        };
        let operator = node.text_of("SimpleOperator").unwrap_or_default();
        if !OPERATORS.contains(&operator) {
            return Err(format!("The SimpleOperator '{operator}' is not valid."));
        }
        let values: Vec<String> = node
            .children
            .iter()
            .filter(|child| matches!(child.name.as_str(), "Value" | "DateValue"))
            .map(|child| child.text.trim().to_owned())
            .collect();
        let wanted = match operator {
            "isNull" | "isNotNull" => 0,
            "between" => 2,
            _ => 1,
        };
        if values.len() < wanted {
            return Err(format!(
                "The operator {operator} on '{asked}' needs {wanted} value(s)."
            ));
        }
        for value in &values {
            let fits = match property.kind {
                "int" => value.parse::<i64>().is_ok(),
                "date" => moment(value).is_some(),
                "bool" => matches!(
                    value.to_ascii_lowercase().as_str(),
                    "true" | "false" | "0" | "1"
                ),
                _ => true,
            };
            if !fits {
                return Err(format!(
                    "The value '{value}' is not valid for the property '{asked}'."
                ));
            }
        }
        Ok(Self::Simple(
            asked.to_owned(),
            property.kind.to_owned(),
            operator.to_owned(),
            values,
        ))
    }

    /// Whether a record passes.
    pub fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Complex(left, true, right) => left.holds(record) && right.holds(record),
            Self::Complex(left, false, right) => left.holds(record) || right.holds(record),
            Self::Simple(property, kind, operator, values) => {
                let has = plain(record.get(property));
                let first = values.first().map_or("", String::as_str);
                let order = |value: &str| compare(kind, &has, value);
                let lower = has.to_lowercase();
                match operator.as_str() {
                    "isNull" => has.is_empty(),
                    "isNotNull" => !has.is_empty(),
                    "notEquals" => order(first) != Some(Ordering::Equal),
                    "equals" => order(first) == Some(Ordering::Equal),
                    "IN" => values
                        .iter()
                        .any(|value| order(value) == Some(Ordering::Equal)),
                    "greaterThan" => order(first) == Some(Ordering::Greater),
                    "lessThan" => order(first) == Some(Ordering::Less),
                    "greaterThanOrEqual" => order(first).is_some_and(Ordering::is_ge),
                    "lessThanOrEqual" => order(first).is_some_and(Ordering::is_le),
                    "between" => {
                        order(first).is_some_and(Ordering::is_ge)
                            && values
                                .get(1)
                                .is_some_and(|to| order(to).is_some_and(Ordering::is_le))
                    }
                    "startsWith" => lower.starts_with(&first.to_lowercase()),
                    "contains" => lower.contains(&first.to_lowercase()),
                    _ => like(&lower, &first.to_lowercase()),
                }
            }
        }
    }
}

/// Orders by the property's type; nothing compares with an absent value.
fn compare(kind: &str, has: &str, value: &str) -> Option<Ordering> {
    if has.is_empty() {
        return value.is_empty().then_some(Ordering::Equal);
    }
    match kind {
        "int" => Some(has.parse::<i64>().ok()?.cmp(&value.parse().ok()?)),
        "date" => Some(moment(has)?.cmp(&moment(value)?)),
        "bool" => {
            let truth = |text: &str| matches!(text.to_ascii_lowercase().as_str(), "true" | "1");
            Some(truth(has).cmp(&truth(value)))
        }
        _ => Some(has.to_lowercase().cmp(&value.to_lowercase())),
    }
}

/// `%` stands for any text; without one the text is looked for anywhere.
fn like(text: &str, pattern: &str) -> bool {
    if !pattern.contains('%') {
        return text.contains(pattern);
    }
    let pieces: Vec<&str> = pattern.split('%').collect();
    let last = pieces.len() - 1;
    let mut rest = text;
    for (at, piece) in pieces.iter().enumerate() {
        if at == 0 {
            let Some(after) = rest.strip_prefix(piece) else {
                return false;
            };
            rest = after;
        } else if at == last {
            return rest.ends_with(piece);
        } else if let Some((_, after)) = rest.split_once(piece) {
            rest = after;
        } else {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::objects;
    use super::*;
    use crate::xml;
    use serde_json::json;

    fn filter(text: &str) -> Result<Filter, String> {
        let node = xml::read(&format!("<Filter xmlns:xsi=\"x\" {text}</Filter>"))?;
        Filter::read(&node, &objects::all()["List"], "List")
    }

    fn part(property: &str, operator: &str, value: &str) -> String {
        format!(
            "xsi:type=\"SimpleFilterPart\"><Property>{property}</Property><SimpleOperator>{operator}</SimpleOperator><Value>{value}</Value>"
        )
    }

    #[test]
    fn every_operator_decides_by_the_propertys_type() {
        let record =
            json!({"ID": 20, "ListName": "News Daily", "CreatedDate": "2026-01-02T00:00:00"});
        let record = record.as_object().unwrap();
        for (property, operator, value, holds) in [
            ("ID", "greaterThan", "9", true),
            ("ID", "lessThan", "9", false),
            ("ID", "notEquals", "20", false),
            ("ListName", "equals", "news daily", true),
            ("ListName", "like", "news%", true),
            ("ListName", "like", "%weekly", false),
            ("ListName", "startsWith", "Daily", false),
            ("ListName", "contains", "dai", true),
            (
                "CreatedDate",
                "lessThanOrEqual",
                "2026-01-02T00:00:00Z",
                true,
            ),
            ("Description", "isNull", "", true),
            ("Description", "isNotNull", "", false),
        ] {
            let read = filter(&part(property, operator, value)).unwrap();
            assert_eq!(read.holds(record), holds, "{property} {operator} {value}");
        }
        assert!(
            filter(&part("Nothing", "equals", "1"))
                .unwrap_err()
                .contains("'Nothing'")
        );
        assert!(filter(&part("ID", "equals", "x")).is_err());
        assert!(filter(&part("ID", "is", "1")).is_err());
    }
}
