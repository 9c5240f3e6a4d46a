//! A page for each element of the catalog, made from its declaration and its README.
//!
//! `cargo xtask gen` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ligand_engine::catalog::Compiled;
use ligand_model::element::{Element, Resource};

use crate::elements::catalog;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

/// The sections of a README by their titles; what stands before the first has none.
fn sections(readme: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let (mut title, mut text) = (String::new(), String::new());
    for line in readme.lines().skip_while(|line| line.starts_with("# ")) {
        if let Some(next) = line.strip_prefix("## ") {
            found.insert(
                std::mem::replace(&mut title, next.to_owned()),
                std::mem::take(&mut text).trim().to_owned(),
            );
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    found.insert(title, text.trim().to_owned());
    found
}

fn below(resource: &Resource) -> &str {
    let path = resource.path.as_str();
    path.strip_prefix("/hubs/")
        .and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)))
        .unwrap_or(path)
}

fn configuration(element: &Element, out: &mut String) {
    out.push_str("\n## Configuration\n\n| Key | | Default | Meaning |\n|---|---|---|---|\n");
    for entry in &element.configuration {
        let hidden = entry.hide_from_console || entry.internal || entry.key.starts_with("event.");
        if hidden {
            continue;
        }
        let default = entry
            .default_value
            .as_deref()
            .filter(|text| !text.is_empty());
        let default = default.map_or_else(String::new, |text| format!("`{}`", cell(text)));
        let need = if entry.required { "required" } else { "" };
        let _ = writeln!(
            out,
            "| `{}` | {need} | {default} | {} |",
            entry.key,
            cell(&entry.description)
        );
    }
}

/// What a caller may say with a list, in the order of the field.
fn asked(resource: &Resource) -> String {
    let declares = |name: &str| {
        resource
            .parameters
            .iter()
            .find(|p| p.kind == "query" && p.name == name)
    };
    let mut words = Vec::new();
    for name in ["where", "fields", "orderBy"] {
        match declares(name) {
            Some(parameter) if parameter.required => words.push(format!("**{name}**")),
            Some(_) => words.push(name.to_owned()),
            None => {}
        }
    }
    match (declares("page").is_some(), declares("nextPage").is_some()) {
        (_, true) => words.push("nextPage".to_owned()),
        (true, false) => words.push("page".to_owned()),
        (false, false) => {}
    }
    if resource.total_count.is_some() {
        words.push("count".to_owned());
    }
    words.join(", ")
}

/// A list to begin with, as words of `curl`: people where the element has them, and a condition where the vendor has no
/// list of everybody.
fn first_list(element: &Element) -> Option<String> {
    let needs = |resource: &Resource| -> Vec<String> {
        let mandatory = resource.parameters.iter().filter(|p| p.required);
        mandatory.map(|p| p.name.to_string()).collect()
    };
    let lists = || {
        element.resources.iter().filter(|resource| {
            let plain = resource.kind_of_call == "api" && resource.method == "GET";
            plain && !resource.path.contains('{') && needs(resource).iter().all(|p| p == "where")
        })
    };
    let wanted = ["/contacts", "/lists", "/folders/contents"];
    let found = wanted
        .into_iter()
        .find_map(|wanted| lists().find(|list| below(list) == wanted))
        .or_else(|| lists().next())?;
    let url = format!("\"$API/hubs/{}{}", element.hub, below(found));
    Some(if needs(found).is_empty() {
        format!("{url}?pageSize=5\"")
    } else {
        format!("-G {url}\" --data-urlencode \"where=email='ada@example.com'\"")
    })
}

