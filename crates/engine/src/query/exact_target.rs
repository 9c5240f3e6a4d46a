//! ExactTarget's SOAP filters: simple parts, and complex ones that join two.

use std::fmt::Write as _;

use super::error::Error;
use super::literal::{is_datetime, is_local_datetime};
use super::print::identifier;
use super::{Comparison, Expression, Operator};
use crate::template::escape_xml;

/// Prints a `Filter` element; its namespace prefix `xsi` is the document's to declare.
///
/// # Source
/// <https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/complexfilterpart.html> (2026-11)
pub(super) fn print(expression: &Expression) -> Result<String, Error> {
    let mut out = String::new();
    element("Filter", expression, false, &mut out)?;
    Ok(out)
}

/// One element of the tree; `negated` turns it round, since the language has no NOT.
fn element(
    name: &str,
    expression: &Expression,
    negated: bool,
    out: &mut String,
) -> Result<(), Error> {
    match expression {
        Expression::Comparison(comparison) => simple(name, comparison, negated, out),
        Expression::Not(inner) => element(name, inner, !negated, out),
        Expression::And(parts) => complex(name, parts, !negated, negated, out),
        Expression::Or(parts) => complex(name, parts, negated, negated, out),
    }
}

/// Two operands an element: a longer list nests to the right.
fn complex(
    name: &str,
    parts: &[Expression],
    and: bool,
    negated: bool,
    out: &mut String,
) -> Result<(), Error> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(());
    };
    if rest.is_empty() {
        return element(name, first, negated, out);
    }
    let _ = write!(out, "<{name} xsi:type=\"ComplexFilterPart\">");
    element("LeftOperand", first, negated, out)?;
    let word = if and { "AND" } else { "OR" };
    let _ = write!(out, "<LogicalOperator>{word}</LogicalOperator>");
    complex("RightOperand", rest, and, negated, out)?;
    let _ = write!(out, "</{name}>");
    Ok(())
}

fn simple(
    name: &str,
    comparison: &Comparison,
    negated: bool,
    out: &mut String,
) -> Result<(), Error> {
    let field = identifier(&comparison.field)?;
    let operator = if negated {
        comparison.operator.inverse()
    } else {
        comparison.operator
    };
    let several = comparison.values.len() > 1;
    let word = match operator {
        Operator::In if several => "IN",
        Operator::Equal | Operator::In => "equals",
        // A list of what is not wanted is a chain of conditions.
        Operator::NotIn if several => {
            let each: Vec<Expression> = comparison
                .values
                .iter()
                .map(|value| {
                    Expression::Comparison(Comparison {
                        field: comparison.field.clone(),
                        operator: Operator::NotEqual,
                        values: vec![value.clone()],
                    })
                })
                .collect();
            return complex(name, &each, true, false, out);
        }
        Operator::NotEqual | Operator::NotIn => "notEquals",
        Operator::Less => "lessThan",
        Operator::LessOrEqual => "lessThanOrEqual",
        Operator::Greater => "greaterThan",
        Operator::GreaterOrEqual => "greaterThanOrEqual",
        Operator::Like => "like",
        Operator::IsNull => "isNull",
        Operator::IsNotNull => "isNotNull",
        Operator::NotLike => {
            return Err(Error::unsupported(
                field,
                operator.as_str(),
                "this vendor has no such operator; use != or LIKE",
            ));
        }
    };
    let _ = write!(
        out,
        "<{name} xsi:type=\"SimpleFilterPart\"><Property>{field}</Property><SimpleOperator>{word}</SimpleOperator>"
    );
    for value in &comparison.values {
        let text = value.text();
        let moment = operator != Operator::Like && (is_datetime(text) || is_local_datetime(text));
        let member = if moment { "DateValue" } else { "Value" };
        let _ = write!(out, "<{member}>{}</{member}>", escape_xml(text));
    }
    let _ = write!(out, "</{name}>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse_where;
    use super::*;

    fn printed(text: &str) -> String {
        print(&parse_where(text).unwrap())
            .unwrap()
            .replace(" xsi:type=\"SimpleFilterPart\"", "")
            .replace(" xsi:type=\"ComplexFilterPart\"", "")
    }

    fn part(name: &str, operator: &str, value: &str) -> String {
        format!("<Property>{name}</Property><SimpleOperator>{operator}</SimpleOperator>{value}")
    }

    #[test]
    fn a_comparison_is_a_simple_part_whose_text_stays_text() {
        assert_eq!(
            printed("ListName = '</Value>&'"),
            format!(
                "<Filter>{}</Filter>",
                part("ListName", "equals", "<Value>&lt;/Value&gt;&amp;</Value>")
            )
        );
        assert_eq!(
            printed("CreatedDate > '2017-11-07T10:56:05'"),
            format!(
                "<Filter>{}</Filter>",
                part(
                    "CreatedDate",
                    "greaterThan",
                    "<DateValue>2017-11-07T10:56:05</DateValue>"
                )
            )
        );
        assert_eq!(
            printed("ID IN (1, 2)"),
            format!(
                "<Filter>{}</Filter>",
                part("ID", "IN", "<Value>1</Value><Value>2</Value>")
            )
        );
        assert_eq!(printed("ID IN (1)"), printed("ID = 1"));
        assert_eq!(
            printed("`DataExtension.CustomerKey` IS NULL"),
            format!(
                "<Filter>{}</Filter>",
                part("DataExtension.CustomerKey", "isNull", "")
            )
        );
    }

    #[test]
    fn lists_nest_to_the_right_and_not_turns_round() {
        let (a, b, c) = (
            part("A", "equals", "<Value>1</Value>"),
            part("B", "equals", "<Value>2</Value>"),
            part("C", "equals", "<Value>3</Value>"),
        );
        assert_eq!(
            printed("A = 1 AND B = 2 AND C = 3"),
            format!(
                "<Filter><LeftOperand>{a}</LeftOperand><LogicalOperator>AND</LogicalOperator><RightOperand><LeftOperand>{b}</LeftOperand><LogicalOperator>AND</LogicalOperator><RightOperand>{c}</RightOperand></RightOperand></Filter>"
            )
        );
        assert_eq!(
            printed("NOT (A = 1 OR B = 2)"),
            printed("A != 1 AND B != 2")
        );
        assert_eq!(printed("A NOT IN (1, 2)"), printed("A != 1 AND A != 2"));
        assert_eq!(printed("NOT A NOT IN (1, 2)"), printed("A IN (1, 2)"));
    }

    #[test]
    fn what_the_vendor_cannot_say_is_refused() {
        for text in ["A NOT LIKE 'x%'", "`a<b` = 1"] {
            assert!(print(&parse_where(text).unwrap()).is_err(), "{text}");
        }
    }
}
