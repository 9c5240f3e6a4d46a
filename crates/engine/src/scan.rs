//! Looks over a large JSON body without parsing it: is it whole, does it hold a null, how many items has it.
//!
//! Works on blocks of 64 bytes as bit masks, after Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019).

use bytes::Bytes;
use memchr::memmem;
use wide::u8x16;

/// What a look over the bytes tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Items of a top-level array; none for an object or scalar.
    pub(crate) items: Option<usize>,
}

/// Whether the bytes may hold a JSON null; text that merely spells `null` counts too.
pub(crate) fn may_hold_null(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"null").is_some()
}

/// A JSON text that [`scan`] found whole, without the members of objects that are null; items of arrays stay. Everything
/// else keeps the bytes it had.
pub(crate) fn without_nulls(text: &Bytes) -> Bytes {
    if !may_hold_null(text) {
        return text.clone();
    }
    let strings = Strings::of(text);
    let mut kept = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memmem::find_iter(text, b"null") {
        let Some(member) = strings
            .member_before(text, at)
            .filter(|start| *start >= from)
        else {
            continue;
        };
        kept.extend_from_slice(text.get(from..member).unwrap_or_default());
        from = at + 4;
        let rest = text.get(from..).unwrap_or_default();
        let gap = rest.len() - rest.trim_ascii_start().len();
        if rest.get(gap) == Some(&b',') {
            from += gap + 1;
        } else {
            // The last of its object: the comma before it goes too, unless a null took it along.
            kept.truncate(kept.trim_ascii_end().len());
            if kept.last() == Some(&b',') {
                kept.pop();
            }
        }
    }
    kept.extend_from_slice(text.get(from..).unwrap_or_default());
    Bytes::from(kept)
}

/// Which bytes of a text are inside strings, opening quotes included, a bit each.
struct Strings(Vec<u64>);

impl Strings {
    fn of(text: &[u8]) -> Self {
        let mut state = State::default();
        let (blocks, rest) = text.as_chunks::<64>();
        let mut tail = [b' '; 64];
        for (to, from) in tail.iter_mut().zip(rest) {
            *to = *from;
        }
        let all = blocks.iter().chain(std::iter::once(&tail));
        Self(all.map(|block| state.inside(&masks(block))).collect())
    }

    fn hold(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    /// Where the member begins whose value is at `at`; none when that is inside a string or no member's value.
    fn member_before(&self, text: &[u8], at: usize) -> Option<usize> {
        if self.hold(at) {
            return None;
        }
        let before = text.get(..at)?.trim_ascii_end();
        let name = before.strip_suffix(b":")?.trim_ascii_end();
        // The closing quote is outside, all before it inside.
        let mut start = name.len().checked_sub(1)?;
        while start > 0 && self.hold(start - 1) {
            start -= 1;
        }
        Some(start)
    }
}

/// Scans a JSON text. None when it is cut short or unbalanced, or begins like no JSON.
pub(crate) fn scan(bytes: &[u8]) -> Option<Scan> {
    let trimmed = bytes.trim_ascii();
    let first = *trimmed.first()?;
    let last = *trimmed.last()?;
    match (first, last) {
        (b'[', b']') | (b'{', b'}') => {}
        // Scalars are short: a real parse costs nothing.
        _ => {
            return serde_json::from_slice::<serde::de::IgnoredAny>(trimmed)
                .is_ok()
                .then_some(Scan { items: None });
        }
    }
    let mut state = State::default();
    let (blocks, rest) = trimmed.as_chunks::<64>();
    for block in blocks {
        state.block(&masks(block));
    }
    let mut tail = [b' '; 64];
    for (to, from) in tail.iter_mut().zip(rest) {
        *to = *from;
    }
    state.block(&masks(&tail));
    if state.depth != 0 || state.in_string || state.underflow {
        return None;
    }
    let items = (first == b'[').then(|| {
        let inner = trimmed.get(1..trimmed.len() - 1).unwrap_or_default();
        if inner.iter().all(u8::is_ascii_whitespace) {
            0
        } else {
            state.commas + 1
        }
    });
    Some(Scan { items })
}

/// Where in a block the bytes of interest are, bit by bit.
struct Masks {
    quote: u64,
    backslash: u64,
    comma: u64,
    open: u64,
    close: u64,
}

#[derive(Default)]
struct State {
    in_string: bool,
    /// The block before ended in a backslash that escapes this block's first byte.
    escapes_next: bool,
    depth: i64,
    underflow: bool,
    /// Commas between the items of the top-level array.
    commas: usize,
}

impl State {
    /// The bytes inside strings, opening quotes included.
    fn inside(&mut self, masks: &Masks) -> u64 {
        let quote = masks.quote & !self.escaped(masks.backslash);
        let mut inside = prefix_xor(quote);
        if self.in_string {
            inside = !inside;
        }
        self.in_string = inside >> 63 == 1;
        inside
    }

