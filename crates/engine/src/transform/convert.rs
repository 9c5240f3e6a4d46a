//! Values between the two sides: types that differ, and dates.

use super::date;

/// The classes of types between which values are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Number,
    Boolean,
    Other,
}

impl Class {
    /// The class of a type's name; names that are not known convert nothing.
    pub(super) fn of(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "string" | "text" => Self::Text,
            "number" | "int" | "integer" | "long" | "float" | "double" | "decimal"
            | "bigdecimal" => Self::Number,
            "boolean" | "bool" => Self::Boolean,
            _ => Self::Other,
        }
    }
}

/// What is done to a value on its way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Conversion {
    /// Nothing.
    #[default]
    None,
    /// It becomes of this class where nothing is lost.
    To(Class),
    /// A date is written in another way; an empty pattern is ISO 8601.
    Date { from: String, to: String },
}

impl Conversion {
    /// The value in its new form; none when it stays as it is.
    pub(super) fn apply(&self, raw: &[u8]) -> Option<Box<[u8]>> {
        match self {
            Self::None | Self::To(Class::Other) => None,
            Self::To(class) => convert(raw, *class),
            Self::Date { from, to } => {
                let text = match raw.first()? {
                    b'"' => serde_json::from_slice::<String>(raw).ok()?,
                    b'-' | b'0'..=b'9' => std::str::from_utf8(raw).ok()?.to_owned(),
                    _ => return None,
                };
                let moment = date::parse(&text, from)?;
                Some(date::format(moment, to).into_bytes().into_boxed_slice())
            }
        }
    }
}

fn convert(raw: &[u8], class: Class) -> Option<Box<[u8]>> {
    let plain = matches!(raw.first()?, b'-' | b'0'..=b'9' | b't' | b'f');
    match class {
        // Digits stay as they are written.
        Class::Text if plain => {
            let mut text = Vec::with_capacity(raw.len() + 2);
            text.push(b'"');
            text.extend_from_slice(raw);
            text.push(b'"');
            Some(text.into_boxed_slice())
        }
        Class::Number => {
            let inner = quoted(raw)?;
            is_number(inner).then(|| inner.into())
        }
        Class::Boolean => {
            let inner = quoted(raw)?;
            matches!(inner, b"true" | b"false").then(|| inner.into())
        }
        Class::Text | Class::Other => None,
    }
}

fn quoted(raw: &[u8]) -> Option<&[u8]> {
    raw.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Whether a text is a number as JSON writes it: no leading zeros, no blanks.
fn is_number(text: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Number>(text).is_ok()
        && !text.first().is_some_and(u8::is_ascii_whitespace)
        && !text.last().is_some_and(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(class: Class, raw: &str) -> Option<String> {
        Conversion::To(class)
            .apply(raw.as_bytes())
            .map(|made| String::from_utf8(made.into_vec()).unwrap())
    }

    #[test]
    fn what_would_lose_something_stays() {
        for (class, raw, made) in [
            (Class::Text, "12.50", Some("\"12.50\"")),
            (Class::Text, "true", Some("\"true\"")),
            (Class::Text, "\"x\"", None),
            (Class::Text, "{\"a\":1}", None),
            (Class::Text, "null", None),
            (Class::Number, "\"12.50\"", Some("12.50")),
            (Class::Number, "\"007\"", None),
            (Class::Number, "\"12 \"", None),
            (Class::Number, "\"\"", None),
            (Class::Number, "12", None),
            (Class::Boolean, "\"true\"", Some("true")),
            (Class::Boolean, "\"yes\"", None),
        ] {
            assert_eq!(to(class, raw).as_deref(), made, "{class:?} {raw}");
        }
    }

    #[test]
    fn dates_are_written_the_other_way() {
        let both = Conversion::Date {
            from: "yyyy-MM-dd'T'HH:mm:ssZ".into(),
            to: "dd/MM/yyyy".into(),
        };
        let made = both.apply(b"\"2020-02-29T23:30:00-0800\"").unwrap();
        assert_eq!(&*made, b"\"01/03/2020\"");
        assert_eq!(both.apply(b"\"soon\""), None);
        let epoch = Conversion::Date {
            from: String::new(),
            to: "milliseconds".into(),
        };
        assert_eq!(
            &*epoch.apply(b"\"2020-01-01T00:00:00Z\"").unwrap(),
            b"1577836800000"
        );
    }
}
