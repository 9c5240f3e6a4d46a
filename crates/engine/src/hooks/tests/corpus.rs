//! Every hook of the reference collection compiles.

use std::path::{Path, PathBuf};

use super::*;

fn collect(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            if let (Some(Value::String(body)), true) =
                (object.get("body"), object.contains_key("mimeType"))
            {
                found.push((place.to_owned(), body.clone()));
            }
            for (key, value) in object {
                collect(value, &format!("{place}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, &format!("{place}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn corpus() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    std::env::var_os("LIGAND_CORPUS").map_or(beside, PathBuf::from)
}

#[test]
fn every_hook_of_the_corpus_compiles() {
    let Ok(folders) = std::fs::read_dir(corpus().join("elements")) else {
        println!(
            "SKIPPED: no corpus at {}; set LIGAND_CORPUS to its folder",
            corpus().display()
        );
        return;
    };
    let mut hooks = Vec::new();
    for folder in folders {
        let folder = folder.unwrap().path();
        let Ok(text) = std::fs::read_to_string(folder.join("element.json")) else {
            continue;
        };
        let element: Value = serde_json::from_str(&text).unwrap();
        collect(
            &element,
            &folder.file_name().unwrap().to_string_lossy(),
            &mut hooks,
        );
    }
    assert!(hooks.len() > 100, "{} hooks", hooks.len());
    let faults: Vec<String> = hooks
        .iter()
        .filter_map(|(place, body)| check(place, body).err().map(|error| error.to_string()))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}
