//! The select list, groups and their conditions.

use super::super::derived::{Part, count, date_function};
use super::super::lexer::{Kind, Token, unexpected};
use super::super::{Children, Function, Item, Measure, Path, Query, Select, TypeOf};
use super::{Inside, Parser, child, targets};
use crate::salesforce::describe::{Field, Object};
use crate::salesforce::error::{Answer, ApiError};

/// One thing in the select list, read before its object is known.
pub(super) enum Listed {
    /// `COUNT()`
    Count,
    /// The place of a field or a date function of one, and its alias.
    Field(usize, Option<String>),
    /// The place after `TYPEOF`.
    TypeOf(usize),
    /// The place of the field in `GROUPING(field)`, and its alias.
    Grouping(usize, Option<String>),
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
        let place = self.next - 1;
        if name.eq_ignore_ascii_case("TYPEOF") && matches!(self.peek().kind, Kind::Word(_)) {
            while !self.word("END") {
                if self.take().kind == Kind::End {
                    return Err(unexpected("<EOF>"));
                }
            }
            return Ok(Listed::TypeOf(place + 1));
        }
        if !self.symbol("(") {
            return Ok(Listed::Field(place, self.alias()));
        }
        if date_function(name).is_some() {
            self.skip_parenthesis()?;
            return Ok(Listed::Field(place, self.alias()));
        }
        if name.eq_ignore_ascii_case("GROUPING") {
            self.skip_parenthesis()?;
            return Ok(Listed::Grouping(place + 2, self.alias()));
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

    /// The name that is given to a result: a word right before the next one or `FROM`.
    fn alias(&mut self) -> Option<String> {
        let Kind::Word(alias) = self.peek().kind.clone() else {
            return None;
        };
        let ends = match self.tokens.get(self.next + 1).map(|token| &token.kind) {
            Some(Kind::Symbol(symbol)) => *symbol == ",",
            Some(Kind::Word(word)) => word.eq_ignore_ascii_case("FROM"),
            _ => false,
        };
        if !ends {
            return None;
        }
        self.next += 1;
        Some(alias)
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
        let aggregate = |one: &Listed| matches!(one, Listed::Call(..) | Listed::Grouping(..));
        let grouped = !group.is_empty() || listed.iter().any(aggregate);
        if grouped {
            return self.columns(listed, group);
        }
        let mut items: Vec<Item> = Vec::new();
        for one in listed {
            match one {
                Listed::Field(place, alias) => {
                    let path = self.back_at(*place, Self::expression)?;
                    if alias.is_some() {
                        let message = "only aggregate expressions use field aliasing";
                        return Err(ApiError::new(400, "MALFORMED_QUERY", message));
                    }
                    if matches!(path.part, Part::Date(_)) {
                        return Err(unexpected("("));
                    }
                    // The vendor refuses a field named twice.
                    if names(&items).any(|other| same(other, &path)) {
                        let name = self.tokens.get(*place).map(Token::quoted);
                        let message =
                            format!("duplicate field selected: {}", name.unwrap_or_default());
                        return Err(ApiError::new(400, "INVALID_FIELD", message));
                    }
                    items.push(Item::Field(path));
                }
                Listed::TypeOf(place) => {
                    let found = self.back_at(*place, Self::type_of)?;
                    items.push(Item::TypeOf(Box::new(found)));
                }
                Listed::Shown(token, alias, as_text) => {
                    items.push(Item::Shown(self.path(token)?, alias.clone(), *as_text));
                }
                Listed::Query(place) => items.push(self.children(*place)?),
                Listed::Every(_) => {}
                Listed::Count | Listed::Call(..) | Listed::Grouping(..) => {
                    return Err(unexpected("("));
                }
            }
        }
        Ok(Select::Fields(items))
    }

    /// Reads again at an earlier place, now that more is known.
    fn back_at<T>(&mut self, place: usize, read: impl FnOnce(&mut Self) -> Answer<T>) -> Answer<T> {
        let after = std::mem::replace(&mut self.next, place);
        let found = read(self);
        self.next = after;
        found
    }

    /// The rest of `TYPEOF What WHEN Account THEN Phone, Website ELSE Name END`.
    fn type_of(&mut self) -> Answer<TypeOf> {
        let object = self.object.ok_or_else(|| unexpected("<EOF>"))?;
        let name = self.take();
        let link = object.relationship(&name.quoted());
        let link = link
            .filter(|link| link.reference_to.len() > 1)
            .ok_or_else(|| {
                let message = format!("'{}' is no relationship to several objects", name.quoted());
                ApiError::new(400, "INVALID_FIELD", self.pointed(name.at, &message))
            })?;
        let (mut cases, mut otherwise) = (Vec::new(), Vec::new());
        while self.word("WHEN") {
            let kind = self.take();
            let of_link = |object: &&Object| object.name.eq_ignore_ascii_case(&kind.quoted());
            let target = targets(link).into_iter().find(of_link).ok_or_else(|| {
                let message = format!("'{}' is no object of {}", kind.quoted(), link.name);
                ApiError::new(400, "INVALID_TYPE", self.pointed(kind.at, &message))
            })?;
            self.keyword("THEN")?;
            cases.push((target, self.fields_of(&[target])?));
        }
        if cases.is_empty() {
            return Err(unexpected(&self.peek().quoted()));
        }
        if self.word("ELSE") {
            otherwise = self.fields_of(&targets(link))?;
        }
        self.keyword("END")?;
        Ok(TypeOf {
            link,
            cases,
            otherwise,
        })
    }

    fn fields_of(&mut self, from: &[&'static Object]) -> Answer<Vec<Path>> {
        let mut fields = Vec::new();
        loop {
            let token = self.take();
            let Kind::Word(name) = &token.kind else {
                return Err(unexpected(&token.quoted()));
            };
            fields.push(self.walk(from.to_vec(), name.split('.').collect(), token.at)?);
            if !self.symbol(",") {
                return Ok(fields);
            }
        }
    }

    fn children(&mut self, place: usize) -> Answer<Item> {
        let parent = self.object.ok_or_else(|| unexpected("<EOF>"))?;
        if !matches!(self.inside, Inside::Nothing) {
            return Err(unexpected("SELECT"));
        }
        let query = self.back_at(place, |parser| parser.nested(Inside::Parent(parent)))?;
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

    fn columns(&mut self, listed: &[Listed], group: &[Path]) -> Answer<Select> {
        let mut columns = Vec::new();
        let mut unnamed = 0;
        for one in listed {
            let (alias, measure) = match one {
                Listed::Field(place, alias) => {
                    let path = self.grouped(*place, group)?;
                    let own = matches!(path.part, Part::Whole | Part::Object);
                    let name = own.then(|| path.field.name.clone());
                    (alias.clone().or(name), Measure::Key(path))
                }
                Listed::Grouping(place, alias) => (
                    alias.clone(),
                    Measure::Grouping(self.grouped(*place, group)?),
                ),
                Listed::Call(function, field, alias) => {
                    let path = self.measured(*function, field)?;
                    (alias.clone(), Measure::Of(*function, path))
                }
                Listed::Count => (None, Measure::Count),
                Listed::Every(_) | Listed::Query(_) | Listed::Shown(..) | Listed::TypeOf(_) => {
                    return Err(unexpected("("));
                }
            };
            let name = alias.unwrap_or_else(|| {
                unnamed += 1;
                format!("expr{}", unnamed - 1)
            });
            columns.push((name, measure));
        }
        Ok(Select::Groups(columns))
    }

    /// A selected field that must be one of `GROUP BY`.
    fn grouped(&mut self, place: usize, group: &[Path]) -> Answer<Path> {
        let path = self.back_at(place, Self::expression)?;
        if group.iter().any(|key| same(key, &path)) {
            return Ok(path);
        }
        let token = self.tokens.get(place).cloned().unwrap_or(super::END);
        let message = format!("Field must be grouped or aggregated: {}", token.quoted());
        Err(ApiError::new(
            400,
            "MALFORMED_QUERY",
            self.pointed(token.at, &message),
        ))
    }

    /// A function of a field that stands where a field could: its measure.
    pub(super) fn measure(&mut self, token: &Token) -> Answer<Option<Measure>> {
        let name = token.quoted();
        if name.eq_ignore_ascii_case("GROUPING") && self.symbol("(") {
            let path = self.expression()?;
            self.expect(")")?;
            return Ok(Some(Measure::Grouping(path)));
        }
        let Some(function) = function(&name).filter(|_| self.symbol("(")) else {
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
                    part: Part::Whole,
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
        Item::Shown(..) | Item::TypeOf(_) | Item::Children(_) => None,
    })
}

impl Measure {
    /// The field whose type its values have.
    pub fn field(&self) -> &'static Field {
        match self {
            Self::Of(Function::Count | Function::CountDistinct, _)
            | Self::Count
            | Self::Grouping(_) => count(),
            Self::Key(path) | Self::Of(_, path) => path.field,
        }
    }
}

/// Whether two paths lead to the same.
pub fn same(a: &Path, b: &Path) -> bool {
    let names = |path: &Path| {
        let mut names: Vec<&str> = path.hops.iter().map(|hop| hop.name.as_str()).collect();
        names.push(&path.field.name);
        if let Part::Date(field) = path.part {
            names.push(&field.name);
        }
        names.join(".")
    };
    names(a) == names(b)
}
