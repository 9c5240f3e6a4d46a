//! SOQL: text → [`Query`] → records.
//!
//! Understood: fields (parents by dots), child queries, `FIELDS(ALL|STANDARD|CUSTOM)`, `toLabel`, `FORMAT`,
//! `convertCurrency`, `COUNT()`, the aggregates with aliases, `GROUP BY` and `HAVING`; `WHERE` with `AND`, `OR`, `NOT`,
//! parentheses, `= != <> < <= > >= LIKE IN`, `NOT IN`, semi-joins, `INCLUDES`, `EXCLUDES`; `ORDER BY` with `ASC|DESC` and `NULLS FIRST|LAST`; `LIMIT`, `OFFSET`; date words.
//! Taken and without effect: `FOR …`, `WITH SECURITY_ENFORCED|USER_MODE|SYSTEM_MODE`, `USING SCOPE …`, `ALL ROWS`.
//! Not understood: `TYPEOF`, `WITH DATA CATEGORY`, date functions, `ROLLUP` and `CUBE`, distances.

mod evaluate;
mod lexer;
mod literal;
mod parser;

use std::sync::Arc;

use super::describe::{Field, Object};

pub use parser::{parse, parse_tooling};

/// A query whose names have been found in the catalogue.
#[derive(Debug)]
pub struct Query {
    /// What is asked for.
    pub select: Select,
    /// The object of `FROM`.
    pub object: &'static Object,
    /// The condition.
    pub filter: Option<Condition>,
    /// What `GROUP BY` names.
    pub group: Vec<Path>,
    /// The conditions on groups; all must hold.
    pub having: Vec<(Measure, Operator, Operand)>,
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
    /// These, in order.
    Fields(Vec<Item>),
    /// A row a group: the name of each column and what it holds.
    Groups(Vec<(String, Measure)>),
}

/// One thing selected.
#[derive(Debug)]
pub enum Item {
    /// A field.
    Field(Path),
    /// `toLabel`, `convertCurrency` or, as text, `FORMAT` of a field, and the name that it is shown under.
    Shown(Path, Option<String>, bool),
    /// The children of one relationship.
    Children(Box<Children>),
}

/// A query on the children of each record.
#[derive(Debug)]
pub struct Children {
    /// The relationship's name.
    pub relationship: String,
    /// The field of the children that names the parent.
    pub link: &'static Field,
    /// What is asked of them.
    pub query: Query,
}

/// What a column of groups holds.
#[derive(Debug, Clone)]
pub enum Measure {
    /// The value that the records of a group share.
    Key(Path),
    /// How many records.
    Count,
    /// Something over the values of a field.
    Of(Function, Path),
}

/// The aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Values that are not null.
    Count,
    /// Different values.
    CountDistinct,
    /// Their sum.
    Sum,
    /// Their mean.
    Average,
    /// The least.
    Least,
    /// The greatest.
    Greatest,
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
#[derive(Debug, Clone)]
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
    /// Whether a field is among what another query finds in its one field; the flag negates.
    InQuery(Path, bool, Arc<Query>),
    /// Whether a multi-select picklist holds one of these sets; the flag negates.
    Includes(Path, bool, Vec<String>),
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
    /// An id, whose case counts.
    Id(String),
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
    /// What is ordered by: a field, of groups also a measure.
    pub by: Measure,
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
                Condition::Compare(path, Operator::Equal, _)
                | Condition::In(path, false, _)
                | Condition::InQuery(path, false, _) => link(path),
                _ => false,
            }
        }
        self.filter.as_ref().is_some_and(pins)
    }
}

#[cfg(test)]
mod tests;