fn connecting(element: &Element, out: &mut String) {
    out.push_str("\n## Connect and call\n\n`$API` is `http://127.0.0.1:7080/elements/api-v2`; the [guide](../guide/connect-an-account.md) says more of each step.\n\n```sh\n");
    let key = &element.key;
    let consents = element
        .configuration
        .iter()
        .any(|entry| entry.key == "oauth.callback.url");
    if consents {
        let _ = writeln!(
            out,
            "# Redirect the customer to the oauthUrl of the answer; the vendor sends them back to your callback with a code.\n\
             curl \"$API/elements/{key}/oauth/url?apiKey=CLIENT_ID&apiSecret=CLIENT_SECRET&callbackUrl=https://www.mycoolapp.com/auth\"\n",
        );
    }
    let values: Vec<String> = element
        .configuration
        .iter()
        .filter(|entry| !entry.internal && (entry.required || entry.key.ends_with(".subdomain")))
        .map(|entry| {
            let value = match entry.key.as_str() {
                "oauth.callback.url" => "https://www.mycoolapp.com/auth".to_owned(),
                "oauth.api.key" | "clientId" => "CLIENT_ID".to_owned(),
                "oauth.api.secret" | "clientSecret" => "CLIENT_SECRET".to_owned(),
                other => other.replace('.', "_").to_uppercase(),
            };
            format!("\"{}\": \"{value}\"", entry.key)
        })
        .collect();
    let code = if consents {
        "\n  \"providerData\": {\"code\": \"CODE\"},"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "# The answer has the token of this account.\n\
         curl -X POST \"$API/instances\" -H \"Authorization: User $USER_SECRET, Organization $ORGANIZATION_SECRET\" \\\n  \
         -H 'Content-Type: application/json' -d '{{\n  \"element\": {{\"key\": \"{key}\"}},{code}\n  \
         \"configuration\": {{{}}}\n}}'",
        values.join(", ")
    );
    if let Some(list) = first_list(element) {
        let _ = writeln!(
            out,
            "\ncurl {list} \\\n  -H \"Authorization: User $USER_SECRET, Organization $ORGANIZATION_SECRET, Element $TOKEN\"",
        );
    }
    out.push_str("```\n");
}

fn calls(element: &Element, out: &mut String) {
    out.push_str("\n## Calls\n\nEach below `/hubs/");
    let _ = writeln!(
        out,
        "{}`. *Takes*: what is passed on to the vendor; a bold word is mandatory. *Proven*: how and when the call was last seen to work.\n",
        element.hub
    );
    out.push_str("| Call | What it does | Takes | Proven |\n|---|---|---|---|\n");
    for resource in element.resources.iter().filter(|r| r.kind_of_call == "api") {
        let call = format!("{} {}", resource.method, below(resource));
        let what = resource.extra.text("description").unwrap_or_default();
        let proof = element.proven.get(&call);
        let proof = proof.map_or_else(String::new, |proof| {
            format!("{}, {}", proof.how.as_str(), proof.date)
        });
        let _ = writeln!(
            out,
            "| `{call}` | {} | {} | {proof} |",
            cell(&what),
            asked(resource)
        );
    }
    out.push_str("\nAny other path of the vendor's API is reached by `/passthrough/…` with the same token.\n");
}

fn fields(element: &Element, out: &mut String) {
    out.push_str("\n## Fields\n\n");
    let told: Vec<&Resource> = element
        .resources
        .iter()
        .filter(|r| r.kind_of_call == "describeFields")
        .collect();
    if told.is_empty() {
        out.push_str("`GET /objects` lists the objects and `GET /objects/{object}/metadata` their fields as the element declares them; this vendor is not asked.\n");
        return;
    }
    out.push_str("`GET /objects/{object}/metadata` asks the vendor, so custom fields and picklists are among the answers:\n\n");
    for resource in told {
        let of = resource
            .describe
            .as_ref()
            .map(|describe| describe.of.join(", "))
            .unwrap_or_default();
        let of = if of.is_empty() {
            "every object".to_owned()
        } else {
            of
        };
        let what = resource.extra.text("description").unwrap_or_default();
        let _ = writeln!(out, "- {of}: {what}");
    }
}

/// How many calls the vendor takes, as declared.
fn calls_taken(element: &Element, out: &mut String) {
    let Some(limits) = &element.rate_limits else {
        out.push_str("\nThe vendor publishes no number of calls to keep to; a 429 of it is waited for as it says, and passed on when that is too long.\n\n");
        return;
    };
    for limit in &limits.limits {
        let source = limit.source.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "\nThe vendor takes {} calls of an account in {} s ({source}): further ones wait here for their turn, except at the sandbox, which takes any number.",
            limit.requests, limit.seconds
        );
    }
    if let Some(header) = &limits.remaining {
        let _ = writeln!(
            out,
            "\nWhat is left of the account's calls is read from `{header}`; an account that has none left waits."
        );
    }
    out.push('\n');
}

fn limits(element: &Element, out: &mut String) {
    out.push_str("\n## Limits and errors\n\n");
    let size = element.default_of("pagination.max").unwrap_or("200");
    let size = match serde_json::from_str::<BTreeMap<String, u64>>(size) {
        Ok(by_object) => by_object
            .iter()
            .map(|(name, most)| format!("{most} ({name})"))
            .collect::<Vec<_>>()
            .join(", "),
        Err(_) => size.to_owned(),
    };
    let _ = writeln!(
        out,
        "A page holds at most {size} records; a larger `pageSize` is lowered, and the answer says so."
    );
    calls_taken(element, out);
    let mut codes: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for rule in &element.errors {
        for (code, status) in &rule.codes {
            let known = codes.entry(*status).or_default();
            if !known.contains(&code.as_str()) {
                known.push(code);
            }
        }
    }
    if codes.is_empty() {
        out.push_str("The vendor's own status is passed on, with its sentence as `message` and all it said as `providerMessage`.\n");
        return;
    }
    out.push_str("The vendor's sentence becomes `message`, all that it said `providerMessage`; these codes of its decide the status, any other leaves the vendor's own:\n\n| Status | Vendor's codes |\n|---:|---|\n");
    for (status, codes) in codes {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let _ = writeln!(out, "| {status} | {} |", codes.join(", "));
    }
}

