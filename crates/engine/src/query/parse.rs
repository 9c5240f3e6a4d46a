//! Text to [`Expression`].
//!
//! ```text
//! where      = or
//! or         = and { OR and }
//! and        = not { AND not }
//! not        = NOT not | "(" or ")" | comparison
//! comparison = field operator value
//!            | field [NOT] IN "(" value { "," value } ")"
//!            | field IS [NOT] NULL
//! operator   = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" | [NOT] LIKE
//! field      = word { "." word } | "`" any "`"           (a doubled back-quote is one)
//! value      = "'" any "'" | number | true | false | null | date | date word (TODAY, LAST_N_DAYS:30)
//! ```
//! Inside quotes `''` is one quote, and so is `\'`. Backslashes mean something only right before a quote, where each
//! pair is one backslash (so `'C:\dir'` and `'a\\b'` are taken as written, and `'C:\\'` ends in one backslash).

use super::error::{Error, shorten};
use super::literal::{is_date_word, is_local_datetime, is_moment, is_number};
use super::{Comparison, Expression, Operator, Value};

/// Longest `where`, in bytes.
pub const MAX_LENGTH: usize = 32 * 1024;
/// Deepest nesting of parentheses and NOT.
pub const MAX_DEPTH: usize = 32;
/// Most comparisons in one `where`.
pub const MAX_COMPARISONS: usize = 500;

const VALUE: &str = "text in single quotes, a number, true, false, null or a date";
const OPERATOR: &str =
    "an operator (=, !=, <, <=, >, >=, LIKE, NOT LIKE, IN, NOT IN, IS NULL or IS NOT NULL)";

/// Reads a `where`.
///
/// # Errors
/// Every fault is [`ligand_model::error::ErrorKind::Invalid`] and says where it stands and what was expected.
pub fn parse_where(text: &str) -> Result<Expression, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Error::TooMuch {
            what: format!("longer than {MAX_LENGTH} bytes"),
        });
    }
    let mut parser = Parser {
        chars: text.chars().collect(),
        at: 0,
        comparisons: 0,
    };
    let expression = parser.or(0)?;
    parser.blanks();
    if parser.peek().is_some() {
        return Err(parser.expected("AND, OR or the end"));
    }
    Ok(expression)
}

/// Whether the field needs no back-quotes.
pub(super) fn is_bare_field(field: &str) -> bool {
    let mut chars = field.chars();
    chars.next().is_some_and(starts_field)
        && chars.all(continues_field)
        && !["AND", "OR", "NOT"]
            .iter()
            .any(|word| field.eq_ignore_ascii_case(word))
}

fn starts_field(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '$' | '@')
}

fn continues_field(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | '.' | '-')
}

