//! Filters of exports: `'{{Contact.UpdatedAt}}' > '2017-01-01' AND EXISTS('{{ContactList[4]}}')`.

use super::super::search::{like, order};
use super::super::state::State;
use super::Object;
use crate::record_store::Record;

/// Parentheses and NOTs nest this deep at most.
const DEEPEST: usize = 20;

/// A condition.
#[derive(Debug)]
pub enum Filter {
    /// All hold.
    All(Vec<Filter>),
    /// One holds.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A property compared with a value.
    Compare(String, &'static str, String),
    /// The contact is on that list.
    OnList(String),
    /// The contact is in that segment.
    InSegment(String),
}

impl Filter {
    /// Reads a filter; `None` when it is none or names no field of the object.
    pub fn parse(object: &Object, text: &str) -> Option<Self> {
        let mut reader = Reader { object, rest: text };
        let filter = reader.any(0)?;
        reader.rest.trim().is_empty().then_some(filter)
    }

    /// Whether a record satisfies it.
    pub fn admits(&self, state: &State, object: &Object, record: &Record) -> bool {
        let holds = |part: &Self| part.admits(state, object, record);
        match self {
            Self::All(parts) => parts.iter().all(holds),
            Self::Any(parts) => parts.iter().any(holds),
            Self::Not(part) => !holds(part),
            Self::OnList(list) => {
                let id = object.read(record, "id").and_then(|id| id.parse().ok());
                let members = state.members.get(list);
                id.is_some_and(|id| members.is_some_and(|members| members.contains(&id)))
            }
            Self::InSegment(segment) => super::super::data::in_segment(state, segment, record),
            Self::Compare(property, operator, value) => {
                let found = object.value(state, record, property).unwrap_or_default();
                let by = order(&found, value);
                match *operator {
                    "=" => by.is_eq(),
                    "!=" => by.is_ne(),
                    ">" => by.is_gt(),
                    ">=" => by.is_ge(),
                    "<" => by.is_lt(),
                    "<=" => by.is_le(),
                    _ => like(&found, value),
                }
            }
        }
    }

    /// Whether some comparison reads that property.
    pub fn names(&self, property: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names(property)),
            Self::Not(part) => part.names(property),
            Self::Compare(name, ..) => name == property,
            Self::OnList(_) | Self::InSegment(_) => false,
        }
    }
}

struct Reader<'a> {
    object: &'a Object,
    rest: &'a str,
}

impl Reader<'_> {
    fn any(&mut self, depth: usize) -> Option<Filter> {
        let mut parts = vec![self.all(depth)?];
        while self.word("OR") {
            parts.push(self.all(depth)?);
        }
        Some(if parts.len() == 1 {
            parts.pop()?
        } else {
            Filter::Any(parts)
        })
    }

    fn all(&mut self, depth: usize) -> Option<Filter> {
        let mut parts = vec![self.one(depth)?];
        while self.word("AND") {
            parts.push(self.one(depth)?);
        }
        Some(if parts.len() == 1 {
            parts.pop()?
        } else {
            Filter::All(parts)
        })
    }

    fn one(&mut self, depth: usize) -> Option<Filter> {
        if depth > DEEPEST {
            return None;
        }
        if self.word("NOT") {
            return Some(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.sign("(") {
            let inner = self.any(depth + 1)?;
            return self.sign(")").then_some(inner);
        }
        if self.word("EXISTS") {
            let named = self.sign("(").then(|| self.quoted()).flatten()?;
            let inner = named.strip_prefix("{{")?.strip_suffix("]}}")?;
            let (kind, id) = inner.split_once('[')?;
            let filter = match kind {
                "ContactList" => Filter::OnList(id.to_owned()),
                "ContactSegment" => Filter::InSegment(id.to_owned()),
                _ => return None,
            };
            return self.sign(")").then_some(filter);
        }
        let statement = self.quoted()?;
        let property = self.object.property(&statement)?;
        let operator = ["!=", ">=", "<=", "=", ">", "<", "~"]
            .into_iter()
            .find(|operator| self.sign(operator))?;
        Some(Filter::Compare(property, operator, self.quoted()?))
    }

    fn sign(&mut self, sign: &str) -> bool {
        match self.rest.trim_start().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some((head, tail)) = rest.split_at_checked(word.len()) else {
            return false;
        };
        let ends = !tail.starts_with(|c: char| c.is_alphanumeric());
        if head.eq_ignore_ascii_case(word) && ends {
            self.rest = tail;
            return true;
        }
        false
    }

    fn quoted(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (text, rest) = rest.get(1..)?.split_once(quote)?;
        self.rest = rest;
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::entity::CONTACT;
    use super::*;

    fn admits(filter: &str, updated: &str) -> Option<bool> {
        let object = Object::People(&CONTACT);
        let mut state = State::default();
        state.members.insert("4".into(), [7].into());
        let mut record = Record::new();
        record.insert("id".into(), "7".into());
        record.insert("updatedAt".into(), updated.into());
        let filter = Filter::parse(&object, filter)?;
        Some(filter.admits(&state, &object, &record))
    }

    #[test]
    fn conditions_compare_nest_and_look_into_lists() {
        let since = "'{{Contact.UpdatedAt}}' > '2017-01-01 00:00:00'";
        assert_eq!(admits(since, "1500000000"), Some(true));
        assert_eq!(admits(since, "1400000000"), Some(false));
        let both = format!("{since} and EXISTS('{{{{ContactList[4]}}}}')");
        assert_eq!(admits(&both, "1500000000"), Some(true));
        let other = format!("NOT ({since} OR '{{{{Contact.Id}}}}' = '8')");
        assert_eq!(admits(&other, "1400000000"), Some(true));
        assert_eq!(admits("'{{Contact.Field(C_No)}}' = 'x'", "1"), None);
        assert_eq!(admits(&format!("{since} AND"), "1"), None);
        assert_eq!(admits(&"(".repeat(100), "1"), None);
    }
}