fn proven(element: &Element, status: &str, out: &mut String) {
    let all = element.resources.iter().filter(|r| r.kind_of_call == "api");
    let calls: Vec<String> = all.map(|r| format!("{} {}", r.method, below(r))).collect();
    let by = |word: &str| {
        let held = calls.iter().filter_map(|call| element.proven.get(call));
        held.filter(|proof| proof.how.as_str() == word).count()
    };
    let (live, simulated) = (by("live-verified"), by("simulated"));
    let _ = write!(
        out,
        "\n## What is proven\n\nOf {} calls {live} are live-verified with the vendor itself, {simulated} were tried against the simulator by `ligand element test`, and {} are not among its checks.\nWith an account of yours, `ligand element test {} --instance ID --read-only` tries the reads.\n\n{status}\n",
        calls.len(),
        calls.len() - live - simulated,
        element.key
    );
}

fn page(compiled: &Compiled) -> String {
    let element = &compiled.element;
    let readme = root().join("elements").join(&element.key).join("README.md");
    let sections = sections(&std::fs::read_to_string(readme).unwrap());
    let section = |title: &str| sections.get(title).map(String::as_str).unwrap_or_default();
    let mut out = format!(
        "# {} (`{}`)\n\nGenerated; `cargo xtask gen` writes it anew.\n\n{}\n\nElement {}, hub `{}`, authentication `{}`.\n",
        element.name,
        element.key,
        section(""),
        compiled.id.0,
        element.hub,
        String::from(element.authentication.kind.clone())
    );
    let _ = write!(
        out,
        "\n## Register the application\n\n{}\n",
        section("Register the application")
    );
    configuration(element, &mut out);
    connecting(element, &mut out);
    calls(element, &mut out);
    let _ = write!(out, "\n### At the vendor\n\n{}\n", section("Resources"));
    fields(element, &mut out);
    limits(element, &mut out);
    let _ = write!(
        out,
        "\n## Differences, and what is not settled\n\n{}\n",
        section("Not settled (?)")
    );
    proven(element, section("Status"), &mut out);
    out
}

fn index(pages: &BTreeMap<String, String>) -> String {
    let mut out = "# Elements\n\nGenerated; `cargo xtask gen` writes it anew.\n\n".to_owned();
    for (key, text) in pages {
        let title = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("# ");
        let _ = writeln!(out, "- [{title}]({key}.md)");
    }
    out
}

#[test]
fn the_pages_of_elements_are_what_their_declarations_say() {
    let mut pages: BTreeMap<String, String> = catalog()
        .iter()
        .map(|compiled| (compiled.element.key.clone(), page(compiled)))
        .collect();
    let index = index(&pages);
    pages.insert("README".to_owned(), index);
    let folder = root().join("docs/elements");
    if std::env::var_os("LIGAND_UPDATE").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &pages {
            std::fs::write(folder.join(format!("{name}.md")), text).unwrap();
        }
    }
    for (name, text) in &pages {
        let there = std::fs::read_to_string(folder.join(format!("{name}.md"))).unwrap_or_default();
        assert!(
            there == *text,
            "docs/elements/{name}.md is not current: run `cargo xtask gen`"
        );
    }
    let known = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(
        known,
        pages.len(),
        "docs/elements holds a page of no element"
    );
}

#[test]
fn every_readme_has_the_sections_that_a_page_needs_and_every_proof_is_of_a_call() {
    for compiled in catalog().iter() {
        let element = &compiled.element;
        let readme = root().join("elements").join(&element.key).join("README.md");
        let sections = sections(&std::fs::read_to_string(readme).unwrap());
        for title in [
            "",
            "Register the application",
            "Resources",
            "Not settled (?)",
            "Status",
        ] {
            assert!(
                sections.get(title).is_some_and(|text| !text.is_empty()),
                "{}: {title}",
                element.key
            );
        }
        for call in element.proven.keys() {
            let known = element
                .resources
                .iter()
                .any(|r| *call == format!("{} {}", r.method, below(r)));
            assert!(
                known,
                "{}: proven.json has {call}, which is no call of it",
                element.key
            );
        }
    }
}
