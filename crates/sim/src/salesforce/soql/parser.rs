//! Tokens → [`Query`]. Names are looked up on the way, so every complaint can point at its place.

use ligand_model::time::Timestamp;

use super::lexer::{Kind, Token, tokens, unexpected};
use super::literal::operand;
use super::{Condition, Operand, Operator, Order, Path, Query, Select};
use crate::salesforce::describe::{Field, Object, object};
use crate::salesforce::error::{Answer, ApiError};

/// Deeper conditions are refused.
const MOST_DEPTH: usize = 64;
/// Longer queries are refused, as the vendor does.
const MOST_TEXT: usize = 100_000;

/// Parses a query. `now` gives date words such as `TODAY` their meaning.
pub fn parse(text: &str, now: Timestamp) -> Answer<Query> {
    if text.len() > MOST_TEXT {
        return Err(ApiError::new(
            400,
            "QUERY_TOO_COMPLICATED",
            "Query is too long",
        ));
    }
    let mut parser = Parser {
        text,
        now,
        tokens: tokens(text)?,
        next: 0,
        object: None,
        alias: String::new(),
    };
    parser.query()
}

struct Parser<'a> {
    text: &'a str,
    now: Timestamp,
    tokens: Vec<Token>,
    next: usize,
    object: Option<&'static Object>,
    alias: String,
}

const END: Token = Token {
    kind: Kind::End,
    at: 0,
};

