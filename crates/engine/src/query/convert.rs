//! From a converter's name in an element to the vendor's filter.

use super::error::Error;
use super::parse::parse_where;
use super::print::is_identifier;
use super::{
    Comparison, Expression, Operator, dialects, eloqua, exact_target, marketo, odata, report, soql,
};

/// What a converter printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Converted {
    /// Text that goes where the parameter points: a token of a query template.
    Text(String),
    /// Vendor query parameters, to be merged into the vendor query whatever the parameter's own name is.
    Query(Vec<(String, String)>),
}

/// Prints `text` by the named converter. Blank text is no filter at all.
///
/// | converter | reads | answers |
/// |---|---|---|
/// | `toQueryParameters`, any unknown name | `where` | a parameter a condition |
/// | `toODataFilter`, `toODataV3Filter` | `where` | `$filter` |
/// | `toSOQL` | `where` | text ` WHERE …` |
/// | `toSOQLOrderBy` | `orderBy` | text ` ORDER BY …` |
/// | `toFieldList` | `fields` | text `Id,Name` |
/// | `toSOQLAnd` | `where` | text ` AND (…)`, behind a condition of the template's own |
/// | `toSOQLFields` | `fields` | text `Id,Account.Name,(SELECT Id FROM Contacts)`; `*` is `FIELDS(ALL)` |
/// | `toSOQLText` | any text | text `'O\\'Neil'`, one literal |
/// | `toSOQLName` | a name | the name, when it is one |
/// | `toSOQLStatement` | SOQL | the statement; `SELECT *` selects every field |
/// | `toSFDCReportFilter` | `where` | text, a JSON array of report filters |
/// | `toEloquaSearch` | `where` | `search` |
/// | `toMarketoFilter` | `where` | `filterType`, `filterValues` |
/// | `toBazaarvoice` | `where` | `filter`, once a condition |
/// | `toQuickbase` | `where` | text `{'7'.EX.'x'}` |
/// | `toWiql` | `where` | text `[System.Title] = 'x'` |
/// | `toExactTargetFilter` | `where` | text `<Filter xsi:type="SimpleFilterPart">…</Filter>` |
///
/// # Errors
/// [`Error::Syntax`] and [`Error::TooMuch`] for text that does not parse; [`Error::Unsupported`] and [`Error::Name`]
/// for what the vendor's language cannot say.
pub fn convert(converter: &str, text: &str) -> Result<Converted, Error> {
    convert_with(converter, text, &[])
}

/// [`convert`], with the fields that the element's `odata.date.fields` names: their texts print as
/// `datetimeoffset'…'` literals.
pub fn convert_with(converter: &str, text: &str, date_fields: &[&str]) -> Result<Converted, Error> {
    match converter {
        "toFieldList" => return field_list(text).map(Converted::Text),
        "toSOQLOrderBy" => return soql::order_by(text).map(Converted::Text),
        "toSOQLFields" => return soql::select::fields(text).map(Converted::Text),
        "toSOQLText" => return Ok(Converted::Text(soql::select::text(text))),
        "toSOQLName" => return soql::select::name(text).map(Converted::Text),
        "toSOQLStatement" => return soql::select::statement(text).map(Converted::Text),
        _ => {}
    }
    let expression = if text.trim().is_empty() {
        None
    } else {
        Some(parse_where(text)?)
    };
    let Some(expression) = expression else {
        return Ok(match converter {
            "toSOQL" | "toSOQLAnd" | "toQuickbase" | "toWiql" | "toExactTargetFilter" => {
                Converted::Text(String::new())
            }
            _ => Converted::Query(Vec::new()),
        });
    };
    if let Some(comparison) = expression
        .dated()
        .filter(|_| !matches!(converter, "toSOQL" | "toSOQLAnd"))
    {
        return Err(Error::unsupported(
            &comparison.field,
            comparison.operator.as_str(),
            "this vendor knows no date words; give a date",
        ));
    }
    let query = match converter {
        "toSOQLAnd" => {
            let condition = soql::print(&expression)?;
            return Ok(Converted::Text(format!(" AND ({condition})")));
        }
        "toSFDCReportFilter" => return report::filters(&expression).map(Converted::Text),
        "toSOQL" => {
            return Ok(Converted::Text(format!(
                " WHERE {}",
                soql::print(&expression)?
            )));
        }
        "toQuickbase" => return dialects::quickbase(&expression).map(Converted::Text),
        "toWiql" => return dialects::wiql(&expression).map(Converted::Text),
        "toExactTargetFilter" => return exact_target::print(&expression).map(Converted::Text),
        "toBazaarvoice" => dialects::bazaarvoice(&expression)?,
        "toODataFilter" => one(
            "$filter",
            odata::print(&expression, odata::Version::Four, date_fields)?,
        ),
        "toODataV3Filter" => one(
            "$filter",
            odata::print(&expression, odata::Version::Three, date_fields)?,
        ),
        "toEloquaSearch" => one("search", eloqua::print(&expression)?),
        "toMarketoFilter" => marketo::print(&expression)?,
        _ => query_parameters(&expression)?,
    };
    Ok(Converted::Query(query))
}

/// Whether a converter keeps the field and the value of a condition and drops its operator.
pub fn drops_operators(converter: &str) -> bool {
    !matches!(
        converter,
        "toSOQL"
            | "toSOQLAnd"
            | "toSFDCReportFilter"
            | "toQuickbase"
            | "toWiql"
            | "toBazaarvoice"
            | "toODataFilter"
            | "toODataV3Filter"
            | "toEloquaSearch"
            | "toMarketoFilter"
    )
}

fn one(name: &str, value: String) -> Vec<(String, String)> {
    vec![(name.to_owned(), value)]
}

/// One parameter a condition; the operator is dropped, as the format says, and a later condition on the same field
/// replaces an earlier one.
fn query_parameters(expression: &Expression) -> Result<Vec<(String, String)>, Error> {
    let mut query: Vec<(String, String)> = Vec::new();
    for Comparison {
        field,
        operator,
        values,
    } in expression.conjuncts()?
    {
        if matches!(
            operator,
            Operator::NotLike | Operator::NotIn | Operator::IsNull | Operator::IsNotNull
        ) {
            return Err(Error::unsupported(
                field,
                operator.as_str(),
                "use field = value",
            ));
        }
        let value = values
            .iter()
            .map(super::Value::text)
            .collect::<Vec<_>>()
            .join(",");
        match query.iter_mut().find(|(name, _)| name == field) {
            Some((_, earlier)) => *earlier = value,
            None => query.push((field.clone(), value)),
        }
    }
    Ok(query)
}

/// `fields=Id, Name` as `Id,Name`; names are identifiers and come once, whatever their case.
fn field_list(text: &str) -> Result<String, Error> {
    let mut names: Vec<&str> = Vec::new();
    for name in text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if !is_identifier(name) {
            return Err(Error::name(name));
        }
        if !names
            .iter()
            .any(|earlier| earlier.eq_ignore_ascii_case(name))
        {
            names.push(name);
        }
    }
    Ok(names.join(","))
}
