//! The `where` language: read once, printed in each vendor's own words.
//!
//! Whatever a caller types ends as a field name of a checked shape or as one literal of the vendor's language; it
//! never becomes an operator, a keyword or a second condition.

mod convert;
mod dialects;
mod eloqua;
mod error;
mod evaluate;
mod exact_target;
mod literal;
mod marketo;
mod odata;
mod parse;
mod print;
mod report;
mod soql;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::convert::{Converted, convert, convert_with, drops_operators};
pub use self::error::Error;
pub use self::evaluate::{OrderTerm, order, parse_order_by};
pub use self::parse::{MAX_COMPARISONS, MAX_DEPTH, MAX_LENGTH, parse_where};

/// A parsed `where`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// One field against one operator.
    Comparison(Comparison),
    /// All of these (two or more).
    And(Vec<Expression>),
    /// Any of these (two or more).
    Or(Vec<Expression>),
    /// Not this.
    Not(Box<Expression>),
}

/// `field operator value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The field as the caller wrote it, without back-quotes; may contain dots.
    pub field: String,
    /// The operator.
    pub operator: Operator,
    /// One value; none for `IS NULL` and `IS NOT NULL`; one or more for `IN` and `NOT IN`.
    pub values: Vec<Value>,
}

impl Comparison {
    /// Reads `{"attribute", "operator", "value"}`.
    fn read(value: &serde_json::Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(serde_json::Value::as_str);
        let operator = Operator::parse(text("operator")?)?;
        let values = match (operator, value.get("value")) {
            (Operator::IsNull | Operator::IsNotNull, _) => Vec::new(),
            (Operator::In | Operator::NotIn, Some(serde_json::Value::Array(values))) => {
                values.iter().map(Value::of_json).collect()
            }
            (_, value) => vec![value.map_or(Value::Null, Value::of_json)],
        };
        Some(Self {
            field: text("attribute")?.to_owned(),
            operator,
            values,
        })
    }
}

/// What relates a field to its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=` or `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `LIKE`; `%` stands for any text.
    Like,
    /// `NOT LIKE`
    NotLike,
    /// `IN (…)`
    In,
    /// `NOT IN (…)`
    NotIn,
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
}

impl Operator {
    /// The operator as the language writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "LIKE",
            Self::NotLike => "NOT LIKE",
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
        }
    }

    /// From the spelling, in any case.
    fn parse(text: &str) -> Option<Self> {
        const ALL: [Operator; 12] = [
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::Like,
            Operator::NotLike,
            Operator::In,
            Operator::NotIn,
            Operator::IsNull,
            Operator::IsNotNull,
        ];
        let text = text.trim();
        let found = ALL
            .into_iter()
            .find(|one| one.as_str().eq_ignore_ascii_case(text));
        found.or_else(|| (text == "<>").then_some(Self::NotEqual))
    }

    /// The operator that holds exactly when this one does not.
    #[must_use]
    pub const fn inverse(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Like => Self::NotLike,
            Self::NotLike => Self::Like,
            Self::In => Self::NotIn,
            Self::NotIn => Self::In,
            Self::IsNull => Self::IsNotNull,
            Self::IsNotNull => Self::IsNull,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text in quotes, or a bare date.
    Text(String),
    /// A bare number, digits kept as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A date word (`TODAY`, `LAST_N_DAYS:30`), bare and in capitals; only some vendors know them.
    Word(String),
    /// `null`.
    Null,
}

impl Value {
    /// The value as plain text, as a vendor's query parameter carries it.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Word(text) => text,
            Self::Boolean(true) => "true",
            Self::Boolean(false) => "false",
            Self::Null => "null",
        }
    }

    fn of_json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Boolean(*value),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            other => Self::Text(other.to_string()),
        }
    }

    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) | Self::Word(text) => text.as_str().into(),
            Self::Number(text) => json_number(text),
            Self::Boolean(value) => (*value).into(),
            Self::Null => serde_json::Value::Null,
        }
    }
}

/// A number a script can compute with; one too large to be exact stays text.
fn json_number(text: &str) -> serde_json::Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if text.contains(['.', 'e', 'E'])
        && let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        return number.into();
    }
    text.into()
}

impl Expression {
    /// The comparisons in reading order, as hooks see them in `request_expression`.
    ///
    /// # Shape
    /// `[{"attribute": "name", "operator": "=", "value": "x"}]`; `IN` has an array, `IS NULL` null. `AND` and `OR`
    /// are lost, as the format says; a `NOT` turns the operators below it round.
    pub fn flatten(&self) -> Vec<serde_json::Value> {
        let mut found = Vec::new();
        self.collect(false, &mut found);
        found
    }