fn in_bare_value(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '+' | '-')
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    comparisons: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += 1;
        }
        found
    }

    /// The run of characters from here that satisfy `wanted`.
    fn run(&self, wanted: fn(char) -> bool) -> String {
        self.chars
            .iter()
            .skip(self.at)
            .copied()
            .take_while(|c| wanted(*c))
            .collect()
    }

    /// Takes the word when it stands here, whatever its case.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.run(continues_field).eq_ignore_ascii_case(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn expected(&self, expected: &'static str) -> Error {
        let rest: String = self.chars.iter().skip(self.at).take(41).collect();
        let found = if rest.is_empty() {
            "the end".to_owned()
        } else {
            format!("'{}'", shorten(&rest))
        };
        Error::Syntax {
            at: self.at + 1,
            expected,
            found,
        }
    }

    fn or(&mut self, depth: usize) -> Result<Expression, Error> {
        let first = self.and(depth)?;
        let mut parts = vec![first];
        while self.word("OR") {
            parts.push(self.and(depth)?);
        }
        Ok(join(parts, Expression::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expression, Error> {
        let first = self.not(depth)?;
        let mut parts = vec![first];
        while self.word("AND") {
            parts.push(self.not(depth)?);
        }
        Ok(join(parts, Expression::And))
    }

    fn not(&mut self, depth: usize) -> Result<Expression, Error> {
        if depth > MAX_DEPTH {
            return Err(Error::TooMuch {
                what: format!("nested deeper than {MAX_DEPTH}"),
            });
        }
        if self.word("NOT") {
            return Ok(Expression::Not(Box::new(self.not(depth + 1)?)));
        }
        self.blanks();
        if self.eat('(') {
            let inner = self.or(depth + 1)?;
            self.blanks();
            if !self.eat(')') {
                return Err(self.expected("AND, OR or ')'"));
            }
            return Ok(inner);
        }
        self.comparison().map(Expression::Comparison)
    }

    fn comparison(&mut self) -> Result<Comparison, Error> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(Error::TooMuch {
                what: format!("more than {MAX_COMPARISONS} conditions"),
            });
        }
        let field = self.field()?;
        let operator = self.operator()?;
        let values = match operator {
            Operator::IsNull | Operator::IsNotNull => Vec::new(),
            Operator::In | Operator::NotIn => self.list()?,
            _ => vec![self.value()?],
        };
        Ok(Comparison {
            field,
            operator,
            values,
        })
    }

    fn field(&mut self) -> Result<String, Error> {
        self.blanks();
        let mut field = String::new();
        loop {
            if self.peek() == Some('`') {
                self.quoted_field(&mut field)?;
            } else {
                let bare = self.run(continues_field);
                let starts = if field.is_empty() {
                    starts_field
                } else {
                    continues_field
                };
                let reserved = field.is_empty()
                    && ["AND", "OR", "NOT"]
                        .iter()
                        .any(|word| bare.eq_ignore_ascii_case(word));
                if !bare.chars().next().is_some_and(starts) || reserved {
                    return Err(self.expected("a field name"));
                }
                self.at += bare.chars().count();
                field.push_str(&bare);
            }
            // A quoted part may follow a dot, and a dot a quoted part.
            match self.peek() {
                Some('`') if field.ends_with('.') => {}
                Some('.') => {
                    self.at += 1;
                    field.push('.');
                }
                _ => return Ok(field),
            }
        }
    }

    fn quoted_field(&mut self, field: &mut String) -> Result<(), Error> {
        self.at += 1;
        let start = field.len();
        loop {
            match self.peek() {
                Some('`') => {
                    self.at += 1;
                    if !self.eat('`') {
                        break;
                    }
                    field.push('`');
                }
                Some(c) => {
                    self.at += 1;
                    field.push(c);
                }
                None => return Err(self.expected("a closing back-quote")),
            }
        }
        if field.len() == start {
            return Err(self.expected("a field name between the back-quotes"));
        }
        Ok(())
    }

    fn operator(&mut self) -> Result<Operator, Error> {
        self.blanks();
        let next = self.chars.get(self.at + 1).copied();
        let (operator, length) = match (self.peek(), next) {
            (Some('='), _) => (Operator::Equal, 1),
            (Some('!'), Some('=')) | (Some('<'), Some('>')) => (Operator::NotEqual, 2),
            (Some('<'), Some('=')) => (Operator::LessOrEqual, 2),
            (Some('<'), _) => (Operator::Less, 1),
            (Some('>'), Some('=')) => (Operator::GreaterOrEqual, 2),
            (Some('>'), _) => (Operator::Greater, 1),
            _ => return self.word_operator(),
        };
        self.at += length;
        Ok(operator)
    }

    fn word_operator(&mut self) -> Result<Operator, Error> {
        if self.word("LIKE") {
            return Ok(Operator::Like);
        }
        if self.word("IN") {
            return Ok(Operator::In);
        }
        if self.word("IS") {
            let not = self.word("NOT");
            if self.word("NULL") {
                return Ok(if not {
                    Operator::IsNotNull
                } else {
                    Operator::IsNull
                });
            }
            return Err(self.expected(if not { "NULL" } else { "NULL or NOT NULL" }));
        }
        if self.word("NOT") {
            if self.word("LIKE") {
                return Ok(Operator::NotLike);
            }
            if self.word("IN") {
                return Ok(Operator::NotIn);
            }
            return Err(self.expected("LIKE or IN"));
        }
        Err(self.expected(OPERATOR))
    }

    fn list(&mut self) -> Result<Vec<Value>, Error> {
        self.blanks();
        if !self.eat('(') {
            return Err(self.expected("'('"));
        }
        let mut values = vec![self.value()?];
        loop {
            self.blanks();
            if self.eat(')') {
                return Ok(values);
            }
            if !self.eat(',') {
                return Err(self.expected("',' or ')'"));
            }
            values.push(self.value()?);
        }
    }

    fn value(&mut self) -> Result<Value, Error> {
        self.blanks();
        if self.eat('\'') {
            return self.text().map(Value::Text);
        }
        let bare = self.run(in_bare_value);
        let value = if bare.eq_ignore_ascii_case("true") {
            Value::Boolean(true)
        } else if bare.eq_ignore_ascii_case("false") {
            Value::Boolean(false)
        } else if bare.eq_ignore_ascii_case("null") {
            Value::Null
        } else if is_number(&bare) {
            Value::Number(bare.clone())
        } else if is_moment(&bare) || is_local_datetime(&bare) {
            Value::Text(bare.clone())
        } else if is_date_word(&bare.to_ascii_uppercase()) {
            Value::Word(bare.to_ascii_uppercase())
        } else {
            return Err(self.expected(VALUE));
        };
        self.at += bare.chars().count();
        Ok(value)
    }

    /// The rest of a literal whose opening quote is behind us.
    fn text(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        let mut backslashes = 0;
        loop {
            match self.peek() {
                Some('\\') => backslashes += 1,
                Some('\'') => {
                    self.at += 1;
                    text.extend(std::iter::repeat_n('\\', backslashes / 2));
                    let escaped = backslashes % 2 == 1;
                    backslashes = 0;
                    if !escaped && !self.eat('\'') {
                        return Ok(text);
                    }
                    text.push('\'');
                    continue;
                }
                Some(c) => {
                    text.extend(std::iter::repeat_n('\\', backslashes));
                    backslashes = 0;
                    text.push(c);
                }
                None => return Err(self.expected("a closing single quote")),
            }
            self.at += 1;
        }
    }
}

fn join(mut parts: Vec<Expression>, compound: fn(Vec<Expression>) -> Expression) -> Expression {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            compound(parts)
        }
    }
}