impl Parser<'_> {
    fn query(&mut self) -> Answer<Query> {
        self.keyword("SELECT")?;
        let mut selected = Vec::new();
        let mut count = false;
        let mut all_fields = None;
        loop {
            let token = self.take();
            let Kind::Word(name) = &token.kind else {
                return Err(unexpected(&token.quoted()));
            };
            if name.eq_ignore_ascii_case("FROM") {
                return Err(unexpected(name));
            }
            if self.symbol("(") {
                if name.eq_ignore_ascii_case("COUNT") && selected.is_empty() && self.symbol(")") {
                    count = true;
                } else if name.eq_ignore_ascii_case("FIELDS") {
                    all_fields = Some(self.take().quoted().to_ascii_uppercase());
                    self.expect(")")?;
                } else {
                    return Err(unexpected("("));
                }
            } else {
                selected.push(token);
            }
            if count || !self.symbol(",") {
                break;
            }
        }
        self.keyword("FROM")?;
        let object = self.from()?;
        self.object = Some(object);
        let select = if count {
            Select::Count
        } else {
            let mut paths = Vec::new();
            for token in &selected {
                let path = self.path(token)?;
                // The vendor refuses a field named twice.
                if paths.iter().any(|other: &Path| same(other, &path)) {
                    let message = format!("duplicate field selected: {}", token.quoted());
                    return Err(ApiError::new(400, "INVALID_FIELD", message));
                }
                paths.push(path);
            }
            Select::Fields(paths)
        };
        let mut query = Query {
            select,
            object,
            filter: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        };
        if self.word("WHERE") {
            query.filter = Some(self.condition(0)?);
        }
        if self.word("ORDER") {
            self.keyword("BY")?;
            query.order = self.order()?;
        }
        if self.word("LIMIT") {
            query.limit = Some(self.number()?);
        }
        if self.word("OFFSET") {
            query.offset = self.number()?;
            if query.offset > 2000 {
                let message = "Maximum SOQL offset allowed is 2000";
                return Err(ApiError::new(400, "NUMBER_OUTSIDE_VALID_RANGE", message));
            }
        }
        let last = self.take();
        if last.kind != Kind::End {
            return Err(unexpected(&last.quoted()));
        }
        if let Some(which) = all_fields {
            expand(&mut query, &which)?;
        }
        Ok(query)
    }

    /// `FROM Object [[AS] alias]`
    fn from(&mut self) -> Answer<&'static Object> {
        let token = self.take();
        let Kind::Word(name) = &token.kind else {
            return Err(unexpected(&token.quoted()));
        };
        let Some(found) = object(name) else {
            let message = self.pointed(
                token.at,
                &format!(
                    "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the \
                     '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
                ),
            );
            return Err(ApiError::new(400, "INVALID_TYPE", message));
        };
        self.word("AS");
        if let Kind::Word(alias) = self.peek().kind.clone() {
            let clause = [
                "WHERE", "ORDER", "LIMIT", "OFFSET", "GROUP", "WITH", "FOR", "USING", "ALL",
            ];
            if !clause.iter().any(|word| alias.eq_ignore_ascii_case(word)) {
                self.alias = alias;
                self.next += 1;
            }
        }
        Ok(found)
    }

    fn condition(&mut self, depth: usize) -> Answer<Condition> {
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
        let token = self.take();
        if !matches!(token.kind, Kind::Word(_)) {
            return Err(unexpected(&token.quoted()));
        }
        let path = self.path(&token)?;
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
        let negated = self.word("NOT");
        if negated || self.peek_word("IN") {
            self.keyword("IN")?;
            self.expect("(")?;
            let mut values = Vec::new();
            loop {
                values.push(self.value(&path, Operator::Equal, token.at)?);
                if !self.symbol(",") {
                    break;
                }
            }
            self.expect(")")?;
            return Ok(Condition::In(path, negated, values));
        }
        let operator = self.take();
        let operator = match &operator.kind {
            Kind::Symbol("=") => Operator::Equal,
            Kind::Symbol("!=" | "<>") => Operator::NotEqual,
            Kind::Symbol("<") => Operator::Less,
            Kind::Symbol("<=") => Operator::LessOrEqual,
            Kind::Symbol(">") => Operator::Greater,
            Kind::Symbol(">=") => Operator::GreaterOrEqual,
            Kind::Word(word) if word.eq_ignore_ascii_case("LIKE") => Operator::Like,
            _ => return Err(unexpected(&operator.quoted())),
        };
        let value = self.value(&path, operator, token.at)?;
        Ok(Condition::Compare(path, operator, value))
    }

    fn value(&mut self, path: &Path, operator: Operator, at: usize) -> Answer<Operand> {
        let token = self.take();
        if matches!(token.kind, Kind::Symbol(_) | Kind::End) {
            return Err(unexpected(&token.quoted()));
        }
        operand(path.field, operator, &token, self.now).map_err(|error| ApiError {
            message: self.pointed(at, &error.message),
            ..error
        })
    }

    fn order(&mut self) -> Answer<Vec<Order>> {
        let mut order = Vec::new();
        loop {
            let token = self.take();
            if !matches!(token.kind, Kind::Word(_)) {
                return Err(unexpected(&token.quoted()));
            }
            let path = self.path(&token)?;
            if path.field.unfilterable || path.field.is_compound() || path.field.kind == "base64" {
                let message = self.pointed(
                    token.at,
                    &format!(
                        "field '{}' can not be sorted in a query call",
                        path.field.name
                    ),
                );
                return Err(ApiError::new(400, "INVALID_FIELD", message));
            }
            let descending = self.word("DESC");
            if !descending {
                self.word("ASC");
            }
            let nulls_last = self.word("NULLS") && {
                let last = self.word("LAST");
                if !last {
                    self.keyword("FIRST")?;
                }
                last
            };
            order.push(Order {
                path,
                descending,
                nulls_last,
            });
            if !self.symbol(",") {
                return Ok(order);
            }
        }
    }

    /// Finds a dotted name on the object of `FROM`.
    fn path(&self, token: &Token) -> Answer<Path> {
        let text = token.quoted();
        let mut current = self.object.ok_or_else(|| unexpected("<EOF>"))?;
        let mut names: Vec<&str> = text.split('.').collect();
        let first = names.first().copied().unwrap_or_default();
        let own = |name: &str| {
            !name.is_empty() && (name == self.alias || name.eq_ignore_ascii_case(&current.name))
        };
        if names.len() > 1 && own(first) && current.relationship(first).is_none() {
            names.remove(0);
        }
        let last = names.pop().unwrap_or_default();
        if names.len() > 5 {
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                "only 5 levels of parents may be named",
            ));
        }
        let mut hops: Vec<&'static Field> = Vec::new();
        for name in names {
            let found = current
                .relationship(name)
                .and_then(|hop| Some((hop, object(hop.reference_to.first()?)?)));
            let Some((hop, next)) = found else {
                let message = format!(
                    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be \
                     sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call \
                     for the appropriate names."
                );
                return Err(ApiError::new(
                    400,
                    "INVALID_FIELD",
                    self.pointed(token.at, &message),
                ));
            };
            hops.push(hop);
            current = next;
        }
        if let Some(field) = current.field(last) {
            return Ok(Path { hops, field });
        }
        let message = format!(
            "No such column '{last}' on entity '{}'. If you are attempting to use a custom field, be sure to append the \
             '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
            current.name
        );
        Err(ApiError::new(
            400,
            "INVALID_FIELD",
            self.pointed(token.at, &message),
        ))
    }

    /// The vendor's form of a complaint: the query from a little before the place, a caret, row and column, the words.
    fn pointed(&self, at: usize, message: &str) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let row = before.matches('\n').count() + 1;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let column = line.chars().count() + 1;
        let lead: String = line
            .chars()
            .rev()
            .take(30)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let rest: String = self
            .text
            .get(at..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| *c != '\n')
            .take(40)
            .collect();
        let caret = " ".repeat(lead.chars().count());
        format!("\n{lead}{rest}\n{caret}^\nERROR at Row:{row}:Column:{column}\n{message}")
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.next).unwrap_or(&END)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn peek_word(&self, word: &str) -> bool {
        matches!(&self.peek().kind, Kind::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.peek_word(word);
        self.next += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> Answer<()> {
        if self.word(word) {
            Ok(())
        } else {
            Err(unexpected(&self.peek().quoted()))
        }
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(&self.peek().kind, Kind::Symbol(found) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Answer<()> {
        if self.symbol(symbol) {
            Ok(())
        } else {
            Err(unexpected(&self.peek().quoted()))
        }
    }

    fn number(&mut self) -> Answer<usize> {
        let token = self.take();
        token
            .quoted()
            .parse()
            .map_err(|_| unexpected(&token.quoted()))
    }
}

fn same(a: &Path, b: &Path) -> bool {
    let names = |path: &Path| {
        let mut names: Vec<String> = path.hops.iter().map(|hop| hop.name.clone()).collect();
        names.push(path.field.name.clone());
        names
    };
    names(a) == names(b)
}

/// `FIELDS(ALL)` and its sisters.
fn expand(query: &mut Query, which: &str) -> Answer<()> {
    if which != "STANDARD" && query.limit.is_none_or(|limit| limit > 200) {
        let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
    }
    let custom = |field: &Field| field.name.ends_with("__c");
    let wanted = |field: &&Field| match which {
        "STANDARD" => !custom(field),
        "CUSTOM" => custom(field),
        _ => true,
    };
    if !matches!(which, "ALL" | "STANDARD" | "CUSTOM") {
        return Err(unexpected(which));
    }
    if let Select::Fields(paths) = &mut query.select {
        for field in query.object.fields.iter().filter(wanted) {
            let path = Path {
                hops: Vec::new(),
                field,
            };
            if !paths.iter().any(|other| same(other, &path)) {
                paths.push(path);
            }
        }
    }
    Ok(())
}
