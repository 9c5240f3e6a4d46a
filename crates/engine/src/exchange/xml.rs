//! XML answers as JSON: the root element is the one member, attributes are `@name`, text beside them is `$`.
//!
//! Nothing is expanded but the five names and character numbers that XML itself knows, and nothing is fetched: a
//! document that declares entities of its own is refused.

use std::borrow::Cow;

use ligand_model::element::Xml;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

/// Deepest nesting of elements.
const MOST_DEPTH: usize = 128;
/// Most elements and attributes in one answer; each costs far more memory than its few bytes of text.
const MOST_NODES: usize = 1_000_000;

/// Why an answer is no XML we take; completes "The vendor's answer is not usable XML: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("it declares entities of its own, which are never expanded")]
    Entities,
    #[error("`&{0};` is not an entity that XML itself knows")]
    UnknownEntity(String),
    #[error("its elements are nested deeper than {MOST_DEPTH}")]
    Depth,
    #[error("it has more than {MOST_NODES} elements and attributes")]
    Size,
    #[error("its encoding `{0}` is not read; UTF-8, UTF-16, ISO-8859-1 and Windows-1252 are")]
    Encoding(String),
    #[error("{0}")]
    Malformed(String),
}

/// Whether an answer is to be read as XML: it begins like it and is no web page.
pub(super) fn is_xml(content_type: &str, bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let start = decode(start).map_or_else(|_| String::from_utf8_lossy(start), Cow::Owned);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let lower = start.to_ascii_lowercase();
    let page = lower.contains("<html") || lower.contains("<!doctype html");
    let declared = lower.starts_with("<?xml");
    lower.starts_with('<') && !page && (declared || !content_type.contains("html"))
}

/// The text of a document by its byte order mark, else by what its first line declares.
fn decode(bytes: &[u8]) -> Result<String, Error> {
    let wide = |big: bool, rest: &[u8]| {
        let (pairs, _) = rest.as_chunks::<2>();
        let units = pairs.iter().map(|pair| {
            if big {
                u16::from_be_bytes(*pair)
            } else {
                u16::from_le_bytes(*pair)
            }
        });
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect::<String>()
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => return Ok(wide(true, rest)),
        [0xFF, 0xFE, rest @ ..] => return Ok(wide(false, rest)),
        _ => {}
    }
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(256)).unwrap_or_default());
    let declaration = head
        .trim_start_matches('\u{feff}')
        .trim_start()
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .map_or("", |(declaration, _)| declaration);
    let encoding = declaration
        .split_once("encoding")
        .and_then(|(_, rest)| rest.split_once(['"', '\'']))
        .and_then(|(_, rest)| rest.split_once(['"', '\'']))
        .map_or("utf-8", |(name, _)| name)
        .to_ascii_lowercase();
    match encoding.as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" | "utf-16" => {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
        // Windows-1252 is what most who declare ISO-8859-1 send; the two agree where both have a character.
        "iso-8859-1" | "latin1" | "iso-8859-15" | "windows-1252" | "cp1252" => {
            Ok(bytes.iter().map(|byte| western(*byte)).collect())
        }
        _ => Err(Error::Encoding(encoding.chars().take(40).collect())),
    }
}

fn western(byte: u8) -> char {
    const FROM_128: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    byte.checked_sub(128)
        .and_then(|at| FROM_128.get(usize::from(at)))
        .copied()
        .unwrap_or(char::from(byte))
}

/// One open element.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
    nil: bool,
}

impl Open {
    /// What the element is in JSON, once it has ended.
    fn close(mut self) -> Value {
        let text = self.text.trim();
        if self.nil && self.members.is_empty() && text.is_empty() {
            return Value::Null;
        }
        if self.members.is_empty() {
            return typed(text);
        }
        if !text.is_empty() {
            self.members.insert("$".to_owned(), typed(text));
        }
        Value::Object(self.members)
    }