    fn block(&mut self, masks: &Masks) {
        let inside = self.inside(masks);
        let comma = masks.comma & !inside;
        let mut brackets = (masks.open | masks.close) & !inside;
        let mut passed = 0_u64;
        while brackets != 0 {
            let bit = brackets & brackets.wrapping_neg();
            if self.depth == 1 {
                self.commas += count(comma & (bit - 1) & !passed);
            }
            passed = bit | (bit - 1);
            if masks.open & bit == 0 {
                self.depth -= 1;
                self.underflow |= self.depth < 0;
            } else {
                self.depth += 1;
            }
            brackets &= brackets - 1;
        }
        if self.depth == 1 {
            self.commas += count(comma & !passed);
        }
    }

    /// The bytes that a backslash before them escapes.
    fn escaped(&mut self, backslash: u64) -> u64 {
        if backslash == 0 {
            let escaped = u64::from(self.escapes_next);
            self.escapes_next = false;
            return escaped;
        }
        let mut escaped = 0_u64;
        let mut escapes = self.escapes_next;
        for at in 0..64 {
            if escapes {
                escaped |= 1 << at;
                escapes = false;
            } else {
                escapes = backslash >> at & 1 == 1;
            }
        }
        self.escapes_next = escapes;
        escaped
    }
}

fn count(mask: u64) -> usize {
    usize::try_from(mask.count_ones()).unwrap_or_default()
}

/// Bit i is the parity of bits 0..=i: the inside of strings, given their quotes.
const fn prefix_xor(mut mask: u64) -> u64 {
    mask ^= mask << 1;
    mask ^= mask << 2;
    mask ^= mask << 4;
    mask ^= mask << 8;
    mask ^= mask << 16;
    mask ^= mask << 32;
    mask
}

/// Sixteen bytes at a time.
fn masks(block: &[u8; 64]) -> Masks {
    let mut masks = Masks {
        quote: 0,
        backslash: 0,
        comma: 0,
        open: 0,
        close: 0,
    };
    // `[` and `{` differ only in bit 5, as do `]` and `}`.
    let bit = u8x16::splat(0x20);
    let (lanes, _) = block.as_chunks::<16>();
    for (at, lane) in lanes.iter().enumerate() {
        let lane = u8x16::new(*lane);
        let folded = lane | bit;
        let found = |lane: u8x16, byte: u8| {
            u64::from(lane.simd_eq(u8x16::splat(byte)).to_bitmask()) << (16 * at)
        };
        masks.quote |= found(lane, b'"');
        masks.backslash |= found(lane, b'\\');
        masks.comma |= found(lane, b',');
        masks.open |= found(folded, b'{');
        masks.close |= found(folded, b'}');
    }
    masks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            r#"[ -~\\"\[\]{},é]{0,90}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 60, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec(("[a-z\\\\\"]{0,9}", inner), 0..8).prop_map(|members| {
                    members
                        .into_iter()
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn counts_what_a_parser_counts(value in json()) {
            for text in [value.to_string(), format!(" {value:#}\n")] {
                let found = scan(text.as_bytes()).expect("whole");
                prop_assert_eq!(found.items, value.as_array().map(Vec::len));
            }
        }

        #[test]
        fn a_cut_body_is_not_whole(value in prop::collection::vec(json(), 1..6), cut in 1_usize..20) {
            let text = Value::from(value).to_string();
            let cut = text.len().saturating_sub(cut).max(1);
            prop_assert_eq!(scan(&text.as_bytes()[..cut]), None);
        }
    }

    /// As [`json`], with nulls, and with texts that look like them.
    fn holed() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            r#"(null|[:,{}\[\] "\\]){0,20}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 60, 8, |inner| {
            let name = r#"(null|[:,"\\a]){0,5}"#;
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(name, inner, 0..6).prop_map(|members| members
                    .into_iter()
                    .collect::<serde_json::Map<_, _>>()
                    .into()),
            ]
        })
    }

    fn pruned(value: &Value) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name.clone(), pruned(member)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(pruned).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn nulls_go_as_a_parser_would_remove_them(value in holed()) {
            let without = pruned(&value);
            for text in [value.to_string(), format!(" {value:#}\n")] {
                let kept = without_nulls(&Bytes::from(text));
                prop_assert_eq!(&serde_json::from_slice::<Value>(&kept).unwrap(), &without);
            }
        }
    }

    #[test]
    fn what_is_no_null_keeps_its_bytes() {
        for (text, expected) in [
            (r#"{"a":null}"#, "{}"),
            (r#"{ "a" : null , "b" : null }"#, "{ }"),
            (r#"{"x": 1.50, "a":null,"b":null}"#, r#"{"x": 1.50}"#),
            (r#"[null, {"a": [null]}]"#, r#"[null, {"a": [null]}]"#),
            (r#"{"":null,"null":"null"}"#, r#"{"null":"null"}"#),
            ("null", "null"),
        ] {
            let kept = without_nulls(&Bytes::from_static(text.as_bytes()));
            assert_eq!(kept, expected, "{text}");
        }
    }

    #[test]
    fn odd_texts() {
        assert_eq!(scan(b""), None);
        assert_eq!(scan(b"<html></html>"), None);
        assert_eq!(scan(b"[]"), Some(Scan { items: Some(0) }));
        assert_eq!(scan(b" [ ] "), Some(Scan { items: Some(0) }));
        assert_eq!(scan(b"17"), Some(Scan { items: None }));
        assert_eq!(scan(b"]["), None);
        assert!(may_hold_null(json!({"a": null}).to_string().as_bytes()));
    }
}
