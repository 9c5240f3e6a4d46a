//! Eloqua's `search`, `orderBy` and `lastUpdatedAt`, evaluated over records.

use std::cmp::Ordering;

use ligand_model::time::Timestamp;

/// `search` as a list of terms that must all hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    name: String,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Search {
    /// Reads `name='My camp*' createdAt>1400000000`; a bare word searches the name.
    /// Nothing is malformed: what is no comparison is a word.
    pub fn parse(text: &str) -> Self {
        let mut terms = Vec::new();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let name_length = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .unwrap_or(0);
            let (name, after) = rest.split_at_checked(name_length).unwrap_or(("", rest));
            if let Some((operator, after)) = read_operator(after).filter(|_| !name.is_empty()) {
                let (value, after) = read_value(after);
                terms.push(Term {
                    name: name.to_owned(),
                    operator,
                    value,
                });
                rest = after.trim_start();
            } else {
                let (value, after) = read_value(rest);
                if !value.eq_ignore_ascii_case("and") {
                    terms.push(Term {
                        name: "name".into(),
                        operator: Operator::Equal,
                        value,
                    });
                }
                rest = after.trim_start();
            }
        }
        Self(terms)
    }

    /// Whether the record, read through `property` (a name to its text), satisfies every term.
    pub fn admits<'a>(&self, property: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>) -> bool {
        self.0.iter().all(|term| {
            let found = property(&term.name).unwrap_or_default();
            term.holds(&found)
        })
    }
}

impl Term {
    fn holds(&self, found: &str) -> bool {
        match self.operator {
            Operator::Equal => like(found, &self.value),
            Operator::Unequal => !like(found, &self.value),
            _ if found.is_empty() => false,
            Operator::Less => order(found, &self.value) == Ordering::Less,
            Operator::LessOrEqual => order(found, &self.value) != Ordering::Greater,
            Operator::Greater => order(found, &self.value) == Ordering::Greater,
            Operator::GreaterOrEqual => order(found, &self.value) != Ordering::Less,
        }
    }
}

fn read_operator(text: &str) -> Option<(Operator, &str)> {
    // The two-letter operators come first: `>=` is no `>` followed by a value `=…`.
    [
        ("!=", Operator::Unequal),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
        ("=", Operator::Equal),
        (">", Operator::Greater),
        ("<", Operator::Less),
    ]
    .into_iter()
    .find_map(|(sign, operator)| text.strip_prefix(sign).map(|rest| (operator, rest)))
}

fn read_value(text: &str) -> (String, &str) {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).map_or_else(
                || (inner.to_owned(), ""),
                |(value, rest)| (value.to_owned(), rest),
            );
        }
    }
    text.split_once(char::is_whitespace).map_or_else(
        || (text.to_owned(), ""),
        |(value, rest)| (value.to_owned(), rest),
    )
}

/// Case-insensitive match in which `*` stands for any text.
pub fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(found) = rest.split_once(*part) else {
            return false;
        };
        rest = found.1;
    }
    rest.ends_with(last)
}

/// Numbers as numbers, dates against unix seconds as such, other text by its lower case.
pub fn order(left: &str, right: &str) -> Ordering {
    let number = |text: &str| {
        text.parse::<f64>().ok().or_else(|| {
            #[expect(clippy::cast_precision_loss, reason = "seconds fit a float exactly")]
            Timestamp::parse(&text.replace(' ', "T"))
                .or_else(|| Timestamp::parse(&format!("{}Z", text.replace(' ', "T"))))
                .map(|time| time.seconds() as f64)
        })
    };
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.to_lowercase().cmp(&right.to_lowercase()),
    }
}

/// `orderBy`: a property and a direction (`createdAt desc`, `name`).
pub fn read_order(text: &str) -> Option<(String, bool)> {
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
    let name = words.next()?.to_owned();
    let descending = words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("desc"));
    Some((name, descending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(search: &str) -> bool {
        Search::parse(search).admits(|name| {
            Some(match name {
                "name" => "My Campaign".into(),
                "id" => "12".into(),
                "createdAt" => "1418666629".into(),
                _ => return None,
            })
        })
    }

    #[test]
    fn wildcards_and_quotes_are_understood() {
        assert!(admits("name='My camp*'"));
        assert!(admits("*paign"));
        assert!(admits("name=\"my campaign\""));
        assert!(admits("*y*mp*n"));
        assert!(!admits("name=My"));
        assert!(!admits("*x*"));
    }

    #[test]
    fn terms_are_joined_by_and() {
        assert!(admits("name='my*' id=12"));
        assert!(admits("name='my*' and id=12"));
        assert!(!admits("name='my*' id=13"));
        assert!(admits("id!=13"));
    }

    #[test]
    fn numbers_and_dates_compare_by_value() {
        assert!(admits("id>9"));
        assert!(admits("createdAt>='1418666629'"));
        assert!(admits("createdAt>'2014-01-01'"));
        assert!(admits("createdAt<'2017-01-01 00:00:00'"));
        assert!(!admits("nothing>1"));
    }

    #[test]
    fn an_order_has_a_direction() {
        assert_eq!(
            read_order("createdAt desc"),
            Some(("createdAt".into(), true))
        );
        assert_eq!(read_order("name"), Some(("name".into(), false)));
        assert_eq!(read_order(" "), None);
    }
}
