//! Errors are in V8's words, for programs look for them.

use super::*;

#[test]
fn syntax_errors_name_the_token() {
    for (source, message) in [
        ("This is a bad script step;", "Unexpected identifier 'is'"),
        ("var a = b c", "Unexpected identifier 'c'"),
        ("foo(1 bar)", "Unexpected identifier 'bar'"),
        ("var b = = 2;", "Unexpected token '='"),
        ("var a = 5 6", "Unexpected number"),
        ("var a = 'x' 'y'", "Unexpected string"),
        ("var a = {b: 1", "Unexpected end of input"),
        ("if (x) { y() ", "Unexpected end of input"),
        ("foo(1, 2", "Unexpected end of input"),
        ("var a = 'abc", "Invalid or unexpected token"),
        ("var a = `abc", "Unterminated template literal"),
        ("@x", "Invalid or unexpected token"),
        ("var class = 1", "Unexpected token 'class'"),
        ("else { }", "Unexpected token 'else'"),
        ("var enum = 1", "Unexpected reserved word"),
        ("let a; let a;", "Identifier 'a' has already been declared"),
        (
            "const a = 1; const a = 2",
            "Identifier 'a' has already been declared",
        ),
        ("const q;", "Missing initializer in const declaration"),
        ("1 = 2", "Invalid left-hand side in assignment"),
        ("break;", "Illegal break statement"),
        (
            "function f() { await g() }",
            "await is only valid in async functions and the top level bodies of modules",
        ),
    ] {
        assert_eq!(check("h", source).unwrap_err().message, message, "{source}");
        assert_eq!(refusal(source).message, message, "{source}");
    }
}

#[test]
fn running_errors_name_what_was_touched() {
    for (source, message) in [
        ("x", "x is not defined"),
        (
            "var o = {}; o.b.c",
            "Cannot read properties of undefined (reading 'c')",
        ),
        (
            "var o = null; o[0]",
            "Cannot read properties of null (reading '0')",
        ),
        (
            "var o = {}; o.b.c = 1",
            "Cannot set properties of undefined (setting 'c')",
        ),
        ("var o = {}; o.b()", "o.b is not a function"),
        (
            "var o = {b: {}}; o.b['c'].d()",
            "Cannot read properties of undefined (reading 'd')",
        ),
        ("var o = {b: {}}; o['b'].d(1)", "o['b'].d is not a function"),
        ("var f = 5; f()", "f is not a function"),
        ("var F = 5; new F()", "F is not a constructor"),
        ("[1].map(5)", "not a function"),
        ("const c = 1; c = 2", "Assignment to constant variable."),
        ("z; let z", "Cannot access 'z' before initialization"),
        (
            "var [a] = undefined",
            "undefined is not iterable (cannot read property Symbol(Symbol.iterator))",
        ),
        (
            "JSON.parse('<html>')",
            "Unexpected token '<' in JSON at position 0",
        ),
        (
            "JSON.parse('1 2')",
            "Unexpected non-whitespace character after JSON",
        ),
        ("JSON.parse('')", "Unexpected end of JSON input"),
        ("decodeURIComponent('%')", "URI malformed"),
        (
            "[].reduce(function () {})",
            "Reduce of empty array with no initial value",
        ),
    ] {
        assert_eq!(refusal(source).message, message, "{source}");
    }
}

#[test]
fn any_place_in_any_text_is_looked_up_without_harm() {
    for source in ["", "ä", "a\n", "\u{2028}b", "new", "]].["] {
        for line in 0..4 {
            for column in 0..6 {
                let said = wording::syntax("expecting ';'", source, line, column);
                assert!(said.is_none_or(|said| !said.is_empty()));
                let said = wording::running("not a function", source, line, column);
                assert!(said.is_none_or(|said| said.ends_with("is not a function")));
            }
        }
    }
}