    /// The expression with other conditions, in the form of [`Expression::flatten`]: each in its place when there are
    /// as many as before, else all of them joined by AND. None when one cannot be read or there is none.
    #[must_use]
    pub fn with_conditions(mut self, conditions: &[serde_json::Value]) -> Option<Self> {
        let read = conditions.iter().map(Comparison::read);
        let mut read: Vec<Comparison> = read.collect::<Option<_>>()?;
        if self.has_not() || self.flatten().len() != read.len() {
            let mut all: Vec<_> = read.into_iter().map(Self::Comparison).collect();
            return match all.len() {
                0 => None,
                1 => all.pop(),
                _ => Some(Self::And(all)),
            };
        }
        read.reverse();
        self.put(&mut read);
        Some(self)
    }

    fn has_not(&self) -> bool {
        match self {
            Self::Comparison(_) => false,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_not),
            Self::Not(_) => true,
        }
    }

    fn put(&mut self, reversed: &mut Vec<Comparison>) {
        match self {
            Self::Comparison(comparison) => {
                if let Some(next) = reversed.pop() {
                    *comparison = next;
                }
            }
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.put(reversed);
                }
            }
            Self::Not(inner) => inner.put(reversed),
        }
    }

    fn collect(&self, negated: bool, found: &mut Vec<serde_json::Value>) {
        match self {
            Self::Comparison(comparison) => {
                let operator = if negated {
                    comparison.operator.inverse()
                } else {
                    comparison.operator
                };
                let value = match (operator, comparison.values.as_slice()) {
                    (Operator::In | Operator::NotIn, values) => {
                        serde_json::Value::Array(values.iter().map(Value::to_json).collect())
                    }
                    (_, [value, ..]) => value.to_json(),
                    (_, []) => serde_json::Value::Null,
                };
                found.push(serde_json::json!({
                    "attribute": comparison.field, "operator": operator.as_str(), "value": value,
                }));
            }
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.collect(negated, found);
                }
            }
            Self::Not(inner) => inner.collect(!negated, found),
        }
    }

    /// The first comparison with a date word, which not every vendor knows.
    pub(crate) fn dated(&self) -> Option<&Comparison> {
        match self {
            Self::Comparison(comparison) => {
                let word = |value: &Value| matches!(value, Value::Word(_));
                comparison.values.iter().any(word).then_some(comparison)
            }
            Self::And(parts) | Self::Or(parts) => parts.iter().find_map(Self::dated),
            Self::Not(inner) => inner.dated(),
        }
    }

    /// The first comparison's field, for messages.
    fn first_field(&self) -> &str {
        match self {
            Self::Comparison(comparison) => &comparison.field,
            Self::And(parts) | Self::Or(parts) => parts.first().map_or("", Self::first_field),
            Self::Not(inner) => inner.first_field(),
        }
    }

    /// The comparisons of a pure conjunction; a vendor that knows only AND takes nothing else.
    fn conjuncts(&self) -> Result<Vec<&Comparison>, Error> {
        match self {
            Self::Comparison(comparison) => Ok(vec![comparison]),
            Self::And(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.conjuncts()?);
                }
                Ok(all)
            }
            Self::Or(_) => Err(Error::unsupported(
                self.first_field(),
                "OR",
                "conditions join by AND only",
            )),
            Self::Not(_) => Err(Error::unsupported(
                self.first_field(),
                "NOT",
                "conditions join by AND only",
            )),
        }
    }
}

/// Prints the language itself; what is printed parses back to the same expression.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                part.fmt_inner(f)?;
            }
            Ok(())
        };
        match self {
            Self::Comparison(comparison) => write!(f, "{comparison}"),
            Self::And(parts) => join(f, parts, "AND"),
            Self::Or(parts) => join(f, parts, "OR"),
            Self::Not(inner) => {
                f.write_str("NOT ")?;
                inner.fmt_inner(f)
            }
        }
    }
}

impl Expression {
    fn fmt_inner(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comparison(comparison) => write!(f, "{comparison}"),
            compound => write!(f, "({compound})"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if parse::is_bare_field(&self.field) {
            f.write_str(&self.field)?;
        } else {
            write!(f, "`{}`", self.field.replace('`', "``"))?;
        }
        write!(f, " {}", self.operator)?;
        match (self.operator, self.values.as_slice()) {
            (Operator::IsNull | Operator::IsNotNull, _) => Ok(()),
            (Operator::In | Operator::NotIn, values) => {
                let list: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, " ({})", list.join(", "))
            }
            (_, values) => write!(f, " {}", values.first().unwrap_or(&Value::Null)),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) if literal::is_number(text) => f.write_str(text),
            Self::Word(text) if literal::is_date_word(text) => f.write_str(text),
            Self::Text(text) | Self::Number(text) | Self::Word(text) => {
                f.write_str(&literal::quote(text))
            }
            other => f.write_str(other.text()),
        }
    }
}
