//! Tokens → [`Query`]. Names are looked up on the way, so every complaint can point at its place.

mod condition;
mod select;

use ligand_model::time::Timestamp;

use super::lexer::{Kind, Token, tokens, unexpected};
use super::{Measure, Order, Path, Query};
use crate::salesforce::describe::{Child, Field, Object, object, tooling_object};
use crate::salesforce::error::{Answer, ApiError};

/// Deeper conditions are refused.
const MOST_DEPTH: usize = 64;
/// Longer queries are refused, as the vendor does.
const MOST_TEXT: usize = 100_000;

/// Parses a query. `now` gives date words such as `TODAY` their meaning.
pub fn parse(text: &str, now: Timestamp) -> Answer<Query> {
    parse_on(text, now, object)
}

/// Parses a query on the objects of the Tooling API.
pub fn parse_tooling(text: &str, now: Timestamp) -> Answer<Query> {
    parse_on(text, now, tooling_object)
}

type Catalogue = fn(&str) -> Option<&'static Object>;

fn parse_on(text: &str, now: Timestamp, catalogue: Catalogue) -> Answer<Query> {
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
        inside: Inside::Nothing,
        catalogue,
    };
    let query = parser.query()?;
    let last = parser.take();
    if last.kind != Kind::End {
        return Err(unexpected(&last.quoted()));
    }
    Ok(query)
}

/// What a query stands in.
#[derive(Clone, Copy)]
enum Inside {
    /// It is the whole.
    Nothing,
    /// The select list of a query on this object.
    Parent(&'static Object),
    /// A condition.
    Condition,
}

struct Parser<'a> {
    text: &'a str,
    now: Timestamp,
    tokens: Vec<Token>,
    next: usize,
    object: Option<&'static Object>,
    alias: String,
    inside: Inside,
    catalogue: Catalogue,
}

const END: Token = Token {
    kind: Kind::End,
    at: 0,
};

/// Words that follow the object, so they are no alias of it.
const CLAUSES: [&str; 11] = [
    "WHERE", "ORDER", "LIMIT", "OFFSET", "GROUP", "HAVING", "WITH", "FOR", "USING", "ALL", "UPDATE",
];

impl Parser<'_> {
    fn query(&mut self) -> Answer<Query> {
        self.keyword("SELECT")?;
        let listed = self.listed()?;
        self.keyword("FROM")?;
        let object = self.from()?;
        self.object = Some(object);
        if self.word("USING") {
            self.keyword("SCOPE")?;
            self.take();
        }
        let filter = if self.word("WHERE") {
            Some(self.condition(0)?)
        } else {
            None
        };
        if self.word("WITH") {
            self.take();
        }
        let mut group = Vec::new();
        if self.word("GROUP") {
            self.keyword("BY")?;
            loop {
                let token = self.take();
                group.push(self.path(&token)?);
                if !self.symbol(",") {
                    break;
                }
            }
        }
        let mut query = Query {
            select: self.selected(&listed, &group)?,
            object,
            filter,
            having: Vec::new(),
            order: Vec::new(),
            limit: None,
            offset: 0,
            group,
        };
        if self.word("HAVING") {
            query.having = self.having()?;
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
        if self.word("FOR") {
            self.take();
        }
        if self.word("ALL") {
            self.keyword("ROWS")?;
        }
        Self::expand(&mut query, &listed)?;
        Ok(query)
    }

    /// A query in parentheses that were opened; the place in the outer one is kept.
    fn nested(&mut self, inside: Inside) -> Answer<Query> {
        let outer = (self.object, std::mem::take(&mut self.alias), self.inside);
        self.inside = inside;
        let query = self.query();
        (self.object, self.alias, self.inside) = outer;
        let query = query?;
        self.expect(")")?;
        Ok(query)
    }

    /// `FROM Object [[AS] alias]`; among the selected, the object is a child relationship.
    fn from(&mut self) -> Answer<&'static Object> {
        let token = self.take();
        let Kind::Word(name) = &token.kind else {
            return Err(unexpected(&token.quoted()));
        };
        let found = match self.inside {
            Inside::Parent(parent) => child(parent, name)
                .ok_or_else(|| {
                    let message = format!(
                        "Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a \
                         custom relationship, be sure to append the '__r' after the custom relationship name. Please reference \
                         your WSDL or the describe call for the appropriate names."
                    );
                    ApiError::new(400, "INVALID_TYPE", self.pointed(token.at, &message))
                })?
                .0,
            _ => (self.catalogue)(name).ok_or_else(|| {
                let message = self.pointed(
                    token.at,
                    &format!(
                        "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append \
                         the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate \
                         names."
                    ),
                );
                ApiError::new(400, "INVALID_TYPE", message)
            })?,
        };
        self.word("AS");
        if let Kind::Word(alias) = self.peek().kind.clone()
            && !CLAUSES.iter().any(|word| alias.eq_ignore_ascii_case(word))
        {
            self.alias = alias;
            self.next += 1;
        }
        Ok(found)
    }

    fn order(&mut self) -> Answer<Vec<Order>> {
        let mut order = Vec::new();
        loop {
            let token = self.take();
            if !matches!(token.kind, Kind::Word(_)) {
                return Err(unexpected(&token.quoted()));
            }
            let by = match self.measure(&token)? {
                Some(measure) => measure,
                None => Measure::Key(self.sortable(&token)?),
            };
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
                by,
                descending,
                nulls_last,
            });
            if !self.symbol(",") {
                return Ok(order);
            }
        }
    }

    fn sortable(&self, token: &Token) -> Answer<Path> {
        let path = self.path(token)?;
        if path.field.unfilterable || path.field.is_compound() || path.field.kind == "base64" {
            let name = &path.field.name;
            let message = format!("field '{name}' can not be sorted in a query call");
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                self.pointed(token.at, &message),
            ));
        }
        Ok(path)
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

/// The object and the linking field of a child relationship.
fn child(parent: &'static Object, name: &str) -> Option<(&'static Object, &'static Field)> {
    let Child(child, link, _, _) = parent
        .children
        .iter()
        .find(|Child(_, _, relationship, _)| relationship.eq_ignore_ascii_case(name))?;
    let child = object(child)?;
    Some((child, child.field(link)?))
}
