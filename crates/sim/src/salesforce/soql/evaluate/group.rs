//! `GROUP BY` and the aggregate functions.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value, json};

use super::matches;
use crate::record_store::{Record, compare};
use crate::salesforce::org::Org;
use crate::salesforce::soql::{Function, Measure, Path, Query, Select};

impl Query {
    /// The rows of a query by groups; `None` when it asks for records.
    pub fn rows(&self, org: &Org, deleted: bool) -> Option<Vec<Value>> {
        let Select::Groups(columns) = &self.select else {
            return None;
        };
        let mut groups: Vec<(Vec<Value>, Vec<&Record>)> = Vec::new();
        for (_, record) in self.matching(org, deleted, None) {
            let key: Vec<Value> = self
                .group
                .iter()
                .map(|path| path.value(org, record))
                .collect();
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(record),
                None => groups.push((key, vec![record])),
            }
        }
        // Without GROUP BY everything is one group, even nothing.
        if self.group.is_empty() && groups.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        let mut kept: Vec<&[&Record]> = groups
            .iter()
            .map(|(_, members)| members.as_slice())
            .filter(|members| {
                self.having.iter().all(|(measure, operator, operand)| {
                    matches(&measure.of(org, members), *operator, operand)
                })
            })
            .collect();
        kept.sort_by(|a, b| self.compare_groups(org, a, b));
        let limit = self.limit.unwrap_or(usize::MAX);
        let rows = kept
            .into_iter()
            .skip(self.offset)
            .take(limit)
            .map(|members| {
                let mut row = Map::new();
                row.insert(
                    "attributes".to_owned(),
                    json!({ "type": "AggregateResult" }),
                );
                for (name, measure) in columns {
                    row.insert(name.clone(), measure.of(org, members));
                }
                Value::Object(row)
            });
        Some(rows.collect())
    }

    fn compare_groups(&self, org: &Org, a: &[&Record], b: &[&Record]) -> Ordering {
        for key in &self.order {
            let (left, right) = (key.by.of(org, a), key.by.of(org, b));
            let order = match &key.by {
                Measure::Key(path) => key.order(path.field, &left, &right),
                _ if key.descending => compare(Some(&right), Some(&left)),
                _ => compare(Some(&left), Some(&right)),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl Measure {
    /// The value for the members of one group.
    fn of(&self, org: &Org, members: &[&Record]) -> Value {
        let values = |path: &Path| -> Vec<Value> {
            let all = members.iter().map(|record| path.value(org, record));
            all.filter(|value| !value.is_null()).collect()
        };
        match self {
            Self::Key(path) => members
                .first()
                .map_or(Value::Null, |record| path.value(org, record)),
            Self::Count => json!(members.len()),
            Self::Of(function, path) => function.of(values(path)),
        }
    }
}

impl Function {
    fn of(self, mut values: Vec<Value>) -> Value {
        let numbers = |values: &[Value]| -> f64 { values.iter().filter_map(Value::as_f64).sum() };
        match self {
            Self::Count => json!(values.len()),
            Self::CountDistinct => {
                values.sort_by(|a, b| compare(Some(a), Some(b)));
                values.dedup_by(|a, b| compare(Some(a), Some(b)) == Ordering::Equal);
                json!(values.len())
            }
            Self::Sum | Self::Average if values.is_empty() => Value::Null,
            Self::Sum => number(numbers(&values)),
            Self::Average => {
                let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
                number(numbers(&values) / f64::from(count))
            }
            Self::Least | Self::Greatest => {
                values.sort_by(|a, b| compare(Some(a), Some(b)));
                let found = if self == Self::Least {
                    values.into_iter().next()
                } else {
                    values.pop()
                };
                found.unwrap_or(Value::Null)
            }
        }
    }
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
