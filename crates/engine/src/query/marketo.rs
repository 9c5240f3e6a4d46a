//! Marketo's lead database: one field, a list of values.

use super::error::Error;
use super::{Expression, Operator, Value};

/// `filterType` and `filterValues`.
///
/// A comma list inside one `=` literal (`marketoGUID='a,b'`) is a list, as callers of this platform write it; within
/// `IN`, where the list has a form of its own, a comma in a value is refused.
///
/// # Source
/// <https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/lead-database>
pub(super) fn print(expression: &Expression) -> Result<Vec<(String, String)>, Error> {
    let conjuncts = expression.conjuncts()?;
    let [comparison] = conjuncts.as_slice() else {
        let second = conjuncts
            .get(1)
            .map_or("", |comparison| comparison.field.as_str());
        return Err(Error::unsupported(
            second,
            "AND",
            "exactly one field can be filtered by",
        ));
    };
    let field = comparison.field.as_str();
    let refuse = |reason| {
        Err(Error::unsupported(
            field,
            comparison.operator.as_str(),
            reason,
        ))
    };
    if !matches!(comparison.operator, Operator::Equal | Operator::In) {
        return refuse("use = or IN");
    }
    // Custom fields of some Marketo subscriptions have hyphens in their names.
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        || !field.chars().all(named)
    {
        return Err(Error::name(field));
    }
    for value in &comparison.values {
        match value {
            Value::Null => return refuse("null is no value"),
            _ if value.text().trim().is_empty() => return refuse("a value is needed"),
            Value::Text(text) if comparison.operator == Operator::In && text.contains(',') => {
                return refuse("a value in a list cannot hold a comma");
            }
            _ => {}
        }
    }
    let values: Vec<&str> = comparison.values.iter().map(Value::text).collect();
    Ok(vec![
        ("filterType".to_owned(), field.to_owned()),
        ("filterValues".to_owned(), values.join(",")),
    ])
}
