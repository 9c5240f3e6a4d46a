//! What SOQL selects: field lists with child queries, names, single values, whole statements.

use std::fmt::Write as _;

use super::{order_by, print, quote};
use crate::query::error::{Error, shorten};
use crate::query::parse_where;
use crate::query::print::is_identifier;

/// Most records of a statement that asks for every field: the vendor's own limit for `FIELDS(ALL)`.
const MOST_OF_ALL: &str = "200";

/// `Id,Name,Account.Name,(SELECT Id FROM Contacts)`. `Id` comes first when nothing names it, so that records can be found
/// again; `*` is every field.
///
/// # Source
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm>
pub(in crate::query) fn fields(text: &str) -> Result<String, Error> {
    let mut items: Vec<String> = Vec::new();
    for item in split_list(text) {
        let printed = field(item)?;
        if !items
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&printed))
        {
            items.push(printed);
        }
    }
    let every = |item: &String| item.starts_with("FIELDS(");
    if items.iter().any(every) {
        // The vendor refuses a field that is selected twice.
        items.retain(|item| every(item) || item.contains(['.', '(']));
    } else if !items.iter().any(|item| item.eq_ignore_ascii_case("Id")) {
        items.insert(0, "Id".to_owned());
    }
    Ok(items.join(","))
}

fn field(item: &str) -> Result<String, Error> {
    if item == "*" {
        return Ok("FIELDS(ALL)".to_owned());
    }
    let upper = item.to_ascii_uppercase();
    if ["FIELDS(ALL)", "FIELDS(STANDARD)", "FIELDS(CUSTOM)"].contains(&upper.as_str()) {
        return Ok(upper);
    }
    match item
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(query) => child_query(query),
        None if is_identifier(item) => Ok(item.to_owned()),
        None => Err(Error::name(item)),
    }
}

/// `SELECT … FROM Contacts WHERE … ORDER BY … LIMIT …`, read and printed anew.
fn child_query(text: &str) -> Result<String, Error> {
    let clauses = clauses(text);
    let clause = |word: &str| {
        let found = clauses.iter().find(|(known, _)| *known == word);
        found.map(|(_, text)| text.trim())
    };
    let wrong = || Error::name(&format!("({text})"));
    let (Some(("SELECT", selected)), Some(from)) = (clauses.first().copied(), clause("FROM"))
    else {
        return Err(wrong());
    };
    if !is_identifier(from) {
        return Err(Error::name(from));
    }
    let mut names = Vec::new();
    for name in split_list(selected) {
        names.push(
            field(name)
                .ok()
                .filter(|name| !name.starts_with('('))
                .ok_or_else(wrong)?,
        );
    }
    if names.is_empty() {
        return Err(wrong());
    }
    let mut out = format!("(SELECT {} FROM {from}", names.join(","));
    if let Some(condition) = clause("WHERE") {
        out.push_str(" WHERE ");
        out.push_str(&print(&parse_where(condition)?)?);
    }
    if let Some(order) = clause("ORDER BY") {
        out.push_str(&order_by(order)?);
    }
    if let Some(limit) = clause("LIMIT") {
        let number: u32 = limit.parse().map_err(|_| wrong())?;
        let _ = write!(out, " LIMIT {number}");
    }
    out.push(')');
    Ok(out)
}

/// One value as a string literal.
pub(in crate::query) fn text(value: &str) -> String {
    quote(value)
}

/// The name of an object or relationship.
pub(in crate::query) fn name(text: &str) -> Result<String, Error> {
    if is_identifier(text) && !text.contains('.') {
        Ok(text.to_owned())
    } else {
        Err(Error::name(text))
    }
}

/// A statement of the caller's own; `SELECT *`, which SOQL does not know, becomes every field.
///
/// # Source
/// <https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm>
pub(in crate::query) fn statement(text: &str) -> Result<String, Error> {
    let clauses = clauses(text);
    let Some(("SELECT", selected)) = clauses.first().copied() else {
        return Err(Error::Syntax {
            at: 1,
            expected: "SELECT",
            found: format!("'{}'", shorten(text)),
        });
    };
    if selected.trim() != "*" {
        return Ok(text.trim().to_owned());
    }
    let limited = clauses.iter().any(|(word, _)| *word == "LIMIT");
    let rest: Vec<String> = clauses
        .iter()
        .skip(1)
        .map(|(word, text)| format!(" {word} {}", text.trim()))
        .collect();
    let limit = if limited {
        String::new()
    } else {
        format!(" LIMIT {MOST_OF_ALL}")
    };
    Ok(format!("SELECT FIELDS(ALL){}{limit}", rest.concat()))
}

/// Cuts at the commas that stand in no parenthesis and no literal; blank items are left out.
fn split_list(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut start = 0;
    for (at, c) in outside(text) {
        if c == ',' {
            items.push(text.get(start..at).unwrap_or_default().trim());
            start = at + 1;
        }
    }
    items.push(text.get(start..).unwrap_or_default().trim());
    items.retain(|item| !item.is_empty());
    items
}

/// Cuts a statement at its clauses; what precedes the first is dropped only when it is blank.
fn clauses(text: &str) -> Vec<(&'static str, &str)> {
    const WORDS: [&str; 8] = [
        "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET",
    ];
    let mut marks: Vec<(&'static str, usize, usize)> = Vec::new();
    let mut before = ' ';
    for (at, c) in outside(text) {
        if !continues(before) && continues(c) {
            let rest = text.get(at..).unwrap_or_default();
            if let Some((word, length)) = WORDS
                .iter()
                .find_map(|word| Some((*word, begins(rest, word)?)))
            {
                marks.push((word, at, at + length));
            }
        }
        before = c;
    }
    if marks
        .first()
        .is_none_or(|(_, at, _)| !text.get(..*at).unwrap_or_default().trim().is_empty())
    {
        return Vec::new();
    }
    let ends = marks
        .iter()
        .skip(1)
        .map(|(_, at, _)| *at)
        .chain([text.len()]);
    marks
        .iter()
        .zip(ends)
        .map(|((word, _, from), to)| (*word, text.get(*from..to).unwrap_or_default()))
        .collect()
}

const fn continues(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

/// How much of `text` the words of a clause take, blanks between them counted as they are.
fn begins(text: &str, clause: &str) -> Option<usize> {
    let mut rest = text;
    for (index, word) in clause.split(' ').enumerate() {
        if index > 0 {
            let trimmed = rest.trim_start();
            if trimmed.len() == rest.len() {
                return None;
            }
            rest = trimmed;
        }
        let (found, after) = rest.split_at_checked(word.len())?;
        if !found.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = after;
    }
    (!rest.starts_with(continues)).then(|| text.len() - rest.len())
}

/// The characters that stand in no parenthesis and no literal.
fn outside(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    text.char_indices().filter(move |(_, c)| {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\'' => quoted = false,
                _ => {}
            }
            return false;
        }
        match c {
            '\'' => {
                quoted = true;
                false
            }
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        }
    })
}
