//! Just enough JSON to read what cargo and the server write.

use std::collections::BTreeMap;

use crate::shell::Result;

/// A JSON value; numbers are kept as `f64`.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub fn parse(text: &str) -> Result<Self> {
        let mut reader = Reader {
            text: text.as_bytes(),
            at: 0,
        };
        let value = reader.value()?;
        reader.space();
        if reader.at == text.len() {
            Ok(value)
        } else {
            Err(reader.fault("the end"))
        }
    }

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// The text of a member, empty when it is absent or no text.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }

    /// The items of a member, empty when it is absent or no list.
    pub fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn fault(&self, wanted: &str) -> String {
        format!("malformed JSON: expected {wanted} at byte {}", self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn take(&mut self, wanted: &str) -> Result {
        if self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(wanted.as_bytes()))
        {
            self.at += wanted.len();
            return Ok(());
        }
        Err(self.fault(wanted))
    }

    fn value(&mut self) -> Result<Json> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(Json::Text),
            Some(b't') => self.take("true").map(|()| Json::Bool(true)),
            Some(b'f') => self.take("false").map(|()| Json::Bool(false)),
            Some(b'n') => self.take("null").map(|()| Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self) -> Result<Json> {
        self.take("{")?;
        let mut members = BTreeMap::new();
        self.space();
        while self.peek() != Some(b'}') {
            if !members.is_empty() {
                self.take(",")?;
                self.space();
            }
            let name = self.string()?;
            self.space();
            self.take(":")?;
            members.insert(name, self.value()?);
            self.space();
        }
        self.take("}")?;
        Ok(Json::Object(members))
    }

    fn list(&mut self) -> Result<Json> {
        self.take("[")?;
        let mut items = Vec::new();
        self.space();
        while self.peek() != Some(b']') {
            if !items.is_empty() {
                self.take(",")?;
            }
            items.push(self.value()?);
            self.space();
        }
        self.take("]")?;
        Ok(Json::List(items))
    }

    fn number(&mut self) -> Result<Json> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        {
            self.at += 1;
        }
        std::str::from_utf8(self.text.get(start..self.at).unwrap_or_default())
            .ok()
            .and_then(|digits| digits.parse().ok())
            .map(Json::Number)
            .ok_or_else(|| self.fault("a value"))
    }

    fn string(&mut self) -> Result<String> {
        self.take("\"")?;
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek().ok_or_else(|| self.fault("a closing quote"))?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(bytes).map_err(|_| self.fault("UTF-8")),
                b'\\' => {
                    let escaped = self.escape()?;
                    bytes.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                }
                other => bytes.push(other),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let byte = self.peek().ok_or_else(|| self.fault("an escape"))?;
        self.at += 1;
        Ok(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.hex()?;
                if !(0xD800..0xDC00).contains(&high) {
                    return char::from_u32(high).ok_or_else(|| self.fault("a character"));
                }
                self.take("\\u")?;
                let low = self.hex()?.wrapping_sub(0xDC00) & 0x3FF;
                return char::from_u32(0x10000 + ((high - 0xD800) << 10) + low)
                    .ok_or_else(|| self.fault("a character"));
            }
            other => char::from(other),
        })
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        number.ok_or_else(|| self.fault("four hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nested_values_and_escapes() {
        let value =
            Json::parse(r#" {"a": [1, -2.5e1, true, null], "b": {"c": "x\n\u00e9\ud83d\ude00"}} "#);
        let value = value.expect("well formed");
        assert_eq!(value.list("a")[1], Json::Number(-25.0));
        assert_eq!(value.get("b").map(|inner| inner.text("c")), Some("x\né😀"));
    }

    #[test]
    fn refuses_what_is_cut_or_trails() {
        for text in ["{\"a\":", "[1,", "\"x", "1 2", "", "{\"a\" 1}"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
