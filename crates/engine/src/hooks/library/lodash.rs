//! lodash by parts: a function with the modules that it needs, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Sources by module name.
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

/// The module and what it needs as one function of `define` and `self`; none when there is no such module.
pub(super) fn bundle(name: &str) -> Option<String> {
    let mut needed = BTreeSet::new();
    collect(name, &mut needed)?;
    let mut text = String::from("(function (define, self) {");
    for name in needed {
        let code = MODULES.get(&name)?;
        text +=
            &format!("define({name:?}, function (module, exports, require, lazy) {{{code}\n}});\n");
    }
    text += "})";
    Some(text)
}

fn collect(name: &str, needed: &mut BTreeSet<String>) -> Option<()> {
    let code = MODULES.get(name)?;
    if needed.insert(name.to_owned()) {
        let folder = if name.starts_with("fp/") { "fp/" } else { "" };
        for part in code.split("require(\"./").skip(1) {
            let (module, _) = part.split_once("\")")?;
            collect(&format!("{folder}{module}"), needed)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_finds_what_it_needs() {
        assert!(MODULES.len() > 590, "{} modules", MODULES.len());
        let broken: Vec<&String> = MODULES
            .keys()
            .filter(|name| bundle(name).is_none())
            .collect();
        assert_eq!(broken, Vec::<&String>::new());
    }

    #[test]
    fn a_bundle_holds_what_is_needed_and_no_more() {
        let floor = bundle("floor").unwrap();
        assert!(floor.contains("define(\"_createRound\"") && !floor.contains("baseIteratee"));
        assert!(!bundle("filter").unwrap().contains("_baseIsEqual"));
        assert_eq!(bundle("nothing"), None);
    }
}
