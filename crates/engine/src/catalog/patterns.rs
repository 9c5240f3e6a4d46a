//! The patterns of an element's parameters, made ready once; they come from strangers, and every call is matched with them.

use std::collections::BTreeMap;

use ligand_model::element::Element;
use ligand_model::text::Text;
use regex_lite::{Captures, Regex, RegexBuilder};

use super::{Diagnostic, warning};

/// Most patterns of an element.
const MOST: usize = 200;
/// Most groups of one: each step of a match takes notes of all of them.
const MOST_GROUPS: usize = 10;
/// Bytes that one may take when it is made ready: a match takes time by this and by the value.
const LARGEST: usize = 32 << 10;
/// Bytes of the longest value that matches any.
const LONGEST_VALUE: usize = 4096;

/// Regular expressions by their text.
#[derive(Debug, Default)]
pub(crate) struct Patterns(BTreeMap<Text, Regex>);

/// What a pattern says of a value.
pub(crate) enum Matched<'r, 't> {
    /// It matches; the names of the groups, and what they hold.
    Yes(&'r Regex, Captures<'t>),
    /// It does not, or is longer than any value that does.
    No,
    /// The pattern cannot be read, which was told when the element was loaded.
    Unknown,
}

impl Patterns {
    /// Makes the patterns of an element ready; one that cannot be read is told of.
    pub(super) fn new(element: &Element, found: &mut Vec<Diagnostic>) -> Self {
        let of_resources = element.resources.iter().flat_map(|one| &one.parameters);
        let all = element.parameters.iter().chain(of_resources);
        let mut known = BTreeMap::new();
        for pattern in all.filter_map(|parameter| parameter.pattern.as_ref()) {
            if known.contains_key(pattern) {
                continue;
            }
            let made = if known.len() < MOST {
                read(pattern)
            } else {
                Err(format!("an element may have {MOST} patterns"))
            };
            match made {
                Ok(regex) => _ = known.insert(pattern.clone(), regex),
                Err(fault) => found.push(warning(
                    "parameters".to_owned(),
                    format!("the `pattern` {pattern} cannot be read and is ignored: {fault}"),
                )),
            }
        }
        Self(known)
    }

    /// Matches a value.
    pub(crate) fn matched<'r, 't>(&'r self, pattern: &str, value: &'t str) -> Matched<'r, 't> {
        let Some(regex) = self.0.get(pattern) else {
            return Matched::Unknown;
        };
        let short = value.len() <= LONGEST_VALUE;
        match short.then(|| regex.captures(value)).flatten() {
            Some(captures) => Matched::Yes(regex, captures),
            None => Matched::No,
        }
    }
}

fn read(pattern: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    let regex = regex.map_err(|fault| fault.to_string())?;
    // The whole is a group, too.
    if regex.captures_len() > MOST_GROUPS + 1 {
        return Err(format!("it may have {MOST_GROUPS} groups"));
    }
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_would_cost_much_cannot_be_read() {
        for pattern in ["(?:a{1000}){1000}", "(?:[a-z]{50}){50}", &"(a)".repeat(11)] {
            assert!(read(pattern).is_err(), "{pattern}");
        }
        let uuid = "^(?i)[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$";
        for pattern in [uuid, "^.{1,255}$", &"(a)".repeat(10)] {
            assert!(read(pattern).is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_value_that_is_long_matches_nothing() {
        let all = Text::from("^a*$");
        let known = Patterns(BTreeMap::from([(all.clone(), read(&all).unwrap())]));
        let matches = |length| matches!(known.matched(&all, &"a".repeat(length)), Matched::Yes(..));
        assert_eq!((matches(0), matches(LONGEST_VALUE)), (true, true));
        assert!(!matches(LONGEST_VALUE + 1));
    }
}
