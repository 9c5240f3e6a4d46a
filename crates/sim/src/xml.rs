//! XML as SOAP needs it: a small tree without namespaces, read from a request and printed into an answer.

use std::fmt::Write as _;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::Value;

use crate::page::escape;

/// Deeper documents are refused.
const MOST_DEPTH: usize = 64;

/// One element; its name has no prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The local name.
    pub name: String,
    /// The local part of `xsi:type`.
    pub kind: Option<String>,
    /// The text directly inside.
    pub text: String,
    /// The elements directly inside.
    pub children: Vec<Node>,
}

impl Node {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child that has some.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        let text = self.child(name)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Its content as JSON: children as members, repeated ones as an array, else the text.
    pub fn to_json(&self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text.trim().to_owned());
        }
        let mut members = serde_json::Map::new();
        for child in &self.children {
            let value = child.to_json();
            match members.get_mut(&child.name) {
                None => {
                    members.insert(child.name.clone(), value);
                }
                Some(Value::Array(items)) => items.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Value::Object(members)
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Reads a document; nothing but the five entities of XML itself is resolved.
///
/// # Errors
/// A sentence for the fault.
pub fn read(text: &str) -> Result<Node, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    let mut open: Vec<Node> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) if open.len() >= MOST_DEPTH => {
                return Err(format!("{} is nested too deeply", start.name().0));
            }
            Event::Start(start) => open.push(begin(&start)),
            Event::Empty(start) => {
                let node = begin(&start);
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            Event::End(_) => {
                let Some(node) = open.pop() else {
                    return Err("an element ends that never began".to_owned());
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => return Ok(node),
                }
            }
            Event::Text(text) => push(&mut open, &text.xml10_content()),
            Event::CData(text) => push(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let numbered = reference.resolve_char_ref().map_err(|e| e.to_string())?;
                let name = reference.into_inner();
                match numbered {
                    Some(c) => push(&mut open, c.encode_utf8(&mut [0; 4])),
                    None => match resolve_predefined_entity(&name) {
                        Some(text) => push(&mut open, text),
                        None => return Err(format!("the entity {name} is unknown")),
                    },
                }
            }
            Event::DocType(_) => return Err("a DTD is prohibited in this document".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return Err("the root element is missing or does not end".to_owned()),
        }
    }
}

fn begin(start: &BytesStart<'_>) -> Node {
    let kind = start.attributes().flatten().find_map(|attribute| {
        let is_type = local(attribute.key.0) == "type";
        is_type.then(|| local(&attribute.value).to_owned())
    });
    Node {
        name: local(start.name().0).to_owned(),
        kind,
        ..Node::default()
    }
}

fn push(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

/// Prints a JSON value as elements of this name: an array repeats the element, null is left out.
pub fn print(name: &str, value: &Value, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| print(name, item, out)),
        Value::Object(members) => {
            let _ = write!(out, "<{name}>");
            for (name, value) in members {
                print(name, value, out);
            }
            let _ = write!(out, "</{name}>");
        }
        Value::String(text) => {
            let _ = write!(out, "<{name}>{}</{name}>", escape(text));
        }
        other => {
            let _ = write!(out, "<{name}>{other}</{name}>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prefixes_go_types_stay_and_what_is_printed_reads_back() {
        let node = read(
            "<?xml version=\"1.0\"?><s:A xmlns:s=\"x\"><B xsi:type=\"e:List\"><C>1 &lt; 2</C><C>t</C></B></s:A>",
        )
        .unwrap();
        let b = node.child("B").unwrap();
        assert_eq!(b.kind.as_deref(), Some("List"));
        assert_eq!(b.to_json(), json!({"C": ["1 < 2", "t"]}));
        let mut out = String::new();
        print("B", &b.to_json(), &mut out);
        assert_eq!(read(&out).unwrap().to_json(), b.to_json());
    }

    #[test]
    fn a_dtd_a_foreign_entity_and_depth_are_refused() {
        assert!(read("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>").is_err());
        assert!(read("<a>&x;</a>").is_err());
        assert!(read(&"<a>".repeat(100)).is_err());
        assert!(read("<a><b></a>").is_err());
    }
}
