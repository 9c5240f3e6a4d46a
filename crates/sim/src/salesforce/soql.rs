//! SOQL: text → [`Query`] → records.
//!
//! Understood: a list of fields (parents by dots), `COUNT()`, `FIELDS(ALL|STANDARD|CUSTOM)`; `WHERE` with `AND`, `OR`, `NOT`,
//! parentheses, `= != <> < <= > >= LIKE IN`, `NOT IN`; `ORDER BY` with `ASC|DESC` and `NULLS FIRST|LAST`; `LIMIT`, `OFFSET`.
//! Not understood: child queries, semi-joins, aggregates other than `COUNT()`, `GROUP BY`.

mod evaluate;
mod lexer;
mod literal;
mod parser;

use super::describe::{Field, Object};

pub use parser::parse;

/// A query whose names have been found in the catalogue.
#[derive(Debug)]
pub struct Query {
    /// What is asked for.
    pub select: Select,
    /// The object of `FROM`.
    pub object: &'static Object,
    /// The condition.
    pub filter: Option<Condition>,
    /// The order, most significant first.
    pub order: Vec<Order>,
    /// Most records.
    pub limit: Option<usize>,
    /// Records left out at the start.
    pub offset: usize,
}

/// What a query asks for.
#[derive(Debug)]
pub enum Select {
    /// Only how many there are.
    Count,
    /// These fields, in order.
    Fields(Vec<Path>),
}

/// A field, perhaps of a parent.
#[derive(Debug, Clone)]
pub struct Path {
    /// The references that lead there.
    pub hops: Vec<&'static Field>,
    /// The field.
    pub field: &'static Field,
}

/// A condition.
#[derive(Debug)]
pub enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A comparison of a field with a value.
    Compare(Path, Operator, Operand),
    /// Whether a field is among values; the flag negates.
    In(Path, bool, Vec<Operand>),
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=` and `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `LIKE`
    Like,
}

/// A value that fits its field.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// `null`, and `''`
    Null,
    /// Text; of a `LIKE`, the pattern.
    Text(String),
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// From the first millisecond up to the second, which is left out: a moment, or a whole day or longer.
    Span(i64, i64),
}

/// One key of the order.
#[derive(Debug)]
pub struct Order {
    /// The field.
    pub path: Path,
    /// Largest first.
    pub descending: bool,
    /// Nulls at the end.
    pub nulls_last: bool,
}

impl Query {
    /// Whether the condition pins a file link to documents or entities, without which the vendor does not look.
    pub fn names_link_filter(&self) -> bool {
        fn pins(condition: &Condition) -> bool {
            let link = |path: &Path| {
                path.hops.is_empty()
                    && matches!(
                        path.field.name.as_str(),
                        "ContentDocumentId" | "LinkedEntityId"
                    )
            };
            match condition {
                Condition::And(terms) => terms.iter().any(pins),
                Condition::Compare(path, Operator::Equal, _) | Condition::In(path, false, _) => {
                    link(path)
                }
                _ => false,
            }
        }
        self.filter.as_ref().is_some_and(pins)
    }
}

#[cfg(test)]
mod tests;
