//! The select list, groups and their conditions.

use super::super::lexer::{Kind, Token, unexpected};
use super::super::literal::operand;
use super::super::{Children, Function, Item, Measure, Operand, Operator, Path, Query, Select};
use super::{Inside, Parser, child};
use crate::salesforce::describe::Field;
use crate::salesforce::error::{Answer, ApiError};

/// One thing in the select list, read before its object is known.
pub(super) enum Listed {
    /// `COUNT()`
    Count,
    /// A name.
    Name(Token),
    /// A function of a name, and its alias.
    Call(Function, Token, Option<String>),
    /// A field as people read it, and its alias; `true` when it becomes text.
    Shown(Token, Option<String>, bool),
    /// `FIELDS(ALL)` and its sisters.
    Every(String),
    /// The place after the parenthesis of a child query.
    Query(usize),
}

impl Parser<'_> {
    /// Reads up to `FROM`.
    pub(super) fn listed(&mut self) -> Answer<Vec<Listed>> {
        let mut listed = Vec::new();
        loop {
            if self.symbol("(") {
                listed.push(Listed::Query(self.next));
                self.skip_parenthesis()?;
            } else {
                listed.push(self.one_listed()?);
            }
            if !self.symbol(",") {
                return Ok(listed);
            }
        }
    }

    fn one_listed(&mut self) -> Answer<Listed> {
        let token = self.take();
        let Kind::Word(name) = &token.kind else {
            return Err(unexpected(&token.quoted()));
        };
        if name.eq_ignore_ascii_case("FROM") {
            return Err(unexpected(name));
        }
        if !self.symbol("(") {
            return Ok(Listed::Name(token));
        }
        if name.eq_ignore_ascii_case("FIELDS") {
            let which = self.take().quoted().to_ascii_uppercase();
            self.expect(")")?;
            return Ok(Listed::Every(which));
        }
        let upper = name.to_ascii_uppercase();
        if matches!(upper.as_str(), "TOLABEL" | "FORMAT" | "CONVERTCURRENCY") {
            let field = self.take();
            self.expect(")")?;
            return Ok(Listed::Shown(field, self.alias(), upper == "FORMAT"));
        }
        let function = function(name).ok_or_else(|| unexpected("("))?;
        if function == Function::Count && self.symbol(")") {
            return Ok(Listed::Count);
        }
        let field = self.take();
        self.expect(")")?;
        Ok(Listed::Call(function, field, self.alias()))
    }

    /// The name that is given to a function's result.
    fn alias(&mut self) -> Option<String> {
        match self.peek().kind.clone() {
            Kind::Word(alias) if !alias.eq_ignore_ascii_case("FROM") => {
                self.next += 1;
                Some(alias)
            }
            _ => None,
        }
    }

    fn skip_parenthesis(&mut self) -> Answer<()> {
        let mut open = 1_usize;
        while open > 0 {
            match self.take().kind {
                Kind::Symbol("(") => open += 1,
                Kind::Symbol(")") => open -= 1,
                Kind::End => return Err(unexpected("<EOF>")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives the select list its meaning, now that the object is known.
    pub(super) fn selected(&mut self, listed: &[Listed], group: &[Path]) -> Answer<Select> {
        if matches!(listed, [Listed::Count]) && group.is_empty() {
            return Ok(Select::Count);
        }
        let grouped = !group.is_empty() || listed.iter().any(|one| matches!(one, Listed::Call(..)));
        if grouped {
            return self.columns(listed, group);
        }
        let mut items: Vec<Item> = Vec::new();
        for one in listed {
            match one {
                Listed::Name(token) => {
                    let path = self.path(token)?;
                    // The vendor refuses a field named twice.
                    if names(&items).any(|other| same(other, &path)) {
                        let message = format!("duplicate field selected: {}", token.quoted());
                        return Err(ApiError::new(400, "INVALID_FIELD", message));
                    }
                    items.push(Item::Field(path));
                }
                Listed::Shown(token, alias, as_text) => {
                    items.push(Item::Shown(self.path(token)?, alias.clone(), *as_text));
                }
                Listed::Query(place) => items.push(self.children(*place)?),
                Listed::Every(_) => {}
                Listed::Count | Listed::Call(..) => return Err(unexpected("(")),
            }
        }
        Ok(Select::Fields(items))
    }

    fn children(&mut self, place: usize) -> Answer<Item> {
        let parent = self.object.ok_or_else(|| unexpected("<EOF>"))?;
        if !matches!(self.inside, Inside::Nothing) {
            return Err(unexpected("SELECT"));
        }
        let after = std::mem::replace(&mut self.next, place);
        let query = self.nested(Inside::Parent(parent))?;
        if matches!(query.select, Select::Groups(_) | Select::Count) {
            return Err(unexpected("COUNT"));
        }
        // The relationship stands right after the query's own FROM.
        let from = self
            .tokens
            .iter()
            .skip(place)
            .position(|token| matches!(&token.kind, Kind::Word(word) if word.eq_ignore_ascii_case("FROM")))
            .unwrap_or(0);
        let name = self
            .tokens
            .get(place + from + 1)
            .map(Token::quoted)
            .unwrap_or_default();
        self.next = after;
        let known = parent
            .children
            .iter()
            .find(|known| known.2.eq_ignore_ascii_case(&name));
        let (relationship, (_, link)) = known
            .and_then(|known| Some((known.2.clone(), child(parent, &known.2)?)))
            .ok_or_else(|| unexpected(&name))?;
        Ok(Item::Children(Box::new(Children {
            relationship,
            link,
            query,
        })))
    }

    fn columns(&self, listed: &[Listed], group: &[Path]) -> Answer<Select> {
        let mut columns = Vec::new();
        let mut unnamed = 0;
        for one in listed {
            let (name, measure) = match one {
                Listed::Name(token) => {
                    let path = self.path(token)?;
                    if !group.iter().any(|key| same(key, &path)) {
                        let message = self.pointed(
                            token.at,
                            &format!("Field must be grouped or aggregated: {}", token.quoted()),
                        );
                        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
                    }
                    (path.field.name.clone(), Measure::Key(path))
                }
                Listed::Call(function, field, alias) => {
                    let measure = Measure::Of(*function, self.measured(*function, field)?);
                    let name = alias.clone().unwrap_or_else(|| {
                        unnamed += 1;
                        format!("expr{}", unnamed - 1)
                    });
                    (name, measure)
                }
                Listed::Count => {
                    unnamed += 1;
                    (format!("expr{}", unnamed - 1), Measure::Count)
                }
                Listed::Every(_) | Listed::Query(_) | Listed::Shown(..) => {
                    return Err(unexpected("("));
                }
            };
            columns.push((name, measure));
        }
        Ok(Select::Groups(columns))
    }

    /// A function of a field that stands where a field could: its measure.
    pub(super) fn measure(&mut self, token: &Token) -> Answer<Option<Measure>> {
        let Some(function) = function(&token.quoted()).filter(|_| self.symbol("(")) else {
            return Ok(None);
        };
        if function == Function::Count && self.symbol(")") {
            return Ok(Some(Measure::Count));
        }
        let field = self.take();
        self.expect(")")?;
        let path = self.measured(function, &field)?;
        Ok(Some(Measure::Of(function, path)))
    }

    fn measured(&self, function: Function, token: &Token) -> Answer<Path> {
        let path = self.path(token)?;
        let field = path.field;
        let fits = match function {
            Function::Sum | Function::Average => field.is_number(),
            _ => !field.unfilterable && !field.is_compound() && field.kind != "base64",
        };
        if fits {
            return Ok(path);
        }
        let message = format!("field {} does not support aggregate operator", field.name);
        Err(ApiError::new(
            400,
            "MALFORMED_QUERY",
            self.pointed(token.at, &message),
        ))
    }

    /// `COUNT(Id) > 1 AND …`
    pub(super) fn having(&mut self) -> Answer<Vec<(Measure, Operator, Operand)>> {
        let mut conditions = Vec::new();
        loop {
            let token = self.take();
            let measure = match self.measure(&token)? {
                Some(measure) => measure,
                None => Measure::Key(self.path(&token)?),
            };
            let operator = self.operator()?;
            let value = self.take();
            let number = || value.quoted().parse().ok().map(Operand::Number);
            let operand = match &measure {
                Measure::Key(path) | Measure::Of(Function::Least | Function::Greatest, path) => {
                    operand(path.field, operator, &value, self.now)?
                }
                _ => number().ok_or_else(|| unexpected(&value.quoted()))?,
            };
            conditions.push((measure, operator, operand));
            if !self.word("AND") {
                return Ok(conditions);
            }
        }
    }

    /// `FIELDS(ALL)` and its sisters.
    pub(super) fn expand(query: &mut Query, listed: &[Listed]) -> Answer<()> {
        let which = listed.iter().find_map(|one| match one {
            Listed::Every(which) => Some(which.as_str()),
            _ => None,
        });
        let Some(which) = which else { return Ok(()) };
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
        if let Select::Fields(items) = &mut query.select {
            for field in query.object.fields.iter().filter(wanted) {
                let path = Path {
                    hops: Vec::new(),
                    field,
                };
                if !names(items).any(|other| same(other, &path)) {
                    items.push(Item::Field(path));
                }
            }
        }
        Ok(())
    }
}

fn function(name: &str) -> Option<Function> {
    Some(match name.to_ascii_uppercase().as_str() {
        "COUNT" => Function::Count,
        "COUNT_DISTINCT" => Function::CountDistinct,
        "SUM" => Function::Sum,
        "AVG" => Function::Average,
        "MIN" => Function::Least,
        "MAX" => Function::Greatest,
        _ => return None,
    })
}

fn names(items: &[Item]) -> impl Iterator<Item = &Path> {
    items.iter().filter_map(|item| match item {
        Item::Field(path) => Some(path),
        Item::Shown(..) | Item::Children(_) => None,
    })
}

fn same(a: &Path, b: &Path) -> bool {
    let names = |path: &Path| {
        let mut names: Vec<String> = path.hops.iter().map(|hop| hop.name.clone()).collect();
        names.push(path.field.name.clone());
        names
    };
    names(a) == names(b)
}
