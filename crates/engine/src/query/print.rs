//! What the printers of the vendors' languages share: names, numbers, the tree of conditions.

use super::error::Error;
use super::literal::is_number;
use super::{Comparison, Expression};

/// `[A-Za-z_][A-Za-z0-9_]*`, dotted: what a name is in every language printed here.
pub(super) fn is_identifier(name: &str) -> bool {
    name.len() <= 512
        && name.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
}

/// The column of a report: as identifiers are, with `!` or `$` where custom report types have them.
pub(super) fn identifier_path(column: &str) -> Result<&str, Error> {
    let plain = column.replace(['$', '!'], "_");
    if is_identifier(&plain) {
        Ok(column)
    } else {
        Err(Error::name(column))
    }
}

/// The field when it is an identifier.
pub(super) fn identifier(field: &str) -> Result<&str, Error> {
    if is_identifier(field) {
        Ok(field)
    } else {
        Err(Error::name(field))
    }
}

/// The number when it is one: an expression may have been built by hand.
pub(super) fn number(field: &str, text: &str) -> Result<String, Error> {
    if is_number(text) {
        Ok(text.to_owned())
    } else {
        Err(Error::unsupported(field, text, "the value is not a number"))
    }
}

/// The words of a language that nests conditions with parentheses.
pub(super) struct Words {
    pub(super) and: &'static str,
    pub(super) or: &'static str,
    pub(super) not: &'static str,
}

/// Prints the tree with parentheses around every nested compound, so that no precedence rule matters.
pub(super) fn tree(
    expression: &Expression,
    words: &Words,
    leaf: &dyn Fn(&Comparison) -> Result<String, Error>,
) -> Result<String, Error> {
    let nested = |part: &Expression| {
        let text = tree(part, words, leaf)?;
        Ok(match part {
            Expression::And(_) | Expression::Or(_) => format!("({text})"),
            Expression::Comparison(_) | Expression::Not(_) => text,
        })
    };
    let list = |parts: &[Expression], word: &str| {
        let printed: Result<Vec<String>, Error> = parts.iter().map(nested).collect();
        printed.map(|parts| parts.join(word))
    };
    match expression {
        Expression::Comparison(comparison) => leaf(comparison),
        Expression::And(parts) => list(parts, words.and),
        Expression::Or(parts) => list(parts, words.or),
        Expression::Not(inner) => Ok(format!("({}({}))", words.not, tree(inner, words, leaf)?)),
    }
}
