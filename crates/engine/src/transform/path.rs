//! Field paths: `address.city`, `users[*].name`, `products[0].id`, `products[id=4].name`,
//! `products[?(@.id==2)].name`, `products[*].size()`.

use std::fmt;

use serde_json::Value;

/// Longest path that is read, bytes.
const LONGEST: usize = 1000;
/// Most steps of a path; bounds recursion over plans.
const MOST_STEPS: usize = 32;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// Every item of an array: `[*]`.
    All,
    /// One item of an array, from 0: `[0]`.
    Index(usize),
    /// The items whose member has a value: `[id=4]`, `[?(@.id==4)]`.
    Filter(Vec<String>, Value),
    /// How many items: `size()`.
    Size,
}

/// A parsed path; empty is the value itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

/// Why a path cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {path:?} cannot be read at character {at}: {why}")]
pub struct PathError {
    path: String,
    at: usize,
    why: &'static str,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut reader = Reader { text, at: 0 };
        reader.path().map_err(|why| PathError {
            path: text.chars().take(100).collect(),
            at: text.get(..reader.at).unwrap_or_default().chars().count() + 1,
            why,
        })
    }

    /// Whether only members are walked.
    pub fn is_plain(&self) -> bool {
        self.0.iter().all(|step| matches!(step, Step::Key(_)))
    }

    /// The path as a query names it: members joined by dots, without what picks items.
    pub fn name(&self) -> String {
        let keys = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        });
        keys.collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if key.contains(['.', '[', ']']) => write!(f, "[{}]", quoted(key))?,
                Step::Key(key) if index == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::All => f.write_str("[*]")?,
                Step::Index(item) => write!(f, "[{item}]")?,
                Step::Filter(keys, Value::String(text)) => {
                    write!(f, "[?(@.{}=={})]", keys.join("."), quoted(text))?;
                }
                Step::Filter(keys, value) => write!(f, "[?(@.{}=={value})]", keys.join("."))?,
                Step::Size if index == 0 => f.write_str("size()")?,
                Step::Size => f.write_str(".size()")?,
            }
        }
        Ok(())
    }
}

/// In quotes, which know no escapes: double ones unless the text holds one.
fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes up to the first of these bytes, all of them ASCII.
    fn until(&mut self, stops: &[u8]) -> &'a str {
        let rest = self.rest();
        let end = rest
            .bytes()
            .position(|byte| stops.contains(&byte))
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn path(&mut self) -> Result<Path, &'static str> {
        if self.text.trim().is_empty() {
            return Err("it is empty");
        }
        if self.text.len() > LONGEST {
            return Err("it is longer than 1,000 bytes");
        }
        let mut steps = Vec::new();
        loop {
            if steps.len() == MOST_STEPS {
                return Err("it has more than 32 steps");
            }
            if self.take("[") {
                steps.push(self.bracket()?);
            } else if self.take("size()") {
                steps.push(Step::Size);
                return self.end().map(|()| Path(steps));
            } else {
                let key = self.until(b".[");
                if key.is_empty() {
                    return Err("a member's name is missing");
                }
                if key.contains(']') {
                    return Err("a `]` has no `[`");
                }
                steps.push(Step::Key(key.to_owned()));
            }
            if self.rest().is_empty() {
                return Ok(Path(steps));
            }
            if !self.take(".") && !self.rest().starts_with('[') {
                return Err("a `.` or `[` is missing");
            }
        }
    }

    fn end(&self) -> Result<(), &'static str> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err("nothing can follow `size()`")
        }
    }

    fn bracket(&mut self) -> Result<Step, &'static str> {
        let filter = self.take("?(");
        let inside = self.inside();
        if !self.take("]") {
            return Err("a `]` is missing");
        }
        if filter {
            let inside = inside.trim().strip_suffix(')').ok_or("a `)` is missing")?;
            let inside = inside
                .trim()
                .strip_prefix("@.")
                .ok_or("a filter begins with `@.`")?;
            let (keys, value) = inside
                .split_once("==")
                .ok_or("a filter compares with `==`")?;
            return condition(keys, value);
        }
        if inside == "*" {
            return Ok(Step::All);
        }
        if let Ok(index) = inside.parse::<u16>() {
            return Ok(Step::Index(usize::from(index)));
        }
        let quoted = inside
            .strip_prefix(['"', '\''])
            .and_then(|rest| rest.strip_suffix(['"', '\'']));
        if let Some(key) = quoted.filter(|key| !key.is_empty()) {
            return Ok(Step::Key(key.to_owned()));
        }
        let (keys, value) = inside
            .split_once('=')
            .ok_or("between brackets stands `*`, a number below 65536, or `member=value`")?;
        condition(keys, value.strip_prefix('=').unwrap_or(value))
    }

    /// Up to the bracket that closes, which no quote holds.
    fn inside(&mut self) -> &'a str {
        let rest = self.rest();
        let mut quote = None;
        let end = rest.bytes().position(|byte| match (quote, byte) {
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                false
            }
            (Some(open), _) if open == byte => {
                quote = None;
                false
            }
            (None, b']') => true,
            _ => false,
        });
        let end = end.unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }
}

