//! Cuts a query into tokens.

use crate::salesforce::error::{Answer, ApiError};

/// A token and where it begins, counted in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub at: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword, dots and colons included.
    Word(String),
    /// A number, date or time, as written.
    Bare(String),
    /// A string. Escapes are resolved but `\%` and `\_`, which only patterns know.
    Text(String),
    /// `(`, `)`, `,` or an operator.
    Symbol(&'static str),
    /// The end.
    End,
}

impl Token {
    /// The token as complaints quote it.
    pub fn quoted(&self) -> String {
        match &self.kind {
            Kind::Word(text) | Kind::Bare(text) | Kind::Text(text) => text.clone(),
            Kind::Symbol(text) => (*text).to_owned(),
            Kind::End => "<EOF>".to_owned(),
        }
    }
}

const SYMBOLS: &[&str] = &["!=", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">"];

/// Cuts a query; the last token is [`Kind::End`].
pub fn tokens(text: &str) -> Answer<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (kind, length) = if first == '\'' {
            string(rest)?
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Kind::Symbol(symbol), symbol.len())
        } else if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
            let length = run(rest, |c| c.is_ascii_alphanumeric() || "-+:.".contains(c));
            (
                Kind::Bare(rest.get(..length).unwrap_or_default().to_owned()),
                length,
            )
        } else if first.is_alphabetic() || first == '_' {
            let length = run(rest, |c| c.is_alphanumeric() || "_.:".contains(c));
            (
                Kind::Word(rest.get(..length).unwrap_or_default().to_owned()),
                length,
            )
        } else {
            return Err(unexpected(&first.to_string()));
        };
        tokens.push(Token { kind, at });
        at += length;
    }
    tokens.push(Token {
        kind: Kind::End,
        at: text.len(),
    });
    Ok(tokens)
}

/// The complaint about a token.
pub fn unexpected(token: &str) -> ApiError {
    ApiError::new(
        400,
        "MALFORMED_QUERY",
        format!("unexpected token: '{token}'"),
    )
}

fn run(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c: char| !wanted(c)).unwrap_or(text.len())
}

fn string(rest: &str) -> Answer<(Kind, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Ok((Kind::Text(out), at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n' | 'N')) => out.push('\n'),
                Some((_, 'r' | 'R')) => out.push('\r'),
                Some((_, 't' | 'T')) => out.push('\t'),
                Some((_, 'b' | 'B')) => out.push('\u{8}'),
                Some((_, 'f' | 'F')) => out.push('\u{c}'),
                Some((_, escaped @ ('\'' | '"'))) => out.push(escaped),
                Some((_, escaped @ ('\\' | '%' | '_'))) => {
                    // Patterns must still see that this character was escaped.
                    out.push('\\');
                    out.push(escaped);
                }
                Some((_, other)) => {
                    let message = format!(
                        "Invalid string literal '\\{other}'. Illegal character sequence in string literal"
                    );
                    return Err(ApiError::new(400, "MALFORMED_QUERY", message));
                }
                None => break,
            },
            _ => out.push(c),
        }
    }
    Err(unexpected("<EOF>"))
}

/// Resolves the escapes that [`tokens`] left for patterns.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}
