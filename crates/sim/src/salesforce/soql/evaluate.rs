//! Runs a [`Query`] on an org.

mod group;

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::derived::{Part, date_part};
use super::{
    Children, Condition, Item, Measure, Operand, Operator, Order, Path, Query, Select, TypeOf,
};
use crate::record_store::{Record, compare};
use crate::salesforce::describe::Field;
use crate::salesforce::org::{Org, attributes, read};
use crate::salesforce::value;

/// Children of one record in an answer.
const MOST_CHILDREN: usize = 200;

impl Query {
    /// The ids of the records that match, in order; deleted ones too when `deleted`.
    pub fn run(&self, org: &Org, deleted: bool) -> Vec<String> {
        let mut found = self.matching(org, deleted, None);
        found.sort_by(|(_, a), (_, b)| self.compare(org, a, b));
        let limit = self.limit.unwrap_or(usize::MAX);
        found
            .into_iter()
            .skip(self.offset)
            .take(limit)
            .map(|(id, _)| id.to_owned())
            .collect()
    }

    /// The live records that match, in the query's order, limits aside.
    pub fn matches_in_order<'a>(&self, org: &'a Org) -> Vec<(&'a str, &'a Record)> {
        let mut found = self.matching(org, false, None);
        found.sort_by(|(_, a), (_, b)| self.compare(org, a, b));
        found
    }

    /// Whether a record is one of those that are asked for.
    pub fn takes(&self, org: &Org, record: &Record) -> bool {
        let filter = self.filter.as_ref().map(|filter| filter.resolved(org));
        filter.is_none_or(|filter| filter.of(org, record))
    }

    /// The object's own fields that are selected, and those of the condition.
    pub fn own_fields(&self) -> (Vec<&str>, Vec<&str>) {
        fn name(path: &Path) -> Option<&str> {
            path.hops.is_empty().then_some(path.field.name.as_str())
        }
        let mut selected = Vec::new();
        if let Select::Fields(items) = &self.select {
            selected.extend(items.iter().filter_map(|item| match item {
                Item::Field(path) => name(path),
                _ => None,
            }));
        }
        let mut filtered = Vec::new();
        let mut open: Vec<&Condition> = self.filter.iter().collect();
        while let Some(condition) = open.pop() {
            match condition {
                Condition::And(terms) | Condition::Or(terms) => open.extend(terms),
                Condition::Not(term) => open.push(term),
                Condition::Compare(Measure::Key(path), ..)
                | Condition::In(Measure::Key(path), ..)
                | Condition::InQuery(Measure::Key(path), ..)
                | Condition::Includes(Measure::Key(path), ..) => filtered.extend(name(path)),
                _ => {}
            }
        }
        (selected, filtered)
    }

    /// The records that match, in the order they were made; `of` limits them to the children of a record.
    fn matching<'a>(
        &self,
        org: &'a Org,
        deleted: bool,
        of: Option<(&Field, &str)>,
    ) -> Vec<(&'a str, &'a Record)> {
        let filter = self.filter.as_ref().map(|filter| filter.resolved(org));
        org.all_records(self.object)
            .filter(|(_, record)| deleted || !crate::salesforce::org::is_deleted(record))
            .filter(|(_, record)| {
                of.is_none_or(|(link, parent)| {
                    record.get(&link.name).and_then(Value::as_str) == Some(parent)
                })
            })
            .filter(|(_, record)| filter.as_ref().is_none_or(|filter| filter.of(org, record)))
            .collect()
    }

    fn compare(&self, org: &Org, a: &Record, b: &Record) -> Ordering {
        for key in &self.order {
            let Measure::Key(path) = &key.by else {
                continue;
            };
            let (left, right) = (path.value(org, a), path.value(org, b));
            let order = key.order(path.field, &left, &right);
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }

    /// A record with the selected fields, parents and children nested.
    pub fn render(&self, org: &Org, base: &str, record: &Record) -> Value {
        let id = record.get("Id").and_then(Value::as_str).unwrap_or_default();
        let mut out = Map::new();
        out.insert("attributes".to_owned(), attributes(base, self.object, id));
        if let Select::Fields(items) = &self.select {
            for item in items {
                match item {
                    Item::Field(path) => path.render(org, base, Some(record), &mut out, 0),
                    Item::Shown(path, alias, as_text) => {
                        let name = alias.as_ref().unwrap_or(&path.field.name).clone();
                        let value = match path.value(org, record) {
                            Value::Number(number) if *as_text => json!(number.to_string()),
                            value => value,
                        };
                        out.insert(name, value);
                    }
                    Item::TypeOf(choice) => {
                        let parent = choice.render(org, base, record);
                        out.insert(choice.link.relationship_name.clone(), parent);
                    }
                    Item::Children(children) => {
                        let list = children.render(org, base, id);
                        out.insert(children.relationship.clone(), list);
                    }
                }
            }
        }
        Value::Object(out)
    }
}

