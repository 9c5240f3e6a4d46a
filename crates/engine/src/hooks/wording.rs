//! Messages in V8's words, which programs look for; the engine underneath has words of its own.
//!
//! V8 changed some of its words over the years; these are the newer ones (Node 16 and later).

/// A message that needs no look at the source; `first` is the first line of the stack.
pub(super) fn plain(message: String, first: &str) -> String {
    for (verb, plural, doing) in [
        (
            "cannot read property '",
            "Cannot read properties of",
            "reading",
        ),
        (
            "cannot set property '",
            "Cannot set properties of",
            "setting",
        ),
    ] {
        let of = message
            .strip_prefix(verb)
            .and_then(|rest| rest.rsplit_once("' of "));
        match of {
            Some(("Symbol.iterator", value)) => {
                return format!(
                    "{value} is not iterable (cannot read property Symbol(Symbol.iterator))"
                );
            }
            Some((name, value)) => return format!("{plural} {value} ({doing} '{name}')"),
            None => {}
        }
    }
    if let Some(name) = message.strip_suffix(" is not initialized") {
        return format!("Cannot access '{name}' before initialization");
    }
    if message.starts_with('\'') && message.ends_with("' is read-only") {
        return "Assignment to constant variable.".to_owned();
    }
    // JSON.parse: `at <input>:1:5`.
    if let Some(token) = message.strip_prefix("unexpected token: ")
        && let Some((_, place)) = first.split_once("<input>:")
    {
        let column = place
            .strip_prefix("1:")
            .and_then(|column| column.parse::<u32>().ok());
        return match column {
            Some(column) => format!(
                "Unexpected token {token} in JSON at position {}",
                column.saturating_sub(1)
            ),
            None => format!("Unexpected token {token} in JSON"),
        };
    }
    match message.as_str() {
        "empty array" => "Reduce of empty array with no initial value",
        "circular reference" => "Converting circular structure to JSON",
        "invalid array length" => "Invalid array length",
        "expecting hex digit" => "URI malformed",
        "unexpected data at the end" => "Unexpected non-whitespace character after JSON",
        "cannot convert BigInt to number" => {
            "Cannot mix BigInt and other types, use explicit conversions"
        }
        "cannot convert symbol to string" => "Cannot convert a Symbol value to a string",
        "invalid 'instanceof' right operand" => "Right-hand side of 'instanceof' is not callable",
        "class constructors must be invoked with 'new'" => {
            "Class constructor cannot be invoked without 'new'"
        }
        _ => return message,
    }
    .to_owned()
}