    /// Adds a child; the second of a name makes an array, and the first where the name is that of a list.
    fn add(&mut self, name: String, value: Value, how: &Xml) {
        match self.members.get_mut(&name) {
            None if how.lists.contains(&name) => {
                self.members.insert(name, Value::Array(vec![value]));
            }
            None => {
                self.members.insert(name, value);
            }
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
}

/// Reads a document.
///
/// # Shape
/// `<a x="1"><b>2</b><b/>t</a>` is `{"a": {"@x": "1", "b": [2, ""], "$": "t"}}`: prefixes stay, attributes are text,
/// element text is a number or boolean where it is written like one, an empty element is an empty text. `how` says what
/// is read otherwise.
pub(super) fn read(bytes: &[u8], how: &Xml) -> Result<Value, Error> {
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    let mut open: Vec<Open> = Vec::new();
    let mut root: Option<(String, Value)> = None;
    let mut nodes = 0_usize;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| Error::Malformed(error.to_string()))?;
        match event {
            Event::Start(start) => {
                if open.len() >= MOST_DEPTH {
                    return Err(Error::Depth);
                }
                open.push(begin(&start, how, &mut nodes)?);
            }
            Event::Empty(start) => {
                let element = begin(&start, how, &mut nodes)?;
                end(element, &mut open, &mut root, how)?;
            }
            Event::End(_) => match open.pop() {
                Some(element) => end(element, &mut open, &mut root, how)?,
                None => return Err(Error::Malformed("an element ends that never began".into())),
            },
            Event::Text(text) => add_text(&text.xml10_content(), &mut open)?,
            Event::CData(text) => add_text(&text.xml10_content(), &mut open)?,
            Event::GeneralRef(reference) => {
                let numbered = reference
                    .resolve_char_ref()
                    .map_err(|error| Error::Malformed(error.to_string()))?;
                let name = reference.into_inner();
                match numbered {
                    Some(character) => add_text(character.encode_utf8(&mut [0; 4]), &mut open)?,
                    None => match resolve_predefined_entity(&name) {
                        Some(text) => add_text(text, &mut open)?,
                        None => return Err(Error::UnknownEntity(name.chars().take(40).collect())),
                    },
                }
            }
            // A bare reference to a DTD is passed over: it is never fetched. One with declarations is refused.
            Event::DocType(declared) => {
                if declared.into_inner().contains(['[', '<']) {
                    return Err(Error::Entities);
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some((name, value)) if open.is_empty() => {
            Ok(Value::Object(Map::from_iter([(name, value)])))
        }
        _ => Err(Error::Malformed("it is cut short".into())),
    }
}

/// An element's name and attributes.
fn begin(start: &BytesStart<'_>, how: &Xml, nodes: &mut usize) -> Result<Open, Error> {
    let mut members = Map::new();
    let mut nil = false;
    let mut attributes = 0_usize;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| Error::Malformed(error.to_string()))?;
        attributes = attributes.saturating_add(1);
        if how.plain {
            let name = attribute.key.0;
            nil |=
                name.rsplit(':').next() == Some("nil") && matches!(&*attribute.value, "true" | "1");
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| Error::Malformed(error.to_string()))?;
        members.insert(
            format!("@{}", attribute.key.0),
            Value::String(value.into_owned()),
        );
    }
    *nodes = nodes.saturating_add(1).saturating_add(attributes);
    if *nodes > MOST_NODES {
        return Err(Error::Size);
    }
    Ok(Open {
        name: start.name().0.to_owned(),
        members,
        text: String::new(),
        nil,
    })
}

/// Hands an ended element to its parent, or makes it the root.
fn end(
    mut element: Open,
    open: &mut [Open],
    root: &mut Option<(String, Value)>,
    how: &Xml,
) -> Result<(), Error> {
    let name = std::mem::take(&mut element.name);
    let value = element.close();
    match open.last_mut() {
        Some(parent) => parent.add(name, value, how),
        None if root.is_none() => *root = Some((name, value)),
        None => return Err(Error::Malformed("it has more than one root".into())),
    }
    Ok(())
}

fn add_text(text: &str, open: &mut [Open]) -> Result<(), Error> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Error::Malformed("there is text outside its root".into())),
    }
    Ok(())
}

/// Text as the value it is written like; what a number could not give back exactly stays text (`007`, 20 digits).
fn typed(text: &str) -> Value {
    match text {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let number = match fraction {
        None if plain && text != "-0" => text.parse::<i64>().ok().map(Value::from),
        Some(fraction) if plain && digits(fraction) && whole.len() + fraction.len() <= 15 => {
            text.parse::<f64>().ok().map(Value::from)
        }
        _ => None,
    };
    number.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests;
