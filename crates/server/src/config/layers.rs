//! Laying one source of configuration over another, and saying which key was meant.

use toml::{Table, Value};

use super::Error;

/// Tables whose keys are the operator's own: vendor hosts, not settings.
const OPEN: [&str; 1] = ["vendor.connect"];

/// Lays `upper` over `lower`; `lower` began as the defaults and so knows every key.
///
/// # Errors
/// An unknown key, or a value of another type than the default's; `from` says where it stood.
pub fn overlay(lower: &mut Table, upper: Table, from: &str) -> Result<(), Error> {
    overlay_at(lower, upper, "", from)
}

fn overlay_at(lower: &mut Table, upper: Table, prefix: &str, from: &str) -> Result<(), Error> {
    let names: Vec<String> = upper.keys().cloned().collect();
    for (key, value) in upper {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        if OPEN.contains(&prefix) {
            lower.insert(key, value);
            continue;
        }
        let Some(known) = lower.get_mut(&key) else {
            let nearest = nearest(&key, lower.keys().map(String::as_str)).map(|near| {
                if prefix.is_empty() {
                    near.to_owned()
                } else {
                    format!("{prefix}.{near}")
                }
            });
            return Err(Error::UnknownKey {
                key: path,
                from: from.to_owned(),
                nearest,
            });
        };
        match (known, value) {
            (Value::Table(below), Value::Table(above)) => overlay_at(below, above, &path, from)?,
            (known, value) if known.type_str() == value.type_str() => {
                let filled = value.as_str().is_some_and(|text| !text.is_empty());
                *known = value;
                if filled {
                    drop_other_spelling(lower, &key, &path, &names, from)?;
                }
            }
            (known, value) => {
                return Err(Error::WrongType {
                    key: path,
                    from: from.to_owned(),
                    wanted: known.type_str(),
                    found: value.type_str(),
                });
            }
        }
    }
    Ok(())
}

/// A secret and its file are one setting: the layer that gives either replaces both.
fn drop_other_spelling(
    table: &mut Table,
    key: &str,
    path: &str,
    given: &[String],
    from: &str,
) -> Result<(), Error> {
    let other = match key.strip_suffix("_file") {
        Some(plain) => plain.to_owned(),
        None => format!("{key}_file"),
    };
    if !table.contains_key(&other) {
        return Ok(());
    }
    if given.contains(&other) {
        return Err(Error::Both {
            key: path.to_owned(),
            other,
            from: from.to_owned(),
        });
    }
    table.insert(other, Value::String(String::new()));
    Ok(())
}

/// Turns `LIGAND__SECTION__KEY` variables into a layer, typed after the defaults.
///
/// # Errors
/// A variable that names no key, or whose text does not fit the key's type.
pub fn environment<'a>(
    defaults: &Table,
    variables: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Table, Error> {
    let mut layer = Table::new();
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix("LIGAND__") else {
            continue;
        };
        let path: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
        let value = read(defaults, &path, text, name)?;
        insert(&mut layer, &path, value);
    }
    Ok(layer)
}

fn insert(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            table.insert(key.clone(), value);
        }
        [section, rest @ ..] => {
            let below = table
                .entry(section.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

/// Reads a variable's text as the type that the default of its key has.
fn read(defaults: &Table, path: &[String], text: &str, name: &str) -> Result<Value, Error> {
    let mut table = defaults;
    let mut at = String::new();
    for (depth, key) in path.iter().enumerate() {
        let last = depth + 1 == path.len();
        let Some(value) = table.get(key) else {
            let nearest = nearest(key, table.keys().map(String::as_str))
                .map(|near| format!("LIGAND__{at}{}", near.to_ascii_uppercase()));
            return Err(Error::UnknownKey {
                key: name.to_owned(),
                from: "the environment".to_owned(),
                nearest,
            });
        };
        at.push_str(&key.to_ascii_uppercase());
        at.push_str("__");
        match value {
            Value::Table(below) if !last => table = below,
            _ if !last => break,
            value => return typed(value, text, name),
        }
    }
    Err(Error::UnknownKey {
        key: name.to_owned(),
        from: "the environment".to_owned(),
        nearest: None,
    })
}

fn typed(like: &Value, text: &str, name: &str) -> Result<Value, Error> {
    let wrong = |wanted| Error::WrongType {
        key: name.to_owned(),
        from: "the environment".to_owned(),
        wanted,
        found: "text",
    };
    let parts = || {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    match like {
        Value::Integer(_) => text
            .parse()
            .map(Value::Integer)
            .map_err(|_| wrong("integer")),
        Value::Boolean(_) => text
            .parse()
            .map(Value::Boolean)
            .map_err(|_| wrong("boolean")),
        Value::Array(_) => Ok(Value::Array(
            parts().map(|p| Value::String(p.into())).collect(),
        )),
        Value::Table(_) => parts()
            .map(|part| {
                let (key, value) = part.split_once('=')?;
                Some((
                    key.trim().to_owned(),
                    Value::String(value.trim().to_owned()),
                ))
            })
            .collect::<Option<Table>>()
            .map(Value::Table)
            .ok_or_else(|| wrong("table")),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// The candidate that differs least; one that begins the word, or that the word begins, comes first.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates.min_by_key(|candidate| {
        let begins = candidate.starts_with(word) || word.starts_with(candidate);
        (!begins, distance(word, candidate))
    })
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let here = (diagonal + usize::from(x != y))
                .min(left + 1)
                .min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_edits_between_words() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn names_the_nearest_word() {
        let words = ["listen", "public_url", "max_body"];
        assert_eq!(nearest("lisen", words.into_iter()), Some("listen"));
        assert_eq!(nearest("publicurl", words.into_iter()), Some("public_url"));
        assert_eq!(nearest("listen_address", words.into_iter()), Some("listen"));
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