impl TypeOf {
    /// The parent with the fields of its object; null when there is none.
    fn render(&self, org: &Org, base: &str, record: &Record) -> Value {
        let id = record.get(&self.link.name).and_then(Value::as_str);
        let Some((id, (object, parent))) = id.and_then(|id| Some((id, org.any(id)?))) else {
            return Value::Null;
        };
        let case = self.cases.iter().find(|(of, _)| of.name == object.name);
        let fields = case.map_or(&self.otherwise, |(_, fields)| fields);
        let mut out = Map::new();
        out.insert("attributes".to_owned(), attributes(base, object, id));
        for path in fields {
            path.render(org, base, Some(parent), &mut out, 0);
        }
        Value::Object(out)
    }
}

impl Children {
    /// The children of one record as a page of their own; null when there is none.
    fn render(&self, org: &Org, base: &str, parent: &str) -> Value {
        let query = &self.query;
        let mut found = query.matching(org, false, Some((self.link, parent)));
        found.sort_by(|(_, a), (_, b)| query.compare(org, a, b));
        let limit = query.limit.unwrap_or(MOST_CHILDREN).min(MOST_CHILDREN);
        let records: Vec<Value> = found
            .into_iter()
            .skip(query.offset)
            .take(limit)
            .map(|(_, record)| query.render(org, base, record))
            .collect();
        if records.is_empty() {
            return Value::Null;
        }
        json!({ "totalSize": records.len(), "done": true, "records": records })
    }
}

impl Order {
    /// How two values stand to each other under this key.
    fn order(&self, field: &Field, left: &Value, right: &Value) -> Ordering {
        match (left.is_null(), right.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if self.nulls_last => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) if self.nulls_last => Ordering::Less,
            (false, true) => Ordering::Greater,
            _ => {
                let order = order_values(field, left, right);
                if self.descending {
                    order.reverse()
                } else {
                    order
                }
            }
        }
    }
}

/// Ids are ordered by case, text is not.
fn order_values(field: &Field, a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) if field.is_id() => a.cmp(b),
        _ => compare(Some(a), Some(b)),
    }
}

impl Path {
    /// The value at the end of the path; null when a parent is missing.
    pub fn value(&self, org: &Org, record: &Record) -> Value {
        let mut record = record;
        let mut object = None;
        for hop in &self.hops {
            let parent = record
                .get(&hop.name)
                .and_then(Value::as_str)
                .and_then(|id| org.any(id));
            let Some((of, parent)) = parent else {
                return Value::Null;
            };
            (object, record) = (Some(of), parent);
        }
        match self.part {
            Part::Whole => record.get(&self.field.name).cloned().unwrap_or_default(),
            Part::Object => object.map_or(Value::Null, |object| json!(object.name)),
            Part::Date(field) => record
                .get(&field.name)
                .map_or(Value::Null, |value| date_part(&self.field.name, value)),
        }
    }

    fn render(
        &self,
        org: &Org,
        base: &str,
        record: Option<&Record>,
        out: &mut Map<String, Value>,
        depth: usize,
    ) {
        let Some(hop) = self.hops.get(depth) else {
            let id = record
                .and_then(|record| record.get("Id"))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let value = match (record, crate::salesforce::describe::object_of_id(id)) {
                (Some(_), Some(object)) if matches!(self.part, Part::Object) => json!(object.name),
                (Some(record), Some(object)) => read(base, object, record, self.field),
                _ => Value::Null,
            };
            out.insert(self.field.name.clone(), value);
            return;
        };
        let parent = record
            .and_then(|record| record.get(&hop.name))
            .and_then(Value::as_str)
            .and_then(|id| Some((id, org.any(id)?)));
        let Some((id, (object, parent))) = parent else {
            out.insert(hop.relationship_name.clone(), Value::Null);
            return;
        };
        let nested = out.entry(hop.relationship_name.clone()).or_insert_with(|| {
            let mut nested = Map::new();
            nested.insert("attributes".to_owned(), attributes(base, object, id));
            Value::Object(nested)
        });
        if let Value::Object(nested) = nested {
            self.render(org, base, Some(parent), nested, depth + 1);
        }
    }
}

