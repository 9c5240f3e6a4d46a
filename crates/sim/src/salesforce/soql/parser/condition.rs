//! `WHERE`.

use std::sync::Arc;

use super::super::lexer::{Kind, unexpected};
use super::super::literal::operand;
use super::super::{Condition, Item, Measure, Operand, Operator, Select};
use super::{Inside, MOST_DEPTH, Parser};
use crate::salesforce::error::{Answer, ApiError};

impl Parser<'_> {
    pub(super) fn condition(&mut self, depth: usize) -> Answer<Condition> {
        if depth > MOST_DEPTH {
            return Err(ApiError::new(
                400,
                "QUERY_TOO_COMPLICATED",
                "Query is either selecting too many fields or the filter conditions are too complicated.",
            ));
        }
        let first = self.term(depth)?;
        let mut terms = vec![first];
        for joiner in ["AND", "OR"] {
            if self.peek_word(joiner) {
                while self.word(joiner) {
                    terms.push(self.term(depth)?);
                }
                // The vendor wants parentheses where AND and OR meet.
                if self.peek_word("AND") || self.peek_word("OR") {
                    return Err(unexpected(&self.peek().quoted()));
                }
                return Ok(if joiner == "AND" {
                    Condition::And(terms)
                } else {
                    Condition::Or(terms)
                });
            }
        }
        Ok(terms.pop().unwrap_or(Condition::And(Vec::new())))
    }

    fn term(&mut self, depth: usize) -> Answer<Condition> {
        if self.word("NOT") {
            return Ok(Condition::Not(Box::new(self.not_operand(depth)?)));
        }
        if self.symbol("(") {
            let inner = self.condition(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn not_operand(&mut self, depth: usize) -> Answer<Condition> {
        if depth > MOST_DEPTH {
            Err(unexpected("NOT"))
        } else {
            self.term(depth + 1)
        }
    }

    fn comparison(&mut self) -> Answer<Condition> {
        let at = self.peek().at;
        let left = self.left()?;
        for (word, negated) in [("INCLUDES", false), ("EXCLUDES", true)] {
            if self.word(word) {
                return self.includes(left, negated, at);
            }
        }
        let negated = self.word("NOT");
        if negated || self.peek_word("IN") {
            self.keyword("IN")?;
            self.expect("(")?;
            if self.peek_word("SELECT") {
                return self.semi_join(left, negated);
            }
            let values = self.values(&left, at)?;
            return Ok(Condition::In(left, negated, values));
        }
        let operator = self.operator()?;
        let value = self.value(&left, operator, at)?;
        Ok(Condition::Compare(left, operator, value))
    }

    /// What is compared: a field; after `HAVING` also an aggregate.
    fn left(&mut self) -> Answer<Measure> {
        let place = self.next;
        let token = self.take();
        if !matches!(token.kind, Kind::Word(_)) {
            return Err(unexpected(&token.quoted()));
        }
        if self.having
            && let Some(measure) = self.measure(&token)?
        {
            return Ok(measure);
        }
        self.next = place;
        let path = self.expression()?;
        if path.field.unfilterable || path.field.is_compound() || path.field.kind == "base64" {
            let message = self.pointed(
                token.at,
                &format!(
                    "field '{}' can not be filtered in a query call",
                    path.field.name
                ),
            );
            return Err(ApiError::new(400, "INVALID_FIELD", message));
        }
        Ok(Measure::Key(path))
    }

    fn operator(&mut self) -> Answer<Operator> {
        let token = self.take();
        Ok(match &token.kind {
            Kind::Symbol("=") => Operator::Equal,
            Kind::Symbol("!=" | "<>") => Operator::NotEqual,
            Kind::Symbol("<") => Operator::Less,
            Kind::Symbol("<=") => Operator::LessOrEqual,
            Kind::Symbol(">") => Operator::Greater,
            Kind::Symbol(">=") => Operator::GreaterOrEqual,
            Kind::Word(word) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            _ => return Err(unexpected(&token.quoted())),
        })
    }

    /// The rest of a list whose parenthesis is open.
    fn values(&mut self, left: &Measure, at: usize) -> Answer<Vec<Operand>> {
        let mut values = Vec::new();
        loop {
            values.push(self.value(left, Operator::Equal, at)?);
            if !self.symbol(",") {
                self.expect(")")?;
                return Ok(values);
            }
        }
    }

    /// `('a;b', 'c')`: both a and b, or c.
    fn includes(&mut self, left: Measure, negated: bool, at: usize) -> Answer<Condition> {
        let kind = &left.field().kind;
        if kind != "multipicklist" {
            let message = format!("invalid operator on {kind} field");
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                self.pointed(at, &message),
            ));
        }
        self.expect("(")?;
        let sets = self.values(&left, at)?;
        let sets = sets.into_iter().filter_map(|set| match set {
            Operand::Text(text) => Some(text),
            _ => None,
        });
        let sets = sets.collect();
        Ok(Condition::Includes(left, negated, sets))
    }

    /// The rest of `IN (SELECT …)`.
    fn semi_join(&mut self, left: Measure, negated: bool) -> Answer<Condition> {
        if matches!(self.inside, Inside::Condition) {
            let message = "Nesting of semi join sub-selects is not supported";
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        if !left.field().is_id() {
            let message = format!(
                "The left operand field in the where expression for outer query should be an id field, cannot use: '{}'",
                left.field().name
            );
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        let query = self.nested(Inside::Condition)?;
        if query.object.name == "ContentDocumentLink" {
            let message =
                "Entity 'ContentDocumentLink' is not supported for semi join inner selects";
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        let ids = match &query.select {
            Select::Fields(items) => {
                matches!(items.as_slice(), [Item::Field(inner)] if inner.field.is_id())
            }
            _ => false,
        };
        if !ids {
            let message = "The inner select field must be exactly one id or reference field";
            return Err(ApiError::new(400, "MALFORMED_QUERY", message));
        }
        Ok(Condition::InQuery(left, negated, Arc::new(query)))
    }

    fn value(&mut self, left: &Measure, operator: Operator, at: usize) -> Answer<Operand> {
        let token = self.take();
        if matches!(token.kind, Kind::Symbol(_) | Kind::End) {
            return Err(unexpected(&token.quoted()));
        }
        operand(left.field(), operator, &token, self.now).map_err(|error| ApiError {
            message: self.pointed(at, &error.message),
            ..error
        })
    }
}
