//! The canonical form of a definition: members in one order, two blanks a level, a line break at the end.
//!
//! Only order and blanks change. The members of documentation (`model`, `models`, `objects`) stay as they are.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Members that begin an object, and those that end it; what is between has the order of the alphabet.
struct Order {
    head: &'static [&'static str],
    tail: &'static [&'static str],
}

const ELEMENT: Order = Order {
    head: &[
        "id",
        "key",
        "name",
        "description",
        "image",
        "logo",
        "hub",
        "active",
        "deleted",
        "typeOauth",
        "trialAccount",
        "existingAccountDescription",
        "trialAccountDescription",
        "configDescription",
        "signupURL",
    ],
    tail: &[
        "source",
        "note",
        "authentication",
        "configuration",
        "parameters",
        "hooks",
        "errors",
        "hosts",
        "resources",
        "objects",
        "models",
    ],
};
const AUTHENTICATION: Order = Order {
    head: &[
        "type",
        "authorizeUrl",
        "defaultState",
        "tokenResponse",
        "assumedLifetime",
    ],
    tail: &["source", "note"],
};
const ENTRY: Order = Order {
    head: &[
        "id",
        "key",
        "name",
        "description",
        "type",
        "required",
        "defaultValue",
        "internal",
        "hideFromConsole",
    ],
    tail: &["source", "note"],
};
const PARAMETER: Order = Order {
    head: &[
        "name",
        "type",
        "vendorName",
        "vendorType",
        "source",
        "required",
        "defaultValue",
        "converter",
        "omit",
        "pattern",
        "dataType",
        "vendorDataType",
    ],
    tail: &["description", "note"],
};
const HOOK: Order = Order {
    head: &["type", "mimeType", "isLegacy", "when", "file"],
    tail: &["body"],
};
const RESOURCE: Order = Order {
    head: &[
        "id",
        "type",
        "kind",
        "method",
        "path",
        "vendorMethod",
        "vendorPath",
        "description",
        "operationId",
        "objectName",
        "executionType",
        "xml",
        "skip",
        "requestShape",
        "rootKey",
        "rootDefault",
        "table",
        "shape",
        "wrap",
        "paginationType",
        "keyset",
        "nextPageKey",
        "nextPageWhen",
        "nextResource",
        "answer",
        "notFound",
        "totalCount",
        "countWith",
        "aliases",
        "repeat",
    ],
    tail: &["source", "note", "parameters", "hooks", "response", "model"],
};
const RULE: Order = Order {
    head: &["status", "when", "code", "message", "codes", "otherwise"],
    tail: &["source"],
};

/// The canonical text of a definition, or of a file of resources.
///
/// # Errors
/// JSON that is malformed, or that names a member twice: one of the two would be lost.
pub(super) fn file(text: &str) -> Result<String, String> {
    let Strict(value) = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(match value {
        Value::Array(resources) => {
            print(&Value::Array(resources.into_iter().map(resource).collect()))
        }
        other => element(other),
    })
}

/// The canonical text of a definition.
pub(super) fn element(value: Value) -> String {
    print(&members(value, &ELEMENT, |name, value| match name {
        "authentication" => members(value, &AUTHENTICATION, |_, value| value),
        "configuration" => each(value, |entry| members(entry, &ENTRY, |_, value| value)),
        "parameters" => each(value, parameter),
        "hooks" => each(value, hook),
        "errors" => each(value, |rule| members(rule, &RULE, |_, value| value)),
        "resources" => each(value, resource),
        _ => value,
    }))
}

fn resource(value: Value) -> Value {
    members(value, &RESOURCE, |name, value| match name {
        "parameters" => each(value, parameter),
        "hooks" => each(value, hook),
        _ => value,
    })
}

fn parameter(value: Value) -> Value {
    members(value, &PARAMETER, |_, value| value)
}

fn hook(value: Value) -> Value {
    members(value, &HOOK, |_, value| value)
}

fn each(value: Value, item: impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(item).collect()),
        other => other,
    }
}

fn members(value: Value, order: &Order, inside: impl Fn(&str, Value) -> Value) -> Value {
    let Value::Object(mut given) = value else {
        return value;
    };
    let mut sorted = Map::new();
    let mut between: Vec<String> = given
        .keys()
        .filter(|name| !order.head.contains(&name.as_str()) && !order.tail.contains(&name.as_str()))
        .cloned()
        .collect();
    between.sort();
    let head = order.head.iter().map(|name| (*name).to_owned());
    let tail = order.tail.iter().map(|name| (*name).to_owned());
    for name in head.chain(between).chain(tail) {
        if let Some(member) = given.remove(&name) {
            let member = inside(&name, member);
            sorted.insert(name, member);
        }
    }
    Value::Object(sorted)
}

fn print(value: &Value) -> String {
    // A value in memory can always be printed.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// JSON without members of the same name.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Strict(member))) = members.next_entry::<String, Strict>()? {
            if all.contains_key(&name) {
                let message = format!("the member `{name}` stands there twice");
                return Err(serde::de::Error::custom(message));
            }
            all.insert(name, member);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_one_order_and_nothing_is_lost() {
        let given = r#"{"resources":[{"parameters":[{"vendorName":"b","zz":1,"name":"a"}],"path":"/x","method":"GET",
            "model":{"z":1,"a":2}}],"zeta":1,"alpha":[{"b":1,"a":2}],"name":"X","key":"x"}"#;
        let text = file(given).unwrap();
        let before: Value = serde_json::from_str(given).unwrap();
        let after: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(before, after);
        assert!(
            text.starts_with("{\n  \"key\": \"x\",\n  \"name\": \"X\",\n  \"alpha\": ["),
            "{text}"
        );
        let at = |what: &str| {
            text.find(what)
                .unwrap_or_else(|| panic!("{what} in {text}"))
        };
        assert!(at("\"zeta\"") < at("\"resources\""));
        assert!(at("\"method\"") < at("\"path\"") && at("\"path\"") < at("\"parameters\""));
        assert!(
            at("\"name\": \"a\"") < at("\"vendorName\"") && at("\"vendorName\"") < at("\"zz\"")
        );
        // Documentation keeps its own order.
        assert!(text.contains("\"z\": 1,\n        \"a\": 2"), "{text}");
        assert_eq!(file(&text).unwrap(), text);
    }

    #[test]
    fn a_member_that_stands_there_twice_is_refused() {
        let error = file(r#"{"name":"X","a":{"b":1,"b":2}}"#).unwrap_err();
        assert!(error.contains("`b`") && error.contains("line 1"), "{error}");
        assert!(file("{").is_err());
    }
}