impl Condition {
    /// The condition with every semi-join run.
    fn resolved(&self, org: &Org) -> Self {
        match self {
            Self::And(terms) => Self::And(terms.iter().map(|term| term.resolved(org)).collect()),
            Self::Or(terms) => Self::Or(terms.iter().map(|term| term.resolved(org)).collect()),
            Self::Not(term) => Self::Not(Box::new(term.resolved(org))),
            Self::InQuery(left, negated, query) => {
                let inner = match &query.select {
                    Select::Fields(items) => items.first(),
                    _ => None,
                };
                let ids = query.matching(org, false, None);
                let ids = ids.into_iter().filter_map(|(_, record)| match inner {
                    Some(Item::Field(inner)) => {
                        inner.value(org, record).as_str().map(str::to_owned)
                    }
                    _ => None,
                });
                Self::In(left.clone(), *negated, ids.map(Operand::Id).collect())
            }
            plain => plain.clone(),
        }
    }

    /// Whether it holds for a record.
    fn of(&self, org: &Org, record: &Record) -> bool {
        self.holds(&|left| match left {
            Measure::Key(path) => path.value(org, record),
            _ => Value::Null,
        })
    }

    /// Whether it holds for what has these values.
    fn holds(&self, value: &dyn Fn(&Measure) -> Value) -> bool {
        match self {
            Self::And(terms) => terms.iter().all(|term| term.holds(value)),
            Self::Or(terms) => terms.iter().any(|term| term.holds(value)),
            Self::Not(term) => !term.holds(value),
            Self::Compare(left, operator, operand) => matches(&value(left), *operator, operand),
            Self::In(left, negated, operands) => {
                let value = value(left);
                operands
                    .iter()
                    .any(|operand| matches(&value, Operator::Equal, operand))
                    != *negated
            }
            // Resolved before any record is looked at.
            Self::InQuery(..) => false,
            Self::Includes(left, negated, sets) => {
                let value = value(left);
                let held: Vec<&str> = value.as_str().unwrap_or_default().split(';').collect();
                sets.iter().any(|set| {
                    set.split(';').all(|wanted| {
                        held.iter()
                            .any(|one| one.eq_ignore_ascii_case(wanted.trim()))
                    })
                }) != *negated
            }
        }
    }
}

fn matches(value: &Value, operator: Operator, operand: &Operand) -> bool {
    match operator {
        Operator::NotEqual => return !matches(value, Operator::Equal, operand),
        Operator::Like => {
            let Operand::Text(pattern) = operand else {
                return value.is_null();
            };
            let text = value.as_str().unwrap_or_default().to_lowercase();
            let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
            return !value.is_null() && like(&text.chars().collect::<Vec<_>>(), &pattern);
        }
        _ => {}
    }
    let order = match (value, operand) {
        (Value::Null, Operand::Null) => return operator == Operator::Equal,
        (Value::Bool(value), Operand::Bool(wanted)) => value.cmp(wanted),
        (Value::Number(value), Operand::Number(wanted)) => {
            value.as_f64().unwrap_or_default().total_cmp(wanted)
        }
        (Value::String(value), Operand::Id(wanted)) => value.cmp(wanted),
        (Value::String(value), Operand::Text(wanted)) => {
            value.to_lowercase().cmp(&wanted.to_lowercase())
        }
        (Value::String(value), Operand::Span(start, end)) => {
            let Some(at) = value::parse_datetime(value) else {
                return false;
            };
            if at.0 < *start {
                Ordering::Less
            } else if at.0 >= *end {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }
        _ => return false,
    };
    match operator {
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

/// `%` stands for any text, `_` for one character, a backslash for the next character itself. Linear but for one step back.
fn like(text: &[char], pattern: &[char]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        let step = match pattern.get(p) {
            Some('%') => {
                back = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some('_') => Some(1),
            Some('\\') if pattern.get(p + 1) == Some(c) => Some(2),
            Some('\\') => None,
            Some(wanted) if wanted == c => Some(1),
            _ => None,
        };
        match (step, back) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((after, from))) => {
                back = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == '%')
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns_match_any_text_one_character_and_escaped_signs() {
        let fits = |text: &str, pattern: &str| {
            like(
                &text.chars().collect::<Vec<_>>(),
                &pattern.chars().collect::<Vec<_>>(),
            )
        };
        for (text, pattern) in [
            ("acme", "ac%"),
            ("acme", "%m%"),
            ("acme", "a__e"),
            ("", "%"),
            ("5%", "5\\%"),
            ("abcabd", "%abd"),
        ] {
            assert!(fits(text, pattern), "{text} LIKE {pattern}");
        }
        for (text, pattern) in [
            ("acme", "cm%"),
            ("acme", "a_e"),
            ("50", "5\\%"),
            ("", "_"),
            ("ab", "a\\_"),
        ] {
            assert!(!fits(text, pattern), "{text} NOT LIKE {pattern}");
        }
    }
}
