//! `GROUP BY` and the aggregate functions.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value, json};

use crate::record_store::{Record, compare};
use crate::salesforce::org::Org;
use crate::salesforce::soql::parser::same;
use crate::salesforce::soql::{Function, Measure, Path, Query, Select, Subtotals};

/// The records of one row, and the keys over whose values the row sums.
struct Group<'a> {
    members: Vec<&'a Record>,
    summed: Vec<&'a Path>,
}

impl Query {
    /// The rows of a query by groups; `None` when it asks for records.
    pub fn rows(&self, org: &Org, deleted: bool) -> Option<Vec<Value>> {
        let Select::Groups(columns) = &self.select else {
            return None;
        };
        let records = self.matching(org, deleted, None);
        let mut groups: Vec<Group<'_>> = self
            .groupings()
            .iter()
            .flat_map(|kept| self.groups(org, &records, kept))
            .filter(|group| {
                let holds = |having: &super::Condition| having.holds(&|left| left.of(org, group));
                self.having.as_ref().is_none_or(holds)
            })
            .collect();
        groups.sort_by(|a, b| self.compare_groups(org, a, b));
        let limit = self.limit.unwrap_or(usize::MAX);
        let rows = groups.iter().skip(self.offset).take(limit).map(|group| {
            let mut row = Map::new();
            row.insert(
                "attributes".to_owned(),
                json!({ "type": "AggregateResult" }),
            );
            for (name, measure) in columns {
                row.insert(name.clone(), measure.of(org, group));
            }
            Value::Object(row)
        });
        Some(rows.collect())
    }

    /// Which keys each set of rows keeps apart.
    fn groupings(&self) -> Vec<Vec<bool>> {
        let keys = self.group.len();
        let sets = match self.subtotals {
            Subtotals::None => 1,
            Subtotals::Rollup => keys + 1,
            Subtotals::Cube => 1 << keys,
        };
        let keeps = |set: usize, key: usize| match self.subtotals {
            Subtotals::None => true,
            Subtotals::Rollup => key + set < keys,
            Subtotals::Cube => set >> key & 1 == 0,
        };
        (0..sets)
            .map(|set| (0..keys).map(|key| keeps(set, key)).collect())
            .collect()
    }

    /// The records, grouped by the keys kept.
    fn groups<'a>(
        &'a self,
        org: &Org,
        records: &[(&str, &'a Record)],
        kept: &[bool],
    ) -> Vec<Group<'a>> {
        let keys = || self.group.iter().zip(kept);
        let mut groups: Vec<(Vec<Value>, Vec<&Record>)> = Vec::new();
        for (_, record) in records {
            let key: Vec<Value> = keys()
                .filter(|(_, kept)| **kept)
                .map(|(path, _)| path.value(org, record))
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
        let group = |(_, members)| Group {
            members,
            summed: keys()
                .filter(|(_, kept)| !**kept)
                .map(|(path, _)| path)
                .collect(),
        };
        groups.into_iter().map(group).collect()
    }

    fn compare_groups(&self, org: &Org, a: &Group<'_>, b: &Group<'_>) -> Ordering {
        for key in &self.order {
            let (left, right) = (key.by.of(org, a), key.by.of(org, b));
            let order = key.order(key.by.field(), &left, &right);
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl Measure {
    /// The value for one group.
    fn of(&self, org: &Org, group: &Group<'_>) -> Value {
        let members = &group.members;
        let summed = |path: &Path| group.summed.iter().any(|other| same(other, path));
        match self {
            Self::Key(path) if summed(path) => Value::Null,
            Self::Key(path) => members
                .first()
                .map_or(Value::Null, |record| path.value(org, record)),
            Self::Grouping(path) => json!(u8::from(summed(path))),
            Self::Count => json!(members.len()),
            Self::Of(function, path) => {
                let all = members.iter().map(|record| path.value(org, record));
                function.of(all.filter(|value| !value.is_null()).collect())
            }
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
