//! The filters of Salesforce's reports.

use serde_json::json;

use super::error::Error;
use super::print::identifier_path;
use super::{Comparison, Expression, Operator};

/// `[{"column": "Amount", "operator": "greaterThan", "value": "100"}]`; every filter must hold.
///
/// # Source
/// <https://developer.salesforce.com/docs/atlas.en-us.api_analytics.meta/api_analytics/sforce_analytics_rest_api_filter_reference.htm>
pub(super) fn filters(expression: &Expression) -> Result<String, Error> {
    let mut filters = Vec::new();
    for comparison in expression.conjuncts()? {
        let column = identifier_path(&comparison.field)?;
        let (operator, value) = condition(comparison)?;
        filters.push(json!({ "column": column, "operator": operator, "value": value }));
    }
    Ok(serde_json::Value::Array(filters).to_string())
}

fn condition(comparison: &Comparison) -> Result<(&'static str, String), Error> {
    let values: Vec<&str> = comparison.values.iter().map(super::Value::text).collect();
    let value = values.join(",");
    let refuse = |reason| {
        let operator = comparison.operator.as_str();
        Err(Error::unsupported(&comparison.field, operator, reason))
    };
    if values.iter().any(|value| value.contains(',')) {
        return refuse("a report separates values by commas: one cannot hold a comma");
    }
    let operator = match comparison.operator {
        Operator::Equal | Operator::In | Operator::IsNull => "equals",
        Operator::NotEqual | Operator::NotIn | Operator::IsNotNull => "notEqual",
        Operator::Less => "lessThan",
        Operator::LessOrEqual => "lessOrEqual",
        Operator::Greater => "greaterThan",
        Operator::GreaterOrEqual => "greaterOrEqual",
        Operator::Like | Operator::NotLike => {
            let open_start = value.strip_prefix('%');
            let inner = open_start.unwrap_or(&value);
            let Some(inner) = inner.strip_suffix('%').filter(|inner| !inner.contains('%')) else {
                return refuse("'%' may stand at both ends, or at the end alone");
            };
            let operator = match (comparison.operator, open_start.is_some()) {
                (Operator::Like, true) => "contains",
                (Operator::Like, false) => "startsWith",
                (_, true) => "notContain",
                (_, false) => return refuse("NOT LIKE takes '%' at both ends"),
            };
            return Ok((operator, inner.to_owned()));
        }
    };
    Ok((operator, value))
}
