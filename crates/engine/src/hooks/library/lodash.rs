//! lodash by parts: a function with the modules that it needs, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Sources by module name; those of lodash/fp begin with `fp/`.
static MODULES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let lines = |text: &'static str| text.lines().filter_map(|line| line.split_once('\t'));
    let mut modules: BTreeMap<String, &'static str> =
        lines(include_str!("../lib/lodash-modules.txt"))
            .chain(lines(include_str!("../lib/lodash-changes.txt")))
            .map(|(name, code)| (name.to_owned(), code))
            .collect();
    for (name, code) in lines(include_str!("../lib/lodash-fp.txt")) {
        modules.insert(format!("fp/{name}"), code);
    }
    modules
});

const REQUIRE: &str = "require(\"";

/// The module and what it needs as one function of `have`, `lazy` and `self`, which answers the module; none when
/// there is no such module.
///
/// `have` holds the modules of the context by name: those that are there already are not made again. What a module
/// needs stands before it, so `require` becomes a variable.
pub(super) fn bundle(name: &str) -> Option<String> {
    let mut text = String::from("(function (have, lazy, self) {\nvar module = {};\n");
    let mut made = BTreeMap::new();
    let last = append(name, &mut made, &mut text)?;
    let _ = write!(text, "return $m{last};\n}})");
    Some(text)
}

/// Appends what the module needs, and itself; answers its number.
fn append(name: &str, made: &mut BTreeMap<String, usize>, text: &mut String) -> Option<usize> {
    if let Some(number) = made.get(name) {
        return Some(*number);
    }
    let mut pieces = MODULES.get(name)?.split(REQUIRE);
    let mut code = pieces.next()?.to_owned();
    for piece in pieces {
        let (path, rest) = piece.split_once("\")")?;
        // The one other `require` is for Node's own modules, where there are none.
        if path == "util" {
            code += REQUIRE;
            code += piece;
            continue;
        }
        let needed = match (path.strip_prefix("../"), path.strip_prefix("./")) {
            (Some(outer), _) => outer.to_owned(),
            (None, Some(near)) if name.starts_with("fp/") => format!("fp/{near}"),
            (None, near) => near?.to_owned(),
        };
        let _ = write!(code, "$m{}{rest}", append(&needed, made, text)?);
    }
    // A few modules look at or fill the `exports` they are given; the others replace `module.exports`, and share one object.
    if code.replace("module.exports", "").contains("exports.") {
        code.insert_str(0, "var module = {exports: {}}, exports = module.exports;");
    }
    let number = made.len();
    made.insert(name.to_owned(), number);
    let _ = write!(
        text,
        "var $m{number} = have[{name:?}] || (have[{name:?}] = (function () {{{code}\nreturn module.exports; }})());\n"
    );
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_finds_what_it_needs() {
        assert!(MODULES.len() > 970, "{} modules", MODULES.len());
        let broken: Vec<&String> = MODULES
            .keys()
            .filter(|name| bundle(name).is_none())
            .collect();
        assert_eq!(broken, Vec::<&String>::new());
    }

    #[test]
    fn a_bundle_holds_what_is_needed_and_no_more() {
        let floor = bundle("floor").unwrap();
        assert!(floor.contains("have[\"_createRound\"]") && !floor.contains("baseIteratee"));
        assert!(!bundle("filter").unwrap().contains("_baseIsEqual"));
        assert!(bundle("fp/map").unwrap().contains("have[\"map\"]"));
        assert_eq!(bundle("nothing"), None);
    }
}
