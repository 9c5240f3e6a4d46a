//! Tokens → [`Query`]. Names are looked up on the way, so every complaint can point at its place.

mod condition;
mod select;

pub use self::select::same;

use ligand_model::time::Timestamp;

use super::derived::{NAME_FIELDS, Part, date_function, object_name};
use super::lexer::{Kind, Token, tokens, unexpected};
use super::{Measure, Order, Path, Query, Subtotals};
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
        names: Names::default(),
        inside: Inside::Nothing,
        having: false,
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
    names: Names,
    inside: Inside,
    /// Whether conditions are on groups.
    having: bool,
    catalogue: Catalogue,
}

/// What `FROM` calls things.
#[derive(Default)]
struct Names {
    /// The object's alias.
    own: String,
    /// Aliases of parents: `c.Account a`.
    parents: Vec<(String, Vec<String>)>,
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
        let (group, subtotals) = self.group()?;
        let mut query = Query {
            select: self.selected(&listed, &group)?,
            object,
            filter,
            having: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
            group,
            subtotals,
        };
        if self.word("HAVING") {
            self.having = true;
            query.having = Some(self.condition(0)?);
            self.having = false;
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
        while self.word("FOR") {
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
        let outer = (self.object, std::mem::take(&mut self.names), self.inside);
        let having = std::mem::take(&mut self.having);
        self.inside = inside;
        let query = self.query();
        (self.object, self.names, self.inside) = outer;
        self.having = having;
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
        self.names.own = self.alias_of_object().unwrap_or_default();
        while self.symbol(",") {
            let parent = self.take();
            let Kind::Word(path) = &parent.kind else {
                return Err(unexpected(&parent.quoted()));
            };
            let mut hops: Vec<String> = path.split('.').map(str::to_owned).collect();
            if hops.len() > 1 && hops.first() == Some(&self.names.own) {
                hops.remove(0);
            }
            let alias = self
                .alias_of_object()
                .ok_or_else(|| unexpected(&self.peek().quoted()))?;
            self.names.parents.push((alias, hops));
        }
        Ok(found)
    }

    fn alias_of_object(&mut self) -> Option<String> {
        self.word("AS");
        let Kind::Word(alias) = self.peek().kind.clone() else {
            return None;
        };
        if CLAUSES.iter().any(|word| alias.eq_ignore_ascii_case(word)) {
            return None;
        }
        self.next += 1;
        Some(alias)
    }

    /// `GROUP BY a, b` or `GROUP BY ROLLUP(a, b)`
    fn group(&mut self) -> Answer<(Vec<Path>, Subtotals)> {
        let mut group = Vec::new();
        if !self.word("GROUP") {
            return Ok((group, Subtotals::None));
        }
        self.keyword("BY")?;
        let subtotals = if self.word("ROLLUP") {
            Subtotals::Rollup
        } else if self.word("CUBE") {
            Subtotals::Cube
        } else {
            Subtotals::None
        };
        if subtotals != Subtotals::None {
            self.expect("(")?;
        }
        loop {
            group.push(self.expression()?);
            if !self.symbol(",") {
                break;
            }
        }
        if subtotals != Subtotals::None {
            self.expect(")")?;
            if group.len() > 3 {
                let message = "GROUP BY ROLLUP and CUBE take three fields at most";
                return Err(ApiError::new(400, "MALFORMED_QUERY", message));
            }
        }
        Ok((group, subtotals))
    }

    fn order(&mut self) -> Answer<Vec<Order>> {
        let mut order = Vec::new();
        loop {
            let token = self.take();
            if !matches!(token.kind, Kind::Word(_)) {
                return Err(unexpected(&token.quoted()));
            }
            let place = self.next;
            let by = if let Some(measure) = self.measure(&token)? {
                measure
            } else {
                self.next = place - 1;
                Measure::Key(self.sortable()?)
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

    fn sortable(&mut self) -> Answer<Path> {
        let at = self.peek().at;
        let path = self.expression()?;
        if path.field.unfilterable || path.field.is_compound() || path.field.kind == "base64" {
            let name = &path.field.name;
            let message = format!("field '{name}' can not be sorted in a query call");
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                self.pointed(at, &message),
            ));
        }
        Ok(path)
    }

    /// A field, or a function of one that stands where a field could.
    fn expression(&mut self) -> Answer<Path> {
        let token = self.take();
        if !matches!(token.kind, Kind::Word(_)) {
            return Err(unexpected(&token.quoted()));
        }
        if !self.symbol("(") {
            return self.path(&token);
        }
        let name = token.quoted();
        let path = if let Some(function) = date_function(&name) {
            let inner = self.date()?;
            Path {
                part: Part::Date(inner.field),
                field: function,
                ..inner
            }
        } else if name.eq_ignore_ascii_case("toLabel") {
            self.expression()?
        } else {
            return Err(unexpected("("));
        };
        self.expect(")")?;
        Ok(path)
    }

    /// The date that a function is applied to.
    fn date(&mut self) -> Answer<Path> {
        let at = self.peek().at;
        let token = self.take();
        let path = if token.quoted().eq_ignore_ascii_case("convertTimezone") {
            self.expect("(")?;
            let token = self.take();
            let path = self.path(&token)?;
            self.expect(")")?;
            path
        } else {
            self.path(&token)?
        };
        if matches!(path.field.kind.as_str(), "date" | "datetime") {
            return Ok(path);
        }
        let message = format!("field {} is no date", path.field.name);
        Err(ApiError::new(
            400,
            "MALFORMED_QUERY",
            self.pointed(at, &message),
        ))
    }

    /// Finds a dotted name on the object of `FROM`.
    fn path(&self, token: &Token) -> Answer<Path> {
        let text = token.quoted();
        let object = self.object.ok_or_else(|| unexpected("<EOF>"))?;
        let mut names: Vec<&str> = text.split('.').collect();
        let first = names.first().copied().unwrap_or_default();
        let own = |name: &str| {
            !name.is_empty() && (name == self.names.own || name.eq_ignore_ascii_case(&object.name))
        };
        let parents = self.names.parents.iter();
        let parent = parents.into_iter().find(|(alias, _)| alias == first);
        if let Some((_, hops)) = parent.filter(|_| names.len() > 1) {
            names.splice(..1, hops.iter().map(String::as_str));
        } else if names.len() > 1 && own(first) && object.relationship(first).is_none() {
            names.remove(0);
        }
        self.walk(vec![object], names, token.at)
    }

    /// Finds a name from one of these objects on; several are what a reference may lead to.
    fn walk(
        &self,
        mut from: Vec<&'static Object>,
        mut names: Vec<&str>,
        at: usize,
    ) -> Answer<Path> {
        let last = names.pop().unwrap_or_default();
        if names.len() > 5 {
            return Err(ApiError::new(
                400,
                "INVALID_FIELD",
                "only 5 levels of parents may be named",
            ));
        }
        let shown = |from: &[&Object], name: &str| {
            from.len() < 2 || NAME_FIELDS.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        let mut hops: Vec<&'static Field> = Vec::new();
        for name in names {
            let hop = from.iter().find_map(|object| object.relationship(name));
            let Some(hop) = hop.filter(|_| shown(&from, name)) else {
                let message = format!(
                    "Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, be \
                     sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call \
                     for the appropriate names."
                );
                return Err(ApiError::new(
                    400,
                    "INVALID_FIELD",
                    self.pointed(at, &message),
                ));
            };
            hops.push(hop);
            from = targets(hop);
        }
        if from.len() > 1 && last.eq_ignore_ascii_case("Type") {
            let (field, part) = (object_name(), Part::Object);
            return Ok(Path { hops, field, part });
        }
        let field = from.iter().find_map(|object| object.field(last));
        if let Some(field) = field.filter(|_| shown(&from, last)) {
            let part = Part::Whole;
            return Ok(Path { hops, field, part });
        }
        let entity = match from.as_slice() {
            [object] => object.name.as_str(),
            _ => "Name",
        };
        let message = format!(
            "No such column '{last}' on entity '{entity}'. If you are attempting to use a custom field, be sure to append the \
             '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
        );
        Err(ApiError::new(
            400,
            "INVALID_FIELD",
            self.pointed(at, &message),
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

/// The objects that a reference may lead to.
fn targets(hop: &Field) -> Vec<&'static Object> {
    hop.reference_to
        .iter()
        .filter_map(|name| object(name))
        .collect()
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
