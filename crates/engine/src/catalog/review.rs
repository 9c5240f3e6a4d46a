//! What only shows when a definition is read as a whole: chains that lead nowhere or never end, scripts that cannot be
//! read, calls that cannot run.

use ligand_model::element::{Hook, Resource};

use super::{Compiled, Diagnostic, load::error, warning};
use crate::hooks::Checker;

/// Most resources in a chain.
const MOST_LINKS: usize = 5;

/// Looks a definition over. An error among the findings means that something in it can never work.
pub fn review(element: &Compiled) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut checker = Checker::default();
    scripts(&element.element.hooks, "hooks", &mut checker, &mut found);
    for (index, resource) in element.element.resources.iter().enumerate() {
        let place = place(index, resource);
        scripts(
            &resource.hooks,
            &format!("{place}.hooks"),
            &mut checker,
            &mut found,
        );
        if resource.kind.as_deref() == Some("java") {
            found.push(warning(
                place.clone(),
                "it is written in Java, which exports do not carry; calls of it are refused"
                    .to_owned(),
            ));
        } else if resource.vendor_path.is_none() && resource.hooks.is_empty() {
            found.push(warning(
                place.clone(),
                "it has no `vendorPath`; the base URL itself is called".to_owned(),
            ));
        }
        found.extend(chain(element, index, resource));
        found.extend(counts(index, resource));
    }
    found
}

/// The first chain that never ends.
pub fn endless_chain(element: &Compiled) -> Option<Diagnostic> {
    let resources = element.element.resources.iter().enumerate();
    resources
        .filter_map(|(index, resource)| chain(element, index, resource))
        .find(|found| found.severity == super::Severity::Error)
}

fn place(index: usize, resource: &Resource) -> String {
    format!("resources[{index}] ({} {})", resource.method, resource.path)
}

fn scripts(hooks: &[Hook], place: &str, checker: &mut Checker, found: &mut Vec<Diagnostic>) {
    for (index, hook) in hooks.iter().enumerate() {
        let Some(body) = &hook.body else { continue };
        let place = format!("{place}[{index}]");
        if let Err(fault) = checker.check(&place, body) {
            let message = format!(
                "{} (line {}, column {})",
                fault.message, fault.line, fault.column
            );
            found.push(warning(place, message));
        }
    }
}

fn next(resource: &Resource) -> Option<&str> {
    resource
        .next_resource
        .as_deref()
        .filter(|next| !next.is_empty())
}

/// Templates that count stand in for parameters that are there, and their number is found somewhere.
fn counts(index: usize, resource: &Resource) -> Option<Diagnostic> {
    let has = |name: &str| {
        let mut own = resource.parameters.iter();
        own.any(|p| p.kind == "value" && &*p.vendor_name == name)
    };
    let templates = resource.count_with.as_deref()?;
    let message = if let Some(name) = templates.keys().find(|name| !has(name)) {
        format!("`countWith` names `{name}`, which no `value` parameter sends")
    } else if resource.total_count.is_none() {
        "`countWith` needs `totalCount`: where the number is in the answer".to_owned()
    } else {
        return None;
    };
    Some(warning(place(index, resource), message))
}

fn chain(element: &Compiled, first: usize, resource: &Resource) -> Option<Diagnostic> {
    let mut passed = vec![first];
    let mut named = next(resource)?;
    loop {
        let Some(index) = element.chained(named) else {
            let message = format!("its next resource `{named}` is not declared");
            return Some(warning(place(first, resource), message));
        };
        if passed.contains(&index) {
            let message =
                format!("its chain of next resources comes back to `{named}` and never ends");
            return Some(error(&place(first, resource), message));
        }
        passed.push(index);
        match element.resource(index).and_then(next) {
            Some(after) => named = after,
            None if passed.len() > MOST_LINKS => {
                let message =
                    format!("its chain has more than {MOST_LINKS} links; calls of it are refused");
                return Some(warning(place(first, resource), message));
            }
            None => return None,
        }
    }
}