/// A message about the hook's own text, by the token at the place.
pub(super) fn syntax(message: &str, source: &str, line: u32, column: u32) -> Option<String> {
    let fixed = match message {
        "unexpected end of string" => {
            let template = rest_at(source, line, column)?.starts_with('`');
            if template {
                "Unterminated template literal"
            } else {
                "Invalid or unexpected token"
            }
        }
        "unexpected character" | "invalid number literal" => "Invalid or unexpected token",
        "unexpected end of regexp" | "unexpected line terminator in regexp" => {
            "Invalid regular expression: missing /"
        }
        "missing initializer for variable" => "Missing initializer in const declaration",
        "invalid assignment left-hand side" => "Invalid left-hand side in assignment",
        "break must be inside loop or switch" => "Illegal break statement",
        "continue must be inside loop" => {
            "Illegal continue statement: no surrounding iteration statement"
        }
        "function name expected" => "Function statements require a function name",
        "'let' is not a valid lexical identifier" => "let is disallowed as a lexically bound name",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    if message == "invalid redefinition of lexical identifier" {
        return redefined(source, line, column);
    }
    let about_a_token = [
        "unexpected token",
        "Unexpected token",
        "expecting ",
        "variable name expected",
        "identifier expected",
        "identifier or string expected",
        "invalid property name",
        "invalid field name",
    ];
    if !about_a_token.iter().any(|start| message.starts_with(start)) {
        return None;
    }
    let lines = source.split('\n').count();
    if usize::try_from(line).is_ok_and(|line| line > lines) {
        return Some("Unexpected end of input".to_owned());
    }
    let rest = rest_at(source, line, column)?;
    let before = source.get(..source.len().saturating_sub(rest.len()))?;
    if before.trim_end().ends_with("await") {
        return Some(
            "await is only valid in async functions and the top level bodies of modules".to_owned(),
        );
    }
    Some(unexpected(rest))
}

/// `Identifier 'x' has already been declared`: the name stands at the place or before it.
fn redefined(source: &str, line: u32, column: u32) -> Option<String> {
    let rest = rest_at(source, line, column)?;
    let before = source.get(..source.len().saturating_sub(rest.len()))?;
    let name = match word(rest) {
        "" => {
            let before = before.trim_end_matches([' ', '\t', '\n', '\r', '=']);
            before.rsplit(|c: char| !is_part(c)).next()?
        }
        name => name,
    };
    (!name.is_empty()).then(|| format!("Identifier '{name}' has already been declared"))
}

/// What V8 says of a token it did not expect.
fn unexpected(rest: &str) -> String {
    const RESERVED: [&str; 38] = [
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "import",
        "in",
        "instanceof",
        "let",
        "new",
        "null",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ];
    const LONG: [&str; 22] = [
        ">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "=>", "==", "!=", "<=", ">=",
        "&&", "||", "??", "?.", "++", "--", "+=", "-=", "**",
    ];
    let Some(first) = rest.chars().next() else {
        return "Unexpected end of input".to_owned();
    };
    let name = word(rest);
    match first {
        '0'..='9' => "Unexpected number".to_owned(),
        '"' | '\'' => "Unexpected string".to_owned(),
        '`' => "Unexpected template string".to_owned(),
        '@' | '#' | '\\' => "Invalid or unexpected token".to_owned(),
        _ if name == "enum" => "Unexpected reserved word".to_owned(),
        _ if RESERVED.contains(&name) => format!("Unexpected token '{name}'"),
        _ if !name.is_empty() => format!("Unexpected identifier '{name}'"),
        _ => match LONG.iter().find(|token| rest.starts_with(**token)) {
            Some(token) => format!("Unexpected token '{token}'"),
            None => format!("Unexpected token '{first}'"),
        },
    }
}

/// A message of a running hook: what is no function has a name in the source.
pub(super) fn running(message: &str, source: &str, line: u32, column: u32) -> Option<String> {
    if message != "not a function" {
        return None;
    }
    let rest = rest_at(source, line, column)?;
    let name = word(rest);
    if name.is_empty() {
        return None;
    }
    // `a.b.c` and `a['b'].c`, back from the last name.
    let before = source.get(..source.len().saturating_sub(rest.len()))?;
    let is_chain = |c: char| is_part(c) || matches!(c, '.' | '[' | ']' | '\'' | '"');
    let chain = before
        .rsplit(|c: char| !is_chain(c))
        .next()
        .unwrap_or_default()
        .trim_start_matches(['.', '[', ']', '\'', '"']);
    let made = before
        .strip_suffix(chain)
        .is_some_and(|before| before.trim_end().ends_with("new"));
    let what = if made { "constructor" } else { "function" };
    Some(format!("{chain}{name} is not a {what}"))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The identifier that a text begins with; empty when it begins with something else.
fn word(text: &str) -> &str {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The source from a place on; line and column from 1.
fn rest_at(source: &str, line: u32, column: u32) -> Option<&str> {
    let mut rest = source;
    for _ in 1..line {
        rest = rest.split_once('\n')?.1;
    }
    let skipped = usize::try_from(column.checked_sub(1)?).ok()?;
    let (at, _) = rest.char_indices().nth(skipped)?;
    rest.get(at..)
}