fn condition(keys: &str, value: &str) -> Result<Step, &'static str> {
    let keys: Vec<String> = keys
        .trim()
        .split('.')
        .map(|key| key.trim().to_owned())
        .collect();
    if keys.iter().any(String::is_empty) {
        return Err("a filter names a member");
    }
    let value = value.trim();
    let quoted = value
        .strip_prefix(['"', '\''])
        .and_then(|rest| rest.strip_suffix(['"', '\'']));
    let value = match (quoted, serde_json::from_str(value)) {
        (Some(text), _) => Value::from(text),
        (None, Ok(scalar @ (Value::Bool(_) | Value::Number(_)))) => scalar,
        _ if value.is_empty() => return Err("a filter compares with a value"),
        _ => Value::from(value),
    };
    Ok(Step::Filter(keys, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn every_form_of_the_field_is_read() {
        let filter = |keys: &[&str], value| {
            Step::Filter(keys.iter().map(|key| (*key).to_owned()).collect(), value)
        };
        for (text, steps) in [
            ("id", vec![key("id")]),
            (
                "MailingAddress.City__c",
                vec![key("MailingAddress"), key("City__c")],
            ),
            (
                "Users[*].DisplayName",
                vec![key("Users"), Step::All, key("DisplayName")],
            ),
            ("Users[*]", vec![key("Users"), Step::All]),
            (
                "Products[0].id",
                vec![key("Products"), Step::Index(0), key("id")],
            ),
            (
                "Products[id=4].name",
                vec![key("Products"), filter(&["id"], json!(4)), key("name")],
            ),
            (
                "Products[?(@.id==2)].name",
                vec![key("Products"), filter(&["id"], json!(2)), key("name")],
            ),
            (
                "P[?(@.features.touchId==true)].n",
                vec![
                    key("P"),
                    filter(&["features", "touchId"], json!(true)),
                    key("n"),
                ],
            ),
            (
                "Products[type='a]b'].n",
                vec![key("Products"), filter(&["type"], json!("a]b")), key("n")],
            ),
            (
                "Products[*].size()",
                vec![key("Products"), Step::All, Step::Size],
            ),
            (
                "itemList.item[*].item.internalId",
                vec![
                    key("itemList"),
                    key("item"),
                    Step::All,
                    key("item"),
                    key("internalId"),
                ],
            ),
            ("a['b.c'].d", vec![key("a"), key("b.c"), key("d")]),
            ("größe", vec![key("größe")]),
        ] {
            assert_eq!(Path::parse(text), Ok(Path(steps)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, says) in [
            ("", "character 1: it is empty"),
            ("a..b", "character 3: a member's name"),
            ("a.", "character 3: a member's name"),
            ("é[", "character 3: a `]` is missing"),
            ("a[x]", "between brackets"),
            ("a[70000]", "between brackets"),
            ("a]b", "a `]` has no `[`"),
            ("a[0]b", "character 5: a `.` or `[` is missing"),
            ("a.size().b", "nothing can follow"),
            ("a[?(@.b)]", "compares with `==`"),
            ("a[?(b==1)]", "begins with `@.`"),
        ] {
            let said = Path::parse(text).expect_err(text).to_string();
            assert!(said.contains(says), "{text}: {said}");
        }
        assert!(Path::parse(&"a.".repeat(40)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_printed_alike(text in r#"[a-c\.\[\]\*@?()='"0-9é ]{0,40}"#) {
            if let Ok(path) = Path::parse(&text) {
                // Quotes know no escapes, so a name that holds them may have no printed form of its own.
                let odd = path.0.iter().any(|step| match step {
                    Step::Key(key) => key.contains(['\'', '"']) || key == "size()",
                    Step::Filter(keys, value) => keys.iter().any(|key| key.contains(['\'', '"', '=', '(', ')', '[', ']']))
                        || value.as_str().is_some_and(|text| text.contains(['\'', '"'])),
                    _ => false,
                });
                if !odd {
                    prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
                }
            }
        }

        #[test]
        fn any_text_at_all(text in ".{0,60}") {
            let _ = Path::parse(&text);
        }
    }
}
