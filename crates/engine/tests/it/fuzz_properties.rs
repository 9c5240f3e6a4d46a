//! The fuzz targets on stable: the same bodies (`fuzz/src/lib.rs`), fed with their seeds and with changed seeds.

use proptest::prelude::*;
use serde_json::{Value, json};

#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

/// Cases a target; `cargo xtask torture` asks for more.
fn cases(most: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").is_ok();
    let mut config = ProptestConfig::default();
    config.cases = if asked { config.cases } else { most };
    config
}

macro_rules! seed {
    ($name:literal) => {
        include_bytes!(concat!("../../../../fuzz/seeds/", $name))
    };
}

/// What means something to one of the grammars.
const TOKENS: [&str; 48] = [
    "'",
    "\"",
    "\\",
    "\\'",
    "''",
    "(",
    ")",
    "[",
    "]",
    "[*]",
    "[0]",
    "[?(@.",
    "{",
    "}",
    "{id}",
    "${",
    "/",
    "//",
    "..",
    "?",
    "#",
    "&",
    "=",
    "<",
    ">",
    "</",
    "/>",
    "<!--",
    "]]>",
    "<!DOCTYPE a [",
    "&#0;",
    "&x;",
    " ",
    "\n",
    "\0",
    "é",
    "\u{feff}",
    ".",
    ",",
    "-",
    "1e400",
    "99999999999999999999",
    " AND ",
    " NOT ",
    " IN (",
    " LIKE ",
    "null",
    "size()",
];

/// The seed with pieces of it cut, doubled and replaced by tokens.
fn changed(seed: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        6 => proptest::sample::select(TOKENS.to_vec()).prop_map(|token| token.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
        1 => Just(Vec::new()),
    ];
    let edit = (
        any::<proptest::sample::Index>(),
        0_usize..12,
        token,
        any::<bool>(),
    );
    proptest::collection::vec(edit, 0..8).prop_map(move |edits| {
        let mut bytes = seed.to_vec();
        for (at, cut, token, doubled) in edits {
            let start = at.index(bytes.len() + 1);
            let end = (start + cut).min(bytes.len());
            let piece = bytes[start..end].to_vec();
            let twice = piece.repeat(2);
            bytes.splice(start..end, if doubled { twice } else { token });
        }
        bytes
    })
}

/// The seed with some of its values replaced: it stays JSON, and its shape mostly what was expected.
fn reshaped(seed: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let odd = prop_oneof![
        proptest::sample::select(vec![
            json!(null),
            json!(true),
            json!(-1),
            json!(1e300),
            json!(u64::MAX),
            json!([]),
            json!({}),
            json!(""),
            json!([[null]]),
            json!("999"),
            json!({"id": {"id": []}}),
            json!("https://x.example/{id}?a={b}#c"),
            json!("\r\n\0é"),
        ]),
        proptest::sample::select(TOKENS.to_vec()).prop_map(Value::from),
        "[a-zA-Z.{}$|:/ ]{0,16}".prop_map(Value::from),
    ];
    proptest::collection::vec((any::<proptest::sample::Index>(), odd), 1..6).prop_map(
        move |changes| {
            let mut value: Value = serde_json::from_slice(seed).unwrap();
            for (at, odd) in changes {
                let mut left = at.index(count(&value)) + 1;
                replace(&mut value, &mut left, &odd);
            }
            value.to_string().into_bytes()
        },
    )
}

fn children(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    }
}

/// How many values there are below this one, at least 1.
fn count(value: &Value) -> usize {
    fn below(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(|item| 1 + below(item)).sum(),
            Value::Object(members) => members.values().map(|item| 1 + below(item)).sum(),
            _ => 0,
        }
    }
    below(value).max(1)
}

fn replace(value: &mut Value, left: &mut usize, odd: &Value) {
    for child in children(value) {
        *left -= 1;
        if *left == 0 {
            *child = odd.clone();
            return;
        }
        replace(child, left, odd);
        if *left == 0 {
            return;
        }
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn element(bytes in prop_oneof![3 => reshaped(seed!("element/element.json")), 1 => changed(seed!("element/element.json"))]) {
        targets::element(&bytes);
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn query(bytes in prop_oneof![changed(seed!("query/conditions.txt")), changed(seed!("query/order.txt"))]) {
        targets::query(&bytes);
    }

    #[test]
    fn path_template(bytes in changed(seed!("path_template/path.txt"))) {
        targets::path_template(&bytes);
    }

    #[test]
    fn xml(bytes in changed(seed!("xml/answer.xml"))) {
        targets::xml(&bytes);
    }

    #[test]
    fn hook_result(bytes in reshaped(seed!("hook_result/members.json"))) {
        targets::hook_result(&bytes);
    }

    #[test]
    fn field_path(bytes in changed(seed!("field_path/path.txt"))) {
        targets::field_path(&bytes);
    }
}
