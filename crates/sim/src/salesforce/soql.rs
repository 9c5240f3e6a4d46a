//! SOQL: text → [`Query`] → records.
//!
//! Understood: fields (parents by dots, also those that may be of several objects), `TYPEOF`, child queries,
//! `FIELDS(ALL|STANDARD|CUSTOM)`, `toLabel`, `FORMAT`, `convertCurrency`, `COUNT()`, the aggregates with aliases, date
//! functions, `GROUP BY` with `ROLLUP`, `CUBE` and `GROUPING`, `HAVING`; `WHERE` with `AND`, `OR`, `NOT`, parentheses,
//! `= != <> < <= > >= LIKE IN`, `NOT IN`, semi-joins, `INCLUDES`, `EXCLUDES`; `ORDER BY` with `ASC|DESC` and
//! `NULLS FIRST|LAST`; `LIMIT`, `OFFSET`; date words; aliases of the object and of its parents.
//! Taken and without effect: `FOR …`, `WITH SECURITY_ENFORCED|USER_MODE|SYSTEM_MODE`, `USING SCOPE …`, `ALL ROWS`,
//! `convertTimezone` (the org lives in UTC).
//! Not understood: `WITH DATA CATEGORY`, distances.

mod derived;
mod evaluate;
mod lexer;
mod literal;
mod parser;

use std::sync::Arc;

use super::describe::{Field, Object};
use derived::Part;

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
    /// Which rows of sums stand beside those of the groups.
    pub subtotals: Subtotals,
    /// The condition on groups.
    pub having: Option<Condition>,
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
    /// `TYPEOF`: other fields of a parent for each object that it may be of.
    TypeOf(Box<TypeOf>),
    /// The children of one relationship.
    Children(Box<Children>),
}

/// `TYPEOF link WHEN object THEN … ELSE …`
#[derive(Debug)]
pub struct TypeOf {
    /// The reference.
    pub link: &'static Field,
    /// The fields of each object named, from that object on.
    pub cases: Vec<(&'static Object, Vec<Path>)>,
    /// The fields of all others.
    pub otherwise: Vec<Path>,
}

/// Rows beside those of `GROUP BY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtotals {
    /// None.
    None,
    /// `ROLLUP`: for each leading part of the list.
    Rollup,
    /// `CUBE`: for every part of the list.
    Cube,
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
    /// 1 in the rows of sums over all values of a key, else 0.
    Grouping(Path),
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
    /// The field, or what stands for it.
    pub field: &'static Field,
    /// What is taken from the record.
    pub part: Part,
}

/// A condition on a record or, after `HAVING`, on a group.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All hold.
    And(Vec<Condition>),
    /// One holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A comparison with a value.
    Compare(Measure, Operator, Operand),
    /// Whether it is among values; the flag negates.
    In(Measure, bool, Vec<Operand>),
    /// Whether a field is among what another query finds in its one field; the flag negates.
    InQuery(Measure, bool, Arc<Query>),
    /// Whether a multi-select picklist holds one of these sets; the flag negates.
    Includes(Measure, bool, Vec<String>),
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
            let link = |left: &Measure| {
                let own = match left {
                    Measure::Key(path) if path.hops.is_empty() => path.field.name.as_str(),
                    _ => "",
                };
                matches!(own, "ContentDocumentId" | "LinkedEntityId")
            };
            match condition {
                Condition::And(terms) => terms.iter().any(pins),
                Condition::Compare(left, Operator::Equal, _)
                | Condition::In(left, false, _)
                | Condition::InQuery(left, false, _) => link(left),
                _ => false,
            }
        }
        self.filter.as_ref().is_some_and(pins)
    }
}

#[cfg(test)]
mod tests;
