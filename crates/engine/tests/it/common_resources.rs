//! The page of the ready-made common resources is what their files say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use ligand_engine::transform::Transformation;
use ligand_model::level::Level;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn files() -> BTreeMap<String, Value> {
    let folder = std::fs::read_dir(root().join("common-resources")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let value = serde_json::from_slice(&std::fs::read(&path).unwrap());
        (name, value.unwrap())
    };
    files.map(read).collect()
}

/// A mapping, or the one that it stands for.
fn resolved<'v>(all: &'v Value, one: &'v Value) -> (&'v Value, &'v str) {
    let of = one.as_str().or_else(|| one["as"].as_str());
    let body = of.map_or(one, |of| &all[of]);
    let vendor = one.get("vendorName").unwrap_or(&body["vendorName"]);
    (body, vendor.as_str().unwrap())
}

fn page() -> String {
    let mut out = String::from(
        "# Common resources that are there without set-up\n\n\
         Made by `cargo xtask gen` from `common-resources/`; [transformations](../guide/transformations.md) says how they are used, changed and replaced.\n\
         A cell is the vendor's field; an empty one is a field that the vendor does not have. \
         What a vendor asks for in `where` it asks for here too: Marketo finds people, companies and sales persons by a filter alone.\n",
    );
    for (name, file) in files() {
        let definition = &file["definition"];
        let mapped = &file["transformation"];
        let elements: Vec<&String> = mapped.as_object().unwrap().keys().collect();
        let _ = write!(
            out,
            "\n## `{name}`\n\n{}\n\n| field | type |",
            definition["description"].as_str().unwrap()
        );
        for element in &elements {
            let (_, vendor) = resolved(mapped, &mapped[*element]);
            let _ = write!(out, " {element} `{vendor}` |");
        }
        let _ = writeln!(out, "\n|---|---|{}", "---|".repeat(elements.len()));
        for field in definition["fields"].as_array().unwrap() {
            let (path, kind) = (&field["path"], &field["type"]);
            let _ = write!(
                out,
                "| `{}` | {} |",
                path.as_str().unwrap(),
                kind.as_str().unwrap()
            );
            for element in &elements {
                let (body, _) = resolved(mapped, &mapped[*element]);
                let fields = body["fields"].as_array().unwrap().iter();
                let found = fields.clone().find(|one| one["path"] == *path);
                let vendor = found.map_or("", |one| one["vendorPath"].as_str().unwrap());
                let _ = match vendor {
                    "" => write!(out, " |"),
                    vendor => write!(out, " `{vendor}` |"),
                };
            }
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_page_of_common_resources_is_what_their_files_say() {
    let at = root().join("docs/reference/common-resources.md");
    let page = page();
    if std::env::var_os("LIGAND_UPDATE").is_some() {
        std::fs::write(&at, &page).unwrap();
    }
    let there = std::fs::read_to_string(&at).unwrap_or_default();
    assert!(
        there == page,
        "docs/reference/common-resources.md is not current: run `cargo xtask gen`"
    );
}

#[test]
fn files_map_only_fields_that_their_definition_has() {
    let mut numbers = Vec::new();
    for (name, file) in files() {
        assert_eq!(file["vdrName"], *name);
        numbers.push(file["id"].as_i64().unwrap());
        let defined = file["definition"]["fields"].as_array().unwrap();
        let mapped = &file["transformation"];
        for (element, one) in mapped.as_object().unwrap() {
            let (body, _) = resolved(mapped, one);
            let read = Transformation::read(body, Level::System).unwrap();
            assert!(read.fields.iter().any(|field| field.path == "id"), "{name}");
            for field in &read.fields {
                let known = defined.iter().any(|one| one["path"] == *field.path);
                assert!(known, "{name} of {element}: {}", field.path);
            }
        }
    }
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), count, "an id stands twice");
}
