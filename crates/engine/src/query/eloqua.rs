//! Eloqua's `search` parameter: `term operator value`, blanks between terms mean AND, `*` stands for any text.

use ligand_model::time::Timestamp;

use super::error::Error;
use super::print::{identifier, number};
use super::{Comparison, Expression, Operator, Value};

/// Properties that Eloqua keeps as Unix seconds.
const TIMES: [&str; 2] = ["updatedAt", "createdAt"];

/// The search text.
///
/// # Source
/// <https://docs.oracle.com/cloud/latest/marketingcs_gs/OMCAB/Developers/RESTAPI/Tutorials/search_parameter.htm>
pub(super) fn print(expression: &Expression) -> Result<String, Error> {
    let terms: Result<Vec<String>, Error> = expression.conjuncts()?.into_iter().map(term).collect();
    Ok(terms?.join(" "))
}

fn term(comparison: &Comparison) -> Result<String, Error> {
    let Comparison {
        field,
        operator,
        values,
    } = comparison;
    let refuse = |reason| Err(Error::unsupported(field, operator.as_str(), reason));
    // The platform's name for the date that Eloqua's search calls `updatedAt`.
    let name = match identifier(field)? {
        "lastUpdatedAt" => "updatedAt",
        other => other,
    };
    let (symbol, like) = match operator {
        Operator::Like => ("=", true),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual => (operator.as_str(), false),
        // The search knows no OR.
        Operator::In if values.len() == 1 => ("=", false),
        Operator::In => return refuse("the vendor searches for one value at a time"),
        _ => return refuse("use =, !=, <, <=, >, >= or LIKE"),
    };
    let value = match values.first() {
        None | Some(Value::Null) => return refuse("there is no search for null"),
        Some(Value::Number(text)) => return Ok(format!("{name}{symbol}{}", number(field, text)?)),
        Some(value) => value.text(),
    };
    if value.contains('*') {
        return refuse("'*' cannot be searched for; LIKE with '%' finds parts");
    }
    if TIMES.contains(&name)
        && let Some(time) = Timestamp::parse(value)
    {
        return Ok(format!("{name}{symbol}{}", time.seconds()));
    }
    let value = if like {
        value.replace('%', "*")
    } else {
        value.to_owned()
    };
    match quote(&value) {
        Some(value) => Ok(format!("{name}{symbol}{value}")),
        None => refuse("a text with blanks or operators cannot hold a quote"),
    }
}

/// The value bare, or in quotes when it holds blanks or operators. Eloqua documents no escape for a quote, so a
/// quote is possible only inside a word; control characters are not possible at all.
fn quote(value: &str) -> Option<String> {
    let plain = |c: char| c.is_alphanumeric() || "_.@:+/-*'".contains(c);
    let inner_quotes_only = !value.starts_with('\'') && !value.ends_with('\'');
    if !value.is_empty() && value.chars().all(plain) && inner_quotes_only {
        return Some(value.to_owned());
    }
    if value.contains(|c: char| c == '\'' || c == '"' || c.is_control()) {
        return None;
    }
    Some(format!("'{value}'"))
}
